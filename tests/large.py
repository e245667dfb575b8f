"""A publication of generated triples, for what needs some size: limits, load, streams."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from publisher.build import build as publish
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import Release
from tests.conftest import REPOSITORY

BASE = "https://large.example/"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
DATE = "http://purl.org/dc/terms/issued"
XSD = "http://www.w3.org/2001/XMLSchema#"
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


def listed(folder: Path, *, things: int, public_url: str | None = None, **limits: float) -> Release:
    """Build a release whose one long list has `things` things of two kinds, with names and years.

    Each is about one of fifty topics, all of which stand in the list of topics.
    """
    sources = folder / "sources"
    (sources / "data").mkdir(parents=True)
    settings = "".join(f"{name} = {value}\n" for name, value in limits.items())
    (sources / "publication.toml").write_text(
        f'title = "Listed"\nbase = "{BASE}"\n'
        'license = "https://creativecommons.org/publicdomain/zero/1.0/"\n'
        + (f'public_url = "{public_url}"\n' if public_url else "")
        + f"[limits]\n{settings}"
    )
    with (sources / "data" / "thing.nt").open("w", encoding="utf-8") as file:
        for number in range(things):
            thing = f"<{BASE}id/thing/t{number}>"
            topics = {number % 50, number % 49}
            file.write(
                f"{thing} <{TYPE}> <{BASE}ontology#{'Paper' if number % 3 else 'Book'}> .\n"
                f'{thing} <{LABEL}> "Thing {number}"@en .\n'
                f'{thing} <{DATE}> "{2000 + number % 25}"^^<{XSD}gYear> .\n'
                f'{thing} <{BASE}ontology#pages> "{number % 500}"^^<{XSD}integer> .\n'
                + "".join(
                    f"{thing} <{BASE}ontology#about> <{BASE}id/topic/o{topic}> .\n"
                    for topic in sorted(topics)
                )
            )
    (sources / "data" / "topic.nt").write_text(
        "".join(
            f"<{BASE}id/topic/o{number}> <{TYPE}> <{BASE}ontology#Topic> .\n"
            f'<{BASE}id/topic/o{number}> <{LABEL}> "topic {number}"@en .\n'
            for number in range(50)
        ),
        encoding="utf-8",
    )
    return publish(Publication.load(sources), folder / "release", Progress(quiet=True))
