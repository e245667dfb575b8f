"""Templating: what every template may use, whichever page it makes."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from markupsafe import Markup

from publisher.describe import authorities
from publisher.formats import RDF_FORMS
from server.http.addresses import here, local_link, requested_path
from server.http.negotiation import DOCUMENT_FORMS
from server.pages.values import PAGE_LANGUAGE, grouped, readable, term_link
from server.service import Service, current_service
from server.versions.links import outside

#: A link that leads from the root of this site, not to another host.
_FROM_THE_ROOT = re.compile(r'\b(href|src)="/(?!/)')


def register(app: Flask) -> None:
    """Set up templates for `app`."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["size"] = _size
    app.jinja_env.filters["license_name"] = _license_name
    app.jinja_env.filters["within"] = _within
    app.jinja_env.filters["capitalized"] = lambda text: text[:1].upper() + text[1:]
    app.jinja_env.filters["number"] = lambda number: grouped(str(number))
    app.context_processor(_site)


def _site() -> dict[str, Any]:
    """What every template may use."""
    service = current_service()
    publication = service.release.publication
    foreign = publication.language if publication.language != PAGE_LANGUAGE else None
    return {
        "site": publication,
        "release": service.release,
        "code": service.code,
        "here": here,
        "local_link": lambda iri: local_link(service.release.iris, iri),
        "term_link": lambda term: term_link(service.presentation, term.iri),
        "pinned": _pinned(service) if service.pinned else None,
        "page_language": PAGE_LANGUAGE,
        "language": foreign,
        "forms": [
            (form.suffix, form.label, form.media_type)
            for form in RDF_FORMS
            if form.suffix in DOCUMENT_FORMS
        ],
    }


def _pinned(service: Service) -> dict[str, Any]:
    """What a page says of the version that it is of, which was asked for."""
    shown = service.timeline.get(service.release.version)
    current = service.timeline.current
    assert shown is not None
    return {
        "date": shown.date,
        "is_current": shown is current,
        "current": current,
        "address": outside(requested_path()),
    }


def _within(html: str) -> Markup:
    """Make the links of a text, which lead from the root, lead from where we are mounted."""
    # Made when the release was built, from Markdown whose HTML is escaped.
    moved = _FROM_THE_ROOT.sub(lambda match: f'{match[1]}="{here("/")}', html)
    return Markup(moved)  # noqa: S704


def _license_name(iri: str) -> str:
    """Write a Creative Commons licence as `CC BY 4.0`, another one as its address."""
    return authorities.licence_name(iri) or readable(iri)


def _size(count: int) -> str:
    """Write a number of bytes as `12.3 MB`, in powers of ten as disks are sold."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
