"""The run: one graph, one peer after the other, checked before it is timed."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench import load, machine, pages, peers, releases
from bench.answers import Digest
from bench.direct import Direct
from bench.graphs import Plan
from bench.mix import HEAVY, SHORT, Mix, Question
from bench.peers import Peer, PeerFailed, RdflibEndpoint, RemoteServer, Server, VirtuosoPeer
from publisher.release import Release

SERVERS: Final = ("server-memory", "server-disk", "server-remote")
RDFLIB: Final = ("rdflib-endpoint", "rdflib-endpoint-oxigraph")
PEERS: Final = (*SERVERS, "virtuoso", *RDFLIB)
_MOST: Final = {
    "rdflib-endpoint": peers.RDFLIB_TRIPLES,
    "rdflib-endpoint-oxigraph": peers.RDFLIB_OXIGRAPH_TRIPLES,
}

#: How many short queries of each kind are compared, and how many different ones wrk has.
_COMPARED: Final = 25
_DIFFERENT: Final = 40_000
_REPEATED: Final = 100
#: How often a heavy query is asked in a text of its own, and again in the same.
_COLD: Final = 3
_AGAIN: Final = 5
_CROSS_PRODUCTS: Final = 4
#: Seeds and salts of queries that are compared, so that those that are timed are new.
_CHECK_SEED: Final = "check"
_CHECK_SALT: Final = 900

Say = Callable[[str], None]


@dataclass
class Suite:
    """Settings of a run; `python` is an interpreter that has rdflib-endpoint, or None."""

    folder: Path
    names: list[str]
    seconds: float
    python: Path | None
    say: Say

    def run(self, triples: int) -> dict[str, Any]:
        """Measure all peers on a graph of about `triples` triples."""
        self.say(f"{triples:,} triples: making the graph")
        folder = self.folder / str(triples)
        release = releases.make(triples, folder)
        count = release.counts["triples"]
        with contextlib.ExitStack() as stack:
            self.say(f"{count:,} triples: Oxigraph in process")
            direct = Direct(release.path)
            stack.callback(direct.stop)
            one = _Size(self, release, Mix(Plan.of(triples)), direct, folder)
            result: dict[str, Any] = {
                "triples": count,
                "file_bytes": release.dataset_path.stat().st_size,
                "direct": one.direct_figures(),
                "peers": {},
            }
            one.digest_answers()
            for name in self.names:
                if triples > _MOST.get(name, triples):
                    continue
                self.say(f"{count:,} triples: {name}")
                figures = one.figures(name)
                figures["load_average"] = machine.load()
                result["peers"][name] = figures
        return result

    def real(self, release: Path) -> dict[str, float]:
        """Return the seconds until the first answer over a real release, for each engine."""
        opened = Release.open(release)
        found = {}
        for name in self.names:
            if name in SERVERS:
                self.say(f"{name}: the real graph")
                with _running(self.start(name, opened, self.folder)) as peer:
                    found[name] = peer.started.start_seconds
        return found

    def pages(self, release: Path) -> dict[str, Any]:
        """Return how long the pages of a real release take, and how large they are."""
        self.say("pages of the real graph")
        return {"real": pages.measure(Release.open(release), self.folder / "pages.log")}

    def large_pages(self, triples: int) -> dict[str, Any]:
        """Return the same for a synthetic graph, with an index of all of it."""
        folder = self.folder / str(triples)
        self.say(f"pages of about {triples:,} triples: making the index")
        release = pages.with_index(releases.make(triples, folder), folder)
        self.say("pages of the synthetic graph")
        return pages.measure(release, self.folder / "pages.log")

    def start(self, name: str, release: Release, folder: Path, workers: int = 2) -> Peer:
        """Start a peer over a release. Raises PeerFailed."""
        question = peers.first_question()
        log = folder / f"{name}.log"
        if name == "server-remote":
            shutil.rmtree(folder / "remote", ignore_errors=True)
            return RemoteServer.start(release, question, folder / "remote", log)
        if name in SERVERS:
            return Server.start(release, name.removeprefix("server-"), question, log, workers)
        if name == "virtuoso":
            home = folder / "virtuoso"
            shutil.rmtree(home, ignore_errors=True)
            return VirtuosoPeer.start(release, question, home)
        assert self.python
        store = "default" if name == "rdflib-endpoint" else "oxigraph"
        return RdflibEndpoint.start(release, store, self.python, question, log)


class _Size:
    """One graph with its right answers."""

    def __init__(
        self, suite: Suite, release: Release, mix: Mix, direct: Direct, folder: Path
    ) -> None:
        self._suite = suite
        self._release = release
        self._mix = mix
        self._direct = direct
        self._folder = folder
        # Small graphs are there for the growth, not for the third digit.
        self._full = release.counts["triples"] > 2 * peers.RDFLIB_TRIPLES
        self._seconds = suite.seconds if self._full else max(1, suite.seconds / 4)
        self._right: dict[str, list[tuple[Question, Digest]]] = {}

    def direct_figures(self) -> dict[str, Any]:
        """Return what Oxigraph does in process, and through the engine's pipe."""
        found: dict[str, Any] = {"load_seconds": self._direct.load_seconds}
        found["memory_mb"] = machine.proportional_mb([self._direct.pid])
        for name in SHORT:
            questions = self._mix.short(name, 20_000)
            found[name] = self._direct.rate(questions, self._seconds / 2)
        for name in HEAVY:
            found[name] = min(
                self._direct.seconds(self._mix.heavy(name, salt)) for salt in range(_COLD)
            )
        found["pipe"] = {}
        for engine in ("memory", "disk"):
            if f"server-{engine}" in self._suite.names:
                questions = self._mix.short("lookup", 20_000, "pipe")
                found["pipe"][engine] = self._direct.against_pipe(questions, self._seconds, engine)
        return found

    def digest_answers(self) -> None:
        """Work out the right answers."""
        for name in SHORT:
            questions = self._mix.short(name, _COMPARED, _CHECK_SEED)
            self._right[name] = [(each, self._direct.digest(each)) for each in questions]
        for name in HEAVY:
            question = self._mix.heavy(name, _CHECK_SALT)
            self._right[name] = [(question, self._direct.digest(question))]
        large = self._mix.large(self._release.dataset_path)
        if large:
            self._right["large"] = [(large, self._direct.digest(large))]

    def figures(self, name: str) -> dict[str, Any]:
        """Start a peer, compare its answers, and time those that are right."""
        try:
            peer = self._suite.start(name, self._release, self._folder)
        except PeerFailed as error:
            return {"failed": str(error)}
        with _running(peer):
            found: dict[str, Any] = asdict(peer.started)
            kinds = self._kinds(name)
            wrong = found["wrong"] = self._wrong(peer, name, kinds)
            found["memory_mb"] = machine.proportional_mb(peer.pids)
            for kind in (kind for kind in SHORT if kind not in wrong):
                self._suite.say(f"  {name}: {SHORT[kind]}")
                questions = self._mix.short(kind, _DIFFERENT)
                found[kind] = asdict(load.rate(peer, questions, self._seconds, self._folder))
            if "lookup" not in wrong:
                again = self._mix.short("lookup", _REPEATED, "again")
                rate = load.rate(peer, again, self._seconds / 2, self._folder)
                found["lookup_repeated"] = asdict(rate)
            for kind in (kind for kind in HEAVY if kind in kinds and kind not in wrong):
                self._suite.say(f"  {name}: {HEAVY[kind]}")
                found[kind] = self._heavy(peer, kind, once=name in RDFLIB)
            if "large" in kinds and "large" not in wrong:
                self._suite.say(f"  {name}: 100 MB")
                found["large"] = asdict(load.transfer(peer, self._right["large"][0][0]))
            found["memory_after_mb"] = machine.proportional_mb(peer.pids)
            if "lookup" not in wrong and self._full and name not in RDFLIB:
                self._suite.say(f"  {name}: look-ups beside {_CROSS_PRODUCTS} cross products")
                found["beside"] = self._beside(peer)
        if name == "server-memory" and self._full:
            found["copies"] = self._copies(name)
        return found

    def _kinds(self, name: str) -> set[str]:
        """Return the kinds of queries that a peer is asked."""
        kinds = set(self._right)
        if name in RDFLIB:
            kinds.discard("large")
            if self._full:
                kinds -= set(HEAVY)
        return kinds

    def _wrong(self, peer: Peer, name: str, kinds: set[str]) -> dict[str, str]:
        """Compare the answers of a peer; return the kinds that it gets wrong, with the reason."""
        wrong = {}
        for kind, pairs in self._right.items():
            if kind not in kinds:
                continue
            self._suite.say(f"  {name}: comparing answers ({kind})")
            extra = peer.dataset if kind in HEAVY or kind == "large" else []
            for question, right in pairs:
                try:
                    status, _, body = peers.ask(peer, question, extra=extra)
                    if status != 200:
                        wrong[kind] = f"status {status}: {body[:200].decode(errors='replace')}"
                    elif (found := Digest.of(question.form, body)) != right:
                        wrong[kind] = f"{found.rows} rows in place of {right.rows}"
                        if found.rows == right.rows:
                            wrong[kind] = f"other values in its {right.rows} rows"
                        (self._folder / f"{peer.name}-{kind}.wrong").write_bytes(body[:100_000])
                except (OSError, ValueError, KeyError, SyntaxError) as error:
                    wrong[kind] = f"{type(error).__name__}: {error}"
                if kind in wrong:
                    break
        return wrong

    def _heavy(self, peer: Peer, kind: str, *, once: bool) -> dict[str, float]:
        questions = [self._mix.heavy(kind, salt) for salt in range(1, 2 if once else _COLD + 1)]
        cold = sorted(load.seconds(peer, question) for question in questions)
        found = {"cold": cold[len(cold) // 2]}
        again = questions[-1]
        found["repeated"] = load.seconds(peer, again, 1 if once else _AGAIN)
        _, headers, _ = peers.ask(peer, again)
        if etag := headers.get("etag") or headers.get("ETag"):
            found["not_modified"] = load.not_modified(peer, again, etag, _AGAIN)
        return found

    def _beside(self, peer: Peer) -> dict[str, Any]:
        """Look-ups of one client and of eight, idle and beside endless queries."""
        found: dict[str, Any] = {}
        for clients in (1, load.CLIENTS):
            questions = self._mix.short("lookup", _DIFFERENT, f"idle {clients}")
            idle = load.rate(peer, questions, self._seconds, self._folder, clients)
            found[f"idle_{clients}"] = asdict(idle)
        with load.cross_products(peer, _CROSS_PRODUCTS):
            for clients in (1, load.CLIENTS):
                questions = self._mix.short("lookup", _DIFFERENT, f"busy {clients}")
                busy = load.rate(peer, questions, self._seconds, self._folder, clients)
                found[f"busy_{clients}"] = asdict(busy)
        return found

    def _copies(self, name: str) -> dict[str, float]:
        """Return the memory of all processes, by the number of web processes."""
        found = {}
        for workers in (1, 4):
            self._suite.say(f"  {name}: memory with {workers} web processes")
            with _running(self._suite.start(name, self._release, self._folder, workers)) as peer:
                questions = self._mix.short("lookup", 2000, "memory")
                load.rate(peer, questions, 1, self._folder)
                found[str(workers)] = machine.proportional_mb(peer.pids)
                web = machine.proportional_mb(peer.processes)
                found[f"{workers}_web"] = web
        return found


@contextlib.contextmanager
def _running(peer: Peer) -> Iterator[Peer]:
    try:
        yield peer
    finally:
        peer.stop()
