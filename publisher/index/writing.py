"""Writing the index: one SQLite file per release, with the same bytes for the same release.

Its bytes also depend on the version of SQLite, which differs from one machine to the next; so it is
not among the checksums of the release, as the store is not. `meta` in it names what it belongs to.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, astuple
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from publisher.index.contents import Contents, Entry
from publisher.index.facets import facets, values
from publisher.index.lists import Lists
from publisher.index.schemes import places, uses
from publisher.index.spelling import ordered, spellings, trigrams, words
from publisher.index.usage import examples, extents, ties
from publisher.progress import Progress
from publisher.release import INDEX, Release

#: Raised when the file is laid out anew, or the same text or identifier is folded in another way.
FORMAT: Final = 4
_UNFINISHED: Final = ".index-"

_TABLES: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE thing (
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, name TEXT NOT NULL, language TEXT,
  introduction TEXT NOT NULL, collection TEXT, pointing INTEGER NOT NULL, behind INTEGER NOT NULL
);
CREATE TABLE merged (iri TEXT PRIMARY KEY, successor TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE label (iri TEXT PRIMARY KEY, name TEXT NOT NULL, language TEXT) WITHOUT ROWID;
CREATE TABLE name (
  id INTEGER PRIMARY KEY, thing INTEGER NOT NULL, text TEXT NOT NULL, language TEXT,
  folded TEXT NOT NULL, ordered TEXT NOT NULL, joined TEXT NOT NULL, main INTEGER NOT NULL
);
CREATE TABLE word (word TEXT PRIMARY KEY, names INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE kind (thing INTEGER, class TEXT, direct INTEGER, PRIMARY KEY (thing, class))
  WITHOUT ROWID;
CREATE TABLE facet (facet TEXT, value TEXT, thing INTEGER, PRIMARY KEY (facet, value, thing))
  WITHOUT ROWID;
CREATE TABLE list (collection TEXT PRIMARY KEY, things INTEGER NOT NULL, columns TEXT NOT NULL)
  WITHOUT ROWID;
CREATE TABLE listed (
  collection TEXT, place INTEGER NOT NULL, thing INTEGER, year INTEGER, pointing INTEGER NOT NULL,
  PRIMARY KEY (thing, collection)
) WITHOUT ROWID;
CREATE TABLE tally (
  collection TEXT, facet TEXT, value TEXT, things INTEGER NOT NULL,
  PRIMARY KEY (collection, facet, value)
) WITHOUT ROWID;
CREATE TABLE statement (
  thing INTEGER NOT NULL, property TEXT NOT NULL, value TEXT NOT NULL,
  datatype TEXT, language TEXT
);
CREATE TABLE address (
  key TEXT, thing INTEGER, property TEXT, value TEXT, strength TEXT NOT NULL,
  PRIMARY KEY (key, thing, property, value)
) WITHOUT ROWID;
CREATE TABLE place (scheme TEXT, parent TEXT, concept TEXT, PRIMARY KEY (scheme, parent, concept))
  WITHOUT ROWID;
CREATE TABLE scheme (iri TEXT PRIMARY KEY, concepts INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE use (concept TEXT PRIMARY KEY, things INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE extent (class TEXT PRIMARY KEY, things INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE tie (
  class TEXT, property TEXT, other TEXT, triples INTEGER NOT NULL,
  PRIMARY KEY (class, property, other)
) WITHOUT ROWID;
CREATE TABLE example (
  term TEXT, place INTEGER, thing TEXT NOT NULL, value TEXT, datatype TEXT, language TEXT,
  PRIMARY KEY (term, place)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE text USING fts5 (
  names, others, texts, content='', prefix='1 2 3', tokenize='unicode61 remove_diacritics 0'
);
CREATE TABLE gram (gram TEXT PRIMARY KEY, names INTEGER NOT NULL, weight REAL NOT NULL)
  WITHOUT ROWID;
CREATE TABLE posting (gram TEXT, name INTEGER, PRIMARY KEY (gram, name)) WITHOUT ROWID;
"""
_INDEXES: Final = """
CREATE INDEX name_folded ON name (folded);
CREATE INDEX name_ordered ON name (ordered);
CREATE INDEX name_joined ON name (joined);
CREATE INDEX name_thing ON name (thing);
CREATE INDEX kind_class ON kind (class);
CREATE INDEX facet_thing ON facet (thing);
CREATE INDEX listed_place ON listed (collection, place);
CREATE INDEX listed_year ON listed (collection, year, place);
CREATE INDEX listed_latest ON listed (collection, year DESC, place);
CREATE INDEX listed_pointing ON listed (collection, pointing DESC, place);
CREATE INDEX statement_thing ON statement (thing, property);
CREATE INDEX place_concept ON place (concept);
CREATE INDEX statement_value ON statement (value, property);
INSERT INTO text (text) VALUES ('optimize');
"""


def ensure(release: Release, progress: Progress) -> Path:
    """Return the path of a release's index, which is built if it is not there.

    Raises SyntaxError for a broken dump and OSError where nothing can be written.
    """
    place = release.path / INDEX
    if not belongs(place, release):
        progress.run("index", lambda: _build(release, place))
    return place


def belongs(place: Path, release: Release) -> bool:
    """Whether the file at `place` is a whole index of this release, made by this program."""
    if not place.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"{place.as_uri()}?mode=ro", uri=True)) as file:
            found = dict(file.execute("SELECT key, value FROM meta WHERE key != 'facets'"))
            return bool(found == _mark(release))
    except sqlite3.Error:
        return False


def _mark(release: Release) -> dict[str, str]:
    return {
        "format": str(FORMAT),
        "tables": hashlib.sha256(f"{_TABLES}{_INDEXES}".encode()).hexdigest()[:12],
        "release": release.id,
        "anyascii": version("anyascii"),
        "sqlite": sqlite3.sqlite_version,
    }


def _build(release: Release, place: Path) -> None:
    handle, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=place.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        with contextlib.closing(sqlite3.connect(unfinished, isolation_level=None)) as file:
            _Writer(file, release).write()
        unfinished.chmod(0o644)
        unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)


class _Writer:
    """Puts the contents of a release into an empty database."""

    def __init__(self, file: sqlite3.Connection, release: Release) -> None:
        self._file = file
        self._release = release
        self._contents = Contents(release)
        self._facets = facets(release, self._contents)
        self._values = [
            sorted(values(entry, self._facets, release)) for entry in self._contents.entries
        ]

    def write(self) -> None:
        """Write everything, sorted, in one transaction."""
        file = self._file
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        file.execute("BEGIN")
        for statement in _TABLES.strip().split(";\n"):
            file.execute(statement)
        self._many("meta", _mark(self._release).items())
        self._many("meta", [("facets", _json([asdict(each) for each in self._facets]))])
        entries = list(enumerate(self._contents.entries, 1))
        self._many("thing", (self._thing(id_, entry) for id_, entry in entries))
        self._many("merged", self._contents.merged.items())
        labels = self._contents.labels.items()
        self._many("label", ((iri, label.value, label.language) for iri, label in labels))
        self._names(entries)
        for id_, entry in entries:
            self._describe(id_, entry)
        self._schemes()
        self._usage()
        self._lists()
        for statement in _INDEXES.strip().split(";\n"):
            file.execute(statement)
        file.execute("COMMIT")
        file.execute("VACUUM")

    def _thing(self, id_: int, entry: Entry) -> tuple[Any, ...]:
        label, introduction = entry.label, entry.introduction
        return (
            id_,
            entry.iri,
            label.value if label else entry.iri.rpartition("/")[2],
            label.language if label else None,
            introduction.value if introduction else "",
            entry.graph.removeprefix(self._release.iris.graph("")) if entry.graph else None,
            entry.pointing,
            int(entry.behind),
        )

    def _names(self, entries: list[tuple[int, Entry]]) -> None:
        """Write each name in each of its spellings, and how many names have a word."""
        rows: list[tuple[Any, ...]] = []
        frequency: Counter[str] = Counter()
        for thing, entry in entries:
            for name in entry.names:
                for form in spellings(name.text):
                    joined = form.replace(" ", "")
                    row = (name.text, name.language, form, ordered(form), joined, int(name.main))
                    rows.append((len(rows) + 1, thing, *row))
                    frequency.update(set(form.split()))
        self._many("name", rows)
        self._many("word", sorted(frequency.items()))
        postings = sorted((gram, row[0]) for row in rows for gram in trigrams(row[4]))
        self._many("posting", postings)
        grams = sorted(Counter(gram for gram, _ in postings).items())
        self._many("gram", ((gram, n, math.log(1 + len(rows) / n)) for gram, n in grams))

    def _lists(self) -> None:
        release = self._release
        lists = Lists(self._contents, self._values, release.presentation, release.iris.graph(""))
        self._many("listed", (astuple(row) for row in lists.rows()))
        self._many("tally", lists.tallies())
        self._many(
            "list",
            (
                (slug, things, _json([asdict(each) for each in columns]))
                for slug, things, columns in lists.lists()
            ),
        )

    def _describe(self, id_: int, entry: Entry) -> None:
        direct = entry.classes
        classes = sorted(self._contents.superclasses(direct))
        self._many("kind", ((id_, class_, int(class_ in direct)) for class_ in classes))
        self._many("facet", ((facet, value, id_) for facet, value in self._values[id_ - 1]))
        self._many("statement", ((id_, *_columns(property_, v)) for property_, v in entry.values))
        relations = self._contents.relations
        addresses = sorted(entry.addresses, key=lambda each: (each.key, each.property, each.value))
        self._many(
            "address",
            ((a.key, id_, a.property, a.value, relations.strength(a.property)) for a in addresses),
        )
        self._file.execute(
            "INSERT INTO text (rowid, names, others, texts) VALUES (?, ?, ?, ?)",
            (id_, *self._texts(entry)),
        )

    def _schemes(self) -> None:
        about = self._contents.about
        placed = list(places(about))
        self._many("place", placed)
        sizes = Counter(scheme for scheme, _ in {(scheme, each) for scheme, _, each in placed})
        self._many("scheme", sorted(sizes.items()))
        things = (entry.iri for entry in self._contents.entries)
        self._many("use", uses(about, placed, things).items())

    def _usage(self) -> None:
        contents = self._contents
        self._many("tie", (astuple(tie) for tie in ties(contents.about)))
        self._many("extent", extents(contents.about, contents.superclasses))
        shown = examples(contents.entries, contents.superclasses)
        self._many("example", ((e.term, e.place, e.thing, *_value(e.value)) for e in shown))

    def _texts(self, entry: Entry) -> Iterator[str]:
        for main in (True, False):
            forms = [form for n in entry.names if n.main is main for form in spellings(n.text)]
            if not main:
                forms += [" ".join(words(address.value)) for address in entry.addresses]
                forms = sorted(forms)
            yield " ".join(dict.fromkeys(forms))
        yield " ".join(" ".join(words(text)) for text in entry.texts)

    def _many(self, table: str, rows: Any) -> None:
        rows = list(rows)
        if rows:
            places = ", ".join("?" * len(rows[0]))
            self._file.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608


def _columns(property_: str, value: ox.NamedNode | ox.Literal | Any) -> tuple[Any, ...]:
    return (property_, *_value(value))


def _value(value: Any) -> tuple[str | None, ...]:
    """Return value, datatype and language of an object; an IRI has no datatype."""
    if isinstance(value, ox.Literal):
        return (value.value, value.datatype.value, value.language)
    return (None if value is None else value.value, None, None)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
