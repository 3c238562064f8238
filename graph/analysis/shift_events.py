"""Declines and growths of plants: events, and the plants' own opening and closing dates."""

from __future__ import annotations

from typing import NamedTuple

import narwhals as nw

from graph.analysis.families import Families
from graph.analysis.parameters import Shifts
from graph.engine import Frame, Tables, keep, keep_all, mapped


class ShiftFacts(NamedTuple):
    """What patterns and claims are judged by, each computed once."""

    above: Frame
    tenures: Frame
    declines: Frame
    growths: Frame
    jobs: Frame


def shift_facts(
    tables: Tables, family: Families, shifts: Shifts, latest: int, plants: Frame | None
) -> ShiftFacts:
    declines = _events(tables, shifts.decline, "closed", "closure", latest)
    growths = _events(tables, shifts.growth, "opened", "opening", latest)
    if plants is not None:
        declines, growths = (f.join(plants, on="plant", how="semi") for f in (declines, growths))
    jobs, declines, growths = keep_all(_jobs(tables), declines, growths)
    return ShiftFacts(
        family.above,
        family.tenures,
        keep(measured(declines, jobs)),
        growths,
        jobs,
    )


def _events(tables: Tables, weights: dict[str, float], date: str, whole: str, latest: int) -> Frame:
    """Dated events at plants, and the dates of the plants themselves.

    `plant`, `event`, `country`, `date`, `lo`, `hi`, `weight`, `workers`, `whole` (opening or closing).
    """
    said = (
        tables["Event"]
        .filter(nw.col("event_type").is_in(list(weights)))
        .select(
            event="id",
            kind="event_type",
            date=nw.coalesce("date", "announced"),
            lo=nw.coalesce("date_min", "announced_min"),
            hi=nw.coalesce("date_max", "announced_max"),
            workers=nw.col("workers").cast(nw.Int64),
        )
    )
    at = tables["Party"].filter(nw.col("role") == "plant").select(within="within", plant="party")
    events = said.join(at, left_on="event", right_on="within").with_columns(
        weight=mapped("kind", weights), whole=nw.col("kind") == whole
    )
    columns = ("plant", "event", "country", "date", "lo", "hi", "weight", "workers", "whole")
    plants = tables["Plant"].select("id", "country", date=date, lo=f"{date}_min", hi=f"{date}_max")
    events = events.join(plants.select(plant="id", country="country"), on="plant")
    own = plants.filter(~nw.col("date").is_null()).select(
        plant="id",
        event="id",
        country="country",
        date="date",
        lo="lo",
        hi="hi",
        weight=nw.lit(float(weights[whole])),
        workers=nw.lit(None, dtype=nw.Int64),
        whole=nw.lit(True),
    )
    dated = nw.concat([events.select(*columns), own.select(*columns)]).filter(nw.col("lo") <= latest)
    return dated.with_columns(nw.col("lo", "hi").cast(nw.Int32))


def _jobs(tables: Tables) -> Frame:
    """Workers of plants at a month: `plant`, `at`, `jobs`."""
    counts = tables["Count"].filter(nw.col("measure").is_in(["employees", "workers"]), nw.col("value") > 0)
    return counts.select(plant="of", at="as_of_min", jobs="value").filter(~nw.col("at").is_null())


def measured(declines: Frame, jobs: Frame) -> Frame:
    """Where the jobs lost and the jobs before are known, their ratio is the weight of a decline."""
    known = (
        declines.filter(nw.col("workers") > 0)
        .select("plant", "event", "hi", "workers")
        .join(jobs, on="plant")
        .filter(nw.col("at") <= nw.col("hi"))
    )
    newest = known.group_by("plant", "event").agg(at=nw.col("at").max())
    last = known.join(newest, on=["plant", "event", "at"]).group_by("plant", "event")
    share = last.agg(workers=nw.col("workers").max(), jobs=nw.col("jobs").max()).select(
        "plant",
        "event",
        share=nw.min_horizontal(nw.col("workers").cast(nw.Float64) / nw.col("jobs"), nw.lit(1.0)),
    )
    return declines.join(share, on=["plant", "event"], how="left").with_columns(
        weight=nw.coalesce("share", "weight")
    )


def plausibility() -> nw.Expr:
    """L: owner, product and time, times the geometric mean of decline and growth."""
    size = (nw.col("weight") * nw.col("weight_right")).sqrt()
    return (nw.col("owner") * nw.col("product_match") * nw.col("time") * size).round(12)
