"""Detached signatures of OpenSSH (`ssh-keygen -Y`), which need nothing that is not there already.

Signed is SHA256SUMS, and with it every file, or manifest.json, and with it every dump.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from publisher.release import CHECKSUMS, MANIFEST
from publisher.verify.listing import SIGNATURE
from publisher.verify.verdict import Standing, Verdict

#: The namespace that a signature is made for: `ssh-keygen -Y sign -n file`.
NAMESPACE = "file"
_SECONDS = 30


def signature(folder: Path, given: Path | None, signers: Path | None) -> Verdict | None:
    """Check the signature of a download; None if there is none and none was asked for.

    `given` is the signature, if it is not beside what it signs; `signers` an allowed-signers file
    (ssh-keygen(1), ALLOWED SIGNERS).
    """
    found = given or next(
        (path for name in (CHECKSUMS, MANIFEST) if (path := _beside(folder / name)).is_file()),
        None,
    )
    if found is None:
        if signers is None:
            return None
        return Verdict(f"{CHECKSUMS}{SIGNATURE}", Standing.MISSING, "there is no signature")
    signed = folder / found.name.removesuffix(SIGNATURE)
    if signed.name not in (CHECKSUMS, MANIFEST) or not found.is_file() or not signed.is_file():
        detail = f"give {CHECKSUMS}{SIGNATURE} or {MANIFEST}{SIGNATURE}, and the file it signs"
        return Verdict(found.name, Standing.UNCHECKED, detail)
    if signers is None:
        detail = "not checked: say with --allowed-signers whose signature you trust"
        return Verdict(found.name, Standing.NOTED, detail)
    return _checked(signed, found, signers)


def _beside(path: Path) -> Path:
    return path.with_name(path.name + SIGNATURE)


def _checked(signed: Path, found: Path, signers: Path) -> Verdict:
    if shutil.which("ssh-keygen") is None:
        return Verdict(found.name, Standing.UNCHECKED, "there is no ssh-keygen (OpenSSH) here")
    if not signers.is_file():
        return Verdict(found.name, Standing.UNCHECKED, f"there is no file {signers}")
    named = _ssh("find-principals", found, signers)
    principals = named.stdout.decode(errors="replace").splitlines()
    if named.returncode or not principals:
        return Verdict(found.name, Standing.WRONG, f"by nobody who stands in {signers}")
    identity = ("-I", principals[0], "-n", NAMESPACE)
    done = _ssh("verify", found, signers, *identity, data=signed.read_bytes())
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip() or "it does not fit"
        return Verdict(
            found.name, Standing.WRONG, f"{signed.name} is not what was signed: {reason}"
        )
    return Verdict(found.name, Standing.RIGHT, f"{signed.name} was signed by {principals[0]}")


def _ssh(
    verb: str, found: Path, signers: Path, *more: str, data: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603
        ["ssh-keygen", "-Y", verb, "-f", str(signers), "-s", str(found), *more],  # noqa: S607
        input=data,
        capture_output=True,
        check=False,
        timeout=_SECONDS,
    )
