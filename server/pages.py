"""Pages: HTML for people, from templates that know RDF and no particular graph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, render_template
from pyoxigraph import Triple

from publisher.formats import RDF_FORMS
from publisher.release import Collection
from server import examples, glossary, rules, things
from server.addresses import here, local_link
from server.caching import check_preconditions, validated
from server.links import license_link, link_header, public_address
from server.negotiation import DOCUMENT_FORMS, HTML
from server.service import current_service
from server.values import PAGE_LANGUAGE, Namer, grouped, readable, term_link

if TYPE_CHECKING:
    from server.descriptions import Standing
    from server.dumps import Download
    from server.graphs import Listed

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def home() -> Response:
    """Answer with the home page."""
    check_preconditions("html")
    body = render_template("home.html", examples=examples.saved(current_service().release))
    response = Response(body, mimetype=HTML)
    response.headers["Link"] = link_header([license_link()])
    return validated(response, "html")


def thing_page(standing: Standing, triples: Iterable[Triple], page: int) -> str:
    """Return the page of a thing from its description."""
    service = current_service()
    iris = service.release.iris
    thing = things.arrange(standing.iri, triples, service.presentation, iris)
    return render_template(
        "thing.html",
        thing=thing,
        standing=standing,
        page=page,
        document=here(iris.document_path(standing.iri) or ""),
        canonical=public_address(iris.document_path(standing.iri) or ""),
        collection=_collection_of(standing.iri),
        describe=examples.describe(standing.iri),
    )


def list_page(collection: Collection, listed: Sequence[Listed], page: int, pages: int) -> str:
    """Return one page of the list of the things in a collection."""
    service = current_service()
    iris = service.release.iris
    namer = Namer(iris, service.presentation, {each.iri: each.names for each in listed})
    entries = [
        (namer.resource(each.iri), service.presentation.kinds(each.classes)) for each in listed
    ]
    path = iris.path(collection.graph)
    return render_template(
        "list.html",
        collection=collection,
        entries=entries,
        page=page,
        pages=pages,
        document=here(path or ""),
    )


def ontology_page(triples: Iterable[Triple]) -> str:
    """Return the page of the ontology, with an anchor for each of its terms."""
    service = current_service()
    book = glossary.ontology(triples, service.presentation, service.release.iris)
    return render_template("ontology.html", book=book, document=here("/ontology"))


def shapes_page(triples: Iterable[Triple]) -> str:
    """Return the page of the shapes, with an anchor for each."""
    service = current_service()
    shapes = rules.shapes(triples, service.presentation, service.release.iris)
    return render_template("shapes.html", shapes=shapes, document=here("/shapes"))


def dumps_page(files: Sequence[Download], checksums: str) -> str:
    """Return the page that lists the files of the release."""
    return render_template("dumps.html", files=files, checksums=checksums)


def query_page(query: str = "", *, problem: Mapping[str, Any] | None = None) -> str:
    """Return the page with the query form, filled with `query`.

    `problem`, the members of a problem document, says what was wrong with it; its `line` and
    `column` are shown where given.
    """
    release = current_service().release
    saved = examples.saved(release)
    text = query or (saved[0].text if saved else examples.count_by_class())
    return render_template(
        "query.html",
        query=text,
        problem=problem,
        saved=saved,
        general=examples.general(),
        prefixes=sorted(release.publication.prefixes.items()),
    )


def register(app: Flask) -> None:
    """Set up templates for `app`."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["size"] = _size
    app.jinja_env.filters["license_name"] = _license_name
    app.jinja_env.filters["number"] = lambda number: grouped(str(number))
    app.context_processor(_site)
    app.register_blueprint(blueprint)


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
        "page_language": PAGE_LANGUAGE,
        "language": foreign,
        "forms": [
            (form.suffix, form.label, form.media_type)
            for form in RDF_FORMS
            if form.suffix in DOCUMENT_FORMS
        ],
    }


def _collection_of(iri: str) -> Collection | None:
    release = current_service().release
    slug = release.iris.collection_of(iri)
    return next((each for each in release.collections if each.slug == slug), None)


def _license_name(iri: str) -> str:
    """Write a Creative Commons licence as `CC BY 4.0`, another one as its address."""
    match = re.fullmatch(
        r"https?://creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/([0-9.]+)/?.*", iri
    )
    if match is None:
        return readable(iri)
    name = {"zero": "CC0", "mark": "Public Domain Mark"}.get(match[1], f"CC {match[1].upper()}")
    return f"{name} {match[2]}"


def _size(count: int) -> str:
    """Write a number of bytes as `12.3 MB`, in powers of ten as disks are sold."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"
