"""Comunica, a client with a query engine of its own, asks the server and follows its links.

The publication's base is the server's own address here, so that what is followed is what is
served: every IRI in an answer can be asked for as it stands.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.release import Release
from tests.conftest import LIGHTHOUSES, REPOSITORY
from tests.server.conftest import BASE, Site, free_port, wait_until_healthy

CLIENT = REPOSITORY / "tests" / "comunica"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"

pytestmark = pytest.mark.nightly


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small publication, served at its base."""
    if shutil.which("node") is None or not (CLIENT / "node_modules").is_dir():
        pytest.skip("Comunica is not installed: run 'npm ci' in tests/comunica")
    folder = tmp_path_factory.mktemp("comunica")
    port = free_port()
    sources = Path(shutil.copytree(LIGHTHOUSES, folder / "sources"))
    for path in sources.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(BASE, f"http://127.0.0.1:{port}/"), encoding="utf-8")
    toml = sources / "publication.toml"
    toml.write_text(f'name = "leuchtturm"\n{toml.read_text("utf-8")}', encoding="utf-8")
    build = [sys.executable, "-m", "publisher", "build", "--publication", str(sources)]
    subprocess.run([*build, "--out", str(folder / "release")], cwd=REPOSITORY, check=True)
    log = folder / "server.log"
    command = [sys.executable, "-m", "server", "--release", str(folder / "release")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--workers", "1"], stdout=output, stderr=output
        )
        try:
            site = Site(port, Release.open(folder / "release"))
            wait_until_healthy(site, process, log)
            yield site
        finally:
            process.terminate()
            process.wait(30)
    assert "Traceback" not in log.read_text(encoding="utf-8")


def ask(query: str, *sources: str) -> list[dict[str, str]]:
    done = subprocess.run(
        ["node", "ask.mjs", query, *sources],
        cwd=CLIENT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_from_one_thing_to_the_next(home: Site) -> None:
    base = f"http://127.0.0.1:{home.port}/"
    tower = f"{base}id/turm/kap-nord"
    (row,) = ask(f"SELECT ?place {{ <{tower}> <{base}ontology#stehtIn> ?place }}", tower)
    assert row["place"] == f"{base}id/ort/nordhafen"
    names = ask(f"SELECT ?name {{ <{row['place']}> <{LABEL}> ?name }}", row["place"])
    assert {name["name"] for name in names} == {"Nordhafen"}
    (meaning,) = ask(
        f'SELECT ?label {{ <{base}ontology#Turm> <{LABEL}> ?label FILTER(LANG(?label) = "en") }}',
        f"{base}ontology#Turm",
    )
    assert meaning == {"label": "lighthouse"}


def test_documents_and_endpoint_in_one_query(home: Site) -> None:
    base = f"http://127.0.0.1:{home.port}/"
    query = (
        f"SELECT ?tower ?name {{ ?tower <{base}ontology#stehtIn> ?place . "
        f'?place <{LABEL}> ?name FILTER(LANG(?name) = "de") }}'
    )
    places = (f"{base}doc/ort/nordhafen.jsonld", f"{base}doc/ort/s%C3%BCdhafen.rdf")
    expected = {("kap-nord", "Nordhafen"), ("süd-mole", "Südhafen")}
    for sources in ((f"sparql@{base}sparql",), (f"sparql@{base}sparql", *places)):
        found = {(row["tower"].rpartition("/")[2], row["name"]) for row in ask(query, *sources)}
        assert found == expected, sources


def test_a_dump_is_a_source(home: Site) -> None:
    base = f"http://127.0.0.1:{home.port}/"
    rows = ask(
        f"SELECT ?tower {{ ?tower a <{base}ontology#Turm> }}",
        f"{base}dumps/latest/leuchtturm.ttl",
    )
    assert len(rows) == 2
