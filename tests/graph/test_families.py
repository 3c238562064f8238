"""Ultimate parents as of a month."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from small_tables import Rows, small_tables

from graph.analysis.families import cycles, families, month_span
from graph.engine import Engine, cut
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
