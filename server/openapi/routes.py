"""The description of the server: for programs as OpenAPI 3.1, and as a page."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Blueprint, Response, current_app, render_template

from server.http.addresses import here
from server.http.caching import check_preconditions, validated
from server.http.negotiation import HTML, JSON
from server.openapi.document import describe
from server.service import current_service, rendered
from server.sparql import examples

blueprint = Blueprint("openapi", __name__)

PATH: Final = "/openapi.json"


@blueprint.get(PATH)
def document() -> Response:
    """Answer with the description."""
    check_preconditions("openapi")

    def make() -> str:
        return json.dumps(_described(), ensure_ascii=False, indent=1) + "\n"

    return validated(Response(rendered("openapi", make), mimetype=JSON), "openapi")


@blueprint.get("/api")
def page() -> Response:
    """Answer with the description as a page."""
    check_preconditions("openapi-html")

    def make() -> str:
        document = _described()
        saved = {f"/queries/{query.name}" for query in examples.saved(current_service().release)}
        chapters: dict[str, dict[str, Any]] = {}
        asked: dict[str, Any] = {}
        for path, item in document["paths"].items():
            of, _, form = path.partition(".{")
            if form and of in saved:
                asked[of] = item
            elif of not in saved:
                heading = path.removeprefix("/.well-known").split("/")[1].partition(".")[0]
                chapters.setdefault(f"/{heading}", {})[path] = item
        return render_template(
            "openapi.html", document=document, chapters=chapters, asked=asked, address=here(PATH)
        )

    return validated(Response(rendered("openapi-html", make), mimetype=HTML), "openapi-html")


def _described() -> dict[str, Any]:
    return describe(current_app.url_map.iter_rules(), current_service().release)
