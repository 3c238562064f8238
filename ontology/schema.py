"""Columns of a kind's tables as Polars types."""

from __future__ import annotations

from typing import Literal

import polars as pl

from ontology.model import Column, model

_TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "decimal": pl.Float64(),
    "date": pl.String(),
    "flag": pl.Boolean(),
    "term": pl.String(),
    "ref": pl.String(),
}


def dtype(column: Column) -> pl.DataType:
    """Polars type of a column; a repeated one is a list."""
    return pl.List(_TYPES[column.type]) if column.many else _TYPES[column.type]


def schema(kind: str, table: Literal["records", "graph"] = "records") -> dict[str, pl.DataType]:
    """Columns of a kind's table, in order.

    `records`: what a source says: `id`, the kind's columns, the evidence columns.
    `graph`: the resolved table. A thing has `id`, its columns and `sources`; a relation keeps its evidence
    columns. Beside each single date `X` stand `X_min` and `X_max`: months since year 0
    (`year * 12 + month - 1`), null where the date is unknown.

    >>> schema("Making")["product"]
    String
    >>> [c for c in schema("Making", "graph") if c.startswith("since")]
    ['since', 'since_min', 'since_max']
    """
    form = model().kind(kind)
    thing = table == "graph" and not form.is_relation
    columns = form.columns if thing else (*form.columns, *model().evidence)
    found: dict[str, pl.DataType] = {"id": pl.String()}
    for column in columns:
        found[column.name] = dtype(column)
        if table == "graph" and column.type == "date" and not column.many:
            found |= {column.name + "_min": pl.Int32(), column.name + "_max": pl.Int32()}
    if thing:
        found["sources"] = pl.List(pl.String())
    return found
