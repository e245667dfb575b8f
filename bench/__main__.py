"""`python -m bench`: measures the server beside its peers and writes bench/RESULTS.md."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from bench import builds, machine, report, sections, shacl
from bench.suite import PEERS, RDFLIB, Say, Suite

_RESULTS: Final = "results.json"
#: The size at which pages are timed, besides the real graph.
_PAGES: Final = 1_000_000
#: The largest size at which pySHACL is waited for, and how often.
_VALIDATED: Final = 1_000_000
_ROUNDS: Final = 3
_NEEDS: Final = {"virtuoso": ("virtuoso-t", "isql-vt"), "server-remote": ("virtuoso-t", "isql-vt")}


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; return 0, or 2 if something it needs is missing."""
    options = _parser().parse_args(arguments)
    if options.builds_only:
        return _renew_builds(options)
    if options.validation_only:
        return _renew_validation(options)
    programs = {"wrk", *(name for peer in options.peers for name in _NEEDS.get(peer, ()))}
    if packages := machine.missing(programs):
        print(
            "The benchmark needs programs that are not installed. On Debian: apt-get install "
            f"{' '.join(packages)} (or leave peers out with --peers).",
            file=sys.stderr,
        )
        return 2
    rdflib = [name for name in options.peers if name in RDFLIB]
    if rdflib and not options.peer_python.exists():
        print(
            f"{', '.join(rdflib)} need an interpreter with the packages of "
            f"requirements-bench.lock at {options.peer_python}: 'make bench' sets it up.",
            file=sys.stderr,
        )
        return 2
    # Ended from outside, it still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {text}", flush=True)

    options.folder.mkdir(parents=True, exist_ok=True)
    suite = Suite(
        options.folder.resolve(),
        options.peers,
        options.seconds,
        options.peer_python.absolute(),
        say,
    )
    if options.pages_only:
        return _renew_pages(options, suite, say)
    results: dict[str, Any] = {
        "facts": machine.facts(),
        "seconds": options.seconds,
        "real": suite.real(options.release) if options.release else {},
        "pages": suite.pages(options.release) if options.release else {},
        "sizes": _kept(options.folder / _RESULTS, options.triples) if options.keep else [],
    }
    for triples in sorted(options.triples):
        if triples == _PAGES:
            results["pages"]["synthetic"] = suite.large_pages(triples)
        results["sizes"].append({"asked": triples, "date": _today(), **suite.run(triples)})
        results["sizes"].sort(key=lambda size: size["asked"])
        builds.keep(builds.measure(triples, options.folder.resolve() / "build"))
        if triples <= _VALIDATED:
            shacl.keep([shacl.measure(triples, _ROUNDS, options.folder.resolve())])
        # After each size: a long run that is broken off has shown what it found.
        _write(options, results)
    say(f"done: {options.report}")
    return 0


def _renew_builds(options: argparse.Namespace) -> int:
    """Measure builds anew and keep the rest of the page, whoever made it."""
    for triples in sorted(options.triples):
        print(f"building {triples:,} triples", flush=True)
        builds.keep(builds.measure(triples, options.folder.resolve() / "build"))
        _renew(options, "Builds")
    return 0


def _renew_validation(options: argparse.Namespace) -> int:
    """Measure validation anew and keep the rest of the page, whoever made it."""
    folder = options.folder.resolve()
    for triples in sorted(options.triples):
        print(f"validating {triples:,} triples", flush=True)
        shacl.keep([shacl.measure(triples, _ROUNDS, folder)])
        _renew(options, "Validation")
    return 0


def _renew(options: argparse.Namespace, heading: str) -> None:
    page = options.report.read_text(encoding="utf-8") if options.report.is_file() else ""
    options.report.write_text(sections.renewed(page, heading), encoding="utf-8")


def _renew_pages(options: argparse.Namespace, suite: Suite, say: Say) -> int:
    """Measure pages anew and keep the rest of what a former run found."""
    try:
        results = json.loads((options.folder / _RESULTS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        print("There is no former run to keep: leave --pages-only out.", file=sys.stderr)
        return 2
    results["pages"] = suite.pages(options.release) if options.release else {}
    results["pages"]["synthetic"] = suite.large_pages(_PAGES)
    _write(options, results)
    say(f"done: {options.report}")
    return 0


def _write(options: argparse.Namespace, results: dict[str, Any]) -> None:
    text = json.dumps(results, indent=1)
    (options.folder / _RESULTS).write_text(f"{text}\n", encoding="utf-8")
    options.report.write_text(report.markdown(results), encoding="utf-8")


def _kept(results: Path, triples: list[int]) -> list[dict[str, Any]]:
    """Return what former runs measured of other sizes."""
    if not results.is_file():
        return []
    sizes = json.loads(results.read_text(encoding="utf-8"))["sizes"]
    return [size for size in sizes if size["asked"] not in triples]


def _today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Measure the server beside its peers."
    )
    parser.add_argument(
        "--triples",
        type=int,
        nargs="+",
        default=[1_000_000],
        metavar="N",
        help="sizes of the graphs (%(default)s)",
    )
    parser.add_argument(
        "--peers",
        nargs="+",
        choices=PEERS,
        default=list(PEERS),
        metavar="PEER",
        help=f"some of {', '.join(PEERS)} (all)",
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep what former runs measured of other sizes"
    )
    parser.add_argument(
        "--pages-only", action="store_true", help="measure pages and keep all else of a former run"
    )
    parser.add_argument(
        "--builds-only",
        action="store_true",
        help="measure how builds grow, and keep all else of the report",
    )
    parser.add_argument(
        "--validation-only",
        action="store_true",
        help="measure validation beside pySHACL, and keep all else of the report",
    )
    parser.add_argument(
        "--seconds", type=float, default=8, help="length of one measurement (%(default)s)"
    )
    parser.add_argument(
        "--release", type=Path, metavar="DIR", help="a real release whose start is timed too"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("build/bench"),
        metavar="DIR",
        help="where graphs and stores are kept (%(default)s)",
    )
    parser.add_argument(
        "--report",
        type=Path,
        default=Path("bench/RESULTS.md"),
        metavar="FILE",
        help="what to write (%(default)s)",
    )
    parser.add_argument(
        "--peer-python",
        type=Path,
        default=Path(".venv-bench/bin/python"),
        metavar="FILE",
        help="the interpreter that has rdflib-endpoint (%(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
