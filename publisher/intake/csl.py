"""CSL-JSON and the JSON of Crossref, which is CSL-JSON with lists where CSL has texts."""

from __future__ import annotations

import html
import re

from publisher.findings import Finding, Place, SourceFault
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
    page_values,
    values,
    venue,
)
from publisher.intake.tree import Tree

_KINDS = {
    **dict.fromkeys(("article-journal", "journal-article", "article-magazine"), "journal-article"),
    **dict.fromkeys(("paper-conference", "proceedings-article"), "conference-paper"),
    **dict.fromkeys(("chapter", "book-chapter", "book-section"), "chapter"),
    **dict.fromkeys(("book", "monograph", "edited-book", "reference-book"), "book"),
    **dict.fromkeys(("article", "posted-content", "manuscript"), "preprint"),
    **dict.fromkeys(("thesis", "dissertation"), "thesis"),
    **dict.fromkeys(("report", "report-component"), "report"),
    "proceedings": "proceedings",
}
_DATES = ("published-print", "published-online", "published", "issued", "posted")


def is_csl(tree: Tree) -> bool:
    """Whether this can be an answer of Crossref, a CSL item or a list of items."""
    first = next(iter(_works(tree)), Tree())
    return bool(first.text("title") and (first.text("type") or first.text("DOI")))


def read_csl(tree: Tree, place: Place) -> list[Record]:
    """Return the works of an answer or a list. Raises SourceFault."""
    findings: list[Finding] = []
    records = []
    for number, work in enumerate(_works(tree), 1):
        if work.text("title"):
            records.append(_record(work, place))
        else:
            what = f"{_key(work) or f'work {number}'} has no title"
            findings.append(fault(place, "csl", what, "add a title, or leave the work out"))
    if findings:
        raise SourceFault(findings)
    return records


def _works(tree: Tree) -> list[Tree]:
    return tree.items("message", "items") or tree.items("message") or tree.items()


def _key(work: Tree) -> str | None:
    return work.text("DOI") or work.text("id")


def _record(work: Tree, place: Place) -> Record:
    kind = work.text("type") or ""
    family = {"dataset": DATASET, "software": SOFTWARE}.get(kind, PUBLICATION)
    subtitle = work.text("subtitle")
    title = _plain(work.text("title") or "")
    if subtitle and _plain(subtitle) not in title:
        title = f"{title}: {_plain(subtitle)}"
    found = identifier_values(work.text("DOI"), *work.texts("URL"))
    container = work.text("container-title") or work.text("event", "name")
    where = venue(
        _plain(container) if container else None,
        work.text("volume"),
        work.text("issue"),
        work.text("page") or work.text("article-number"),
    )
    authors = tuple(filter(None, map(_agent, work.items("author"))))
    return Record(
        family=family,
        key=_key(work) or title,
        place=place,
        values={
            **values(
                title=title,
                kind=_kind(kind, found) if family == PUBLICATION else None,
                venue=where if family == PUBLICATION else None,
                issued=_issued(work),
                version=work.text("version"),
            ),
            **page_values(family, work.text("resource", "primary", "URL") or work.text("URL")),
            **found,
        },
        authors=authors,
        editors=tuple(filter(None, map(_agent, work.items("editor"))))
        if kind in ("proceedings", "book", "edited-book", "report")
        else (),
        language=language_tag(work.text("language")),
    )


def _kind(kind: str, found: dict[str, tuple[str, ...]]) -> str:
    known = _KINDS.get(kind, "other")
    return "preprint" if known == "other" and list(found) == ["arxiv"] else known


def _issued(work: Tree) -> str | None:
    """Return the most exact of the dates that lie in the earliest year of publication."""
    found = []
    for name in _DATES:
        text = work.text(name, "raw") or work.text(name, "literal")
        dates = [date(*parts.texts()[:3]) for parts in work.items(name, "date-parts")[:1]]
        dates += [date_of(text)] if text else []
        found += [one for one in dates if one]
    if not found:
        return None
    first = min(one[:4] for one in found)
    return max((one for one in found if one.startswith(first)), key=len)


def _agent(tree: Tree) -> Agent | None:
    family, given = tree.text("family"), tree.text("given")
    if not family:
        name = tree.text("literal") or tree.text("name")
        return Agent(_plain(name), corporate=True) if name else None
    particle = tree.text("non-dropping-particle") or tree.text("dropping-particle") or ""
    last = f"{particle} {family} {tree.text('suffix') or ''}"
    return Agent.of(_plain(given or ""), _plain(last), tree.text("ORCID") or "")


def _plain(text: str) -> str:
    """Return a title without the HTML and JATS that publishers put into it."""
    return " ".join(html.unescape(re.sub(r"</?[A-Za-z:]+[^<>]*>", "", text)).split())
