"""Pages as the twin has them: relative links, the scripts of the twin, the policy written in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Final

from publisher.twin import layout
from publisher.twin.layout import Place

#: Attributes that hold an address of the site. The server's pages quote all of them with `"`.
_ADDRESS: Final = re.compile(
    r'(\s(?:href|src|action|data-(?:words|things|suggestions|href|src))=")(/[^"]*)(")'
)
_IDS: Final = re.compile(r'\s(?:id|name)="([^"]*)"')
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; worker-src 'self'"
)


def links(page: str) -> Iterator[str]:
    """Yield the root-relative addresses in a page."""
    for match in _ADDRESS.finditer(page):
        yield unescape(match[2])


def anchors(page: str) -> frozenset[str]:
    """Return the fragments that links may name in a page."""
    return frozenset(unescape(each) for each in _IDS.findall(page))


def rewritten(page: str, file: str, scripts: tuple[str, ...], note: str = "") -> str:
    """Return a page of the live site as the file of the twin that it becomes.

    `note` is HTML that says what is different here; it follows the heading.
    """

    def relative(match: re.Match[str]) -> str:
        place = layout.place(unescape(match[2]))
        return match[1] + escape(layout.link(file, place), quote=True) + match[3]

    head = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    for script in scripts:
        way = layout.link(file, Place(f"twin/{script}", None))
        head += f'<script type="module" src="{way}"></script>\n'
    page = _ADDRESS.sub(relative, page)
    if note:
        head_end = page.index("</header>", page.index('<main id="content">')) + len("</header>")
        page = f"{page[:head_end]}\n{note}{page[head_end:]}"
    return page.replace('<meta charset="utf-8">\n', f'<meta charset="utf-8">\n{head}', 1)


def stub(file: str, target: str) -> str:
    """Return a page that only leads to another, for hosts that know no redirects."""
    way = escape(layout.link(file, Place(target, None)), quote=True)
    script = layout.link(file, Place("twin/moved.js", None))
    return (
        "<!doctype html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(target)}</title>\n'
        f'<script src="{script}" defer></script>\n'
        f'<noscript><meta http-equiv="refresh" content="0; url={way}"></noscript>\n'
        f'</head><body><p><a href="{way}">{escape(target)}</a></p></body></html>\n'
    )
