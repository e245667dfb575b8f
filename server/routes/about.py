"""`/about?iri=`: what the graph says of what is described elsewhere, such as a country."""

from __future__ import annotations

from flask import Blueprint, Response, request

from publisher.limits import ADDRESS_CHARACTERS
from server.documents import descriptions
from server.http.addresses import local_link
from server.http.caching import REVALIDATE, check_preconditions, fingerprint, validated
from server.http.links import page_number
from server.http.negotiation import HTML
from server.http.problems import Problem, not_found, over
from server.pages import rendering
from server.service import current_service, rendered
from server.sparql.lookups import is_iri

blueprint = Blueprint("about", __name__)


@blueprint.get("/about")
def about() -> Response:
    """Answer with a page; 303 for what has a page of its own. Raises Problem 400 or 404."""
    iri = request.args.get("iri", "")
    if len(iri) > ADDRESS_CHARACTERS:
        detail = f"An address may have {ADDRESS_CHARACTERS} characters."
        raise over("address_characters", ADDRESS_CHARACTERS, 400, "Address too long", detail)
    if not is_iri(iri):
        raise Problem(
            400,
            "bad-parameter",
            "Bad parameter",
            "The parameter 'iri' names what to tell about; write /about?iri=https://example.org/x",
        )
    own = local_link(current_service().release.iris, iri)
    if own is not None:
        return Response(status=303, headers={"Location": own, "Cache-Control": REVALIDATE})
    standing = descriptions.mention(iri)
    if standing is None:
        raise not_found(f"Nothing is known of {iri} here.")
    page = page_number(standing.pages)
    key = f"about-{fingerprint(iri)}-{page}"
    check_preconditions(key)
    body = rendered(
        ("about", iri, page),
        lambda: rendering.about_page(standing, descriptions.describe(iri, page), page),
    )
    return validated(Response(body, mimetype=HTML), key)
