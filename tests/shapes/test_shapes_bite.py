"""Every constraint in shapes/ is proven to bite: a thing that breaks it alone is reported for it.

For each constraint, things of the data are copied and changed so that they should break this
constraint and nothing else. The copies are validated together; a constraint is proven as soon as
one of its copies has exactly the one result. What is still open gets other copies.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice

import pytest
from mutants import Constraint, Derivation, Mutant, constraints
from rdflib import RDF, RDFS, SH, Graph, URIRef
from rdflib.term import Node
from turtle_sources import Validator

_ROUNDS = (1, 4, 16, 120)
"""How many mutants of each open constraint each round tries."""


def _results(report: Graph) -> dict[Node, set[tuple[Node, Node]]]:
    """Return by focus node what reported it: shape or SPARQL constraint, and component."""
    found: dict[Node, set[tuple[Node, Node]]] = defaultdict(set)
    for result in report.subjects(RDF.type, SH.ValidationResult):
        node = report.value(result, SH.focusNode)
        source = report.value(result, SH.sourceConstraint) or report.value(result, SH.sourceShape)
        component = report.value(result, SH.sourceConstraintComponent)
        assert node is not None
        assert source is not None
        assert component is not None
        found[node].add((source, component))
    return found


class _Proofs:
    """Runs the rounds and keeps what each constraint was seen to do."""

    def __init__(self, shapes: Graph, data: Graph, validator: Validator, *only: Constraint) -> None:
        self._shapes = shapes
        self._data = data
        self._validator = validator
        derivation = Derivation(shapes, data)
        self.all = list(only) or constraints(shapes)
        self._open: dict[Constraint, Iterator[Mutant]] = {
            constraint: derivation.mutants(constraint) for constraint in self.all
        }
        self.seen: dict[Constraint, str] = {}

    @property
    def unproven(self) -> list[Constraint]:
        """The constraints that no mutant has made report alone."""
        return sorted(self._open)

    def round(self, tries: int) -> None:
        """Validate some mutants of every open constraint in one run."""
        graph = Graph(bind_namespaces="none")
        graph += self._data
        tried: dict[Constraint, list[URIRef]] = {}
        number = 0
        for constraint, mutants in self._open.items():
            names = tried.setdefault(constraint, [])
            for mutant in islice(mutants, tries):
                number += 1
                names.append(URIRef(f"{mutant.original}-mutant-{number}"))
                for triple in mutant.triples(names[-1]):
                    graph.add(triple)
        focus_nodes = [name for names in tried.values() for name in names]
        found = _results(self._validator(graph, self._shapes, focus_nodes))
        for constraint, names in tried.items():
            wanted = {(constraint.key, constraint.component)}
            if any(found[name] == wanted for name in names):
                del self._open[constraint]
            elif names:
                self.seen[constraint] = "; ".join(_names(found[name]) for name in names[:3])
            else:
                self.seen.setdefault(constraint, "no thing in data/ to break")

    def table(self) -> str:
        """Return a table by constraint component: proven, all."""
        every = Counter(str(c.component).rpartition("#")[2] for c in self.all)
        unproven = Counter(str(c.component).rpartition("#")[2] for c in self.unproven)
        rows = [f"  {every[n] - unproven[n]:4} / {every[n]:<4} {n}" for n in sorted(every)]
        total = f"  {len(self.all) - len(self.unproven):4} / {len(self.all):<4} in all"
        return "\n".join(["constraints proven to bite / all", *rows, total])


def _names(results: set[tuple[Node, Node]]) -> str:
    pairs = (f"{s}".rpartition("#")[2] + " " + f"{c}".rpartition("#")[2] for s, c in results)
    return "only " + ", ".join(sorted(pairs)) if results else "nothing"


@pytest.fixture(scope="module")
def proofs(shapes: Graph, data: Graph, validator: Validator) -> _Proofs:
    proofs = _Proofs(shapes, data, validator)
    for tries in _ROUNDS:
        if proofs.unproven:
            proofs.round(tries)
    return proofs


def test_every_constraint_bites(proofs: _Proofs, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{proofs.table()}")
    unproven = [
        f"{c.shape} {str(c.component).rpartition('#')[2]}: reported {proofs.seen.get(c)}"
        for c in proofs.unproven
    ]
    assert not unproven, "\n".join(["constraints that nothing breaks alone:", *unproven])


def test_unchanged_copies_are_valid(shapes: Graph, data: Graph, validator: Validator) -> None:
    """Copying alone breaks nothing: what the mutants show is the work of the change."""
    derivation = Derivation(shapes, data)
    graph = Graph(bind_namespaces="none")
    graph += data
    examples = {
        thing
        for shape in shapes.subjects(RDF.type, SH.NodeShape)
        for thing in islice(derivation.instances(URIRef(str(shape))), 2)
    }
    copies = [URIRef(f"{thing}-copy") for thing in sorted(examples)]
    for thing, copy in zip(sorted(examples), copies, strict=True):
        for triple in Mutant(thing, derivation.statements(thing)).triples(copy):
            graph.add(triple)
    assert not _results(validator(graph, shapes, copies))


def test_a_mutant_is_a_copy_with_one_change(shapes: Graph, data: Graph) -> None:
    derivation = Derivation(shapes, data)
    removal = next(c for c in constraints(shapes) if c.parameter == SH.minCount)
    mutant = next(derivation.mutants(removal))
    before = derivation.statements(mutant.original)
    assert mutant.statements < before
    assert len({p for p, _ in before - mutant.statements}) == 1
    assert RDFS.label in {p for p, _ in before}


def test_an_idle_constraint_is_found(shapes: Graph, data: Graph, validator: Validator) -> None:
    """Whatever breaks the kind of node breaks the datatype as well: nothing breaks it alone."""
    label = URIRef("https://w3id.org/ai4media/shapes#label-name")
    changed = Graph(bind_namespaces="none")
    changed += shapes
    changed.add((label, SH.nodeKind, SH.Literal))
    idle = Constraint(label, SH.NodeKindConstraintComponent, SH.nodeKind, SH.Literal)
    datatype = next(
        c for c in constraints(changed) if (c.shape, c.parameter) == (label, SH.datatype)
    )
    proofs = _Proofs(changed, data, validator, idle, datatype)
    proofs.round(24)
    assert proofs.unproven == [idle]
