"""Coverage: what a release describes, counted and written as a page.

Instances of each class, how many of them carry each property, and where the things lead outside.
The page is made from the release alone and has the same bytes for the same graph.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pyoxigraph as ox

from publisher.prefixes import Prefixes
from publisher.release import Release
from publisher.terms import RDF_TYPE, BareTriple, bare

_FEWEST_LINKS = 3
"""Hosts with fewer links stand together at the end, so that the table can be read."""


@dataclass(frozen=True)
class PropertyCoverage:
    """A property in one class: how many instances carry it, with how many values in all."""

    property: str
    instances: int
    values: int


@dataclass(frozen=True)
class ClassCoverage:
    """A class, its instances, and its properties, the best filled first."""

    class_: str
    instances: int
    properties: tuple[PropertyCoverage, ...]


@dataclass(frozen=True)
class TargetCoverage:
    """A host outside, the links to it by property, and how many things have one."""

    host: str
    links: int
    things: int
    by_property: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Coverage:
    """What is counted of a release."""

    things: int
    classes: tuple[ClassCoverage, ...]
    targets: tuple[TargetCoverage, ...]
    empty_classes: tuple[str, ...]
    """Declared classes that no thing carries."""
    idle_properties: tuple[str, ...]
    """Declared properties that no thing carries."""


def coverage(release: Release) -> Coverage:
    """Count what the things of a release carry."""
    return _Counter(release).coverage()


class _Counter:
    def __init__(self, release: Release) -> None:
        self._release = release
        self._described: defaultdict[str, dict[str, set[str]]] = defaultdict(dict)
        self._classes: defaultdict[str, set[str]] = defaultdict(set)
        self._links: set[tuple[str, str, str]] = set()
        for triple in self._statements():
            self._take(triple)

    def _statements(self) -> Iterator[BareTriple]:
        """Yield what is said of things; twice, if two graphs say it: sets count it once."""
        for quad in ox.parse(path=self._release.dataset_path, format=ox.RdfFormat.N_QUADS):
            subject, predicate, object_ = bare(quad)
            if self._release.iris.split(subject.value):
                yield subject, predicate, object_

    def _take(self, triple: BareTriple) -> None:
        thing, property_, object_ = triple
        if property_.value == RDF_TYPE:
            self._classes[object_.value].add(thing.value)
            return
        values = self._described[thing.value].setdefault(property_.value, set())
        values.add(str(object_))
        if isinstance(object_, ox.NamedNode) and self._is_outside(object_.value):
            self._links.add((thing.value, property_.value, object_.value))

    def _is_outside(self, iri: str) -> bool:
        """Whether an IRI leads away: neither below the base nor a term that is declared here."""
        return not self._release.iris.contains(iri) and iri not in self._terms

    @property
    def _terms(self) -> dict[str, dict[str, str]]:
        terms: dict[str, dict[str, str]] = self._release.presentation["terms"]
        return terms

    def coverage(self) -> Coverage:
        used = {property_ for values in self._described.values() for property_ in values}
        return Coverage(
            things=len(set().union(*self._classes.values())),
            classes=tuple(
                self._class(class_, things) for class_, things in sorted(self._classes.items())
            ),
            targets=tuple(self._targets()),
            empty_classes=self._unused("class", self._classes),
            idle_properties=self._unused("property", used),
        )

    def _class(self, class_: str, things: set[str]) -> ClassCoverage:
        carriers: Counter[str] = Counter()
        values: Counter[str] = Counter()
        for thing in things:
            for property_, found in self._described[thing].items():
                carriers[property_] += 1
                values[property_] += len(found)
        ranked = sorted(carriers.items(), key=lambda item: (-item[1], item[0]))
        return ClassCoverage(
            class_,
            len(things),
            tuple(PropertyCoverage(name, number, values[name]) for name, number in ranked),
        )

    def _targets(self) -> Iterator[TargetCoverage]:
        by_host: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for thing, property_, link in self._links:
            by_host[_host(link)].append((thing, property_))
        for host, links in sorted(by_host.items(), key=lambda item: (-len(item[1]), item[0])):
            counts = Counter(property_ for _, property_ in links)
            ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            things = len({thing for thing, _ in links})
            yield TargetCoverage(host, len(links), things, tuple(ranked))

    def _unused(self, kind: str, used: Iterable[str]) -> tuple[str, ...]:
        known = (term for term, about in self._terms.items() if about["kind"] == kind)
        return tuple(sorted(set(known).difference(used)))


def _host(iri: str) -> str:
    return (urlsplit(iri).hostname or urlsplit(iri).scheme).removeprefix("www.")


def page(release: Release) -> str:
    """Return the coverage of a release as a page in Markdown."""
    return _Page(release, coverage(release)).text()


class _Page:
    def __init__(self, release: Release, found: Coverage) -> None:
        self._release = release
        self._found = found
        self._prefixes = Prefixes(release.publication.prefixes)

    def text(self) -> str:
        return "\n\n".join((*self._head(), *self._classes(), *self._links(), *self._rest())) + "\n"

    def _head(self) -> Iterator[str]:
        yield f"# Coverage: {self._release.publication.title}"
        yield (
            "What the graph describes, counted from a release by `python -m publisher coverage`; "
            "do not edit.\n"
            f"It describes {self._found.things:,} things."
        )

    def _classes(self) -> Iterator[str]:
        yield "## Things by class\n\nA thing that carries two classes counts in both."
        yield _table(
            ("class", "name", "instances", "properties"),
            (
                (
                    self._link(entry),
                    self._label(entry.class_),
                    entry.instances,
                    len(entry.properties),
                )
                for entry in sorted(self._by_name(), key=lambda one: -one.instances)
            ),
        )
        yield (
            "## Filled properties by class\n\n"
            "With each property: how many instances carry it, their share, and its values in all."
        )
        for entry in self._by_name():
            yield f"### {self._name(entry.class_)}"
            yield _table(
                ("property", "instances", "share", "values"),
                (
                    (f"`{self._name(one.property)}`", one.instances, _share(one, entry), one.values)
                    for one in entry.properties
                ),
            )

    def _links(self) -> Iterator[str]:
        targets = self._found.targets
        links = sum(target.links for target in targets)
        yield (
            "## Links outside\n\n"
            f"{links:,} links lead to {len(targets):,} hosts, terms of vocabularies not counted."
        )
        yield _table(
            ("host", "links", "things", "by property"),
            (
                (target.host, target.links, target.things, self._counts(target.by_property))
                for target in targets
                if target.links >= _FEWEST_LINKS
            ),
        )
        few = sorted(target.host for target in targets if target.links < _FEWEST_LINKS)
        if few:
            yield f"With fewer than {_FEWEST_LINKS} links: {', '.join(few)}."

    def _rest(self) -> Iterator[str]:
        for title, terms in (
            ("Declared classes without instances", self._found.empty_classes),
            ("Declared properties that no thing carries", self._found.idle_properties),
        ):
            if terms:
                names = ", ".join(f"`{self._name(term)}`" for term in terms)
                yield f"## {title}\n\nThey serve the ontology itself or wait for data: {names}."

    def _by_name(self) -> list[ClassCoverage]:
        return sorted(self._found.classes, key=lambda one: self._name(one.class_))

    def _link(self, entry: ClassCoverage) -> str:
        name = self._name(entry.class_)
        anchor = "".join(one for one in name.lower() if one.isalnum() or one in "-_")
        return f"[{name}](#{anchor})"

    def _name(self, iri: str) -> str:
        return self._prefixes.shorten(iri) or iri

    def _label(self, iri: str) -> str:
        about = self._release.presentation["terms"].get(iri)
        return str(about["label"]) if about else ""

    def _counts(self, counts: Iterable[tuple[str, int]]) -> str:
        return ", ".join(f"`{self._name(property_)}` {number}" for property_, number in counts)


def _share(one: PropertyCoverage, entry: ClassCoverage) -> str:
    """Return a share in whole per cent: 100 % only for all, 0 % for none."""
    if one.instances == entry.instances:
        return "100 %"
    return f"{min(max(round(100 * one.instances / entry.instances), 1), 99)} %"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str | int, ...]]) -> str:
    """Return a table in Markdown, numbers to the right."""
    body = list(rows)
    right = [bool(body) and isinstance(value, int) for value in (body[0] if body else head)]
    lines = [head, tuple("---:" if one else "---" for one in right)]
    lines += [tuple(_cell(value) for value in row) for row in body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: str | int) -> str:
    return f"{value:,}" if isinstance(value, int) else value.replace("|", "\\|")
