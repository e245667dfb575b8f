"""Values: how one RDF term reads on a page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pyoxigraph import Literal, NamedNode

from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN
from publisher.terms import Term
from server.addresses import local_link
from server.presentation import Presentation

#: The language that the pages' own words are in.
PAGE_LANGUAGE = "en"

_XSD = WELL_KNOWN["xsd"]
_NUMBERS = {f"{_XSD}{name}" for name in ("integer", "decimal", "nonNegativeInteger", "int", "long")}
_LINKABLE = ("http", "https", "mailto", "ftp")
_SCHEME = re.compile(r"^(?:https?://(?:www\.)?|mailto:)")

#: What readers call the places that identifiers are kept at: (host, start of the path) to name.
_REGISTRIES: Mapping[tuple[str, str], str] = {
    ("doi.org", "/"): "DOI",
    ("orcid.org", "/"): "ORCID",
    ("ror.org", "/"): "ROR",
    ("www.wikidata.org", "/entity/"): "Wikidata",
    ("arxiv.org", "/abs/"): "arXiv",
    ("github.com", "/"): "GitHub",
    ("gitlab.com", "/"): "GitLab",
    ("huggingface.co", "/"): "Hugging Face",
    ("zenodo.org", "/"): "Zenodo",
    ("cordis.europa.eu", "/"): "CORDIS",
    ("isni.org", "/"): "ISNI",
    ("www.youtube.com", "/"): "YouTube",
    ("www.geonames.org", "/"): "GeoNames",
    ("hdl.handle.net", "/"): "Handle",
}


@dataclass(frozen=True)
class Value:
    """One value, ready for a template, which escapes every part of it."""

    text: str
    href: str | None = None
    external: bool = False
    registry: str | None = None
    language: str | None = None
    datetime: str | None = None
    title: str | None = None
    prose: bool = False

    @property
    def sort_key(self) -> tuple[bool, str]:
        """Values of one property stand in the order of the alphabet, dates in that of time."""
        return (self.external, (self.datetime or self.text).casefold())


@dataclass(frozen=True)
class Namer:
    """Finds the name of whatever an IRI stands for."""

    iris: IriSpace
    presentation: Presentation
    names: Mapping[str, Sequence[Literal]]

    def name(self, iri: str) -> Literal | None:
        """Return the best of the names given: our language, then none, then English, then any."""
        return best_text(self.names.get(iri, ()), self.presentation.language)

    def value(self, term: Term) -> Value:
        """Return a term as it reads on a page."""
        if isinstance(term, NamedNode):
            return self.resource(term.value)
        if isinstance(term, Literal):
            return self._literal(term)
        return Value(text=str(term))

    def resource(self, iri: str) -> Value:
        """Return an IRI as the name of what it stands for, linked to where it leads."""
        link = local_link(self.iris, iri)
        name = self.name(iri)
        if name is not None:
            text, language = name.value, self._foreign(name)
        elif iri in self.presentation.terms:
            text, language = self.presentation.term(iri).label, None
        else:
            text, language = readable(iri), None
        if link is not None:
            return Value(text, href=link, language=language, title=iri)
        href = iri if urlsplit(iri).scheme in _LINKABLE else None
        return Value(
            text, href=href, external=True, registry=_registry(iri), language=language, title=iri
        )

    def _literal(self, literal: Literal) -> Value:
        datatype = literal.datatype.value
        if datatype == f"{_XSD}anyURI":
            href = literal.value if urlsplit(literal.value).scheme in _LINKABLE else None
            return Value(readable(literal.value), href=href, external=True)
        if datatype in _NUMBERS:
            return Value(_grouped(literal.value))
        if datatype == f"{_XSD}boolean":
            return Value("yes" if literal.value in ("true", "1") else "no")
        if datatype in (f"{_XSD}date", f"{_XSD}dateTime", f"{_XSD}gYearMonth"):
            return Value(_readable_date(literal.value), datetime=literal.value)
        prose = len(literal.value) > 90
        return Value(literal.value, language=self._foreign(literal), prose=prose)

    def _foreign(self, literal: Literal) -> str | None:
        """Language tag of a text that is not in the language of the pages."""
        return literal.language if literal.language != PAGE_LANGUAGE else None


def best_text(texts: Sequence[Literal], language: str) -> Literal | None:
    """Return the text that readers of `language` understand best."""
    order = {language: 0, None: 1, "en": 2}
    return min(
        texts,
        key=lambda each: (order.get(each.language, 3), each.language or "", each.value),
        default=None,
    )


def readable(iri: str) -> str:
    """Return an IRI without the parts that say nothing to a reader."""
    return _SCHEME.sub("", iri).removesuffix("/") or iri


def _registry(iri: str) -> str | None:
    parts = urlsplit(iri)
    for (host, path), name in _REGISTRIES.items():
        if (parts.hostname or "").removeprefix("www.") == host.removeprefix("www."):
            return name if parts.path.startswith(path) and len(parts.path) > len(path) else None
    return None


def _grouped(number: str) -> str:
    """Write digits in groups of three, from five digits on, with a narrow space."""
    match = re.fullmatch(r"([+-]?)(\d+)(\.\d+)?", number)
    if match is None or len(match[2]) < 5:
        return number
    return f"{match[1]}{int(match[2]):,}".replace(",", "\u202f") + (match[3] or "")


def _readable_date(value: str) -> str:
    """Write a date as `5 March 2024`; leave what Python's calendar does not know as it is."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}", value):
            return f"{dt.date.fromisoformat(value + '-01'):%B %Y}"
        if "T" in value:
            moment = dt.datetime.fromisoformat(value)
            return f"{moment.day} {moment:%B %Y, %H:%M} {moment.tzname() or ''}".strip()
        day = dt.date.fromisoformat(value)
        return f"{day.day} {day:%B %Y}"
    except ValueError:
        return value
