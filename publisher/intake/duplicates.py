"""Duplicates: whether a record tells of something that the publication has already."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.intake.holdings import Holdings, Thing
from publisher.intake.identifiers import Identifier
from publisher.intake.mapping import Family
from publisher.intake.names import ALIKE, folded, likeness
from publisher.intake.record import Record

_SCOPED = ("repository",)
"""Identifiers that things of other collections may share: a paper names its code as well."""


@dataclass(frozen=True)
class Duplicate:
    """A thing that a record tells of again, for sure or perhaps."""

    thing: Thing
    reason: str
    sure: bool


def find_duplicate(record: Record, family: Family, holdings: Holdings) -> Duplicate | None:
    """Return what the record duplicates: by identifier first, then by name, or None.

    The same identifier, or the same name and year, is the same thing. A like name, or the same
    name with another year or identifier, may be one (a preprint and its article, a corrected
    title): a person has to say.
    """
    for identifier in record.identifiers():
        for thing in holdings.with_identifier(identifier.key):
            if identifier.scheme not in _SCOPED or thing.collection == family.collection:
                return Duplicate(thing, f"the same {identifier}", sure=True)
    return _by_name(record, family, holdings)


def missing_identifiers(record: Record, thing: Thing) -> list[Identifier]:
    """Return the identifiers that the record has and the thing has not."""
    return [found for found in record.identifiers() if found.key not in thing.keys]


def _by_name(record: Record, family: Family, holdings: Holdings) -> Duplicate | None:
    title = folded(record.title)
    year = (record.first("issued") or "")[:4]
    same = holdings.named(family.collection, title)
    found = [Duplicate(thing, *_same_name(record, year, thing)) for thing in same]
    if found:
        return next((duplicate for duplicate in found if duplicate.sure), found[0])
    for other in record.values.get("other-name", ()):
        for thing in holdings.named(family.collection, folded(other)):
            return Duplicate(thing, f'the other name "{other}"', sure=False)
    best: tuple[float, Thing] | None = None
    for name, thing in holdings.names(family.collection):
        alike = likeness(title, name)
        if alike >= ALIKE and (best is None or alike > best[0]):
            best = alike, thing
    if best is None:
        return None
    reason = f'a name {best[0]:.0f} % like "{best[1].names[0]}"'
    return Duplicate(best[1], reason, sure=False)


def _same_name(record: Record, year: str, thing: Thing) -> tuple[str, bool]:
    """Return what speaks for and against a thing of the same name, and whether it is the same."""
    reason = f'the same name "{record.title}"'
    for identifier in record.identifiers():
        others = [key for key in thing.keys if key.startswith(f"{identifier.scheme}:")]
        if others and identifier.key not in others:
            return f"{reason}, but not the {identifier}", False
    if thing.year and year and thing.year != year:
        return f"{reason}, but of {thing.year} there, {year} here", False
    return reason, True
