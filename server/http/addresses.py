"""Addresses: from the path of a request to the IRIs it may mean, and from an IRI to a local link.

An IRI is compared character by character, so a path must be read as the client spelled it: once a
server has decoded it, `%2F` and `/` look the same. WSGI servers that pass the request line on are
taken at their word if it agrees with the decoded path; for the others every spelling that decodes
to the same path is tried.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

from flask import request

from publisher.iri import IriSpace
from server.http.problems import Problem

#: What RFC 3986 allows in a path as it stands, besides letters and digits.
_PATH_SAFE = "/:@!$&'()*+,;=~-._"
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
#: `ucschar` of RFC 3987: what an IRI may hold unescaped beyond ASCII.
_IRI_CHARACTER = re.compile(
    "[\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U0001fffd\U00020000-\U0002fffd"
    "\U00030000-\U0003fffd\U000e1000-\U000efffd]"
)


def requested_path() -> str:
    """Return the path of the current request, percent-encoded, without the mount point.

    Raises Problem 400 where it is not UTF-8 or has a broken escape.
    """
    return _requested_path(request.environ)


def candidate_iris(iris: IriSpace, path: str) -> tuple[str, ...]:
    """Return the IRIs that a request for `path` (percent-encoded) may mean, likeliest first.

    They are the path as spelled; with escapes in their normal form (RFC 3986, 6.2.2); with only
    those escapes that a path needs; and with slashes inside the slug escaped: each of them also
    with letters beyond ASCII written out (RFC 3987).
    """
    plain = quote(unquote_to_bytes(path), safe=_PATH_SAFE)
    head, slug = _split_slug(plain)
    spellings = [path, _normalized(path, iri=False), plain, head + slug.replace("/", "%2F")]
    spellings += map(written_out, spellings.copy())
    return tuple(dict.fromkeys(map(iris.iri, spellings)))


def local_link(iris: IriSpace, iri: str) -> str | None:
    """Return the link to what this server has on an IRI, or None if the IRI is not ours.

    For a thing that is the document about it, which saves the reader the detour over the 303.
    """
    path = iris.document_path(iri) or iris.path(iri)
    return None if path is None else here(path)


def here(path: str) -> str:
    """Return a path as a link from this mount point, ready for a header."""
    return uri(request.script_root + path)


def uri(iri: str) -> str:
    """Return an IRI or path as a URI for a header: what is not ASCII is percent-encoded, once."""
    return quote(iri, safe=_PATH_SAFE + "%#?[]")


def _requested_path(environ: Mapping[str, Any]) -> str:
    mount = environ.get("SCRIPT_NAME", "")
    decoded = environ.get("PATH_INFO", "").encode("latin-1")
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    path = _path_of(target)
    if path is None or unquote_to_bytes(path) != mount.encode("latin-1") + decoded:
        path = quote(decoded, safe=_PATH_SAFE)
    else:
        below = _without(mount.encode("latin-1"), path)
        path = quote(below.encode("latin-1"), safe=_PATH_SAFE + "%")
    if _BROKEN_ESCAPE.search(path):
        raise _bad_path("a '%' in the path is not followed by two hexadecimal digits")
    try:
        decoded.decode("utf-8")
    except UnicodeDecodeError:
        raise _bad_path("the path does not decode to UTF-8 text") from None
    return path


def _without(mount: bytes, path: str) -> str:
    """Cut off what of a path decodes to the mount point, however it is spelled."""
    at = 0
    for _ in mount:
        at += 3 if path[at] == "%" else 1
    return path[at:]


def _bad_path(fault: str) -> Problem:
    return Problem(400, "bad-path", "Broken address", f"The address cannot be read: {fault}.")


def _path_of(target: str) -> str | None:
    """Path of a request target, which may be in absolute form (RFC 9112, 3.2.2)."""
    if target.startswith("/"):
        return target.partition("?")[0]
    try:
        return urlsplit(target).path or None
    except ValueError:
        return None


def _split_slug(path: str) -> tuple[str, str]:
    """Split `/id/collection/slug` after the second segment."""
    parts = path.split("/", 3)
    return ("/".join(parts[:3]) + "/", parts[3]) if len(parts) == 4 else (path, "")


def written_out(iri: str) -> str:
    """Return an IRI with the escapes that it does not need as characters (RFC 3987, 3.2)."""
    return _normalized(iri, iri=True)


def _normalized(path: str, *, iri: bool) -> str:
    return _ESCAPES.sub(lambda match: _normal(match[0], iri=iri), path)


def _normal(escapes: str, *, iri: bool) -> str:
    """Write a run of escapes with unreserved characters plain and the digits in capitals."""
    octets = unquote_to_bytes(escapes)
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return escapes.upper()
    return "".join(
        character
        if character.isascii() and (character.isalnum() or character in "-._~")
        else character
        if iri and _IRI_CHARACTER.fullmatch(character)
        else quote(character, safe="")
        for character in text
    )
