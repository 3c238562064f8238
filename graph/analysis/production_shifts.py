"""Where production moved across a border, or is said to have moved.

Two kinds of rows. A *claim*: somebody says that work moved, or would move; its confidence C* is the belief
in the records that say so. A *pattern*: one family cut a plant and grew another one in another country, in
the same industry, within the window; no source needs to say so. Rank R = 1 - (1 - C*)(1 - L / 2), so that a
pattern alone never exceeds 0.5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import narwhals as nw
import polars as pl

from graph.analysis.confidence import believe
from graph.analysis.evidence import attach, named, represented, unions
from graph.analysis.families import (
    LAST,
    Families,
    control_records,
    families,
    month_span,
)
from graph.analysis.joins import at_plants, with_joins
from graph.analysis.parameters import DEFAULT, Parameters, Shifts
from graph.analysis.shift_claims import claim_rows, statements
from graph.analysis.shift_events import shift_facts
from graph.analysis.shift_patterns import lent_claims, pattern_rows
from graph.engine import Frame, Tables, cut, keep

COLUMNS = (
    *("parent", "origin", "origin_country", "destination", "destination_country", "product"),
    *("origin_date", "destination_date", "months", "owner", "product_match", "time", "pattern", "claim"),
    *("score", "band", "outcome", "jobs_lost", "jobs_gained", "origin_unions", "destination_unions"),
    *("identity", "evidence"),
)
DETAILS = ("id", "months_min", "months_max", "product_id", "conflict", "assumed")
_COMMON = (
    *("id", "parent", "origin", "origin_place", "origin_country"),
    *("destination", "destination_place", "destination_country", "product_id"),
    *("origin_date", "destination_date", "destination_event", "origin_event", "o_lo", "o_hi", "d_lo", "d_hi"),
    *(
        "owner",
        "product_match",
        "time",
        "pattern",
        "claim",
        "conflict",
        "outcome",
        "jobs_lost",
        "jobs_gained",
    ),
)


def production_shifts(
    tables: Tables,
    *,
    years: float | None = None,
    origins: tuple[str, ...] | None = None,
    destinations: tuple[str, ...] | None = None,
    as_of: str | None = None,
    domestic: bool = False,
    limit: int | None = None,
    details: bool = False,
    parameters: Parameters = DEFAULT,
) -> pl.DataFrame:
    """Where production moved across a border, or is said to, strongest first, with evidence on every row.

    Parameters
    ----------
    tables
        Graph tables, on any engine.
    years
        Years between the two events at most, either way; by default the window (destination up to 36
        months before or 24 after origin).
    origins, destinations
        Countries (ISO 3166-1 alpha-2); all by default.
    as_of
        Partial ISO date: leave out events and claims after it.
    domestic
        Also claims inside one country, or whose other country no source names.
    limit
        Rows at most.
    details
        Also `id`, `months_min`, `months_max`, `product_id`, `conflict` and `assumed` (what was taken for
        granted on this row, in words).

    Returns
    -------
    polars.DataFrame
        `parent`, `origin`, `destination` as `{id, name}` (null id: only a place is known); countries;
        `product`; `origin_date`, `destination_date` (ISO text, as exact as known); `months` (destination
        minus origin, mid-points); `owner`, `product_match`, `time`, `pattern`, `claim`, `score` (O, S, T, L,
        C*, R, in [0, 1], null where unknown); `band` (documented, reported, pattern, lead);
        `outcome` (the claim's, null for a pattern); `jobs_lost`, `jobs_gained` (only of moves carried out);
        `origin_unions`, `destination_unions` (certified or recognized at the date, lists of `{id, name}`;
        empty means not known); `identity` (list of `{record_id, joined_to, reason, probability}`: each join
        of ids that the chain rests on); `evidence` (list of `{source, locator, url, date, status}`).

    Raises
    ------
    WrongUseError
        `as_of` is no date.

    Notes
    -----
    Method: docs/reference/analyses.md. Events of a pattern are events at plants and the opening and closing
    dates of plants; a claim's own dates count for that claim only. A pattern is a lead for research, not a
    finding.

    Examples
    --------
    >>> claim = pl.DataFrame({"id": ["x/1"], "origin": ["plant:o"], "origin_country": ["US"],
    ...     "destination_place": ["Monterrey"], "destination_country": ["MX"], "outcome": ["announced"],
    ...     "jobs_lost": [900], "source": ["x@1"], "locator": ["x.csv#1"], "status": ["stated"],
    ...     "evidence_type": ["company_statement"]})
    >>> found = production_shifts(Tables.of({"ShiftClaim": claim}))
    >>> found.select("score", "band", "outcome", "pattern", "jobs_lost").row(0)
    (0.85, 'reported', 'announced', None, None)
    """
    family = families(tables, parameters.shifts)
    scored = scored_shifts(
        tables, years=years, as_of=as_of, domestic=domestic, parameters=parameters, family=family
    )
    rows = cut(scored.rows)
    for column, countries in (("origin_country", origins), ("destination_country", destinations)):
        if countries is not None:
            rows = rows.filter(pl.col(column).is_in(countries))
    rows = rows.sort("score", "id", descending=[True, False]).head(rows.height if limit is None else limit)
    rows = _dressed(rows, scored.records, family, tables, parameters)
    return rows.select(*COLUMNS, *(DETAILS if details else ()))


class Scored(NamedTuple):
    """Unsorted `rows`, and the claims behind them: `row` (id of a row), `record`."""

    rows: Frame
    records: Frame


def scored_shifts(
    tables: Tables,
    *,
    years: float | None = None,
    as_of: str | None = None,
    domestic: bool = False,
    parameters: Parameters = DEFAULT,
    family: Families | None = None,
    plants: Frame | None = None,
) -> Scored:
    """The rows of `production_shifts` without names, unions and evidence, on the tables' engine.

    `family` spares computing it again; `plants` (column `plant`) keeps to pairs of these plants.
    """
    shifts = _window(parameters.shifts, years)
    latest = LAST if as_of is None else month_span(as_of)[1]
    facts = shift_facts(tables, family or families(tables, shifts), shifts, latest, plants)
    said = keep(statements(tables, latest, plants))
    claims = keep(claim_rows(tables, said, facts, domestic, replace(parameters, shifts=shifts)))
    patterns = keep(pattern_rows(tables, facts, shifts))
    lent = keep(lent_claims(tables, patterns, said, shifts))
    patterns = _supported(patterns, claims, lent, parameters)
    rows = nw.concat([claims.select(*_COMMON), patterns.select(*_COMMON)])
    plausible = 1 - shifts.pattern_weight * nw.col("pattern").fill_null(0.0)
    rows = rows.with_columns(score=(1 - (1 - nw.col("claim")) * plausible).round(12))
    own = said.join(claims.select("key", row="id"), on="key").select("row", record="id")
    records = nw.concat([own, lent.select(row="pair", record="id")])
    return Scored(rows.with_columns(band=_band(shifts)).filter(~nw.col("band").is_null()), records)


def _band(shifts: Shifts) -> nw.Expr:
    claim, pattern = nw.col("claim"), nw.col("pattern").fill_null(0.0)
    return (
        nw.when(claim >= shifts.documented)
        .then(nw.lit("documented"))
        .when(claim >= shifts.reported)
        .then(nw.lit("reported"))
        .when(claim > 0)
        .then(nw.lit("lead"))
        .when(pattern >= shifts.pattern)
        .then(nw.lit("pattern"))
        .when(pattern >= shifts.lead)
        .then(nw.lit("lead"))
    )


def _window(shifts: Shifts, years: float | None) -> Shifts:
    """The window that a user sets in years, both ways; the plateau stays inside it."""
    if years is None:
        return shifts
    reach = 12.0 * years
    plateau = (max(shifts.plateau[0], -reach), min(shifts.plateau[1], reach))
    return replace(shifts, window=(-reach, reach), plateau=plateau)


def _supported(patterns: Frame, claims: Frame, lent: Frame, parameters: Parameters) -> Frame:
    """Patterns that no claim names; those whose move to the country somebody states get its confidence."""
    moved = claims.filter(nw.col("outcome").is_in(parameters.shifts.moved)).select("origin", "destination")
    free = patterns.join(moved.unique(), on=["origin", "destination"], how="anti")
    belief = believe(lent, "pair", parameters.confidence)
    outcome = lent.unique(subset=["pair"], keep="first", order_by=["id"]).select("pair", "outcome")
    rows = free.with_columns(id=nw.concat_str(["origin", "destination"], separator="|"))
    rows = rows.join(belief.join(outcome, on="pair"), left_on="id", right_on="pair", how="left")
    text, number = nw.lit(None, dtype=nw.String), nw.lit(None, dtype=nw.Int64)
    return rows.with_columns(
        claim=nw.col("belief").fill_null(0.0),
        origin_place=text,
        destination_place=text,
        jobs_lost=number,
        jobs_gained=number,
    )


def _dressed(
    rows: pl.DataFrame, records: Frame, family: Families, tables: Tables, parameters: Parameters
) -> pl.DataFrame:
    """Months, names, unions and evidence for the rows that are shown."""
    rows = _with_months(rows)
    ends = [
        rows.select(row="id", plant=end, parent="parent", lo=low, hi=high)
        for end, low, high in (
            ("origin", "o_lo", "o_hi"),
            ("destination", pl.coalesce("d_lo", "o_lo"), pl.coalesce("d_hi", "o_hi")),
        )
    ]
    known = represented(tables, [end.drop("parent") for end in ends], parameters.represented)
    for column, found in zip(("origin_unions", "destination_unions"), known, strict=True):
        rows = unions(rows, found, tables, column)
    control = control_records(tables, family, pl.concat(ends))
    said = cut(records.filter(nw.col("row").is_in(rows["id"].to_list()))).sort("row", "record")
    cites = [
        said.select("row", pl.lit("ShiftClaim").alias("kind"), "record"),
        *(_event_cites(rows, end) for end in ("origin", "destination")),
        control.select("row", "kind", "record"),
        *(found.select("row", pl.lit("Representation").alias("kind"), "record") for found in known),
    ]
    events = [rows.select(row="id", event=f"{end}_event", plant=end) for end in ("origin", "destination")]
    rows = with_joins(rows, pl.concat([at_plants(tables, pl.concat(events)), *cites]), tables)
    rows = attach(_with_assumed(rows, control, parameters), pl.concat(cites), tables)
    rows = named(
        rows.with_columns(product="product_id"), tables, "parent", "origin", "destination", "product"
    )
    return rows.with_columns(product=pl.col("product").struct.field("name"))


def _with_months(rows: pl.DataFrame) -> pl.DataFrame:
    """`months` between the mid-points of both dates, and their bounds."""
    apart = pl.col("d_lo") + pl.col("d_hi") - pl.col("o_lo") - pl.col("o_hi")
    return rows.with_columns(
        months=apart / 2,
        months_min=pl.col("d_lo") - pl.col("o_hi"),
        months_max=pl.col("d_hi") - pl.col("o_lo"),
    )


def _event_cites(rows: pl.DataFrame, end: str) -> pl.DataFrame:
    """The event at one end: an event, or the plant whose opening or closing date it is."""
    own = pl.col(f"{end}_event") == pl.col(end)
    kind = pl.when(own).then(pl.lit("Plant")).otherwise(pl.lit("Event"))
    return rows.select(row="id", kind=kind, record=f"{end}_event")


def _with_assumed(rows: pl.DataFrame, control: pl.DataFrame, parameters: Parameters) -> pl.DataFrame:
    """`assumed`: what was taken for granted on a row, in words."""
    limits = (*parameters.shifts.window, *parameters.shifts.plateau)
    imprecise = pl.any_horizontal(
        (pl.col("months_min") < limit) & (pl.col("months_max") > limit) for limit in limits
    )
    undated, inferred = (control.filter(flag)["row"].unique().implode() for flag in ("undated", "inferred"))
    lent = pl.col("id").str.contains("|", literal=True) & pl.col("outcome").is_not_null()
    words = (
        ("date imprecise", imprecise),
        ("date of operation or ownership not known", pl.col("id").is_in(undated)),
        ("an owner or operator is inferred by a register", pl.col("id").is_in(inferred)),
        ("no source names the receiving plant", lent & pl.col("origin_event").is_not_null()),
        ("sources conflict", pl.col("conflict") > parameters.confidence.conflict),
    )
    said = [pl.when(test.fill_null(False)).then(pl.lit(word)) for word, test in words]
    return rows.with_columns(assumed=pl.concat_list(said).list.drop_nulls())
