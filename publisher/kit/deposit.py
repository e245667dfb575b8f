"""The deposit: a release with what a research-data repository asks for beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from publisher.kit.described import Described
from publisher.kit.metadata import (
    CITATION_FILE,
    DATACITE,
    RO_CRATE,
    citation_file,
    datacite,
    ro_crate,
)
from publisher.release import INDEX, STORE, Release
from publisher.staging import linked

README: Final = "README.md"
RELEASE: Final = "release"
#: What is made from the rest of a release and can be made again.
_MADE_AGAIN: Final = frozenset((INDEX, STORE))


def write_deposit(release: Release, folder: Path) -> None:
    """Write the deposit of a release into an empty folder.

    The release in it is whole: it can be verified, and served by `python -m server`.
    """
    about = Described.of(release)
    for path in sorted(release.path.rglob("*")):
        name = path.relative_to(release.path)
        if path.is_file() and name.parts[0] not in _MADE_AGAIN:
            linked(path, folder / RELEASE / name)
    _write(folder / CITATION_FILE, citation_file(about))
    _write(folder / DATACITE, datacite(about))
    _write(folder / README, readme(about))
    files = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }
    _write(folder / RO_CRATE, ro_crate(about, files))


def readme(about: Described) -> str:
    """Return the page that stands at the top of a deposit."""
    release, name = about.release, about.release.publication.name
    counts = release.counts
    return f"""# {about.title}, version {release.version}

{about.description}

{counts["things"]:,} things and {counts["triples"]:,} triples, {len(counts["graphs"])} named graphs;
released on {about.released} by {about.publisher}.

- Licence: <{about.license}>
- Cite it as <{about.iri}>, or see {CITATION_FILE}

## What is here

| | |
|---|---|
| `{RELEASE}/dumps/{name}.ttl`, `.nt`, `.jsonld`, `.rdf` | all triples in one graph |
| `{RELEASE}/dumps/{name}.trig`, `.nq` | the same in named graphs, one for each collection |
| `{RELEASE}/dumps/{name}-*.ttl` | each collection, the ontology and the shapes by themselves |
| `{RELEASE}/descriptions/` | VoID, DCAT and schema.org of the dataset |
| `{RELEASE}/report/` | the SHACL report |
| `{RELEASE}/queries/` | saved SPARQL queries, one for each question |
| `{RELEASE}/manifest.json`, `SHA256SUMS` | counts, canonical hash and checksums |
| `{CITATION_FILE}`, `{DATACITE}`, `{RO_CRATE}` | how to cite it, for people and for repositories |

## Is it whole?

    cd {RELEASE} && sha256sum -c SHA256SUMS

compares the bytes. `python -m publisher verify {RELEASE}` also reads every dump and compares the
triples in all of them with the canonical hash (RDFC-1.0) in the manifest:
`{release.manifest["canonical_sha256"]}`.

## Read it

    import rdflib
    graph = rdflib.Graph().parse("{RELEASE}/dumps/{name}.ttl")

## Serve it again

The folder `{RELEASE}` is all that the server of the publisher needs; docs/succession.md in its
source is the runbook:

    python -m server --release {RELEASE} --port 8000

Any other triple store loads `{RELEASE}/dumps/{name}.nq`.
"""


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
