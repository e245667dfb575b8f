"""The choice of a form by `Accept` (RFC 9110, 12.5.1)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.http.negotiation import DOCUMENT_FORMS, document_form, negotiate, prefers_html

OFFERS = ("text/html", "text/turtle", "application/ld+json", "application/rdf+xml")


def test_an_endless_header_is_passed_over() -> None:
    began = time.monotonic()
    assert negotiate("text/turtle," + "a/b;c=d," * 30_000, OFFERS) == "text/html"
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "text/html"),
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/turtle", "text/turtle"),
        ("TEXT/Turtle", "text/turtle"),
        ("text/*", "text/html"),
        ("application/*", "application/ld+json"),
        ("image/png", None),
        # quality decides, then closeness, then our order
        ("text/turtle;q=0.5, application/ld+json", "application/ld+json"),
        ("text/turtle, application/ld+json", "text/turtle"),
        ("application/ld+json, text/turtle", "text/turtle"),
        ("*/*, text/turtle", "text/turtle"),
        ("text/*, application/rdf+xml", "application/rdf+xml"),
        ("*/*;q=0.1, text/*;q=0.2, application/rdf+xml;q=0.15", "text/html"),
        # the closest range speaks for an offer, not the kindest
        ("text/html;q=0.1, */*;q=0.9", "text/turtle"),
        ("text/html;q=0, text/*", "text/turtle"),
        ("*/*;q=0", None),
        ("text/turtle;q=0", None),
        ("text/turtle;q=0.000", None),
        ("*/*, text/html;q=0, text/turtle;q=0", "application/ld+json"),
        # parameters that are not on offer
        ("text/turtle;charset=utf-8", "text/turtle"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', OFFERS[2]),
        ('application/ld+json;profile="a,b;c";q=0.3, text/turtle;q=0.2', OFFERS[2]),
        ("text/html;level=1, text/html;q=0.2, text/turtle;q=0.5", "text/turtle"),
        ("text/turtle;version=1.2;q=0, */*", "text/html"),
        # odd, but sent or at least legal
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "text/html"),
        ("image/gif, *; q=.2", "text/html"),
        ("text/turtle ; q=1.0 , text/html ; q=0.9", "text/turtle"),
        ("text/turtle;Q=0.1,text/html;q=0.05", "text/turtle"),
        (",,text/turtle,", "text/turtle"),
        ("application/x-turtle", "text/turtle"),
        ("application/xhtml+xml", "text/html"),
        # what cannot be read is passed over
        ("nonsense", "text/html"),
        ("text/turtle;q=high, application/ld+json", "application/ld+json"),
        ("text/html;q=1.5, text/turtle", "text/turtle"),
        ("*/turtle, text/turtle;q=0.1", "text/turtle"),
        ('"unclosed', "text/html"),
    ],
)
def test_chooses(accept: str | None, chosen: str | None) -> None:
    assert negotiate(accept, OFFERS) == chosen


#: What clients send unasked, and the form of a document they are to get.
CLIENTS = {
    "Firefox": ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
    "Chromium": (
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
        "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
        "html",
    ),
    "curl": ("*/*", "html"),
    "rdflib": (
        "text/turtle, application/x-turtle, application/rdf+xml;q=0.9, text/n3;q=0.8, "
        "application/n-triples;q=0.7, */*;q=0.1",
        "ttl",
    ),
    "rdflib 7.6": (
        "application/rdf+xml, text/n3, text/turtle, application/n-triples, application/ld+json, "
        "application/n-quads, application/trix, application/trig",
        "ttl",
    ),
    "rdflib 7.6, format='turtle'": ("text/turtle, application/x-turtle, */*;q=0.1", "ttl"),
    "rdflib 7.6, format='xml'": ("application/rdf+xml, */*;q=0.1", "rdf"),
    "rdflib 7.6, format='nt'": ("text/plain, */*;q=0.1", "nt"),
    "rdflib 7.6, format='trig'": ("application/trig, */*;q=0.1", "ttl"),
    "rdflib 7.6, format='json-ld'": (
        "application/ld+json, application/json;q=0.9, */*;q=0.1",
        "jsonld",
    ),
    "Jena 2": (
        "application/rdf+xml, application/xml; q=0.8, text/xml; q=0.7, application/rss+xml; q=0.3, "
        "*/*; q=0.2",
        "rdf",
    ),
    "Protégé 5 (OWL API)": (
        "application/rdf+xml, application/xml; q=0.5, text/xml; q=0.3, */*; q=0.2",
        "rdf",
    ),
    "Googlebot": (
        "text/html,application/xhtml+xml,application/signed-exchange;v=b3,application/xml;q=0.9,"
        "*/*;q=0.8",
        "html",
    ),
    "bingbot": ("*/*", "html"),
    "Safari": ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
    "wget": ("*/*", "html"),
    "Python urllib": (None, "html"),
    "rapper": (
        "application/rdf+xml, text/rdf;q=0.6, text/turtle;q=0.9, application/x-turtle;q=0.8, "
        "application/n-triples;q=0.7, */*;q=0.1",
        "rdf",
    ),
    "Jena": (
        "text/turtle,application/n-triples;q=0.9,application/ld+json;q=0.8,"
        "application/rdf+xml;q=0.7,*/*;q=0.3",
        "ttl",
    ),
    "OWL API": (
        "application/rdf+xml, application/xml; q=0.7, text/xml; q=0.6, text/plain; q=0.1, "
        "*/*; q=0.09",
        "rdf",
    ),
    "Java": ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "html"),
    "Comunica": (
        "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,"
        "application/n-triples;q=0.8,text/turtle;q=0.6,application/rdf+xml;q=0.5,text/html;q=0.2",
        "jsonld",
    ),
}


@pytest.mark.parametrize(
    ("accept", "suffix"),
    [
        ("text/n3", "ttl"),
        ("text/rdf+n3;q=0.5", "ttl"),
        ("application/trig", "ttl"),
        ("application/n-quads", "nt"),
        ("application/xml", "rdf"),
        ("text/xml, text/n3;q=0.9", "rdf"),
        ("application/json", "jsonld"),
        ("application/json, text/plain, */*", "jsonld"),
        ("application/xml, text/turtle;q=0.1", "ttl"),
        ("text/n3, text/turtle;q=0", None),
        ("text/n3, text/turtle;q=0, */*;q=0.1", "html"),
        ("text/n3;q=0", None),
        ("image/png", None),
    ],
)
def test_the_nearest_form(accept: str, suffix: str | None) -> None:
    assert document_form(accept) == suffix


@pytest.mark.parametrize("client", CLIENTS)
def test_real_clients(client: str) -> None:
    accept, suffix = CLIENTS[client]
    assert document_form(accept) == suffix


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        (CLIENTS["Firefox"][0], True),
        (CLIENTS["Chromium"][0], True),
        ("text/html", True),
        (None, False),
        ("*/*", False),
        ("text/*", False),
        ("text/turtle, text/html;q=0.1", False),
        ("text/html;q=0", False),
        (CLIENTS["Comunica"][0], False),
    ],
)
def test_problems_are_pages_for_browsers_only(accept: str | None, answer: bool) -> None:
    assert prefers_html(accept) is answer


def test_an_offer_must_be_a_media_type() -> None:
    with pytest.raises(ValueError, match="not a media type"):
        negotiate("*/*", ["html"])


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(list('a/*;,q=.0" \\')), max_size=60).map("".join)
)
def test_no_header_breaks_it(accept: str) -> None:
    assert negotiate(accept, OFFERS) in (*OFFERS, None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*DOCUMENT_FORMS.values(), "*/*", "text/*"]), st.integers(0, 1000)
        ),
        min_size=1,
        max_size=6,
    )
)
def test_never_chooses_what_was_refused(wanted: list[tuple[str, int]]) -> None:
    header = ", ".join(f"{name};q={quality / 1000:.3f}" for name, quality in wanted)
    refused = {name for name, quality in wanted if quality == 0}
    kind = {name for name, quality in wanted if quality > 0}
    chosen = negotiate(header, tuple(DOCUMENT_FORMS.values()))
    if chosen is not None:
        assert chosen not in refused - kind
