"""Narrowing: the facets as parameters of a request, and their values as people read them.

The same parameters mean the same wherever things are listed: a class by its prefixed name, a thing
by its slug, or either by its IRI.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flask import request

from publisher.index.facets import COLLECTION, KIND, Facet
from publisher.limits import SEARCH_CHARACTERS
from server.http.problems import Problem, over
from server.search.index import current_index
from server.service import current_service

#: Chosen values by facet, as the index has them.
Chosen = Mapping[str, Sequence[str]]


def query_text() -> str:
    """Read `?q=` of the current request. Raises Problem 400 if it is there twice or too long."""
    values = request.args.getlist("q")
    if len(values) > 1:
        raise Problem(400, "bad-parameter", "Bad parameter", "'q' may be given once only.")
    text = values[0] if values else ""
    if len(text) > SEARCH_CHARACTERS:
        detail = f"'q' may have {SEARCH_CHARACTERS} characters; it has {len(text)}."
        raise over("search_characters", SEARCH_CHARACTERS, 400, "Search too long", detail)
    return text


def chosen_values() -> dict[str, list[str]]:
    """Return the values that the current request chooses, each once."""
    return {
        facet.name: list(dict.fromkeys(_stored(facet, value) for value in values))
        for facet in current_index().facets
        if (values := request.args.getlist(facet.name))
    }


def pairs(chosen: Chosen) -> list[tuple[str, str]]:
    """Return the chosen values as the parameters that they come from."""
    return [
        (facet.name, shown(facet, value))
        for facet in current_index().facets
        for value in chosen.get(facet.name, ())
    ]


def toggled(chosen: Chosen, name: str, value: str) -> dict[str, Sequence[str]]:
    """Return the choice with a value added, or left out if it was chosen."""
    values = chosen.get(name, ())
    changed = [v for v in values if v != value] if value in values else [*values, value]
    return {
        **{n: v for n, v in chosen.items() if n != name},
        **({name: changed} if changed else {}),
    }


def shown(facet: Facet, value: str) -> str:
    """Return a value of a facet as addresses have it."""
    if facet.collection:
        parts = current_service().release.iris.split(value)
        return parts[1] if parts else value
    if facet.name == KIND:
        return current_service().presentation.prefixes.shorten(value) or value
    return value


def labels(facet: Facet, values: Iterable[str]) -> dict[str, str]:
    """Return values of a facet as people read them."""
    service = current_service()
    values = list(values)
    if facet.name == COLLECTION:
        known = {collection.slug: collection.label for collection in service.release.collections}
        return {v: known.get(v) or v.replace("-", " ").capitalize() for v in values}
    if facet.name == KIND:
        return {value: service.presentation.term(value).label for value in values}
    if facet.collection:
        named = current_index().labels(values)
        return {v: named[v]["name"] if v in named else v.rpartition("/")[2] for v in values}
    return {value: value for value in values}


def resolve(curie: str) -> str | None:
    """Return the IRI that a prefixed name stands for, or None if the prefix is not known."""
    prefix, colon, local = curie.partition(":")
    namespace = current_service().release.publication.prefixes.get(prefix)
    return namespace + local if colon and namespace is not None else None


def _stored(facet: Facet, value: str) -> str:
    """Return a value of a facet as the index has it; a class or thing may be given by its IRI."""
    if ":" in value and value.startswith(("http://", "https://")):
        return value
    if facet.collection:
        return current_service().release.iris.thing(facet.collection, value)
    if facet.name == KIND:
        return resolve(value) or value
    return value
