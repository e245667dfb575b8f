"""Saved queries: header, parameters, and values that cannot break out of their place."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.cli import main
from publisher.prefixes import WELL_KNOWN, Prefixes
from publisher.saved_queries import Parameter, ParameterError, SavedQuery, read_saved_query

PREFIXES = Prefixes(WELL_KNOWN | {"turm": "https://data.example.org/leuchtturm/id/turm/"})
TEXT = """# title: A tower
# question: How high is the tower, and what is it called?
# parameter: turm iri the tower
# parameter: wort text a word of its name
# parameter: hoch decimal the least height
# parameter: jahr year the year
PREFIX lt: <https://data.example.org/leuchtturm/ontology#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
SELECT * {
  VALUES ?turm { <https://data.example.org/leuchtturm/id/turm/kap-nord> }
  VALUES ?wort { "Kap" }
  VALUES ?hoch { 5.5 }
  VALUES ?jahr { "1890"^^xsd:gYear }
  ?turm lt:hoehe ?m .
}
"""


@pytest.fixture
def saved(tmp_path: Path) -> SavedQuery:
    return read(tmp_path, TEXT)


def read(folder: Path, text: str) -> SavedQuery:
    path = folder / "tower.rq"
    path.write_text(text)
    found, findings = read_saved_query(path, Path("queries/tower.rq"))
    assert findings == []
    assert found is not None
    return found


def test_header_and_defaults_are_read(saved: SavedQuery) -> None:
    assert saved.name == "tower"
    assert saved.title == "A tower"
    assert [(p.name, p.type, p.default) for p in saved.parameters] == [
        ("turm", "iri", "<https://data.example.org/leuchtturm/id/turm/kap-nord>"),
        ("wort", "text", '"Kap"'),
        ("hoch", "decimal", "5.5"),
        ("jahr", "year", '"1890"^^xsd:gYear'),
    ]


def test_values_take_the_place_of_defaults(saved: SavedQuery) -> None:
    values = {"turm": "turm:süd-mole", "wort": 'a "b" \\ }', "hoch": "07.50", "jahr": "2001"}
    text = saved.with_values(values, PREFIXES)
    assert "{ <https://data.example.org/leuchtturm/id/turm/süd-mole> }" in text
    assert '{ "a \\"b\\" \\\\ }" }' in text
    assert '{ "7.5"^^<http://www.w3.org/2001/XMLSchema#decimal> }' in text
    assert '{ "2001"^^<http://www.w3.org/2001/XMLSchema#gYear> }' in text
    ox.Store().query(text)


def test_value_that_looks_like_a_parameter_stays_a_value(saved: SavedQuery) -> None:
    text = saved.with_values({"wort": "VALUES ?hoch { 1 }", "hoch": "2"}, PREFIXES)
    assert '{ "VALUES ?hoch { 1 }" }' in text


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_text_never_leaves_its_place(value: str) -> None:
    text = '# title: t\n# question: q\nSELECT ?word { VALUES ?word { "x" } }'
    saved = SavedQuery("q", "t", "q", text, (Parameter("word", "text", '"x"', "a word"),))
    solutions = ox.Store().query(saved.with_values({"word": value}, PREFIXES))
    assert isinstance(solutions, ox.QuerySolutions)
    assert [row["word"] for row in solutions] == [ox.Literal(value)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("turm", "no iri"),
        ("turm", "http://a/> } SERVICE <http://b"),
        ("hoch", "high"),
        ("jahr", "20x1"),
        ("nix", "1"),
    ],
)
def test_values_of_another_type_are_refused(saved: SavedQuery, name: str, value: str) -> None:
    with pytest.raises(ParameterError) as caught:
        saved.with_values({name: value}, PREFIXES)
    assert caught.value.name == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT * { ?s ?p ?o }", "has no title"),
        ("# title: t\nSELECT * { ?s ?p ?o }", "has no question"),
        ("# title: t\n# question: q\nSELECT * { ?s ?p }", "query-syntax"),
        ("# title: t\n# question: q\n# parameter: x\nASK {}", "no name, type and words"),
        ("# title: t\n# question: q\n# parameter: x colour c\nASK {}", "'colour' is no type"),
        ("# title: t\n# question: q\n# parameter: x text c\nASK {}", "'x' has 0 places"),
        (
            "# title: t\n# question: q\nPREFIX lt: <https://data.example.org/leuchtturm/ontology#>"
            "\nASK { ?s lt:hoehe ?o ; lt:tiefe ?o }",
            "no term lt:tiefe",
        ),
        (
            "# title: t\n# question: q\nPREFIX lt: <https://data.example.org/leuchtturm/ontology#>"
            "\nASK { ?s lt:stehtIn/^lt:nix ?o }",
            "no term lt:nix",
        ),
    ],
)
def test_faulty_query_stops_the_build(
    text: str, words: str, lighthouses: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lighthouses / "queries" / "neu.rq").write_text(text)
    assert main(["validate", "--publication", str(lighthouses)]) == 1
    told = capsys.readouterr().err
    assert "queries/neu.rq" in told
    assert words in told


def test_property_paths_over_own_terms_pass(lighthouses: Path) -> None:
    (lighthouses / "queries" / "neu.rq").write_text(
        "# title: t\n# question: q\nPREFIX lt: <https://data.example.org/leuchtturm/ontology#>\n"
        "ASK { ?s lt:stehtIn/^lt:stehtIn|lt:hoehe* ?o ; !(lt:hoehe|^lt:baujahr) ?x }"
    )
    assert main(["validate", "--publication", str(lighthouses)]) == 0
