"""`/link`: every example on the page, run against the server as it stands there."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from typing import Any

import pyoxigraph as ox
import pytest

from tests.server.conftest import Site

BOTH = pytest.mark.parametrize("publication", ["legacy", "site"])


def example(site: Site, name: str) -> str:
    """Return an example with the public address of the publication changed to the server's."""
    page = site.get("/link").text
    match = re.search(rf'<code data-example="{name}"[^>]*>(.*?)</code>', page, re.DOTALL)
    assert match, name
    text = html.unescape(match[1])
    base = site.release.publication.address("/")
    here = f"http://127.0.0.1:{site.port}/"
    # What is asked for is there; what it is called stays.
    return re.sub(rf"(?<![<=]){re.escape(base)}(?!ontology#)", here, text)


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def served(request: pytest.FixtureRequest, publication: str) -> Site:
    found: Site = request.getfixturevalue(publication)
    return found


def shown(site: Site) -> str:
    match = re.search(r'<code class="iri">([^<]+)</code>', site.get("/link").text)
    assert match
    return html.unescape(match[1])


@BOTH
def test_curl(request: pytest.FixtureRequest, publication: str) -> None:
    site = served(request, publication)
    thing = ox.NamedNode(shown(site))
    for name, form in (("curl", ox.RdfFormat.TURTLE), ("curl-suffix", ox.RdfFormat.JSON_LD)):
        output = run("sh", "-c", example(site, name))
        assert any(quad.subject == thing for quad in ox.parse(output.encode(), format=form)), name
    document: dict[str, Any] = json.loads(run("sh", "-c", example(site, "curl-lookup")))
    assert document["results"][0]["matches"][0]["iri"] == thing.value
    document = json.loads(run("sh", "-c", example(site, "curl-search")))
    assert thing.value in {each["iri"] for each in document["results"]}
    document = json.loads(run("sh", "-c", example(site, "curl-reconcile")))
    best = document["q0"]["result"][0]
    assert site.release.iris.things + best["id"] == thing.value


@BOTH
@pytest.mark.parametrize("name", ["rdflib", "sparqlwrapper"])
def test_python(request: pytest.FixtureRequest, publication: str, name: str) -> None:
    site = served(request, publication)
    text = example(site, name).replace(f'URIRef("http://127.0.0.1:{site.port}/', 'URIRef("BASE')
    text = text.replace('URIRef("BASE', f'URIRef("{site.release.iris.base}')
    output = run(sys.executable, "-W", "ignore", "-c", text)
    assert "http://www.w3.org/1999/02/22-rdf-syntax-ns#type" in output


@BOTH
def test_another_engine_federates(request: pytest.FixtureRequest, publication: str) -> None:
    site = served(request, publication)
    endpoint = f"http://127.0.0.1:{site.port}/sparql"
    query = example(site, "federated").replace(
        f"<{site.release.publication.address('/sparql')}>", f"<{endpoint}>"
    )
    rows = ox.Store().query(query)
    assert isinstance(rows, ox.QuerySolutions)
    assert any(row["property"].value.endswith("#type") for row in rows)


def test_openrefine_is_shown(legacy: Site) -> None:
    """OpenRefine itself is in no registry; what it sends is in test_reconciliation_api.py."""
    page = legacy.get("/link").text
    assert "https://w3id.org/ai4media/reconcile</code>" in page


@BOTH
def test_r(request: pytest.FixtureRequest, publication: str) -> None:
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("R is not installed; on Debian: apt-get install r-base-core r-cran-httr2")
    if subprocess.run([rscript, "-e", "library(httr2)"], capture_output=True).returncode:
        pytest.skip("R has no httr2; on Debian: apt-get install r-cran-httr2")
    site = served(request, publication)
    printed = run(rscript, "-e", example(site, "r"))
    assert re.match(r"\s+property\s*\n1", printed)
    assert "http://www.w3.org/1999/02/22-rdf-syntax-ns#type" in printed
