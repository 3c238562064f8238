"""Each kind has an example that conforms and one that fails for the named reason alone."""

from __future__ import annotations

from pathlib import Path

import pyshacl
from rdflib import RDF, SH, Graph
from rdflib.term import Node

from ontology import model
from ontology.model import ONTOLOGY

FOLDER = Path(__file__).parents[2] / "ontology"
EXAMPLES = FOLDER / "examples"
KINDS = {kind.iri for kind in (*model().things, *model().relations)} | {ONTOLOGY + "Record"}


def read(*names: str) -> Graph:
    graph = Graph()
    for name in names:
        graph.parse(FOLDER / name)
    return graph


def validate(data: Graph) -> Graph:
    shapes = read("labor.ttl", "terms.ttl")
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, ont_graph=shapes)
    assert isinstance(report, Graph)
    return report


def results(graph: Graph) -> list[tuple[Node | None, ...]]:
    """Focus node, constraint component and path of every result, sorted."""
    parts = (SH.focusNode, SH.sourceConstraintComponent, SH.resultPath)
    outer = set(graph.subjects(RDF.type, SH.ValidationResult)) - set(graph.objects(None, SH.detail))
    return sorted(tuple(graph.value(result, part) for part in parts) for result in outer)


def kinds(graph: Graph) -> set[str]:
    return {str(kind) for kind in graph.objects(None, RDF.type) if str(kind).startswith(ONTOLOGY)}


def test_the_story_with_every_kind_conforms() -> None:
    assert kinds(read("examples/conforms.ttl")) == KINDS
    assert results(validate(read("terms.ttl", "examples/conforms.ttl"))) == []


def test_every_kind_fails_for_the_named_reason_alone() -> None:
    expected = read("examples/fails.ttl")
    assert kinds(expected) == KINDS
    data = read("terms.ttl", "examples/conforms.ttl")
    for result in set(expected.subjects(RDF.type, SH.ValidationResult)):
        focus = expected.value(result, SH.focusNode)
        for triple in expected.triples((focus, None, None)):
            data.add(triple)
    assert results(validate(data)) == results(expected)
    assert len(results(expected)) == len(KINDS)
