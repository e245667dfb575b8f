"""Regular expressions, written so that the engine matches nothing that Python does not."""

from __future__ import annotations

import re
from typing import Final

from publisher.shacl.writing import NotCompilable

#: What Python and the engine read differently, or one of them not.
_APART: Final = re.compile(r"\(\?|\\[1-9bBAZzGkKpPQEhRvX]|\{,|&&|--|~~|\[\[|\[:|[+*?}]\+")
_PARTS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
#: Classes of characters outside brackets, as what both count among them.
_CLASSES: Final = {
    r"\w": r"[\p{L}\p{Nd}_]",
    r"\W": r"[^\w\p{N}]",
    r"\S": r"[^\s\x1c-\x1f]",
}
#: Classes within brackets: what both count among them, and what either does.
_BOTH: Final = {r"\w": r"\p{L}\p{Nd}_", r"\s": r"\s", r"\d": r"\d"}
_EITHER: Final = {r"\w": r"\w\p{N}", r"\s": r"\s\x1c-\x1f", r"\d": r"\d"}


def narrowed(expression: str) -> str:
    """Return an expression for the engine that matches only what Python matches.

    Raises NotCompilable for what the two read differently.
    """
    if _APART.search(expression):
        raise NotCompilable(f"the pattern {expression}")
    return "".join(map(_part, _PARTS.findall(expression)))


def _part(part: str) -> str:
    if len(part) < 2 or not part.startswith("["):
        return _CLASSES.get(part, part)
    inner = _EITHER if part.startswith("[^") else _BOTH

    def written(found: re.Match[str]) -> str:
        text = found[0]
        if text in (r"\W", r"\S", r"\D"):
            raise NotCompilable(f"the pattern {part}")
        return inner.get(text, text)

    return re.sub(r"\\.", written, part)
