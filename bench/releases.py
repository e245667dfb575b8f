"""Releases of synthetic graphs, as the server opens them.

The publisher checks, sorts and writes out each statement several times, which is not what is
measured here: it builds a release of a single statement, and the dataset is put in its place.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Final

from bench import graphs
from publisher.build import build
from publisher.progress import Progress
from publisher.publication import CONFIGURATION, Publication
from publisher.release import (
    INDEX,
    MANIFEST,
    PRESENTATION,
    QUERIES,
    DamagedRelease,
    Release,
    sha256,
    write_checksums,
)

#: What one query may use here: the engines are compared, not their limits.
LIMITS: Final = {
    "deadline_seconds": 300.0,
    "query_memory_mb": 6144,
    "result_mb": 4096,
    "concurrent_queries": 16,
    "queue_seconds": 30.0,
    "concurrent_queries_per_client": 0,
    "requests_per_minute_per_client": 0,
}


def make(triples: int, folder: Path) -> Release:
    """Return the release of a graph of about `triples` triples; it is made if it is not there."""
    path = folder / "release"
    with contextlib.suppress(DamagedRelease):
        return Release.open(path, verify=False)
    # None, or one that another version of the program made.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    dataset = folder / "dataset.nq"
    count = graphs.write(triples, dataset)
    _build(folder, dataset, count)
    return Release.open(path, verify=False)


def remote(release: Release, folder: Path, addresses: dict[str, str]) -> Release:
    """Return the same release for a store elsewhere: its dataset is linked, not copied."""
    target = folder / release.dataset_path.relative_to(release.path)
    target.parent.mkdir(parents=True)
    target.hardlink_to(release.dataset_path)
    for name in (PRESENTATION, QUERIES, INDEX):
        source = release.path / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    manifest = {**release.manifest, "engine": "remote", "remote": addresses}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    write_checksums(folder)
    return Release.open(folder, verify=False)


def _build(folder: Path, dataset: Path, count: int) -> None:
    sources = folder / "sources"
    (sources / "data").mkdir(parents=True, exist_ok=True)
    limits = "".join(f"{name} = {value}\n" for name, value in LIMITS.items())
    (sources / CONFIGURATION).write_text(
        f'title = "Benchmark"\nbase = "{graphs.BASE}"\nname = "bench"\n'
        'license = "https://creativecommons.org/publicdomain/zero/1.0/"\n'
        f"[limits]\n{limits}"
    )
    (sources / "data" / "thing.nt").write_text(
        f'<{graphs.BASE}id/thing/t0> <{graphs.LABEL}> "thing"@en .\n'
    )
    small = build(Publication.load(sources), folder / "small", Progress(quiet=True))
    unfinished = folder / "release.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.copytree(small.path, unfinished)
    target = unfinished / small.dataset_path.relative_to(small.path)
    dataset.replace(target)
    manifest = dict(small.manifest)
    in_graphs: Counter[str] = Counter()
    with target.open("rb") as lines:
        in_graphs.update(line.rpartition(b"<")[2][:-4].decode() for line in lines)
    manifest["counts"] = {
        "triples": count,
        "quads": count,
        "things": sum(graphs.Plan.of(count).things.values()),
        "graphs": dict(sorted(in_graphs.items())),
    }
    manifest["collections"] = [
        {
            "slug": name,
            "graph": f"{graphs.BASE}graph/{name}",
            "label": name.replace("-", " ").capitalize(),
            "things": things,
            "triples": in_graphs[f"{graphs.BASE}graph/{name}"],
        }
        for name, things in graphs.Plan.of(count).things.items()
    ]
    digest = sha256(target)
    manifest["canonical_sha256"] = digest
    manifest["id"] = digest[:16]
    # Only the dataset is of the right size, so only it is kept.
    for file in unfinished.glob("dumps/*"):
        if file != target:
            file.unlink()
    name = target.relative_to(unfinished).as_posix()
    manifest["files"] = [
        {**entry, "bytes": target.stat().st_size, "sha256": digest}
        for entry in manifest["files"]
        if entry["path"] == name
    ]
    (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    write_checksums(unfinished)
    _keep_index(unfinished, manifest["id"])
    unfinished.rename(folder / "release")


def _keep_index(release: Path, release_id: str) -> None:
    """Have the index of the single statement pass for that of the dataset: no query reads it."""
    with contextlib.closing(sqlite3.connect(release / INDEX)) as index, index:
        index.execute("UPDATE meta SET value = ? WHERE key = 'release'", (release_id,))
