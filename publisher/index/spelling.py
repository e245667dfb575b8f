"""Spellings: the forms of a text in which what people type is compared with what the graph says."""

from __future__ import annotations

import re

from publisher.intake.names import folded

#: How letters are also written where there is no key for them, beyond leaving the accent out.
_WRITTEN_OUT = str.maketrans(
    {
        **{"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"},
        **{"Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Å": "Aa", "Ø": "Oe", "Æ": "Ae"},
    }
)


def spellings(text: str) -> list[str]:
    """Return the folded forms of a name, the usual one first: `Köln` is `koln` and `koeln`."""
    forms = dict.fromkeys((folded(text), folded(text.translate(_WRITTEN_OUT))))
    return [form for form in forms if form]


def ordered(form: str) -> str:
    """Return a folded name with its words in the order of the alphabet."""
    return " ".join(sorted(form.split()))


def trigrams(form: str) -> list[str]:
    """Return the different trigrams of a folded name, in the order of their first place.

    Blanks at both ends mark where words begin and end.
    """
    text = f" {form} "
    return list(dict.fromkeys(text[at : at + 3] for at in range(len(text) - 2)))


def words(text: str) -> list[str]:
    """Return the folded words of a text."""
    return re.findall(r"\S+", folded(text))
