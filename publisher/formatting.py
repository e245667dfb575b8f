"""`format`: sources sorted and written in one way, so that a diff shows the change alone.

Turtle and TriG are parsed and written anew by the house's writer; comments are kept: those before
or inside a statement stand above it afterwards, those at the top of the file stay at the top,
those at the end at the end. N-Triples and N-Quads are sorted by line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from publisher.findings import Finding, SourceFault
from publisher.formats import TRIG, TURTLE
from publisher.graphs import canonical
from publisher.lexer import Token, tokens
from publisher.prefixes import Prefixes
from publisher.publication import Publication
from publisher.sources import Source, SourceSyntaxError, find_queries, find_sources
from publisher.terms import BareTriple, bare, bare_triples, graph_of
from publisher.turtle import TurtleWriter, trig

_DIRECTIVES = {"@prefix", "@base", "prefix", "base"}


@dataclass
class Comments:
    """The comments of a Turtle file and the prefixes declared in it."""

    header: list[str] = field(default_factory=list)
    above: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    end: list[str] = field(default_factory=list)
    prefixes: dict[str, str] = field(default_factory=dict)


def read_comments(text: str) -> Comments:
    """Sort the comments of a Turtle document by the subject whose statement they belong to."""
    comments = Comments()
    waiting: list[str] = []
    statement: list[Token] = []
    last: str | None = None
    ended_on = 0
    depth = 0
    for token in tokens(text):
        if token.kind == "comment":
            if last is not None and not statement and token.line == ended_on:
                comments.above[last].append(token.text)
            else:
                waiting.append(token.text)
            continue
        statement.append(token)
        depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(token.text, 0)
        if _ends(statement, depth):
            if statement[0].text.lower() in _DIRECTIVES:
                _declare(statement, comments.prefixes)
                comments.header += waiting
            else:
                last = _subject(statement[0], comments.prefixes)
                comments.above[last] += waiting
                ended_on = token.line
            waiting, statement = [], []
    comments.end = waiting
    return comments


def _ends(statement: list[Token], depth: int) -> bool:
    first = statement[0].text.lower()
    if first in ("prefix", "base"):
        return statement[-1].kind == "iri"
    return depth == 0 and statement[-1].text == "."


def _declare(statement: list[Token], prefixes: dict[str, str]) -> None:
    words = [token.text for token in statement]
    if "prefix" in words[0].lower() and len(words) > 2:
        prefixes[words[1].removesuffix(":")] = words[2][1:-1]


def _subject(token: Token, prefixes: Mapping[str, str]) -> str:
    """Return the IRI a statement begins with, or its text where it begins with no IRI."""
    if token.kind == "iri":
        return token.text[1:-1]
    prefix, colon, local = token.text.partition(":")
    if colon and prefix in prefixes:
        return prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)
    return token.text


def format_turtle(text: str, source: Source, prefixes: Prefixes) -> str:
    """Return the document in the house's form. Raises SourceSyntaxError."""
    comments = read_comments(text)
    names = Prefixes(prefixes | comments.prefixes)
    # Canonical, since parsers label blank nodes anew each time.
    quads = canonical(statement.quad for statement in source.statements())
    triples = bare_triples(quads)
    writer = TurtleWriter(triples, names)
    blocks = []
    for subject, block in writer.blocks():
        lines = comments.above.pop(subject.value, []) if isinstance(subject, ox.NamedNode) else []
        blocks.append("".join(f"{line}\n" for line in lines) + block)
    homeless = [line for lines in comments.above.values() for line in lines]
    header = "".join(f"{line}\n" for line in comments.header)
    end = "".join(f"{line}\n" for line in (*homeless, *comments.end))
    return "\n".join(part for part in (header, writer.prologue(), *blocks, end) if part)


def format_lines(text: str) -> str:
    """Return an N-Triples or N-Quads document sorted by line, comments first in their order."""
    # Not splitlines(): a literal may hold U+2028 and its like as they are.
    lines = [line.strip(" \t\r") for line in text.split("\n") if line.strip(" \t\r")]
    comments = [line for line in lines if line.startswith("#")]
    statements = sorted({line for line in lines if not line.startswith("#")})
    return "".join(f"{line}\n" for line in (*comments, *statements))


def format_query(text: str) -> str:
    """Return a saved query without trailing white space and with one line end at its end."""
    lines = [line.rstrip(" \t\r") for line in text.strip("\n").split("\n")]
    return "".join(f"{line}\n" for line in lines)


def format_trig(text: str, source: Source, prefixes: Prefixes) -> str:
    """Return the document with its graphs, and the blocks in them, sorted.

    A document with comments is left as it is: a comment in TriG may belong to a graph, a
    statement or neither. Raises SourceSyntaxError.
    """
    graphs: defaultdict[str, list[BareTriple]] = defaultdict(list)
    for quad in canonical(statement.quad for statement in source.statements()):
        graphs[graph_of(quad)].append(bare(quad))
    if any(token.kind == "comment" for token in tokens(text)):
        return text
    return trig(graphs, prefixes)


def formatted(publication: Publication) -> dict[Path, tuple[str, str]]:
    """Return for every editable file its text as it is and as it should be.

    Raises SourceFault with a finding for every file that cannot be parsed.
    """
    texts: dict[Path, tuple[str, str]] = {}
    findings: list[Finding] = []
    for source in find_sources(publication):
        try:
            text = source.text()
            texts[source.path] = text, _format(text, source, publication.prefixes)
        except SourceSyntaxError as error:
            findings.append(error.finding)
    if findings:
        raise SourceFault(findings)
    for path in find_queries(publication):
        text = path.read_text(encoding="utf-8")
        texts[path] = text, format_query(text)
    return texts


def _format(text: str, source: Source, prefixes: Prefixes) -> str:
    if source.form is TURTLE:
        return format_turtle(text, source, prefixes)
    if source.form is TRIG:
        return format_trig(text, source, prefixes)
    for _ in source.statements():
        pass
    return format_lines(text)
