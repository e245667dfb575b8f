"""Links of the documents of a version, as they are rewritten."""

from __future__ import annotations

import pytest
from flask import Flask, Response, request

from server.versions import links


def shown(body: str, mimetype: str = "text/html", mount: str = "", **headers: str) -> Response:
    """Return what becomes of an answer of version 1.0.0."""
    app = Flask(__name__)
    environ = links.hide({"SCRIPT_NAME": mount, "PATH_INFO": "/doc/x"}, "1.0.0")
    with app.test_request_context(environ_overrides=dict(environ)):
        assert request.script_root == f"{mount}/~1.0.0~"
        response = Response(body, mimetype=mimetype)
        response.headers.update(headers)
        return links.show(response)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/doc/a/b", "/doc/a/b?version=1.0.0"),
        ("/doc/a/b.ttl", "/doc/a/b.ttl?version=1.0.0"),
        ("/doc/a/b?page=2", "/doc/a/b?version=1.0.0&amp;page=2"),
        ("/graph/a?x=1&amp;y=2#top", "/graph/a?version=1.0.0&amp;x=1&amp;y=2#top"),
        ("/ontology#Term", "/ontology?version=1.0.0#Term"),
        ("/doc/a/o&#39;neil", "/doc/a/o&#39;neil?version=1.0.0"),
        ("/doc/a/a%2Fb", "/doc/a/a%2Fb?version=1.0.0"),
        ("/void.html", "/void.html?version=1.0.0"),
        ("/sparql?draft=x", "/sparql?draft=x"),
        ("/search", "/search"),
        ("/dumps/", "/dumps/"),
        ("/static/style.css?v=1", "/static/style.css?v=1"),
        ("/", "/"),
        ("/documents", "/documents"),
    ],
)
@pytest.mark.parametrize("mount", ["", "/kg"])
def test_links_of_pages(link: str, expected: str, mount: str) -> None:
    reply = shown(f'<a href="{mount}/~1.0.0~{link}">x</a>', mount=mount)
    assert reply.get_data(as_text=True) == f'<a href="{mount}{expected}">x</a>'


def test_header_fields() -> None:
    reply = shown(
        "", Link='</~1.0.0~/doc/a/b?page=2>; rel="next", <https://x.example/>; rel="type"'
    )
    assert reply.headers["Link"] == (
        '</doc/a/b?version=1.0.0&page=2>; rel="next", <https://x.example/>; rel="type"'
    )
    assert shown("", Location="/~1.0.0~/doc/a/b").headers["Location"] == "/doc/a/b?version=1.0.0"


def test_words_of_problems() -> None:
    """The stop at the end of a sentence is no part of the address."""
    reply = shown('{"detail": "See /~1.0.0~/ontology."}', "application/problem+json")
    assert reply.get_data(as_text=True) == '{"detail": "See /ontology?version=1.0.0."}'


def test_forms_send_the_version() -> None:
    field = '<input type="hidden" name="version" value="1.0.0">'
    form = '<form class="x" action="/~1.0.0~{}" method="get">'
    kept = shown(form.format("/graph/a")).get_data(as_text=True)
    assert kept.endswith(f'method="get">{field}')
    assert field not in shown(form.format("/search")).get_data(as_text=True)


def test_rdf_is_left_alone() -> None:
    """Its IRIs are the canonical ones; what looks like a link of ours is data."""
    assert shown("</~1.0.0~/doc/a>", "text/turtle").get_data(as_text=True) == "</~1.0.0~/doc/a>"
