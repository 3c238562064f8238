"""One event told several times: what joins, what is related, what stays open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from small_tables import Rows, small_tables

from graph.analysis import production_shifts
from graph.cli.graphs import told_often
from graph.identity.events import COLUMNS, match_events, tally
from graph.identity.queue import matches
from graph.labor_graph import LaborGraph

RECORD = {
    "source": "a@1",
    "event_type": "strike",
    "date": "2021-03-15",
    "date_end": None,
    "announced": None,
    "workers": None,
    "place": "Buffalo",
    "subdivision": "US-NY",
    "note": None,
}
CLOSURE = {"event_type": "closure", "date": "2021-03-15", "plant": "p:x", "union": None}


def matched(*records: dict[str, Any], **more: Any) -> pl.DataFrame:
    """Pairs of records r0, r1, ...; `employer`, `union`, `plant` of a record are its parties."""
    rows, parties = [], []
    for number, given in enumerate(records):
        record = {"employer": "c:x", "union": "u:x", "plant": None, "named_as": None, **given}
        item = record.pop("id", f"r{number}")
        ends = {role: record.pop(role) for role in ("employer", "union", "plant")}
        name = record.pop("named_as")
        rows.append({**RECORD, **record, "id": item})
        parties += [
            {"within": item, "role": role, "party": party, "named_as": name if role == "employer" else None}
            for role, party in ends.items()
            if party
        ]
    schema = {"workers": pl.Int64, **dict.fromkeys((*RECORD, "id"), pl.String)} | {"workers": pl.Int64}
    text = dict.fromkeys(("within", "role", "party", "named_as"), pl.String)
    return match_events(pl.LazyFrame(rows, schema), pl.LazyFrame(parties, text), **more)


def verdict(*records: dict[str, Any], **more: Any) -> str | None:
    found = matched(*records, **more)
    assert found.columns == list(COLUMNS)
    return str(found["verdict"][0]) if found.height else None


def test_two_lists_tell_one_strike_and_their_figures_stay() -> None:
    found = matched({"workers": 1400}, {"source": "b@1", "date": "2021-03-20", "workers": 1900})
    row = found.row(0, named=True)
    assert (row["verdict"], row["left_workers"], row["right_workers"]) == ("same", 1400, 1900)
    assert "5 days apart" in row["reason"]
    assert "workers 1400 and 1900" in row["reason"]


def test_the_window_ends() -> None:
    assert verdict({}, {"source": "b@1", "date": "2021-03-29"}) == "same"
    assert verdict({}, {"source": "b@1", "date": "2021-03-30"}) != "same"
    assert verdict({}, {"source": "b@1", "date": "2021-06-15"}) is None


def test_a_strike_and_a_lockout_are_not_joined() -> None:
    assert verdict({}, {"source": "b@1", "event_type": "lockout"}) != "same"
    assert verdict({}, {"source": "b@1", "event_type": "work_stoppage"}) == "same"


def test_a_date_known_to_the_year_never_joins() -> None:
    assert verdict({}, {"source": "b@1", "date": "2021"}) != "same"
    assert verdict({}, {"source": "b@1", "date": "2021-03"}) == "same"


def test_a_local_and_its_national_are_one_union_two_locals_are_not() -> None:
    bodies = pl.LazyFrame({"member": ["u:local1", "u:local2"], "body": ["u:x", "u:x"]})
    national, local = {"workers": 9}, {"source": "b@1", "date": "2021-03-20", "union": "u:local1"}
    assert verdict(national, local, affiliations=bodies) == "same"
    other = {"union": "u:local2", "date": "2021-03-21"}
    row = matched({"union": "u:local1"}, other, affiliations=bodies).row(0, named=True)
    assert (row["verdict"], row["relation"]) == ("related", "sister")


def test_several_unions_in_one_list_are_related_not_one() -> None:
    rows = [{"union": f"u:{n}", "workers": 100, "date_end": "2021-04-01"} for n in range(3)]
    assert set(matched(*rows)["verdict"]) == {"related"}


def test_several_records_of_a_list_are_not_joined_through_one_of_another() -> None:
    rows = [{"union": "u:a", "workers": 500}, {"union": "u:b", "workers": 520}]
    found = matched(*rows, {"source": "b@1", "union": "u:elsewhere", "workers": 510})
    assert "same" not in set(found["verdict"])
    alone = matched(rows[0], {"source": "b@1", "union": "u:elsewhere", "workers": 510})
    assert alone["verdict"].to_list() == ["same"]


def test_a_list_that_holds_an_entry_twice() -> None:
    same = {"workers": 120, "date_end": "2021-04-01"}
    assert verdict(same, same) == "same"
    assert verdict(same, {**same, "workers": 80}) == "unsure"
    assert verdict(same, {**same, "date_end": "2021-05-01"}) == "unsure"


def test_walkouts_of_one_case_are_one_only_where_they_end_together() -> None:
    first, later = ({"id": f"us-stoppage:fmcs|7|{day}", "date": day} for day in ("2021-03-15", "2021-03-17"))
    assert verdict({**first, "date_end": "2021-04-01"}, {**later, "date_end": "2021-04-01"}) == "same"
    row = matched({**first, "date_end": "2021-03-16"}, {**later, "date_end": "2021-03-18"}).row(0, named=True)
    assert (row["verdict"], row["rule"]) == ("related", "another walkout of the case")


def test_employers_known_by_name_only() -> None:
    names = ({"employer": "c:a", "named_as": "Warrior Met Coal, Inc."}, {"employer": "c:b", "source": "b@1"})
    assert verdict(names[0], {**names[1], "named_as": "Warrior Met Coal"}) == "same"
    assert verdict(names[0], {**names[1], "named_as": "Buffalo Coal"}) is None


def test_notices_of_one_closing() -> None:
    notice = {**CLOSURE, "date": None, "announced": "2021-01-14", "workers": 70}
    effect = {**CLOSURE, "workers": 70}
    assert verdict(notice, effect) == "same"
    assert (
        verdict(notice, {**effect, "event_type": "layoff", "note": "closing or layoff: not stated"}) == "same"
    )
    assert verdict(notice, {**effect, "event_type": "layoff"}) == "related"
    assert verdict(effect, {**effect, "workers": 12}) == "same"
    assert verdict(effect, {**effect, "workers": 12, "date": "2021-12-01"}) is None
    assert verdict(effect, {**effect, "place": "12 Main Street"}) == "same"
    assert verdict({**effect, "place": "9 Elm Road"}, {**effect, "place": "12 Main Street"}) is None


def test_numbered_parts_of_a_site_are_not_one() -> None:
    part = {**CLOSURE, "workers": 60, "employer": "c:gm"}
    assert verdict({**part, "named_as": "GM Hamtramck #1"}, {**part, "named_as": "GM Hamtramck #2"}) is None


def test_a_ballot_counted_again_and_another_ballot() -> None:
    def ballot(kind: str, day: str, workers: int = 50) -> dict[str, Any]:
        item = f"us-nlrb-election:01-RC-1|A|{kind}|{workers}|{day}"
        return {"id": item, "event_type": "union_election", "date": day, "workers": workers}

    first = ballot("Initial|Single Labor Organization", "2021-03-15")
    assert verdict(first, ballot("Initial|Revised Single Labor Org", "2021-05-01")) == "same"
    assert verdict(first, ballot("Rerun|Single Labor Organization", "2021-05-01")) == "related"
    assert verdict(first, ballot("Initial|Single Labor Organization", "2021-03-15", 9)) == "related"


def test_nothing_in_nothing_out() -> None:
    assert matched().height == 0
    assert matched({"date": None}, {"date": None, "source": "b@1"}).height == 0


def shift_rows(notices: dict[str, int]) -> list[dict[str, Any]]:
    """A closing that the notices (event id: how often) tell, and an opening in Puebla of the same company."""
    rows: Rows = {
        "Plant": [
            {"id": "plant:o", "name": "Ohio", "country": "US"},
            {"id": "plant:d", "name": "Puebla", "country": "MX", "opened": "2016-07"},
        ],
        "Corporation": [{"id": "corp:p", "name": "Parent"}],
        "Operation": [{"plant": f"plant:{p}", "operator": "corp:p"} for p in "od"],
        "InSector": [{"member": f"plant:{p}", "sector": "naics-2022:336350"} for p in "od"],
        "Count": [{"of": "plant:o", "measure": "employees", "value": 100, "as_of": "2015"}],
        "Event": [
            {"id": e, "name": e, "event_type": "closure", "date": "2016-01", "workers": 90} for e in notices
        ],
        "Party": [
            {"id": f"{e}/{n}", "within": e, "party": "plant:o", "role": "plant"}
            for e, times in notices.items()
            for n in range(times)
        ],
    }
    return production_shifts(small_tables(rows), details=True).to_dicts()


def test_a_closing_told_twice_is_one_shift() -> None:
    [once], [twice], [apart] = (shift_rows(n) for n in ({"e": 1}, {"e": 2}, {"e": 1, "f": 1}))
    assert once == twice
    assert {**apart, "evidence": None} == {**once, "evidence": None}


def test_the_real_lists_tell_many_events_twice(real_graph: LaborGraph) -> None:
    found = matches(real_graph).filter(kind="Event").collect()
    same = found.filter(verdict="same")
    assert same.height > 600
    strikes = same.filter(pl.col("left").str.contains("bls"), pl.col("right").str.contains("cornell"))
    names = set(strikes["left_name"])
    assert {"John Deere", "Kellogg's", "Nabisco", "Columbia University", "Warrior Met Coal, Inc."} <= names
    assert same.filter(pl.col("left_workers") != pl.col("right_workers")).height > 50
    assert same.filter(pl.col("days") > 365).is_empty()


def test_records_and_events_are_counted(real_graph: LaborGraph) -> None:
    counted = tally(real_graph.said("Event"))
    assert {"stoppage", "closing", "election"} <= set(counted["kind"])
    assert (counted["lines"] >= counted["records"]).all()
    assert (counted["records"] >= counted["events"]).all()
    fmcs = counted.filter(kind="stoppage", sources=["us_stoppages_fmcs"]).row(0, named=True)
    assert fmcs["lines"] > fmcs["records"]


def test_a_build_says_how_often_events_are_told(tmp_path: Path) -> None:
    (tmp_path / "said").mkdir()
    assert told_often(tmp_path) == ""
    said = pl.DataFrame(
        {
            "id": ["a", "a", "b", "c"],
            "record_id": ["a", "x", "b", "c"],
            "event_type": ["strike", "strike", "lockout", "election"],
            "source": ["s@1", "t@1", "t@1", "u@1"],
            "times": [2, 1, 1, 1],
        }
    )
    said.write_parquet(tmp_path / "said" / "Event.parquet")
    assert told_often(tmp_path) == "stoppage 4 lines, 3 records, 2 events"
