"""The statements of a release as sorted lines, checked to be those that were released."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from publisher.compare.blank_nodes import relabelled
from publisher.edition import Edition
from publisher.push.quad_lines import has_blank_node
from publisher.release import DamagedRelease, sha256


def statements(edition: Edition) -> Iterator[bytes]:
    """Yield the canonical N-Quads of a release; blank nodes have labels of their own.

    Only the statements with blank nodes are held in memory. Raises DamagedRelease if the file is
    missing or not the one of the manifest.
    """
    path = edition.quads_path
    if not path.is_file():
        raise DamagedRelease(f"{path} is missing; without it there is nothing to compare")
    if sha256(path) != edition.canonical_sha256:
        raise DamagedRelease(
            f"{path} is not the file that was released: its SHA-256 is not the canonical_sha256 "
            "of the manifest; download or build the release again"
        )
    with path.open("rb") as file:
        nameless = relabelled(filter(has_blank_node, file))
        file.seek(0)
        named = (line for line in file if not has_blank_node(line)) if nameless else file
        yield from heapq.merge(named, nameless) if nameless else named


def nameless(edition: Edition) -> dict[bytes, list[bytes]]:
    """Return the statements about blank nodes by label, with the labels that `statements` has.

    All of them are held in memory.
    """
    found: dict[bytes, list[bytes]] = {}
    with edition.quads_path.open("rb") as file:
        for line in relabelled(filter(has_blank_node, file)):
            if line.startswith(b"_:"):
                found.setdefault(line.partition(b" ")[0], []).append(line)
    return found
