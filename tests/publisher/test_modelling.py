"""The page that explains the ontology is what the ontology says."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.cli import main
from tests.conftest import LIGHTHOUSES, REPOSITORY


def page(publication: Path, folder: Path) -> str:
    file = folder / "ontology.md"
    assert main(["modelling", "--publication", str(publication), "--to", str(file)]) == 0
    return file.read_text(encoding="utf-8")


def test_committed_page_is_up_to_date(tmp_path: Path) -> None:
    committed = (REPOSITORY / "docs" / "ontology.md").read_text(encoding="utf-8")
    assert page(REPOSITORY, tmp_path) == committed, "run 'make pages' and commit docs/ontology.md"


def test_another_publication_gets_its_own_page(tmp_path: Path) -> None:
    text = page(LIGHTHOUSES, tmp_path)
    assert "| lt:Turm | Leuchtturm | Ein Turm mit einem Leuchtfeuer. |" in text
    assert "The rules" not in text


@pytest.mark.parametrize("edge", ["schema:FundingScheme", "dcterms:isPartOf", "a4m:beneficiary"])
def test_diagrams_draw_hierarchy_definitions_and_properties(edge: str, tmp_path: Path) -> None:
    assert edge in page(REPOSITORY, tmp_path).partition("## All classes")[0]
