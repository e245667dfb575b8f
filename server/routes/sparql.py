"""`/sparql`: the SPARQL 1.1 Protocol over HTTP, in the framework's terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, Response, request

from server.http.addresses import here
from server.http.caching import check_preconditions, fingerprint, validated
from server.http.links import description_link, license_link, link_header
from server.http.negotiation import HTML, negotiate
from server.http.problems import Problem, not_acceptable
from server.limits.admission import ADMITTED
from server.pages import rendering, workbench
from server.routes.evaluation import evaluate, held
from server.service import current_client, current_service
from server.sparql import answers, protocol, refusals, service_description
from server.sparql.protocol import Message, Operation

blueprint = Blueprint("sparql", __name__)

#: The forms that a page is made from.
_READABLE = "text/tab-separated-values, text/turtle"


@blueprint.route("/sparql", methods=protocol.METHODS)
def sparql() -> Response:
    """Answer a query operation; a bare GET gets the query page or the service description."""
    return held(_answer)


def _answer() -> Response:
    service = current_service()
    if (request.query_string or request.method != "GET") and ADMITTED not in request.environ:
        service.admission.count(current_client())
    message = _message()
    parameters = protocol.parameters_of(message)
    if protocol.is_bare(message, parameters):
        return _bare(parameters.get("format"))
    release = service.release
    given = (parameters, release.limits, release.services)
    if not protocol.is_read_by_people(message, parameters):
        return _respond(protocol.read_operation(message, *given))
    text = parameters.get("query", [""])[0]
    try:
        readable = replace(message, accept=_READABLE)
        return _respond_with_page(protocol.read_operation(readable, *given), text)
    except Problem as problem:
        response = problem.response()
        response.set_data(rendering.query_page(text, problem=problem.document()))
        return response


def _respond_with_page(operation: Operation, text: str) -> Response:
    """Answer with the first rows as a page."""
    form = f"{operation.fingerprint()}-html"
    if not operation.query.volatile:
        check_preconditions(form, vary="Accept")
    with evaluate(operation) as answer:
        page = rendering.results_page(text, answer)
    response = Response(page, mimetype=HTML)
    if not operation.query.volatile:
        return validated(response, form, vary="Accept")
    response.headers["Cache-Control"] = "no-store"
    response.vary.update(("Accept", "Accept-Encoding"))
    return response


def _respond(operation: Operation) -> Response:
    # The operation's fingerprint stands for the form: the release and the code are in the tag too.
    fingerprint = operation.fingerprint()
    cacheable = request.method in protocol.CACHEABLE and not operation.query.volatile
    if cacheable:
        check_preconditions(fingerprint, vary="Accept")
    answer = evaluate(operation)
    if answer.whole is not None:
        response = Response(answer.whole, content_type=operation.content_type)
    elif request.method == "HEAD":
        answer.close()
        response = Response(content_type=operation.content_type)
    else:
        response = Response(answers.stream(answer), content_type=operation.content_type)
        response.call_on_close(answer.close)
    if request.method == "QUERY":
        response.headers.update(operation.addresses(here("/sparql")))
    if cacheable:
        return validated(response, fingerprint, vary="Accept")
    response.headers["Cache-Control"] = "no-store"
    response.vary.update(("Accept", "Accept-Encoding"))
    return response


@blueprint.after_request
def _say_what_is_read(response: Response) -> Response:
    if request.method == "OPTIONS":
        response.headers.update(refusals.READ_TYPES)
    return response


def _bare(formats: Sequence[str] | None) -> Response:
    forms = service_description.FORMS
    chosen = negotiate(request.headers.get("Accept"), (*forms, HTML))
    if formats:
        chosen = protocol.named_form(formats[-1], protocol.GRAPH_FORMS)
        chosen = chosen if chosen in forms else None
    if chosen is None:
        raise not_acceptable(dict.fromkeys((*forms, HTML), here("/sparql")))
    if chosen == HTML:
        asked = f"{workbench.installed()} {request.query_string.decode('latin-1')}"
        form = f"page-{fingerprint(asked)}"
        check_preconditions(form, vary="Accept")
        page = rendering.query_page(request.args.get("draft", ""))
        response = validated(Response(page, mimetype=HTML), form, vary="Accept")
        return _described(response)
    check_preconditions(chosen, vary="Accept")
    body = service_description.describe(current_service().release, forms[chosen])
    return _described(validated(Response(body, mimetype=chosen), chosen, vary="Accept"))


def _described(response: Response) -> Response:
    """Say where and in which types the endpoint takes queries."""
    response.headers["Link"] = link_header([license_link(), description_link()])
    response.headers.update(refusals.READ_TYPES)
    return response


def _message() -> Message:
    """Return the current request, with its body. Raises Problem 403, 413 or 415."""
    body = b""
    if request.method not in ("GET", "HEAD"):
        limits = current_service().release.limits
        largest = protocol.body_limit(
            request.method,
            request.headers.get("Content-Type", ""),
            request.headers.get("Content-Encoding", ""),
            request.content_length,
            limits,
        )
        body = request.stream.read(largest + 1)
        if len(body) > largest:
            raise refusals.query_too_long(limits)
    return Message(
        request.method,
        request.query_string,
        request.headers.get("Content-Type", ""),
        request.headers.get("Accept"),
        body,
    )
