"""Pages: HTML for people, from templates that know RDF and no particular graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flask import render_template
from pyoxigraph import Literal, NamedNode, Triple

from publisher.formats import JSON_LD, RDF_FORMS
from publisher.release import Collection
from server.documents import citations, outlines, profiles, signposting
from server.http.addresses import here
from server.http.links import public_address
from server.pages import (
    downloads,
    glossary,
    pictures,
    results,
    rules,
    schemes,
    surroundings,
    things,
    workbench,
)
from server.pages.schemes import Tree
from server.pages.things import Thing
from server.pages.values import (
    Namer,
    about_link,
)
from server.search.index import current_index
from server.service import current_service
from server.sparql import examples
from server.versions.history import entries

if TYPE_CHECKING:
    from server.documents.descriptions import Standing
    from server.documents.downloads import Download
    from server.documents.outlines import Outline
    from server.engine.client import Answer
    from server.timeline import Version

#: Forms of citations by the names that readers know, with their suffixes.
_CITATIONS = {"BibTeX": "bib", "RIS": "ris", "CSL-JSON": "csl.json"}

#: Values of `format=` by the names that readers know.
_TABLE_DOWNLOADS = {"JSON": "json", "XML": "xml", "CSV": "csv", "TSV": "tsv"}
_GRAPH_DOWNLOADS = {
    form.label: form.suffix for form in RDF_FORMS if not form.dataset or form is JSON_LD
}


def home_page() -> str:
    """Return the home page."""
    service = current_service()
    site, iris = service.release.site, service.release.iris
    drawn = [pictures.picture(each, iris) for each in site["pictures"]]
    shown = [each for each in drawn if each is not None]
    figures = site["figures"]
    return render_template(
        "home.html",
        text=site["home"],
        figures=pictures.figures(figures, iris) if figures else [],
        figures_query=figures and figures["query"],
        map=next((each for each in shown if each.kind == "map"), None),
        pictures=[each for each in shown if each.kind != "map"],
        examples=examples.saved(service.release),
    )


def words_page(page: Mapping[str, str]) -> str:
    """Return one of the publication's own pages of words."""
    return render_template("words.html", page=page)


def thing_page(standing: Standing, triples: Iterable[Triple], page: int, outline: Outline) -> str:
    """Return the page of a thing from its description and its outline."""
    service = current_service()
    iris = service.release.iris
    work = citations.work(outline)
    thing, tree = _arranged(standing, triples)
    return render_template(
        "thing.html",
        thing=thing,
        surroundings=surroundings.surroundings(thing, iris) if page == 1 else None,
        tree=tree,
        standing=standing,
        page=page,
        document=here(iris.document_path(standing.iri) or ""),
        canonical=public_address(iris.document_path(standing.iri) or ""),
        collection=_collection(standing.graph),
        describe=examples.describe(standing.iri),
        work=work,
        citation=citations.line(
            work or citations.entry_work(thing.title.text, standing.iri, service.release)
        ),
        licensed=bool(signposting.own_licenses(outline)),
        citation_forms=_CITATIONS,
        citation_types=citations.CITATION_FORMS,
        schema_org=profiles.embedded(profiles.schema_triples(outline), standing.iri),
    )


def about_page(standing: Standing, triples: Iterable[Triple], page: int) -> str:
    """Return the page of something that is described elsewhere, from its description here."""
    service = current_service()
    iris = service.release.iris
    thing, tree = _arranged(standing, triples)
    return render_template(
        "about.html",
        thing=thing,
        tree=tree,
        licensed=bool(signposting.own_licenses(outlines.outline(standing.iri))),
        elsewhere=Namer(iris, service.presentation, {}).resource(standing.iri),
        standing=standing,
        page=page,
        address=about_link(standing.iri),
        describe=examples.describe(standing.iri),
    )


def _arranged(standing: Standing, triples: Iterable[Triple]) -> tuple[Thing, Tree | None]:
    """Return a thing with its place in concept schemes; what the tree shows, it shows alone."""
    service = current_service()
    iris, presentation = service.release.iris, service.presentation
    tree = schemes.tree(standing.iri, current_index(), presentation, iris)
    thing = things.arrange(standing.iri, triples, presentation, iris)
    if tree is not None:
        thing = things.without(thing, schemes.RELATIONS, tree.shown)
    return thing, tree


def ontology_page(triples: Sequence[Triple], shapes: Iterable[Triple]) -> str:
    """Return the page of the ontology, with an anchor for each of its terms."""
    service = current_service()
    release, presentation = service.release, service.presentation
    rule_book = rules.rule_book(shapes, presentation, release.iris)
    book = glossary.ontology(triples, rule_book, presentation, release, current_index())
    return render_template("ontology.html", book=book, document=here("/ontology"))


def shapes_page(triples: Iterable[Triple]) -> str:
    """Return the page of the shapes, with an anchor for each."""
    service = current_service()
    stated = list(triples)
    book = rules.rule_book(stated, service.presentation, service.release.iris, _named_in(stated))
    return render_template("shapes.html", book=book, document=here("/shapes"))


def _named_in(triples: Iterable[Triple]) -> dict[str, list[Literal]]:
    """Return the names that the release has for what triples lead to."""
    iris = {each.object.value for each in triples if isinstance(each.object, NamedNode)}
    return current_index().names_of(iris)


def dumps_page(version: Version, files: Sequence[Download], checksums: str) -> str:
    """Return the page that lists the files of a release, each with its compressed twin.

    `checksums` is what `sha256sum` reads to verify them.
    """
    service = current_service()
    current, release, edition = service.release, version.release, version.edition
    links = [each["file"] for each in release.overview["linksets"]] if release else []
    shelf = downloads.shelf(files, edition.name, links)
    work = citations.release_work(release) if release else None
    served = {each.name for each in service.timeline}
    return render_template(
        "dumps.html",
        shown=version,
        current=service.timeline.current,
        things=release.counts["things"] if release else None,
        shelf=shelf,
        checksums=downloads.shown_checksums(checksums, [*shelf.whole, *shelf.about]),
        citation=citations.line(work) if work else None,
        bibtex=citations.bibtex(work) if work else None,
        releases=list(reversed(entries())),
        lost=[each for each in _history(current.overview) if each["version"] not in served],
        labels={form.media_type: form.label for form in RDF_FORMS},
    )


def _history(overview: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the former releases, the newest first."""
    return sorted(overview["history"], key=lambda each: each["released"], reverse=True)


def catalogue_page(overview: Mapping[str, Any], schema_org: str) -> str:
    """Return the page about the dataset: its versions, what it holds and where it leads.

    `schema_org` is the same for search engines, ready to stand in the page.
    """
    presentation = current_service().presentation
    statistics = overview["statistics"]
    classes = sorted(
        ((presentation.term(each["iri"]), each["entities"]) for each in statistics["classes"]),
        key=lambda row: (-row[1], row[0].label.casefold()),
    )
    return render_template(
        "catalogue.html",
        statistics=statistics,
        classes=classes,
        linksets=overview["linksets"],
        history=_history(overview),
        document=here("/catalog"),
        schema_org=schema_org,
    )


def query_page(query: str = "", *, problem: Mapping[str, Any] | None = None) -> str:
    """Return the page with the query form, filled with `query`.

    `problem`, the members of a problem document, says what was wrong with it; its `line` and
    `column` are shown where given.
    """
    return _query_form(query, problem=problem, where=_place(query, problem or {}))


def results_page(query: str, answer: Answer) -> str:
    """Return the page with the query form and the first part of the answer to `query`.

    `answer` must be SPARQL Query Results TSV, or Turtle. Raises the engine's errors.
    """
    service = current_service()
    if answer.kind == "graph":
        return _query_form(query, excerpt=results.excerpt(answer), formats=_GRAPH_DOWNLOADS)
    if answer.kind == "ask":
        return _query_form(query, truth=results.truth(answer), formats=_TABLE_DOWNLOADS)
    namer = Namer(service.release.iris, service.presentation, {})
    table = results.table(answer, namer)
    return _query_form(query, table=table, formats=_TABLE_DOWNLOADS)


def _place(query: str, problem: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the line of the query that a problem is about, and the column in it."""
    lines = query.splitlines()
    line, column = problem.get("line"), problem.get("column")
    if not isinstance(line, int) or not isinstance(column, int) or not 0 < line <= len(lines):
        return None
    text = lines[line - 1].expandtabs(1)
    return {"line": line, "column": column, "text": text} if len(text) < 400 else None


def _query_form(query: str, **context: Any) -> str:
    release = current_service().release
    saved, general = examples.saved(release), examples.general()
    return render_template(
        "query.html",
        query=query or (*saved, *general)[0].text,
        saved=saved,
        general=general,
        prefixes=sorted(release.publication.prefixes.items()),
        workbench=workbench.installed(),
        table_forms=_TABLE_DOWNLOADS,
        graph_forms=_GRAPH_DOWNLOADS,
        **context,
    )


def _collection(graph: str | None) -> Collection | None:
    collections = current_service().release.collections
    return next((each for each in collections if each.graph == graph), None)
