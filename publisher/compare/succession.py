"""Succession: a release answers at every address of those that it follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from publisher.compare.addresses import lost
from publisher.edition import Edition
from publisher.findings import Finding, Place, SourceFault
from publisher.release import DamagedRelease
from publisher.sources import DATA, ONTOLOGY

_RULE = "lost-address"
_MOST = 1000


def predecessors(folders: Iterable[Path], edition: Edition) -> Iterator[Edition]:
    """Yield the releases among folders that an edition follows, passing over what is damaged.

    Those are of another version and not of a later day: what has the same version is a draft of it,
    and an older version that is built again follows no newer one.
    """
    for folder in folders:
        try:
            found = Edition.read(folder)
        except DamagedRelease:
            continue
        other = found.iris == edition.iris and found.version != edition.version
        if other and found.released <= edition.released and found.quads_path.is_file():
            yield found


def refuse_losses(edition: Edition, earlier: Sequence[Edition]) -> None:
    """Raise SourceFault if an IRI of an earlier release would be a 404 in this one.

    Raises DamagedRelease if one of the releases is not whole or of another publication.
    """
    findings: list[Finding] = []
    for old in earlier:
        if old.iris != edition.iris:
            raise DamagedRelease(f"{old.folder} is a release of another publication")
        for iri in islice(lost(old, edition), _MOST - len(findings)):
            kind = ONTOLOGY if iri.startswith(edition.iris.ontology) else DATA
            findings.append(
                Finding(
                    Place(Path(kind)),
                    _RULE,
                    f"<{iri}> of version {old.version} would be a 404",
                    "keep what it stands for, or leave a tombstone: owl:deprecated true, and "
                    "dcterms:isReplacedBy if something takes its place",
                )
            )
    if findings:
        raise SourceFault(findings)
