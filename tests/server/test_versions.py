"""Several releases on one server: `?version=`, and Memento (RFC 7089)."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from werkzeug.http import parse_date

from publisher.archive import Archive
from publisher.build import build
from publisher.feeds.making import ensure
from publisher.feeds.transitions import transitions
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import MANIFEST, Release
from tests import history
from tests.conftest import REPOSITORY
from tests.server.conftest import BASE, Reply, Site, serving

OLD, MIDDLE, NEW = history.DATES
CAPE, SEEBRUECK = "/doc/turm/kap-nord", "/doc/turm/alt-seebrueck"
SUED = "/doc/turm/" + quote("süd-mole")
DAYS = {
    OLD: "Sat, 01 Apr 2023 00:00:00 GMT",
    MIDDLE: "Mon, 15 Apr 2024 00:00:00 GMT",
    NEW: "Thu, 01 May 2025 00:00:00 GMT",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three releases, and an archive of them with one more of an old format."""
    folder = tmp_path_factory.mktemp("versions")
    archive = history.archive(folder)
    ancient = archive.folder / "0.5.0"
    shutil.copytree(archive.folder / OLD, ancient)
    manifest = json.loads((ancient / MANIFEST).read_text())
    manifest |= {"format": 1, "version": "0.5.0", "released": "2021-01-01T00:00:00+00:00"}
    (ancient / MANIFEST).write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    """The newest of them, served with the archive."""
    release = Release.open(folder / f"release-{NEW}")
    options = ("--archive", str(folder / "archive"), "--workers", "1")
    with serving(release, folder / "server.log", *options) as site:
        yield site


def heights(reply: Reply) -> set[str]:
    """Return the heights that an N-Triples document tells."""
    return {
        str(quad.object.value)
        for quad in ox.parse(reply.body, format=ox.RdfFormat.N_TRIPLES)
        if quad.predicate.value == f"{BASE}ontology#hoehe"
    }


def links(reply: Reply) -> list[tuple[str, set[str], str | None]]:
    """Return target, relations and datetime of every link of a reply."""
    found = []
    for field in reply.headers.get_all("Link", []):
        for target, parameters in re.findall(r"<([^>]*)>((?:; *[a-z]+=\"[^\"]*\")*)", field):
            values = dict(re.findall(r"([a-z]+)=\"([^\"]*)\"", parameters))
            found.append((target, set(values["rel"].split()), values.get("datetime")))
    return found


def related(reply: Reply, relation: str) -> list[str]:
    """Return the targets of the links with a relation."""
    return [target for target, relations, _ in links(reply) if relation in relations]


def test_a_document_is_as_it_was(site: Site) -> None:
    """In each version, with the validators and the time of that release."""
    for version, height in {OLD: "25.5", MIDDLE: "25.5", NEW: "26.5"}.items():
        reply = site.get(f"{CAPE}.nt?version={version}")
        assert reply.status == 200
        assert heights(reply) == {height}
        assert reply.headers["Memento-Datetime"] == DAYS[version]
        assert reply.headers["Last-Modified"] == DAYS[version]
        assert reply.headers["X-Robots-Tag"] == "noindex"
        again = site.get(f"{CAPE}.nt?version={version}", If_None_Match=reply.headers["ETag"])
        assert again.status == 304
    tags = {site.get(f"{CAPE}.nt?version={each}").headers["ETag"] for each in (OLD, MIDDLE, NEW)}
    assert len(tags) == 3
    assert heights(site.get(f"{CAPE}.nt")) == {"26.5"}
    assert "Memento-Datetime" not in site.get(f"{CAPE}.nt").headers


def test_what_was_withdrawn_later_is_shown(site: Site) -> None:
    """In the version that has it; the current one answers with 410."""
    assert site.get(f"{SEEBRUECK}.ttl").status == 410
    assert site.get(f"{SEEBRUECK}.ttl?version={MIDDLE}").status == 410
    assert "Alt-Seebrück" in site.get(f"{SEEBRUECK}.ttl?version={OLD}").text
    assert "Alt-Seebrück" in site.get(f"{SEEBRUECK}?version={OLD}", "text/html").text


def test_what_came_later_says_since_when(site: Site) -> None:
    """The 404 names the first version that has it, and leads there."""
    assert site.get(f"{SUED}.ttl?version={MIDDLE}").status == 200
    reply = site.get(f"{SUED}.ttl?version={OLD}")
    assert reply.status == 404
    detail = json.loads(reply.body)["detail"]
    assert f"from version {MIDDLE} of 15 April 2024 on: " in detail
    address = re.search(r"on: (\S+)\.$", detail)
    assert address is not None
    assert site.get(address[1]).status == 200
    never = json.loads(site.get(f"/doc/turm/nirgends?version={OLD}").body)["detail"]
    assert "version" not in never


def test_pages_keep_their_version(site: Site) -> None:
    """Links lead to the same version where it has the target, else to the plain address."""
    reply = site.get(f"{CAPE}?version={OLD}", "text/html")
    assert "As of version 1.0.0 of 1 April 2023. The current one is 2.1.0 of " in reply.text
    assert f'<a href="{CAPE}">' in reply.text
    assert f'<link rel="canonical" href="{BASE}doc/turm/kap-nord">' in reply.text
    addresses = re.findall(r'(?:href|src|action)="(/[^"]*)"', reply.text)
    assert f"/doc/ort/nordhafen?version={OLD}" in addresses
    assert f"/ontology?version={OLD}#Turm" in addresses
    assert f"/graph/turm?version={OLD}" in addresses
    for address in {*addresses}:
        assert "~" not in address
        path = address.partition("#")[0].replace("&amp;", "&")
        assert site.get(path, "text/html").status in (200, 301), address


def test_lists_keep_their_version(site: Site) -> None:
    """A list has what it had, its form sends the version, its downloads have it too."""
    reply = site.get(f"/graph/turm?version={OLD}", "text/html")
    assert "Alt-Seebrück" in reply.text
    assert f'<input type="hidden" name="version" value="{OLD}">' in reply.text
    assert f'"/lists/turm.csv?version={OLD}"' in reply.text
    narrowed = site.get(f"/graph/turm?version={OLD}&q=seebr&sort=-name", "text/html")
    assert (
        narrowed.headers["Content-Location"] == f"/graph/turm.html?version={OLD}&q=seebr&sort=-name"
    )
    assert "Kap Nord" not in narrowed.text
    assert "Alt-Seebrück" in site.get(f"/lists/turm.csv?version={OLD}").text
    assert "Alt-Seebrück" not in site.get("/lists/turm.csv").text
    assert "Alt-Seebrück" in site.get(f"/graph/turm.ttl?version={OLD}").text


def test_every_kind_of_document_has_versions(site: Site) -> None:
    """Ontology, shapes, catalogue, VoID, citations, link sets, other profiles and `/id/`."""
    for path in ("/ontology.ttl", "/shapes.ttl", "/ontology.html", "/shapes.html", "/void.ttl"):
        assert site.get(f"{path}?version={OLD}").headers["Memento-Datetime"] == DAYS[OLD], path
    assert f"dataset/{OLD}" in site.get(f"/catalog.ttl?version={OLD}").text
    assert site.get(f"{CAPE}.linkset.json?version={OLD}").status == 200
    reply = site.get(f"{CAPE}?version={OLD}&_profile=schema", "text/turtle")
    assert reply.headers["Content-Location"] == f"{CAPE}.ttl?version={OLD}&_profile=schema"
    thing = site.get(f"/id/turm/alt-seebrueck?version={OLD}", "text/turtle")
    assert (thing.status, thing.headers["Location"]) == (303, f"{SEEBRUECK}.ttl?version={OLD}")


def test_a_version_that_is_not_there(site: Site) -> None:
    """404 with the list; dumps only where the format is too old; 400 for two versions."""
    for accept in ("text/turtle", "text/html"):
        reply = site.get(f"{CAPE}?version=7.7", accept)
        assert reply.status == 404
        assert "There are: 0.5.0, 1.0.0, 2.0.0, 2.1.0." in reply.text
    reply = site.get(f"{CAPE}.ttl?version=0.5.0")
    assert reply.status == 404
    problem = json.loads(reply.body)
    assert problem["type"].endswith("/only-in-dumps")
    assert "release format 1" in problem["detail"]
    assert "/dumps/0.5.0/" in problem["detail"]
    assert site.get(f"{CAPE}?version={OLD}&version={NEW}").status == 400


def test_other_addresses_have_no_version(site: Site) -> None:
    """There the parameter means what it meant."""
    assert "Memento-Datetime" not in site.get(f"/search?q=kap&version={OLD}").headers
    assert site.get(f"/health?version={OLD}").status == 200


def test_dataset_ontology_and_context_of_a_version(site: Site) -> None:
    """`{base}dataset/{version}` leads to the catalogue of that release."""
    reply = site.get(f"/dataset/{OLD}", "text/turtle")
    assert (reply.status, reply.headers["Location"]) == (303, f"/catalog.ttl?version={OLD}")
    assert site.get(f"/dataset/{NEW}", "text/turtle").headers["Location"] == "/catalog.ttl"
    assert site.get("/dataset/7.7", "text/turtle").status == 404
    reply = site.get(f"/context/{OLD}.jsonld")
    assert reply.status == 200
    assert reply.headers["Last-Modified"] == DAYS[OLD]
    assert site.get("/context/0.5.0.jsonld").status == 404


@pytest.mark.parametrize(
    ("moment", "version"),
    [
        ("Fri, 01 Jan 2010 00:00:00 GMT", OLD),
        ("Sat, 01 Apr 2023 00:00:00 GMT", OLD),
        ("Sun, 14 Apr 2024 23:59:59 GMT", OLD),
        ("Mon, 15 Apr 2024 00:00:00 GMT", MIDDLE),
        ("Tue, 01 Jan 2030 00:00:00 GMT", NEW),
    ],
)
def test_accept_datetime(site: Site, moment: str, version: str) -> None:
    """Leads to what was current, before all of them to the first (RFC 7089, 4.1.1 and 4.5.2)."""
    for path in (CAPE, f"{CAPE}.ttl", "/graph/turm", "/ontology"):
        reply = site.get(path, "text/turtle", Accept_Datetime=moment)
        assert (reply.status, reply.headers["Location"]) == (302, f"{path}?version={version}")
        assert "Accept-Datetime" in reply.headers["Vary"]
        assert "Memento-Datetime" not in reply.headers
        assert related(reply, "original") == [path]
        assert related(reply, "timemap") == [f"/timemap/link{path}"]
        memento = site.get(reply.headers["Location"], "text/turtle", Accept_Datetime=moment)
        assert memento.status == 200
        assert memento.headers["Memento-Datetime"] == DAYS[version]


def test_accept_datetime_passes_over_gaps(site: Site) -> None:
    """A tombstone has no memento, whatever was asked for; what never was is a 404."""
    for moment in DAYS.values():
        reply = site.get(SEEBRUECK, "text/turtle", Accept_Datetime=moment)
        assert reply.headers["Location"] == f"{SEEBRUECK}?version={OLD}"
        reply = site.get(SUED, "text/turtle", Accept_Datetime=moment)
        assert reply.headers["Location"] in {f"{SUED}?version={MIDDLE}", f"{SUED}?version={NEW}"}
    assert site.get("/doc/turm/nirgends", Accept_Datetime=DAYS[OLD]).status == 404
    query = site.get(f"{CAPE}?_profile=schema", "text/turtle", Accept_Datetime=DAYS[OLD])
    assert query.headers["Location"] == f"{CAPE}?version={OLD}&_profile=schema"


def test_a_bad_datetime(site: Site) -> None:
    """RFC 7089, 4.5.3: a value that is no date of HTTP is a 400."""
    for field in ("yesterday", "2023-04-01", "Sat, 01 Apr 2023 00:00:00 +0200", "Sat, 99 Apr 2023"):
        reply = site.get(CAPE, "text/turtle", Accept_Datetime=field)
        assert reply.status == 400, field
        assert json.loads(reply.body)["type"].endswith("/bad-datetime")


def test_links_of_mementos(site: Site) -> None:
    """First, last, previous and next, each with its time (RFC 7089, 2.2)."""
    reply = site.get(f"{CAPE}.ttl?version={MIDDLE}")
    path = f"{CAPE}.ttl"
    assert related(reply, "original") == related(reply, "timegate") == [path]
    expected = {
        f"{path}?version={OLD}": ({"first", "prev", "memento"}, DAYS[OLD]),
        f"{path}?version={MIDDLE}": ({"memento"}, DAYS[MIDDLE]),
        f"{path}?version={NEW}": ({"last", "next", "memento"}, DAYS[NEW]),
    }
    found = {target: (names, day) for target, names, day in links(reply) if day}
    assert found == expected
    current = site.get(path)
    assert related(current, "timegate") == [path]
    assert "Accept-Datetime" in current.headers["Vary"]


def test_timemaps(site: Site) -> None:
    """Both forms list the same mementos, all of which answer."""
    reply = site.get(f"/timemap/link{SUED}")
    assert reply.media_type == "application/link-format"
    entries = re.findall(r"<([^>]*)>; rel=\"([^\"]*)\"(?:; datetime=\"([^\"]*)\")?", reply.text)
    assert reply.text.rstrip().count("\n") == len(entries) - 1 == 3
    mementos = [(target, day) for target, relation, day in entries if "memento" in relation]
    prefix = BASE.rstrip("/")
    assert mementos == [
        (f"{prefix}{SUED}?version={version}", DAYS[version]) for version in (MIDDLE, NEW)
    ]
    document = json.loads(site.get(f"/timemap/json{SUED}").body)
    listed = document["mementos"]["list"]
    assert [(each["uri"], each["version"]) for each in listed] == [
        (target, target.rpartition("=")[2]) for target, _ in mementos
    ]
    assert document["mementos"]["first"] == listed[0]
    for each in listed:
        day = site.get(each["uri"].removeprefix(prefix)).headers["Memento-Datetime"]
        assert parse_date(day).strftime("%Y-%m-%dT%H:%M:%SZ") == each["datetime"]  # type: ignore[union-attr]
    assert site.get("/timemap/link/search").status == 404
    assert site.get("/timemap/link/doc/turm/nirgends").status == 404


def test_a_damaged_release_is_not_shown(folder: Path, site: Site) -> None:
    """503 that leads to the dumps, and nothing of it is told."""
    archive = Archive(folder / "archive")
    broken = archive.folder / "1.5.0"
    shutil.copytree(archive.folder / OLD, broken)
    manifest = (
        (broken / MANIFEST).read_text().replace('"version": "1.0.0"', '"version": "1.5.0"', 1)
    )
    (broken / MANIFEST).write_text(manifest)
    log = folder / "damaged.log"
    with serving(site.release, log, "--archive", str(archive.folder), "--workers", "1") as other:
        reply = other.get(f"{CAPE}.ttl?version=1.5.0")
        assert reply.status == 503
        assert json.loads(reply.body)["type"].endswith("/version-unavailable")
        assert other.get(f"{CAPE}.ttl?version={OLD}").status == 200
        assert "1.5.0" not in other.get(f"/timemap/link{CAPE}").text
    shutil.rmtree(broken)


def test_files_of_every_version(folder: Path, site: Site) -> None:
    """Each has its page, its files with ranges and dates of their own, and its checksums."""
    for version in ("0.5.0", *history.DATES):
        listing = site.get(f"/dumps/{version}/", "text/html")
        assert listing.status == 200
        assert f'href="/dumps/{version}/SHA256SUMS"' in listing.text
        assert f'href="/dumps/{version}/leuchtturm.nq"' in listing.text
        lines = site.get(f"/dumps/{version}/SHA256SUMS").text.splitlines()
        assert len(lines) > 20
        for line in lines:
            digest, _, name = line.partition("  ")
            reply = site.get(f"/dumps/{version}/{name}")
            assert hashlib.sha256(reply.body).hexdigest() == digest
            assert "immutable" in reply.headers["Cache-Control"]
    file = f"/dumps/{OLD}/leuchtturm.nq"
    reply = site.get(file, Range="bytes=10-19")
    assert reply.status == 206
    assert reply.headers["Last-Modified"] == DAYS[OLD]
    assert site.get(file, Range="bytes=0-9", If_Range=DAYS[OLD]).status == 206
    assert site.get(file, Range="bytes=0-9", If_Range=DAYS[NEW]).status == 200
    assert site.get(file, If_Modified_Since=DAYS[OLD]).status == 304
    kept = folder / "archive" / OLD / "dumps" / "leuchtturm.nq"
    assert site.get(file).body == kept.read_bytes()
    assert site.get(f"/dumps/{OLD}/nichts.nq").status == 404
    unknown = site.get("/dumps/9.9/")
    assert unknown.status == 404
    assert "2.1.0, 2.0.0, 1.0.0, 0.5.0" in unknown.text


def test_latest_is_the_newest(site: Site) -> None:
    """`latest` leads to the version that is served, whose page lists all others."""
    name = "leuchtturm.ttl.gz"
    assert site.get(f"/dumps/latest/{name}").headers["Location"] == f"/dumps/{NEW}/{name}"
    text = site.get("/dumps/", "text/html").text
    for version in ("0.5.0", OLD, MIDDLE):
        assert f'href="/dumps/{version}/"' in text
        assert f"Was {version} bringt." in text or version == "0.5.0"
    assert "no longer served" not in text
    earlier = site.get(f"/dumps/{OLD}/", "text/html").text
    assert "This is an earlier version" in earlier
    assert f"dataset/{OLD}" in earlier
    assert "its pages can no longer be shown" in site.get("/dumps/0.5.0/", "text/html").text


@pytest.mark.nightly
def test_two_versions_of_the_real_graph(ai4media_release: Release, tmp_path: Path) -> None:
    """An earlier one with another name for a thing: shown, compared, and told by the stream."""
    sources = tmp_path / "sources"
    sources.mkdir()
    for name in ("ontology", "shapes", "data", "queries", "pages"):
        shutil.copytree(REPOSITORY / name, sources / name)
    for name in ("publication.toml", "intake.toml"):
        shutil.copyfile(REPOSITORY / name, sources / name)
    settings = (sources / "publication.toml").read_text(encoding="utf-8")
    settings = re.sub(r'(?m)^version = ".*"', 'version = "0.0.1"', settings, count=1)
    settings = re.sub(r"(?m)^released = .*", "released = 2020-01-01", settings, count=1)
    (sources / "publication.toml").write_text(settings, encoding="utf-8")
    organisations = sources / "data" / "organisation.ttl"
    text = organisations.read_text(encoding="utf-8")
    name = re.search(r'(?<=skos:prefLabel )"[^"]+"|(?<=rdfs:label )"[^"]+"', text)
    assert name is not None
    organisations.write_text(text.replace(name[0], '"As it was"', 1), encoding="utf-8")
    earlier = build(Publication.load(sources), tmp_path / "release", Progress(quiet=True))
    archive = Archive(tmp_path / "archive")
    archive.add(earlier.path)
    archive.add(ai4media_release.path)
    ensure(archive.releases(), archive.folder, Progress(quiet=True))
    options = ("--archive", str(archive.folder), "--workers", "1")
    with serving(ai4media_release, tmp_path / "server.log", *options) as site:
        (one, two) = transitions(archive.releases())
        record = json.loads(site.get(f"/changes/{two.name}", "application/json").body)
        (thing,) = record["things"]["Changed"]
        path = "/doc/" + thing["iri"].partition("/id/")[2]
        assert "As it was" in site.get(f"{path}?version=0.0.1", "text/html").text
        assert "As it was" not in site.get(path, "text/html").text
        assert one.record(archive.folder)["pages"] > 1  # type: ignore[index]
        assert site.get("/changes/ldes/0.0.1/2.nq").status == 200
