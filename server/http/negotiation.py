"""Content negotiation: which of the forms on offer an `Accept` header asks for (RFC 9110, 12.5.1).

Werkzeug splits the header; the choice is made here, because Werkzeug drops ranges that real clients
send (`*/*; q=.2`, which is what Java sends unasked) and refuses a plain offer for a range with a
parameter (`text/turtle;charset=utf-8`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request
from werkzeug.http import parse_list_header, parse_options_header

from publisher.formats import RDF_FORMS

HTML = "text/html"
JSON = "application/json"

#: Suffix and media type of each form of a document, in order of preference. TriG and N-Quads are
#: left out: a document is one graph.
DOCUMENT_FORMS: Mapping[str, str] = {
    "html": HTML,
    **{form.suffix: form.media_type for form in RDF_FORMS if form.suffix not in ("trig", "nq")},
}

#: Older names that clients still send, and the form they mean.
_ALIASES: Mapping[str, str] = {
    "*": "*/*",
    "application/xhtml+xml": HTML,
    "application/x-turtle": "text/turtle",
}
#: Forms that documents do not come in, and the one that a reader of such a form can read too: N3
#: and TriG hold all of Turtle, and RDF/XML is XML. They count where the client would have nothing,
#: or where only a wildcard would let it have the page (rdflib asks so for N-Triples).
_NEAR: Mapping[str, str] = {
    "application/trig": "text/turtle",
    "text/n3": "text/turtle",
    "text/rdf+n3": "text/turtle",
    "application/n-quads": "application/n-triples",
    "text/plain": "application/n-triples",
    "application/xml": "application/rdf+xml",
    "text/xml": "application/rdf+xml",
    JSON: "application/ld+json",
}
MEDIA_TYPE_ARGUMENT = "_mediatype"
#: A longer header is passed over (RFC 9110, 12.4.1 leaves that to the server), in characters.
_LONGEST = 8 * 1024
#: Programs send the same header with each request: for this many, what it comes to is kept.
_REMEMBERED = 256
_NAME = r"[!#$%&'*+.^_`|~0-9a-z-]+"
_MEDIA_TYPE = re.compile(rf"({_NAME})/({_NAME})")
_QUALITY = re.compile(r"0(\.[0-9]*)?|\.[0-9]+|1(\.0*)?")


@dataclass(frozen=True)
class _MediaRange:
    """One element of the header, or one offer."""

    type: str
    subtype: str
    parameters: frozenset[tuple[str, str]]
    quality: float = 1.0

    def closeness(self, offer: _MediaRange) -> int:
        """How closely this range names the offer: 0 not at all, 1 `*/*`, 2 `text/*`, else more.

        A parameter that the offer does not carry is passed over, so that a client which asks for a
        charset or a profile gets the plain form rather than nothing; such a range with `q=0`
        refuses that profile, not the plain form.
        """
        if self.type == "*":
            return 1 if self.subtype == "*" else 0
        if self.type != offer.type:
            return 0
        if self.subtype == "*":
            return 2
        if self.subtype != offer.subtype:
            return 0
        if self.parameters <= offer.parameters:
            return 4 + len(self.parameters)
        return 3 if self.quality > 0 else 0


def negotiate(accept_header: str | None, offers: Sequence[str]) -> str | None:
    """Return the media type among `offers` that the client likes best, or None if it accepts none.

    The highest quality wins, then the range that names the offer most closely, then the order of
    `offers`. A header that is absent or has no readable range accepts everything.
    """
    return _negotiate(_readable(accept_header), tuple(offers))


def asked_for() -> str | None:
    """Return what the current request says of the forms of a document that it wants.

    That is `_mediatype` in the query, which links can carry, else the field `Accept`
    (Content Negotiation by Profile, 7.2).
    """
    # A plus sign that nobody escaped has become a space.
    named = request.args.get(MEDIA_TYPE_ARGUMENT, "").strip().replace(" ", "+")
    return named or request.headers.get("Accept")


def document_form(
    accept_header: str | None, forms: Mapping[str, str] = DOCUMENT_FORMS
) -> str | None:
    """Return the suffix of the document form that the client likes best, or None.

    `forms` has the media types on offer by suffix.
    """
    chosen = negotiate(accept_header, tuple(forms.values()))
    if chosen is None or (chosen == HTML and not _names_html(_readable(accept_header))):
        chosen = _near(_readable(accept_header)) or chosen
    return next((suffix for suffix, media in forms.items() if media == chosen), None)


def prefers_html(accept_header: str | None) -> bool:
    """Whether the client is a browser: it names HTML, and nothing that it likes better.

    A wildcard does not count, since programs send it.
    """
    return _prefers_html(_readable(accept_header))


def _readable(header: str | None) -> str:
    # Splitting takes time that grows with the square of the length.
    return header if header and len(header) <= _LONGEST else ""


@functools.lru_cache(_REMEMBERED)
def _negotiate(accept_header: str, offers: tuple[str, ...]) -> str | None:
    ranges = _media_ranges(accept_header)
    if not ranges:
        return offers[0] if offers else None
    best = (0.0, 0)
    chosen: str | None = None
    for offer in offers:
        quality, closeness = _preference(ranges, offer)
        if quality > 0 and (quality, closeness) > best:
            best, chosen = (quality, closeness), offer
    return chosen


@functools.lru_cache(_REMEMBERED)
def _names_html(accept_header: str) -> bool:
    return _preference(_media_ranges(accept_header), HTML)[1] > 2


@functools.lru_cache(_REMEMBERED)
def _near(accept_header: str) -> str | None:
    """Return the form that a reader of what the header names can read as well, or None."""
    ranges = sorted(_media_ranges(accept_header), key=lambda each: -each.quality)
    names = [f"{each.type}/{each.subtype}" for each in ranges if each.quality > 0]
    found = [_NEAR[name] for name in names if name in _NEAR]
    return next((each for each in found if not _refused(ranges, each)), None)


@functools.lru_cache(_REMEMBERED)
def _prefers_html(accept_header: str) -> bool:
    ranges = _media_ranges(accept_header)
    quality, closeness = _preference(ranges, HTML)
    return closeness > 2 and quality > 0 and all(each.quality <= quality for each in ranges)


def _refused(ranges: Sequence[_MediaRange], offer: str) -> bool:
    quality, closeness = _preference(ranges, offer)
    return closeness > 0 and quality == 0


def _preference(ranges: Sequence[_MediaRange], offer: str) -> tuple[float, int]:
    """Quality of an offer and how closely it was named: the closest range decides."""
    offered = _media_range(offer)
    if offered is None:
        raise ValueError(f"not a media type: {offer!r}")
    closeness, quality = max(
        ((each.closeness(offered), each.quality) for each in ranges), default=(0, 0.0)
    )
    return (quality, closeness) if closeness else (0.0, 0)


def _media_ranges(header: str) -> list[_MediaRange]:
    ranges = map(_media_range, parse_list_header(header))
    return [each for each in ranges if each is not None]


def _media_range(item: str) -> _MediaRange | None:
    """Read one element, or return None where it is not a media range with a usable quality."""
    name, options = parse_options_header(item)
    name = _ALIASES.get(name.lower(), name.lower())
    match = _MEDIA_TYPE.fullmatch(name)
    quality = options.pop("q", "1").strip()
    if match is None or not _QUALITY.fullmatch(quality):
        return None
    parameters = frozenset((key, value) for key, value in options.items())
    return _MediaRange(match[1], match[2], parameters, float(quality))
