"""Controlled vocabularies that catalogues are read with: codes, names and schemes.

The tables are those of the Publications Office of the European Union and of ADMS that DCAT-AP 3.0.1
asks for (section "Controlled vocabularies"); only what a publication can mean is here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_EU = "http://publications.europa.eu/resource/authority/"
_ADMS = "http://purl.org/adms/"


@dataclass(frozen=True)
class Scheme:
    """A controlled vocabulary."""

    iri: str
    title: str


@dataclass(frozen=True)
class Concept:
    """A term of a controlled vocabulary, with the name that catalogues show."""

    iri: str
    label: str
    scheme: Scheme


ACCESS_RIGHT = Scheme(f"{_EU}access-right", "Access right")
AVAILABILITY = Scheme(f"{_EU}planned-availability", "Planned availability")
CORPORATE_BODY = Scheme(f"{_EU}corporate-body", "Corporate body")
DATA_THEME = Scheme(f"{_EU}data-theme", "Data theme")
DATASET_TYPE = Scheme(f"{_EU}dataset-type", "Dataset type")
FILE_TYPE = Scheme(f"{_EU}file-type", "File type")
LANGUAGE = Scheme(f"{_EU}language", "Language")
LICENCE_TYPE = Scheme(f"{_ADMS}licencetype/1.0", "ADMS licence types")
PUBLISHER_TYPE = Scheme(f"{_ADMS}publishertype/1.0", "ADMS publisher types")
#: Schemes of places, and IRIs that need none.
PLACE_SCHEMES = tuple(
    Scheme(f"{_EU}{name}", name.capitalize()) for name in ("continent", "country", "place")
)
GEONAMES = "https://sws.geonames.org/"

PUBLIC = Concept(f"{ACCESS_RIGHT.iri}/PUBLIC", "public", ACCESS_RIGHT)
STABLE = Concept(f"{AVAILABILITY.iri}/STABLE", "stable", AVAILABILITY)

_THEMES: Mapping[str, str] = {
    "AGRI": "Agriculture, fisheries, forestry and food",
    "ECON": "Economy and finance",
    "EDUC": "Education, culture and sport",
    "ENER": "Energy",
    "ENVI": "Environment",
    "GOVE": "Government and public sector",
    "HEAL": "Health",
    "INTR": "International issues",
    "JUST": "Justice, legal system and public safety",
    "REGI": "Regions and cities",
    "SOCI": "Population and society",
    "TECH": "Science and technology",
    "TRAN": "Transport",
}
_PUBLISHER_TYPES: Mapping[str, str] = {
    "Academia-ScientificOrganisation": "Academia or scientific organisation",
    "Company": "Company",
    "IndustryConsortium": "Industry consortium",
    "LocalAuthority": "Local authority",
    "NationalAuthority": "National authority",
    "NonGovernmentalOrganisation": "Non-governmental organisation",
    "NonProfitOrganisation": "Non-profit organisation",
    "PrivateIndividual(s)": "Private individual(s)",
    "RegionalAuthority": "Regional authority",
    "StandardisationBody": "Standardisation body",
    "SupraNationalAuthority": "Supra-national authority",
}
_FILE_TYPES: Mapping[str, tuple[str, str]] = {
    "ttl": ("RDF_TURTLE", "RDF Turtle"),
    "nt": ("RDF_N_TRIPLES", "RDF N-Triples"),
    "jsonld": ("JSON_LD", "JSON-LD"),
    "rdf": ("RDF_XML", "RDF/XML"),
    "trig": ("RDF_TRIG", "RDF TriG"),
    "nq": ("RDF_N_QUADS", "RDF N-Quads"),
}
_LANGUAGES: Mapping[str, tuple[str, str]] = {
    "bg": ("BUL", "Bulgarian"),
    "cs": ("CES", "Czech"),
    "da": ("DAN", "Danish"),
    "de": ("DEU", "German"),
    "el": ("ELL", "Greek"),
    "en": ("ENG", "English"),
    "es": ("SPA", "Spanish"),
    "et": ("EST", "Estonian"),
    "fi": ("FIN", "Finnish"),
    "fr": ("FRA", "French"),
    "ga": ("GLE", "Irish"),
    "hr": ("HRV", "Croatian"),
    "hu": ("HUN", "Hungarian"),
    "is": ("ISL", "Icelandic"),
    "it": ("ITA", "Italian"),
    "ja": ("JPN", "Japanese"),
    "lt": ("LIT", "Lithuanian"),
    "lv": ("LAV", "Latvian"),
    "mt": ("MLT", "Maltese"),
    "nl": ("NLD", "Dutch"),
    "no": ("NOR", "Norwegian"),
    "pl": ("POL", "Polish"),
    "pt": ("POR", "Portuguese"),
    "ro": ("RON", "Romanian"),
    "sk": ("SLK", "Slovak"),
    "sl": ("SLV", "Slovenian"),
    "sv": ("SWE", "Swedish"),
    "tr": ("TUR", "Turkish"),
    "uk": ("UKR", "Ukrainian"),
    "zh": ("ZHO", "Chinese"),
}
_LICENCE_TYPES: Mapping[str, tuple[str, str]] = {
    "by": ("Attribution", "Attribution"),
    "sa": ("ViralEffect-ShareAlike", "Viral effect (share alike)"),
    "nc": ("NonCommercialUseOnly", "Non-commercial use only"),
    "nd": ("NoDerivativeWork", "No derivative work"),
    "zero": ("PublicDomain", "Work in the public domain"),
    "mark": ("PublicDomain", "Work in the public domain"),
}
_CREATIVE_COMMONS = re.compile(
    r"https?://creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/([0-9.]+)/?.*"
)

#: The codes that publication.toml may name.
THEMES = tuple(_THEMES)
PUBLISHER_TYPES = tuple(_PUBLISHER_TYPES)


def theme(code: str) -> Concept:
    """Return a data theme by its code. Raises KeyError."""
    return Concept(f"{DATA_THEME.iri}/{code}", _THEMES[code], DATA_THEME)


def publisher_type(code: str) -> Concept:
    """Return a type of publisher by its code. Raises KeyError."""
    iri = f"{_ADMS}publishertype/{code}"
    return Concept(iri, _PUBLISHER_TYPES[code], PUBLISHER_TYPE)


def file_type(suffix: str) -> Concept | None:
    """Return the file type of an RDF form by its suffix, or None."""
    code, label = _FILE_TYPES.get(suffix, ("", ""))
    return Concept(f"{FILE_TYPE.iri}/{code}", label, FILE_TYPE) if code else None


def language(tag: str) -> Concept | None:
    """Return a language by its tag (BCP 47), or None for one that is not in the table."""
    code, label = _LANGUAGES.get(tag.partition("-")[0], ("", ""))
    return Concept(f"{LANGUAGE.iri}/{code}", label, LANGUAGE) if code else None


def licence_types(iri: str) -> list[Concept]:
    """Return what kinds of licence an IRI names; nothing certain is said of unknown ones."""
    match = _CREATIVE_COMMONS.fullmatch(iri)
    found = [_LICENCE_TYPES[part] for part in match[1].split("-")] if match else []
    return [
        Concept(f"{_ADMS}licencetype/{code}", label, LICENCE_TYPE)
        for code, label in found or [("UnknownIPR", "Unknown intellectual property rights")]
    ]


def licence_name(iri: str) -> str | None:
    """Write a Creative Commons licence as `CC BY 4.0`; return None for any other."""
    match = _CREATIVE_COMMONS.fullmatch(iri)
    if match is None:
        return None
    name = {"zero": "CC0", "mark": "Public Domain Mark"}.get(match[1], f"CC {match[1].upper()}")
    return f"{name} {match[2]}"


def place_scheme(iri: str) -> Scheme | None:
    """Return the scheme that the IRI of a place belongs to, or None."""
    return next((each for each in PLACE_SCHEMES if iri.startswith(f"{each.iri}/")), None)
