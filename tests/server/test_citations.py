"""Citations: what reference managers are given, read back by the readers of `publisher add`."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from publisher.build import build
from publisher.findings import Place
from publisher.intake.bibtex import read_bibtex
from publisher.intake.csl import read_csl
from publisher.intake.record import Record
from publisher.intake.tree import Tree
from publisher.progress import Progress
from publisher.publication import Publication
from server.documents.citations import Name
from tests.conftest import LIGHTHOUSES
from tests.server.conftest import Reply, Site, serving

BOOKSHELF = LIGHTHOUSES.parent / "bookshelf"
PAPER = "/doc/paper/p2019-counting-sheep"
BIBTEX = "application/x-bibtex"
CSL = "application/vnd.citationstyles.csl+json"
RIS = "application/x-research-info-systems"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The bookshelf, whose intake.toml says what its papers and tools hold."""
    folder = tmp_path_factory.mktemp("shelf")
    release = build(Publication.load(BOOKSHELF), folder / "release", Progress(quiet=True))
    with serving(release, folder / "server.log") as site:
        yield site


def read_back(reply: Reply) -> Record:
    if reply.media_type == BIBTEX:
        (record,) = read_bibtex(reply.text, Path("answer.bib"))
    else:
        (record,) = read_csl(Tree(json.loads(reply.text)), Place(Path("answer.json")))
    return record


@pytest.mark.parametrize("suffix", ["bib", "csl.json"])
def test_a_citation_reads_back_as_the_record_that_it_was(shelf: Site, suffix: str) -> None:
    record = read_back(shelf.get(f"{PAPER}.{suffix}"))
    assert record.family == "publication"
    assert record.title == "Counting Sheep in Aerial Pictures of Pastures"
    assert record.first("kind") == "journal-article"
    assert record.first("issued") == "2019"
    assert record.first("doi") == "https://doi.org/10.5555/Sheep.1"
    assert [author.name for author in record.authors] == ["Ada Müller"]


def test_ris(shelf: Site) -> None:
    reply = shelf.get(f"{PAPER}.ris")
    lines = reply.body.decode().split("\r\n")
    assert lines[0] == "TY  - JOUR"
    assert lines[-2:] == ["ER  - ", ""]
    assert "AU  - Müller, Ada" in lines
    assert "PY  - 2019" in lines
    assert "DO  - 10.5555/Sheep.1" in lines
    assert reply.headers["Content-Type"] == f"{RIS}; charset=utf-8"


def test_software_is_cited_too(shelf: Site) -> None:
    assert shelf.get("/doc/tool/woolly.bib").text.startswith("@software{woolly,")
    assert json.loads(shelf.get("/doc/tool/woolly.csl.json").text)[0]["type"] == "software"
    assert shelf.get("/doc/tool/woolly.ris").text.startswith("TY  - COMP")


@pytest.mark.parametrize(
    ("media_type", "suffix"), [(BIBTEX, "bib"), (CSL, "csl.json"), (RIS, "ris")]
)
def test_citations_are_negotiated(shelf: Site, media_type: str, suffix: str) -> None:
    thing = shelf.get(PAPER.replace("/doc/", "/id/"), media_type)
    assert (thing.status, thing.headers["Location"]) == (303, f"{PAPER}.{suffix}")
    document = shelf.get(PAPER, media_type)
    assert document.media_type == media_type
    assert document.headers["Content-Location"] == f"{PAPER}.{suffix}"
    assert document.body == shelf.get(f"{PAPER}.{suffix}").body
    assert shelf.get(PAPER, f"{media_type};q=0.5, text/turtle").media_type == "text/turtle"


def test_what_nobody_cites_has_no_citation(shelf: Site) -> None:
    assert shelf.get("/doc/author/ada-muller.bib").status == 404
    assert shelf.get("/doc/author/ada-muller", BIBTEX).status == 406
    assert BIBTEX not in shelf.get("/doc/author/ada-muller").headers["Link"]


def test_the_page_says_how_to_cite(shelf: Site) -> None:
    page = shelf.get(f"{PAPER}.html").text
    text = (
        "Müller, A. (2019). Counting Sheep in Aerial Pictures of Pastures. https://doi.org/10.5555/"
    )
    assert text in page
    assert f'href="{PAPER}.bib"' in page
    assert f'type="{RIS}"' in page


@pytest.mark.parametrize(
    ("full", "given", "family"),
    [
        ("Ada Müller", "Ada", "Müller"),
        ("Alberto Del Bimbo", "Alberto", "Del Bimbo"),
        ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("Alba García Seco de Herrera", "Alba García Seco", "de Herrera"),
        ("Plato", "", "Plato"),
    ],
)
def test_names(full: str, given: str, family: str) -> None:
    assert Name(full).parts == (given, family)


def test_what_is_no_work_is_cited_as_an_entry(site: Site) -> None:
    """An organisation or a place is nobody's work; what the graph says of it is."""
    text = html.unescape(site.get("/doc/turm/kap-nord", "text/html").text)
    said = re.search(r"Cite this entry</dt><dd>(.*?)</dd>", text, re.DOTALL)
    assert said is not None
    citation = " ".join(re.sub(r"<[^>]*>", " ", said[1]).split())
    release = site.release
    assert f"In {release.publication.title} (version {release.version})." in citation
    assert f"({release.released.year})" in citation
    assert citation.endswith(f"{release.publication.base}id/turm/kap-nord")


def test_the_footer_does_not_license_what_has_a_licence_of_its_own(site: Site) -> None:
    def licences(path: str) -> list[str]:
        text = site.get(path, "text/html").text
        return re.findall(r'<a href="([^"]*)" rel="license', text)

    assert licences("/doc/turm/kap-nord") == [site.release.publication.license]
    assert licences("/doc/probe/aufsatz") == []
