"""The distributions of the catalogue: are they there, so long, and with that checksum?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from publisher.edition import Edition
from publisher.gate.disagreement import Disagreement
from publisher.prefixes import WELL_KNOWN
from publisher.release import CATALOGUE

_DCAT: Final = WELL_KNOWN["dcat"]
_QUERY: Final = f"""
PREFIX dcat: <{_DCAT}>
PREFIX spdx: <http://spdx.org/rdf/terms#>
SELECT ?url ?bytes ?checksum {{
  ?distribution dcat:downloadURL ?url .
  OPTIONAL {{ ?distribution dcat:byteSize ?bytes }}
  OPTIONAL {{ ?distribution spdx:checksum/spdx:checksumValue ?checksum }}
}} ORDER BY ?url"""


def check_distributions(edition: Edition) -> Iterator[Disagreement]:
    """Compare size and checksum of each distribution with those of the file."""
    files = {file.path.rpartition("/")[2]: file for file in edition.files}
    store = ox.Store()
    store.bulk_load(path=edition.folder / CATALOGUE, format=ox.RdfFormat.TURTLE)
    rows = store.query(_QUERY)
    assert isinstance(rows, ox.QuerySolutions)
    for row in rows:
        name = row["url"].value.rpartition("/")[2]
        place = f"the catalogue, {name}"
        file = files.get(name)
        if file is None:
            yield Disagreement(place, "there is no such file")
            continue
        size, checksum = row["bytes"], row["checksum"]
        if size is not None and int(size.value) != file.bytes:
            yield Disagreement(place, f"{int(size.value):,} bytes, and it has {file.bytes:,}")
        if checksum is not None and checksum.value != file.sha256:
            yield Disagreement(place, "another checksum than the file has")
