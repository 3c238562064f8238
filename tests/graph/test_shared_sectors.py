"""The published numbers, the three states of a tie, the same rows on both engines."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

import pytest
from polars.testing import assert_frame_equal
from small_tables import Rows, small_tables

from graph.analysis import DEFAULT, Parameters, shared_sectors, union_pairs
from graph.analysis.shared_sectors import COLUMNS
from graph.analysis.union_pairs import interest
from graph.engine import Engine
from graph.labor_graph import LaborGraph
from ontology import WrongUseError

ENGINES: tuple[Engine, ...] = ("polars", "duckdb")
EVEN = replace(DEFAULT, sectors=replace(DEFAULT.sectors, weigh_sectors=False))
DAY = "2024-06"


def unions(fields: dict[str, dict[str, int | None]], **more: list[dict[str, Any]]) -> Rows:
    """Unions `us:u`, `mx:v`, ...: by sector the workers they represent, at one plant for each sector."""
    rows: Rows = {"Union": [], "Plant": [], "InSector": [], "Representation": []}
    for name, sectors in fields.items():
        union = f"union:{name}"
        rows["Union"].append({"id": union, "name": name.upper(), "country": name[:2].upper()})
        for sector, workers in sectors.items():
            plant = f"plant:{name}-{sector}"
            held = {"union": union, "plant": plant, "workers": workers, "representation_status": "certified"}
            rows["Plant"].append({"id": plant, "country": name[:2].upper()})
            rows["InSector"].append({"member": plant, "sector": f"naics-2022:{sector}"})
            rows["Representation"].append(held)
    return rows | more


TWO = {"us:u": {"3361": 50000, "3363": 80000, "3331": 20000}, "mx:v": {"3361": 6500, "3363": 4000}}
SAME = {"us:u": {"3361": 100}, "mx:v": {"3361": 100}}


def tied(kind: str, role: str = "party", **more: Any) -> dict[str, list[dict[str, Any]]]:
    return {
        "Tie": [{"id": "tie:1", "tie_kind": kind, **more}],
        "Party": [
            {"within": "tie:1", "party": "union:us:u", "role": "party"},
            {"within": "tie:1", "party": "union:mx:v", "role": role},
        ],
    }


def elsewhere(**more: Any) -> dict[str, list[dict[str, Any]]]:
    """A source that tells of ties, of others."""
    return {"Tie": [{"id": "tie:0", "tie_kind": "alliance", **more}]}


def pairs(
    rows: Rows,
    engine: Engine = "polars",
    parameters: Parameters = EVEN,
    as_of: str | None = DAY,
    **options: Any,
) -> list[dict[str, Any]]:
    tables = small_tables(rows, engine)
    return shared_sectors(tables, as_of=as_of, details=True, parameters=parameters, **options).to_dicts()


def test_columns_are_the_contract() -> None:
    found = shared_sectors(small_tables(unions(TWO)), as_of=DAY)
    assert tuple(found.columns) == COLUMNS
    empty = shared_sectors(small_tables({}))
    assert empty.height == 0
    assert empty.schema == found.schema


@pytest.mark.parametrize("engine", ENGINES)
def test_vector_of_overlap(engine: Engine) -> None:
    (row,) = pairs(unions(TWO), engine)
    numbers = ("overlap", "coverage_ab", "coverage_ba", "cosine")
    assert [round(row[n], 4) for n in numbers] == [0.0700, 0.0700, 1.0, 0.8763]
    assert (row["country_a"], row["country_b"], row["counted"]) == ("US", "MX", "workers")
    assert [(s["id"], s["a"], s["b"]) for s in row["sectors"]] == [
        ("naics-2022:3361", 50000, 6500),
        ("naics-2022:3363", 80000, 4000),
    ]


def test_vector_of_interest_gap_and_priority() -> None:
    assert round(interest(0.3, 0.5, 0.2, 0.8763), 4) == 0.7757
    q = 1 - (1 - 0.1) * (1 - 0.15)
    gap = interest(0.3, 0.5, 0.2, 0.8763) * (1 - q)
    assert (round(q, 4), round(gap, 4), round(gap * math.log10(1 + 10500), 4)) == (0.2350, 0.5934, 2.3864)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_statement_three_years_old_and_the_same_federation(engine: Engine) -> None:
    rows = unions(TWO, **tied("joint_statement", since="2021-06"))
    rows["Affiliation"] = [
        {"member": f"union:{name}", "body": "union:federation", "affiliation_kind": "affiliate"}
        for name in TWO
    ]
    (row,) = pairs(rows, engine)
    assert round(row["tie_strength"], 4) == 0.2350
    assert row["gap"] == pytest.approx(row["interest"] * (1 - 0.2350))
    assert row["priority"] == pytest.approx(row["gap"] * math.log10(1 + 10500))
    assert (row["tie"], row["ties"]) == ("recorded", ["joint_statement", "same_federation"])
    assert {e["locator"] for e in row["evidence"][:3]} == {"Tie#0", "Affiliation#0", "Affiliation#1"}


def test_rare_sectors_weigh_more() -> None:
    fields = {"us:u": {"3361": 100, "2122": 100}, "mx:common": {"3361": 100}, "mx:rare": {"2122": 100}}
    rows = unions(fields | {f"mx:z{n}": {"3361": 10} for n in range(8)})

    def cosines(parameters: Parameters) -> list[float]:
        found = {row["union_b"]["id"]: row["cosine"] for row in pairs(rows, parameters=parameters)}
        return [found["union:mx:common"], found["union:mx:rare"]]

    assert cosines(EVEN) == [pytest.approx(0.5**0.5)] * 2
    common, rare = (math.log(1 + 11 / 10), math.log(1 + 11 / 2))
    length = math.hypot(common, rare)
    assert cosines(DEFAULT) == [pytest.approx(common / length), pytest.approx(rare / length)]


@pytest.mark.parametrize("engine", ENGINES)
def test_plants_are_counted_where_workers_are_not_all_known(engine: Engine) -> None:
    fields = TWO | {"mx:v": {"3361": 6500, "3363": None}}
    (row,) = pairs(unions(fields), engine)
    assert row["counted"] == "plants"
    assert (row["overlap"], row["coverage_ab"], row["coverage_ba"]) == (
        pytest.approx(2 / 3),
        pytest.approx(2 / 3),
        1,
    )
    assert [(s["a"], s["b"], s["counted"]) for s in row["sectors"]] == [(1, 1, "plants")] * 2


def test_only_pairs_of_two_countries_with_something_in_common() -> None:
    rows = unions(SAME | {"us:other": {"3361": 100}, "ca:far": {"2122": 100}})
    assert [(r["union_a"]["id"], r["union_b"]["id"]) for r in pairs(rows)] == [
        ("union:us:other", "union:mx:v"),
        ("union:us:u", "union:mx:v"),
    ]


@pytest.mark.parametrize(
    "status", ["claimed", "disputed", "annulled", "no_contract", "ended", "unknown", None]
)
def test_only_certified_or_recognized_representation_counts(status: str | None) -> None:
    rows = unions(SAME)
    rows["Representation"][1]["representation_status"] = status
    assert pairs(rows) == []
    rows["Representation"][1]["representation_status"] = "recognized"
    assert len(pairs(rows)) == 1


@pytest.mark.parametrize("change", [{"until": "2020"}, {"since": "2025"}, {"status": "retracted"}])
def test_representation_holds_at_the_date(change: dict[str, str]) -> None:
    rows = unions(SAME)
    rows["Representation"][1] |= change
    assert pairs(rows) == []


def test_a_closed_plant_has_no_workers_to_represent() -> None:
    rows = unions(SAME)
    rows["Plant"][1]["closed"] = "2019"
    assert pairs(rows) == []
    assert len(pairs(rows, as_of="2018")) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_shared_employers_as_of_the_date(engine: Engine) -> None:
    rows = unions({"us:u": {"3361": 300, "3363": 100}, "mx:v": {"2122": 100}})
    rows["Operation"] = [
        {"plant": "plant:us:u-3361", "operator": "corp:p"},
        {"plant": "plant:us:u-3363", "operator": "corp:q"},
        {"plant": "plant:mx:v-2122", "operator": "corp:sub"},
    ]
    rows["Ownership"] = [{"owner": "corp:p", "owned": "corp:sub", "since": "2020"}]
    rows["Corporation"] = [{"id": "corp:p", "name": "Parent"}]
    (row,) = pairs(rows, engine)
    assert row["employer_overlap"] == 100 / 400
    assert row["shared_employers"] == [{"id": "corp:p", "name": "Parent"}]
    assert row["interest"] == pytest.approx(0.9 * 0.25)
    assert (row["sectors"], row["overlap"]) == ([], 0)
    assert pairs(rows, engine, as_of="2019") == []


@pytest.mark.parametrize("engine", ENGINES)
def test_supply_between_their_plants(engine: Engine) -> None:
    rows = unions({"us:u": {"3361": 100}, "mx:v": {"3363": 100}})
    links = [
        {"supplier": "plant:mx:v-3363", "buyer": "plant:us:u-3361", "tier": "2"},
        {"supplier": "plant:other", "buyer": "plant:us:u-3361", "tier": "1"},
        {"supplier": "corp:v", "buyer": "corp:u", "tier": "1"},
    ]
    (row,) = pairs(rows | {"Supply": links}, engine)
    assert row["supply_link"] == 0.25, "half of the need (two known suppliers), second tier"
    assert row["interest"] == pytest.approx(0.7 * 0.25)
    assert [line["locator"] for line in row["evidence"]] == ["Supply#0"]
    links[0]["share_pct"] = 80.0
    assert pairs(rows | {"Supply": links}, engine)[0]["supply_link"] == 0.4


@pytest.mark.parametrize("engine", ENGINES)
def test_a_shift_links_the_unions_at_both_ends(engine: Engine) -> None:
    rows = unions({"us:u": {"3361": 100}, "mx:v": {"3363": 100}})
    claim = {
        "origin": "plant:us:u-3361",
        "destination": "plant:mx:v-3363",
        "outcome": "partly",
        "evidence_type": "company_statement",
    }
    (row,) = pairs(rows | {"ShiftClaim": [claim]}, engine)
    assert row["shift_link"] == pytest.approx(0.85)
    assert row["evidence"][0]["locator"] == "ShiftClaim#0"
    assert pairs(rows | {"ShiftClaim": [claim | {"outcome": "cancelled"}]}, engine) == []


def test_the_three_states_of_a_tie() -> None:
    (unsearched,) = pairs(unions(SAME))
    assert (unsearched["tie"], unsearched["gap"], unsearched["searched"]) == ("not_searched", None, [])
    (found,) = pairs(unions(SAME, **tied("exchange", since=DAY)))
    assert (found["tie"], found["tie_strength"], found["searched"]) == ("recorded", 0.4, ["x@1"])
    (none,) = pairs(unions(SAME, **elsewhere()))
    assert (none["tie"], none["gap"], none["searched"]) == ("none_found", none["interest"], ["x@1"])
    assert {"Union#union:us:u", "Union#union:mx:v"} <= {e["locator"] for e in none["evidence"]}


def test_both_unions_must_occur_in_one_source_that_tells_of_ties() -> None:
    rows = unions(SAME, **elsewhere(source="ties@1"))
    assert pairs(rows)[0]["tie"] == "not_searched"
    rows["Union"][0]["sources"] = ["ties@1"]
    assert pairs(rows)[0]["tie"] == "not_searched"
    rows["Union"][1]["sources"] = ["ties@1", "x@1"]
    assert (pairs(rows)[0]["tie"], pairs(rows)[0]["searched"]) == ("none_found", ["ties@1"])


@pytest.mark.parametrize(
    ("kind", "strength"),
    [
        ("alliance", 0.8),
        ("affiliation", 0.9),
        ("campaign", 0.7),
        ("petition_support", 0.7),
        ("strike_support", 0.7),
        ("funding", 0.5),
        ("legal_support", 0.5),
        ("exchange", 0.4),
        ("training", 0.4),
        ("monitoring", 0.3),
        ("joint_statement", 0.2),
    ],
)
def test_strength_of_a_tie_by_kind(kind: str, strength: float) -> None:
    assert pairs(unions(SAME, **tied(kind, since=DAY)))[0]["tie_strength"] == strength


@pytest.mark.parametrize(
    ("kind", "dates", "strength"),
    [
        ("joint_statement", {"since": "2021-06"}, 0.1),
        ("joint_statement", {"since": "2018-06"}, 0.05),
        ("joint_statement", {"since": "2010", "until": "2021-06"}, 0.1),
        ("joint_statement", {}, 0.2),
        ("alliance", {"since": "1992"}, 0.8),
        ("alliance", {"since": "1992", "until": "2021-06"}, 0.4),
        ("alliance", {"until": "2030"}, 0.8),
        ("alliance", {"since": "2025"}, 0.0),
    ],
)
def test_what_is_past_fades_and_what_lasts_does_not(
    kind: str, dates: dict[str, str], strength: float
) -> None:
    assert pairs(unions(SAME, **tied(kind, **dates)))[0]["tie_strength"] == pytest.approx(strength, abs=1e-9)


def test_an_action_against_a_company_is_no_tie_one_for_a_union_is() -> None:
    assert pairs(unions(SAME, **tied("campaign", role="beneficiary", since=DAY)))[0]["tie"] == "recorded"
    assert pairs(unions(SAME, **tied("campaign", role="target", since=DAY)))[0]["tie"] == "none_found"


def test_members_of_one_another_and_of_one_alliance() -> None:
    member = {"member": "union:us:u", "body": "union:mx:v", "affiliation_kind": "division"}
    assert pairs(unions(SAME, Affiliation=[member]))[0]["tie_strength"] == 0.9
    allied = [
        {"member": f"union:{n}", "body": "union:alliance", "affiliation_kind": "alliance_member"}
        for n in SAME
    ]
    assert pairs(unions(SAME, Affiliation=allied))[0]["tie_strength"] == pytest.approx(0.8)
    allied[0]["until"] = "2010"
    assert pairs(unions(SAME, Affiliation=allied))[0]["tie"] == "not_searched"


def test_evidence_names_the_representation_of_both() -> None:
    (row,) = pairs(unions(SAME))
    assert {e["locator"] for e in row["evidence"]} == {"Representation#0", "Representation#1"}


def test_widest_gap_first_then_the_unsearched() -> None:
    fields = {
        "us:u": {"3361": 100, "2122": 100},
        "mx:v": {"3361": 100},
        "mx:w": {"2122": 100, "3361": 90},
        "ca:x": {"3361": 9},
    }
    rows = unions(fields, **elsewhere(source="ties@1"))
    for union in rows["Union"]:
        union["sources"] = ["x@1"] if union["id"] == "union:ca:x" else ["ties@1"]
    found = pairs(rows)
    gaps = [row["gap"] for row in found]
    known = [gap for gap in gaps if gap is not None]
    assert gaps == sorted(known, reverse=True) + [None] * (len(gaps) - len(known))
    assert 0 < len(known) < len(gaps)
    assert pairs(rows, limit=2) == found[:2]


def test_the_date_is_by_default_the_newest_reading() -> None:
    rows = unions(SAME, **tied("joint_statement", since="2021-06", retrieved="2024-06-20"))
    assert pairs(rows, as_of=None)[0]["tie_strength"] == pytest.approx(0.1)
    with pytest.raises(WrongUseError, match="no date"):
        pairs(rows, as_of="06/2024")


def random_rows(seed: int) -> Rows:
    draw = random.Random(seed)
    sectors = ["3361", "3363", "336350", "3331", "2122"]
    fields = {
        f"{draw.choice(['us', 'ca', 'mx'])}:{n}": {
            s: draw.choice([None, 10, 500, 9000]) for s in draw.sample(sectors, 2)
        }
        for n in range(14)
    }
    rows = unions(fields)
    plants = [line["id"] for line in rows["Plant"]]
    names = [line["id"] for line in rows["Union"]]
    corps = [f"corp:{n}" for n in range(6)]
    rows["Operation"] = [{"plant": p, "operator": draw.choice(corps)} for p in plants]
    rows["Ownership"] = [{"owner": corps[n], "owned": corps[n + 1], "since": "2015"} for n in (0, 2, 3)]
    rows["Supply"] = [
        {"supplier": draw.choice(plants), "buyer": draw.choice(plants), "tier": draw.choice(["1", "2"])}
        for _ in range(15)
    ]
    kinds = list(DEFAULT.sectors.ties)
    rows["Tie"] = [
        {"id": f"tie:{n}", "tie_kind": draw.choice(kinds), "since": f"20{draw.randint(10, 26)}"}
        for n in range(12)
    ]
    rows["Party"] = [
        {"within": f"tie:{n % 12}", "party": draw.choice(names), "role": draw.choice(["party", "target"])}
        for n in range(24)
    ]
    rows["Affiliation"] = [
        {
            "member": draw.choice(names),
            "body": f"union:body{draw.randint(0, 2)}",
            "affiliation_kind": "affiliate",
        }
        for _ in range(9)
    ]
    return rows


@pytest.mark.parametrize("seed", range(2))
def test_both_engines_give_the_same_rows(seed: int) -> None:
    found = [
        shared_sectors(small_tables(random_rows(seed), engine), as_of=DAY, details=True) for engine in ENGINES
    ]
    assert found[0].height > 10
    assert_frame_equal(*found, check_dtypes=False, abs_tol=1e-12)


def test_parts_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = random_rows(5)
    whole = pairs(rows)
    monkeypatch.setattr(union_pairs, "_MOST_ROWS", 3)
    assert pairs(rows) == whole


@pytest.mark.parametrize("seed", range(3))
def test_every_number_is_a_share_and_every_row_has_evidence(seed: int) -> None:
    for row in pairs(random_rows(seed)):
        assert row["country_a"] != row["country_b"]
        assert row["evidence"]
        assert (row["gap"] is None) == (row["tie"] == "not_searched")
        for name in ("overlap", "coverage_ab", "coverage_ba", "interest", "gap", "cosine", "tie_strength"):
            assert row[name] is None or 0 <= row[name] <= 1 + 1e-9


def test_the_demo_shows_pairs_ties_and_what_was_searched(demo_graph: LaborGraph) -> None:
    found = demo_graph.shared_sectors(details=True).to_dicts()
    between = {frozenset((r["union_a"]["id"], r["union_b"]["id"])): r for r in found}
    uaw = between[frozenset(("union:uaw", "union:sinttia"))]
    assert (uaw["tie"], uaw["country_a"], uaw["country_b"]) == ("recorded", "US", "MX")
    assert "corp:general-motors" in [e["id"] for e in uaw["shared_employers"]]
    assert {"joint_statement", "strike_support"} <= set(uaw["ties"])
    miners = between[frozenset(("union:usw", "union:los-mineros"))]
    assert "alliance" in miners["ties"]
    gaps = [r for r in found if r["tie"] == "none_found"]
    assert gaps
    assert all(r["gap"] == r["interest"] and r["evidence"] for r in gaps)
    assert all(s.startswith("curated@") for r in gaps for s in r["searched"])
    assert all(s["name"] for r in found for s in r["sectors"])
