"""JSON-LD, compacted with the release's own context (JSON-LD 1.1, section 5).

The context stands in each document, or the part of it that a small one uses: readers need no
network, and those that load no remote contexts (Oxigraph among them) read it too. It says the same
as `/context.jsonld`, so that either may be used.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from publisher.prefixes import Prefixes
from publisher.terms import RDF_TYPE, Node, Term, bare

_STRING = "http://www.w3.org/2001/XMLSchema#string"


class Compactor:
    """Writes graphs with the terms of one context."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        """Take the value of `@context`."""
        self._context = context
        prefixes = {
            name: value
            for name, value in context.items()
            if isinstance(value, str) and value.endswith(("/", "#", ":", "?", "[", "]", "@"))
        }
        self._prefixes = Prefixes(prefixes)
        self._terms: dict[str, tuple[str, Mapping[str, str]]] = {}
        for name, value in context.items():
            definition = {"@id": value} if isinstance(value, str) else value
            if name not in prefixes:
                self._terms[self._expanded(definition["@id"])] = (name, definition)

    def write(self, triples: Iterable[Triple]) -> bytes:
        """Return a document with the triples, the same bytes for the same list."""
        document = _Document(self._terms, self._prefixes)
        for triple in triples:
            document.add(*bare(triple))
        nodes = document.nodes()
        used = {name: self._context[name] for name in sorted(document.used)}
        whole = {"@context": used, "@graph": nodes}
        return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()

    def dataset(self, graphs: Mapping[str, Iterable[Triple]]) -> Iterator[bytes]:
        """Yield a document with named graphs (JSON-LD 1.1, 4.9), one line for each subject.

        The triples of each graph must be in the order of their subjects: nothing but one subject's
        is held in memory.
        """
        yield f'{{\n"@context": {_dumped(self._context)},\n"@graph": ['.encode()
        document = _Document(self._terms, self._prefixes)
        opening = "\n"
        for graph, triples in graphs.items():
            name = _dumped(document.reference(NamedNode(graph)))
            yield f'{opening}{{"@id": {name}, "@graph": ['.encode()
            opening = ",\n"
            separator = "\n"
            for _, about in groupby(triples, lambda triple: triple.subject):
                document = _Document(self._terms, self._prefixes)
                for triple in about:
                    document.add(*bare(triple))
                (node,) = document.nodes()
                yield f"{separator}{_dumped(node)}".encode()
                separator = ",\n"
            yield b"\n]}"
        yield b"\n]\n}\n"

    def _expanded(self, iri: str) -> str:
        prefix, colon, local = iri.partition(":")
        namespace = self._prefixes.get(prefix) if colon and not local.startswith("//") else None
        return iri if namespace is None else namespace + local


class _Document:
    """One document in the making; notes the terms and prefixes that it uses."""

    def __init__(
        self, terms: Mapping[str, tuple[str, Mapping[str, str]]], prefixes: Prefixes
    ) -> None:
        self._terms = terms
        self._prefixes = prefixes
        self.used: set[str] = set()
        self._nodes: dict[Node, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))

    def add(self, subject: Node, predicate: NamedNode, value: Term) -> None:
        self._nodes[subject][predicate.value].append(value)

    def nodes(self) -> list[dict[str, Any]]:
        return [self._node(subject, about) for subject, about in self._nodes.items()]

    def _node(self, subject: Node, about: Mapping[str, list[Term]]) -> dict[str, Any]:
        node: dict[str, Any] = {"@id": self.reference(subject)}
        for predicate, values in about.items():
            if predicate == RDF_TYPE and not any(isinstance(each, Literal) for each in values):
                node["@type"] = _one([self.reference(each) for each in values])
                continue
            name, definition = self._terms.get(predicate, ("", {}))
            if name:
                self.used.add(name)
                for each in (definition["@id"], definition.get("@type", "")):
                    self._use(each)
            key = name or self._short(predicate)
            node[key] = self._values(values, definition)
        return node

    def _values(self, values: list[Term], definition: Mapping[str, str]) -> Any:
        if definition.get("@container") == "@language":
            if all(isinstance(each, Literal) and each.language for each in values):
                return _by_language(values)
            # A single object would be taken for a map of languages.
            return [self._value(each, None) for each in values]
        return _one([self._value(each, definition.get("@type")) for each in values])

    def _value(self, value: Term, expected: str | None) -> Any:
        if not isinstance(value, Literal):
            reference = self.reference(value)
            return reference if expected == "@id" else {"@id": reference}
        if value.language:
            return {"@value": value.value, "@language": value.language}
        datatype = value.datatype.value
        if datatype == _STRING:
            return value.value if expected is None else {"@value": value.value}
        if expected is not None and self._shortened(datatype) == expected:
            return value.value
        return {"@value": value.value, "@type": self._short(datatype)}

    def reference(self, term: Term) -> str:
        """Return how a document refers to a node."""
        if isinstance(term, BlankNode):
            return f"_:{term.value}"
        assert isinstance(term, NamedNode)
        return self._short(term.value)

    def _short(self, iri: str) -> str:
        short = self._shortened(iri)
        if short != iri:
            self._use(short)
        return short

    def _shortened(self, iri: str) -> str:
        return self._prefixes.shorten(iri) or iri

    def _use(self, name: str) -> None:
        prefix = name.partition(":")[0]
        if prefix in self._prefixes:
            self.used.add(prefix)


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _by_language(values: Iterable[Term]) -> dict[str, Any]:
    found: dict[str, list[str]] = defaultdict(list)
    for value in values:
        assert isinstance(value, Literal)
        found[value.language or ""].append(value.value)
    return {tag: _one(found[tag]) for tag in sorted(found)}


def _one(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values
