"""Integrated cash-flow shares: what part of a company's payouts reaches each owner, also through others."""

from __future__ import annotations

import polars as pl

from graph.analysis.families import month_at, records_at
from graph.engine import Tables

_LEAST = 1e-6  # of a company: what is less is not followed further
_LONGEST = 64  # owners in a chain
_KEYS = ("owner", "owned")


def cash_flow(tables: Tables, as_of: str | None = None) -> pl.DataFrame:
    """The share of each owner in each company below it, at a date.

    Parameters
    ----------
    tables
        Graph tables.
    as_of
        Partial ISO date, of a year its last month; today by default.

    Returns
    -------
    polars.DataFrame
        `owner`, `owned` (ids), `direct_pct` (stated share, null where there is none), `share_pct` (percent,
        over all chains). Sorted by owner and company.

    Raises
    ------
    WrongUseError
        `as_of` is no date.

    Notes
    -----
    W + W² + ... = (I - W)⁻¹ W of the matrix W of shares (Brioschi, Buzzacchi, Colombo 1989; Vitali,
    Glattfelder, Battiston 2011). Shares that no source states count nothing, so each is a lower bound. Of
    several shares of one owner the highest that is stated holds, else the highest inferred; shares of a
    company above 100 together are scaled to 100, and no share exceeds 100 where companies own each other. A
    share says nothing about control.

    Examples
    --------
    >>> said = {"status": "stated", "source": "s@1"}
    >>> owns = [{"id": "1", "owner": "a", "owned": "b", "share_pct": 80.0, **said},
    ...         {"id": "2", "owner": "b", "owned": "c", "share_pct": 50.0, **said}]
    >>> cash_flow(Tables.of({"Ownership": pl.DataFrame(owns)}), "2020").rows()
    [('a', 'b', 80.0, 80.0), ('a', 'c', None, 40.0), ('b', 'c', 50.0, 50.0)]
    """
    said = records_at(tables, "Ownership", month_at(as_of), _KEYS, "share_pct").drop_nulls("share_pct")
    said = said.filter(pl.col("owner") != pl.col("owned"))
    ranked = said.sort(pl.col("status") == "inferred", "share_pct", descending=[False, True])
    direct = ranked.unique(_KEYS, keep="first", maintain_order=True).select(*_KEYS, direct_pct="share_pct")
    all_of = pl.col("direct_pct").sum().over("owned")
    shares = direct.select(*_KEYS, part=pl.col("direct_pct") / pl.max_horizontal(all_of, 100.0))
    upper = shares.rename({"owned": "through"})
    whole = longest = shares
    for _ in range(_LONGEST):
        longer = upper.join(longest.rename({"owner": "through"}), on="through")
        longer = longer.select(*_KEYS, part=pl.col("part") * pl.col("part_right"))
        longest = longer.group_by(_KEYS).agg(pl.col("part").sum()).filter(pl.col("part") > _LEAST)
        if longest.is_empty():
            break
        whole = pl.concat([whole, longest])
    share = pl.min_horizontal(100 * pl.col("part").sum(), 100.0).round(6)
    found = whole.filter(pl.col("owner") != pl.col("owned")).group_by(_KEYS).agg(share_pct=share)
    found = found.join(direct, on=_KEYS, how="left")
    return found.select(*_KEYS, "direct_pct", "share_pct").sort(_KEYS)
