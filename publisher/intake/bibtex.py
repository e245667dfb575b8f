"""BibTeX and BibLaTeX files, read by bibtexparser 2."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import bibtexparser
from bibtexparser import middlewares, model
from pylatexenc.latex2text import LatexNodes2Text

from publisher.findings import Finding, Place, SourceFault
from publisher.intake.identifiers import address, recognise
from publisher.intake.record import (
    DATASET,
    PUBLICATION,
    SOFTWARE,
    Agent,
    Record,
    date,
    date_of,
    fault,
    identifier_values,
    language_tag,
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
_INHERITED = {"title": "booktitle", "booktitle": "booktitle"}
"""What a child takes over from its crossref under another name; the rest keeps its name."""
_LATEX = LatexNodes2Text(math_mode="text", keep_comments=False)

# bibtexparser tells of faults both as blocks, which are used here, and in the log.
logging.getLogger("bibtexparser").addHandler(logging.NullHandler())


def read_bibtex(text: str, name: Path) -> list[Record]:
    """Return the entries of a file. Raises SourceFault with every fault and its line."""
    stack = [
        middlewares.ResolveStringReferencesMiddleware(),
        middlewares.RemoveEnclosingMiddleware(),
        middlewares.NormalizeFieldKeys(),
        middlewares.MonthIntMiddleware(),
    ]
    library = bibtexparser.parse_string(text, parse_stack=stack)
    findings = [_failure(block, name) for block in library.failed_blocks]
    entries = {entry.key: entry for entry in library.entries}
    crossed = {entry.fields_dict["crossref"].value for entry in library.entries if _crossref(entry)}
    records = []
    for entry in library.entries:
        place = Place(name, _line(entry))
        parent = entries.get(_crossref(entry) or "")
        if _crossref(entry) and parent is None:
            what = f"{entry.key}: crossref leads to {_crossref(entry)!r}, which is not in the file"
            findings.append(fault(place, "bibtex", what, "add that entry or remove the crossref"))
        fields = _fields(entry, parent)
        if not fields.get("title"):
            what = f"{entry.key}: the entry has no title"
            findings.append(fault(place, "bibtex", what, "add title = {...}"))
        elif entry.key not in crossed or "doi" in fields:
            records.append(_record(entry, fields, place))
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


def _crossref(entry: model.Entry) -> str | None:
    found = entry.fields_dict.get("crossref")
    return str(found.value).strip() if found else None


def _fields(entry: model.Entry, parent: model.Entry | None) -> Mapping[str, str]:
    """Return the fields of an entry with those that it takes over from its crossref."""
    fields: dict[str, str] = {}
    if parent:
        for found in parent.fields:
            if found.key not in ("author", "doi", "url", "pages", "crossref"):
                fields[_INHERITED.get(found.key, found.key)] = str(found.value)
    fields.update((found.key, str(found.value)) for found in entry.fields)
    return {
        key: value if key in _VERBATIM or key in _PERSONS else _plain(value)
        for key, value in fields.items()
    }


def _plain(latex: str) -> str:
    """Return LaTeX as text: accents composed, braces and markup gone."""
    text = str(_LATEX.latex_to_text(re.sub(r"\\url\{([^}]*)\}", r"\1", latex)))
    return " ".join(text.replace("\xa0", " ").split())


def _record(entry: model.Entry, fields: Mapping[str, str], place: Place) -> Record:
    kind = entry.entry_type.lower()
    authors, more = _agents(fields.get("author", ""))
    editors, _ = _agents(fields.get("editor", ""))
    identifiers = identifier_values(*_identifying(fields))
    found = address(_unescaped(fields.get("url") or _how(fields)))
    family = _FAMILIES.get(kind, PUBLICATION)
    page = found if found and not recognise(found) else None
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
                page=page,
            ),
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
    yield _unescaped(fields.get("doi", ""))
    yield _unescaped(fields.get("url", ""))
    yield _unescaped(_how(fields))
    arxiv = re.search(r"arxiv[: ]\s*(?:abs/)?(\d{4}\.\d{4,5})", fields.get("journal", ""), re.I)
    yield f"arXiv:{arxiv[1]}" if arxiv else None


def _how(fields: Mapping[str, str]) -> str:
    match = re.search(r"https?://[^\s{}]+", fields.get("howpublished", ""))
    return match.group() if match else ""


def _unescaped(text: str) -> str:
    """Undo what BibTeX exports do to addresses: `\\_`, `{\\_}`, `\\%`."""
    text = re.sub(r"\\url\{([^}]*)\}", r"\1", text)
    return re.sub(r"\\([_%&#~])", r"\1", text).replace("{", "").replace("}", "").strip()


def _first(fields: Mapping[str, str], *keys: str) -> str | None:
    return next((fields[key] for key in keys if fields.get(key)), None)


def _year_month_day(fields: Mapping[str, str]) -> tuple[str | None, ...]:
    year = re.search(r"\d{4}", fields.get("year", ""))
    return (year.group() if year else None), fields.get("month"), fields.get("day")


def _agents(latex: str) -> tuple[tuple[Agent, ...], bool]:
    """Return the people and bodies of a name field, and whether it ends in `and others`."""
    names = middlewares.names.split_multiple_persons_names(" ".join(latex.split()))
    more = bool(names) and names[-1].lower() in ("others", "et al.")
    return tuple(_agent(name) for name in (names[:-1] if more else names) if name.strip()), more


def _agent(latex: str) -> Agent:
    if _is_braced(latex):
        return Agent(_plain(latex), corporate=True)
    parts = middlewares.names.parse_single_name_into_parts(latex, strict=False)
    name = " ".join((*parts.first, *parts.von, *parts.last))
    suffix = f" {' '.join(parts.jr)}" if parts.jr else ""
    return Agent.of("", _plain(name + suffix))


def _is_braced(name: str) -> bool:
    """Whether one pair of braces holds the whole name, as BibTeX writes bodies."""
    depth = 0
    for position, character in enumerate(name):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return position == len(name) - 1 and position > 0
    return False
