"""`/queries`: the saved queries, each with a form for its parameters, a result and an API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request
from pyoxigraph import Literal

from publisher.prefixes import Prefixes
from publisher.saved_queries import IRIS, Parameter, ParameterError, SavedQuery
from publisher.terms import best_text
from server.http.addresses import here
from server.http.caching import check_preconditions, fingerprint, validated
from server.http.links import Link, license_link, link_header
from server.http.negotiation import HTML
from server.http.problems import Problem, not_found
from server.pages import charts, results
from server.pages.values import Namer
from server.query import reading
from server.routes.evaluation import evaluate, held
from server.search.finder import SUGGESTIONS, current_finder
from server.search.narrowing import query_text
from server.service import current_service, rendered
from server.sparql import answers, examples, lookups, protocol
from server.sparql.protocol import Message, Operation

blueprint = Blueprint("queries", __name__)

#: The type of each kind of parameter as JSON Schema says it.
SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    "iri": {"type": "string", "minLength": 1},
    "choice": {"type": "string", "minLength": 1},
    "text": {"type": "string"},
    "integer": {"type": "string", "pattern": "^[+-]?[0-9]{1,18}$"},
    "decimal": {"type": "string", "pattern": "^[+-]?[0-9]{1,9}([.][0-9]{1,9})?$"},
    "boolean": {"type": "string", "enum": ["true", "false"]},
    "date": {"type": "string", "format": "date"},
    "year": {"type": "string", "pattern": "^[0-9]{4}$"},
}
_SUFFIXES = {
    suffix: form for form, suffix in (*protocol.RESULT_FORMS.items(), *protocol.GRAPH_FORMS.items())
}
#: So many things like the default are offered for a parameter that takes a thing.
_OFFERED = 500
_LONGEST_VALUE = 2_000


@blueprint.get("/queries")
def gallery() -> Response:
    """Answer with the gallery of saved queries, or those of them whose questions have all words."""
    text = query_text()
    form = f"queries-{fingerprint(text)}"
    check_preconditions(form)
    words = text.casefold().split()
    every = examples.saved(current_service().release)
    found = [
        query
        for query in every
        if all(word in f"{query.title} {query.question}".casefold() for word in words)
    ]
    body = render_template("queries.html", saved=found, number=len(every), text=text)
    return validated(Response(body, mimetype=HTML), form)


@blueprint.get("/queries/<name>")
def opened(name: str) -> Response:
    """Answer with the page of a saved query: its form and its result."""
    return held(lambda: _page(_find(name)))


@blueprint.get("/queries/<name>.<any(csv,tsv,json,xml,ttl,nt,rdf,jsonld):suffix>")
def answered(name: str, suffix: str) -> Response:
    """Answer with the result of a saved query in a form."""
    return held(lambda: _answer(_find(name), suffix))


@blueprint.get("/queries/<name>.rq")
def source(name: str) -> Response:
    """Answer with a saved query as the file that it is, with the values given."""
    text = _filled(_find(name))
    form = f"rq-{fingerprint(text)}"
    check_preconditions(form)
    return validated(Response(text, mimetype="application/sparql-query"), form)


def _find(name: str) -> SavedQuery:
    query = {each.name: each for each in examples.saved(current_service().release)}.get(name)
    if query is None:
        raise not_found(f"There is no saved query {name!r}; see {here('/queries')}.")
    return query


def _given() -> dict[str, str]:
    """Return the values of the query string. Raises ParameterError for one given twice."""
    for name, values in request.args.lists():
        if len(values) > 1:
            rule = "a parameter has one value"
            raise ParameterError(name, f"'{name}' is given {len(values)} times", rule, "give one")
        if len(values[0]) > _LONGEST_VALUE:
            rule = f"a value has at most {_LONGEST_VALUE} characters"
            raise ParameterError(name, f"'{name}' is too long", rule, "write a shorter one")
    return request.args.to_dict()


def _filled(query: SavedQuery) -> str:
    """Return the text of a query with the values of the request. Raises Problem 400."""
    try:
        prefixes = Prefixes(current_service().release.publication.prefixes)
        text = query.with_values(_given(), prefixes)
        if "\0" in text:
            raise ParameterError("", "a value has a NUL character", "text has none", "remove it")
    except ParameterError as error:
        raise Problem(
            400,
            "bad-parameter",
            "Bad parameter",
            f"{str(error)[:1].upper()}{str(error)[1:]}: {error.rule}. To mend it, {error.mend}.",
            parameter=error.name,
            rule=error.rule,
            mend=error.mend,
        ) from error
    return text


def _operation(text: str, accept: str) -> Operation:
    release = current_service().release
    message = Message("GET", b"", "", accept, b"")
    return protocol.read_operation(message, {"query": [text]}, release.limits, release.services)


def _answer(query: SavedQuery, suffix: str) -> Response:
    kind = reading.read(query.text).kind
    forms = protocol.GRAPH_FORMS if kind == "graph" else protocol.RESULT_FORMS
    if suffix not in forms.values():
        there = ", ".join(f".{each}" for each in forms.values())
        raise not_found(f"The answer to {query.name!r} has no form .{suffix}; it has {there}.")
    operation = _operation(_filled(query), _SUFFIXES[suffix])
    form = operation.fingerprint()
    check_preconditions(form)
    answer = evaluate(operation)
    if request.method == "HEAD" and answer.whole is None:
        answer.close()
        response = Response(content_type=operation.content_type)
    else:
        body = answers.stream(answer) if answer.whole is None else answer.whole
        response = Response(body, content_type=operation.content_type)
        response.call_on_close(answer.close)
    name = f"{query.name}.{suffix}"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    page = Link(here(f"/queries/{query.name}"), "describedby")
    response.headers["Link"] = link_header([license_link(), page])
    return validated(response, form)


def _page(query: SavedQuery) -> Response:
    try:
        text = _filled(query)
    except Problem as problem:
        response = problem.response()
        if response.mimetype == HTML:
            document = problem.document()
            response.set_data(_render(query, problem=document, found=_near(query, document)))
        return response
    operation = _operation(text, "text/tab-separated-values, text/turtle")
    form = f"{operation.fingerprint()}-page-{fingerprint(request.query_string.decode('latin-1'))}"
    check_preconditions(form)
    shown: dict[str, Any] = {}
    service = current_service()
    with evaluate(operation) as answer:
        if answer.kind == "graph":
            shown["excerpt"] = results.excerpt(answer)
        elif answer.kind == "ask":
            shown["truth"] = results.truth(answer)
        else:
            namer = Namer(service.release.iris, service.presentation, {})
            table = results.named(results.table(answer, namer))
            picture = None if request.query_string else charts.computed(query)
            shown = {"table": table, "picture": picture or charts.bars(query, table)}
    forms = protocol.GRAPH_FORMS if operation.query.kind == "graph" else protocol.RESULT_FORMS
    body = _render(query, text=text, suffixes=[*forms.values(), "rq"], **shown)
    response = Response(body, mimetype=HTML)
    response.headers["Link"] = link_header([license_link()])
    return validated(response, form)


def _render(query: SavedQuery, **shown: object) -> str:
    values = {each.name: query.default(each) for each in query.parameters}
    values |= {name: value for name, value in request.args.items() if name in values}
    return render_template(
        "saved_query.html",
        saved=query,
        values=values,
        choices={each.name: _choices(query, each) for each in query.parameters},
        asked=request.query_string.decode("latin-1"),
        **shown,
    )


def _near(query: SavedQuery, problem: dict[str, object]) -> list[tuple[str, str]]:
    """Return things whose names are like what was written where an IRI belongs: IRI and name."""
    name = problem.get("parameter")
    written = request.args.get(str(name), "").strip()
    if not written or not any(p.name == name and p.type in IRIS for p in query.parameters):
        return []
    hits = current_finder().suggestions(written[:100], SUGGESTIONS)
    return [(hit.iri, hit.name) for hit in hits]


def _choices(query: SavedQuery, parameter: Parameter) -> list[tuple[str, str]]:
    """Return the things that a parameter may stand for: IRI and name, in the order of names.

    They have the kind of the parameter's default and its namespace. None are returned if the
    parameter takes no thing or if there are more than a form can list.
    """
    if parameter.type not in IRIS:
        return []
    default = query.default(parameter)

    def make() -> str:
        namespace = default[: max(default.rfind("/"), default.rfind("#")) + 1]
        rows = lookups.rows(
            "SELECT ?thing ?name { "
            f"{{ SELECT DISTINCT ?thing {{ {lookups.iri_term(default)} a ?kind . ?thing a ?kind "
            f"FILTER(STRSTARTS(STR(?thing), {Literal(namespace)})) }} LIMIT {_OFFERED + 1} }} "
            "?thing <http://www.w3.org/2000/01/rdf-schema#label> ?name }"
        )
        names: dict[str, list[Literal]] = {}
        for row in rows:
            if isinstance(row["name"], Literal):
                names.setdefault(row["thing"].value, []).append(row["name"])
        language = current_service().presentation.language
        best = {iri: best_text(texts, language) for iri, texts in names.items()}
        pairs = [(iri, name.value) for iri, name in best.items() if name is not None]
        pairs.sort(key=lambda pair: (pair[1].casefold(), pair[0]))
        return json.dumps(pairs if len(pairs) <= _OFFERED else [])

    return [(iri, name) for iri, name in json.loads(rendered(f"choices-{default}", make))]
