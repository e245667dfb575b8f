"""What the server writes to standard error: one line for each thing that somebody should know."""

from __future__ import annotations

import logging
from typing import Any, Final

from server.engine.errors import EngineError


class Unforeseen(logging.Filter):
    """Passes all but answers that were broken off on purpose: those have had their line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, EngineError)


#: For `logging.config.dictConfig`; the HTTP server's own loggers have their names from it.
CONFIG: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"unforeseen": {"()": Unforeseen}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stderr",
            "formatter": "line",
            "filters": ["unforeseen"],
        }
    },
    "loggers": {
        "_granian": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "granian.access": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
}
