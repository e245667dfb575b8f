"""Writing the site: what a release keeps of words, key figures and pictures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from publisher.dataset_store import DatasetStore
from publisher.findings import Finding, Place, SourceFault
from publisher.publication import CONFIGURATION, Publication
from publisher.saved_queries import read_saved_query
from publisher.site.pictures import Answer, figures, picture
from publisher.site.plan import PlannedPicture


def site(publication: Publication, data: DatasetStore) -> dict[str, Any]:
    """Return what the release keeps of the site.

    `home` and the pages are HTML made from Markdown (CommonMark), in which HTML is mere text.
    Raises SourceFault with every file that is missing and every query that cannot be shown.
    """
    return _Writer(publication, data).site()


class _Writer:
    def __init__(self, publication: Publication, data: DatasetStore) -> None:
        self._publication = publication
        self._data = data
        self._findings: list[Finding] = []

    def site(self) -> dict[str, Any]:
        plan = self._publication.site
        pictures = [self._picture(planned) for planned in plan.pictures]
        made = {
            "wordmark": plan.wordmark,
            "accent": plan.accent,
            "accent_dark": plan.accent_dark,
            "home": self._text(plan.home) if plan.home else None,
            "figures": self._figures(plan.figures) if plan.figures else None,
            "pictures": pictures,
            "pages": {
                page.slug: {"title": page.title, "html": self._text(page.file)}
                for page in plan.pages
            },
        }
        if self._findings:
            raise SourceFault(self._findings)
        return made

    def _picture(self, planned: PlannedPicture) -> dict[str, Any] | None:
        try:
            answer = self._answer(planned.query)
            return None if answer is None else picture(planned, answer)
        except SourceFault as fault:
            self._findings += fault.findings
            return None

    def _figures(self, query: str) -> dict[str, Any] | None:
        try:
            answer = self._answer(query)
            return None if answer is None else figures(answer)
        except SourceFault as fault:
            self._findings += fault.findings
            return None

    def _answer(self, name: str) -> Answer | None:
        path = self._publication.folder / "queries" / f"{name}.rq"
        if not path.is_file():
            self._miss(f"queries/{name}.rq", "name a saved query")
            return None
        saved, _ = read_saved_query(path, Path("queries") / path.name)
        return None if saved is None else Answer(saved, self._data.whole())

    def _text(self, name: str) -> str:
        try:
            text = (self._publication.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            self._miss(name, "write it")
            return ""
        except UnicodeDecodeError:
            self._findings.append(
                Finding(Place(Path(name)), "encoding", "this is not UTF-8", "save it as UTF-8")
            )
            return ""
        reader = MarkdownIt("commonmark", {"html": False}).enable("table")
        for block in reader.parse(text):
            for token in block.children or ():
                source = str(token.attrGet("src") or "")
                if token.type == "image" and re.match(r"(?:[a-z][a-z0-9+.-]*:|//)", source, re.I):
                    place = Place(Path(name), (block.map or [0])[0] + 1)
                    fault = f"the picture {source} lies elsewhere, from where pages load nothing"
                    self._findings.append(Finding(place, "site", fault, "link to it instead"))
        return str(reader.render(text))

    def _miss(self, name: str, mend: str) -> None:
        fault = f"[site] names {name}, which is not there"
        self._findings.append(
            Finding(Place(Path(CONFIGURATION)), "site", fault, f"{mend}, or take it out of [site]")
        )
