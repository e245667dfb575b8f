"""Resources: `/id/...` names a thing and points to its document, `/doc/...` is that document.

See "Cool URIs for the Semantic Web" (W3C note), 4.2, and RFC 9110, 12.1 and 15.4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request

from publisher.formats import form_by_suffix
from server import descriptions, graphs, pages, serialization
from server.addresses import candidate_iris, here, requested_path, uri
from server.caching import REVALIDATE, check_preconditions, validated
from server.descriptions import Standing
from server.links import (
    Link,
    alternates,
    license_link,
    link_header,
    page_links,
    page_number,
    public_address,
)
from server.negotiation import DOCUMENT_FORMS, document_form
from server.problems import Problem, not_acceptable, not_found
from server.service import current_service, rendered

blueprint = Blueprint("resources", __name__)


@dataclass(frozen=True)
class Document:
    """The document about one thing: its path without a suffix, and the suffix asked for."""

    standing: Standing
    path: str
    suffix: str | None


@blueprint.get("/id/<path:name>")
def thing(name: str) -> Response:  # noqa: ARG001  (read undecoded instead)
    """Answer for the thing itself: 303 to the document about it, in the form asked for."""
    path = requested_path()
    standing = _locate(path)
    if standing is None:
        return graphs.list_redirect(path) or _without_slash(path) or _unknown(path)
    document = Document(standing, _document_path(standing), None)
    if standing.withdrawn:
        return _withdrawn(document)
    form = _wanted_form(document)
    location = document.path if form == "html" else f"{document.path}.{form}"
    response = Response(status=303, headers={"Location": here(location)})
    response.headers["Link"] = link_header(
        [Link(here(document.path), "describedby"), license_link()]
    )
    response.headers["Vary"] = "Accept"
    response.headers["Cache-Control"] = REVALIDATE
    return response


@blueprint.get("/doc/<path:name>")
def document(name: str) -> Response:  # noqa: ARG001
    """Answer with the description of a thing: negotiated, or in the form that the suffix names."""
    path = requested_path()
    found = _find(path)
    if found is None:
        return graphs.list_redirect(path) or _without_slash(path) or _unknown(path)
    if found.standing.withdrawn:
        return _withdrawn(found)
    page = page_number(found.standing.pages)
    form = found.suffix or _wanted_form(found)
    vary = None if found.suffix else "Accept"
    check_preconditions(form, vary=vary)
    response = validated(_representation(found, form, page), form, vary=vary)
    query = f"?page={page}" if page > 1 else ""
    if not found.suffix:
        response.headers["Content-Location"] = here(f"{found.path}.{form}{query}")
    response.headers["Link"] = link_header(_links(found, page, query))
    return response


def _find(path: str) -> Document | None:
    """Find the document at a path: its last suffix names a form, unless a thing is called so."""
    thing_path = "/id/" + path.removeprefix("/doc/")
    stem, dot, suffix = thing_path.rpartition(".")
    if dot and suffix in DOCUMENT_FORMS:
        standing = _locate(stem)
        if standing is not None:
            return Document(standing, _document_path(standing), suffix)
    standing = _locate(thing_path)
    return None if standing is None else Document(standing, _document_path(standing), None)


def _locate(path: str) -> Standing | None:
    """Return the standing of the first of the IRIs that a path may mean and that is known."""
    for iri in candidate_iris(current_service().release.iris, path):
        standing = descriptions.standing(iri)
        if standing is not None:
            return standing
    return None


def _document_path(standing: Standing) -> str:
    path = current_service().release.iris.document_path(standing.iri)
    if path is None:
        raise ValueError(f"{standing.iri} is not the IRI of a thing")
    return path


def _wanted_form(document: Document) -> str:
    form = document_form(request.headers.get("Accept"))
    if form is None:
        raise not_acceptable({link.type or "": link.href for link in alternates(document.path)})
    return form


def _representation(document: Document, suffix: str, page: int) -> Response:
    standing = document.standing
    form = form_by_suffix(suffix)

    def make() -> bytes | str:
        triples = descriptions.describe(standing.iri, page)
        if form is None:
            return pages.thing_page(standing, triples, page)
        return serialization.document(triples, form)

    return Response(rendered((standing.iri, suffix, page), make), mimetype=DOCUMENT_FORMS[suffix])


def _links(document: Document, page: int, query: str) -> list[Link]:
    iri = document.standing.iri
    links = [
        Link(iri, "describes"),
        Link(iri, "cite-as"),
        Link(public_address(document.path), "canonical"),
        license_link(),
        *_collection_link(document.standing),
        *alternates(document.path, query),
    ]
    current = document.path + (f".{document.suffix}" if document.suffix else "")
    return links + page_links(current, page, document.standing.pages)


def _collection_link(standing: Standing) -> list[Link]:
    path = current_service().release.iris.path(standing.graph) if standing.graph else None
    return [] if path is None else [Link(here(path), "collection")]


def _withdrawn(document: Document) -> Response:
    """Answer for a thing that was withdrawn: 301 to its successor, or 410."""
    standing = document.standing
    iris = current_service().release.iris
    if standing.successor is None:
        raise Problem(
            410, "withdrawn", "Withdrawn", f"{standing.iri} was withdrawn, and nothing replaces it."
        )
    asked_for_thing = request.path.startswith("/id/")
    path = (
        iris.path(standing.successor)
        if asked_for_thing
        else iris.document_path(standing.successor, document.suffix)
    )
    location = here(path) if path else uri(standing.successor)
    return Response(status=301, headers={"Location": location, "Cache-Control": REVALIDATE})


def _without_slash(path: str) -> Response | None:
    """Redirect to the same path without its last slash if something is there."""
    shorter = path.rstrip("/")
    if shorter == path or (_locate(shorter) if path.startswith("/id/") else _find(shorter)) is None:
        return None
    return Response(status=301, headers={"Location": here(shorter)})


def _unknown(path: str) -> Response:
    raise not_found(f"Nothing is known of {current_service().release.iris.iri(path)}.")
