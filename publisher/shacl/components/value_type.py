"""Value type constraint components (SHACL, section 4.1): sh:class, sh:datatype, sh:nodeKind."""

from __future__ import annotations

from typing import Final

import rdflib
from rdflib.namespace import RDF, RDFS, SH, XSD

from publisher.shacl.context import Component, Context, Rule, Test, Violation, tested
from publisher.shacl.writing import NotCompilable, term

#: What every well-formed literal looks like of datatypes that the engine knows but in part: its
#: numbers have an end.
_FORMS: Final[dict[rdflib.term.Node, str]] = {
    XSD.integer: "^[+-]?[0-9]+$",
    XSD.decimal: r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$",
}
#: Those that the engine itself can read, or say that it cannot.
_CAST: Final = frozenset(
    XSD[name]
    for name in (
        *("boolean", "double", "float", "date", "dateTime", "time", "gYear", "gYearMonth"),
        *("gMonth", "gMonthDay", "gDay", "duration", "yearMonthDuration", "dayTimeDuration"),
    )
)
#: Those of which every literal is well-formed, beside the ones of nobody's specification.
_ANY: Final = frozenset((XSD.string, XSD.anyURI, RDF.langString, RDF.HTML))
_KNOWN: Final = (str(XSD), str(RDF), str(RDFS))
_KINDS: Final = {
    SH.IRI: "isIRI({0})",
    SH.BlankNode: "isBlank({0})",
    SH.Literal: "isLiteral({0})",
    SH.BlankNodeOrIRI: "(isBlank({0}) || isIRI({0}))",
    SH.BlankNodeOrLiteral: "(isBlank({0}) || isLiteral({0}))",
    SH.IRIOrLiteral: "(isIRI({0}) || isLiteral({0}))",
}


def class_(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values that are no instances of a class (4.1.1)."""
    path = f"{RDF.type.n3()}/{RDFS.subClassOf.n3()}*"
    return context.each(lambda v: f"FILTER NOT EXISTS {{ {v} {path} {term(value)} }}")


def _datatype(_: rdflib.Graph, value: rdflib.term.Node) -> Test:
    """Test for a well-formed literal of a datatype (4.1.2)."""
    formed = well_formed(value)
    return lambda v: f"sameTerm(DATATYPE({v}), {term(value)}) && {formed(f'STR({v})')}"


def well_formed(datatype: rdflib.term.Node) -> Test:
    """Return the test for what a literal of a datatype is written like. Raises NotCompilable."""
    if datatype in _FORMS:
        return lambda text: f'REGEX({text}, "{_FORMS[datatype]}")'
    if datatype in _CAST:
        # What cannot be read is an error, and so is its text.
        return lambda text: f"STRLEN(STR({term(datatype)}({text}))) > 0"
    if datatype in _ANY or not str(datatype).startswith(_KNOWN):
        return lambda _: "true"
    raise NotCompilable(f"the datatype {datatype}")


def node_kind(context: Context, value: rdflib.term.Node) -> list[Violation]:
    """Flag values of another kind of node (4.1.3)."""
    kind = _KINDS.get(value)  # type: ignore[call-overload]
    if kind is None:
        raise NotCompilable(f"the node kind {value}")
    return context.each(lambda v: f"FILTER(!{kind.format(v)})")


RULES: Final[dict[rdflib.URIRef, Rule]] = {SH.datatype: _datatype}
COMPONENTS: Final[dict[rdflib.URIRef, Component]] = {
    SH["class"]: class_,
    SH.datatype: tested(_datatype),
    SH.nodeKind: node_kind,
}
