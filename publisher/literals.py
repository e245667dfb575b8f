"""Literals: which are valid, and which come back from the engine as they were written.

Oxigraph's store keeps values, not spellings: "007"^^xsd:integer comes back as "7". A source may
therefore hold only literals that survive, so that dumps and endpoint say the same. Both questions
are put to the engine itself; rdflib's answer differs for gYear and the like.
"""

from __future__ import annotations

from functools import lru_cache

import pyoxigraph as ox

from publisher.prefixes import WELL_KNOWN

XSD = WELL_KNOWN["xsd"]
_PLAIN = {f"{XSD}string", f"{WELL_KNOWN['rdf']}langString"}
_CASTS = frozenset(
    f"{XSD}{name}"
    for name in (
        *("boolean", "integer", "decimal", "double", "float", "dateTime", "date", "time"),
        *("gYear", "gYearMonth", "gMonth", "gMonthDay", "gDay"),
        *("duration", "yearMonthDuration", "dayTimeDuration"),
    )
)
_SUBJECT = ox.NamedNode("x:s")
_EMPTY = ox.Store()


@lru_cache(maxsize=100_000)
def as_stored(literal: ox.Literal) -> ox.Literal:
    """Return the literal as the engine gives it back (RDF 1.1 Concepts, section 3.3)."""
    if literal.datatype.value in _PLAIN:
        return literal
    store = ox.Store()
    store.add(ox.Quad(_SUBJECT, _SUBJECT, literal))
    stored = next(iter(store)).object
    assert isinstance(stored, ox.Literal)
    return stored


@lru_cache(maxsize=100_000)
def is_valid(literal: ox.Literal) -> bool:
    """Whether the text lies in the lexical space of its datatype.

    Datatypes that the engine has no cast for count as valid.
    """
    datatype = literal.datatype.value
    if datatype not in _CASTS:
        return True
    query = f"SELECT (<{datatype}>({ox.Literal(literal.value)}) AS ?value) {{}}"
    solutions = _EMPTY.query(query)
    assert isinstance(solutions, ox.QuerySolutions)
    return next(solutions)["value"] is not None
