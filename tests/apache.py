"""A real Apache over a folder, which reads the .htaccess files in it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from publisher.live_server import Client, ServerFailed

_APACHE = Path("/usr/sbin/apache2")
_MODULES = Path("/usr/lib/apache2/modules")
_LOADED = ("mpm_event", "authz_core", "mime", "dir", "headers", "setenvif", "rewrite")


@contextmanager
def running(root: Path, room: Path, mount: str = "") -> Iterator[Client]:
    """Yield a client of the folder `mount` below the document root `root`.

    `room` is where the process keeps its files. The test is skipped where there is no Apache.
    """
    if not _APACHE.is_file():
        pytest.skip("there is no Apache; on Debian: apt-get install apache2")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root.chmod(0o755)
    lines = [
        *(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _LOADED),
        f"ServerRoot {room}\nServerName localhost\nListen 127.0.0.1:{port}",
        f"PidFile {room}/pid\nErrorLog {room}/error.log\nTypesConfig /etc/mime.types",
        f'DocumentRoot "{root}"\n<Directory "{root}">\nAllowOverride All\nRequire all granted',
        "</Directory>\nAllowEncodedSlashes NoDecode",
    ]
    config = room / "httpd.conf"
    config.write_text("\n".join(lines) + "\n")
    program = shutil.which("apache2") or str(_APACHE)
    process = subprocess.Popen([program, "-f", str(config), "-DFOREGROUND"])
    client = Client(f"http://127.0.0.1:{port}/{mount}")
    try:
        for _ in range(100):
            with suppress(ServerFailed):
                client.get("/")
                break
            assert process.poll() is None, (room / "error.log").read_text()
            time.sleep(0.1)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(20)
