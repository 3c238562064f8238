"""Exports in three notations say the same, always in the same bytes, and nothing that is restricted."""

from __future__ import annotations

import json
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
import rdflib.compare
from rdf_tables import write_tables

from graph import rdf
from graph.export.rdf import FORMATS, write
from graph.home import Home
from ontology import TrinationalError, WrongUseError
from ontology.model import ONTOLOGY, SOURCE

OXIGRAPH = {"ttl": ox.RdfFormat.TURTLE, "nq": ox.RdfFormat.N_QUADS, "jsonld": ox.RdfFormat.JSON_LD}
RDFLIB = {"ttl": "turtle", "nq": "nquads", "jsonld": "json-ld"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("export") / "graph")


def written(folder: Path, tmp_path: Path, form: str, *ids: str, restricted: bool = False) -> bytes:
    path = tmp_path / f"out.{form}"
    write(folder, path, form, ids, restricted=restricted)
    return path.read_bytes()


def statements(text: bytes, form: str) -> set[tuple[object, ...]]:
    """Statements of the default graph, numbers by value."""
    found = set()
    for quad in ox.parse(text, format=OXIGRAPH[form]):
        if quad.graph_name == ox.DefaultGraph():
            end = quad.object
            number = isinstance(end, ox.Literal) and end.datatype.value.endswith("#double")
            found.add((quad.subject, quad.predicate, float(end.value) if number else end))  # type: ignore[union-attr]
    return found


@pytest.mark.parametrize("ids", [(), ("plant:norte",), ("union:uno", "corp:acme")])
def test_three_notations_say_the_same(folder: Path, tmp_path: Path, ids: tuple[str, ...]) -> None:
    said = {form: statements(written(folder, tmp_path, form, *ids), form) for form in FORMATS}
    assert said["ttl"] == said["nq"] == said["jsonld"]
    assert len(said["ttl"]) > 40


@pytest.mark.parametrize("form", FORMATS)
def test_rdflib_reads_what_oxigraph_reads(folder: Path, tmp_path: Path, form: str) -> None:
    text = written(folder, tmp_path, form)
    dataset = rdflib.Dataset()
    dataset.parse(data=text, format=RDFLIB[form])
    ours = rdflib.Graph()
    for triple in dataset.default_graph:
        ours.add(triple)
    other = rdflib.Graph()
    for quad in ox.parse(text, format=OXIGRAPH[form]):
        if quad.graph_name == ox.DefaultGraph():
            other.parse(data=f"{quad.subject} {quad.predicate} {quad.object} .", format="nt")
    both, left, right = rdflib.compare.graph_diff(ours, other)
    numbers = {str(float(o)) for _, _, o in left if isinstance(o, rdflib.Literal)}
    assert numbers == {str(float(o)) for _, _, o in right if isinstance(o, rdflib.Literal)}
    assert len(both) > 100


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_graph_gives_the_same_bytes(folder: Path, tmp_path: Path, form: str) -> None:
    for ids in ((), ("plant:norte", "union:uno")):
        first = written(folder, tmp_path, form, *ids)
        assert written(folder, tmp_path, form, *reversed(ids)) == first


def test_nquads_of_the_whole_graph_are_what_the_store_holds(folder: Path, tmp_path: Path) -> None:
    assert written(folder, tmp_path, "nq", restricted=True) == b"".join(rdf.nquads(folder))


def test_an_entity_brings_its_relations_their_evidence_and_names(folder: Path, tmp_path: Path) -> None:
    store = ox.Store()
    store.bulk_load(written(folder, tmp_path, "nq", "union:uno"), format=ox.RdfFormat.N_QUADS)

    def ask(pattern: str) -> bool:
        return bool(store.query(f"ASK {{ {pattern} }}", prefixes=rdf.PREFIXES))

    uno, dos = (f"<{rdf.iri(name)}>" for name in ("union:uno", "union:dos"))
    norte, tie = f"<{rdf.iri('plant:norte')}>", f"<{rdf.iri('alpha/Tie|t1')}>"
    assert ask(f"{uno} :founded ?date . ?record schema:about {uno} ; :locator 'a.csv#1'")
    assert ask(f"?r a :Representation ; :union {uno} ; :plant {norte} ; :url ?u . {uno} :represents {norte}")
    assert ask(
        f"{tie} :description 'both' . ?p :within {tie} ; :party {uno} . ?q :within {tie} ; :party {dos}"
    )
    assert ask(f"{dos} a :Union ; :name 'Dos' ; :country 'CA'")
    assert not ask(f"{dos} prov:wasDerivedFrom ?source"), "a neighbour is only named"
    assert not ask(f"?r :union {dos}"), "relations between others are left out"
    assert ask("source:alpha\\@2026 :licence 'CC0'".replace("source:alpha\\@2026", f"<{SOURCE}alpha@2026>"))
    assert ask(f"GRAPH <{SOURCE}alpha@2026> {{ {uno} :name 'Uno' }}")


def test_a_relation_can_be_asked_for(folder: Path, tmp_path: Path) -> None:
    name = "alpha/Operation|plant:norte|corp:acme"
    text = written(folder, tmp_path, "ttl", name).decode()
    assert "alpha%2FOperation" in text
    assert "beta%2FOperation" not in text
    assert '"Acme"' in text


def test_restricted_statements_are_left_out_unless_asked_for(folder: Path, tmp_path: Path) -> None:
    for form in FORMATS:
        public = written(folder, tmp_path, form).decode()
        for secret in ("Villa Zeta", "Oculta", "Sur 2", "plant:oculta", "secret-9"):
            assert secret not in public
        assert "Sur" in public
        whole = written(folder, tmp_path, form, restricted=True).decode()
        assert all(
            secret in whole for secret in ("Villa Zeta", "Oculta", "Sur 2", "plant:oculta", "secret-9")
        )
    with pytest.raises(WrongUseError, match="plant:oculta"):
        written(folder, tmp_path, "ttl", "plant:oculta")


def test_json_ld_is_compact_and_needs_no_network(folder: Path, tmp_path: Path) -> None:
    read = json.loads(written(folder, tmp_path, "jsonld"))
    assert isinstance(read["@context"], dict)
    norte = next(node for node in read["@graph"] if node.get("id") == "tri:plant:norte" and "type" in node)
    assert norte["type"] == ["Plant", "Thing"]
    assert norte["opened"] == "2001-05"
    assert norte["openedMin"] == 2001 * 12 + 4
    assert norte["otherNames"] == ["N", 'N "2"']
    union = next(node for node in read["@graph"] if node.get("level"))
    assert union["level"] == "term:union-level/local"


def test_edges_say_that_they_are_derived(folder: Path, tmp_path: Path) -> None:
    text = written(folder, tmp_path, "ttl", "union:uno").decode()
    assert "<ontology#represents> :derived true" in text
    assert "<ontology#owns>" not in text, "only edges that the file can hold"
    assert (ONTOLOGY + "represents") in {
        quad.predicate.value for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)
    }


def test_wrong_use_names_what_is_wrong(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match="no such format: 'xml'"):
        write(folder, tmp_path / "x.xml", "xml")
    with pytest.raises(WrongUseError, match="plant:nowhere"):
        write(folder, tmp_path / "x.ttl", "ttl", ["plant:nowhere"])
    (tmp_path / "file").touch()
    with pytest.raises(TrinationalError, match="cannot write"):
        write(folder, tmp_path / "file" / "x.ttl", "ttl")


def test_the_built_in_dataset_is_exported_whole(demo_home: Home, tmp_path: Path) -> None:
    said = {}
    for form in FORMATS:
        text = written(demo_home.graph, tmp_path, form)
        assert text == written(demo_home.graph, tmp_path, form)
        said[form] = statements(text, form)
    assert said["ttl"] == said["nq"] == said["jsonld"]


def test_a_failing_export_leaves_the_earlier_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(folder, tmp_path, "ttl")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(TrinationalError, match="No space left"):
        write(folder, tmp_path / "out.ttl", "ttl", ["union:uno"])
    assert [path.name for path in tmp_path.iterdir()] == ["out.ttl"]
    assert (tmp_path / "out.ttl").read_bytes() == first
