"""Reading a query's tokens: its form, and what must not reach the engine.

The grammar is Oxigraph's business. What is settled here, before any evaluation, is what kind of
answer a query asks for, whether it names its own dataset, and that it neither changes data nor
calls other services. `SERVICE` is seen wherever a parser could find the keyword that does not
insist on white space between tokens; in comments, strings, IRIs, names and variables it is only a
word.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from publisher.iri import NOT_IN_IRI
from publisher.limits import QUERY_DEPTH
from server.query.federation import SWALLOWING, Calls

#: The kind of answer for each query form.
FORMS: Final = {"SELECT": "select", "ASK": "ask", "CONSTRUCT": "graph", "DESCRIBE": "graph"}
_VOLATILE: Final = frozenset(("NOW", "RAND", "UUID", "STRUUID", "BNODE"))
_UPDATES: Final = frozenset(
    ("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH")
)

# The terminals of SPARQL 1.1 Query, section 19.8. None may be longer here than there: what it took
# too much would not be looked at. Only words may, which are searched.
_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_U = f"{_BASE}_"
_VARIABLE = f"{_U}0-9\u00b7\u0300-\u036f\u203f\u2040"
_CHARS = rf"{_VARIABLE}\-"
_DOTTED = f"(?:[{_CHARS}.]*[{_CHARS}])?"
_PLX = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = rf"(?:[{_U}0-9:]|{_PLX})(?:(?:[{_CHARS}.:]|{_PLX})*(?:[{_CHARS}:]|{_PLX}))?"
_STRING = "|".join(
    (
        r'"""(?:"{0,2}+(?:[^"\\]|\\.))*+"""',
        r"'{3}(?:'{0,2}+(?:[^'\\]|\\.))*+'{3}",
        r'"(?!"")(?:[^"\\\n\r]|\\.)*+"',
        r"'(?!'')(?:[^'\\\n\r]|\\.)*+'",
    )
)
_TOKEN = re.compile(
    r"(?P<space>[ \t\r\n]+|#[^\r\n]*)"
    rf"|(?P<iri><[^{NOT_IN_IRI}]*>)"
    rf"|(?P<string>{_STRING})|(?P<unclosed>[\"'])"
    rf"|(?P<variable>[?$][{_U}0-9][{_VARIABLE}]*)"
    rf"|(?P<blank>_:[{_U}0-9]{_DOTTED})"
    rf"|(?P<name>(?:[{_BASE}]{_DOTTED})?:(?:{_LOCAL})?)"
    rf"|(?P<word>[{_U}]{_DOTTED})"
    r"|(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<open>[{(\[])|(?P<close>[})\]])|(?P<other>.)",
    re.DOTALL,
)
_OPERANDS: Final = frozenset(("variable", "string", "number", "name", "iri", "language", "close"))

#: `(?a<?b#>` is an IRI by the longest match, but a parser that looks for an operator behind ?a
#: finds one, and a comment behind the `#`. Refused where SERVICE may hide in the difference.
_AMBIGUOUS: Final = "write spaces around '<' where it means 'less than'"

_ESCAPE = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_ESCAPED = re.compile(
    rf"(?P<comment>#[^\r\n]*)|(?P<string>{_STRING})|(?P<unclosed>[\"'])"
    rf"|(?P<iri><(?:[^{NOT_IN_IRI}]|{_ESCAPE})*+>)|(?P<local>\\[^uU])|(?P<bare>{_ESCAPE})",
    re.DOTALL,
)
_IN_STRING = re.compile(rf"(?P<code>{_ESCAPE})|\\.", re.DOTALL)
_CODE = re.compile(_ESCAPE)
_STRING_ESCAPES: Final = {'"': '\\"', "'": "\\'", "\\": "\\\\", "\n": "\\n", "\r": "\\r"}


class BadQuery(Exception):
    """A query that is refused by its tokens; `line` and `column` count from 1."""

    def __init__(self, message: str, text: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = text.count("\n", 0, offset) + 1
        self.column = offset - text.rfind("\n", 0, offset)


class UpdateRefused(BadQuery):
    """SPARQL Update where only queries are answered."""


class ServiceRefused(BadQuery):
    """A federated query that calls what it may not."""


class TooDeep(BadQuery):
    """More than QUERY_DEPTH brackets inside each other."""


@dataclass(frozen=True)
class Query:
    """A query that may be evaluated.

    `text` has no codepoint escapes any more. `kind` is "select", "ask" or "graph"; `own_dataset`
    tells whether FROM or FROM NAMED occur, `volatile` whether the answer may differ from one time
    to the next, `federated` whether other endpoints are called.
    """

    text: str
    kind: str
    own_dataset: bool = False
    volatile: bool = False
    federated: bool = False


class Token(NamedTuple):
    """A token, or a stretch of white space and comments (`kind` is then "space")."""

    kind: str
    text: str
    start: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a query without codepoint escapes, white space included."""
    for match in _TOKEN.finditer(text):
        yield Token(match.lastgroup or "", match[0], match.start())


def read(text: str, services: Collection[str] = ()) -> Query:
    """Read a query's tokens, in time that grows with its length alone.

    `services` are the IRIs of the endpoints that it may call by SERVICE.

    Raises UpdateRefused, ServiceRefused, TooDeep or plain BadQuery. A query that passes may still
    have syntax errors.
    """
    if "\\u" in text or "\\U" in text:
        text = _without_escapes(text)
    form: str | None = None
    own_dataset = values = volatile = past_template = False
    brackets: list[str] = []
    prefixes: set[str] = set()
    last_service: int | None = None
    calls = Calls(services)
    # The lexeme before and the one before that, comments and space left out.
    kind = lexeme = before = ""
    for match in _TOKEN.finditer(text):
        group = match.lastgroup or ""
        if group == "space":
            continue
        at = match.start()
        if form == "CONSTRUCT" and brackets and not past_template:
            # Each blank node of a template is a new one for each solution, each time.
            volatile = volatile or group == "blank" or match[0] in ("[", "(")
        if group == "open":
            if match[0] == "{" and kind == "name" and _hides_service(lexeme, before):
                raise ServiceRefused(calls.only(), text, at)
            if len(brackets) == QUERY_DEPTH:
                raise TooDeep(f"brackets are nested deeper than {QUERY_DEPTH}", text, at)
            # Inside a block of data, nothing is an operator.
            data = values or brackets[-1:] == ["VALUES"]
            swallowing = kind == "word" and lexeme.endswith(SWALLOWING)
            brackets.append("VALUES" if data else "SWALLOWING" if swallowing else match[0])
            values = values and match[0] != "{"
        elif group == "close":
            del brackets[-1:]
            past_template = past_template or (form is not None and not brackets)
        elif group == "iri":
            if kind in _OPERANDS and brackets[-1:] == ["("] and "#" in match[0]:
                if last_service is None:
                    last_service = text.upper().rfind("SERVICE")
                if last_service > at:
                    raise BadQuery(_AMBIGUOUS, text, at)
        elif group == "name":
            prefix = match[0].partition(":")[0]
            if lexeme == "PREFIX" and form is None:
                prefixes.add(prefix)
            elif prefix not in prefixes:
                raise BadQuery(f"the prefix '{prefix}:' is not declared", text, at)
        elif group == "unclosed":
            raise BadQuery("this string is not closed", text, at)
        before, kind, lexeme = lexeme, group, match[0]
        if group == "word":
            lexeme = lexeme.upper()
        if calls.awaited or (group == "word" and "SERVICE" in lexeme):
            reason = calls.refusal(group, lexeme, swallowing="SWALLOWING" in brackets)
            if reason is not None:
                raise ServiceRefused(reason, text, at)
        if group == "word":
            if form is None:
                form = _form(lexeme, text, at)
            elif lexeme.startswith("FROM"):
                own_dataset = True
            elif lexeme == "VALUES":
                values = True
            elif lexeme in _VOLATILE:
                volatile = True
    if form is None:
        raise BadQuery("there is no SELECT, ASK, CONSTRUCT or DESCRIBE", text, len(text))
    return Query(text, FORMS[form], own_dataset, volatile or calls.found, calls.found)


def _hides_service(name: str, before: str) -> bool:
    """Whether `SERVICE:x {` can be read as the keyword and the name `:x`."""
    prefix = name.partition(":")[0].upper()
    return "SERVICE" in prefix and before not in ("GRAPH", "FROM", "NAMED")


def _form(word: str, text: str, at: int) -> str | None:
    if word in FORMS:
        return word
    if word in ("BASE", "PREFIX", "VERSION"):
        return None
    if word in _UPDATES:
        raise UpdateRefused(f"{word} is an update; only queries are answered here", text, at)
    raise BadQuery(f"expected SELECT, ASK, CONSTRUCT or DESCRIBE, not '{word[:40]}'", text, at)


def _without_escapes(text: str) -> str:
    r"""Return the query with its codepoint escapes (section 19.2) resolved, so that all agree.

    `\u0053ERVICE` becomes SERVICE. Inside a string a character stays one of the string, and an
    escape in a comment is dropped. Columns behind an escape shift; lines do not.
    """

    def resolve(match: re.Match[str]) -> str:
        start = match.start()
        match match.lastgroup:
            case "comment":
                return _CODE.sub(" ", match[0])
            case "string":
                return _IN_STRING.sub(lambda escape: _in_string(escape, text, start), match[0])
            case "iri":
                return _CODE.sub(
                    lambda code: _character(code[0], '<>"{}|^`\\', 0x20, text, start), match[0]
                )
            case "local":
                return match[0]
            case "bare":
                return _character(match[0], "\"'<#\\", 0x1F, text, start)
        raise BadQuery("this string is not closed", text, start)

    return _ESCAPED.sub(resolve, text)


def _in_string(escape: re.Match[str], text: str, at: int) -> str:
    if escape["code"] is None:
        return escape[0]
    resolved = _character(escape[0], "", -1, text, at)
    return _STRING_ESCAPES.get(resolved, resolved)


def _character(code: str, forbidden: str, control: int, text: str, at: int) -> str:
    """Return the character that an escape stands for, if it may stand there."""
    number = int(code[2:], 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise BadQuery(f"{code} is not a character", text, at)
    if number <= control or chr(number) in forbidden:
        raise BadQuery(f"{code} cannot stand here as an escape", text, at)
    return chr(number)
