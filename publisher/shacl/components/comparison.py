"""Comparisons of values (SHACL, sections 4.3 and 4.5), where the engine and pySHACL say the same.

They part over numbers of which one is approximate and that differ by less than its precision, over
dates of which one has a time zone or a year beyond four digits, and over what SPARQL 1.1 does not
compare at all (section 17.3), such as years.
"""

from __future__ import annotations

from typing import Final

import rdflib
from rdflib.namespace import XSD

_NUMBERS: Final = ("integer", "decimal", "double", "float")
_ALIKE: Final = ("integer", "decimal", "double", "string", "boolean")
_DATES: Final = ("date", "dateTime")


def agreed(left: str, comparison: str, right: str, datatype: rdflib.term.Node | None = None) -> str:
    """Return an expression that is true only where both would say that a comparison holds.

    `datatype` is that of what is on the right, where it is known.
    """
    compared = f"{left} {comparison} {right}"
    ways = {
        # Rounding keeps the order: what is truly less after it was less before.
        _NUMBERS: f"isNumeric({left}) && isNumeric({right}) && {left} {comparison[0]} {right}",
        _ALIKE: f"{_of(left, _ALIKE)} && DATATYPE({left}) = DATATYPE({right}) && {compared}",
        _DATES: (
            f"{_of(left, _DATES)} && DATATYPE({left}) = DATATYPE({right}) && {_plain(left)} && "
            f"{_plain(right)} && {compared}"
        ),
    }
    found = [f"({way})" for kinds, way in ways.items() if _may_be(datatype, kinds)]
    return f"COALESCE({' || '.join(found) or 'false'}, false)"


def plain_year(value: str) -> str:
    """Return an expression for a date that Python's dates can be."""
    return f"YEAR({value}) >= 1 && YEAR({value}) <= 9999"


def _plain(value: str) -> str:
    return f"TZ({value}) = '' && {plain_year(value)}"


def _of(value: str, kinds: tuple[str, ...]) -> str:
    return f"DATATYPE({value}) IN ({', '.join(XSD[kind].n3() for kind in kinds)})"


def _may_be(datatype: rdflib.term.Node | None, kinds: tuple[str, ...]) -> bool:
    known = {XSD[kind] for kind in (*_NUMBERS, *_ALIKE, *_DATES)}
    return datatype is None or datatype not in known or datatype in {XSD[kind] for kind in kinds}
