"""The pages of changes: what each release brought, and one of them in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import render_template
from pyoxigraph import BlankNode, Literal, NamedNode

from publisher.feeds.atom import Entry
from server.pages.values import Namer, Value
from server.search.index import current_index
from server.service import current_service
from server.versions.links import parameter

#: What is said below the heading of each kind.
_MEANINGS = {
    "New": "Nothing was said of them before.",
    "Changed": "Property by property: what was removed and what was added.",
    "Withdrawn": "Their addresses stay, and say so or lead to what takes their place.",
    "Gone": "Nothing is said of them any more.",
}


def listing(entries: Sequence[Entry]) -> str:
    """Return the page with all releases, given oldest first."""
    streamed = all(each.record is not None for each in entries)
    return render_template("changes.html", entries=list(reversed(entries)), streamed=streamed)


def one(entry: Entry, files: Sequence[str]) -> str:
    """Return the page of a transition, which has a record; `files` are there to download."""
    record = entry.record
    assert record is not None
    namer, former = _namer(record), record["old"]
    chapters = [
        {
            "kind": kind,
            "meaning": meaning,
            "count": record["counts"][kind],
            "things": [_thing(each, namer, former) for each in record["things"][kind]],
        }
        for kind, meaning in _MEANINGS.items()
        if record["counts"][kind]
    ]
    return render_template("change.html", entry=entry, chapters=chapters, files=files)


def _namer(record: Mapping[str, Any]) -> Namer:
    """Return what names the things of a record, and what their values lead to."""
    service = current_service()
    things = [each for kind in record["things"].values() for each in kind]
    wanted = {
        value["iri"]
        for thing in things
        for row in thing.get("properties", ())
        for value in (*row["removed"], *row["added"])
        if "iri" in value
    }
    names = current_index().names_of(wanted)
    for thing in things:
        label = thing["label"]
        if label is not None:
            names[thing["iri"]] = [_term(label)]
    return Namer(service.release.iris, service.presentation, names)


def _thing(thing: Mapping[str, Any], namer: Namer, former: str | None) -> dict[str, Any]:
    """Return a thing for the page; what is no more is linked as it was in the `former` version."""
    presentation = current_service().presentation
    value = namer.resource(thing["iri"])
    if thing["tombstone"] or not (thing["added"] or "properties" in thing):
        address = f"{value.href}?{parameter(former)}" if value.href and former else None
        value = replace(value, href=None if value.external else address)
    return {
        "value": value,
        "iri": thing["iri"],
        "kinds": [term.label for term in presentation.kinds(thing["types"])],
        "removed": thing["removed"],
        "added": thing["added"],
        "rows": [
            {
                "label": presentation.term(row["property"]).label,
                "curie": presentation.term(row["property"]).curie,
                "removed": _values(row["removed"], namer),
                "added": _values(row["added"], namer),
            }
            for row in thing.get("properties", ())
        ],
    }


def _values(values: Sequence[Mapping[str, str]], namer: Namer) -> list[Value]:
    return [namer.value(_term(each)) for each in values]


def _term(value: Mapping[str, str]) -> Any:
    if "iri" in value:
        return NamedNode(value["iri"])
    if "node" in value:
        return BlankNode(value["node"])
    if "language" in value:
        return Literal(value["value"], language=value["language"])
    return Literal(value["value"], datatype=NamedNode(value["datatype"]))
