"""Checking one address: politely, and without being led around for ever.

HEAD first, GET where that is refused. Requests to a host are spaced; robots.txt is kept to; who is
asked to wait waits as long as asked, within bounds, or comes back another day.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import ssl
import time
import urllib.error
import urllib.request
import urllib.robotparser
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

#: What became of an address.
OK, MOVED, GONE, REFUSED, FAILING, UNREACHABLE, LOOP, ROBOTS = (
    *("ok", "moved", "gone", "refused", "failing", "unreachable", "loop", "robots"),
)
#: Those that an editor has to look at.
DEAD = (GONE, UNREACHABLE, LOOP, FAILING)
MOST_REDIRECTS = 10
#: Statuses that servers give a HEAD which they would answer as a GET.
_TRY_GET = frozenset({400, 401, 403, 404, 405, 406, 410, 429, 500, 501, 503})
_PERMANENT = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WAITING = frozenset({429, 503})
_LONGEST_ROBOTS = 500_000


@dataclass(frozen=True)
class Manners:
    """How requests are made: who asks, and the times in seconds."""

    agent: str
    pause: float = 1.0
    timeout: float = 20.0
    tries: int = 2
    longest_wait: float = 120.0
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Outcome:
    """What became of an address, and when; `status` is that of the last answer."""

    address: str
    outcome: str
    checked: str
    status: int | None = None
    leads_to: str | None = None
    detail: str = ""


@dataclass
class Checker:
    """Checks addresses of one host after the other; not to be shared between threads."""

    manners: Manners
    _robots: dict[str, urllib.robotparser.RobotFileParser | None] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)

    def check(self, address: str) -> Outcome:
        """Ask for an address and say what became of it."""
        if not self._allowed(address):
            return self._outcome(address, ROBOTS, detail="robots.txt asks not to be read")
        outcome = self._try("HEAD", address)
        if outcome.status in _TRY_GET or outcome.outcome == UNREACHABLE:
            outcome = self._try("GET", address)
        return outcome

    def _try(self, method: str, address: str) -> Outcome:
        for attempt in range(1, self.manners.tries + 1):
            outcome, wait = self._follow(method, address)
            last = attempt == self.manners.tries
            again = outcome.outcome == UNREACHABLE or outcome.status in _WAITING
            if not again or last or (method == "HEAD" and outcome.status in _WAITING and not wait):
                return outcome
            if wait > self.manners.longest_wait:
                return outcome
            self.manners.sleep(max(wait, self.manners.pause))
        return outcome

    def _follow(self, method: str, address: str) -> tuple[Outcome, float]:
        """Ask, and follow where it leads; the second value is how long to wait before more."""
        seen = {address}
        at, permanent = address, True
        while True:
            try:
                status, headers = self._ask(method, at)
            except (OSError, http.client.HTTPException, ValueError) as error:
                detail = f"{type(error).__name__}: {error}"[:300]
                return self._outcome(
                    address, UNREACHABLE, leads_to=_other(at, address), detail=detail
                ), 0
            if status not in _REDIRECTS or not headers.get("Location"):
                break
            permanent = permanent and status in _PERMANENT
            at = urljoin(at, _ascii(headers["Location"]))
            if at in seen or len(seen) > MOST_REDIRECTS:
                detail = "redirects lead in a circle" if at in seen else "too many redirects"
                return self._outcome(address, LOOP, status, at, detail), 0
            if urlsplit(at).scheme not in ("http", "https"):
                return self._outcome(address, LOOP, status, at, "leads to no web address"), 0
            seen.add(at)
        moved = at != address and permanent and status < 400
        outcome = MOVED if moved else _named(status)
        return self._outcome(address, outcome, status, _other(at, address)), _wait(headers)

    def _ask(self, method: str, address: str) -> tuple[int, http.client.HTTPMessage]:
        """Send one request, at its time, and return status and header of the answer."""
        parts = urlsplit(address)
        self._space(parts.netloc)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.netloc, timeout=self.manners.timeout)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"User-Agent": self.manners.agent, "Accept": "*/*", "Connection": "close"}
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers
        finally:
            connection.close()

    def _space(self, host: str) -> None:
        """Wait until the pause after the last request to a host is over."""
        left = self._asked.get(host, -self.manners.pause) + self.manners.pause - time.monotonic()
        if left > 0:
            self.manners.sleep(left)
        self._asked[host] = time.monotonic()

    def _allowed(self, address: str) -> bool:
        """Whether robots.txt (RFC 9309) lets the address be asked for."""
        parts = urlsplit(address)
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._robots:
            self._robots[host] = self._read_robots(host)
        rules = self._robots[host]
        return rules is None or rules.can_fetch(self.manners.agent, address)

    def _read_robots(self, host: str) -> urllib.robotparser.RobotFileParser | None:
        """Read robots.txt; None where there is none, or where it cannot be had."""
        self._space(urlsplit(host).netloc)
        request = urllib.request.Request(  # noqa: S310 (http or https only)
            f"{host}/robots.txt", headers={"User-Agent": self.manners.agent}
        )
        try:
            with urllib.request.urlopen(request, timeout=self.manners.timeout) as answer:  # noqa: S310
                text = answer.read(_LONGEST_ROBOTS).decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            error.close()
            return None
        except (OSError, http.client.HTTPException, ssl.SSLError, ValueError):
            return None
        rules = urllib.robotparser.RobotFileParser()
        rules.parse(text.splitlines())
        return rules

    def _outcome(
        self,
        address: str,
        outcome: str,
        status: int | None = None,
        leads_to: str | None = None,
        detail: str = "",
    ) -> Outcome:
        checked = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        return Outcome(address, outcome, checked, status, leads_to, detail)


def _named(status: int) -> str:
    if status < 400:
        return OK
    if status in (404, 410):
        return GONE
    return FAILING if status >= 500 else REFUSED


def _other(at: str, address: str) -> str | None:
    return at if at != address else None


def _ascii(location: str) -> str:
    """Return a Location as it stands on a request line; http.client gives its octets as Latin-1."""
    return quote(location, safe="/:?#[]@!$&'()*+,;=%~-._", encoding="latin-1")


def _wait(headers: http.client.HTTPMessage) -> float:
    """Return the seconds that Retry-After asks for (RFC 9110, 10.2.3), 0 without one."""
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, (moment - dt.datetime.now(moment.tzinfo)).total_seconds())
