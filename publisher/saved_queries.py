"""Saved queries: a file each, with a header that says what it answers and what may be changed.

A file is a complete SPARQL query that runs as it stands. Its header is made of comment lines
`# title: ...`, `# question: ...` and, for each parameter, `# parameter: NAME TYPE words about it`.
The default of a parameter is the one term in its `VALUES ?NAME { ... }`; running the query with
another value replaces that term and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from publisher.findings import Finding, Place
from publisher.lexer import Token, tokens
from publisher.literals import XSD, as_stored, is_valid
from publisher.prefixes import Prefixes
from publisher.vocabulary import Vocabulary

_HEADER = re.compile(r"#\s*(title|question|parameter):\s*(.*\S)")
_PARAMETER = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\s+([a-z]+)\s+(\S.*)")
_PATH_OPERATORS = re.compile(r"[/|^!*+?]+")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*")


_PROLOGUE = re.compile(
    r"^\s*PREFIX\s+([A-Za-z][\w-]*)?:\s*<([^<>]*)>", re.IGNORECASE | re.MULTILINE
)


class ParameterError(ValueError):
    """A value that a parameter does not take.

    `name` is the parameter's, `rule` says what it takes and `mend` what to write instead.
    """

    def __init__(self, name: str, message: str, rule: str, mend: str) -> None:
        self.name = name
        self.rule = rule
        self.mend = mend
        super().__init__(message)


@dataclass(frozen=True)
class Parameter:
    """What may be changed in a saved query: its name, type, default and meaning."""

    name: str
    type: str
    default: str
    """The default as it stands in the query: a term in SPARQL's syntax."""
    label: str


@dataclass(frozen=True)
class SavedQuery:
    """One .rq file."""

    name: str
    title: str
    question: str
    text: str
    parameters: tuple[Parameter, ...]

    @cached_property
    def prefixes(self) -> Prefixes:
        """The prefixes that the query declares."""
        return Prefixes({match[1] or "": match[2] for match in _PROLOGUE.finditer(self.text)})

    def default(self, parameter: Parameter) -> str:
        """Return the default of a parameter as people write it: an IRI whole, a literal bare."""
        term = parameter.default
        if parameter.type in IRIS:
            prefix, _, local = term.partition(":")
            known = not term.startswith("<") and prefix in self.prefixes
            return self.prefixes[prefix] + local if known else term.strip("<>")
        if term.startswith('"'):
            return str(json.loads(term[: term.rindex('"') + 1]))
        return term

    def with_values(self, values: Mapping[str, str], prefixes: Prefixes) -> str:
        """Return the query's text with parameters set to values as people write them.

        Raises ParameterError for a parameter that is not there and a value not of its type.
        """
        by_name = {parameter.name: parameter for parameter in self.parameters}
        known_prefixes = Prefixes({**prefixes, **self.prefixes})
        places: list[tuple[int, int, str]] = []
        for name, value in values.items():
            if name not in by_name:
                known = ", ".join(by_name) or "none"
                raise ParameterError(
                    name,
                    f"there is no parameter '{name}'",
                    f"the parameters of this query are: {known}",
                    "leave it out" if not by_name else f"write one of: {known}",
                )
            span = default_span(self, by_name[name])
            places.append((*span, read_value(by_name[name], value, known_prefixes)))
        text = self.text
        for start, end, term in sorted(places, reverse=True):
            text = text[:start] + term + text[end:]
        return text


def default_span(query: SavedQuery, parameter: Parameter) -> tuple[int, int]:
    """Return where in the text of a query the default of a parameter stands."""
    match = _default_of(parameter.name).search(query.text)
    assert match is not None
    return match.span(2)


def read_value(parameter: Parameter, value: str, prefixes: Prefixes) -> str:
    """Return a value as a term in SPARQL's syntax. Raises ParameterError."""
    term = TYPES[parameter.type](value, prefixes)
    if term is None:
        rule, example = RULES[parameter.type]
        raise ParameterError(
            parameter.name,
            f"'{value[:200]}' is not a value of the type {parameter.type}",
            f"{parameter.name} is {rule}",
            f"write it like {example}",
        )
    return term


def _iri(value: str, prefixes: Prefixes) -> str | None:
    prefix, colon, local = value.partition(":")
    if colon and prefix in prefixes and not local.startswith("//"):
        value = prefixes[prefix] + local
    return f"<{value}>" if _ABSOLUTE.fullmatch(value) else None


def _typed(datatype: str) -> Callable[[str, Prefixes], str | None]:
    def read(value: str, _: Prefixes) -> str | None:
        literal = ox.Literal(value.strip(), datatype=ox.NamedNode(XSD + datatype))
        return str(as_stored(literal)) if is_valid(literal) else None

    return read


#: The types of parameters: how a value is read.
TYPES: Mapping[str, Callable[[str, Prefixes], str | None]] = {
    "iri": _iri,
    "choice": _iri,
    "text": lambda value, _: str(ox.Literal(value)),
    "integer": _typed("integer"),
    "decimal": _typed("decimal"),
    "boolean": _typed("boolean"),
    "date": _typed("date"),
    "year": _typed("gYear"),
}


#: The types whose values are IRIs. A choice is one of those that are of the kind of the default and
#: have an address like it.
IRIS = ("iri", "choice")
#: What a value of each type is, in words, and one of them.
RULES: Mapping[str, tuple[str, str]] = {
    "iri": ("an absolute IRI or a prefixed name", "https://example.org/id/thing or ex:thing"),
    "choice": ("an IRI, whole or as a prefixed name", "https://example.org/id/thing or ex:thing"),
    "text": ("any text", "lighthouse"),
    "integer": ("a whole number", "42"),
    "decimal": ("a number", "3.14"),
    "boolean": ("true or false", "true"),
    "date": ("a date, year first", "2024-08-31"),
    "year": ("a year of four digits", "2024"),
}


def _default_of(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"(VALUES\s+[?$]{name}\s*\{{\s*)"
        r"(<[^<>]*>|\"(?:[^\"\\\n]|\\.)*\"(?:@[A-Za-z-]+|\^\^\S+)?|[^\s{}\"<>]+)"
        r"(\s*\})",
        re.IGNORECASE,
    )


def read_saved_query(path: Path, name: Path) -> tuple[SavedQuery | None, list[Finding]]:
    """Read a .rq file; returns the query, or None with the findings that stand in its way."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None, [Finding(Place(name), "encoding", "this is not UTF-8", "save it as UTF-8")]
    header: dict[str, str] = {}
    parameters: list[Parameter] = []
    findings: list[Finding] = []
    for number, line in enumerate(text.splitlines(), 1):
        match = _HEADER.fullmatch(line.strip())
        if match and match[1] == "parameter":
            parameter, fault = _parameter(match[2], text)
            parameters += [parameter] if parameter else []
            mend = "write '# parameter: NAME TYPE words', and VALUES ?NAME { default } once"
            findings += [Finding(Place(name, number), "query-header", fault, mend)] * bool(fault)
        elif match:
            header.setdefault(match[1], match[2])
    for key in ("title", "question"):
        if key not in header:
            mend = f"write '# {key}: ...' at the top"
            findings.append(Finding(Place(name), "query-header", f"the query has no {key}", mend))
    findings += _syntax(text, name)
    if findings:
        return None, findings
    saved = SavedQuery(path.stem, header["title"], header["question"], text, tuple(parameters))
    return saved, []


def _parameter(words: str, text: str) -> tuple[Parameter | None, str]:
    match = _PARAMETER.fullmatch(words)
    if not match:
        return None, "the parameter has no name, type and words"
    name, type_, label = match.groups()
    if type_ not in TYPES:
        return None, f"'{type_}' is no type; there are: {', '.join(TYPES)}"
    defaults = _default_of(name).findall(text)
    if len(defaults) != 1:
        return None, f"'{name}' has {len(defaults)} places VALUES ?{name} {{ default }}"
    return Parameter(name, type_, defaults[0][1], label), ""


def _syntax(text: str, name: Path) -> Iterator[Finding]:
    try:
        ox.Store().query(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 0
        yield Finding(Place(name, line), "query-syntax", str(error), "correct the query")


def unknown_terms(saved: SavedQuery, name: Path, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Yield a finding for each term of the ontology's namespace that a query makes up."""
    declared: dict[str, str] = {}
    waiting: Token | None = None
    for token in tokens(saved.text):
        if token.kind == "iri" and waiting:
            declared[waiting.text.removesuffix(":")] = token.text[1:-1]
        iri = token.text[1:-1] if token.kind == "iri" else ""
        waiting = token if token.kind == "word" and token.text.endswith(":") else None
        named = [(token.text, iri)] if iri else []
        if token.kind == "word":
            # A property path is one word to the lexer of Turtle (SPARQL 1.1, section 9.1).
            for step in _PATH_OPERATORS.split(token.text):
                prefix, colon, local = step.partition(":")
                if colon and local and prefix in declared:
                    named.append((step, declared[prefix] + local))
        for text, term in named:
            if term != vocabulary.ontology_namespace and vocabulary.lacks(term, as_term=False):
                yield Finding(
                    Place(name, token.line),
                    "unknown-term",
                    f"the ontology has no term {text}",
                    "correct the name or declare the term in ontology/",
                )
