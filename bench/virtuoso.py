"""Virtuoso 7 on the loopback, with a folder of its own and room for the whole graph in memory."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Final

from bench import machine

#: Pages of 8 kB that Virtuoso keeps in memory, for each million triples and at least.
_BUFFERS_EACH: Final = 60_000
_LEAST_BUFFERS: Final = 100_000
#: The share of the machine's memory that the buffers may have.
_LARGEST_SHARE: Final = 0.4
_PAGE: Final = 8700

_SETTINGS: Final = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 2000
MaxCheckpointRemap = 2000
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
MaxCheckpointRemap = 2000
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
MaxClientConnections = 50
CheckpointInterval = 0
CaseMode = 2
DirsAllowed = {folder}, {data}
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
MaxQueryMem = 4G
ThreadsPerQuery = {processors}
AsyncQueueMaxThreads = {threads}
IndexTreeMaps = 64
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
ServerThreads = 40
MaxClientConnections = 40
MaxKeepAlives = 40
KeepAliveTimeout = 60
EnabledGzipContent = 1
[Client]
SQL_QUERY_TIMEOUT = 0
[SPARQL]
ResultSetMaxRows = 100000000
MaxQueryCostEstimationTime = 0
MaxQueryExecutionTime = 0
"""


class Virtuoso:
    """A running Virtuoso; its folder, which must be empty or of an earlier run, keeps its data."""

    def __init__(self, folder: Path, data: Path, triples: int) -> None:
        """Start a server that may read files in the folder `data`, sized for `triples`."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = machine.free_port()
        self._sql = machine.free_port()
        processors = os.cpu_count() or 1
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        wanted = max(_LEAST_BUFFERS, _BUFFERS_EACH * triples // 1_000_000)
        buffers = min(wanted, int(memory * _LARGEST_SHARE) // _PAGE)
        (folder / "virtuoso.ini").write_text(
            _SETTINGS.format(
                folder=folder,
                data=data,
                sql=self._sql,
                http=self.port,
                buffers=buffers,
                dirty=buffers * 3 // 4,
                processors=processors,
                threads=2 * processors,
            )
        )
        self._process = subprocess.Popen(  # noqa: S603
            ["virtuoso-t", "+foreground", "+configfile", str(folder / "virtuoso.ini")],  # noqa: S607
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = self._process.pid

    @property
    def url(self) -> str:
        """The address of its SPARQL endpoint."""
        return f"http://127.0.0.1:{self.port}/sparql"

    @property
    def addresses(self) -> dict[str, str]:
        """What the table [remote] of a publication.toml says of it."""
        host = f"http://127.0.0.1:{self.port}"
        return {
            "query": self.url,
            "update": f"{host}/sparql-auth",
            "graph_store": f"{host}/sparql-graph-crud-auth",
            "isql": f"127.0.0.1:{self._sql}",
            "load_directory": str(self.folder),
        }

    @property
    def credentials(self) -> dict[str, str]:
        """What a new database takes, as `python -m publisher push` reads it."""
        return {"SPARQL_STORE_USER": "dba", "SPARQL_STORE_PASSWORD": "dba"}

    def wait(self, seconds: float = 120) -> None:
        """Wait until it takes commands. Raises RuntimeError with the end of its log."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._process.poll() is None:
            if self._isql("SELECT 1;").returncode == 0:
                return
            time.sleep(0.1)
        log = self.folder / "virtuoso.log"
        text = log.read_text(errors="replace")[-2000:] if log.exists() else "no log"
        self.stop()
        raise RuntimeError(f"Virtuoso did not start: {text}")

    def load(self, dataset: Path) -> None:
        """Load N-Quads with the bulk loader and make them lasting. Raises RuntimeError."""
        commands = (
            f"ld_dir('{dataset.parent}', '{dataset.name}', 'urn:none');rdf_loader_run();checkpoint;"
        )
        result = self._isql(commands)
        errors = self._isql(
            "SELECT ll_file, ll_error FROM DB.DBA.LOAD_LIST WHERE ll_error IS NOT NULL;"
        )
        if result.returncode or "1 Rows" in errors.stdout:
            raise RuntimeError(f"Virtuoso did not load the graph: {result.stdout}{errors.stdout}")

    def checkpoint(self) -> None:
        """Have everything written to disk."""
        self._isql("checkpoint;")

    def stop(self) -> None:
        """End it at once; what a checkpoint has written stays."""
        self._process.kill()
        self._process.wait()
        (self.folder / "virtuoso.lck").unlink(missing_ok=True)

    def _isql(self, commands: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603
            ["isql-vt", f"127.0.0.1:{self._sql}", "dba", "dba", f"exec={commands}"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
