"""What the query workbench needs besides its page: YASGUI's files, and words to complete."""

from __future__ import annotations

import json

from flask import Blueprint, Response, send_from_directory

from server.http.addresses import here
from server.http.caching import IMMUTABLE, check_preconditions, validated
from server.http.negotiation import JSON
from server.http.problems import not_found
from server.pages import atlas
from server.pages.workbench import FILES, FOLDER, installed
from server.service import current_service, rendered

blueprint = Blueprint("workbench", __name__)


@blueprint.get("/workbench/<file>")
def file(file: str) -> Response:
    """Answer with a file of YASGUI, from where the set-up put it."""
    if file not in FILES or not installed():
        raise not_found("The query workbench is not installed here; the plain form does the same.")
    check_preconditions(f"workbench-{file}", cache_control=IMMUTABLE)
    response = send_from_directory(FOLDER, file)
    response = validated(response, f"workbench-{file}")
    response.headers["Cache-Control"] = IMMUTABLE
    return response


@blueprint.get("/workbench/land.json")
def land() -> Response:
    """Answer with the outlines of all land, as a backdrop for maps of answers."""
    check_preconditions("land")

    def make() -> str:
        return json.dumps(atlas.coastlines(), separators=(",", ":")) + "\n"

    return validated(Response(rendered("land", make), mimetype=JSON), "land")


@blueprint.get("/workbench/words.json")
def words() -> Response:
    """Answer with our prefixes, classes and properties, for the editor to complete."""
    check_preconditions("words")

    def make() -> str:
        service = current_service()
        release, presentation = service.release, service.presentation
        statistics = release.overview["statistics"]
        kinds = {"classes": "class", "properties": "property"}
        terms = {
            name: {each["iri"] for each in statistics[name]}
            | {iri for iri, term in presentation.terms.items() if term.get("kind") == kind}
            for name, kind in kinds.items()
        }
        document = {
            "base": release.iris.base,
            "here": here("/"),
            "land": here("/workbench/land.json"),
            "prefixes": dict(release.publication.prefixes),
            **{
                name: {iri: presentation.term(iri).label for iri in sorted(iris)}
                for name, iris in terms.items()
            },
        }
        return json.dumps(document, ensure_ascii=False) + "\n"

    return validated(Response(rendered("words", make), mimetype=JSON), "words")
