"""Resources: `/id/...` names a thing and points to its document, `/doc/...` is that document.

See "Cool URIs for the Semantic Web" (W3C note), 4.2, and RFC 9110, 12.1 and 15.4.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, Response, request

from publisher.formats import form_by_suffix
from server.documents import citations, descriptions, outlines, profiles, serialization, signposting
from server.documents.citations import CITATION_FORMS
from server.documents.descriptions import Standing
from server.documents.profiles import BY_PROFILE, OWN, SCHEMA_FORMS, SCHEMA_ORG
from server.documents.signposting import LINKSET_FORMS
from server.http.addresses import candidate_iris, here, requested_path, uri
from server.http.caching import REVALIDATE, check_preconditions, validated
from server.http.links import (
    Link,
    alternates,
    link_header,
    page_links,
    page_number,
    public_address,
)
from server.http.negotiation import DOCUMENT_FORMS, MEDIA_TYPE_ARGUMENT, asked_for, document_form
from server.http.problems import Problem, not_acceptable, not_found
from server.pages import rendering
from server.routes import graphs
from server.service import current_service, rendered
from server.versions.shelf import elsewhere

blueprint = Blueprint("resources", __name__)


#: Suffix and media type of every form that the document about a thing may come in.
_FORMS: Mapping[str, str] = {**DOCUMENT_FORMS, **CITATION_FORMS, **LINKSET_FORMS}


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
    profile, form = _wanted(document)
    location = document.path if form == "html" else f"{document.path}.{form}"
    if profile == SCHEMA_ORG:
        location += f"?_profile={SCHEMA_ORG}"
    response = Response(status=303, headers={"Location": here(location)})
    response.headers["Link"] = link_header(
        [
            Link(here(document.path), "describedby"),
            *signposting.thing_licenses(outlines.outline(standing.iri)),
            signposting.linkset_link(document.path),
        ]
    )
    response.vary.update(BY_PROFILE.split(", "))
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
    if found.suffix and found.suffix not in DOCUMENT_FORMS:
        return _extra(found, found.suffix)
    profile, form = _wanted(found)
    if form in CITATION_FORMS:
        return _extra(found, form)
    pages = 1 if profile == SCHEMA_ORG else found.standing.pages
    page = page_number(pages)
    vary = None if found.suffix else BY_PROFILE
    tag = form if profile == OWN else f"{form}-{profile}"
    queries = [f"page={page}"] if page > 1 else []
    queries += [f"_profile={profile}"] if profile != OWN else []
    query = f"?{'&'.join(queries)}" if queries else ""
    location = None if found.suffix else here(f"{found.path}.{form}{query}")
    check_preconditions(tag, vary=vary, location=location)
    response = validated(_representation(found, form, page, profile), tag, vary=vary)
    if location is not None:
        response.headers["Content-Location"] = location
    response.headers["Link"] = _link_field(found, form, page, pages)
    return profiles.marked(response, profile)


def _extra(document: Document, suffix: str) -> Response:
    """Answer with a citation or with the link set of a document."""
    outline = outlines.outline(document.standing.iri)
    work = citations.work(outline)
    if suffix in CITATION_FORMS and work is None:
        raise not_found(f"{document.standing.iri} is not a work that is cited.")
    vary = None if document.suffix else BY_PROFILE
    location = None if document.suffix else here(f"{document.path}.{suffix}")
    check_preconditions(suffix, vary=vary, location=location)
    if work is not None and suffix in CITATION_FORMS:
        body = citations.write(work, suffix)
    else:
        body = signposting.linkset(
            outline, document.path, _collection_address(document.standing, public_address)
        )
    response = Response(body, content_type=_FORMS[suffix])
    if suffix in ("bib", "ris"):
        response.headers["Content-Type"] += "; charset=utf-8"
    response = validated(response, suffix, vary=vary)
    if location is not None:
        response.headers["Content-Location"] = location
    links = [
        Link(here(document.path), "describes", "text/html"),
        Link(document.standing.iri, "cite-as"),
        Link(public_address(document.path), "canonical"),
        *signposting.metadata_licenses(outline),
    ]
    response.headers["Link"] = link_header(links)
    return response


def _find(path: str) -> Document | None:
    """Find the document at a path: its last suffix names a form, unless a thing is called so."""
    thing_path = "/id/" + path.removeprefix("/doc/")
    for suffix in _FORMS:
        if thing_path.endswith(f".{suffix}"):
            standing = _locate(thing_path.removesuffix(f".{suffix}"))
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


def _wanted(document: Document) -> tuple[str, str]:
    """Return profile and suffix of what the request asks for. Raises Problem 406."""
    profile = OWN
    if document.suffix is None or "_profile" in request.args:
        profile = profiles.wanted()
    if profile == SCHEMA_ORG:
        form = profiles.schema_form(document.suffix)
        if form is None:
            query = f"?_profile={SCHEMA_ORG}"
            raise not_acceptable(
                {
                    media: here(f"{document.path}.{suffix}{query}")
                    for suffix, media in SCHEMA_FORMS.items()
                },
                vary=BY_PROFILE,
            )
        return profile, form
    if document.suffix is not None:
        return profile, document.suffix
    return profile, _wanted_form(document)


def _wanted_form(document: Document) -> str:
    accept = asked_for()
    form = document_form(accept, {**DOCUMENT_FORMS, **CITATION_FORMS})
    if form in CITATION_FORMS and citations.work(outlines.outline(document.standing.iri)) is None:
        form = document_form(accept)
    if form is None:
        offers = {link.type or "": link.href for link in alternates(document.path)}
        raise not_acceptable(offers, vary=BY_PROFILE)
    return form


def _representation(document: Document, suffix: str, page: int, profile: str) -> Response:
    standing = document.standing
    form = form_by_suffix(suffix)

    def make() -> bytes | str:
        if profile == SCHEMA_ORG:
            found = profiles.schema_triples(outlines.outline(standing.iri))
            return profiles.schema_document(found, suffix)
        triples = descriptions.describe(standing.iri, page)
        if form is None:
            return rendering.thing_page(standing, triples, page, outlines.outline(standing.iri))
        return serialization.document(triples, form)

    body = rendered((standing.iri, suffix, page, profile), make)
    return Response(body, mimetype=DOCUMENT_FORMS[suffix])


def _link_field(document: Document, form: str, page: int, pages: int) -> str:
    """Return the Link field of a document in a form, which is worked out once."""

    def make() -> str:
        links = link_header(_links(document, form, page, pages))
        return ", ".join([links, *profiles.links(document.path)])

    # Who names the form in the query cannot ask for it in a field when following a link.
    if MEDIA_TYPE_ARGUMENT in request.args:
        document = replace(document, suffix=document.suffix or form)
    key = ("links", document.standing.iri, document.suffix, form, page, pages)
    return rendered(key, make).decode()


def _links(document: Document, form: str, page: int, pages: int) -> list[Link]:
    standing = document.standing
    query = f"?page={page}" if page > 1 else ""
    links = [
        Link(public_address(document.path), "canonical"),
        *signposting.in_header(
            outlines.outline(standing.iri),
            here(document.path),
            _collection_address(standing, here),
            form,
            query,
        ),
    ]
    current = document.path + (f".{document.suffix}" if document.suffix else "")
    return links + page_links(current, page, pages)


def _collection_address(standing: Standing, address: Callable[[str], str]) -> str | None:
    path = current_service().release.iris.path(standing.graph) if standing.graph else None
    return None if path is None else address(path)


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
    document = "/doc/" + path.removeprefix("/id/").removeprefix("/doc/")
    raise not_found(
        f"Nothing is known of {current_service().release.iris.iri(path)}.{elsewhere(document)}"
    )
