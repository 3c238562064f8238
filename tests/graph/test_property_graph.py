"""Property graph: what the tables become, that nothing is lost on the way, and that RDF has its edges."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pyoxigraph as ox
import pytest
from polars.testing import assert_frame_equal

from graph import rdf
from graph.home import Home
from graph.labor_graph import LaborGraph
from graph.property_graph import (
    edge_schema,
    node_kinds,
    node_schema,
    project,
    reference,
    restore,
    vocabulary,
)
from ontology import model, schema
from ontology.model import ONTOLOGY

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def full_graph() -> Path:
    """The graph of all real files, where `TRINATIONAL_FULL` names its home."""
    if not (home := os.environ.get("TRINATIONAL_FULL")):
        pytest.skip("TRINATIONAL_FULL names no home of all real files")
    return Home(Path(home)).graph


def _table(path: Path, rows: list[dict[str, object]], columns: dict[str, pl.DataType]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema=columns).write_parquet(path)


def _there_and_back(graph: Path) -> None:
    nodes = {node.kind: node.frame.collect() for node in project(graph).nodes}
    shuffled = {kind: frame.sample(fraction=1, shuffle=True, seed=7) for kind, frame in nodes.items()}
    found = restore(shuffled)
    files = {p.relative_to(graph).with_suffix("").as_posix() for p in graph.glob("[A-Z]*.parquet")}
    files |= {f"said/{p.stem}" for p in graph.glob("said/*.parquet")}
    assert set(found) == files
    for name, frame in found.items():
        assert_frame_equal(frame, pl.read_parquet(graph / f"{name}.parquet"), check_exact=True)


def test_tables_come_back_value_for_value(demo_graph: LaborGraph) -> None:
    _there_and_back(demo_graph.folder)


def test_tables_of_all_real_files_come_back(full_graph: Path) -> None:
    _there_and_back(full_graph)


def test_hard_values_come_back(tmp_path: Path) -> None:
    """Lists that are empty, null or hold null, accents, partial dates, extreme numbers, one place."""
    evidence = {"source": "s@1", "locator": "row#2", "status": "stated"}
    said = [
        {"id": "plant:a", "record_id": "plant:b#3", "other_names": [], "name": 'Ñandú "x"\n\'', **evidence},
        {"id": "plant:a", "record_id": "plant:a", "other_names": None, "opened": "2019", **evidence},
        {"id": "plant:a", "record_id": "plant:a", "other_names": ["", None], "opened": "2019-05", **evidence},
        {"id": "plant:a", "record_id": "plant:c", "latitude": 5e-324, "longitude": -180.0, **evidence},
    ]
    columns = {"id": pl.String(), "record_id": pl.String(), **schema("Plant")}
    _table(tmp_path / "said/Plant.parquet", said, columns)
    things = [
        {"id": "plant:a", "opened": "2019", "opened_min": 24228, "opened_max": 24239, "sources": ["s@1"]}
    ]
    _table(tmp_path / "Plant.parquet", things, schema("Plant", "graph"))
    ids = ["x", "x#2", "x!", "y#5", "z#2", "z#2#2"]
    relations = [{"id": i, "of": "plant:a", "value": 2.0**53, "times": 2**62, **evidence} for i in ids]
    _table(tmp_path / "Count.parquet", relations, schema("Count", "graph"))
    _there_and_back(tmp_path)


def test_records_have_ids_of_their_own(demo_graph: LaborGraph) -> None:
    nodes = [node for node in project(demo_graph.folder).nodes if "Record" in node.labels]
    frames = [node.frame.select("id", "about", "source").collect() for node in nodes]
    records = pl.concat(frames)
    said = pl.concat([demo_graph.said(k.name).select("id", "source").collect() for k in model().things])
    assert records["id"].is_unique().all()
    key = ["id", "source"]
    assert_frame_equal(records.select(id="about", source="source").sort(key), said.sort(key))


def test_every_role_that_reaches_a_node_is_a_relationship(demo_graph: LaborGraph) -> None:
    found = project(demo_graph.folder)
    ids = {node.kind: node.frame.select("id").collect() for node in found.nodes}
    every = pl.concat(ids.values())
    for kind in (*model().things, *model().relations):
        for role in kind.roles if kind.name in ids else ():
            pairs = demo_graph.scan(kind.name).select(tail="id", head=role.name).collect()
            pairs = pairs.explode("head") if role.many else pairs
            wanted = pairs.drop_nulls().unique().join(every, left_on="head", right_on="id", how="semi")
            tables = [e.frame for e in found.relationships if e.type == role.name.upper()]
            links = pl.concat(tables).join(ids[kind.name].lazy(), left_on="tail", right_on="id", how="semi")
            assert_frame_equal(links.collect().sort("tail", "head"), wanted.sort("tail", "head"))


def test_derived_edges_are_those_of_rdf(demo_graph: LaborGraph) -> None:
    store = ox.Store.read_only(str(rdf.store(demo_graph.folder)))
    found = project(demo_graph.folder).relationships
    for kind in model().relations:
        if kind.edge:
            tables = [e.frame.select("tail", "head") for e in found if e.type == kind.edge.name]
            edges = set(pl.concat(tables).collect().rows())
            triples = store.quads_for_pattern(None, ox.NamedNode(kind.edge.iri), None, ox.DefaultGraph())
            assert edges == {(_id(quad.subject), _id(quad.object)) for quad in triples}
    owns = next(e for e in found if e.type == "OWNS" and e.frame.collect().height)
    assert owns.frame.collect()["derived"].all()


def _id(node: object) -> str:
    from graph.sparql import short

    assert isinstance(node, ox.NamedNode)
    return short(node.value)


def test_derived_edges_name_their_relation(demo_graph: LaborGraph) -> None:
    owned = demo_graph.table("Ownership").select("id", "owner", "owned", "since_min", "status", "source")
    edges = [e.frame.collect() for e in project(demo_graph.folder).relationships if e.type == "OWNS"]
    joined = pl.concat(edges).join(owned, left_on="relation", right_on="id", how="left", suffix="_said")
    assert joined.height
    for name, said in (("tail", "owner"), ("head", "owned"), ("status", "status_said")):
        assert_frame_equal(joined.select(name), joined.select(pl.col(said).alias(name)))


def test_names_do_not_clash() -> None:
    known = vocabulary()
    assert not set(known.labels) & set(known.types)
    assert all(
        kind in known.labels["Thing" if kind in {k.name for k in model().things} else "Relation"]
        for kind in node_kinds()
        if not kind.endswith("Record")
    )
    dtypes: dict[str, set[str]] = {}
    for columns in [*(node_schema(kind) for kind in node_kinds()), edge_schema()]:
        for name, dtype in columns.items():
            dtypes.setdefault(name, set()).add(str(dtype))
    assert not {name: types for name, types in dtypes.items() if len(types) > 1}


def test_page_is_up_to_date() -> None:
    page = ROOT / "docs/reference/property-graph.md"
    assert page.read_text(encoding="utf-8") == reference(), "run python -m graph.property_graph"


def test_edges_keep_the_iri_of_the_ontology() -> None:
    edge = model().kind("Affiliation").edge
    assert edge
    assert edge.iri == ONTOLOGY + "affiliatedWith"
