"""The vocabulary: the ontology and the shapes, each one document with an anchor per term.

Terms have hash IRIs (`{base}ontology#Term`), so a client that follows one asks for the whole
document, and a browser finds the term by its anchor.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response
from pyoxigraph import NamedNode, Triple, parse

from publisher.formats import TURTLE, form_by_suffix
from publisher.prefixes import WELL_KNOWN
from publisher.release import Release
from server.documents import serialization, signposting
from server.documents.downloads import downloads
from server.http.addresses import here, requested_path
from server.http.caching import REVALIDATE, check_preconditions, validated
from server.http.links import Link, alternates, license_link, link_header, public_address
from server.http.negotiation import DOCUMENT_FORMS, asked_for, document_form
from server.http.problems import not_acceptable, not_found
from server.pages import rendering
from server.service import current_service, rendered
from server.versions.links import parameter

blueprint = Blueprint("vocabulary", __name__)

_VERSION_IRI = NamedNode(WELL_KNOWN["owl"] + "versionIRI")
_SUFFIXES = ",".join(DOCUMENT_FORMS)


@blueprint.get("/<any(ontology,shapes):name>")
@blueprint.get(f"/<any(ontology,shapes):name>.<any({_SUFFIXES}):suffix>")
def vocabulary(name: str, suffix: str | None = None) -> Response:
    """Answer with the ontology or the shapes: negotiated, or in the form that the suffix names."""
    release = current_service().release
    if not _is_there(release, name):
        raise not_found(f"This publication has no {name}.")
    path = f"/{name}"
    form = suffix or document_form(asked_for())
    if form is None:
        raise not_acceptable({link.type or "": link.href for link in alternates(path)})
    vary = None if suffix else "Accept"
    location = None if suffix else here(f"{path}.{form}")
    check_preconditions(form, vary=vary, location=location)
    response = validated(_representation(release, name, form), form, vary=vary)
    if location is not None:
        response.headers["Content-Location"] = location
    iri = release.iris.iri(path)
    links = [Link(iri, "describes"), Link(iri, "cite-as"), Link(public_address(path), "canonical")]
    types = [WELL_KNOWN["owl"] + "Ontology"] if name == "ontology" else []
    links += [*signposting.of_part(*types), license_link(), *alternates(path)]
    response.headers["Link"] = link_header(links)
    return response


@blueprint.get("/ontology/<path:version>")
def version(version: str) -> Response:  # noqa: ARG001  (read undecoded instead)
    """Lead from a version IRI of the ontology (OWL 2, 3.1) to the ontology in that version.

    It may have been the same in several releases: the latest of them is meant.
    """
    service = current_service()
    asked = NamedNode(service.release.iris.iri(requested_path()))
    statement = Triple(NamedNode(service.release.iris.ontology), _VERSION_IRI, asked)
    for each in service.timeline.newest_first:
        release = each.release
        if release and _is_there(release, "ontology") and statement in triples(release, "ontology"):
            current = each is service.timeline.current
            location = here("/ontology" if current else f"/ontology?{parameter(each.name)}")
            headers = {"Location": location, "Cache-Control": REVALIDATE}
            return Response(status=303, headers=headers)
    raise not_found(f"The ontology has no version {asked.value}; see {here('/ontology')}.")


def _representation(release: Release, name: str, suffix: str) -> Response:
    form = form_by_suffix(suffix)

    def make() -> bytes | str:
        if form is TURTLE:
            return _dump(release, name).read_bytes()
        if form is not None:
            return serialization.document(triples(release, name), form)
        if name == "shapes":
            return rendering.shapes_page(triples(release, name))
        shapes = triples(release, "shapes") if _is_there(release, "shapes") else ()
        return rendering.ontology_page(triples(release, name), shapes)

    return Response(rendered((name, suffix), make), mimetype=DOCUMENT_FORMS[suffix])


def _is_there(release: Release, name: str) -> bool:
    return _file_name(release, name) in downloads(release)


def _dump(release: Release, name: str) -> Path:
    return downloads(release)[_file_name(release, name)].path


def _file_name(release: Release, name: str) -> str:
    return f"{release.publication.name}-{name}.ttl"


@lru_cache(maxsize=16)
def triples(release: Release, name: str) -> tuple[Triple, ...]:
    """Return the triples of the vocabulary `name`, "ontology" or "shapes"."""
    dump = _dump(release, name)
    return tuple(quad.triple for quad in parse(path=dump, format=TURTLE.oxigraph))
