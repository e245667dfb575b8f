"""The neutral record: what every format of bibliographies and registries is read into.

Readers fill it, intake.toml says which property each of its fields becomes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from publisher.findings import Finding, Place
from publisher.intake.identifiers import Identifier, address, recognise


class Nature(Enum):
    """What kind of value a field holds, hence how it can stand in RDF."""

    TEXT = "text"
    CODE = "code"
    """A word of a closed list, such as a kind or a licence; a mapping makes an IRI of it."""
    DATE = "date"
    NUMBER = "number"
    ADDRESS = "address"
    IDENTIFIER = "identifier"
    LINK = "link"
    """Leads to another thing of the graph: an author, a source."""


FIELDS: Mapping[str, Nature] = {
    **dict.fromkeys(("title", "other-name", "acronym", "venue", "version", "place"), Nature.TEXT),
    **dict.fromkeys(("programming-language", "author-list"), Nature.TEXT),
    **dict.fromkeys(("kind", "licence", "country"), Nature.CODE),
    **dict.fromkeys(("issued", "seen"), Nature.DATE),
    **dict.fromkeys(("latitude", "longitude"), Nature.NUMBER),
    **dict.fromkeys(("page", "homepage"), Nature.ADDRESS),
    **dict.fromkeys(("doi", "arxiv", "orcid", "ror", "wikidata"), Nature.IDENTIFIER),
    "repository": Nature.IDENTIFIER,
    **dict.fromkeys(("authors", "corporate-authors", "editors", "source"), Nature.LINK),
}
PUBLICATION, SOFTWARE, DATASET, ORGANISATION, PERSON, SOURCE = (
    *("publication", "software", "dataset", "organisation", "person", "source"),
)


@dataclass(frozen=True)
class Agent:
    """An author or editor as printed."""

    name: str
    orcid: Identifier | None = None
    corporate: bool = False

    @classmethod
    def of(cls, given: str, family: str, orcid: str = "") -> Agent:
        """Return a person, given name first."""
        name = " ".join(f"{given} {family}".split())
        return cls(name, recognise(orcid, "orcid") if orcid else None)


@dataclass(frozen=True)
class Record:
    """One thing as a bibliography, a registry or a repository describes it."""

    family: str
    key: str
    """How messages call it: the key of a BibTeX entry, a DOI, the name of a file."""
    place: Place
    values: Mapping[str, tuple[str, ...]]
    """By field; identifiers and addresses are IRIs, dates are as exact as known."""
    authors: tuple[Agent, ...] = ()
    editors: tuple[Agent, ...] = ()
    more_authors: bool = False
    """Whether the record says that its list of authors is not the whole ("and others")."""
    language: str | None = None
    seen_at: str | None = None
    """Where the record itself can be read; becomes the source document."""
    notes: tuple[str, ...] = field(default=())
    """What the reader could not use and a person should know of."""

    @property
    def title(self) -> str:
        return self.first("title") or ""

    def first(self, name: str) -> str | None:
        """Return the first value of a field, or None."""
        return next(iter(self.values.get(name, ())), None)

    def identifiers(self) -> list[Identifier]:
        """Return what registries call the thing."""
        names = (name for name, nature in FIELDS.items() if nature is Nature.IDENTIFIER)
        return [Identifier(name, iri) for name in names for iri in self.values.get(name, ())]

    @property
    def document(self) -> str | None:
        """The address of the document that the record was read from, as far as it tells."""
        first = next((found.iri for found in self.identifiers()), None)
        return self.seen_at or first or self.first("page") or self.first("homepage")


def values(**found: Iterable[str | None] | str | None) -> dict[str, tuple[str, ...]]:
    """Return fields without what is empty or stands twice; `other_name` is `other-name`."""
    kept: dict[str, tuple[str, ...]] = {}
    for name, value in found.items():
        texts = [value] if isinstance(value, str) or value is None else list(value)
        cleaned = dict.fromkeys(" ".join(text.split()) for text in texts if text)
        cleaned.pop("", None)
        if cleaned:
            kept[name.replace("_", "-")] = tuple(cleaned)
    return kept


def identifier_values(*texts: str | None) -> dict[str, tuple[str, ...]]:
    """Return the identifiers that the texts spell, by field; other texts are passed over."""
    found: dict[str, dict[str, None]] = {}
    for text in texts:
        identifier = recognise(text) if text else None
        if identifier:
            found.setdefault(identifier.scheme, {})[identifier.iri] = None
    return {name: tuple(iris) for name, iris in found.items()}


def page_values(family: str, text: str | None) -> dict[str, tuple[str, ...]]:
    """Return the address of a thing's page unless it is an identifier; software lives there."""
    page = address(text or "")
    if page is None or recognise(page):
        return {}
    return {"homepage" if family == SOFTWARE else "page": (page,)}


def date(year: object, month: object = None, day: object = None) -> str | None:
    """Return a date as exact as it is known and valid, or None."""
    parts: list[int] = []
    for part in (year, month, day):
        if part is None or not str(part).strip().isdigit():
            break
        parts.append(int(str(part)))
    if not parts or not 1000 <= parts[0] <= 9999:
        return None
    while len(parts) > 1:
        try:
            dt.date(*parts, *[1] * (3 - len(parts)))
            break
        except ValueError:
            parts.pop()
    return "-".join([f"{parts[0]:04}", *(f"{part:02}" for part in parts[1:])])


def date_of(text: str) -> str | None:
    """Return the date that a text begins with (`2024-06-26T10:00:00Z`, `2024-06`, `2024`)."""
    match = re.match(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?!\d)", text.strip())
    return date(*match.groups()) if match else None


def venue(
    container: str | None, volume: str | None, issue: str | None, pages: str | None
) -> str | None:
    """Return where a work came out as one text: `Sensors 22(21), 8345`."""
    if not container:
        return None
    text = " ".join(container.split())
    if volume:
        text += f" {volume}" + (f"({issue})" if issue else "")
    elif issue:
        text += f", no. {issue}"
    if pages:
        plain = re.sub(r"\s*[-\u2013\u2014]+\s*", "-", pages.strip())
        text += f", pp. {plain}" if "-" in plain and not volume else f", {plain}"
    return text


def language_tag(text: str | None) -> str | None:
    """Return a language as a lower-case tag, or None if the text is no tag."""
    tag = (text or "").strip().lower().replace("_", "-")
    return tag if re.fullmatch(r"[a-z]{2}(-[a-z0-9]{2,8})*", tag) else None


def fault(place: Place, rule: str, what: str, mend: str) -> Finding:
    """Return a finding about a record."""
    return Finding(place, f"intake-{rule}", what, mend)
