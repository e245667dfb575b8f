"""Coverage: the counts are right, the page is the same for the same graph, and it is up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import rdflib
from rdflib import RDF, URIRef

from publisher.cli import main
from publisher.coverage import coverage, page
from publisher.release import Release

REPOSITORY = Path(__file__).parents[2]
LT = "https://data.example.org/leuchtturm/ontology#"


@pytest.fixture
def release(lighthouses: Path, tmp_path: Path) -> Release:
    data = lighthouses / "data" / "turm.ttl"
    data.write_text(
        data.read_text(encoding="utf-8")
        + "turm:kap-nord owl:sameAs <http://www.wikidata.org/entity/Q1>, <https://a.example/1> ;\n"
        "    rdfs:seeAlso <https://www.wikidata.org/wiki/Q1>, lt:hoehe .\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    assert main(["build", "--publication", str(lighthouses), "--out", str(out)]) == 0
    return Release.open(out)


def test_instances_and_properties(release: Release) -> None:
    found = {entry.class_: entry for entry in coverage(release).classes}
    towers = found[LT + "Turm"]
    carried = {one.property.rpartition("#")[2]: one for one in towers.properties}
    assert carried["label"].instances == towers.instances
    assert carried["label"].values > towers.instances, "two labels of one tower are two values"
    assert carried["baujahr"].instances == 1
    assert [one.instances for one in towers.properties] == sorted(
        (one.instances for one in towers.properties), reverse=True
    )
    assert "type" not in carried


def test_withdrawn_things_are_in_no_class(release: Release) -> None:
    rows = {one.property for entry in coverage(release).classes for one in entry.properties}
    assert "http://www.w3.org/2002/07/owl#deprecated" not in rows


def test_links_by_target(release: Release) -> None:
    targets = {target.host: target for target in coverage(release).targets}
    wikidata = targets["wikidata.org"]
    assert (wikidata.links, wikidata.things) == (2, 1)
    assert [number for _, number in wikidata.by_property] == [1, 1]
    assert targets["a.example"].links == 1
    assert "data.example.org" not in targets, "neither things nor terms of ours are outside"


def test_declared_terms_that_nothing_uses(lighthouses: Path, tmp_path: Path) -> None:
    ontology = lighthouses / "ontology" / "leuchtturm.ttl"
    text = ontology.read_text(encoding="utf-8")
    ontology.write_text(
        f'{text}\nlt:Boje a owl:Class ; rdfs:label "Boje"@de .\n'
        'lt:farbe a owl:DatatypeProperty ; rdfs:label "Farbe"@de .\n',
        encoding="utf-8",
    )
    out = tmp_path / "out"
    assert main(["build", "--publication", str(lighthouses), "--out", str(out)]) == 0
    found = coverage(Release.open(out))
    assert found.empty_classes == (LT + "Boje",)
    assert LT + "farbe" in found.idle_properties
    assert LT + "hoehe" not in found.idle_properties


def test_the_command_writes_the_page(
    release: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "coverage.md"
    assert main(["coverage", "--release", str(release.path), "--to", str(target)]) == 0
    assert main(["coverage", "--release", str(release.path)]) == 0
    text = target.read_text(encoding="utf-8")
    assert text == page(release) == capsys.readouterr().out
    assert "Leuchttürme der Ostsee" in text
    assert "| `lt:baujahr` | 1 |" in text


def test_what_is_no_release_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coverage", "--release", str(tmp_path)]) == 2
    assert "is not a release" in capsys.readouterr().err


def test_the_committed_page_is_up_to_date(ai4media_release: Release) -> None:
    committed = (REPOSITORY / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert committed == page(ai4media_release), (
        "docs/coverage.md does not say what the graph says; after a build renew it with "
        "'python -m publisher coverage --to docs/coverage.md'"
    )


def test_the_page_agrees_with_another_count(ai4media_release: Release) -> None:
    """Every class and property of the page, counted anew by rdflib."""
    graph = rdflib.Graph(bind_namespaces="none")
    for prefix, namespace in ai4media_release.publication.prefixes.items():
        graph.bind(prefix, namespace, override=True)
    name = ai4media_release.publication.name
    graph.parse(ai4media_release.path / "dumps" / f"{name}.nt", format="nt")
    sections = re.split(r"^### (.+)$", page(ai4media_release), flags=re.MULTILINE)[1:]
    base = ai4media_release.iris.things
    for title, section in zip(sections[::2], sections[1::2], strict=True):
        class_ = URIRef(graph.namespace_manager.expand_curie(title))
        things = {one for one in graph.subjects(RDF.type, class_) if str(one).startswith(base)}
        rows = re.findall(r"^\| `(.+?)` \| ([\d,]+) \| .+? \| ([\d,]+) \|$", section, re.MULTILINE)
        expected = {}
        for property_ in {one for thing in things for one in graph.predicates(thing)} - {RDF.type}:
            carriers = [thing for thing in things if (thing, property_, None) in graph]
            values = sum(len(set(graph.objects(thing, property_))) for thing in carriers)
            expected[str(property_)] = (len(carriers), values)
        found = {
            str(graph.namespace_manager.expand_curie(curie)): (
                int(number.replace(",", "")),
                int(values.replace(",", "")),
            )
            for curie, number, values in rows
        }
        assert found == expected, title
