"""The gate: what is the same passes it, and a difference that is planted in one place is found."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.build import build
from publisher.cli import main
from publisher.edition import Edition
from publisher.formats import RDF_FORMS
from publisher.gate import documents, endpoint
from publisher.gate.documents import check_documents, check_ontology
from publisher.gate.dumps import Expected, with_oxigraph, with_rdflib
from publisher.gate.endpoint import check_graphs, check_void
from publisher.live_server import Client, serving
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.push.quad_lines import split
from publisher.release import write_checksums
from publisher.verify.contents import contents
from tests.conftest import LIGHTHOUSES

QUIET = Progress(quiet=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Sources with literals that readers like to rewrite, and the release made from them."""
    room = tmp_path_factory.mktemp("gate")
    sources = Path(shutil.copytree(LIGHTHOUSES, room / "sources"))
    towers = sources / "data/turm.ttl"
    spelled = '"007", "1.50", "+1", "0x1F", "1e3"@de-at-1996, "\\\\u00e9 \\"x\\"\\n\\ty"@fr'
    text = towers.read_text().replace("# Renamed", f"turm:kap-nord rdfs:comment {spelled} .\n# R")
    towers.write_text(text.replace("lt:hoehe 26.5", "lt:hoehe 26.5, 100000000000000000000.25"))
    return sources, build(Publication.load(sources), room / "release", QUIET).path


def gate(sources: Path, release: Path) -> int:
    return main(["gate", str(release), "--publication", str(sources)])


def test_what_was_built_passes(made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(*made) == 0
    assert capsys.readouterr().out == "all say the same\n"


def in_source(sources: Path, release: Path) -> None:
    towers = sources / "data/turm.ttl"
    towers.write_text(towers.read_text().replace('"1891"', '"1892"'))


def in_manifest(sources: Path, release: Path) -> None:
    path = release / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["counts"]["triples"] += 1
    path.write_text(json.dumps(manifest))


def in_turtle(sources: Path, release: Path) -> None:
    _replace(release / "dumps/leuchtturm.ttl", '"Kap Nord"@de', '"Kap Nord"@da')


def in_xml(sources: Path, release: Path) -> None:
    _replace(release / "dumps/leuchtturm-turm.rdf", "007", "7")


def in_json(sources: Path, release: Path) -> None:
    _replace(release / "dumps/leuchtturm.jsonld", "1.50", "1.5")


def in_trig(sources: Path, release: Path) -> None:
    _replace(release / "dumps/leuchtturm.trig", "26.5", "26.50")


def in_syntax(sources: Path, release: Path) -> None:
    _replace(release / "dumps/leuchtturm-turm.nt", '"Kap Nord"@de .', '"Kap Nord"@de')


def in_packed(sources: Path, release: Path) -> None:
    dumps = release / "dumps"
    shutil.copyfile(dumps / "leuchtturm-ort.ttl.gz", dumps / "leuchtturm-turm.ttl.gz")


def in_void(sources: Path, release: Path) -> None:
    _grown(release / "descriptions/void.ttl", "void:distinctObjects")


def in_catalogue(sources: Path, release: Path) -> None:
    _grown(release / "descriptions/catalog.ttl", "dcat:byteSize")


def _grown(path: Path, number: str) -> None:
    text, times = re.subn(rf'({number} "?)(\d)', r"\g<1>1\2", path.read_text(), count=1)
    assert times == 1
    path.write_text(text)


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, path
    path.write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def told(made: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the gate says of a release with a difference in each place."""
    room = tmp_path_factory.mktemp("planted")
    sources = Path(shutil.copytree(made[0], room / "sources"))
    release = Path(shutil.copytree(made[1], room / "release"))
    for plant in (in_source, in_manifest, in_turtle, in_xml, in_json, in_trig, in_syntax):
        plant(sources, release)
    for plant in (in_packed, in_void, in_catalogue):
        plant(sources, release)
    write_checksums(release)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert gate(sources, release) == 1
    return out.getvalue()


@pytest.mark.parametrize(
    "place",
    [
        "the sources: ",
        "manifest.json: counts.triples is ",
        "leuchtturm.ttl, read by rdflib: ",
        "leuchtturm.ttl, read by Oxigraph: ",
        "leuchtturm-turm.rdf, read by rdflib: ",
        "leuchtturm.jsonld, read by Oxigraph: ",
        "leuchtturm.jsonld, read by rdflib: ",
        "leuchtturm.trig, read by rdflib: ",
        "leuchtturm-turm.nt, read by rdflib: cannot be read",
        "leuchtturm-turm.ttl.gz: holds something else",
        "void:distinctObjects is ",
        "the catalogue, ",
    ],
)
def test_a_planted_difference_is_found(told: str, place: str) -> None:
    assert place in told


def test_what_is_right_is_not_blamed(told: str) -> None:
    assert "leuchtturm.nt, " not in told
    assert "leuchtturm-ort." not in told
    assert "the endpoint" not in told


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server that shows something else than it should: the publication as it is."""
    room = tmp_path_factory.mktemp("other")
    release = build(Publication.load(LIGHTHOUSES), room / "release", QUIET)
    with serving(release.path) as live:
        yield live


def test_an_endpoint_that_says_something_else_is_found(
    made: tuple[Path, Path], other: Client
) -> None:
    edition = Edition.read(made[1])
    told = [str(each) for each in check_graphs(other, Expected.of(edition))]
    assert len(told) == 2
    assert "/graph/turm>: gives " in told[1]
    assert "the default graph: gives " in told[0]
    assert any("void:triples" in str(each) for each in check_void(other, edition))


def test_documents_and_pages_that_say_something_else_are_found(
    made: tuple[Path, Path], other: Client
) -> None:
    edition = Edition.read(made[1])
    lines = (made[1] / "dumps/leuchtturm.nq").read_bytes().splitlines(keepends=True)
    merge = sorted({split(line)[0] for line in lines})
    told = "\n".join(map(str, check_documents(other, edition, lambda: iter(merge), QUIET)))
    assert "/doc/turm/kap-nord.nt: lacks <https://data.example.org/leuchtturm/id/turm" in told
    assert "/doc/turm/kap-nord: its page does not say" in told
    fewer = [line for line in lines if b"Kap Nord" not in line]
    rest = sorted({split(line)[0] for line in fewer})
    told = "\n".join(map(str, check_documents(other, edition, lambda: iter(rest), QUIET)))
    assert "/doc/turm/kap-nord.nt: says besides" in told
    assert list(check_ontology(other, edition)) == []


def test_a_large_release_is_counted_and_sampled(
    made: tuple[Path, Path], other: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = Edition.read(made[1])
    monkeypatch.setattr(endpoint, "GATE_TRIPLES", 5)
    told = [str(each) for each in check_graphs(other, Expected.of(edition))]
    assert [line for line in told if "/graph/turm>: " in line and " triples of " in line]
    monkeypatch.setattr(documents, "GATE_TRIPLES", 5)
    monkeypatch.setattr(documents, "GATE_DOCUMENTS", 2)
    lines = (made[1] / "dumps/leuchtturm.nq").read_bytes().splitlines(keepends=True)
    fewer = sorted({split(line)[0] for line in lines if b"Nordhafen" not in line})
    progress = Progress(stream := io.StringIO())
    told = [str(each) for each in check_documents(other, edition, lambda: iter(fewer), progress)]
    assert "documents: one in 3 of 6" in stream.getvalue()
    assert any("says besides" in line for line in told)


@pytest.mark.parametrize("form", RDF_FORMS, ids=lambda form: form.suffix)
def test_both_readers_keep_what_is_written(made: tuple[Path, Path], form: object) -> None:
    path = made[1] / f"dumps/leuchtturm.{form.suffix}"  # type: ignore[attr-defined]
    found = [contents(reader(path, form)) for reader in (with_oxigraph, with_rdflib)]  # type: ignore[arg-type]
    assert found[0] == found[1]
    lexical = {quad.object.value for quad in with_rdflib(path, form)}  # type: ignore[arg-type]
    assert {"007", "1.50", "+1", "100000000000000000000.25"} <= lexical
