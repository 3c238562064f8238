from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from io import BytesIO

import networkx as nx
import polars as pl
import pytest
from picture_tables import EVIL, tables

from graph.labor_graph import LaborGraph
from graph.network import as_text, neighbourhood, result
from ontology import TrinationalError, WrongUseError, schema

SCAN, SAID = tables()


def edges(graph: nx.MultiDiGraph) -> set[tuple[str, str, str]]:
    return {(tail, data["name"], head) for tail, head, data in graph.edges(data=True)}


def test_relations_become_edges_between_their_roles():
    found = edges(neighbourhood(SCAN, SAID, ["plant:carrier-indianapolis"]))
    assert ("corp:carrier", "OPERATES", "plant:carrier-indianapolis") in found
    assert ("union:usw", "REPRESENTS", "plant:carrier-indianapolis") in found
    assert ("plant:carrier-indianapolis", "SHIFT", "plant:carrier-monterrey") in found


def test_a_claim_without_a_plant_goes_to_a_place():
    graph = neighbourhood(SCAN, SAID, ["plant:carrier-indianapolis"])
    assert graph.nodes["place|MX|San Luis Potosi"]["kind"] == "Place"
    assert graph.nodes["place|MX|San Luis Potosi"]["country"] == "MX"


def test_a_tie_of_two_is_an_edge_and_is_reached_through_the_plant_it_concerns():
    graph = neighbourhood(SCAN, SAID, ["plant:gm-silao"])
    data = graph.edges["union:unifor", "union:sinttia", "curated/Tie|1"]
    assert (data["tie_kind"], data["role"], data["since"]) == ("strike_support", "beneficiary", "2022")


def test_a_tie_of_three_is_a_node():
    graph = neighbourhood(SCAN, SAID, ["union:usw"])
    assert graph.nodes["curated/Tie|4"]["kind"] == "Tie"
    assert {tail for tail, _ in graph.in_edges("curated/Tie|4")} == {
        "union:usw",
        "union:unifor",
        "union:sinttia",
    }
    assert not graph.has_edge("union:usw", "union:unifor")


def test_retracted_and_restricted_statements_stay_out():
    graph = neighbourhood(SCAN, SAID, ["union:usw"])
    keys = {key for _, _, key in graph.edges(keys=True)}
    assert not keys & {"curated/Tie|2", "curated/Tie|3"}
    assert "plant:hidden" not in graph
    shown = neighbourhood(SCAN, SAID, ["union:usw"], restricted=True)
    assert "plant:hidden" in shown
    assert "curated/Tie|3" in {key for _, _, key in shown.edges(keys=True)}
    assert "curated/Tie|2" not in {key for _, _, key in shown.edges(keys=True)}


def test_a_restricted_thing_is_unknown_to_who_may_not_see_it():
    with pytest.raises(TrinationalError, match="plant:hidden"):
        neighbourhood(SCAN, SAID, ["plant:hidden"])


def test_hops_count_and_do_not_lead_through_products():
    near = neighbourhood(
        SCAN, SAID, ["corp:carrier"], relations=["Operation", "Making", "ShiftClaim"], hops=4
    )
    assert near.nodes["plant:carrier-indianapolis"]["hop"] == 1
    assert near.nodes["product:furnaces"]["hop"] == 2
    assert "plant:evil" not in near
    wide = neighbourhood(SCAN, SAID, ["product:furnaces"], relations=["Supply"])
    assert edges(wide) == {("plant:evil", "SUPPLIES", "plant:gm-silao")}


def test_evidence_and_facts_travel_with_the_graph():
    graph = neighbourhood(SCAN, SAID, ["plant:gm-silao"])
    facts = json.loads(graph.nodes["plant:gm-silao"]["facts"])
    assert [(f["kind"], f["value"], f["as_of"]) for f in facts] == [("Count", 6500.0, "2021")]
    evidence = json.loads(
        graph.edges["union:sinttia", "plant:gm-silao", "curated/Representation|2"]["evidence"]
    )
    assert evidence[0]["url"] == "https://example.org/representation/2"
    assert evidence[0]["locator"] == "representation.csv#2"
    assert graph.nodes["plant:gm-silao"]["representation"] == "represented"
    assert graph.nodes["plant:evil"]["representation"] == "contested"


def read_back(form: str, graph: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """The graph after networkx has written and read it, without what the format adds."""
    if form == "node-link":
        return nx.node_link_graph(json.loads(json.dumps(nx.node_link_data(graph))))
    file = BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        getattr(nx, f"write_{form}")(graph, file)
    assert EVIL.encode() not in file.getvalue() or form in ("gml", "pajek")
    file.seek(0)
    found = getattr(nx, f"read_{form}")(file)
    added = {"gexf": ["label"], "pajek": ["id", "x", "y", "shape"]}.get(form, [])
    for _, data in found.nodes(data=True):
        assert [data.pop(name, "") for name in added].count("") == 0
    for *_, data in found.edges(data=True):
        data.pop("weight" if form == "pajek" else "id", None)
    return found


def flat(graph: nx.MultiDiGraph) -> tuple[dict[str, dict], list]:
    lines = ((tail, head, sorted(data.items())) for tail, head, data in graph.edges(data=True))
    return dict(graph.nodes(data=True)), sorted(lines, key=repr)


@pytest.mark.parametrize("form", ["gexf", "graphml", "gml", "node-link", "pajek"])
@pytest.mark.parametrize("which", ["around", "demo"])
def test_every_networkx_format_gives_back_what_was_written(
    form: str, which: str, demo_graph: LaborGraph
) -> None:
    if which == "around":
        graph = neighbourhood(SCAN, SAID, ["union:usw", "plant:gm-silao"], hops=3, restricted=True)
    else:
        graph = demo_graph.networkx()
    wanted = as_text(graph) if form == "pajek" else graph
    found = read_back(form, wanted)
    assert found.is_directed()
    assert flat(found) == flat(wanted)
    assert {type(value) for _, data in graph.nodes(data=True) for value in data.values()} >= {str, int}
    if form in ("graphml", "gml", "node-link") and found.is_multigraph():
        assert sorted(found.edges(keys=True)) == sorted(graph.edges(keys=True))


def test_text_for_pajek_holds_no_sign_that_ends_a_text() -> None:
    graph = nx.MultiDiGraph()
    graph.add_edge("plant:o'neill", 'a "b"', "x/1", note='C:\\x\t"y"\n', jobs=3)
    graph.nodes["plant:o'neill"]["name"] = "O'Neill"
    found = read_back("pajek", as_text(graph))
    assert flat(found) == flat(as_text(graph))
    assert [(*ends, data) for *ends, data in found.edges(data=True)] == [
        ("plant:o’neill", "a ”b”", {"note": "C:/x ”y” ", "jobs": "3"})
    ]


def test_a_scope_is_all_edges_and_their_ends():
    graph = neighbourhood(SCAN, SAID, [], relations=["Representation", "Tie"])
    assert {data["name"] for *_, data in graph.edges(data=True)} == {"REPRESENTS", "TIE", "PARTY"}
    assert ("union:unifor", "REPRESENTS", "plant:evil") in edges(graph)
    assert not [node for node in graph if graph.degree(node) == 0]
    assert "corp:carrier" not in graph


def test_a_country_keeps_what_crosses_its_border():
    mexican = neighbourhood(SCAN, SAID, [], country="MX")
    found = edges(mexican)
    assert ("plant:carrier-indianapolis", "SHIFT", "plant:carrier-monterrey") in found
    assert ("plant:carrier-indianapolis", "SHIFT", "place|MX|San Luis Potosi") in found
    assert ("union:usw", "REPRESENTS", "plant:carrier-indianapolis") not in found
    assert {tail for tail, _ in mexican.in_edges("curated/Tie|4")} == {
        "union:usw",
        "union:unifor",
        "union:sinttia",
    }
    both = edges(neighbourhood(SCAN, SAID, [], country=["MX", "US"]))
    assert found < both
    near = neighbourhood(SCAN, SAID, ["plant:carrier-indianapolis"], country="MX")
    assert set(near) == {"plant:carrier-indianapolis", "plant:carrier-monterrey", "place|MX|San Luis Potosi"}


def dated(**rows: list[dict]) -> Callable[..., set[tuple[str, str, str]]]:
    """Edges at a date, of a graph whose relations and things are given with months."""

    def scan(kind: str) -> pl.LazyFrame:
        columns = schema(kind, "graph")
        return pl.LazyFrame([dict.fromkeys(columns) | row for row in rows.get(kind, [])], columns)

    def said(kind: str) -> pl.LazyFrame:
        return pl.LazyFrame(schema={"id": pl.String(), "record_id": pl.String(), **schema(kind)})

    return lambda at: edges(neighbourhood(scan, said, [], at=at))


def test_a_date_keeps_what_may_have_held_then():
    month = 2015 * 12 + 5
    at = dated(
        Plant=[{"id": "plant:a", "closed_max": month}, {"id": "plant:b", "opened_min": month}],
        Union=[{"id": "union:u"}],
        Corporation=[{"id": "corp:c"}],
        Representation=[
            {"id": "r/1", "union": "union:u", "plant": "plant:a", "status": "stated", "since_min": month - 6},
            {"id": "r/2", "union": "union:u", "plant": "plant:b", "status": "stated"},
        ],
        Operation=[
            {
                "id": "o/1",
                "operator": "corp:c",
                "plant": "plant:a",
                "status": "stated",
                "until_max": month - 1,
            }
        ],
        ShiftClaim=[
            {
                "id": "s/1",
                "origin": "plant:a",
                "destination": "plant:b",
                "status": "stated",
                "announced_min": month,
            }
        ],
    )
    old, new = ("union:u", "REPRESENTS", "plant:a"), ("union:u", "REPRESENTS", "plant:b")
    operated, moved = ("corp:c", "OPERATES", "plant:a"), ("plant:a", "SHIFT", "plant:b")
    assert at("2014-11") == {operated}
    assert at("2014-12") == at("2015-05") == {operated, old}
    assert at("2015-06") == {old, new, moved}
    assert at("2015") == {operated, old, new, moved}
    assert at("2016") == {new}


def test_the_scope_of_a_built_graph(demo_graph: LaborGraph) -> None:
    ties = demo_graph.networkx(relations=["Tie"], country="CA")
    table = demo_graph.table("Tie").filter(pl.col("status") != "retracted")
    keys = {key for *_, key in ties.edges(keys=True)} | set(ties)
    assert 0 < len(keys & set(table["id"])) < table.height
    assert {data["kind"] for *_, data in ties.edges(data=True)} <= {"Tie", "Party"}
    assert set(demo_graph.networkx("GM Silao Complex")) == set(demo_graph.networkx("plant:gm-silao"))
    early = demo_graph.networkx(relations=["Ownership", "Operation"], at="1995")
    assert (
        0
        < early.number_of_edges()
        < demo_graph.networkx(relations=["Ownership", "Operation"]).number_of_edges()
    )


def test_result_of_an_analysis():
    rows = pl.DataFrame(
        {
            "origin": [{"id": "plant:carrier-indianapolis", "name": "Carrier Indianapolis"}] * 2,
            "origin_country": ["US", "US"],
            "destination": [{"id": "plant:carrier-monterrey", "name": "x"}, {"id": None, "name": "Mexico"}],
            "destination_country": ["MX", "MX"],
            "band": ["documented", "pattern"],
            "score": [0.95, 0.4],
            "evidence": [
                [{"source": "curated@x", "locator": "a.csv#1", "url": "https://example.org/shiftclaim/1"}],
                None,
            ],
        }
    )
    graph = result(
        SCAN, SAID, rows, tail="origin", head="destination", name="SHIFT", around=["Representation"]
    )
    assert edges(graph) == {
        ("plant:carrier-indianapolis", "SHIFT", "plant:carrier-monterrey"),
        ("plant:carrier-indianapolis", "SHIFT", "place|MX|Mexico"),
        ("union:usw", "REPRESENTS", "plant:carrier-indianapolis"),
    }
    move = next(d for _, head, d in graph.edges(data=True) if head == "plant:carrier-monterrey")
    page = json.loads(move["evidence"])[0]
    assert (move["band"], move["score"]) == ("documented", 0.95)
    assert (page["locator"], page["page_title"], page["retrieved"]) == ("a.csv#1", "Page 1", "2026-11-22")


def test_unknown_ids_and_kinds_are_named():
    with pytest.raises(TrinationalError, match="plant:nowhere"):
        neighbourhood(SCAN, SAID, ["plant:nowhere"])
    with pytest.raises(TrinationalError, match="Supplies"):
        neighbourhood(SCAN, SAID, ["plant:gm-silao"], relations=["Supplies"])
    with pytest.raises(WrongUseError, match="no list of ids"):
        neighbourhood(SCAN, SAID, "plant:gm-silao")
    with pytest.raises(WrongUseError, match="no country: 'mx'"):
        neighbourhood(SCAN, SAID, [], country="mx")
    with pytest.raises(WrongUseError, match="no date: 'May'"):
        neighbourhood(SCAN, SAID, [], at="May")


def test_a_pair_without_a_tie_is_a_gap():
    rows = pl.DataFrame(
        {
            "union_a": [{"id": "union:usw", "name": "USW"}, {"id": "union:unifor", "name": "Unifor"}],
            "union_b": [{"id": "union:sinttia", "name": "SINTTIA"}] * 2,
            "country_a": ["US", "CA"],
            "country_b": ["MX", "MX"],
            "sectors": [["naics-2022:3361"], ["naics-2022:3363"]],
            "tie": ["none_found", "recorded"],
        }
    )
    graph = result(SCAN, SAID, rows, tail="union_a", head="union_b", name="SHARED_SECTORS")
    assert edges(graph) == {
        ("union:usw", "GAP", "union:sinttia"),
        ("union:unifor", "SHARED_SECTORS", "union:sinttia"),
    }
    assert next(iter(graph.edges(data="sectors")))[2].startswith("naics-2022:")
