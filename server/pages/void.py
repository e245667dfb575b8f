"""The page of the VoID description: what it tells programs, for people, with the same anchors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from flask import render_template
from pyoxigraph import Literal, Triple

from publisher.prefixes import WELL_KNOWN
from publisher.terms import bare
from server.http.addresses import here
from server.pages.values import readable
from server.presentation import Term
from server.service import current_service

_VOID = WELL_KNOWN["void"]
_TITLE = f"{WELL_KNOWN['dcterms']}title"


@dataclass(frozen=True)
class Partition:
    """A class or property and what the dataset has of it; `anchor` is its IRI's fragment."""

    anchor: str
    term: Term
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Linkset:
    """The links to one target, the properties they go by, and the file that has them."""

    anchor: str
    title: str
    counts: tuple[int, ...]
    properties: list[Term]
    file: str | None


class _Reader:
    """Reads a description by subject and property."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._values: dict[tuple[str, str], list[str]] = defaultdict(list)
        for subject, predicate, value in map(bare, triples):
            text = value.value if isinstance(value, Literal) else str(value).strip("<>")
            self._values[str(subject).strip("<>"), predicate.value].append(text)

    def values(self, subject: str, name: str) -> list[str]:
        """Return the values of a property of the VoID vocabulary."""
        return self._values[subject, _VOID + name]

    def counts(self, subject: str, *names: str) -> tuple[int, ...]:
        return tuple(int(value) for name in names for value in self.values(subject, name)[:1])

    def title(self, subject: str) -> str:
        return next(iter(self._values[subject, _TITLE]), subject)


def void_page(triples: Iterable[Triple]) -> str:
    """Return the page from the triples of the description."""
    service = current_service()
    reader = _Reader(triples)
    dataset = service.release.iris.dataset
    linksets = [
        _linkset(reader, node)
        for node in reader.values(dataset, "subset")
        if reader.values(node, "objectsTarget")
    ]
    sizes = ("triples", "entities", "classes", "properties", "distinctSubjects", "distinctObjects")
    return render_template(
        "void.html",
        sizes=dict(zip(sizes, reader.counts(dataset, *sizes), strict=True)),
        space=reader.values(dataset, "uriSpace"),
        examples=sorted(reader.values(dataset, "exampleResource")),
        vocabularies=[(iri, readable(iri)) for iri in sorted(reader.values(dataset, "vocabulary"))],
        endpoints=reader.values(dataset, "sparqlEndpoint"),
        lookups=reader.values(dataset, "uriLookupEndpoint"),
        dumps=sorted(reader.values(dataset, "dataDump")),
        classes=_partitions(reader, "class", ("entities",)),
        properties=_partitions(
            reader, "property", ("triples", "distinctSubjects", "distinctObjects")
        ),
        linksets=sorted(linksets, key=lambda each: -each.counts[0]),
        document=here("/void"),
    )


def _partitions(reader: _Reader, kind: str, counted: tuple[str, ...]) -> list[Partition]:
    """Return the partitions by class or property, the largest first."""
    service = current_service()
    found = []
    for node in reader.values(service.release.iris.dataset, f"{kind}Partition"):
        term = service.presentation.term(reader.values(node, kind)[0])
        found.append(Partition(_fragment(node), term, reader.counts(node, *counted)))
    return sorted(found, key=lambda each: (-each.counts[0], each.term.label.casefold()))


def _linkset(reader: _Reader, node: str) -> Linkset:
    service = current_service()
    return Linkset(
        _fragment(node),
        reader.title(reader.values(node, "objectsTarget")[0]),
        reader.counts(node, "triples", "distinctSubjects", "distinctObjects"),
        [service.presentation.term(iri) for iri in sorted(reader.values(node, "linkPredicate"))],
        next((dump.rpartition("/")[2] for dump in reader.values(node, "dataDump")), None),
    )


def _fragment(node: str) -> str:
    return node.partition("#")[2]
