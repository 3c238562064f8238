"""Corporate families as of any month: who controls each company and plant, at every step upward.

One derived, dated table that both projections hold (RDF: `:Control`; property graph: `CONTROLS`), because a
path cannot follow dates and cannot tell control from a minority share. Who controls whom is decided by
`graph.analysis.families`; an operator controls its plant, a labor provider or a partner below half does not.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw
import polars as pl

from graph.analysis.families import FIRST, LAST, families, stands
from graph.engine import Tables, cut

_LONGEST = 32  # owners in a chain
_SPAN = {"lo": pl.Int32(), "hi": pl.Int32()}
SCHEMA: dict[str, pl.DataType] = {
    "head": pl.String(),
    "member": pl.String(),
    "since_min": pl.Int32(),
    "until_max": pl.Int32(),
    "steps": pl.Int32(),
    "ultimate": pl.Boolean(),
    "venture": pl.Boolean(),
    "dated": pl.Boolean(),
    "relations": pl.List(pl.String()),
}
"""`head` controls `member` (a company, or a plant) from month `since_min` to `until_max` (null: open), over
`steps` ties (1: directly), through the records `relations`. `ultimate`: nobody is known to control the head
in these months; `venture`: a tie is a joint venture; `dated`: each tie has some date."""


def control_table(tables: Tables) -> pl.DataFrame:
    """Who controls which company and plant, in which months: columns of `SCHEMA`, sorted.

    A company that nobody controls is its own family and does not appear as a member. Companies that own each
    other in a circle are left out.

    >>> said = {"status": "stated"}
    >>> found = control_table(Tables.of({
    ...     "Ownership": pl.DataFrame([{"id": "o1", "owner": "corp:a", "owned": "corp:b", **said}]),
    ...     "Operation": pl.DataFrame([{"id": "r1", "operator": "corp:b", "plant": "plant:p", **said}])}))
    >>> found.select("head", "member", "steps", "ultimate").rows()
    [('corp:a', 'corp:b', 1, True), ('corp:a', 'plant:p', 2, True), ('corp:b', 'plant:p', 1, False)]
    """
    family = families(tables)
    edges = _edges(tables, cut(family.control))
    found = [pl.concat([edges, _operations(tables)])]
    upward = edges.rename({"member": "head", "head": "top"})
    while not found[-1].is_empty() and len(found) < _LONGEST:
        found.append(_merged(_step(found[-1], upward, len(found) + 1)))
    alone = cut(family.above.filter(nw.col("company") == nw.col("parent")).select("company", "lo", "hi"))
    return _with_ultimate(pl.concat(found), edges, alone)


def _known(tables: Tables, kind: str, member: str, head: str, *more: str) -> pl.DataFrame:
    frame = tables[kind].filter(stands())
    rows = cut(frame.select("id", *more, "since_min", "until_max", member=member, head=head))
    return rows.drop_nulls(["member", "head"]).with_columns(
        lo=pl.col("since_min").cast(pl.Int32).fill_null(FIRST),
        hi=pl.col("until_max").cast(pl.Int32).fill_null(LAST),
        dated=pl.col("since_min").is_not_null() | pl.col("until_max").is_not_null(),
    )


def _edges(tables: Tables, control: pl.DataFrame) -> pl.DataFrame:
    """Control of one company by another, with the records of it."""
    records = _known(tables, "Ownership", "owned", "owner").select(
        "member", "head", "lo", "hi", "dated", "id"
    )
    edges = control.select(
        pl.col("lo", "hi").cast(pl.Int32), member="owned", head="owner", venture=pl.col("factor") < 1
    )
    cited = edges.join(records, on=["member", "head"]).filter(
        pl.col("lo_right") <= pl.col("hi"), pl.col("hi_right") >= pl.col("lo")
    )
    return _merged(_direct(cited))


def _operations(tables: Tables) -> pl.DataFrame:
    """Plants and who operates them; a tie without dates counts where no record dates it."""
    known = _known(tables, "Operation", "plant", "operator", "operator_role", "share_pct")
    role = pl.col("operator_role").fill_null("operator")
    partner = role == "joint_venture_partner"
    runs = known.filter(
        role != "labor_provider",
        ~partner | (pl.col("share_pct") >= 50).fill_null(False),
        pl.col("dated") | ~pl.col("dated").any().over("member", "head"),
    )
    return _merged(_direct(runs.with_columns(venture=partner)))


def _direct(rows: pl.DataFrame) -> pl.DataFrame:
    """Ties of one step, each with its record."""
    pairs = rows.select("member", "head", "lo", "hi", "venture", "dated", relations=pl.concat_list("id"))
    return pairs.with_columns(steps=pl.lit(1, pl.Int32()))


def _step(rows: pl.DataFrame, upward: pl.DataFrame, steps: int) -> pl.DataFrame:
    """Each tie followed by one owner more, in the months that both hold."""
    return (
        rows.join(upward, on="head")
        .select(
            "member",
            head="top",
            lo=pl.max_horizontal("lo", "lo_right"),
            hi=pl.min_horizontal("hi", "hi_right"),
            venture=pl.col("venture") | pl.col("venture_right"),
            dated=pl.col("dated") & pl.col("dated_right"),
            relations=pl.col("relations").list.set_union("relations_right"),
            steps=pl.lit(steps, pl.Int32()),
        )
        .filter(pl.col("lo") <= pl.col("hi"), pl.col("head") != pl.col("member"))
    )


def _merged(rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each pair, span of months, number of steps and, where that is known, ultimate head."""
    relations = pl.col("relations").list.explode(keep_nulls=False, empty_as_null=False)
    return rows.group_by(pl.all().exclude("venture", "dated", "relations")).agg(
        pl.col("venture").any(), pl.col("dated").any(), relations.unique().sort()
    )


def _with_ultimate(rows: pl.DataFrame, edges: pl.DataFrame, alone: pl.DataFrame) -> pl.DataFrame:
    """Rows cut where somebody begins or ceases to control the head."""
    order = ["member", "lo", "hi", "head"]
    reach = pl.col("hi").cum_max().shift(1).over("member")
    runs = edges.sort(order).with_columns(begins=(pl.col("lo") > reach + 1).fill_null(True))
    runs = runs.with_columns(run=pl.col("begins").cum_sum().over("member"))
    held = runs.group_by("member", "run").agg(pl.col("lo").min(), pl.col("hi").max())
    spans = pl.concat(
        [
            held.select("lo", "hi", head="member", ultimate=pl.lit(False)),
            alone.select(pl.col("lo", "hi").cast(pl.Int32), head="company", ultimate=pl.lit(True)),
        ]
    )
    free = rows.join(held, left_on="head", right_on="member", how="anti").with_columns(ultimate=pl.lit(True))
    bound = rows.join(spans, on="head").with_columns(
        lo=pl.max_horizontal("lo", "lo_right"), hi=pl.min_horizontal("hi", "hi_right")
    )
    both = pl.concat([free, bound.filter(pl.col("lo") <= pl.col("hi")).select(free.columns)])
    return _open(_merged(both)).select(list(SCHEMA)).sort("head", "member", "since_min", "until_max", "steps")


def _open(rows: pl.DataFrame) -> pl.DataFrame:
    def bound(column: str, limit: int) -> Any:
        return pl.when(pl.col(column) != limit).then(column)

    return rows.with_columns(since_min=bound("lo", FIRST), until_max=bound("hi", LAST))
