"""The store through rdflib: the same statements and answers, and nothing that changes it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
import rdflib
from rdflib import RDF, Dataset, Literal, URIRef

from graph import rdf
from graph.labor_graph import LaborGraph
from graph.rdf import DERIVED, ONTOLOGY, PREFIXES
from ontology import WrongUseError

SILAO = URIRef(PREFIXES["id"] + "plant:gm-silao")
UNIONS = "SELECT ?union ?name { ?union a :Union ; :country 'MX' ; :name ?name } ORDER BY ?union ?name"


@pytest.fixture(scope="module")
def dataset(demo_graph: LaborGraph) -> Dataset:
    return demo_graph.rdflib()


def test_every_statement_of_a_graph_is_as_rdflib_parses_it(dataset: Dataset, demo_graph: LaborGraph) -> None:
    store = ox.Store.read_only(str(rdf.store(demo_graph.folder)))
    for name in (DERIVED, PREFIXES["source"] + "curated@2026-11-22"):
        written = store.dump(format=ox.RdfFormat.N_TRIPLES, from_graph=ox.NamedNode(name))
        parsed = set(rdflib.Graph().parse(data=written, format="nt"))
        assert set(dataset.graph(name)) == parsed
        assert len(dataset.graph(name)) == len(parsed) > 1000


def test_what_was_read_is_found_again(dataset: Dataset) -> None:
    found = [triple for kind in ("Union", "Count") for triple in of_kind(dataset, kind)]
    types = {term.datatype for _, _, term in found if isinstance(term, Literal)}
    assert {None, rdflib.XSD.integer, rdflib.XSD.double, URIRef(PREFIXES["edtf"] + "EDTF-level0")} <= types
    assert all(triple in dataset.default_graph for triple in found)
    assert (SILAO, None, Literal("no such name")) not in dataset


def of_kind(dataset: Dataset, kind: str) -> list[Any]:
    subjects = sorted(dataset.subjects(RDF.type, URIRef(ONTOLOGY + kind)))[:200]
    return [triple for subject in subjects for triple in dataset.triples((subject, None, None))]


def test_the_default_graph_is_the_resolved_one(dataset: Dataset, demo_graph: LaborGraph) -> None:
    plants = set(dataset.subjects(RDF.type, URIRef(ONTOLOGY + "Plant")))
    assert len(plants) == demo_graph.table("Plant").height
    assert dataset.value(SILAO, URIRef(ONTOLOGY + "name")) == Literal("GM Silao Complex")


def test_lengths_are_what_iteration_gives(dataset: Dataset) -> None:
    graphs = list(dataset.graphs())
    assert {PREFIXES["source"] + "derived", str(dataset.default_graph.identifier)} <= {
        str(graph.identifier) for graph in graphs
    }
    assert len(dataset) == sum(len(graph) for graph in graphs)
    assert len(dataset.graph(DERIVED)) == sum(1 for _ in dataset.quads((None, None, None, URIRef(DERIVED))))
    assert len(dataset.graph(URIRef("https://example.org/none"))) == 0


def test_queries_answer_as_the_command_does(dataset: Dataset, demo_graph: LaborGraph) -> None:
    answer = demo_graph.sparql(UNIONS)
    rows = [(str(row.union), row.name) for row in dataset.query(UNIONS)]
    assert rows == [(union["value"], Literal(name["value"])) for union, name in answer.rows]
    assert len(rows) > 10
    bound = dataset.query(UNIONS, initBindings={"name": Literal("SINTTIA")})
    assert {row.name for row in bound} <= {Literal("SINTTIA")}
    assert dataset.query("ASK { id:plant:gm-silao a :Plant }").askAnswer
    made = dataset.query("CONSTRUCT { ?u schema:name ?n } WHERE { ?u a :Union ; :name ?n }").graph
    assert (None, URIRef(PREFIXES["schema"] + "name"), Literal("Unifor")) in made


def test_from_chooses_the_graph(dataset: Dataset) -> None:
    counted = dataset.query(f"SELECT (COUNT(*) AS ?n) FROM <{DERIVED}> {{ ?s ?p ?o }}")
    assert [row.n.value for row in counted] == [len(dataset.graph(DERIVED))]


def test_prefixes_of_sparql_are_bound(dataset: Dataset) -> None:
    bound = {prefix: str(space) for prefix, space in dataset.namespaces()}
    assert PREFIXES.items() <= bound.items()
    assert URIRef(ONTOLOGY + "Plant").n3(dataset.namespace_manager) == ":Plant"


ANY = URIRef("https://example.org/any")


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.add((ANY, ANY, ANY)),
        lambda d: d.default_graph.add((ANY, ANY, ANY)),
        lambda d: d.addN([(ANY, ANY, ANY, d.default_graph)]),
        lambda d: d.remove((None, None, None)),
        lambda d: d.remove_graph(URIRef(DERIVED)),
        lambda d: d.update("DELETE WHERE { ?s ?p ?o }"),
        lambda d: d.parse(data="<https://a.example/> a <https://b.example/> .", format="turtle"),
        lambda d: d.query("INSERT DATA { :a :b :c }"),
        lambda d: d.query("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"),
        lambda d: d.query("SELECT ?name { ?union :name ?name }", initBindings={"union": ANY}),
        lambda d: d.query("SELECT ?name { ?union :name"),
        lambda d: d.query(rdflib.plugins.sparql.prepareQuery("SELECT * { ?s ?p ?o }")),
    ],
)
def test_changes_and_other_servers_are_refused(change: Callable[[Dataset], Any], dataset: Dataset) -> None:
    before = len(dataset)
    with pytest.raises(WrongUseError):
        change(dataset)
    assert len(dataset) == before


def test_rdflib_and_networkx_are_read_when_they_are_used() -> None:
    code = "import sys, graph.cli, graph; print(sorted({'rdflib', 'oxrdflib', 'networkx'} & {*sys.modules}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_examples_of_the_page_run(
    demo_graph: LaborGraph, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/rdflib-and-networkx.md").read_text()
    monkeypatch.setattr(LaborGraph, "open", lambda: demo_graph)
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    for block in blocks:
        exec(block, found)
    assert len(blocks) == 3
    assert min(map(len, (found["unions"], found["plant"], found["around"], found["owners"]))) > 1
    assert {path.suffix for path in tmp_path.iterdir()} == {".gexf", ".graphml", ".gml", ".net"}
