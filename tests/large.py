"""A publication of generated triples, for what needs some size: limits, load, streams."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from publisher.release import Release
from tests.conftest import REPOSITORY

BASE = "https://large.example/"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
#: Limits that 0 switches off.
PER_CLIENT = ("concurrent_queries_per_client", "requests_per_minute_per_client")


def build(
    folder: Path, *, things: int = 500, public_url: str | None = None, **limits: float
) -> Release:
    """Build a release of `things` times four triples with the given limits and public address.

    Those per client are off unless they are given: all that tests ask comes from one address.
    """
    sources = folder / "sources"
    (sources / "data").mkdir(parents=True)
    limits = dict.fromkeys(PER_CLIENT, 0) | limits
    settings = "".join(f"{name} = {value}\n" for name, value in limits.items())
    (sources / "publication.toml").write_text(
        f'title = "Large"\nbase = "{BASE}"\n'
        'license = "https://creativecommons.org/publicdomain/zero/1.0/"\n'
        + (f'public_url = "{public_url}"\n' if public_url else "")
        + f"[limits]\n{settings}"
    )
    lines = []
    for number in range(things):
        thing = f"<{BASE}id/thing/t{number}>"
        lines += [
            f'{thing} <{LABEL}> "thing number {number}"@en .',
            f"{thing} <{BASE}ontology#next> <{BASE}id/thing/t{(number + 1) % things}> .",
            f"{thing} <{BASE}ontology#kind> <{BASE}id/kind/k{number % 7}> .",
            f'{thing} <{BASE}ontology#size> "{number % 50}"'
            "^^<http://www.w3.org/2001/XMLSchema#integer> .",
        ]
    (sources / "data" / "thing.nt").write_text("\n".join(lines) + "\n")
    kinds = [f'<{BASE}id/kind/k{number}> <{LABEL}> "kind {number}"@en .' for number in range(7)]
    (sources / "data" / "kind.nt").write_text("\n".join(kinds) + "\n")
    command = [sys.executable, "-m", "publisher", "build"]
    command += ["--publication", str(sources), "--out", str(folder / "release")]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return Release.open(folder / "release")
