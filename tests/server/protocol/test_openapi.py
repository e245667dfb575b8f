"""The server's own OpenAPI document: valid, complete, and kept to by every answer.

Schemathesis reads it and asks whatever it allows and what it does not. 5xx, statuses and types
that are not declared, and errors that are no problem documents are failures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from server.openapi.routes import PATH
from tests.server.conftest import Site, serving

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def test_it_is_valid(site: Site) -> None:
    reply = site.get(PATH)
    assert reply.media_type == "application/json"
    assert reply.headers["ETag"]
    document = json.loads(reply.text)
    OpenAPIV31SpecValidator(document).validate()
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["version"] == site.release.version


@pytest.mark.parametrize("path", ["/", "/sparql"])
@pytest.mark.parametrize("accept", ["text/html", "text/turtle"])
def test_it_is_linked(site: Site, path: str, accept: str) -> None:
    if path == "/" and accept != "text/html":
        accept = "*/*"
    link = site.get(path, accept).headers["Link"]
    assert f'<{PATH}>; rel="service-desc"; type="application/json"' in link


def test_it_has_every_route_and_no_other(site: Site) -> None:
    paths = json.loads(site.get(PATH).text)["paths"]
    assert {"/sparql", "/graph", "/graph/{name}", "/id/{name}", "/ontology.ttl", PATH} <= set(paths)
    for path in paths:
        if "{" not in path:
            # The lighthouses have all that there can be; some of it must be named.
            named = ("/graph", "/lookup", *_with_required_parameters(paths))
            expected = (400,) if path in named else (200, 303)
            expected = expected if "get" in paths[path] else (405,)
            assert site.get(path).status in expected, path
    assert set(paths["/sparql"]) == {"get", "post", "x-query"}


def _with_required_parameters(paths: dict[str, Any]) -> list[str]:
    return [
        path
        for path, item in paths.items()
        if any(each.get("required") for each in item.get("get", {}).get("parameters", ()))
    ]


def test_its_limits_are_those_in_force(site: Site) -> None:
    limits = {each["name"]: each for each in json.loads(site.get(PATH).text)["x-limits"]}
    assert limits["deadline_seconds"]["value"] == site.release.limits.deadline_seconds
    assert limits["query_kb"]["value"] == site.release.limits.query_kb


def _run(site: Site, folder: Path, seconds: int, examples: int) -> None:
    """Let schemathesis ask for so long, and so often of each operation."""
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "run",
        f"http://127.0.0.1:{site.port}{PATH}",
    ]
    command += ["--url", f"http://127.0.0.1:{site.port}", "--checks", ",".join(CHECKS)]
    command += ["--max-examples", str(examples), "--max-time", str(seconds)]
    # One worker: CPython 3.11 counts the depth of syntax trees for all threads together, and
    # Hypothesis reads sources ("AST constructor recursion depth mismatch").
    command += ["--workers", "1"]
    command += ["--phases", "examples,fuzzing", "--max-redirects", "0", "--no-color"]
    command += ["--request-timeout", "30", "--continue-on-failure", "--no-shrink", "--seed", "1"]
    environment = {**os.environ, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder)}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds * 3 + 60,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert site.get("/sparql?query=ASK%7B%7D").status == 200


def test_schemathesis_finds_nothing(site: Site, tmp_path: Path) -> None:
    with serving(site.release, tmp_path / "server.log") as server:
        _run(server, tmp_path, 12, 20)


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_schemathesis_finds_nothing_in_a_night(site: Site, tmp_path: Path) -> None:
    with serving(site.release, tmp_path / "server.log") as server:
        _run(server, tmp_path, 240, 2_000)
