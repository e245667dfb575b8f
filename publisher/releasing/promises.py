"""What the shapes of a release promise of its data: their constraints, told apart one by one.

A node shape and the paths of its properties say where a constraint stands, so that a nameless
property shape with one constraint more still promises all that it promised.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from publisher.edition import Edition
from publisher.formats import TURTLE
from publisher.graphs import canonical, n_quads
from publisher.prefixes import WELL_KNOWN
from publisher.release import DamagedRelease

_SH: Final = WELL_KNOWN["sh"]
#: What tells people about a shape, and how a page arranges it: no promise.
_TOLD: Final = frozenset(
    (
        *(f"{_SH}{name}" for name in ("name", "description", "message", "order", "group")),
        *(f"{WELL_KNOWN['rdfs']}{name}" for name in ("label", "comment", "seeAlso", "isDefinedBy")),
        f"{WELL_KNOWN['rdf']}type",
    )
)
_PROPERTY: Final = f"{_SH}property"
_PATH: Final = f"{_SH}path"

_Node = ox.NamedNode | ox.BlankNode
_Statements = dict[ox.NamedNode | ox.BlankNode, list[ox.Quad]]


def compared(old: Edition, new: Edition) -> Iterator[tuple[bool, str]]:
    """Yield each promise that only one of two releases makes, and whether it is the old one.

    Raises DamagedRelease for shapes that cannot be read.
    """
    before, after = promises(old), promises(new)
    for promise in sorted(before - after):
        yield True, promise
    for promise in sorted(after - before):
        yield False, promise


def promises(edition: Edition) -> set[str]:
    """Return what the shapes of a release promise. Raises DamagedRelease."""
    path = edition.path(f"dumps/{edition.name}-shapes.{TURTLE.suffix}")
    if not path.is_file():
        return set()
    statements: _Statements = defaultdict(list)
    try:
        with path.open("rb") as file:
            for quad in ox.parse(file, ox.RdfFormat.TURTLE):
                if isinstance(quad.subject, ox.NamedNode | ox.BlankNode):
                    statements[quad.subject].append(quad)
    except SyntaxError as error:
        raise DamagedRelease(f"{path} cannot be read: {error}") from None
    roots = [node for node in statements if isinstance(node, ox.NamedNode)]
    return {
        promise for root in roots for promise in _promised(root, str(root), statements, frozenset())
    }


def _promised(
    node: _Node, where: str, statements: _Statements, above: frozenset[_Node]
) -> Iterator[str]:
    if node in above:
        return
    for quad in statements.get(node, ()):
        predicate, value = quad.predicate.value, quad.object
        if predicate in _TOLD:
            continue
        nested = isinstance(value, ox.BlankNode)
        if predicate == _PROPERTY and nested and isinstance(value, ox.BlankNode):
            place = f"{where} {_said(_path_of(value, statements), statements)}"
            yield from _promised(value, place, statements, above | {node})
        elif predicate != _PATH or isinstance(node, ox.NamedNode):
            yield f"{where} {quad.predicate} {_said(value, statements)}"


def _path_of(shape: ox.BlankNode, statements: _Statements) -> object:
    return next(
        (quad.object for quad in statements.get(shape, ()) if quad.predicate.value == _PATH), None
    )


def _said(term: object, statements: _Statements) -> str:
    """Return a term as text; a nameless one as the hash of all that is said of it."""
    if not isinstance(term, ox.BlankNode):
        return str(term)
    found: list[ox.Quad] = []
    waiting, seen = [term], {term}
    while waiting:
        for quad in statements.get(waiting.pop(), ()):
            if quad.predicate.value in _TOLD - {f"{WELL_KNOWN['rdf']}type"}:
                continue
            found.append(quad)
            if isinstance(quad.object, ox.BlankNode) and quad.object not in seen:
                seen.add(quad.object)
                waiting.append(quad.object)
    return f"[{hashlib.sha256(n_quads(canonical(found))).hexdigest()[:16]}]"
