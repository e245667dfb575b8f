"""What publication.toml says for catalogues (`[catalogue]`) and on faults (`[security]`)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from publisher.describe.authorities import GEONAMES, PUBLISHER_TYPES, THEMES, place_scheme
from publisher.settings import ADDRESS, SettingError, Table

_TAG = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")


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
    notes: str | None = None
    """What changed in the present release."""
    history: tuple[Former, ...] = field(default=())

    @classmethod
    def of(cls, table: Mapping[str, object]) -> About:
        """Read the table [catalogue]. Raises SettingError."""
        reader = Table("catalogue", table)
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
            notes=reader.optional_text("notes"),
            history=tuple(map(_former, reader.tables("history"))),
        )
        reader.finish()
        return about


def security(table: Mapping[str, object], released: dt.date) -> Security | None:
    """Read the table [security], None if there is none. Raises SettingError."""
    reader = Table("security", table)
    if not table:
        return None
    contact = tuple(
        reader.checked("contact", each, bool(ADDRESS.fullmatch(each)), "is no address")
        for each in reader.texts("contact")
    )
    if not contact:
        raise SettingError("security.contact", 'missing; write contact = ["mailto:..."]')
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
        raise SettingError("security.expires", f"{found.expires} is not after the release")
    reader.finish()
    return found


def _place(reader: Table | None) -> Place | None:
    if reader is None:
        return None
    iri = reader.text("iri")
    if place_scheme(iri) is None and not iri.startswith(GEONAMES):
        raise SettingError(
            f"{reader.name}.iri",
            f"{iri!r} is no place of the EU vocabularies (continent, country, place) and none of "
            f"{GEONAMES}",
        )
    west, south, east, north = reader.numbers("bbox", 4)
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise SettingError(
            f"{reader.name}.bbox", "must be [west, south, east, north] in degrees, south < north"
        )
    place = Place(iri, reader.text("label"), west, south, east, north)
    reader.finish()
    return place


def _period(reader: Table | None) -> Period | None:
    if reader is None:
        return None
    period = Period(reader.date("start"), reader.date("end"))
    if period.end < period.start:
        raise SettingError(f"{reader.name}.end", f"{period.end} is before {period.start}")
    reader.finish()
    return period


def _former(reader: Table) -> Former:
    former = Former(reader.text("version"), reader.date("released"), reader.optional_text("notes"))
    reader.finish()
    return former
