"""Checks of a built graph: the shapes of the ontology on all rows, as column expressions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from graph.labor_graph import LaborGraph
from ontology import Column, Kind, model

_FOUND = {
    "check": pl.String(),
    "kind": pl.String(),
    "column": pl.String(),
    "severity": pl.String(),
    "count": pl.Int64(),
    "example": pl.String(),
}


def check(graph: LaborGraph) -> pl.DataFrame:
    """What in the graph breaks a rule.

    Returns one row a finding: `check`, `kind`, `column`, `severity` (`error`, or `note` for what a person
    should look at), `count` (rows), `example` (text). No row means that every rule holds.
    """
    things = graph.things
    kinds = dict(things.select("id", "kind").iter_rows())
    rows = [
        {
            "check": "unique id",
            "kind": None,
            "column": "id",
            "severity": "error",
            "count": n,
            "example": example,
        }
        for n, example in [_repeated(things)]
        if n
    ]
    known = _known_ids(graph, things)
    for kind in (*model().things, *model().relations):
        table = graph.table(kind.name)
        if table.height:
            rows += [
                _row(kind, column, *finding)
                for column in kind.columns
                for finding in _column(table, column, known)
            ]
    rows += _cycles(graph, kinds) + _refused(graph)
    return pl.DataFrame(rows, _FOUND, orient="row")


def _row(kind: Kind, column: Column, name: str, severity: str, bad: pl.DataFrame) -> dict[str, Any]:
    first = bad.row(0)
    example = f"{first[0]}: {first[1]}"
    values = (name, kind.name, column.name, severity, bad.height, example)
    return dict(zip(_FOUND, values, strict=True))


def _repeated(things: pl.DataFrame) -> tuple[int, str]:
    twice = things.filter(pl.col("id").is_duplicated())
    return twice["id"].n_unique(), str(twice["id"][0]) if twice.height else ""


def _known_ids(graph: LaborGraph, things: pl.DataFrame) -> pl.DataFrame:
    ties = graph.scan("Tie").select("id", pl.lit("Tie").alias("kind")).collect()
    return pl.concat([things.select("id", "kind"), ties]).unique("id", keep="first", maintain_order=True)


def _column(
    table: pl.DataFrame, column: Column, known: pl.DataFrame
) -> Iterator[tuple[str, str, pl.DataFrame]]:
    cells = table.select("id", pl.col(column.name).alias("value"))
    if column.many:
        cells = cells.explode("value")
    if column.required and (empty := cells.filter(pl.col("value").is_null())).height:
        yield "mandatory value", "error", empty
    cells = cells.drop_nulls("value")
    for name, severity, bad in _rules(column):
        if (broken := cells.filter(bad)).height:
            yield name, severity, broken
    if column.type == "ref":
        yield from _references(cells, column, known)


def _rules(column: Column) -> Iterator[tuple[str, str, pl.Expr]]:
    value = pl.col("value")
    if column.scheme:
        yield "controlled term", "error", ~value.is_in(list(model().terms[column.scheme]))
    if column.pattern:
        yield "pattern", "error", ~value.str.contains(column.pattern)
    if column.type == "date":
        yield "partial ISO date", "error", ~value.str.contains(r"^[0-9]{4}(-(0[1-9]|1[0-2])(-[0-3][0-9])?)?$")
    if column.minimum is not None:
        yield "minimum", "error", value < column.minimum
    if column.maximum is not None:
        yield "maximum", "error", value > column.maximum


def _references(
    cells: pl.DataFrame, column: Column, known: pl.DataFrame
) -> Iterator[tuple[str, str, pl.DataFrame]]:
    joined = cells.join(known, left_on="value", right_on="id", how="left")
    allowed = [leaf for name in column.classes for leaf in model().leaves(name)]
    if (unknown := joined.filter(pl.col("kind").is_null())).height:
        yield "reference to a thing that no source describes", "note", unknown
    if (wrong := joined.filter(~pl.col("kind").is_in(allowed))).height:
        yield "reference to a thing of another kind", "error", wrong


def _cycles(graph: LaborGraph, kinds: dict[str, str]) -> list[dict[str, Any]]:
    import networkx as nx

    owned = graph.scan("Ownership").select("owner", "owned").unique().collect()
    cycles = [sorted(c) for c in nx.strongly_connected_components(nx.DiGraph(owned.rows())) if len(c) > 1]
    cycles += [[a] for a, b in owned.rows() if a == b]
    if not cycles:
        return []
    values = (
        "ownership without a cycle",
        "Ownership",
        "owned",
        "note",
        len(cycles),
        " -> ".join(min(cycles)),
    )
    return [dict(zip(_FOUND, values, strict=True))]


def _refused(graph: LaborGraph) -> list[dict[str, Any]]:
    refused = pl.read_parquet(graph.folder / "refused.parquet")
    if refused.is_empty():
        return []
    first = refused.row(0, named=True)
    example = f"{first['left']} and {first['right']}: {first['reason']}"
    return [
        dict(zip(_FOUND, ("merge refused", None, "same_as", "note", refused.height, example), strict=True))
    ]
