"""`python -m publisher validate --data F... --shapes F...`, as those use it who know `pyshacl`."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest
import rdflib

from tests.standalone.conftest import SHAPES, Write, validate

FINE = ":a a :Thing ; :name 'a' ; :size 1 .\n"
ODD = ":b a :Thing ;\n    :name 'b' ;\n    :size 'big' .\n"
BAD = ":c a :Thing ; :size 1 .\n"


def test_what_conforms_ends_with_0(write: Write) -> None:
    found = validate("--data", write("a.ttl", FINE), "--shapes", write("s.ttl", SHAPES))
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("The data conforms")
    assert "validate: " in found.stderr
    assert "shapes" in found.stderr


def test_a_departure_is_told_with_its_file_and_line_and_ends_with_1(write: Write) -> None:
    data = write("a.ttl", FINE), write("b.ttl", ODD)
    found = validate("--data", *data, "--shapes", write("s.ttl", SHAPES), "--quiet")
    assert found.returncode == 1
    assert f"{data[1].as_posix()}:6: " in found.stdout
    assert found.stderr == ""


def test_warnings_may_be_allowed_and_violations_not(write: Write) -> None:
    odd, bad, shapes = write("b.ttl", ODD), write("c.ttl", BAD), write("s.ttl", SHAPES)
    assert validate("--data", odd, "--shapes", shapes, "--allow-infos").returncode == 1
    assert validate("--data", odd, "--shapes", shapes, "--allow-warnings").returncode == 0
    assert validate("--data", bad, "--shapes", shapes, "--allow-warnings").returncode == 1


def test_the_report_is_a_graph_of_shacl_or_json(write: Write) -> None:
    files = ["--data", write("c.ttl", BAD), "--shapes", write("s.ttl", SHAPES)]
    turtle = validate(*files, "--format", "turtle").stdout
    store = ox.Store()
    store.load(turtle.encode(), ox.RdfFormat.TURTLE)
    assert store.query(
        "PREFIX sh: <http://www.w3.org/ns/shacl#> ASK { ?report sh:conforms false ; sh:result "
        "[ sh:focusNode <http://example.org/c> ; sh:resultPath <http://example.org/name> ] }"
    )
    output = write("report.json", "")
    assert validate(*files, "--format", "json", "--output", output).stdout == ""
    report = json.loads(output.read_text())
    assert not report["conforms"]
    assert [result["focus_node"] for result in report["results"]] == ["http://example.org/c"]
    assert report["left_to_pyshacl"] == {}


def test_shapes_may_stand_among_the_data_and_the_data_in_any_form(write: Write) -> None:
    found = validate("--data", write("all.ttl", BAD + SHAPES))
    assert found.returncode == 1
    thing = {"@id": "http://example.org/d", "@type": "http://example.org/Thing"}
    data = write("d.json", json.dumps(thing))
    lines = write(
        "e.nt", "<http://example.org/d> <http://example.org/name> 'd' .\n".replace("'", '"')
    )
    shapes = write("s.ttl", SHAPES)
    assert validate("--data", data, "--shapes", shapes).returncode == 1
    assert validate("--data", data, lines, "--shapes", shapes).returncode == 0


def test_what_cannot_be_read_or_used_ends_with_2_and_says_why(write: Write) -> None:
    shapes = write("s.ttl", SHAPES)
    broken, strange = write("x.ttl", ":a :b"), write("x.docx", "")
    for file, words in (
        (broken, "x.ttl:"),
        (strange, "[suffix]"),
        (broken.with_name("no.ttl"), "no such"),
    ):
        found = validate("--data", file, "--shapes", shapes)
        assert found.returncode == 2
        assert words in found.stderr
        assert "Traceback" not in found.stderr
    twice = write(
        "t.ttl", ":S sh:targetClass :Thing ; sh:property [ sh:path :p ; sh:minCount 1, 2 ] ."
    )
    found = validate("--data", write("a.ttl", FINE), "--shapes", twice)
    assert found.returncode == 2
    assert "sh:minCount" in found.stderr
    assert validate("--shapes", shapes).returncode == 2


def test_a_datatype_that_a_store_does_not_keep_is_judged_as_it_stands(write: Write) -> None:
    shape = ":S sh:targetClass :Thing ; sh:property [ sh:path :size ; sh:datatype xsd:%s ] ."
    data = write("a.ttl", ":a a :Thing ; :size '1'^^xsd:nonNegativeInteger .")
    kept = validate("--data", data, "--shapes", write("k.ttl", shape % "nonNegativeInteger"))
    assert kept.returncode == 0, kept.stdout
    other = validate("--data", data, "--shapes", write("o.ttl", shape % "integer"))
    assert other.returncode == 1
    assert "in no store" in other.stdout


def test_only_some_shapes_and_some_nodes_are_looked_at(write: Write) -> None:
    data = write("b.ttl", BAD + ODD + ":d a :Thing ; :size 'small' .")
    absent = ":A sh:targetNode :gone ; sh:property [ sh:path :name ; sh:minCount 1 ] ."
    recursive = ":R sh:targetClass :Thing ; sh:property [ sh:path :name ; sh:node :R ] ."
    shapes = write("s.ttl", SHAPES + absent + recursive)
    given = ("--data", data, "--shapes", shapes, "--format", "json", "--quiet")

    def found(*chosen: str) -> set[tuple[str, str]]:
        report = json.loads(validate(*given, *chosen).stdout)
        return {
            (each["focus_node"].rpartition("/")[2], each["path"].rpartition("/")[2])
            for each in report["results"]
        }

    base = "http://example.org/"
    everything = {("b", "size"), ("c", "name"), ("d", "size"), ("d", "name"), ("gone", "name")}
    assert found() == everything
    assert found("--focus", f"{base}b", f"<{base}d>") == everything - {
        ("c", "name"),
        ("gone", "name"),
    }
    assert found("--shape", f"{base}R") == set()
    assert found("--shape", f"{base}S", "--focus", f"{base}c") == {("c", "name")}


@pytest.mark.parametrize(
    ("option", "name", "why"),
    [
        ("--shape", "http://example.org/T", "<http://example.org/T> is not a shape"),
        ("--focus", "http://example.org/z", "<http://example.org/z> is not in the data"),
        ("--focus", "z", "'z' is no IRI"),
    ],
)
def test_names_of_nothing_are_told(write: Write, option: str, name: str, why: str) -> None:
    files = ("--data", write("a.ttl", FINE), "--shapes", write("s.ttl", SHAPES))
    found = validate(*files, option, name)
    assert found.returncode == 2
    assert why in found.stderr


def test_what_is_left_to_pyshacl_is_named(write: Write) -> None:
    shapes = write(
        "s.ttl", ":S sh:targetClass :Thing ; sh:property [ sh:path :p ; sh:pattern '(?=x)' ] ."
    )
    found = validate("--data", write("a.ttl", FINE), "--shapes", shapes)
    assert found.returncode == 0
    left = "Left to pySHACL as a whole:\n  <http://example.org/S>: the pattern (?=x)"
    assert left in found.stdout


def test_queries_are_written_for_any_endpoint(write: Write) -> None:
    rules = (
        ":S sh:targetClass :Thing ; sh:property :P . :P sh:path :size ; sh:datatype xsd:integer . "
        ":T sh:targetClass :Thing ; sh:property [ sh:path :p ; sh:pattern '(?=x)' ] ."
    )
    found = validate("--shapes", write("s.ttl", rules), "--queries")
    assert found.returncode == 0, found.stderr
    about, query, nothing, why = found.stdout.splitlines()
    assert about == (
        "# <http://example.org/S>: sh:DatatypeConstraintComponent of <http://example.org/P>"
    )
    assert nothing == ""
    assert why == "# <http://example.org/T>: no queries, because of the pattern (?=x)"
    data = write("a.ttl", ":a a :Thing ; :size 1, 'two' .")
    graph = rdflib.Graph().parse(data)
    assert [str(row.value) for row in graph.query(query)] == ["two"]


def test_queries_of_no_shapes_are_wrong_use() -> None:
    found = validate("--queries")
    assert found.returncode == 2
    assert "--queries goes with --shapes" in found.stderr
