"""Where a constraint is compiled: its shape, the focus node, its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import rdflib

from publisher.shacl.writing import NotCompilable, Variables


@dataclass(frozen=True)
class Violation:
    """A pattern that, behind what binds the focus node, is solved where a constraint is violated.

    It may be solved where nothing is wrong, too, unless its context says that it has to be exact.
    """

    pattern: str
    value: str | None = None
    """The variable that is bound to the wrong value, where the value of a result is one."""
    having: str | None = None
    """A condition for all solutions of a focus node together."""
    component: rdflib.URIRef | None = None
    """The constraint component, where the name of the parameter does not tell it."""


#: Compiles a parameter's value in a context.
Component = Callable[["Context", rdflib.term.Node], list[Violation]]
#: An expression for a variable, true of a value that conforms; an error counts as false.
Test = Callable[[str], str]
#: Makes the test of a parameter's value in a shapes graph.
Rule = Callable[[rdflib.Graph, rdflib.term.Node], Test]


def tested(rule: Rule) -> Component:
    """Return the component that flags values of which a test is not true."""

    def component(context: Context, value: rdflib.term.Node) -> list[Violation]:
        test = rule(context.graph, value)
        return context.each(lambda v: f"FILTER(!COALESCE({test(v)}, false))")

    return component


#: Values that are told apart in pairs: of more of them, all are counted.
_PAIRED: Final = 4


@dataclass(frozen=True)
class Context:
    """A shape on a focus node; `path` is None for a node shape, whose value is the focus node."""

    graph: rdflib.Graph
    shape: rdflib.term.Node
    focus: str
    path: str | None
    variables: Variables
    violated: Callable[[rdflib.term.Node, str], str]
    """Return a pattern with a solution where a shape is violated by what a variable is bound to."""
    violated_exactly: Callable[[rdflib.term.Node, str], str]
    """The same, with no solution elsewhere: for what is wrong where a shape is not violated."""
    exact: bool
    """Whether patterns may have no solution where nothing is wrong."""
    outermost: bool
    """Whether patterns stand outermost in a query, where their solutions can be counted."""

    def approximate(self, what: str) -> None:
        """Say that a pattern may flag too much. Raises NotCompilable where that is not allowed."""
        if self.exact:
            raise NotCompilable(f"{what} within sh:not, sh:xone or sh:qualifiedValueShape")

    def each(self, violation: Callable[[str], str]) -> list[Violation]:
        """Return the pattern that finds a value with a violation, written for its variable."""
        if self.path is None:
            return [Violation(violation(self.focus), self.focus)]
        value = self.variables.fresh()
        return [Violation(f"{self.focus} {self.path} {value} . {violation(value)}", value)]

    def values(self, variable: str) -> str:
        """Return what binds a variable to each value."""
        if self.path is None:
            return f"FILTER(sameTerm({self.focus}, {variable}))"
        return f"{self.focus} {self.path} {variable} ."

    def fewer(self, number: int, further: Callable[[str], str] = lambda _: "") -> Violation:
        """Return what is solved with fewer values than a number, with `further` behind each."""
        if number <= _PAIRED:
            return Violation(f"FILTER NOT EXISTS {{ {self._distinct(number, further)} }}")
        return self._counted(f"< {number}", further)

    def more(self, number: int, further: Callable[[str], str] = lambda _: "") -> Violation:
        """Return what is solved with more values than a number, with `further` behind each."""
        if number < _PAIRED:
            return Violation(self._distinct(number + 1, further))
        return self._counted(f"> {number}", further)

    def _distinct(self, number: int, further: Callable[[str], str]) -> str:
        names = [self.variables.fresh() for _ in range(number)]
        parts = [f"{self.focus} {self.path} {name} . {further(name)}" for name in names]
        parts += [
            f"FILTER(!sameTerm({one}, {other}))"
            for at, one in enumerate(names)
            for other in names[at + 1 :]
        ]
        return " ".join(parts)

    def _counted(self, comparison: str, further: Callable[[str], str]) -> Violation:
        if not self.outermost:
            raise NotCompilable(f"a number of values ({comparison}) within another shape")
        value = self.variables.fresh()
        values = f"{self.focus} {self.path} {value} . {further(value)}"
        return Violation(f"OPTIONAL {{ {values} }}", having=f"COUNT(DISTINCT {value}) {comparison}")
