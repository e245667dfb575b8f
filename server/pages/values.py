"""Values: how one RDF term reads on a page."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from publisher.describe.registries import REGISTRIES
from publisher.iri import IriSpace
from publisher.prefixes import WELL_KNOWN
from publisher.terms import Term, best_text
from server.http.addresses import here, local_link, written_out
from server.presentation import Presentation

#: The language that the pages' own words are in.
PAGE_LANGUAGE = "en"

_XSD = WELL_KNOWN["xsd"]
_NUMBERS = {f"{_XSD}{name}" for name in ("integer", "decimal", "nonNegativeInteger", "int", "long")}
_LINKABLE = ("http", "https", "mailto", "ftp")
_SCHEME = re.compile(r"^(?:https?://(?:www\.)?|mailto:)")

#: Longer addresses are cut in the middle.
_LONGEST = 90


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
    hint: str | None = None
    about: str | None = None
    """Where we tell what the graph says of something that is described elsewhere."""
    code: bool = False
    """Whether it is for machines in the first place: a pattern, say."""

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
        name = self.name(iri)
        language = None if name is None else foreign(name)
        if iri in self.presentation.terms:
            text = self.presentation.term(iri).label if name is None else name.value
            return Value(text, term_link(self.presentation, iri), language=language, title=iri)
        link = local_link(self.iris, iri)
        if link is not None:
            text = readable(iri) if name is None else name.value
            return Value(text, link, language=language, title=iri)
        registry, identifier = _registered(iri)
        return Value(
            text=identifier if name is None else name.value,
            href=iri if _is_linkable(iri) else None,
            external=True,
            registry=registry,
            language=language,
            title=iri,
            about=None if name is None else about_link(iri),
        )

    def _literal(self, literal: Literal) -> Value:
        datatype = literal.datatype.value
        if datatype == f"{_XSD}anyURI":
            href = literal.value if _is_linkable(literal.value) else None
            return Value(readable(literal.value), href=href, external=True)
        if datatype in _NUMBERS:
            return Value(grouped(literal.value))
        if datatype == f"{_XSD}boolean":
            return Value("yes" if literal.value in ("true", "1") else "no")
        if datatype in (f"{_XSD}date", f"{_XSD}dateTime", f"{_XSD}gYearMonth"):
            return Value(readable_date(literal.value), datetime=literal.value)
        return Value(literal.value, language=foreign(literal))


def foreign(literal: Literal) -> str | None:
    """Return the language tag of a text that is not in the language of the pages."""
    return literal.language if literal.language != PAGE_LANGUAGE else None


def term_link(presentation: Presentation, iri: str) -> str:
    """Return the link to what a term means: in our ontology if it has it, else the IRI itself."""
    if iri in presentation.terms:
        return here("/ontology#" + quote(presentation.anchor(iri), safe=":"))
    return local_link(presentation.iris, iri) or iri


def about_link(iri: str) -> str:
    """Return the link to what the graph says of something that is described elsewhere."""
    return here("/about?iri=" + quote(iri, safe=":/"))


def readable(iri: str) -> str:
    """Return an IRI without the parts that say nothing to a reader, its escapes as letters."""
    text = written_out(_SCHEME.sub("", iri)).removesuffix("/") or iri
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 20]}…{text[-18:]}"


def _registered(iri: str) -> tuple[str | None, str]:
    """Return the registry of an identifier and the identifier; else None and the readable IRI."""
    bare = _SCHEME.sub("", iri)
    for start, name in REGISTRIES.items():
        if bare.startswith(start) and len(bare) > len(start):
            return name, written_out(bare[len(start) :]).removesuffix("/")
    return None, readable(iri)


def _is_linkable(iri: str) -> bool:
    return iri.partition(":")[0].lower() in _LINKABLE


def grouped(number: str) -> str:
    """Write digits in groups of three, from five digits on, with a narrow space."""
    match = re.fullmatch(r"([+-]?)(\d+)(\.\d+)?", number)
    if match is None or len(match[2]) < 5:
        return number
    return f"{match[1]}{int(match[2]):,}".replace(",", "\u202f") + (match[3] or "")


def readable_date(value: str) -> str:
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
