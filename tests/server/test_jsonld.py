"""JSON-LD documents: compact, and the same graph for every reader, with either context."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest
import rdflib

from publisher.describe.context import context
from publisher.formats import N_TRIPLES, TURTLE
from publisher.graphs import canonical, n_quads
from publisher.jsonld import Compactor
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.release import Release
from tests.server.conftest import BASE, Site
from tests.server.test_catalogue import triples_of

DOCUMENTS = (
    *("/doc/turm/kap-nord", "/doc/ort/nordhafen", "/doc/probe/script", "/doc/probe/%22quoted%22"),
    *("/doc/probe/a%2Fb", "/ontology", "/shapes", "/graph/turm", "/catalog", "/void"),
)
NS = "https://example.org/ns"
#: Statements that would be read as something else if a short form were taken carelessly.
ODD = f"""
<{NS}/a> <{NS}#tagged> "one"@en , "two"@en , "eins"@de .
<{NS}/b> <{NS}#tagged> "three"@fr .
<{NS}/a> <{NS}#link> <{NS}/b> .
<{NS}/a> <{NS}#year> "1999"^^<http://www.w3.org/2001/XMLSchema#gYear> .
<{NS}/a> <{NS}#plain> "urn:not-an-iri" , "ex:b" , "" , "\\n\\"" .
<{NS}/a> <{NS}#mixed> "x"@en , "x" , <{NS}/b> , "1"^^<http://www.w3.org/2001/XMLSchema#integer> .
<{NS}/a> <{NS}#decimal> "1.50"^^<http://www.w3.org/2001/XMLSchema#decimal> .
<{NS}/a> <{NS}#schema> "named like a prefix" .
<{NS}/a> <urn:property> _:c .
_:c <{NS}#link> _:c .
<doi:10.1/x> <{NS}#link> <{NS}/a> , <mailto:a@example.org> .
<{NS}/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{NS}#Thing> , <{NS}#Other> .
"""
#: Values of other kinds than those that the context was made for.
STRANGE = f"""
<{NS}/a> <{NS}#tagged> "no language" .
<{NS}/b> <{NS}#tagged> "no language" , "one"@en .
<{NS}/c> <{NS}#tagged> <{NS}/a> .
<{NS}/a> <{NS}#link> "a text" .
<{NS}/a> <{NS}#year> "1999-01-01"^^<http://www.w3.org/2001/XMLSchema#date> , "old"@en , "x" .
<{NS}/a> <{NS}#unknown> <{NS}/b> .
<{NS}/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "a text" .
"""
PREFIXES = Prefixes({**WELL_KNOWN, "ex": f"{NS}/", "ns": f"{NS}#", "doi": "https://doi.org/"})


def _by_oxigraph(data: bytes) -> list[str]:
    return [str(quad) for quad in canonical(ox.parse(data, ox.RdfFormat.JSON_LD))]


def _by_rdflib(data: bytes) -> list[str]:
    graph = rdflib.Graph().parse(data=data, format="json-ld")
    lines = graph.serialize(format="nt").encode()
    return [str(quad) for quad in canonical(ox.parse(lines, N_TRIPLES.oxigraph))]


def _lines(text: str) -> list[bytes]:
    return n_quads(ox.parse(text, TURTLE.oxigraph)).splitlines(keepends=True)


@pytest.mark.parametrize("text", [ODD, STRANGE, ODD + STRANGE], ids=["odd", "strange", "both"])
def test_nothing_is_lost(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    known = _lines(ODD)
    compactor = Compactor(context(NS, PREFIXES, known)["@context"])
    quads = canonical(ox.parse(text, TURTLE.oxigraph))
    data = compactor.write(quad.triple for quad in quads)
    assert _by_oxigraph(data) == [str(quad) for quad in quads]
    assert _by_rdflib(data) == [str(quad) for quad in quads]


def test_names_are_short() -> None:
    known = _lines(ODD)
    terms = context(NS, PREFIXES, known)["@context"]
    assert terms["link"] == {"@id": "ns:link", "@type": "@id"}
    assert terms["year"] == {"@id": "ns:year", "@type": "xsd:gYear"}
    assert terms["tagged"] == {"@id": "ns:tagged", "@container": "@language"}
    assert terms["schema"] == WELL_KNOWN["schema"], "a prefix keeps its name"
    assert "doi" not in terms, "IRIs of that scheme would be taken for prefixed names"


def test_the_whole_graph_survives(ai4media_release: Release) -> None:
    name = f"{ai4media_release.publication.name}.nt"
    path = ai4media_release.path / "dumps" / name
    quads = canonical(ox.parse(path=path))
    data = Compactor(ai4media_release.context).write(quad.triple for quad in quads)
    assert _by_oxigraph(data) == [str(quad) for quad in quads]


def test_a_dataset_is_written_subject_by_subject() -> None:
    known = _lines(ODD)
    graphs = {
        f"{NS}/{name}": [
            ox.Quad(*quad.triple, ox.NamedNode(f"{NS}/{name}"))
            for quad in canonical(ox.parse(text, TURTLE.oxigraph))
        ]
        for name, text in (("one", ODD), ("two", STRANGE), ("three", ""))
    }
    triples = {name: [quad.triple for quad in quads] for name, quads in graphs.items()}
    pieces = list(Compactor(context(NS, PREFIXES, known)["@context"]).dataset(triples))
    data = b"".join(pieces)
    expected = [str(quad) for quad in canonical(quad for each in graphs.values() for quad in each)]
    assert _by_oxigraph(data) == expected
    dataset = rdflib.Dataset()
    dataset.parse(data=data, format="json-ld")
    assert len(list(dataset.quads())) == len(expected)
    subjects = sum(len({str(q.subject) for q in quads}) for quads in graphs.values())
    assert len(pieces) == subjects + 2 * len(graphs) + 2


def test_the_dump_is_compact(ai4media_release: Release) -> None:
    path = ai4media_release.path / "dumps" / f"{ai4media_release.publication.name}.jsonld"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[1].removeprefix('"@context": ').rstrip(",")) == ai4media_release.context
    assert len(lines) < ai4media_release.counts["quads"] / 5
    quads = [str(quad) for quad in canonical(ox.parse(path=ai4media_release.dataset_path))]
    assert _by_oxigraph(path.read_bytes()) == quads


@pytest.mark.parametrize("path", DOCUMENTS)
def test_documents_read_the_same_with_the_published_context(site: Site, path: str) -> None:
    reply = site.get(f"{path}.jsonld")
    expected = triples_of(site.get(f"{path}.nt"), "nt")
    assert expected
    assert triples_of(reply, "jsonld") == expected
    assert _by_rdflib(reply.body) == expected
    if path in ("/catalog", "/void"):
        return  # they use prefixes that the publication's own data do not
    document = json.loads(reply.text)
    document["@context"] = f"http://127.0.0.1:{site.port}/context.jsonld"
    assert _by_rdflib(json.dumps(document).encode()) == expected


def test_documents_are_compact(site: Site) -> None:
    document = json.loads(site.get("/doc/turm/kap-nord.jsonld").text)
    (tower,) = (node for node in document["@graph"] if node["@id"] == "turm:kap-nord")
    assert tower["baujahr"] == "1891"
    assert tower["stehtIn"] == "ort:nordhafen"
    label = {"@value": "Kap Nord", "@language": "de"}
    assert label in tower["rdfs:label"], "some labels here have no language"
    ontology = json.loads(site.get("/ontology.jsonld").text)
    (place,) = (node for node in ontology["@graph"] if node["@id"] == "lt:Ort")
    assert place["rdfs:comment"] == {"de": "Ein Ort an der Küste."}
    assert "bibo" not in document["@context"], "only what the document uses"


def test_the_context_has_an_address_that_never_changes(site: Site) -> None:
    latest, dated = site.get("/context.jsonld"), site.get("/context/2.1.0.jsonld")
    assert latest.body == dated.body
    assert latest.media_type == dated.media_type == "application/ld+json"
    assert latest.headers["Cache-Control"] == "public, max-age=300"
    assert "immutable" in dated.headers["Cache-Control"]
    assert json.loads(latest.text)["@context"]["lt"] == f"{BASE}ontology#"
    assert site.get("/context/9.9.jsonld").status == 404
