"""A parsed JSON or YAML document, asked for what should be there and answering if it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tree:
    """A node of the document; what is missing or of another kind is an empty node."""

    value: object = None

    def at(self, *path: str) -> Tree:
        """Return the node at a path of keys."""
        node = self.value
        for key in path:
            node = node.get(key) if isinstance(node, dict) else None
        return Tree(node)

    def items(self, *path: str) -> list[Tree]:
        """Return the members of the list at a path; anything else counts as a list of itself."""
        node = self.at(*path).value
        if node is None:
            return []
        return [Tree(item) for item in node] if isinstance(node, list) else [Tree(node)]

    def texts(self, *path: str) -> list[str]:
        """Return the texts and numbers at a path, which may hold one or a list of them."""
        found = (item.value for item in self.items(*path))
        return [
            str(value).strip()
            for value in found
            if isinstance(value, str | int | float)
            and not isinstance(value, bool)
            and str(value).strip()
        ]

    def text(self, *path: str) -> str | None:
        """Return the first text at a path, or None."""
        return next(iter(self.texts(*path)), None)

    def __bool__(self) -> bool:
        return bool(self.value)
