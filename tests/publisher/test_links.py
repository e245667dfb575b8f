"""The dead-link report against a server of this machine that answers in every odd way."""

from __future__ import annotations

import csv
import datetime as dt
import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from publisher.cli import main
from publisher.links.checker import Checker, Manners
from publisher.links.command import check
from publisher.links.outward import Outward, outward_links
from publisher.release import Release

AGENT = "test-links/1 (+https://example.org/)"


class Odd(BaseHTTPRequestHandler):
    """Answers by the path."""

    seen: Counter[tuple[str, str]]
    agents: set[str]

    def do_GET(self) -> None:  # noqa: D102
        self._answer()

    def do_HEAD(self) -> None:  # noqa: D102
        self._answer()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""

    def _answer(self) -> None:
        path = self.path
        self.seen[self.command, path] += 1
        self.agents.add(self.headers["User-Agent"])
        times = self.seen[self.command, path]
        if path == "/robots.txt":
            self._say(200, body=b"User-agent: *\nDisallow: /private/\n")
        elif path.startswith("/status/200?"):
            self._say(200 if path.endswith("caf%E9") else 404)
        elif path.startswith("/status/"):
            self._say(int(path.rpartition("/")[2]))
        elif path == "/no-head":
            self._say(405 if self.command == "HEAD" else 200)
        elif path == "/head-hangs-up":
            if self.command == "HEAD":
                self.close_connection = True
            else:
                self._say(200)
        elif path.startswith("/chain/"):
            left = int(path.rpartition("/")[2])
            self._say(301, Location=f"/chain/{left - 1}") if left else self._say(200)
        elif path == "/found":
            self._say(302, Location="/status/200")
        elif path == "/moved-away":
            self._say(308, Location="/status/404")
        elif path == "/circle":
            self._say(301, Location="/circle-back")
        elif path == "/circle-back":
            self._say(301, Location="/circle")
        elif path == "/elsewhere":
            self._say(301, Location="mailto:nobody@example.org")
        elif path == "/accents":
            self._say(301, Location="/status/200?caf\u00e9")
        elif path == "/busy":
            self._say(200) if times > 1 else self._say(429, Retry_After="3")
        elif path == "/busy-for-days":
            self._say(429, Retry_After="86400")
        elif path == "/slow":
            threading.Event().wait(2)
            self._say(200)
        else:
            self._say(200)

    def _say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@pytest.fixture
def odd() -> Iterator[str]:
    """The address of the odd server."""
    Odd.seen, Odd.agents = Counter(), set()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def waited() -> list[float]:
    """The seconds that a checker wanted to sleep."""
    return []


@pytest.fixture
def checker(waited: list[float]) -> Checker:
    return Checker(Manners(AGENT, pause=0.5, timeout=1.0, sleep=waited.append))


@pytest.mark.parametrize(
    ("path", "outcome", "status"),
    [
        ("/", "ok", 200),
        ("/status/204", "ok", 204),
        ("/status/404", "gone", 404),
        ("/status/410", "gone", 410),
        ("/status/401", "refused", 401),
        ("/status/403", "refused", 403),
        ("/status/500", "failing", 500),
        ("/no-head", "ok", 200),
        ("/head-hangs-up", "ok", 200),
        ("/chain/3", "moved", 200),
        ("/chain/30", "loop", 301),
        ("/found", "ok", 200),
        ("/moved-away", "gone", 404),
        ("/circle", "loop", 301),
        ("/elsewhere", "loop", 301),
        ("/accents", "moved", 200),
        ("/busy-for-days", "refused", 429),
        ("/slow", "unreachable", None),
        ("/private/page", "robots", None),
    ],
)
def test_outcomes(checker: Checker, odd: str, path: str, outcome: str, status: int | None) -> None:
    found = checker.check(odd + path)
    assert (found.outcome, found.status) == (outcome, status), found
    assert dt.datetime.fromisoformat(found.checked).tzinfo is not None
    if path == "/chain/3":
        assert found.leads_to == f"{odd}/chain/0"
    if path == "/private/page":
        assert Odd.seen["HEAD", path] == Odd.seen["GET", path] == 0


def test_retry_after_is_waited_for(checker: Checker, odd: str, waited: list[float]) -> None:
    assert checker.check(f"{odd}/busy").outcome == "ok"
    assert 3.0 in waited
    assert Odd.seen["HEAD", "/busy"] == 2


def test_requests_to_a_host_are_spaced(checker: Checker, odd: str, waited: list[float]) -> None:
    for number in range(4):
        checker.check(f"{odd}/page/{number}")
    assert Odd.seen["GET", "/robots.txt"] == 1
    assert len(waited) == 4
    assert all(0.3 < seconds <= 0.5 for seconds in waited)
    assert Odd.agents == {AGENT}


def test_nobody_listens(checker: Checker) -> None:
    found = checker.check("http://127.0.0.1:1/")
    assert found.outcome == "unreachable"
    assert "refused" in found.detail.lower()


def test_hosts_side_by_side(odd: str) -> None:
    port = odd.rpartition(":")[2]
    hosts = [f"http://127.0.0.{number}:{port}" for number in (1, 1, 1)]
    links = [Outward(f"{host}/{n}") for n, host in enumerate(hosts)]
    found = list(check(links, Manners(AGENT, pause=0.0, timeout=2.0)))
    assert {each.address for each in found} == {link.address for link in links}


@pytest.fixture
def release(minimal: Path, odd: str, tmp_path: Path) -> Path:
    """A release that leads to the odd server."""
    thing = "<https://example.org/minimal/id/thing"
    see = "<http://www.w3.org/2000/01/rdf-schema#seeAlso>"
    lines = [
        f'{thing}/a> <http://www.w3.org/2000/01/rdf-schema#label> "A" .',
        f"{thing}/a> {see} <{odd}/status/404> .",
        f"{thing}/b> {see} <{odd}/status/404#part> .",
        f"{thing}/b> {see} <{odd}/chain/1> .",
        f"{thing}/b> {see} <{odd}/fine> .",
        f"{thing}/b> {see} <https://example.org/minimal/id/thing/a> .",
        f"{thing}/b> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{odd}/Class> .",
    ]
    (minimal / "data" / "thing.nt").write_text("\n".join(lines) + "\n")
    out = tmp_path / "release"
    assert main(["build", "--publication", str(minimal), "--out", str(out)]) == 0
    return out


def test_a_release_that_is_not_there_is_wrong_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["links", "--release", str(tmp_path / "none")]) == 2
    assert "none" in capsys.readouterr().err


def test_what_leads_outside(release: Path, odd: str) -> None:
    links = {link.address: link.uses for link in outward_links(Release.open(release))}
    assert set(links) == {f"{odd}/status/404", f"{odd}/chain/1", f"{odd}/fine"}
    assert [thing.rpartition("/")[2] for thing, _ in links[f"{odd}/status/404"]] == ["a", "b"]


def test_report(release: Path, odd: str, tmp_path: Path) -> None:
    to = tmp_path / "links"
    command = ["links", "--release", str(release), "--to", str(to), "--pause", "0"]
    assert main(command) == 1
    day = dt.datetime.now(dt.UTC).date().isoformat()
    page = (to / f"links-{day}.md").read_text("utf-8")
    assert f"- <{odd}/status/404> (404): thing/a, thing/b" in page
    assert f"- <{odd}/chain/1> (200, leads to <{odd}/chain/0>): thing/b" in page
    document = json.loads((to / f"links-{day}.json").read_text("utf-8"))
    assert document["outcomes"] == {"gone": 1, "moved": 1, "ok": 1}
    with (to / f"links-{day}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["outcome"] for row in rows) == {"gone": 2, "moved": 1, "ok": 1}
    assert all(
        "minimal-links/0.0.0 (+https://example.org/minimal/)" in a
        for a in Odd.agents
        if "urllib" not in a
    )


def test_an_interrupted_run_goes_on(release: Path, odd: str, tmp_path: Path) -> None:
    to = tmp_path / "links"
    command = ["links", "--release", str(release), "--to", str(to), "--pause", "0"]
    main(command)
    kept = to / "checked.jsonl"
    lines = kept.read_text("utf-8").splitlines(keepends=True)
    kept.write_text(lines[0] + lines[1][:20], encoding="utf-8")
    before = Odd.seen.copy()
    main(command)
    asked = {path for (_, path), count in (Odd.seen - before).items() if path != "/robots.txt"}
    first = json.loads(lines[0])["address"].removeprefix(odd)
    assert first not in asked
    assert len(asked) >= 2
    Odd.seen.clear()
    assert main([*command, "--again-after", "0"]) == 1
    assert Odd.seen["HEAD", "/fine"] == 1
