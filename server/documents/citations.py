"""Citations: a work as BibTeX, CSL-JSON, RIS and as a line of text.

Which property holds what is the rule of intake.toml, read the other way round (publisher.works).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyoxigraph import Literal, NamedNode

from publisher.intake.identifiers import recognise
from publisher.intake.record import DATASET, PUBLICATION, SOFTWARE
from publisher.release import Release
from server.documents.outlines import Outline
from server.service import current_service

BIBTEX, CSL, RIS = (
    "application/x-bibtex",
    "application/vnd.citationstyles.csl+json",
    "application/x-research-info-systems",
)
#: Suffix and media type of each form of a citation.
CITATION_FORMS: Mapping[str, str] = {"bib": BIBTEX, "csl.json": CSL, "ris": RIS}

#: What the kinds of publications are in BibTeX (biblatex for data and software), CSL and RIS.
_KINDS: Mapping[str, tuple[str, str, str]] = {
    "journal-article": ("article", "article-journal", "JOUR"),
    "conference-paper": ("inproceedings", "paper-conference", "CPAPER"),
    "chapter": ("incollection", "chapter", "CHAP"),
    "book": ("book", "book", "BOOK"),
    "proceedings": ("proceedings", "book", "CONF"),
    "thesis": ("phdthesis", "thesis", "THES"),
    "report": ("techreport", "report", "RPRT"),
    "preprint": ("misc", "article", "UNPB"),
    "other": ("misc", "document", "GEN"),
    SOFTWARE: ("software", "software", "COMP"),
    DATASET: ("dataset", "dataset", "DATA"),
}
_CONTAINERS: Mapping[str, str] = {
    "article": "journal",
    "inproceedings": "booktitle",
    "incollection": "booktitle",
    "phdthesis": "school",
    "techreport": "institution",
}
#: What LaTeX would take for a command; letters beyond ASCII stay, as every reader of today wants.
_LATEX = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
}
#: What begins a family name even with a capital.
_PARTICLES = frozenset(
    ("da", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "la", "le", "van", "von")
)


@dataclass(frozen=True)
class Name:
    """The name of an author as printed; `corporate` names are never taken apart."""

    full: str
    corporate: bool = False

    @property
    def parts(self) -> tuple[str, str]:
        """Given name and family name: the last word, and all from the first particle before it.

        That is the rule of BibTeX for names written given name first, but that some particles
        count with a capital too. Bibliographies are given the parts, never left to guess.
        """
        words = self.full.split()
        at = len(words) - 1
        for index, word in enumerate(words[1:-1], start=1):
            if word[0].islower() or word.casefold() in _PARTICLES:
                at = index
                break
        return " ".join(words[:at]), " ".join(words[at:])


@dataclass(frozen=True)
class Work:
    """What citations of a publication, a software or a dataset hold."""

    iri: str
    family: str
    kind: str
    title: str
    authors: tuple[Name, ...]
    editors: tuple[Name, ...]
    issued: str | None
    venue: str | None
    version: str | None
    doi: str | None
    arxiv: str | None
    url: str

    @property
    def key(self) -> str:
        """A key for bibliographies: what the IRI ends in."""
        return re.sub(r"[^A-Za-z0-9_.:-]+", "-", self.iri.rpartition("/")[2]).strip("-") or "work"

    @property
    def date(self) -> list[int]:
        """Year, month and day, as far as they are known."""
        match = re.match(r"(-?\d{4,})(?:-(\d\d))?(?:-(\d\d))?", self.issued or "")
        return [int(part) for part in match.groups() if part] if match else []


def work(outline: Outline) -> Work | None:
    """Return the work that a thing is, or None for what nobody cites."""
    for family, rule in current_service().release.works["families"].items():
        if set(rule["types"]).intersection(outline.types()):
            return _work(outline, family, rule["fields"])
    return None


def release_work(release: Release) -> Work:
    """Return a release of the whole dataset as a work."""
    publication = release.publication
    return Work(
        # What a bibliography calls it; its version alone would not tell it from others.
        iri=f"{publication.name}-{release.version}",
        family=DATASET,
        kind=DATASET,
        title=publication.title,
        authors=(Name(publication.publisher, corporate=True),) if publication.publisher else (),
        editors=(),
        issued=release.released.date().isoformat(),
        venue=None,
        version=release.version,
        doi=None,
        arxiv=None,
        url=release.iris.release(release.version),
    )


def entry_work(title: str, iri: str, release: Release) -> Work:
    """Return what a release says of a thing as a work, for things that are none themselves."""
    whole = release_work(release)
    venue = f"In {whole.title} (version {whole.version})"
    return replace(whole, iri=iri, title=title, venue=venue, version=None, kind="other", url=iri)


def write(work: Work, suffix: str) -> str:
    """Return a work in one of the CITATION_FORMS."""
    return {"bib": bibtex, "csl.json": csl_json, "ris": ris}[suffix](work)


def bibtex(work: Work) -> str:
    """Return an entry of BibTeX."""
    kind = _KINDS[work.kind][0]
    fields = {
        "title": f"{{{_latex(work.title)}}}",
        "author": " and ".join(map(_bibtex_name, work.authors)),
        "editor": " and ".join(map(_bibtex_name, work.editors)),
        "year": str(work.date[0]) if work.date else "",
        "month": str(work.date[1]) if len(work.date) > 1 else "",
        "date": "{:04}-{:02}-{:02}".format(*work.date) if len(work.date) > 2 else "",
        _CONTAINERS.get(kind, "howpublished"): _latex(work.venue or ""),
        "version": _latex(work.version or ""),
        "doi": _doi(work) or "",
        "eprint": _arxiv(work) or "",
        "archiveprefix": "arXiv" if work.arxiv else "",
        "url": work.url,
    }
    lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)
    return f"@{kind}{{{work.key},\n{lines}}}\n"


def csl_json(work: Work) -> str:
    """Return a list with one item of CSL-JSON 1.0.2."""
    item: dict[str, Any] = {"id": work.iri, "type": _KINDS[work.kind][1], "title": work.title}
    if work.authors:
        item["author"] = [_csl_name(name) for name in work.authors]
    if work.editors:
        item["editor"] = [_csl_name(name) for name in work.editors]
    if work.date:
        item["issued"] = {"date-parts": [work.date]}
    further = {
        "container-title": work.venue,
        "version": work.version,
        "DOI": _doi(work),
        "number": f"arXiv:{_arxiv(work)}" if work.arxiv else None,
        "URL": work.url,
    }
    item |= {name: value for name, value in further.items() if value}
    return json.dumps([item], ensure_ascii=False, indent=1) + "\n"


def ris(work: Work) -> str:
    """Return a reference in RIS."""
    lines = [("TY", _KINDS[work.kind][2]), ("ID", work.key), ("TI", work.title)]
    lines += [("AU", _ris_name(name)) for name in work.authors]
    lines += [("ED", _ris_name(name)) for name in work.editors]
    if work.date:
        lines.append(("PY", str(work.date[0])))
        parts = [f"{part:02}" for part in work.date[1:]]
        lines.append(("DA", "/".join([str(work.date[0]), *parts])))
    further = {"T2": work.venue, "ET": work.version, "DO": _doi(work), "UR": work.url}
    lines += [(tag, value) for tag, value in further.items() if value]
    lines.append(("ER", ""))
    return "".join(f"{tag}  - {' '.join(value.split())}\r\n" for tag, value in lines)


def line(work: Work) -> str:
    """Return a citation as one line of text, in the manner of APA."""
    names = [_short_name(name) for name in work.authors or work.editors]
    if len(names) > 20:
        names = [*names[:19], "…", names[-1]]
    people = ", ".join(names[:-1]) + ", & " + names[-1] if len(names) > 1 else "".join(names)
    year = f"({work.date[0]})" if work.date else "(n.d.)"
    title = work.title if work.title.endswith((".", "?", "!")) else f"{work.title}."
    if work.version:
        title = f"{title.removesuffix('.')} (version {work.version})."
    venue = f" {work.venue}." if work.venue else ""
    start = f"{people} {year}." if people else ""
    text = f"{start} {title}" if start else f"{title} {year}."
    return f"{text}{venue} {work.doi or work.arxiv or work.url}"


def _work(outline: Outline, family: str, fields: Mapping[str, Mapping[str, Any]]) -> Work:
    def property_of(field: str) -> str:
        rule = fields.get(field)
        return str(rule["property"]) if rule else ""

    def identifier(scheme: str) -> str | None:
        for iri in outline.iris(property_of(scheme)):
            found = recognise(iri)
            if found is not None and found.scheme == scheme:
                return found.iri
        return None

    return Work(
        iri=outline.iri,
        family=family,
        kind=_kind(outline, family, fields.get("kind", {})),
        title=outline.text(property_of("title")) or outline.name() or outline.iri,
        authors=_authors(outline, fields),
        editors=_people(outline, property_of("editors"), corporate=False),
        issued=outline.text(property_of("issued")),
        venue=outline.text(property_of("venue")),
        version=outline.text(property_of("version")),
        doi=identifier("doi"),
        arxiv=identifier("arxiv"),
        url=outline.iri,
    )


def _kind(outline: Outline, family: str, rule: Mapping[str, Any]) -> str:
    if family != PUBLICATION:
        return family
    for value in outline.values(str(rule.get("property", ""))):
        text = value.value
        before, _, behind = str(rule.get("iri", "{}")).partition("{}")
        if isinstance(value, NamedNode) and text.startswith(before) and text.endswith(behind):
            code = text[len(before) : len(text) - len(behind)]
            code = str(rule.get("codes", {}).get(code, code))
            if code in _KINDS:
                return code
    return "other"


def _authors(outline: Outline, fields: Mapping[str, Mapping[str, Any]]) -> tuple[Name, ...]:
    """Return the authors in the order printed, if the graph has it; bodies if there is nobody."""

    def property_of(field: str) -> str:
        return str(fields[field]["property"]) if field in fields else ""

    printed = [
        name.strip()
        for value in outline.values(property_of("author-list"))
        if isinstance(value, Literal)
        for name in value.value.split(";")
    ]
    if any(printed):
        return tuple(Name(name) for name in printed if name)
    people = _people(outline, property_of("authors"), corporate=False)
    return people or _people(outline, property_of("corporate-authors"), corporate=True)


def _people(outline: Outline, predicate: str, *, corporate: bool) -> tuple[Name, ...]:
    found = []
    types = current_service().release.works["types"]
    for value in outline.values(predicate):
        if isinstance(value, Literal):
            found.append(Name(value.value, corporate))
        elif isinstance(value, NamedNode) and (name := outline.name(value.value)):
            body = any(types.get(each) == "Organization" for each in outline.types(value.value))
            found.append(Name(name, corporate or body))
    return tuple(sorted(found, key=lambda name: name.parts[::-1]))


def _latex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in " ".join(text.split()))


def _bibtex_name(name: Name) -> str:
    given, family = map(_latex, name.parts)
    if name.corporate or not given or re.search(r"\band\b|,", name.full):
        return f"{{{_latex(name.full)}}}"
    return f"{family}, {given}"


def _csl_name(name: Name) -> dict[str, str]:
    given, family = name.parts
    if name.corporate or not given:
        return {"literal": name.full}
    return {"family": family, "given": given}


def _ris_name(name: Name) -> str:
    given, family = name.parts
    return name.full if name.corporate or not given else f"{family}, {given}"


def _short_name(name: Name) -> str:
    given, family = name.parts
    if name.corporate or not given:
        return name.full
    return f"{family}, " + " ".join(f"{word[0]}." for word in re.split(r"[\s-]+", given) if word)


def _doi(work: Work) -> str | None:
    return work.doi.partition("doi.org/")[2] if work.doi else None


def _arxiv(work: Work) -> str | None:
    return work.arxiv.partition("/abs/")[2] if work.arxiv else None
