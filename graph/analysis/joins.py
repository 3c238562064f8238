"""The joins of ids that the rows of an answer rest on, fetched only for the rows that are shown."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import polars as pl

from graph.engine import Tables, cut
from graph.identity.resolve import steps
from ontology import model

_TEXT = ("record_id", "joined_to", "reason")
STEP = pl.Struct({**dict.fromkeys(_TEXT, pl.String()), "probability": pl.Float64()})
_STEPS = pl.List(STEP)


def at_plants(tables: Tables, ends: pl.DataFrame) -> pl.DataFrame:
    """The records that tie events to plants, as cites.

    `ends`: `row`, `event`, `plant`; gives `row`, `kind`, `record`.
    """
    said = tables["Party"].filter(
        nw.col("role") == "plant", nw.col("within").is_in(ends["event"].drop_nulls().unique().to_list())
    )
    parties = cut(said.select(event="within", plant="party", record="id"))
    found = ends.join(parties, on=["event", "plant"], maintain_order="left_right")
    return found.select("row", pl.lit("Party").alias("kind"), "record")


def with_joins(rows: pl.DataFrame, cites: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Add `identity` to rows: a list of `{record_id, joined_to, reason, probability}`.

    Each is one join on the way from an id that a cited record uses to the id of the thing in the graph.

    Parameters
    ----------
    rows
        Has `id`.
    cites
        `row` (id of a row), `kind` and `record` (id of a relation's record or of a thing), in the order in
        which the joins are to be shown.
    """
    used = _used(cites.drop_nulls().unique(maintain_order=True), tables)
    mapping = cut(tables["identity"])
    ways = {item: steps(mapping, item) for item in used["record_id"].unique()}
    told: dict[str, dict[str, dict[str, Any]]] = {}
    for row, item in used.iter_rows():
        told.setdefault(row, {}).update((step["record_id"], step) for step in ways[item])
    names = [field.name for field in STEP.fields]
    lists = [
        (row, [{name: step[name] for name in names} for step in found.values()])
        for row, found in told.items()
    ]
    joined = pl.DataFrame(lists, {"id": pl.String(), "identity": _STEPS}, orient="row")
    found = rows.join(joined, on="id", how="left", maintain_order="left")
    return found.with_columns(pl.col("identity").fill_null(pl.lit([], _STEPS)))


def _used(cites: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """`row`, `record_id`: ids in cited records that were joined to another one."""
    found = [pl.DataFrame(schema={"order": pl.UInt32(), "row": pl.String(), "record_id": pl.String()})]
    for (kind,), part in cites.with_row_index("order").partition_by("kind", as_dict=True).items():
        relation = model().kind(str(kind)).is_relation
        said = tables["ends" if relation else f"said/{kind}"].filter(
            nw.col("id").is_in(part["record"].unique().to_list()), nw.col("id") != nw.col("record_id")
        )
        ids = cut(said.select("id", "record_id").unique()).sort("id", "record_id")
        found.append(part.join(ids, left_on="record", right_on="id").select("order", "row", "record_id"))
    return pl.concat(found).sort("order", "record_id").drop("order").unique(maintain_order=True)
