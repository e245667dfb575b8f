"""The build: what a release holds, that it is the same everywhere, that a failure harms nothing."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib

from publisher.cli import main
from publisher.cores import cores
from publisher.formats import RDF_FORMS
from publisher.graphs import canonical
from publisher.release import DamagedRelease, Release


def build(folder: Path, out: Path, *arguments: str) -> int:
    return main(["build", "--publication", str(folder), "--out", str(out), *arguments])


@pytest.fixture
def release(lighthouses: Path, tmp_path: Path) -> Release:
    out = tmp_path / "out"
    assert build(lighthouses, out) == 0
    return Release.open(out)


def sources(folder: Path) -> list[ox.Quad]:
    """The quads of data/ and ontology/, read without the publisher."""
    base = "https://data.example.org/leuchtturm/graph/"
    found = []
    for path in [*(folder / "data").iterdir(), *(folder / "ontology").iterdir()]:
        name = "ontology" if path.parent.name == "ontology" else path.stem
        for quad in ox.parse(path=path):
            graph = getattr(quad, "graph_name", ox.DefaultGraph())
            if isinstance(graph, ox.DefaultGraph):
                graph = ox.NamedNode(base + name)
            found.append(ox.Quad(quad.subject, quad.predicate, quad.object, graph))
    return canonical(found)


def test_dataset_dumps_hold_the_quads_of_the_sources(lighthouses: Path, release: Release) -> None:
    for suffix in ("nq", "trig", "jsonld"):
        path = release.path / "dumps" / f"leuchtturm.{suffix}"
        assert canonical(ox.parse(path=path)) == sources(lighthouses), suffix


def test_graph_dumps_hold_the_merge(lighthouses: Path, release: Release) -> None:
    merge = canonical(ox.Quad(*quad.triple) for quad in sources(lighthouses))
    assert len(merge) == release.counts["triples"]
    for suffix in ("ttl", "nt", "rdf"):
        path = release.path / "dumps" / f"leuchtturm.{suffix}"
        found = canonical(ox.Quad(t.subject, t.predicate, t.object) for t in ox.parse(path=path))
        assert found == merge, suffix


@pytest.mark.parametrize("form", RDF_FORMS, ids=lambda form: form.suffix)
def test_rdflib_reads_every_dump(release: Release, form: ox.RdfFormat) -> None:
    names = {"jsonld": "json-ld", "rdf": "xml", "nq": "nquads", "ttl": "turtle"}
    suffix = form.suffix
    path = release.path / "dumps" / f"leuchtturm.{suffix}"
    dataset = rdflib.Dataset()
    dataset.parse(path, format=names.get(suffix, suffix))
    expected = "quads" if form.dataset else "triples"
    assert len(list(dataset.quads())) == release.counts[expected]


def test_compressed_dumps_unpack_to_their_neighbours(release: Release) -> None:
    packed = [file for file in release.files if file.path.endswith(".gz")]
    assert packed
    for file in packed:
        data = (release.path / file.path).read_bytes()
        assert gzip.decompress(data) == (release.path / file.path.removesuffix(".gz")).read_bytes()
        assert data[4:8] == b"\0\0\0\0", "a time stamp would make every build differ"


def test_manifest_and_checksums_tell_the_truth(release: Release) -> None:
    for file in release.files:
        data = (release.path / file.path).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256)
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=release.path, check=False
    )
    assert done.returncode == 0
    assert release.counts["graphs"] == {
        f"https://data.example.org/leuchtturm/graph/{name}": count
        for name, count in {
            "besuche-2023": 1,
            "besuche-2024": 1,
            "karten": 2,
            "ontology": 31,
            "ort": 4,
            "turm": 14,
        }.items()
    }
    assert [entry.label for entry in release.collections] == ["Leuchttürme", "Orte"]
    assert [entry.things for entry in release.collections] == [2, 2]


def test_presentation_follows_shapes_and_language(release: Release) -> None:
    tower = release.presentation["classes"]["https://data.example.org/leuchtturm/ontology#Turm"]
    assert tower["label"] == "Leuchtturm"
    assert [entry["label"] for entry in tower["properties"]] == [
        *("Name", "Höhe (m)", "Ort", "Baujahr", "Wärter")
    ]
    assert [group["label"] for group in release.presentation["groups"]] == ["Lage", "Bau"]


def test_two_builds_elsewhere_are_equal_to_the_byte(lighthouses: Path, tmp_path: Path) -> None:
    digests = []
    for number, (zone, seed, locale) in enumerate(
        [("UTC", "1", "C"), ("Asia/Tokyo", "2", "C.UTF-8")]
    ):
        folder = Path(shutil.copytree(lighthouses, tmp_path / f"elsewhere{number}" / "publication"))
        out = folder.parent / "out"
        environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": locale}
        command = [sys.executable, "-m", "publisher", "build"]
        subprocess.run(
            [*command, "--publication", str(folder), "--out", str(out)],
            env=environment,
            check=True,
            capture_output=True,
        )
        digests.append((out / "SHA256SUMS").read_text())
    assert digests[0] == digests[1]


def test_store_on_disk_makes_the_same_release(
    lighthouses: Path, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.dataset_store.LARGE", 0)
    monkeypatch.setattr("publisher.build._APART", 0)
    assert build(lighthouses, tmp_path / "disk") == 0
    assert Release.open(tmp_path / "disk").id == release.id


def test_failed_build_keeps_the_release_and_leaves_nothing_behind(
    lighthouses: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert build(lighthouses, out) == 0
    before = Release.open(out).id
    shape_breaker = lighthouses / "data" / "neu.ttl"
    shape_breaker.write_text(
        "<https://data.example.org/leuchtturm/id/turm/x> a "
        "<https://data.example.org/leuchtturm/ontology#Turm> .\n"
    )
    assert build(lighthouses, out) == 1
    shape_breaker.write_text("broken")
    assert build(lighthouses, out) == 1
    assert Release.open(out).id == before
    assert [path.name for path in (tmp_path / "out.releases").iterdir() if path.is_dir()] == [
        f"2.1.0-{before}"
    ]


@pytest.fixture
def long(lighthouses: Path) -> Path:
    """A publication that takes some seconds to build."""
    base = "https://data.example.org/leuchtturm/id/punkt"
    name = "<http://www.w3.org/2000/01/rdf-schema#label>"
    (lighthouses / "data" / "punkte.nt").write_text(
        "".join(f'<{base}/p{number}> {name} "{number}"@de .\n' for number in range(20_000))
    )
    return lighthouses


def started(folder: Path, out: Path, step: str) -> subprocess.Popen[str]:
    """Start a build and wait until it is behind a step."""
    command = [sys.executable, "-m", "publisher", "build", "--publication", str(folder)]
    process = subprocess.Popen([*command, "--out", str(out)], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert any(line.startswith(step) for line in process.stderr)
    return process


@pytest.mark.parametrize("step", ["canonicalise", "links and context"])
def test_killed_build_leaves_the_release_and_can_be_run_again(
    release: Release, long: Path, tmp_path: Path, step: str
) -> None:
    with started(long, tmp_path / "out", step) as process:
        time.sleep(0.2)  # so that the next step has begun, perhaps in processes of its own
        process.kill()
    out = tmp_path / "out"
    assert out.resolve() == release.path
    Release.open(out)
    assert build(long, out) == 0
    assert Release.open(out).counts["triples"] > 20_000
    left = [path.name for path in out.with_name("out.releases").iterdir()]
    assert sorted(left) == sorted([".lock", release.path.name, out.resolve().name])


@pytest.mark.skipif(cores() < 2, reason="there is one core, so nothing is done in other processes")
def test_build_that_loses_a_process_says_so_and_leaves_the_release(
    release: Release, long: Path, tmp_path: Path
) -> None:
    with started(long, tmp_path / "out", "links and context") as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + 10
        while not (found := children.read_text().split()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(int(found[0]), signal.SIGKILL)
        assert process.stderr is not None
        told = process.stderr.read()
    assert process.returncode == 1
    assert "ended with SIGKILL; was there enough memory?" in told
    assert "Traceback" not in told
    assert (tmp_path / "out").resolve() == release.path


def test_unchanged_sources_are_not_built_again(
    lighthouses: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert build(lighthouses, out) == 0
    assert build(lighthouses, out) == 0
    assert "up to date" in capsys.readouterr().err
    configuration = lighthouses / "publication.toml"
    configuration.write_text(configuration.read_text().replace("2.1.0", "2.1.1"))
    assert build(lighthouses, out) == 0
    assert Release.open(out).version == "2.1.1"


@pytest.mark.parametrize("name", ["dumps/leuchtturm.ttl", "presentation.json", "manifest.json"])
def test_damaged_release_is_refused_and_built_again(
    name: str, lighthouses: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert build(lighthouses, out) == 0
    path = out / name
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    with pytest.raises(DamagedRelease, match=f"{Path(name).name}.*SHA-256"):
        Release.open(out)
    assert build(lighthouses, out) == 0
    Release.open(out)


def test_missing_file_and_foreign_directory_are_refused(release: Release, tmp_path: Path) -> None:
    (release.path / "dumps" / "leuchtturm.nt").unlink()
    with pytest.raises(DamagedRelease, match=r"leuchtturm\.nt is missing"):
        Release.open(release.path)
    with pytest.raises(DamagedRelease, match="is not a release"):
        Release.open(tmp_path)


def test_occupied_place_is_not_overwritten(lighthouses: Path, tmp_path: Path) -> None:
    out = tmp_path / "home"
    out.mkdir()
    (out / "letter.txt").write_text("dear")
    assert build(lighthouses, out) == 2
    assert (out / "letter.txt").read_text() == "dear"


def test_empty_folder_may_become_the_release(lighthouses: Path, tmp_path: Path) -> None:
    out = tmp_path / "empty"
    out.mkdir()
    assert build(lighthouses, out) == 0
    assert Release.open(out).version == "2.1.0"


def test_smallest_publication_builds(minimal: Path, tmp_path: Path) -> None:
    (minimal / "data" / "thing.nt").write_text(
        "<https://example.org/minimal/id/thing/a> <https://example.org/p> 'x' .\n".replace("'", '"')
    )
    out = tmp_path / "out"
    assert build(minimal, out) == 0
    release = Release.open(out)
    assert (release.publication.name, release.version) == ("minimal", "0.0.0")
    assert release.counts["triples"] == 1
    assert (out / "dumps" / "minimal.nq").read_text() == (
        '<https://example.org/minimal/id/thing/a> <https://example.org/p> "x" '
        "<https://example.org/minimal/graph/thing> .\n"
    )


def test_triple_in_two_graphs_counts_once(minimal: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (minimal / "data" / f"{name}.nt").write_text("<x:s> <x:p> <x:o> .\n")
    out = tmp_path / "out"
    assert build(minimal, out) == 0
    release = Release.open(out)
    assert (release.counts["triples"], release.counts["quads"]) == (1, 2)
    assert release.default_graph == "merged"


def test_failing_shape_is_told_with_line_and_mend(
    lighthouses: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lighthouses / "data" / "turm.ttl"
    text = path.read_text().replace('"1891"^^xsd:gYear', "1891")
    path.write_text(text)
    line = text[: text.index("lt:baujahr")].count("\n") + 1
    assert build(lighthouses, tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert f"data/turm.ttl:{line}: turm:kap-nord lt:baujahr" in told
    assert "DatatypeConstraintComponent" in told
    assert 'mend: Ein Turm hat höchstens ein Baujahr; schreibe lt:baujahr "1880"^^xsd:gYear' in told
    report = tmp_path / "out.report"
    found = json.loads((report / "validation.json").read_text())
    assert found["conforms"] is False
    assert (found["results"][0]["file"], found["results"][0]["line"]) == ("data/turm.ttl", line)
    graph = rdflib.Graph().parse(report / "validation.ttl")
    assert (None, rdflib.SH.conforms, rdflib.Literal(False)) in graph
    assert f"data/turm.ttl:{line}" in (report / "validation.txt").read_text()


def test_warning_does_not_stop_the_build(lighthouses: Path, tmp_path: Path) -> None:
    shapes = lighthouses / "shapes" / "turm.ttl"
    shapes.write_text(
        shapes.read_text().replace(
            "sh:path lt:baujahr",
            "sh:path lt:baujahr ;\n    sh:minCount 1 ;\n    sh:severity sh:Warning",
        )
    )
    out = tmp_path / "out"
    assert build(lighthouses, out) == 0
    report = json.loads((out / "report" / "validation.json").read_text())
    assert report["conforms"] is False
    assert [result["severity"] for result in report["results"]] == ["warning"]


def test_shape_that_nothing_reaches_is_named(lighthouses: Path, tmp_path: Path) -> None:
    shapes = lighthouses / "shapes" / "turm.ttl"
    shapes.write_text(
        shapes.read_text() + "\nlts:Nichts a sh:NodeShape ; sh:targetClass lt:baujahr .\n"
    )
    out = tmp_path / "out"
    assert build(lighthouses, out) == 0
    assert "prove nothing:\n" in (out / "report" / "validation.txt").read_text()
    assert json.loads((out / "report" / "validation.json").read_text())["focus_nodes"] == {
        "https://data.example.org/leuchtturm/shapes#Nichts": 0,
        "https://data.example.org/leuchtturm/shapes#Turm": 2,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('sh:property [ sh:path lt:hoehe ; sh:pattern "(" ]', "unterminated"),
        ("sh:property [ sh:minCount 1 ]", "path"),
    ],
)
def test_shapes_that_cannot_be_used_are_told(
    text: str, words: str, lighthouses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shapes = lighthouses / "shapes" / "turm.ttl"
    shapes.write_text(
        f"{shapes.read_text()}\nlts:Neu a sh:NodeShape ; sh:targetClass lt:Turm ; {text} .\n"
    )
    assert main(["validate", "--publication", str(lighthouses)]) == 1
    told = capsys.readouterr().err
    assert "shapes-unusable" in told
    assert words in told


def test_report_on_a_nameless_shape_is_the_same_each_time(
    lighthouses: Path, tmp_path: Path
) -> None:
    shapes = lighthouses / "shapes" / "turm.ttl"
    shapes.write_text(
        f"{shapes.read_text()}\nlts:Neu a sh:NodeShape ; sh:targetClass lt:Turm ; "
        "sh:property [ sh:path lt:baujahr ; sh:minCount 1 ; sh:severity sh:Warning ] .\n"
    )
    reports = []
    for number in range(2):
        out = tmp_path / f"out{number}"
        assert build(lighthouses, out) == 0
        reports.append((out / "SHA256SUMS").read_text())
    assert reports[0] == reports[1]


def test_graphs_with_names_that_fall_together_have_dumps_of_their_own(
    minimal: Path, tmp_path: Path
) -> None:
    base = "https://example.org/minimal/graph/"
    (minimal / "data" / "a.nq").write_text(
        "".join(f"<x:s> <x:p> <x:{n}> <{base}{n}> .\n" for n in ("p/q", "p-q", "βιβλία"))
    )
    out = tmp_path / "out"
    assert build(minimal, out) == 0
    files = [file.path for file in Release.open(out).files]
    assert len(files) == len(set(files)) == 3 * 6 * (1 + 3)
    assert all(file.isascii() for file in files)


@pytest.mark.parametrize("kept", ["ontology", "shapes"])
def test_data_may_not_write_into_a_graph_that_is_kept(
    kept: str, minimal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (minimal / "data" / "a.nq").write_text(
        f"<x:s> <x:p> <x:o> <https://example.org/minimal/graph/{kept}> .\n"
    )
    assert main(["validate", "--publication", str(minimal)]) == 1
    assert "reserved-name" in capsys.readouterr().err


def test_file_moved_to_another_folder_makes_another_release(
    lighthouses: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert build(lighthouses, out) == 0
    before = Release.open(out).id
    (lighthouses / "shapes" / "turm.ttl").rename(lighthouses / "ontology" / "turm.ttl")
    assert build(lighthouses, out) == 0
    assert Release.open(out).id != before


def test_forced_build_of_the_same_content_leaves_one_release(
    lighthouses: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert build(lighthouses, out) == 0
    inode = (out / "manifest.json").stat().st_ino
    assert build(lighthouses, out, "--force") == 0
    assert (out / "manifest.json").stat().st_ino == inode, "the release in use was moved"
    assert len([p for p in (tmp_path / "out.releases").iterdir() if p.is_dir()]) == 1
