"""The change feed of an archive, as the publisher makes it."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest

from publisher.archive import Archive
from publisher.cli import main
from publisher.feeds.making import ensure
from publisher.feeds.transitions import Transition, transitions
from publisher.progress import Progress
from tests import history
from tests.server.conftest import BASE, LABEL

OLD, MIDDLE, NEW = history.DATES
CAPE = f"{BASE}id/turm/kap-nord"
ACTIVITIES = "https://www.w3.org/ns/activitystreams#"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three releases with their changes."""
    archive = history.archive(tmp_path_factory.mktemp("feeds"))
    assert main(["changes", "--archive", str(archive.folder)]) == 0
    return archive


def found(archive: Archive) -> list[Transition]:
    return transitions(archive.releases())


def test_patches_lead_from_release_to_release(archive: Archive) -> None:
    """Each release, less what was removed, with what was added, is the next."""
    for transition in found(archive)[1:]:
        assert transition.old is not None
        folder = transition.folder(archive.folder)
        lines = set(transition.old.quads_path.read_bytes().splitlines())
        lines -= set((folder / "removed.nq").read_bytes().splitlines())
        lines |= set((folder / "added.nq").read_bytes().splitlines())
        assert lines == set(transition.new.quads_path.read_bytes().splitlines())


def test_records(archive: Archive) -> None:
    """What is new, changed and withdrawn, with its names and values."""
    first, second, third = (each.record(archive.folder) for each in found(archive))
    assert first is not None
    assert second is not None
    assert third is not None
    assert (first["old"], first["removed"]) == (None, 0)
    assert first["counts"]["New"] == len(first["things"]["New"]) > 10
    kinds = {kind: [each["iri"] for each in things] for kind, things in second["things"].items()}
    assert kinds == {
        "Gone": [],
        "Withdrawn": [f"{BASE}id/turm/alt-seebrueck"],
        "New": [f"{BASE}id/turm/süd-mole"],
        "Changed": [],
    }
    (withdrawn,) = second["things"]["Withdrawn"]
    assert withdrawn["label"] == {"value": "Alt-Seebrück", "language": "de"}
    (changed,) = third["things"]["Changed"]
    (row,) = changed["properties"]
    assert [each["value"] for each in row["removed"]] == ["25.5"]
    assert [each["value"] for each in row["added"]] == ["26.5"]


def test_the_stream_rebuilds_every_release(archive: Archive) -> None:
    """A client that puts each member into the place of the one before it has what was released."""
    held: dict[str, set[str]] = {}
    for transition in found(archive):
        for page in sorted((transition.folder(archive.folder) / "stream").iterdir()):
            quads = list(ox.parse(path=page, format=ox.RdfFormat.N_QUADS))
            members: dict[str, dict[str, str]] = {}
            for quad in quads:
                if isinstance(quad.graph_name, ox.DefaultGraph):
                    members.setdefault(quad.subject.value, {})[quad.predicate.value] = str(  # type: ignore[union-attr]
                        quad.object
                    )
            for member, said in members.items():
                assert member.startswith(f"{BASE}dataset/{transition.new.version}#")
                assert (
                    f'"{history.DATES[transition.new.version]}T00:00:00Z"'
                    in (said["http://purl.org/dc/terms/created"])
                )
                thing = said["http://purl.org/dc/terms/isVersionOf"]
                held[thing] = {
                    str(quad.triple) for quad in quads if str(quad.graph_name) == f"<{member}>"
                }
        released = ox.parse(path=transition.new.quads_path, format=ox.RdfFormat.N_QUADS)
        assert set().union(*held.values()) == {str(quad.triple) for quad in released}


def test_activities(archive: Archive) -> None:
    """Created, updated, deleted; a deletion keeps the tombstone."""
    kinds = {}
    for transition in found(archive):
        for quad in ox.parse(
            path=transition.folder(archive.folder) / "stream" / "1.nq", format=ox.RdfFormat.N_QUADS
        ):
            if str(quad.object).startswith(f"<{ACTIVITIES}"):
                local = quad.subject.value.rpartition("/")[2]  # type: ignore[union-attr]
                kinds[transition.new.version, local] = str(quad.object).removeprefix("<")[:-1]
    assert kinds[OLD, "kap-nord"] == f"{ACTIVITIES}Create"
    assert kinds[MIDDLE, "alt-seebrueck"] == f"{ACTIVITIES}Delete"
    assert kinds[NEW, "kap-nord"] == f"{ACTIVITIES}Update"
    assert (NEW, "alt-seebrueck") not in kinds


def test_what_is_there_stays(archive: Archive) -> None:
    """A second run makes nothing; what belongs to other data is made anew, byte for byte."""
    editions = archive.releases()
    quiet = Progress(quiet=True)
    assert ensure(editions, archive.folder, quiet) == []
    transition = found(archive)[1]
    folder = transition.folder(archive.folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    record = folder / "changes.json"
    stale = json.loads(record.read_text()) | {"new_canonical_sha256": "0"}
    record.write_text(json.dumps(stale))
    assert ensure(editions, archive.folder, quiet) == [transition]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not [*(archive.folder / "changes").glob(".*")]


def test_blank_nodes_go_with_what_leads_to_them(tmp_path: Path, minimal: Path) -> None:
    """An axiom of the ontology is whole in the member of its class, and changes with it."""
    (minimal / "ontology").mkdir()
    (minimal / "data" / "thing.nt").write_text(
        f'<https://example.org/minimal/id/thing/one> <{LABEL}> "One" .\n'
    )
    base = "https://example.org/minimal/"
    for version, word in (("1.0.0", "one"), ("2.0.0", "two")):
        settings = (minimal / "publication.toml").read_text().partition("version =")[0]
        text = f'version = "{version}"\nreleased = 202{version[0]}-01-01\n'
        (minimal / "publication.toml").write_text(settings + text)
        (minimal / "ontology" / "o.ttl").write_text(
            f"@prefix owl: <http://www.w3.org/2002/07/owl#> .\n<{base}ontology#A> a owl:Class ;\n"
            f'  owl:disjointWith [ owl:complementOf [ <{LABEL}> "{word}" ] ] .\n'
            f"<{base}ontology#B> a owl:Class .\n"
        )
        out = tmp_path / f"release-{version}"
        arguments = ["build", "--publication", str(minimal), "--out", str(out)]
        assert main(arguments) == 0
        Archive(tmp_path / "archive").add(out)
    archive = Archive(tmp_path / "archive")
    ensure(archive.releases(), archive.folder, Progress(quiet=True))
    page = found(archive)[1].folder(archive.folder) / "stream" / "1.nq"
    text = page.read_text()
    assert '"two"' in text
    assert "ontology#B>" not in text
    assert "ontology%23A>" in text
