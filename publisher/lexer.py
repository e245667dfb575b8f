"""The tokens of Turtle, TriG, N-Triples and N-Quads, for what parsers throw away.

Parsers lower-case language tags and drop comments; the lint wants the first, the formatter the
second. This reads tokens only: whether they make sense together is the parser's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>\#[^\n\r]*)
    | (?P<iri><[^<>"{}|^`\x00-\x20]*>)
    | (?P<string>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}
                |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<datatype>\^\^)
    | (?P<punctuation>[.;,\[\](){}](?![0-9]))
    | (?P<word>(?:\\.|%[0-9A-Fa-f]{2}|\.(?=[^\s.;,\[\](){}<>"'\#])|[^\s.;,\[\](){}<>"'\#\\])+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A token, its kind (`comment`, `iri`, `string`, `language`, ...) and its line from 1."""

    kind: str
    text: str
    line: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a document of the Turtle family; white space is left out."""
    line = 1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "other"
        piece = match.group()
        if kind != "space":
            yield Token(kind, piece, line)
        line += piece.count("\n")
