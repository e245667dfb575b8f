"""RDF serialisations: the one table of suffixes, media types and Oxigraph formats."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import RdfFormat


@dataclass(frozen=True)
class RdfForm:
    """One serialisation of RDF that sources may be written in and releases are offered in.

    `dataset` says whether the form can hold named graphs.
    """

    suffix: str
    media_type: str
    label: str
    oxigraph: RdfFormat
    dataset: bool
    format_name: str
    """Local name at https://www.w3.org/ns/formats/."""


TURTLE = RdfForm("ttl", "text/turtle", "Turtle", RdfFormat.TURTLE, False, "Turtle")
N_TRIPLES = RdfForm(
    "nt", "application/n-triples", "N-Triples", RdfFormat.N_TRIPLES, False, "N-Triples"
)
JSON_LD = RdfForm("jsonld", "application/ld+json", "JSON-LD", RdfFormat.JSON_LD, True, "JSON-LD")
RDF_XML = RdfForm("rdf", "application/rdf+xml", "RDF/XML", RdfFormat.RDF_XML, False, "RDF_XML")
TRIG = RdfForm("trig", "application/trig", "TriG", RdfFormat.TRIG, True, "TriG")
N_QUADS = RdfForm("nq", "application/n-quads", "N-Quads", RdfFormat.N_QUADS, True, "N-Quads")

#: In the order in which a client that has no preference is served.
RDF_FORMS = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML, TRIG, N_QUADS)

#: The forms that sources in data/ may be written in.
SOURCE_FORMS = (TURTLE, N_TRIPLES, TRIG, N_QUADS)

_BY_SUFFIX = {form.suffix: form for form in RDF_FORMS}
_BY_MEDIA_TYPE = {form.media_type: form for form in RDF_FORMS}


def form_by_suffix(suffix: str) -> RdfForm | None:
    """Return the form whose files end in `suffix` (without the dot), or None."""
    return _BY_SUFFIX.get(suffix)


def form_by_media_type(media_type: str) -> RdfForm | None:
    """Return the form of a media type given without parameters, or None."""
    return _BY_MEDIA_TYPE.get(media_type)
