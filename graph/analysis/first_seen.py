"""Plants that a source first sees abroad in the years after the same parent closed one at home.

Registers of establishments tell the year of the first file that has a plant, seldom when it opened. A plant
that the first file of its source has already is left out: it may be older.
"""

from __future__ import annotations

from collections.abc import Iterable

import narwhals as nw
import polars as pl

from graph.analysis.evidence import attach, named
from graph.analysis.families import LAST, Families, control_records, families, month_span
from graph.analysis.joins import at_plants, with_joins
from graph.analysis.matching import industry_codes, sector_factor
from graph.analysis.parameters import DEFAULT, Parameters
from graph.engine import Tables, cut

COLUMNS = (
    *("parent", "origin", "origin_country", "closed", "workers", "destination", "destination_country"),
    *("first_seen", "months", "product_match", "assumed", "identity", "evidence"),
)
_SPAN = {"date": pl.String(), "lo": pl.Int32(), "hi": pl.Int32()}


def first_seen(
    tables: Tables,
    *,
    years: float = 3.0,
    origins: Iterable[str] = ("US",),
    destinations: Iterable[str] = ("MX",),
    as_of: str | None = None,
    parameters: Parameters = DEFAULT,
) -> pl.DataFrame:
    """Plants first seen within some years after a closure of the same parent, with the evidence of each step.

    Parameters
    ----------
    tables
        Graph tables.
    years
        From the closure to the first sight at most.
    origins, destinations
        Countries (ISO 3166-1 alpha-2) of the closed and of the new plants.
    as_of
        Partial ISO date: leave out closures and plants after it.

    Returns
    -------
    polars.DataFrame
        One row a closed and a new plant, the closure that is nearest before: `parent`, `origin`,
        `destination` (`{id, name}`), `origin_country`, `destination_country`, `closed`, `first_seen` (ISO
        text, as exact as known), `workers` (of the closure), `months` (from closure to first sight,
        mid-points), `product_match` (S: shared digits of their industries, null where either has none),
        `assumed` (what was taken for granted, in words), `identity` (list of `{record_id, joined_to, reason,
        probability}`: each join of ids that the chain rests on), `evidence` (list of `{source, locator, url,
        date, status}`: the closure, the first sight, who ran and owned both). Sorted by parent, closure,
        plants.

    Notes
    -----
    A lead for research: nothing says that work moved. First seen is not opened; a plant whose opening, or any
    event there, is dated earlier is seen then. Events alone do not make a plant new.

    Examples
    --------
    >>> said = {"status": "stated", "source": "x@1", "locator": "x#1"}
    >>> runs = [{"id": p, "plant": p, "operator": "corp:a", **said} for p in ("plant:us", "plant:mx")]
    >>> seen = [{"id": "plant:mx", "first_seen": "2012", "last_seen": "2012", **said},
    ...         {"id": "plant:old", "first_seen": "2009", "last_seen": "2011", **said}]
    >>> tables = Tables.of({"Operation": pl.DataFrame(runs), "said/Plant": pl.DataFrame(seen),
    ...     "Plant": pl.DataFrame({"id": ["plant:us", "plant:mx"], "country": ["US", "MX"],
    ...         "closed": ["2010-05", None], "closed_min": [24124, None], "closed_max": [24124, None]})})
    >>> first_seen(tables).select("closed", "first_seen", "months").rows()
    [('2010-05', '2012', 25.5)]
    """
    latest = LAST if as_of is None else month_span(as_of)[1]
    family = families(tables, parameters.shifts)
    countries = cut(tables["Plant"].select("country", plant="id"))
    closed = _in_family(_closures(tables, latest), countries, list(origins), family)
    seen = _in_family(_sights(tables, latest), countries, list(destinations), family)
    apart = (pl.col("lo_right") + pl.col("hi_right") - pl.col("lo") - pl.col("hi")) / 2
    pairs = closed.join(seen, on="parent").with_columns(months=apart)
    pairs = pairs.filter(
        pl.col("months").is_between(0, 12 * years, closed="right"), pl.col("plant") != pl.col("plant_right")
    )
    nearest = ["months", "kind", "record", "kind_right", "record_right"]
    rows = (
        pairs.sort("parent", "plant", "plant_right", *nearest, nulls_last=True)
        .unique(["parent", "plant", "plant_right"], keep="first", maintain_order=True)
        .sort("parent", "date", "plant", "date_right", "plant_right")
        .with_row_index("id")
        .with_columns(pl.col("id").cast(pl.String))
        .rename({"plant": "origin", "plant_right": "destination", "date": "closed"})
        .rename({"date_right": "first_seen", "country": "origin_country"})
        .rename({"country_right": "destination_country"})
    )
    rows = _with_match(tables, rows, parameters)
    return _dressed(tables, rows, family).select(COLUMNS)


def _closures(tables: Tables, latest: int) -> pl.DataFrame:
    """`plant`, `date`, `lo`, `hi`, `workers`, `kind`, `record` of closures, by events and plants."""
    found = _events(tables).filter(pl.col("event_type") == "closure").drop("event_type")
    own = cut(tables["Plant"].select(plant="id", date="closed", lo="closed_min", hi="closed_max"))
    own = own.with_columns(
        workers=pl.lit(None, pl.Int64), kind=pl.lit("Plant"), record="plant", party=pl.lit(None, pl.String)
    )
    return _dated(pl.concat([found, own.select(found.columns)], how="vertical_relaxed"), latest)


def _events(tables: Tables) -> pl.DataFrame:
    """Dated events at plants."""
    events = tables["Event"].select(
        "event_type",
        event="id",
        date=nw.coalesce("date", "announced"),
        lo=nw.coalesce("date_min", "announced_min"),
        hi=nw.coalesce("date_max", "announced_max"),
        workers=nw.col("workers").cast(nw.Int64),
    )
    at = tables["Party"].filter(nw.col("role") == "plant").select(event="within", plant="party")
    return cut(events.join(at, on="event")).select(
        *("event_type", "plant", "date", "lo", "hi", "workers"),
        kind=pl.lit("Event"),
        record="event",
    )


def _dated(rows: pl.DataFrame, latest: int) -> pl.DataFrame:
    known = rows.with_columns(pl.col(name).cast(dtype) for name, dtype in _SPAN.items())
    return known.filter(pl.col("lo") <= latest).drop_nulls(["plant", "lo", "hi"])


def _sights(tables: Tables, latest: int) -> pl.DataFrame:
    """`plant`, `date`, `lo`, `hi`, `kind`, `record`, `gap`: the earliest that any source tells of a plant.

    `gap`: the source has no file of the year before. Left out are plants of the first file of a source, and
    those that only events tell of.
    """
    said = cut(tables["said/Plant"].select("source", "first_seen", "last_seen", plant="id"))
    said = said.drop_nulls("first_seen").unique()
    year = pl.col("date").str.head(4).cast(pl.Int32)
    files = pl.concat([said.select("source", date=name) for name in ("first_seen", "last_seen")]).drop_nulls()
    files = files.with_columns(year=year).select("source", "year").unique()
    begun = files.group_by("source").agg(begun=pl.col("year").min())
    seen = said.select("source", "plant", date="first_seen").with_columns(year=year)
    before = files.with_columns(pl.col("year") + 1, filed=pl.lit(True))
    seen = seen.join(begun, on="source").join(before, on=["source", "year"], how="left")
    month = pl.col("date").str.slice(5, 2).cast(pl.Int32, strict=False)
    seen = seen.select(
        *("plant", "date"),
        lo=pl.col("year") * 12 + (month - 1).fill_null(0),
        hi=pl.col("year") * 12 + (month - 1).fill_null(11),
        kind=pl.lit("Plant"),
        record="plant",
        gap=pl.col("filed").is_null(),
        old=pl.col("year") == pl.col("begun"),
    )
    own = cut(tables["Plant"].select(plant="id", date="opened", lo="opened_min", hi="opened_max"))
    own = own.with_columns(kind=pl.lit("Plant"), record="plant")
    events = _events(tables).select(own.columns)
    known = pl.concat([own, events], how="vertical_relaxed").with_columns(
        gap=pl.lit(False), old=pl.lit(False)
    )
    every = pl.concat([_dated(frame.select(seen.columns), LAST) for frame in (seen, known)])
    first = every.sort("hi", "lo", "kind", "record").unique("plant", keep="first", maintain_order=True)
    told = pl.concat([seen["plant"], own.drop_nulls("date")["plant"]]).unique().implode()
    return first.filter(~pl.col("old"), pl.col("lo") <= latest, pl.col("plant").is_in(told)).drop("old")


def _in_family(
    rows: pl.DataFrame, countries: pl.DataFrame, wanted: list[str], family: Families
) -> pl.DataFrame:
    """Rows of plants in the wanted countries, with the ultimate parents that they had then."""
    here = rows.join(countries, on="plant").filter(pl.col("country").is_in(wanted))
    plants = here["plant"].unique().to_list()
    spans = cut(
        family.tenures.filter(nw.col("plant").is_in(plants)).select("plant", "parent", first="lo", last="hi")
    )
    held = here.join(spans, on="plant").filter(
        pl.col("first") <= pl.col("hi"), pl.col("last") >= pl.col("lo")
    )
    return held.drop("first", "last").unique()


def _with_match(tables: Tables, rows: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """S of the industries of both plants: the best of their codes."""
    ends = pl.concat([rows["origin"], rows["destination"]]).unique().to_list()
    plants = tables["Plant"].filter(nw.col("id").is_in(ends)).select(plant="id")
    codes = cut(industry_codes(tables, plants))
    both = rows.select("id", "origin", "destination").join(codes, left_on="origin", right_on="plant")
    both = both.join(codes, left_on="destination", right_on="plant")
    scored = nw.from_native(both).with_columns(product_match=sector_factor(parameters.shifts)).to_native()
    best = scored.group_by("id").agg(pl.col("product_match").max())
    return rows.join(best, on="id", how="left", maintain_order="left")


def _dressed(tables: Tables, rows: pl.DataFrame, family: Families) -> pl.DataFrame:
    """Names, evidence, joins of ids and what was assumed."""
    ends = [
        rows.select(row="id", plant=plant, parent="parent", lo=low, hi=high)
        for plant, low, high in (("origin", "lo", "hi"), ("destination", "lo_right", "hi_right"))
    ]
    control = control_records(tables, family, pl.concat(ends))
    cites = pl.concat(
        [
            rows.select(row="id", kind="kind", record="record"),
            rows.select(row="id", kind="kind_right", record="record_right"),
            control.select("row", "kind", "record"),
        ]
    )
    parties = at_plants(tables, rows.select(row="id", event="record", plant="origin"))
    undated, inferred = (control.filter(flag)["row"].unique().implode() for flag in ("undated", "inferred"))
    words = (
        ("first seen in a register, opened perhaps before", pl.col("kind_right") == "Plant"),
        ("the register has no file of the year before", pl.col("gap")),
        ("date of operation or ownership not known", pl.col("id").is_in(undated)),
        ("an owner or operator is inferred by a register", pl.col("id").is_in(inferred)),
    )
    said = [pl.when(test.fill_null(False)).then(pl.lit(word)) for word, test in words]
    rows = rows.with_columns(assumed=pl.concat_list(said).list.drop_nulls())
    rows = with_joins(rows, pl.concat([parties, cites]), tables)
    return named(attach(rows, cites, tables), tables, "parent", "origin", "destination")
