"""The store on disk: made once, from the release it lies in, and read by confined workers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store

from publisher import store
from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import CHECKSUMS, STORE, Release
from server.engine import errors
from server.engine.client import Engine
from server.engine.process import EngineFailed, EngineProcess
from tests.engine.conftest import (
    COUNT,
    CRASHING,
    ENDLESS,
    GREEDY,
    NT,
    TSV,
    runtime,
    text,
    workers,
)

Connect = Callable[[EngineProcess], Engine]
QUIET = Progress(quiet=True)


@pytest.fixture
def engine(disk_process: EngineProcess, connect: Connect) -> Engine:
    return connect(disk_process)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (ENDLESS, errors.QueryTimeout),
        (GREEDY, errors.MemoryExceeded),
        (CRASHING, errors.WorkerCrashed),
        ("SELECT * {", errors.QuerySyntaxError),
    ],
)
def test_every_limit_holds(engine: Engine, query: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        text(engine, query)
    assert text(engine, COUNT).split() == ["?n", "2007"]


def test_a_worker_opens_nothing_more(disk_process: EngineProcess, engine: Engine) -> None:
    text(engine, COUNT)
    limits = [Path(f"/proc/{pid}/limits").read_text() for pid in workers(disk_process.pid)]
    assert any("Max open files            0 " in each for each in limits)


@pytest.fixture
def twofold(minimal: Path) -> Publication:
    """A publication with blank nodes, a triple in two graphs, and literals that stores rewrite."""
    shared = '<https://example.org/minimal/id/a/x> <http://schema.org/name> "x" .\n'
    (minimal / "data" / "a.nt").write_text(shared)
    (minimal / "data" / "b.nt").write_text(shared)
    (minimal / "ontology").mkdir()
    (minimal / "ontology" / "minimal.ttl").write_text(
        "@prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "@prefix m: <https://example.org/minimal/ontology#> .\n"
        'm:C a owl:Class ; rdfs:label "C"@en ; rdfs:comment "_:no node"@en ;\n'
        "  owl:disjointWith [ owl:complementOf [ owl:complementOf m:C ] ] .\n"
    )
    with (minimal / "publication.toml").open("a") as configuration:
        configuration.write('engine = "disk"\n')
    return Publication.load(minimal)


def test_answers_are_those_of_the_engine_in_memory(
    twofold: Publication, tmp_path: Path, connect: Connect
) -> None:
    release = build(twofold, tmp_path / "release", QUIET)
    assert release.engine == "disk"
    assert release.default_graph == "merged"
    found = []
    for kind in ("memory", None):
        process = EngineProcess(release.path, engine=kind)
        try:
            process.wait_until_ready(30)
            engine = connect(process)
            rows = text(engine, "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }")
            graph = text(engine, "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", NT)
            found.append((sorted(rows.splitlines()), sorted(graph.splitlines())))
        finally:
            process.stop()
    assert found[0] == found[1]
    released = release.merged_path.read_text().splitlines()
    assert sorted(found[1][1]) == sorted(released)


def test_the_store_is_no_part_of_what_is_checked(twofold: Publication, tmp_path: Path) -> None:
    release = build(twofold, tmp_path / "release", QUIET)
    place = release.path / STORE
    assert json.loads((place / store.MARK).read_text())["release"] == release.id
    assert STORE not in (release.path / CHECKSUMS).read_text()
    assert not any(file.path.startswith(STORE) for file in release.files)
    shutil.rmtree(place)
    assert Release.open(release.path).id == release.id
    # A build that has nothing else to do puts it back.
    build(twofold, tmp_path / "release", QUIET)
    assert (place / store.MARK).is_file()


def test_a_missing_or_foreign_store_is_built_anew(release: Release, tmp_path: Path) -> None:
    copy = Release.open(shutil.copytree(release.path, tmp_path / "copy"))
    shutil.rmtree(copy.path / STORE, ignore_errors=True)
    place = store.ensure(copy, QUIET)
    assert len(Store.read_only(str(place))) == 2007
    made = (place / "IDENTITY").read_text()
    assert store.ensure(copy, QUIET) == place
    assert (place / "IDENTITY").read_text() == made
    (place / store.MARK).write_text('{"release": "another"}')
    (copy.path / ".store-left").mkdir()
    store.ensure(copy, QUIET)
    assert (place / "IDENTITY").read_text() != made
    assert not list(copy.path.glob(".store-*"))


def test_a_broken_store_is_told_at_the_start(
    release: Release, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    copy = Release.open(shutil.copytree(release.path, tmp_path / "copy"))
    place = store.ensure(copy, QUIET)
    (place / "CURRENT").unlink()
    process = EngineProcess(copy.path, engine="disk")
    with pytest.raises(EngineFailed):
        process.wait_until_ready(30)
    assert str(place) in capfd.readouterr().err


@pytest.fixture
def many_tables(release: Release, tmp_path: Path) -> Release:
    """The release with a store of more tables than Oxigraph opens at once."""
    copy = Release.open(shutil.copytree(release.path, tmp_path / "copy"))
    place = store.ensure(copy, QUIET)
    written = Store(place)
    for number in range(3):
        graph = f"<https://large.example/graph/more{number}>"
        lines = "".join(f"<x:s{n}> <x:p> <x:o{n * 7 + number}> {graph} .\n" for n in range(1000))
        written.bulk_load(lines, format=RdfFormat.N_QUADS)
    del written
    assert len(list(place.glob("*.sst"))) > 16
    return copy


def test_a_store_of_many_tables(many_tables: Release, connect: Connect) -> None:
    process = EngineProcess(many_tables.path, engine="disk")
    try:
        process.wait_until_ready(30)
        engine = connect(process)
        assert text(engine, COUNT).split()[-1] == "5007"
        assert text(engine, "SELECT ?s { ?s <x:p> <x:o702> }").split() == ["?s", "<x:s100>"]
        at_work = max(workers(process.pid), key=runtime)
        assert "\nSeccomp:\t2\n" in Path(f"/proc/{at_work}/status").read_text()
        with pytest.raises(errors.QueryTimeout):
            text(engine, ENDLESS, TSV)
    finally:
        process.stop()


def test_a_filtered_process_may_be_left_its_calls() -> None:
    program = """
import os, socket
from server.engine import seccomp
with socket.create_server(("127.0.0.1", 0)) as there:
    seccomp.refuse_all_but_reading(calling=True)
    socket.create_connection(there.getsockname()).close()
    print("called")
    try:
        os.rename("/nothing", "/else")
    except PermissionError:
        print("refused")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("called\nrefused\n", "")


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.socket()",
        "socket.socketpair()",
        "open(name, 'w')",
        "open(name, 'r+')",
        "open(name + '2', 'xb')",
        "os.truncate(name, 0)",
        "os.unlink(name)",
        "os.rename(name, name + '2')",
        "os.mkdir(name + '2')",
        "os.execv('/bin/true', ['true'])",
    ],
)
def test_a_filtered_process_reads_and_nothing_else(tmp_path: Path, attempt: str) -> None:
    path = tmp_path / "kept"
    path.write_text("kept")
    program = f"""
import os, socket, threading
from server.engine import seccomp
name = {str(path)!r}
go = threading.Event()
def other():
    go.wait()
    run()
def run():
    assert open(name).read() == "kept"
    try:
        {attempt}
    except PermissionError:
        print("refused")
thread = threading.Thread(target=other)
thread.start()
seccomp.refuse_all_but_reading()
run()
go.set()
thread.join()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("refused\nrefused\n", "")
    assert path.read_text() == "kept"
