"""Graphs: a collection as a list for people, and as the triples of its named graph for programs.

`{base}graph/{collection}` names the graph itself, so it is answered directly, as in the SPARQL 1.1
Graph Store Protocol, 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response
from pyoxigraph import Literal, NamedNode

from publisher.formats import form_by_suffix
from publisher.prefixes import WELL_KNOWN
from publisher.release import Collection
from server.documents import signposting
from server.documents.descriptions import DEPRECATED
from server.http.addresses import candidate_iris, here, requested_path
from server.http.caching import REVALIDATE, check_preconditions, validated
from server.http.links import (
    Link,
    alternates,
    license_link,
    link_header,
    page_links,
    page_number,
    public_address,
)
from server.http.negotiation import DOCUMENT_FORMS, HTML, asked_for, document_form
from server.http.problems import not_acceptable, not_found
from server.pages import rendering
from server.routes import graph_store
from server.service import current_service, rendered
from server.sparql import lookups
from server.sparql.lookups import iri_term

blueprint = Blueprint("graphs", __name__)

#: How many things stand on one page of a list.
THINGS_PER_PAGE = 100


@blueprint.get("/graph/<path:name>")
def graph(name: str) -> Response:  # noqa: ARG001  (read undecoded instead)
    """Answer with what a named graph holds: a list as HTML, its triples in the RDF forms."""
    path = requested_path()
    found = _find(path)
    if found is None:
        if path.endswith("/") and _find(path.rstrip("/")) is not None:
            return Response(status=308, headers={"Location": here(path.rstrip("/"))})
        raise not_found(f"There is no graph {current_service().release.iris.iri(path)}.")
    collection, suffix = found
    stem = path.removesuffix(f".{suffix}") if suffix else path
    form = suffix or document_form(asked_for())
    if form is None:
        raise not_acceptable({link.type or "": link.href for link in alternates(stem)})
    last = max(1, -(-collection.things // THINGS_PER_PAGE)) if form == "html" else 1
    page = page_number(last)
    vary = None if suffix else "Accept"
    query = f"?page={page}" if page > 1 else ""
    location = None if suffix else here(f"{stem}.{form}{query}")
    check_preconditions(form, vary=vary, location=location)
    response = validated(_representation(collection, form, page, last), form, vary=vary)
    if location is not None:
        response.headers["Content-Location"] = location
    links = [
        Link(collection.graph, "cite-as"),
        Link(public_address(stem), "canonical"),
        *signposting.of_part(WELL_KNOWN["void"] + "Dataset"),
        license_link(),
        *alternates(stem),
        *page_links(path, page, last),
    ]
    response.headers["Link"] = link_header(links)
    return response


def list_redirect(path: str) -> Response | None:
    """Return the redirect from `/id/{collection}` or `/doc/{collection}` to its list, or None.

    Readers who cut the last segment off an address arrive there.
    """
    segments = path.strip("/").split("/")
    iris = current_service().release.iris
    for collection in current_service().release.collections:
        target = iris.path(collection.graph)
        if len(segments) == 2 and collection.slug == segments[1] and target is not None:
            headers = {"Location": here(target), "Cache-Control": REVALIDATE}
            return Response(status=303, headers=headers)
    return None


def _find(path: str) -> tuple[Collection, str | None] | None:
    """Return the graph at a path and the suffix that it has there, or None."""
    release = current_service().release
    stem, dot, suffix = path.rpartition(".")
    fixed = suffix if dot and suffix in DOCUMENT_FORMS else None
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
    (row,) = lookups.rows(
        f"SELECT (COUNT(DISTINCT ?thing) AS ?things) {{ {_described(iri_term(graph))} }}"
    )
    things = row["things"]
    assert isinstance(things, Literal)
    label = slug.replace("-", " ").capitalize()
    return Collection(slug, graph, label, int(things.value), release.counts["graphs"][graph])


def _described(graph: str) -> str:
    """Return the pattern for the things that a graph gives a type and that were not withdrawn."""
    things = str(Literal(current_service().release.iris.things))
    return (
        f"GRAPH {graph} {{ ?thing a ?kind }} FILTER(STRSTARTS(STR(?thing), {things})) "
        f"FILTER NOT EXISTS {{ ?thing {DEPRECATED} true }}"
    )


def _representation(collection: Collection, suffix: str, page: int, last: int) -> Response:
    form = form_by_suffix(suffix)
    if form is not None:
        return graph_store.representation(collection.graph, form)
    graph = iri_term(collection.graph)

    def make() -> str:
        return rendering.list_page(collection, _things(graph, page), page, last)

    return Response(rendered((graph, suffix, page), make), mimetype=HTML)


@dataclass(frozen=True)
class Listed:
    """A thing as it stands in a list."""

    iri: str
    names: list[Literal]
    classes: list[str]


def _things(graph: str, page: int) -> list[Listed]:
    """Return one page of the things that a graph describes, in the order of their names."""
    service = current_service()
    labels = ", ".join(map(iri_term, service.presentation.label_properties))
    rows = lookups.rows(
        f"SELECT ?thing ?name ?class {{\n"
        f"  {{ SELECT ?thing (MIN(LCASE(STR(?any))) AS ?key) {{\n"
        f"    {{ SELECT DISTINCT ?thing {{ {_described(graph)} }} }}\n"
        f"    OPTIONAL {{ ?thing ?naming ?any FILTER(?naming IN ({labels})) }}\n"
        f"  }} GROUP BY ?thing ORDER BY ?key ?thing "
        f"LIMIT {THINGS_PER_PAGE} OFFSET {(page - 1) * THINGS_PER_PAGE} }}\n"
        f"  OPTIONAL {{ ?thing a ?class }}\n"
        f"  OPTIONAL {{ ?thing ?naming ?name FILTER(?naming IN ({labels})) }}\n"
        f"}} ORDER BY ?key ?thing"
    )
    found: dict[str, Listed] = {}
    for row in rows:
        thing, name, kind = row["thing"], row.get("name"), row.get("class")
        assert isinstance(thing, NamedNode)
        entry = found.setdefault(thing.value, Listed(thing.value, [], []))
        if isinstance(name, Literal) and name not in entry.names:
            entry.names.append(name)
        if isinstance(kind, NamedNode) and kind.value not in entry.classes:
            entry.classes.append(kind.value)
    return list(found.values())
