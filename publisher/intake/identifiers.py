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
_FORGES = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org")
_HTTP = r"(?:https?://)?(?:www\.)?"
_DOI = re.compile(rf"(?:{_HTTP}(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{{4,9}}/\S+)", re.IGNORECASE)
_ARXIV_NUMBER = r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?"
_ARXIV = re.compile(
    rf"(?:{_HTTP}arxiv\.org/(?:abs|pdf|html)/|arxiv:\s*|{_HTTP}(?:dx\.)?doi\.org/10\.48550/arxiv\.|"
    rf"(?:doi:\s*)?10\.48550/arxiv\.){_ARXIV_NUMBER}(?:\.pdf)?/?",
    re.IGNORECASE,
)
_ORCID = re.compile(rf"(?:{_HTTP}orcid\.org/)?((?:\d{{4}}-?){{3}}\d{{3}}[\dX])/?", re.IGNORECASE)
_ROR = re.compile(rf"(?:{_HTTP}ror\.org/)?(0[a-hj-km-np-tv-z0-9]{{6}}\d{{2}})/?", re.IGNORECASE)
_WIKIDATA = re.compile(
    rf"(?:{_HTTP}(?:m\.)?wikidata\.org/(?:wiki/(?:Special:EntityPage/)?|entity/)|wd:|wikidata:)?"
    r"(Q[1-9]\d*)/?",
    re.IGNORECASE,
)
_CORDIS = re.compile(
    rf"(?:{_HTTP}cordis\.europa\.eu/(?:project/id|projects)/|cordis:\s*)(\d{{5,9}})"
    r"(?:/[a-z]{2})?/?",
    re.IGNORECASE,
)
_ZENODO = re.compile(rf"{_HTTP}zenodo\.org/records?/(\d+)/?", re.IGNORECASE)
_FORGE = re.compile(
    rf"(?:git\+)?(?:https?://|git://|ssh://)?(?:www\.|git@)?({'|'.join(map(re.escape, _FORGES))})"
    r"[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?/?",
    re.IGNORECASE,
)
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
    wanted = schemes or (ARXIV, DOI, ORCID, ROR, WIKIDATA, CORDIS, REPOSITORY)
    bare = bool(schemes)
    for scheme in wanted:
        iri = _READERS[scheme](text, bare)
        if iri:
            return Identifier(scheme, iri)
    return None


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


def _doi(text: str, bare: bool) -> str | None:
    zenodo = _ZENODO.fullmatch(text)
    if zenodo:
        return f"https://doi.org/10.5281/zenodo.{zenodo[1]}"
    match = _DOI.fullmatch(unquote(text) if "://" in text else text)
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
    if not match or not (bare or "orcid.org" in text.lower()):
        return None
    digits = match[1].replace("-", "").upper()
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if digits[-1] != ("X" if check == 10 else str(check)):
        return None
    return f"https://orcid.org/{'-'.join(digits[i : i + 4] for i in range(0, 16, 4))}"


def _ror(text: str, bare: bool) -> str | None:
    match = _ROR.fullmatch(text)
    if not match or not (bare or "ror.org" in text.lower()):
        return None
    number = match[1].lower()
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
    value = 0
    for character in number[:-2]:
        value = value * 32 + alphabet.index(character)
    check = 98 - (value * 100) % 97
    return f"https://ror.org/{number}" if f"{check:02}" == number[-2:] else None


def _wikidata(text: str, bare: bool) -> str | None:
    match = _WIKIDATA.fullmatch(text)
    if not match or not (bare or "wikidata.org" in text.lower()):
        return None
    return f"http://www.wikidata.org/entity/{match[1].upper()}"


def _cordis(text: str, bare: bool) -> str | None:
    match = _CORDIS.fullmatch(text) or (re.fullmatch(r"(\d{6,9})", text) if bare else None)
    return f"https://cordis.europa.eu/project/id/{match[1]}" if match else None


def _repository(text: str, bare: bool) -> str | None:
    match = _FORGE.fullmatch(text)
    if match:
        return f"https://{match[1].lower()}/{match[2]}/{match[3]}"
    return address(text) if bare else None


_READERS = {
    DOI: _doi,
    ARXIV: _arxiv,
    ORCID: _orcid,
    ROR: _ror,
    WIKIDATA: _wikidata,
    CORDIS: _cordis,
    REPOSITORY: _repository,
}
