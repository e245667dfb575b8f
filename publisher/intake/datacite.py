"""The JSON of DataCite: of its REST API, or as content negotiation at a DOI gives it."""

from __future__ import annotations

import re

from publisher.findings import Finding, Place, SourceFault
from publisher.intake.identifiers import recognise
from publisher.intake.record import (
    DATASET,
    PUBLICATION,
    SOFTWARE,
    Agent,
    Record,
    date_of,
    fault,
    identifier_values,
    language_tag,
    page_values,
    values,
    venue,
)
from publisher.intake.tree import Tree

_FAMILIES = {
    **dict.fromkeys(("software", "computationalnotebook", "workflow"), SOFTWARE),
    **dict.fromkeys(("dataset", "collection"), DATASET),
}
_KINDS = {
    "journalarticle": "journal-article",
    "conferencepaper": "conference-paper",
    "conferenceproceeding": "proceedings",
    "bookchapter": "chapter",
    "dissertation": "thesis",
    **{kind: kind for kind in ("preprint", "report", "book")},
}
_DATES = ("Issued", "Available", "Created")


def is_datacite(tree: Tree) -> bool:
    """Whether this can be an answer of DataCite."""
    first = next(iter(_works(tree)), Tree())
    return bool(first.items("titles") and first.at("types").value)


def read_datacite(tree: Tree, place: Place) -> list[Record]:
    """Return the works of an answer. Raises SourceFault."""
    findings: list[Finding] = []
    records = []
    for number, work in enumerate(_works(tree), 1):
        if any(title.text("title") for title in work.items("titles")):
            records.append(_record(work, place))
        else:
            what = f"{work.text('doi') or f'work {number}'} has no title"
            findings.append(fault(place, "datacite", what, "add one, or leave the work out"))
    if findings:
        raise SourceFault(findings)
    return records


def _works(tree: Tree) -> list[Tree]:
    found = tree.items("data") or tree.items()
    return [work.at("attributes") if work.at("attributes") else work for work in found]


def _record(work: Tree, place: Place) -> Record:
    kind = re.sub(r"[^a-z]", "", (work.text("types", "resourceTypeGeneral") or "").lower())
    if kind == "text":
        kind = re.sub(r"[^a-z]", "", (work.text("types", "resourceType") or "").lower())
    family = _FAMILIES.get(kind, PUBLICATION)
    title = next(title for title in work.items("titles") if title.text("title"))
    found = identifier_values(work.text("doi") or work.text("id"))
    repository = _repository(work)
    editors = [
        agent
        for agent in work.items("contributors")
        if (agent.text("contributorType") or "").lower() == "editor"
    ]
    rights = [
        right.text("rightsIdentifier") or _spdx(right.text("rightsUri") or "")
        for right in work.items("rightsList")
    ]
    return Record(
        family=family,
        key=work.text("doi") or title.text("title") or "",
        place=place,
        values={
            **values(
                title=title.text("title"),
                kind=_KINDS.get(kind, "other") if family == PUBLICATION else None,
                licence=rights,
                venue=_venue(work) if family == PUBLICATION else None,
                issued=_issued(work),
                version=work.text("version"),
            ),
            **page_values(family, work.text("url")),
            **found,
            **({"repository": (repository,)} if repository else {}),
        },
        authors=tuple(map(_agent, work.items("creators"))),
        editors=tuple(map(_agent, editors)),
        language=language_tag(title.text("lang") or work.text("language")),
    )


def _issued(work: Tree) -> str | None:
    dates = {entry.text("dateType"): entry.text("date") or "" for entry in work.items("dates")}
    exact = next((date_of(dates[name] or "") for name in _DATES if dates.get(name)), None)
    year = date_of(work.text("publicationYear") or "")
    return exact if exact and (not year or exact.startswith(year)) else year


def _venue(work: Tree) -> str | None:
    container = work.at("container")
    first, last = container.text("firstPage"), container.text("lastPage")
    pages = f"{first}-{last}" if first and last else first
    name = container.text("title") or work.text("publisher", "name") or work.text("publisher")
    return venue(name, container.text("volume"), container.text("issue"), pages)


def _repository(work: Tree) -> str | None:
    """Return the repository that a deposit is a copy of; Zenodo gives its tree at a tag."""
    for related in work.items("relatedIdentifiers"):
        if related.text("relationType") in ("IsSupplementTo", "IsDerivedFrom", "IsVersionOf"):
            text = re.sub(r"/(tree|releases)/.*", "", related.text("relatedIdentifier") or "")
            found = recognise(text)
            if found and found.scheme == "repository":
                return found.iri
    return None


def _spdx(uri: str) -> str | None:
    """Return the SPDX name of a Creative Commons licence given by its address."""
    match = re.search(r"creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)", uri)
    if "creativecommons.org/publicdomain/zero/1.0" in uri:
        return "CC0-1.0"
    return f"CC-{match[1].upper()}-{match[2]}" if match else None


def _agent(tree: Tree) -> Agent:
    orcid = next(
        (
            entry.text("nameIdentifier") or ""
            for entry in tree.items("nameIdentifiers")
            if (entry.text("nameIdentifierScheme") or "").upper() == "ORCID"
        ),
        "",
    )
    name = tree.text("name") or ""
    family, given = tree.text("familyName"), tree.text("givenName")
    if family:
        return Agent.of(given or "", family, orcid)
    if (tree.text("nameType") or "").lower() == "organizational":
        return Agent(name, corporate=True)
    last, comma, first = name.partition(",")
    return Agent.of(first, last, orcid) if comma else Agent.of("", name, orcid)
