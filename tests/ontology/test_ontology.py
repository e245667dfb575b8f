"""The ontology: complete, declared, used, inside OWL 2 DL, consistent and coherent."""

from __future__ import annotations

import re
import shutil
import subprocess
from itertools import chain
from pathlib import Path

import owlready2  # type: ignore[import-untyped]
import pytest
from rdflib import DCTERMS, OWL, RDF, RDFS, SH, SKOS, XSD, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

REPOSITORY = Path(__file__).parents[2]
ONTOLOGY = URIRef("https://w3id.org/ai4media/ontology")
NAMESPACE = f"{ONTOLOGY}#"
VANN = Namespace("http://purl.org/vocab/vann/")
SCHEMA = Namespace("https://schema.org/")
PROPERTY_KINDS = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
KINDS = (OWL.Class, *PROPERTY_KINDS, OWL.NamedIndividual)
LANGUAGE_NAMESPACES = (str(RDF), str(RDFS), str(OWL), str(XSD), str(SH))
OUTSIDE_OWL_2 = {XSD.date, XSD.gYear, XSD.gYearMonth, XSD.duration}
ALIGNMENTS = (RDFS.subClassOf, RDFS.subPropertyOf, SKOS.closeMatch, RDFS.seeAlso)


def _parsed(*folders: str) -> Graph:
    graph = Graph(bind_namespaces="none")
    for folder in folders:
        for path in sorted((REPOSITORY / folder).glob("*.ttl")):
            graph.parse(path)
    return graph


@pytest.fixture(scope="module")
def ontology() -> Graph:
    """The ontology alone, without its concept schemes."""
    return Graph(bind_namespaces="none").parse(REPOSITORY / "ontology" / "ai4media.ttl")


@pytest.fixture(scope="module")
def data() -> Graph:
    """The data and the concept schemes: what the terms are for."""
    graph = _parsed("data")
    assert len(graph), "data/ holds no Turtle file to test with"
    return graph.parse(REPOSITORY / "ontology" / "schemes.ttl")


@pytest.fixture(scope="module")
def rdf_xml(ontology: Graph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ontology in the form that reasoners read."""
    path = tmp_path_factory.mktemp("ontology") / "ai4media.rdf"
    ontology.serialize(path, format="xml", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def java() -> str:
    """The java command; the reasoner and the profile check need it."""
    command = shutil.which("java")
    assert command, "java is missing: install a JDK, such as openjdk-17-jdk-headless on Debian"
    return command


def _declared(ontology: Graph) -> dict[URIRef, set[Node]]:
    found: dict[URIRef, set[Node]] = {}
    for kind in KINDS:
        for term in ontology.subjects(RDF.type, kind):
            if isinstance(term, URIRef):
                found.setdefault(term, set()).add(kind)
    return found


def _minted(ontology: Graph) -> list[URIRef]:
    return sorted(term for term in _declared(ontology) if term.startswith(NAMESPACE))


def _terms_in_text(text: str) -> set[str]:
    """Return the local names of our terms in a query or Turtle text."""
    names = re.findall(r"\ba4m:([A-Za-z]\w*)", text)
    return {*names, *re.findall(re.escape(NAMESPACE) + r"(\w+)", text)}


def test_header_is_complete(ontology: Graph) -> None:
    assert (ONTOLOGY, RDF.type, OWL.Ontology) in ontology
    for wanted in (
        *(DCTERMS.title, DCTERMS.description, DCTERMS.creator, DCTERMS.publisher),
        *(DCTERMS.license, DCTERMS.created, DCTERMS.modified, DCTERMS.issued),
        *(DCTERMS.source, DCTERMS.provenance, DCTERMS.bibliographicCitation),
        *(OWL.versionIRI, OWL.versionInfo),
    ):
        assert list(ontology.objects(ONTOLOGY, wanted)), wanted
    assert ontology.value(ONTOLOGY, VANN.preferredNamespacePrefix) == Literal("a4m")
    assert ontology.value(ONTOLOGY, VANN.preferredNamespaceUri) == Literal(NAMESPACE)
    version = ontology.value(ONTOLOGY, OWL.versionInfo)
    assert ontology.value(ONTOLOGY, OWL.versionIRI) == URIRef(f"{ONTOLOGY}/{version}")


def test_every_term_is_labelled_defined_and_owned(ontology: Graph) -> None:
    for term in _declared(ontology):
        for property_ in (RDFS.label, SKOS.definition):
            texts = [o for o in ontology.objects(term, property_) if isinstance(o, Literal)]
            assert [text.language for text in texts] == ["en"], f"{term} {property_}"
        owners = list(ontology.objects(term, RDFS.isDefinedBy))
        assert len(owners) == 1, term
        assert str(term).startswith(str(owners[0])), term


def test_minted_terms_say_what_they_specialise(ontology: Graph) -> None:
    for term in _minted(ontology):
        assert list(ontology.objects(term, SKOS.scopeNote)), term
        aligned = {
            other
            for relation in ALIGNMENTS
            for other in ontology.objects(term, relation)
            if isinstance(other, URIRef)
        }
        admits_none = any(
            "No reused vocabulary has it" in str(note)
            for note in ontology.objects(term, SKOS.scopeNote)
        )
        assert aligned or admits_none, f"{term} is aligned with nothing"


def test_minted_properties_follow_the_rule_on_domain_and_range(ontology: Graph) -> None:
    declared = _declared(ontology)
    for term in _minted(ontology):
        if OWL.Class in declared[term]:
            continue
        assert list(ontology.objects(term, SCHEMA.domainIncludes)), term
        assert list(ontology.objects(term, SCHEMA.rangeIncludes)), term
    assert not list(ontology.subject_objects(RDFS.domain))
    assert not list(ontology.subject_objects(RDFS.range))


def test_no_minted_term_repeats_a_reused_one(ontology: Graph) -> None:
    """A name that a reused vocabulary has as well stands only for a narrower class of it."""
    reused = {
        re.split(r"[#/]", term)[-1].lower(): term
        for term in _declared(ontology)
        if not term.startswith(NAMESPACE)
    }
    for term in _minted(ontology):
        same = reused.get(term.removeprefix(NAMESPACE).lower())
        assert same is None or (term, RDFS.subClassOf, same) in ontology, f"{term} {same}"
        labels = {
            str(label).lower()
            for other in reused.values()
            for label in ontology.objects(other, RDFS.label)
            if (term, RDFS.subClassOf, other) not in ontology
        }
        assert str(ontology.value(term, RDFS.label)).lower() not in labels, term


def test_no_undeclared_term_of_ours_anywhere(ontology: Graph) -> None:
    known = {term.removeprefix(NAMESPACE) for term in _minted(ontology)}
    for folder in ("ontology", "shapes", "data", "queries"):
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and path.suffix in {".ttl", ".nt", ".trig", ".rq", ".jsonld"}:
                unknown = _terms_in_text(path.read_text(encoding="utf-8")) - known
                assert not unknown, f"{path.relative_to(REPOSITORY)}: {sorted(unknown)}"


def test_no_undeclared_reused_term(ontology: Graph, data: Graph) -> None:
    """Properties and classes of data, schemes and shapes are declared, save those of RDF itself."""
    declared = _declared(ontology)
    shapes = _parsed("shapes")
    used = {
        *data.predicates(),
        *data.objects(None, RDF.type),
        *(o for p in (SH.path, SH.targetClass, SH["class"]) for o in shapes.objects(None, p)),
        *ontology.predicates(),
        *ontology.objects(None, SCHEMA.domainIncludes),
    }
    undeclared = {
        term
        for term in used
        if isinstance(term, URIRef)
        and not str(term).startswith(LANGUAGE_NAMESPACES)
        and term not in declared
    }
    assert not undeclared


def test_no_unused_term(ontology: Graph, data: Graph) -> None:
    """A class has instances or is what one of ours specialises; a property is used likewise."""
    listed = _parsed("shapes").objects(None, RDF.first)
    used: set[Node] = {*data.predicates(), *data.objects(), *listed}
    specialised = set(
        chain(ontology.objects(None, RDFS.subClassOf), ontology.objects(None, RDFS.subPropertyOf))
    )
    described = set(ontology.predicates())
    unused = [
        term
        for term in sorted(_declared(ontology))
        if term not in used and (term.startswith(NAMESPACE) or term not in specialised | described)
    ]
    assert not unused


def test_every_concept_of_the_schemes_is_described(data: Graph) -> None:
    schemes = Graph().parse(REPOSITORY / "ontology" / "schemes.ttl")
    for concept in schemes.subjects(RDF.type, SKOS.Concept):
        assert schemes.value(concept, RDFS.label) == schemes.value(concept, SKOS.prefLabel)
        assert (concept, RDFS.isDefinedBy, None) in schemes, concept
        scheme = schemes.value(concept, SKOS.inScheme)
        assert (scheme, RDF.type, SKOS.ConceptScheme) in schemes, concept
    in_use = set(data.objects(None, SKOS.inScheme))
    assert set(schemes.subjects(RDF.type, SKOS.ConceptScheme)) <= in_use


def test_each_term_is_one_kind_of_entity(ontology: Graph) -> None:
    """OWL 2 DL, section 5.8.1: no IRI is two kinds of property, or class and datatype."""
    for term, kinds in _declared(ontology).items():
        assert len(kinds & set(PROPERTY_KINDS)) <= 1, term
        assert not (OWL.Class in kinds and kinds & set(PROPERTY_KINDS)), term


def test_literals_of_data_fit_the_kinds_of_their_properties(ontology: Graph, data: Graph) -> None:
    declared = _declared(ontology)
    for _, property_, value in data:
        kinds = declared.get(property_, set())  # type: ignore[call-overload]
        if OWL.ObjectProperty in kinds:
            assert isinstance(value, URIRef), f"{property_} {value!r}"
        if OWL.DatatypeProperty in kinds:
            assert isinstance(value, Literal), f"{property_} {value!r}"


def _profile_check(path: Path, java: str) -> str:
    """Run the OWL API's own profile check, from the jar that owlready2 brings."""
    jar = Path(owlready2.__file__).parent / "hermit" / "HermiT.jar"
    check = Path(__file__).with_name("ProfileCheck.java")
    run = subprocess.run(
        [java, "-cp", str(jar), str(check), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"java could not run {check.name}; is it a JDK?\n{run.stderr}"
    return run.stdout


def test_inside_owl_2_dl(rdf_xml: Path, java: str) -> None:
    found = _profile_check(rdf_xml, java)
    assert "violation" not in found, found
    assert int(found.rpartition("axioms: ")[2]) > 500


def test_the_profile_check_would_notice(rdf_xml: Path, java: str, tmp_path: Path) -> None:
    broken = Graph().parse(rdf_xml)
    broken.add((URIRef(f"{NAMESPACE}evidence"), RDF.type, OWL.DatatypeProperty))
    path = tmp_path / "punned.rdf"
    broken.serialize(path, format="xml", encoding="utf-8")
    assert "violation" in _profile_check(path, java)


def _reasoned(path: Path) -> owlready2.World:
    world = owlready2.World()
    loaded = world.get_ontology(path.as_uri()).load()
    with loaded:
        owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
    return world


def test_consistent_and_coherent(rdf_xml: Path, java: str) -> None:
    owlready2.JAVA_EXE = java
    world = _reasoned(rdf_xml)
    assert not list(world.inconsistent_classes())
    assert len(list(world.classes())) > 40


def test_the_reasoner_would_notice(rdf_xml: Path, java: str, tmp_path: Path) -> None:
    """A class below two disjoint ones is found incoherent: the check above is not idle."""
    owlready2.JAVA_EXE = java
    broken = Graph().parse(rdf_xml)
    hybrid = URIRef(f"{NAMESPACE}Hybrid")
    broken.add((hybrid, RDF.type, OWL.Class))
    broken.add((hybrid, RDFS.subClassOf, URIRef(f"{NAMESPACE}KeyFigure")))
    broken.add((hybrid, RDFS.subClassOf, URIRef(f"{NAMESPACE}Publication")))
    path = tmp_path / "broken.rdf"
    broken.serialize(path, format="xml", encoding="utf-8")
    found = {class_.name for class_ in _reasoned(path).inconsistent_classes()}
    assert found - {"Nothing"} == {"Hybrid"}


def _supported(graph: Graph) -> Graph:
    """Leave out literals of datatypes that OWL 2 does not have, such as xsd:date."""
    supported = Graph(bind_namespaces="none")
    for triple in graph:
        value = triple[2]
        if not (isinstance(value, Literal) and value.datatype in OUTSIDE_OWL_2):
            supported.add(triple)
    return supported


def test_the_data_is_consistent_with_the_ontology(
    ontology: Graph, data: Graph, java: str, tmp_path: Path
) -> None:
    owlready2.JAVA_EXE = java
    path = tmp_path / "all.rdf"
    _supported(ontology + data).serialize(path, format="xml", encoding="utf-8")
    assert not list(_reasoned(path).inconsistent_classes())


def test_inconsistent_data_would_be_noticed(ontology: Graph, java: str, tmp_path: Path) -> None:
    owlready2.JAVA_EXE = java
    broken = _supported(ontology)
    thing = URIRef("https://w3id.org/ai4media/id/person/somebody")
    for class_ in ("http://xmlns.com/foaf/0.1/Person", f"{NAMESPACE}KeyFigure"):
        broken.add((thing, RDF.type, URIRef(class_)))
    path = tmp_path / "broken.rdf"
    broken.serialize(path, format="xml", encoding="utf-8")
    with pytest.raises(owlready2.OwlReadyInconsistentOntologyError):
        _reasoned(path)
