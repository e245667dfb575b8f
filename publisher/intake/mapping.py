"""intake.toml: which property each field of a record becomes, and what things are called.

It stands beside publication.toml, apart from it because nothing in it bears upon a release. A
publication without one is served by default.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from publisher.intake.identifiers import address
from publisher.intake.record import (
    DATASET,
    FIELDS,
    ORGANISATION,
    PERSON,
    PUBLICATION,
    SOFTWARE,
    SOURCE,
    Nature,
)
from publisher.prefixes import Prefixes
from publisher.publication import Publication, PublicationError

FILE = "intake.toml"
_DEFAULT = Path(__file__).with_name("default.toml")
_FAMILIES = (PUBLICATION, SOFTWARE, DATASET, ORGANISATION, PERSON, SOURCE)
_SLOT = re.compile(r"\{(title|year|acronym|address)\}")


@dataclass(frozen=True)
class Binding:
    """What a field becomes: a property, and for codes how an IRI is made of them."""

    property: str
    language: bool = False
    """Whether texts carry a language tag."""
    iri: str | None = None
    """IRI with `{}` for the code."""
    known: bool = False
    """Whether the IRI must be described in the graph to be written."""
    notation: str | None = None
    """Scheme whose concept with the code as skos:notation is taken."""
    values: Mapping[str, str] | None = None
    """Codes of the graph by codes of the record; others stay as they are."""
    also: Mapping[str, str] | None = None
    """Codes of the record by codes of the graph that records have no word for; only citations,
    which read the mapping the other way round, need them."""


@dataclass(frozen=True)
class Family:
    """How one kind of thing is named, typed and written."""

    name: str
    collection: str
    file: str | None
    types: tuple[str, ...]
    slugs: tuple[str, ...]
    words: int | None
    fields: Mapping[str, Binding]
    ask: Mapping[str, str]
    """What is still to write by hand, by property, in words for the maintainer."""


@dataclass(frozen=True)
class Intake:
    """The whole of intake.toml."""

    families: Mapping[str, Family]
    addresses: Mapping[str, str]

    @classmethod
    def of(cls, publication: Publication) -> Intake:
        """Read the publication's intake.toml, or the default. Raises PublicationError."""
        own = publication.folder / FILE
        default = tomllib.loads(_DEFAULT.read_text(encoding="utf-8"))
        if not own.is_file():
            return _Reader(_DEFAULT, publication.prefixes).mapping(default)
        try:
            values = tomllib.loads(own.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PublicationError(f"{own}: not TOML: {error}") from None
        values["addresses"] = default["addresses"] | values.get("addresses", {})
        return _Reader(own, publication.prefixes).mapping(values)


class _Reader:
    """Turns the parsed file into the mapping and complains about what cannot be followed."""

    def __init__(self, path: Path, prefixes: Prefixes) -> None:
        self._path = path
        self._prefixes = prefixes

    def mapping(self, values: dict[str, object]) -> Intake:
        addresses = self._table(values.pop("addresses", {}), "addresses")
        for key, value in addresses.items():
            if not isinstance(value, str) or not address(value) or not value.endswith("/"):
                raise self._error(f"addresses.{key}", "must be an http(s) address ending in '/'")
        unknown = sorted(set(values).difference(_FAMILIES))
        if unknown:
            raise self._error(unknown[0], f"unknown; there are: {', '.join(_FAMILIES)}, addresses")
        families = {
            name: self._family(name, self._table(value, name)) for name, value in values.items()
        }
        return Intake(families, {key: str(value) for key, value in addresses.items()})

    def _family(self, name: str, table: dict[str, object]) -> Family:
        fields = self._table(table.pop("fields", {}), f"{name}.fields")
        ask = self._table(table.pop("ask", {}), f"{name}.ask")
        collection, file, words = (table.pop(key, None) for key in ("collection", "file", "words"))
        family = Family(
            name=name,
            collection=str(collection or name),
            file=str(file) if file else None,
            types=tuple(self._iri(text, name) for text in self._texts(table, "types", name)),
            slugs=self._texts(table, "slug", name),
            words=words if isinstance(words, int) else None,
            fields={field: self._binding(field, value, name) for field, value in fields.items()},
            ask={self._iri(key, f"{name}.ask"): str(text) for key, text in ask.items()},
        )
        for template in family.slugs:
            if "{" in _SLOT.sub("", template):
                slots = "{title}, {year}, {acronym}, {address}"
                raise self._error(f"{name}.slug", f"{template!r}: may hold {slots}")
        if table:
            raise self._error(f"{name}.{sorted(table)[0]}", "is not a key that is known here")
        return family

    def _binding(self, field: str, value: object, family: str) -> Binding:
        key = f"{family}.fields.{field}"
        if field not in FIELDS:
            raise self._error(key, f"unknown field; there are: {', '.join(sorted(FIELDS))}")
        table = {"property": value} if isinstance(value, str) else self._table(value, key)
        known = {"property", "language", "iri", "known", "notation", "values", "also"}
        if "property" not in table or set(table).difference(known):
            raise self._error(key, f"must name a property; it may have: {', '.join(sorted(known))}")
        iri, notation = table.get("iri"), table.get("notation")
        if FIELDS[field] is Nature.CODE and not (iri or notation):
            raise self._error(key, "needs iri = '...{}' or notation = '<a scheme>'")
        if iri is not None and "{}" not in str(iri):
            raise self._error(f"{key}.iri", "must hold {} for the code")
        values = self._table(table.get("values", {}), f"{key}.values")
        also = self._table(table.get("also", {}), f"{key}.also")
        return Binding(
            property=self._iri(table["property"], key),
            language=bool(table.get("language", False)),
            iri=self._iri(iri, key) if iri else None,
            known=bool(table.get("known", False)),
            notation=self._iri(notation, key) if notation else None,
            values={code: str(target) for code, target in values.items()},
            also={code: str(target) for code, target in also.items()},
        )

    def _iri(self, text: object, key: str) -> str:
        """Return an IRI given in full or by a prefix of the publication."""
        prefix, colon, local = str(text).partition(":")
        if colon and local.startswith("//"):
            return str(text)
        if not colon or prefix not in self._prefixes:
            raise self._error(key, f"{text!r}: write an IRI, or a name with a known prefix")
        return self._prefixes[prefix] + local

    def _texts(self, table: dict[str, object], name: str, family: str) -> tuple[str, ...]:
        value = table.pop(name, None)
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            raise self._error(f"{family}.{name}", 'must be a list of texts, as in ["..."]')
        return tuple(value)

    def _table(self, value: object, key: str) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self._error(key, "must be a table")
        return dict(value)

    def _error(self, key: str, what: str) -> PublicationError:
        return PublicationError(f"{self._path}: '{key}': {what}")
