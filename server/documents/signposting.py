"""FAIR Signposting: typed links that lead machines from a page to all that belongs to it.

Level 1 is the Link field, level 2 a link set with all of them (RFC 9264); see signposting.org/FAIR.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from publisher.formats import TURTLE
from server.documents.citations import CITATION_FORMS, work
from server.documents.outlines import Outline
from server.documents.profiles import schema_type
from server.http.addresses import here, uri
from server.http.links import Link, license_link, public_address
from server.http.negotiation import DOCUMENT_FORMS, HTML
from server.service import current_service

MEDIA_TYPE = "application/linkset+json"
#: The link set has a suffix too.
LINKSET_FORMS = {"linkset.json": MEDIA_TYPE}
#: More authors than these are left to the link set: header fields have an end.
_AUTHORS_IN_HEADER = 6
_SCHEMA = "https://schema.org/"


def signposts(outline: Outline, path: str, collection: str | None) -> list[Link]:
    """Return the links that belong to the document at `path` about a thing.

    `collection` is the address of the list that it stands in.
    """
    types = [each for each in outline.types() if not each.startswith(_SCHEMA)]
    links = [Link(outline.iri, "cite-as"), Link(outline.iri, "describes")]
    links += [Link(f"{_SCHEMA}AboutPage", "type")]
    links += [Link(_SCHEMA + schema_type(outline.types()), "type")]
    links += [Link(each, "type") for each in types]
    links += [Link(author, "author") for author in _authors(outline)]
    links += thing_licenses(outline)
    if collection is not None:
        links.append(Link(collection, "collection"))
    for suffix, media_type in metadata_forms(outline).items():
        links.append(Link(f"{path}.{suffix}", "describedby", media_type))
    return links


def thing_licenses(outline: Outline) -> list[Link]:
    """Return the links to the licences of a thing and its page: its own, or the publication's."""
    return [Link(each, "license") for each in own_licenses(outline)] or [license_link()]


def metadata_licenses(outline: Outline) -> list[Link]:
    """Return the links to the licences that a description of a thing carries.

    What is published about a thing is under the publication's licence, whatever its own is.
    """
    own = [Link(each, "license", anchor=outline.iri) for each in own_licenses(outline)]
    return [license_link(), *own]


def of_part(*types: str) -> list[Link]:
    """Return the links of a document about a part of the dataset, whose classes are `types`."""
    return [
        Link(f"{_SCHEMA}AboutPage", "type"),
        *(Link(each, "type") for each in types),
        Link(current_service().release.iris.dataset, "collection"),
        Link(here("/void"), "describedby", TURTLE.media_type),
    ]


def in_header(
    outline: Outline, path: str, collection: str | None, form: str, query: str = ""
) -> list[Link]:
    """Return the signposts as the Link field has room for them, and the other forms.

    `form` is the suffix of the form that carries the field.

    A proxy that reads 8 kB of header fields is nothing rare: no form is named twice, and of many
    authors only the first are there.
    """
    elsewhere = ("describedby",) if form == "html" else ("describedby", "license")
    found = [link for link in signposts(outline, path, collection) if link.rel not in elsewhere]
    if form != "html":
        found += metadata_licenses(outline)
    authors = [link for link in found if link.rel == "author"]
    left_out = set(authors[_AUTHORS_IN_HEADER:])
    links = [link for link in found if link not in left_out]
    links.append(Link(f"{path}.html{query}", "alternate", HTML))
    for suffix, media_type in metadata_forms(outline).items():
        of_page = query if suffix in DOCUMENT_FORMS else ""
        links.append(Link(f"{path}.{suffix}{of_page}", "alternate describedby", media_type))
    return [*links, Link(f"{path}.linkset.json", "linkset", MEDIA_TYPE)]


def metadata_forms(outline: Outline) -> dict[str, str]:
    """Return suffix and media type of the forms for machines that a document comes in."""
    forms = {suffix: media for suffix, media in DOCUMENT_FORMS.items() if media != HTML}
    return {**forms, **(CITATION_FORMS if work(outline) is not None else {})}


def linkset(outline: Outline, path: str, collection: str | None) -> str:
    """Return the link set of a document (RFC 9264, 4.2), with the links back from its forms."""
    page = public_address(path)
    links = signposts(outline, page, collection)
    contexts: list[dict[str, Any]] = [_context(page, links)]
    for suffix in metadata_forms(outline):
        back = [Link(page, "describes", HTML), license_link()]
        contexts.append(_context(f"{page}.{suffix}", back))
    own = own_licenses(outline)
    if own:
        contexts.append(_context(outline.iri, [Link(each, "license") for each in own]))
    return json.dumps({"linkset": contexts}, ensure_ascii=False, indent=1) + "\n"


def linkset_link(path: str) -> Link:
    """Return the link to the link set of the document at `path`."""
    return Link(here(f"{path}.linkset.json"), "linkset", MEDIA_TYPE)


def own_licenses(outline: Outline) -> list[str]:
    """Return the licences that the graph gives a thing itself."""
    names = current_service().release.works["properties"]
    properties = [iri for iri, name in names.items() if name == "license"]
    found = [each for iri in (*properties, f"{_SCHEMA}license") for each in outline.iris(iri)]
    return list(dict.fromkeys(found))


def _authors(outline: Outline) -> list[str]:
    families = current_service().release.works["families"].values()
    for rule in families:
        if set(rule["types"]).intersection(outline.types()):
            authors = rule["fields"].get("authors")
            return outline.iris(authors["property"]) if authors else []
    return []


def _context(anchor: str, links: Iterable[Link]) -> dict[str, Any]:
    context: dict[str, Any] = {"anchor": uri(anchor)}
    for link in links:
        target = {"href": uri(link.href)}
        if link.type:
            target["type"] = link.type
        context.setdefault(link.rel, []).append(target)
    return context
