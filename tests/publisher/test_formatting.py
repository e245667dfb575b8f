"""`format`: one form for every source, no comment and no triple lost."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from publisher.cli import main
from publisher.graphs import canonical

UNTIDY = """# Licence: as the publication.
PREFIX lt: <https://data.example.org/leuchtturm/ontology#>
# about prefixes
@prefix o: <https://data.example.org/leuchtturm/id/ort/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

# zuletzt
o:z rdfs:label "Z # no comment"@de ; # inside z
   a lt:Ort . # behind z
# zuerst
# (zwei Zeilen)
<https://data.example.org/leuchtturm/id/ort/a> a lt:Ort .
# am Ende
"""
TIDY = """# Licence: as the publication.
# about prefixes

@prefix lt: <https://data.example.org/leuchtturm/ontology#> .
@prefix ort: <https://data.example.org/leuchtturm/id/ort/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

# zuerst
# (zwei Zeilen)
ort:a a lt:Ort .

# zuletzt
# inside z
# behind z
ort:z a lt:Ort ;
    rdfs:label "Z # no comment"@de .

# am Ende
"""


def run(folder: Path, *arguments: str) -> int:
    return main(["format", "--publication", str(folder), *arguments])


def test_comments_stay_with_what_they_are_about(lighthouses: Path) -> None:
    path = lighthouses / "data" / "neu.ttl"
    path.write_text(UNTIDY)
    assert run(lighthouses) == 0
    assert path.read_text() == TIDY
    assert run(lighthouses, "--check") == 0


def test_check_names_the_file_and_changes_nothing(
    lighthouses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = lighthouses / "data" / "neu.ttl"
    path.write_text(UNTIDY)
    assert run(lighthouses, "--check") == 1
    assert path.read_text() == UNTIDY
    assert f"{path}: not formatted" in capsys.readouterr().out


def test_comment_of_a_subject_that_is_no_iri_is_kept(minimal: Path) -> None:
    path = minimal / "data" / "a.ttl"
    path.write_text('# about nobody\n[] <http://a/p> ( "x" ) . # tail\n')
    assert run(minimal) == 0
    assert "# about nobody\n" in path.read_text()
    assert "# tail\n" in path.read_text()


def test_lines_of_ntriples_and_nquads_are_sorted(minimal: Path) -> None:
    path = minimal / "data" / "a.nt"
    path.write_text("# note\n<x:b> <x:p> <x:c> .\n\n<x:a> <x:p> <x:c> .\n<x:b> <x:p> <x:c> .\n")
    assert run(minimal) == 0
    assert path.read_text() == "# note\n<x:a> <x:p> <x:c> .\n<x:b> <x:p> <x:c> .\n"


def test_trig_with_comments_keeps_its_order(minimal: Path) -> None:
    path = minimal / "data" / "a.trig"
    text = '# first\n<x:g2> { <x:b> <x:p> """c   \n""" }   \n<x:g1> { <x:a> <x:p> <x:c> }\n'
    path.write_text(text)
    assert run(minimal) == 0
    assert path.read_text() == text


def test_line_separators_inside_literals_survive(minimal: Path) -> None:
    path = minimal / "data" / "a.nt"
    text = '<x:b> <x:p> "one\u2028two\x85three" .\n'
    path.write_text(text, encoding="utf-8")
    assert run(minimal) == 0
    assert path.read_text(encoding="utf-8") == text


def test_nameless_nodes_stand_in_the_same_order_each_time(lighthouses: Path) -> None:
    path = lighthouses / "ontology" / "leuchtturm.ttl"
    for number in range(6):
        path.write_text(f"{path.read_text()}\n[] a owl:Axiom ; rdfs:label '{number}' .\n")
    assert run(lighthouses) == 0
    text = path.read_text()
    for _ in range(3):
        assert run(lighthouses, "--check") == 0
    assert text.count("[] a owl:Axiom") == 6


def test_formatting_changes_no_triple(lighthouses: Path) -> None:
    path = lighthouses / "shapes" / "turm.ttl"
    text = path.read_text() + "\nlts:Ort a sh:NodeShape ; sh:targetClass lt:Ort ;\n"
    text += " sh:property [ sh:path rdfs:label ; sh:languageIn ( 'de' 'en' ) ; sh:minCount 1 ] .\n"
    path.write_text(text)
    before = quads(text)
    assert run(lighthouses) == 0
    assert path.read_text() != text
    assert quads(path.read_text()) == before


def test_file_that_cannot_be_parsed_is_left_alone(
    lighthouses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = lighthouses / "data" / "neu.ttl", lighthouses / "data" / "kaputt.ttl"
    good.write_text(UNTIDY)
    bad.write_text("<x:a> <x:b>\n")
    assert run(lighthouses) == 1
    assert good.read_text() == UNTIDY
    assert bad.read_text() == "<x:a> <x:b>\n"
    assert "data/kaputt.ttl:2" in capsys.readouterr().err


def quads(text: str) -> list[ox.Quad]:
    parsed = ox.parse(text.encode(), ox.RdfFormat.TURTLE)
    return canonical(ox.Quad(t.subject, t.predicate, t.object) for t in parsed)
