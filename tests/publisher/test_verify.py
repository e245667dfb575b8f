"""A download verified: good, tampered, cut off, half, signed, and what its dumps hold."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from publisher.cli import main
from publisher.graphs import canonical, n_quads
from publisher.release import write_checksums
from publisher.releasing import signing
from publisher.verify import contents as module
from publisher.verify.contents import contents, dataset_contents
from tests.conftest import LIGHTHOUSES

WHOLE = ("ttl", "nt", "jsonld", "rdf", "trig", "nq")
RESTRICTION = """
lt:Turm rdfs:subClassOf [ a owl:Restriction ; owl:onProperty lt:hoehe ; owl:maxCardinality 1 ] ,
    [ a owl:Restriction ; owl:onProperty lt:baujahr ; owl:maxCardinality 1 ] .
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the small publication, whose ontology has blank nodes here."""
    folder = tmp_path_factory.mktemp("released")
    sources = Path(shutil.copytree(LIGHTHOUSES, folder / "sources"))
    ontology = sources / "ontology" / "leuchtturm.ttl"
    ontology.write_text(ontology.read_text("utf-8") + RESTRICTION, encoding="utf-8")
    out = folder / "release"
    assert main(["build", "--publication", str(sources), "--out", str(out)]) == 0
    assert "_:c14n1" in (out / "dumps" / "leuchtturm.nq").read_text()
    return out


@pytest.fixture(params=["copied", "dumped"])
def download(request: pytest.FixtureRequest, released: Path, tmp_path: Path) -> Path:
    """What somebody has: a copy of the release, or its dumps in one folder."""
    folder = tmp_path / "download"
    if request.param == "copied":
        shutil.copytree(released, folder)
    else:
        assert main(["dump", "--release", str(released), "--to", str(folder)]) == 0
    return folder


@pytest.fixture
def copied(released: Path, tmp_path: Path) -> Path:
    """A copy of the release."""
    return Path(shutil.copytree(released, tmp_path / "copied"))


Verify = Callable[..., tuple[int, dict[str, str], str]]


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    """Return exit code, verdicts by the name of the file, and the last line."""

    def run(*arguments: object) -> tuple[int, dict[str, str], str]:
        capsys.readouterr()
        code = main(["verify", *map(str, arguments)])
        lines = capsys.readouterr().out.splitlines()
        verdicts = {
            line.split(maxsplit=2)[1].rpartition("/")[2]: line for line in lines[:-1] if line
        }
        return code, verdicts, lines[-1] if lines else ""

    return run


def dump(folder: Path, name: str) -> Path:
    path = folder / "dumps" / name
    return path if path.is_file() else folder / name


def test_a_whole_download_is_right(download: Path, verify: Verify) -> None:
    code, verdicts, last = verify(download)
    assert code == 0
    assert last.startswith("RIGHT: this is release 2.1.0 (")
    assert all(line.startswith("right ") for line in verdicts.values())
    for suffix in WHOLE:
        line = verdicts[f"leuchtturm.{suffix}"]
        assert ("canonical hash and counts as released" in line) or "those of the dataset" in line
        assert "unpacks to" in verdicts[f"leuchtturm.{suffix}.gz"]
    assert "those of the dataset" in verdicts["leuchtturm-ontology.ttl"], "with blank nodes"


@pytest.mark.parametrize("name", ["leuchtturm.ttl", "leuchtturm-turm.ttl.gz", "manifest.json"])
def test_a_tampered_file_is_wrong(download: Path, name: str, verify: Verify) -> None:
    path = dump(download, name)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    code, verdicts, last = verify(download)
    assert code == 1
    assert verdicts[name].startswith("WRONG ")
    assert last.startswith("WRONG: ")
    assert sum(line.startswith("WRONG ") for line in verdicts.values()) == 1


def test_a_half_download_says_what_is_missing(download: Path, verify: Verify) -> None:
    cut, gone = dump(download, "leuchtturm.nq"), dump(download, "leuchtturm.trig")
    size = cut.stat().st_size
    cut.write_bytes(cut.read_bytes()[: size // 3])
    gone.unlink()
    code, verdicts, last = verify(download)
    assert code == 2
    assert f"{size // 3:,} of {size:,} bytes" in verdicts["leuchtturm.nq"]
    assert verdicts["leuchtturm.nq"].startswith("incomplete ")
    assert verdicts["leuchtturm.trig"].startswith("missing ")
    assert "those of the dataset" in verdicts["leuchtturm.nt"], "compared with what is packed"
    assert last.startswith("NOT WHOLE: ")


def test_one_chosen_file_is_enough(released: Path, tmp_path: Path, verify: Verify) -> None:
    all_of_it, folder = tmp_path / "all", tmp_path / "one"
    assert main(["dump", "--release", str(released), "--to", str(all_of_it)]) == 0
    folder.mkdir()
    for name in ("leuchtturm.ttl.gz", "SHA256SUMS"):
        shutil.copyfile(all_of_it / name, folder / name)
    code, verdicts, _ = verify(folder, "--only", "leuchtturm.ttl.gz")
    assert code == 2
    assert verdicts["manifest.json"].startswith("missing ")
    shutil.copyfile(all_of_it / "manifest.json", folder / "manifest.json")
    code, verdicts, last = verify(folder, "--only", "leuchtturm.ttl.gz")
    assert code == 0
    assert "not compared any further" in verdicts["leuchtturm.ttl.gz"]
    assert last.endswith("(1 right)")
    assert verify(folder, "--only", "nothing*")[0] == 2


def test_what_was_released_otherwise_is_found_behind_right_checksums(
    copied: Path, verify: Verify
) -> None:
    """Whoever changes a dump, its checksum and its size still has to change every other dump."""
    path = copied / "dumps" / "leuchtturm.nt"
    text = path.read_text("utf-8").replace("Kap Nord", "Kap Mord")
    replace(copied, path, text.encode())
    code, verdicts, _ = verify(copied)
    assert code == 1
    assert "but not those of the dataset" in verdicts["leuchtturm.nt"]
    assert "holds something else than" in verdicts["leuchtturm.nt.gz"]
    assert verdicts["leuchtturm.ttl"].startswith("right ")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("leuchtturm.trig", lambda text: text + "<a:b> <a:c> <a:d> .", "its canonical hash"),
        ("leuchtturm.nq", lambda text: text.split("\n", 1)[1], "quads where the manifest counts"),
        (
            "leuchtturm.rdf",
            lambda text: text.replace("</rdf:Description>", "", 1),
            "does not parse",
        ),
        (
            "leuchtturm-turm.ttl",
            lambda text: text + "<a:b> <a:c> 1 .",
            "triples where the manifest",
        ),
        ("leuchtturm-shapes.ttl", lambda text: text + "<a:b> <a:c> ", "does not parse"),
    ],
)
def test_every_dump_is_read(
    copied: Path, name: str, change: Callable[[str], str], words: str, verify: Verify
) -> None:
    path = copied / "dumps" / name
    replace(copied, path, change(path.read_text("utf-8")).encode())
    code, verdicts, _ = verify(copied)
    assert code == 1
    assert words in verdicts[name]


def test_what_cannot_be_unpacked_is_wrong(copied: Path, verify: Verify) -> None:
    path = copied / "dumps" / "leuchtturm.ttl.gz"
    replace(copied, path, path.read_bytes()[:-9])
    code, verdicts, _ = verify(copied)
    assert code == 1
    assert "cannot be unpacked" in verdicts["leuchtturm.ttl.gz"]


def replace(release: Path, path: Path, data: bytes) -> None:
    """Put other bytes into a release, with right checksums and sizes."""
    path.write_bytes(data)
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    for file in manifest["files"]:
        if release / file["path"] == path:
            file |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (release / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    write_checksums(release)


def test_checksums_and_manifest_must_agree(copied: Path, verify: Verify) -> None:
    """A changed dump with a changed line in SHA256SUMS is given away by the manifest."""
    path = copied / "dumps" / "leuchtturm.ttl"
    path.write_bytes(path.read_bytes() + b"# more\n")
    write_checksums(copied)
    code, verdicts, _ = verify(copied)
    assert code == 1
    sums = (copied / "SHA256SUMS").read_text("utf-8").splitlines(keepends=True)
    (copied / "SHA256SUMS").write_text("".join(line for line in sums if ".ttl.gz" not in line))
    code, verdicts, _ = verify(copied)
    assert code == 1
    assert "is in no line of SHA256SUMS" in verdicts["leuchtturm.ttl.gz"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "has no SHA256SUMS"),
        ("", "is empty"),
        ("abc  x.ttl\n", "line 1: not a checksum and a name"),
        (f"{'0' * 64}  ../x.ttl\n", "is outside the release"),
        (f"{'0' * 64}  /etc/passwd\n", "is outside the release"),
    ],
)
def test_unusable_checksums(
    tmp_path: Path, text: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        (tmp_path / "SHA256SUMS").write_text(text)
    assert main(["verify", str(tmp_path)]) == 2
    assert words in capsys.readouterr().err


def test_strangers_are_named(download: Path, verify: Verify) -> None:
    (download / "more.ttl").write_text("<a:b> <a:c> <a:d> .")
    code, _, last = verify(download)
    assert code == 0
    assert "1 note" in last


def test_signatures(download: Path, tmp_path: Path, verify: Verify) -> None:
    signers = {name: key(tmp_path, name) for name in ("maintainer", "stranger")}
    code, verdicts, _ = verify(download, "--allowed-signers", signers["maintainer"])
    assert code == 2
    assert "there is no signature" in verdicts["SHA256SUMS.sig"]
    for signed in ("manifest.json", "SHA256SUMS"):
        sign(tmp_path / "maintainer", download / signed)
        code, verdicts, _ = verify(download, "--allowed-signers", signers["maintainer"])
        assert code == 0
        assert f"{signed} was signed by maintainer@example.org" in verdicts[f"{signed}.sig"]
        code, verdicts, _ = verify(download, "--allowed-signers", signers["stranger"])
        assert code == 1
        assert "by nobody who stands in" in verdicts[f"{signed}.sig"]
    code, verdicts, _ = verify(download)
    assert code == 0
    assert verdicts["SHA256SUMS.sig"].startswith("note "), "what was not checked is not right"
    sums = download / "SHA256SUMS"
    sums.write_text("".join(reversed(sums.read_text().splitlines(keepends=True))))
    code, verdicts, _ = verify(download, "--allowed-signers", signers["maintainer"])
    assert code == 1
    assert "is not what was signed" in verdicts["SHA256SUMS.sig"]


def test_signatures_of_minisign(download: Path, tmp_path: Path, verify: Verify) -> None:
    if shutil.which("minisign") is None:
        pytest.skip("minisign is not installed (Debian: minisign)")
    for name in ("maintainer", "stranger"):
        pair = ["-p", str(tmp_path / f"{name}.pub"), "-s", str(tmp_path / name)]
        subprocess.run(["minisign", "-G", "-W", *pair], check=True, capture_output=True, timeout=30)
    keys = {name: tmp_path / f"{name}.pub" for name in ("maintainer", "stranger")}
    code, verdicts, _ = verify(download, "--minisign-key", keys["maintainer"])
    assert (code, "there is no signature" in verdicts["SHA256SUMS.minisig"]) == (2, True)
    manifest = download / "manifest.json"
    signing.minisign(tmp_path / "maintainer").sign(download, "2.1.0")
    code, verdicts, _ = verify(download, "--minisign-key", keys["maintainer"])
    assert code == 0
    assert (
        "signed with the key in maintainer.pub (version 2.1.0)" in verdicts["manifest.json.minisig"]
    )
    code, verdicts, _ = verify(download)
    assert (code, verdicts["manifest.json.minisig"][:5]) == (0, "note ")
    code, verdicts, _ = verify(download, "--minisign-key", keys["stranger"])
    assert (code, "is not what was signed" in verdicts["manifest.json.minisig"]) == (1, True)
    manifest.write_text(manifest.read_text() + " ")
    code, verdicts, _ = verify(download, "--minisign-key", keys["maintainer"])
    assert (code, "is not what was signed" in verdicts["manifest.json.minisig"]) == (1, True)


def key(folder: Path, name: str) -> Path:
    """Make a key; returns the allowed-signers file that names it."""
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
    subprocess.run(make, check=True, timeout=30)
    signers = folder / f"{name}.allowed"
    public = (folder / f"{name}.pub").read_text()
    signers.write_text(f'{name}@example.org namespaces="file" {public}')
    return signers


def sign(private: Path, path: Path) -> None:
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(private), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


def test_contents_are_canonical_whatever_the_order_and_the_runs(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RUN", 7)
    quads = list(ox.parse(path=str(released / "dumps" / "leuchtturm.nq")))
    found = dataset_contents([*reversed(quads), *quads[:5]])
    expected = hashlib.sha256(n_quads(canonical(quads))).hexdigest()
    assert (found.whole.statements, found.whole.sha256) == (len(quads), expected)
    merge = {quad.triple for quad in quads}
    assert found.merge == contents(ox.Quad(*triple) for triple in merge)
    for name, part in found.graphs.items():
        graph = [ox.Quad(*q.triple) for q in quads if q.graph_name == ox.NamedNode(name)]
        lines = hashlib.sha256(n_quads(canonical(graph)))
        assert (part.statements, part.sha256) == (len(graph), lines.hexdigest())


def test_a_triple_in_two_graphs_is_one_of_the_merge() -> None:
    lines = [
        f'<a:s> <a:p> "x"{tag} <a:g{number}> .' for number in (1, 2) for tag in ("", "@en", "@de")
    ]
    found = dataset_contents(ox.parse("\n".join(lines), format=ox.RdfFormat.N_QUADS))
    assert (found.whole.statements, found.merge.statements) == (6, 3)
    assert found.graphs["a:g1"] == found.graphs["a:g2"] == found.merge


def test_memory_is_that_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RUN", 500)
    property_, graph = ox.NamedNode("a:p"), ox.NamedNode("a:g")
    tracemalloc.start()
    found = dataset_contents(
        ox.Quad(ox.NamedNode(f"a:s{number}"), property_, graph, graph) for number in range(20_000)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.whole.statements == 20_000
    assert peak < 2_000_000
