"""What the twin does in a browser: its scripts, engine and index, and the notes that say so."""

from __future__ import annotations

import json
import shutil
from html import escape
from pathlib import Path
from typing import Final

from publisher.limits import BROWSER_TRIPLES
from publisher.release import Release
from publisher.twin import index, layout, queries
from publisher.twin.layout import Place

SCRIPTS: Final = Path(__file__).parent / "browser"
#: Where npm puts the engine; see the Makefile.
ENGINE: Final = Path(__file__).parent / "engine" / "node_modules" / "oxigraph"
_ENGINE_FILES: Final = ("web.js", "web_bg.wasm")
FOLDER: Final = "twin"
MARK: Final = "twin.json"


def engine_installed() -> bool:
    """Whether npm has fetched the engine."""
    return all((ENGINE / name).is_file() for name in _ENGINE_FILES)


def scripts(file: str) -> tuple[str, ...]:
    """Return the scripts of the twin that a page runs."""
    if file == "sparql.html":
        return ("asking.js",) if engine_installed() else ()
    if file == "search.html":
        return ("suggesting.js", "searching.js")
    if file.startswith("graph/"):
        return ("narrowing.js",)
    if file.startswith("queries/"):
        return ("suggesting.js", *(("filling.js",) if engine_installed() else ()))
    return ()


def note(release: Release, file: str) -> str:
    """Return what a page says of what it does here and what it does not, as HTML, or nothing."""
    if file == "sparql.html" and not engine_installed():
        return '<p class="note">This copy was made without the query engine: ask a live server.</p>'
    if file == "sparql.html":
        return f"{_engine_note(release)}<noscript>{_scripts_needed('Queries')}</noscript>"
    if file == "search.html":
        return f"<noscript>{_scripts_needed('The search')}</noscript>"
    if file.startswith("graph/"):
        return f"<noscript>{_scripts_needed('Narrowing and sorting the list')}</noscript>"
    if file.startswith("queries/"):
        way = layout.link(file, Place("sparql.html", None))
        return (
            '<p class="note">The answer below was kept when this copy was made. Other values are '
            f'asked in <a href="{way}">this browser</a>, by scripts.</p>'
        )
    return ""


def write(release: Release, folder: Path) -> None:
    """Write scripts, engine, index and saved queries below the folder of a twin."""
    room = folder / FOLDER
    shutil.copytree(SCRIPTS, room)
    if engine_installed():
        (room / "oxigraph").mkdir()
        for name in _ENGINE_FILES:
            shutil.copyfile(ENGINE / name, room / "oxigraph" / name)
    index.write(release, room / "search")
    (room / "queries.json").write_text(queries.document(release), encoding="utf-8")
    document = {
        "version": release.version,
        "id": release.id,
        "default_graph": release.default_graph,
        "dumps": [
            {"file": f"dumps/{release.version}/{name}", "bytes": size, "format": form}
            for name, form, size in _dumps(release)
        ],
    }
    (room / MARK).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def live_page(release: Release) -> str:
    """Return the page that says what only a live server does."""
    title = escape(release.publication.title)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>\n'
        '<link rel="stylesheet" href="static/style.css"></head><body><main id="content">\n'
        "<h1>This needs a live server</h1>\n<p>This is a copy of the site as plain files. "
        "Reconciliation, looking addresses up and the SPARQL endpoint for programs are services of "
        'a server. In this browser you can <a href="sparql.html">query</a> and '
        '<a href="search.html">search</a>; programs take the <a href="dumps/">downloads</a>, from '
        "which a server can be set up again.</p>\n</main></body></html>\n"
    )


def _dumps(release: Release) -> list[tuple[str, str, int]]:
    """Return the dumps that the engine loads: the quads and, if need be, their merge."""
    sizes = {Path(each.path).name: each.bytes for each in release.files}
    chosen = [(release.dataset_path.name, "application/n-quads")]
    if release.default_graph == "merged":
        chosen.append((release.merged_path.name, "application/n-triples"))
    return [(f"{name}.gz", form, sizes[f"{name}.gz"]) for name, form in chosen]


def _engine_note(release: Release) -> str:
    triples = release.counts["triples"]
    size = sum(size for _, _, size in _dumps(release)) / 1e6
    warning = (
        f" That is more than the {BROWSER_TRIPLES:,} triples up to which this is sensible: take "
        "a download, or ask a live server."
        if triples > BROWSER_TRIPLES
        else ""
    )
    return (
        '<p class="note">This is a copy without a server: the query engine, Oxigraph, runs in this '
        f"browser. The first query fetches the engine (4 MB) and the graph ({size:,.1f} MB, "
        f"{triples:,} triples); a query may run until you stop it.{warning}</p>\n"
        '<p class="note" id="twin-engine" role="status"></p>'
    )


def _scripts_needed(what: str) -> str:
    return f'<p class="note">{what} in this copy of the site: only with scripts.</p>'
