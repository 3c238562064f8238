"""Names and evidence for the rows of an answer, fetched only for the rows that are shown."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from graph.analysis.families import FIRST, LAST, stands
from graph.engine import Tables, cut, cut_all
from ontology import model

_LINE = ("source", "locator", "url", "date", "status")
EVIDENCE = pl.List(pl.Struct(dict.fromkeys(_LINE, pl.String())))
THING = pl.Struct({"id": pl.String(), "name": pl.String()})


def attach(rows: pl.DataFrame, cites: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Add `evidence` to rows: a list of `{source, locator, url, date, status}`.

    Parameters
    ----------
    rows
        Has `id`.
    cites
        `row` (id of a row), `kind` and `record` (id of a relation's record or of a thing), in the order in
        which the evidence is to be shown. Each further page of a record is one more line.
    """
    ordered = cites.drop_nulls().with_row_index("order")
    parts, lines = [], []
    for (kind,), part in ordered.partition_by("kind", as_dict=True).items():
        relation = model().kind(str(kind)).is_relation
        table = tables[str(kind) if relation else f"said/{kind}"]
        said = table.filter(nw.col("id").is_in(part["record"].unique().to_list())).select(
            *("id", "source", "locator", "url", "further_urls", "status"),
            date=nw.coalesce("as_of", "page_date", "retrieved"),
        )
        parts.append(part)
        lines.append(said)
    if not parts:
        return rows.with_columns(evidence=pl.lit([], EVIDENCE))
    cited = [
        part.join(_pages(said), left_on="record", right_on="id")
        for part, said in zip(parts, cut_all(*lines), strict=True)
    ]
    shown = pl.concat(cited).sort("order", "source", "locator", "page")
    shown = shown.unique(["row", *_LINE], keep="first", maintain_order=True)
    lists = shown.group_by("row", maintain_order=True).agg(evidence=pl.struct(_LINE))
    found = rows.join(lists, left_on="id", right_on="row", how="left", maintain_order="left")
    return found.with_columns(pl.col("evidence").fill_null(pl.lit([], EVIDENCE)))


def _pages(lines: pl.DataFrame) -> pl.DataFrame:
    """One line for the page of each record (0) and for each further page (1, 2, ...)."""
    first = lines.with_columns(page=pl.lit(0, pl.Int64)).drop("further_urls")
    more = lines.filter(pl.col("further_urls").list.len() > 0).with_columns(
        page=pl.int_ranges(1, pl.col("further_urls").list.len() + 1)
    )
    more = more.drop("url").explode("further_urls", "page").rename({"further_urls": "url"})
    return pl.concat([first, more.select(first.columns)])


def names(tables: Tables, ids: pl.Series) -> pl.DataFrame:
    """`id` and `name` of things."""
    wanted = ids.drop_nulls().unique().to_list()
    known = cut(tables["things"].filter(nw.col("id").is_in(wanted)).select("id", "name"))
    return known.unique("id", keep="any")


def named(rows: pl.DataFrame, tables: Tables, *columns: str) -> pl.DataFrame:
    """Turn columns of ids into `{id, name}`; a column `<name>_place` names what has no id."""
    known = names(tables, pl.concat([rows[column] for column in columns]))
    for column in columns:
        place = pl.col(f"{column}_place") if f"{column}_place" in rows.columns else pl.lit(None, pl.String())
        rows = rows.join(known, left_on=column, right_on="id", how="left", maintain_order="left")
        thing = pl.struct(id=pl.col(column), name=pl.coalesce("name", place))
        empty = pl.col(column).is_null() & place.is_null()
        rows = rows.with_columns(pl.when(~empty).then(thing).alias(column)).drop("name")
    return rows


def represented(tables: Tables, ends: list[pl.DataFrame], statuses: tuple[str, ...]) -> list[pl.DataFrame]:
    """Unions that represent workers of plants at a time: `row`, `union`, `record` for each of `ends`.

    `ends`: `row`, `plant`, `lo`, `hi` (months, null where unknown). Only `statuses` count.
    """
    plants = pl.concat([end["plant"] for end in ends]).drop_nulls().unique()
    frame = tables["Representation"].filter(
        nw.col("plant").is_in(plants.to_list()),
        nw.col("representation_status").is_in(statuses),
        stands(),
    )
    known = cut(
        frame.select(
            *("plant", "union"),
            record="id",
            first=nw.col("since_min").fill_null(FIRST),
            last=nw.col("until_max").fill_null(LAST),
        )
    )
    held = pl.col("first") <= pl.col("hi").fill_null(LAST), pl.col("last") >= pl.col("lo").fill_null(FIRST)
    columns = ("row", "union", "record")
    return [end.join(known, on="plant").filter(held).select(columns).unique().sort(columns) for end in ends]


def unions(rows: pl.DataFrame, known: pl.DataFrame, tables: Tables, column: str) -> pl.DataFrame:
    """Add `column`: the unions of `known` (`row`, `union`) for each row, a list of `{id, name}`."""
    pairs = known.select("row", "union").unique().sort("row", "union")
    titles = names(tables, pairs["union"])
    pairs = pairs.join(titles, left_on="union", right_on="id", how="left", maintain_order="left")
    lists = pairs.group_by("row", maintain_order=True).agg(pl.struct(id="union", name="name").alias(column))
    found = rows.join(lists, left_on="id", right_on="row", how="left", maintain_order="left")
    return found.with_columns(pl.col(column).fill_null(pl.lit([], pl.List(THING))))
