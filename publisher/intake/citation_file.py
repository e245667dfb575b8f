"""CITATION.cff files (Citation File Format 1.x) and what a forge's API adds to them."""

from __future__ import annotations

import re
from dataclasses import replace

import yaml

from publisher.findings import Finding, Place, SourceFault
from publisher.intake.identifiers import address, recognise
from publisher.intake.record import (
    DATASET,
    SOFTWARE,
    Agent,
    Record,
    date_of,
    fault,
    identifier_values,
    values,
)
from publisher.intake.tree import Tree

_REQUIRED = ("cff-version", "message", "title", "authors")


def read_citation_file(text: str, place: Place) -> Record:
    """Return the software or dataset that a CITATION.cff describes. Raises SourceFault.

    Scalars are read as texts: YAML would make 1.1 of the version 1.10 and a date of a date.
    """
    try:
        tree = Tree(yaml.load(text, Loader=yaml.BaseLoader))  # noqa: S506 (makes texts only)
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        line = mark.line + 1 if mark else 0
        what = f"not YAML: {getattr(error, 'problem', None) or error}"
        found = fault(Place(place.file, line), "citation-file", what, "correct it near this line")
        raise SourceFault([found]) from None
    findings = list(_missing(tree, place))
    if findings:
        raise SourceFault(findings)
    repository = _repository(tree)
    url = address(tree.text("url") or "")
    others = [entry.text("value") for entry in tree.items("identifiers")]
    return Record(
        family=DATASET if tree.text("type") == "dataset" else SOFTWARE,
        key=tree.text("title") or "",
        place=place,
        values={
            **values(
                title=tree.text("title"),
                version=tree.text("version"),
                licence=tree.texts("license"),
                issued=date_of(tree.text("date-released") or ""),
                homepage=None if not url or recognise(url) else url,
            ),
            **identifier_values(tree.text("doi"), *([] if tree.text("doi") else others)),
            **({"repository": (repository,)} if repository else {}),
        },
        authors=tuple(map(_agent, tree.items("authors"))),
        seen_at=file_address(repository) if repository else url,
        notes=tuple(_notes(tree)),
    )


def read_repository(tree: Tree, place: Place) -> Record:
    """Return the software of a repository as GitHub's API describes it. Raises SourceFault."""
    repository = recognise(tree.text("html_url") or "", "repository")
    name = tree.text("name")
    if not repository or not name:
        what = "this is no description of a repository"
        raise SourceFault([fault(place, "github", what, "give an answer of GitHub's API")])
    notes = [f"is archived: {repository.iri}"] if tree.at("archived").value is True else []
    if tree.at("fork").value is True:
        notes.append(f"is a fork of {tree.text('parent', 'html_url') or 'another repository'}")
    licence = tree.text("license", "spdx_id")
    return Record(
        family=SOFTWARE,
        key=tree.text("full_name") or name,
        place=place,
        values={
            **values(
                title=name,
                licence=None if licence == "NOASSERTION" else licence,
                programming_language=tree.text("language"),
                homepage=address(tree.text("homepage") or ""),
            ),
            "repository": (repository.iri,),
        },
        seen_at=repository.iri,
        notes=tuple(notes),
    )


def joined(first: Record, second: Record) -> Record:
    """Return a citation file's record with what only the forge knows."""
    return replace(
        first, values={**second.values, **first.values}, notes=(*first.notes, *second.notes)
    )


def file_address(repository: str) -> str:
    """Return where people read the citation file of a repository."""
    hosts = ("https://github.com/", "https://gitlab.com/", "https://codeberg.org/")
    if repository.startswith(hosts[0]):
        return f"{repository}/blob/HEAD/CITATION.cff"
    return repository


def _missing(tree: Tree, place: Place) -> list[Finding]:
    if not isinstance(tree.value, dict):
        return [fault(place, "citation-file", "not a CITATION.cff", "see citation-file-format")]
    return [
        fault(place, "citation-file", f"the key {key} is missing", f"add {key}: ...")
        for key in _REQUIRED
        if not tree.at(key)
    ]


def _repository(tree: Tree) -> str | None:
    for key in ("repository-code", "repository", "url"):
        text = tree.text(key) or ""
        found = recognise(text) or (recognise(text, "repository") if key != "url" else None)
        if found and found.scheme == "repository":
            return found.iri
    return None


def _agent(tree: Tree) -> Agent:
    family = " ".join(
        filter(
            None, (tree.text("name-particle"), tree.text("family-names"), tree.text("name-suffix"))
        )
    )
    if not family and not tree.text("given-names"):
        return Agent(tree.text("name") or tree.text("alias") or "", corporate=True)
    return Agent.of(tree.text("given-names") or "", family, tree.text("orcid") or "")


def _notes(tree: Tree) -> list[str]:
    """Tell of the paper to cite, which is a thing of its own."""
    title = tree.text("preferred-citation", "title")
    if not title:
        return []
    doi = recognise(tree.text("preferred-citation", "doi") or "", "doi")
    how = f"; add it with: add doi {re.sub('^https://doi.org/', '', doi.iri)}" if doi else ""
    return [f'asks to cite "{title}"{how}']
