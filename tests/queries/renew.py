"""Write the exact answers anew: `python tests/queries/renew.py [RELEASE]` (default: build/release).

Read the change with `git diff` before it is committed: a file in expected/ is a statement that the
answer is right, not a record of what came out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyoxigraph as ox
from answers import EXPECTED, answers, saved_queries, table

from publisher.release import Release


def renew(release: Release) -> None:
    """Write a CSV file for each answer that is held exactly, and remove those of others."""
    store = ox.Store()
    store.bulk_load(path=release.dataset_path, format=ox.RdfFormat.N_QUADS)
    exact = [name for name, answer in answers().items() if answer.exact]
    for path in EXPECTED.glob("*.csv"):
        if path.stem not in exact:
            path.unlink()
    for name in exact:
        found = table(store, saved_queries()[name].text)
        (EXPECTED / f"{name}.csv").write_text(found.csv, encoding="utf-8")
        print(f"{name}: {len(found.rows)} rows")


if __name__ == "__main__":
    renew(Release.open(Path(sys.argv[1] if len(sys.argv) > 1 else "build/release")))
