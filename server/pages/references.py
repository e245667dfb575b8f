"""References: to which classes and shapes the values that a shape asks for lead (SHACL, 4)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from publisher.prefixes import WELL_KNOWN
from publisher.terms import Term
from server.pages.constraints import path, words
from server.pages.statements import Statements
from server.pages.values import Value

_SH: Final = WELL_KNOWN["sh"]
_LISTS: Final = ("or", "and", "xone")
_DEEPEST: Final = 8


@dataclass(frozen=True)
class Reference:
    """A class, or a shape that is for no class, and the names of the properties that lead to it."""

    iri: str
    value: Value
    by: tuple[str, ...]


@dataclass(frozen=True)
class Matrix:
    """Which shape leads where: the columns, and for each shape the names under each of them."""

    columns: list[Value]
    rows: list[list[tuple[str, ...]]]


def references(node: NamedNode, statements: Statements) -> list[Reference]:
    """Return where the values of a node shape's properties lead, in the order of the names."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for shape, name in _property_shapes(node, statements):
        for iri in _ends(shape, statements, 0):
            found[iri][name] = None
    led = [
        Reference(iri, statements.value(NamedNode(iri)), tuple(names))
        for iri, names in found.items()
    ]
    return sorted(led, key=lambda reference: reference.value.text.casefold())


def matrix(rows: Iterable[Iterable[Reference]]) -> Matrix | None:
    """Return the references of shapes, one row for each, as a matrix; None where there are none.

    Its columns begin with what the most shapes lead to.
    """
    stated = [{each.iri: each for each in row} for row in rows]
    many = Counter(iri for row in stated for iri in row)
    values = {iri: each.value for row in stated for iri, each in row.items()}
    order = sorted(values, key=lambda iri: (-many[iri], values[iri].text.casefold()))
    if not order:
        return None
    return Matrix(
        [values[iri] for iri in order],
        [[row[iri].by if iri in row else () for iri in order] for row in stated],
    )


def _property_shapes(
    node: Term, statements: Statements, depth: int = 0
) -> Iterator[tuple[Term, str]]:
    """Yield the property shapes of a shape, its parts and the shapes without name in it."""
    about = statements.about(node)
    for shape in about.get(f"{_SH}property", ()):
        name = statements.text(shape, f"{_SH}name")
        shown = path(statements.one(shape, f"{_SH}path"), statements)
        yield shape, name.value if name else words(shown)
    if depth < _DEEPEST:
        parts = [each for each in about.get(f"{_SH}node", ()) if not isinstance(each, NamedNode)]
        for part in (*parts, *_listed(node, statements)):
            yield from _property_shapes(part, statements, depth + 1)


def _ends(shape: Term, statements: Statements, depth: int) -> Iterator[str]:
    """Yield the classes that a shape asks its values to be of, whatever they are joined by."""
    about = statements.about(shape)
    for class_ in about.get(f"{_SH}class", ()):
        if isinstance(class_, NamedNode):
            yield class_.value
    further = [*about.get(f"{_SH}node", ()), *about.get(f"{_SH}qualifiedValueShape", ())]
    for each in (*further, *_listed(shape, statements)):
        if isinstance(each, NamedNode):
            targets = statements.about(each).get(f"{_SH}targetClass", [])
            named = [target.value for target in targets if isinstance(target, NamedNode)]
            yield from named or [each.value]
        elif depth < _DEEPEST:
            yield from _ends(each, statements, depth + 1)


def _listed(shape: Term, statements: Statements) -> list[Term]:
    about = statements.about(shape)
    heads = [head for name in _LISTS for head in about.get(_SH + name, ())]
    return [each for head in heads for each in statements.items(head)]
