"""Operations evaluated for the current request, within what its client may have at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from flask import Response, g, request

from server.engine.cancellation import CANCELLATION
from server.engine.client import Answer
from server.engine.errors import EngineError
from server.limits.admission import ADMITTED
from server.service import current_client, current_service
from server.sparql import refusals
from server.sparql.protocol import Operation


def held(answer: Callable[[], Response]) -> Response:
    """Return what `answer` returns; the places that it takes are held until that is sent."""
    with ExitStack() as places:
        g.held = places
        response = answer()
        response.call_on_close(places.pop_all().close)
        return response


def evaluate(operation: Operation) -> Answer:
    """Put an operation to the engine, within `held`. Raises a Problem for what it fails with."""
    service = current_service()
    if ADMITTED not in request.environ:
        g.held.enter_context(service.admission.held(current_client()))
    try:
        return service.engine.query(
            operation.query,
            accept_form=operation.oxigraph_form,
            default_graphs=operation.default_graphs,
            named_graphs=operation.named_graphs,
            cancellation=request.environ.get(CANCELLATION),
        )
    except EngineError as error:
        raise refusals.by_engine(error, service.release.limits) from error
