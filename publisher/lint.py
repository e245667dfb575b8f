"""The lint: house rules that concern single statements, names and links, not shapes.

Rules: unknown-term, blank-node, dangling-link, duplicate-slug, bad-slug, invalid-literal,
non-canonical-literal, language-tag-case. docs/sources.md explains each with an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from publisher.findings import Finding, Place
from publisher.lexer import tokens
from publisher.literals import as_stored, is_valid
from publisher.publication import Publication
from publisher.sources import DATA, ONTOLOGY, SHAPES, Source, Statement
from publisher.terms import RDF_TYPE, graph_of
from publisher.vocabulary import Vocabulary

_UPPER_CASE_TAG = re.compile(rb"[\"']@[A-Za-z0-9-]*[A-Z]")
_LONGEST_TAG: Final = 256


def _has_upper_case_tag(source: Source) -> bool:
    """Whether a file may have such a tag, also where two blocks meet."""
    before = b""
    for block in source.blocks():
        window = before + block
        if _UPPER_CASE_TAG.search(window):
            return True
        before = window[-_LONGEST_TAG:]
    return False


class Lint:
    """Takes the statements of all sources one by one; keeps what only the whole can tell."""

    def __init__(self, publication: Publication, vocabulary: Vocabulary) -> None:
        self._iris = publication.iris
        self._prefixes = publication.prefixes
        self._slug = re.compile(publication.slug_pattern)
        self._vocabulary = vocabulary
        self._subjects: set[str] = set(vocabulary.terms)
        self._graphs: set[str] = set()
        self._links: dict[str, Place] = {}
        self._typed: dict[str, tuple[Source, int, int]] = {}
        self._run: tuple[Source | None, str, int] = (None, "", 0)
        self._slugs_seen: set[str] = set()

    def statement(self, source: Source, statement: Statement) -> Iterator[Finding]:
        """Check one statement; yields what is wrong with it."""
        quad = statement.quad
        place = Place(source.name, statement.line)
        yield from self._terms(quad, place, everywhere=source.kind != SHAPES)
        if isinstance(quad.object, ox.Literal):
            yield from self._literal(quad.object, place, stored=source.kind != SHAPES)
        if source.kind == SHAPES:
            return
        if isinstance(quad.subject, ox.NamedNode):
            self._subjects.add(quad.subject.value)
        self._graphs.add(graph_of(quad))
        if source.kind != DATA:
            return
        yield from self._graph(quad, place)
        yield from self._blank_nodes(quad, place)
        yield from self._subject(source, quad, place)
        self._remember_link(quad, place)

    def source(self, source: Source) -> Iterator[Finding]:
        """Check what the parser does not show: the spelling of language tags.

        The file is read as tokens only if a look at its bytes gives a reason.
        """
        if not _has_upper_case_tag(source):
            return
        previous = ""
        for token in tokens(source.text()):
            if (
                token.kind == "language"
                and previous == "string"
                and token.text.lower() != token.text
            ):
                yield Finding(
                    Place(source.name, token.line),
                    "language-tag-case",
                    f"the language tag {token.text} has upper-case letters",
                    f"write {token.text.lower()}: parsers and the engine lower it anyway",
                )
            previous = token.kind

    def finish(self) -> Iterator[Finding]:
        """Check links between things, once all statements have been seen."""
        for iri, place in self._links.items():
            if iri not in self._subjects and iri not in self._graphs:
                yield Finding(
                    place,
                    "dangling-link",
                    f"{self._name(iri)} is linked to but nothing describes it",
                    self._dangling_mend(iri),
                )

    def _name(self, iri: str) -> str:
        return self._prefixes.name(iri)

    def _terms(self, quad: ox.Quad, place: Place, *, everywhere: bool) -> Iterator[Finding]:
        candidates = [(quad.predicate, True), (quad.object, quad.predicate.value == RDF_TYPE)]
        if everywhere:
            candidates.append((quad.subject, False))
        for node, as_term in candidates:
            if not isinstance(node, ox.NamedNode):
                continue
            if self._vocabulary.lacks(node.value, as_term=as_term):
                nearest = self._vocabulary.nearest(node.value)
                hint = f"did you mean {self._name(nearest)}? else " if nearest else ""
                yield Finding(
                    place,
                    "unknown-term",
                    f"the ontology has no term {self._name(node.value)}",
                    f"{hint}declare it in ontology/ or use a term that is there",
                )

    def _literal(self, literal: ox.Literal, place: Place, *, stored: bool) -> Iterator[Finding]:
        """Check a literal; only what goes into the engine's store must be canonical."""
        name = self._name(literal.datatype.value)
        if not is_valid(literal):
            yield Finding(
                place,
                "invalid-literal",
                f'"{literal.value}" is not a valid {name}',
                "correct the value or give it the datatype that it has",
            )
            return
        kept = as_stored(literal)
        if stored and kept != literal:
            kind = self._name(kept.datatype.value)
            yield Finding(
                place,
                "non-canonical-literal",
                f'"{literal.value}"^^{name} is not in canonical form: the engine would change it',
                f'write "{kept.value}"^^{kind}',
            )

    def _graph(self, quad: ox.Quad, place: Place) -> Iterator[Finding]:
        for kept in (ONTOLOGY, SHAPES):
            if graph_of(quad) == self._iris.graph(kept):
                yield Finding(
                    place,
                    "reserved-name",
                    f"the graph <{graph_of(quad)}> is kept for the publication's own {kept}",
                    f"name another graph; only files in {kept}/ go into that one",
                )

    def _blank_nodes(self, quad: ox.Quad, place: Place) -> Iterator[Finding]:
        if isinstance(quad.subject, ox.BlankNode) or isinstance(quad.object, ox.BlankNode):
            yield Finding(
                place,
                "blank-node",
                f"a blank node with {self._name(quad.predicate.value)}: nobody could link to it",
                f"give it an IRI, such as <{self._iris.thing('collection', 'slug')}>",
            )

    def _subject(self, source: Source, quad: ox.Quad, place: Place) -> Iterator[Finding]:
        if not isinstance(quad.subject, ox.NamedNode):
            return
        iri = quad.subject.value
        last_source, last_iri, run = self._run
        if (last_source, last_iri) != (source, iri):
            run += 1
            self._run = (source, iri, run)
            yield from self._slug_form(iri, place)
        if quad.predicate.value == RDF_TYPE and self._iris.split(iri):
            first_source, first_line, first_run = self._typed.setdefault(
                iri, (source, place.line, run)
            )
            apart = first_run != run and not source.form.dataset and source.form.suffix == "ttl"
            if first_source is not source or apart:
                yield Finding(
                    place,
                    "duplicate-slug",
                    f"{self._name(iri)} is described twice, first in "
                    f"{Place(first_source.name, first_line)}",
                    "if both are one thing, merge the two descriptions; if not, give one of them "
                    "another slug",
                )

    def _slug_form(self, iri: str, place: Place) -> Iterator[Finding]:
        parts = self._iris.split(iri)
        if parts and iri not in self._slugs_seen:
            self._slugs_seen.add(iri)
            if not self._slug.fullmatch(parts[1]):
                yield Finding(
                    place,
                    "bad-slug",
                    f"the slug '{parts[1]}' does not match {self._slug.pattern}",
                    "choose a slug of that form, or set slug_pattern in publication.toml",
                )

    def _remember_link(self, quad: ox.Quad, place: Place) -> None:
        if not isinstance(quad.object, ox.NamedNode):
            return
        iri = quad.object.value
        if iri.startswith(self._iris.base) and iri not in self._subjects:
            if quad.predicate.value == RDF_TYPE and not self._vocabulary.declared:
                return
            if self._vocabulary.lacks(iri, as_term=False) or self._is_description(iri):
                return
            self._links.setdefault(iri, place)

    def _is_description(self, iri: str) -> bool:
        """Whether the IRI names what the release itself brings: dataset, shapes, ontology."""
        ours = (self._iris.dataset, self._iris.shapes, self._iris.ontology)
        return any(iri == name or iri.startswith((f"{name}#", f"{name}/")) for name in ours)

    def _dangling_mend(self, iri: str) -> str:
        parts = self._iris.split(iri)
        if not parts:
            return "describe it in data/ or correct the link"
        return f"describe it in data/{parts[0]}.ttl or correct the link"
