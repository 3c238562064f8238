"""Queries are answered as the engine answers them, stopped in time, and never change or reach anything."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import time
from pathlib import Path

import psutil
import pyoxigraph as ox
import pytest
import rdflib

from graph import rdf, worker
from graph.home import Home
from graph.sparql import check, query, value
from ontology import TrinationalError, WrongUseError

PROLOGUE = "PREFIX e: <http://e/> "
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?c != ?f) }"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five hundred numbered things, each with a link and a number; the first also in a named graph."""
    folder = tmp_path_factory.mktemp("sparql") / "store"
    lines = []
    for n in range(500):
        lines.append(f"<http://e/s{n}> <http://e/p> <http://e/o{n}> .")
        lines.append(f'<http://e/s{n}> <http://e/q> "{n}"^^<http://www.w3.org/2001/XMLSchema#integer> .')
    lines += [
        "<http://e/s0> <http://e/p> <http://e/o0> <http://e/g> .",
        '<http://e/s0> <http://e/name> "Planta \\"Sur\\", camión"@es .',
        '<http://e/s0> <http://e/country> "MX" .',
        "<http://e/s0> <http://e/is> <https://w3id.org/trinational/id/plant:gm-silao> .",
    ]
    target = ox.Store(str(folder))
    target.bulk_load("\n".join(lines), format=ox.RdfFormat.N_QUADS)
    target.flush()
    return folder


def test_a_select_has_rows_in_every_form(store: Path) -> None:
    found = query(store, PROLOGUE + "SELECT ?name ?n ?is ?none { e:s0 e:name ?name ; e:q ?n ; e:is ?is }")
    assert found.table() == [{"name": 'Planta "Sur", camión', "n": 0, "is": "plant:gm-silao", "none": None}]
    assert found.frame().row(0) == ('Planta "Sur", camión', 0, "plant:gm-silao", None)
    binding = found.json()["results"]["bindings"][0]
    assert binding["name"] == {"type": "literal", "value": 'Planta "Sur", camión', "xml:lang": "es"}
    assert "none" not in binding
    assert (
        list(csv.reader(io.StringIO(found.csv())))[1][2] == "https://w3id.org/trinational/id/plant:gm-silao"
    )
    assert "camión" in found._repr_html_()


def test_json_is_the_w3c_results_object(store: Path) -> None:
    text = json.dumps(query(store, PROLOGUE + "SELECT ?s ?n { ?s e:q ?n } ORDER BY ?n LIMIT 3").json())
    parsed = rdflib.query.Result.parse(io.BytesIO(text.encode()), format="json")
    assert [int(row.n) for row in parsed] == [0, 1, 2]


def test_ask_construct_describe(store: Path) -> None:
    assert query(store, PROLOGUE + "ASK { e:s1 e:p e:o1 }").json() == {"head": {}, "boolean": True}
    assert query(store, PROLOGUE + "ASK { e:s1 e:p e:o2 }").csv() == "answer\r\nfalse\r\n"
    made = query(store, PROLOGUE + "CONSTRUCT { ?s e:r ?o } { ?s e:p ?o FILTER(?o IN (e:o1, e:o2)) }")
    assert len(rdflib.Graph().parse(data=made.turtle(), format="turtle")) == 2
    assert query(store, "DESCRIBE <http://e/s7>").turtle().count("http://e/s7") == 1
    with pytest.raises(WrongUseError, match="not a json"):
        made.json()
    with pytest.raises(WrongUseError, match="only CONSTRUCT and DESCRIBE"):
        query(store, "ASK {}").turtle()


def test_a_limit_is_said_and_too_much_is_an_error(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = query(store, "SELECT ?s { ?s ?p ?o }", limit=600)
    assert len(found.rows) == 600
    assert found.truncated
    assert not query(store, PROLOGUE + "SELECT ?s { ?s e:p ?o }", limit=500).truncated
    monkeypatch.setattr("graph.sparql.MAX_ROWS", 100)
    with pytest.raises(TrinationalError, match="more than 100 rows"):
        query(store, "SELECT ?s { ?s ?p ?o }")


def test_a_runaway_query_is_stopped(store: Path) -> None:
    started = time.monotonic()
    with pytest.raises(TrinationalError, match="stopped after 1 seconds"):
        query(store, CROSS, timeout=1)
    assert time.monotonic() - started < 3
    assert {idle.process.pid for idle in worker._idle}.issuperset(_processes())


def _processes() -> set[int]:
    children = psutil.Process().children()
    return {child.pid for child in children if "sparql_worker" in " ".join(child.cmdline())}


def test_a_process_stays_for_the_next_query_unless_it_took_much_memory(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.sparql._MEMORY", 600 * 2**20)
    large = bytearray(os.urandom(1)) * (300 * 2**20)  # what the caller holds is not what a query took
    query(store, "ASK {}")
    before = _processes()
    query(store, "SELECT ?s { ?s ?p ?o } LIMIT 3")
    with pytest.raises(WrongUseError, match="syntax"):
        query(store, "SELECT ?s {")
    assert _processes() == before
    distinct = "SELECT DISTINCT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } LIMIT 300000"
    assert query(store, f"SELECT (COUNT(*) AS ?n) {{ {distinct} }}").table() == [{"n": 300000}]
    assert _processes() < before
    assert large


def test_a_query_that_needs_too_much_memory_is_stopped(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.sparql._MEMORY", 200 * 2**20)
    with pytest.raises(TrinationalError, match="memory"):
        query(store, "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i", timeout=120)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { <a:b> <a:b> <a:b> }",
        "PREFIX e: <http://e/> DELETE WHERE { ?s ?p ?o }",
        "LOAD <http://e/>",
        "# note\nCLEAR ALL",
        "drop graph <http://e/g>",
        "WITH <http://e/g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_updates_are_refused(store: Path, text: str) -> None:
    with pytest.raises(WrongUseError, match="updates are refused"):
        query(store, text)
    assert query(store, "SELECT ?s { ?s ?p ?o }").rows


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { service silent ?x { ?s ?p ?o } }",
        "SELECT * {{SERVICEe:x{?s ?p ?o}}}",
        "SELECT * { ?s ?p trueSERVICE:x{ ?s ?p ?o } }",
        "SELECT * { ?s ?p 1SERVICE<http://x/>{ ?s ?p ?o } }",
        "SELECT * { ?s ?p :o.SERVICE<http://x/>{ ?s ?p ?o } }",
        "SELECT * { SERV\\u0049CE <http://x/> { ?s ?p ?o } }",
        "SELECT * { FILTER(?a<?b#>'''\n) SERVICE <http://x/> { ?s ?p ?o } #'''\n }",
        "SELECT * { FILTER(?a<?b#>\n) SERVICE <http://x/> { ?s ?p ?o } }",
        "SELECT * { FILTER(?a<?b)SERVICE#>\n<http://x/> { ?s ?p ?o } }",
        "SELECT * { FILTER(?a<'''>''') SERVICE <http://x/> { ?s ?p ?o } #'''\n }",
        "SELECT * { ?s ?p '\\u0027' SERVICE <http://x/> { ?s ?p ?o } }",
    ],
)
def test_service_is_refused_however_it_is_written(text: str) -> None:
    with pytest.raises(WrongUseError, match="SERVICE is refused"):
        check(text, {})


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p 'SERVICE <x> {}' }",
        "SELECT * { ?s :none ?service # SERVICE\n }",
        'SELECT * { ?s :service """a \'SERVICE\' b""" }',
        "SELECT * { ?s <http://e/service#x> ?o }",
    ],
)
def test_the_word_service_may_stand_in_names_strings_and_comments(store: Path, text: str) -> None:
    assert query(store, text).rows == ()


def test_a_syntax_error_says_where(store: Path) -> None:
    with pytest.raises(WrongUseError, match=r"q.rq, line 3, column 10, near 'GROUPP BY"):
        query(store, "SELECT ?s {\n ?s ?p ?o }\n  GROUPP BY ?s", name="q.rq")
    with pytest.raises(WrongUseError, match="line 2: prefix of 'foo:a' is not declared") as caught:
        query(store, "SELECT * {\n foo:a ?p ?o }")
    assert "term:" in caught.value.hint
    with pytest.raises(WrongUseError, match="unbound") as caught:
        query(store, "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert "GROUP BY" in caught.value.hint
    with pytest.raises(WrongUseError, match="line 1"):
        query(store, "")


def test_a_damaged_store_is_an_error_not_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(TrinationalError, match="query"):
        query(tmp_path / "none", "ASK {}")


BOUND = {
    "pattern": "SELECT ?s ?o { ?s e:p ?o }",
    "filter": "SELECT ?s ?x { ?x e:p ?o FILTER(?x = ?s) }",
    "sub": "SELECT ?s ?o { { SELECT ?s ?o { ?s e:p ?o } } }",
    "aggregate": "SELECT ?s (COUNT(?o) AS ?n) { ?s e:p ?o } GROUP BY ?s",
    "sub aggregate": "SELECT ?s ?n { { SELECT ?s (COUNT(?o) AS ?n) { ?s e:p ?o } GROUP BY ?s } }",
    "sub star": "SELECT ?s ?o { { SELECT * { ?s e:p ?o } } }",
    "star": "SELECT * { ?s e:p ?o }",
    "optional": "SELECT ?s ?x { ?x e:p e:o1 OPTIONAL { ?s e:p ?o } }",
    "exists": "SELECT ?s ?x { ?x e:p e:o1 FILTER EXISTS { ?s e:p ?x2 } }",
    "union": "SELECT ?s ?o { { ?s e:p ?o } UNION { ?s e:none ?o } }",
    "bind": "SELECT ?s ?b { ?s e:p ?o BIND(STR(?s) AS ?b) }",
    "select expression": "SELECT ?s (STR(?s) AS ?b) { ?s e:p ?o }",
    "sub sub": "SELECT ?s ?x { { SELECT ?s ?x { { SELECT ?s ?x { ?x e:p ?o FILTER(?x = ?s) } } } } }",
    "values": "SELECT ?s ?o { VALUES ?s { e:s1 e:s2 } ?s e:p ?o }",
}
UNBOUND = {
    "not projected": "SELECT ?o { ?s e:p ?o }",
    "only in a sub-select": "SELECT ?s ?o { { SELECT ?o { ?s e:p ?o } } }",
    "one of two sub-selects": "SELECT ?s ?o { { SELECT ?s { ?s e:p ?x } } { SELECT ?o { ?s e:p ?o } } }",
    "middle does not project": "SELECT ?s ?o { { SELECT ?o { { SELECT ?s ?o { ?s e:p ?o } } } } }",
    "aggregate": "SELECT ?n { { SELECT (COUNT(*) AS ?n) { ?s e:p ?o } } }",
    "star with a filter only": "SELECT ?s ?x { { SELECT * { ?x e:p ?o FILTER(?x = ?s) } } }",
    "minus": "SELECT ?s ?x { ?x e:p ?o MINUS { SELECT ?o { ?s e:p ?o } } }",
    "exists": "SELECT ?s ?x { ?x e:p ?o FILTER EXISTS { SELECT ?o { ?s e:p ?o } } }",
    "lateral": "SELECT ?s ?c { ?x e:p ?n LATERAL { SELECT ?c { ?s e:p ?c } } }",
    "construct with a filter only": "CONSTRUCT { ?s e:y ?o } { ?x e:p ?o FILTER(?x = ?s) }",
    "ask with a filter only": "ASK { ?x e:p ?o FILTER(?x = ?s) }",
    "describe another": "DESCRIBE ?o { ?s e:p ?o }",
    "renamed": "SELECT ?s ?b { ?x e:p ?o BIND(?s AS ?b) }",
    "bound": "SELECT ?s ?x { ?x e:p ?o FILTER(BOUND(?s)) }",
}


@pytest.mark.parametrize("text", BOUND.values(), ids=list(BOUND))
def test_a_parameter_is_bound_wherever_it_stands(store: Path, text: str) -> None:
    free = query(store, PROLOGUE + text)
    one = query(store, PROLOGUE + text, {"s": "<http://e/s1>"})
    assert {row["s"] for row in one.table()} == {"http://e/s1"}
    if "x" in one.variables and "FILTER(?x" in text:
        assert [row["x"] for row in one.table()] == ["http://e/s1"]
    assert len(one.rows) == 1
    assert len(free.rows) != 1 or "e:o1" in text
    none = query(store, PROLOGUE + text, {"s": "<http://e/nothing>"})
    assert not [row for row in none.table() if row.get("o") or row.get("n")]


@pytest.mark.parametrize("text", UNBOUND.values(), ids=list(UNBOUND))
def test_a_parameter_that_would_not_be_bound_is_refused(store: Path, text: str) -> None:
    with pytest.raises(WrongUseError, match=r"would not be bound|does not see"):
        query(store, PROLOGUE + text, {"s": "<http://e/s1>"})


def test_parameters_in_ask_construct_and_describe(store: Path) -> None:
    one = {"s": "<http://e/s1>"}
    assert query(store, PROLOGUE + "ASK { ?s e:p e:o1 }", one).boolean is True
    assert query(store, PROLOGUE + "ASK { ?s e:p e:o2 }", one).boolean is False
    made = query(store, PROLOGUE + "CONSTRUCT { e:x e:y ?o } { ?s e:p ?o }", one).turtle()
    assert "http://e/o1" in made
    assert "http://e/o2" not in made
    assert "http://e/o1" in query(store, "DESCRIBE ?s", one).turtle()


def test_an_unknown_parameter_names_the_variables_of_the_query(store: Path) -> None:
    with pytest.raises(WrongUseError, match=r"no variable \?plnat") as caught:
        query(store, "SELECT ?plant { ?plant ?p ?o }", {"plnat": "MX"})
    assert "plant" in caught.value.hint


def test_values_reach_the_query_as_typed_terms(store: Path) -> None:
    assert query(store, PROLOGUE + "SELECT ?s ?c { ?s e:country ?c }", {"c": "MX"}).rows
    assert query(store, PROLOGUE + "SELECT ?s ?n { ?s e:q ?n }", {"n": 7}).table()[0]["s"] == "http://e/s7"
    assert query(store, PROLOGUE + "SELECT ?s ?x { ?s e:is ?x }", {"x": "plant:gm-silao"}).rows
    hostile = 'x" } INSERT DATA { <a:b> <a:b> <a:b> } #'
    assert query(store, PROLOGUE + "SELECT ?s ?c { ?s e:country ?c }", {"c": json.dumps(hostile)}).rows == ()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("curated/Making|plant:a|product:camión", ("uri", "https://w3id.org/trinational/id/curated%2FMaking%7Cplant:a%7Cproduct:cami%C3%B3n")),
        ("term:status/stated", ("uri", "https://w3id.org/trinational/term/status/stated")),
        ("source:us_warn@2026-08-08", ("uri", "https://w3id.org/trinational/source/us_warn@2026-08-08")),
        (":Plant", ("uri", "https://w3id.org/trinational/ontology#Plant")),
        ("org:fat", ("uri", "https://w3id.org/trinational/id/org:fat")),
        ("<http://e/x>", ("uri", "http://e/x")),
        ('"a\\"b"', ("literal", 'a"b')),
        (True, ("literal", "true")),
        ("0.5", ("literal", "0.5")),
    ],
)  # fmt: skip
def test_forms_of_values(given: str, expected: tuple[str, str]) -> None:
    found = value(given)
    assert (found["type"], found["value"]) == expected


@pytest.mark.parametrize("given", ["plnt:gm-silao", "https://e/x", "a b: c"])
def test_a_value_with_an_unknown_prefix_is_refused(given: str) -> None:
    with pytest.raises(WrongUseError, match="no authority or prefix"):
        value(given)


def test_typed_text() -> None:
    assert value('"2019-05"^^edtf:EDTF-level0')["datatype"] == "http://id.loc.gov/datatypes/edtf/EDTF-level0"
    assert value('"hola"@es') == {"type": "literal", "value": "hola", "xml:lang": "es"}


PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "sparql.md"
EXAMPLES = re.findall(
    r"(?:--param (\w+)=([^`]+)`\)[^\n]*\n\n)?```sparql\n(.*?)```", PAGE.read_text(), re.DOTALL
)


@pytest.mark.parametrize(("name", "given", "text"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_examples_of_the_page_have_answers(demo_home: Home, name: str, given: str, text: str) -> None:
    found = query(rdf.store(demo_home.graph), text, {name: given} if name else {})
    assert found.table()
    assert all(any(row[column] is not None for row in found.table()) for column in found.variables)


def test_the_page_has_examples_with_and_without_parameters() -> None:
    assert len(EXAMPLES) >= 7
    assert sum(bool(name) for name, _, _ in EXAMPLES) >= 3
