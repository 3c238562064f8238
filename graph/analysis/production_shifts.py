"""C2: where production moved across a border, or is said to have moved.

Two kinds of rows. A *claim*: somebody says that work moved, or would move; its confidence C* is C1's belief
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
    FIRST,
    LAST,
    Families,
    control_records,
    families,
    month_span,
    within,
)
from graph.analysis.parameters import DEFAULT, Parameters, Shifts
from graph.engine import Frame, Tables, cut, keep, mapped

COLUMNS = (
    *("parent", "origin", "origin_country", "destination", "destination_country", "product"),
    *("origin_date", "destination_date", "months", "owner", "product_match", "time", "pattern", "claim"),
    *("score", "band", "outcome", "jobs_lost", "jobs_gained", "origin_unions", "destination_unions"),
    "evidence",
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
_COUNTRY_NAMES = (
    *("", "mexico", "méxico", "mexique", "united states", "estados unidos", "états-unis", "us", "usa"),
    *("canada", "canadá", "ca", "mx"),
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
        Years between the two events at most, either way; by default the window of C2 (destination up to 36
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
        C*, R of C2, in [0, 1], null where unknown); `band` (documented, reported, pattern, lead);
        `outcome` (the claim's, null for a pattern); `jobs_lost`, `jobs_gained` (only of moves carried out);
        `origin_unions`, `destination_unions` (certified or recognized at the date, lists of `{id, name}`;
        empty means not known); `evidence` (list of `{source, locator, url, date, status}`).

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
    facts = _facts(tables, family or families(tables, shifts), shifts, latest, plants)
    said = keep(_statements(tables, latest, plants))
    claims = keep(_claims(tables, said, facts, domestic, replace(parameters, shifts=shifts)))
    patterns = keep(_patterns(tables, facts, shifts))
    lent = keep(_lent(tables, patterns, said, shifts))
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


def time_factor(months: nw.Expr, shifts: Shifts = DEFAULT.shifts) -> nw.Expr:
    """T: 1 on the plateau, 0 outside the window, linear between; null where the months are unknown."""
    (first, last), (low, high) = shifts.window, shifts.plateau
    rise = (months - first) / ((low - first) or 1.0)
    fall = (last - months) / ((last - high) or 1.0)
    return (
        nw.when(months.is_null())
        .then(nw.lit(None, dtype=nw.Float64))
        .when((months >= low) & (months <= high))
        .then(nw.lit(1.0))
        .when((months <= first) | (months >= last))
        .then(nw.lit(0.0))
        .when(months < low)
        .then(rise)
        .otherwise(fall)
        .round(12)
    )


def sector_factor(shifts: Shifts = DEFAULT.shifts) -> nw.Expr:
    """S of two industry codes, from columns `c3`-`c6` and `c3_right`-`c6_right` (shared digits)."""
    return _shared("c", shifts.digits)


def hs_factor(shifts: Shifts = DEFAULT.shifts) -> nw.Expr:
    """S of two HS codes, from columns `h2`, `h4`, `h6` and `h2_right`, `h4_right`, `h6_right`."""
    return _shared("h", shifts.hs_digits)


def _shared(prefix: str, values: dict[int, float]) -> nw.Expr:
    found = nw.lit(0.0)
    for digits in sorted(values):
        same = nw.col(f"{prefix}{digits}") == nw.col(f"{prefix}{digits}_right")
        found = nw.when(same).then(nw.lit(values[digits])).otherwise(found)
    return found


class _Facts(NamedTuple):
    """What patterns and claims are judged by, each computed once."""

    above: Frame
    tenures: Frame
    declines: Frame
    growths: Frame
    jobs: Frame


def _facts(tables: Tables, family: Families, shifts: Shifts, latest: int, plants: Frame | None) -> _Facts:
    jobs = keep(_jobs(tables))
    declines = _events(tables, shifts.decline, "closed", "closure", latest)
    growths = _events(tables, shifts.growth, "opened", "opening", latest)
    if plants is not None:
        declines, growths = (f.join(plants, on="plant", how="semi") for f in (declines, growths))
    declines, growths = keep(declines), keep(growths)
    return _Facts(
        family.above,
        family.tenures,
        keep(_measured(declines, jobs)),
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
    columns = ("plant", "event", "date", "lo", "hi", "weight", "workers", "whole")
    plants = tables["Plant"].select("id", "country", date=date, lo=f"{date}_min", hi=f"{date}_max")
    own = plants.filter(~nw.col("date").is_null()).select(
        plant="id",
        event="id",
        date="date",
        lo="lo",
        hi="hi",
        weight=nw.lit(float(weights[whole])),
        workers=nw.lit(None, dtype=nw.Int64),
        whole=nw.lit(True),
    )
    dated = nw.concat([events.select(*columns), own.select(*columns)]).filter(nw.col("lo") <= latest)
    placed = dated.join(plants.select(plant="id", country="country"), on="plant")
    return placed.with_columns(nw.col("lo", "hi").cast(nw.Int32))


def _jobs(tables: Tables) -> Frame:
    """Workers of plants at a month: `plant`, `at`, `jobs`."""
    counts = tables["Count"].filter(nw.col("measure").is_in(["employees", "workers"]), nw.col("value") > 0)
    return counts.select(plant="of", at="as_of_min", jobs="value").filter(~nw.col("at").is_null())


def _measured(declines: Frame, jobs: Frame) -> Frame:
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


def industry_codes(tables: Tables, plants: Frame) -> Frame:
    """Industry codes of plants by their first 3 to 6 digits: `plant`, `c3`-`c6`; NAICS and SCIAN alike."""
    known = tables["InSector"].select("sector", plant="member").join(plants, on="plant", how="semi")
    coded = known.filter(nw.col("sector").str.contains("^(naics|scian)-[0-9]{4}:[0-9]{3,6}$"))
    return _digits(coded.select("plant", code=nw.col("sector").str.slice(11)), (3, 4, 5, 6), "c")


def _products(tables: Tables, plants: Frame) -> Frame:
    return tables["Making"].select("plant", "product").join(plants, on="plant", how="semi").unique()


def _hs(tables: Tables, plants: Frame) -> Frame:
    """HS codes of what plants make or supply: `plant`, `h2`, `h4`, `h6`."""
    products = tables["Product"].filter(~nw.col("hs_code").is_null()).select(product="id", code="hs_code")
    makes = tables["Making"].join(products, on="product").select("plant", "code")
    supplies = tables["Supply"].filter(~nw.col("hs_code").is_null()).select(plant="supplier", code="hs_code")
    known = nw.concat([frame.join(plants, on="plant", how="semi") for frame in (makes, supplies)]).unique()
    return _digits(known, (2, 4, 6), "h")


def _digits(codes: Frame, lengths: tuple[int, ...], prefix: str) -> Frame:
    known = codes.filter(nw.col("code").str.contains("^[0-9]+$"))
    return known.select(
        "plant",
        **{
            f"{prefix}{n}": nw.when(nw.col("code").str.len_chars() >= n).then(
                nw.col("code").str.slice(0, n).cast(nw.Int32)
            )
            for n in lengths
        },
    ).unique()


def _patterns(tables: Tables, facts: _Facts, shifts: Shifts) -> Frame:
    """Pairs of a decline and a growth in one family, two countries and one industry, above the lead band."""
    declines = _in_span(_in_family(facts.declines, facts.tenures), shifts, (0.0, 0.0))
    growths = _in_span(_in_family(facts.growths, facts.tenures), shifts, shifts.window)
    near = ["parent", "span"]
    growths = keep(growths.join(declines.select(*near).unique(), on=near, how="semi"))
    declines = keep(declines.join(growths.select(*near).unique(), on=near, how="semi"))
    plants = keep(nw.concat([declines.select("plant"), growths.select("plant")]).unique())
    sector, hs = sector_factor(shifts), hs_factor(shifts)
    found = []
    for kind, ways in (
        (_products(tables, plants), (("product", "", 1.0, nw.lit(1.0)),)),
        (industry_codes(tables, plants), (("c4", "", 1.0, sector), ("c3", "c4", shifts.digits[3], sector))),
        (_hs(tables, plants), (("h4", "", 1.0, hs), ("h2", "h4", shifts.hs_digits[2], hs))),
    ):
        kept = keep(kind)
        lost, gained = (keep(side.join(kept, on="plant")) for side in (declines, growths))
        for key, finer, best, match in ways:
            enough = nw.col("weight") >= (shifts.lead / best) ** 2
            found.append(_pairs(lost.filter(enough), gained.filter(enough), key, finer, match, shifts))
    pairs = _together(keep(nw.concat(found)), facts.tenures)
    ends = ["origin", "destination"]
    strongest = pairs.group_by(*ends).agg(nw.col("pattern").max())
    pairs = pairs.join(strongest, on=[*ends, "pattern"])
    gap = (nw.col("d_lo") + nw.col("d_hi") - nw.col("o_lo") - nw.col("o_hi")).abs()
    order = ["gap", "product_id", "origin_event", "destination_event", "parent"]
    return pairs.with_columns(gap=gap).unique(subset=ends, keep="first", order_by=order)


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


def _in_family(events: Frame, tenures: Frame) -> Frame:
    """Events with the ultimate parents that the plant had then."""
    spans = tenures.select("plant", "parent", first="lo", last="hi", factor="factor")
    joined = events.join(spans, on="plant").filter(within("lo", "hi", "first", "last"))
    columns = ("plant", "event", "country", "date", "lo", "hi", "weight", "whole", "parent")
    return keep(joined.group_by(*columns).agg(factor=nw.col("factor").max()))


def _pairs(declines: Frame, growths: Frame, key: str, finer: str, match: nw.Expr, shifts: Shifts) -> Frame:
    """Pairs that share `key` but not the `finer` one, on which they are paired already."""
    joined = declines.join(growths, on=["parent", "span", key]).filter(
        nw.col("country") != nw.col("country_right")
    )
    if finer:
        joined = joined.filter(~(nw.col(finer) == nw.col(f"{finer}_right")).fill_null(False))
    apart = nw.col("lo_right") + nw.col("hi_right") - nw.col("lo") - nw.col("hi")
    near = joined.filter(apart >= 2 * shifts.window[0], apart <= 2 * shifts.window[1]).with_columns(
        **{f"{key}_right": nw.col(key)},
        product_id=nw.col("product") if key == "product" else nw.lit(None, dtype=nw.String),
        time=time_factor(apart.cast(nw.Float64) / 2, shifts),
        owner=nw.min_horizontal("factor", "factor_right"),
    )
    scored = near.with_columns(product_match=match).with_columns(pattern=_plausibility())
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


def _plausibility() -> nw.Expr:
    """L: owner, product and time, times the geometric mean of decline and growth."""
    size = (nw.col("weight") * nw.col("weight_right")).sqrt()
    return (nw.col("owner") * nw.col("product_match") * nw.col("time") * size).round(12)


def _together(pairs: Frame, tenures: Frame) -> Frame:
    """Leave out pairs whose one plant had another parent on the other's date.

    A plant has no parent before it opened or after it closed; one without a known operator then is kept.
    """
    key = ["origin", "destination", "origin_event", "destination_event", "parent"]
    later = nw.col("d_lo") + nw.col("d_hi") > nw.col("o_lo") + nw.col("o_hi")
    spans = tenures.select("plant", other="parent", first="lo", last="hi")
    for plant, whole, low, high in (
        ("destination", "d_whole", "o_lo", "o_hi"),
        ("origin", "o_whole", "d_lo", "d_hi"),
    ):
        there = pairs.filter(~(nw.col(whole) & later)).select(*key, low, high).unique()
        held = there.join(spans, left_on=plant, right_on="plant").filter(within(low, high, "first", "last"))
        same = (nw.col("other") == nw.col("parent")).cast(nw.Int32)
        apart = held.with_columns(same=same).group_by(*key).agg(nw.col("same").max())
        pairs = pairs.join(apart.filter(nw.col("same") == 0), on=key, how="anti")
    return pairs


def _statements(tables: Tables, latest: int, plants: Frame | None) -> Frame:
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


def _claims(tables: Tables, said: Frame, facts: _Facts, domestic: bool, parameters: Parameters) -> Frame:
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
    owners = keep(_owners_of(rows, facts))
    best = owners.unique(subset=["key"], keep="first", order_by=["weaker", "parent"])
    rows = rows.join(best.select("key", "owner"), on="key", how="left")
    rows = rows.join(_parent_of(rows, best, facts), on="key", how="left")
    rows = rows.join(believe(said, "key", parameters.confidence), on="key")
    return rows.with_columns(
        pattern=nw.when(moved).then(_plausibility()),
        jobs_lost=nw.when(moved).then(nw.col("jobs_lost")),
        jobs_gained=nw.when(moved).then(nw.col("jobs_gained")),
        claim=nw.col("belief"),
        product_id=nw.col("product"),
        origin_date=nw.col("date"),
        origin_event=nw.lit(None, dtype=nw.String),
    )


def _growth_at(moved: Frame, facts: _Facts, shifts: Shifts) -> Frame:
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
    joined = moved.join(events, left_on="destination", right_on="plant").with_columns(
        time=time_factor(apart.cast(nw.Float64) / 2, shifts), gap=apart.abs()
    )
    near = joined.filter(nw.col("time") > 0).with_columns(
        weaker=(-nw.col("time") * nw.col("weight_right").sqrt()).round(12)
    )
    best = near.unique(subset=["key"], keep="first", order_by=["weaker", "gap", "destination_event"])
    return best.select("key", "destination_event", "destination_date", "d_lo", "d_hi", "weight_right", "time")


def _decline_of(rows: Frame, facts: _Facts, shifts: Shifts) -> Frame:
    """`key`, `weight`: the decline that a claim itself states at its origin."""
    declines = rows.filter(~nw.col("origin").is_null(), ~nw.col("o_hi").is_null()).select(
        plant="origin",
        event="key",
        hi="o_hi",
        workers=nw.col("jobs_lost"),
        weight=nw.lit(shifts.decline["line_removed"]),
    )
    return _measured(declines, facts.jobs).select(key="event", weight="weight")


def _match_of(tables: Tables, rows: Frame, shifts: Shifts) -> Frame:
    """`key`, `product_match`: 1 where the claim names what moved, else by the codes of both plants."""
    ends = rows.filter(~nw.col("origin").is_null(), ~nw.col("destination").is_null())
    ends = ends.select("key", "origin", "destination", "product")
    same = ends.filter(~nw.col("product").is_null()).select("key", product_match=nw.lit(1.0))
    found = [same]
    open_ends = keep(ends.filter(nw.col("product").is_null()))
    sides = [open_ends.select(plant=end) for end in ("origin", "destination")]
    plants = keep(nw.concat(sides).unique())
    for kind, match in (
        (keep(industry_codes(tables, plants)), sector_factor(shifts)),
        (keep(_hs(tables, plants)), hs_factor(shifts)),
    ):
        both = open_ends.join(kind, left_on="origin", right_on="plant")
        both = both.join(kind, left_on="destination", right_on="plant")
        found.append(both.select("key", product_match=match))
    return nw.concat(found).group_by("key").agg(nw.col("product_match").max())


def _owners_of(rows: Frame, facts: _Facts) -> Frame:
    """`key`, `parent`, `owner`: families that both ends belonged to, each on its own date."""
    low, high = nw.col("o_lo").fill_null(FIRST), nw.col("o_hi").fill_null(LAST)
    ends = rows.filter(~nw.col("origin").is_null(), ~nw.col("destination").is_null()).select(
        *("key", "origin", "destination"),
        o_lo=low,
        o_hi=high,
        d_lo=nw.coalesce(nw.col("d_lo"), low),
        d_hi=nw.coalesce(nw.col("d_hi"), high),
    )
    spans = facts.tenures.select("plant", "parent", first="lo", last="hi", owner="factor")
    at_origin = ends.join(spans, left_on="origin", right_on="plant")
    at_origin = at_origin.filter(within("o_lo", "o_hi", "first", "last"))
    both = at_origin.join(spans, left_on=["destination", "parent"], right_on=["plant", "parent"])
    both = both.filter(within("d_lo", "d_hi", "first_right", "last_right"))
    factor = nw.min_horizontal("owner", "owner_right")
    return both.select("key", "parent", owner=factor, weaker=-factor)


def _parent_of(rows: Frame, shared: Frame, facts: _Facts) -> Frame:
    """`key`, `parent`: the shared family, else that of the company named, else that of one end."""
    spans = rows.select(
        *("key", "corporation", "origin", "destination"),
        low=nw.col("o_lo").fill_null(FIRST),
        high=nw.col("o_hi").fill_null(LAST),
    )
    above = facts.above.select("company", "parent", first="lo", last="hi")
    places = facts.tenures.select("plant", "parent", first="lo", last="hi")
    named = spans.filter(~nw.col("corporation").is_null())
    found = [shared.select("key", "parent", rank=nw.lit(0))]
    for rank, frame, end, table, key in (
        (1, named, "corporation", above, "company"),
        (3, spans, "origin", places, "plant"),
        (4, spans, "destination", places, "plant"),
    ):
        held = frame.join(table, left_on=end, right_on=key).filter(within("low", "high", "first", "last"))
        found.append(held.select("key", "parent", rank=nw.lit(rank)))
    found.append(named.select("key", parent="corporation", rank=nw.lit(2)))
    chosen = nw.concat(found).unique(subset=["key"], keep="first", order_by=["rank", "parent"])
    return chosen.select("key", "parent")


def _lent(tables: Tables, patterns: Frame, said: Frame, shifts: Shifts) -> Frame:
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
    known = [represented(tables, end.drop("parent"), parameters.represented) for end in ends]
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
    undated = control.filter("undated")["row"].unique().implode()
    lent = pl.col("id").str.contains("|", literal=True) & pl.col("outcome").is_not_null()
    words = (
        ("date imprecise", imprecise),
        ("date of operation or ownership not known", pl.col("id").is_in(undated)),
        ("no source names the receiving plant", lent & pl.col("origin_event").is_not_null()),
        ("sources conflict", pl.col("conflict") > parameters.confidence.conflict),
    )
    said = [pl.when(test.fill_null(False)).then(pl.lit(word)) for word, test in words]
    return rows.with_columns(assumed=pl.concat_list(said).list.drop_nulls())
