"""Two releases compared: what is told, what the patch holds, which addresses are lost."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import tracemalloc
from pathlib import Path

import pyoxigraph as ox
import pytest

from publisher.cli import main
from publisher.compare.blank_nodes import relabelled
from publisher.compare.changes import changes
from publisher.compare.statements import statements
from publisher.edition import Edition
from publisher.graphs import canonical, n_quads
from publisher.release import DamagedRelease
from tests.conftest import LIGHTHOUSES

BASE = "https://data.example.org/leuchtturm/"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
OWL = "http://www.w3.org/2002/07/owl#"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the small publication as it is."""
    return built(LIGHTHOUSES, tmp_path_factory.mktemp("old") / "release")


def built(sources: Path, out: Path) -> Path:
    assert main(["build", "--publication", str(sources), "--out", str(out)]) == 0
    return out


def released_anew(old: Path, folder: Path, change: dict[str, str | None]) -> Path:
    """Copy a release with lines of its N-Quads replaced, added (key of an own) or left out."""
    new = Path(shutil.copytree(old, folder))
    manifest = json.loads((new / "manifest.json").read_text("utf-8"))
    path = new / "dumps" / f"{manifest['publication']['name']}.nq"
    lines = set(path.read_text("utf-8").splitlines())
    for line, other in change.items():
        lines.discard(line)
        lines |= {other} if other else set()
    data = ("\n".join(sorted(lines)) + "\n").encode()
    path.write_bytes(data)
    quads = canonical(ox.parse(data, format=ox.RdfFormat.N_QUADS))
    assert n_quads(quads) == data, "the test writes canonical N-Quads"
    manifest["canonical_sha256"] = sha(data)
    manifest["version"] = "2.2.0"
    graphs = {str(quad.graph_name)[1:-1] for quad in quads}
    counts = manifest["counts"]
    counts["graphs"] = {name: counts["graphs"].get(name, 0) for name in graphs}
    (new / "manifest.json").write_text(json.dumps(manifest))
    return new


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def lines_of(release: Path) -> list[str]:
    return (release / "dumps" / "leuchtturm.nq").read_text("utf-8").splitlines()


def about(release: Path, iri: str) -> list[str]:
    return [line for line in lines_of(release) if line.startswith(f"<{iri}> ")]


def test_nothing_changed(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(old), str(old), "--to", str(tmp_path)]) == 0
    assert "0 removed, 0 added" in capsys.readouterr().out
    assert (tmp_path / "added.nq").read_bytes() == (tmp_path / "removed.nq").read_bytes() == b""
    assert "None: each IRI of the old release answers" in (tmp_path / "changes.md").read_text()


def test_what_changed_is_told_and_the_patch_leads_to_the_new_release(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tower, other = BASE + "id/turm/kap-nord", BASE + "id/turm/neu"
    name = next(line for line in about(old, tower) if f"<{LABEL}>" in line)
    graph = f"<{BASE}graph/turm> ."
    born = f'<{other}> <{LABEL}> "Neuer *Turm*"@de {graph}'
    new = released_anew(old, tmp_path / "new", {name: name.replace('"', '"`X` ', 1), "": born})
    assert main(["diff", str(old), str(new), "--to", str(tmp_path / "diff")]) == 0
    assert "1 removed, 2 added" in capsys.readouterr().out
    removed = (tmp_path / "diff" / "removed.nq").read_text("utf-8").splitlines()
    added = (tmp_path / "diff" / "added.nq").read_text("utf-8").splitlines()
    assert removed == [name]
    assert sorted(set(lines_of(old)) - set(removed) | set(added)) == lines_of(new)
    page = (tmp_path / "diff" / "changes.md").read_text("utf-8")
    assert f"## New\n\nNothing was said of them before.\n\n- Neuer \\*Turm\\* <{other}>" in page
    assert f" <{tower}>\n\n- `rdfs:label`\n    - removed: `" in page
    assert "    - added: ``" in page, "a value with backticks has a longer fence"
    assert "| new | 1 |\n| changed | 1 |" in page


def test_a_lost_address_fails_and_a_tombstone_does_not(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tower = BASE + "id/ort/nordhafen"
    gone = dict.fromkeys(about(old, tower))
    assert gone
    new = released_anew(old, tmp_path / "gone", dict(gone))
    assert main(["diff", str(old), str(new), "--to", str(tmp_path / "diff")]) == 1
    assert f"lost: {tower}\n" in capsys.readouterr().out
    assert (tmp_path / "diff" / "lost.txt").read_text() == f"{tower}\n"

    boolean = "http://www.w3.org/2001/XMLSchema#boolean"
    stone = f'<{tower}> <{OWL}deprecated> "true"^^<{boolean}> <{BASE}graph/ort> .'
    new = released_anew(old, tmp_path / "stone", {**gone, "": stone})
    assert main(["diff", str(old), str(new), "--to", str(tmp_path / "diff")]) == 0
    assert (tmp_path / "diff" / "lost.txt").read_text() == ""
    assert "| withdrawn | 1 |" in (tmp_path / "diff" / "changes.md").read_text("utf-8")


def test_terms_and_graphs_are_addresses_too(old: Path, tmp_path: Path) -> None:
    graph, term = BASE + "graph/turm", BASE + "ontology#hoehe"
    cut = {line: None for line in lines_of(old) if line.endswith(f" <{graph}> .")}
    cut |= dict.fromkeys(about(old, term))
    new = released_anew(old, tmp_path / "new", cut)
    assert main(["diff", str(old), str(new), "--to", str(tmp_path / "diff")]) == 1
    lost = (tmp_path / "diff" / "lost.txt").read_text().splitlines()
    assert {graph, term, BASE + "id/turm/nordkap"} <= set(lost)


def test_a_triple_that_moves_is_told_with_its_graphs(old: Path, tmp_path: Path) -> None:
    line = next(line for line in about(old, BASE + "id/turm/kap-nord") if "/graph/turm>" in line)
    moved = line.replace("/graph/turm>", "/graph/ort>")
    new = released_anew(old, tmp_path / "new", {line: moved})
    assert main(["diff", str(old), str(new), "--to", str(tmp_path / "diff")]) == 0
    page = (tmp_path / "diff" / "changes.md").read_text("utf-8")
    assert f"in `<{BASE}graph/turm>`" in page
    assert f"in `<{BASE}graph/ort>`" in page


def test_blank_nodes_that_say_the_same_are_no_change() -> None:
    def quads(first: int, *extra: str) -> list[bytes]:
        lines = [
            f"<http://e/a> <http://e/p> _:b{first} <http://e/g> .",
            f"_:b{first} <http://e/q> _:b{first + 1} <http://e/g> .",
            f'_:b{first + 1} <http://e/r> "x" <http://e/g> .',
            f"_:b{first + 2} <http://e/s> <http://e/t> <http://e/g> .",
            f"_:b{first + 3} <http://e/s> <http://e/t> <http://e/g> .",
            *extra,
        ]
        random.Random(first).shuffle(lines)
        return [f"{line}\n".encode() for line in lines]

    once = relabelled(quads(0))
    assert once == relabelled(quads(40))
    assert len(set(once)) == 5, "two that say the same are still two"
    more = relabelled(quads(7, '_:z <http://e/r> "new" <http://e/g> .'))
    assert set(once) < set(more)
    assert len(more) == 6


@pytest.mark.parametrize("fault", ["missing", "changed", "no manifest", "other base"])
def test_what_cannot_be_compared_exits_with_2(
    old: Path, tmp_path: Path, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    new = Path(shutil.copytree(old, tmp_path / "new"))
    dump, manifest = new / "dumps" / "leuchtturm.nq", new / "manifest.json"
    if fault == "missing":
        dump.unlink()
    elif fault == "changed":
        dump.write_bytes(dump.read_bytes()[:-40])
    elif fault == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(manifest.read_text("utf-8").replace(BASE, "https://other.example/"))
    to = tmp_path / "diff"
    assert main(["diff", str(old), str(new), "--to", str(to)]) == 2
    assert str(new) in capsys.readouterr().err
    assert not to.exists() or not list(to.iterdir()), "nothing half-made stays"


def test_statements_out_of_order_are_refused() -> None:
    lines = [b"<b> <p> <o> <g> .\n", b"<a> <p> <o> <g> .\n"]
    with pytest.raises(DamagedRelease, match="not sorted"):
        list(changes(lines, []))


def test_memory_stays_flat(old: Path) -> None:
    def made(number: int) -> bytes:
        return f"<http://e/{number:07}> <http://e/p> <http://e/o> <http://e/g> .\n".encode()

    tracemalloc.start()
    old_lines, new_lines = map(made, range(20_000)), map(made, range(0, 20_000, 2))
    assert sum(change.vanished for change in changes(old_lines, new_lines)) == 10_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    assert sum(1 for _ in statements(Edition.read(old))) == len(lines_of(old))
