"""Federated queries: following SERVICE through a query's tokens, and what it may call.

A target passes only as a full IRI, `<...>`, that the publication lists: what a variable, a prefixed
name or a relative IRI comes to is known to the evaluation alone.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

_NOBODY: Final = "SERVICE is not answered here: no query leaves this machine"
#: Oxigraph takes an error inside these for a solution, or for none.
_SWALLOWED: Final = (
    "inside EXISTS and MINUS a service that fails would pass for one that answers; "
    "write SERVICE SILENT, or call it outside of them"
)
SWALLOWING: Final = ("EXISTS", "MINUS")


class Calls:
    """The calls of services in one query.

    It is shown each word with SERVICE in it, and the tokens after it for as long as it awaits some.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        """`allowed` are the IRIs of the endpoints that may be called."""
        #: Whether there was one that is allowed.
        self.found = False
        self._allowed = allowed
        self._silent = False
        #: What must come next, once SERVICE was seen.
        self.awaited: Literal["target", "pattern"] | None = None

    def refusal(self, kind: str, lexeme: str, *, swallowing: bool) -> str | None:
        """Return why the next token is refused, or None where it passes.

        Words are given in capitals; `swallowing` says that the token stands inside EXISTS or MINUS.
        """
        awaited, self.awaited = self.awaited, None
        if awaited == "pattern" and lexeme != "{":
            return self.only()
        if awaited == "target":
            return self._target(kind, lexeme, swallowing=swallowing)
        if awaited is None:
            if lexeme != "SERVICE" or not self._allowed:
                return self.only()
            self._silent = False
            self.awaited = "target"
        return None

    def _target(self, kind: str, lexeme: str, *, swallowing: bool) -> str | None:
        if kind == "word" and lexeme == "SILENT" and not self._silent:
            self._silent = True
            self.awaited = "target"
            return None
        if kind != "iri" or lexeme[1:-1] not in self._allowed:
            return self.only()
        if swallowing and not self._silent:
            return _SWALLOWED
        self.found = True
        self.awaited = "pattern"
        return None

    def only(self) -> str:
        """Return the sentence that says what may be called."""
        if not self._allowed:
            return _NOBODY
        listed = ", ".join(f"<{iri}>" for iri in sorted(self._allowed))
        return f"SERVICE calls {listed} here and nobody else, by the full IRI in angle brackets"
