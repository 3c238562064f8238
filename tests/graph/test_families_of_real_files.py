"""Families and first sights on real files: companies, their plants and unions joined across sources."""

from __future__ import annotations

import polars as pl
import pytest

from graph.labor_graph import LaborGraph

FAMILIES = (
    "General Motors",
    "Ford Motor",
    "Lear",
    "Goodyear",
    "Whirlpool",
    "Magna",
    "Grupo Mexico",
)


def named(found: set[str]) -> set[str]:
    return {source.partition("@")[0] for source in found}


@pytest.mark.parametrize("name", FAMILIES)
def test_plants_and_unions_of_a_family_come_from_three_sources(real_graph: LaborGraph, name: str) -> None:
    found = real_graph.family(name)
    plants = named({str(line["source"]) for hop in found.plants for line in hop.evidence})
    unions = named({str(line["source"]) for hop in found.unions for line in hop.evidence})
    assert len(plants) >= 3, plants
    assert len(plants | unions) >= 3
    assert unions
    assert {"US", "MX"} <= {found.countries.get(hop.below) for hop in found.plants}


def test_shifts_that_no_key_finds_tell_the_joins_they_rest_on(real_graph: LaborGraph) -> None:
    rows = real_graph.production_shifts().filter(claim=0)
    steps = rows.select(row="pattern", step="identity").explode("step").unnest("step")
    matched = steps.filter(reason="match")
    assert matched.height > 0
    assert (matched["probability"] > 0.5).all()
    known = pl.read_parquet(real_graph.folder / "identity.parquet")
    assert (
        steps.drop_nulls("record_id")
        .join(known, on=["record_id", "joined_to", "reason"], how="anti")
        .is_empty()
    )


def test_mexican_plants_are_first_seen_after_a_closure_of_their_parent(real_graph: LaborGraph) -> None:
    rows = real_graph.first_seen()
    assert rows.height >= 5
    assert (rows["months"] > 0).all()
    assert (rows["months"] <= 36).all()
    assert (rows["evidence"].list.len() >= 3).all()
    joins = rows["identity"].list.explode().struct.unnest().drop_nulls("reason")
    assert {"match", "key"} <= set(joins["reason"])
    assert joins.filter(pl.col("reason") == "match")["probability"].min() > 0.5
    seen = real_graph.said("Plant").group_by("id").agg(pl.col("first_seen").min()).collect()
    registers = rows.select(pl.col("destination").struct.field("id"), "first_seen").join(seen, on="id")
    years = [registers[name].str.head(4) for name in ("first_seen", "first_seen_right")]
    assert (years[0] <= years[1].fill_null("9999")).all()
