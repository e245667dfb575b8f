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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pyoxigraph import NamedNode, QuerySolutions, QueryTriples, Store

from publisher.push.generations import NAMES, Generation
from server.engine.backends.query_text import QueryText
from server.engine.packets import Request
from server.query.reading import Token

_EMPTY: Final = Store()
_MODIFIERS: Final = frozenset(("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"))
#: How deep blank nodes inside blank nodes are described at most.
_DEEPEST: Final = 8


@dataclass(frozen=True)
class Graphs:
    """The generation that queries are put to, and what is known of it.

    `names` are the graphs of the release; `depth` is how deep its blank nodes stand in each other;
    `shared` says that a triple may stand in several graphs; `virtuoso` that the store is one, for
    which some things are written another way.
    """

    generation: Generation
    names: frozenset[str]
    depth: int = 0
    shared: bool = False
    virtuoso: bool = False


@dataclass(frozen=True)
class Translation:
    """A query for the store.

    `columns` are those of a table; `()` stands for `SELECT * {}`. `solutions` asks for those of
    a query that wants a graph: where a store says of tables alone that it cut them off.
    """

    text: str
    columns: tuple[str, ...] | None = None
    solutions: str | None = None


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
        self._virtuoso = graphs.virtuoso
        self._doubles = graphs.virtuoso and graphs.shared
        self._depth = min(graphs.depth, _DEEPEST)
        self._columns = columns
        self._text = QueryText(request.text, request.base)
        #: Graphs, by their names in the release, that GRAPH may name; None: all there are.
        self._named: Sequence[str] | None = None
        self._used: set[str] = set()
        self._ranges = False

    def translation(self) -> Translation:
        start = self._text.prologue()
        form = self._text.tokens[start].text.upper()
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
        body = self._emit(rest, len(self._text.tokens))
        dataset = self._dataset(default)
        prologue = self._text.declarations()
        if form == "DESCRIBE":
            return self._described(prologue, self._describe(start, head, body), dataset)
        if self._columns is not None:
            opening = self._written_out(start, head, opening)
        text = f"{prologue}{opening} {dataset}{body}"
        if form == "CONSTRUCT" and self._virtuoso:
            return Translation(text, solutions=self._counted(prologue, dataset, body))
        return Translation(text, self._columns)

    def _counted(self, prologue: str, dataset: str, body: str) -> str:
        return f"{prologue}SELECT (1 AS {self._text.variable()}) {dataset}{body}"

    def _described(self, prologue: str, parts: tuple[str, str], dataset: str) -> Translation:
        template, pattern = parts
        text = f"{prologue}CONSTRUCT {{ {template} }}\n{dataset}{pattern}"
        solutions = self._counted(prologue, dataset, pattern) if self._virtuoso else None
        return Translation(text, solutions=solutions)

    def _clauses(self, start: int) -> tuple[list[str], list[str], int, int]:
        """Read the dataset clauses.

        Return the graphs of FROM and FROM NAMED, and where what stands before and behind them ends
        and begins.
        """
        index = start + 1
        default: list[str] = []
        named: list[str] = []
        first: int | None = None
        while index < len(self._text.tokens):
            token = self._text.tokens[index]
            word = token.text.upper() if token.kind == "word" else ""
            if token.kind == "name":
                prefix = token.text.partition(":")[0].upper()
                if "FROM" in prefix or "NAMED" in prefix:
                    raise ValueError(f"write '{token.text[:40]}' as an IRI in brackets here")
            if word.startswith("FROM"):
                first = index if first is None else first
                index = self._text.next(index + 1)
                is_named = word == "FROMNAMED"
                if self._text.tokens[index].text.upper() == "NAMED":
                    is_named = True
                    index = self._text.next(index + 1)
                if word not in ("FROM", "FROMNAMED"):
                    raise ValueError("write spaces around FROM and NAMED")
                (named if is_named else default).append(self._text.iri(index))
            elif word == "WHERE" or word in _MODIFIERS or self._text.opens_pattern(index):
                break
            elif token.kind == "open":
                index = self._text.partners[index]
            index += 1
        return default, named, index if first is None else first, index

    def _dataset(self, default: Sequence[str] | None) -> str:
        """Write out the dataset: the default graph, and those named graphs that are used."""
        if default is None:
            lines = [f"FROM <{self._generation.merge}>"]
        else:
            found = [name for name in dict.fromkeys(default) if name in self._known]
            names = list(map(self._generation.graph, found))
            if self._doubles and len(found) > 1:
                names = [self._merge(found)]
            lines = [f"FROM <{name}>" for name in names] or [f"FROM <{self._generation.nothing}>"]
        if self._ranges:
            self._used.update(self._all_named())
        used = [*map(self._generation.graph, sorted(self._used))]
        used += [self._generation.names] if self._ranges else []
        lines += [f"FROM NAMED <{name}>" for name in used or [self._generation.nothing]]
        return "\n".join(lines) + "\n"

    def _merge(self, names: Sequence[str]) -> str:
        """Return the graph that is the RDF merge of some, where the store would just add them."""
        if set(names) != self._known:
            raise ValueError(
                "the store gives a triple once for each default graph that it stands in, and "
                "graphs here share triples; name one default graph, or all, or use GRAPH"
            )
        return self._generation.merge

    def _all_named(self) -> Iterable[str]:
        return self._known if self._named is None else self._known.intersection(self._named)

    # The parts of a query

    def _emit(self, start: int, end: int) -> str:
        """Return tokens as text, their GRAPH patterns translated."""
        parts = []
        index = start
        while index < end:
            token = self._text.tokens[index]
            if token.kind in ("iri", "name"):
                parts.append(self._text.checked(index, token))
                index += 1
                continue
            elif self._virtuoso and (closing := self._text.case_of_str(index)):
                # The same string, which Virtuoso 7 then puts in its right place of an order.
                inner = self._emit(index + 1, closing + 1)
                parts.append(f'CONCAT("", {token.text}{inner})')
                index = closing + 1
                continue
            elif token.kind == "word" and token.text.upper() == "SERVICE":
                # What is meant for another endpoint is about the graphs there.
                behind = self._text.behind_block(index)
                parts += [each.text for each in self._text.tokens[index:behind]]
                index = behind
                continue
            elif token.kind == "word" and "GRAPH" in token.text.upper():
                if token.text.upper() != "GRAPH":
                    raise ValueError("write spaces around GRAPH")
                name = self._text.next(index + 1)
                opening = self._text.next(name + 1)
                closing = self._text.partners[opening]
                parts.append(self._graph(self._text.tokens[name], name, opening, closing))
                index = closing + 1
                continue
            parts.append(token.text)
            if self._virtuoso and token.text == "{" and self._text.only_filters(index):
                # Virtuoso 7 applies no EXISTS in a group that has nothing else.
                parts.append(f" VALUES {self._text.variable()} {{ 1 }} ")
            index += 1
        return "".join(parts)

    def _graph(self, name: Token, at: int, opening: int, closing: int) -> str:
        inner = self._emit(opening + 1, closing)
        if name.kind != "variable":
            iri = self._text.iri(at)
            if iri not in self._all_named():
                return f" GRAPH <{self._generation.nothing}> {{{inner}}} "
            self._used.add(iri)
            return f" GRAPH <{self._generation.graph(iri)}> {{{inner}}} "
        if self._text.next(opening + 1) == closing:
            return self._each_graph(name.text)
        self._ranges = True
        each = self._text.variable()
        known = f"GRAPH <{self._generation.names}> {{ {each} <{NAMES}> {name.text} }}"
        if self._text.mentions(name.text[1:], opening + 1, closing):
            # Where engines let filters inside see the name of the graph, they still do.
            return f" GRAPH {each} {{ {known} {inner}}} "
        return f" {known} GRAPH {each} {{{inner}}} "

    def _each_graph(self, variable: str) -> str:
        """Return what `GRAPH ?g {}` stands for; many engines answer it with nothing."""
        if self._named is None:
            self._ranges = True
            each = self._text.variable()
            return f" GRAPH <{self._generation.names}> {{ {each} <{NAMES}> {variable} }} "
        names = " ".join(f"<{name}>" for name in dict.fromkeys(self._named))
        return f" VALUES {variable} {{ {names} }} "

    def _written_out(self, start: int, head: int, opening: str) -> str:
        """Write the columns of `SELECT *` out."""
        star = next(
            (
                index
                for index in self._text.significant(start, head)
                if self._text.tokens[index].text not in ("DISTINCT", "REDUCED")
                and self._text.tokens[index].text.upper() not in ("SELECT", "DISTINCT", "REDUCED")
            ),
            None,
        )
        if star is None or self._text.tokens[star].text != "*":
            return opening
        columns = " ".join(f"?{name}" for name in self._columns or ())
        if not columns:
            columns = f"(1 AS {self._text.variable()})"
        return f"{self._emit(start, star)} {columns} "

    def _describe(self, start: int, head: int, body: str) -> tuple[str, str]:
        """Return template and pattern of what Oxigraph describes, blank nodes included."""
        variables: list[str] = []
        iris: list[str] = []
        for index in self._text.significant(start + 1, head):
            token = self._text.tokens[index]
            if token.text == "*":
                variables += self._visible(body)
            elif token.kind == "variable":
                variables.append(f"?{token.text[1:]}")
            else:
                self._text.checked(index, token)
                iris.append(f"<{self._text.iri(index)}>")
        thing = self._text.variable()
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
            chain = [thing, *(self._text.variable() for _ in range(depth))]
            steps = [
                f"{one} {self._text.variable()} {other} . FILTER(isBLANK({other}))"
                for one, other in pairwise(chain)
            ]
            last = f"{chain[-1]} {self._text.variable()} {self._text.variable()} ."
            arms.append(f"{{ {' '.join([*steps, last])} }}")
            template.append(last)
        pattern = f"{chosen} {' UNION '.join(arms)}"
        return " ".join(template), f"WHERE {{ {pattern} }}"

    def _visible(self, body: str) -> list[str]:
        """Return the variables that `DESCRIBE *` stands for."""
        results = _EMPTY.query(f"{self._text.declarations()}SELECT * {body}")
        assert isinstance(results, QuerySolutions)
        ours = f"{self._text.mark}_"
        return [f"?{each.value}" for each in results.variables if not each.value.startswith(ours)]
