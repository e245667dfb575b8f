"""Answers of different engines made comparable: a fast wrong answer counts nothing."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pyoxigraph as ox

from bench.mix import CSV, JSON, TURTLE

_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS: Final = frozenset(
    f"{_XSD}{name}" for name in ("integer", "decimal", "int", "long", "nonNegativeInteger")
)


@dataclass(frozen=True)
class Digest:
    """How many rows an answer has, and a hash of them that does not depend on their order."""

    rows: int
    hash: str

    @classmethod
    def of(cls, form: str, body: bytes) -> Digest:
        """Digest an answer in one of the three forms. Raises ValueError or SyntaxError."""
        readers = {JSON: _json_rows, CSV: _csv_rows, TURTLE: _turtle_rows}
        total = count = 0
        for row in readers[form](body):
            total += int.from_bytes(hashlib.blake2b(row.encode(), digest_size=8).digest())
            count += 1
        return cls(count, f"{total % 2**64:016x}")


def _json_rows(body: bytes) -> Iterable[str]:
    answer = json.loads(body)
    # By position: the names of variables are made up.
    names = answer["head"]["vars"]
    for binding in answer["results"]["bindings"]:
        yield "\t".join(_json_term(binding.get(name)) for name in names)


def _json_term(term: dict[str, Any] | None) -> str:
    if term is None:
        return ""
    if term["type"] in ("literal", "typed-literal"):
        return _literal(term["value"], term.get("datatype", ""), term.get("xml:lang", ""))
    return f"<{term['value']}>"


def _turtle_rows(body: bytes) -> Iterable[str]:
    for triple in ox.parse(body, format=ox.RdfFormat.TURTLE):
        value: Any = triple.object
        if isinstance(value, ox.Literal):
            shown = _literal(value.value, value.datatype.value, value.language or "")
        else:
            shown = str(value)
        yield f"{triple.subject}\t{triple.predicate}\t{shown}"


def _csv_rows(body: bytes) -> Iterable[str]:
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline=""))
    next(rows)
    for row in rows:
        yield "\t".join(row)


def _literal(value: str, datatype: str, language: str) -> str:
    """Return a literal in one form: engines write numbers and plain strings in several."""
    if language:
        return f'"{value}"@{language.lower()}'
    if datatype in _NUMBERS:
        try:
            return f"{Decimal(value).normalize():f}"
        except InvalidOperation:
            return f'"{value}"'
    return f'"{value}"^^{datatype}' if datatype not in ("", f"{_XSD}string") else f'"{value}"'
