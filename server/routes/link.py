"""`/link`: how to link to what is here, with examples that work as they stand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from flask import Blueprint, Response, render_template

from server.http.addresses import here, uri
from server.http.caching import check_preconditions, validated
from server.http.links import license_link, link_header
from server.http.negotiation import HTML
from server.search.index import current_index
from server.service import current_service, rendered

blueprint = Blueprint("link", __name__)

SHELL, PYTHON, SPARQL, R = "sh", "python", "sparql", "r"


@dataclass(frozen=True)
class Example:
    """A few lines to copy: in which language they are, and what runs them."""

    id: str
    title: str
    language: str
    text: str


@dataclass(frozen=True)
class _Shown:
    """What the examples are about: a thing, a name of it, and an address of something elsewhere."""

    iri: str
    name: str
    class_: str
    elsewhere: str | None


@blueprint.get("/link")
def link() -> Response:
    """Answer with the page."""
    check_preconditions("link")
    body = rendered("link", _page)
    response = Response(body, mimetype=HTML)
    response.headers["Link"] = link_header([license_link()])
    return validated(response, "link")


def _page() -> str:
    service = current_service()
    shown = _shown()
    examples = {example.id: example for example in _examples(shown)}
    return render_template(
        "link.html",
        shown=shown,
        examples=examples,
        endpoint=_address("/reconcile"),
        lookup=here("/lookup") + f"?iri={quote(shown.elsewhere or shown.iri, safe='')}",
        curie=service.presentation.prefixes.shorten(shown.iri),
    )


def _address(path: str) -> str:
    return current_service().release.publication.address(path)


_THING: Final = (
    "SELECT thing.id, iri, name, (SELECT value FROM address WHERE thing = thing.id"
    " AND strength = 'identity' ORDER BY key LIMIT 1) AS elsewhere,"
    " (SELECT min(class) FROM kind WHERE kind.thing = thing.id AND direct) AS class"
    " FROM thing ORDER BY behind, elsewhere IS NULL, pointing DESC, iri LIMIT 1"
)


def _shown() -> _Shown:
    """Return the thing that most others point at, one that is known elsewhere if there is any."""
    rows: list[Any] = current_index().rows(_THING)
    if not rows:
        base = current_service().release.iris.base
        return _Shown(base, base, base, None)
    row = rows[0]
    return _Shown(row["iri"], row["name"], row["class"], row["elsewhere"])


def _examples(shown: _Shown) -> list[Example]:
    iris = current_service().release.iris
    thing = _address(iris.path(shown.iri) or "/")
    document = _address(iris.document_path(shown.iri) or "/")
    endpoint = _address("/sparql")
    name = json.dumps({"q0": {"query": shown.name, "limit": 3}}, ensure_ascii=False)
    quoted = uri(shown.elsewhere or shown.iri)
    query = f"SELECT ?property ?value {{ <{shown.iri}> ?property ?value }} LIMIT 20"
    return [
        Example("curl", "curl", SHELL, f"curl -sL -H 'Accept: text/turtle' '{uri(thing)}'"),
        Example("curl-suffix", "curl, fixed form", SHELL, f"curl -s '{uri(document)}.jsonld'"),
        Example(
            "curl-lookup",
            "curl",
            SHELL,
            f"curl -sG '{_address('/lookup')}' --data-urlencode 'iri={quoted}'",
        ),
        Example(
            "curl-reconcile",
            "curl",
            SHELL,
            f"curl -s '{_address('/reconcile')}' --data-urlencode '"
            + "queries="
            + name.replace("'", "'\\''")
            + "'",
        ),
        Example(
            "curl-search",
            "curl",
            SHELL,
            f"curl -sG -H 'Accept: application/json' '{_address('/search')}'"
            f" --data-urlencode 'q={shown.name.replace(chr(39), '')}'",
        ),
        Example(
            "rdflib",
            "Python, rdflib",
            PYTHON,
            "from rdflib import Graph, URIRef\n\n"
            f'graph = Graph().parse("{uri(document)}.ttl")\n'
            f'thing = URIRef("{shown.iri}")\n'
            "for property, value in graph.predicate_objects(thing):\n"
            "    print(property, value)",
        ),
        Example(
            "sparqlwrapper",
            "Python, SPARQLWrapper",
            PYTHON,
            "from SPARQLWrapper import JSON, SPARQLWrapper\n\n"
            f'endpoint = SPARQLWrapper("{endpoint}")\n'
            "endpoint.setReturnFormat(JSON)\n"
            f'endpoint.setQuery("""{query}""")\n'
            'for row in endpoint.queryAndConvert()["results"]["bindings"]:\n'
            '    print(row["property"]["value"], row["value"]["value"])',
        ),
        Example(
            "federated",
            "SPARQL, from another engine",
            SPARQL,
            "SELECT ?property ?value {\n"
            f"  SERVICE <{endpoint}> {{ <{shown.iri}> ?property ?value }}\n"
            "}",
        ),
        Example(
            "r",
            "R",
            R,
            "library(httr2)\n\n"
            f'answer <- request("{endpoint}") |>\n'
            f'  req_url_query(query = "{query}") |>\n'
            '  req_headers(Accept = "text/csv") |>\n'
            "  req_perform()\n"
            "read.csv(text = resp_body_string(answer))",
        ),
    ]
