"""`/lists/{collection}`: the things of a collection, narrowed and in order, for programs.

The same parameters make the same list as on its page at `/graph/{collection}`. RDF forms hold what
is said of the things; the whole graph, with nothing left out, is at `/graph/{collection}`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, Response, request

from publisher.formats import form_by_suffix
from server.documents import serialization
from server.http.addresses import here, requested_path
from server.http.caching import REVALIDATE, check_preconditions, fingerprint, validated
from server.http.links import Link, alternates, license_link, link_header
from server.http.negotiation import DOCUMENT_FORMS, HTML, asked_for, document_form
from server.http.problems import not_acceptable, not_found
from server.pages.lists import Layout
from server.presentation import Presentation
from server.routes import graph_store
from server.search.collections import asked, find, page_address, query_string
from server.search.index import current_index
from server.search.lists import Item, Lists, Literal, Named, Selection
from server.search.patterns import Writer
from server.service import current_service

blueprint = Blueprint("lists", __name__)

CSV, JSON = "csv", "json"
DOWNLOADS: Final = {
    CSV: "text/csv",
    JSON: "application/json",
    **{suffix: media for suffix, media in DOCUMENT_FORMS.items() if suffix != "html"},
}
#: The forms of a list by suffix. HTML is the page at `/graph/{collection}`.
FORMS: Final = {**DOWNLOADS, "html": HTML}
#: Between the values of one cell in CSV.
_BETWEEN: Final = " | "
#: Characters that are sent at a time.
_PART: Final = 32 * 1024
#: Longer lists are streamed, and in RDF not put in order.
_SMALL: Final = 500


@blueprint.get("/lists/<path:name>")
def listing(name: str) -> Response:  # noqa: ARG001  (read undecoded instead)
    """Answer with a list in a form for programs; browsers are led to its page."""
    path = requested_path().removeprefix("/lists")
    found = find(f"/graph{path}", DOWNLOADS)
    if found is None:
        forms = ", ".join(f".{suffix}" for suffix in DOWNLOADS)
        raise not_found(f"There is no such list; lists are /lists/{{collection}} with {forms}.")
    collection, suffix = found
    selection, order = asked(collection)
    stem = f"/lists{path}".removesuffix(f".{suffix}") if suffix else f"/lists{path}"
    query = query_string(selection, order)
    form = suffix or document_form(asked_for(), FORMS)
    if form is None:
        raise not_acceptable({m: here(f"{stem}.{s}{query}") for s, m in DOWNLOADS.items()})
    vary = None if suffix else "Accept"
    if form == "html":
        headers = {"Location": page_address(collection) + query, "Cache-Control": REVALIDATE}
        return Response(status=303, headers={**headers, "Vary": "Accept"})
    tag = f"list-{fingerprint(query)}-{form}"
    location = None if suffix else here(f"{stem}.{form}") + query
    check_preconditions(tag, vary=vary, location=location)
    response = validated(_representation(selection, order, form), tag, vary=vary)
    if location is not None:
        response.headers["Content-Location"] = location
    response.headers["Link"] = link_header(
        [
            license_link(),
            Link(page_address(collection) + query, "alternate", HTML),
            *alternates(stem, query, forms=DOWNLOADS),
        ]
    )
    return response


def _representation(selection: Selection, order: str, suffix: str) -> Response:
    lists = Lists(current_index())
    form = form_by_suffix(suffix)
    things = lists.total(selection)
    if form is not None:
        if not things:
            return Response(serialization.document([], form), mimetype=form.media_type)
        query = Writer(current_index()).construct(selection)
        return graph_store.constructed(query, form, small=things <= _SMALL)
    layout = Layout.of(lists, selection.collection)
    write = _as_csv if suffix == CSV else _as_json

    def parts() -> Iterator[bytes]:
        items = lists.all_items(selection, order, layout.columns)
        return write(items, layout, current_service().presentation)

    if things <= _SMALL:
        return Response(b"".join(parts()), mimetype=FORMS[suffix])
    # The answer to HEAD has no empty body: its length would be announced.
    return Response(iter(()) if request.method == "HEAD" else parts(), mimetype=FORMS[suffix])


def _as_csv(items: Iterator[Item], layout: Layout, presentation: Presentation) -> Iterator[bytes]:
    """Yield the list as RFC 4180 has it, many lines at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    head = ["iri", "name", *["kind"] * layout.kinds, *["year"] * layout.years]
    for label, column in zip(layout.labels(presentation), layout.columns, strict=True):
        taken = label in head
        head.append(f"{label} ({presentation.term(column.property).curie})" if taken else label)
    writer.writerow([*head, *["linked from"] * layout.pointing])
    for item in items:
        kinds = [term.label for term in presentation.kinds(item.kinds)]
        cells = [[_written(v) for v in item.cells.get(c.property, ())] for c in layout.columns]
        writer.writerow(
            [
                item.iri,
                item.name,
                *[_BETWEEN.join(kinds)] * layout.kinds,
                *[_BETWEEN.join(item.years)] * layout.years,
                *map(_BETWEEN.join, cells),
                *[item.pointing] * layout.pointing,
            ]
        )
        if buffer.tell() > _PART:
            yield _taken(buffer)
    yield _taken(buffer)


def _as_json(items: Iterator[Item], layout: Layout, presentation: Presentation) -> Iterator[bytes]:
    """Yield the list as an array of objects, many at a time."""
    buffer = io.StringIO()
    buffer.write("[")
    for number, item in enumerate(items):
        document: dict[str, Any] = {"iri": item.iri, "name": item.name}
        document |= {"language": item.language} if item.language else {}
        document["kinds"] = [
            {"iri": term.iri, "label": term.label} for term in presentation.kinds(item.kinds)
        ]
        if layout.years:
            document["years"] = [int(year) for year in item.years]
        document["linkedFrom"] = item.pointing
        document["values"] = {
            presentation.term(column.property).curie: [
                _as_mapping(value) for value in item.cells.get(column.property, ())
            ]
            for column in layout.columns
        }
        buffer.write(",\n " if number else "\n ")
        buffer.write(json.dumps(document, ensure_ascii=False))
        if buffer.tell() > _PART:
            yield _taken(buffer)
    buffer.write("\n]\n")
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _written(value: Literal | Named) -> str:
    return value.value if isinstance(value, Literal) else value.name or value.iri


def _as_mapping(value: Literal | Named) -> dict[str, str]:
    if isinstance(value, Named):
        return {"iri": value.iri} | ({"name": value.name} if value.name else {})
    return {
        "value": value.value,
        **({"language": value.language} if value.language else {"datatype": value.datatype}),
    }
