"""Charts: the answer to a saved query as a picture, where it is made for one."""

from __future__ import annotations

import re

from publisher.saved_queries import SavedQuery
from server.pages.pictures import Bar, Mark, Picture, picture
from server.pages.results import Table
from server.pages.values import Value, grouped
from server.service import current_service

_AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?")
#: Numbers that name something.
_NO_AMOUNT = re.compile("year|code|notation|latitude|longitude", re.IGNORECASE)
#: More bars than these are no picture.
_MOST_BARS = 60


def computed(query: SavedQuery) -> Picture | None:
    """Return the picture that the release has of a query with its own values, if it has one."""
    release = current_service().release
    drawn = [each for each in release.site["pictures"] if each["query"] == query.name]
    return picture(drawn[0], release.iris) if drawn else None


def bars(query: SavedQuery, table: Table) -> Picture | None:
    """Return the rows of a table as bars, or None where it is not made for them.

    It is if its first column has names and its last amounts, one for each row.
    """
    rows = table.rows
    if table.cut or len(table.variables) < 2 or not 2 <= len(rows) <= _MOST_BARS:
        return None
    series = table.variables[-1]
    if _NO_AMOUNT.search(series):
        return None
    found: list[tuple[Value, str]] = []
    for *names, amount in rows:
        if names[0] is None or amount is None or not _AMOUNT.fullmatch(amount.text):
            return None
        text = " · ".join(each.text for each in names[:3] if each is not None)
        found.append((Value(text, names[0].href, language=names[0].language), amount.text))
    largest = max(float(amount) for _, amount in found)
    if not largest:
        return None
    drawn = tuple(
        Bar(name, grouped(amount), [Mark(0, 0.0, round(100 * float(amount) / largest, 2), amount)])
        for name, amount in found
    )
    return Picture(
        query.name, "bars", query.title, query.question, (series.replace("_", " "),), drawn
    )
