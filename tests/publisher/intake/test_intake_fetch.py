"""Fetching: against a real server on this machine, and without a network."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from added import RECORDS, Add, block, check, texts

from publisher.intake import fetch as fetching


@dataclass
class Registry:
    """A registry on this machine: answers by path, remembers what it was asked."""

    address: str
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)


@pytest.fixture
def registry(bookshelf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A server that the bookshelf's intake.toml names for everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            agent, accept = self.headers["User-Agent"], self.headers["Accept"]
            here.asked.append((self.path, agent, accept))
            code, body = here.answers.get(self.path, (404, ""))
            if code == 999:
                time.sleep(1)
                return
            self.send_response(code)
            if code == 302:
                self.send_header("Location", body)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments: object) -> None:
            pass

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Registry(f"http://127.0.0.1:{server.server_port}/")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    point_to(bookshelf, here.address)
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()


def point_to(publication: Path, address: str) -> None:
    names = ("doi", "ror", "github", "files")
    lines = "".join(f'{name} = "{address}{name}/"\n' for name in names)
    path = publication / "intake.toml"
    path.write_text(f"{path.read_text()}\n[addresses]\n{lines}")


def test_a_doi_is_fetched_with_good_manners(add: Add, registry: Registry, bookshelf: Path) -> None:
    answer = (RECORDS / "crossref.json").read_text()
    registry.answers["/doi/10.5555/hurdle.7"] = (302, f"{registry.address}works/7")
    registry.answers["/works/7"] = (200, answer)
    done = add("doi", "https://doi.org/10.5555/hurdle.7")
    assert done.code == 0, done.err
    (_, agent, accept), _ = registry.asked
    assert agent.endswith("(+https://shelf.example.org/about)")
    assert "application/vnd.citationstyles.csl+json" in accept
    assert "<https://doi.org/10.5555/hurdle.7>" in block(
        bookshelf, "origins.ttl", "origin:doi-org-10-5555-hurdle-7"
    )
    check(bookshelf)


def test_an_arxiv_number_is_fetched_by_its_doi(add: Add, registry: Registry) -> None:
    done = add("doi", "arXiv:2201.04567v2")
    assert done.code == 2
    assert registry.asked[0][0] == "/doi/10.48550/arXiv.2201.04567"
    assert "has nothing at" in done.err


def test_ror(add: Add, registry: Registry, bookshelf: Path) -> None:
    registry.answers["/ror/0shep3435"] = (200, (RECORDS / "ror-2.json").read_text())
    done = add("ror", "https://ror.org/0shep3435")
    assert done.code == 0, done.err
    assert "origin:ror-0shep3435" in block(bookshelf, "body.ttl", "body:sos")
    check(bookshelf)


def test_github_with_and_without_a_citation_file(
    add: Add, registry: Registry, bookshelf: Path
) -> None:
    described = (RECORDS / "github.json").read_text()
    registry.answers["/github/Pastures/Crook"] = (200, described)
    done = add("github", "Pastures/Crook", "--dry-run")
    assert done.code == 0, done.err
    assert "has no CITATION.cff: authors unknown" in done.out
    cff = (RECORDS / "CITATION.cff").read_text()
    registry.answers["/files/Pastures/Crook/HEAD/CITATION.cff"] = (200, cff)
    done = add("github", "https://github.com/Pastures/Crook")
    assert done.code == 0, done.err
    written = block(bookshelf, "tool.ttl", "tool:crook")
    assert 'bs:writtenIn "Rust"' in written
    assert 'bs:authorList "Jan van der Wiese"' in written
    assert "dcterms:contributor body:iop" in written
    assert "origin:github-pastures-crook-citation-cff" in written
    assert "is archived" in done.out
    check(bookshelf)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, ""), "has nothing at"),
        ((429, ""), "refuses for now (429)"),
        ((500, ""), "answers 500"),
        ((302, "/doi/10.5555/x"), "would lead to an infinite loop"),
        ((302, "file:///etc/hostname"), "answers 302"),
        ((200, "x" * 2000), "more than 1,000 bytes"),
        ((999, ""), "cannot be reached"),
    ],
)
def test_answers_that_are_of_no_use(
    answer: tuple[int, str],
    words: str,
    add: Add,
    registry: Registry,
    bookshelf: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetching, "MOST_BYTES", 1000)
    monkeypatch.setattr(fetching, "TIMEOUT_SECONDS", 0.3)
    registry.answers["/doi/10.5555/x"] = answer
    before = texts(bookshelf)
    done = add("doi", "10.5555/x")
    assert done.code == 2
    assert words in done.err
    assert done.err.endswith("nothing was written\n")
    assert texts(bookshelf) == before


def test_an_answer_that_is_no_record_is_at_fault(add: Add, registry: Registry) -> None:
    registry.answers["/doi/10.5555/x"] = (200, "<html>")
    done = add("doi", "10.5555/x")
    assert done.code == 1
    assert "10.5555/x:1: not JSON" in done.err


def test_without_a_network_it_says_so_and_what_to_do(
    add: Add, bookshelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        point_to(bookshelf, f"http://127.0.0.1:{taken.getsockname()[1]}/")
        done = add("doi", "10.5555/x")
    assert done.code == 2
    assert "cannot be reached" in done.err
    assert "where there is no network, save the record elsewhere and give the file" in done.err
