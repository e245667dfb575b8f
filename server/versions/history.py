"""What came with each version, as the archive has it."""

from __future__ import annotations

from publisher.feeds.atom import Entry
from publisher.feeds.transitions import transitions
from server.service import current_service


def entries() -> list[Entry]:
    """Return an entry for each version that the server has, the oldest first."""
    timeline = current_service().timeline
    told = {
        each["version"]: each["notes"] for each in current_service().release.overview["history"]
    }
    return [
        Entry(
            version.name,
            version.released,
            transition,
            version.notes or told.get(version.name),
            transition.record(timeline.archive) if timeline.archive else None,
        )
        for version, transition in zip(
            timeline, transitions([each.edition for each in timeline]), strict=True
        )
    ]


def find(name: str) -> Entry | None:
    """Return the entry whose transition has a name, or None."""
    return next((each for each in entries() if each.transition.name == name), None)
