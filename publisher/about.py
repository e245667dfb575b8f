"""What publication.toml says for catalogues (`[catalogue]`) and on faults (`[security]`)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from publisher.describe.authorities import GEONAMES, PUBLISHER_TYPES, THEMES, place_scheme

T = TypeVar("T")

_ADDRESS = re.compile(r"(?:https?://[^/\s]|mailto:|tel:)[^\s<>\"{}|\\^`]+")
_TAG = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")


class AboutError(Exception):
    """Something under [catalogue] or [security] cannot be followed."""

    def __init__(self, key: str, fault: str) -> None:
        super().__init__(f"{key}: {fault}")
        self.key = key
        self.fault = fault


@dataclass(frozen=True)
class Place:
    """What part of the world a publication is about; degrees of WGS 84."""

    iri: str
    label: str
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True)
class Period:
    """What time a publication is about, both days included."""

    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class Former:
    """A release that came before the present one."""

    version: str
    released: dt.date
    notes: str | None


@dataclass(frozen=True)
class Security:
    """What security.txt says (RFC 9116)."""

    contact: tuple[str, ...]
    expires: dt.date
    policy: str | None
    acknowledgments: str | None
    languages: tuple[str, ...]


@dataclass(frozen=True)
class About:
    """What catalogues ask for beyond title, description and licence."""

    contact: str | None = None
    publisher_iri: str | None = None
    publisher_type: str | None = None
    keywords: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    place: Place | None = None
    period: Period | None = None
    history: tuple[Former, ...] = field(default=())

    @classmethod
    def of(cls, table: Mapping[str, object]) -> About:
        """Read the table [catalogue]. Raises AboutError."""
        reader = _Table("catalogue", table)
        about = cls(
            contact=reader.address("contact"),
            publisher_iri=reader.address("publisher_iri"),
            publisher_type=reader.one_of("publisher_type", PUBLISHER_TYPES),
            keywords=reader.texts("keywords"),
            themes=tuple(
                reader.checked("themes", code, code in THEMES, f"is none of {', '.join(THEMES)}")
                for code in reader.texts("themes")
            ),
            place=_place(reader.table("spatial")),
            period=_period(reader.table("temporal")),
            history=tuple(map(_former, reader.tables("history"))),
        )
        reader.finish()
        return about


def security(table: Mapping[str, object], released: dt.date) -> Security | None:
    """Read the table [security], None if there is none. Raises AboutError."""
    reader = _Table("security", table)
    if not table:
        return None
    contact = tuple(
        reader.checked("contact", each, bool(_ADDRESS.fullmatch(each)), "is no address")
        for each in reader.texts("contact")
    )
    if not contact:
        raise AboutError("security.contact", 'missing; write contact = ["mailto:..."]')
    found = Security(
        contact=contact,
        expires=reader.date("expires"),
        policy=reader.address("policy"),
        acknowledgments=reader.address("acknowledgments"),
        languages=tuple(
            reader.checked("languages", each, bool(_TAG.fullmatch(each)), "is no language tag")
            for each in reader.texts("languages")
        ),
    )
    if found.expires <= released:
        raise AboutError("security.expires", f"{found.expires} is not after the release")
    reader.finish()
    return found


def _place(reader: _Table | None) -> Place | None:
    if reader is None:
        return None
    iri = reader.text("iri")
    if place_scheme(iri) is None and not iri.startswith(GEONAMES):
        raise AboutError(
            f"{reader.name}.iri",
            f"{iri!r} is no place of the EU vocabularies (continent, country, place) and none of "
            f"{GEONAMES}",
        )
    west, south, east, north = reader.numbers("bbox", 4)
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise AboutError(
            f"{reader.name}.bbox", "must be [west, south, east, north] in degrees, south < north"
        )
    place = Place(iri, reader.text("label"), west, south, east, north)
    reader.finish()
    return place


def _period(reader: _Table | None) -> Period | None:
    if reader is None:
        return None
    period = Period(reader.date("start"), reader.date("end"))
    if period.end < period.start:
        raise AboutError(f"{reader.name}.end", f"{period.end} is before {period.start}")
    reader.finish()
    return period


def _former(reader: _Table) -> Former:
    former = Former(reader.text("version"), reader.date("released"), reader.optional_text("notes"))
    reader.finish()
    return former


class _Table:
    """Takes the keys out of a table one by one and complains about the rest."""

    def __init__(self, name: str, values: Mapping[str, object]) -> None:
        self.name = name
        self._values = dict(values)

    def finish(self) -> None:
        if self._values:
            raise AboutError(f"{self.name}.{min(self._values)}", "is not a key that is known here")

    def text(self, key: str) -> str:
        found = self.optional_text(key)
        if found is None:
            raise AboutError(f"{self.name}.{key}", "missing; write a text")
        return found

    def optional_text(self, key: str) -> str | None:
        value = self._values.pop(key, None)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise AboutError(f"{self.name}.{key}", f"{value!r} is not a text")
        return value.strip() if isinstance(value, str) else None

    def address(self, key: str) -> str | None:
        found = self.optional_text(key)
        if found is not None:
            self.checked(key, found, bool(_ADDRESS.fullmatch(found)), "is no address")
        return found

    def one_of(self, key: str, choices: tuple[str, ...]) -> str | None:
        found = self.optional_text(key)
        if found is not None:
            self.checked(key, found, found in choices, f"is none of {', '.join(choices)}")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise AboutError(f"{self.name}.{key}", "must be a list of texts")
        return tuple(map(str, value))

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        value = self._values.pop(key, None)
        if (
            not isinstance(value, list)
            or len(value) != count
            or not all(isinstance(each, int | float) for each in value)
        ):
            raise AboutError(f"{self.name}.{key}", f"must be a list of {count} numbers")
        return tuple(map(float, value))

    def date(self, key: str) -> dt.date:
        value = self._values.pop(key, None)
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            raise AboutError(
                f"{self.name}.{key}", f"{value!r} is not a date; write it as 2026-11-22, unquoted"
            )
        return value

    def table(self, key: str) -> _Table | None:
        value = self._values.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise AboutError(f"{self.name}.{key}", "must be a table")
        return _Table(f"{self.name}.{key}", value)

    def tables(self, key: str) -> list[_Table]:
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise AboutError(f"{self.name}.{key}", f"must be tables, each [[{self.name}.{key}]]")
        return [_Table(f"{self.name}.{key}", each) for each in value]

    def checked(self, key: str, value: T, right: bool, fault: str) -> T:
        if not right:
            raise AboutError(f"{self.name}.{key}", f"{value!r} {fault}")
        return value
