"""Our own addresses: which of our things somebody means who has its IRI or an address of its page.

A thing is known by its IRI, by the document about it in any form, on the base or on the host that
is asked, and by the IRIs of what was merged into it.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import has_request_context, request

from publisher.iri import IriSpace
from server.http.addresses import candidate_iris
from server.search.index import Index
from server.service import current_service

#: The longest suffix of a document has so many parts (`.linkset.json`).
_SUFFIX_PARTS = 2


def things_meant(
    index: Index, iris: IriSpace, texts: Iterable[str], *, relative: bool = False
) -> dict[str, str]:
    """Return the IRI of the thing that each text means; what means none of ours is left out.

    With `relative` an IRI may come without what the IRIs of all things begin with.
    """
    roots = _roots(iris)
    spellings = {text: _spellings(text, iris, roots, relative=relative) for text in texts}
    wanted = {iri for every in spellings.values() for iri in every}
    known = {
        row["iri"]: row["iri"]
        for row in index.rows_for("SELECT iri FROM thing WHERE iri IN ({})", wanted)
    }
    merged = index.rows_for(
        "SELECT iri, successor FROM merged WHERE iri IN ({})", wanted - {*known}
    )
    known |= {row["iri"]: row["successor"] for row in merged}
    found = {
        text: next((known[iri] for iri in every if iri in known), None)
        for text, every in spellings.items()
    }
    return {text: iri for text, iri in found.items() if iri is not None}


def _roots(iris: IriSpace) -> list[str]:
    """Return what addresses of ours begin with, without their scheme."""
    roots = [iris.base]
    if has_request_context():
        roots += [current_service().release.publication.address("/"), request.url_root]
    return [_schemeless(root) for root in roots]


def _spellings(
    text: str, iris: IriSpace, roots: Iterable[str], *, relative: bool
) -> dict[str, None]:
    """Return the IRIs that a text may mean, likeliest first."""
    found = [text]
    if relative:
        found.append(iris.things + text)
    if text.startswith(("http://", "https://")):
        page = _schemeless(text.partition("#")[0].partition("?")[0])
        for root in roots:
            if page.startswith(root):
                for path in _paths("/" + page.removeprefix(root)):
                    found += candidate_iris(iris, path)
    return dict.fromkeys(found)


def _paths(path: str) -> list[str]:
    """Return the paths of the things that an address may be of, the longest first."""
    path = path.rstrip("/")
    if path.startswith("/id/"):
        return [path]
    if not path.startswith("/doc/"):
        return []
    thing = "/id/" + path.removeprefix("/doc/")
    found = [thing]
    for _ in range(_SUFFIX_PARTS):
        head, dot, suffix = found[-1].rpartition(".")
        if not dot or "/" in suffix:
            break
        found.append(head)
    return found


def _schemeless(address: str) -> str:
    return address.removeprefix("http://").removeprefix("https://")
