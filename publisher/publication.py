"""A publication: the folder of sources and its publication.toml."""

from __future__ import annotations

import datetime as dt
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from publisher.about import About, Security, security
from publisher.iri import NOT_IN_IRI, IriSpace
from publisher.limits import LimitError, Limits
from publisher.prefixes import PREFIX_NAME, WELL_KNOWN, Prefixes
from publisher.release import ENGINES
from publisher.remote import Remote, RemoteError
from publisher.settings import SettingError, Table
from publisher.site.plan import Plan

CONFIGURATION = "publication.toml"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]*")
_LANGUAGE = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")


class PublicationError(Exception):
    """publication.toml is missing, unreadable or says something that cannot be followed."""


@dataclass(frozen=True)
class Publication:
    """What publication.toml says, with its defaults filled in."""

    folder: Path
    title: str
    base: str
    license: str
    name: str
    description: str
    publisher: str
    homepage: str | None
    language: str
    version: str
    released: dt.date
    public_url: str | None
    engine: str
    remote: Remote | None
    slug_pattern: str
    prefixes: Prefixes
    collections: Mapping[str, str]
    limits: Limits
    search_facets: tuple[str, ...]
    search_dates: tuple[str, ...]
    services: tuple[str, ...]
    about: About
    security: Security | None
    site: Plan

    @property
    def iris(self) -> IriSpace:
        """The IRIs of this publication."""
        return IriSpace(self.base)

    @property
    def publisher_iri(self) -> str:
        """IRI of who publishes: the one given, else one of our own."""
        return self.about.publisher_iri or f"{self.iris.dataset}#publisher"

    @classmethod
    def load(cls, folder: Path) -> Publication:
        """Read `folder`/publication.toml.

        Only title, base and license must be there. Raises PublicationError, whose text names the
        file, the key and what to write.
        """
        path = folder / CONFIGURATION
        if not folder.is_dir():
            raise PublicationError(f"{folder}: there is no such folder")
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise PublicationError(
                f"{path}: missing; write one with at least title, base and license"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PublicationError(f"{path}: not TOML: {error}") from None
        return _Reader(path, values).publication()


class _Reader:
    """Takes the keys out of a parsed publication.toml one by one and complains about the rest."""

    def __init__(self, path: Path, values: dict[str, object]) -> None:
        self.path = path
        self.values = values

    def publication(self) -> Publication:
        base = self._iri("base")
        if not base.endswith("/"):
            raise self._error("base", f"{base!r} must end in '/'")
        prefixes = self._prefixes(base)
        released = self._date("released")
        publication = Publication(
            folder=self.path.parent,
            title=self._text("title"),
            base=base,
            license=self._iri("license"),
            name=self._matching("name", _NAME, _default_name(base)),
            description=self._text("description", ""),
            publisher=self._text("publisher", ""),
            homepage=self._optional_iri("homepage"),
            language=self._matching("language", _LANGUAGE, "en"),
            version=self._matching("version", _VERSION, "0.0.0"),
            released=released,
            public_url=self._optional_iri("public_url"),
            engine=self._one_of("engine", ENGINES),
            remote=self._remote(),
            slug_pattern=self._pattern("slug_pattern", r"[^/?#]+"),
            prefixes=prefixes,
            collections=self._collections(),
            limits=self._limits(),
            **self._search(prefixes),
            services=self._services(),
            about=self._about(),
            security=self._security(released),
            site=self._site(),
        )
        if self.values:
            unknown = sorted(self.values)[0]
            raise self._error(unknown, "is not a key that is known here")
        return publication

    def _error(self, key: str, fault: str) -> PublicationError:
        return PublicationError(f"{self.path}: '{key}': {fault}")

    def _text(self, key: str, default: str | None = None) -> str:
        value = self.values.pop(key, default)
        if value is None:
            raise self._error(key, 'missing; write a text, as in title = "My graph"')
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self._error(key, f"{value!r} is not a text")
        return value.strip()

    def _matching(self, key: str, pattern: re.Pattern[str], default: str) -> str:
        value = self._text(key, default)
        if not pattern.fullmatch(value):
            raise self._error(key, f"{value!r} does not match {pattern.pattern}")
        return value

    def _one_of(self, key: str, choices: tuple[str, ...]) -> str:
        value = self._text(key, choices[0])
        if value not in choices:
            raise self._error(key, f"{value!r} is none of {', '.join(choices)}")
        return value

    def _iri(self, key: str) -> str:
        value = self._text(key)
        if urlsplit(value).scheme not in ("http", "https") or re.search(r"[\s<>\"{}|\\^`]", value):
            raise self._error(key, f"{value!r} is not an http(s) IRI")
        return value

    def _optional_iri(self, key: str) -> str | None:
        return self._iri(key) if key in self.values else None

    def _pattern(self, key: str, default: str) -> str:
        value = self._text(key, default)
        try:
            re.compile(value)
        except re.error as error:
            raise self._error(key, f"{value!r} is not a regular expression: {error}") from None
        return value

    def _date(self, key: str) -> dt.date:
        value = self.values.pop(key, None)
        if value is None:
            return _build_date()
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            raise self._error(key, f"{value!r} is not a date; write it as 2026-11-22, unquoted")
        return value

    def _table(self, key: str) -> dict[str, object]:
        value = self.values.pop(key, {})
        if not isinstance(value, dict):
            raise self._error(key, f"must be a table, as in [{key}]")
        return value

    def _prefixes(self, base: str) -> Prefixes:
        """Well-known prefixes, those of the file, and one for each collection in data/."""
        prefixes = dict(WELL_KNOWN)
        for prefix, namespace in self._table("prefixes").items():
            if not PREFIX_NAME.fullmatch(prefix) or not isinstance(namespace, str):
                raise self._error(f"prefixes.{prefix}", "must be a name with an IRI as its text")
            prefixes[prefix] = namespace.replace("{base}", base)
        for path in sorted((self.path.parent / "data").glob("*.*")):
            if PREFIX_NAME.fullmatch(path.stem):
                prefixes.setdefault(path.stem, f"{IriSpace(base).things}{path.stem}/")
        return Prefixes(sorted(prefixes.items()))

    def _collections(self) -> dict[str, str]:
        """Labels of collections by file stem, in the order in which pages list them."""
        labels = self._table("collections")
        for stem, label in labels.items():
            if not isinstance(label, str):
                raise self._error(f"collections.{stem}", f"{label!r} is not a text")
        return {stem: str(label) for stem, label in labels.items()}

    def _services(self) -> tuple[str, ...]:
        """Endpoints that queries may call, each as SERVICE must write it."""
        table = self._table("service")
        allowed = table.pop("allow", [])
        if table:
            raise self._error(f"service.{min(table)}", "is not a key that is known here")
        if not isinstance(allowed, list):
            raise self._error("service.allow", "must be a list of IRIs")
        for iri in allowed:
            if not isinstance(iri, str) or not _is_endpoint(iri):
                raise self._error(
                    "service.allow",
                    f"{iri!r} is not the full address of an endpoint; write it as "
                    "https://example.org/sparql",
                )
        return tuple(sorted(set(allowed)))

    def _remote(self) -> Remote | None:
        if "remote" not in self.values:
            return None
        try:
            return Remote.from_mapping(self._table("remote"))
        except RemoteError as error:
            raise self._error("remote", str(error)) from None

    def _search(self, prefixes: Prefixes) -> dict[str, tuple[str, ...]]:
        """Which collections narrow a search, and which properties say of which year a thing is."""
        table = self._table("search")
        for key in table:
            if key not in ("facets", "dates"):
                raise self._error(f"search.{key}", "is not a key; there are: facets, dates")
        dates = []
        for name in self._names("search.dates", table.get("dates", [])):
            prefix, _, local = name.partition(":")
            if prefix not in prefixes:
                raise self._error("search.dates", f"the prefix of {name!r} is not declared")
            dates.append(prefixes[prefix] + local)
        facets = self._names("search.facets", table.get("facets", []))
        return {"search_facets": tuple(facets), "search_dates": tuple(dates)}

    def _names(self, key: str, value: object) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._error(key, 'must be a list of texts, as in ["one", "other"]')
        return value

    def _about(self) -> About:
        try:
            return About.of(self._table("catalogue"))
        except SettingError as error:
            raise self._error(error.key, error.fault) from None

    def _security(self, released: dt.date) -> Security | None:
        try:
            return security(self._table("security"), released)
        except SettingError as error:
            raise self._error(error.key, error.fault) from None

    def _site(self) -> Plan:
        try:
            return Plan.of(Table("site", self._table("site")))
        except SettingError as error:
            raise self._error(error.key, error.fault) from None

    def _limits(self) -> Limits:
        try:
            return Limits.from_mapping(self._table("limits"))
        except LimitError as error:
            raise self._error("limits", str(error)) from None


def _is_endpoint(iri: str) -> bool:
    """Whether an http(s) IRI stays what it is when it is resolved, and has no secret in it."""
    try:
        parts = urlsplit(iri)
    except ValueError:
        return False
    dots = {".", ".."} & set(parts.path.split("/"))
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and not (dots or parts.fragment or re.search(f"[{NOT_IN_IRI}]", iri))
    )


def _default_name(base: str) -> str:
    segments = [part for part in urlsplit(base).path.split("/") if part]
    name = (segments[-1] if segments else urlsplit(base).hostname or "graph").lower()
    return re.sub(r"[^a-z0-9]+", "-", name).strip("-") or "graph"


def _build_date() -> dt.date:
    """Today, or the day that SOURCE_DATE_EPOCH names (reproducible-builds.org)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch and epoch.isdigit():
        return dt.datetime.fromtimestamp(int(epoch), dt.UTC).date()
    return dt.datetime.now(dt.UTC).date()
