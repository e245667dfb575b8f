"""Rules for the host of the base IRI, such as w3id.org: where what is named there is to be found.

Two variants, of which one is in force: `live` leads to a server, which chooses the form itself;
`archive` leads to the twin as plain files and chooses by `Accept`.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from publisher.release import Release
from publisher.twin.hosting import accept_rules

LIVE, ARCHIVE = "htaccess-live", "htaccess-archive"
IN_FORCE: Final = ".htaccess"
#: What names a thing and is no document itself, so that it is answered with 303.
_NAMES: Final = "id|dataset|graph|ontology|shapes"
_HEAD: Final = "Options +FollowSymLinks\nRewriteEngine On\n"


def folder(release: Release) -> str:
    """Return the path of the base IRI on its host, which is the folder that the rules belong in."""
    return urlsplit(release.publication.base).path.strip("/")


def live(release: Release, to: str) -> str:
    """Return the rules that lead to a live server at the address `to`.

    The address is passed on as it was written: Apache would decode its escapes.
    """
    mount = f"/{folder(release)}/".replace("//", "/")
    asked = f'RewriteCond %{{THE_REQUEST}} "^[A-Z]+ (?:https?://[^/ ]+)?{mount}([^ ?]*)[ ?]"\n'
    return (
        f"# {release.publication.title}: to the live server, which chooses the form by Accept.\n"
        f"{_HEAD}"
        f"{asked}RewriteRule ^(?:{_NAMES})(?:/|$) {_slashed(to)}%1 [R=303,NE,L]\n"
        f"{asked}RewriteRule ^ {_slashed(to)}%1 [R=302,NE,L]\n"
    )


def archive(release: Release, to: str) -> str:
    """Return the rules that lead to the twin at the address `to`, on whatever host of files."""
    there = _slashed(to)
    return "\n".join(
        [
            f"# {release.publication.title}: to the archived site, which is plain files.",
            _HEAD.rstrip(),
            "# The form: the first in Accept that has no quality below 1, else the first of all.",
            *accept_rules(),
            "RewriteCond %{ENV:form} ^$",
            "RewriteRule ^ - [E=form:html]",
            f"RewriteRule ^id/([^/]+)/?$ {there}graph/$1.%{{ENV:form}} [R=303,NE,L]",
            f"RewriteRule ^id/(.+)$ {there}doc/$1.%{{ENV:form}} [R=303,NE,L,B]",
            f"RewriteRule ^dataset(?:/.*)?$ {there}catalog.%{{ENV:form}} [R=303,L]",
            f"RewriteRule ^((?:doc|graph)/[^.]+|ontology|shapes)$ {there}$1.%{{ENV:form}} "
            "[R=303,NE,L]",
            f"RewriteRule ^ontology/.+$ {there}ontology.%{{ENV:form}} [R=303,L]",
            f"RewriteRule ^(.*)$ {there}$1 [R=302,NE,L]",
            "",
        ]
    )


def readme(release: Release, live_at: str | None, archive_at: str | None) -> str:
    """Return what stands beside the rules, for those who look after the host."""
    publication = release.publication
    where = publication.base
    lines = [
        f"# {publication.title}",
        "",
        f"Permanent identifiers below <{where}>: {publication.description or publication.title}",
        "",
        f"- Homepage: <{publication.homepage or where}>",
        f"- Licence of the data: <{publication.license}>",
        f"- Live server: {_address(live_at)}",
        f"- Archived site: {_address(archive_at)}",
        "- Contact: add the GitHub names of two maintainers here before you send this in.",
        "",
        f"`{IN_FORCE}` is one of two variants, which are kept beside it: `{LIVE}` leads to the",
        f"server, which negotiates; `{ARCHIVE}` leads to the archived site and chooses among",
        "HTML, Turtle, N-Triples, JSON-LD and RDF/XML by `Accept`. To switch, copy the other one:",
        "",
        f"    cp {ARCHIVE} {IN_FORCE}",
        "",
        "What is named (`id/`, graphs, terms, the dataset) is answered with 303, the rest",
        "with 302.",
        "An IRI with an escaped slash (%2F) needs `AllowEncodedSlashes NoDecode` on the host.",
        "",
    ]
    return "\n".join(lines)


def _address(url: str | None) -> str:
    return f"<{url}>" if url else "none yet"


def _slashed(url: str) -> str:
    return url.rstrip("/") + "/"
