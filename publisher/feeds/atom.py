"""The feed of releases in Atom (RFC 4287): an entry for each, with identifiers for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from publisher.feeds.transitions import Transition

MEDIA_TYPE: Final = "application/atom+xml"
_LISTED: Final = 50
#: What the kinds of changes are called in a sentence, in the order of the sentence.
WORDS: Final = {"New": "new", "Changed": "changed", "Withdrawn": "withdrawn", "Gone": "gone"}


@dataclass(frozen=True)
class Entry:
    """One release as the feed tells of it; `record` is what changed, if that was worked out."""

    version: str
    released: dt.datetime
    transition: Transition
    notes: str | None = None
    record: Mapping[str, Any] | None = field(default=None, compare=False)

    def summary(self) -> str:
        """Return in a few words what the release brought."""
        if self.record is None:
            return "What changed was not worked out."
        counts = self.record["counts"]
        parts = [f"{counts[kind]:,} {word}" for kind, word in WORDS.items() if counts[kind]]
        return ", ".join(parts) or "Nothing changed."


@dataclass(frozen=True)
class Feed:
    """The feed of a publication; `address` gives paths an address for the world."""

    title: str
    author: str
    license: str
    language: str
    dataset: str
    address: Callable[[str], str]
    link: Callable[[str], str]
    """The address of the page about an IRI."""

    def write(self, entries: Sequence[Entry]) -> str:
        """Return the feed of releases, of which there is at least one, given newest first."""
        own = self.address("/changes/feed.atom")
        lines = [
            '<?xml version="1.0" encoding="utf-8"?>',
            f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(self.language)}>',
            f"<id>{escape(self._tag(entries[-1], self.dataset))}</id>",
            f"<title>{escape(self.title)}</title>",
            f"<updated>{_moment(entries[0].released)}</updated>",
            f"<author><name>{escape(self.author)}</name></author>",
            f"<rights>{escape(self.license)}</rights>",
            f'<link rel="self" type="{MEDIA_TYPE}" href={quoteattr(own)}/>',
            f'<link rel="alternate" type="text/html" href={quoteattr(self.address("/changes"))}/>',
            f'<link rel="license" href={quoteattr(self.license)}/>',
        ]
        for each in entries:
            lines += self._entry(each)
        return "\n".join([*lines, "</feed>", ""])

    def _entry(self, entry: Entry) -> list[str]:
        page = self.address(f"/changes/{entry.transition.name}")
        moment = _moment(entry.released)
        return [
            "<entry>",
            f"<id>{escape(self._tag(entry, f'{self.dataset}/{entry.version}'))}</id>",
            f'<title xml:lang="en">Version {escape(entry.version)}: {entry.summary()}</title>',
            f"<published>{moment}</published>",
            f"<updated>{moment}</updated>",
            f'<link rel="alternate" type="text/html" href={quoteattr(page)}/>',
            *self._enclosures(entry, page),
            *([f"<summary>{escape(entry.notes)}</summary>"] if entry.notes else []),
            f'<content type="html">{escape(self._content(entry))}</content>',
            "</entry>",
        ]

    def _enclosures(self, entry: Entry, page: str) -> list[str]:
        if entry.record is None or entry.transition.old is None:
            return []
        return [
            f'<link rel="enclosure" type="application/n-quads" title="{name}" '
            f"href={quoteattr(f'{page}/{name}.nq')}/>"
            for name in ("removed", "added")
        ]

    def _content(self, entry: Entry) -> str:
        """Return the page of an entry: what it says, and the first things of each kind."""
        parts = [f"<p>{escape(entry.notes)}</p>"] if entry.notes else []
        parts.append(f"<p>{escape(entry.summary())}</p>")
        for kind, things in (entry.record or {}).get("things", {}).items():
            if things:
                items = "".join(self._item(each) for each in things[:_LISTED])
                parts.append(f"<h2>{kind}</h2><ul>{items}</ul>")
        return "".join(parts)

    def _item(self, thing: Mapping[str, Any]) -> str:
        return f"<li><a href={quoteattr(self.link(thing['iri']))}>{escape(_name(thing))}</a></li>"

    def _tag(self, entry: Entry, iri: str) -> str:
        """Return an identifier for an IRI by a day on which it was ours (RFC 4151)."""
        parts = urlsplit(iri)
        return f"tag:{parts.hostname},{entry.released.date().isoformat()}:{parts.path}"


def _name(thing: Mapping[str, Any]) -> str:
    label: Mapping[str, str] | None = thing["label"]
    return label["value"] if label else str(thing["iri"])


def _moment(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
