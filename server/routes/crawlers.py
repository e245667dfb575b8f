"""What crawlers and finders of faults look for: robots.txt, sitemaps, security.txt."""

from __future__ import annotations

from flask import Blueprint, Response

from publisher.release import SECURITY, SITEMAPS
from server.http.addresses import here
from server.http.caching import check_preconditions, validated
from server.http.links import public_address
from server.http.problems import not_found
from server.service import current_service

blueprint = Blueprint("crawlers", __name__)

#: Whose answers to questions crawlers are asked to leave alone.
_QUESTIONS = ("/sparql", "/search", "/reconcile")

_XML = "application/xml"


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Let crawlers read everything but the answers to queries (RFC 9309)."""
    check_preconditions("txt")
    sitemap = public_address("/sitemap.xml")
    questions = "".join(f"Disallow: {here(path)}?\n" for path in _QUESTIONS)
    body = f"User-agent: *\n{questions}\nSitemap: {sitemap}\n"
    return validated(Response(body, mimetype="text/plain"), "txt")


@blueprint.get("/sitemap.xml")
def index() -> Response:
    """Answer with the index of the sitemaps."""
    return _file(f"{SITEMAPS}/index.xml", _XML)


@blueprint.get("/sitemaps/<int:number>.xml")
def sitemap(number: int) -> Response:
    """Answer with one sitemap."""
    return _file(f"{SITEMAPS}/{number}.xml", _XML)


@blueprint.get("/.well-known/security.txt")
def security() -> Response:
    """Answer with where to report faults (RFC 9116), if the publication says so."""
    return _file(SECURITY, "text/plain")


def _file(name: str, media_type: str) -> Response:
    path = current_service().release.path / name
    if not path.is_file():
        raise not_found(f"This publication has no {name.rpartition('/')[2]}.")
    check_preconditions(name.replace("/", "-"))
    return validated(Response(path.read_bytes(), mimetype=media_type), name.replace("/", "-"))
