"""Links in the documents of one version: they lead to the same version wherever it has the target.

Documents of a version are made below a mount point of their own, at which nothing is served. What
begins with it is therefore a link that the server made, and is rewritten on its way out: to
`?version=` where versions are told apart, to the plain address elsewhere. So no page and no route
has to know that there are versions.
"""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from flask import Response, request

from server.http.addresses import uri

ARGUMENT: Final = "version"
#: The first segments of paths that are told apart by version.
FAMILIES: Final = frozenset(
    ("id", "doc", "graph", "lists", "ontology", "shapes", "catalog", "void", "about")
)
_MARK: Final = re.compile(r"/~([^/~]+)~\Z")
_FIELDS: Final = ("Location", "Content-Location", "Link")
_TEXTS: Final = frozenset(("text/html", "application/problem+json", "application/linkset+json"))


def parameter(version: str) -> str:
    """Return what names a version in a query string."""
    return f"{ARGUMENT}={quote(version, safe='')}"


def family(path: str) -> str:
    """Return the first segment of a path, without what follows a dot."""
    return re.split(r"[/.?#]", path.removeprefix("/"), maxsplit=1)[0]


def outside(path: str) -> str:
    """Return a path as a link that leads out of the version that is shown, ready for a header."""
    return uri(_MARK.sub("", request.script_root) + path)


def hide(environ: MutableMapping[str, Any], version: str) -> MutableMapping[str, Any]:
    """Return a WSGI environment for the application of a version, mounted at its hidden place."""
    mount = environ.get("SCRIPT_NAME", "")
    marked = f"{mount}/~{version}~"
    found = {**environ, "SCRIPT_NAME": marked}
    for name in ("REQUEST_URI", "RAW_URI"):
        target = environ.get(name, "")
        if target.startswith(f"{mount}/"):
            found[name] = marked + target.removeprefix(mount)
    return found


def show(response: Response) -> Response:
    """Rewrite the links in what the application of a version answers."""
    match = _MARK.search(request.script_root)
    if match is None:
        return response
    links = _Links(request.script_root, request.script_root[: match.start()], match[1])
    for name in _FIELDS:
        values = response.headers.getlist(name)
        if values:
            response.headers.setlist(name, [links.rewritten(value, "&") for value in values])
    if response.mimetype in _TEXTS and not response.is_streamed:
        text = response.get_data(as_text=True)
        html = response.mimetype == "text/html"
        if links.marked in text:
            text = links.with_field(text) if html else text
            response.set_data(links.rewritten(text, "&amp;" if html else "&"))
    return response


@dataclass(frozen=True)
class _Links:
    """What links begin with while they are hidden, what they are to begin with, and the version."""

    marked: str
    mount: str
    version: str

    def rewritten(self, text: str, between: str) -> str:
        """Return a text with its links as clients may follow them; `between` joins parameters."""
        # Jinja writes an apostrophe as `&#39;`; the stop at the end of a sentence is no part of it.
        character = r"(?:&#39;|[^\s\"<>?#])"
        pattern = (
            rf"{re.escape(self.marked)}({character}*?)(\?{character}*?)?(?=[.,;]?(?:[\s\"<>#]|$))"
        )

        def link(match: re.Match[str]) -> str:
            path, query = match[1], match[2] or ""
            if family(path) not in FAMILIES:
                return f"{self.mount}{path}{query}"
            more = between + query[1:] if query else ""
            return f"{self.mount}{path}?{parameter(self.version)}{more}"

        return re.sub(pattern, link, text)

    def with_field(self, html: str) -> str:
        """Have the forms of a page send the version: a browser drops the query of an action."""
        pattern = rf"(<form\b[^>]*\baction=\"{re.escape(self.marked)}([^\"?#]*)\"[^>]*>)"
        field = f'<input type="hidden" name="{ARGUMENT}" value="{self.version}">'

        def form(match: re.Match[str]) -> str:
            return match[1] + (field if family(match[2]) in FAMILIES else "")

        return re.sub(pattern, form, html)
