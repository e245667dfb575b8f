"""How much a change matters: releases that differ in one thing, and the version that it takes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from publisher.build import build
from publisher.edition import Edition
from publisher.progress import Progress
from publisher.publication import Publication
from publisher.releasing.numbering import WrongVersion, check, following, step
from publisher.releasing.significance import Significance
from tests.conftest import LIGHTHOUSES

TOWERS, TERMS = "data/turm.ttl", "ontology/leuchtturm.ttl"
SHAPES, QUERY = "shapes/turm.ttl", "queries/tuerme.rq"
NONE, PATCH, MINOR, MAJOR = Significance


def released(sources: Path) -> Edition:
    out = sources.with_name(f"{sources.name}-release")
    return Edition.read(build(Publication.load(sources), out, Progress(quiet=True)).path)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    sources = tmp_path_factory.mktemp("before") / "sources"
    return released(Path(shutil.copytree(LIGHTHOUSES, sources)))


@pytest.mark.parametrize(
    ("file", "old", "new", "significance", "told"),
    [
        (TOWERS, "# Renamed", "# Called otherwise", NONE, None),
        (TOWERS, "lt:hoehe 26.5", "lt:hoehe 26.75", PATCH, "turm/kap-nord> changed"),
        (
            TOWERS,
            "# Renamed",
            'turm:neu a lt:Turm ; rdfs:label "Neu"@de ; lt:stehtIn ort:nordhafen .\n# Renamed',
            MINOR,
            "turm/neu> is new",
        ),
        (
            TOWERS,
            "/id/turm/süd-mole> a lt:Turm ;",
            "/id/turm/süd-mole> owl:deprecated true . turm:mole a lt:Turm ;",
            MAJOR,
            "süd-mole> was withdrawn",
        ),
        (
            TOWERS,
            "/id/turm/süd-mole> a lt:Turm ;",
            "/id/turm/süd-mole> owl:deprecated true ; dcterms:isReplacedBy turm:mole ."
            " turm:mole a lt:Turm ;",
            MINOR,
            "süd-mole> was withdrawn and leads to a successor",
        ),
        (TERMS, '"Ein Ort an der Küste."', '"Ein Ort am Meer."', PATCH, "ontology#Ort> changed"),
        (
            TERMS,
            "lt:stehtIn a owl:ObjectProperty ;",
            "lt:stehtIn a owl:ObjectProperty ; rdfs:range lt:Ort ;",
            MINOR,
            "stehtIn> means more than it did",
        ),
        (
            TERMS,
            "rdfs:range xsd:gYear",
            "rdfs:seeAlso xsd:gYear",
            MAJOR,
            "baujahr> no longer means all that it meant",
        ),
        (
            TERMS,
            "lt:stehtIn a owl:ObjectProperty ;",
            "lt:stehtIn a owl:ObjectProperty ; owl:deprecated true ;",
            MAJOR,
            "stehtIn> was withdrawn",
        ),
        (SHAPES, '"Baujahr"@de', '"Gebaut"@de', NONE, None),
        (SHAPES, "sh:maxCount 1 ;", "", MAJOR, "shapes no longer say"),
        (SHAPES, "sh:maxCount 1 ;", "sh:maxCount 2 ;", MAJOR, "shapes no longer say"),
        (SHAPES, "sh:minExclusive 0 ;", "sh:minExclusive 0 ; sh:maxCount 1 ;", MINOR, "say now"),
        (QUERY, "DESC(?hoehe)", "?hoehe", NONE, None),
        (QUERY, "SELECT ?turm ?name ?hoehe", "SELECT ?turm ?name", MAJOR, "the column 'hoehe'"),
        (QUERY, "SELECT ?turm", "SELECT ?turm (1 AS ?one)", MINOR, "the column 'one' now"),
    ],
)
def test_a_change_takes_its_version(
    before: Edition,
    tmp_path: Path,
    file: str,
    old: str,
    new: str,
    significance: Significance,
    told: str | None,
) -> None:
    sources = Path(shutil.copytree(LIGHTHOUSES, tmp_path / "sources"))
    text = (sources / file).read_text()
    assert old in text
    (sources / file).write_text(text.replace(old, new, 1))
    found = step(before, released(sources))
    assert found.significance is significance, found.told()
    assert told is None or told in "\n".join(found.told())
    assert found.least == following("2.1.0", significance)
    check(found.least, found)
    with pytest.raises(WrongVersion, match="too low"):
        check("2.1.0", found)


def test_what_is_gone_is_major(before: Edition, tmp_path: Path) -> None:
    sources = Path(shutil.copytree(LIGHTHOUSES, tmp_path / "sources"))
    (sources / "queries/tuerme.rq").unlink()
    (sources / "data/besuche.trig").unlink()
    told = step(before, released(sources)).told()
    assert any("the saved query 'tuerme' is gone" in line for line in told)
    assert any("the graph <" in line and "is gone" in line for line in told)


def test_a_nameless_shape_with_one_constraint_more_promises_what_it_did(
    before: Edition, tmp_path: Path
) -> None:
    def with_shape(name: str, constraints: str) -> Edition:
        sources = Path(shutil.copytree(LIGHTHOUSES, tmp_path / name))
        text = (sources / SHAPES).read_text()
        nameless = f"sh:property [ sh:path lt:hoehe ; {constraints} ] ;\n    sh:targetClass"
        (sources / SHAPES).write_text(text.replace("sh:targetClass", nameless, 1))
        return released(sources)

    loose = with_shape("loose", "sh:maxCount 3")
    tight = with_shape("tight", "sh:maxCount 3 ; sh:or ( [ sh:minInclusive 1 ] [ sh:in ( 0.5 ) ] )")
    assert step(loose, tight).significance is MINOR
    assert step(tight, loose).significance is MAJOR
    assert step(tight, tight).significance is NONE


@pytest.mark.parametrize(
    ("version", "significance", "least"),
    [
        ("1.4.2", NONE, "1.4.3"),
        ("1.4.2", PATCH, "1.4.3"),
        ("1.4.2", MINOR, "1.5.0"),
        ("1.4.2", MAJOR, "2.0.0"),
        ("0.4.2", MAJOR, "0.5.0"),
        ("0.4.2", MINOR, "0.4.3"),
        ("0.4.9", PATCH, "0.4.10"),
    ],
)
def test_what_follows_a_version(version: str, significance: Significance, least: str) -> None:
    assert following(version, significance) == least


@pytest.mark.parametrize("version", ["2024-05", "1.0", "1.0.0-beta", "eins"])
def test_what_is_not_three_numbers_has_nothing_that_follows(version: str) -> None:
    with pytest.raises(WrongVersion, match="three numbers"):
        following(version, PATCH)
