"""The SPARQL 1.1 Protocol without input or output: from the parts of a request to what to evaluate.

Nothing here knows the web framework, so that the same rules can stand behind another front.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes, urlencode

from publisher.limits import Limits
from server.http.negotiation import negotiate, prefers_html
from server.query import reading
from server.query.reading import Query
from server.sparql import refusals

#: Forms of tables and truth values: suffix by media type, in order of preference (SPARQL 1.1
#: Query Results JSON, XML, CSV and TSV).
RESULT_FORMS: Final[Mapping[str, str]] = {
    "application/sparql-results+json": "json",
    "application/sparql-results+xml": "xml",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
}
#: Forms of graphs: suffix by media type.
GRAPH_FORMS: Final[Mapping[str, str]] = {
    "text/turtle": "ttl",
    "application/n-triples": "nt",
    "application/rdf+xml": "rdf",
    "application/ld+json": "jsonld",
}
#: Types that clients ask for in place of the registered ones; the answer then bears the asked one.
ALIASES: Final[Mapping[str, str]] = {
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}
_GRAPH_ALIASES: Final[Mapping[str, str]] = {"application/json": "application/ld+json"}
#: What clients (SPARQLWrapper sends it unasked) write for the suffix of a graph's form.
_GRAPH_FORMAT_NAMES: Final[Mapping[str, str]] = {
    "turtle": "ttl",
    "n3": "ttl",
    "ntriples": "nt",
    "xml": "rdf",
    "rdf+xml": "rdf",
    "json": "jsonld",
    "json-ld": "jsonld",
}

#: Methods that carry operations; QUERY (RFC 10008) is a GET with a body.
METHODS: Final = ("GET", "HEAD", "POST", "QUERY")
#: Those whose answers have validators and may be kept.
CACHEABLE: Final = ("GET", "HEAD", "QUERY")
#: Addresses up to this many octets are read everywhere (RFC 9110, 4.1).
_LONGEST_ADDRESS: Final = 8000

UPDATE: Final = "application/sparql-update"
#: A form triples the length of what it escapes; parameters besides the query need little.
_FORM_FACTOR: Final = 3
_FORM_EXTRA: Final = 64 * 1024
#: The parameters of the protocol's operations (sections 2.1 and 2.2), and ours.
_PARAMETERS: Final = frozenset(
    ("query", "update", "default-graph-uri", "named-graph-uri", "format")
)

Parameters = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Operation:
    """A query operation (section 2.1): what to evaluate, over which dataset, and what to write.

    `oxigraph_form` is the media type of the serialisation, `content_type` what the answer is
    labelled with.
    """

    query: Query
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    oxigraph_form: str
    content_type: str

    def fingerprint(self) -> str:
        """Return a name for the answer that differs wherever the answer may."""
        parts = (self.query.text, self.default_graphs, self.named_graphs, self.content_type)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

    def addresses(self, path: str) -> dict[str, str]:
        """Return where the answer to a QUERY is to be had with GET (RFC 10008, 2.3 and 2.4).

        `path` is that of the endpoint. Location repeats the query; Content-Location names this
        very answer, which one that changes each time has none of. Long queries have neither.
        """
        given = [("query", self.query.text)]
        given += [("default-graph-uri", graph) for graph in self.default_graphs or ()]
        given += [("named-graph-uri", graph) for graph in self.named_graphs or ()]
        location = f"{path}?{urlencode(given)}"
        form = urlencode({"format": self.content_type.partition(";")[0]})
        found = {"Location": location}
        if not self.query.volatile:
            found["Content-Location"] = f"{location}&{form}"
        return found if len(location) + len(form) < _LONGEST_ADDRESS else {}


@dataclass(frozen=True)
class Message:
    """What of an HTTP request is of interest here; `body` has been read and is empty for a GET."""

    method: str
    query_string: bytes
    content_type: str
    accept: str | None
    body: bytes

    def key(self) -> Hashable:
        """Return what is equal where the answers are, in one release."""
        method = "GET" if self.method == "HEAD" else self.method
        return method, self.query_string, self.content_type, self.accept, self.body

    def __len__(self) -> int:
        """Return how many characters all parts have together."""
        parts = (self.query_string, self.content_type, self.accept or "", self.body)
        return sum(map(len, parts))


def body_limit(
    method: str, content_type: str, content_encoding: str, length: int | None, limits: Limits
) -> int:
    """Return how many bytes of a request's body are to be read at most.

    Raises Problem 400, 403, 413 or 415 where nothing of it need be read.
    """
    if _without_options(content_type) == UPDATE:
        raise refusals.update_refused()
    if content_encoding.strip().lower() not in ("", "identity"):
        raise refusals.unsupported("Compressed requests are not read; send the query as it is.")
    kind = media_type(content_type)
    if kind not in (refusals.QUERY, refusals.FORM):
        what = f"A {method} carries {refusals.QUERY} or {refusals.FORM}, not "
        if method == "QUERY" and not kind:
            raise refusals.no_content_type(f"{what}content without a Content-Type.")
        raise refusals.unsupported(f"{what}{kind[:60] or 'content without a Content-Type'}.")
    largest = limits.query_kb * 1024
    if kind == refusals.FORM:
        largest = largest * _FORM_FACTOR + _FORM_EXTRA
    if length is not None and length > largest:
        raise refusals.query_too_long(limits)
    return largest


def parameters_of(message: Message) -> Parameters:
    """Return the parameters of a request, those of the URL first.

    Raises Problem 400, 403 or 415.
    """
    parameters = read_parameters(message.query_string)
    if message.method in ("GET", "HEAD"):
        return parameters
    if media_type(message.content_type) == refusals.FORM:
        for name, values in read_parameters(message.body).items():
            parameters.setdefault(name, []).extend(values)
        return parameters
    try:
        parameters.setdefault("query", []).append(message.body.decode())
    except UnicodeDecodeError:
        raise refusals.bad_request("encoding", "The query is not text in UTF-8.") from None
    return parameters


def is_read_by_people(message: Message, parameters: Parameters) -> bool:
    """Whether the answer goes to a browser that did not ask for a form of its own."""
    reads = message.method in ("GET", "HEAD") and "format" not in parameters
    return reads and prefers_html(message.accept)


def is_bare(message: Message, parameters: Parameters) -> bool:
    """Whether a request asks for the endpoint itself rather than for an operation."""
    return message.method in ("GET", "HEAD") and parameters.keys() <= {"format"}


def read_parameters(encoded: bytes, names: Collection[str] = _PARAMETERS) -> dict[str, list[str]]:
    """Read what is `application/x-www-form-urlencoded`, in UTF-8 and nothing else.

    Parameters with other than these names are passed over.

    Raises Problem 400 for octets that are not UTF-8.
    """
    parameters: dict[str, list[str]] = {}
    for part in encoded.split(b"&"):
        if not part:
            continue
        name, _, value = part.replace(b"+", b" ").partition(b"=")
        try:
            key = unquote_to_bytes(name).decode()
            if key in names:
                parameters.setdefault(key, []).append(unquote_to_bytes(value).decode())
        except UnicodeDecodeError:
            raise refusals.bad_request("encoding", "A parameter is not text in UTF-8.") from None
    return parameters


def read_operation(
    message: Message, parameters: Parameters, limits: Limits, services: Collection[str] = ()
) -> Operation:
    """Read a query operation (section 2.1) from a request and its parameters.

    `services` are the endpoints that SERVICE may call.

    Raises Problem 400, 403, 406, 413 or 414.
    """
    if "update" in parameters:
        raise refusals.update_refused()
    texts = parameters.get("query", [])
    if len(texts) != 1:
        found = "no 'query'" if not texts else f"{len(texts)} times 'query'"
        raise refusals.bad_request(
            "query-count", f"The request has {found}; it must have the parameter exactly once."
        )
    if len(texts[0].encode()) > limits.query_kb * 1024:
        raise refusals.query_too_long(limits, 414 if message.method in ("GET", "HEAD") else 413)
    if "\0" in texts[0]:
        raise refusals.bad_request("encoding", "SPARQL has no NUL characters.")
    try:
        query = reading.read(texts[0], services)
    except reading.BadQuery as error:
        raise refusals.by_tokens(error, services) from error
    chosen, content_type = _choose_form(query.kind, parameters.get("format", []), message.accept)
    default_graphs = parameters.get("default-graph-uri")
    named_graphs = parameters.get("named-graph-uri")
    return Operation(
        query=query,
        # A dataset is made of sets: a graph that is named twice is there once.
        default_graphs=None if default_graphs is None else tuple(dict.fromkeys(default_graphs)),
        named_graphs=None if named_graphs is None else tuple(dict.fromkeys(named_graphs)),
        oxigraph_form=chosen,
        content_type=content_type,
    )


def media_type(content_type: str) -> str:
    """Return the media type of a Content-Type, without parameters and in lower case.

    Raises Problem 415 for a charset other than UTF-8.
    """
    for option in content_type.split(";")[1:]:
        key, _, value = option.partition("=")
        if key.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
            if charset not in ("utf-8", "utf8", "us-ascii"):
                raise refusals.unsupported(f"The charset {charset[:40]} is not read; send UTF-8.")
    return _without_options(content_type)


def named_form(asked: str, forms: Mapping[str, str]) -> str:
    """Return the media type that a `format=` means: a suffix of `forms`, or a media type itself.

    A `+` that nobody escaped has become a space.
    """
    asked = asked.strip().lower().replace(" ", "+")
    return next((form for form, suffix in forms.items() if suffix == asked), asked)


def _without_options(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _choose_form(kind: str, formats: Sequence[str], accept: str | None) -> tuple[str, str]:
    """Return the serialisation and the Content-Type of the answer."""
    forms = GRAPH_FORMS if kind == "graph" else RESULT_FORMS
    aliases = _GRAPH_ALIASES if kind == "graph" else ALIASES
    offers = (*forms, *aliases)
    if not formats:
        chosen = negotiate(accept, offers)
    else:
        short = _GRAPH_FORMAT_NAMES if kind == "graph" else {}
        named = [named_form(short.get(name.strip().lower(), name), forms) for name in formats]
        # The last one counts; SPARQLWrapper sends a list of media types behind a name.
        chosen = next((form for form in reversed(named) if form in offers), None)
        if chosen is None:
            raise refusals.no_form(forms, f"There is no format '{formats[-1][:60]}' here.")
    if chosen is None:
        raise refusals.no_form(forms, "No media type in Accept is on offer for this query.")
    return aliases.get(chosen, chosen), _labelled(chosen)


def _labelled(form: str) -> str:
    return f"{form}; charset=utf-8" if form.startswith("text/") else form
