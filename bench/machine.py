"""What the machine is and does: facts for the report, memory and processes of a peer."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

#: Programs that are needed, with the Debian package that has them.
PROGRAMS: Final = {
    "wrk": "wrk",
    "virtuoso-t": "virtuoso-opensource-7",
    "isql-vt": "virtuoso-opensource-7",
}
_LIBRARIES: Final = ("pyoxigraph", "granian", "flask", "rdflib")
MB: Final = 1024 * 1024


def missing(programs: Iterable[str]) -> list[str]:
    """Return the Debian packages of the programs that are not installed."""
    return sorted({PROGRAMS[name] for name in programs if shutil.which(name) is None})


def facts() -> dict[str, str]:
    """Return what readers need to know to compare figures; no names of hosts or folders."""
    found = {
        "processors": f"{os.cpu_count()} x {_processor()}",
        "memory": f"{_memory_gb():.0f} GB",
        "kernel": f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": platform.python_version(),
    }
    for library in _LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[library] = version(library)
    if shutil.which("virtuoso-t"):
        found["Virtuoso"] = _virtuoso_version()
    if shutil.which("wrk"):
        found["wrk"] = _output("wrk", "-v").split(" [")[0].removeprefix("wrk ").split()[-1]
    return found


def load() -> float:
    """Return the load average of the last minute."""
    return os.getloadavg()[0]


def free_port() -> int:
    """Return a port of the loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def tree(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found = [pid]
    for parent in found:
        for task in _names(Path(f"/proc/{parent}/task")):
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{parent}/task/{task}/children").read_text()
                found += [int(child) for child in children.split()]
    return found


def proportional_mb(pids: Iterable[int]) -> float:
    """Return the memory of processes in MB; what several share is counted once (PSS)."""
    return sum(_field(pid, "smaps_rollup", "Pss") for pid in pids) / 1024


def resident_mb(pid: int) -> float:
    """Return the memory of one process in MB, shared pages included (RSS)."""
    return _field(pid, "status", "VmRSS") / 1024


def bytes_in(path: Path) -> int:
    """Return the size of a file, or of all files below a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.lstat().st_blocks * 512 for file in path.rglob("*") if file.is_file())


def _field(pid: int, file: str, name: str) -> int:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/{file}").read_text()
        found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
        if found:
            return int(found[1])
    return 0


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1024**3


def _virtuoso_version() -> str:
    found = re.search(r"[Vv]ersion (\S+)", _output("virtuoso-t", "-?"))
    return found[1] if found else "?"


def _output(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return result.stdout + result.stderr
