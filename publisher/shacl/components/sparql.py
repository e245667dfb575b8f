"""SPARQL-based constraints (SHACL, section 5), put to the engine as they are.

Pre-binding of `$this` (5.3.1) is the same as a join with the focus nodes where every group that
uses `$this` binds it by a pattern of its own; queries that do otherwise are not compiled.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

import rdflib
from rdflib.namespace import SH

from publisher.shacl.writing import NotCompilable

#: Strings, IRIs and comments.
QUOTED: Final = re.compile(
    r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
    r"|<[^<>\"{}|^`\\\s]*>|#[^\n]*",
    re.DOTALL,
)
_BEYOND: Final = re.compile(
    r"(?i:\b(SERVICE|VALUES|MINUS|GRAPH|HAVING|LIMIT|OFFSET|BIND)\b)|[$?](PATH|shapesGraph|currentShape)\b"
    r"|(?i:\bAS\s*)[$?]this\b"
)
_NAMED: Final = re.compile(
    rf"(?:{QUOTED.pattern})|(?P<this>[$?]this\b)|(?P<path>[$?]PATH\b)", re.DOTALL
)
_VALUE: Final = re.compile(r"[$?]value\b|\*")
_THIS: Final = re.compile(r"[$?]this\b")
_FILTER: Final = re.compile(r"\bFILTER\s*(?:NOT\s+EXISTS|EXISTS|\w*\s*\()", re.IGNORECASE)
_EXISTS: Final = re.compile(r"\bEXISTS\s*$", re.IGNORECASE)
_SELECT: Final = re.compile(r"\bSELECT\b(.*)", re.IGNORECASE | re.DOTALL)
_AGGREGATE: Final = re.compile(r"\b(COUNT|SUM|MIN|MAX|AVG|SAMPLE|GROUP_CONCAT)\s*\(", re.IGNORECASE)
_GROUPED: Final = re.compile(r"\bGROUP\s+BY\b[^{}]*[$?]this\b", re.IGNORECASE)


@dataclass
class _Group:
    """What stands between two braces: its own text, with a mark for each group within."""

    own: str = ""
    exists: bool = False
    inner: list[_Group] = field(default_factory=list)


def query(graph: rdflib.Graph, constraint: rdflib.term.Node, targets: str, path: str | None) -> str:
    """Return a query for the focus nodes that violate a constraint, among those of a pattern.

    It gives their values, too, where the constraint does. `path` is that of a property shape.
    Raises NotCompilable.
    """
    text = _with(select(graph, constraint), path)
    bare = QUOTED.sub(lambda found: " " * len(found[0]), text)
    begin, end = bare.find("{"), bare.rfind("}")
    if begin < 0 or _BEYOND.search(bare[begin:]) or bare[end + 1 :].strip():
        raise NotCompilable("a SPARQL constraint with more than patterns and filters")
    if _AGGREGATE.search(bare[:begin]):
        raise NotCompilable("a SPARQL constraint that aggregates")
    if not _joins(_groups(bare[begin + 1 : end])):
        raise NotCompilable("a SPARQL constraint with a group that does not bind $this")
    head = _SELECT.search(bare)
    declared = (text[: head.start()] if head else "") + prologue(graph, constraint)
    body = text[begin : end + 1]
    chosen = f"{{ SELECT DISTINCT ?this WHERE {{ {targets} }} }}"
    value = "?value" if _VALUE.search(bare[:begin]) else "" if path else "(?this AS ?value)"
    return f"{declared}SELECT DISTINCT ?this {value} WHERE {{ {chosen} {body} }}"


def _with(text: str, path: str | None) -> str:
    """Return a query with `?this` for `$this`, and with a path for `$PATH` (section 5.3.1)."""

    def written(found: re.Match[str]) -> str:
        if found["path"] and path:
            return path
        return "?this" if found["this"] else found[0]

    return _NAMED.sub(written, text)


def select(graph: rdflib.Graph, constraint: rdflib.term.Node) -> str:
    """Return the query of a constraint. Raises NotCompilable where there is not one."""
    selects = [str(each) for each in graph.objects(constraint, SH.select)]
    if len(selects) != 1:
        raise NotCompilable("a SPARQL constraint without one SELECT")
    return selects[0]


def prologue(graph: rdflib.Graph, constraint: rdflib.term.Node) -> str:
    """Return the declarations of prefixes for the query of a constraint."""
    return "".join(
        f"PREFIX {graph.value(each, SH.prefix)}: <{graph.value(each, SH.namespace)}>\n"
        for prefixes in graph.objects(constraint, SH.prefixes)
        for each in declarations(graph, prefixes)
    )


def own_parameters(graph: rdflib.Graph) -> set[rdflib.term.Node]:
    """Return the parameters of components that a shapes graph declares itself (section 6.2)."""
    return {
        name
        for parameter in graph.objects(None, SH.parameter)
        for name in graph.objects(parameter, SH.path)
    }


def asks(graph: rdflib.Graph, shape: rdflib.term.Node) -> bool:
    """Whether a shape, or what it leads to, may have a query of its own."""
    queries = {SH.select, SH.ask, SH.construct, SH.update, *own_parameters(graph)}
    waiting, seen = [shape], {shape}
    while waiting:
        for predicate, value in graph.predicate_objects(waiting.pop()):
            if predicate in queries:
                return True
            if value not in seen and not isinstance(value, rdflib.Literal):
                seen.add(value)
                waiting.append(value)
    return False


def _groups(text: str) -> _Group:
    top = _Group()
    stack = [top]
    for part in re.split(r"([{}])", text):
        if part == "{":
            inner = _Group(exists=bool(_EXISTS.search(stack[-1].own)))
            stack[-1].inner.append(inner)
            stack.append(inner)
        elif part == "}":
            if len(stack) == 1:
                raise NotCompilable("a SPARQL constraint whose braces do not match")
            stack.pop()
        else:
            stack[-1].own += part
    if len(stack) != 1:
        raise NotCompilable("a SPARQL constraint whose braces do not match")
    return top


def _joins(group: _Group) -> bool:
    """Whether joining a group with the focus nodes is the same as binding `$this` in it."""
    select = _SELECT.search(group.own)
    if select is not None:
        head = select[1].split("WHERE")[0].split("where")[0]
        grouped = _GROUPED.search(group.own)
        if not _THIS.search(head) or (_AGGREGATE.search(head) and not grouped):
            return False
        return all(map(_joins, group.inner))
    if not group.exists and _THIS.search(group.own):
        binding = _without_filters(group.own)
        if not _THIS.search(binding):
            return False
    return all(map(_joins, group.inner))


def _without_filters(text: str) -> str:
    """Return a group's own text without the expressions of its filters."""
    kept, at = "", 0
    while (found := _FILTER.search(text, at)) is not None:
        kept += text[at : found.start()]
        at = found.end()
        depth = text[found.start() : at].count("(")
        while depth and at < len(text):
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
    return kept + text[at:]


def declarations(graph: rdflib.Graph, prefixes: rdflib.term.Node) -> list[rdflib.term.Node]:
    """Return the declarations of prefixes, also those that are imported (SHACL, section 5.2.1)."""
    found: list[rdflib.term.Node] = []
    waiting, seen = [prefixes], {prefixes}
    while waiting:
        each = waiting.pop()
        found += graph.objects(each, SH.declare)
        for imported in graph.objects(each, rdflib.OWL.imports):
            if imported not in seen:
                seen.add(imported)
                waiting.append(imported)
    return found
