"""Graphs: a collection as a list for people, and as the triples of its named graph for programs.

`{base}graph/{collection}` names the graph itself, so it is answered directly, as in the SPARQL 1.1
Graph Store Protocol, 4.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, Response

from publisher.formats import form_by_suffix
from publisher.index.facets import VALUES, Facet
from publisher.prefixes import WELL_KNOWN
from publisher.release import Collection
from server.documents import signposting
from server.http.addresses import here, requested_path
from server.http.caching import REVALIDATE, check_preconditions, validated
from server.http.links import (
    Link,
    alternates,
    license_link,
    link_header,
    page_asked,
    page_number,
    public_address,
)
from server.http.negotiation import DOCUMENT_FORMS, HTML, asked_for, document_form
from server.http.problems import not_acceptable, not_found
from server.pages import lists
from server.pages.choices import facet_asked
from server.routes import graph_store
from server.search.collections import asked, download_address, find, query_string
from server.search.index import current_index
from server.search.lists import Lists
from server.service import current_service, rendered
from server.versions.shelf import elsewhere

blueprint = Blueprint("graphs", __name__)


@blueprint.get("/graph/<path:name>")
def graph(name: str) -> Response:  # noqa: ARG001  (read undecoded instead)
    """Answer with what a named graph holds: a list as HTML, its triples in the RDF forms."""
    path = requested_path()
    found = find(path, DOCUMENT_FORMS)
    if found is None:
        if path.endswith("/") and find(path.rstrip("/"), DOCUMENT_FORMS) is not None:
            return Response(status=308, headers={"Location": here(path.rstrip("/"))})
        iri = current_service().release.iris.iri(path)
        raise not_found(f"There is no graph {iri}.{elsewhere(path)}")
    collection, suffix = found
    stem = path.removesuffix(f".{suffix}") if suffix else path
    form = suffix or document_form(asked_for())
    if form is None:
        raise not_acceptable({link.type or "": link.href for link in alternates(stem)})
    vary = None if suffix else "Accept"
    links = [
        Link(collection.graph, "cite-as"),
        Link(public_address(stem), "canonical"),
        *signposting.of_part(WELL_KNOWN["void"] + "Dataset"),
        license_link(),
        *alternates(stem),
    ]
    page = _Page.asked(collection) if form == "html" else None
    if page is None and (narrowed := _narrowed(collection)):
        # The graph stays whole: what is narrowed has an address of its own.
        location = download_address(collection, form) + narrowed
        headers = {"Location": location, "Cache-Control": REVALIDATE}
        return Response(status=303, headers=headers | ({"Vary": vary} if vary else {}))
    content = None if suffix else here(f"{stem}.{form}") + (page.query if page else "")
    check_preconditions(form, vary=vary, location=content)
    if page is None:
        rdf = form_by_suffix(form)
        assert rdf is not None
        answer = graph_store.representation(collection.graph, rdf)
    else:
        answer = Response(page.body(), mimetype=HTML)
        links += page.links(path)
    response = validated(answer, form, vary=vary)
    if content is not None:
        response.headers["Content-Location"] = content
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


def _narrowed(collection: Collection) -> str:
    """Return the parameters of a request that leave things out; nothing if it has none."""
    selection, order = asked(collection)
    return query_string(selection, order) if selection.narrowed else ""


@dataclass(frozen=True)
class _Page:
    """The page that a request asks for: of a list, or of all values of a facet in it."""

    shown: lists.Shown
    lists: Lists
    facet: Facet | None

    @classmethod
    def asked(cls, collection: Collection) -> _Page:
        """Read which page is asked for. Raises Problem 400 and 404."""
        selection, order = asked(collection)
        reader = Lists(current_index())
        total = reader.total(selection)
        pages = max(1, -(-total // lists.THINGS_PER_PAGE))
        shown = lists.Shown(collection, selection, order, total, 1, pages)
        facet = facet_asked(lists.facets(shown, reader))
        if facet is None:
            shown = replace(shown, number=page_number(pages))
        return cls(shown, reader, facet)

    @property
    def query(self) -> str:
        """The parameters of its address."""
        if self.facet is None:
            return self.shown.query
        number = page_asked()
        fields = [(VALUES, self.facet.name), *([("page", str(number))] if number > 1 else [])]
        return f"{self.shown.query or '?'}{'&' if self.shown.query else ''}{urlencode(fields)}"

    def body(self) -> bytes:
        """Return the page as HTML. Raises Problem 404 if there are fewer values."""
        shown, reader, facet = self.shown, self.lists, self.facet

        def make() -> str:
            if facet is not None:
                return lists.values_page(shown, facet, reader)
            return lists.page(shown, reader)

        return rendered(("list", shown.collection.graph, self.query), make)

    def links(self, path: str) -> list[Link]:
        """Return the links to the pages beside it."""
        if self.facet is not None:
            return []
        return [Link(here(path) + query, rel) for rel, query in self.shown.beside.items()]
