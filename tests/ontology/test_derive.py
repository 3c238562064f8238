"""Derived files are up to date, repeatable and say what they should."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from rdflib import RDF, Graph, Literal, URIRef

from ontology import derive, model, schema
from ontology.model import ID, ONTOLOGY, TERM

EDTF = URIRef("http://id.loc.gov/datatypes/edtf/EDTF-level0")


def test_derived_files_are_not_stale() -> None:
    stale = [path.name for path, text in derive.derived().items() if path.read_text("utf-8") != text]
    assert stale == [], "run python -m ontology.derive"


def test_the_check_names_a_stale_file_and_exits_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "derived" / "context.jsonld"
    monkeypatch.setattr(derive, "ROOT", tmp_path)
    monkeypatch.setattr(derive, "derived", lambda: {old: "new\n"})
    monkeypatch.setattr(sys, "argv", ["derive", "--check"])
    assert derive.main() == 1
    assert "stale: derived/context.jsonld" in capsys.readouterr().out
    assert not old.exists()
    monkeypatch.setattr(sys, "argv", ["derive"])
    assert derive.main() == 0
    assert old.read_text("utf-8") == "new\n"
    monkeypatch.setattr(sys, "argv", ["derive", "--check"])
    assert derive.main() == 0


def test_the_context_reads_ids_terms_dates_and_lists() -> None:
    document = json.loads(derive.context()) | {
        "id": "tri:plant:north",
        "type": "Plant",
        "name": "North Plant",
        "opened": "1978-05",
        "openedMin": 23740,
        "latitude": 43.5,
        "otherNames": ["One", "Two"],
        "coordinatePrecision": "term:coordinate-precision/city",
    }
    found = Graph().parse(data=json.dumps(document), format="json-ld")
    plant = URIRef(ID + "plant:north")
    said = {(str(p).removeprefix(ONTOLOGY), o) for _, p, o in found.triples((plant, None, None))}
    assert said == {
        (str(RDF.type), URIRef(ONTOLOGY + "Plant")),
        ("name", Literal("North Plant")),
        ("opened", Literal("1978-05", datatype=EDTF)),
        ("openedMin", Literal(23740)),
        ("latitude", Literal(43.5)),
        ("otherNames", Literal("One")),
        ("otherNames", Literal("Two")),
        ("coordinatePrecision", URIRef(TERM + "coordinate-precision/city")),
    }


def test_the_context_knows_every_kind_property_and_edge() -> None:
    terms = json.loads(derive.context())["@context"]
    for kind in model().kinds.values():
        assert terms[kind.name] == kind.iri
        for column in (*kind.columns, *model().evidence):
            assert terms[column.term]["@id"] == column.iri
        if kind.edge:
            assert terms[kind.edge.iri.removeprefix(ONTOLOGY)]["@type"] == "@id"


def test_table_schemas_are_those_of_the_tables() -> None:
    found = json.loads(derive.tables())
    for kind in (*model().things, *model().relations):
        for table in ("records", "graph"):
            listed = {field["name"]: field["polars"] for field in found[kind.name][table]}
            assert listed == {name: str(dtype) for name, dtype in schema(kind.name, table).items()}
    assert {"name": "id", "polars": "String", "arrow": "utf8", "required": True} in found["Plant"]["graph"]


def test_every_label_has_one_uniqueness_constraint() -> None:
    lines = derive.constraints().splitlines()
    unique = [line for line in lines if line.endswith("REQUIRE n.id IS UNIQUE;")]
    assert len(unique) == len({line.split()[2] for line in unique})
    assert len(unique) == len((*model().things, *model().relations))
    enterprise = ("IS NOT NULL", "NODE KEY", "IS ::", "IS TYPED")
    assert not [line for line in lines if any(word in line for word in enterprise)]


def test_the_reference_page_names_every_kind_column_term_and_authority() -> None:
    page = derive.reference()
    for kind in model().kinds.values():
        assert f"\n### {kind.name}\n" in page
        assert all(f"| `{column.name}` |" in page for column in kind.columns)
    for scheme, terms in model().terms.items():
        assert f"\n### {scheme}\n" in page
        assert all(f"| `{term.notation}` | {term.labels['en']} |" in page for term in terms.values())
    assert all(f"| `{name}` |" in page for name in model().authorities)
