"""The event stream (Linked Data Event Streams, LDES): its members, page by page, as N-Quads.

A member is an activity of one release on one thing: it was created, updated or deleted. What is
said of the thing from then on stands in a named graph that has the IRI of the member, which a
client puts into the place of what it had. What is deleted keeps what its tombstone says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from publisher.compare.changes import APPEARED, VANISHED, WITHDRAWN, Change
from publisher.describe.triples import expand
from publisher.edition import Edition
from publisher.limits import STREAM_MEMBERS
from publisher.push.quad_lines import quad, split
from publisher.terms import RDF_TYPE

ACTIVITIES: Final = "https://www.w3.org/ns/activitystreams#"
CREATE, UPDATE, DELETE = (f"{ACTIVITIES}{name}" for name in ("Create", "Update", "Delete"))
_DATE_TIME: Final = "http://www.w3.org/2001/XMLSchema#dateTime"
#: What the properties of a member are, as prefixed names.
VERSION_OF: Final = "dcterms:isVersionOf"
TIMESTAMP: Final = "dcterms:created"
RELEASE: Final = "dcterms:isPartOf"
GRAPH: Final = "void:inDataset"


def page_name(number: int) -> str:
    """Return the name of the file with a page, from 1."""
    return f"{number}.nq"


def member_iri(edition: Edition, subject: str) -> str:
    """Return the IRI of what a release does to a thing, which is below that of the release."""
    base = edition.iris.base
    local = subject.removeprefix(base) if subject.startswith(base) else subject
    return f"{edition.iris.release(edition.version)}#{quote(local, safe='/')}"


class Stream:
    """Writes the members of one release into pages of STREAM_MEMBERS."""

    def __init__(
        self, edition: Edition, folder: Path, nameless: Mapping[bytes, list[bytes]]
    ) -> None:
        """Write into `folder`; `nameless` has the statements about blank nodes by their label."""
        self._edition = edition
        self._folder = folder
        self._nameless = nameless
        self._time = f'"{edition.released:%Y-%m-%dT%H:%M:%SZ}"^^<{_DATE_TIME}>'
        self._waiting: list[bytes] = []
        self._members = 0
        self.pages = 0
        folder.mkdir()

    def add(self, change: Change) -> None:
        """Note one change. What has no name of its own goes with the things that lead to it."""
        if change.nameless:
            return
        self._waiting += self._member(change)
        self._members += 1
        if self._members % STREAM_MEMBERS == 0:
            self._write()

    def finish(self) -> int:
        """Write what is left; return how many pages there are."""
        if self._waiting:
            self._write()
        return self.pages

    def _write(self) -> None:
        self.pages += 1
        (self._folder / page_name(self.pages)).write_bytes(b"".join(self._waiting))
        self._waiting.clear()

    def _member(self, change: Change) -> list[bytes]:
        member = member_iri(self._edition, change.subject)
        payload, graphs = set(), set()
        for line in self._described(change.new):
            triple, graph = split(line)
            payload.add(quad(triple, member))
            graphs.add(graph)
        release = self._edition.iris.release(self._edition.version)
        said = [
            (RDF_TYPE, f"<{_activity(change)}>"),
            (expand(VERSION_OF), f"<{change.subject}>"),
            (expand(TIMESTAMP), self._time),
            (expand(RELEASE), f"<{release}>"),
            *((expand(GRAPH), f"<{graph}>") for graph in graphs),
        ]
        lines = [f"<{member}> <{name}> {value} .\n".encode() for name, value in said]
        return [*sorted(lines), *sorted(payload)]

    def _described(self, lines: Iterable[bytes]) -> list[bytes]:
        """Return lines with those about the blank nodes that they lead to, directly or not."""
        found, waiting, seen = [], list(lines), set()
        while waiting:
            line = waiting.pop()
            found.append(line)
            label = line.split(b" ", 3)[2]
            if label.startswith(b"_:") and label not in seen:
                seen.add(label)
                waiting += self._nameless.get(label, ())
        return found


def _activity(change: Change) -> str:
    if change.kind == APPEARED:
        return CREATE
    return DELETE if change.kind in (VANISHED, WITHDRAWN) else UPDATE
