"""Columns of a kind's tables as Polars types.

Polars is imported when a type is first asked for: reading the ontology alone does not need it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

from ontology.model import Column, ColumnType, model

if TYPE_CHECKING:
    import polars as pl


@cache
def _types() -> dict[ColumnType, pl.DataType]:
    import polars as pl

    text = pl.String()
    numbers: dict[ColumnType, pl.DataType] = {"integer": pl.Int64(), "decimal": pl.Float64()}
    return numbers | {"flag": pl.Boolean(), "text": text, "date": text, "term": text, "ref": text}


def dtype(column: Column) -> pl.DataType:
    """Polars type of a column; a repeated one is a list."""
    import polars as pl

    plain = _types()[column.type]
    return pl.List(plain) if column.many else plain


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
    import polars as pl

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
