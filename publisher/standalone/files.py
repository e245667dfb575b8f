"""Files of RDF in any form, read for validation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox
import rdflib
from rdflib.namespace import SH, XSD

from publisher.findings import Finding, Place, SourceFault
from publisher.formats import JSON_LD, RDF_FORMS, RDF_XML, RdfForm, form_by_suffix
from publisher.progress import Progress
from publisher.sources import DATA, Source, SourceSyntaxError

#: What files of other people are called besides.
_ALSO: Final[dict[str, RdfForm]] = {"xml": RDF_XML, "owl": RDF_XML, "json": JSON_LD}
#: Datatypes that a store does not keep: it has xsd:integer and xsd:dateTime instead.
_LOST: Final = frozenset(
    str(XSD[name])
    for name in (
        *("int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger"),
        *("negativeInteger", "nonPositiveInteger", "unsignedInt", "unsignedLong"),
        *("unsignedShort", "unsignedByte", "dateTimeStamp"),
    )
)
_BECOME: Final = frozenset((str(XSD.integer), str(XSD.dateTime)))


@dataclass(frozen=True)
class Data:
    """Statements of files in the default graph of a store."""

    store: ox.Store
    lossy: bool
    """Whether the store has a literal with another datatype than the files."""


def sources(paths: Iterable[Path]) -> list[Source]:
    """Return files as sources. Raises SourceFault for those that cannot be read."""
    found, findings = [], []
    for path in paths:
        suffix = path.suffix.removeprefix(".").lower()
        form = form_by_suffix(suffix) or _ALSO.get(suffix)
        if form is None:
            known = ", ".join(f".{name}" for name in (*(f.suffix for f in RDF_FORMS), *_ALSO))
            fault = f"nobody knows which RDF is in a file that ends in {path.suffix or 'nothing'}"
            findings.append(Finding(Place(path), "suffix", fault, f"rename it to one of {known}"))
        elif not path.is_file():
            findings.append(Finding(Place(path), "file", "there is no such file", "correct it"))
        else:
            base = path.resolve().as_uri()
            found.append(Source(path, path, DATA, form, base, base))
    if findings:
        raise SourceFault(findings)
    return found


def quads(files: Iterable[Source]) -> Iterator[ox.Quad]:
    """Yield the statements of files as one graph. Raises SourceFault where one does not parse."""
    for source in files:
        try:
            for statement in source.statements():
                quad = statement.quad
                yield ox.Quad(quad.subject, quad.predicate, quad.object)
        except SourceSyntaxError as error:
            raise SourceFault([error.finding]) from None


def load(files: Iterable[Source], progress: Progress) -> Data:
    """Load files into a store in memory (0.7 GB for a million statements). Raises SourceFault."""
    store = ox.Store()
    lossy = False

    def passed() -> Iterator[ox.Quad]:
        nonlocal lossy
        for quad in quads(files):
            term = quad.object
            if isinstance(term, ox.Literal) and term.datatype.value in _LOST:
                lossy = True
            yield quad

    store.bulk_extend(progress.step("read", passed(), unit="statements"))
    return Data(store, lossy)


def has(store: ox.Store, node: ox.NamedNode) -> bool:
    """Whether a node is a subject or an object of a statement."""
    places = ((node, None, None), (None, None, node))
    return any(next(store.quads_for_pattern(*place), None) for place in places)


def minds(shapes: rdflib.Graph) -> bool:
    """Whether shapes tell apart the datatypes that a store does not."""
    told = {str(each) for each in shapes.objects(None, SH.datatype)}
    told |= {
        str(each.datatype) for each in shapes.objects() if isinstance(each, rdflib.Literal)
    } & _LOST
    queries = " ".join(map(str, shapes.objects(None, SH.select)))
    return not told.isdisjoint(_LOST | _BECOME) or "datatype" in queries.lower()
