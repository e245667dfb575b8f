"""Health: whether the server can answer, and which release it answers from."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from server import lookups
from server.engine.errors import EngineError
from server.problems import Problem
from server.service import current_service

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """Ask the engine the smallest question. Raises Problem 503 where it does not answer."""
    release = current_service().release
    try:
        lookups.rows("SELECT (1 AS ?one) {}")
    except EngineError as error:
        raise Problem(
            503,
            "engine-unavailable",
            "No queries can be answered",
            f"The query engine does not answer: {error}.",
            headers={"Retry-After": "5"},
            release=release.id,
        ) from error
    response = jsonify(
        status="ok",
        release=release.id,
        version=release.version,
        released=release.released.date().isoformat(),
        triples=release.counts["triples"],
    )
    response.headers["Cache-Control"] = "no-store"
    return response
