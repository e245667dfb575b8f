"""The event stream as its clients read it: Linked Data Event Streams over TREE.

The root leads to the first page of each release, a page to the next; the pages of a release never
change. See https://w3id.org/ldes/specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse, serialize

from publisher.describe.triples import expand
from publisher.feeds import stream
from publisher.feeds.atom import Entry
from publisher.formats import JSON_LD, N_QUADS, TRIG, RdfForm
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.terms import RDF_TYPE, BareTriple, bare, graph_of
from publisher.turtle import trig, turtle
from server.http.links import public_address
from server.service import current_service

PATH: Final = "/changes/ldes"
#: The forms that can hold what is said in the named graphs of members; the first is the default.
FORMS: Final = (TRIG, N_QUADS, JSON_LD)
_LDES: Final = "https://w3id.org/ldes#"
_TREE: Final = "https://w3id.org/tree#"
_XSD: Final = WELL_KNOWN["xsd"]
_SH: Final = WELL_KNOWN["sh"]
#: How often a client may look for a new release, in seconds.
_POLLING: Final = 86_400
_PREFIXES: Final = {
    "as": stream.ACTIVITIES,
    "dcterms": WELL_KNOWN["dcterms"],
    "ldes": _LDES,
    "sh": _SH,
    "tree": _TREE,
    "void": WELL_KNOWN["void"],
    "xsd": _XSD,
}


def page_path(version: str, page: int) -> str:
    """Return the path of a page of a release."""
    return f"{PATH}/{version}/{page}"


def root(releases: Sequence[Entry], form: RdfForm) -> bytes:
    """Return the root node; the releases are given oldest first."""
    node, events = public_address(PATH), _stream_iri()
    said = _Said()
    said.add(events, RDF_TYPE, f"{_LDES}EventStream")
    said.add(events, f"{_TREE}view", node)
    said.add(events, f"{_LDES}timestampPath", expand(stream.TIMESTAMP))
    said.add(events, f"{_LDES}versionOfPath", expand(stream.VERSION_OF))
    activities = {"Create": stream.CREATE, "Update": stream.UPDATE, "Delete": stream.DELETE}
    for name, activity in activities.items():
        said.add(events, f"{_LDES}version{name}Path", RDF_TYPE)
        said.add(events, f"{_LDES}version{name}Object", activity)
    said.add(events, f"{_LDES}pollingInterval", _typed(str(_POLLING), "integer"))
    publication = current_service().release.publication
    said.add(events, expand("dcterms:license"), publication.license)
    title = Literal(f"{publication.title}: changes", language=publication.language)
    said.add(events, expand("dcterms:title"), title)
    _shape(said, events)
    said.add(node, RDF_TYPE, f"{_TREE}Node")
    for each in releases:
        target = public_address(page_path(each.version, 1))
        if each.record is not None and each.record["pages"]:
            _relations(said, node, target, each, f"{node}#{each.version}")
    return _written(said.quads, form)


def page(release: Entry, number: int, lines: bytes, form: RdfForm) -> bytes:
    """Return a page of a release, whose members are given as N-Quads."""
    node, events = public_address(page_path(release.version, number)), _stream_iri()
    assert release.record is not None
    said = _Said()
    said.add(events, f"{_TREE}view", public_address(PATH))
    said.add(node, RDF_TYPE, f"{_TREE}Node")
    said.add(node, f"{_LDES}immutable", _typed("true", "boolean"))
    if number < release.record["pages"]:
        following = public_address(page_path(release.version, number + 1))
        _relations(said, node, following, release, f"{node}#next")
    quads = list(parse(lines, format=RdfFormat.N_QUADS))
    members = NamedNode(expand(stream.VERSION_OF))
    for quad in quads:
        # What is said of a thing stands in a named graph, its member in the default graph.
        if quad.predicate == members and isinstance(quad.graph_name, DefaultGraph):
            said.add(events, f"{_TREE}member", bare(quad)[0].value)
    return _written([*said.quads, *quads], form)


class _Said:
    def __init__(self) -> None:
        self.quads: list[Quad] = []

    def add(self, subject: str, predicate: str, value: str | Literal) -> None:
        term = NamedNode(value) if isinstance(value, str) else value
        self.quads.append(Quad(NamedNode(subject), NamedNode(predicate), term))


def _relations(said: _Said, node: str, target: str, release: Entry, name: str) -> None:
    """Lead to a node whose members are all of the moment of a release."""
    moment = _typed(f"{release.released:%Y-%m-%dT%H:%M:%SZ}", "dateTime")
    for bound in ("GreaterThanOrEqualToRelation", "LessThanOrEqualToRelation"):
        relation = f"{name}-{bound[0].lower()}"
        said.add(node, f"{_TREE}relation", relation)
        said.add(relation, RDF_TYPE, f"{_TREE}{bound}")
        said.add(relation, f"{_TREE}path", expand(stream.TIMESTAMP))
        said.add(relation, f"{_TREE}value", moment)
        said.add(relation, f"{_TREE}node", target)


def _shape(said: _Said, events: str) -> None:
    shape = f"{events}-member"
    said.add(events, f"{_TREE}shape", shape)
    said.add(shape, RDF_TYPE, f"{_SH}NodeShape")
    said.add(shape, f"{_SH}nodeKind", f"{_SH}IRI")
    for name, bound, value in (
        (stream.VERSION_OF, "nodeKind", f"{_SH}IRI"),
        (stream.TIMESTAMP, "datatype", f"{_XSD}dateTime"),
        (stream.RELEASE, "nodeKind", f"{_SH}IRI"),
    ):
        rule = f"{shape}-{name.partition(':')[2]}"
        said.add(shape, f"{_SH}property", rule)
        said.add(rule, f"{_SH}path", expand(name))
        said.add(rule, f"{_SH}minCount", _typed("1", "integer"))
        said.add(rule, f"{_SH}maxCount", _typed("1", "integer"))
        said.add(rule, f"{_SH}{bound}", value)


def _stream_iri() -> str:
    return f"{public_address(PATH)}#stream"


def _typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(_XSD + datatype))


def _written(quads: Iterable[Quad], form: RdfForm) -> bytes:
    """Return quads in a form, the same bytes for the same quads."""
    found = sorted(set(quads), key=lambda quad: (str(quad.graph_name), str(quad)))
    if form is not TRIG:
        return serialize(found, format=form.oxigraph) or b""
    prefixes = Prefixes({**current_service().presentation.prefixes, **_PREFIXES})
    plain = [bare(quad) for quad in found if isinstance(quad.graph_name, DefaultGraph)]
    named: dict[str, list[BareTriple]] = {}
    for quad in found:
        if not isinstance(quad.graph_name, DefaultGraph):
            named.setdefault(graph_of(quad), []).append(bare(quad))
    return f"{turtle(plain, prefixes)}\n{trig(named, prefixes) if named else ''}".encode()
