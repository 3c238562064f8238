"""The RDF store says what the tables say, whole and in the right graph, and loads as fast as Oxigraph can."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from hypothesis import given
from hypothesis import strategies as st
from rdf_tables import NASTY, write_tables

from graph import rdf
from graph.home import Home
from graph.rdf import DERIVED, PREFIXES, VOCABULARY, Property, View
from ontology import model
from ontology.model import FOLDER, ONTOLOGY, SOURCE

ALPHA, BETA = (ox.NamedNode(SOURCE + name) for name in ("alpha@2026", "beta@2026-08-08"))
DEFAULT = ox.DefaultGraph()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("rdf") / "graph")


@pytest.fixture(scope="module")
def store(folder: Path) -> ox.Store:
    rdf.write_store(folder, folder / "store")
    return ox.Store.read_only(str(folder / "store"))


def term(name: str) -> ox.NamedNode:
    return ox.NamedNode(ONTOLOGY + name)


def thing(name: str) -> ox.NamedNode:
    return ox.NamedNode(rdf.iri(name))


def objects(store: ox.Store, subject: ox.NamedNode, predicate: str, graph: object = DEFAULT) -> set[str]:
    found = store.quads_for_pattern(subject, term(predicate), None, graph)  # type: ignore[arg-type]
    return {quad.object.value for quad in found}  # type: ignore[union-attr]


def ask(store: ox.Store, pattern: str) -> bool:
    return bool(store.query(f"ASK {{ {pattern} }}", prefixes=PREFIXES))


def test_every_statement_is_loaded_once(folder: Path, store: ox.Store, tmp_path: Path) -> None:
    text = b"".join(rdf.nquads(folder))
    assert rdf.write_store(folder, tmp_path / "store") == text.count(b"\n") == len(store)
    strict = ox.Store()
    strict.bulk_load(text, format=ox.RdfFormat.N_QUADS)
    assert len(strict) == len(store)


def test_the_same_tables_give_the_same_text(folder: Path) -> None:
    assert b"".join(rdf.nquads(folder)) == b"".join(rdf.nquads(folder))


def test_a_thing_has_its_kinds_values_and_sources(store: ox.Store) -> None:
    norte = thing("plant:norte")
    assert objects(store, norte, "name") == {NASTY}
    assert objects(store, norte, "otherNames") == {"N", 'N "2"'}
    assert objects(store, norte, "openedMin") == objects(store, norte, "openedMax") == {str(2001 * 12 + 4)}
    assert objects(store, thing("plant:sur"), "closedMin") == {str(2019 * 12)}
    assert objects(store, thing("plant:sur"), "closedMax") == {str(2019 * 12 + 11)}
    assert not objects(store, norte, "closedMin")
    assert ask(store, f"{norte} a :Plant, :Thing ; prov:wasDerivedFrom {ALPHA}, {BETA} ; :latitude 25.5e0")
    assert ask(store, f"{norte} :opened '2001-05'^^edtf:EDTF-level0")
    assert ask(
        store, f"{thing('union:uno')} a :Union, :Organization, :Thing ; :level term:union-level\\/local"
    )


def test_a_relation_has_roles_values_and_evidence(store: ox.Store) -> None:
    relation = thing("alpha/Operation|plant:norte|corp:acme")
    assert ask(
        store,
        f"""{relation} a :Operation, :Relation, :Record ; :plant {thing("plant:norte")} ;
        :operator {thing("corp:acme")} ; :sharePct 50.5e0 ; :since '2010'^^edtf:EDTF-level0 ;
        :sinceMin 24120 ; :sinceMax 24131 ; :source 'alpha@2026' ; :locator 'a.csv#1' ;
        :status term:status\\/stated ; :url 'https://a.example/?q=1&r=ü' ; prov:wasDerivedFrom {ALPHA}""",
    )


def test_the_graph_of_a_release_holds_what_it_said(store: ox.Store) -> None:
    norte = thing("plant:norte")
    assert objects(store, norte, "name", ALPHA) == {NASTY}
    assert objects(store, norte, "name", BETA) == {"Norte"}
    assert not objects(store, norte, "latitude", ALPHA)
    operation = thing("beta/Operation|plant:norte|corp:acme")
    assert objects(store, operation, "status", BETA) == {PREFIXES["term"] + "status/filed"}
    assert not list(store.quads_for_pattern(operation, None, None, ALPHA))


def test_a_record_leads_from_a_thing_to_its_source(store: ox.Store) -> None:
    assert ask(
        store,
        f"""?record a :Record ; schema:about {thing("plant:norte")} ; prov:wasDerivedFrom {BETA} ;
        schema:identifier 'mx-retc-nra:ABC 1/ñ' ; :locator 'b.csv#7' ; :status term:status\\/filed""",
    )
    same = store.quads_for_pattern(None, ox.NamedNode(PREFIXES["owl"] + "sameAs"), None)
    assert (thing("mx-retc-nra:ABC 1/ñ"), thing("plant:norte")) in [(q.subject, q.object) for q in same]


def test_direct_edges_are_known_marked_and_apart(store: ox.Store) -> None:
    def edges(name: str, graph: object) -> set[tuple[str, str]]:
        found = store.quads_for_pattern(None, term(name), None, graph)  # type: ignore[arg-type]
        return {(q.subject.value, q.object.value) for q in found}  # type: ignore[union-attr]

    certified = {(rdf.iri("union:uno"), rdf.iri(plant)) for plant in ("plant:norte", "plant:oculta")}
    assert edges("represents", DEFAULT) == edges("represents", ox.NamedNode(DERIVED)) == certified
    assert edges("operates", DEFAULT) == {(rdf.iri("corp:acme"), rdf.iri("plant:norte"))}
    assert edges("owns", DEFAULT) == {(rdf.iri("corp:new"), rdf.iri("corp:acme"))}, "no edge has ended"
    ends = {(rdf.iri("plant:norte"), rdf.iri(end)) for end in ("corp:acme", "plant:sur")}
    assert edges("supplies", DEFAULT) == ends, "no edge starts at a company"
    assert not edges("funds", DEFAULT), "a relation without its head is no edge"
    assert not edges("represents", ALPHA), "no source said an edge"
    assert ask(
        store, ":represents :derived true ; prov:wasDerivedFrom :Representation ; :tail :union ; :head :plant"
    )
    derived = {q.predicate.value for q in store.quads_for_pattern(None, None, None, ox.NamedNode(DERIVED))}
    assert {ONTOLOGY + "represents", ONTOLOGY + "operates", ONTOLOGY + "makes"} <= derived


def test_an_edge_name_is_no_property_of_a_table() -> None:
    columns = {c.iri for kind in model().kinds.values() for c in (*kind.columns, *model().evidence)}
    edges = [kind.edge.iri for kind in model().relations if kind.edge]
    assert len(edges) == len(set(edges))
    assert not columns & set(edges)


def test_labels_of_kinds_terms_and_properties_are_in_the_vocabulary(store: ox.Store) -> None:
    for pattern in (
        ":Plant rdfs:label 'planta'@es ; rdfs:subClassOf :Thing",
        "term:status\\/alleged skos:prefLabel ?label ; skos:notation 'alleged'",
        ":jobsLost rdfs:label 'jobs lost'@en",
    ):
        assert ask(store, f"GRAPH <{VOCABULARY}> {{ {pattern} }}"), pattern
        assert not ask(store, pattern)


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])),
)
def test_any_text_and_id_survives(text: str, name: str) -> None:
    frame = pl.LazyFrame({"id": [name], "text": [text], "texts": [[text, text + "x"]], "end": [name]})
    properties = (
        Property("http://e/text", "text"),
        Property("http://e/texts", "texts", many=True),
        Property("http://e/end", "end", "iri", "id/"),
    )
    view = View(frame.with_columns(_subject=rdf.encoded("id")), "id/", (), properties)
    written = b"".join(rdf.lines(view))
    found = {(q.predicate.value, q.object) for q in ox.parse(written, format=ox.RdfFormat.N_QUADS)}
    subject = ox.NamedNode(PREFIXES["id"] + quote(name, safe=":"))
    assert {q.subject for q in ox.parse(written, format=ox.RdfFormat.N_QUADS)} == {subject}
    assert found == {
        ("http://e/text", ox.Literal(text)),
        ("http://e/texts", ox.Literal(text)),
        ("http://e/texts", ox.Literal(text + "x")),
        ("http://e/end", subject),
    }


def test_a_failing_table_leaves_an_empty_store(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "graph"
    broken.mkdir()
    for path in folder.glob("*.parquet"):
        (broken / path.name).write_bytes(path.read_bytes())
    (broken / "Tie.parquet").write_bytes((folder / "Tie.parquet").read_bytes()[:200])
    with pytest.raises(pl.exceptions.PolarsError):
        rdf.write_store(broken, broken / "store")
    assert len(ox.Store.read_only(str(broken / "store"))) == 0


def test_text_and_load_together_take_little_longer_than_the_load(tmp_path: Path) -> None:
    rows = 6_000
    folder = write_tables(tmp_path / "graph")
    plants = pl.read_parquet(folder / "Plant.parquet").filter(pl.col("id") == "plant:norte")
    many = pl.concat([plants] * rows).with_columns(id=pl.format("plant:{}", pl.int_range(rows)))
    many.write_parquet(folder / "Plant.parquet")
    ratios = []
    for attempt in range(2):
        started = time.perf_counter()
        (tmp_path / "graph.nq").write_bytes(b"".join(rdf.nquads(folder)))
        ox.Store(str(tmp_path / f"a{attempt}")).bulk_load(path=str(tmp_path / "graph.nq"))
        middle = time.perf_counter()
        rdf.write_store(folder, tmp_path / f"b{attempt}")
        ratios.append((time.perf_counter() - middle) / (middle - started))
    assert min(ratios) < 1.3


def test_a_sample_of_the_built_in_dataset_conforms_to_the_ontology(demo_home: Home) -> None:
    """Some rows of every kind, with the kinds of what they refer to."""
    read = rdf.tables(demo_home.graph)
    kinds = [kind for kind in (*model().things, *model().relations) if read(kind.name) is not None]
    frames = {kind.name: read(kind.name).collect() for kind in kinds}  # type: ignore[union-attr]
    sample = {name: rows.sample(n=min(12, rows.height), seed=1) for name, rows in frames.items()}
    data, focus = rdflib.Graph(), set()
    for view in rdf.resolved_views(lambda name: sample[name].lazy() if name in sample else None):
        part = rdflib.Graph().parse(data=b"".join(rdf.lines(view)).decode(), format="nt")
        focus |= {
            node for node in part.subjects() if node.startswith(PREFIXES["id"]) or view.space == "source/"
        }
        data += part
    for kind in kinds:
        types = replace(rdf.kind_view(kind, frames[kind.name].lazy()), properties=())
        data.parse(data=b"".join(rdf.lines(types)).decode(), format="nt")
    data.parse(FOLDER / "terms.ttl")
    shapes = rdflib.Graph().parse(FOLDER / "labor.ttl").parse(FOLDER / "terms.ttl")
    conforms, _, text = pyshacl.validate(data, shacl_graph=shapes, focus_nodes=sorted(focus))
    assert conforms, text
    assert len(kinds) > 20
    assert len(focus) > 200
    broken = next(iter(data.subjects(rdflib.RDF.type, rdflib.URIRef(ONTOLOGY + "Making"))))
    data.remove((broken, rdflib.URIRef(ONTOLOGY + "product"), None))
    assert not pyshacl.validate(data, shacl_graph=shapes, focus_nodes=[broken])[0]
