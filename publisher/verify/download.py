"""Downloading the files of a release from where a server offers them, from where it broke off."""

from __future__ import annotations

import contextlib
import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from publisher.progress import Progress
from publisher.release import CHECKSUMS, MANIFEST, sha256
from publisher.verify.listing import PART, Expected, Listing

_BLOCK = 1 << 20
_LONG = 16
"""Blocks (MiB) from which on a file tells how far it is."""
_TRIES = 4
_SECONDS = 60.0
"""How long a server may be silent, and how long one that asks for patience is waited for."""
_PATIENCE = frozenset({429, 502, 503, 504})
_BROKEN = (OSError, http.client.HTTPException)


class Unavailable(Exception):
    """A file cannot be had from the server; the text says why."""


class Source:
    """The address of a release's dumps, `http(s)://.../dumps/{version}/`."""

    def __init__(self, address: str, progress: Progress) -> None:
        """Raises Unavailable if it is no http(s) address."""
        if urlsplit(address).scheme not in ("http", "https"):
            raise Unavailable(f"{address} is no http(s) address")
        self.address = address.rstrip("/") + "/"
        self._progress = progress

    def begin(self, folder: Path) -> None:
        """Fetch what all else is checked by, SHA256SUMS and the manifest, unless it is there.

        Where `latest` redirects, all other files come from the version that it led to.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / CHECKSUMS).is_file():
            part = folder / f"{CHECKSUMS}{PART}"
            part.unlink(missing_ok=True)
            self._fetch(CHECKSUMS, part)
            part.replace(folder / CHECKSUMS)
        for file in Listing.read(folder).files:
            if file.name == MANIFEST:
                self.complete(file)

    def complete(self, file: Expected) -> str | None:
        """Bring a file that is not right; returns what was done, None if it was right already.

        What is there is gone on with by a byte range (RFC 9110, section 14); if that makes it no
        better it is fetched anew, and takes the place of the old one once its checksum is right.
        """
        if file.is_right():
            return None
        name = PurePosixPath(file.name).name
        file.path.parent.mkdir(parents=True, exist_ok=True)
        there = file.path.stat().st_size if file.path.is_file() else 0
        if not there or file.short:
            self._fetch(name, file.path, file.released.bytes if file.released else None)
            if file.is_right():
                return f"went on from byte {there:,}" if there else "fetched"
        part = file.path.with_name(f"{file.path.name}{PART}")
        part.unlink(missing_ok=True)
        self._fetch(name, part, file.released.bytes if file.released else None)
        if sha256(part) != file.sha256:
            part.unlink()
            raise Unavailable(f"what {self.address}{name} gives is not what was released")
        part.replace(file.path)
        return "fetched anew: what was here was not what was released"

    def _fetch(self, name: str, path: Path, size: int | None = None) -> None:
        """Append what is missing to a file. Raises Unavailable when it stays broken."""
        for attempt in range(1, _TRIES + 1):
            try:
                self._go_on(name, path, size)
                return
            except urllib.error.HTTPError as error:
                error.close()
                if error.code not in _PATIENCE or attempt == _TRIES:
                    raise Unavailable(f"{self.address}{name} answers {error.code}") from None
                wait = error.headers.get("Retry-After", "")
                time.sleep(min(float(wait) if wait.isdigit() else attempt, _SECONDS))
            except _BROKEN as error:
                if attempt == _TRIES:
                    raise Unavailable(f"{self.address}{name}: {error}") from None
                time.sleep(attempt / 2)

    def _go_on(self, name: str, path: Path, size: int | None) -> None:
        there = path.stat().st_size if path.is_file() else 0
        request = urllib.request.Request(  # noqa: S310 (http or https only)
            self.address + quote(name), headers={"Accept-Encoding": "identity"}
        )
        if there:
            request.add_header("Range", f"bytes={there}-")
        with contextlib.closing(urllib.request.urlopen(request, timeout=_SECONDS)) as answer:  # noqa: S310
            if name == CHECKSUMS:
                self.address = answer.url[: -len(CHECKSUMS)]
            partial = answer.status == http.HTTPStatus.PARTIAL_CONTENT
            if partial and not answer.headers.get("Content-Range", "").startswith(
                f"bytes {there}-"
            ):
                raise Unavailable(f"{answer.url} sends another part than it was asked for")
            written = there if partial else 0
            with path.open("ab" if partial else "wb") as file:
                for block in self._blocks(name, answer, size):
                    written += len(block)
                    if size is not None and written > size:
                        raise Unavailable(f"{answer.url} is longer than what was released")
                    file.write(block)
            if size is not None and written < size:
                raise http.client.IncompleteRead(b"", size - written)

    def _blocks(
        self, name: str, answer: http.client.HTTPResponse, size: int | None
    ) -> Iterator[bytes]:
        blocks = iter(lambda: answer.read(_BLOCK), b"")
        if size is None or size < _LONG * _BLOCK:
            return blocks
        return self._progress.step(name, blocks, size // _BLOCK, "MiB")
