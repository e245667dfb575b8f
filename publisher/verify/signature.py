"""Detached signatures, of OpenSSH (`ssh-keygen -Y`) and of minisign, checked by those programs.

Signed is SHA256SUMS, and with it every file, or manifest.json, and with it every dump.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from publisher.release import CHECKSUMS, MANIFEST
from publisher.verify.listing import MINISIGN, OPENSSH
from publisher.verify.verdict import Standing, Verdict

#: The namespace that a signature of OpenSSH is made for: `ssh-keygen -Y sign -n file`.
NAMESPACE: Final = "file"
_SECONDS: Final = 30
_PROGRAMS: Final = {OPENSSH: "ssh-keygen", MINISIGN: "minisign"}
_OPTIONS: Final = {OPENSSH: "--allowed-signers", MINISIGN: "--minisign-key"}


@dataclass(frozen=True)
class Trust:
    """Whose signatures count: an allowed-signers file (ssh-keygen(1)), a public key of minisign."""

    signers: Path | None = None
    minisign_key: Path | None = None

    @property
    def keys(self) -> Mapping[str, Path | None]:
        """The file with keys for each kind of signature, by its suffix."""
        return {OPENSSH: self.signers, MINISIGN: self.minisign_key}


def signatures(folder: Path, given: Path | None, trust: Trust) -> Iterator[Verdict]:
    """Check the signatures of a download; yields nothing if there are none and none was asked for.

    `given` is the signature, if it is not beside what it signs.
    """
    for suffix, keys in trust.keys.items():
        found = given if given is not None and given.suffix == suffix else _beside(folder, suffix)
        if found is not None:
            yield _verdict(folder, found, keys)
        elif keys is not None:
            yield Verdict(f"{CHECKSUMS}{suffix}", Standing.MISSING, "there is no signature")
    if given is not None and given.suffix not in trust.keys:
        yield _unusable(given)


def _verdict(folder: Path, found: Path, keys: Path | None) -> Verdict:
    suffix = found.suffix
    signed = folder / found.name.removesuffix(suffix)
    if signed.name not in (CHECKSUMS, MANIFEST) or not found.is_file() or not signed.is_file():
        return _unusable(found)
    if keys is None:
        detail = f"not checked: say with {_OPTIONS[suffix]} whose signature you trust"
        return Verdict(found.name, Standing.NOTED, detail)
    if shutil.which(_PROGRAMS[suffix]) is None:
        return Verdict(found.name, Standing.UNCHECKED, f"there is no {_PROGRAMS[suffix]} here")
    if not keys.is_file():
        return Verdict(found.name, Standing.UNCHECKED, f"there is no file {keys}")
    check = _by_openssh if suffix == OPENSSH else _by_minisign
    return check(signed, found, keys)


def _unusable(found: Path) -> Verdict:
    detail = f"give a signature of {CHECKSUMS} or {MANIFEST} ({OPENSSH}, {MINISIGN}), and that file"
    return Verdict(found.name, Standing.UNCHECKED, detail)


def _beside(folder: Path, suffix: str) -> Path | None:
    paths = (folder / f"{name}{suffix}" for name in (CHECKSUMS, MANIFEST))
    return next((path for path in paths if path.is_file()), None)


def _by_openssh(signed: Path, found: Path, signers: Path) -> Verdict:
    named = _ssh("find-principals", found, signers)
    principals = named.stdout.decode(errors="replace").splitlines()
    if named.returncode or not principals:
        return Verdict(found.name, Standing.WRONG, f"by nobody who stands in {signers}")
    identity = ("-I", principals[0], "-n", NAMESPACE)
    done = _ssh("verify", found, signers, *identity, data=signed.read_bytes())
    if done.returncode:
        return _broken(signed, found, done)
    return Verdict(found.name, Standing.RIGHT, f"{signed.name} was signed by {principals[0]}")


def _by_minisign(signed: Path, found: Path, key: Path) -> Verdict:
    done = _run(["minisign", "-V", "-Q", "-p", str(key), "-x", str(found), "-m", str(signed)])
    if done.returncode:
        return _broken(signed, found, done)
    comment = done.stdout.decode(errors="replace").strip()
    detail = f"{signed.name} was signed with the key in {key.name}"
    return Verdict(found.name, Standing.RIGHT, f"{detail} ({comment})" if comment else detail)


def _broken(signed: Path, found: Path, done: subprocess.CompletedProcess[bytes]) -> Verdict:
    reason = done.stderr.decode(errors="replace").strip() or "it does not fit"
    return Verdict(found.name, Standing.WRONG, f"{signed.name} is not what was signed: {reason}")


def _ssh(
    verb: str, found: Path, signers: Path, *more: str, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return _run(["ssh-keygen", "-Y", verb, "-f", str(signers), "-s", str(found), *more], data)


def _run(command: list[str], data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603
        command, input=data, capture_output=True, check=False, timeout=_SECONDS
    )
