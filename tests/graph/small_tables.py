"""Small graph tables written by hand: rows of each kind, with evidence and month bounds filled in."""

from __future__ import annotations

from typing import Any

import polars as pl

from graph.build import months
from graph.engine import Engine, Tables
from ontology import model, schema

Rows = dict[str, list[dict[str, Any]]]


def small_tables(rows: Rows, engine: Engine = "polars", **others: pl.DataFrame) -> Tables:
    """Tables with the rows of each kind; ids, evidence, `said/` and the index follow from them.

    `others`: tables that are no kinds (`identity`, `ends`).
    """
    frames = {kind: _table(kind, lines) for kind, lines in rows.items()}
    things = [kind for kind in rows if not model().kind(kind).is_relation]
    for kind in things:
        frames[f"said/{kind}"] = frames[kind].select(
            "id", "name", record_id="id", source=pl.lit("x@1"), locator=kind + "#" + pl.col("id"),
            status=pl.lit("stated"),
        )  # fmt: skip
    if things:
        index = [frames[kind].select("id", "name", kind=pl.lit(kind)) for kind in things]
        frames["things"] = pl.concat(index)
    return Tables.of(frames | others, engine)


def _table(kind: str, lines: list[dict[str, Any]]) -> pl.DataFrame:
    columns = schema(kind, "graph")
    given = {"source": "x@1", "status": "stated", "sources": ["x@1"]}
    full = [
        {"id": f"x/{kind}|{n}", "locator": f"{kind}#{n}", **given, **line} for n, line in enumerate(lines)
    ]
    for line in full:
        unknown = line.keys() - columns.keys() - given.keys() - {"locator"}
        assert not unknown, f"{kind} has no column {unknown}"
    frame = pl.DataFrame([{n: line.get(n) for n in columns} for line in full], schema=dict(columns))
    dates = [n.removesuffix("_min") for n in columns if n.endswith("_min")]
    bounds = [(n, 0, f"{n}_min") for n in dates] + [(n, 11, f"{n}_max") for n in dates]
    return frame.with_columns(months(n, unknown).alias(name) for n, unknown, name in bounds)
