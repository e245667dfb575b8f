"""What the packets of a worker mean to the one who asked: data, the end, or an error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from publisher.limits import Limits
from server.engine import errors, packets
from server.engine.packets import Obituary, Request
from server.engine.slots import SHORT_SECONDS
from server.query.reading import Query

#: How often a query that no worker had started on is asked.
ATTEMPTS: Final = 6


class NotStarted(errors.EngineError):
    """The worker died or was retired before it began: the query can go to another."""


class TooLong(errors.EngineError):
    """The query took longer than a slot for short ones allows: it has to wait for a common one."""


@dataclass(frozen=True)
class Question:
    """A query ready to be sent: its packets, and what is needed to understand the answer."""

    request: Request
    packets: list[bytes]
    limits: Limits

    @classmethod
    def of(
        cls,
        query: Query,
        media_type: str,
        limits: Limits,
        *,
        default_graphs: tuple[str, ...] | None = None,
        named_graphs: tuple[str, ...] | None = None,
        deadline: float | None = None,
        base: str | None = None,
        reserved: bool = False,
    ) -> Question:
        """Make a question; `deadline` (seconds) can only shorten the configured one."""
        seconds = min(deadline or limits.deadline_seconds, limits.deadline_seconds)
        request = Request(
            text=query.text,
            kind=query.kind,
            form=media_type,
            deadline=seconds,
            own_dataset=query.own_dataset,
            default_graphs=default_graphs,
            named_graphs=named_graphs,
            base=base,
            reserved=reserved,
            federated=query.federated,
        )
        return cls(request, packets.encode_request(request), limits)

    @property
    def seconds(self) -> float:
        """The deadline, in seconds."""
        return self.request.deadline

    def as_long(self) -> Question:
        """Return the question as one that is known to take long."""
        request = self.request._replace(long=True)
        return replace(self, request=request, packets=packets.encode_request(request))

    def longest_wait(self) -> float:
        """Return the seconds after which a host that says nothing has to be given up."""
        return longest_wait(self.seconds, self.limits)

    def accept(self, packet: bytes) -> bytes:
        """Return a DATA or LAST packet. Raises the error that any other stands for.

        An empty packet is the end of the connection.
        """
        if not packet:
            raise errors.EngineGone("the query engine does not answer")
        if packet[0] in (packets.DATA, packets.LAST):
            return packet
        if packet[0] == packets.OBITUARY:
            raise self._died(packets.decode_obituary(packet))
        raise _failed(packet)

    def _died(self, obituary: Obituary) -> errors.EngineError:
        if not obituary.started or obituary.reason == "retired":
            return NotStarted()
        match obituary.reason:
            case "too long" if self.seconds > SHORT_SECONDS:
                return TooLong()
            case "timeout" | "too long":
                return errors.QueryTimeout(self.seconds)
            case "memory":
                return errors.MemoryExceeded(self.limits.query_memory_mb)
            case "slow reader":
                return errors.ReaderTooSlow("the answer was not read")
        return errors.WorkerCrashed(obituary.signal)


def longest_wait(deadline: float, limits: Limits) -> float:
    """Return the seconds after which a host that says nothing of a query has to be given up.

    A worker answers, dies or is killed in time; this is for a host that stands still.
    """
    return SHORT_SECONDS + deadline + 2 * limits.queue_seconds + 15.0


class Attempts:
    """The attempts to have a question answered, each on another lane."""

    def __init__(self, question: Question) -> None:
        self.question = question
        #: Whether an attempt has failed, so that the next one needs a lane that is known to live.
        self.failed = False
        self._left = ATTEMPTS

    def again(self, error: BaseException) -> bool:
        """Whether to ask again after an error, which is harmless: queries change nothing.

        Raises EngineGone when that was done often enough.
        """
        if isinstance(error, TooLong):
            self.question = self.question.as_long()
            return True
        if not isinstance(error, NotStarted | errors.EngineGone):
            return False
        self._left -= 1
        if not self._left or (self.failed and isinstance(error, errors.EngineGone)):
            raise errors.EngineGone("the query engine does not answer") from error
        self.failed = True
        return True


def leaves(packet: bytes) -> bool:
    """Whether the worker that sent this last packet takes no further query."""
    return bool(packet[1] & packets.LEAVING)


def _failed(packet: bytes) -> errors.EngineError:
    name, details = packets.decode_failure(packet)
    error: errors.EngineError
    match name:
        case "syntax":
            error = errors.QuerySyntaxError(**details)
        case "result":
            error = errors.ResultTooLarge(**details)
        case "memory":
            error = errors.MemoryExceeded(**details)
        case "busy":
            error = errors.EngineBusy(**details)
        case "service":
            error = errors.ServiceFailed(details["message"])
        case "unavailable":
            error = errors.StoreUnavailable(details["message"])
        case _:
            error = errors.EvaluationError(details["message"])
    error.lane_survives = not leaves(packet)
    return error
