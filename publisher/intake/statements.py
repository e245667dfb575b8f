"""Statements: what the fields of a record become by the bindings of intake.toml."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import pyoxigraph as ox

from publisher.intake.holdings import Holdings
from publisher.intake.mapping import Binding, Family
from publisher.intake.record import FIELDS, Nature, Record
from publisher.literals import XSD, as_stored

Statement = tuple[ox.NamedNode, ox.NamedNode | ox.Literal]
_DATES = {4: "gYear", 7: "gYearMonth", 10: "date"}


def own_statements(
    record: Record, family: Family, language: str, holdings: Holdings
) -> tuple[list[Statement], list[tuple[str, str]]]:
    """Return the statements of a record's own fields, and what has no IRI: property, words."""
    statements: list[Statement] = []
    unknown: list[tuple[str, str]] = []
    for name, binding in family.fields.items():
        found = record.values.get(name, ())
        property_ = ox.NamedNode(binding.property)
        if FIELDS[name] is not Nature.CODE:
            statements += ((property_, _term(name, binding, value, language)) for value in found)
            continue
        iri = _first_known(binding, found, holdings)
        if iri:
            statements.append((property_, ox.NamedNode(iri)))
        elif found:
            text = f"the record's {name} is {' and '.join(found)}, which the graph does not know"
            unknown.append((binding.property, text))
    return statements, unknown


def guesses(family: Family) -> set[str]:
    """Return the properties whose values are made of codes, which a person may know better."""
    return {
        binding.property for name, binding in family.fields.items() if FIELDS[name] is Nature.CODE
    }


def _first_known(binding: Binding, codes: Sequence[str], holdings: Holdings) -> str | None:
    """Return the IRI of the first code that has one."""
    for code in codes:
        mapped = (binding.values or {}).get(code, code)
        if binding.notation:
            iri = holdings.notated(binding.notation, mapped)
        else:
            made = str(binding.iri).replace("{}", quote(mapped, safe="+"))
            iri = holdings.described(made) if binding.known else made
        if iri:
            return iri
    return None


def _term(name: str, binding: Binding, value: str, language: str) -> ox.NamedNode | ox.Literal:
    nature = FIELDS[name]
    if nature in (Nature.ADDRESS, Nature.IDENTIFIER):
        return ox.NamedNode(value)
    if nature is Nature.DATE:
        return ox.Literal(value, datatype=ox.NamedNode(f"{XSD}{_DATES[len(value)]}"))
    if nature is Nature.NUMBER:
        return as_stored(ox.Literal(value, datatype=ox.NamedNode(f"{XSD}decimal")))
    return ox.Literal(value, language=language) if binding.language else ox.Literal(value)
