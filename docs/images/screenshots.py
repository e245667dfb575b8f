"""Renew the pictures of the README: serve the release and photograph it with headless Chromium."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(__file__).parent
QUERY = """PREFIX a4m: <https://w3id.org/ai4media/ontology#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?area (COUNT(?work) AS ?works) {
  ?work a4m:researchArea / rdfs:label ?area .
} GROUP BY ?area
ORDER BY DESC(?works)
"""
PAGES = {
    "home.png": ("/", "1280,1000"),
    "workbench.png": (f"/sparql?query={quote(QUERY)}", "1280,1000"),
}
QUIET = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--force-color-profile=srgb", "--virtual-time-budget=8000"),
]


def main(release: str) -> int:
    """Photograph every page of PAGES; returns 2 if there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("chromium is needed; on Debian: apt-get install chromium", file=sys.stderr)
        return 2
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "server", "--release", release, "--port", str(port)]
    with subprocess.Popen(command) as server:
        try:
            _await(f"http://127.0.0.1:{port}/health")
            for name, (path, size) in PAGES.items():
                with tempfile.TemporaryDirectory() as profile:
                    options = [f"--user-data-dir={profile}", f"--window-size={size}"]
                    options.append(f"--screenshot={FOLDER / name}")
                    url = f"http://127.0.0.1:{port}{path}"
                    run = [chromium, *QUIET, *options, url]
                    subprocess.run(run, check=True, stderr=subprocess.DEVNULL, timeout=60)
                print(FOLDER / name)
        finally:
            server.terminate()
    return 0


def _await(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "build/release"))
