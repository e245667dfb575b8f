"""Bitmaps: sets of things as one long integer, a bit for each number that the index gives a thing.

What two sets share is one operation on whole words, however large they are, and counting it
another; so a list of a hundred thousand things is narrowed and counted in microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def bitmap(numbers: Iterable[int], first: int) -> int:
    """Return the set of some numbers, none of them below `first`, whose bit is the lowest."""
    places = [number - first for number in numbers]
    if not places:
        return 0
    octets = bytearray(max(places) // 8 + 1)
    for place in places:
        octets[place >> 3] |= 1 << (place & 7)
    return from_octets(octets)


def numbers(bits: int, first: int) -> Iterator[int]:
    """Yield the numbers in a set, ascending."""
    digits = bin(bits)[:1:-1]
    place = digits.find("1")
    while place >= 0:
        yield first + place
        place = digits.find("1", place + 1)


def to_octets(bits: int) -> bytes:
    """Return a set as it is stored."""
    return bits.to_bytes(-(-bits.bit_length() // 8), "little")


def from_octets(octets: bytes | bytearray) -> int:
    """Return the set that was stored so."""
    return int.from_bytes(octets, "little")
