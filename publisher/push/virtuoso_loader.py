"""Virtuoso's bulk loader: a file that the server reads by itself, told so over its SQL port.

Documented at https://vos.openlinksw.com/owiki/wiki/VOS/VirtBulkRDFLoader. The file has to lie in a
directory that the server may read (`DirsAllowed` in virtuoso.ini).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from publisher.push.triple_store import Credentials, StoreError

_PROGRAMS: Final = ("isql-vt", "isql-v", "isql")
_SECONDS: Final = 24 * 3600


class VirtuosoLoader:
    """Loads N-Quads through `ld_dir` and `rdf_loader_run`."""

    def __init__(self, isql: str, directory: Path, credentials: Credentials) -> None:
        """Load through the SQL port `isql` (host:port) and a directory the server reads."""
        self._isql = isql
        self._directory = directory
        self._credentials = credentials
        program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        if program is None:
            raise StoreError(
                f"none of {', '.join(_PROGRAMS)} is installed, which Virtuoso's bulk loader needs "
                "(Debian: virtuoso-opensource-7-bin)"
            )
        self._program = program

    def load(self, quads: Iterable[bytes]) -> None:
        """Write lines of N-Quads to a file and have the server load it. Raises StoreError."""
        descriptor, name = tempfile.mkstemp(suffix=".nq", prefix="push-", dir=self._directory)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(quads)
            path.chmod(0o644)
            self._run(path)
        finally:
            path.unlink(missing_ok=True)

    def _run(self, path: Path) -> None:
        directory, file = str(path.parent), path.name
        # The loader keeps a list of files; ours is on it while it is loaded, no longer.
        said = self._sql(
            f"ld_dir('{_quoted(directory)}', '{file}', 'urn:x-generation:nothing');\n"
            "rdf_loader_run();\n"
            "checkpoint;\n"
            f"select concat('state=', ll_state, ' error=', coalesce(ll_error, 'none')) "
            f"from DB.DBA.load_list where ll_file like '%/{file}';\n"
            f"delete from DB.DBA.load_list where ll_file like '%/{file}';\n"
        )
        if "state=2 error=none" not in said:
            found = [line for line in said.splitlines() if "error" in line.lower()]
            raise StoreError(
                f"Virtuoso's bulk loader did not load {path}: "
                f"{' '.join(found)[:400] or 'it may not read there; add it to DirsAllowed'}"
            )

    def _sql(self, text: str) -> str:
        """Run statements; return what isql says. Raises StoreError."""
        command = [self._program, self._isql, self._credentials.user]
        # isql asks for the password, so that it is on no command line; without a terminal, here.
        # Where the password is what it tries first, it does not ask: then the line is a statement.
        try:
            result = subprocess.run(  # noqa: S603
                [*command, "VERBOSE=OFF", "PROMPT=OFF", "ERRORS=STDOUT"],
                input=f"{self._credentials.password}\n;\n{text}EXIT;\n",
                start_new_session=True,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StoreError(f"{self._program}: {error}") from None
        return result.stdout + result.stderr


def _quoted(text: str) -> str:
    return text.replace("'", "''")
