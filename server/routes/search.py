"""`/search`: things by their names and texts, narrowed by facets, for people and programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from publisher.index.facets import YEAR, Facet
from publisher.limits import SEARCH_CHARACTERS
from server.http.addresses import here, local_link
from server.http.caching import check_preconditions, fingerprint, validated
from server.http.links import Link, license_link, link_header, page_asked, page_number
from server.http.negotiation import HTML, JSON, negotiate
from server.http.problems import not_acceptable
from server.pages.values import PAGE_LANGUAGE
from server.search import near
from server.search.finder import SUGGESTIONS, Found, Hit, current_finder
from server.search.index import current_index
from server.search.narrowing import (
    VALUES_SHOWN,
    Chosen,
    Value,
    chosen_values,
    labels,
    pairs,
    query_text,
    shown,
    toggled,
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
            links.append(Link(self._href(self.chosen, self.number - 1), "prev"))
        if self.number < self.pages:
            links.append(Link(self._href(self.chosen, self.number + 1), "next"))
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
            facets=[(facet, self._values(facet)) for facet in current_index().facets],
            kept=pairs(self.chosen),
            shown=VALUES_SHOWN,
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
        facets = [
            {
                "name": facet.name,
                "label": facet.label,
                "values": [
                    {"value": v.value, "label": v.label, "things": v.things, "chosen": v.chosen}
                    for v in self._values(facet)
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

    def _values(self, facet: Facet) -> list[Value]:
        counts = self.found.counts[facet.name]
        named = labels(facet, (count.value for count in counts))
        chosen = self.chosen.get(facet.name, [])
        values = [
            Value(
                shown(facet, count.value),
                named[count.value],
                count.things,
                self._href(toggled(self.chosen, facet.name, count.value), 1),
                count.value in chosen,
            )
            for count in counts
        ]
        if facet.name == YEAR:
            values.sort(key=lambda value: value.value, reverse=True)
        return values

    def _href(self, chosen: Chosen, page: int) -> str:
        fields = [("q", self.text)] if self.text else []
        fields += pairs(chosen)
        fields += [("page", str(page))] if page > 1 else []
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
