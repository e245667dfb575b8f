"""Link header fields (RFC 8288): where the other forms, the licence and the thing itself are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from server.http.addresses import here, requested_path, uri
from server.http.negotiation import DOCUMENT_FORMS, JSON
from server.http.problems import Problem, not_found
from server.service import current_service


@dataclass(frozen=True)
class Link:
    """One link: its target, its relation type and, where it has one, the media type behind it.

    `anchor` is what it leads from, if that is not the document that carries it (RFC 8288, 3.2),
    `datetime` the time of a memento (RFC 7089, 2.2).
    """

    href: str
    rel: str
    type: str | None = None
    anchor: str | None = None
    datetime: str | None = None

    def __str__(self) -> str:
        kind = f'; type="{self.type}"' if self.type else ""
        anchor = f'; anchor="{uri(self.anchor)}"' if self.anchor else ""
        moment = f'; datetime="{self.datetime}"' if self.datetime else ""
        return f'<{uri(self.href)}>; rel="{self.rel}"{kind}{anchor}{moment}'


def link_header(links: Iterable[Link]) -> str:
    """Return the value of the Link field."""
    return ", ".join(map(str, links))


def alternates(
    path: str, query: str = "", *, forms: Mapping[str, str] = DOCUMENT_FORMS
) -> list[Link]:
    """Return a link to each form of the document at `path`, which stands without a suffix."""
    return [
        Link(here(f"{path}.{suffix}{query}"), "alternate", media_type)
        for suffix, media_type in forms.items()
    ]


def license_link() -> Link:
    """Return the link to the licence of everything that is served from the release."""
    return Link(current_service().release.publication.license, "license")


def description_link() -> Link:
    """Return the link to the description of the service for programs (RFC 8631)."""
    return Link(here("/openapi.json"), "service-desc", JSON)


def public_address(path: str) -> str:
    """Return the address of a path for the world."""
    return current_service().release.publication.address(path)


def page_asked() -> int:
    """Read `?page=` of the current request. Raises Problem 400 for what is no number from 1 on."""
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and int(text[:9])):
        detail = f"'page' must be a number from 1 on, not {text[:40]!r}."
        raise Problem(400, "bad-parameter", "Bad parameter", detail)
    return int(text[:9])


def page_number(pages: int) -> int:
    """Read `?page=`. Raises Problem 400 as `page_asked` does, and 404 if there is no such page."""
    page = page_asked()
    if page > pages:
        raise not_found(
            f"There is no such page: 'page' runs from 1 to {pages}.",
            available=[{"title": f"Page {n}", "href": _page(n)} for n in sorted({1, pages})],
        )
    return page


def _page(number: int) -> str:
    """Return the address of another page of what the current request asks for."""
    fields = [(n, v) for n, v in request.args.items(multi=True) if n != "page"]
    fields += [("page", str(number))] if number > 1 else []
    query = f"?{urlencode(fields)}" if fields else ""
    return here(requested_path()) + query


def page_links(path: str, page: int, pages: int) -> list[Link]:
    """Return the links from one page of something long to the pages beside it."""
    links = []
    if page > 1:
        links.append(Link(here(f"{path}?page={page - 1}"), "prev"))
    if page < pages:
        links.append(Link(here(f"{path}?page={page + 1}"), "next"))
    return links
