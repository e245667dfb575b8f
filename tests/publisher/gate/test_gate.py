"""The gate: what is the same passes it, and a difference that is planted in one place is found."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from publisher.build import build
from publisher.cli import main
from publisher.edition import Edition
from publisher.formats import RDF_FORMS
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


@pytest.fixture
def copy(made: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """Both, to be tampered with."""
    sources, release = made
    return (
        Path(shutil.copytree(sources, tmp_path / "sources")),
        Path(shutil.copytree(release, tmp_path / "release")),
    )


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


@pytest.mark.parametrize(
    ("plant", "told"),
    [
        (in_source, "the sources: "),
        (in_manifest, "manifest.json: counts.triples is "),
        (in_turtle, "leuchtturm.ttl, read by rdflib: "),
        (in_turtle, "leuchtturm.ttl, read by Oxigraph: "),
        (in_xml, "leuchtturm-turm.rdf, read by rdflib: "),
        (in_json, "leuchtturm.jsonld, read by Oxigraph: "),
        (in_json, "leuchtturm.jsonld, read by rdflib: "),
        (in_trig, "leuchtturm.trig, read by rdflib: "),
        (in_syntax, "leuchtturm-turm.nt, read by rdflib: cannot be read"),
        (in_packed, "leuchtturm-turm.ttl.gz: holds something else"),
        (in_void, "void:distinctObjects is "),
        (in_catalogue, "the catalogue, "),
    ],
)
def test_a_planted_difference_is_found(
    copy: tuple[Path, Path],
    plant: Callable[[Path, Path], None],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plant(*copy)
    write_checksums(copy[1])
    assert gate(*copy) == 1
    assert told in capsys.readouterr().out


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
    assert "/graph/turm>: gives " in told[0]
    assert "the default graph: gives " in told[1]
    assert any("void:triples" in str(each) for each in check_void(other, edition))


def test_documents_and_pages_that_say_something_else_are_found(
    made: tuple[Path, Path], other: Client
) -> None:
    edition = Edition.read(made[1])
    lines = (made[1] / "dumps/leuchtturm.nq").read_bytes().splitlines(keepends=True)
    merge = iter(sorted({split(line)[0] for line in lines}))
    told = "\n".join(map(str, check_documents(other, edition, merge, QUIET)))
    assert "/doc/turm/kap-nord.nt: lacks <https://data.example.org/leuchtturm/id/turm" in told
    assert "/doc/turm/kap-nord: its page does not say" in told
    fewer = [line for line in lines if b"Kap Nord" not in line]
    merge = iter(sorted({split(line)[0] for line in fewer}))
    told = "\n".join(map(str, check_documents(other, edition, merge, QUIET)))
    assert "/doc/turm/kap-nord.nt: says besides" in told
    assert list(check_ontology(other, edition)) == []


@pytest.mark.parametrize("form", RDF_FORMS, ids=lambda form: form.suffix)
def test_both_readers_keep_what_is_written(made: tuple[Path, Path], form: object) -> None:
    path = made[1] / f"dumps/leuchtturm.{form.suffix}"  # type: ignore[attr-defined]
    found = [contents(reader(path, form)) for reader in (with_oxigraph, with_rdflib)]  # type: ignore[arg-type]
    assert found[0] == found[1]
    lexical = {quad.object.value for quad in with_rdflib(path, form)}  # type: ignore[arg-type]
    assert {"007", "1.50", "+1", "100000000000000000000.25"} <= lexical
