"""The SPARQL 1.1 Graph Store Protocol, for reading: a graph, named directly or indirectly.

`{base}graph/{name}` names a graph itself (4.1), `/graph?graph=IRI` any graph of the release and
`/graph?default` the merge of all (4.2). Nothing can be written: all other methods are a 405.
"""

from __future__ import annotations

import re
from typing import Final

from flask import Blueprint, Response, render_template, request

from publisher.formats import RdfForm, form_by_media_type
from publisher.release import DEFAULT
from server.documents import serialization
from server.documents.downloads import Download, downloads
from server.http.caching import check_preconditions, validated
from server.http.links import license_link, link_header
from server.http.negotiation import HTML, negotiate, prefers_html
from server.http.problems import not_found
from server.http.ranges import ByteRange, blocks
from server.query.reading import Query
from server.service import current_client, current_service, rendered
from server.sparql import answers, lookups, protocol, refusals
from server.sparql.lookups import iri_term

blueprint = Blueprint("graph_store", __name__)

#: A graph with more triples than this is not put in order, and is streamed.
LARGEST_RENDERED: Final = 10_000
_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+", re.DOTALL)


@blueprint.get("/graph")
def indirect() -> Response:
    """Answer with the graph that the query string names (section 4.2), or show readers them all."""
    if not request.query_string and prefers_html(request.headers.get("Accept")):
        check_preconditions("graphs", vary="Accept")
        page = rendered("graphs", lambda: render_template("graphs.html"))
        return validated(Response(page, mimetype=HTML), "graphs", vary="Accept")
    parameters = protocol.read_parameters(request.query_string, ("graph", "default", "format"))
    graph = _named(parameters.get("graph", []), parameters.get("default", []))
    release = current_service().release
    if graph != DEFAULT and graph not in release.counts["graphs"]:
        raise not_found(f"There is no graph <{graph}>; the service description lists them.")
    form = _form(parameters.get("format", []))
    check_preconditions(form.suffix, vary="Accept")
    response = validated(representation(graph, form), form.suffix, vary="Accept")
    response.headers["Link"] = link_header([license_link()])
    return response


def representation(graph: str, form: RdfForm) -> Response:
    """Return a graph in a form; `graph` is its IRI, or DEFAULT.

    It is a file of the release where there is one, else made by the engine: in order where the
    graph is small, row by row where it is not. Raises the engine's errors and Problem 429.
    """
    service = current_service()
    file = _file(graph, form)
    if file is not None:
        content = blocks(file.path, ByteRange(0, file.bytes))
        response = Response(content, mimetype=form.media_type)
        response.headers["Content-Length"] = str(file.bytes)
        return response
    pattern = "?s ?p ?o" if graph == DEFAULT else f"GRAPH {iri_term(graph)} {{ ?s ?p ?o }}"
    query = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}"
    counts = service.release.counts
    triples = counts["triples"] if graph == DEFAULT else counts["graphs"][graph]
    return constructed(query, form, small=triples <= LARGEST_RENDERED)


def constructed(query: str, form: RdfForm, *, small: bool) -> Response:
    """Return what a CONSTRUCT of ours gives: in order where it is small, else as it is evaluated.

    Raises the engine's errors and Problem 429.
    """
    if not small:
        return _streamed(query, form)

    def make() -> bytes:
        return serialization.document(lookups.triples(query), form)

    return Response(rendered((query, form.suffix), make), mimetype=form.media_type)


def _streamed(query: str, form: RdfForm) -> Response:
    """Answer with what the engine writes, while it writes; it counts as a query of the client's."""
    if request.method == "HEAD":
        # Not an empty body: its length would be announced.
        return Response(iter(()), mimetype=form.media_type)
    service = current_service()
    admission, client = service.admission, current_client()
    place = admission.enter_at_once(client)
    if place is None:
        raise refusals.too_many_queries(service.release.limits)
    try:
        answer = service.engine.query(Query(query, "graph"), accept_form=form.media_type)
    except BaseException:
        admission.leave(client, place)
        raise
    response = Response(answers.stream(answer), mimetype=form.media_type)
    response.call_on_close(lambda: admission.leave(client, place))
    response.call_on_close(answer.close)
    return response


def _named(graphs: list[str], defaults: list[str]) -> str:
    """Return the one graph that is asked for. Raises Problem 400."""
    if len(graphs) + bool(defaults) != 1:
        raise refusals.bad_request(
            "graph-count", "Name one graph: either ?graph= with its IRI, or ?default."
        )
    if defaults:
        return DEFAULT
    if not _ABSOLUTE.fullmatch(graphs[0]):
        raise refusals.bad_request(
            "graph-iri", f"{graphs[0][:200]!r} is not an absolute IRI, as ?graph= must be."
        )
    return graphs[0]


def _form(formats: list[str]) -> RdfForm:
    """Return the form that is asked for. Raises Problem 406."""
    forms = protocol.GRAPH_FORMS
    if formats:
        chosen = protocol.named_form(formats[-1], forms)
    else:
        chosen = negotiate(request.headers.get("Accept"), tuple(forms)) or ""
    form = form_by_media_type(chosen) if chosen in forms else None
    if form is None:
        raise refusals.no_form(forms, "A graph is to be had in other forms.")
    return form


def _file(graph: str, form: RdfForm) -> Download | None:
    release = current_service().release
    for file in release.files:
        # Forms that hold graphs by name would give another one than was asked for.
        if file.graph == graph and file.media_type == form.media_type and not form.dataset:
            return downloads(release)[file.path.rpartition("/")[2]]
    return None
