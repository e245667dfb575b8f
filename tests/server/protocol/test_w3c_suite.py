"""The protocol tests of the W3C SPARQL 1.1 suite, from its own manifest.

They need the folder `sparql11/protocol` of w3c/rdf-tests below CONFORMANCE_SUITES. Tests of updates
must be refused, since nothing is updated here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import RDF, Graph, Namespace
from rdflib.collection import Collection
from rdflib.term import Node

from publisher.build import build
from publisher.progress import Progress
from publisher.publication import Publication
from tests.server.conftest import Reply, Site, serving

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
DATA = "http://kasei.us/2009/09/sparql/data/"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://xmlns.com/foaf/0.1/Document>"
FORMATS = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": {
        "application/sparql-results+json",
        "application/sparql-results+xml",
        "text/csv",
        "text/tab-separated-values",
    },
    "RDF": {"text/turtle", "application/rdf+xml", "application/n-triples"},
}


@pytest.fixture(scope="module")
def manifest() -> Graph:
    folder = os.environ.get("CONFORMANCE_SUITES")
    path = Path(folder or "") / "sparql11" / "protocol" / "manifest.ttl"
    if folder is None or not path.is_file():
        pytest.skip("set CONFORMANCE_SUITES to a folder that holds sparql11/protocol/manifest.ttl")
    return Graph().parse(path)


@pytest.fixture(scope="module")
def suite_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with the three graphs of the suite, each of which describes itself."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "data").mkdir()
    (folder / "publication.toml").write_text(
        f'title = "W3C"\nbase = "{DATA}"\n'
        'license = "https://www.w3.org/copyright/test-suite-license-2023/"\n'
    )
    names = [f"<{DATA}data{index}.rdf>" for index in (1, 2, 3)]
    quads = "".join(f"{name} {TYPE} {name} .\n" for name in names)
    (folder / "data" / "suite.nq").write_text(quads)
    release = build(Publication.load(folder), folder / "release", Progress(quiet=True))
    with serving(release, folder / "server.log") as site:
        yield site


def test_the_suite(manifest: Graph, suite_site: Site) -> None:
    tests = set(manifest.subjects(RDF.type, MF.ProtocolTest))
    assert len(tests) > 30
    failed = [
        f"{test}: {fault}"
        for test in sorted(tests)
        for fault in _faults(manifest, suite_site, test)
    ]
    assert not failed, "\n".join(failed)


def _faults(manifest: Graph, site: Site, test: Node) -> Iterator[str]:
    name = str(test).rpartition("#")[2]
    requests = manifest.value(manifest.value(test, MF.action), HT.requests)
    replies = [
        (_send(manifest, site, each), manifest.value(each, HT.resp))
        for each in Collection(manifest, requests)
    ]
    if name.startswith("update_"):
        # All but the last only prepare the question what has changed.
        if replies[0][0].status != 403:
            yield f"an update is answered with {replies[0][0].status}"
        return
    for reply, expected in replies:
        statuses = {str(each)[-3] for each in manifest.objects(expected, MF.expectedStatus)}
        if str(reply.status)[0] not in statuses:
            yield f"{reply.status} is none of {sorted(statuses)}"
        expected_format = manifest.value(expected, MF.expectedFormat)
        if expected_format and reply.media_type not in FORMATS[str(expected_format)]:
            yield f"{reply.media_type} is not {expected_format}"
        truth = manifest.value(expected, MF.expectedBoolean)
        if truth is not None and json.loads(reply.text)["boolean"] is not truth.toPython():
            yield f"the answer is not {truth}"


def _send(manifest: Graph, site: Site, request: Node) -> Reply:
    headers = {}
    fields = manifest.value(request, HT.headers)
    for field in Collection(manifest, fields) if fields else ():
        name = manifest.value(field, HT.fieldName)
        headers[str(name)] = str(manifest.value(field, HT.fieldValue))
    body = b""
    content = manifest.value(request, HT.body)
    if content is not None:
        encoding = str(manifest.value(content, CNT.characterEncoding))
        body = str(manifest.value(content, CNT.chars)).encode(encoding)
    path = str(manifest.value(request, HT.absolutePath)).replace("/sparql/", "/sparql", 1)
    return site.request(str(manifest.value(request, HT.methodName)), path, headers, body)
