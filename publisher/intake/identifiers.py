"""Identifiers that registries give, in the one spelling that is an IRI.

The same DOI stands in records as `10.5555/ABC`, `doi:10.5555/abc` or `http://dx.doi.org/10.5555/abc`.
`recognise` reads them all; `Identifier.key` is what two spellings of one identifier share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

DOI, ARXIV, ORCID, ROR, WIKIDATA, CORDIS, REPOSITORY = (
    *("doi", "arxiv", "orcid", "ror", "wikidata", "cordis", "repository"),
)
_HTTP = r"(?:https?://)?(?:www\.)?"
#: What stands before a DOI; `info:` is RFC 4452.
_DOI_PREFIX = rf"(?:{_HTTP}(?:dx\.)?doi\.org/|urn:doi:|info:doi/|doi(?::\s*|\s+))"
_DOI = re.compile(rf"{_DOI_PREFIX}?(10\.\d{{4,9}}/\S+)", re.IGNORECASE)
_ARXIV_NUMBER = r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?"
_ARXIV = re.compile(
    r"(?:(?:https?://)?(?:(?:www|export)\.)?arxiv\.org/(?:abs|pdf|html|format|ps|src|e-print)/|"
    r"arxiv(?::\s*|\s+)|urn:arxiv:|info:arxiv/|oai:arxiv\.org:|"
    rf"{_DOI_PREFIX}?10\.48550/arxiv\.){_ARXIV_NUMBER}(?:\.pdf)?/?(?:\s*\[[\w.-]+\])?",
    re.IGNORECASE,
)
_ORCID = re.compile(
    rf"({_HTTP}orcid\.org/|orcid(?::\s*|\s+))?((?:\d{{4}}-?){{3}}\d{{3}}[\dX])/?", re.IGNORECASE
)
_ROR = re.compile(
    rf"({_HTTP}ror\.org/|(?:https?://)?api\.ror\.org/(?:v\d/)?organizations/|ror(?::\s*|\s+))?"
    r"(0[a-hj-km-np-tv-z0-9]{6}\d{2})/?",
    re.IGNORECASE,
)
_WIKIDATA = re.compile(
    rf"({_HTTP}(?:m\.)?wikidata\.org/(?:wiki/(?:Special:Entity(?:Page|Data)/)?|entity/)|"
    r"(?:wd|wikidata):\s*)?(Q[1-9]\d*)(?:\.[a-z]+)?/?",
    re.IGNORECASE,
)
_CORDIS = re.compile(
    rf"(?:{_HTTP}cordis\.europa\.eu/(?:project/id|projects)/|cordis:\s*)(\d{{5,9}})"
    r"(?:/[a-z]{2})?/?",
    re.IGNORECASE,
)
_ZENODO = re.compile(rf"{_HTTP}zenodo\.org/records?/(\d+)/?", re.IGNORECASE)
_FORGES = {
    "github": "github.com",
    "gitlab": "gitlab.com",
    "bitbucket": "bitbucket.org",
    "codeberg": "codeberg.org",
}
#: How forges write the files of a branch, a tag or a commit; without a file it is all of them.
_BRANCH = r"(?:/(?:-/)?tree/[^/\s]+|/src/(?:(?:branch|tag|commit)/)?[^/\s]+)"
_FORGE = re.compile(
    rf"(?:(?:git\+)?(?:https?://|git://|ssh://)?(?:www\.|git@)?"
    rf"({'|'.join(map(re.escape, _FORGES.values()))})[/:]|({'|'.join(_FORGES)}):\s*)"
    rf"([\w.-]+)/([\w.-]+?)(?:\.git)?(?:{_BRANCH})?(/\S*)?",
    re.IGNORECASE,
)
_WEB = re.compile(r"(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,}/\S*", re.IGNORECASE)
_UNSAFE = re.compile(r"[^A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]")


@dataclass(frozen=True)
class Identifier:
    """An identifier: which registry gave it, and its IRI."""

    scheme: str
    iri: str

    @property
    def key(self) -> str:
        """What every spelling of the same identifier shares."""
        return f"{self.scheme}:{self.iri.lower()}"

    def __str__(self) -> str:
        name = {DOI: "DOI", ARXIV: "arXiv", ORCID: "ORCID", ROR: "ROR", WIKIDATA: "Wikidata"}
        name[CORDIS] = "CORDIS"
        return f"{name.get(self.scheme, self.scheme)} <{self.iri}>"


def recognise(text: str, *schemes: str) -> Identifier | None:
    """Return the identifier that a text or an address spells, or None.

    With `schemes` only those are looked for, and bare numbers (`0000-0001-...`, `03bndpq63`,
    `2208.11339` with "arxiv") count; without them only what can be nothing else. An ORCID or a ROR
    identifier whose check digits are wrong is none.
    """
    text = text.strip()
    plain = _without_query(text)
    wanted = schemes or (ARXIV, DOI, ORCID, ROR, WIKIDATA, CORDIS, REPOSITORY)
    bare = bool(schemes)
    for scheme in wanted:
        iri = _READERS[scheme](plain, bare)
        if iri:
            return Identifier(scheme, iri)
    other = address(text) if REPOSITORY in schemes else None
    return Identifier(REPOSITORY, other) if other else None


def enclosing(text: str) -> Identifier | None:
    """Return the repository that the address of a file or page on a forge leads into, or None.

    Many things may stand in one repository, so that this is no spelling of its address.
    """
    match = _FORGE.fullmatch(_without_query(text.strip()))
    return Identifier(REPOSITORY, _repository_iri(match)) if match and _inside(match) else None


def address(text: str) -> str | None:
    """Return a web address as an IRI that stands in Turtle without escapes, or None."""
    text = text.strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", text):
        return None
    return _UNSAFE.sub(lambda match: quote(match.group()), text)


def same_address(iri: str) -> str:
    """Return what two spellings of one web address share."""
    found = recognise(iri)
    if found:
        return found.key
    return re.sub(r"^https?://(www\.)?", "", iri).rstrip("/").lower()


def _without_query(text: str) -> str:
    """Cut the query off a web address: no registry says in it what the identifier is."""
    return text.partition("?")[0] if _WEB.fullmatch(text) else text


def _doi(text: str, bare: bool) -> str | None:
    zenodo = _ZENODO.fullmatch(text)
    if zenodo:
        return f"https://doi.org/10.5281/zenodo.{zenodo[1]}"
    match = _DOI.fullmatch(unquote(text) if _WEB.fullmatch(text) else text)
    if not match or _ARXIV.fullmatch(text):
        return None
    del bare
    number = match[1].rstrip(".,;")
    return f"https://doi.org/{_UNSAFE.sub(lambda found: quote(found.group()), number)}"


def _arxiv(text: str, bare: bool) -> str | None:
    match = _ARXIV.fullmatch(text) or (re.fullmatch(_ARXIV_NUMBER, text) if bare else None)
    return f"https://arxiv.org/abs/{match[1].lower()}" if match else None


def _orcid(text: str, bare: bool) -> str | None:
    match = _ORCID.fullmatch(text)
    if not match or not (bare or match[1]):
        return None
    digits = match[2].replace("-", "").upper()
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if digits[-1] != ("X" if check == 10 else str(check)):
        return None
    return f"https://orcid.org/{'-'.join(digits[i : i + 4] for i in range(0, 16, 4))}"


def _ror(text: str, bare: bool) -> str | None:
    match = _ROR.fullmatch(text)
    if not match or not (bare or match[1]):
        return None
    number = match[2].lower()
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
    value = 0
    for character in number[:-2]:
        value = value * 32 + alphabet.index(character)
    check = 98 - (value * 100) % 97
    return f"https://ror.org/{number}" if f"{check:02}" == number[-2:] else None


def _wikidata(text: str, bare: bool) -> str | None:
    match = _WIKIDATA.fullmatch(text)
    if not match or not (bare or match[1]):
        return None
    return f"http://www.wikidata.org/entity/{match[2].upper()}"


def _cordis(text: str, bare: bool) -> str | None:
    match = _CORDIS.fullmatch(text) or (re.fullmatch(r"(\d{6,9})", text) if bare else None)
    return f"https://cordis.europa.eu/project/id/{match[1]}" if match else None


def _repository(text: str, bare: bool) -> str | None:
    match = _FORGE.fullmatch(text)
    del bare
    return _repository_iri(match) if match and not _inside(match) else None


def _repository_iri(match: re.Match[str]) -> str:
    host = match[1] or _FORGES[match[2].lower()]
    return f"https://{host.lower()}/{match[3]}/{match[4]}"


def _inside(match: re.Match[str]) -> bool:
    """Whether an address on a forge has more than a repository and a branch of it."""
    return (match[5] or "/") != "/"


_READERS = {
    DOI: _doi,
    ARXIV: _arxiv,
    ORCID: _orcid,
    ROR: _ror,
    WIKIDATA: _wikidata,
    CORDIS: _cordis,
    REPOSITORY: _repository,
}
