"""Named questions: every engine gives the same rows, the right ones, and nothing for what nobody knows."""

from __future__ import annotations

import inspect
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from neo4j_server import Server
from polars.testing import assert_frame_equal
from question_tables import GONE, ORACLES, Oracle, projected
from typer.testing import CliRunner

from benchmarks.measure import synthetic_graph
from benchmarks.questions import PICKS, picked
from graph.analysis.control import control_table
from graph.analysis.families import families, month_span
from graph.bolt import Connection
from graph.cli import app
from graph.console import OUT
from graph.engine import cut
from graph.home import Home
from graph.labor_graph import LaborGraph
from graph.neo4j import push
from graph.questions import Question, ask, prepared, questions, read
from graph.questions.__main__ import PAGE, page
from ontology import TrinationalError, WrongUseError

ALL = list(questions().values())
IDS = [asked.id for asked in ALL]
LOCAL = ("sparql", "cypher", "tables")


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> LaborGraph:
    """A graph of 10,000 generated plants."""
    return LaborGraph(synthetic_graph(tmp_path_factory.mktemp("generated"), 10_000))


def engines(asked: Question) -> list[str]:
    return [engine for engine in asked.engines if engine in LOCAL]


def on_all(asked: Question, graph: LaborGraph, **parameters: Any) -> pl.DataFrame:
    """The answer, after comparing it on every engine that needs no server."""
    found = {engine: ask(asked.id, graph, engine, **parameters) for engine in engines(asked)}
    first = next(iter(found.values()))
    assert dict(first.schema) == asked.schema
    for answer in found.values():
        assert_frame_equal(answer, first, check_exact=True)
    return first


# Equal rows.


@pytest.mark.parametrize("asked", ALL, ids=IDS)
def test_example_gives_equal_rows_on_the_built_in_dataset(asked: Question, demo_graph: LaborGraph) -> None:
    found = on_all(asked, demo_graph, **asked.example)
    assert found.height
    assert found.is_unique().all() or asked.id in found.columns
    assert demo_graph.ask(asked.id, **asked.example).equals(found) or "sparql" not in asked.engines


@pytest.mark.parametrize("asked", ALL, ids=IDS)
def test_equal_rows_at_ten_thousand_plants(asked: Question, generated: LaborGraph) -> None:
    parameters, _ = picked(asked, generated)
    assert on_all(asked, generated, **parameters).height


@pytest.mark.parametrize("asked", ALL, ids=IDS)
def test_equal_rows_on_all_real_files(asked: Question, real_graph: LaborGraph) -> None:
    assert on_all(asked, real_graph, **asked.example).height
    for parameters in PICKS.get(asked.id, lambda graph: [])(real_graph)[:3]:
        on_all(asked, real_graph, **parameters)


def test_a_condition_on_a_relationship_loses_no_rows(real_graph: LaborGraph) -> None:
    """One question asked in one part, where the engine alone gives fewer rows, and in two."""
    above = "MATCH (:Union {id: 'union:uaw'})-[:REPRESENTS]->(p:Plant)<-[h:CONTROLS]-(e:Organization) "
    further = "MATCH (e)-[l:CONTROLS]->(q:Plant) "
    asked = (
        above + "WHERE h.steps = 1 " + further,
        above + further + "WHERE h.steps = 1 ",
        above + "WHERE h.steps = 1 WITH p, h, e " + further,
    )
    counts = {real_graph.cypher(text + "RETURN count(*) AS n")["n"][0] for text in asked}
    assert len(counts) == 1
    assert counts.pop() > 1000


@pytest.mark.parametrize("which", ["demo_graph", "generated"])
def test_equal_rows_on_a_neo4j_server(
    which: str, neo4j: Server, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    graph = request.getfixturevalue(which)
    where = Connection(neo4j.uri, neo4j.username, neo4j.password, neo4j.database)
    neo4j.empty()
    push(without_unread(graph.folder, tmp_path), where)
    for asked in [asked for asked in ALL if "neo4j" in asked.engines]:
        given = asked.example if which == "demo_graph" else picked(asked, graph)[0]
        there = ask(asked.id, graph, "neo4j", connection=where, **given)
        assert_frame_equal(there, ask(asked.id, graph, engines(asked)[0], **given), check_exact=True)
        assert there.height
        for parameter in asked.parameters:
            if parameter.type in ("id", "ids"):
                nothing = {**given, parameter.name: NOTHING[parameter.type]}
                assert ask(asked.id, graph, "neo4j", connection=where, **nothing).height == 0


def without_unread(graph: Path, folder: Path) -> Path:
    """The graph without tables that no question reads, which take a server most of the time."""
    (folder / "said").mkdir()
    for path in [*graph.glob("*.parquet"), graph / "said/Case.parquet", graph / "graph.json"]:
        if path.stem not in ("Count", "PlantStatus", "Making", "Description", "ShiftClaim"):
            (folder / path.relative_to(graph)).symlink_to(path)
    return folder


@pytest.mark.parametrize("asked", [a for a in ALL if a.id in ORACLES], ids=lambda a: a.id)
@pytest.mark.parametrize("which", ["demo_graph", "generated"])
def test_rows_are_what_the_tables_say(asked: Question, which: str, request: pytest.FixtureRequest) -> None:
    graph = request.getfixturevalue(which)
    parameters = dict(asked.example) if which == "demo_graph" else picked(asked, graph)[0]
    for at in [None, "2015", "2021-06"] if any(p.name == "at" for p in asked.parameters) else [None]:
        given = parameters | ({"at": at} if at else {})
        values = dict(prepared(asked.id, graph, given).values)
        compute, columns = ORACLES[asked.id]
        known = inspect.signature(compute).parameters
        arguments = {name: value for name, value in values.items() if name in known}
        if "at" in values:
            arguments["at"] = month_span(values["at"])
        assert projected(ask(asked.id, graph, **given), columns) == compute(oracle(graph), **arguments)


@cache
def oracle(graph: LaborGraph) -> Oracle:
    return Oracle(graph)


@pytest.mark.parametrize("which", ["demo_graph", "generated"])
def test_families_in_the_projections_are_those_of_the_analyses(
    which: str, request: pytest.FixtureRequest
) -> None:
    tables = request.getfixturevalue(which).tables
    rows = control_table(tables)
    assert rows.select("head", "member", "since_min", "until_max", "steps", "ultimate").is_unique().all()
    tenures = cut(families(tables).tenures)
    makers = cut(tables["Operation"]).filter(operator_role="contract_manufacturer")["plant"]
    tenures = tenures.filter(~pl.col("plant").is_in(makers.implode()))
    for month in (23_900, 24_180, 24_260, 24_318):
        held = rows.filter(
            pl.col("ultimate"),
            pl.col("since_min").fill_null(month) <= month,
            pl.col("until_max").fill_null(month) >= month,
        ).filter(pl.col("member").is_in(tenures["plant"].implode()))
        at = tenures.filter(pl.col("lo") <= month, pl.col("hi") >= month)
        assert set(held.select("member", "head").rows()) == set(at.select("plant", "parent").rows())


@pytest.mark.parametrize("asked", ALL, ids=IDS)
def test_no_tie_rests_on_what_was_denied(asked: Question, demo_graph: LaborGraph) -> None:
    ids = ask(asked.id, demo_graph, engines(asked)[0], **asked.example)["evidence"].explode(
        empty_as_null=False
    )
    ties = demo_graph.evidence(ids.unique()).filter(
        pl.col("kind").is_in(["Ownership", "Operation", "Representation", "Supply", "Coverage"])
    )
    assert not ties["status"].is_in(GONE).any()


@pytest.mark.parametrize("asked", ALL, ids=IDS)
def test_every_row_leads_to_its_evidence(asked: Question, demo_graph: LaborGraph) -> None:
    found = ask(asked.id, demo_graph, engines(asked)[0], **asked.example)
    ids = found["evidence"].explode(empty_as_null=False)
    assert (found["evidence"].list.len() > 0).all()
    assert set(ids) <= set(demo_graph.evidence(ids.unique())["id"])


# Parameters.


def cases(*types: str) -> list[Any]:
    return [
        pytest.param(asked, parameter, id=f"{asked.id}-{parameter.name}")
        for asked in ALL
        for parameter in asked.parameters
        if parameter.type in types and parameter.name not in ("tiers", "days")
    ]


NOTHING = {
    "id": "plant:of-nobody",
    "ids": ["union:of-nobody", 'union:x" ) } UNION { ?s ?p ?o'],
    "text": "zz' OR 1=1 // \" } \\",
    "country": "ZZ",
    "integer": 10**9,
    "decimal": 1e9,
}


@pytest.mark.parametrize(("asked", "parameter"), cases(*NOTHING))
def test_a_parameter_that_matches_nothing_gives_no_rows(
    asked: Question, parameter: Any, demo_graph: LaborGraph
) -> None:
    given = {**asked.example, parameter.name: NOTHING[parameter.type]}
    assert on_all(asked, demo_graph, **given).height == 0


@pytest.mark.parametrize(("asked", "parameter"), cases("id", "text"))
def test_hostile_text_is_a_value(asked: Question, parameter: Any, demo_graph: LaborGraph) -> None:
    start = "plant:" if parameter.type == "id" else ""
    for text in (
        "x> } UNION { ?a ?b ?c",
        "' RETURN 1 //",
        '"@en } #',
        "\\u0022\n;",
        "$plant {{0}}",
        "?plant %27",
    ):
        given = {**asked.example, parameter.name: start + text}
        assert on_all(asked, demo_graph, **given).height == 0


def test_a_term_or_date_that_matches_nothing_gives_no_rows(demo_graph: LaborGraph) -> None:
    for given in ({"case_type": "naalc"}, {"since": "2090"}, {"until": "1990-01"}):
        assert on_all(questions()["CQ25"], demo_graph, minimum=1, **given).height == 0


def test_names_stand_for_ids(demo_graph: LaborGraph) -> None:
    by_id = ask("CQ16", demo_graph, corporation="corp:general-motors")
    assert ask("CQ16", demo_graph, corporation="General Motors").equals(by_id)
    assert ask("CQ10", demo_graph, unions="Unifor").equals(ask("CQ10", demo_graph, unions=["union:unifor"]))


def test_dates_choose_what_holds(demo_graph: LaborGraph) -> None:
    now, then = (ask("CQ28", demo_graph, plant="plant:nexteer-saginaw", at=at) for at in ("2024", "1999-06"))
    tops = [set(rows.filter(pl.col("part") == "chain", "ultimate")["company"]) for rows in (now, then)]
    assert tops[1] == {"corp:general-motors"}
    assert not tops[0] & tops[1]


@pytest.mark.parametrize(
    ("name", "on", "parameters", "message", "hint"),
    [
        ("CQ166", "sparql", {}, "no such question: 'CQ166'", "did you mean 'CQ16'?"),
        (
            "CQ16",
            "sprql",
            {"corporation": "corp:x"},
            "CQ16 is not asked on 'sprql'",
            "did you mean 'sparql'?",
        ),
        (
            "CQ16",
            "sparql",
            {"corporatoin": "corp:x"},
            "no parameter 'corporatoin'",
            "did you mean 'corporation'?",
        ),
        ("CQ16", "sparql", {}, "CQ16 needs corporation", ""),
        (
            "CQ16",
            "sparql",
            {"corporation": "Generel Motors"},
            "no Organization has the name",
            "corp:general-motors",
        ),
        ("CQ16", "sparql", {"corporation": "corp:x", "country": "MEX"}, "no country: 'MEX'", "CA, US or MX"),
        ("CQ16", "sparql", {"corporation": "corp:x", "at": "2021-13"}, "no date: '2021-13'", "YYYY"),
        ("CQ11", "sparql", {"plant": "plant:x", "tiers": "two"}, "no integer number: 'two'", ""),
        ("CQ25", "sparql", {"case_type": "rmr"}, "no such term: 'rmr'", "did you mean 'rrm'?"),
    ],
)
def test_wrong_use_names_the_nearest(
    name: str, on: str, parameters: dict[str, Any], message: str, hint: str, demo_graph: LaborGraph
) -> None:
    with pytest.raises(WrongUseError, match=re.escape(message)) as caught:
        ask(name, demo_graph, on, **parameters)
    assert hint in caught.value.hint


# Files.


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("+++", "---", "must begin with a header"),
        ('en = "', 'de = "', "title: needs en, es, fr"),
        ('type = "id"\nkind', 'type = "idd"\nkind', "type 'idd' is none of"),
        ('kind = "Plant"', 'kind = "Plnat"', "did you mean 'Plant'"),
        ("required = true", "requird = true", "did you mean 'required'"),
        ("tiers = 2 }", "teirs = 2 }", "did you mean 'tiers'"),
        ('name = "direction"', 'name = "tier"', "columns: twice tier"),
        ('name = "direction"', 'name = "plant"', "plant is a parameter, too"),
        ("default = 2", "", "a number is required or has a default"),
        ('"-direction"', '"-directon"', "did you mean 'direction'"),
        ("## What it cannot tell", "## More", "it needs a section"),
        ("example = {", "example = ", "at line"),
    ],
)
def test_a_wrong_file_is_named_with_its_fault(old: str, new: str, message: str, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "graph/questions/CQ11.md").read_text()
    assert old in text
    path = tmp_path / "CQ99.md"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(TrinationalError, match=re.escape(message)) as caught:
        read(path)
    assert str(caught.value).startswith("CQ99.md: ")


def test_reference_page_is_fresh() -> None:
    assert PAGE.read_text() == page()


# Command line.


def run(home: Home, *arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments], env={"TRINATIONAL_HOME": str(home.path), "COLUMNS": "200"})


def test_questions_are_listed(demo_home: Home) -> None:
    rows = json.loads(run(demo_home, "questions", "--format", "json").stdout)
    assert [row["id"] for row in rows] == IDS
    for row in rows:
        assert list(row) == ["id", "title", "parameters", "engines", "columns"]
        assert set(row["title"]) == {"en", "es", "fr"}
        assert {"name", "type", "required"} <= set(row["parameters"][0])
        assert row["columns"][-1]["name"] == "evidence"


@pytest.mark.parametrize("asked", ALL, ids=IDS)
def test_command_gives_the_declared_columns(asked: Question, demo_home: Home) -> None:
    result = run(demo_home, "ask", asked.id, "--example", "--format", "json", "--on", engines(asked)[-1])
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert rows
    assert list(rows[0]) == list(asked.schema)
    helped = " ".join(run(demo_home, "ask", asked.id, "--help").stdout.split())
    assert f"Example: trinational ask {asked.id}" in helped
    assert all(f"--{p.name.replace('_', '-')}" in helped for p in asked.parameters)
    assert " ".join(asked.cannot_tell.split())[:60] in helped


def test_table_has_sources_and_what_was_searched(demo_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OUT, "width", 200)
    out = run(
        demo_home, "ask", "CQ16", "--corporation", "General Motors", "--country", "mx", "--at", "2023"
    ).stdout
    assert "GM Silao" in out
    assert "[1]" in out
    assert "http" in out
    assert "as of 2023" in out
    assert "curated@" in out
    nobody = run(demo_home, "ask", "CQ28", "-p", "plant=plant:nowhere").stdout
    assert "plant:nowhere is in no source loaded" in nobody
    assert "curated@" in nobody
