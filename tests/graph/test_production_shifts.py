"""The published numbers, honest rows, the same rows on both engines."""

from __future__ import annotations

import random
from typing import Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from small_tables import Rows, small_tables

from graph.analysis import production_shifts
from graph.analysis.matching import hs_factor, sector_factor, time_factor
from graph.analysis.production_shifts import COLUMNS
from graph.engine import Engine
from graph.identity.resolve import MAPPING
from graph.labor_graph import LaborGraph
from ontology import WrongUseError

ENGINES: tuple[Engine, ...] = ("polars", "duckdb")
COMPANY = {"evidence_type": "company_statement", "url": "https://company"}


def family(**more: list[dict[str, Any]]) -> Rows:
    """A closure in Ohio and an opening in Puebla, six months later, of one company, in one industry."""
    rows: Rows = {
        "Plant": [
            {"id": "plant:o", "name": "Ohio", "country": "US", "closed": "2016-01"},
            {
                "id": "plant:d",
                "name": "Puebla",
                "country": "MX",
                "opened": "2016-07",
                "municipality": "Puebla",
            },
        ],
        "Corporation": [{"id": "corp:p", "name": "Parent"}],
        "Operation": [{"plant": f"plant:{p}", "operator": "corp:p"} for p in "od"],
        "InSector": [{"member": f"plant:{p}", "sector": "naics-2022:336350"} for p in "od"],
    }
    return rows | more


def claim(**more: Any) -> dict[str, Any]:
    return {"origin": "plant:o", "destination": "plant:d", "outcome": "carried_out", **COMPANY, **more}


def shifts(rows: Rows, engine: Engine = "polars", **options: Any) -> list[dict[str, Any]]:
    return production_shifts(small_tables(rows, engine), details=True, **options).to_dicts()


def test_columns_are_the_contract() -> None:
    found = production_shifts(small_tables(family()))
    assert tuple(found.columns) == COLUMNS
    empty = production_shifts(small_tables({}))
    assert empty.height == 0
    assert empty.schema == found.schema


@pytest.mark.parametrize(
    ("months", "value"),
    [(-27, 0.5), (0, 1.0), (18, 0.5), (30, 0.0), (-36, 0.0), (24, 0.0), (-18, 1.0), (12, 1.0), (-8.5, 1.0)],
)
def test_time(months: float, value: float) -> None:
    frame = nw.from_native(pl.DataFrame({"m": [float(months)]}))
    assert frame.select(t=time_factor(nw.col("m")))["t"][0] == value


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ("336350", "336390", 0.6),
        ("336350", "336111", 0.3),
        ("333415", "333414", 0.85),
        ("336350", "336350", 1.0),
        ("336350", "335911", 0.0),
        ("3363", "336350", 0.6),
        ("336", "336350", 0.3),
    ],
)
def test_industries(one: str, other: str, value: float) -> None:
    columns = {f"c{n}": [int(one[:n]) if len(one) >= n else None] for n in (3, 4, 5, 6)}
    columns |= {f"c{n}_right": [int(other[:n]) if len(other) >= n else None] for n in (3, 4, 5, 6)}
    assert nw.from_native(pl.DataFrame(columns)).select(s=sector_factor())["s"][0] == value


@pytest.mark.parametrize(
    ("one", "other", "value"), [(870829, 870829, 1.0), (870829, 870840, 0.7), (870829, 871200, 0.3)]
)
def test_hs_codes(one: int, other: int, value: float) -> None:
    columns = {"h6": [one], "h4": [one // 100], "h2": [one // 10000]}
    columns |= {"h6_right": [other], "h4_right": [other // 100], "h2_right": [other // 10000]}
    assert nw.from_native(pl.DataFrame(columns)).select(s=hs_factor())["s"][0] == value


@pytest.mark.parametrize("engine", ENGINES)
def test_a_perfect_pattern_without_a_source_is_one_half(engine: Engine) -> None:
    (row,) = shifts(family(), engine)
    assert (row["owner"], row["product_match"], row["time"], row["pattern"]) == (1, 1, 1, 1)
    assert (row["score"], row["band"], row["claim"], row["outcome"]) == (0.5, "pattern", 0, None)
    assert (row["months"], row["origin_date"], row["destination_date"]) == (6, "2016-01", "2016-07")
    assert row["parent"] == {"id": "corp:p", "name": "Parent"}
    assert row["origin"] == {"id": "plant:o", "name": "Ohio"}
    assert row["jobs_lost"] is None
    assert {e["locator"] for e in row["evidence"]} == {
        "Plant#plant:o",
        "Plant#plant:d",
        "Operation#0",
        "Operation#1",
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_joins_of_ids_that_a_row_rests_on_are_told(engine: Engine) -> None:
    """One join of the operator at the origin, two at the destination's event; none of another company."""
    rows = family()
    rows["Plant"][1] |= {"opened": None}
    rows["Event"] = [{"id": "event:g", "event_type": "opening", "date": "2016-07"}]
    rows["Party"] = [{"within": "event:g", "party": "plant:d", "role": "plant"}]
    ends = [("x/Operation|0", "operator", "a:1"), ("x/Party|0", "party", "b:1"), ("x/Party|9", "party", "c")]
    steps = [
        ("a:1", "corp:p", "match", 0.99, "corp:p"),
        ("b:1", "plant:d", "key", None, "b:2"),
        ("b:2", "plant:d", "judgement", None, "plant:d"),
        ("c", "corp:c", "match", 0.99, "corp:c"),
    ]
    others = {
        "identity": pl.DataFrame(steps, MAPPING, orient="row"),
        "ends": pl.DataFrame(ends, ["id", "role", "record_id"], orient="row"),
    }
    [row] = production_shifts(small_tables(rows, engine, **others)).to_dicts()
    assert {
        step["record_id"]: (step["joined_to"], step["reason"], step["probability"])
        for step in row["identity"]
    } == {
        "a:1": ("corp:p", "match", 0.99),
        "b:1": ("b:2", "key", None),
        "b:2": ("plant:d", "judgement", None),
    }
    [row] = production_shifts(small_tables(rows, engine)).to_dicts()
    assert row["identity"] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_vector_of_plausibility_and_rank(engine: Engine) -> None:
    """O = 1, S = .6, T = .5, D = 1, G = .7 -> L = .2510; R = .1255 without a source."""
    rows = family()
    rows["InSector"][1]["sector"] = "scian-2023:336390"
    rows["Plant"][1] |= {"opened": None}
    rows["Event"] = [{"id": "event:g", "event_type": "line_added", "date": "2017-07"}]
    rows["Party"] = [{"within": "event:g", "party": "plant:d", "role": "plant"}]
    (row,) = shifts(rows, engine)
    assert (row["product_match"], row["time"], row["months"]) == (0.6, 0.5, 18)
    assert round(row["pattern"], 4) == 0.2510
    assert round(row["score"], 4) == 0.1255
    assert row["band"] == "lead"
    assert "Event#event:g" in {e["locator"] for e in row["evidence"]}


def test_rank_with_a_claim() -> None:
    """R = 1 - (1 - C*)(1 - L / 2): a claim at .85 beside L = sqrt(.7) (the line that the claim says left)."""
    (row,) = shifts(family(ShiftClaim=[claim(effective="2016-01", product="product:x")]))
    assert row["pattern"] == pytest.approx(0.7**0.5)
    assert row["score"] == pytest.approx(1 - 0.15 * (1 - 0.5 * 0.7**0.5))
    assert (row["outcome"], row["band"]) == ("carried_out", "reported")


def test_nothing_is_listed_below_the_lead() -> None:
    rows = family()
    rows["Plant"][1]["opened"] = "2018-01"
    assert shifts(rows) == []


@pytest.mark.parametrize(
    ("evidence", "further", "band"),
    [
        ("warn", [], "documented"),
        ("company_statement", ["https://b"], "documented"),
        ("company_statement", [], "reported"),
        ("news", [], "reported"),
        ("encyclopedia", [], "lead"),
    ],
)
def test_bands_of_claims(evidence: str, further: list[str], band: str) -> None:
    said = claim(evidence_type=evidence, further_urls=further, outcome="announced")
    (row,) = shifts({"Plant": family()["Plant"], "ShiftClaim": [said]})
    assert row["band"] == band
    assert row["score"] == row["claim"]


@pytest.mark.parametrize(
    "outcome", ["announced", "cancelled", "redirected", "threat", "allocation", "reversed", "unknown"]
)
def test_what_was_not_carried_out_moves_no_jobs(outcome: str) -> None:
    rows = family(ShiftClaim=[claim(outcome=outcome, jobs_lost=900, jobs_gained=800, effective="2016")])
    said = next(row for row in shifts(rows) if row["outcome"])
    assert (said["outcome"], said["jobs_lost"], said["jobs_gained"], said["pattern"]) == (
        outcome,
        None,
        None,
        None,
    )
    assert said["score"] == said["claim"] == 0.85


@pytest.mark.parametrize("outcome", ["carried_out", "partly"])
def test_moves_carry_jobs(outcome: str) -> None:
    (row,) = shifts(family(ShiftClaim=[claim(outcome=outcome, jobs_lost=900, jobs_gained=800)]))
    assert (row["jobs_lost"], row["jobs_gained"]) == (900, 800)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_place_as_destination(engine: Engine) -> None:
    said = claim(
        destination=None, destination_place="Monterrey, NLE", destination_country="MX", jobs_lost=632
    )
    (row,) = shifts({"Plant": family()["Plant"][:1], "ShiftClaim": [said]}, engine)
    assert row["destination"] == {"id": None, "name": "Monterrey, NLE"}
    assert (row["destination_country"], row["jobs_lost"]) == ("MX", 632)
    for unknown in ("owner", "product_match", "time", "pattern", "months", "destination_date"):
        assert row[unknown] is None
    assert row["score"] == row["claim"] == 0.85


def test_a_claim_to_the_country_supports_a_pattern_but_its_jobs_count_once() -> None:
    said = claim(
        destination=None,
        destination_place="Mexico",
        destination_country="MX",
        jobs_lost=500,
        effective="2016",
    )
    named, pattern = sorted(shifts(family(ShiftClaim=[said])), key=lambda row: row["id"], reverse=True)
    assert (named["destination"]["name"], named["jobs_lost"], named["pattern"]) == ("Mexico", 500, None)
    assert pattern["destination"]["id"] == "plant:d"
    assert (pattern["claim"], pattern["score"], pattern["jobs_lost"]) == (0.85, 0.925, None)
    assert "no source names the receiving plant" in pattern["assumed"]
    assert "ShiftClaim#0" in {e["locator"] for e in pattern["evidence"]}


@pytest.mark.parametrize(
    ("change", "supported"),
    [
        ({"destination_place": "Puebla, PUE"}, True),
        ({"destination_place": "Monterrey, NLE"}, False),
        ({"destination_country": "CA", "destination_place": "Canada"}, False),
        ({"effective": "1998"}, False),
        ({"outcome": "announced"}, False),
    ],
)
def test_only_a_claim_that_fits_supports_a_pattern(change: dict[str, str], supported: bool) -> None:
    said = (
        claim(destination=None, destination_place="Mexico", destination_country="MX", effective="2016")
        | change
    )
    pattern = next(r for r in shifts(family(ShiftClaim=[said])) if r["destination"]["id"] == "plant:d")
    assert (pattern["claim"] > 0) is supported
    assert pattern["score"] <= 0.5 or supported


@pytest.mark.parametrize("engine", ENGINES)
def test_records_of_one_claim_are_one_row(engine: Engine) -> None:
    one = claim(destination_country="MX", jobs_lost=500)
    other = one | {"source": "y@1", "url": "https://other", "evidence_type": "news", "jobs_lost": 700}
    (row,) = shifts({"Plant": family()["Plant"][:1], "ShiftClaim": [one, other]}, engine)
    assert row["claim"] == 1 - 0.15 * 0.25
    assert row["jobs_lost"] == 700
    assert {e["source"] for e in row["evidence"] if e["locator"].startswith("ShiftClaim")} == {"x@1", "y@1"}


def test_claims_about_other_products_or_with_other_outcomes_are_other_rows() -> None:
    said = [
        claim(product="product:a"),
        claim(product="product:b"),
        claim(product="product:a", outcome="threat"),
    ]
    assert len(shifts(family(ShiftClaim=said))) == 3


def test_claims_inside_a_country_or_to_nowhere_only_when_asked() -> None:
    rows = family(
        ShiftClaim=[
            claim(destination=None, destination_place="unallocated"),
            claim(destination=None, destination_place="Texas", destination_country="US"),
        ],
        Operation=[],
    )
    assert shifts(rows) == []
    assert len(shifts(rows, domestic=True)) == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_ownership_counts_as_of_the_events(engine: Engine) -> None:
    rows = family()
    rows["Operation"] = [
        {"plant": "plant:o", "operator": "corp:o"},
        {"plant": "plant:d", "operator": "corp:p"},
    ]
    rows["Ownership"] = [{"owner": "corp:p", "owned": "corp:o", "since": "2010"}]
    assert [row["parent"]["id"] for row in shifts(rows, engine)] == ["corp:p"]
    rows["Ownership"] = [{"owner": "corp:p", "owned": "corp:o", "until": "2014"}]
    assert shifts(rows, engine) == [], "sold before it closed"
    rows["Ownership"] = [{"owner": "corp:p", "owned": "corp:o", "since": "2016-05"}]
    assert shifts(rows, engine) == [], "bought after it closed"


def test_both_plants_belong_together_on_both_dates() -> None:
    """The plant that grew first was sold before the other one declined."""
    rows = family()
    rows["Plant"][1]["opened"] = "2014-07"
    rows["Operation"] = [
        {"plant": "plant:o", "operator": "corp:p"},
        {"plant": "plant:d", "operator": "corp:p", "until": "2015-03"},
        {"plant": "plant:d", "operator": "corp:buyer", "since": "2015-03"},
    ]
    assert shifts(rows) == []
    rows["Operation"] = rows["Operation"][:2]
    assert len(shifts(rows)) == 1, "nobody is known to have run it then"


def test_the_joint_venture_counts_less() -> None:
    rows = family()
    rows["Operation"][1]["operator"] = "corp:jv"
    rows["Ownership"] = [{"owner": "corp:p", "owned": "corp:jv", "share_pct": 50.0}]
    (row,) = shifts(rows)
    assert (row["owner"], row["pattern"]) == (0.8, 0.8)
    assert "Ownership#0" in {e["locator"] for e in row["evidence"]}


def test_owners_in_a_circle_do_not_hang_the_evidence() -> None:
    rows = family()
    rows["Operation"][1]["operator"] = "corp:d"
    rows["Ownership"] = [
        {"owner": owner, "owned": owned, "share_pct": 50.0}
        for owner, owned in (
            ("corp:p", "corp:d"),
            ("corp:d", "corp:e"),
            ("corp:e", "corp:d"),
            ("corp:e", "corp:e"),
        )
    ]
    assert shifts(rows) == [], "corp:d and corp:e own each other: nobody else is taken to control them"
    rows["Ownership"][2]["share_pct"] = 10.0
    (row,) = shifts(rows)
    assert {e["locator"] for e in row["evidence"] if e["locator"].startswith("Ownership")} == {"Ownership#0"}


def test_jobs_lost_over_jobs_before_weigh_a_decline() -> None:
    rows = family()
    rows["Plant"][0]["closed"] = None
    rows["Event"] = [{"id": "event:l", "event_type": "layoff", "date": "2016-01", "workers": 600}]
    rows["Party"] = [{"within": "event:l", "party": "plant:o", "role": "plant"}]
    assert shifts(rows)[0]["pattern"] == pytest.approx(0.3**0.5)
    rows["Count"] = [
        {"of": "plant:o", "measure": "employees", "value": 1200.0, "as_of": "2015"},
        {"of": "plant:o", "measure": "employees", "value": 3000.0, "as_of": "2009"},
        {"of": "plant:o", "measure": "employees", "value": 600.0, "as_of": "2018"},
        {"of": "plant:o", "measure": "members", "value": 1.0, "as_of": "2015"},
    ]
    assert shifts(rows)[0]["pattern"] == pytest.approx(0.5**0.5)


def test_named_products_and_hs_codes_match_plants_too() -> None:
    rows = family(InSector=[])
    assert shifts(rows) == []
    rows["Making"] = [{"plant": f"plant:{p}", "product": "product:x"} for p in "od"]
    rows["Product"] = [{"id": "product:x", "name": "axles"}]
    (row,) = shifts(rows)
    assert (row["product"], row["product_match"]) == ("axles", 1)
    rows["Making"] = []
    rows["Supply"] = [{"supplier": f"plant:{p}", "buyer": "corp:b", "hs_code": "8708"} for p in "od"]
    assert shifts(rows)[0]["product_match"] == 0.7


def test_only_certified_or_recognized_unions_of_the_date_are_named() -> None:
    rows = family()
    rows["Union"] = [{"id": f"union:{n}", "name": n} for n in "abcd"]
    rows["Representation"] = [
        {"union": "union:a", "plant": "plant:o", "representation_status": "certified", "since": "2001"},
        {"union": "union:b", "plant": "plant:o", "representation_status": "recognized", "until": "2010"},
        {"union": "union:c", "plant": "plant:o", "representation_status": "claimed"},
        {"union": "union:d", "plant": "plant:d", "representation_status": "recognized"},
    ]
    (row,) = shifts(rows)
    assert row["origin_unions"] == [{"id": "union:a", "name": "a"}]
    assert row["destination_unions"] == [{"id": "union:d", "name": "d"}]
    assert {"Representation#0", "Representation#3"} <= {e["locator"] for e in row["evidence"]}


def test_years_and_countries_and_date() -> None:
    rows = family()
    rows["Plant"][1]["opened"] = "2019-07"
    assert shifts(rows) == []
    (row,) = shifts(rows, years=5)
    assert 0 < row["time"] < 1
    assert shifts(rows, years=3) == []
    assert len(shifts(family(), years=0.5)) == 1
    assert shifts(family(), origins=("CA",)) == []
    assert len(shifts(family(), origins=("US", "CA"), destinations=("MX",))) == 1
    assert shifts(family(), as_of="2016-06") == []
    with pytest.raises(WrongUseError, match="no date"):
        shifts(family(), as_of="soon")


def test_imprecise_dates_are_said() -> None:
    rows = family()
    rows["Plant"][1]["opened"] = "2017"
    (row,) = shifts(rows)
    assert (row["months_min"], row["months_max"], row["months"]) == (12, 23, 17.5)
    assert "date imprecise" not in row["assumed"], "12 is a limit, not beyond it"
    rows["Plant"][0]["closed"] = "2016"
    assert "date imprecise" in shifts(rows)[0]["assumed"]


def test_undated_operations_are_said() -> None:
    assert "date of operation or ownership not known" in shifts(family())[0]["assumed"]
    rows = family()
    for line in rows["Operation"]:
        line["since"] = "1990"
    assert shifts(rows)[0]["assumed"] == []


def test_rows_come_strongest_first_then_by_id() -> None:
    said = [claim(product=f"product:{n}", outcome="announced") for n in "cab"]
    found = shifts(family(ShiftClaim=[*said, claim(evidence_type="news")]))
    keys = [(-row["score"], row["id"]) for row in found]
    assert keys == sorted(keys)
    assert shifts(family(ShiftClaim=said), limit=2) == shifts(family(ShiftClaim=said))[:2]


def random_rows(seed: int) -> Rows:
    draw = random.Random(seed)
    plants = [f"plant:{n}" for n in range(40)]
    corps = [f"corp:{n}" for n in range(8)]
    events = [f"event:{n}" for n in range(60)]
    kinds = [
        "closure",
        "layoff",
        "mass_layoff",
        "line_removed",
        "line_added",
        "expansion",
        "hiring",
        "strike",
    ]
    one = draw.choice

    def date() -> str | None:
        return one(
            [None, f"{draw.randint(2008, 2016)}", f"{draw.randint(2008, 2016)}-{draw.randint(1, 12):02}"]
        )

    def plant(name: str) -> dict[str, Any]:
        return {"id": name, "country": one(["US", "CA", "MX"]), "opened": date(), "closed": date()}

    def owner() -> dict[str, Any]:
        share = one([None, 30.0, 50.0, 80.0])
        return {"owner": one(corps), "owned": one(corps), "until": date(), "share_pct": share}

    def event(name: str) -> dict[str, Any]:
        return {"id": name, "event_type": one(kinds), "date": date(), "workers": one([None, 100, 900])}

    def said() -> dict[str, Any]:
        ends = {end: one([*plants, None]) for end in ("origin", "destination")}
        there = {"origin_country": one(["US", None]), "destination_country": one(["MX", None])}
        return (
            ends
            | there
            | {
                "destination_place": one(["Mexico", None]),
                "effective": date(),
                "jobs_lost": 10,
                "outcome": one(["carried_out", "partly", "announced", "cancelled"]),
                "status": one(["stated", "denied", "alleged"]),
                "url": f"https://{draw.randint(1, 9)}",
                "evidence_type": one(["news", "warn", None]),
            }
        )

    codes = [f"naics-2022:33{code}" for code in ("6350", "6390", "61", "6")]
    return {
        "Plant": [plant(name) for name in plants],
        "Operation": [{"plant": name, "operator": one(corps), "since": date()} for name in plants],
        "Ownership": [owner() for _ in range(8)],
        "InSector": [{"member": one(plants), "sector": one(codes)} for _ in range(50)],
        "Event": [event(name) for name in events],
        "Party": [{"within": name, "party": one(plants), "role": "plant"} for name in events],
        "Count": [
            {"of": one(plants), "measure": "employees", "value": 1000.0, "as_of": date()} for _ in range(20)
        ],
        "ShiftClaim": [said() for _ in range(15)],
    }


@pytest.mark.parametrize("seed", range(2))
def test_both_engines_give_the_same_rows(seed: int) -> None:
    rows = random_rows(seed)
    polars, duckdb = (
        production_shifts(small_tables(rows, engine), details=True, domestic=True) for engine in ENGINES
    )
    assert polars.height > 10
    assert_frame_equal(polars, duckdb, check_dtypes=False, abs_tol=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.integers(10, 10**6))
def test_no_row_without_a_source_exceeds_one_half(seed: int) -> None:
    for row in shifts(random_rows(seed)):
        assert row["claim"] > 0 or (row["score"] <= 0.5 and row["band"] in ("pattern", "lead"))
        assert row["evidence"]
        assert row["jobs_lost"] is None or row["outcome"] in ("carried_out", "partly")
        assert row["origin_country"] != row["destination_country"]
        assert all(
            row[n] is None or 0 <= row[n] <= 1
            for n in ("owner", "product_match", "time", "pattern", "claim", "score")
        )


def demo_row(graph: LaborGraph, origin: str | None, destination: str) -> dict[str, Any]:
    rows = graph.production_shifts().to_dicts()
    found = [
        r
        for r in rows
        if origin in (None, r["origin"]["id"])
        and destination in (r["destination"]["id"], r["destination"]["name"])
    ]
    assert len(found) == 1
    return found[0]


def test_carrier_and_deere_are_documented_with_sources(demo_graph: LaborGraph) -> None:
    carrier = demo_row(demo_graph, "plant:carrier-indianapolis", "Monterrey, NLE")
    assert carrier["band"] in ("documented", "reported")
    assert (carrier["outcome"], carrier["jobs_lost"], carrier["destination_country"]) == ("partly", 632, "MX")
    assert carrier["parent"]["id"] == "corp:united-technologies", "the parent until 2020"
    assert "union:usw" in [union["id"] for union in carrier["origin_unions"]]
    assert any(line["url"] for line in carrier["evidence"])
    for origin, destination in (
        ("plant:deere-waterloo", "plant:deere-ramos"),
        ("plant:deere-dubuque", "plant:deere-ramos-new"),
    ):
        deere = demo_row(demo_graph, origin, destination)
        assert deere["band"] in ("documented", "reported")
        assert (deere["parent"]["id"], deere["outcome"]) == ("corp:john-deere", "announced")
        assert deere["evidence"]


def test_cancelled_and_redirected_plans_are_shown_as_such(demo_graph: LaborGraph) -> None:
    for origin, destination, outcome in (
        ("plant:ford-michigan-assembly", "plant:ford-hermosillo", "redirected"),
        ("plant:toyota-cambridge", "plant:toyota-guanajuato", "redirected"),
    ):
        row = demo_row(demo_graph, origin, destination)
        assert (row["outcome"], row["jobs_lost"], row["jobs_gained"]) == (outcome, None, None)
    rows = demo_graph.production_shifts().filter(outcome="cancelled").to_dicts()
    assert [r["origin"]["name"] for r in rows] == ["San Luis Potosi (cancelled plant)"]
    assert rows[0]["jobs_gained"] is None


def test_the_demo_shows_no_pattern_as_a_fact(demo_graph: LaborGraph) -> None:
    for row in demo_graph.production_shifts().to_dicts():
        assert row["evidence"]
        assert row["score"] <= 0.5 or row["claim"] > 0
        assert row["outcome"] in ("carried_out", "partly") or row["jobs_lost"] is None
