"""Reading: from what stands on the command line to records, out of a file or a registry."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from publisher.findings import Place, SourceFault
from publisher.intake.bibtex import read_bibtex
from publisher.intake.citation_file import joined, read_citation_file, read_repository
from publisher.intake.csl import is_csl, read_csl
from publisher.intake.datacite import is_datacite, read_datacite
from publisher.intake.fetch import NotThere, fetch
from publisher.intake.identifiers import recognise
from publisher.intake.record import Record, fault
from publisher.intake.ror import is_ror, read_ror
from publisher.intake.tree import Tree

_DOI_FORMS = "application/vnd.datacite.datacite+json, application/vnd.citationstyles.csl+json;q=0.9"
_JSON = "application/json"


class WrongSource(Exception):
    """What was given is neither a file nor an identifier of the kind that was asked for."""


class Reader:
    """Reads sources of one kind; fetches what is no file, from the given addresses."""

    def __init__(self, addresses: Mapping[str, str], agent: str) -> None:
        self._addresses = addresses
        self._agent = agent

    def read(self, kind: str, source: str) -> list[Record]:
        """Return the records of a source. Raises SourceFault, WrongSource or FetchError."""
        path = Path(source)
        if path.is_file():
            return _FILES[kind](_text(path), path)
        fetcher: Mapping[str, Callable[[str], list[Record]]] = {
            "doi": self._doi,
            "ror": self._ror,
            "github": self._github,
        }
        if kind not in fetcher:
            raise WrongSource(f"{source}: there is no such file")
        return fetcher[kind](source)

    def _doi(self, source: str) -> list[Record]:
        found = recognise(source, "arxiv") or recognise(source, "doi")
        if not found:
            raise WrongSource(f"{source}: neither a file nor a DOI, such as 10.3390/s22218345")
        number = found.iri.partition(".org/")[2]
        if found.scheme == "arxiv":
            number = f"10.48550/arXiv.{number.removeprefix('abs/')}"
        data = self._fetch("doi", number, _DOI_FORMS)
        records = _read_json(data.decode("utf-8", "replace"), Path(number))
        return [replace(record, seen_at=found.iri) for record in records]

    def _ror(self, source: str) -> list[Record]:
        found = recognise(source, "ror")
        if not found:
            raise WrongSource(
                f"{source}: neither a file nor a ROR identifier with right check digits, "
                "such as 03bndpq63"
            )
        number = found.iri.rpartition("/")[2]
        data = self._fetch("ror", number, _JSON)
        return [read_ror(_tree(data.decode("utf-8", "replace"), Path(number)), Place(Path(number)))]

    def _github(self, source: str) -> list[Record]:
        text = source if "/" in source and ":" in source else f"https://github.com/{source}"
        found = recognise(text, "repository")
        if not found or not found.iri.startswith("https://github.com/") or source.count("/") < 1:
            raise WrongSource(f"{source}: neither a file nor a repository, such as owner/name")
        name = found.iri.removeprefix("https://github.com/")
        place = Place(Path(name, "CITATION.cff"))
        described = self._fetch("github", name, "application/vnd.github+json")
        forge = read_repository(_tree(described.decode("utf-8", "replace"), Path(name)), place)
        try:
            cited = self._fetch("files", f"{name}/HEAD/CITATION.cff", "text/plain, */*;q=0.1")
        except NotThere:
            return [replace(forge, notes=(*forge.notes, "has no CITATION.cff: authors unknown"))]
        citation = read_citation_file(cited.decode("utf-8", "replace"), place)
        return [joined(citation, forge)]

    def _fetch(self, service: str, rest: str, accept: str) -> bytes:
        return fetch(self._addresses[service] + rest, accept, self._agent)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        found = fault(Place(path), "encoding", f"this is not UTF-8: {error}", "save it as UTF-8")
        raise SourceFault([found]) from None


def _tree(text: str, name: Path) -> Tree:
    """Parse JSON; numbers with a point stay as they are written."""
    try:
        return Tree(json.loads(text, parse_float=str))
    except (json.JSONDecodeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        found = fault(Place(name, line), "json", f"not JSON: {reason}", "give the answer unchanged")
        raise SourceFault([found]) from None


def _read_json(text: str, path: Path) -> list[Record]:
    """Return the records of a JSON file of whichever kind it is."""
    tree, place = _tree(text, path), Place(path)
    if is_ror(tree):
        return [read_ror(tree, place)]
    if is_datacite(tree):
        return read_datacite(tree, place)
    if is_csl(tree):
        return read_csl(tree, place)
    what = "neither CSL-JSON nor an answer of Crossref, DataCite or ROR"
    raise SourceFault([fault(place, "json", what, "give the answer of the registry unchanged")])


def _read_citation(text: str, path: Path) -> list[Record]:
    """Return the record of a CITATION.cff, or of a forge's answer in JSON."""
    if path.suffix == ".json":
        return [read_repository(_tree(text, path), Place(path))]
    return [read_citation_file(text, Place(path))]


_FILES: Mapping[str, Callable[[str, Path], list[Record]]] = {
    "bibtex": read_bibtex,
    "doi": _read_json,
    "json": _read_json,
    "ror": _read_json,
    "cff": _read_citation,
    "github": _read_citation,
}
KINDS = {
    "doi": "DOIs or arXiv numbers, fetched, or files of CSL-JSON, Crossref or DataCite",
    "bibtex": "BibTeX or BibLaTeX files",
    "json": "files of CSL-JSON, Crossref, DataCite or ROR",
    "cff": "CITATION.cff files",
    "github": "repositories on GitHub (owner/name), fetched, or CITATION.cff files",
    "ror": "ROR identifiers, fetched, or files of ROR records",
}
