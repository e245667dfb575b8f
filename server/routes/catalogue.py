"""The catalogue (DCAT) and VoID: what the release says of itself, for harvesters and for people.

Both were worked out when the release was made; here they are only given the form asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from flask import Blueprint, Response, request
from pyoxigraph import Triple, parse

from publisher.describe.triples import descriptive_prefixes
from publisher.formats import TURTLE, form_by_suffix
from publisher.release import CATALOGUE, VOID, Release
from publisher.release import SCHEMA_ORG as SCHEMA_FILE
from server.documents import profiles, serialization
from server.documents.profiles import BY_PROFILE, OWN, SCHEMA_FORMS, SCHEMA_ORG
from server.http.addresses import here
from server.http.caching import REVALIDATE, check_preconditions, validated
from server.http.links import Link, alternates, license_link, link_header, public_address
from server.http.negotiation import DOCUMENT_FORMS, asked_for, document_form
from server.http.problems import not_acceptable, not_found
from server.pages import rendering
from server.pages.void import void_page
from server.service import current_service, rendered
from server.versions.links import parameter

blueprint = Blueprint("catalogue", __name__)


#: VoID is for programs, so who has no wish gets Turtle.
VOID_FORMS: Mapping[str, str] = {
    **{suffix: form for suffix, form in DOCUMENT_FORMS.items() if suffix != "html"},
    "html": DOCUMENT_FORMS["html"],
}


@blueprint.get("/catalog")
@blueprint.get(f"/catalog.<any({','.join(DOCUMENT_FORMS)}):suffix>")
def catalogue(suffix: str | None = None) -> Response:
    """Answer with the catalogue of the release."""
    dataset = current_service().release.iris.dataset
    links = [Link(dataset, "cite-as"), Link(here("/void"), "describedby", "text/turtle")]
    profile = OWN
    if suffix is None or "_profile" in request.args:
        profile = profiles.wanted()
    if profile == SCHEMA_ORG:
        response = _in_schema_org(suffix)
    else:
        response = _answer("/catalog", CATALOGUE, DOCUMENT_FORMS, suffix, links, BY_PROFILE)
    for field in profiles.links("/catalog"):
        response.headers.add("Link", field)
    return profiles.marked(response, profile)


def _in_schema_org(suffix: str | None) -> Response:
    """Answer with what search engines for data read."""
    form = _schema_form(suffix)
    vary = None if suffix else BY_PROFILE
    location = None if suffix else here(f"/catalog.{form}?_profile={SCHEMA_ORG}")
    check_preconditions(f"{form}-{SCHEMA_ORG}", vary=vary, location=location)
    release = current_service().release
    body = rendered(
        (SCHEMA_FILE, form), lambda: profiles.schema_document(triples(release, SCHEMA_FILE), form)
    )
    response = Response(body, mimetype=SCHEMA_FORMS[form])
    response = validated(response, f"{form}-{SCHEMA_ORG}", vary=vary)
    if location is not None:
        response.headers["Content-Location"] = location
    response.headers["Link"] = link_header(
        [Link(public_address("/catalog"), "canonical"), license_link()]
    )
    return response


def _schema_form(suffix: str | None) -> str:
    """Return the form that schema.org is asked for in. Raises Problem 406."""
    form = profiles.schema_form(suffix)
    if form is None:
        query = f"?_profile={SCHEMA_ORG}"
        raise not_acceptable(
            {media: here(f"/catalog.{each}{query}") for each, media in SCHEMA_FORMS.items()},
            vary=BY_PROFILE,
        )
    return form


@blueprint.get("/.well-known/void")
@blueprint.get("/void")
@blueprint.get(f"/void.<any({','.join(VOID_FORMS)}):suffix>")
def void(suffix: str | None = None) -> Response:
    """Answer with the VoID description of the dataset (RFC 5785 name; VoID, section 7.2)."""
    dataset = current_service().release.iris.dataset
    return _answer("/void", VOID, VOID_FORMS, suffix, [Link(dataset, "describes")])


@blueprint.get("/dataset")
@blueprint.get("/dataset/<version>")
def dataset(version: str | None = None) -> Response:
    """Lead from the IRI of the dataset or of a release to the catalogue, which describes it.

    A release that is still to be had is led to its own, a former one to the one that is served.
    """
    service = current_service()
    release, timeline = service.release, service.timeline
    shown = timeline.get(version or "")
    known = {*(each["version"] for each in release.overview["history"])}
    if version is not None and shown is None and version not in known:
        raise not_found(
            f"There is no version {version!r}; the catalogue lists them all: {here('/catalog')}."
        )
    if profiles.wanted() == SCHEMA_ORG:
        location = here(f"/catalog.{_schema_form(None)}?_profile={SCHEMA_ORG}")
    else:
        form = _chosen("/catalog", DOCUMENT_FORMS, BY_PROFILE)
        location = here("/catalog" if form == "html" else f"/catalog.{form}")
    if shown is not None and shown.release is not None and shown is not timeline.current:
        location += f"{'&' if '?' in location else '?'}{parameter(shown.name)}"
    response = Response(status=303, headers={"Location": location, "Cache-Control": REVALIDATE})
    response.headers["Link"] = link_header(
        [
            Link(here("/catalog"), "describedby"),
            Link(here("/void"), "describedby", "text/turtle"),
            license_link(),
        ]
    )
    response.vary.update(BY_PROFILE.split(", "))
    return response


def _answer(
    path: str,
    file: str,
    forms: Mapping[str, str],
    suffix: str | None,
    links: list[Link],
    negotiated: str = "Accept",
) -> Response:
    form = suffix or _chosen(path, forms, negotiated)
    vary = None if suffix else negotiated
    location = None if suffix else here(f"{path}.{form}")
    check_preconditions(form, vary=vary, location=location)
    response = validated(_representation(file, form), form, vary=vary)
    if location is not None:
        response.headers["Content-Location"] = location
    found = [Link(public_address(path), "canonical"), license_link(), *links]
    response.headers["Link"] = link_header([*found, *alternates(path, forms=forms)])
    return response


def _chosen(path: str, forms: Mapping[str, str], vary: str) -> str:
    form = document_form(asked_for(), forms)
    if form is None:
        offers = {media: here(f"{path}.{each}") for each, media in forms.items()}
        raise not_acceptable(offers, vary=vary)
    return form


def _representation(file: str, suffix: str) -> Response:
    service = current_service()
    form = form_by_suffix(suffix)

    def make() -> bytes | str:
        if form is None and file == VOID:
            return void_page(triples(service.release, file))
        if form is None:
            found = triples(service.release, SCHEMA_FILE)
            schema_org = profiles.embedded(found, service.release.iris.dataset)
            return rendering.catalogue_page(service.release.overview, schema_org)
        if form is TURTLE:
            return (service.release.path / file).read_bytes()
        prefixes = descriptive_prefixes(service.presentation.prefixes)
        return serialization.document(triples(service.release, file), form, prefixes)

    return Response(rendered((file, suffix), make), mimetype=DOCUMENT_FORMS[suffix])


@lru_cache(maxsize=4)
def triples(release: Release, file: str) -> tuple[Triple, ...]:
    """Return the triples of a description, CATALOGUE or VOID."""
    parsed = parse(path=release.path / file, format=TURTLE.oxigraph)
    return tuple(quad.triple for quad in parsed)
