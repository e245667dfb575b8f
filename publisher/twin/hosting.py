"""What hosts of plain files are told: for Apache, and for those that read `_headers`, `_redirects`.

Negotiation is the server's: the table of forms and their types comes from `publisher.formats`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import quote

from publisher.formats import JSON_LD, N_TRIPLES, RDF_XML, TRIG, TURTLE
from publisher.packing import PACKINGS
from publisher.release import Release

_FORMS: Final = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML)
_TYPES: Final = {
    "ttl": "text/turtle; charset=utf-8",
    "nt": "application/n-triples",
    "nq": "application/n-quads",
    "trig": "application/trig",
    "jsonld": "application/ld+json",
    "rdf": "application/rdf+xml; charset=utf-8",
    "rq": "application/sparql-query; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "bib": "application/x-bibtex; charset=utf-8",
    "ris": "application/x-research-info-systems; charset=utf-8",
    "csl.json": "application/vnd.citationstyles.csl+json",
    "linkset.json": "application/linkset+json",
    "atom": "application/atom+xml; charset=utf-8",
    **{packing.suffix.removeprefix("."): packing.media_type for packing in PACKINGS},
    "wasm": "application/wasm",
}
_ALIKE: Final = {
    TURTLE.suffix: ("text/n3", "application/x-turtle", "application/trig"),
    N_TRIPLES.suffix: ("text/plain", "application/n-quads"),
    JSON_LD.suffix: ("application/json",),
    RDF_XML.suffix: ("application/xml", "text/xml"),
}
_HTML: Final = ("text/html", "application/xhtml+xml")
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'{wasm}; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; worker-src 'self'; frame-ancestors 'none'"
)
_WASM: Final = " 'wasm-unsafe-eval'"
_COMMON: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, ETag, Content-Location, Location",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_REVALIDATE: Final = "public, max-age=300, must-revalidate"


def apache(gone: Mapping[str, str | None], release: Release) -> str:
    """Return the `.htaccess`: negotiation with 303, types, CORS, policy, what is gone or moved.

    `gone` has the things that were withdrawn as `collection/slug`, each with what took its place.
    """
    lines = [
        "# Made with the twin. Needs mod_rewrite, mod_headers, mod_setenvif, mod_mime and mod_dir.",
        "DirectoryIndex index.html",
        "DirectorySlash Off",
        "Options -Indexes -MultiViews",
        "AddDefaultCharset Off",
        *(f'AddType "{kind}" .{suffix}' for suffix, kind in _TYPES.items() if "." not in suffix),
        "RemoveEncoding .gz",
        *(
            f'<FilesMatch "{re.escape(f".{suffix}")}$">\nForceType "{kind}"\n</FilesMatch>'
            for suffix, kind in _TYPES.items()
            if "." in suffix
        ),
        '<FilesMatch "^void$">\nForceType "text/turtle; charset=utf-8"\n</FilesMatch>',
        "",
        *(f'Header always set {name} "{value}"' for name, value in _COMMON.items()),
        f'Header always set Content-Security-Policy "{_POLICY.format(wasm="")}"',
        '<FilesMatch "^engine\\.js$">',
        f'Header always set Content-Security-Policy "{_POLICY.format(wasm=_WASM)}"',
        "</FilesMatch>",
        f'Header set Cache-Control "{_REVALIDATE}"',
        f'Header set Cache-Control "{_IMMUTABLE}" env=dated',
        'Header always merge Vary "Accept" env=negotiated',
        'Header always merge Vary "Accept" env=REDIRECT_negotiated',
        "",
        "# The form asked for: the first in Accept that has no quality below 1, else the first.",
        *accept_rules(),
        "",
        "RewriteEngine On",
        "# Where this folder is mounted: what of the address its own rules do not see.",
        "RewriteCond %{REQUEST_URI}::$1 ^(.*?/)(.*)::\\2$",
        "RewriteRule ^(.*)$ - [E=BASE:%1]",
        "RewriteRule ^dumps/(?!latest/)[^/]+/.+ - [E=dated:1]",
        f"RewriteRule ^dumps/latest/(.+)$ %{{ENV:BASE}}dumps/{release.version}/$1 [R=302,L]",
        "RewriteRule ^dumps/latest/?$ %{ENV:BASE}dumps/ [R=302,L]",
    ]
    for thing, successor in sorted(gone.items()):
        lines += _withdrawn(thing, successor)
    lines += [
        "RewriteRule ^dataset(/[^/]+)?$ %{ENV:BASE}catalog [R=303,L]",
        "RewriteRule ^((?:id|doc|graph)/.+|ontology|shapes|catalog|void)/$ %{ENV:BASE}$1 [R=301,L]",
        "RewriteRule ^id/([^/]+)$ %{ENV:BASE}graph/$1 [R=303,L]",
        "RewriteCond %{REQUEST_FILENAME} -d",
        "RewriteCond %{ENV:form} .",
        "RewriteRule ^id/(.+)$ %{ENV:BASE}doc/$1.%{ENV:form} [R=303,L,E=negotiated:1]",
        "RewriteCond %{REQUEST_FILENAME} -d",
        "RewriteRule ^id/(.+)$ %{ENV:BASE}doc/$1 [R=303,L,E=negotiated:1]",
        "RewriteCond %{ENV:form} .",
        "RewriteRule ^\\.well-known/void$ void.%{ENV:form} [L,E=negotiated:1]",
        "RewriteCond %{ENV:form} .",
        "RewriteCond %{REQUEST_FILENAME}.%{ENV:form} -f",
        "RewriteRule ^(.+)$ $1.%{ENV:form} [L,E=negotiated:1]",
        "RewriteCond %{REQUEST_FILENAME}.html -f",
        "RewriteRule ^(.+)$ $1.html [L,E=negotiated:1]",
        f"RewriteCond %{{REQUEST_FILENAME}}.{TRIG.suffix} -f",
        f"RewriteRule ^(.+)$ $1.{TRIG.suffix} [L,E=negotiated:1]",
        "RewriteCond %{REQUEST_FILENAME} -d",
        "RewriteRule ^(.+[^/])$ %{ENV:BASE}$1/ [R=301,L]",
    ]
    return "\n".join(lines) + "\n"


def headers(versions: Iterable[str]) -> str:
    """Return `_headers`, as Netlify, Cloudflare Pages and others read it, for some versions."""
    lines = ["/*", *(f"  {name}: {value}" for name, value in _COMMON.items())]
    lines += [f"/*.{suffix}\n  Content-Type: {kind}" for suffix, kind in _TYPES.items()]
    lines += [f"/dumps/{version}/*\n  Cache-Control: {_IMMUTABLE}" for version in versions]
    return "\n".join(lines) + "\n"


def redirects(gone: Mapping[str, str | None], release: Release) -> str:
    """Return `_redirects`, for the same hosts; they choose no form by `Accept`."""
    lines = []
    for thing, successor in sorted(gone.items()):
        if successor:
            to = f"/doc/{quote(successor)}.html 301"
            lines += [f"/id/{quote(thing)} {to}", f"/doc/{quote(thing)} {to}"]
    lines += [
        f"/dumps/latest/* /dumps/{release.version}/:splat 302",
        "/dataset/* /catalog.html 303",
        "/dataset /catalog.html 303",
        "/id/* /doc/:splat.html 303",
    ]
    return "\n".join(lines) + "\n"


def accept_rules() -> list[str]:
    """Return what sets `form` to the suffix that `Accept` asks for, and to nothing for HTML."""
    types: dict[str, tuple[str, ...]] = {"": _HTML}
    types |= {form.suffix: (form.media_type, *_ALIKE[form.suffix]) for form in _FORMS}
    known = "|".join(re.escape(kind) for kinds in types.values() for kind in kinds)
    whole = r"(?=\s*(?:,|$)|\s*;(?!\s*q=0))"
    lines = []
    for strong in ("", whole):
        for suffix, kinds in types.items():
            own = "|".join(map(re.escape, kinds))
            pattern = f"^(?:(?!(?:{known}){strong}).)*(?:{own}){strong}"
            setting = f"form={suffix}" if suffix else "!form"
            lines.append(f'SetEnvIfNoCase Accept "{pattern}" {setting}')
    return lines


def _withdrawn(thing: str, successor: str | None) -> list[str]:
    own = re.escape(thing)
    if successor is None:
        return [f'RewriteRule "^(?:id|doc)/{own}(?:\\.[a-z.]+)?$" - [G,L]']
    return [
        f'RewriteRule "^id/{own}$" "%{{ENV:BASE}}id/{successor}" [R=301,L]',
        f'RewriteRule "^doc/{own}((?:\\.[a-z.]+)?)$" "%{{ENV:BASE}}doc/{successor}$1" [R=301,L]',
    ]
