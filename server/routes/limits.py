"""`/limits`: the bounds that requests meet, for people and programs, and what problems mean."""

from __future__ import annotations

import json

from flask import Blueprint, Response, render_template, request

from publisher.release import Release
from server.http import bounds
from server.http.addresses import here
from server.http.caching import REVALIDATE, check_preconditions, validated
from server.http.negotiation import HTML, JSON, negotiate
from server.http.problems import address_of_dumps, not_acceptable, not_found, type_iri
from server.service import current_service
from server.sparql.service_description import FORMS, describe_limits

blueprint = Blueprint("limits", __name__)


@blueprint.get("/limits")
def limits() -> Response:
    """Answer with the bounds as a page, as JSON or as RDF."""
    offers = (HTML, JSON, *FORMS)
    chosen = negotiate(request.headers.get("Accept"), offers)
    if chosen is None:
        raise not_acceptable(dict.fromkeys(offers, here("/limits")))
    check_preconditions(f"limits-{chosen}", vary="Accept")
    release = current_service().release
    body: str | bytes
    if chosen == HTML:
        body = render_template(
            "limits.html", bounds=bounds.bounds(release.limits), problems=bounds.PROBLEMS
        )
    elif chosen == JSON:
        body = json.dumps(_document(release), ensure_ascii=False, indent=1) + "\n"
    else:
        body = describe_limits(release, FORMS[chosen])
    return validated(Response(body, mimetype=chosen), f"limits-{chosen}", vary="Accept")


@blueprint.get("/problem/<kind>")
def problem(kind: str) -> Response:
    """Lead from the IRI of a kind of problem to what is said about it."""
    anchor = bounds.anchor(kind)
    if anchor is None:
        raise not_found(f"No problem here has the type {kind!r}; see {here('/limits')}.")
    location = f"{here('/limits')}#{anchor}"
    return Response(status=303, headers={"Location": location, "Cache-Control": REVALIDATE})


def _document(release: Release) -> dict[str, object]:
    return {
        "limits": [
            {**bounds.as_mapping(bound), "problem": bound.problem and type_iri(bound.problem)}
            for bound in bounds.bounds(release.limits)
        ],
        "problems": {type_iri(kind): meaning for kind, meaning in bounds.PROBLEMS.items()},
        "dumps": address_of_dumps(),
    }
