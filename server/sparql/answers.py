"""Answers of the engine as the bodies of WSGI responses."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from server.engine.client import Answer
from server.engine.errors import EngineError

_log = logging.getLogger(__name__)


def stream(answer: Answer) -> Iterator[bytes]:
    """Yield an answer; the exception of one that breaks off makes the server abort the transfer."""
    try:
        yield from answer
    except EngineError as error:
        _log.warning("an answer was broken off: %s", error)
        raise
