"""The home page, the publication's own pages of words, and its colours."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, render_template

from server.http.caching import check_preconditions, validated
from server.http.links import description_link, license_link, link_header
from server.http.negotiation import HTML
from server.http.problems import not_found
from server.pages import rendering
from server.service import current_service, rendered

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> Response:
    """Answer with the home page."""
    check_preconditions("html")
    response = Response(_home(), mimetype=HTML)
    response.headers["Link"] = link_header([license_link(), description_link()])
    return validated(response, "html")


def prepare(app: Flask) -> None:
    """Make the home page before anybody asks for it: its map takes tenths of a second."""
    with app.test_request_context():
        _home()


def _home() -> bytes:
    return rendered("home", rendering.home_page)


@blueprint.get("/pages/<slug>")
def page(slug: str) -> Response:
    """Answer with a page of words. Raises Problem 404."""
    pages = current_service().release.site["pages"]
    if slug not in pages:
        raise not_found(f"There is no page '{slug}' here.")
    form = f"page-{slug}"
    check_preconditions(form)
    return validated(
        Response(rendered(form, lambda: rendering.words_page(pages[slug])), mimetype=HTML), form
    )


@blueprint.get("/theme.css")
def theme() -> Response:
    """Answer with the publication's colours, as far as it has its own."""
    return _theme("theme.css", "text/css")


@blueprint.get("/mark.svg")
def mark() -> Response:
    """Answer with the mark that stands for the publication in tabs of a browser."""
    return _theme("mark.svg", "image/svg+xml")


def _theme(template: str, media_type: str) -> Response:
    check_preconditions(template)
    site = current_service().release.site
    make = lambda: render_template(template, accent=site["accent"], dark=site["accent_dark"])  # noqa: E731
    return validated(Response(rendered(template, make), mimetype=media_type), template)
