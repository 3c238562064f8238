"""Patterns: a decline and a growth of one family, near in time and alike in product, in two countries."""

from __future__ import annotations

import narwhals as nw

from graph.analysis.families import FIRST, LAST, within
from graph.analysis.matching import hs_codes, hs_factor, industry_codes, products, sector_factor, time_factor
from graph.analysis.parameters import Shifts
from graph.analysis.shift_events import ShiftFacts, plausibility
from graph.engine import Frame, Tables, keep, keep_all

_EVENT = ("plant", "event", "country", "date", "lo", "hi", "weight", "whole", "parent")
_COUNTRY_NAMES = (
    *("", "mexico", "méxico", "mexique", "united states", "estados unidos", "états-unis", "us", "usa"),
    *("canada", "canadá", "ca", "mx"),
)


def pattern_rows(tables: Tables, facts: ShiftFacts, shifts: Shifts) -> Frame:
    """Pairs of a decline and a growth in one family, two countries and one industry, above the lead band."""
    declines, growths = _near(facts, shifts)
    plants = keep(nw.concat([declines.select("plant"), growths.select("plant")]).unique())
    tenures, *kinds = keep_all(
        facts.tenures.join(plants, on="plant", how="semi"),
        products(tables, plants),
        industry_codes(tables, plants),
        hs_codes(tables, plants),
    )
    sector, hs = sector_factor(shifts), hs_factor(shifts)
    ways = (
        (("product", "", 1.0, nw.lit(1.0)),),
        (("c4", "", 1.0, sector), ("c3", "c4", shifts.digits[3], sector)),
        (("h4", "", 1.0, hs), ("h2", "h4", shifts.hs_digits[2], hs)),
    )
    found = []
    for kind, keys in zip(kinds, ways, strict=True):
        lost, gained = keep_all(*(side.join(kind, on="plant") for side in (declines, growths)))
        for key, finer, best, match in keys:
            enough = nw.col("weight") >= (shifts.lead / best) ** 2
            found.append(_pairs(lost.filter(enough), gained.filter(enough), key, finer, match, shifts))
    pairs = _together(keep(nw.concat(found)), tenures)
    ends = ["origin", "destination"]
    strongest = pairs.group_by(*ends).agg(nw.col("pattern").max())
    pairs = pairs.join(strongest, on=[*ends, "pattern"])
    gap = (nw.col("d_lo") + nw.col("d_hi") - nw.col("o_lo") - nw.col("o_hi")).abs()
    order = ["gap", "product_id", "origin_event", "destination_event", "parent"]
    return pairs.with_columns(gap=gap).unique(subset=ends, keep="first", order_by=order)


def _near(facts: ShiftFacts, shifts: Shifts) -> list[Frame]:
    """Declines and growths of families that cut in one country and grew in another one in a span of time.

    The same event under one parent twice counts once, at its strongest.
    """
    lost, gained = keep_all(
        *(_in_family(events, facts.tenures) for events in (facts.declines, facts.growths))
    )
    lost, gained = keep_all(*_across(lost, gained, "parent"))
    lost, gained = keep_all(_in_span(lost, shifts, (0.0, 0.0)), _in_span(gained, shifts, shifts.window))
    near = _across(lost, gained, "parent", "span")
    return keep_all(*(side.group_by(*_EVENT, "span").agg(factor=nw.col("factor").max()) for side in near))


def _in_span(events: Frame, shifts: Shifts, window: tuple[float, float]) -> Frame:
    """Events by spans of time as long as the window, a growth in each span whose declines may be near enough.

    Joined on `span`, few pairs outside the window are ever made.
    """
    first, last = window
    length = int(shifts.window[1] - shifts.window[0]) or 1
    middle = (nw.col("lo") + nw.col("hi")) // 2
    early, late = (middle - int(last) - 1) // length, (middle - int(first) + 1) // length
    if first == last:
        return events.with_columns(span=middle // length)
    spread = [events.with_columns(span=early), events.filter(late > early).with_columns(span=early + 1)]
    spread.append(events.filter(late > early + 1).with_columns(span=early + 2))
    return nw.concat(spread)


def _across(declines: Frame, growths: Frame, *key: str) -> list[Frame]:
    """Events whose `key` has a decline in one country and a growth in another one."""
    cuts, gains = (side.select(*key, "country").unique() for side in (declines, growths))
    moved = cuts.join(gains, on=list(key)).filter(nw.col("country") != nw.col("country_right"))
    moved = moved.select(*key).unique()
    return [side.join(moved, on=list(key), how="semi") for side in (declines, growths)]


def _in_family(events: Frame, tenures: Frame) -> Frame:
    """Events with the ultimate parents that the plant had then, one row for each time it had one."""
    spans = tenures.select("plant", "parent", first="lo", last="hi", factor="factor")
    joined = events.join(spans, on="plant").filter(within("lo", "hi", "first", "last"))
    return joined.select(*_EVENT, "factor")


def _pairs(declines: Frame, growths: Frame, key: str, finer: str, match: nw.Expr, shifts: Shifts) -> Frame:
    """Pairs that share `key` but not the `finer` one, on which they are paired already."""
    joined = declines.join(growths, on=["parent", "span", key]).filter(
        nw.col("country") != nw.col("country_right")
    )
    if finer:
        joined = joined.filter(~(nw.col(finer) == nw.col(f"{finer}_right")).fill_null(False))
    apart = nw.col("lo_right") + nw.col("hi_right") - nw.col("lo") - nw.col("hi")
    near = joined.with_columns(months=apart.cast(nw.Float64) / 2).filter(
        nw.col("months") >= shifts.window[0], nw.col("months") <= shifts.window[1]
    )
    near = near.with_columns(
        **{f"{key}_right": nw.col(key)},
        product_id=nw.col("product") if key == "product" else nw.lit(None, dtype=nw.String),
        time=time_factor(nw.col("months"), shifts),
        owner=nw.min_horizontal("factor", "factor_right"),
    )
    scored = near.with_columns(product_match=match).with_columns(pattern=plausibility())
    return scored.filter(nw.col("pattern") >= shifts.lead).select(
        *("parent", "product_id", "owner", "product_match", "time", "pattern"),
        *_side("origin", "o", ""),
        *_side("destination", "d", "_right"),
    )


def _side(name: str, short: str, suffix: str) -> tuple[nw.Expr, ...]:
    """Columns of one end of a pair."""
    return (
        nw.col(f"plant{suffix}").alias(name),
        nw.col(f"event{suffix}").alias(f"{name}_event"),
        nw.col(f"country{suffix}").alias(f"{name}_country"),
        nw.col(f"date{suffix}").alias(f"{name}_date"),
        nw.col(f"lo{suffix}").alias(f"{short}_lo"),
        nw.col(f"hi{suffix}").alias(f"{short}_hi"),
        nw.col(f"whole{suffix}").alias(f"{short}_whole"),
    )


def _together(pairs: Frame, tenures: Frame) -> Frame:
    """Leave out pairs whose one plant had another parent on the other's date.

    A plant has no parent before it opened or after it closed; one without a known operator then is kept.
    """
    later = nw.col("d_lo") + nw.col("d_hi") > nw.col("o_lo") + nw.col("o_hi")
    spans = tenures.select("plant", other="parent", first="lo", last="hi")
    for plant, whole, low, high in (
        ("destination", "d_whole", "o_lo", "o_hi"),
        ("origin", "o_whole", "d_lo", "d_hi"),
    ):
        key = [plant, "parent", low, high, "exempt"]
        pairs = pairs.with_columns(exempt=nw.col(whole) & later)
        there = pairs.filter(~nw.col("exempt")).select(*key).unique()
        held = there.join(spans, left_on=plant, right_on="plant").filter(within(low, high, "first", "last"))
        same = (nw.col("other") == nw.col("parent")).cast(nw.Int32)
        apart = held.with_columns(same=same).group_by(*key).agg(nw.col("same").max())
        pairs = pairs.join(apart.filter(nw.col("same") == 0), on=key, how="anti")
    return pairs


def lent_claims(tables: Tables, patterns: Frame, said: Frame, shifts: Shifts) -> Frame:
    """Records that say work moved from a pattern's origin to its destination's country or place.

    The columns of the records and `pair`, the id of the pattern; a record that names another place, or a
    date outside the window around the decline, says nothing about the pair.
    """
    plants = tables["Plant"].select("id", "place", "municipality")
    pairs = patterns.select(
        *("origin", "destination", "destination_country"),
        first=nw.col("o_lo"),
        last=nw.col("o_hi"),
        pair=nw.concat_str(["origin", "destination"], separator="|"),
    ).join(plants, left_on="destination", right_on="id", how="left")
    moved = said.filter(
        nw.col("outcome").is_in(shifts.moved), nw.col("destination").is_null(), ~nw.col("origin").is_null()
    )
    both = moved.drop("destination").join(pairs, on=["origin", "destination_country"])
    town = _town("destination_place")
    near = (nw.col("o_hi").fill_null(LAST) >= nw.col("first") + int(shifts.window[0])) & (
        nw.col("o_lo").fill_null(FIRST) <= nw.col("last") + int(shifts.window[1])
    )
    here = town.is_in(_COUNTRY_NAMES) | (town == _town("place")) | (town == _town("municipality"))
    return both.filter(near, here.fill_null(False))


def _town(column: str) -> nw.Expr:
    return nw.col(column).fill_null("").str.replace_all(",.*$", "").str.strip_chars().str.to_lowercase()
