from __future__ import annotations

import json
from io import BytesIO

import networkx as nx
import polars as pl
import pytest
from picture_tables import EVIL, tables

from graph.network import neighbourhood, result
from ontology import TrinationalError

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


@pytest.mark.parametrize("write", [nx.write_gexf, nx.write_graphml, nx.write_gml, nx.write_graphml_xml])
def test_every_networkx_writer_takes_it(write):
    graph = neighbourhood(SCAN, SAID, ["union:usw", "plant:gm-silao"], hops=3, restricted=True)
    file = BytesIO()
    write(graph, file)
    assert EVIL.encode() not in file.getvalue() or write is nx.write_gml


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
    with pytest.raises(TrinationalError, match="no ids"):
        neighbourhood(SCAN, SAID, [])


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
