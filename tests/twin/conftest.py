"""The twin of the small publication, below plain file hosts: Apache and Python's own server."""

from __future__ import annotations

import functools
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from publisher.build import build
from publisher.live_server import Client
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.release import Release
from publisher.twin.site import write
from tests.apache import running
from tests.conftest import LIGHTHOUSES
from tests.server.conftest import AWKWARD, WORK

#: The twin lies in a folder of the host, not at its root.
FOLDER = "archiv/leuchtturm"


@pytest.fixture(scope="session")
def lighthouses_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the small publication, with things whose names are hard to carry."""
    room = tmp_path_factory.mktemp("lighthouses")
    shutil.copytree(LIGHTHOUSES, room / "publication")
    subjects = sorted(set(re.findall(r"^<[^>]+>", AWKWARD, re.MULTILINE)))
    kinds = "".join(f"{each} a <https://schema.org/Place> .\n" for each in subjects)
    (room / "publication/data/probe.ttl").write_text(AWKWARD + WORK + kinds)
    publication = Publication.load(room / "publication")
    return build(publication, room / "release", Progress(quiet=True))


@pytest.fixture(scope="session")
def twin(lighthouses_release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The twin of the small publication, in its folder below a root."""
    out = tmp_path_factory.mktemp("root") / FOLDER
    write(lighthouses_release, out, Progress(quiet=True))
    return out


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class _Host(http.server.ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Say nothing of browsers that go away."""


@contextmanager
def plain_host(root: Path) -> Iterator[str]:
    """Yield the address of Python's own file server over a folder."""
    handler = functools.partial(_Silent, directory=str(root))
    with _Host(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(10)


@pytest.fixture(scope="session")
def plain(twin: Path) -> Iterator[str]:
    """The address of the twin below Python's own file server."""
    with plain_host(twin.parents[1]) as address:
        yield f"{address}/{FOLDER}"


@pytest.fixture(scope="session")
def apache(twin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of the twin below a real Apache, which reads its .htaccess."""
    with running(twin.parents[1], tmp_path_factory.mktemp("apache"), FOLDER) as client:
        yield client
