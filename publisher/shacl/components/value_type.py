"""Value type constraint components (SHACL, section 4.1): sh:class, sh:datatype, sh:nodeKind."""

from __future__ import annotations

from typing import Final

import rdflib
from rdflib.namespace import RDF, RDFS, SH, XSD

from publisher.shacl.components.comparison import plain_year
from publisher.shacl.context import Component, Context
from publisher.shacl.writing import NotCompilable, term

_INTEGER: Final = "^[+-]?[0-9]+$"
#: Not 0000, which some readers refuse.
_YEAR: Final = "([1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
#: What every well-formed literal of a datatype looks like, where that is all there is to know.
_FORMS: Final[dict[rdflib.term.Node, str]] = {
    XSD.integer: _INTEGER,
    XSD.nonNegativeInteger: "^[+]?[0-9]+$",
    XSD.positiveInteger: "^[+]?0*[1-9][0-9]*$",
    XSD.decimal: r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)$",
    XSD.boolean: "^(true|false|1|0)$",
    XSD.gYear: f"^{_YEAR}$",
    XSD.gYearMonth: f"^{_YEAR}-(0[1-9]|1[0-2])$",
    XSD.duration: (
        "^-?P(([0-9]+Y([0-9]+M)?([0-9]+D)?|[0-9]+M([0-9]+D)?|[0-9]+D)"
        "(T([0-9]+H([0-9]+M)?([0-9]+S)?|[0-9]+M([0-9]+S)?|[0-9]+S))?"
        "|T([0-9]+H([0-9]+M)?([0-9]+S)?|[0-9]+M([0-9]+S)?|[0-9]+S))$"
    ),
}
#: Those that the engine itself can read, or say that it cannot.
_CAST: Final = (XSD.date, XSD.dateTime, XSD.double, XSD.float)
#: Those of which every literal is well-formed.
_ANY: Final = (XSD.string, XSD.anyURI, RDF.langString)
_KINDS: Final = {
    SH.IRI: "isIRI({0})",
    SH.BlankNode: "isBlank({0})",
    SH.Literal: "isLiteral({0})",
    SH.BlankNodeOrIRI: "(isBlank({0}) || isIRI({0}))",
    SH.BlankNodeOrLiteral: "(isBlank({0}) || isLiteral({0}))",
    SH.IRIOrLiteral: "(isIRI({0}) || isLiteral({0}))",
}


def class_(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that are no instances of a class (4.1.1)."""
    path = f"{RDF.type.n3()}/{RDFS.subClassOf.n3()}*"
    return context.each(lambda v: f"FILTER NOT EXISTS {{ {v} {path} {term(value)} }}")


def datatype(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values that are no literals of a datatype, or ill-formed ones (4.1.2)."""
    if value not in _ANY:
        context.approximate("a datatype with its own forms")
    if value in _FORMS:
        formed = f'REGEX(STR(%s), "{_FORMS[value]}")'
    elif value in _CAST:
        formed = ""
    elif value in _ANY:
        formed = "true"
    else:
        raise NotCompilable(f"the datatype {value}")

    def violation(v: str) -> str:
        right = f"isLiteral({v}) && sameTerm(DATATYPE({v}), {term(value)})"
        if value in _CAST:
            read = f"COALESCE(STR({term(value)}(STR({v}))), '') != ''"
            if value in (XSD.date, XSD.dateTime):
                read += f" && {plain_year(v)}"
            return f"FILTER(!COALESCE({right} && {read}, false))"
        return f"FILTER(!COALESCE({right} && {formed.replace('%s', v)}, false))"

    return context.each(violation)


def node_kind(context: Context, value: rdflib.term.Node) -> list[str]:
    """Flag values of another kind of node (4.1.3)."""
    kind = _KINDS.get(value)  # type: ignore[call-overload]
    if kind is None:
        raise NotCompilable(f"the node kind {value}")
    return context.each(lambda v: f"FILTER(!{kind.format(v)})")


COMPONENTS: Final[dict[rdflib.URIRef, Component]] = {
    SH["class"]: class_,
    SH.datatype: datatype,
    SH.nodeKind: node_kind,
}
