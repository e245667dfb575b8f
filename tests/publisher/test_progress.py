"""Progress: a bar on a terminal, lines elsewhere, silence when asked."""

from __future__ import annotations

import io

import pytest

from publisher import progress as module
from publisher.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Pretend."""
        return True


def test_terminal_gets_a_bar_that_is_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TERMINAL_INTERVAL", 0.0)
    stream = Terminal()
    assert list(Progress(stream).step("dump", range(4), 4, "files")) == [0, 1, 2, 3]
    text = stream.getvalue()
    assert "[############............] 2 of 4 files" in text
    assert text.endswith("\r\x1b[Kdump: 4 files (0.0 s)\n")


def test_task_that_cannot_tell_how_far_it_is_says_when_it_is_done() -> None:
    terminal, lines = Terminal(), io.StringIO()
    assert Progress(terminal).run("validate", lambda: 7) == 7
    assert Progress(lines).run("validate", lambda: 7) == 7
    assert terminal.getvalue() == "validate ...\r\x1b[Kvalidate (0.0 s)\n"
    assert lines.getvalue() == "validate (0.0 s)\n"


def test_lines_tell_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LINE_INTERVAL", 0.0)
    stream = io.StringIO()
    list(Progress(stream).step("dump", range(3), 3, "files"))
    assert stream.getvalue().splitlines() == [
        "dump: 1 of 3 files, 0 s left",
        "dump: 2 of 3 files, 0 s left",
        "dump: 3 of 3 files",
        "dump: 3 files (0.0 s)",
    ]


def test_measured_work_tells_how_much_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LINE_INTERVAL", 0.0)
    stream = io.StringIO()
    with Progress(stream).metered("dump", 8.0, module.PERCENT) as advance:
        advance(2.0)
        advance(7.0)
    with Progress(stream).metered("read", 4e6, module.MB) as advance:
        advance(1_500_000)
    assert stream.getvalue().splitlines() == [
        "dump: 25 %, 0 s left",
        "dump: 100 %",
        "dump (0.0 s)",
        "read: 1 of 4 MB, 0 s left",
        "read (0.0 s)",
    ]


def test_quiet_says_nothing() -> None:
    stream = Terminal()
    quiet = Progress(stream, quiet=True)
    list(quiet.step("dump", range(3), 3, "files"))
    assert quiet.run("validate", lambda: 7) == 7
    quiet.say("done")
    assert stream.getvalue() == ""
