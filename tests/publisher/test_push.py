"""`python -m publisher push`, into Oxigraph and into Virtuoso."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.push.generations import CURRENT, Generation
from publisher.push.inventory import Inventory
from publisher.push.quad_lines import chunks, split
from publisher.push.triple_store import TripleStore
from publisher.release import Release
from publisher.remote import Remote
from tests import oxigraph_store, virtuoso
from tests.conftest import LIGHTHOUSES
from tests.oxigraph_store import OxigraphStore

Store = OxigraphStore | virtuoso.Virtuoso


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> list[Release]:
    """Three releases of the small publication, one after the other; each has one graph more."""
    folder = tmp_path_factory.mktemp("releases")
    sources = Path(shutil.copytree(LIGHTHOUSES, folder / "sources"))
    base = "https://data.example.org/leuchtturm/"
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    expression = "<http://www.w3.org/2002/07/owl#disjointWith>"
    found = []
    for number in range(3):
        (sources / "data" / f"probe{number}.nt").write_text(
            f'<{base}id/probe{number}/one> {label} "one" .\n'
            f'<{base}id/probe{number}/two> {label} "two, \\"quoted\\" <x> _:no"@en .\n'
        )
        (sources / "ontology" / f"more{number}.ttl").write_text(
            f"<{base}ontology#Ort> {expression} [ {label} \"a\" ; {label} [ {label} 'b' ] ] .\n"
        )
        out = folder / f"release{number}"
        found.append(build(Publication.load(sources), out, Progress(quiet=True)))
    return found


@pytest.fixture
def oxigraph() -> Iterator[OxigraphStore]:
    """An empty store."""
    with oxigraph_store.running() as store:
        yield store


@pytest.fixture(scope="module")
def virtuoso_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtuoso.Virtuoso]:
    """A Virtuoso of this module's own: a push drops old generations, which others may serve."""
    with virtuoso.running(tmp_path_factory.mktemp("virtuoso")) as server:
        yield server


@pytest.fixture(params=["oxigraph", "virtuoso_server"])
def store(request: pytest.FixtureRequest) -> Store:
    """A store of each make; that of Virtuoso's may hold releases already."""
    found: Store = request.getfixturevalue(request.param)
    return found


def client(store: Store) -> TripleStore:
    return TripleStore(Remote(store.query))


def generations(store: Store, release: Release) -> Inventory:
    return Inventory.of(client(store), Generation.of(release))


def counts(store: Store, release: Release) -> dict[str, int]:
    """Return the triples of the generation's graphs, by their names in the release."""
    generation = Generation.of(release)
    graphs = release.counts["graphs"]
    return {name: client(store).count(generation.graph(name)) for name in graphs}


def test_a_release_is_pushed_and_made_current(store: Store, releases: list[Release]) -> None:
    release = releases[0]
    said = virtuoso.push(release.path, store.addresses)
    assert f"release {release.version} ({release.id}) is the current generation" in said
    generation = Generation.of(release)
    assert counts(store, release) == release.counts["graphs"]
    assert client(store).count(generation.merge) == release.counts["triples"]
    found = generations(store, release)
    assert found.current == generation.iri
    assert generation.iri in found.complete


def test_a_second_push_changes_nothing(oxigraph: OxigraphStore, releases: list[Release]) -> None:
    virtuoso.push(releases[0].path, oxigraph.addresses)
    before, oxigraph.patience = sorted(map(str, oxigraph.store)), 0
    said = virtuoso.push(releases[0].path, oxigraph.addresses)
    assert "to load: nothing" in said
    assert sorted(map(str, oxigraph.store)) == before


def test_two_generations_stand_side_by_side(store: Store, releases: list[Release]) -> None:
    for release in releases:
        virtuoso.push(release.path, store.addresses)
    one, two, three = (Generation.of(release) for release in releases)
    found = generations(store, releases[2])
    assert (found.current, found.previous) == (three.iri, two.iri)
    assert found.begun == {two.iri, three.iri}
    assert counts(store, releases[1]) == releases[1].counts["graphs"]
    # The one before those is gone, with all its graphs.
    for name in one.graphs(releases[0].counts["graphs"]):
        assert client(store).count(name) == 0
    # Going back loads nothing.
    said = virtuoso.push(releases[1].path, store.addresses)
    assert "to load: nothing" in said
    found = generations(store, releases[1])
    assert (found.current, found.previous) == (two.iri, three.iri)


def test_blank_nodes_are_the_same_in_a_graph_and_in_the_merge(
    store: Store, releases: list[Release]
) -> None:
    virtuoso.push(releases[0].path, store.addresses)
    generation = Generation.of(releases[0])
    ontology = generation.graph(releases[0].iris.ontology_graph)
    rows = client(store).select(
        f"SELECT (COUNT(*) AS ?n) FROM <{generation.merge}> FROM NAMED <{ontology}> "
        f"{{ GRAPH <{ontology}> {{ ?outer ?p ?inner }} ?inner ?q ?value "
        "FILTER(isBLANK(?outer) && isBLANK(?inner)) }"
    )
    assert rows[0]["n"] == "1"


@pytest.mark.parametrize("patience", [0, 1, 2, 3, 5, 8])
def test_a_push_that_was_broken_off_is_taken_up_again(
    oxigraph: OxigraphStore, releases: list[Release], patience: int
) -> None:
    virtuoso.push(releases[0].path, oxigraph.addresses)
    oxigraph.patience = patience
    result = virtuoso.pushing(releases[1].path, oxigraph.addresses)
    assert result.code == 1
    assert "no more" in result.complained
    assert "Traceback" not in result.complained
    before = Generation.of(releases[0])
    found = generations(oxigraph, releases[1])
    assert found.current == before.iri
    assert Generation.of(releases[1]).iri not in found.complete
    assert counts(oxigraph, releases[0]) == releases[0].counts["graphs"]
    oxigraph.patience = 1_000_000
    virtuoso.push(releases[1].path, oxigraph.addresses)
    assert counts(oxigraph, releases[1]) == releases[1].counts["graphs"]
    assert generations(oxigraph, releases[1]).current == Generation.of(releases[1]).iri


def test_what_was_left_half_done_is_tidied_up_by_the_next(
    oxigraph: OxigraphStore, releases: list[Release]
) -> None:
    oxigraph.patience = 6
    assert virtuoso.pushing(releases[0].path, oxigraph.addresses).code == 1
    oxigraph.patience = 1_000_000
    virtuoso.push(releases[1].path, oxigraph.addresses)
    ours = Generation.of(releases[1])
    names = {str(quad.graph_name)[1:-1] for quad in oxigraph.store}
    assert names == {*ours.graphs(releases[1].counts["graphs"]), ours.inventory}


def test_the_pointer_is_one_at_every_moment(
    oxigraph: OxigraphStore, releases: list[Release]
) -> None:
    virtuoso.push(releases[0].path, oxigraph.addresses)
    ended = threading.Event()
    seen: set[tuple[str, ...]] = set()

    def look() -> None:
        inventory = Generation.of(releases[0]).inventory
        query = f"SELECT ?now {{ GRAPH <{inventory}> {{ ?dataset <{CURRENT}> ?now }} }}"
        over = False
        while not over:
            over = ended.is_set()
            seen.add(tuple(str(row["now"]) for row in oxigraph.store.query(query)))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        virtuoso.push(releases[1].path, oxigraph.addresses)
    finally:
        ended.set()
        thread.join()
    assert seen == {(f"<{Generation.of(release).iri}>",) for release in releases[:2]}


def test_graphs_that_are_not_as_released_stop_the_swap(
    oxigraph: OxigraphStore, releases: list[Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    virtuoso.push(releases[0].path, oxigraph.addresses)
    load = oxigraph.load

    def lose_a_line(graph: str, data: bytes, *, replace: bool) -> None:
        load(graph, data.partition(b"\n")[2], replace=replace)

    monkeypatch.setattr(oxigraph, "load", lose_a_line)
    result = virtuoso.pushing(releases[1].path, oxigraph.addresses)
    assert result.code == 1
    assert "triples where the release has" in result.complained
    assert generations(oxigraph, releases[1]).current == Generation.of(releases[0]).iri


def test_a_dry_run_says_what_there_is_to_do(
    oxigraph: OxigraphStore, releases: list[Release]
) -> None:
    virtuoso.push(releases[0].path, oxigraph.addresses)
    oxigraph.patience = 0
    said = virtuoso.push(releases[1].path, oxigraph.addresses, "--dry-run")
    graphs = len(releases[1].counts["graphs"]) + 1
    assert f"to load: {graphs} of {graphs} graphs" in said
    assert f"current generation: {Generation.of(releases[0]).iri}" in said


def test_wrong_credentials_and_stores_that_are_not_there(
    oxigraph: OxigraphStore, releases: list[Release]
) -> None:
    result = virtuoso.pushing(releases[0].path, oxigraph.addresses, password="wrong")
    assert result.code == 1
    assert "/update" in result.complained
    assert "invalid credentials" in result.complained
    assert "wrong" not in result.complained
    nowhere = ["--query", f"http://127.0.0.1:{virtuoso.free_ports(1)[0]}/sparql"]
    result = virtuoso.pushing(releases[0].path, nowhere)
    assert result.code == 1
    assert "refused" in result.complained
    assert "Traceback" not in result.complained
    result = virtuoso.pushing(releases[0].path, ["--query", "http://a:b@127.0.0.1/"])
    assert result.code == 2
    assert "credentials" in result.complained
    result = virtuoso.pushing(releases[0].path, [])
    assert result.code == 2
    assert "'query' is missing" in result.complained


def test_virtuosos_bulk_loader(virtuoso_server: virtuoso.Virtuoso, releases: list[Release]) -> None:
    release = releases[0]
    client(virtuoso_server).count("urn:x")
    virtuoso.push(release.path, virtuoso_server.addresses, "--bulk")
    assert counts(virtuoso_server, release) == release.counts["graphs"]
    test_blank_nodes_are_the_same_in_a_graph_and_in_the_merge(virtuoso_server, releases)
    assert not list(virtuoso_server.directory.glob("push-*"))


def test_lines_are_put_together_by_graph() -> None:
    lines = [(f"g{number % 3}", b"%d\n" % number) for number in range(100)]
    found = list(chunks(lines, 10, 1000))
    for graph in ("g0", "g1", "g2"):
        expected = b"".join(line for name, line in lines if name == graph)
        assert b"".join(data for name, data in found if name == graph) == expected
    assert all(len(data) < 14 for _, data in found)
    assert len(list(chunks(lines, 1000, 30))) > 3


def test_a_line_is_split_at_its_graph() -> None:
    line = b'<x:s> <x:p> "a <x:g> . \\" <y>"@en <x:g> .\n'
    assert split(line) == (b'<x:s> <x:p> "a <x:g> . \\" <y>"@en .\n', "x:g")
