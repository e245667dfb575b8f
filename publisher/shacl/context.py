"""Where a constraint is compiled: its shape, the focus node, its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import rdflib

from publisher.shacl.writing import NotCompilable, Variables

#: Compiles a parameter's value in a context into patterns.
Component = Callable[["Context", rdflib.term.Node], list[str]]
#: An expression for a variable, true of a value that conforms; an error counts as false.
Test = Callable[[str], str]
#: Makes the test of a parameter's value in a shapes graph.
Rule = Callable[[rdflib.Graph, rdflib.term.Node], Test]


def tested(rule: Rule) -> Component:
    """Return the component that flags values of which a test is not true."""

    def component(context: Context, value: rdflib.term.Node) -> list[str]:
        test = rule(context.graph, value)
        return context.each(lambda v: f"FILTER(!COALESCE({test(v)}, false))")

    return component


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

    def approximate(self, what: str) -> None:
        """Say that a pattern may flag too much. Raises NotCompilable where that is not allowed."""
        if self.exact:
            raise NotCompilable(f"{what} within sh:not, sh:xone or sh:qualifiedValueShape")

    def each(self, violation: Callable[[str], str]) -> list[str]:
        """Return the pattern that finds a value with a violation, written for its variable."""
        if self.path is None:
            return [violation(self.focus)]
        value = self.variables.fresh()
        return [f"{self.focus} {self.path} {value} . {violation(value)}"]

    def values(self, variable: str) -> str:
        """Return what binds a variable to each value."""
        if self.path is None:
            return f"FILTER(sameTerm({self.focus}, {variable}))"
        return f"{self.focus} {self.path} {variable} ."

    def distinct(self, number: int, further: Callable[[str], str] = lambda _: "") -> str:
        """Return what is solved where there are so many values, with `further` behind each."""
        names = [self.variables.fresh() for _ in range(number)]
        parts = [f"{self.focus} {self.path} {name} . {further(name)}" for name in names]
        parts += [
            f"FILTER(!sameTerm({one}, {other}))"
            for at, one in enumerate(names)
            for other in names[at + 1 :]
        ]
        return " ".join(parts)
