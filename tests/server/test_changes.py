"""What each release brought: pages, Atom (RFC 4287), the event stream (LDES), patches."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import feedparser  # type: ignore[import-untyped]
import pyoxigraph as ox
import pytest
from rdflib import Dataset

from publisher.feeds.making import ensure
from publisher.progress import Progress
from publisher.release import Release
from tests import history
from tests.server.conftest import BASE, Reply, Site, serving

OLD, MIDDLE, NEW = history.DATES
LDES = "https://w3id.org/ldes#"
TREE = "https://w3id.org/tree#"
#: Where the world finds the server, so that a client finds the nodes at their IRIs.
PUBLIC = "https://leuchtturm.example"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three releases, an archive of them and the changes between them."""
    folder = tmp_path_factory.mktemp("changes")
    archive = history.archive(folder)
    ensure(archive.releases(), archive.folder, Progress(quiet=True))
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    """The newest of them, served with the archive."""
    release = Release.open(folder / f"release-{NEW}")
    options = ("--archive", str(folder / "archive"), "--workers", "1", "--public-url", PUBLIC)
    with serving(release, folder / "server.log", *options) as site:
        yield site


def values(store: ox.Store, subject: str | None, predicate: str) -> list[str]:
    """Return the values of a property, of one subject or of all."""
    node = None if subject is None else ox.NamedNode(subject)
    found = store.quads_for_pattern(node, ox.NamedNode(predicate), None)
    return [quad.object.value for quad in found]  # type: ignore[union-attr]


def fetched(site: Site, iri: str, accept: str = "application/trig") -> tuple[ox.Store, Reply]:
    """Read a node of the event stream."""
    reply = site.get(iri.removeprefix(PUBLIC), accept)
    assert reply.status == 200
    assert reply.media_type == accept
    store = ox.Store()
    form = ox.RdfFormat.from_media_type(accept)
    assert form is not None
    store.load(reply.body, format=form)
    return store, reply


def test_a_client_of_the_stream_has_the_release(site: Site) -> None:
    """It finds the stream at its root, follows the relations, and upserts members in order."""
    root = f"{PUBLIC}/changes/ldes"
    store, reply = fetched(site, root)
    (events,) = [
        quad.subject.value  # type: ignore[union-attr]
        for quad in store.quads_for_pattern(None, ox.NamedNode(f"{TREE}view"), ox.NamedNode(root))
    ]
    assert "immutable" not in reply.headers["Cache-Control"]
    assert values(store, events, f"{LDES}timestampPath") == ["http://purl.org/dc/terms/created"]
    assert not values(store, root, f"{LDES}retentionPolicy")
    waiting = sorted(set(values(store, None, f"{TREE}node")))
    assert len(waiting) == 3
    held: dict[str, set[str]] = {}
    seen = []
    while waiting:
        node = waiting.pop(0)
        page, reply = fetched(site, node)
        assert "immutable" in reply.headers["Cache-Control"]
        assert values(page, node, f"{LDES}immutable") == ["true"]
        waiting += sorted(set(values(page, None, f"{TREE}node")))
        for member in values(page, events, f"{TREE}member"):
            assert member not in seen
            seen.append(member)
            (thing,) = values(page, member, "http://purl.org/dc/terms/isVersionOf")
            payload = page.quads_for_pattern(None, None, None, ox.NamedNode(member))
            held[thing] = {str(quad.triple) for quad in payload}
    released = ox.parse(path=site.release.dataset_path, format=ox.RdfFormat.N_QUADS)
    assert set().union(*held.values()) == {str(quad.triple) for quad in released}


def test_forms_of_the_stream(site: Site) -> None:
    """TriG, N-Quads and JSON-LD say the same, to Oxigraph and to rdflib."""
    for path in ("/changes/ldes", f"/changes/ldes/{MIDDLE}/1"):
        said = set()
        for accept, suffix in (
            ("application/trig", "trig"),
            ("application/n-quads", "nq"),
            ("application/ld+json", "jsonld"),
        ):
            store, reply = fetched(site, PUBLIC + path, accept)
            assert reply.headers["Content-Location"] == f"{path}.{suffix}"
            assert site.get(f"{path}.{suffix}").body == reply.body
            dataset = Dataset(default_union=True)
            dataset.parse(data=reply.body, format=accept)
            assert len(dataset) == len(store)
            said.add("\n".join(sorted(map(str, store))))
        assert len(said) == 1
        assert site.get(path, "text/turtle").status in (200, 406)
    assert site.get("/changes/ldes", "image/png").status == 406
    for path in (f"/changes/ldes/{MIDDLE}/2", f"/changes/ldes/{MIDDLE}/0", "/changes/ldes/9.9/1"):
        assert site.get(path).status == 404


def test_members_fit_the_shape(site: Site) -> None:
    """The SHACL shape that the stream names holds for every member."""
    from pyshacl import validate
    from rdflib import Graph

    root = site.get("/changes/ldes", "application/trig")
    shapes = Graph().parse(data=root.body, format="trig")
    for version in history.DATES:
        page = Dataset(default_union=True)
        page.parse(data=site.get(f"/changes/ldes/{version}/1.nq").body, format="nquads")
        data = Graph()
        shape = f"{PUBLIC}/changes/ldes#stream-member"
        for triple in page.triples((None, None, None)):
            data.add(triple)
        targets = (
            "@prefix sh: <http://www.w3.org/ns/shacl#> .\n"
            f"<{shape}> sh:targetObjectsOf <{TREE}member> .\n"
        )
        fits, _, text = validate(data, shacl_graph=shapes + Graph().parse(data=targets))
        assert fits, text


def test_the_feed(site: Site) -> None:
    """A reader finds an entry for each release, under identifiers that stay."""
    reply = site.get("/changes/feed.atom")
    assert reply.media_type == "application/atom+xml"
    feed = feedparser.parse(reply.body)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    assert feed.feed.title == "Leuchttürme der Ostsee"
    assert feed.feed.updated == "2025-05-01T00:00:00Z"
    assert feed.feed.id == "tag:data.example.org,2023-04-01:/leuchtturm/dataset"
    assert feed.feed.author == "Verein der Leuchtturmfreunde"
    rels = {link.rel: link.href for link in feed.feed.links}
    assert rels["self"] == f"{PUBLIC}/changes/feed.atom"
    assert [each.id for each in feed.entries] == [
        f"tag:data.example.org,{day}:/leuchtturm/dataset/{version}"
        for version, day in reversed(history.DATES.items())
    ]
    middle = feed.entries[1]
    assert middle.title == f"Version {MIDDLE}: 1 new, 1 withdrawn"
    assert middle.updated == "2024-04-15T00:00:00Z"
    assert middle.summary == f"Was {MIDDLE} bringt."
    assert f'href="{PUBLIC}/doc/turm/s%C3%BCd-mole"' in middle.content[0].value
    enclosures = {link.title: link.href for link in middle.links if link.rel == "enclosure"}
    for name, href in enclosures.items():
        reply = site.get(href.removeprefix(PUBLIC))
        assert reply.status == 200
        assert reply.media_type == "application/n-quads", name
    assert set(enclosures) == {"added", "removed"}


def test_pages_lead_to_the_feed(site: Site) -> None:
    """Every page names the feed in its head."""
    for path in ("/", "/doc/turm/kap-nord.html", "/changes"):
        text = site.get(path, "text/html").text
        assert '<link rel="alternate" type="application/atom+xml"' in text


def test_the_page_of_all_changes(site: Site) -> None:
    """Newest first, with what the publisher says and what was found."""
    text = site.get("/changes", "text/html").text
    places = [text.index(f"Was {version} bringt.") for version in (NEW, MIDDLE, OLD)]
    assert places == sorted(places)
    assert f'href="/changes/{OLD}..{MIDDLE}">1 new, 1 withdrawn</a>' in text
    for path in re.findall(r'href="(/changes/[^"]*)"', text):
        assert site.get(path, "text/html, */*;q=0.1").status == 200, path


def test_the_page_of_a_transition(site: Site) -> None:
    """What was new, withdrawn and changed, with the values; the same as JSON."""
    path = f"/changes/{MIDDLE}..{NEW}"
    text = site.get(path, "text/html").text
    assert "Kap Nord" in text
    assert re.search(r"<del><span>25.5</span>\s*</del>", text)
    assert re.search(r"<ins><span>26.5</span>\s*</ins>", text)
    reply = site.get(path, "application/json")
    assert reply.headers["Content-Location"] == f"{path}/changes.json"
    assert json.loads(reply.body)["counts"]["Changed"] == 1
    assert site.get(path, "image/png").status == 406
    withdrawn = site.get(f"/changes/{OLD}..{MIDDLE}", "text/html").text
    assert f'href="/doc/turm/alt-seebrueck?version={OLD}"' in withdrawn
    assert "the first" in site.get(f"/changes/initial..{OLD}", "text/html").text
    for unknown in (f"/changes/{OLD}..{NEW}", "/changes/x", f"/changes/{OLD}..{MIDDLE}/x.nq"):
        assert site.get(unknown).status == 404


def test_the_patch(folder: Path, site: Site) -> None:
    """Its halves are the files of the archive, and never change."""
    for name in ("added.nq", "removed.nq", "changes.md", "changes.json", "lost.txt"):
        reply = site.get(f"/changes/{OLD}..{MIDDLE}/{name}")
        kept = folder / "archive" / "changes" / f"{OLD}..{MIDDLE}" / name
        assert reply.body == kept.read_bytes()
        assert "immutable" in reply.headers["Cache-Control"]
        again = site.get(f"/changes/{OLD}..{MIDDLE}/{name}", If_None_Match=reply.headers["ETag"])
        assert again.status == 304


def test_without_an_archive(site: Site, tmp_path: Path) -> None:
    """There is one version, of which nothing was worked out; nothing looks whole that is not."""
    with serving(site.release, tmp_path / "server.log", "--workers", "1") as other:
        assert "not worked out" in other.get("/changes", "text/html").text
        assert other.get("/changes/ldes").status == 404
        feed = feedparser.parse(other.get("/changes/feed.atom").body)
        assert [each.title for each in feed.entries] == [
            f"Version {NEW}: What changed was not worked out."
        ]
        assert BASE in feed.entries[0].links[0].href
