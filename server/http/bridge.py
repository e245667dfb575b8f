"""Running the WSGI application behind an ASGI server: threads for the work, none for the waiting.

A request is given a thread when its body is there, and a streamed response only for the time in
which it makes its next piece: clients that send or read slowly hold no thread.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import IO, Any, Final, TypeVar
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

T = TypeVar("T")

#: How much of a response a thread makes at a time, in bytes.
_PIECE: Final = 256 * 1024
_FILE_BLOCK: Final = 64 * 1024


class Bridge:
    """Answers ASGI requests from a WSGI application."""

    def __init__(self, app: WSGIApplication, threads: int) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def answer(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        body: bytes,
        extra: MutableMapping[str, Any] | None = None,
        begun: Callable[[], None] | None = None,
    ) -> None:
        """Answer a request whose body has been read; `extra` goes into the WSGI environment.

        `begun` is called in any case as soon as the first piece is made or has failed.
        An exception of the application's response is raised, so that the server breaks it off.
        """
        loop = asyncio.get_running_loop()
        call = _Call(self._app, {**environment(scope, body), **(extra or {})})
        try:
            try:
                piece = await loop.run_in_executor(self._threads, call.begin)
            finally:
                if begun is not None:
                    begun()
            await send(call.start())
            if call.ended:
                await send({"type": "http.response.body", "body": piece})
                return
            left = asyncio.ensure_future(_until_left(receive))
            try:
                while not (call.ended or left.done()):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    piece = await loop.run_in_executor(self._threads, call.next_piece)
                await send({"type": "http.response.body", "body": piece})
            finally:
                left.cancel()
        finally:
            await loop.run_in_executor(self._threads, call.close)

    async def run(self, action: Callable[[], T]) -> T:
        """Do something that takes its time in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, action)


class _Call:
    """One call of the application; each method runs in some thread, one after the other."""

    def __init__(self, app: WSGIApplication, environ: dict[str, Any]) -> None:
        self.ended = False
        self._app = app
        self._environ = environ
        self._status = 500
        self._headers: list[tuple[bytes, bytes]] = []
        self._response: Iterable[bytes] = ()
        self._pieces: Iterator[bytes] = iter(())

    def begin(self) -> bytes:
        """Call the application and return the first piece of its response."""
        self._response = self._app(self._environ, self._start_response)
        self._pieces = iter(self._response)
        return self.next_piece()

    def next_piece(self) -> bytes:
        """Return the next piece; `ended` tells whether it is the last."""
        size = 0
        parts = []
        for part in self._pieces:
            parts.append(part)
            size += len(part)
            if size >= _PIECE:
                break
        else:
            self.ended = True
        return b"".join(parts)

    def start(self) -> Event:
        """Return the message that starts the response."""
        return {"type": "http.response.start", "status": self._status, "headers": self._headers}

    def close(self) -> None:
        """Let the response free what it holds."""
        close = getattr(self._response, "close", None)
        if close is not None:
            close()

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        if exc_info is not None:
            raise exc_info[1]
        self._status = int(status.split(" ", 1)[0])
        self._headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        return _no_write


def environment(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return the WSGI environment of an ASGI request (PEP 3333)."""
    root = scope.get("root_path", "")
    query = scope["query_string"].decode("latin-1")
    raw = scope.get("raw_path") or b""
    # The decoded path has lost the octets that are not UTF-8.
    path = unquote_to_bytes(raw) if raw else scope["path"].encode()
    server = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root.encode().decode("latin-1"),
        "PATH_INFO": path.removeprefix(root.encode()).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "REMOTE_ADDR": str(client[0]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": _read_in_blocks,
    }
    if raw:
        environ["REQUEST_URI"] = raw.decode("latin-1") + (f"?{query}" if query else "")
    for name, value in scope["headers"]:
        if b"_" in name:
            # It would pass for the field that is spelled with hyphens.
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _read_in_blocks(file: IO[bytes], _: int = 0) -> _Blocks:
    return _Blocks(file)


class _Blocks:
    """A file as a response."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        while block := self._file.read(_FILE_BLOCK):
            yield block

    def close(self) -> None:
        self._file.close()


def _no_write(_: bytes) -> object:
    raise RuntimeError("responses are iterables; write() is not offered")
