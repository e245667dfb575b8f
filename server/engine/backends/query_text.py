"""The text of a query as a translator sees it: tokens, which bracket belongs to which, and names.

The query is known to parse, so only what cannot be told from tokens is looked at twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pyoxigraph import NamedNode, RdfFormat, parse

from server.query.reading import Token, tokens

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SPLIT_WORD: Final = re.compile(r"[^.]+|\.")
_LOCAL_ESCAPE: Final = re.compile(r"\\(.)")
#: Names behind which engines keep functions and predicates of their own, some of which read files.
_ENGINE_NAMES: Final = (
    "bif:",
    "sql:",
    "java:",
    "xsl:",
    "http://www.openlinksw.com/schemas/bif#",
    "http://www.openlinksw.com/schemas/sql#",
    "http://www.openlinksw.com/schemas/dav#",
    "http://www.ontotext.com/",
    "http://aws.amazon.com/neptune/",
    "http://www.bigdata.com/rdf/",
    "tag:stardog:",
)


class QueryText:
    """The tokens of one query. `base` and `prefixes` are those behind `prologue`."""

    def __init__(self, text: str, base: str | None) -> None:
        self.tokens = list(_separate(text))
        self.partners = _partners(self.tokens)
        self.base = base
        self.prefixes: dict[str, str] = {}
        self._fresh = 0
        #: What the names of variables begin with that the query does not have.
        self.mark = "x"
        while f"{self.mark}_" in text:
            self.mark += "x"

    def prologue(self) -> int:
        """Read the declarations; return where the query itself begins."""
        words = self.significant(0, len(self.tokens))
        for index in words:
            match self.tokens[index].text.upper():
                case "BASE":
                    self.base = self.iri(next(words))
                case "PREFIX":
                    prefix = self.tokens[next(words)].text[:-1]
                    self.prefixes[prefix] = self.iri(next(words))
                case "VERSION":
                    next(words)
                case _:
                    return index
        raise ValueError("there is no query")

    def declarations(self) -> str:
        """Return a prologue that declares the same: some engines take BASE once and first only."""
        base = [] if self.base is None else [f"BASE <{self.base}>\n"]
        return "".join(base + [f"PREFIX {key}: <{iri}>\n" for key, iri in self.prefixes.items()])

    def opens_pattern(self, index: int) -> bool:
        """Whether a bracket opens the pattern of the query, and not a template."""
        if self.tokens[index].text != "{":
            return False
        behind = self.next(self.partners[index] + 1)
        before = self.tokens[self._previous(index)].text.upper()
        if before != "CONSTRUCT" or behind == len(self.tokens):
            return True
        following = self.tokens[behind].text.upper()
        return not (following == "WHERE" or following == "{" or following.startswith("FROM"))

    def mentions(self, variable: str, start: int, end: int) -> bool:
        """Whether a pattern uses a variable and gives it no value by AS."""
        found = False
        for index in self.significant(start, end):
            token = self.tokens[index]
            if token.kind == "variable" and token.text[1:] == variable:
                if self.tokens[self._previous(index)].text.upper() == "AS":
                    return False
                found = True
        return found

    def only_filters(self, opening: int) -> bool:
        """Whether a group has filters, and neither patterns nor groups of its own."""
        filters = False
        index = self.next(opening + 1)
        while index < self.partners[opening]:
            token = self.tokens[index]
            if token.kind == "word":
                filters = filters or token.text.upper() == "FILTER"
            elif token.text == "(" or (token.text == "{" and self._is_exists(index)):
                index = self.partners[index]
            elif token.text not in ("!", "."):
                return False
            index = self.next(index + 1)
        return filters

    def _is_exists(self, opening: int) -> bool:
        return self.tokens[self._previous(opening)].text.upper() == "EXISTS"

    def case_of_str(self, index: int) -> int | None:
        """Return where `LCASE(STR(...))` closes, or None for anything else."""
        if self.tokens[index].text.upper() not in ("LCASE", "UCASE"):
            return None
        opening = self.next(index + 1)
        inner = self.next(opening + 1)
        inside = self.next(inner + 1)
        closing = self.partners.get(opening)
        if closing is None or inside not in self.partners:
            return None
        is_str = self.tokens[inner].text.upper() == "STR"
        return closing if is_str and self.next(self.partners[inside] + 1) == closing else None

    def behind_block(self, index: int) -> int:
        """Return what comes behind the next block in curly brackets."""
        while self.tokens[index].text != "{":
            index += 1
        return self.partners[index] + 1

    def iri(self, index: int) -> str:
        """Return the IRI that a token stands for."""
        token = self.tokens[index]
        if token.kind == "iri":
            return _resolved(token.text[1:-1], self.base)
        prefix, _, local = token.text.partition(":")
        return self.prefixes[prefix] + _LOCAL_ESCAPE.sub(r"\1", local)

    def checked(self, index: int, token: Token) -> str:
        """Return a name, in full if it is relative. Raises ValueError for those of engines."""
        if token.kind == "name":
            prefix = token.text.partition(":")[0].upper()
            behind = self.next(index + 1)
            hidden = behind < len(self.tokens) and self.tokens[behind].text == "{"
            if "GRAPH" in prefix and hidden:
                raise ValueError("write a space behind GRAPH")
        iri = self.iri(index)
        if iri.lower().startswith(_ENGINE_NAMES):
            raise ValueError(f"<{iri[:80]}> is a name that the engine keeps for its own use")
        return f"<{iri}>" if token.kind == "iri" else token.text

    def variable(self) -> str:
        """Return a variable that the query does not have."""
        self._fresh += 1
        return f"?{self.mark}_{self._fresh}"

    def significant(self, start: int, end: int) -> Iterator[int]:
        """Yield which tokens of a stretch are no white space."""
        return (index for index in range(start, end) if self.tokens[index].kind != "space")

    def next(self, index: int) -> int:
        """Return the first token from `index` on that is no white space."""
        return next(self.significant(index, len(self.tokens)), len(self.tokens))

    def _previous(self, index: int) -> int:
        index -= 1
        while index > 0 and self.tokens[index].kind == "space":
            index -= 1
        return index


def _separate(text: str) -> Iterable[Token]:
    """Yield the tokens of a query; `true.GRAPH` is three of them to a parser."""
    for token in tokens(text):
        if token.kind == "word" and "." in token.text:
            for match in _SPLIT_WORD.finditer(token.text):
                kind = "other" if match[0] == "." else "word"
                yield Token(kind, match[0], token.start + match.start())
        elif token.kind == "space" and "#" in token.text:
            # A comment would swallow what is put behind it on its line.
            yield Token("space", "\n", token.start)
        else:
            yield token


def _partners(found: Sequence[Token]) -> dict[int, int]:
    """Return where the bracket closes that each token opens."""
    partners = {}
    stack = []
    for index, token in enumerate(found):
        if token.kind == "open":
            stack.append(index)
        elif token.kind == "close" and stack:
            partners[stack.pop()] = index
    return partners


def _resolved(iri: str, base: str | None) -> str:
    """Resolve an IRI as Oxigraph does."""
    if base is None or _ABSOLUTE.match(iri):
        return iri
    (quad,) = parse(f"<{iri}> <x:p> <x:o> .", format=RdfFormat.TURTLE, base_iri=base)
    assert isinstance(quad.subject, NamedNode)
    return quad.subject.value
