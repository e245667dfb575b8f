"""BibTeX and BibLaTeX files, read by bibtexparser 2."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bibtexparser import middlewares, model
from bibtexparser.entrypoint import parse_string
from bibtexparser.library import Library

from publisher.findings import Finding, Place, SourceFault
from publisher.intake.identifiers import recognise
from publisher.intake.latex import agents, plain, unescaped
from publisher.intake.record import (
    DATASET,
    PUBLICATION,
    SOFTWARE,
    Record,
    date,
    date_of,
    fault,
    identifier_values,
    language_tag,
    page_values,
    values,
    venue,
)

_KINDS = {
    "article": "journal-article",
    **dict.fromkeys(("inproceedings", "conference"), "conference-paper"),
    **dict.fromkeys(("incollection", "inbook"), "chapter"),
    **dict.fromkeys(("book", "booklet", "mvbook"), "book"),
    **dict.fromkeys(("proceedings", "mvproceedings"), "proceedings"),
    **dict.fromkeys(("phdthesis", "mastersthesis", "thesis"), "thesis"),
    **dict.fromkeys(("techreport", "report", "manual"), "report"),
    **dict.fromkeys(("unpublished", "online"), "preprint"),
}
_FAMILIES = {"software": SOFTWARE, "dataset": DATASET, "data": DATASET}
_PERSONS = ("author", "editor")
_VERBATIM = frozenset(("doi", "url", "eprint", "file", "howpublished"))
_MONTHS = {
    month: str(number)
    for number, month in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}

# bibtexparser tells of faults both as blocks, which are used here, and in the log.
logging.getLogger("bibtexparser").addHandler(logging.NullHandler())


def read_bibtex(text: str, name: Path) -> list[Record]:
    """Return the entries of a file. Raises SourceFault with every fault and its line."""
    library = parse_string(text, parse_stack=[middlewares.NormalizeFieldKeys()])
    findings = [_failure(block, name) for block in library.failed_blocks]
    macros = Macros(library)
    entries = {entry.key.lower(): macros.fields(entry) for entry in library.entries}
    crossed = {fields["crossref"].lower() for fields in entries.values() if "crossref" in fields}
    records = []
    for entry in library.entries:
        place = Place(name, _line(entry))
        own = entries[entry.key.lower()]
        parent = own.get("crossref", "").lower()
        if parent and parent not in entries:
            what = f"{entry.key}: crossref leads to {own['crossref']!r}, which is not in the file"
            findings.append(fault(place, "bibtex", what, "add that entry or remove the crossref"))
        fields = _with_parent(own, entries.get(parent, {}))
        if not fields.get("title"):
            what = f"{entry.key}: the entry has no title"
            findings.append(fault(place, "bibtex", what, "add title = {...}"))
        elif entry.key.lower() not in crossed or "doi" in fields:
            records.append(_record(entry, fields, place))
    for unknown in sorted(macros.unknown):
        what = f"the abbreviation {unknown} is not defined"
        mend = f"add @string{{{unknown} = {{...}}}} or put the value into braces"
        findings.append(fault(Place(name, macros.unknown[unknown]), "bibtex", what, mend))
    if findings:
        raise SourceFault(findings)
    return records


def _line(block: model.Block) -> int:
    return (block.start_line or 0) + 1


def _failure(block: model.ParsingFailedBlock, name: Path) -> Finding:
    place = Place(name, _line(block))
    if isinstance(block, model.DuplicateBlockKeyBlock):
        what = f"the key {block.key!r} stands twice in the file"
        return fault(place, "bibtex", what, "give each entry a key of its own, or remove one")
    if isinstance(block, model.DuplicateFieldKeyBlock):
        names = ", ".join(sorted(block.duplicate_keys))
        return fault(place, "bibtex", f"an entry has twice: {names}", "keep one of each")
    reason = " ".join(str(block.error).split()) or "the entry cannot be read"
    reason = getattr(block.error, "abort_reason", reason)
    return fault(place, "bibtex", f"this entry is broken: {reason}", "close its braces and quotes")


class Macros:
    """Evaluates values: `{...}`, `"..."`, numbers and abbreviations, joined by `#`.

    bibtexparser resolves abbreviations that stand alone only, and leaves `"12~" # jan` as it is.
    """

    def __init__(self, library: Library) -> None:
        self.unknown: dict[str, int] = {}
        """Abbreviations that nothing defines, with the line of their first use."""
        self._values = {month: month for month in _MONTHS}
        for string in library.strings:
            self._values[string.key.lower()] = self._value(string.value, _line(string))

    def fields(self, entry: model.Entry) -> Mapping[str, str]:
        """Return the values of an entry's fields, still in LaTeX."""
        return {
            field.key: self._value(str(field.value), (field.start_line or 0) + 1)
            for field in entry.fields
        }

    def _value(self, raw: str, line: int) -> str:
        text = ""
        for piece in _pieces(raw):
            if piece[:1] in ('"', "{"):
                text += piece[1:-1]
            elif piece.isdigit():
                text += piece
            elif piece.lower() in self._values:
                text += self._values[piece.lower()]
            elif piece:
                self.unknown.setdefault(piece, line)
        return text.strip()


def _pieces(raw: str) -> Iterator[str]:
    """Yield what `#` joins outside of braces and quotes."""
    piece, depth, quoted = "", 0, False
    for character in raw:
        depth += {"{": 1, "}": -1}.get(character, 0)
        quoted ^= character == '"' and depth == 0
        if character == "#" and depth == 0 and not quoted:
            yield piece.strip()
            piece = ""
        else:
            piece += character
    yield piece.strip()


def _with_parent(own: Mapping[str, str], parent: Mapping[str, str]) -> Mapping[str, str]:
    """Return an entry's fields and those that it takes over from its crossref, as plain text."""
    taken = {
        "booktitle" if key == "title" else key: value
        for key, value in parent.items()
        if key not in ("author", "doi", "url", "pages")
    }
    return {
        key: value if key in _VERBATIM or key in _PERSONS else plain(value)
        for key, value in {**taken, **own}.items()
    }


def _record(entry: model.Entry, fields: Mapping[str, str], place: Place) -> Record:
    kind = entry.entry_type.lower()
    authors, more = agents(fields.get("author", ""))
    editors, _ = agents(fields.get("editor", ""))
    identifiers = identifier_values(*_identifying(fields))
    family = _FAMILIES.get(kind, PUBLICATION)
    container = _first(fields, "journal", "journaltitle", "booktitle", "publisher", "school")
    pages = _first(fields, "pages", "articleno", "eid")
    where = venue(container, fields.get("volume"), _first(fields, "number", "issue"), pages)
    issued = date_of(fields.get("date", "")) or date(*_year_month_day(fields))
    return Record(
        family=family,
        key=entry.key,
        place=place,
        values={
            **values(
                title=_title(fields),
                kind=_kind(kind, identifiers, fields) if family == PUBLICATION else None,
                venue=where if family == PUBLICATION else None,
                issued=issued,
                version=fields.get("version"),
            ),
            **page_values(family, unescaped(fields.get("url") or _how(fields))),
            **identifiers,
        },
        authors=authors,
        editors=editors if kind not in ("inproceedings", "incollection", "conference") else (),
        more_authors=more,
        language=language_tag(_first(fields, "langid", "language")),
    )


def _title(fields: Mapping[str, str]) -> str:
    subtitle = fields.get("subtitle")
    return f"{fields['title']}: {subtitle}" if subtitle else fields["title"]


def _kind(kind: str, identifiers: Mapping[str, tuple[str, ...]], fields: Mapping[str, str]) -> str:
    """Return the neutral kind; an entry known by its e-print alone is a preprint."""
    journal = _first(fields, "journal", "journaltitle") or ""
    eprint_alone = "arxiv" in identifiers and "doi" not in identifiers
    if kind in ("article", "misc") and eprint_alone and re.match(r"arxiv|corr|$", journal.lower()):
        return "preprint"
    return _KINDS.get(kind, "other")


def _identifying(fields: Mapping[str, str]) -> Iterable[str | None]:
    eprint, archive = fields.get("eprint"), _first(fields, "archiveprefix", "eprinttype") or "arxiv"
    if eprint:
        found = recognise(eprint, "arxiv") if archive.lower() == "arxiv" else None
        yield found.iri if found else None
    yield unescaped(fields.get("doi", ""))
    yield unescaped(fields.get("url", ""))
    yield unescaped(_how(fields))
    arxiv = re.search(r"arxiv[: ]\s*(?:abs/)?(\d{4}\.\d{4,5})", fields.get("journal", ""), re.I)
    yield f"arXiv:{arxiv[1]}" if arxiv else None


def _how(fields: Mapping[str, str]) -> str:
    match = re.search(r"https?://[^\s{}]+", fields.get("howpublished", ""))
    return match.group() if match else ""


def _first(fields: Mapping[str, str], *keys: str) -> str | None:
    return next((fields[key] for key in keys if fields.get(key)), None)


def _year_month_day(fields: Mapping[str, str]) -> tuple[str | None, ...]:
    """Return the parts of the date; `month = "12~" # jan` may hold the day as well."""
    year = re.search(r"\d{4}", fields.get("year", ""))
    text = fields.get("month", "").lower()
    names = [number for month, number in _MONTHS.items() if re.search(rf"\b{month}", text)]
    numbers = re.findall(r"\d{1,2}", text)
    month = names[0] if names else next(iter(numbers), None)
    day = fields.get("day") or (next(iter(numbers), None) if names else None)
    return (year.group() if year else None), month, day
