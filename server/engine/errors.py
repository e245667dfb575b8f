"""What can go wrong with a query, as the web side sees it."""

from __future__ import annotations


class EngineError(Exception):
    """A query that got no complete answer."""

    #: Whether the connection on which the error came can take the next query.
    lane_survives = False


class QuerySyntaxError(EngineError):
    """The query is not SPARQL 1.1; `line` and `column` count from 1 and are None where unknown."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class EvaluationError(EngineError):
    """Well-formed, but it cannot be evaluated: a graph in the request that is no IRI, say."""


class ServiceFailed(EngineError):
    """An endpoint that the query calls by SERVICE did not answer, or not in SPARQL results."""


class QueryTimeout(EngineError):
    """The query ran past its deadline, given in seconds, and was ended."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the query ran longer than {seconds:g} s")
        self.seconds = seconds


class MemoryExceeded(EngineError):
    """The query needed more memory than one query may have, given in MB."""

    def __init__(self, mb: int) -> None:
        super().__init__(f"the query needed more than {mb} MB of memory")
        self.mb = mb


class ResultTooLarge(EngineError):
    """The answer grew past the size that one answer may have, given in MB."""

    def __init__(self, mb: int) -> None:
        super().__init__(f"the answer is larger than {mb} MB")
        self.mb = mb


class ReaderTooSlow(EngineError):
    """The client took its answer too slowly, and the worker was given to others."""


class WorkerCrashed(EngineError):
    """The worker died under the query; the signal that ended it, or None if it exited by itself."""

    def __init__(self, signal: int | None) -> None:
        super().__init__("the query worker ended" + (f" by signal {signal}" if signal else ""))
        self.signal = signal


class EngineBusy(EngineError):
    """No worker came free in the time that a query may wait, given in seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no query worker came free within {seconds:g} s")
        self.seconds = seconds


class EngineGone(EngineError):
    """The engine process does not answer; it is being restarted, or was ended."""


class EngineStalled(EngineError):
    """The engine process is there and says nothing, longer than any query may take."""


class StoreUnavailable(EngineError):
    """The store that a remote engine asks does not answer, or turns queries away."""


class ClientGone(EngineError):
    """The client hung up before its answer was ready, so that the query was ended."""
