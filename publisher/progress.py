"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO, TypeVar

Item = TypeVar("Item")

#: Units of work that is measured: parts of the whole, and bytes.
PERCENT: Final = "%"
MB: Final = "MB"
_IN_UNIT: Final = {MB: 1e6}
_WIDTH = 24
_TERMINAL_INTERVAL = 0.1
_LINE_INTERVAL = 5.0


class Progress:
    """Tells on standard error what is being done, how far it is and what is left.

    Each step ends with one line that says how long it took; steps longer than five seconds tell
    of themselves meanwhile (on a terminal, ten times a second).
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._terminal = self._stream.isatty()
        self._interval = _TERMINAL_INTERVAL if self._terminal else _LINE_INTERVAL

    def say(self, text: str) -> None:
        """Write a line."""
        if not self._quiet:
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def step(
        self, label: str, items: Iterable[Item], total: int | None = None, unit: str = ""
    ) -> Iterator[Item]:
        """Pass items through, telling of a step of the work; `total` items if that is known."""
        began = told = time.monotonic()
        count = 0
        if self._terminal:
            self._draw(label, 0, total, unit, 0.0)
        for item in items:
            yield item
            count += 1
            now = time.monotonic()
            if now - told >= self._interval:
                told = now
                self._draw(label, count, total, unit, now - began)
        self._end(label, count, unit, time.monotonic() - began)

    @contextmanager
    def metered(self, label: str, total: float, unit: str) -> Iterator[Callable[[float], None]]:
        """Tell of a step whose work is measured; yields what is to be called with each part done.

        `total` and parts are bytes for MB, and in whatever measure for PERCENT.
        """
        began = told = time.monotonic()
        done = 0.0
        scale = 100 / (total or 1) if unit == PERCENT else 1 / _IN_UNIT[unit]
        whole = max(1, round(total * scale))

        def draw() -> None:
            count = min(whole, int(done * scale))
            self._draw(label, count, whole, unit, time.monotonic() - began)

        def advance(part: float) -> None:
            nonlocal done, told
            done += part
            if time.monotonic() - told >= self._interval:
                told = time.monotonic()
                draw()

        if self._terminal:
            draw()
        yield advance
        self._end(label, 0, "", time.monotonic() - began)

    def run(self, label: str, task: Callable[[], Item]) -> Item:
        """Do one task that cannot tell how far it is; says when it is done."""
        began = time.monotonic()
        if self._terminal and not self._quiet:
            self._stream.write(f"{label} ...")
            self._stream.flush()
        result = task()
        self._end(label, 0, "", time.monotonic() - began)
        return result

    def _draw(self, label: str, count: int, total: int | None, unit: str, seconds: float) -> None:
        if self._quiet:
            return
        amount = f"{count:,}" + (f" of {total:,}" if total else "") + (f" {unit}" if unit else "")
        if unit == PERCENT:
            amount = f"{count} %"
        left = ""
        if total and 0 < count < total:
            left = f", {seconds / count * (total - count):.0f} s left"
        if not self._terminal:
            self._stream.write(f"{label}: {amount}{left}\n")
        else:
            filled = int(_WIDTH * count / total) if total else 0
            bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] " if total else ""
            self._stream.write(f"\r\x1b[K{label} {bar}{amount}{left}")
        self._stream.flush()

    def _end(self, label: str, count: int, unit: str, seconds: float) -> None:
        clear = "\r\x1b[K" if self._terminal and not self._quiet else ""
        if clear:
            self._stream.write(clear)
        amount = f": {count:,} {unit}" if unit else ""
        self.say(f"{label}{amount} ({seconds:.1f} s)")
