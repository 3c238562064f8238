"""The query of docs/how-to/first-seen-after-closure.md on the real files."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from graph.labor_graph import LaborGraph

PAGE = (Path(__file__).parents[2] / "docs/how-to/first-seen-after-closure.md").read_text(encoding="utf-8")
[QUERY] = re.findall(r"```sparql\n(.*?)```", PAGE, re.S)


def test_plants_first_seen_after_a_closure_of_the_same_industry(real_graph: LaborGraph) -> None:
    rows = real_graph.sparql(QUERY).frame()
    assert rows.height > 100
    assert ((rows["first"] > rows["closed"]) & (rows["first"] <= rows["closed"] + 3)).all()
    years = pl.col("first_seen").str.head(4).cast(pl.Int64)
    seen = real_graph.said("Plant").select(plant="id", first=years).unique().collect()
    assert rows.join(seen, on=["plant", "first"], how="anti").is_empty()
    parts = rows.filter(industry="3363")
    assert parts.height
    assert set(parts["title"]) == {"Fabricación de partes para vehículos automotores"}
