"""Settings: what publication.toml says, taken key by key, so that nothing in it is overlooked."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")

#: What people may be sent to: a page, a mailbox or a telephone.
ADDRESS = re.compile(r"(?:https?://[^/\s]|mailto:|tel:)[^\s<>\"{}|\\^`]+")


class SettingError(Exception):
    """Something in publication.toml cannot be followed; `key` names it in full."""

    def __init__(self, key: str, fault: str) -> None:
        super().__init__(f"{key}: {fault}")
        self.key = key
        self.fault = fault


class Table:
    """Takes the keys out of a table one by one and complains about the rest."""

    def __init__(self, name: str, values: Mapping[str, object]) -> None:
        self.name = name
        self._values = dict(values)

    def finish(self) -> None:
        """Complain about what was not taken. Raises SettingError."""
        if self._values:
            raise SettingError(
                f"{self.name}.{min(self._values)}", "is not a key that is known here"
            )

    def text(self, key: str) -> str:
        """Return a text that must be there. Raises SettingError."""
        found = self.optional_text(key)
        if found is None:
            raise SettingError(f"{self.name}.{key}", "missing; write a text")
        return found

    def optional_text(self, key: str) -> str | None:
        """Return a text that may be missing. Raises SettingError."""
        value = self._values.pop(key, None)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise SettingError(f"{self.name}.{key}", f"{value!r} is not a text")
        return value.strip() if isinstance(value, str) else None

    def address(self, key: str) -> str | None:
        """Return an address that may be missing. Raises SettingError."""
        found = self.optional_text(key)
        if found is not None:
            self.checked(key, found, bool(ADDRESS.fullmatch(found)), "is no address")
        return found

    def one_of(self, key: str, choices: tuple[str, ...]) -> str | None:
        """Return one of the choices, or None. Raises SettingError."""
        found = self.optional_text(key)
        if found is not None:
            self.checked(key, found, found in choices, f"is none of {', '.join(choices)}")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty where there is none. Raises SettingError."""
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise SettingError(f"{self.name}.{key}", "must be a list of texts")
        return tuple(map(str, value))

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """Return a list of `count` numbers. Raises SettingError."""
        value = self._values.pop(key, None)
        if (
            not isinstance(value, list)
            or len(value) != count
            or not all(isinstance(each, int | float) for each in value)
        ):
            raise SettingError(f"{self.name}.{key}", f"must be a list of {count} numbers")
        return tuple(map(float, value))

    def date(self, key: str) -> dt.date:
        """Return a date that must be there. Raises SettingError."""
        value = self._values.pop(key, None)
        if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
            raise SettingError(
                f"{self.name}.{key}", f"{value!r} is not a date; write it as 2026-11-22, unquoted"
            )
        return value

    def table(self, key: str) -> Table | None:
        """Return a table inside this one, or None. Raises SettingError."""
        value = self._values.pop(key, None)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise SettingError(f"{self.name}.{key}", "must be a table")
        return Table(f"{self.name}.{key}", value)

    def tables(self, key: str) -> list[Table]:
        """Return the tables of a list, each [[name]]. Raises SettingError."""
        value = self._values.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise SettingError(f"{self.name}.{key}", f"must be tables, each [[{self.name}.{key}]]")
        return [Table(f"{self.name}.{key}", each) for each in value]

    def checked(self, key: str, value: T, right: bool, fault: str) -> T:
        """Return `value` if it is right. Raises SettingError, whose text says the fault."""
        if not right:
            raise SettingError(f"{self.name}.{key}", f"{value!r} {fault}")
        return value
