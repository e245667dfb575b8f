"""Signing a release: a detached signature of its manifest, and with it of all its files."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from publisher.release import MANIFEST
from publisher.verify.listing import MINISIGN, OPENSSH
from publisher.verify.signature import NAMESPACE


class NotSigned(Exception):
    """There is no signature; the text says why."""


@dataclass(frozen=True)
class Signer:
    """A program that signs with a key: `ssh-keygen` (OpenSSH) or `minisign`."""

    program: str
    key: Path

    def check(self) -> None:
        """Raise NotSigned where the program or the key is missing."""
        if shutil.which(self.program) is None:
            raise NotSigned(f"there is no {self.program} here, which the signature needs")
        if not self.key.is_file():
            raise NotSigned(f"there is no key {self.key}")

    def sign(self, release: Path, version: str) -> Path:
        """Put a signature beside the manifest of a release; returns it. Raises NotSigned.

        The program may ask for a passphrase on the terminal.
        """
        manifest = release / MANIFEST
        if self.program == _MINISIGN:
            signature = release / f"{MANIFEST}{MINISIGN}"
            comment = f"version {version}"
            command = [self.program, "-S", "-s", str(self.key), "-m", str(manifest), "-t", comment]
        else:
            signature = release / f"{MANIFEST}{OPENSSH}"
            signature.unlink(missing_ok=True)
            key = str(self.key)
            command = [self.program, "-Y", "sign", "-n", NAMESPACE, "-f", key, str(manifest)]
        try:
            done = subprocess.run(command, check=False, stdout=subprocess.DEVNULL)  # noqa: S603
        except OSError as error:
            raise NotSigned(f"{self.program} cannot be run: {error}") from None
        if done.returncode or not signature.is_file():
            raise NotSigned(f"{self.program} did not sign with {self.key}; nothing was released")
        return signature


_MINISIGN: Final = "minisign"


def ssh(key: Path) -> Signer:
    """Return who signs with a key of OpenSSH."""
    return Signer("ssh-keygen", key)


def minisign(key: Path) -> Signer:
    """Return who signs with a key of minisign."""
    return Signer(_MINISIGN, key)
