"""The predicates of a SPARQL constraint: which statements its query can look at.

Read from the text, since rdflib's parser takes 150 ms to start and 20 ms for a query, which is
longer than most queries run. Where the text may mean more than it is taken for here, it is not
taken at all.
"""

from __future__ import annotations

import re
from typing import Final

import rdflib
from rdflib.namespace import RDF

from publisher.shacl.components import sparql
from publisher.shacl.writing import NotCompilable

_IRI: Final = re.compile(r"<([^<>\s]*)>")
_NAME: Final = re.compile(r"(?<![\w$?:@-])([A-Za-z][\w.-]*)?:([\w:%.-]*[\w:%-])?")
_PREFIX: Final = re.compile(r"\bPREFIX\s+([\w.-]*):\s*<([^<>\s]*)>", re.IGNORECASE)
_TYPE: Final = re.compile(r"(?<![\w:?$.-])a(?![\w:-])")
_HEAD: Final = r"(?<![^\w:?$.-]SELECT)(?<![^\w:?$.-]DISTINCT)"
#: A variable between a subject and an object, and other things that look alike.
_VARIABLE: Final = re.compile(
    rf"[\w>\])\"';\[:-]{_HEAD}\s*[$?]\w+\s*(?:[$?<\[(\"'+\-\d_:]|\.\d|[\w.-]+:|true\b|false\b)",
    re.IGNORECASE,
)
#: Paths that lead over other predicates or over none, other data, and names with escapes.
_OTHERS: Final = re.compile(
    r"!\s*(?:[(^<:]|a\b|[\w.-]+:)|\*|[?](?!\w)|\\|\b(?:FROM|BASE)\b|[^\x00-\x7f]", re.IGNORECASE
)


def predicates(graph: rdflib.Graph, constraint: rdflib.term.Node) -> set[rdflib.URIRef]:
    """Return the predicates of all statements that may change what a SPARQL constraint finds.

    IRIs in other places are among them. Raises NotCompilable where its text does not tell.
    """
    text = sparql.prologue(graph, constraint) + sparql.select(graph, constraint)
    words = sparql.QUOTED.sub(_without_content, text)
    if _VARIABLE.search(words[words.find("{") :]) or _OTHERS.search(words):
        raise NotCompilable("a SPARQL constraint that may look at any statement")
    prefixes = dict(_PREFIX.findall(text))
    found = {rdflib.URIRef(each) for each in _IRI.findall(text)}
    if _TYPE.search(words):
        found.add(RDF.type)
    for prefix, local in _NAME.findall(words):
        if prefix not in prefixes:
            raise NotCompilable(f"a SPARQL constraint with an unknown prefix {prefix}:")
        found.add(rdflib.URIRef(prefixes[prefix] + local))
    return found


def _without_content(quoted: re.Match[str]) -> str:
    return {"#": " ", "<": "<>"}.get(quoted[0][0], '""')
