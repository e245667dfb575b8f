"""Profiles: a document in other terms than ours, for those who know only schema.org.

See "Content Negotiation by Profile" (W3C working draft): by `Accept-Profile`, by `_profile` in the
query, and by the `profile` parameter that JSON-LD defines for its media type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from pyoxigraph import Literal, NamedNode, Triple
from werkzeug.http import parse_accept_header

from publisher.describe.works import SCHEMA
from publisher.formats import JSON_LD, N_TRIPLES, RDF_XML, TURTLE, RdfForm
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.terms import RDF_TYPE, Node, Term, bare
from server.documents.outlines import Outline
from server.documents.serialization import write
from server.http.addresses import here
from server.http.links import public_address
from server.http.negotiation import asked_for, document_form
from server.http.problems import Problem
from server.service import current_service

#: The fields of a request by which the form of a document is chosen.
BY_PROFILE = "Accept, Accept-Profile"
SCHEMA_ORG = "schema"
OWN = "own"
#: Forms of documents in schema.org, by suffix, the first being what its readers expect.
SCHEMA_FORMS: Mapping[str, str] = {
    form.suffix: form.media_type for form in (JSON_LD, TURTLE, N_TRIPLES, RDF_XML)
}
_FORMS: Mapping[str, RdfForm] = {
    form.suffix: form for form in (JSON_LD, TURTLE, N_TRIPLES, RDF_XML)
}
_XSD = WELL_KNOWN["xsd"]
_DATES = tuple(f"{_XSD}{name}" for name in ("date", "gYear", "gYearMonth", "dateTime"))
_SPELLINGS = re.compile(r"https?://(?:www\.)?schema\.org/?")


@dataclass(frozen=True)
class Profile:
    """A profile that documents come in: its token in queries, its IRI."""

    token: str
    iri: str


def profiles() -> dict[str, Profile]:
    """Return the profiles on offer by token: our own vocabulary first, which is the default."""
    own = current_service().release.iris.ontology
    return {OWN: Profile(OWN, own), SCHEMA_ORG: Profile(SCHEMA_ORG, SCHEMA)}


def wanted() -> str:
    """Return the token of the profile that the current request asks for.

    One that is named in the query must be there: raises Problem 406. In a header field it is a
    wish (section 7.1.1 of the draft); the default is the answer to an unknown one.
    """
    named = request.args.get("_profile")
    if named is not None:
        token = _token(named)
        if token is None:
            raise Problem(
                406,
                "not-acceptable",
                "Not acceptable",
                f"There is no profile {named!r} here.",
                headers={"Vary": BY_PROFILE},
                profiles={each.token: each.iri for each in profiles().values()},
            )
        return token
    for field, quality in parse_accept_header(request.headers.get("Accept-Profile")):
        token = _token(field.strip("<>")) if quality > 0 else None
        if token is not None:
            return token
    for parameter in re.findall(r'profile="?([^";,]+)', request.headers.get("Accept") or ""):
        for name in parameter.split():
            if _token(name) == SCHEMA_ORG:
                return SCHEMA_ORG
    return OWN


def schema_form(suffix: str | None) -> str | None:
    """Return the suffix of the form that a request for schema.org is answered in, or None."""
    if suffix is not None:
        return suffix if suffix in SCHEMA_FORMS else None
    return document_form(asked_for(), SCHEMA_FORMS)


def links(path: str) -> list[str]:
    """Return the link fields that list a document's profiles (section 6.1.2 of the draft)."""
    found = []
    for profile in profiles().values():
        token = f'rel="type"; token="{profile.token}"; anchor="{profile.iri}"'
        found.append(f"<http://www.w3.org/ns/dx/prof/Profile>; {token}")
    target = here(f"{path}.{JSON_LD.suffix}?_profile={SCHEMA_ORG}")
    kind = f'type="{JSON_LD.media_type}"; profile="{SCHEMA}"'
    return [*found, f'<{target}>; rel="alternate"; {kind}']


def marked(response: Response, token: str) -> Response:
    """Say of a response which profile it is in."""
    iri = profiles()[token].iri
    response.headers["Content-Profile"] = f"<{iri}>"
    response.headers.add("Link", f'<{iri}>; rel="profile"')
    return response


def schema_type(classes: Iterable[str]) -> str:
    """Return what a thing of these classes is in schema.org."""
    types = current_service().release.works["types"]
    found = [
        each.removeprefix(SCHEMA) if each.startswith(SCHEMA) else types.get(each)
        for each in classes
    ]
    named = [each for each in found if each]
    return named[0] if named else "Thing"


def schema_triples(outline: Outline) -> list[Triple]:
    """Return the description of a thing in schema.org, with names and types of what it names."""
    service = current_service()
    names: Mapping[str, str] = service.release.works["properties"]
    thing = NamedNode(outline.iri)
    found = _typed(thing, outline.types())
    path = service.release.iris.document_path(outline.iri)
    if path is not None:
        found.add(_statement(thing, "mainEntityOfPage", NamedNode(public_address(path))))
    for predicate, values in outline.statements().items():
        name = predicate.removeprefix(SCHEMA) if predicate.startswith(SCHEMA) else None
        name = name or names.get(predicate)
        if name is None or predicate == RDF_TYPE:
            continue
        for value in values:
            found.add(_statement(thing, name, _plain(value)))
            if isinstance(value, NamedNode) and (label := outline.name(value.value)):
                found.add(_statement(value, "name", Literal(label)))
                found |= _typed(value, outline.types(value.value))
    return sorted(found, key=str)


def schema_document(triples: Iterable[Triple], suffix: str) -> bytes:
    """Return triples of schema.org as a document."""
    listed = list(triples)
    context: dict[str, str] = {"schema": SCHEMA}
    for triple in listed:
        name = bare(triple)[1].value.removeprefix(SCHEMA)
        if re.fullmatch(r"\w+", name):
            context[name] = f"schema:{name}"
    return write(listed, _FORMS[suffix], Prefixes({"schema": SCHEMA}), context)


def embedded(triples: Iterable[Triple], main: str) -> str:
    """Return triples of schema.org as search engines want them in a page, safe inside `script`.

    The context is named, not spelled out, and a text stands without its language; the page's own
    documents are the place for all that.
    """
    nodes: dict[Node, dict[str, Any]] = {}
    for subject, predicate, value in map(bare, triples):
        node = nodes.setdefault(subject, {"@id": subject.value})
        if predicate.value == RDF_TYPE:
            _put(node, "@type", value.value.removeprefix(SCHEMA))
        elif isinstance(value, Literal) and value.datatype.value == f"{_XSD}boolean":
            _put(node, predicate.value.removeprefix(SCHEMA), value.value == "true")
        elif isinstance(value, Literal):
            _put(node, predicate.value.removeprefix(SCHEMA), value.value)
        else:
            _put(node, predicate.value.removeprefix(SCHEMA), {"@id": value.value})
    ordered = sorted(nodes.values(), key=lambda node: node["@id"] != main)
    document = {"@context": "https://schema.org", "@graph": ordered}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _token(name: str) -> str | None:
    if _SPELLINGS.fullmatch(name):
        return SCHEMA_ORG
    known = profiles().values()
    return next((each.token for each in known if name in (each.token, each.iri)), None)


def _typed(node: NamedNode, classes: Iterable[str]) -> set[Triple]:
    return {Triple(node, NamedNode(RDF_TYPE), NamedNode(SCHEMA + schema_type(classes)))}


def _statement(subject: NamedNode, name: str, value: Term) -> Triple:
    return Triple(subject, NamedNode(SCHEMA + name), value)


def _plain(value: Term) -> Term:
    """Return a date as text, as schema.org writes dates; anything else as it is."""
    if isinstance(value, Literal) and value.datatype.value in _DATES:
        return Literal(value.value)
    return value


def _put(node: dict[str, Any], key: str, value: Any) -> None:
    known = node.get(key)
    if known is None:
        node[key] = value
    elif isinstance(known, list):
        if value not in known:
            known.append(value)
    elif known != value:
        node[key] = [known, value]
