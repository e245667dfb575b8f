"""The command line as a person or a script meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from publisher.cli import main


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "publisher", *arguments],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("command", ["build", "validate", "format", "dump"])
def test_every_command_has_help(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: python -m publisher {command}")


@pytest.mark.parametrize("arguments", [(), ("bild",), ("build", "--ot", "x", "--nonsense")])
def test_wrong_use_exits_with_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr


@pytest.mark.parametrize("command", ["dump", "coverage", "links"])
def test_without_a_release_it_exits_with_2(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--release", str(tmp_path / "none")]) == 2
    assert "make one with 'python -m publisher build'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "missing; write one with at least title, base and license"),
        ("title = ", "not TOML"),
        ('title = "T"\nlicense = "https://l.example/"', "'base': missing"),
        ('title = "T"\nbase = "https://b.example/x"\nlicense = "https://l/"', "must end in '/'"),
        ('title = "T"\nbase = "ftp://b/"\nlicense = "https://l/"', "not an http(s) IRI"),
        ('title = "T"\nbase = "https://b/"\nlicense = "https://l/"\nlisence = 1', "'lisence'"),
        (
            'title = "T"\nbase = "https://b/"\nlicense = "https://l/"\n[limits]\ndeadline = 3',
            "unknown limit 'deadline'; there are: deadline_seconds",
        ),
        (
            'title = "T"\nbase = "https://b/"\nlicense = "https://l/"\n'
            "[limits]\ndeadline_seconds = 0",
            "write a number above zero",
        ),
        (
            'title = "T"\nbase = "https://b/"\nlicense = "https://l/"\nreleased = "x"',
            "as 2026-11-22",
        ),
        (
            'title = "T"\nbase = "https://b/"\nlicense = "https://l/"\nengine = "disc"',
            "'engine': 'disc' is none of memory, disk, remote",
        ),
        *(
            (
                f'title = "T"\nbase = "https://b/"\nlicense = "https://l/"\n[service]\n{line}',
                words,
            )
            for line, words in (
                ('permit = ["https://e/"]', "'service.permit': is not a key"),
                ('allow = "https://e/"', "'service.allow': must be a list"),
                ("allow = [1]", "1 is not the full address"),
                ('allow = ["sparql"]', "'sparql' is not the full address"),
                ('allow = ["file:///etc/passwd"]', "is not the full address"),
                ('allow = ["https://me:secret@e/"]', "is not the full address"),
                ('allow = ["https://e/a/../b"]', "is not the full address"),
                ('allow = ["https://e/ b"]', "is not the full address"),
                ('allow = ["https://[e/"]', "is not the full address"),
            )
        ),
    ],
)
def test_bad_configuration_exits_with_2_and_names_the_key(
    text: str | None, words: str, minimal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration = minimal / "publication.toml"
    configuration.unlink()
    if text is not None:
        configuration.write_text(text)
    assert main(["validate", "--publication", str(minimal)]) == 2
    told = capsys.readouterr().err
    assert str(configuration) in told
    assert words in told


def test_folder_that_is_not_there_exits_with_2(tmp_path: Path) -> None:
    assert main(["build", "--publication", str(tmp_path / "nowhere")]) == 2


def test_empty_data_is_a_fault_of_the_data(
    minimal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "--publication", str(minimal)]) == 1
    assert "nothing to publish" in capsys.readouterr().err


def test_two_files_for_one_graph_are_refused(
    minimal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for suffix in ("ttl", "nt"):
        (minimal / "data" / f"a.{suffix}").write_text("<x:s> <x:p> <x:o> .\n")
    assert main(["validate", "--publication", str(minimal)]) == 1
    assert "shared-graph" in capsys.readouterr().err


def test_progress_is_plain_lines_where_there_is_no_terminal(
    lighthouses: Path, tmp_path: Path
) -> None:
    done = run("build", "--publication", str(lighthouses), "--out", str(tmp_path / "out"))
    assert done.returncode == 0
    steps = [line.split()[0].rstrip(":") for line in done.stderr.splitlines()]
    assert steps[:4] == ["read", "canonicalise", "load", "validate"]
    assert "dump and index (" in done.stderr
    assert "\r" not in done.stderr
    assert "\x1b" not in done.stderr


def test_publication_is_the_folder_one_stands_in(lighthouses: Path) -> None:
    done = run("build", cwd=lighthouses)
    assert done.returncode == 0, done.stderr
    assert (lighthouses / "build" / "release" / "manifest.json").is_file()


def test_dump_copies_files_with_their_checksums(lighthouses: Path, tmp_path: Path) -> None:
    out, folder = tmp_path / "out", tmp_path / "dumps"
    assert main(["build", "--publication", str(lighthouses), "--out", str(out)]) == 0
    assert main(["dump", "--release", str(out), "--to", str(folder)]) == 0
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=folder, check=False).returncode == 0
    assert (folder / "leuchtturm.ttl").is_file()
