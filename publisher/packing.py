"""Compressed files: the same bytes from every machine.

Python's own gzip gives what the zlib of the machine gives, and that is zlib-ng on some; so both
codecs come with a library of their own whose version is pinned (docs/decisions/0020-releases.md).
"""

from __future__ import annotations

import gzip
import mmap
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

import deflate
import zstandard

_GZIP_LEVEL: Final = 6
_ZSTD_LEVEL: Final = 13
_ZSTD_LEVEL_LONG: Final = 3
"""Between those levels zstd searches in a way that depends on the vector unit of the machine."""
_LONG: Final = 1 << 26
"""Bytes from which on a file is packed quickly rather than tightly."""
_PIECE: Final = 1 << 18

#: What a file that cannot be unpacked raises.
BROKEN = (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError)


@dataclass(frozen=True)
class Packing:
    """One way to compress a file."""

    suffix: str
    media_type: str
    label: str
    pack: Callable[[Path, Path], None]
    """Write the packed form of a file into another file. Neither name nor time goes into it."""
    open: Callable[[Path], IO[bytes]]
    """Open a packed file to be read unpacked. Reading raises one of BROKEN."""


def _gzip(plain: Path, packed: Path) -> None:
    # One member: what goes out as a content coding, browsers read no further than its end.
    with plain.open("rb") as file:
        if not plain.stat().st_size:
            packed.write_bytes(deflate.gzip_compress(b"", _GZIP_LEVEL))
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            packed.write_bytes(deflate.gzip_compress(data, _GZIP_LEVEL))


def _zstd(plain: Path, packed: Path) -> None:
    size = plain.stat().st_size
    level = _ZSTD_LEVEL if size < _LONG else _ZSTD_LEVEL_LONG
    codec = zstandard.ZstdCompressor(level=level, write_checksum=True)
    with plain.open("rb") as source, packed.open("wb") as target:
        codec.copy_stream(source, target, size=size, read_size=_PIECE, write_size=_PIECE)


def _open_gzip(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path))


def _open_zstd(path: Path) -> IO[bytes]:
    return cast(IO[bytes], zstandard.open(path, "rb"))


GZIP: Final = Packing(".gz", "application/gzip", "gzip", _gzip, _open_gzip)
ZSTD: Final = Packing(".zst", "application/zstd", "Zstandard", _zstd, _open_zstd)

PACKINGS: Final = (GZIP, ZSTD)


def packing_of(name: str) -> Packing | None:
    """Return how the file with a name is packed, None if it is not."""
    return next((each for each in PACKINGS if name.endswith(each.suffix)), None)


def plain_name(name: str) -> str:
    """Return the name of a file without the suffix of a packing."""
    packing = packing_of(name)
    return name.removesuffix(packing.suffix) if packing else name
