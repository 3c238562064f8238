"""Claims that work moved: one row a claim, with what is known about its two ends."""

from __future__ import annotations

import narwhals as nw

from graph.analysis.confidence import believe
from graph.analysis.families import FIRST, LAST, within
from graph.analysis.matching import hs_codes, hs_factor, industry_codes, sector_factor, time_factor
from graph.analysis.parameters import Parameters, Shifts
from graph.analysis.shift_events import ShiftFacts, measured, plausibility
from graph.engine import Frame, Tables, keep, keep_all


def statements(tables: Tables, latest: int, plants: Frame | None) -> Frame:
    """Records of claims; `key` is the same for records of one claim: ends, product and outcome."""
    countries = tables["Plant"].select(plant="id", at="country")
    said = tables["ShiftClaim"].filter(
        nw.col("status") != "retracted",
        nw.coalesce("announced_min", "effective_min", nw.lit(FIRST)) <= latest,
    )
    for end in ("origin", "destination"):
        if plants is not None:
            said = said.join(plants, left_on=end, right_on="plant", how="semi")
        said = said.join(countries, left_on=end, right_on="plant", how="left").drop("plant", strict=False)
        said = said.with_columns(**{f"{end}_country": nw.coalesce(f"{end}_country", "at")}).drop("at")
    parts = []
    for end in ("origin", "destination"):
        place = nw.col(f"{end}_place").fill_null("")
        parts += [nw.coalesce(nw.col(end), place), nw.col(f"{end}_country").fill_null("")]
    parts += [nw.col("product").fill_null(""), nw.col("outcome")]
    return said.with_columns(
        key=nw.concat_str(parts, separator="|"),
        date=nw.coalesce("effective", "announced"),
        o_lo=nw.coalesce("effective_min", "announced_min").cast(nw.Int32),
        o_hi=nw.coalesce("effective_max", "announced_max").cast(nw.Int32),
    )


def claim_rows(
    tables: Tables, said: Frame, facts: ShiftFacts, domestic: bool, parameters: Parameters
) -> Frame:
    """One row a claim, with what is known about its two ends."""
    shifts = parameters.shifts
    first = said.unique(subset=["key"], keep="first", order_by=["id"])
    if not domestic:
        first = first.filter((nw.col("origin_country") != nw.col("destination_country")).fill_null(False))
    jobs = said.group_by("key").agg(nw.col("jobs_lost", "jobs_gained").max())
    first = keep(first.drop("jobs_lost", "jobs_gained").join(jobs, on="key"))
    moved = nw.col("outcome").is_in(shifts.moved)
    growth = _growth_at(first.filter(moved), facts, shifts)
    rows = keep(first.join(growth, on="key", how="left"))
    rows = rows.join(_decline_of(rows, facts, shifts), on="key", how="left")
    rows = rows.join(_match_of(tables, rows, shifts), on="key", how="left")
    ends = nw.concat([rows.select(plant=end) for end in ("origin", "destination")]).unique()
    tenures = keep(facts.tenures.join(ends, on="plant", how="semi"))
    owners = keep(_owners_of(rows, tenures))
    best = owners.unique(subset=["key"], keep="first", order_by=["weaker", "parent"])
    rows = rows.join(best.select("key", "owner"), on="key", how="left")
    rows = rows.join(_parent_of(rows, best, facts.above, tenures), on="key", how="left")
    rows = rows.join(believe(said, "key", parameters.confidence), on="key")
    return rows.with_columns(
        pattern=nw.when(moved).then(plausibility()),
        jobs_lost=nw.when(moved).then(nw.col("jobs_lost")),
        jobs_gained=nw.when(moved).then(nw.col("jobs_gained")),
        claim=nw.col("belief"),
        product_id=nw.col("product"),
        origin_date=nw.col("date"),
        origin_event=nw.lit(None, dtype=nw.String),
    )


def _growth_at(moved: Frame, facts: ShiftFacts, shifts: Shifts) -> Frame:
    """The growth at a claim's destination that fits its date best."""
    events = facts.growths.select(
        "plant",
        destination_event="event",
        destination_date="date",
        d_lo="lo",
        d_hi="hi",
        weight_right="weight",
    )
    apart = nw.col("d_lo") + nw.col("d_hi") - nw.col("o_lo") - nw.col("o_hi")
    joined = moved.join(events, left_on="destination", right_on="plant")
    joined = joined.with_columns(months=apart.cast(nw.Float64) / 2, gap=apart.abs())
    joined = joined.with_columns(time=time_factor(nw.col("months"), shifts))
    near = joined.filter(nw.col("time") > 0).with_columns(
        weaker=(-nw.col("time") * nw.col("weight_right").sqrt()).round(12)
    )
    best = near.unique(subset=["key"], keep="first", order_by=["weaker", "gap", "destination_event"])
    return best.select("key", "destination_event", "destination_date", "d_lo", "d_hi", "weight_right", "time")


def _decline_of(rows: Frame, facts: ShiftFacts, shifts: Shifts) -> Frame:
    """`key`, `weight`: the decline that a claim itself states at its origin."""
    declines = rows.filter(~nw.col("origin").is_null(), ~nw.col("o_hi").is_null()).select(
        plant="origin",
        event="key",
        hi="o_hi",
        workers=nw.col("jobs_lost"),
        weight=nw.lit(shifts.decline["line_removed"]),
    )
    return measured(declines, facts.jobs).select(key="event", weight="weight")


def _match_of(tables: Tables, rows: Frame, shifts: Shifts) -> Frame:
    """`key`, `product_match`: 1 where the claim names what moved, else by the codes of both plants."""
    ends = rows.filter(~nw.col("origin").is_null(), ~nw.col("destination").is_null())
    ends = ends.select("key", "origin", "destination", "product")
    same = ends.filter(~nw.col("product").is_null()).select("key", product_match=nw.lit(1.0))
    found = [same]
    open_ends = keep(ends.filter(nw.col("product").is_null()))
    sides = [open_ends.select(plant=end) for end in ("origin", "destination")]
    plants = keep(nw.concat(sides).unique())
    codes = keep_all(industry_codes(tables, plants), hs_codes(tables, plants))
    for kind, match in zip(codes, (sector_factor(shifts), hs_factor(shifts)), strict=True):
        both = open_ends.join(kind, left_on="origin", right_on="plant")
        both = both.join(kind, left_on="destination", right_on="plant")
        found.append(both.select("key", product_match=match))
    return nw.concat(found).group_by("key").agg(nw.col("product_match").max())


def _owners_of(rows: Frame, tenures: Frame) -> Frame:
    """`key`, `parent`, `owner`: families that both ends belonged to, each on its own date."""
    low, high = nw.col("o_lo").fill_null(FIRST), nw.col("o_hi").fill_null(LAST)
    ends = rows.filter(~nw.col("origin").is_null(), ~nw.col("destination").is_null()).select(
        *("key", "origin", "destination"),
        o_lo=low,
        o_hi=high,
        d_lo=nw.coalesce(nw.col("d_lo"), low),
        d_hi=nw.coalesce(nw.col("d_hi"), high),
    )
    spans = tenures.select("plant", "parent", first="lo", last="hi", owner="factor")
    at_origin = ends.join(spans, left_on="origin", right_on="plant")
    at_origin = at_origin.filter(within("o_lo", "o_hi", "first", "last"))
    both = at_origin.join(spans, left_on=["destination", "parent"], right_on=["plant", "parent"])
    both = both.filter(within("d_lo", "d_hi", "first_right", "last_right"))
    factor = nw.min_horizontal("owner", "owner_right")
    return both.select("key", "parent", owner=factor, weaker=-factor)


def _parent_of(rows: Frame, shared: Frame, above: Frame, tenures: Frame) -> Frame:
    """`key`, `parent`: the shared family, else that of the company named, else that of one end."""
    spans = rows.select(
        *("key", "corporation", "origin", "destination"),
        low=nw.col("o_lo").fill_null(FIRST),
        high=nw.col("o_hi").fill_null(LAST),
    )
    companies = above.select("company", "parent", first="lo", last="hi")
    places = tenures.select("plant", "parent", first="lo", last="hi")
    named = spans.filter(~nw.col("corporation").is_null())
    found = [shared.select("key", "parent", rank=nw.lit(0))]
    for rank, frame, end, table, key in (
        (1, named, "corporation", companies, "company"),
        (3, spans, "origin", places, "plant"),
        (4, spans, "destination", places, "plant"),
    ):
        held = frame.join(table, left_on=end, right_on=key).filter(within("low", "high", "first", "last"))
        found.append(held.select("key", "parent", rank=nw.lit(rank)))
    found.append(named.select("key", parent="corporation", rank=nw.lit(2)))
    chosen = nw.concat(found).unique(subset=["key"], keep="first", order_by=["rank", "parent"])
    return chosen.select("key", "parent")
