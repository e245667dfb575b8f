"""Fetching records: few requests, a name, a time-out, a bound on redirects and on size."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import IO
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 20.0
MOST_BYTES = 5_000_000
MOST_REDIRECTS = 5


class FetchError(Exception):
    """A record cannot be fetched; the text says from where, why, and what to do instead."""


class NotThere(FetchError):
    """The server answers that it has no such thing."""


class _BoundedRedirects(urllib.request.HTTPRedirectHandler):
    max_redirections = MOST_REDIRECTS
    max_repeats = 2

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise FetchError(f"{req.full_url} leads to {newurl}, which is no web address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(address: str, accept: str, agent: str) -> bytes:
    """Return what an http(s) address answers to `agent`, the name of who asks.

    Raises FetchError.
    """
    host = urlsplit(address).netloc
    if urlsplit(address).scheme not in ("http", "https"):
        raise FetchError(f"{address} is no web address")
    request = urllib.request.Request(  # noqa: S310 (the scheme has been looked at)
        address, headers={"Accept": accept, "User-Agent": agent}
    )
    opener = urllib.request.build_opener(_BoundedRedirects)
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            data = bytes(answer.read(MOST_BYTES + 1))
    except urllib.error.HTTPError as error:
        error.close()
        if error.code in (404, 410):
            raise NotThere(f"{host} has nothing at {address} ({error.code})") from None
        if error.code in (403, 429):
            raise FetchError(f"{host} refuses for now ({error.code}); try again later") from None
        raise FetchError(f"{host} answers {error.code} for {address}: {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise FetchError(
            f"{host} cannot be reached ({reason}); where there is no network, save the record "
            "elsewhere and give the file instead"
        ) from None
    if len(data) > MOST_BYTES:
        raise FetchError(
            f"{address} answers with more than {MOST_BYTES:,} bytes; this is no record"
        )
    return data
