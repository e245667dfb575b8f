"""Readable, deterministic Turtle and TriG (RDF 1.1 Turtle, section 6).

One subject a block, blocks sorted by subject, `a` first and labels second, the rest sorted; every
literal is written as it was read. The same triples give the same bytes, so a diff of two files
shows the change alone. rdflib's serialiser rewrites numbers and Oxigraph's follows the order of
its input, hence this one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyoxigraph as ox

from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.terms import BareTriple, Node, Term

Triples = Iterable[BareTriple]

_XSD, _RDF = WELL_KNOWN["xsd"], WELL_KNOWN["rdf"]
_FIRST, _REST, _NIL = (ox.NamedNode(f"{_RDF}{name}") for name in ("first", "rest", "nil"))
_TYPE = ox.NamedNode(f"{_RDF}type")
_LEADING = {
    f"{_RDF}type": 0,
    f"{WELL_KNOWN['rdfs']}label": 1,
    f"{WELL_KNOWN['skos']}prefLabel": 2,
    f"{WELL_KNOWN['skos']}altLabel": 3,
}
_BARE = {
    f"{_XSD}integer": re.compile(r"[+-]?[0-9]+"),
    f"{_XSD}decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    f"{_XSD}double": re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)[eE][+-]?[0-9]+"),
    f"{_XSD}boolean": re.compile(r"true|false"),
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile(r'[\\"\n\r\t\x00-\x08\x0b\x0c\x0e-\x1f\x7f]')
#: In a long string a quote is escaped only before another quote and at the end.
_ESCAPED_IN_LINES = re.compile(r"\"(?=\"|\Z)|[\\\r\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class TurtleWriter:
    """Writes one graph; knows the prefixes and remembers which of them it used."""

    def __init__(
        self, triples: Triples, prefixes: Prefixes, labels: dict[Node, str] | None = None
    ) -> None:
        """Take a graph; `labels` are those of blank nodes that other graphs share."""
        self._prefixes = prefixes
        self._used: set[str] = set()
        self._by_subject: defaultdict[Node, defaultdict[ox.NamedNode, set[Term]]]
        self._by_subject = defaultdict(lambda: defaultdict(set))
        references: Counter[Term] = Counter()
        for subject, predicate, object_ in triples:
            if object_ not in self._by_subject[subject][predicate]:
                self._by_subject[subject][predicate].add(object_)
                references[object_] += 1
        self._labels: dict[Node, str] = {} if labels is None else labels
        self._nested = self._nestable(references).difference(self._labels)
        self._anonymous = {
            node
            for node in self._by_subject
            if isinstance(node, ox.BlankNode) and node not in references
        }.difference(self._labels)
        blank = {node for node in references if isinstance(node, ox.BlankNode)}
        for node in sorted(blank.difference(self._nested, self._labels), key=_value):
            self._labels[node] = f"_:b{len(self._labels)}"

    def _nestable(self, references: Counter[Term]) -> set[ox.BlankNode]:
        """Blank nodes that exactly one triple points to and that no circle of them holds."""
        owned: defaultdict[Node, list[ox.BlankNode]] = defaultdict(list)
        for subject, properties in self._by_subject.items():
            for objects in properties.values():
                for object_ in objects:
                    if isinstance(object_, ox.BlankNode) and references[object_] == 1:
                        owned[subject].append(object_)
        once = {node for nodes in owned.values() for node in nodes}
        nested: set[ox.BlankNode] = set()
        waiting: list[Node] = [subject for subject in owned if subject not in once]
        while waiting:
            nodes = owned[waiting.pop()]
            nested.update(nodes)
            waiting.extend(nodes)
        return nested

    def prologue(self) -> str:
        """Return the `@prefix` lines of the prefixes used so far, sorted."""
        lines = (f"@prefix {name}: <{self._prefixes[name]}> .\n" for name in sorted(self._used))
        return "".join(lines)

    def blocks(self) -> Iterator[tuple[Node, str]]:
        """Yield each top-level subject with its statement: IRIs sorted, then blank nodes."""
        named = sorted((s for s in self._by_subject if isinstance(s, ox.NamedNode)), key=_value)
        labelled = [node for node in self._labels if node in self._by_subject]
        subjects: list[Node] = [*named, *labelled]
        for subject in subjects:
            yield subject, f"{self._term(subject)}{self._properties(subject, 1)} .\n"
        nameless = ((f"[]{self._properties(node, 1)} .\n", node) for node in self._anonymous)
        for text, node in sorted(nameless, key=lambda pair: pair[0]):
            yield node, text

    def value(self, term: Term) -> str:
        """Return an object that is written where it stands: any term but blank nodes."""
        return self._object(term, 1)

    def iri(self, iri: str) -> str:
        """Return an IRI, shortened where that is possible."""
        return self._iri(iri)

    def _properties(self, subject: Node, depth: int) -> str:
        parts = []
        properties = self._by_subject[subject]
        for predicate in sorted(properties, key=lambda p: rank(p.value)):
            verb = "a" if predicate == _TYPE else self._term(predicate)
            objects = sorted(self._object(object_, depth) for object_ in properties[predicate])
            parts.append((verb, objects))
        return joined(parts, depth)

    def _object(self, term: Term, depth: int) -> str:
        if term == _NIL:
            return "()"
        if not isinstance(term, ox.BlankNode) or term not in self._nested:
            return self._term(term)
        items = self._list(term)
        if items is not None:
            return f"( {' '.join(self._object(item, depth + 1) for item in items)} )"
        if term not in self._by_subject:
            return "[]"
        inner = self._properties(term, depth + 1)
        if "\n" not in inner:
            return f"[{inner} ]"
        indent = "    " * depth
        return f"[\n{indent}    {inner.lstrip()}\n{indent}]"

    def _list(self, node: Term) -> list[Term] | None:
        """Return the members if `node` begins a well-formed list, else None."""
        items: list[Term] = []
        while node != _NIL:
            if (
                not isinstance(node, ox.BlankNode)
                or node not in self._nested & self._by_subject.keys()
            ):
                return None
            properties: Mapping[ox.NamedNode, set[Term]] = self._by_subject.get(node, {})
            if set(properties) != {_FIRST, _REST}:
                return None
            if len(properties[_FIRST]) != 1 or len(properties[_REST]) != 1:
                return None
            items.extend(properties[_FIRST])
            (node,) = properties[_REST]
        return items

    def _term(self, term: Term) -> str:
        if isinstance(term, ox.NamedNode):
            return self._iri(term.value)
        if isinstance(term, ox.BlankNode):
            return self._labels[term]
        return self._literal(term)

    def _iri(self, iri: str) -> str:
        name = self._prefixes.shorten(iri)
        if name is None:
            return f"<{iri}>"
        self._used.add(name.partition(":")[0])
        return name

    def _literal(self, literal: ox.Literal) -> str:
        bare = _BARE.get(literal.datatype.value)
        if bare and bare.fullmatch(literal.value):
            return literal.value
        quoted = _quote(literal.value)
        if literal.language:
            return f"{quoted}@{literal.language}"
        if literal.datatype.value == f"{_XSD}string":
            return quoted
        return f"{quoted}^^{self._iri(literal.datatype.value)}"


def _value(node: Node) -> str:
    return node.value


def _quote(text: str) -> str:
    """Quote a string; one of several lines is written over as many lines."""
    if "\n" not in text:
        return f'"{_ESCAPED.sub(_escape, text)}"'
    escaped = _ESCAPED_IN_LINES.sub(_escape, text)
    return f'"""{escaped}"""'


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return _ESCAPES.get(character) or f"\\u{ord(character):04X}"


def rank(predicate: str) -> tuple[int, str]:
    """Return what predicates are put in order by."""
    return _LEADING.get(predicate, 9), predicate


def joined(parts: Sequence[tuple[str, Sequence[str]]], depth: int) -> str:
    """Put predicates, each with its sorted objects, together to what follows a subject.

    Objects stand on lines of their own where one of them is long.
    """
    indent = "    " * depth
    texts = []
    for verb, objects in parts:
        short = all(len(text) < 40 or "\n" in text for text in objects)
        separator = ", " if short else f",\n{indent}    "
        texts.append(f"{verb} {separator.join(objects)}")
    if len(texts) == 1 and depth == 1:
        return f" {texts[0]}"
    return f" {texts[0]}" + "".join(f" ;\n{indent}{text}" for text in texts[1:])


def turtle(triples: Triples, prefixes: Prefixes) -> str:
    """Return one graph as Turtle: the prefixes it uses, then its blocks."""
    writer = TurtleWriter(triples, prefixes)
    body = "\n".join(text for _, text in writer.blocks())
    prologue = writer.prologue()
    return f"{prologue}\n{body}" if prologue and body else prologue + body


def shared_labels(graphs: Iterable[Triples]) -> dict[Node, str]:
    """Label the blank nodes that stand in more than one graph of a dataset."""
    counts: Counter[Node] = Counter()
    for triples in graphs:
        terms = {term for triple in triples for term in (triple[0], triple[2])}
        counts.update(term for term in terms if isinstance(term, ox.BlankNode))
    shared = sorted((node for node, count in counts.items() if count > 1), key=_value)
    return {node: f"_:b{number}" for number, node in enumerate(shared)}


def trig(graphs: Mapping[str, Triples], prefixes: Prefixes) -> str:
    """Return named graphs as TriG (RDF 1.1 TriG), sorted by graph name."""
    used: dict[str, None] = {}
    parts = []
    graphs = {name: list(triples) for name, triples in graphs.items()}
    labels = shared_labels(graphs.values())
    for name in sorted(graphs):
        writer = TurtleWriter(graphs[name], prefixes, labels)
        label = writer._iri(name)
        body = "\n".join(text for _, text in writer.blocks())
        parts.append(f"{label} {{\n{body}}}\n")
        used.update(dict.fromkeys(writer.prologue().splitlines(keepends=True)))
    prologue = "".join(sorted(used))
    return f"{prologue}\n" * bool(prologue) + "\n".join(parts)
