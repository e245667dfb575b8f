"""LaTeX as it stands in bibliographies: text, addresses and lists of names."""

from __future__ import annotations

import re

from bibtexparser.middlewares import names
from pylatexenc.latex2text import LatexNodes2Text  # type: ignore[import-untyped]  # has no types

from publisher.intake.record import Agent

_LATEX = LatexNodes2Text(math_mode="text", keep_comments=False)


def plain(latex: str) -> str:
    """Return LaTeX as text: accents composed, braces and markup gone."""
    text = str(_LATEX.latex_to_text(re.sub(r"\\url\{([^}]*)\}", r"\1", latex)))
    return " ".join(text.replace("\xa0", " ").split())


def unescaped(text: str) -> str:
    r"""Undo what BibTeX exports do to addresses: `\_`, `{\_}`, `\%`."""
    text = re.sub(r"\\url\{([^}]*)\}", r"\1", text)
    return re.sub(r"\\([_%&#~])", r"\1", text).replace("{", "").replace("}", "").strip()


def agents(latex: str) -> tuple[tuple[Agent, ...], bool]:
    """Return the people and bodies of a name field, and whether it ends in `and others`."""
    found = names.split_multiple_persons_names(" ".join(latex.split()))
    more = bool(found) and found[-1].lower() in ("others", "et al.")
    return tuple(_agent(name) for name in (found[:-1] if more else found) if name.strip()), more


def _agent(latex: str) -> Agent:
    if _is_braced(latex):
        return Agent(plain(latex), corporate=True)
    parts = names.parse_single_name_into_parts(latex, strict=False)
    name = " ".join((*parts.first, *parts.von, *parts.last))
    suffix = f" {' '.join(parts.jr)}" if parts.jr else ""
    return Agent.of("", plain(name + suffix))


def _is_braced(name: str) -> bool:
    """Whether one pair of braces holds the whole name, as BibTeX writes bodies."""
    depth = 0
    for position, character in enumerate(name):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return position == len(name) - 1 and position > 0
    return False
