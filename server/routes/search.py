"""`/search`: things by their names and texts, narrowed by facets, for people and programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from publisher.index.facets import VALUES, Facet
from publisher.limits import SEARCH_CHARACTERS
from server.http.addresses import here, local_link
from server.http.caching import check_preconditions, fingerprint, validated
from server.http.links import Link, license_link, link_header, page_asked, page_number
from server.http.negotiation import HTML, JSON, negotiate
from server.http.problems import not_acceptable
from server.pages.choices import Narrowing, facet_asked
from server.pages.values import PAGE_LANGUAGE
from server.search import near
from server.search.finder import SUGGESTIONS, Found, Hit, current_finder
from server.search.index import current_index
from server.search.narrowing import (
    Chosen,
    chosen_values,
    pairs,
    query_text,
)
from server.service import current_service

blueprint = Blueprint("search", __name__)

HITS_PER_PAGE = 20


@blueprint.app_context_processor
def _on_pages() -> dict[str, Any]:
    """What any page may ask of the index."""
    return {
        "near_things": near.things_like_address,
        "near_pages": near.pages_like_address,
        "SEARCH_CHARACTERS": SEARCH_CHARACTERS,
    }


@blueprint.get("/search")
def search() -> Response:
    """Answer with one page of what was found, as HTML or JSON."""
    offers = (HTML, JSON)
    chosen = negotiate(request.headers.get("Accept"), offers)
    if chosen is None:
        raise not_acceptable(dict.fromkeys(offers, here("/search")))
    text = query_text()
    narrowed = chosen_values()
    facet = facet_asked(current_index().facets) if chosen == HTML else None
    if facet is not None:
        return _values(text, narrowed, facet)
    page = page_asked()
    form = f"search-{fingerprint(request.query_string)}-{'html' if chosen == HTML else 'json'}"
    found = current_finder().search(text, narrowed, (page - 1) * HITS_PER_PAGE, HITS_PER_PAGE)
    pages = max(1, -(-found.total // HITS_PER_PAGE))
    page_number(pages)
    check_preconditions(form, vary="Accept")
    answer = _Answer(text, narrowed, found, page, pages)
    body = answer.page() if chosen == HTML else answer.document()
    response = validated(Response(body, mimetype=chosen), form, vary="Accept")
    response.headers["Link"] = link_header([license_link(), *answer.links()])
    return response


@blueprint.get("/search/suggestions")
def suggestions() -> Response:
    """Answer with the names that what was typed so far may become, as JSON."""
    text = query_text()
    form = f"suggestions-{fingerprint(request.query_string)}"
    check_preconditions(form)
    hits = current_finder().suggestions(text, SUGGESTIONS) if text.strip() else []
    document = {"query": text, "suggestions": [_as_mapping(hit) for hit in hits]}
    return validated(Response(_json(document), mimetype=JSON), form)


@dataclass(frozen=True)
class _Answer:
    """What was asked and found, as it is written."""

    text: str
    chosen: Chosen
    found: Found
    number: int
    pages: int

    def links(self) -> list[Link]:
        links = []
        if self.number > 1:
            links.append(Link(self._href(self.number - 1), "prev"))
        if self.number < self.pages:
            links.append(Link(self._href(self.number + 1), "next"))
        return links

    def page(self) -> str:
        service = current_service()
        return render_template(
            "search.html",
            text=self.text,
            found=self.found,
            asked=bool(self.text.strip() or self.chosen),
            number=self.number,
            pages=self.pages,
            links={link.rel: link.href for link in self.links()},
            choices=_narrowing(self.text, self.chosen, self.found).beside(current_index().facets),
            kept=pairs(self.chosen),
            first=(self.number - 1) * HITS_PER_PAGE + 1,
            spelled=None if self.found.fits else near.spelling(self.text),
            questions=[] if self.found.fits else near.questions(self.text),
            hits=[
                {
                    "hit": hit,
                    "href": local_link(service.release.iris, hit.iri),
                    "language": hit.language if hit.language != PAGE_LANGUAGE else None,
                    "kinds": service.presentation.kinds(hit.kinds),
                }
                for hit in self.found.hits
            ],
        )

    def document(self) -> str:
        narrowing = _narrowing(self.text, self.chosen, self.found)
        facets = [
            {
                "name": facet.name,
                "label": facet.label,
                "values": [
                    {"value": v.value, "label": v.label, "things": v.things, "chosen": v.chosen}
                    for v in narrowing.choices(facet, narrowing.count(facet, None))
                ],
            }
            for facet in current_index().facets
        ]
        links = {link.rel: link.href for link in self.links()}
        return _json(
            {
                "query": self.text,
                "total": self.found.total,
                "near": self.found.near,
                "page": self.number,
                "pages": self.pages,
                **links,
                "results": [_as_mapping(hit) for hit in self.found.hits],
                "facets": facets,
            }
        )

    def _href(self, page: int) -> str:
        return _address(self.text, self.chosen, *([("page", str(page))] if page > 1 else []))


def _values(text: str, chosen: Chosen, facet: Facet) -> Response:
    """Answer with a page of all values of a facet that what is found has."""
    form = f"search-{fingerprint(request.query_string)}-html"
    check_preconditions(form, vary="Accept")
    found = current_finder().search(text, chosen, 0, 0)
    body = _narrowing(text, chosen, found).page(facet, "Search", own=True)
    response = validated(Response(body, mimetype=HTML), form, vary="Accept")
    response.headers["Link"] = link_header([license_link()])
    return response


def _narrowing(text: str, chosen: Chosen, found: Found) -> Narrowing:
    """Return how what was found is narrowed further."""
    finder = current_finder()
    return Narrowing(
        chosen,
        count=lambda facet, length: finder.frequent(found, facet.name, length),
        link=lambda choice: _address(text, choice),
        values=lambda facet: _address(text, chosen, (VALUES, facet.name)),
    )


def _address(text: str, chosen: Chosen, *further: tuple[str, str]) -> str:
    fields = [*([("q", text)] if text else []), *pairs(chosen), *further]
    return here("/search") + (f"?{urlencode(fields)}" if fields else "")


def _as_mapping(hit: Hit) -> dict[str, Any]:
    service = current_service()
    return {
        "iri": hit.iri,
        "href": local_link(service.release.iris, hit.iri),
        "name": hit.name,
        "language": hit.language,
        "kinds": [{"iri": k.iri, "label": k.label} for k in service.presentation.kinds(hit.kinds)],
        "collection": hit.collection,
        "description": hit.introduction or None,
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
