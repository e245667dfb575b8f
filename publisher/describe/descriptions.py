"""Descriptions: what a release says of itself, worked out once, when it is made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from heapq import merge
from itertools import chain, groupby
from pathlib import Path
from typing import Any, Final

from publisher.describe.catalogue import catalogue
from publisher.describe.linksets import Linkset
from publisher.describe.schema_org import data_catalog
from publisher.describe.sitemaps import sitemap_index, sitemaps
from publisher.describe.statistics import Statistics, count
from publisher.describe.triples import Triples, descriptive_prefixes
from publisher.describe.void import linkset_file, void
from publisher.describe.works import works
from publisher.graphs import Graphs
from publisher.prefixes import WELL_KNOWN
from publisher.publication import Publication
from publisher.push.quad_lines import terms
from publisher.release import (
    CATALOGUE,
    CONTEXT,
    OVERVIEW,
    SCHEMA_ORG,
    SECURITY,
    SITEMAPS,
    VOID,
    WORKS,
    Collection,
    ReleasedFile,
    public_address,
)
from publisher.turtle import turtle

_DEPRECATED = f"> <{WELL_KNOWN['owl']}deprecated> ".encode()


#: How many descriptions there are.
DESCRIPTIONS: Final = 8


def write_descriptions(
    publication: Publication,
    graphs: Graphs,
    linksets: Sequence[Linkset],
    context: Mapping[str, Any],
    collections: Sequence[Collection],
    files: Sequence[ReleasedFile],
    folder: Path,
) -> Iterator[str]:
    """Write VoID, catalogue, overview, sitemaps, context and security.txt into a release.

    Yields the name of each of DESCRIPTIONS when it is done.
    """
    statistics = count(publication.iris, graphs.merged, graphs.folder)
    withdrawn = _withdrawn(graphs)
    things = {
        name: sorted(iri for iri in graph.things if iri not in withdrawn)
        for name, graph in graphs.named.items()
    }
    examples = [things[each.graph][0] for each in collections if things[each.graph]]
    described = void(publication, statistics, linksets, collections, examples, files)
    _write_turtle(folder / VOID, described, publication)
    yield VOID
    listed = catalogue(publication, collections, files, ontology=bool(graphs.ontology()))
    _write_turtle(folder / CATALOGUE, listed, publication)
    yield CATALOGUE
    _write_turtle(folder / SCHEMA_ORG, data_catalog(publication, files), publication)
    yield SCHEMA_ORG
    cited = works(publication, (quad.triple for quad in graphs.ontology()))
    (folder / WORKS).write_text(f"{json.dumps(cited, indent=1)}\n", encoding="utf-8")
    yield WORKS
    overview = json.dumps(_overview(publication, statistics, linksets), indent=1)
    (folder / OVERVIEW).write_text(f"{overview}\n", encoding="utf-8")
    yield OVERVIEW
    optional = {"/ontology": bool(graphs.ontology()), "/shapes": bool(graphs.shapes)}
    _write_sitemaps(publication, optional, collections, things, folder)
    yield SITEMAPS
    written = json.dumps(context, indent=1, ensure_ascii=False)
    (folder / CONTEXT).write_text(f"{written}\n", encoding="utf-8")
    yield CONTEXT
    if publication.security is not None:
        (folder / SECURITY).write_text(_security_text(publication), encoding="utf-8")
    yield SECURITY


def _withdrawn(graphs: Graphs) -> set[str]:
    lines = graphs.merged.lines()
    return {terms(line)[0][1:-1] for line in lines if _DEPRECATED in line}


def _write_turtle(path: Path, triples: Triples, publication: Publication) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    prefixes = descriptive_prefixes(publication.prefixes)
    path.write_text(turtle(triples.sorted(), prefixes), encoding="utf-8")


def _overview(
    publication: Publication, statistics: Statistics, linksets: Sequence[Linkset]
) -> dict[str, Any]:
    return {
        "statistics": asdict(statistics),
        "linksets": [
            {
                **asdict(each.target),
                "file": linkset_file(publication.name, each),
                "triples": each.triples,
                "subjects": each.subjects,
                "objects": each.objects,
                "predicates": each.predicates,
            }
            for each in linksets
        ],
        "notes": publication.about.notes,
        "history": [
            {"version": each.version, "released": each.released.isoformat(), "notes": each.notes}
            for each in publication.about.history
        ],
    }


def _write_sitemaps(
    publication: Publication,
    optional: dict[str, bool],
    collections: Sequence[Collection],
    things: dict[str, list[str]],
    folder: Path,
) -> None:
    iris = publication.iris
    paths = ["/", "/catalog", "/dumps/", "/sparql"]
    paths += [path for path, there in optional.items() if there]
    paths += [path for each in collections if (path := iris.path(each.graph))]
    every = merge(*things.values())
    documents = (iris.document_path(iri) for iri, _ in groupby(every))
    addresses = (_address(publication, path) for path in chain(paths, documents) if path)
    written = []
    (folder / SITEMAPS).mkdir()
    for number, text in enumerate(sitemaps(addresses, publication.released), start=1):
        (folder / SITEMAPS / f"{number}.xml").write_text(text, encoding="utf-8")
        written.append(_address(publication, f"/sitemaps/{number}.xml"))
    index = sitemap_index(written, publication.released)
    (folder / SITEMAPS / "index.xml").write_text(index, encoding="utf-8")


def _security_text(publication: Publication) -> str:
    """Return security.txt (RFC 9116, section 2.5)."""
    security = publication.security
    assert security is not None
    lines = [f"Contact: {contact}" for contact in security.contact]
    lines.append(f"Expires: {security.expires.isoformat()}T00:00:00Z")
    if security.languages:
        lines.append(f"Preferred-Languages: {', '.join(security.languages)}")
    lines.append(f"Canonical: {_address(publication, '/.well-known/security.txt')}")
    if security.policy:
        lines.append(f"Policy: {security.policy}")
    if security.acknowledgments:
        lines.append(f"Acknowledgments: {security.acknowledgments}")
    return "\n".join(lines) + "\n"


def _address(publication: Publication, path: str) -> str:
    return public_address(publication.public_url, publication.base, path)
