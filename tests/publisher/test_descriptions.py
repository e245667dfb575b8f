"""What a release says of itself: VoID, the DCAT-AP catalogue, linksets, sitemaps, security.txt."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib

from publisher.build import build
from publisher.describe.linksets import linksets
from publisher.describe.registries import target_of
from publisher.graphs import Graphs
from publisher.prefixes import WELL_KNOWN
from publisher.progress import Progress
from publisher.publication import Publication, PublicationError
from publisher.release import CATALOGUE, SECURITY, SITEMAPS, VOID, Release, sha256
from tests.conftest import LIGHTHOUSES

SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
DCAT = rdflib.Namespace("http://www.w3.org/ns/dcat#")
SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
BOOKSHELF = LIGHTHOUSES.parent / "bookshelf"


@pytest.fixture(scope="module")
def lighthouse_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    out = tmp_path_factory.mktemp("lighthouses") / "release"
    return build(Publication.load(LIGHTHOUSES), out, Progress(quiet=True))


@pytest.fixture(params=["ai4media", "lighthouses"])
def described(request: pytest.FixtureRequest) -> Release:
    name = {"ai4media": "ai4media_release", "lighthouses": "lighthouse_release"}[request.param]
    release: Release = request.getfixturevalue(name)
    return release


def _results(release: Release, shapes: str) -> Iterator[tuple[str, str | None]]:
    """Yield severity and path of what SHACL finds in the catalogue, without the details."""
    suites = os.environ.get("CONFORMANCE_SUITES")
    if not suites:
        pytest.skip("CONFORMANCE_SUITES does not name the folder with the DCAT-AP shapes")
    graph = rdflib.Graph().parse(release.path / CATALOGUE)
    rules = rdflib.Graph().parse(Path(suites) / "dcat-ap" / shapes)
    _, report, _ = pyshacl.validate(graph, shacl_graph=rules, do_owl_imports=False)
    assert isinstance(report, rdflib.Graph)
    for result in report.objects(None, SH.result):
        severity = str(report.value(result, SH.resultSeverity)).rpartition("#")[2]
        path = report.value(result, SH.resultPath)
        yield severity, None if path is None else str(path)


@pytest.mark.parametrize(
    "shapes", ["shapes.ttl", "shapes_recommended.ttl", "range.ttl", "deprecateduris.ttl"]
)
def test_catalogue_passes_dcat_ap(described: Release, shapes: str) -> None:
    assert list(_results(described, shapes)) == []


def test_versions_are_linked(lighthouse_release: Release) -> None:
    """DCAT 3, 11.1: each version to the one before it, and the dataset to all of them."""
    graph = rdflib.Graph().parse(lighthouse_release.path / CATALOGUE)
    base = lighthouse_release.iris.dataset
    whole = rdflib.URIRef(base)
    first, second, third = (rdflib.URIRef(f"{base}/{each}") for each in ("1.0.0", "2.0.0", "2.1.0"))
    assert set(graph.objects(whole, DCAT.hasVersion)) == {first, second, third}
    assert list(graph.objects(whole, DCAT.hasCurrentVersion)) == [third]
    for each in (first, second, third):
        assert graph.value(each, DCAT.isVersionOf) == whole
        version = str(each).rpartition("/")[2]
        assert str(graph.value(each, DCAT.version)) == version
        assert str(graph.value(each, rdflib.OWL.versionInfo)) == version
    for later, earlier in ((third, second), (second, first)):
        assert list(graph.objects(later, DCAT.previousVersion)) == [earlier]
        assert list(graph.objects(later, rdflib.PROV.wasRevisionOf)) == [earlier]
    assert graph.value(first, DCAT.previousVersion) is None


def test_catalogue_uses_the_controlled_vocabularies(described: Release) -> None:
    """The one warning left says that the publisher is no institution of the European Union."""
    publisher = WELL_KNOWN["dcterms"] + "publisher"
    found = set(_results(described, "mdr-vocabularies.shape.ttl"))
    assert found == {("Warning", publisher)}


def test_even_the_smallest_publication_passes_the_mandatory_shapes(
    minimal: Path, tmp_path: Path
) -> None:
    (minimal / "data" / "thing.ttl").write_text(
        "<https://example.org/minimal/id/thing/a> a <http://www.w3.org/2002/07/owl#Thing> .\n"
    )
    release = build(Publication.load(minimal), tmp_path / "release", Progress(quiet=True))
    assert list(_results(release, "shapes.ttl")) == []
    assert list(_results(release, "range.ttl")) == []
    assert not (release.path / SECURITY).exists()


def test_every_distribution_is_the_file_it_says(described: Release) -> None:
    graph = rdflib.Graph().parse(described.path / CATALOGUE)
    release = rdflib.URIRef(described.iris.release(described.version))
    found = list(graph.objects(release, DCAT.distribution))
    assert len(found) == 18, "six forms, each also compressed in two ways"
    for distribution in found:
        address = str(graph.value(distribution, DCAT.downloadURL))
        path = described.path / "dumps" / address.rpartition("/")[2]
        assert address == described.publication.address(f"/dumps/{described.version}/{path.name}")
        assert int(str(graph.value(distribution, DCAT.byteSize))) == path.stat().st_size
        checksum = graph.value(distribution, SPDX.checksum)
        value = graph.value(checksum, SPDX.checksumValue)
        assert isinstance(value, rdflib.Literal)
        assert value.toPython() == bytes.fromhex(sha256(path))


def test_former_releases_are_listed(lighthouse_release: Release) -> None:
    graph = rdflib.Graph().parse(lighthouse_release.path / CATALOGUE)
    base = lighthouse_release.iris.dataset
    chain = [rdflib.URIRef(f"{base}/2.1.0")]
    while (former := graph.value(chain[-1], DCAT.previousVersion)) is not None:
        assert isinstance(former, rdflib.URIRef)
        chain.append(former)
    assert [str(each).rpartition("/")[2] for each in chain] == ["2.1.0", "2.0.0", "1.0.0"]
    assert set(graph.objects(rdflib.URIRef(base), DCAT.hasVersion)) == set(chain)


def test_linksets_hold_all_links_and_nothing_else(described: Release) -> None:
    """Together they are what one query finds; alone, each leads to one target."""
    store = ox.Store()
    store.bulk_load(path=described.dataset_path, format=ox.RdfFormat.N_QUADS)
    base, things = described.publication.base, described.iris.things
    rows = store.query(
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o "
        f"FILTER(STRSTARTS(STR(?s), '{things}') && isIRI(?o) && !STRSTARTS(STR(?o), '{base}') "
        "&& REGEX(STR(?o), '^https?://') && ?p != "
        "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>) }",
        use_default_graph_as_union=True,
    )
    assert isinstance(rows, ox.QueryTriples)
    expected = {str(triple) for triple in rows}
    found: list[str] = []
    for entry in described.overview["linksets"]:
        path = described.path / "dumps" / entry["file"]
        triples = [str(quad.triple) for quad in ox.parse(path=path)]
        assert len(triples) == entry["triples"]
        assert path.read_bytes() == b"".join(sorted(path.read_bytes().splitlines(keepends=True)))
        found += triples
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_links_are_sorted_by_registry_or_host(ai4media_release: Release) -> None:
    titles = {entry["title"] for entry in ai4media_release.overview["linksets"]}
    assert {"DOI", "ROR", "Wikidata", "GitHub", "arXiv", "CORDIS", "ORCID"} <= titles
    graph = rdflib.Graph().parse(ai4media_release.path / VOID)
    void = rdflib.Namespace(WELL_KNOWN["void"])
    described = set(graph.subjects(rdflib.RDF.type, void.Linkset))
    assert len(described) == len(titles)
    for linkset in described:
        assert graph.value(linkset, void.objectsTarget) != graph.value(linkset, void.subjectsTarget)
        assert graph.value(linkset, void.dataDump) is not None


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("https://doi.org/10.1/x", "DOI"),
        ("http://dx.doi.org/10.1/x", "DOI"),
        ("http://www.wikidata.org/entity/Q1", "Wikidata"),
        ("https://www.example.org/a", "example.org"),
        ("https://example.org:8080/a", "example.org"),
        ("urn:isbn:1", None),
        ("https://[broken", None),
    ],
)
def test_targets(address: str, title: str | None) -> None:
    found = target_of(address)
    assert (found and found.title) == title


def test_linksets_have_no_doubles_where_two_graphs_say_the_same(
    lighthouses: Path, tmp_path: Path
) -> None:
    link = (
        "<https://data.example.org/leuchtturm/id/turm/kap-nord> "
        "<http://www.w3.org/2000/01/rdf-schema#seeAlso> <https://www.wikidata.org/wiki/Q1> .\n"
    )
    (lighthouses / "data" / "eins.nt").write_text(link)
    (lighthouses / "data" / "zwei.nt").write_text(link)
    release = build(Publication.load(lighthouses), tmp_path / "release", Progress(quiet=True))
    entries = {entry["title"]: entry for entry in release.overview["linksets"]}
    assert entries["Wikidata"]["triples"] == 1
    assert "example.org" in entries


def test_a_linkset_without_common_stem_has_no_uri_space(tmp_path: Path) -> None:
    publication = Publication.load(BOOKSHELF)
    thing = ox.NamedNode(publication.iris.thing("paper", "a"))
    see = ox.NamedNode(WELL_KNOWN["rdfs"] + "seeAlso")
    graph = ox.NamedNode(publication.iris.graph("paper"))
    quads = [
        ox.Quad(thing, see, ox.NamedNode(address), graph)
        for address in ("http://www.wikidata.org/entity/Q1", "https://www.wikidata.org/wiki/Q1")
    ]
    (found,) = linksets(Graphs.of(publication.iris, quads, [], tmp_path, Progress(quiet=True)))
    assert found.uri_space == ""


def test_sitemaps_lead_to_what_is_there(lighthouse_release: Release) -> None:
    folder = lighthouse_release.path / SITEMAPS
    index = ElementTree.parse(folder / "index.xml")
    (first,) = [node.text or "" for node in index.iter(f"{SITEMAP}loc")]
    assert first == lighthouse_release.publication.address("/sitemaps/1.xml")
    tree = ElementTree.parse(folder / "1.xml")
    addresses = [node.text or "" for node in tree.iter(f"{SITEMAP}loc")]
    base = lighthouse_release.publication.base
    assert f"{base}doc/ort/s%C3%BCdhafen" in addresses
    assert not any("alt-seebrueck" in each or "nordkap" in each for each in addresses), "withdrawn"
    assert len(addresses) == len(set(addresses))
    assert all(re.fullmatch(r"[!-~]+", each) for each in addresses)


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ('[catalogue]\nthemes = ["FISH"]', "catalogue.themes"),
        ('[catalogue]\npublisher_type = "Club"', "catalogue.publisher_type"),
        ('[catalogue]\ncontact = "somebody"', "catalogue.contact"),
        ('[catalogue]\ntopic = "sea"', "catalogue.topic"),
        (
            '[catalogue.spatial]\niri = "https://example.org/sea"\nlabel = "Sea"\nbbox = [0,0,1,1]',
            "catalogue.spatial.iri",
        ),
        (
            '[catalogue.spatial]\niri = "https://sws.geonames.org/1/"\nlabel = "Sea"\nbbox = [0,1]',
            "catalogue.spatial.bbox",
        ),
        ("[catalogue.temporal]\nstart = 2020-01-01\nend = 2019-01-01", "catalogue.temporal.end"),
        ('[[catalogue.history]]\nversion = "1"', "catalogue.history.released"),
        ("[security]\nexpires = 2030-01-01", "security.contact"),
        ('[security]\ncontact = ["mailto:a@b.example"]\nexpires = 2000-01-01', "security.expires"),
    ],
)
def test_what_cannot_be_followed_is_refused(minimal: Path, lines: str, key: str) -> None:
    with (minimal / "publication.toml").open("a", encoding="utf-8") as file:
        file.write(f"{lines}\n")
    with pytest.raises(PublicationError, match=re.escape(f"'{key}'")):
        Publication.load(minimal)
