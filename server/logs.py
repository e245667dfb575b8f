"""What the server writes to standard error: one line for each thing that somebody should know."""

from __future__ import annotations

import logging
from typing import Any, Final


class BrokenOff(Exception):
    """Raised to have the HTTP server break an answer off; the reason is in the log already."""


class Unforeseen(logging.Filter):
    """Passes all but what the HTTP server says of answers that were broken off on purpose."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written."""
        # The server hands the traceback over as text.
        last = str(record.msg).rstrip().rpartition("\n")[2]
        return not last.startswith(BrokenOff.__name__)


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
