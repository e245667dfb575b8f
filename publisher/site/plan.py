"""The plan of a site: what `[site]` in publication.toml says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from publisher.settings import SettingError, Table

#: What a picture may be; what each needs of its query's columns is said in publisher.site.pictures.
KINDS: Final = ("columns", "bars", "map")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class PlannedPicture:
    """A picture of what a saved query answers."""

    query: str
    kind: str
    caption: str | None


@dataclass(frozen=True)
class PlannedPage:
    """A page of words; its address is `/{slug}` and its text a Markdown file."""

    slug: str
    title: str
    file: str


@dataclass(frozen=True)
class Plan:
    """What makes the site of a publication its own."""

    wordmark: str | None = None
    accent: str | None = None
    accent_dark: str | None = None
    home: str | None = None
    """The Markdown file whose text opens the home page."""
    figures: str | None = None
    """The saved query whose rows are the key figures."""
    pictures: tuple[PlannedPicture, ...] = ()
    pages: tuple[PlannedPage, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """The Markdown files, relative to the publication's folder."""
        return tuple(filter(None, (self.home, *(page.file for page in self.pages))))

    @classmethod
    def of(cls, table: Table) -> Plan:
        """Read the table [site]. Raises SettingError."""
        plan = cls(
            wordmark=table.optional_text("wordmark"),
            accent=_colour(table, "accent"),
            accent_dark=_colour(table, "accent_dark"),
            home=_file(table, "home"),
            figures=table.optional_text("figures"),
            pictures=tuple(map(_picture, table.tables("pictures"))),
            pages=tuple(map(_page, table.tables("pages"))),
        )
        table.finish()
        return plan


def _colour(table: Table, key: str) -> str | None:
    value = table.optional_text(key)
    if value is None:
        return None
    return table.checked(key, value, bool(_COLOUR.fullmatch(value)), "is no colour like #0b5563")


def _file(table: Table, key: str) -> str | None:
    value = table.optional_text(key)
    if value is None:
        return None
    inside = value.endswith(".md") and not value.startswith("/") and ".." not in value.split("/")
    return table.checked(key, value, inside, "is no Markdown file of this publication")


def _picture(table: Table) -> PlannedPicture:
    kind = table.one_of("kind", KINDS) or KINDS[1]
    picture = PlannedPicture(table.text("query"), kind, table.optional_text("caption"))
    table.finish()
    return picture


def _page(table: Table) -> PlannedPage:
    slug, title, file = table.text("slug"), table.text("title"), _file(table, "file")
    table.checked("slug", slug, bool(_SLUG.fullmatch(slug)), "is no word of a-z, 0-9 and hyphens")
    if file is None:
        raise SettingError(f"{table.name}.file", 'missing; write file = "pages/about.md"')
    table.finish()
    return PlannedPage(slug, title, file)
