"""Compressed files hold what the plain ones do, in bytes that depend on nothing else."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
import zstandard

from publisher.packing import BROKEN, PACKINGS, Packing, packing_of, plain_name

TEXT = b"".join(
    b"<https://example.org/%d> <x:p> <x:%d> .\n" % (n % 977, n * n) for n in range(20_000)
)
#: What every machine makes of it; an update of a codec may change them, and with them the bytes of
#: every release, so that it is worth a look.
KNOWN = {".gz": "1ed0f698504bd888", ".zst": "e292774ecc710795"}


@pytest.mark.parametrize("packing", PACKINGS, ids=lambda each: each.label)
@pytest.mark.parametrize("content", [b"", b"x", TEXT])
def test_a_packed_file_holds_the_plain_one(
    packing: Packing, content: bytes, tmp_path: Path
) -> None:
    plain, packed = tmp_path / "a.nt", tmp_path / f"a.nt{packing.suffix}"
    plain.write_bytes(content)
    packing.pack(plain, packed)
    with packing.open(packed) as file:
        assert file.read() == content
    data = packed.read_bytes()
    if packing.suffix == ".gz":
        assert gzip.decompress(data) == content
        assert data[3:8] == bytes(5), "neither name nor time"
    else:
        assert zstandard.decompress(data) == content
        assert zstandard.get_frame_parameters(data).content_size == len(content)
    assert packing_of(packed.name) is packing
    assert plain_name(packed.name) == "a.nt"


@pytest.mark.parametrize("packing", PACKINGS, ids=lambda each: each.label)
def test_the_bytes_are_the_same_everywhere(packing: Packing, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(TEXT)
    packing.pack(tmp_path / "a", tmp_path / "b")
    digest = hashlib.sha256((tmp_path / "b").read_bytes()).hexdigest()
    assert digest[:16] == KNOWN[packing.suffix]


@pytest.mark.parametrize("packing", PACKINGS, ids=lambda each: each.label)
def test_a_broken_file_is_told(packing: Packing, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(TEXT)
    packing.pack(tmp_path / "a", tmp_path / "b")
    data = bytearray((tmp_path / "b").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "b").write_bytes(data)
    with pytest.raises(BROKEN), packing.open(tmp_path / "b") as file:
        file.read()
