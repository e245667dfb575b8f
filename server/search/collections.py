"""Collections: which one an address means, and which of its things a request asks for."""

from __future__ import annotations

from collections.abc import Container
from typing import Final
from urllib.parse import urlencode

from flask import request

from publisher.release import Collection
from server.http.addresses import candidate_iris, here
from server.http.problems import Problem
from server.search.index import current_index
from server.search.lists import ORDERS, Lists, Selection
from server.search.narrowing import chosen_values, pairs, query_text
from server.service import current_service

#: The order of a list that asks for none.
BY_NAME: Final = "name"
_PAGES, _DOWNLOADS = "/graph", "/lists"


def find(path: str, forms: Container[str]) -> tuple[Collection, str | None] | None:
    """Return the collection whose graph is at a path, and the form that its suffix names, or None.

    `forms` are the suffixes that there are.
    """
    release = current_service().release
    stem, dot, suffix = path.rpartition(".")
    fixed = suffix if dot and suffix in forms else None
    for spelling, form in ((stem if fixed else path, fixed), (path, None)):
        for iri in candidate_iris(release.iris, spelling):
            if iri in release.counts["graphs"]:
                return _collection(iri), form
    return None


def _collection(graph: str) -> Collection:
    """Return what there is to say of a named graph, also of one that the release lists nowhere."""
    release = current_service().release
    for collection in release.collections:
        if collection.graph == graph:
            return collection
    slug = graph.removeprefix(release.iris.graph(""))
    things = Lists(current_index()).total(Selection(slug))
    label = slug.replace("-", " ").capitalize()
    return Collection(slug, graph, label, things, release.counts["graphs"][graph])


def asked(collection: Collection) -> tuple[Selection, str]:
    """Read which things of a collection are asked for, and in which order. Raises Problem 400."""
    orders = request.args.getlist("sort") or [BY_NAME]
    if len(orders) > 1 or orders[0] not in ORDERS:
        detail = f"'sort' is one of {', '.join(ORDERS)}, not {' and '.join(orders)[:60]!r}."
        raise Problem(400, "bad-parameter", "Bad parameter", detail)
    slug = collection.graph.removeprefix(current_service().release.iris.graph(""))
    return Selection(slug, query_text(), chosen_values()), orders[0]


def query_string(selection: Selection, order: str = BY_NAME, page: int = 1) -> str:
    """Return the parameters of a list with their `?`, or nothing if it is the whole list."""
    fields = [("q", selection.text)] if selection.text.strip() else []
    fields += pairs(selection.chosen)
    fields += [("sort", order)] if order != BY_NAME else []
    fields += [("page", str(page))] if page > 1 else []
    return f"?{urlencode(fields)}" if fields else ""


def page_address(collection: Collection) -> str:
    """Return the link to the page of a collection."""
    return here(_path(collection))


def download_address(collection: Collection, suffix: str = "") -> str:
    """Return the link to the list of a collection for programs, in a form if one is given."""
    path = _DOWNLOADS + _path(collection).removeprefix(_PAGES)
    return here(f"{path}.{suffix}" if suffix else path)


def _path(collection: Collection) -> str:
    return current_service().release.iris.path(collection.graph) or "/"
