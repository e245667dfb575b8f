"""A query over the graphs of a release, as one over the graphs of its generation in a store.

Clients see the names that the publication gives to its graphs; in a store each release has names
of its own (`publisher.generations`). The translation works on tokens and leaves the rest of the
text alone:

- The dataset is always written out. No graph outside the generation can be read, whatever the
  query says: engines take a query without `FROM NAMED` for one over all graphs that they hold.
- `GRAPH <name>` gets the generation's name, or that of a graph which never exists.
- `GRAPH ?g { P }` becomes `GRAPH <names> { ?h names ?g } GRAPH ?h { P }`. Each ?h goes with one ?g,
  so no solution is lost, doubled or told apart by it.
- `SELECT *` is written out, so that no ?h is seen; DESCRIBE becomes a CONSTRUCT, because engines
  describe as they like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pyoxigraph import NamedNode, QuerySolutions, QueryTriples, RdfFormat, Store, parse

from publisher.generations import NAMES, Generation
from server.engine.packets import Request
from server.query import Token, tokens

_EMPTY: Final = Store()
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_MODIFIERS: Final = frozenset(("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"))
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
    "http://www.openlinksw.com/schemas/DAV#",
    "http://www.ontotext.com/",
    "http://aws.amazon.com/neptune/",
    "http://www.bigdata.com/rdf/",
    "tag:stardog:",
)
#: How deep blank nodes inside blank nodes are described at most.
_DEEPEST: Final = 8


@dataclass(frozen=True)
class Graphs:
    """The generation that queries are put to, and what is known of it.

    `names` are the graphs of the release; `depth` is how deep its blank nodes stand in each other.
    """

    generation: Generation
    names: frozenset[str]
    depth: int = 0


@dataclass(frozen=True)
class Translation:
    """A query for the store. `columns` are those of the answer; none stands for `SELECT * {}`."""

    text: str
    columns: tuple[str, ...] | None


def translate(request: Request, graphs: Graphs) -> Translation:
    """Translate a query.

    Raises SyntaxError for text that is not SPARQL 1.1, and ValueError or RuntimeError for what is
    not evaluated: functions that Oxigraph does not know, names that engines keep for their own.
    """
    results = _EMPTY.query(request.text, base_iri=request.base)
    columns = None
    if isinstance(results, QuerySolutions):
        columns = tuple(variable.value for variable in results.variables)
    kind = {QuerySolutions: "select", QueryTriples: "graph"}.get(type(results), "ask")
    if kind != request.kind:
        raise ValueError(f"the query is not of the kind '{request.kind}'")
    return _Translator(request, graphs, columns).translation()


class _Translator:
    """Reads the tokens of one query, which is known to parse."""

    def __init__(self, request: Request, graphs: Graphs, columns: tuple[str, ...] | None) -> None:
        self._request = request
        self._generation = graphs.generation
        self._known = graphs.names
        self._depth = min(graphs.depth, _DEEPEST)
        self._columns = columns
        self._tokens = list(_separate(request.text))
        self._partners = _partners(self._tokens)
        self._base = request.base
        self._prefixes: dict[str, str] = {}
        self._fresh = 0
        self._mark = "x"
        while f"{self._mark}_" in request.text:
            self._mark += "x"
        #: Graphs, by their names in the release, that GRAPH may name; None: all there are.
        self._named: Sequence[str] | None = None
        self._used: set[str] = set()
        self._ranges = False

    def translation(self) -> Translation:
        start = self._prologue()
        form = self._tokens[start].text.upper()
        own_default, own_named, head, rest = self._clauses(start)
        if self._request.default_graphs is not None or self._request.named_graphs is not None:
            default: Sequence[str] | None = self._request.default_graphs or ()
            named: Sequence[str] | None = self._request.named_graphs or ()
            for name in (*(default or ()), *(named or ())):
                NamedNode(name)
        elif own_default or own_named:
            default, named = own_default, own_named
        else:
            default = named = None
        self._named = named
        opening = "" if form == "DESCRIBE" else self._emit(start, head)
        body = self._emit(rest, len(self._tokens))
        dataset = self._dataset(default)
        prologue = "".join(token.text for token in self._tokens[:start])
        if self._request.base is not None:
            prologue = f"BASE <{self._request.base}>\n{prologue}"
        if form == "DESCRIBE":
            return Translation(prologue + self._describe(start, head, dataset, body), None)
        if self._columns is not None:
            opening = self._written_out(start, head, opening)
        return Translation(f"{prologue}{opening} {dataset}{body}", self._columns)

    def _prologue(self) -> int:
        """Read the declarations; return where the query itself begins."""
        words = _significant(self._tokens, 0, len(self._tokens))
        for index in words:
            match self._tokens[index].text.upper():
                case "BASE":
                    self._base = self._iri(next(words))
                case "PREFIX":
                    prefix = self._tokens[next(words)].text[:-1]
                    self._prefixes[prefix] = self._iri(next(words))
                case "VERSION":
                    next(words)
                case _:
                    return index
        raise ValueError("there is no query")

    def _clauses(self, start: int) -> tuple[list[str], list[str], int, int]:
        """Read the dataset clauses.

        Return the graphs of FROM and FROM NAMED, and where what stands before and behind them ends
        and begins.
        """
        index = start + 1
        default: list[str] = []
        named: list[str] = []
        first: int | None = None
        while index < len(self._tokens):
            token = self._tokens[index]
            word = token.text.upper() if token.kind == "word" else ""
            if token.kind == "name":
                prefix = token.text.partition(":")[0].upper()
                if "FROM" in prefix or "NAMED" in prefix:
                    raise ValueError(f"write '{token.text[:40]}' as an IRI in brackets here")
            if word.startswith("FROM"):
                first = index if first is None else first
                index = self._next(index + 1)
                is_named = word == "FROMNAMED"
                if self._tokens[index].text.upper() == "NAMED":
                    is_named = True
                    index = self._next(index + 1)
                if word not in ("FROM", "FROMNAMED"):
                    raise ValueError("write spaces around FROM and NAMED")
                (named if is_named else default).append(self._iri(index))
            elif word == "WHERE" or word in _MODIFIERS or self._opens_pattern(index):
                break
            elif token.kind == "open":
                index = self._partners[index]
            index += 1
        return default, named, index if first is None else first, index

    def _opens_pattern(self, index: int) -> bool:
        """Whether a bracket opens the pattern of the query, and not a template."""
        if self._tokens[index].text != "{":
            return False
        behind = self._next(self._partners[index] + 1)
        before = self._tokens[self._previous(index)].text.upper()
        if before != "CONSTRUCT" or behind == len(self._tokens):
            return True
        following = self._tokens[behind].text.upper()
        return not (following == "WHERE" or following == "{" or following.startswith("FROM"))

    def _dataset(self, default: Sequence[str] | None) -> str:
        """Write out the dataset: the default graph, and those named graphs that are used."""
        if default is None:
            lines = [f"FROM <{self._generation.merge}>"]
        else:
            found = [name for name in dict.fromkeys(default) if name in self._known]
            names = map(self._generation.graph, found)
            lines = [f"FROM <{name}>" for name in names] or [f"FROM <{self._generation.nothing}>"]
        if self._ranges:
            self._used.update(self._all_named())
        used = [*map(self._generation.graph, sorted(self._used))]
        used += [self._generation.names] if self._ranges else []
        lines += [f"FROM NAMED <{name}>" for name in used or [self._generation.nothing]]
        return "\n".join(lines) + "\n"

    def _all_named(self) -> Iterable[str]:
        return self._known if self._named is None else self._known.intersection(self._named)

    # The parts of a query

    def _emit(self, start: int, end: int) -> str:
        """Return tokens as text, their GRAPH patterns translated."""
        parts = []
        index = start
        while index < end:
            token = self._tokens[index]
            if token.kind in ("iri", "name"):
                parts.append(self._checked(index, token))
                index += 1
                continue
            elif token.kind == "word" and token.text.upper() in ("LCASE", "UCASE"):
                closing = self._case_of_str(index)
                if closing is not None:
                    # The same string, which Virtuoso 7 then puts in its right place of an order.
                    inner = self._emit(index + 1, closing + 1)
                    parts.append(f'CONCAT("", {token.text}{inner})')
                    index = closing + 1
                    continue
            elif token.kind == "word" and token.text.upper() == "SERVICE":
                # What is meant for another endpoint is about the graphs there.
                behind = self._behind_block(index)
                parts += [each.text for each in self._tokens[index:behind]]
                index = behind
                continue
            elif token.kind == "word" and "GRAPH" in token.text.upper():
                if token.text.upper() != "GRAPH":
                    raise ValueError("write spaces around GRAPH")
                name = self._next(index + 1)
                opening = self._next(name + 1)
                closing = self._partners[opening]
                parts.append(self._graph(self._tokens[name], name, opening, closing))
                index = closing + 1
                continue
            parts.append(token.text)
            index += 1
        return "".join(parts)

    def _case_of_str(self, index: int) -> int | None:
        """Return where `LCASE(STR(...))` closes, or None if it is LCASE of something else."""
        opening = self._next(index + 1)
        inner = self._next(opening + 1)
        inside = self._next(inner + 1)
        closing = self._partners.get(opening)
        if closing is None or inside not in self._partners:
            return None
        is_str = self._tokens[inner].text.upper() == "STR"
        return closing if is_str and self._next(self._partners[inside] + 1) == closing else None

    def _behind_block(self, index: int) -> int:
        while self._tokens[index].text != "{":
            index += 1
        return self._partners[index] + 1

    def _graph(self, name: Token, at: int, opening: int, closing: int) -> str:
        inner = self._emit(opening + 1, closing)
        if name.kind != "variable":
            iri = self._iri(at)
            if iri not in self._all_named():
                return f" GRAPH <{self._generation.nothing}> {{{inner}}} "
            self._used.add(iri)
            return f" GRAPH <{self._generation.graph(iri)}> {{{inner}}} "
        if self._next(opening + 1) == closing:
            return self._each_graph(name.text)
        self._ranges = True
        each = self._variable()
        known = f"GRAPH <{self._generation.names}> {{ {each} <{NAMES}> {name.text} }}"
        if self._mentions(name.text[1:], opening + 1, closing):
            # Where engines let filters inside see the name of the graph, they still do.
            return f" GRAPH {each} {{ {known} {inner}}} "
        return f" {known} GRAPH {each} {{{inner}}} "

    def _each_graph(self, variable: str) -> str:
        """Return what `GRAPH ?g {}` stands for; many engines answer it with nothing."""
        if self._named is None:
            self._ranges = True
            return (
                f" GRAPH <{self._generation.names}> {{ {self._variable()} <{NAMES}> {variable} }} "
            )
        names = " ".join(f"<{name}>" for name in dict.fromkeys(self._named))
        return f" VALUES {variable} {{ {names} }} "

    def _mentions(self, variable: str, start: int, end: int) -> bool:
        """Whether a pattern uses a variable and gives it no value by AS."""
        found = False
        for index in _significant(self._tokens, start, end):
            token = self._tokens[index]
            if token.kind == "variable" and token.text[1:] == variable:
                if self._tokens[self._previous(index)].text.upper() == "AS":
                    return False
                found = True
        return found

    def _written_out(self, start: int, head: int, opening: str) -> str:
        """Write the columns of `SELECT *` out."""
        star = next(
            (
                index
                for index in _significant(self._tokens, start, head)
                if self._tokens[index].text not in ("DISTINCT", "REDUCED")
                and self._tokens[index].text.upper() not in ("SELECT", "DISTINCT", "REDUCED")
            ),
            None,
        )
        if star is None or self._tokens[star].text != "*":
            return opening
        columns = " ".join(f"?{name}" for name in self._columns or ())
        if not columns:
            columns = f"(1 AS {self._variable()})"
        return f"{self._emit(start, star)} {columns} "

    def _describe(self, start: int, head: int, dataset: str, body: str) -> str:
        """Return DESCRIBE as a CONSTRUCT: what Oxigraph describes, blank nodes included."""
        variables: list[str] = []
        iris: list[str] = []
        for index in _significant(self._tokens, start + 1, head):
            token = self._tokens[index]
            if token.text == "*":
                variables += self._visible(body)
            elif token.kind == "variable":
                variables.append(f"?{token.text[1:]}")
            else:
                self._checked(index, token)
                iris.append(f"<{self._iri(index)}>")
        thing = self._variable()
        pattern = body.strip()
        if pattern and not pattern.startswith(("{", "WHERE", "where")):
            pattern = f"{{}} {pattern}"
        targets = []
        if iris:
            # With a pattern, even the things named are only described if it has a solution.
            values = f"VALUES {thing} {{ {' '.join(dict.fromkeys(iris))} }}"
            found = f"FILTER EXISTS {{ {{ SELECT * {pattern} }} }}" if pattern else ""
            targets.append(f"{{ {values} {found} }}")
        targets += [
            f"{{ SELECT DISTINCT ({name} AS {thing}) {{ {{ SELECT {name} {pattern} }} }} }}"
            for name in dict.fromkeys(variables)
        ]
        chosen = f"{{ SELECT DISTINCT {thing} {{ {' UNION '.join(targets)} }} }}"
        template = []
        arms = []
        for depth in range(self._depth + 1):
            chain = [thing, *(self._variable() for _ in range(depth))]
            steps = [
                f"{one} {self._variable()} {other} . FILTER(isBLANK({other}))"
                for one, other in pairwise(chain)
            ]
            last = f"{chain[-1]} {self._variable()} {self._variable()} ."
            arms.append(f"{{ {' '.join([*steps, last])} }}")
            template.append(last)
        pattern = f"{chosen} {' UNION '.join(arms)}"
        return f"CONSTRUCT {{ {' '.join(template)} }}\n{dataset}WHERE {{ {pattern} }}"

    def _visible(self, body: str) -> list[str]:
        """Return the variables that `DESCRIBE *` stands for."""
        prologue = "".join(f"PREFIX {key}: <{iri}>\n" for key, iri in self._prefixes.items())
        results = _EMPTY.query(f"{prologue}SELECT * {body}", base_iri=self._base)
        assert isinstance(results, QuerySolutions)
        ours = f"{self._mark}_"
        return [f"?{each.value}" for each in results.variables if not each.value.startswith(ours)]

    # Terms

    def _iri(self, index: int) -> str:
        """Return the IRI that a token stands for."""
        token = self._tokens[index]
        if token.kind == "iri":
            return _resolved(token.text[1:-1], self._base)
        prefix, _, local = token.text.partition(":")
        return self._prefixes[prefix] + _LOCAL_ESCAPE.sub(r"\1", local)

    def _checked(self, index: int, token: Token) -> str:
        """Return a name, in full if it is relative. Raises ValueError for those of engines."""
        if token.kind == "name":
            prefix = token.text.partition(":")[0].upper()
            behind = self._next(index + 1)
            hidden = behind < len(self._tokens) and self._tokens[behind].text == "{"
            if "GRAPH" in prefix and hidden:
                raise ValueError("write a space behind GRAPH")
        iri = self._iri(index)
        if iri.startswith(_ENGINE_NAMES):
            raise ValueError(f"<{iri[:80]}> is a name that the engine keeps for its own use")
        return f"<{iri}>" if token.kind == "iri" else token.text

    def _variable(self) -> str:
        """Return a variable that the query does not have."""
        self._fresh += 1
        return f"?{self._mark}_{self._fresh}"

    def _next(self, index: int) -> int:
        """Return the first token from `index` on that is no white space."""
        return next(_significant(self._tokens, index, len(self._tokens)), len(self._tokens))

    def _previous(self, index: int) -> int:
        index -= 1
        while index > 0 and self._tokens[index].kind == "space":
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


def _significant(found: Sequence[Token], start: int, end: int) -> Iterator[int]:
    return (index for index in range(start, end) if found[index].kind != "space")


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
