"""Datasets: which graphs a query's FROM and FROM NAMED clauses name (SPARQL 1.1 Query, 13.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

from pyoxigraph import NamedNode, RdfFormat, parse

from server.query.reading import FORMS, tokens

#: A keyword may follow the one before it without white space.
_CLAUSES: Final = {"FROM": "FROM", "NAMED": "NAMED", "FROMNAMED": "NAMED"}


class Dataset(NamedTuple):
    """The IRIs of the graphs that make the default graph, and of the named ones; each once.

    `repeats` says that the query names some of them more often.
    """

    default: tuple[str, ...]
    named: tuple[str, ...]
    repeats: bool


def named_in(text: str, base: str | None) -> Dataset:
    """Return the dataset that a query names, its IRIs resolved.

    `text` must have passed `server.query.reading.read`. Raises SyntaxError, and ValueError for
    what is no IRI.
    """
    prologue: list[str] = []
    clauses: list[tuple[bool, str]] = []
    begun = False
    # "FROM" or "NAMED" where the next token is the graph of such a clause.
    clause = ""
    depth = 0
    for kind, lexeme, _ in tokens(text):
        depth += (kind == "open") - (kind == "close")
        word = lexeme.upper() if kind == "word" else ""
        begun = begun or word in FORMS
        if not begun:
            prologue.append(lexeme)
        elif depth == 0 and kind != "space":
            if word in _CLAUSES:
                clause = _CLAUSES[word]
            elif clause:
                clauses.append((clause == "NAMED", lexeme))
                clause = ""
    iris = _resolved("".join(prologue), [term for _, term in clauses], base)
    found = [(named, iri) for (named, _), iri in zip(clauses, iris, strict=True)]
    pairs = list(dict.fromkeys(found))
    return Dataset(
        tuple(iri for named, iri in pairs if not named),
        tuple(iri for named, iri in pairs if named),
        len(pairs) < len(found),
    )


def _resolved(prologue: str, terms: list[str], base: str | None) -> list[str]:
    """Resolve IRIs and prefixed names; a SPARQL prologue is one of Turtle 1.1 too."""
    lines = "".join(f"<x:graph> <x:is> {term} .\n" for term in terms)
    quads = parse(f"{prologue}\n{lines}", format=RdfFormat.TURTLE, base_iri=base)
    return [quad.object.value for quad in quads if isinstance(quad.object, NamedNode)]
