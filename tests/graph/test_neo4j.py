"""Neo4j: what is pushed comes back byte for byte, only changes travel, faults lose nothing. A real server."""

from __future__ import annotations

import json
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cutting_proxy import Proxy
from cypher_texts import GRAPH, VALUES
from neo4j_server import Server
from typer.testing import CliRunner

from graph.bolt import Connection, query
from graph.build import write_table, write_things
from graph.cli import app, main
from graph.home import Home
from graph.labor_graph import LaborGraph
from graph.neo4j import check, dump, pull, push
from graph.neo4j_rows import PUSH, files_of
from ontology import TrinationalError, WrongUseError, model, schema

THINGS = ("Union", "Corporation", "Plant")
RELATIONS = ("Ownership", "Operation", "Representation", "Count")
SIZE = ("rows", "written", "removed")


@pytest.fixture(scope="module")
def where(neo4j: Server) -> Connection:
    return Connection(neo4j.uri, neo4j.username, neo4j.password, neo4j.database)


@pytest.fixture
def empty(neo4j: Server) -> Server:
    """The server with an empty database; constraints and indexes may be there."""
    neo4j.run_query("MATCH (n) DETACH DELETE n")
    return neo4j


@pytest.fixture(scope="module")
def part(demo_graph: LaborGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the built-in dataset, and values that are hard to bring back."""
    folder = tmp_path_factory.mktemp("part") / "graph"
    (folder / "said").mkdir(parents=True)
    for path in files_of(demo_graph.folder):
        shutil.copy(path, folder)
    said = {kind: demo_graph.said(kind).collect() for kind in THINGS}
    said["Plant"] = pl.concat([said["Plant"], hard_records()])
    tables = {kind: demo_graph.table(kind) for kind in (*THINGS, *RELATIONS)}
    tables["Plant"] = pl.concat([tables["Plant"], hard_plants()]).sort("id")
    tables["Count"] = pl.concat([tables["Count"], hard_counts()])
    for kind in THINGS:
        write_table(said[kind].sort("id", "source", "locator"), folder / "said", kind)
    write_whole(folder, tables)
    return folder


def write_whole(folder: Path, tables: dict[str, pl.DataFrame]) -> None:
    """Graph tables, and what a graph says of itself."""
    for kind, frame in tables.items():
        write_table(frame, folder, kind)
    write_things(folder, {kind: tables[kind] for kind in THINGS})
    about = {
        "format": "1",
        "releases": ["curated@2026-11-22"],
        "counts": {k: f.height for k, f in tables.items()},
    }
    (folder / "graph.json").write_text(json.dumps(about, indent=1) + "\n")


def hard_records() -> pl.DataFrame:
    evidence = {"source": "z@1", "locator": "row#2", "status": "stated"}
    rows: list[dict[str, Any]] = [
        {"record_id": "plant:b#3", "other_names": [], "name": 'Ñandú "x"\n\'\\, ;\r\t', **evidence},
        {"record_id": "plant:b", "other_names": None, "opened": "2019", "address": "", **evidence},
        {"record_id": "plant:b", "other_names": ["", None], "opened": "2019-05", "name": " a ", **evidence},
        {"record_id": "plant:b", "other_names": ["a;b", 'c"d', "e\x1ff", "é,\n"], "name": "null", **evidence},
        {"record_id": "plant:c", "latitude": 5e-324, "longitude": -180.0, "other_names": [None], **evidence},
        {"record_id": "plant:d", "latitude": -0.0, "longitude": 0.1 + 0.2, "other_names": [""], **evidence},
    ]
    columns = {"id": pl.String(), "record_id": pl.String(), **schema("Plant")}
    return pl.DataFrame([{"id": "plant:hard", "times": 1, **row} for row in rows], columns)


def hard_plants() -> pl.DataFrame:
    row = {"id": "plant:hard", "name": "\x01\u2028€𝄞", "opened": "2019", "sources": ["z@1"], "same_as": []}
    return pl.DataFrame([row], schema("Plant", "graph"))


def hard_counts() -> pl.DataFrame:
    given = {"of": "plant:hard", "value": 2.0**53, "times": 2**62, "source": "z@1", "status": "stated"}
    return pl.DataFrame(
        [{"id": f"z{end}", "locator": "1", **given} for end in ("", "#2", "!")], schema("Count", "graph")
    )


@pytest.fixture
def copy(part: Path, tmp_path: Path) -> Path:
    """A copy of the part that a test may change."""
    return Path(shutil.copytree(part, tmp_path / "copy"))


def edit(folder: Path, kind: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    name = kind.rpartition("/")[2]
    frame = pl.read_parquet(folder / f"{kind}.parquet")
    write_table(change(frame), (folder / kind).parent, name)


def sums(report: pl.DataFrame) -> dict[str, int]:
    return {name: report[name].sum() for name in SIZE}


def differing(report: pl.DataFrame) -> dict[str, tuple[list[str], list[str], list[str]]]:
    rows = report.filter(pl.col("local_hash") != pl.col("database_hash"))
    return {row["kind"]: (row["missing"], row["extra"], row["changed"]) for row in rows.to_dicts()}


def same_bytes(graph: Path, other: Path) -> None:
    names = sorted(path.relative_to(graph) for path in graph.rglob("*.parquet"))
    assert names == sorted(path.relative_to(other) for path in other.rglob("*.parquet"))
    for name in [*names, Path("graph.json")]:
        assert (graph / name).read_bytes() == (other / name).read_bytes(), name


# There and back.


@pytest.fixture(scope="module")
def built(demo_graph: LaborGraph, tmp_path_factory: pytest.TempPathFactory) -> LaborGraph:
    """The built-in dataset as it was built, but for the classifications, which are most of its rows."""
    folder = tmp_path_factory.mktemp("built") / "graph"
    shutil.copytree(demo_graph.folder, folder, ignore=shutil.ignore_patterns("*Sector.parquet", "store"))
    about = demo_graph.about
    about["counts"] = {k: n for k, n in about["counts"].items() if (folder / f"{k}.parquet").is_file()}
    (folder / "graph.json").write_text(json.dumps(about, indent=1) + "\n")
    things = pl.read_parquet(folder / "things.parquet").filter(pl.col("kind") != "Sector")
    things.write_parquet(folder / "things.parquet")
    return LaborGraph(folder)


def test_a_built_graph_comes_back_byte_for_byte(
    empty: Server, where: Connection, built: LaborGraph, tmp_path: Path
) -> None:
    first = push(built.folder, where)
    assert first["rows"].equals(first["written"])
    nodes = sum(built.about["counts"].values())
    nodes += sum(built.said(kind.name).collect().height for kind in model().things)
    assert first.filter(~pl.col("kind").str.contains("^([A-Z_]+|TrinationalFile)$"))["rows"].sum() == nodes
    found = check(built.folder, where)
    assert not differing(found)
    assert found.select("local", "database").sum().row(0) == (first["rows"].sum(),) * 2
    pulled = LaborGraph(pull(Home(tmp_path / "home"), where))
    same_bytes(built.folder, pulled.folder)
    assert pulled.sparql("SELECT (COUNT(*) AS ?n) { ?p a :Plant }").rows
    assert pulled.search("silao") == built.search("silao")
    again = push(pulled.folder, where)
    assert sums(again) == {"rows": first["rows"].sum(), "written": 0, "removed": 0}


def test_embedded_cypher_answers_as_the_server_does(
    empty: Server, where: Connection, built: LaborGraph
) -> None:
    push(built.folder, where)
    for text in GRAPH:
        rows = [sorted(map(repr, f.rows())) for f in (built.cypher(text), query(text, {}, where).frame)]
        assert rows[0] == rows[1], text
    for text, params, wanted in VALUES:
        rows = query(text, params, where).frame.rows()
        assert sorted(map(repr, rows)) == sorted(map(repr, wanted)), text
    for value in (2**63, [2**63], {1}, Path()):
        with pytest.raises(WrongUseError, match="a parameter"):
            query("RETURN $x", {"x": value}, where)


def test_hard_values_come_back(empty: Server, where: Connection, part: Path, tmp_path: Path) -> None:
    push(part, where)
    assert not differing(check(part, where))
    same_bytes(part, pull(Home(tmp_path / "home"), where))
    text = "MATCH (r:PlantRecord {about: 'plant:hard'}) RETURN r.other_names, keys(r) AS keys ORDER BY r.id"
    lists = [row[0] for row in empty.run_query(text)]
    assert [] in lists
    assert ["a;b", 'c"d', "e\x1ff", "é,\n"] in lists
    assert [""] in lists
    assert None in lists
    shown = query("MATCH (r:PlantRecord {about: 'plant:hard'}) RETURN r", connection=where).frame
    assert not [field for field in shown["r"].struct.fields if field.startswith("_")]


def test_constraints_and_indexes_come_from_the_ontology(empty: Server, where: Connection, part: Path) -> None:
    empty.empty()
    push(part, where)
    constrained = {row[0][0] for row in empty.run_query("SHOW CONSTRAINTS YIELD labelsOrTypes AS l RETURN l")}
    assert {k.name for k in (*model().things, *model().relations)} < constrained
    indexed = {row[0][0] for row in empty.run_query("SHOW RANGE INDEXES YIELD labelsOrTypes AS l RETURN l")}
    assert {"Thing", "Organization", "Relation", "Record"} < indexed
    with pytest.raises(Exception, match="already exists"):
        empty.run_query("CREATE (:Plant {id: 'plant:hard'})")


# Only what changed.


def test_only_what_changed_travels(empty: Server, where: Connection, copy: Path) -> None:
    total = push(copy, where)["rows"].sum()
    gone = pl.read_parquet(copy / "Ownership.parquet")["id"][0]
    edit(copy, "Ownership", lambda frame: frame.filter(pl.col("id") != gone))
    dropped = pl.lit(None, pl.String())
    hard = pl.col("id") == "plant:hard"
    edit(copy, "Plant", lambda f: f.with_columns(opened=pl.when(~hard).then("opened").otherwise(dropped)))
    found = check(copy, where)
    assert differing(found)["Plant"] == ([], [], ["plant:hard"])
    assert differing(found)["Ownership"] == ([], [gone], [])
    report = {row["kind"]: (row["written"], row["removed"]) for row in push(copy, where).to_dicts()}
    changed = {kind: numbers for kind, numbers in report.items() if numbers != (0, 0)}
    assert changed["Plant"] == (1, 0)
    assert changed["Ownership"] == (0, 1)
    assert set(changed) <= {"Plant", "Ownership", "OWNS", "CONTROLS", "OWNER", "OWNED"}
    assert not differing(check(copy, where))
    assert empty.run_query("MATCH (p:Plant {id: 'plant:hard'}) RETURN p.opened, p.name") == [
        [None, "\x01\u2028€𝄞"]
    ]
    (rows,) = empty.run_query("MATCH (n) WITH count(n) AS nodes MATCH ()-[r]->() RETURN nodes, count(r)")
    assert sum(rows) - 1 == check(copy, where)["local"].sum() < total


def test_a_kind_that_the_graph_has_no_more_is_removed(empty: Server, where: Connection, copy: Path) -> None:
    push(copy, where)
    (copy / "Count.parquet").unlink()
    report = push(copy, where)
    assert report.filter(kind="Count")["removed"][0] > 0
    assert empty.run_query("MATCH (n:Count) RETURN count(n)") == [[0]]
    assert not differing(check(copy, where))


def test_what_others_added_stays(empty: Server, where: Connection, copy: Path) -> None:
    push(copy, where)
    empty.run_query("MATCH (p:Plant {id: 'plant:hard'}) SET p.mine = 7 CREATE (:Note {text: 'x'})-[:ON]->(p)")
    edit(copy, "Plant", lambda frame: frame.with_columns(country=pl.lit("XX")))
    push(copy, where, beside=True)
    assert empty.run_query("MATCH (:Note)-[:ON]->(p) RETURN p.mine, p.country") == [[7, "XX"]]
    for kind in ("Plant", "said/Plant"):
        edit(copy, kind, lambda frame: frame.filter(pl.col("id") != "plant:hard"))
    report = push(copy, where, beside=True)
    assert report.filter(kind="Plant")["kept"].to_list() == [["plant:hard"]]
    assert empty.run_query("MATCH (:Note)-[:ON]->(p:Plant) RETURN p.id") == [["plant:hard"]]
    assert differing(check(copy, where)) == {"Plant": ([], ["plant:hard"], [])}


def test_check_names_what_was_changed_by_hand(
    empty: Server, where: Connection, part: Path, tmp_path: Path
) -> None:
    push(part, where)
    one, two, three = pl.read_parquet(part / "Plant.parquet")["id"].head(3).to_list()
    empty.run_query("MATCH (p:Plant {id: $id}) SET p.name = 'other'", id=one)
    empty.run_query("MATCH (p:Plant {id: $id}) SET p.opened_min = 'text'", id=two)
    empty.run_query("MATCH (p:Plant {id: $id}) SET p.sources = [1, 2]", id=three)
    empty.run_query("MATCH (n:Count {id: 'z#2'}) DETACH DELETE n")
    empty.run_query("MATCH ()-[r:OPERATES]->() WITH r LIMIT 1 SET r.status = 'denied'")
    empty.run_query(
        "MATCH (u:Union), (p:Plant {id: $id}) WITH u, p LIMIT 1 CREATE (u)-[:OPERATES]->(p)", id=one
    )
    found = differing(check(part, where))
    assert found["Plant"] == ([], [], sorted((one, two, three)))
    assert found["Count"] == (["z#2"], [], [])
    assert found["OF"] == (["z#2 -> plant:hard"], [], [])
    assert len(found["OPERATES"][1]) == len(found["OPERATES"][2]) == 1
    assert set(found) == {"Plant", "Count", "OF", "OPERATES"}
    with pytest.raises(TrinationalError, match="3 nodes Plant were changed by hand"):
        pull(Home(tmp_path / "home"), where)
    assert not (tmp_path / "home/graph").exists()
    push(part, where, thorough=True)
    assert set(differing(check(part, where))) == {"OPERATES"}
    empty.run_query("MATCH (:Union)-[r:OPERATES]->(:Plant) DELETE r")
    assert not differing(check(part, where))


# Others in the database.


def test_a_foreign_graph_is_refused_and_never_touched(empty: Server, where: Connection, part: Path) -> None:
    empty.empty()
    empty.run_query("CREATE (:Person {name: 'a'})-[:KNOWS]->(:Person {name: 'b'}), ({x: 1})")
    with pytest.raises(TrinationalError, match=r"another graph: Person \(2\), no label \(1\)") as caught:
        push(part, where)
    assert "--beside" in caught.value.hint
    assert empty.run_query("SHOW CONSTRAINTS") == []
    push(part, where, beside=True)
    assert not differing(check(part, where))
    edit_none = "MATCH (p:Person)-[:KNOWS]->(q:Person), (n {x: 1}) RETURN p.name, q.name, count(n)"
    assert empty.run_query(edit_none) == [["a", "b", 1]]


def test_a_foreign_graph_with_our_labels_is_refused_in_any_case(
    empty: Server, where: Connection, part: Path
) -> None:
    empty.run_query("CREATE (:Union {id: 'union:uaw'})")
    with pytest.raises(TrinationalError, match=r"labels of ours that are not ours: Union \(1\)"):
        push(part, where, beside=True)
    assert empty.run_query("MATCH (n) RETURN labels(n), properties(n)") == [[["Union"], {"id": "union:uaw"}]]


def test_two_pushes_at_once_are_detected(empty: Server, where: Connection, part: Path) -> None:
    inside, go, outcome = threading.Event(), threading.Event(), []

    def wait(kind: str, done: int, total: int) -> None:
        inside.set()
        go.wait(60)

    def first() -> None:
        try:
            outcome.append(push(part, where, progress=wait))
        except TrinationalError as error:
            outcome.append(error)

    for take_over in (False, True):
        inside.clear(), go.clear(), outcome.clear()
        empty.run_query("MATCH (n) DETACH DELETE n")
        thread = threading.Thread(target=first)
        thread.start()
        assert inside.wait(60)
        with pytest.raises(TrinationalError, match="another push to this database is under way") as caught:
            push(part, where)
        assert "--take-over" in caught.value.hint
        if take_over:
            push(part, where, take_over=True)
        go.set()
        thread.join(60)
        if take_over:
            assert "another push took this one over" in str(outcome[0])
        else:
            assert outcome[0]["written"].sum() > 0
        assert not differing(check(part, where))


def test_the_claim_of_a_push_that_died_runs_out(
    empty: Server, where: Connection, part: Path, tmp_path: Path
) -> None:
    push(part, where)
    empty.run_query(f"MATCH (c:{PUSH}) SET c.owner = 'x', c.until = timestamp() + 9000, c.complete = false")
    with pytest.raises(TrinationalError, match="under way") as caught:
        push(part, where)
    assert "ends in 8 seconds" in caught.value.hint or "ends in 9 seconds" in caught.value.hint
    with pytest.raises(TrinationalError, match="did not end"):
        pull(Home(tmp_path / "home"), where)
    empty.run_query(f"MATCH (c:{PUSH}) SET c.until = timestamp() - 1")
    push(part, where)
    assert pull(Home(tmp_path / "home"), where)


# Faults.


def test_push_goes_on_after_a_dropped_connection(empty: Server, where: Connection, part: Path) -> None:
    with Proxy(empty.port, after=200_000, cuts=3) as proxy:
        report = push(part, replace(where, uri=proxy.uri))
        assert proxy.made == 3
    assert report["written"].sum() == report["rows"].sum()
    assert not differing(check(part, where))


def test_push_goes_on_where_the_last_one_was_cut(empty: Server, where: Connection, part: Path) -> None:
    with (
        Proxy(empty.port, after=400_000, cuts=1, gone=True) as proxy,
        pytest.raises(TrinationalError, match="no Neo4j server answers"),
    ):
        push(part, replace(where, uri=proxy.uri), patience=1)
    assert differing(check(part, where))
    report = push(part, where, take_over=True)
    assert 0 < report["written"].sum() < report["rows"].sum()
    assert not differing(check(part, where))


@pytest.fixture
def own(empty: Server) -> Iterator[Server]:
    """A server that the tests started, so that they may stop it; afterwards everybody may write again."""
    if not empty.home:
        pytest.skip("the server of NEO4J_URI may not be stopped")
    yield empty
    empty.set_read_only(False)


def test_push_goes_on_after_the_server_was_killed(own: Server, where: Connection, part: Path) -> None:
    restarting: list[threading.Thread] = []

    def kill(kind: str, done: int, total: int) -> None:
        if kind == "Operation" and not restarting:
            own.kill()
            restarting.append(threading.Thread(target=own.start))
            restarting[0].start()

    push(part, where, progress=kill)
    restarting[0].join()
    assert not differing(check(part, where))
    assert push(part, where)["written"].sum() == 0


def test_the_importer_takes_a_dump_and_a_reader_cannot_push(
    own: Server, where: Connection, copy: Path, tmp_path: Path
) -> None:
    command = dump(copy, tmp_path / "files")
    assert command == "neo4j-admin database import full @import.args --overwrite-destination neo4j"
    own.set_read_only(True)
    own.kill()
    done = own.admin(*command.split()[1:], folder=tmp_path / "files")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    own.start()
    assert not differing(check(copy, where))
    same_bytes(copy, pull(Home(tmp_path / "home"), where))
    edit(copy, "Count", lambda frame: frame.head(3))
    with pytest.raises(TrinationalError, match="'neo4j' may only read") as caught:
        push(copy, where)
    assert caught.value.hint == "use a user, a server and a database that may be written"
    own.set_read_only(False)
    own.restart()
    report = push(copy, where)
    assert (report["written"].sum(), report.filter(kind="Count")["removed"][0] > 0) == (0, True)
    assert not differing(check(copy, where))


def test_no_server_and_a_wrong_password(empty: Server, where: Connection, part: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"bolt://127.0.0.1:{free.getsockname()[1]}"
    for run in (push, check):
        with pytest.raises(TrinationalError, match="no Neo4j server answers") as caught:
            run(part, replace(where, uri=nobody))
        assert "docker compose up" in caught.value.hint
    with pytest.raises(TrinationalError, match="does not let 'neo4j' in") as caught:
        push(part, replace(where, password="wrong-secret"))
    assert "wrong-secret" not in str(caught.value) + caught.value.hint + repr(where)


def test_a_database_without_our_graph(empty: Server, where: Connection, part: Path, tmp_path: Path) -> None:
    with pytest.raises(TrinationalError, match="holds no graph of this kind"):
        pull(Home(tmp_path / "home"), where)
    found = check(part, where)
    assert found["database"].sum() == 0
    assert set(differing(found)) == set(found["kind"])
    with pytest.raises(TrinationalError, match="has no database 'other'"):
        push(part, replace(where, database="other"))


def test_dump_is_the_same_byte_for_byte(part: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        dump(part, tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "b").iterdir())
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    with pytest.raises(WrongUseError, match="is there already"):
        dump(part, tmp_path / "a")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == files


def test_encrypted_connections(own: Server, where: Connection) -> None:
    """The server's certificate is signed by nobody: `+ssc` takes it, `+s` does not."""
    signed, unsigned = (replace(where, uri=own.uri.replace("bolt", f"bolt+{s}")) for s in ("s", "ssc"))
    assert query("RETURN 1 AS one", connection=unsigned).frame.rows() == [(1,)]
    with pytest.raises(TrinationalError, match=r"answers at bolt\+s://") as caught:
        query("RETURN 1 AS one", connection=signed)
    assert "+ssc also takes a certificate that nobody signed" in caught.value.hint


# Queries.


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MATCH (n) RETUR n", "query, line 1, column 11: syntax error: Invalid input 'RETUR'"),
        ("RETURN $absent", "Expected parameter"),
        ("CREATE (:X)", "refused, because it would write"),
        ("CALL db.createLabel('X')", "refused, because it would write"),
        ("LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row", "LOAD CSV is refused"),
        ("L\\u004fAD CSV FROM 'file:///etc/passwd' AS row RETURN row", "LOAD CSV is refused"),
        ("RETURN 1 AS a, 2 AS b UNION RETURN 1 AS a, 3 AS c", "column names"),
        ("UNWIND range(1, 100000000) AS x UNWIND range(1, 10000) AS y RETURN sum(x + y)", "stopped after 1"),
    ],
)
def test_a_wrong_query_is_an_error(neo4j: Server, where: Connection, text: str, message: str) -> None:
    with pytest.raises(TrinationalError, match=re.escape(message)):
        query(text, connection=where, timeout=1)


def test_values_of_parameters_are_values(neo4j: Server, where: Connection) -> None:
    hostile = "') DETACH DELETE n //"
    found = query("RETURN $x AS x, $y AS y", {"x": hostile, "y": [1, 2]}, where)
    assert found.frame.rows() == [(hostile, [1, 2])]
    cut = query("UNWIND range(1, 9) AS x RETURN x", connection=where, limit=4)
    assert (cut.frame.height, cut.truncated) == (4, True)


def test_ten_million_rows_are_an_error(
    neo4j: Server, where: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.bolt.MAX_ROWS", 1000)
    with pytest.raises(TrinationalError, match="more than 1,000 rows") as caught:
        query("UNWIND range(1, 10000000) AS x RETURN x", connection=where)
    assert "LIMIT" in caught.value.hint


# Command line.


def test_commands(
    empty: Server, demo_home: Home, part: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    with home.writing() as scratch:
        shutil.copytree(part, scratch / "graph")
        home.publish(scratch / "graph", "graph")
    for name, value in {
        "NEO4J_URI": empty.uri,
        "NEO4J_USERNAME": empty.username,
        "NEO4J_DATABASE": empty.database,
        "NEO4J_PASSWORD": "not used",
        "TRINATIONAL_HOME": str(home.path),
    }.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["neo4j", *arguments])

    assert run("push", "-W", "--format", "json").exit_code == 1
    asked = CliRunner().invoke(app, ["neo4j", "push", "-W", "--format", "json"], input=empty.password + "\n")
    assert empty.password not in asked.output
    monkeypatch.setenv("NEO4J_PASSWORD", empty.password)
    assert list(json.loads(run("push", "--format", "json").stdout)[0]) == [
        "kind", "rows", "written", "removed", "kept",
    ]  # fmt: skip
    assert "0 written, 0 removed" in run("push").stdout
    assert run("check").exit_code == 0
    empty.run_query("MATCH (p:Plant {id: 'plant:hard'}) SET p.name = 'x'")
    wrong = run("check")
    assert (wrong.exit_code, "plant:hard" in wrong.stdout) == (1, True)
    assert list(json.loads(run("check", "--format", "json").stdout)[0]) == [
        "kind", "local", "database", "local_hash", "database_hash", "missing", "extra", "changed",
    ]  # fmt: skip
    assert run("push", "--thorough").exit_code == 0
    pulled = run("pull", "--home", str(tmp_path / "other"), "--format", "json")
    assert {row["kind"] for row in json.loads(pulled.stdout)} == {*THINGS, *RELATIONS}
    dumped = json.loads(run("dump", "--out", str(tmp_path / "files"), "--format", "json").stdout)
    assert dumped[0]["command"].startswith("neo4j-admin database import full")
    found = run(
        "query", "MATCH (p:Plant {id: $id}) RETURN p.opened AS o", "-p", "id=plant:hard", "--format", "json"
    )
    assert json.loads(found.stdout) == [{"o": "2019"}]
    noted = run("query", "MATCH (p:Plant {id: 'plant:hard'}) RETURN p.sources[0] AS s")
    assert "on Neo4j only" in noted.stderr
    assert "lists count from 1" in " ".join(noted.stderr.split())
    unknown = run("query", "MATCH (p:Plnat) RETURN p.id")
    assert "the database has no label `Plnat`" in unknown.stderr
    assert isinstance(run("query", "MATCH (p:Plant) SET p.name = 'x'").exception, WrongUseError)
    with pytest.raises(TrinationalError, match="has records of its own"):
        pull(demo_home, Connection.find())


def test_an_error_is_one_line_and_an_exit_code(
    demo_home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEO4J_PASSWORD", "very-secret")
    monkeypatch.setenv("TRINATIONAL_HOME", str(demo_home.path))
    for uri, code in (
        ("bolt://127.0.0.1:1", 1),
        ("http://127.0.0.1:1", 2),
        ("bolt://a:very-secret@b", 2),
        ("bolt://[::1:very-secret", 2),
    ):
        monkeypatch.setattr("sys.argv", ["trinational", "neo4j", "check", "--uri", uri])
        with pytest.raises(SystemExit) as caught:
            main()
        assert caught.value.code == code
        said = capsys.readouterr()
        assert said.err.startswith("error: ")
        assert "very-secret" not in said.err + said.out
