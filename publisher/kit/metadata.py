"""The metadata of a deposit: CITATION.cff, DataCite and RO-Crate.

CITATION.cff is of Citation File Format 1.2.0, DataCite of its Metadata Schema 4.5 as JSON, the
crate of RO-Crate 1.1. All are made of the release alone: the same release gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from publisher.kit.described import Described
from publisher.release import CHECKSUMS, MANIFEST

CITATION_FILE: Final = "CITATION.cff"
DATACITE: Final = "datacite.json"
#: The name that the specification of RO-Crate asks for.
RO_CRATE: Final = "ro-crate-metadata.json"
_CRATE_CONTEXT: Final = "https://w3id.org/ro/crate/1.1/context"
_CRATE_PROFILE: Final = "https://w3id.org/ro/crate/1.1"


def citation_file(about: Described) -> str:
    """Return CITATION.cff."""
    document: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below.",
        "type": "dataset",
        "title": about.title,
        "abstract": about.description,
        "authors": [_entity(about)],
        "version": about.release.version,
        "date-released": about.released,
        "license" if about.spdx else "license-url": about.spdx or about.license,
        "url": about.release.publication.homepage or about.release.iris.dataset,
        "identifiers": [
            {"type": "url", "value": about.iri, "description": "this version"},
            {"type": "url", "value": about.release.iris.dataset, "description": "the newest one"},
        ],
        "keywords": list(about.keywords),
    }
    kept = {name: value for name, value in document.items() if value}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=100)


def datacite(about: Described) -> str:
    """Return the record for a repository that registers DOIs; the DOI itself is theirs to give."""
    release = about.release
    document = {
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "RDF knowledge graph"},
        "titles": [{"title": about.title, "lang": release.publication.language}],
        "creators": [{"name": about.publisher, "nameType": "Organizational"}],
        "publisher": {"name": about.publisher},
        "publicationYear": about.year,
        "version": release.version,
        "language": release.publication.language,
        "dates": [{"date": about.released, "dateType": "Issued"}]
        + (
            [{"date": about.period, "dateType": "Other", "dateInformation": "covered"}]
            if about.period
            else []
        ),
        "descriptions": [
            {
                "description": about.description,
                "descriptionType": "Abstract",
                "lang": release.publication.language,
            }
        ],
        "subjects": [{"subject": word} for word in about.keywords],
        "geoLocations": [{"geoLocationPlace": about.place}] if about.place else [],
        "rightsList": [
            {"rightsUri": about.license}
            | (
                {"rightsIdentifier": about.spdx, "rightsIdentifierScheme": "SPDX"}
                if about.spdx
                else {}
            )
        ],
        "identifiers": [],
        "alternateIdentifiers": [
            {"alternateIdentifier": about.iri, "alternateIdentifierType": "IRI"}
        ],
        "relatedIdentifiers": [
            {
                "relatedIdentifier": release.iris.dataset,
                "relatedIdentifierType": "URL",
                "relationType": "IsVersionOf",
            }
        ],
        "formats": sorted({file.media_type for file in release.files}),
        "sizes": [f"{release.counts['triples']} triples"],
        "schemaVersion": "http://datacite.org/schema/kernel-4",
    }
    return _json({name: value for name, value in document.items() if value != []})


def ro_crate(about: Described, files: Mapping[str, int]) -> str:
    """Return the crate's metadata; `files` has the sizes in bytes of what lies in it, by path."""
    release = about.release
    known = {f"release/{file.path}": file for file in release.files}
    titles = {
        f"release/{MANIFEST}": "what the release holds, with counts and hashes",
        f"release/{CHECKSUMS}": "the SHA-256 of every file of the release",
    }
    parts = []
    for path, size in sorted(files.items()):
        part: dict[str, Any] = {"@id": path, "@type": "File", "contentSize": str(size)}
        part["name"] = titles.get(path, PurePosixPath(path).name)
        if path in known:
            file = known[path]
            part |= {"name": file.title, "encodingFormat": file.media_type, "sha256": file.sha256}
        parts.append(part)
    publisher = about.publisher_iri or "#publisher"
    root: dict[str, Any] = {
        "@id": "./",
        "@type": "Dataset",
        "name": about.title,
        "description": about.description,
        "version": release.version,
        "datePublished": about.released,
        "license": {"@id": about.license},
        "identifier": about.iri,
        "isBasedOn": {"@id": release.iris.dataset},
        "publisher": {"@id": publisher},
        "author": {"@id": publisher},
        "keywords": ", ".join(about.keywords),
        "temporalCoverage": about.period,
        "inLanguage": release.publication.language,
        "hasPart": [{"@id": part["@id"]} for part in parts],
    }
    graph = [
        {
            "@id": RO_CRATE,
            "@type": "CreativeWork",
            "conformsTo": {"@id": _CRATE_PROFILE},
            "about": {"@id": "./"},
        },
        {name: value for name, value in root.items() if value},
        {
            "@id": publisher,
            "@type": "Organization",
            "name": about.publisher,
        },
        {"@id": about.license, "@type": "CreativeWork", "name": about.spdx or about.license},
        {"@id": release.iris.dataset, "@type": "CreativeWork", "name": about.title},
        *parts,
    ]
    return _json({"@context": _CRATE_CONTEXT, "@graph": graph})


def _entity(about: Described) -> dict[str, str]:
    entity = {"name": about.publisher}
    return entity | ({"website": about.publisher_iri} if about.publisher_iri else {})


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
