"""Health: whether the server can answer, and which release it answers from."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from server.engine.errors import EngineBusy
from server.service import current_service
from server.sparql import lookups

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """Ask the engine the smallest question. Raises the engine's errors, which become a 503."""
    release = current_service().release
    status = "ok"
    try:
        lookups.rows("SELECT (1 AS ?one) {}")
    except EngineBusy:
        # Whoever restarts what does not answer must not do so to what has much to do.
        status = "busy"
    response = jsonify(
        status=status,
        release=release.id,
        version=release.version,
        released=release.released.date().isoformat(),
        triples=release.counts["triples"],
    )
    response.headers["Cache-Control"] = "no-store"
    return response
