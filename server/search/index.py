"""The index of the release, as requests read it: one read-only connection for each thread."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import current_app
from pyoxigraph import Literal

from publisher.index.facets import Facet
from publisher.index.writing import ensure
from publisher.progress import Progress
from publisher.release import Release

_KEY = "index"
#: SQLite takes so many parameters in one statement at the least.
MOST_PARAMETERS = 900


class Index:
    """Answers questions about names, kinds, values and addresses of the things of a release."""

    def __init__(self, path: Path) -> None:
        self._address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        self._local = threading.local()

    @classmethod
    def of(cls, release: Release) -> Index:
        """Open the index of a release; one that an older program left out is built first."""
        return cls(ensure(release, Progress(quiet=True)))

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Any]:
        """Return the rows of a SELECT, whose columns go by name or by place."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._address, uri=True, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            self._local.connection = connection
        return list(connection.execute(query, parameters))

    def rows_for(self, query: str, keys: Iterable[object], *before: object) -> list[Any]:
        """Return the rows of a SELECT with `IN ({})`, asked for as many keys as there are.

        `before` are the parameters that stand before the keys.
        """
        wanted = list(keys)
        found = []
        for at in range(0, len(wanted), MOST_PARAMETERS):
            part = wanted[at : at + MOST_PARAMETERS]
            places = ", ".join("?" * len(part))
            found += self.rows(query.format(places), (*before, *part))
        return found

    @cached_property
    def facets(self) -> list[Facet]:
        """The facets that a search may be narrowed by."""
        ((text,),) = self.rows("SELECT value FROM meta WHERE key = 'facets'")
        return [Facet(**each) for each in json.loads(text)]

    @cached_property
    def names(self) -> int:
        """How many names there are, which is what the rarity of words is measured by."""
        ((count,),) = self.rows("SELECT count(*) FROM name")
        return int(count)

    @cached_property
    def properties(self) -> frozenset[str]:
        """The properties that things have."""
        rows = self.rows("SELECT DISTINCT property FROM statement")
        return frozenset(row["property"] for row in rows)

    def labels(self, iris: Iterable[str]) -> dict[str, Any]:
        """Return the names that IRIs have, whatever they stand for, as rows `name`, `language`."""
        found = self.rows_for("SELECT iri, name, language FROM label WHERE iri IN ({})", iris)
        return {row["iri"]: row for row in found}

    def names_of(self, iris: Iterable[str]) -> dict[str, list[Literal]]:
        """Return the same names as literals, for those who choose among several."""
        return {
            iri: [Literal(row["name"], language=row["language"])]
            for iri, row in self.labels(sorted(set(iris))).items()
        }


def current_index() -> Index:
    """Return the index that requests to the current application are answered from."""
    index: Index = current_app.extensions[_KEY]
    return index


def install(app: Any, index: Index) -> None:
    """Make `index` the one that requests to `app` are answered from."""
    app.extensions[_KEY] = index
