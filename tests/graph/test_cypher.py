"""Embedded Cypher: right answers, nothing but reading, limits that hold, no silent difference from Neo4j."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import ladybug
import polars as pl
import psutil
import pytest
from cypher_texts import VALUES
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import graph.cypher as engine
from graph import worker
from graph.cli import app
from graph.cypher import query, store
from graph.cypher_text import read
from graph.home import Home
from graph.labor_graph import LaborGraph
from ontology import TrinationalError, WrongUseError

SILAO = "plant:gm-silao"


@pytest.fixture(scope="module")
def folder(demo_graph: LaborGraph) -> Path:
    store(demo_graph.folder)
    return demo_graph.folder


def _rows(folder: Path, text: str, **params: engine.Value) -> list[tuple[object, ...]]:
    return query(folder, text, params).frame.rows()


# Answers.


def test_a_kind_has_the_rows_of_its_table(folder: Path, demo_graph: LaborGraph) -> None:
    for kind in ("Union", "Case", "Supply", "Party", "Coverage"):
        columns = [name for name in demo_graph.table(kind).columns if name != "sources"]
        wanted = ", ".join(f"n.{name} AS `{name}`" for name in columns)
        found = query(folder, f"MATCH (n:{kind}) RETURN {wanted}").frame.sort("id")
        table = demo_graph.table(kind).select(columns).sort("id")
        assert found.height
        for name in columns:
            assert found[name].to_list() == table[name].to_list(), (kind, name)


def test_parents_are_all_kinds_below_them(folder: Path, demo_graph: LaborGraph) -> None:
    for parent in ("Thing", "Organization", "Relation"):
        assert _rows(folder, f"MATCH (n:{parent}) RETURN count(*)") == [
            (demo_graph.scan(parent).collect().height,)
        ]
    both = "MATCH (n:Organization:Union) RETURN count(*)"
    assert _rows(folder, both) == [(demo_graph.table("Union").height,)]
    either = demo_graph.table("Union").height + demo_graph.table("Case").height
    assert _rows(folder, "MATCH (n:Union|Case) RETURN count(*)") == [(either,)]


def test_labels_and_types_are_those_of_neo4j(folder: Path) -> None:
    text = "MATCH (r:Representation)-[x:UNION]->(u:Union) RETURN DISTINCT labels(u), type(x), labels(r)"
    assert _rows(folder, text) == [
        (["Union", "Organization", "Thing"], "UNION", ["Representation", "Relation"])
    ]
    assert (
        _rows(folder, "MATCH (n) WHERE 'Case' IN labels(n) RETURN count(n)")[0]
        == _rows(folder, "MATCH (n:Case) RETURN count(n)")[0]
    )


def test_columns_are_named_as_in_neo4j(folder: Path) -> None:
    text = "MATCH (p:Plant)\nRETURN DISTINCT p.country, count( * ), max(p.id) AS last, 'a' + 'b' LIMIT 1"
    assert query(folder, text).frame.columns == ["p.country", "count( * )", "last", "'a' + 'b'"]


def test_values_keep_their_types(folder: Path) -> None:
    text = """UNWIND [1, 2] AS x WITH sum(x) AS total, avg(x) AS mean, collect(x) AS list
    RETURN total, mean, list, total > 2 AS more, null AS nothing, 'ñ\\u00e9\\'"' AS text, [] AS empty"""
    frame = query(folder, text).frame
    assert frame.rows() == [(3, 1.5, [1, 2], True, None, "ñé'\"", [])]
    assert frame.schema["total"] == pl.Int64
    assert query(folder, "MATCH (p:Plant {id: 'nothing'}) RETURN p.name, p.latitude").frame.schema == {
        "p.name": pl.String,
        "p.latitude": pl.Float64,
    }


def test_a_node_is_its_known_properties(folder: Path, demo_graph: LaborGraph) -> None:
    table = demo_graph.table("Plant").filter(id=SILAO).row(0, named=True)
    found = query(folder, "MATCH (p {id: $id}) RETURN p", {"id": SILAO}).frame["p"][0]
    assert found == {name: value for name, value in table.items() if value is not None}


def test_records_say_what_each_source_said(folder: Path, demo_graph: LaborGraph) -> None:
    text = "MATCH (r:PlantRecord)-[:ABOUT]->(p:Plant {id: $id}) RETURN r.source, r.locator, r.name"
    said = demo_graph.said("Plant").filter(id=SILAO).select("source", "locator", "name").collect()
    assert _rows(folder, text, id=SILAO) == said.rows()


def test_parameters_are_bound_never_pasted(folder: Path) -> None:
    text = "MATCH (p:Plant) WHERE p.name = $name RETURN count(*)"
    for name in ("' OR true //", "`", '"', "x' RETURN 1 UNION MATCH (n) DETACH DELETE n //", "\\", "$name"):
        assert _rows(folder, text, name=name) == [(0,)]
    every = "MATCH (p:Plant) WHERE $country IS NULL OR p.country = $country RETURN count(*)"
    some = _rows(folder, every, country="MX")[0][0]
    assert isinstance(some, int)
    assert 0 < some < int(str(_rows(folder, every, country=None)[0][0]))
    assert _rows(folder, "MATCH (p:Plant) WHERE p.country IN $c RETURN count(*)", c=["MX"]) == [(some,)]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_text_may_stand_in_quotes(text: str) -> None:
    quoted = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    found = read(f"RETURN {quoted} AS x", {})
    assert list(found.values.values()) == [text]
    assert "'" not in found.output


def test_variable_lengths_take_no_relationship_twice(folder: Path) -> None:
    walk = "MATCH (a:Union)-[:AFFILIATED_WITH*1..2]->(b) RETURN count(*)"
    steps = ["(a:Union)-[:AFFILIATED_WITH]->(b)"]
    steps += ["(a:Union)-[:AFFILIATED_WITH]->(x)-[:AFFILIATED_WITH]->(b)"]
    each = [int(str(_rows(folder, f"MATCH {step} RETURN count(*)")[0][0])) for step in steps]
    assert each[1]
    assert _rows(folder, walk) == [(sum(each),)]


# Nothing but reading.

WRITES = (
    "CREATE (n:Plant {id: 'x'})",
    "MATCH (p:Plant) SET p.name = 'x' RETURN p",
    "MATCH (p:Plant) DETACH DELETE p",
    "MATCH (p:Plant) REMOVE p.name RETURN p",
    "MERGE (p:Plant {id: 'x'}) RETURN p",
    "DROP TABLE Plant",
    "ALTER TABLE Plant ADD x STRING",
    "COPY (MATCH (p:Plant) RETURN p.id) TO 'FILE'",
    "COPY Plant FROM 'FILE'",
    "LOAD FROM 'FILE' RETURN *",
    "MATCH (p:Plant) LOAD FROM 'FILE' RETURN *",
    "MATCH (p:Plant) WITH p LOAD WITH HEADERS (x STRING) FROM 'FILE' RETURN x",
    "ATTACH 'FILE' AS x (dbtype duckdb)",
    "DETACH x",
    "INSTALL httpfs",
    "LOAD EXTENSION httpfs",
    "EXPORT DATABASE 'FILE'",
    "IMPORT DATABASE 'FILE'",
    "USE x",
    "CALL show_tables() RETURN *",
    "MATCH (p:Plant) CALL table_info('Plant') RETURN *",
    "BEGIN TRANSACTION",
    "COMMIT",
    "CHECKPOINT",
    "EXPLAIN MATCH (p:Plant) RETURN p",
    "PROFILE MATCH (p:Plant) RETURN p",
    "COMMENT ON TABLE Plant IS 'x'",
    "RETURN 1; COPY Plant FROM 'FILE'",
    "RETURN 1 AS x;\nLOAD FROM 'FILE' RETURN *",
    "/* c */ copy (MATCH (p:Plant) RETURN p.id) to 'FILE'",
    "MATCH (p:Plant)/**/LOAD/**/FROM 'FILE' RETURN *",
    "MATCH (p:Plant) //\nLoAd FROM 'FILE' RETURN *",
    "MATCH (p:Plant) WHERE p.name='a'LOAD FROM 'FILE' RETURN *",
    "MATCH (p:Plant) WITH 1LOAD FROM 'FILE' RETURN *",
    "MATCH (p:Plant) WITH p.latitude+1.5LOAD FROM 'FILE' RETURN *",
    "MATCH (p:Plant) WITH $pLOAD FROM 'FILE' RETURN *",
    "MATCH (p:Plant) RETURN `a`LOAD FROM 'FILE'",
    "MATCH (p:Plant) \\u004cOAD FROM 'FILE' RETURN *",
    "MATCH (p:Plant) WHERE p.name = '\\\\' LOAD FROM 'FILE' RETURN '' ",
    "MATCH (p:Plant) WHERE p.name = \"'\" LOAD FROM 'FILE' RETURN ''",
    "MATCH (p:Plant) WHERE p.name = '/*' LOAD FROM 'FILE' RETURN '*/'",
    "MATCH (p:Plant) WHERE p.name = '//' LOAD FROM 'FILE' RETURN 1",
    "MATCH\u00a0(p:Plant)\u2003LOAD\u00a0FROM 'FILE' RETURN *",
    "MATCH (p:Plant) CALL { LOAD FROM 'FILE' RETURN * } RETURN p",
    "MATCH (p:Plant) WHERE EXISTS { LOAD FROM 'FILE' RETURN * } RETURN p",
    "",
    "   // nothing",
    ";",
)


@pytest.mark.parametrize("text", WRITES)
def test_what_is_no_reading_is_refused(folder: Path, tmp_path: Path, text: str) -> None:
    target = tmp_path / "file.csv"
    before = (folder / engine.STORE).read_bytes()
    with pytest.raises(WrongUseError) as caught:
        query(folder, text.replace("FILE", str(target)), {}, timeout=10)
    assert caught.value.hint
    assert not target.exists()
    assert (folder / engine.STORE).read_bytes() == before


HIDDEN = st.sampled_from(
    (
        *("LOAD FROM 'x' RETURN *", "COPY", "CALL f()", "MATCH (p:Plant)", "RETURN 1", "p.", "$x", "1", " "),
        *(
            "'",
            '"',
            "`",
            "/*",
            "*/",
            "//",
            "\n",
            "\\",
            "{",
            "}",
            ":",
            "[",
            "]",
            "(",
            ")",
            ".",
            "--",
            "#",
            "ı",
        ),
        *("/", "*", "AS", ",", "-", "<", ">", "|", "ı"),
    )
)


@settings(max_examples=500, deadline=None)
@given(st.lists(HIDDEN, max_size=12))
def test_nothing_gets_past_the_reader(parts: list[str]) -> None:
    """Whatever the text, the engine gets no quotes, comments or command words outside of names."""
    try:
        found = read("MATCH (p:Plant) " + "".join(parts) + " RETURN 1", {"x": 1})
    except WrongUseError:
        return
    outside = "".join(found.output.split("`")[::2])
    assert not any(sign in outside for sign in ("'", '"', "//", "/*", "\\", ";"))
    words = {word.upper() for word in outside.replace("(", " ").replace(".", " ").split()}
    assert not words & {"LOAD", "COPY", "CALL"}


def test_names_may_be_called_like_commands(folder: Path) -> None:
    text = "MATCH (c:Coverage) RETURN c.union AS `set`, 'CALL, LOAD FROM' AS `call` LIMIT 1"
    assert query(folder, text).frame.columns == ["set", "call"]


# No silent difference from Neo4j.

UNLIKE = (
    ("RETURN [1, 2][0]", "count from 1"),
    ("WITH [1, 2] AS l RETURN l[0]", "count from 1"),
    ("MATCH (p:Plant) RETURN p.other_names[0]", "count from 1"),
    ("WITH [1, 2] AS l RETURN l[0..1]", "count from 1"),
    ("WITH [1, 2] AS l RETURN l[1:2]", "count from 1"),
    ("RETURN collect(1)[0]", "count from 1"),
    ("RETURN substring('abc', 0, 2)", "counts from 1"),
    ("MATCH (p:Plant) RETURN id(p)", "other numbers"),
    ("MATCH (p:Plant) RETURN label(p)", "labels"),
    ("MATCH (p:Plant)-[:SUPPLIES*]->(q) RETURN q.id", "bound"),
    ("MATCH (p:Plant)-[:SUPPLIES*2..]->(q) RETURN q.id", "bound"),
    ("MATCH (p:Plant)-[:SUPPLIES*1..99]->(q) RETURN q.id", "bound"),
    ("MATCH (p:plant) RETURN p.id", "Plant"),
    ("MATCH (p:Plnt) RETURN p.id", "Plant"),
    ("MATCH (p:Plant {nam: 'x'}) RETURN p.id", "name"),
    ("MATCH (p:Plant)-[:SUPPLY]->(q) RETURN q.id", "SUPPLI"),
    ("MATCH (p:Union:Plant) RETURN p.id", "all of these labels"),
    ("MATCH (a:Plant), (A:Union) RETURN a.id", "one name"),
    ("MATCH (a:Union)-[:AFFILIATED_WITH]-(b)-[:AFFILIATED_WITH]-(c) RETURN c.id", "same relationship"),
    ("MATCH (a)<-[:UNION]-(r)-[:PLANT]->(p)<-[:PLANT]-(s)-[:UNION]->(b) RETURN b.id", "same relationship"),
    ("MATCH (a:Plant)-[:SUPPLIES]->(b:Plant), (c:Plant)-[:SUPPLIES]->(d) RETURN d.id", "same relationship"),
    ("MATCH (a:Plant)--(b)--(c) RETURN c.id", "same relationship"),
    ("MATCH (a)-[:OWNS]->(b)-[:OWNS]->(c)-[:OWNS]->(d) RETURN d.id", "same relationship"),
    ("MATCH (a:Plant)-[:SUPPLIES*1..2]->(b)-[:SUPPLIES]->(c) RETURN c.id", "same relationship"),
    ("MATCH (a) WHERE EXISTS { MATCH (a)-[:OWNS]->(b)<-[:OWNS]-(c) } RETURN a.id", "same relationship"),
    ("MATCH (p:Plant)<-[h:CONTROLS]-(e)-[:OWNS]->(c) WHERE h.dated RETURN c.id", "leaves out rows"),
    ("MATCH (p:Plant)<-[h:CONTROLS {steps: 1}]-(e:Organization)-[:OWNS]->(c) RETURN c.id", "second MATCH"),
    (
        "MATCH (p:Plant) RETURN p.id AS a, p.id AS b UNION ALL RETURN 'x' AS a, 'y' AS b",
        "coalesce(p.id) AS b",
    ),
    ("RETURN 'x' AS a, 'y' AS b UNION MATCH (p:Plant) RETURN p.id AS a, (p.id) AS b", "under two names"),
    (
        "MATCH (p) WITH p.id AS i, p.id AS j RETURN i, j UNION ALL RETURN 'x' AS i, 'y' AS j",
        "coalesce(j) AS j",
    ),
    (
        "MATCH (p) WITH p, p.id AS i RETURN i, p.id AS j UNION RETURN 'x' AS i, 'y' AS j",
        "coalesce(p.id) AS j",
    ),
    (
        "MATCH (p) RETURN DISTINCT toLower(p.id) AS a, TOLOWER( p.id ) AS b UNION RETURN '' AS a, '' AS b",
        "two names",
    ),
    (
        "MATCH (p) RETURN [p.id, 'x'] AS a, [p.id, 'x'] AS b UNION RETURN [''] AS a, [''] AS b",
        "two names",
    ),
    ("RETURN 'a' AS a, 'b' AS b UNION RETURN 'b' AS b, 'a' AS a", "return a, b"),
    ("RETURN 'a' AS a UNION RETURN 'b' AS b", "return a"),
    ("MATCH (p:Plant) WHERE p.ID = 'x' RETURN p.id", "'id'"),
    ("MATCH (p:Plant) RETURN p.`Name`", "'name'"),
    ("MATCH (p:Plant) RETURN keys(p)", "known"),
    ("MATCH (p:Plant) RETURN toString(p.latitude)", "six decimals"),
    ("MATCH (p:Plant) WITH avg(p.latitude) AS a RETURN toString(a)", "six decimals"),
    ("RETURN toString(1 = 1 OR true), toString(true)", "'true'"),
    ("MATCH (p:Plant) RETURN toInteger(p.latitude)", "floor"),
    ("RETURN toInteger(-4.5)", "floor"),
    ("RETURN reverse([1, 2])", "only text"),
    ("RETURN replace('abc', '', 'x')", "empty text"),
    ("RETURN split('abc', '')", "empty text"),
    ("MATCH (p:Plant {opened: 1994}) RETURN p.id", "text is compared with a number"),
    ("MATCH (p:Plant) WHERE p.opened_min >= '2000' RETURN p.id", "a number is compared with text"),
    ("MATCH (:Corporation)-[c:CONTROLS]->(p) WHERE 'true' <> c.dated RETURN p.id", "true or false"),
    ("MATCH (p:Plant) WITH p.opened AS o WHERE o = 1994 RETURN o", "text is compared"),
    ("RETURN CASE WHEN true THEN 1 ELSE 'b' END", "a number and text"),
    ("MATCH (p:Plant) WHERE p.name =~ 'a(?=b)' RETURN p.id", "(?="),
    ("MATCH (p:Plant) WHERE p.name =~ '(a)\\\\1' RETURN p.id", "not known"),
    ("MATCH (p:Plant) WHERE p.name =~ '[' RETURN p.id", "no regular expression"),
    ("MATCH (p:Plant) WHERE p.name =~ '(?i).*méxico.*' RETURN p.id", "toLower"),
    ("MATCH (p:Plant) RETURN size((p)<-[:REPRESENTS]-())", "COUNT {"),
    ("RETURN 1 AS `a``b`", "backtick"),
    ("RETURN 9223372036854775808", "64 bits"),
    ("RETURN 1e999", "too large"),
    ("MATCH (c:Corporation) OPTIONAL MATCH (c)<-[:REPRESENTS]-(u) RETURN count(u)", "no such relationship"),
    ("MATCH (c:Corporation) WHERE NOT (c)<-[:REPRESENTS]-() RETURN count(c)", "no such relationship"),
    ("MATCH (c:Corporation)-[:SUPPLIES*1..2]->(p:Union) RETURN count(c)", "no such relationship"),
    ("MATCH (r:Relation)-[:PLANT]->(p) MATCH (r:Representation)-[:UNION]->(u) RETURN u.id", "'r' has other"),
    ("MATCH (a:Thing)-[:OWNS*0..1]->(b) RETURN count(b)", "leaves out nodes"),
)


@pytest.mark.parametrize(("text", "params", "rows"), VALUES)
def test_values_are_those_of_neo4j(
    folder: Path, text: str, params: dict[str, engine.Value], rows: list[tuple[object, ...]]
) -> None:
    found = query(folder, text, params).frame
    assert sorted(map(repr, found.rows())) == sorted(map(repr, rows))


@pytest.mark.parametrize("value", [2**63, [2**63], {1}, {"a": 1}, Path()])
def test_a_parameter_that_no_engine_holds_is_a_mistake(folder: Path, value: Any) -> None:
    with pytest.raises(WrongUseError, match="line 1, column 8"):
        query(folder, "RETURN $x", {"x": value})


ABOVE = "MATCH (p:Plant)<-[h:CONTROLS]-(e:Organization) "
FURTHER = "MATCH (e)-[l:CONTROLS]->(q:Plant) "
COUNTED = "RETURN count(*) AS n"


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        (ABOVE + "WHERE h.steps = 1 " + FURTHER, 1),
        (ABOVE + FURTHER + "WHERE h.steps = 1 ", 1),
        (ABOVE + FURTHER + "WHERE l.steps = 1 ", 1),
        (ABOVE + "WHERE h.steps = 1 OPTIONAL " + FURTHER, 1),
        (ABOVE.replace("h:CONTROLS", "h:CONTROLS {steps: 1}") + FURTHER, 1),
        (ABOVE + FURTHER, 0),
        (ABOVE + "WHERE e.country = 'MX' " + FURTHER, 0),
        (ABOVE + FURTHER + "WITH h, e WHERE h.steps = 1 ", 0),
        (ABOVE + "WHERE h.steps = 1 WITH e " + FURTHER, 0),
        (ABOVE.replace("Organization", "Corporation") + "WHERE h.steps = 1 " + FURTHER, 0),
    ],
)
def test_a_part_ends_where_the_engine_would_lose_rows(text: str, parted: int) -> None:
    written = read(text + COUNTED, {}, "query").limited(10)
    assert written.count("WITH * ") == parted
    assert not parted or "WITH * MATCH" in written or "WITH * OPTIONAL MATCH" in written


@pytest.mark.parametrize(("text", "why"), UNLIKE)
def test_what_means_something_else_in_neo4j_is_refused(text: str, why: str) -> None:
    with pytest.raises(WrongUseError) as caught:
        read(text, {})
    assert why in f"{caught.value} {caught.value.hint}"
    assert "line 1, column" in str(caught.value)


def test_one_expression_under_two_names_is_what_the_engine_mixes_up_in_a_union(
    demo_graph: LaborGraph,
) -> None:
    first, second = "MATCH (p:P) RETURN p.id AS a, {} AS b", "MATCH (p:P) RETURN p.id AS a, p.name AS b"
    connection = ladybug.Connection(ladybug.Database(":memory:", buffer_pool_size=2**26, max_db_size=2**30))
    connection.execute("CREATE NODE TABLE P(id STRING, name STRING, PRIMARY KEY(id))")
    connection.execute("CREATE (:P {id: 'i', name: 'n'})")

    def raw(value: str) -> list[list[str]]:
        return sorted(connection.execute(f"{first.format(value)} UNION ALL {second}").get_all())

    assert raw("p.id") == [["i", "i"], ["n", "n"]]  # wrong: where this fails, the engine can be trusted again
    assert raw("coalesce(p.id)") == [["i", "i"], ["i", "n"]]
    plants = demo_graph.table("Plant").select("id", "name").rows()
    text = f"{first} UNION ALL {second}".replace(":P)", ":Plant)").format("coalesce(p.id)")
    assert sorted(demo_graph.cypher(text).rows()) == sorted([(i, i) for i, _ in plants] + plants)


ALIKE = (
    "MATCH (a:Plant)-[:SUPPLIES]->(b)-[:SUPPLIES]->(c) RETURN count(*)",
    "MATCH (o:Operation)-[:PLANT]->(p)<-[:PLANT]-(r:Representation) RETURN count(*)",
    "MATCH (r:Representation)-[:PLANT]->(p) MATCH (p)<-[:PLANT]-(s:Representation) RETURN count(*)",
    "MATCH (p:Plant) WHERE NOT (p)<-[:REPRESENTS]-(:Union) RETURN count(*)",
    "MATCH (p:Plant) WHERE NOT EXISTS { MATCH (p)<-[:REPRESENTS]-(:Union) } RETURN count(*)",
    "MATCH (p:Plant) RETURN p.name ORDER BY p.name SKIP 1 LIMIT 2;",
    "UNWIND [1, -1] AS x RETURN CASE WHEN x > 0 THEN [x] ELSE [] END AS l, size([x]), toString(x)",
    "RETURN split('a,b', ',') AS l, toLower('A'), left('abc', 2), 'abc' =~ 'a.*' AS m, toInteger('3') AS n",
    "MATCH (p:Plant) WITH p.country AS c, collect(p.name) AS names WHERE size(names) > 1 RETURN c, names",
    "MATCH (p:Plant) RETURN p.id AS id UNION MATCH (u:Union) RETURN u.id AS id",
    "MATCH (p:Plant) RETURN p.id AS a, coalesce(p.id) AS b, '' AS c UNION RETURN '' AS a, '' AS b, '' AS c",
    "MATCH (p:Plant) WHERE p.id STARTS WITH 'A' RETURN p.id AS a, p.name AS b UNION RETURN 'x' AS a, '' AS b",
    "MATCH (p:Plant) RETURN p.id AS a, p.id AS b",
    "MATCH (p:Plant)-[r:SUPPLIES {derived: true}]->(q) RETURN r.relation, {a: p.id} AS m",
    "OPTIONAL MATCH (p:Plant {id: 'x'}) RETURN p.name, coalesce(p.name, '?') AS n",
)


@pytest.mark.parametrize("text", ALIKE)
def test_what_means_the_same_is_answered(folder: Path, text: str) -> None:
    assert query(folder, text).frame.height


# Mistakes and limits.

MISTAKES = (
    ("MATCH (p:Plant)\nRETURN p.nam", "line 2, column 10", "name"),
    ("MATCH (p:Plant)\n WHERE q.name = 'x' RETURN p.name", "line 2, column 8", "p"),
    ("MATCH (p:Plant) WHERE p.name = 'x' ANDD true\nRETURN p.id", "line 1, column 36", "before this place"),
    ("MATCH (p:Plant RETURN p.id", "line 1", ""),
    ("MATCH (p:Plant)) RETURN p.id", "line 1, column 16", "brackets"),
    ("MATCH (p:Plant) RETURN 'abc", "line 1, column 24", "quote"),
    ("MATCH (p:Plant) RETURN lowercase(p.id)", "line 1, column 24", "docs/how-to/cypher.md"),
    ("MATCH (p:Plant) RETURN p.id + $x", "line 1, column 31", "-p x=VALUE"),
    ("MATCH (p:Plant)", "returns nothing", "RETURN"),
)


@pytest.mark.parametrize(("text", "where", "hint"), MISTAKES)
def test_a_mistake_names_its_place(folder: Path, text: str, where: str, hint: str) -> None:
    with pytest.raises(WrongUseError) as caught:
        query(folder, text)
    assert where in str(caught.value)
    assert hint in caught.value.hint


def test_a_parameter_that_is_not_used_is_a_mistake(folder: Path) -> None:
    with pytest.raises(WrongUseError) as caught:
        query(folder, "MATCH (p:Plant {id: $plant}) RETURN p.id", {"plant": "x", "plnt": "y"})
    assert "$plnt" in str(caught.value)
    assert "plant" in caught.value.hint


def test_a_runaway_query_is_stopped_in_time(folder: Path) -> None:
    runaway = "MATCH (a), (b), (c) WHERE a.id + b.id = c.id + a.id + 'x' RETURN count(*)"
    started = time.monotonic()
    with pytest.raises(TrinationalError, match="stopped after 1 seconds"):
        query(folder, runaway, timeout=1)
    assert time.monotonic() - started < 6
    assert _rows(folder, "RETURN 1") == [(1,)]


def test_ten_million_rows_do_no_harm(folder: Path) -> None:
    for text in (
        "UNWIND range(1, 10000000) AS x RETURN x, x + 1",
        "UNWIND range(1, 10000000) AS x RETURN x, toString(x) AS t LIMIT 10000000",
        "UNWIND range(1, 10000000) AS x RETURN x UNION ALL UNWIND range(1, 10) AS x RETURN x",
    ):
        with pytest.raises(TrinationalError) as caught:
            query(folder, text, timeout=60)
        assert "200,000 rows" in str(caught.value) or "memory" in str(caught.value)
    assert query(folder, "UNWIND range(1, 10000000) AS x RETURN x", limit=5).truncated
    own = psutil.Process().memory_info().rss
    assert own < 3 * 2**30


def test_memory_has_a_limit(folder: Path) -> None:
    with pytest.raises(TrinationalError, match="memory"):
        query(folder, "UNWIND range(1, 200000000) AS x WITH collect(x) AS l RETURN size(l)", timeout=120)
    assert all(psutil.Process(idle.process.pid).memory_info().rss < 5 * 2**30 for idle in worker._idle)
    assert _rows(folder, "RETURN 1") == [(1,)]


def test_a_killed_worker_is_started_again(folder: Path) -> None:
    assert _rows(folder, "RETURN 1") == [(1,)]
    for idle in worker._idle:
        idle.process.kill()
        idle.process.wait()
    assert _rows(folder, "RETURN 2") == [(2,)]


def test_limit_cuts_and_says_so(folder: Path) -> None:
    cut = query(folder, "MATCH (p:Plant) RETURN p.id", limit=3)
    assert (cut.frame.height, cut.truncated) == (3, True)
    whole = query(folder, "MATCH (p:Plant) RETURN count(*)", limit=3)
    assert not whole.truncated
    assert query(folder, "MATCH (p:Plant) RETURN p.id", limit=0).frame.columns == ["p.id"]


# The command and Python.


def test_the_command_answers(demo_home: Home) -> None:
    text = "MATCH (p:Plant {id: $id}) RETURN p.name, p.opened_min AS month"
    arguments = ["cypher", text, "-p", f"id={SILAO}", "--format", "json", "--home", str(demo_home.path)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)[0].keys() == {"p.name", "month"}


def test_a_query_may_stand_in_a_file(demo_home: Home, tmp_path: Path) -> None:
    path = tmp_path / "my question.cypher"
    path.write_text("MATCH (u:Union)\nRETURN u.nam", encoding="utf-8")
    done = CliRunner().invoke(app, ["cypher", str(path), "--home", str(demo_home.path)])
    assert isinstance(done.exception, WrongUseError)
    assert "my question.cypher, line 2, column 10" in str(done.exception)


def test_python_gets_a_frame(demo_graph: LaborGraph) -> None:
    frame = demo_graph.cypher("MATCH (p:Plant {country: $c}) RETURN p.id AS id ORDER BY id", c="MX")
    wanted = demo_graph.table("Plant").filter(country="MX").select("id").sort("id")
    assert frame["id"].to_list() == wanted["id"].to_list()


def test_cypher_and_sparql_answer_alike(demo_graph: LaborGraph) -> None:
    ours = demo_graph.cypher("MATCH (c)-[:OPERATES]->(p:Plant) RETURN DISTINCT c.id AS c, p.id AS p")
    theirs = demo_graph.sparql("SELECT DISTINCT ?c ?p { ?c :operates ?p }").frame()
    assert ours.height
    assert sorted(ours.rows()) == sorted(theirs.rows())
