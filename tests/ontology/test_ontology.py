"""labor.ttl and terms.ttl say everything once, in three languages, and name nothing that is not there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph, Namespace, URIRef
from rdflib.term import Node

from ontology import Column, model, schema
from ontology.model import ONTOLOGY, TERM

FOLDER = Path(__file__).parents[2] / "ontology"
LANGUAGES = {"en", "es", "fr"}
LABOR = Namespace(ONTOLOGY)
THINGS = (
    "Union Corporation Agency Association Program Plant Place Sector Product Agreement Case Event "
    "Certification Source"
)
RELATIONS = (
    "Ownership Operation Representation Affiliation Succession InSector Supply Making MadeIn Coverage Tie "
    "ShiftClaim CaseStep Party Funding Count PlantStatus Description"
)


@pytest.fixture(scope="module")
def labor() -> Graph:
    return Graph().parse(FOLDER / "labor.ttl")


@pytest.fixture(scope="module")
def terms() -> Graph:
    return Graph().parse(FOLDER / "terms.ttl")


def languages(graph: Graph, subject: Node, predicate: URIRef) -> list[str]:
    said = [
        str(getattr(text, "language", "")) for text in graph.objects(subject, predicate) if str(text).strip()
    ]
    return sorted(said)


def columns() -> Iterator[Column]:
    yield from model().evidence
    for kind in model().kinds.values():
        yield from kind.columns


def test_every_kind_of_the_design_has_a_table() -> None:
    assert {kind.name for kind in model().things} == set(THINGS.split())
    assert {kind.name for kind in model().relations} == set(RELATIONS.split())


def test_a_kind_is_one_block_with_labels_and_comments_in_three_languages(labor: Graph) -> None:
    kinds = list(labor.subjects(RDF.type, OWL.Class))
    assert set(kinds) == set(labor.subjects(RDF.type, SH.NodeShape))
    for kind in kinds:
        assert languages(labor, kind, RDFS.label) == sorted(LANGUAGES), kind
        assert languages(labor, kind, RDFS.comment) == sorted(LANGUAGES), kind


def test_every_property_has_a_name_in_three_languages_and_an_order(labor: Graph) -> None:
    for kind in labor.subjects(RDF.type, SH.NodeShape):
        shapes = list(labor.objects(kind, SH.property))
        for shape in shapes:
            assert languages(labor, shape, SH.name) == sorted(LANGUAGES), labor.value(shape, SH.path)
        orders = sorted(int(str(labor.value(shape, SH.order))) for shape in shapes)
        assert orders == list(range(1, len(shapes) + 1)), kind


def test_cardinality_datatype_and_class_are_said_only_in_shapes(labor: Graph) -> None:
    elsewhere = {
        RDFS.domain,
        RDFS.range,
        OWL.onProperty,
        OWL.cardinality,
        OWL.maxCardinality,
        OWL.allValuesFrom,
    }
    assert elsewhere.isdisjoint(labor.predicates())
    types = set(labor.objects(None, RDF.type))
    assert types.isdisjoint(
        {OWL.Restriction, OWL.FunctionalProperty, OWL.ObjectProperty, OWL.DatatypeProperty}
    )


def test_schemes_and_terms_have_labels_in_three_languages(terms: Graph) -> None:
    for scheme in terms.subjects(RDF.type, SKOS.ConceptScheme):
        assert languages(terms, scheme, RDFS.label) == sorted(LANGUAGES), scheme
    for term in terms.subjects(RDF.type, SKOS.Concept):
        assert languages(terms, term, SKOS.prefLabel) == sorted(LANGUAGES), term


def test_a_term_lies_where_its_scheme_and_notation_say(terms: Graph) -> None:
    found = list(terms.subjects(RDF.type, SKOS.Concept))
    assert len(found) > 300
    for term in found:
        scheme, notation = terms.value(term, SKOS.inScheme), terms.value(term, SKOS.notation)
        assert str(term) == f"{scheme}/{notation}"
        assert (scheme, RDF.type, SKOS.ConceptScheme) in terms


def test_a_scheme_is_the_shape_of_its_own_terms(terms: Graph) -> None:
    for scheme in terms.subjects(RDF.type, SKOS.ConceptScheme):
        (shape,) = terms.objects(scheme, SH.property)
        assert terms.value(shape, SH.path) == SKOS.inScheme
        assert terms.value(shape, SH.hasValue) == scheme


def test_every_scheme_is_used_and_every_used_scheme_exists() -> None:
    used = {column.scheme for column in columns() if column.scheme}
    assert used == set(model().terms) == set(model().schemes)


def test_no_reference_to_a_kind_or_role_that_is_not_there(labor: Graph) -> None:
    kinds = set(labor.subjects(RDF.type, OWL.Class))
    assert set(labor.objects(None, SH["class"])) <= kinds
    parents = {p for p in labor.objects(None, RDFS.subClassOf) if str(p).startswith(ONTOLOGY)}
    assert parents <= kinds
    for kind in model().relations:
        assert kind.roles or kind.name == "Tie"
        if kind.edge:
            assert {kind.edge.tail, kind.edge.head} <= {column.name for column in kind.roles}
    used = set(labor.subjects(SKOS.closeMatch, None)) - kinds
    assert {str(iri).removeprefix(ONTOLOGY) for iri in used} <= {column.term for column in columns()}


def test_a_term_has_one_column_name_and_one_type_everywhere() -> None:
    types: dict[str, set[tuple[str, bool]]] = {}
    for column in columns():
        types.setdefault(column.term, set()).add((column.type, column.many))
    assert [term for term, found in types.items() if len(found) > 1] == []


def test_events_cases_ties_and_counts_are_never_edges() -> None:
    never = {"Event", "Case", "Tie", "Count", "Party", "CaseStep", "ShiftClaim", "PlantStatus", "Description"}
    assert {kind.name for kind in model().kinds.values() if kind.edge}.isdisjoint(never)


@pytest.mark.parametrize(
    "vocabulary",
    [
        "http://www.w3.org/ns/org#",
        "http://www.w3.org/ns/regorg#",
        "http://www.w3.org/ns/prov#",
        "http://www.w3.org/2004/02/skos/core#",
        "https://schema.org/",
        "http://www.w3.org/2003/01/geo/wgs84_pos#",
        "https://standards.openownership.org/terms#",
        "https://schema.followthemoney.tech/#",
    ],
)
def test_aligned_with(vocabulary: str) -> None:
    targets = [iri for kind in model().kinds.values() for iri in kind.aligned]
    targets += [iri for column in columns() for iri in column.aligned]
    assert any(iri.startswith(vocabulary) for iri in targets)


def test_nothing_is_imported(labor: Graph) -> None:
    assert not list(labor.objects(None, OWL.imports))


def test_statuses_are_the_closed_list() -> None:
    statuses = "stated filed found alleged denied settled dismissed inferred retracted"
    assert set(model().terms["status"]) == set(statuses.split())
    assert all(term.definition for term in model().terms["status"].values())


def test_every_table_has_a_schema_with_unique_columns() -> None:
    for kind in (*model().things, *model().relations):
        assert len(kind.columns) == len({column.name for column in kind.columns}), kind.name
        assert next(iter(schema(kind.name))) == next(iter(schema(kind.name, "graph"))) == "id"


def test_labels_fall_back_to_the_notation() -> None:
    assert model().label("shift-outcome", "carried_out", "es") == "realizado"
    assert model().label("shift-outcome", "no_such_term", "fr") == "no_such_term"
    assert model().terms["status"]["found"].iri == TERM + "status/found"


def test_reading_the_ontology_needs_no_polars() -> None:
    code = "import sys; from ontology import model; model().terms; print('polars' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "False"
