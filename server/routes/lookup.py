"""`/lookup`: which of our things an address or identifier from elsewhere stands for.

`/resolve` leads from a prefixed name to what it names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pyoxigraph as ox
from flask import Blueprint, Response, request

from publisher.formats import JSON_LD, N_TRIPLES, RDF_XML, TURTLE
from publisher.index.relations import ADDRESS, IDENTITY, MATCH
from publisher.intake.identifiers import enclosing
from publisher.iri import NOT_IN_IRI
from publisher.limits import ADDRESS_CHARACTERS, BATCH_ADDRESSES
from publisher.prefixes import WELL_KNOWN
from server.documents.serialization import write
from server.http.addresses import here, local_link, uri
from server.http.caching import REVALIDATE, check_preconditions, fingerprint, validated
from server.http.links import license_link, link_header
from server.http.negotiation import JSON, negotiate
from server.http.problems import Problem, not_acceptable, not_found, over
from server.search.index import current_index
from server.search.matcher import identifier_of, keys_of
from server.search.narrowing import resolve
from server.search.own import things_meant
from server.service import current_service
from server.sparql.lookups import iri_term

blueprint = Blueprint("lookup", __name__)

#: What a thing is to its own IRI, to the documents about it and to what was merged into it.
SELF: Final = "self"
_ORDER: Final = {SELF: 0, IDENTITY: 1, MATCH: 2}
_RDF: Final = {form.media_type: form for form in (TURTLE, N_TRIPLES, JSON_LD, RDF_XML)}
_FORM: Final = "application/x-www-form-urlencoded"
_LABEL: Final = f"{WELL_KNOWN['rdfs']}label"


@dataclass(frozen=True)
class Match:
    """One of our things, and the statement by which it matches; none if it was asked for itself."""

    iri: str
    name: str
    language: str | None
    strength: str
    property: str | None = None
    value: str | None = None


@blueprint.route("/lookup", methods=("GET", "POST"))
def lookup() -> Response:
    """Answer which things of ours match the addresses asked for, as JSON or RDF."""
    offers = (JSON, *_RDF)
    chosen = negotiate(request.headers.get("Accept"), offers)
    if chosen is None:
        raise not_acceptable(dict.fromkeys(offers, here("/lookup")))
    asked = _asked()
    reads = request.method != "POST"
    form = f"lookup-{fingerprint(request.query_string)}-{chosen}"
    if reads:
        check_preconditions(form, vary="Accept")
    found = matches(asked)
    if chosen == JSON:
        body: bytes | str = _document(found)
    else:
        triples = list(_triples(found))
        body = write(triples, _RDF[chosen], current_service().presentation.prefixes)
    response = Response(body, mimetype=chosen)
    if reads:
        response = validated(response, form, vary="Accept")
    else:
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Accept")
    response.headers["Link"] = link_header([license_link()])
    return response


@blueprint.get("/resolve")
def resolved() -> Response:
    """Lead from a prefixed name, or from an identifier of something here, to what it names."""
    curies = request.args.getlist("curie")
    if len(curies) != 1 or not curies[0].strip():
        raise _bad("'curie' must be given once, as in ?curie=foaf:Person.")
    curie = curies[0].strip().removeprefix("[").removesuffix("]")
    iri = resolve(curie)
    if iri is None:
        ours = [each for each in matches([curie])[curie] if each.strength in (SELF, IDENTITY)]
        iri = ours[0].iri if ours else None
    if iri is None or re.search(f"[{NOT_IN_IRI}]", iri):
        raise not_found(
            f"{curie[:100]!r} has no prefix that is known here, and nothing matches it."
        )
    path = current_service().release.iris.path(iri)
    location = here(path) if path else uri(iri)
    return Response(status=303, headers={"Location": location, "Cache-Control": REVALIDATE})


def matches(asked: Iterable[str]) -> dict[str, list[Match]]:
    """Return for each address what matches it, the closest first."""
    index = current_index()
    keys = {text: keys_of(text) for text in asked}
    around = {text: place.key for text in keys if (place := enclosing(text))}
    by_key = _by_key({*around.values(), *(key for each in keys.values() for key in each)})
    meant = things_meant(index, current_service().release.iris, keys)
    own = {
        row["iri"]: Match(row["iri"], row["name"], row["language"], SELF)
        for row in index.rows_for(
            "SELECT iri, name, language FROM thing WHERE iri IN ({})", set(meant.values())
        )
    }
    found = {}
    for text, theirs in keys.items():
        every = [own[meant[text]]] if text in meant else []
        every += [match for key in theirs for match in by_key.get(key, ())]
        if not every:  # a file of the repository stands for no more than the place it is at
            near = by_key.get(around.get(text, ""), ())
            every = [replace(match, strength=ADDRESS) for match in near]
        every.sort(key=lambda each: (_ORDER.get(each.strength, 3), each.iri, each.property or ""))
        found[text] = list(dict.fromkeys(every))
    return found


def _by_key(keys: Iterable[str]) -> dict[str, list[Match]]:
    found: dict[str, list[Match]] = {}
    for row in current_index().rows_for(
        "SELECT key, iri, name, language, property, value, strength FROM address"
        " JOIN thing ON thing.id = address.thing WHERE key IN ({})",
        keys,
    ):
        match = Match(
            *(row[n] for n in ("iri", "name", "language", "strength", "property", "value"))
        )
        found.setdefault(row["key"], []).append(match)
    return found


def _asked() -> list[str]:
    """Return the addresses of the request. Raises Problem 400, 413 or 415."""
    asked: Any = request.args.getlist("iri")
    if request.method == "POST":
        if request.mimetype == JSON:
            asked = _from_json()
        elif request.mimetype == _FORM:
            asked = asked + request.form.getlist("iri")
        else:
            detail = f"The body must be {JSON} or {_FORM}."
            raise Problem(415, "unsupported-media-type", "Unsupported media type", detail)
    asked = [text.strip() for text in asked if text.strip()]
    if not asked:
        raise _bad("'iri' is missing, as in ?iri=https://doi.org/10.5281/zenodo.1.")
    if len(asked) > BATCH_ADDRESSES:
        detail = f"{BATCH_ADDRESSES} addresses may be looked up at once, not {len(asked)}."
        raise over("batch_addresses", BATCH_ADDRESSES, 413, "Too many addresses", detail)
    longest = max(map(len, asked))
    if longest > ADDRESS_CHARACTERS:
        detail = f"An address may have {ADDRESS_CHARACTERS} characters; one has {longest}."
        raise over("address_characters", ADDRESS_CHARACTERS, 400, "Address too long", detail)
    return list(dict.fromkeys(asked))


def _from_json() -> list[str]:
    try:
        document = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise _bad(f"The body is not JSON: {error}.") from None
    iris = document.get("iris") if isinstance(document, dict) else document
    if not isinstance(iris, list) or not all(isinstance(each, str) for each in iris):
        raise _bad('The body must be {"iris": [...]}, a list of addresses.')
    return iris


def _document(found: Mapping[str, list[Match]]) -> str:
    service = current_service()
    results = []
    for text, every in found.items():
        identifier = identifier_of(text)
        results.append(
            {
                "iri": text,
                "identifier": identifier and {"scheme": identifier.scheme, "iri": identifier.iri},
                "matches": [
                    {
                        "iri": each.iri,
                        "href": local_link(service.release.iris, each.iri),
                        "name": each.name,
                        "strength": each.strength,
                        "property": each.property,
                        "value": each.value,
                    }
                    for each in every
                ],
            }
        )
    return json.dumps({"results": results}, ensure_ascii=False, indent=1) + "\n"


def _triples(found: Mapping[str, list[Match]]) -> Iterable[ox.Triple]:
    """Yield the statements by which things match, and the things' names."""
    for each in dict.fromkeys(match for every in found.values() for match in every):
        thing = ox.NamedNode(each.iri)
        yield ox.Triple(thing, ox.NamedNode(_LABEL), ox.Literal(each.name, language=each.language))
        if each.property is not None and each.value is not None:
            yield ox.Triple(thing, ox.NamedNode(each.property), _term(each))


def _term(match: Match) -> ox.NamedNode | ox.Literal:
    rows = current_index().rows(
        "SELECT datatype, statement.language AS language FROM statement"
        " JOIN thing ON thing.id = statement.thing WHERE iri = ? AND property = ? AND value = ?",
        (match.iri, match.property, match.value),
    )
    value = match.value or ""
    if rows[0]["datatype"] is None:
        return ox.NamedNode(iri_term(value)[1:-1])
    if rows[0]["language"]:
        return ox.Literal(value, language=rows[0]["language"])
    return ox.Literal(value, datatype=ox.NamedNode(rows[0]["datatype"]))


def _bad(detail: str) -> Problem:
    return Problem(400, "bad-parameter", "Bad parameter", detail)
