"""Bad input: every fault stops the build and is told with file, line, rule and mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.cli import main

BASE = "https://data.example.org/leuchtturm/"
PROLOGUE = """\
@prefix lt: <https://data.example.org/leuchtturm/ontology#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix ort: <https://data.example.org/leuchtturm/id/ort/> .
"""
FAULTS = {
    "broken-turtle": ("ort:hafen a lt:Ort\nort:kai a lt:Ort .", 6, "syntax", "dot is expected"),
    "undeclared-prefix": ("ort:hafen a lx:Ort .", 5, "undeclared-prefix", "@prefix"),
    "unknown-property": ("ort:hafen a lt:Ort ;\n lt:hoehr 2 .", 6, "unknown-term", "lt:hoehe"),
    "unknown-class": ("ort:hafen a lt:Ortt .", 5, "unknown-term", "did you mean lt:Ort"),
    "unknown-term-as-value": ("ort:hafen rdfs:seeAlso lt:Nix .", 5, "unknown-term", "ontology/"),
    "blank-node-value": ("ort:hafen\n lt:stehtIn [ a lt:Ort ] .", 6, "blank-node", "IRI"),
    "blank-node-subject": ("[] a lt:Ort .", 5, "blank-node", "IRI"),
    "dangling-link": ("ort:hafen lt:stehtIn ort:nirgends .", 5, "dangling-link", "data/ort.ttl"),
    "duplicate-slug": (
        "ort:hafen a lt:Ort .\nort:kai a lt:Ort .\nort:hafen a lt:Ort .",
        7,
        "duplicate-slug",
        "data/neu.ttl:5",
    ),
    "duplicate-slug-elsewhere": ("ort:nordhafen a lt:Ort .", None, "duplicate-slug", "merge"),
    "leading-zero": ("ort:hafen lt:hoehe 007 .", 5, "non-canonical-literal", '"7"^^xsd:integer'),
    "trailing-zero": ("ort:hafen lt:hoehe 1.50 .", 5, "non-canonical-literal", '"1.5"'),
    "derived-integer": (
        'ort:hafen lt:hoehe "5"^^xsd:unsignedByte .',
        5,
        "non-canonical-literal",
        '"5"^^xsd:integer',
    ),
    "no-such-day": (
        'ort:hafen lt:hoehe "2024-02-30"^^xsd:date .',
        5,
        "invalid-literal",
        "not a valid xsd:date",
    ),
    "upper-case-tag": (
        'ort:hafen rdfs:label "a"@de ,\n "b"@en-GB .',
        6,
        "language-tag-case",
        "@en-gb",
    ),
    "triple-term": ("ort:hafen rdfs:seeAlso <<( ort:a a lt:Ort )>> .", 5, "rdf-1-2", "IRI"),
    "base-direction": ('ort:hafen rdfs:label "x"@de--ltr .', 5, "rdf-1-2", "base direction"),
    "link-to-no-graph": (
        "ort:hafen rdfs:seeAlso <https://data.example.org/leuchtturm/graph/nix> .",
        5,
        "dangling-link",
        "graph/nix",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_fault_is_told_with_place_rule_and_mend(
    case: str, lighthouses: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, line, rule, words = FAULTS[case]
    (lighthouses / "data" / "neu.ttl").write_text(PROLOGUE + text + "\n")
    out = tmp_path / "release"
    assert main(["build", "--publication", str(lighthouses), "--out", str(out)]) == 1
    told = capsys.readouterr().err
    assert f"[{rule}]" in told
    assert words in told
    if line:
        assert f"data/neu.ttl:{line}: " in told
    assert not out.exists()


def test_all_faults_of_all_files_are_told_at_once(
    lighthouses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lighthouses / "data" / "eins.ttl").write_text(PROLOGUE + "ort:a lt:hoehe 01 .\n")
    (lighthouses / "data" / "zwei.ttl").write_text(PROLOGUE + "ort:b lt:hoehe\n")
    (lighthouses / "data" / "drei.ttl").write_text(PROLOGUE + "ort:c lt:hoehe 1.0 .\n")
    assert main(["validate", "--publication", str(lighthouses)]) == 1
    told = capsys.readouterr().err
    assert "data/eins.ttl:5" in told
    assert "data/zwei.ttl:6" in told
    assert "data/drei.ttl:5" in told
    assert "3 faults" in told


def test_words_that_only_look_like_faults_pass(lighthouses: Path) -> None:
    (lighthouses / "data" / "neu.ttl").write_text(
        PROLOGUE + '# "note"@EN _:b 007\n'
        'ort:neu a lt:Ort ; rdfs:label "say \\"x\\"@EN or 007"@de , """_:b\n "@EN" """@de-at ;\n'
        f" rdfs:seeAlso <{BASE}dataset> , <{BASE}graph/turm> , <{BASE}ontology> , ort:neu .\n"
    )
    assert main(["validate", "--publication", str(lighthouses)]) == 0


def test_shapes_keep_the_spelling_of_their_numbers(lighthouses: Path) -> None:
    path = lighthouses / "shapes" / "turm.ttl"
    path.write_text(path.read_text().replace("sh:minExclusive 0 ", "sh:minExclusive 0.0 "))
    assert main(["validate", "--publication", str(lighthouses)]) == 0


def test_slug_pattern_of_the_publication_is_enforced(
    lighthouses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration = lighthouses / "publication.toml"
    text = configuration.read_text().replace(
        "\nlanguage", '\nslug_pattern = "[a-z-]+"\nlanguage', 1
    )
    configuration.write_text(text)
    assert main(["validate", "--publication", str(lighthouses)]) == 1
    told = capsys.readouterr().err
    assert "bad-slug" in told
    assert "süd-mole" in told


def test_namespace_is_closed_once_the_ontology_declares_a_term_of_it(
    lighthouses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ontology = lighthouses / "ontology" / "leuchtturm.ttl"
    ontology.write_text(
        ontology.read_text() + "\n<https://schema.org/name> a owl:DatatypeProperty .\n"
    )
    (lighthouses / "data" / "neu.ttl").write_text(
        PROLOGUE + 'ort:nordhafen <https://schema.org/nmae> "x" .\n'
    )
    assert main(["validate", "--publication", str(lighthouses)]) == 1
    told = capsys.readouterr().err
    assert "data/neu.ttl:5" in told
    assert "did you mean schema:name" in told


def test_data_without_an_ontology_may_use_any_term(minimal: Path) -> None:
    (minimal / "data" / "a.nt").write_text(
        "<https://example.org/minimal/id/a/x> <https://example.org/minimal/ontology#p> "
        "<https://example.org/elsewhere> .\n"
        "<https://example.org/minimal/id/a/x> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
        "<https://example.org/minimal/ontology#C> .\n"
    )
    assert main(["validate", "--publication", str(minimal)]) == 0


@pytest.mark.parametrize("block", [1, 3, 1 << 20])
def test_file_that_is_not_utf8_is_told_with_its_line(
    block: int, minimal: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.sources._BLOCK", block)
    (minimal / "data" / "a.ttl").write_bytes(
        b'<http://a> <http://b> "\xc3\xa9" ;\n <http://d> "\xe9" .\n'
    )
    assert main(["validate", "--publication", str(minimal)]) == 1
    assert "data/a.ttl:2: this is not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("block", [1, 5, 1 << 20])
def test_upper_case_tag_is_found_where_blocks_meet(
    block: int, lighthouses: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.sources._BLOCK", block)
    text, *_ = FAULTS["upper-case-tag"]
    (lighthouses / "data" / "neu.ttl").write_text(PROLOGUE + text + "\n")
    assert main(["validate", "--publication", str(lighthouses)]) == 1
