"""Where a query's syntax error is.

Oxigraph tries keywords by taking as many characters as the keyword has, and names the furthest
place that it got to so: up to fourteen characters behind the error, or the end of the query. If its
tokens stand further apart than that, the place is right but for the token.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from server.query.reading import Token, tokens

_ERROR: Final = re.compile(r"error at (\d+):(\d+): (?:expected )?(.*)", re.DOTALL)
#: More than the longest keyword, ENCODE_FOR_URI.
_GAP: Final = " " * 16
_BRACKETS: Final = ("open", "close")
#: In the list of what was expected: sentences of the parser's, and signs.
_SENTENCE: Final = re.compile(r"The [A-Za-z ]+")
#: Longer queries are not parsed twice.
_LONGEST: Final = 100_000


def diagnose(
    error: str, text: str, parse: Callable[[str], object]
) -> tuple[str, int | None, int | None]:
    """Return what is wrong with a query, and the line and column (from 1) where.

    `error` is Oxigraph's message for `text`; `parse` raises SyntaxError with such a message.
    """
    if len(text) > _LONGEST:
        return _read(error)
    spread, starts, found = _spread(text)
    try:
        parse(spread)
    except SyntaxError as second:
        match = _ERROR.fullmatch(str(second).strip())
        if match is not None:
            offset = _offset(spread, int(match[1]), int(match[2]))
            return _explain(match[3], text, found, starts, offset)
    return _read(error)


def _spread(text: str) -> tuple[str, list[int], list[Token]]:
    """Write the tokens of a query apart; return the text, and each token and its start there."""
    parts: list[str] = []
    starts: list[int] = []
    found: list[Token] = []
    length = 0
    apart = False
    for token in tokens(text):
        if token.kind == "space":
            apart = True
            continue
        if apart or token.kind in _BRACKETS:
            parts.append(_GAP)
            length += len(_GAP)
        starts.append(length)
        found.append(token)
        parts.append(token.text)
        length += len(token.text)
        apart = token.kind in _BRACKETS
    return "".join([*parts, _GAP]), starts, found


def _explain(
    expected: str, text: str, found: list[Token], starts: list[int], offset: int
) -> tuple[str, int | None, int | None]:
    sentence = _SENTENCE.search(expected)
    if sentence is not None:
        return sentence[0], None, None
    if not found:
        return "the query is empty", 1, 1
    last = max((index for index, start in enumerate(starts) if start <= offset), default=0)
    token = found[last]
    if "IRI parsing failed" in expected and offset >= starts[last] + len(token.text) > 0:
        return f"{_short(token.text)} is not an IRI", *_place(text, token.start)
    if last == len(found) - 1 and offset > starts[last] + len(token.text) + len(_GAP) - 1:
        return "the query ends too early", *_place(text, token.start + len(token.text))
    return f"{_short(token.text)} is not expected here", *_place(text, token.start)


def _read(error: str) -> tuple[str, int | None, int | None]:
    match = _ERROR.fullmatch(error.strip())
    if match is None:
        return error.strip(), None, None
    sentence = _SENTENCE.search(match[3])
    if sentence is not None:
        return sentence[0], None, None
    return "it stops being SPARQL at or before this place", int(match[1]), int(match[2])


def _short(token: str) -> str:
    return f"'{token}'" if len(token) <= 60 else f"'{token[:57]}...'"


def _offset(text: str, line: int, column: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = text.find("\n", at) + 1
    return at + column - 1


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
