"""Files of a few statements, and the command in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

PREFIXES = """@prefix : <http://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPES = """:S a sh:NodeShape ; sh:targetClass :Thing ;
    sh:property [ sh:path :size ; sh:datatype xsd:integer ; sh:severity sh:Warning ] ;
    sh:property [ sh:path :name ; sh:minCount 1 ] .
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text if path.suffix in (".nt", ".json") else PREFIXES + text)
        return path

    return written


def validate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "publisher", "validate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
