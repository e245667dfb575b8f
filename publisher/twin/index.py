"""The index that the twin searches and narrows lists by: JSON made from the index of the release.

Words come out of it as they went in, folded; how letters are folded goes along as a table, so that
the browser has no rule of its own.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from publisher.index.facets import COLLECTION, KIND
from publisher.intake.names import folded
from publisher.prefixes import Prefixes
from publisher.release import INDEX, Release
from publisher.twin import layout

#: Letters that people type in Latin script, besides those that the graph has.
_LATIN: Final = range(0x80, 0x250)
_COLUMNS: Final = {"names": 0, "others": 1, "texts": 2}
_INTRODUCTION: Final = 220
_QUOTES: Final = "'`\u2019\u02bc"


def write(release: Release, folder: Path) -> list[str]:
    """Write the index below a folder; returns the names of its files."""
    folder.mkdir(parents=True, exist_ok=True)
    address = f"file:{release.path / INDEX}?mode=ro&immutable=1"
    connection = sqlite3.connect(address, uri=True)
    try:
        connection.row_factory = sqlite3.Row
        parts = dict(_parts(release, connection))
    finally:
        connection.close()
    for name, value in parts.items():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    return sorted(f"{name}.json" for name in parts)


def _parts(release: Release, file: sqlite3.Connection) -> Iterator[tuple[str, Any]]:
    words, lengths = _words(file)
    shards = sorted(words)
    for first in shards:
        yield f"words-{first}", {"words": words[first]}
    yield "things", _things(release, file, lengths)
    yield "facets", _facets(release, file)
    yield "folding", {"letters": _letters(file), "left_out": _QUOTES, "shards": shards}


def _words(
    file: sqlite3.Connection,
) -> tuple[Mapping[str, dict[str, list[list[int]]]], Mapping[int, int]]:
    """Return by first letter each word with the things that have it, and how long their texts are.

    A thing stands with how often it has the word in names, other names and texts.
    """
    file.execute("CREATE VIRTUAL TABLE temp.instance USING fts5vocab('main', 'text', 'instance')")
    found: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, 0]))
    lengths: dict[int, int] = defaultdict(int)
    for row in file.execute("SELECT term, doc, col FROM temp.instance"):
        found[row["term"]][row["doc"] - 1][_COLUMNS[row["col"]]] += 1
        lengths[row["doc"] - 1] += 1
    shards: dict[str, dict[str, list[list[int]]]] = defaultdict(dict)
    for word in sorted(found):
        shards[word[0]][word] = [[thing, *n] for thing, n in sorted(found[word].items())]
    return shards, lengths


def _things(release: Release, file: sqlite3.Connection, lengths: Mapping[int, int]) -> Any:
    names: dict[int, list[str]] = defaultdict(list)
    for row in file.execute("SELECT thing, folded FROM name ORDER BY id"):
        names[row["thing"]].append(row["folded"])
    kinds: dict[int, list[str]] = defaultdict(list)
    for row in file.execute("SELECT thing, class FROM kind WHERE direct ORDER BY thing, class"):
        kinds[row["thing"]].append(_term(release, row["class"]))
    things = []
    for row in file.execute("SELECT * FROM thing ORDER BY id"):
        path = release.iris.document_path(row["iri"]) or release.iris.path(row["iri"]) or "/"
        text = row["introduction"]
        things.append(
            {
                "iri": row["iri"],
                "page": layout.link("index.html", layout.place(path)),
                "name": row["name"],
                "language": row["language"] or "",
                "introduction": text if len(text) <= _INTRODUCTION else text[:_INTRODUCTION] + "…",
                "kinds": kinds[row["id"]],
                "names": names[row["id"]],
                "pointing": row["pointing"],
                "behind": row["behind"],
                "length": lengths.get(row["id"] - 1, 0),
            }
        )
    query = "SELECT id FROM thing ORDER BY behind, name COLLATE NOCASE, id"
    order = [row["id"] - 1 for row in file.execute(query)]
    average = sum(lengths.values()) / max(1, len(things))
    return {"things": things, "order": order, "average": average}


def _facets(release: Release, file: sqlite3.Connection) -> Any:
    (meta,) = file.execute("SELECT value FROM meta WHERE key = 'facets'").fetchone()
    labels = {row["iri"]: row["name"] for row in file.execute("SELECT iri, name FROM label")}
    slugs = {each.slug: each.label for each in release.collections}
    prefixes = Prefixes(release.publication.prefixes)
    facets = []
    for facet in json.loads(meta):
        values: dict[str, list[int]] = defaultdict(list)
        query = "SELECT value, thing FROM facet WHERE facet = ? ORDER BY value, thing"
        for value, thing in file.execute(query, (facet["name"],)):
            values[value].append(thing - 1)
        entries = []
        for value, things in values.items():
            shown, label = value, value
            if facet["collection"]:
                parts = release.iris.split(value)
                shown = parts[1] if parts else value
                label = labels.get(value, shown)
            elif facet["name"] == KIND:
                shown, label = prefixes.shorten(value) or value, _term(release, value)
            elif facet["name"] == COLLECTION:
                label = slugs.get(value) or value.replace("-", " ").capitalize()
            entries.append({"value": value, "shown": shown, "label": label, "things": things})
        facets.append({"name": facet["name"], "label": facet["label"], "values": entries})
    return facets


def _letters(file: sqlite3.Connection) -> dict[str, str]:
    letters = {chr(code) for code in _LATIN}
    for query in ("SELECT text FROM name", "SELECT name FROM thing"):
        for (text,) in file.execute(query):
            letters.update(text)
    # What stands between two letters is kept: it parts words, or it does not.
    told = {each: folded(f"x{each}x")[1:-1] for each in letters if not each.isascii()}
    return {each: text for each, text in sorted(told.items()) if each not in _QUOTES}


def _term(release: Release, iri: str) -> str:
    known = release.presentation["terms"].get(iri, {})
    label = known.get("label")
    if isinstance(label, str):
        return label
    return iri.replace("#", "/").rstrip("/").rpartition("/")[2]
