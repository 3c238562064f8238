"""Which records tell of one event: a strike, closing, layoff or vote that several lists hold, or one twice.

Records of one kind of event are compared where they share a plant, an employer, a union or words of the
employer's name, and their days lie within the window of the kind. The first rule that fits decides. Numbers
that differ (workers, days) may still be of one event, and none is dropped: each record keeps its own.

A strike at several places, or of several unions, is one event only where a list says so in one record;
records apart are `related`. What the rules leave open is `unsure`: for people to judge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
from rapidfuzz import fuzz

FAMILIES = {
    **dict.fromkeys(("strike", "lockout", "work_stoppage"), "stoppage"),
    **dict.fromkeys(("closure", "layoff", "mass_layoff"), "closing"),
    **dict.fromkeys(("union_election", "decertification_election", "deauthorization_vote"), "election"),
}


@dataclass(frozen=True)
class Window:
    """Days apart that two records of one event may be.

    `reach`: compared at all. `near`: different lists. `day`: one list, or an employer known by name only.
    `before`, `after`: from the notice to the day it takes effect, where each record gives one of the two.
    """

    reach: int
    near: int
    day: int
    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class Rule:
    """What must hold (an expression over both records) for a verdict; `probability`: see `match_events`."""

    name: str
    holds: pl.Expr
    probability: float
    verdict: str = "same"
    relation: str | None = None


WINDOWS = {
    "stoppage": Window(reach=31, near=14, day=3),
    "closing": Window(reach=190, near=62, day=7, before=92, after=190),
    "election": Window(reach=365, near=7, day=1),
}
OTHER = Window(reach=31, near=7, day=1)
SURE = 0.98
SAME_NAME = 92.0
LIKE_NAME = 80.0
SAME_SIZE = 0.8
FEW = 5  # workers: two notices of so many may well be two layoffs
_COMMON = 60  # records that hold a word, above which it says nothing without the state

_UNIT = "bargaining unit of ([0-9]+)"
_NOT_STATED = "closing or layoff: not stated"
_AMENDS = "amends an earlier notice"
_CASE = r"^us-(?:stoppage:fmcs\||nlrb-election:)([^|]+)\|"
_BALLOT = r"^us-nlrb-election:[^|]+\|([^|]*\|[^|]*\|)(?:Revised )?([^|]{8})"
_WIDE = r"(?i)^(?:multiple|various|statewide|nation)|[;/]| and |\bmetropolitan\b|[a-z], [a-z]+, "
_AFTER_NAME = (
    r"(?i)[,( ]+(?:d[./]?b[./]?a\b|an? (?:division|subsidiary) of\b|(?:div|subs) of\b|formerly\b).*$"
)
_LEGAL = (
    r"\b(?:inc|incorporated|llc|llp|lp|ltd|limited|corp|corporation|co|company|companies|the|of|and|de|cv|sa|rl"
    r"|sapi|s|a|c|v)\b"
)
_EMPTY = pl.lit([], pl.List(pl.String))
_SIDES = ("left", "right")
_ROLES = ("employer", "plant", "union")
COLUMNS = (
    *("left", "right", "kind", "verdict", "relation", "probability", "reason", "rule"),
    *("left_source", "right_source", "left_date", "right_date", "days", "left_workers", "right_workers"),
    *("name_similarity", "left_name", "right_name", "left_place", "right_place"),
)


def match_events(
    events: pl.LazyFrame,
    parties: pl.LazyFrame,
    *,
    things: pl.LazyFrame | None = None,
    affiliations: pl.LazyFrame | None = None,
) -> pl.DataFrame:
    """Pairs of event records that are, or may be, one event.

    Parameters
    ----------
    events
        What each source says about events: `id` (text, of the record), `event_type`, `date`, `date_end`,
        `announced` (partial ISO dates), `workers` (whole number), `place`, `subdivision`, `note`, `source`.
    parties
        `within` (id of an event), `party` (canonical id), `role`, `named_as`.
    things
        `id`, `name`, `municipality`, `subdivision` of employers and plants, for parties that a record does
        not name and events whose record gives no place.
    affiliations
        `member`, `body` (canonical ids of unions): a local's national union is no other union.

    Returns
    -------
    polars.DataFrame
        `left`, `right` (ids, left < right), `kind` (`Event`), `verdict` (same, related, unsure), `relation`
        (of related: `sister`, parts of one dispute or case, or `other`), `probability` (decimal: how often
        a pair of this rule is one event, by reading samples), `reason` (words), `rule`, figures of both.

    Notes
    -----
    Rules, windows and measured error: docs/how-to/one-event.md. A date known to the year only never joins.

    Examples
    --------
    >>> events = pl.LazyFrame({"id": ["a:1", "b:1"], "source": ["a@1", "b@1"], "event_type": "strike",
    ...     "date": ["2021-01-17", "2021-01-18"], "workers": [1400, 1000], "place": "Bronx",
    ...     "subdivision": "US-NY"})
    >>> parties = pl.LazyFrame({"within": ["a:1", "b:1"] * 2, "role": ["employer"] * 2 + ["union"] * 2,
    ...     "party": ["c:x", "c:x", "u:y", "u:y"], "named_as": None})
    >>> match_events(events, parties).select("left", "right", "verdict", "right_workers").row(0)
    ('a:1', 'b:1', 'same', 1000)
    """
    facts = _facts(events, parties, things, affiliations)
    pairs = _compared(_candidates(facts), facts)
    return _judged(pairs).select(COLUMNS).sort("left", "right")


def tally(said: pl.LazyFrame) -> pl.DataFrame:
    """How many lines and records tell of how many events: one row for each kind of event and set of sources.

    `said`: records with their canonical `id`, `record_id`, `event_type`, `source`, `times`. Columns: `kind`,
    `sources` (list of text), `lines` (of the files), `records`, `events`; events in several sources stand in
    a row of their own.

    >>> said = pl.LazyFrame({"id": ["a", "a", "b"], "record_id": ["a", "x", "b"], "event_type": "strike",
    ...     "source": ["s@1", "t@1", "t@1"], "times": [2, 1, 1]})
    >>> tally(said).rows()
    [('stoppage', ['s', 't'], 3, 2, 1), ('stoppage', ['t'], 1, 1, 1)]
    """
    kinds = said.with_columns(kind=_family(), source=pl.col("source").str.split("@").list.first())
    events = kinds.group_by("id").agg(
        pl.col("kind").first(),
        sources=pl.col("source").unique().sort(),
        lines=pl.col("times").sum(),
        records=pl.col("record_id").n_unique(),
    )
    found = events.group_by("kind", "sources").agg(pl.col("lines", "records").sum(), events=pl.len())
    return found.sort("kind", pl.col("sources").list.join(" ")).collect()


def _family() -> pl.Expr:
    return pl.col("event_type").replace(FAMILIES)


def _facts(
    events: pl.LazyFrame,
    parties: pl.LazyFrame,
    things: pl.LazyFrame | None,
    affiliations: pl.LazyFrame | None,
) -> pl.DataFrame:
    """One row a record: what the rules look at."""
    wanted = {"date_end": pl.String, "announced": pl.String, "place": pl.String, "note": pl.String}
    there = events.collect_schema().names()
    events = events.with_columns(pl.lit(None, t).alias(n) for n, t in wanted.items() if n not in there)
    known = things if things is not None else pl.LazyFrame(schema=dict.fromkeys(_THING, pl.String))
    roles = _roles(parties, known, affiliations)
    facts = events.unique("id", keep="first", maintain_order=True).join(
        roles, left_on="id", right_on="within"
    )
    day = pl.coalesce("date", "announced")
    return (
        facts.select(
            *("id", "source", "event_type", "workers", "employers", "plants", "unions", "above", "date"),
            *("announced", "employer", "place"),
            family=_family(),
            subdivision=pl.coalesce("subdivision", "plant_subdivision"),
            towns=pl.concat_list(pl.col("towns"), "place").list.eval(_plain(pl.element())).list.drop_nulls(),
            where=pl.format(" {} ", _plain("place")),
            wide=(pl.col("plants").list.len() > 1) | pl.col("place").str.contains(_WIDE).fill_null(True),
            name=_plain(pl.when(_family() == "closing").then("employer").otherwise(_before_alias())),
            figures=pl.col("employer").str.extract_all("[0-9]+").list.sort(),
            street=pl.col("place").str.extract(r"\b([0-9]+) [A-Za-z]"),
            first=_day(day, last=False),
            last=_day(day, last=True),
            effective=_day(pl.col("date"), last=False),
            notice=_day(pl.col("announced"), last=False),
            end=_day(pl.col("date_end"), last=False),
            precise=day.str.len_chars() > 4,
            **_told_in_words(),
        )
        .sort("id")
        .collect()
    )


def _told_in_words() -> dict[str, pl.Expr]:
    """What keys and notes say: people of the bargaining unit, case, ballot, kind not stated, amendment."""
    ballot, note = pl.col("id").str.extract_groups(_BALLOT).struct, pl.col("note")
    return {
        "people": pl.coalesce("workers", note.str.extract(_UNIT).cast(pl.Int64)),
        "case": pl.col("id").str.extract(_CASE),
        "ballot": pl.concat_str(ballot.field("1"), ballot.field("2")),
        "vague": note.str.contains(_NOT_STATED, literal=True).fill_null(False),
        "amends": note.str.contains(_AMENDS, literal=True).fill_null(False),
    }


_THING = ("id", "name", "municipality", "subdivision")


def _roles(parties: pl.LazyFrame, things: pl.LazyFrame, affiliations: pl.LazyFrame | None) -> pl.LazyFrame:
    """Parties of each event: lists of ids by role, the employer's name, the plant's town."""
    known = things.select(_THING).unique("id", keep="first", maintain_order=True)
    rows = parties.filter(pl.col("role").is_in(_ROLES)).join(
        known, left_on="party", right_on="id", how="left"
    )
    lists = [pl.col("party").filter(role=role).unique().sort().alias(f"{role}s") for role in _ROLES]
    name = pl.coalesce("named_as", "name")
    found = rows.group_by("within").agg(
        *lists,
        employer=name.filter(role="employer").sort().first(),
        towns=pl.col("municipality").filter(role="plant").drop_nulls().unique().sort(),
        plant_subdivision=pl.col("subdivision").filter(role="plant").sort().first(),
    )
    return found.join(_above(rows, affiliations), on="within", how="left").with_columns(
        above=pl.col("above").fill_null(_EMPTY)
    )


def _above(rows: pl.LazyFrame, affiliations: pl.LazyFrame | None) -> pl.LazyFrame:
    """The bodies above the unions of each event, three steps up."""
    unions = rows.filter(role="union").select("within", member="party")
    if affiliations is None:
        return unions.group_by("within").agg(above=pl.lit(None, pl.String).drop_nulls())
    steps = affiliations.select("member", "body").unique()
    found = []
    for _ in range(3):
        unions = unions.join(steps, on="member").select("within", member="body").unique()
        found.append(unions)
    return pl.concat(found).group_by("within").agg(above=pl.col("member").unique().sort())


def _before_alias() -> pl.Expr:
    """An employer's name without its trade name or mother company."""
    return pl.col("employer").str.replace(_AFTER_NAME, "")


def _day(text: pl.Expr, *, last: bool) -> pl.Expr:
    """First or last day of a partial ISO date."""
    size = text.str.len_chars()
    rest = pl.when(size == 4).then(pl.lit("-01-01")).when(size == 7).then(pl.lit("-01")).otherwise(pl.lit(""))
    day = (text + rest).str.to_date("%Y-%m-%d", strict=False)
    if not last:
        return day
    year = pl.date(day.dt.year(), 12, 31)
    return pl.when(size == 4).then(year).when(size == 7).then(day.dt.month_end()).otherwise(day)


def _plain(name: pl.Expr | str) -> pl.Expr:
    """Letters and figures in lower case, without accents, legal forms and small words."""
    text = pl.col(name) if isinstance(name, str) else name
    folded = text.str.normalize("NFKD").str.to_lowercase().str.replace_all(r"\p{M}|['’.]", "")
    return (
        folded.str.replace_all(r"[^a-z0-9]+", " ")
        .str.replace_all(_LEGAL, "")
        .str.replace_all(" +", " ")
        .str.strip_chars()
    )


def _candidates(facts: pl.DataFrame) -> pl.DataFrame:
    """`left`, `right` (row numbers): records that share a key and lie in one or in neighbouring spans."""
    rows = facts.with_row_index("row").filter(pl.col("first").is_not_null())
    rows = rows.with_columns(span=pl.col("first").to_physical() // _limit("reach", "family"))
    keys = _keys(rows).unique()
    spread = pl.concat(keys.with_columns(span=pl.col("span") + step) for step in (-1, 0, 1))
    pairs = keys.join(spread, on=["key", "family", "span"]).filter(pl.col("row") < pl.col("row_right"))
    return pairs.select(left="row", right="row_right").unique()


def _limit(part: str, family: str = "left_family") -> pl.Expr:
    """A number of days of the window of each kind."""
    known = {kind: getattr(window, part) for kind, window in WINDOWS.items()}
    return pl.col(family).replace_strict(known, default=getattr(OTHER, part), return_dtype=pl.Int32)


def _keys(rows: pl.DataFrame) -> pl.DataFrame:
    """`row`, `family`, `span`, `key`: plants, employers, unions, words of the employer's name."""
    base = ("row", "family", "span")
    stoppages = rows.filter(family="stoppage")
    ids = [
        part.select(*base, key=ids).explode("key").drop_nulls()
        for part, ids in ((rows, "plants"), (rows, "employers"), (stoppages, "unions"), (stoppages, "above"))
    ]
    words = rows.select(*base, "subdivision", key=pl.col("name").str.split(" ")).explode("key")
    words = words.filter(pl.col("key").str.len_chars() > 2)
    there = words.select(*base, key=pl.concat_str("key", "subdivision", separator="|")).drop_nulls()
    rare = words.filter(pl.len().over("key") <= _COMMON)
    return pl.concat([*ids, there, rare.select(*base, "key")])


def _compared(pairs: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """Both records side by side, and what they share; `facts` are sorted by id, so left is the smaller id."""
    rows = facts.with_row_index("row")
    for side in _SIDES:
        mine = rows.select(pl.all().name.prefix(f"{side}_"))
        pairs = pairs.join(mine, left_on=side, right_on=f"{side}_row")
    days = pl.max_horizontal(
        (pl.col("right_first") - pl.col("left_last")).dt.total_days(),
        (pl.col("left_first") - pl.col("right_last")).dt.total_days(),
        pl.lit(0),
    )
    near = pairs.with_columns(days=days).filter(pl.col("days") <= _limit("reach"))
    names = near.select("left_name", "right_name").unique()
    alike = names.with_columns(
        _ratio(names, fuzz.token_sort_ratio, "name_similarity"),
        _ratio(names, fuzz.token_set_ratio, "name_part"),
    )
    near = near.join(alike, on=["left_name", "right_name"], how="left", nulls_equal=True)
    return near.with_columns(*_shared()).with_columns(*_together()).with_columns(_only(), *_timing())


def _together() -> list[pl.Expr]:
    """Names of one employer, names alike, and one place."""
    alike, part = pl.col("name_similarity").fill_null(0), pl.col("name_part").fill_null(0)
    return [
        (pl.col("employer") | (alike >= SAME_NAME)).alias("same_name"),
        (pl.col("employer") | (alike >= LIKE_NAME) | (part >= SAME_NAME)).alias("like_name"),
        (pl.col("plant") | pl.col("town")).alias("at"),
    ]


def _only() -> pl.Expr:
    """No other record of either list may tell of the event of the other record."""
    may = pl.col("lists") & pl.col("like_name") & (pl.col("at") | pl.col("wide"))
    may &= pl.col("days") <= _limit("near")
    alone = [
        may.sum().over(side, _source(other)) == 1 for side, other in (("left", "right"), ("right", "left"))
    ]
    return (may & pl.all_horizontal(alone)).alias("only")


def _ratio(names: pl.DataFrame, measure: Callable[[str, str], float], column: str) -> pl.Series:
    """How alike two names are, 0 to 100; null where one is missing."""
    values = [measure(a, b) if a and b else None for a, b in names.iter_rows()]
    return pl.Series(column, values, pl.Float64)


def _meet(left: str, right: str) -> pl.Expr:
    return pl.col(f"left_{left}").list.set_intersection(pl.col(f"right_{right}")).list.len() > 0


def _equal(column: str) -> pl.Expr:
    return pl.col(f"left_{column}") == pl.col(f"right_{column}")


def _shared() -> list[pl.Expr]:
    """What both records name: plant, employer, town, union, list, counts, ends."""
    known = pl.min_horizontal(pl.col(f"{side}_unions").list.len() for side in _SIDES) > 0
    unions = (
        pl.when(_meet("unions", "unions"))
        .then(pl.lit("same"))
        .when(_meet("unions", "above") | _meet("above", "unions"))
        .then(pl.lit("above"))
        .when(_meet("above", "above"))
        .then(pl.lit("sister"))
        .when(known)
        .then(pl.lit("other"))
    )
    people = pl.col("left_people"), pl.col("right_people")
    return [
        _meet("plants", "plants").alias("plant"),
        _meet("employers", "employers").alias("employer"),
        (_meet("towns", "towns") | _within("left", "right") | _within("right", "left")).alias("town"),
        unions.alias("union"),
        (_source("left") != _source("right")).alias("lists"),
        _equal("workers").alias("counts"),
        pl.when(people[0].is_not_null() & people[1].is_not_null())
        .then(pl.min_horizontal(people) >= SAME_SIZE * pl.max_horizontal(people))
        .alias("size"),
        _equal("end").fill_null(True).alias("ends"),
        (pl.col("left_wide") | pl.col("right_wide")).alias("wide"),
        (
            _equal("event_type")
            | pl.any_horizontal(pl.col(f"{side}_event_type") == "work_stoppage" for side in _SIDES)
        ).alias("kind_fits"),
        (pl.col("left_precise") & pl.col("right_precise")).alias("precise"),
        _equal("figures").fill_null(True).alias("figures"),
        (pl.col("left_case") == pl.col("right_case")).fill_null(False).alias("case"),
    ]


def _source(side: str) -> pl.Expr:
    return pl.col(f"{side}_source").str.split("@").list.first()


def _within(side: str, other: str) -> pl.Expr:
    """The town of one record stands in the place text of the other."""
    town = pl.format(" {} ", pl.col(f"{side}_towns").list.first())
    return pl.col(f"{other}_where").str.contains(town, literal=True).fill_null(False)


def _timing() -> list[pl.Expr]:
    """Days between closings: both take effect, both are announced, or one of each."""

    def apart(left: str, right: str) -> pl.Expr:
        return (pl.col(f"right_{right}") - pl.col(f"left_{left}")).dt.total_days()

    effect, notice = apart("effective", "effective").abs(), apart("notice", "notice").abs()
    either = [
        (gap >= -_limit("before")) & (gap <= _limit("after"))
        for gap in (apart("notice", "effective"), -apart("effective", "notice"))
    ]
    swapped = (apart("effective", "notice") == 0) & (apart("notice", "effective") == 0)
    known = effect.is_not_null() | notice.is_not_null()
    return [
        pl.coalesce(effect, notice).alias("closing_days"),
        (known & (effect.fill_null(0) == 0) & (notice.fill_null(0) == 0)).alias("same_days"),
        (~known & pl.any_horizontal(either)).fill_null(False).alias("notice_fits"),
        swapped.fill_null(False).alias("swapped"),
    ]


def _closing_rules() -> list[Rule]:
    """Closings and layoffs, mostly of one register: notices revised, listed twice, or of parts of a site."""
    streets = _equal("street") | pl.col("left_street").is_null() | pl.col("right_street").is_null()
    full = (pl.col("name_similarity") >= SAME_NAME).fill_null(pl.col("employer"))
    named = full | (pl.col("name_part") >= SAME_NAME)
    site = (pl.col("plant") | (pl.col("same_name") & pl.col("town"))) & streets & named & pl.col("figures")
    closures = pl.all_horizontal(pl.col(f"{side}_event_type") == "closure" for side in _SIDES)
    layoffs = pl.all_horizontal(pl.col(f"{side}_event_type") != "closure" for side in _SIDES)
    vague = pl.col("left_vague") | pl.col("right_vague")
    fits = pl.col("notice_fits")
    soon = (pl.col("closing_days") <= _limit("day")) | fits | pl.col("swapped")
    near = (pl.col("closing_days") <= _limit("near")) | (fits & pl.col("size").fill_null(True))
    at_once = pl.col("same_days") | fits
    counts = pl.col("counts") & ((pl.col("left_workers") >= FEW) | at_once)
    return [
        Rule("one notice, listed again", site & (closures | layoffs | vague) & counts & soon, SURE),
        Rule("a plant closes once", site & closures & near & full & ~pl.col("wide"), SURE),
        Rule("closing of a part, or counted anew", site & vague & at_once, 0.5, "unsure"),
        Rule("same days, other numbers", site & layoffs & at_once, 0.5, "unsure"),
        Rule(
            "amends an earlier notice", site & (pl.col("left_amends") | pl.col("right_amends")), 0.5, "unsure"
        ),
        Rule("closing in steps, or told again", site & closures, 0.5, "unsure"),
        Rule("layoff and closing of one plant", site & ~layoffs, 0.1, "related", "other"),
        Rule("told by another source", site & pl.col("lists"), 0.3, "related", "other"),
    ]


def _stoppage_rules() -> list[Rule]:
    """Strikes and lockouts of several lists, or twice in one."""
    same, like = pl.col("same_name"), pl.col("like_name")
    at, there, lists, days = pl.col("at"), pl.col("at") | pl.col("wide"), pl.col("lists"), pl.col("days")
    union = pl.col("union").is_in(["same", "above"]).fill_null(False)
    sisters = pl.col("union").is_in(["same", "above", "sister"]).fill_null(False)
    exact = pl.col("precise") & pl.col("kind_fits")
    near, day = days <= _limit("near"), days <= _limit("day")
    size, only = pl.col("size"), pl.col("only")
    twice = pl.col("counts").fill_null(False) & pl.col("ends") & (pl.col("union") == "same").fill_null(False)
    return [
        Rule("one case, one end", same & pl.col("case") & _equal("end").fill_null(False) & exact, SURE),
        Rule("another walkout of the case", same & pl.col("case"), 0.2, "related", "sister"),
        Rule("employer, place and union in two lists", lists & same & at & union & near & exact, SURE),
        Rule(
            "employer, union and size in two lists", lists & same & there & union & near & size & exact, SURE
        ),
        Rule("like names, place and union in two lists", lists & like & at & union & day & exact, SURE),
        Rule(
            "only these two: employer, size and days", lists & like & there & size & day & exact & only, SURE
        ),
        Rule("only these two: employer, place and days", lists & same & at & day & exact & only, SURE),
        Rule("two lists, doubtful", lists & like & there & day, 0.6, "unsure"),
        Rule("one list twice", ~lists & same & there & day & twice & exact, SURE),
        Rule("one union and place, other numbers", like & at & union & near, 0.5, "unsure"),
        Rule("another union or unit", same & at & near, 0.1, "related", "sister"),
        Rule("another place", same & near & sisters, 0.1, "related", "sister"),
    ]


def _election_rules() -> list[Rule]:
    """Ballots: a revised tally is the same vote, a rerun or a vote of another unit is none."""
    same, at = pl.col("same_name"), pl.col("at") | pl.col("wide")
    union = (pl.col("union") != "other").fill_null(True)
    case = pl.col("case")
    revised = pl.any_horizontal(
        pl.col(f"{side}_id").str.contains("|Revised ", literal=True) for side in _SIDES
    )
    ballot = case & _equal("ballot").fill_null(False) & (pl.col("days") > 0) & pl.col("size")
    lists = pl.col("lists") & _equal("event_type") & pl.col("precise")
    near = pl.col("days") <= _limit("near")
    return [
        Rule("one ballot, counted again", ballot & (revised | pl.col("counts")), SURE),
        Rule("another ballot of the case", case, 0.05, "related", "sister"),
        Rule("employer, place and day in two lists", lists & same & at & union & near, SURE),
        Rule("employer and day, union not the same", lists & same & near, 0.5, "unsure"),
    ]


def _other_rules() -> list[Rule]:
    """Votes on contracts, threats, dismissals and whatever else: told by two sources."""
    same, at = pl.col("plant") | pl.col("same_name"), pl.col("at")
    return [
        Rule(
            "employer, place and day in two lists",
            pl.col("lists") & same & at & pl.col("precise") & (pl.col("days") <= _limit("day")),
            SURE,
        ),
        Rule("near days", same & at & (pl.col("days") <= _limit("near")), 0.3, "unsure"),
    ]


def _judged(pairs: pl.DataFrame) -> pl.DataFrame:
    """The first rule that fits each pair; pairs that none fits are left out."""
    rules = {"stoppage": _stoppage_rules(), "closing": _closing_rules(), "election": _election_rules()}
    family = pl.col("left_family")
    parts = [_first(pairs.filter(family == name), known) for name, known in rules.items()]
    parts.append(_first(pairs.filter(~family.is_in(list(rules))), _other_rules()))
    return pl.concat(parts).select(
        *("verdict", "relation", "probability", "rule", "days", "name_similarity"),
        *(pl.col(f"{side}_id").alias(side) for side in _SIDES),
        *(f"{side}_{n}" for side in _SIDES for n in ("source", "workers", "place")),
        *(pl.coalesce(f"{s}_date", f"{s}_announced").alias(f"{s}_date") for s in _SIDES),
        *(pl.col(f"{side}_employer").alias(f"{side}_name") for side in _SIDES),
        kind=pl.lit("Event"),
        reason=_reason(),
    )


def _first(pairs: pl.DataFrame, rules: list[Rule]) -> pl.DataFrame:
    number = pl.coalesce(pl.when(rule.holds).then(n) for n, rule in enumerate(rules))
    columns = ("rule", "verdict", "relation", "probability")
    table = pl.DataFrame(
        [(n, r.name, r.verdict, r.relation, r.probability) for n, r in enumerate(rules)],
        schema={"number": pl.Int32, **dict.fromkeys(columns[:3], pl.String), "probability": pl.Float64},
        orient="row",
    )
    return pairs.with_columns(number=number).join(table, on="number").drop("number")


def _reason() -> pl.Expr:
    """What the records share and how far they differ, in words."""
    union = {
        "same": "same union",
        "above": "a local and its national union",
        "sister": "two locals of one union",
        "other": "unions named otherwise",
    }
    known = pl.col("left_workers").is_not_null() & pl.col("right_workers").is_not_null()
    said = [
        pl.col("rule"),
        pl.when("plant").then(pl.lit("same plant")),
        pl.when("employer")
        .then(pl.lit("same employer"))
        .otherwise(pl.format("names {} % alike", pl.col("name_similarity").round(0).cast(pl.Int32))),
        pl.when("town").then(pl.lit("same place")),
        pl.col("union").replace_strict(union, default=None, return_dtype=pl.String),
        pl.format("{} days apart", "days"),
        pl.when(known).then(pl.format("workers {} and {}", "left_workers", "right_workers")),
    ]
    return pl.concat_str(said, separator="; ", ignore_nulls=True)
