"""Ultimate parents as of a month."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest
from small_tables import Rows, small_tables
from typer.testing import CliRunner

from graph.analysis import cash_flow, production_shifts
from graph.analysis.families import cycles, families, month_span
from graph.analysis.family import Parents, family, ultimate_parent
from graph.cli import app
from graph.engine import Engine, cut
from graph.home import Home
from ontology import WrongUseError

ENGINES: tuple[Engine, ...] = ("polars", "duckdb")


def owns(owner: str, owned: str, **more: Any) -> dict[str, Any]:
    return {"owner": owner, "owned": owned, **more}


def parents_at(rows: list[dict[str, Any]], company: str, date: str, engine: Engine = "polars") -> set[str]:
    found = cut(families(small_tables({"Ownership": rows}, engine)).above).filter(company=company)
    low, high = month_span(date)
    return set(found.filter(pl.col("lo") <= high, pl.col("hi") >= low)["parent"]) or {company}


def tenures_at(rows: Rows, plant: str, date: str) -> dict[str, float]:
    found = cut(families(small_tables(rows)).tenures).filter(plant=plant)
    low, high = month_span(date)
    kept = found.filter(pl.col("lo") <= high, pl.col("hi") >= low)
    return dict(kept.group_by("parent").agg(pl.col("factor").max()).rows())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_chain_ends_at_its_top(engine: Engine) -> None:
    chain = [owns(f"c{n + 1}", f"c{n}") for n in range(11)]
    assert parents_at(chain, "c0", "2020", engine) == {"c11"}
    assert parents_at(chain, "c7", "2020", engine) == {"c11"}


@pytest.mark.parametrize("engine", ENGINES)
def test_parents_change_with_a_sale(engine: Engine) -> None:
    rows = [
        owns("old", "firm", until="2006-03-31"),
        owns("new", "firm", since="2006-03-31"),
        owns("fund", "new", since="2010"),
    ]
    assert parents_at(rows, "firm", "2005", engine) == {"old"}
    assert parents_at(rows, "firm", "2007", engine) == {"new"}
    assert parents_at(rows, "firm", "2012", engine) == {"fund"}


def test_between_two_owners_a_company_is_its_own_parent() -> None:
    rows = [owns("a", "firm", until="2000"), owns("b", "firm", since="2005")]
    assert parents_at(rows, "firm", "2003") == {"firm"}


def test_an_owner_without_a_known_end_ends_where_the_next_begins() -> None:
    rows = [owns("a", "firm", since="1998"), owns("b", "firm", since="2007-08")]
    assert parents_at(rows, "firm", "2003") == {"a"}
    assert parents_at(rows, "firm", "2010") == {"b"}
    minority = [owns("a", "firm", since="1998"), owns("b", "firm", since="2007", share_pct=20.0)]
    assert parents_at(minority, "firm", "2010") == {"a"}


def test_a_joint_venture_without_majority_is_its_own_family() -> None:
    unknown = [owns("a", "jv", since="2005"), owns("b", "jv", since="2005")]
    assert parents_at(unknown, "jv", "2010") == {"jv"}
    less = [owns("a", "firm", share_pct=48.4)]
    assert parents_at(less, "firm", "2010") == {"firm"}
    agreed = [owns("a", "firm", control="joint")]
    assert parents_at(agreed, "firm", "2010") == {"firm"}


def test_a_joint_venture_with_half_or_more_counts_less() -> None:
    rows: Rows = {
        "Ownership": [
            owns("a", "jv", share_pct=51.0),
            owns("b", "jv", share_pct=49.0),
            owns("a", "sub", share_pct=89.0),
        ],
        "Operation": [{"plant": "p", "operator": "jv"}, {"plant": "q", "operator": "sub"}],
    }
    assert tenures_at(rows, "p", "2010") == {"a": 0.8}
    assert tenures_at(rows, "q", "2010") == {"a": 1.0}


def test_documented_control_beats_an_unknown_share() -> None:
    rows = [owns("a", "firm", control="documented"), owns("b", "firm", share_pct=30.0)]
    assert parents_at(rows, "firm", "2010") == {"a"}


def test_an_owner_that_also_owns_through_another_is_no_partner() -> None:
    rows = [owns("top", "middle"), owns("middle", "firm"), owns("top", "firm")]
    assert parents_at(rows, "firm", "2010") == {"top"}


def test_sources_that_repeat_each_other_change_nothing() -> None:
    rows = [owns("a", "b", source=f"s{n}@1") for n in range(4)] + [
        owns("b", "c"),
        owns("b", "c", since="2000"),
    ]
    assert parents_at(rows, "c", "2010") == {"a"}
    assert parents_at(rows, "c", "1990") == {"c"}, "the dated record says more than the undated"


@pytest.mark.parametrize("engine", ENGINES)
def test_circles_are_named_and_do_not_hang(engine: Engine) -> None:
    rows = [owns("a", "b"), owns("b", "c"), owns("c", "a"), owns("c", "d")]
    assert cycles(small_tables({"Ownership": rows}, engine)) == ["a", "b", "c"]
    assert parents_at(rows, "d", "2010", engine) == {"c"}
    apart = [owns("a", "b", until="2000-06"), owns("b", "a", since="2005")]
    assert cycles(small_tables({"Ownership": apart}, engine)) == []


def test_a_retracted_or_denied_owner_does_not_count() -> None:
    rows = [owns("a", "firm", status="retracted"), owns("b", "firm", status="denied")]
    assert parents_at(rows, "firm", "2010") == {"firm"}


def test_operations_are_dated_and_have_roles() -> None:
    rows: Rows = {
        "Operation": [
            {"plant": "p", "operator": "old", "until": "2006-03"},
            {"plant": "p", "operator": "new", "since": "2006-03"},
            {"plant": "p", "operator": "agency", "operator_role": "labor_provider"},
            {"plant": "p", "operator": "partner", "operator_role": "joint_venture_partner"},
            {"plant": "p", "operator": "half", "operator_role": "joint_venture_partner", "share_pct": 50.0},
        ],
    }
    assert tenures_at(rows, "p", "2000") == {"old": 1.0, "half": 0.8}
    assert tenures_at(rows, "p", "2010") == {"new": 1.0, "half": 0.8}


def test_a_contract_manufacturer_belongs_a_little_to_whom_it_supplies() -> None:
    rows: Rows = {
        "Operation": [{"plant": "p", "operator": "maker", "operator_role": "contract_manufacturer"}],
        "Supply": [{"supplier": "p", "buyer": "brand"}, {"supplier": "q", "buyer": "brand"}],
    }
    assert tenures_at(rows, "p", "2010") == {"maker": 1.0, "brand": 0.6}
    assert tenures_at(rows, "q", "2010") == {}, "supplying alone is no ownership"


@pytest.mark.parametrize("text", ["", "2016-13", "16", "2016-1", "yesterday", "2016-05-41"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(WrongUseError, match="no date"):
        month_span(text)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_ultimate_parent_is_no_partner_of_the_direct_one(engine: Engine) -> None:
    rows = [
        owns("mother", "firm", control="accounting_consolidation", since="2015"),
        owns("group", "firm", control="ultimate_consolidation", since="2012"),
        owns("group", "mother", control="accounting_consolidation", since="2012"),
        owns("group", "other", control="ultimate_consolidation", since="2012"),
    ]
    assert parents_at(rows, "firm", "2020", engine) == {"group"}
    assert parents_at(rows, "other", "2020", engine) == {"group"}


def things(rows: Rows) -> Rows:
    """Rows with the companies, plants and unions that their relations name."""
    ends: dict[str, set[str]] = {"Corporation": set(), "Plant": set(), "Union": set()}
    kinds = {"owner": "Corporation", "owned": "Corporation", "operator": "Corporation", "plant": "Plant"}
    kinds |= dict.fromkeys(("union", "member", "body", "predecessor", "successor"), "Union")
    for lines in rows.values():
        for line in lines:
            for role, item in line.items():
                if role in kinds and item:
                    ends[kinds[role]].add(item)
    named = {kind: [{"id": i, "name": i.upper()} for i in sorted(ids)] for kind, ids in ends.items() if ids}
    return {**named, **rows}


def above(
    rows: list[dict[str, Any]], item: str, date: str, engine: Engine = "polars", **more: Any
) -> Parents:
    return ultimate_parent(small_tables(things({"Ownership": rows, **more}), engine), item, date)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_chain_names_every_hop_with_its_records(engine: Engine) -> None:
    rows = [owns("b", "a", share_pct=80.0, since="2001"), owns("c", "b", control="documented", source="s@1")]
    found = above(rows, "a", "2010", engine)
    assert (found.ultimate, [(h.below, h.above) for h in found.chain]) == ("c", [("a", "b"), ("b", "c")])
    first, second = found.chain
    assert (first.share_pct, first.dates, first.assumed) == (80.0, ("2001", None), ())
    assert (second.control, second.assumed) == ("documented", ("dates not known",))
    assert [line["record"] for line in first.evidence] == ["x/Ownership|0"]
    assert found.assumed == ["dates not known"]


def test_a_plant_begins_with_its_operator() -> None:
    runs = [
        {"plant": "p", "operator": "a", "until": "2005"},
        {"plant": "p", "operator": "z", "since": "2006"},
    ]
    rows = [owns("b", "a")]
    assert above(rows, "p", "2004", Operation=runs).ultimate == "b"
    assert above(rows, "p", "2010", Operation=runs).ultimate == "z"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_circle_of_owners_is_named_and_the_chain_stops(engine: Engine) -> None:
    rows = [owns("b", "a"), owns("c", "b"), owns("d", "c"), owns("b", "d")]
    found = above(rows, "a", "2020", engine)
    assert found.cycle == ["b", "c", "d", "b"]
    assert [hop.above for hop in found.chain] == ["b", "c", "d"]
    tree = family(small_tables(things({"Ownership": rows}), engine), "a", "2020")
    assert tree.findings[0] == "companies own each other in a circle: b -> c -> d -> b"


def test_two_owners_in_control_are_both_kept_the_believed_one_leads() -> None:
    filed = {"control": "accounting_consolidation", "status": "filed"}
    weak = {"control": "documented", "status": "stated", "page_class": "seed"}
    found = above([owns("b", "a", **weak), owns("c", "a", **filed)], "a", "2020")
    assert found.ultimate == "c"
    assert [(hop.above, hop.belief) for hop in found.others] == [("b", 0.5)]
    tree = family(small_tables(things({"Ownership": [owns("b", "a", **weak), owns("c", "a", **filed)]})), "b")
    assert "a is controlled by c as well" in tree.findings


def test_a_half_is_no_majority_and_a_minority_beside_one_is_named() -> None:
    halves = [owns("b", "jv", share_pct=50.0), owns("c", "jv", share_pct=50.0), owns("top", "b")]
    found = above(halves, "jv", "2020")
    assert (found.ultimate, found.chain, found.others) == ("jv", [], [])
    assert sorted(hop.above for hop in found.co_owners) == ["b", "c"]
    led = [owns("b", "jv", share_pct=50.0, control="documented"), owns("c", "jv", share_pct=50.0)]
    found = above(led, "jv", "2020")
    assert (found.ultimate, [hop.above for hop in found.co_owners]) == ("b", ["c"])
    most = [owns("b", "jv", share_pct=51.0), owns("c", "jv", share_pct=49.0), owns("top", "b")]
    found = above(most, "jv", "2020")
    assert (found.ultimate, [hop.above for hop in found.co_owners]) == ("top", ["c"])


def test_a_joint_venture_names_its_co_owners() -> None:
    found = above([owns("b", "jv", share_pct=40.0), owns("c", "jv", share_pct=40.0)], "jv", "2020")
    assert (found.ultimate, sorted(hop.above for hop in found.co_owners)) == ("jv", ["b", "c"])


def test_a_fund_is_the_ultimate_and_not_the_operating_parent() -> None:
    rows = [owns("holding", "maker"), owns("fund", "holding", share_pct=80.1)]
    sector = [{"member": "fund", "sector": "naics-2022:5239"}]
    found = above(rows, "maker", "2008", InSector=sector)
    assert (found.ultimate, found.operating_parent) == ("fund", "holding")
    assert (
        family(small_tables(things({"Ownership": rows, "InSector": sector})), "maker", "2008").head
        == "holding"
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_an_inferred_owner_counts_only_where_none_is_stated(engine: Engine) -> None:
    guess = owns("guess", "firm", status="inferred")
    assert parents_at([guess], "firm", "2010", engine) == {"guess"}
    assert parents_at([guess, owns("known", "firm")], "firm", "2010", engine) == {"known"}
    found = above([guess], "firm", "2010", engine)
    assert found.chain[0].belief == pytest.approx(0.3)
    assert "inferred by a register, not stated" in found.assumed
    both = [{"plant": p, "operator": "firm"} for p in ("o", "d")]
    plants = [
        {"id": "o", "name": "O", "country": "US", "closed": "2016-01"},
        {"id": "d", "name": "D", "country": "MX", "opened": "2016-07"},
    ]
    sectors = [{"member": p, "sector": "naics-2022:336350"} for p in ("o", "d")]
    rows: Rows = {"Ownership": [guess], "Operation": both, "Plant": plants, "InSector": sectors}
    tables = small_tables({**things(rows), "Plant": plants}, engine)
    [row] = production_shifts(tables, details=True).to_dicts()
    assert "an owner or operator is inferred by a register" in row["assumed"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_union_belongs_to_its_centres_and_follows_mergers(engine: Engine) -> None:
    rows: Rows = {
        "Affiliation": [
            {"member": "local", "body": "old", "affiliation_kind": "local_of"},
            {"member": "new", "body": "centre", "affiliation_kind": "affiliate", "status": "filed"},
            {"member": "new", "body": "global", "affiliation_kind": "affiliate"},
            {"member": "new", "body": "alliance", "affiliation_kind": "alliance_member"},
        ],
        "Succession": [
            {"predecessor": "old", "successor": "new", "since": "2005", "succession_kind": "merged_into"}
        ],
        "Representation": [{"plant": "p", "union": "local", "representation_status": "certified"}],
    }
    tables = small_tables(things(rows), engine)
    found = family(tables, "local", "2010").parents
    assert [hop.above for hop in found.chain] == ["old", "new", "centre"]
    assert [hop.above for hop in found.others] == ["global"]
    assert family(tables, "local", "2001").parents.ultimate == "old"
    down = family(tables, "centre", "2010")
    assert {hop.below for hop in down.members} == {"new", "old", "local"}
    assert [(hop.below, hop.above, hop.control) for hop in down.unions] == [("p", "local", "certified")]


def test_a_family_holds_plants_unions_and_sources() -> None:
    rows: Rows = {
        "Ownership": [owns("top", "sub", source="register@1")],
        "Operation": [{"plant": "p", "operator": "sub", "source": "notices@1"}],
        "Representation": [
            {"plant": "p", "union": "u", "representation_status": "ended", "source": "list@1"}
        ],
    }
    found = family(small_tables(things(rows)), "sub", "2020")
    assert (found.head, [hop.below for hop in found.plants]) == ("top", ["p"])
    assert [(hop.above, hop.control) for hop in found.unions] == [("u", "ended")]
    assert found.sources == ["list@1", "notices@1", "register@1"]
    assert found.names["u"] == "U"


def test_the_family_of_a_thing_of_another_kind_is_refused() -> None:
    tables = small_tables({"Case": [{"id": "case:x", "name": "X"}]})
    with pytest.raises(WrongUseError, match="case:x is a Case"):
        family(tables, "case:x")


def test_the_command_prints_the_tree(demo_home: Home) -> None:
    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["--home", str(demo_home.path), "family", *words])
        assert result.exit_code == 0, result.output
        return result.output

    page = run("corp:chrysler", "--as-of", "2008")
    assert "Ultimate parent: Cerberus Capital Management; operating parent: Chrysler" in page
    assert "80.1 %" in page
    data = json.loads(run("Grupo México", "--as-of", "2010", "--format", "json"))
    assert data["head"]["id"] == "corp:grupo-mexico"
    assert all(hop["evidence"] for part in ("members", "plants", "unions") for hop in data[part])
    assert ": 5 plants, recognized" in run("Grupo México", "--as-of", "2010")


def flows(*rows: dict[str, Any], as_of: str = "2020") -> dict[tuple[str, str], float]:
    found = cash_flow(small_tables({"Ownership": list(rows)}), as_of)
    return {(owner, owned): share for owner, owned, _, share in found.iter_rows()}


def test_cash_flows_over_every_chain() -> None:
    chain = [
        owns("top", "left", share_pct=60.0),
        owns("top", "right", share_pct=50.0),
        owns("left", "plant", share_pct=50.0),
        owns("right", "plant", share_pct=40.0),
        owns("plant", "unknown"),
    ]
    assert flows(*chain)["top", "plant"] == pytest.approx(30 + 20)
    assert ("top", "unknown") not in flows(*chain)


def test_cash_that_goes_round_is_the_inverse_of_the_matrix() -> None:
    """W̃ = (I - W)⁻¹ W of two companies with shares in each other, and of an owner outside."""
    round_trip = [
        owns("a", "b", share_pct=50.0),
        owns("b", "a", share_pct=20.0),
        owns("x", "a", share_pct=80.0),
    ]
    found = flows(*round_trip)
    assert found["a", "b"] == pytest.approx(50 / 0.9)
    assert found["x", "b"] == pytest.approx(80 * 0.5 / 0.9)
    closed = flows(owns("a", "b", share_pct=100.0), owns("b", "a", share_pct=100.0))
    assert set(closed.values()) == {100.0}


def test_shares_hold_at_the_date_and_never_exceed_the_whole() -> None:
    sold = [
        owns("old", "firm", share_pct=70.0, until="2010"),
        owns("new", "firm", share_pct=90.0, since="2011"),
    ]
    assert flows(*sold, as_of="2005") == {("old", "firm"): 70.0}
    assert flows(*sold) == {("new", "firm"): 90.0}
    both = [owns("a", "firm", share_pct=80.0), owns("b", "firm", share_pct=80.0)]
    assert flows(*both) == {("a", "firm"): 50.0, ("b", "firm"): 50.0}
    told = [owns("a", "firm", share_pct=30.0), owns("a", "firm", share_pct=60.0, status="inferred")]
    assert flows(*told) == {("a", "firm"): 30.0}


def test_a_family_tells_what_reaches_its_head() -> None:
    rows: Rows = {
        "Corporation": [{"id": name, "name": name} for name in ("top", "mid", "low")],
        "Ownership": [owns("top", "mid", share_pct=80.0), owns("mid", "low", share_pct=75.0)],
    }
    assert family(small_tables(rows), "low", "2020").cash_flow == {"mid": 80.0, "low": 60.0}
