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
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, astuple
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from publisher.cores import Advance
from publisher.index.contents import Contents, Entry, Name
from publisher.index.facets import facets, values
from publisher.index.lists import Lists, first_year, key
from publisher.index.schemes import Uses, places
from publisher.index.spelling import ordered, spellings, trigrams, words
from publisher.index.tallies import spans, tallies
from publisher.index.usage import Examples, Ties, extents
from publisher.progress import PERCENT, Progress
from publisher.release import INDEX, Release
from publisher.runs import distinct

#: Raised when the file is laid out anew, or the same text or identifier is folded in another way.
FORMAT: Final = 5
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
CREATE TABLE list (
  collection TEXT PRIMARY KEY, things INTEGER NOT NULL, first INTEGER NOT NULL,
  last INTEGER NOT NULL, columns TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE listed (
  collection TEXT, place INTEGER NOT NULL, thing INTEGER, year INTEGER, pointing INTEGER NOT NULL,
  PRIMARY KEY (thing, collection)
) WITHOUT ROWID;
CREATE TABLE tally (
  collection TEXT, facet TEXT, value TEXT, things INTEGER NOT NULL, bits BLOB,
  PRIMARY KEY (collection, facet, value)
);
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
CREATE INDEX tally_most ON tally (collection, facet, things DESC, value);
CREATE INDEX statement_thing ON statement (thing, property);
CREATE INDEX place_concept ON place (concept);
CREATE INDEX statement_value ON statement (value, property);
INSERT INTO text (text) VALUES ('optimize');
"""
#: Tables whose rows come in another order than that in which they are kept.
_SORTED: Final = {
    "address": "key, thing, property, value",
    "facet": "facet, value, thing",
    "posting": "gram, name",
}
_INTO: Final = {"text": "text (rowid, names, others, texts)"}
#: What follows from other tables once all things are written.
_DERIVED: Final = """
INSERT INTO listed
  SELECT collection, place, thing, year, pointing FROM listed_ JOIN place_ USING (thing)
  ORDER BY thing, collection;
DROP TABLE temp.listed_;
DROP TABLE temp.place_;
"""
#: Microseconds that a statement takes, and the parts of the work.
_WORK: Final = 43
_READING, _DESCRIBING, _SORTING = 0.08, 0.65, 0.09
_COUNTING, _INDEXING, _CLEANING = 0.09, 0.05, 0.04
_TOLD: Final = 0.005
_TOGETHER: Final = 5_000
_CACHE_KB: Final = 128 << 10


def ensure(release: Release, progress: Progress) -> Path:
    """Return the path of a release's index, which is built if it is not there.

    Raises SyntaxError for a broken dump and OSError where nothing can be written.
    """
    place = release.path / INDEX
    if not belongs(place, release):
        with progress.metered("index", work(release), PERCENT) as advance:
            unfinished = make(release, release.path, advance)
        adopt(unfinished, release)
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


def work(release: Release) -> float:
    """Return how much there is to do for an index: about so many microseconds of a core."""
    return _WORK * float(release.counts["quads"])


def make(release: Release, folder: Path, advance: Advance) -> Path:
    """Write an index of a release that need not have its id yet; `adopt` gives it to the release.

    It, and what is needed meanwhile, lie in `folder`, on the disk of the release. Raises
    SyntaxError for a broken dump and OSError where nothing can be written.
    """
    handle, name = tempfile.mkstemp(prefix=_UNFINISHED, dir=folder)
    os.close(handle)
    unfinished = Path(name)
    try:
        with (
            tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder) as room,
            _opened(unfinished) as file,
        ):
            _Writer(file, release, Path(room), advance).write()
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return unfinished


def adopt(unfinished: Path, release: Release) -> None:
    """Say of an index which release it belongs to, and put it there."""
    with _opened(unfinished) as file:
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("INSERT INTO meta VALUES ('release', ?)", (release.id,))
    unfinished.chmod(0o644)
    unfinished.replace(release.path / INDEX)


def _opened(place: Path) -> contextlib.closing[sqlite3.Connection]:
    return contextlib.closing(sqlite3.connect(place, isolation_level=None))


def _mark(release: Release) -> dict[str, str]:
    return {**_made_by(), "release": release.id}


def _made_by() -> dict[str, str]:
    return {
        "format": str(FORMAT),
        "tables": hashlib.sha256(f"{_TABLES}{_INDEXES}".encode()).hexdigest()[:12],
        "anyascii": version("anyascii"),
        "sqlite": sqlite3.sqlite_version,
    }


class _Steps:
    """Tells of the parts of the work as they are done, not of each of very many."""

    def __init__(self, work: float, advance: Advance) -> None:
        self._work = work
        self._advance = advance
        self._done = 0.0

    def done(self, share: float) -> None:
        self._done += share
        if self._done >= _TOLD:
            self._advance(self._done * self._work)
            self._done = 0.0


class _Writer:
    """Puts the contents of a release into an empty database, thing by thing."""

    def __init__(
        self, file: sqlite3.Connection, release: Release, folder: Path, advance: Advance
    ) -> None:
        self._file = file
        self._release = release
        self._folder = folder
        self._steps = _Steps(work(release), advance)
        self._contents = Contents(release, folder)
        self._steps.done(_READING)
        self._facets = facets(release, self._contents)
        self._placed = list(places(self._contents.concepts))
        self._uses = Uses(self._placed)
        self._ties = Ties(self._contents.kinds)
        self._examples = Examples(self._contents.superclasses)
        self._lists = Lists(
            self._contents.relations,
            self._contents.labelled,
            release.presentation,
            release.iris.graph(""),
        )
        self._words: Counter[str] = Counter()
        self._names = 0
        self._waiting: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)

    def write(self) -> None:
        """Write everything, sorted, in one transaction."""
        file = self._file
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KB}"):
            file.execute(f"PRAGMA {pragma}")
        file.execute("BEGIN")
        for statement in _TABLES.strip().split(";\n"):
            file.execute(statement)
        file.execute("CREATE TEMP TABLE listed_ (collection, thing, year, pointing)")
        file.execute("CREATE TEMP TABLE place_ (thing INTEGER PRIMARY KEY, place)")
        for table in _SORTED:
            file.execute(f"CREATE TEMP TABLE {table}_ AS SELECT * FROM {table}")  # noqa: S608
        self._many("meta", _made_by().items())
        self._many("meta", [("facets", _json([asdict(each) for each in self._facets]))])
        self._many("merged", self._contents.merged().items())
        self._things()
        self._schemes()
        self._usage()
        self._many("word", sorted(self._words.items()))
        self._flush()
        for table, order in _SORTED.items():
            file.execute(f"INSERT INTO {table} SELECT * FROM temp.{table}_ ORDER BY {order}")  # noqa: S608
            file.execute(f"DROP TABLE temp.{table}_")
        self._steps.done(_SORTING)
        self._grams()
        for statement in _DERIVED.strip().split(";\n"):
            file.execute(statement)
        self._tallied()
        self._steps.done(_COUNTING)
        for statement in _INDEXES.strip().split(";\n"):
            file.execute(statement)
        self._steps.done(_INDEXING)
        file.execute("COMMIT")
        file.execute("VACUUM")
        self._steps.done(_CLEANING)

    def _things(self) -> None:
        """Write what is said of each thing, and put the things in the order of their names."""
        order = distinct(self._described(), self._folder)
        for place, line in enumerate(order, 1):
            id_ = int(line.rpartition(b"\x01")[2])
            self._add("place_", (id_, place))
        self._flush()

    def _described(self) -> Iterator[bytes]:
        """Write all things; yield lines that sort them, each with the number of a thing."""
        contents = self._contents
        pointing = contents.pointing()
        each = _DESCRIBING / max(1, self._release.counts["things"])
        pointed_at, found = next(pointing, ("", []))
        id_ = 0
        for subject in contents.subjects():
            while pointed_at and pointed_at < subject.iri:
                pointed_at, found = next(pointing, ("", []))
            self._ties.add(subject.iri, subject.stated)
            label = contents.label(subject)
            if label is not None:
                self._add("label", (subject.iri, label.value, label.language))
            if not contents.is_thing(subject.iri):
                continue
            id_ += 1
            self._uses.add(subject.stated)
            entry = contents.entry(subject, found if pointed_at == subject.iri else ())
            self._examples.add(entry)
            self._describe(id_, entry)
            self._steps.done(each)
            yield key(entry) + f"\x01{id_}\n".encode()

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

    def _describe(self, id_: int, entry: Entry) -> None:
        self._add("thing", self._thing(id_, entry))
        for name in entry.names:
            for form in spellings(name.text):
                self._name(id_, name, form)
        direct = entry.classes
        for class_ in sorted(self._contents.superclasses(direct)):
            self._add("kind", (id_, class_, int(class_ in direct)))
        found = sorted(values(entry, self._facets, self._release))
        for facet, value in found:
            self._add("facet", (facet, value, id_))
        for property_, said in entry.values:
            self._add("statement", (id_, *_columns(property_, said)))
        for each in sorted(entry.addresses, key=lambda each: (each.key, each.property, each.value)):
            strength = self._contents.relations.strength(each.property)
            self._add("address", (each.key, id_, each.property, each.value, strength))
        self._add("text", (id_, *self._texts(entry)))
        year = first_year(found)
        for slug in self._lists.add(entry):
            self._add("listed_", (slug, id_, year, entry.pointing))

    def _name(self, thing: int, name: Name, form: str) -> None:
        """Write a name in one of its spellings."""
        self._names += 1
        joined = form.replace(" ", "")
        row = (name.text, name.language, form, ordered(form), joined, int(name.main))
        self._add("name", (self._names, thing, *row))
        self._words.update(set(form.split()))
        for gram in trigrams(form):
            self._add("posting", (gram, self._names))

    def _grams(self) -> None:
        """Write how many names have a gram, and how much it tells of them."""
        counted = self._file.execute("SELECT gram, count(*) FROM posting GROUP BY gram").fetchall()
        total = self._names
        self._many("gram", ((gram, n, math.log(1 + total / n)) for gram, n in counted))

    def _tallied(self) -> None:
        """Write how long each list is, what stands in it, and how many things have which value."""
        lists = spans(self._file)
        columns = self._lists.columns()
        for slug, span in sorted(lists.items()):
            found = [asdict(each) for each in columns.get(slug, ())]
            self._add("list", (slug, *astuple(span), _json(found)))
        self._flush()
        for tally in tallies(self._file, lists):
            self._add("tally", astuple(tally))
        self._flush()

    def _schemes(self) -> None:
        self._many("place", self._placed)
        pairs = {(scheme, concept) for scheme, _, concept in self._placed}
        self._many("scheme", sorted(Counter(scheme for scheme, _ in pairs).items()))
        self._many("use", self._uses.counts().items())

    def _usage(self) -> None:
        contents = self._contents
        self._many("tie", (astuple(tie) for tie in self._ties.ties()))
        self._many("extent", extents(contents.kinds.values(), contents.superclasses))
        shown = self._examples.examples()
        self._many("example", ((e.term, e.place, e.thing, *_value(e.value)) for e in shown))

    def _texts(self, entry: Entry) -> Iterator[str]:
        for main in (True, False):
            forms = [form for n in entry.names if n.main is main for form in spellings(n.text)]
            if not main:
                forms += [" ".join(words(address.value)) for address in entry.addresses]
                forms = sorted(forms)
            yield " ".join(dict.fromkeys(forms))
        yield " ".join(" ".join(words(text)) for text in entry.texts)

    def _add(self, table: str, row: tuple[Any, ...]) -> None:
        """Write a row, together with others of its table."""
        waiting = self._waiting[table]
        waiting.append(row)
        if len(waiting) >= _TOGETHER:
            self._waiting[table] = []
            self._many(table, waiting)

    def _flush(self) -> None:
        for table, waiting in self._waiting.items():
            self._many(table, waiting)
        self._waiting.clear()

    def _many(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        rows = iter(rows)
        first = next(rows, None)
        if first is not None:
            places = ", ".join("?" * len(first))
            into = _INTO.get(table, f"{table}_" if table in _SORTED else table)
            insert = f"INSERT INTO {into} VALUES ({places})"  # noqa: S608
            self._file.executemany(insert, chain((first,), rows))


def _columns(property_: str, value: ox.NamedNode | ox.Literal | Any) -> tuple[Any, ...]:
    return (property_, *_value(value))


def _value(value: Any) -> tuple[str | None, ...]:
    """Return value, datatype and language of an object; an IRI has no datatype."""
    if isinstance(value, ox.Literal):
        return (value.value, value.datatype.value, value.language)
    return (None if value is None else value.value, None, None)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
