"""Who ultimately controlled a company or plant, as of any month.

Control is held by an owner with more than half of the shares or votes, an accounting consolidation,
documented control, or by the only owner that the sources name. An owner that a register inferred counts only
where no source states one. A joint venture without a majority is a family of its own. Bounds are months since
year 0; an unknown bound is open. An owner without a known end ends where another one is known to begin.
Companies that own each other in a circle are families of their own; `cycles` names them.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

import narwhals as nw
import polars as pl

from graph.analysis.parameters import DEFAULT, Shifts
from graph.engine import Frame, Tables, cut, keep
from ontology import WrongUseError

FIRST, LAST = -120_000, 120_000
EVIDENCE = ("source", "locator", "url", "status")
_ULTIMATE = "ultimate_consolidation"
CONTROL = ("accounting_consolidation", _ULTIMATE, "majority_votes", "documented")
_NO_CONTROL = ("joint", "minority")
_CITED = ("record", "undated", "inferred")
_LONGEST = 5  # doublings: chains of up to 32 owners


def month_span(date: str) -> tuple[int, int]:
    """First and last month of a partial ISO date, as months since year 0.

    Raises `WrongUseError` where the text is no date.

    >>> month_span("2019"), month_span("2019-05-12")
    ((24228, 24239), (24232, 24232))
    """
    found = re.fullmatch(r"([0-9]{4})(?:-(0[1-9]|1[0-2])(?:-[0-3][0-9])?)?", date)
    if not found:
        raise WrongUseError(f"no date: {date!r}", hint="use YYYY, YYYY-MM or YYYY-MM-DD")
    year, month = int(found[1]) * 12, found[2]
    return (year, year + 11) if month is None else (year + int(month) - 1,) * 2


def month_at(as_of: str | None) -> int:
    """The month of a date, the last one of a year; of today where no date is given."""
    return month_span(as_of or date.today().isoformat())[1]


def within(low: str, high: str, first: str, last: str) -> nw.Expr:
    """Two spans of months that may overlap."""
    return (nw.col(low) <= nw.col(last)) & (nw.col(high) >= nw.col(first))


def _both(frame: Frame, *columns: str) -> Frame:
    """Intersect span `lo`-`hi` with `lo_right`-`hi_right`; the weaker factor holds."""
    return frame.select(
        *columns,
        lo=nw.max_horizontal("lo", "lo_right"),
        hi=nw.min_horizontal("hi", "hi_right"),
        factor=nw.min_horizontal("factor", "factor_right"),
    ).filter(nw.col("lo") <= nw.col("hi"))


def stands() -> nw.Expr:
    """Statements that count: neither retracted nor denied."""
    return ~nw.col("status").is_in(["retracted", "denied"])


def valid_at(relation: Frame, at: tuple[int, int]) -> Frame:
    """Records that hold at the date; an unknown bound is open."""
    return relation.filter(
        stands(),
        nw.col("since_min").fill_null(FIRST) <= at[1],
        nw.col("until_max").fill_null(LAST) >= at[0],
    )


def records_at(tables: Tables, kind: str, month: int, ends: tuple[str, str], *more: str) -> pl.DataFrame:
    """Records of a relation that hold in the month; one without dates gives way to one that has them."""
    frame = tables[kind].filter(stands())
    columns = ("id", "since", "until", "since_min", "until_max", *EVIDENCE)
    rows = cut(frame.select(*ends, *more, *columns)).drop_nulls(ends)
    dated = pl.col("since_min").is_not_null() | pl.col("until_max").is_not_null()
    return rows.filter(dated | ~dated.any().over(ends)).filter(
        pl.col("since_min").fill_null(FIRST) <= month, pl.col("until_max").fill_null(LAST) >= month
    )


def control(tables: Tables, parameters: Shifts = DEFAULT.shifts) -> Frame:
    """Who controls whom: `owned`, `owner` (text), `lo`, `hi` (months), `factor` (1, joint venture less)."""
    said = keep(
        tables["Ownership"]
        .filter(stands(), nw.col("owner") != nw.col("owned"))
        .select(
            "owned",
            "owner",
            "share_pct",
            "control",
            since="since_min",
            since_sure="since_max",
            until="until_max",
            until_sure="until_min",
            inferred=nw.col("status") == "inferred",
        )
        .unique()
    )
    edges = _dated(keep(_nearest_known(keep(_stated(said)))), "owned", "owner")
    direct = keep(_without_shortcuts(keep(_superseded(edges))))
    share, control = nw.col("share_pct"), nw.col("control")
    minority = ((share < 50) | (control == "minority")).fill_null(False)
    others = direct.select("owned", "owner", "since_sure", "until_sure", rival=(~minority).cast(nw.Int8))
    partners = direct.join(others, on="owned").filter(
        nw.col("owner") != nw.col("owner_right"),
        nw.max_horizontal(nw.col("since_sure").fill_null(FIRST), nw.col("since_sure_right").fill_null(FIRST))
        < nw.min_horizontal(nw.col("until_sure").fill_null(LAST), nw.col("until_sure_right").fill_null(LAST)),
    )
    rivals = partners.group_by("owned", "owner").agg(nw.col("rival").max())
    edges = direct.join(rivals, on=["owned", "owner"], how="left")
    rival = (nw.col("rival") == 1).fill_null(False)
    only = share.is_null() & ~control.is_in(_NO_CONTROL).fill_null(False) & ~rival
    holds = control.is_in(CONTROL) | (share >= 50) | only
    venture = rival | (share == 50).fill_null(False) | ~(share.is_null() | nw.col("rival").is_null())
    return edges.filter(holds.fill_null(False)).select(
        "owned",
        "owner",
        lo=nw.col("since").cast(nw.Int32).fill_null(FIRST),
        hi=nw.col("until").cast(nw.Int32).fill_null(LAST),
        factor=nw.when(venture).then(nw.lit(parameters.joint_venture)).otherwise(nw.lit(1.0)),
    )


def _stated(said: Frame) -> Frame:
    """Inferred owners only of companies of which no source states an owner."""
    stated = said.filter(~nw.col("inferred"))
    alone = said.filter(nw.col("inferred")).join(stated.select("owned").unique(), on="owned", how="anti")
    return nw.concat([stated, alone]).drop("inferred")


def _nearest_known(said: Frame) -> Frame:
    """An ultimate parent is no partner of the direct one: it counts only where no nearer owner is said."""
    ultimate = (nw.col("control") == _ULTIMATE).fill_null(False)
    nearer = said.filter(~ultimate)
    alone = said.filter(ultimate).join(nearer.select("owned").unique(), on="owned", how="anti")
    return nw.concat([nearer, alone])


def _dated(edges: Frame, *ends: str) -> Frame:
    """Drop a tie without dates where another record dates it."""
    dated = ~(nw.col("since").is_null() & nw.col("until").is_null())
    known = edges.filter(dated).select(*ends).unique()
    return nw.concat([edges.filter(dated), edges.filter(~dated).join(known, on=list(ends), how="anti")])


def _superseded(edges: Frame) -> Frame:
    """An owner without a known end ends where a later owner begins, unless that one takes a minority."""
    later = edges.filter(~nw.col("since").is_null(), ~(nw.col("share_pct") < 50).fill_null(False))
    found = (
        edges.filter(nw.col("until").is_null())
        .join(later.select("owned", "owner", "since"), on="owned")
        .filter(
            nw.col("owner") != nw.col("owner_right"),
            (nw.col("since") < nw.col("since_right")) | nw.col("since").is_null(),
        )
        .group_by("owned", "owner", "since")
        .agg(end=nw.col("since_right").min())
    )
    ended = edges.with_columns(nw.col("since").fill_null(FIRST)).join(
        found.with_columns(nw.col("since").fill_null(FIRST)), on=["owned", "owner", "since"], how="left"
    )
    return ended.with_columns(
        until=nw.coalesce("until", "end"), until_sure=nw.coalesce("until_sure", "until", "end")
    ).drop("end")


def _without_shortcuts(edges: Frame) -> Frame:
    """Drop an owner of unknown share that is there twice at a time: itself and through another owner."""
    known = ~(nw.col("share_pct").is_null() & nw.col("control").is_null())
    spans = edges.select(
        *("owned", "owner"), lo=nw.col("since").fill_null(FIRST), hi=nw.col("until").fill_null(LAST)
    )
    upper = spans.select(middle="owned", top="owner", lo="lo", hi="hi")
    twice = (
        spans.join(upper, left_on="owner", right_on="middle")
        .join(
            spans.select(at="owned", top="owner", from_="lo", to="hi"),
            left_on=["owned", "top"],
            right_on=["at", "top"],
        )
        .filter(
            nw.max_horizontal("lo", "lo_right", "from_") <= nw.min_horizontal("hi", "hi_right", "to"),
        )
        .select("owned", owner="top")
        .unique()
    )
    doubtful = edges.filter(~known).join(twice, on=["owned", "owner"], how="anti")
    return nw.concat([edges.filter(known), doubtful])


def _chains(edges: Frame) -> Frame:
    """Every owner above every company: `owned`, `owner`, `lo`, `hi`, `factor`, `steps`."""
    chains = keep(edges.with_columns(steps=nw.lit(1, dtype=nw.Int32)))
    for doubling in range(_LONGEST):
        longest = keep(chains.filter(nw.col("steps") == 2**doubling))
        if not _count(longest):
            break
        upper = chains.select(middle="owned", top="owner", lo="lo", hi="hi", factor="factor", more="steps")
        longer = longest.join(upper, left_on="owner", right_on="middle")
        longer = _both(
            longer.with_columns(owner=nw.col("top"), steps=nw.col("steps") + nw.col("more")),
            *("owned", "owner", "steps"),
        ).select("owned", "owner", "lo", "hi", "factor", "steps")
        chains = keep(nw.concat([chains, longer]).unique())
    return chains


def _circles(edges: Frame) -> list[str]:
    """Companies that own themselves through others in some month, sorted."""
    import networkx as nx

    core = edges.select("owned", "owner", "lo", "hi")
    left, before = _count(core), -1
    while left and left != before:
        core = keep(core.join(core.select(owner="owned").unique(), on="owner", how="semi"))
        core = keep(core.join(core.select(owned="owner").unique(), on="owned", how="semi"))
        left, before = _count(core), left
    found: set[str] = set()
    rows = cut(core)
    for month in rows["lo"].unique():
        valid = rows.filter(pl.col("lo") <= month, pl.col("hi") >= month)
        network = nx.DiGraph(valid.select("owned", "owner").rows())
        found.update(*(part for part in nx.strongly_connected_components(network) if len(part) > 1))
    return sorted(found)


def _count(frame: Frame) -> int:
    return int(cut(frame.select(nw.len()))["len"][0])


def cycles(tables: Tables, parameters: Shifts = DEFAULT.shifts) -> list[str]:
    """Companies that own themselves through others in some month, sorted: a mistake in the data."""
    return _circles(control(tables, parameters))


def parents(edges: Frame) -> Frame:
    """Ultimate parents of every owned company: `company`, `parent`, `lo`, `hi`, `factor`.

    `edges` is what `control` gives, without circles. A company appears as its own parent for the months in
    which nobody is known to control it. One without any owner does not appear: it is its own parent always.

    >>> import polars as pl
    >>> owns = pl.DataFrame({"id": ["1", "2"], "owner": ["b", "c"], "owned": ["a", "b"], "status": "stated",
    ...                      "since_min": [None, 24000], "since_max": [None, 24000]})
    >>> rows = cut(parents(control(Tables.of({"Ownership": owns})))).sort("company", "lo")
    >>> rows.filter(company="a").select("parent", "lo", "hi").rows()
    [('b', -120000, 23999), ('c', 24000, 120000)]
    """
    chains = _chains(edges)
    alone = keep(_alone(edges))
    owned = edges.select(owner="owned").unique()
    always = chains.join(owned, on="owner", how="anti")
    spans = alone.select(at="company", lo="lo", hi="hi", factor=nw.lit(1.0))
    sometimes = _both(chains.join(spans, left_on="owner", right_on="at"), "owned", "owner")
    columns = ("company", "parent", "lo", "hi", "factor")
    found = [
        f.select(company="owned", parent="owner", lo="lo", hi="hi", factor="factor")
        for f in (always, sometimes)
    ]
    return nw.concat([*found, alone.select(*columns)]).unique()


def _alone(edges: Frame) -> Frame:
    """Months in which nobody is known to control a company: before, between and after its owners."""
    ends = edges.with_columns(reach=nw.col("hi").cum_max().over("owned", order_by=["lo", "hi", "owner"]))
    ends = ends.with_columns(before=nw.col("reach").shift(1).over("owned", order_by=["lo", "hi", "owner"]))
    gaps = ends.select(
        company="owned", lo=(nw.col("before") + 1).fill_null(FIRST).cast(nw.Int32), hi=nw.col("lo") - 1
    )
    after = edges.group_by("owned").agg(hi=nw.col("hi").max())
    rest = after.select(company="owned", lo=nw.col("hi") + 1, hi=nw.lit(LAST, dtype=nw.Int32))
    spans = nw.concat([gaps, rest]).filter(nw.col("lo") <= nw.col("hi"))
    return spans.with_columns(parent=nw.col("company"), factor=nw.lit(1.0))


class Families(NamedTuple):
    """Who controls whom, and the ultimate parents over time of companies and of plants."""

    control: Frame
    above: Frame
    tenures: Frame


def families(tables: Tables, parameters: Shifts = DEFAULT.shifts) -> Families:
    """The three tables of `control` (without circles), `parents` and `tenures`, computed once."""
    edges = keep(control(tables, parameters))
    if circles := _circles(edges):
        edges = keep(edges.filter(~nw.col("owned").is_in(circles)))
    above = keep(parents(edges))
    return Families(edges, above, keep(tenures(tables, above, parameters)))


def tenures(tables: Tables, above: Frame, parameters: Shifts = DEFAULT.shifts) -> Frame:
    """Ultimate parents of plants over time: `plant`, `parent`, `lo`, `hi`, `factor`; rows may overlap.

    `above` is what `parents` gives. `factor` is 1 for a plant of the family, less for a joint venture with
    half or more of it or a contract manufacturer that supplies the family.
    """
    role = nw.col("operator_role").fill_null("operator")
    operations = keep(
        _dated(
            tables["Operation"]
            .filter(stands())
            .select(
                *("plant", "operator", "operator_role", "share_pct"), since="since_min", until="until_max"
            ),
            "plant",
            "operator",
        )
    )
    runs = operations.filter(
        ~role.is_in(["labor_provider", "joint_venture_partner"])
        | ((role == "joint_venture_partner") & (nw.col("share_pct") >= 50).fill_null(False))
    ).with_columns(
        factor=nw.when(role == "joint_venture_partner")
        .then(nw.lit(parameters.joint_venture))
        .otherwise(nw.lit(1.0))
    )
    makers = operations.filter(role == "contract_manufacturer").select(supplier="plant").unique()
    orders = tables["Supply"].join(makers, on="supplier", how="semi")
    made = orders.select(
        plant="supplier",
        operator="buyer",
        since="since_min",
        until="until_max",
        factor=nw.lit(parameters.contract_manufacturer),
    )
    columns = ("plant", "operator", "since", "until", "factor")
    spans = nw.concat([runs.select(*columns), made.select(*columns)]).with_columns(
        nw.col("since").cast(nw.Int32).fill_null(FIRST), nw.col("until").cast(nw.Int32).fill_null(LAST)
    )
    return _with_parents(spans, above)


def _with_parents(spans: Frame, above: Frame) -> Frame:
    """Operators' ultimate parents, where the months overlap; an operator nobody owns is the parent."""
    joined = spans.join(above, left_on="operator", right_on="company", how="left").with_columns(
        parent=nw.coalesce("parent", "operator"),
        lo=nw.max_horizontal("since", nw.col("lo").fill_null(FIRST)),
        hi=nw.min_horizontal("until", nw.col("hi").fill_null(LAST)),
        factor=nw.min_horizontal("factor", nw.col("factor_right").fill_null(1.0)),
    )
    return joined.filter(nw.col("lo") <= nw.col("hi")).select("plant", "parent", "lo", "hi", "factor")


def control_records(tables: Tables, family: Families, ends: pl.DataFrame) -> pl.DataFrame:
    """The records behind a plant's ultimate parent: `row`, `kind`, `record`, `undated`, `inferred`.

    `ends`: `row`, `plant`, `parent`, `lo`, `hi` (months, null where unknown), one line for each to explain.
    """
    wanted = ends.drop_nulls(["plant", "parent"]).with_row_index("end")
    wanted = wanted.with_columns(pl.col("lo").fill_null(FIRST), pl.col("hi").fill_null(LAST))
    runs = _valid(tables, "Operation", "plant", "operator", wanted, "plant")
    steps = _upward(tables, family, wanted, runs)
    leads = reached = wanted.select("end", company="parent")
    found = []
    while not leads.is_empty():
        hit = steps.join(leads, left_on=["end", "above"], right_on=["end", "company"])
        found.append(hit.select("end", pl.lit("Ownership").alias("kind"), *_CITED))
        leads = hit.select("end", "company").unique().join(reached, on=["end", "company"], how="anti")
        reached = pl.concat([reached, leads])
    held = runs.join(reached, left_on=["end", "above"], right_on=["end", "company"], how="semi")
    found.append(held.select("end", pl.lit("Operation").alias("kind"), *_CITED))
    records = pl.concat(found).join(wanted.select("end", "row"), on="end").drop("end")
    return records.unique().sort("row", "kind", "record")


def _upward(tables: Tables, family: Families, wanted: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Ownership from the operators upward, until the parent; columns of `_valid`."""
    spans = wanted.select("end", "parent", "lo", "hi")
    steps = [runs.clear()]
    fresh = reached = runs.select("end", company="above").unique()
    while not fresh.is_empty():
        below = fresh.join(spans, on="end").filter(pl.col("company") != pl.col("parent"))
        edges = _valid(tables, "Ownership", "owned", "owner", below, "company")
        known = family.control.filter(nw.col("owned").is_in(below["company"].unique().to_list()))
        pairs = cut(known.select(company="owned", above="owner"))
        edges = edges.join(pairs, on=["company", "above"], how="semi")
        stated = (~pl.col("inferred")).any().over("end", "company", "above")
        edges = edges.filter(~pl.col("inferred") | ~stated)
        steps.append(edges)
        fresh = edges.select("end", company="above").unique().join(reached, on=["end", "company"], how="anti")
        reached = pl.concat([reached, fresh])
    return pl.concat(steps)


def _valid(tables: Tables, kind: str, low: str, high: str, wanted: pl.DataFrame, column: str) -> pl.DataFrame:
    """Records that hold at the months of `wanted`: `end`, `company`, `above` and `_CITED`."""
    frame = tables[kind].filter(nw.col(low).is_in(wanted[column].unique().to_list()), stands())
    rows = cut(
        frame.select(
            at=low,
            above=high,
            record="id",
            inferred=nw.col("status") == "inferred",
            first=nw.col("since_min").fill_null(FIRST),
            last=nw.col("until_max").fill_null(LAST),
        )
    )
    held = wanted.join(rows, left_on=column, right_on="at").filter(
        pl.col("first") <= pl.col("hi"), pl.col("last") >= pl.col("lo")
    )
    undated = (pl.col("first") == FIRST) & (pl.col("last") == LAST)
    return held.select("end", "above", "record", "inferred", company=column, undated=undated)
