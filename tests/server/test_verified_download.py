"""Verifying at an address, and downloads that go on where they broke off."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from publisher.cli import main
from tests.server.conftest import Site

NAME = "leuchtturm.nq"


def address(site: Site, version: str = "2.1.0") -> str:
    return f"http://127.0.0.1:{site.port}/dumps/{version}/"


@pytest.fixture(scope="module")
def fetched(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that the server offers."""
    folder = tmp_path_factory.mktemp("fetched") / "download"
    assert main(["verify", address(site, "latest"), "--to", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(fetched: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(fetched, tmp_path / "download"))


def test_an_address_is_verified(
    site: Site, fetched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (fetched / NAME).read_bytes() == site.release.dataset_path.read_bytes()
    assert main(["verify", address(site), "--only", "leuchtturm.*"]) == 0
    out = capsys.readouterr().out
    assert "RIGHT: this is release 2.1.0" in out
    assert "canonical hash and counts as released" in out


@pytest.mark.parametrize("version", ["1.0.0", "latest/nothing"])
def test_an_address_without_a_release(
    site: Site, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", address(site, version)]) == 2
    assert "SHA256SUMS answers 404" in capsys.readouterr().out


def test_half_a_download_is_completed(
    site: Site, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = (folder / NAME).read_bytes()
    (folder / NAME).write_bytes(whole[:1000])
    (folder / "leuchtturm.ttl").unlink()
    tampered = folder / "leuchtturm.nt"
    right = tampered.read_bytes()
    tampered.write_bytes(right.replace(b"Kap", b"Cap"))
    assert main(["verify", str(folder)]) == 1
    capsys.readouterr()
    assert main(["verify", str(folder), "--resume", "--from", address(site)]) == 0
    told = capsys.readouterr().err
    assert f"{NAME}: went on from byte 1,000" in told
    assert "leuchtturm.ttl: fetched\n" in told
    assert "leuchtturm.nt: fetched anew" in told
    assert (folder / NAME).read_bytes() == whole
    assert tampered.read_bytes() == right
    assert not list(folder.glob("*.part"))


def test_a_manifest_that_was_cut_off_is_completed_first(site: Site, folder: Path) -> None:
    manifest = folder / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:100])
    assert main(["verify", str(folder), "--resume"]) == 2, "nobody knows from where"
    assert main(["verify", str(folder), "--resume", "--from", address(site)]) == 0


def test_nothing_is_fetched_unasked(site: Site, folder: Path) -> None:
    (folder / NAME).unlink()
    assert main(["verify", str(folder), "--from", address(site)]) == 2
    assert not (folder / NAME).exists()


def test_a_connection_that_breaks_is_taken_up_again(
    fetched: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / NAME).unlink()
    with breaking(fetched) as (source, asked):
        assert main(["verify", str(folder), "--resume", "--from", source]) == 0
    half = (fetched / NAME).stat().st_size // 2
    assert asked == [(NAME, None), (NAME, f"bytes={half}-")]
    assert f"{NAME}: fetched" in capsys.readouterr().err


def test_a_server_with_another_file_is_not_believed(
    fetched: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Path(shutil.copytree(fetched, tmp_path / "other"))
    data = (other / NAME).read_bytes()
    (other / NAME).write_bytes(data.replace(b"Kap", b"Cap"))
    (folder / NAME).unlink()
    with breaking(other) as (source, _):
        assert main(["verify", str(folder), "--resume", "--from", source]) == 1
    assert "is not what was released" in capsys.readouterr().err
    assert not list(folder.glob("*.part"))


@contextmanager
def breaking(folder: Path) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """Serve a folder on loopback; breaks off after half of a file unless it is asked for a part."""
    asked: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            wanted = self.headers["Range"]
            asked.append((name, wanted))
            data = (folder / name).read_bytes()
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
            self.send_response(206 if wanted else 200)
            if wanted:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            self.wfile.write(data[start:] if wanted else data[: len(data) // 2])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/dumps/2.1.0/", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
