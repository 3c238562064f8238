"""Which records are of one thing: joined by authority keys, then judgements, then matches.

A record's id and the ids that its source gives beside it (`same_as`) name one thing, unless that would join
two keys that one register issued to two things, or cross a judgement. A judgement `same` that would do so
is an error. Matches join last, the most probable first; whatever two groups are known to be (keys, kinds,
judgements, places of plants, numbers of unions, pairs that the matcher parted) keeps them apart, so that a
chain breaks at its weakest link. The canonical id is that of the strongest authority, then the smallest
text: computed, never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from graph.identity.groups import LEVEL, NUMBER, PLACE, Bar, Groups, Link, strength
from graph.identity.judgements import Judgement
from ontology import TrinationalError, model
from ontology.authorities import check

__all__ = ["Identity", "resolve", "strength"]

THRESHOLD = 0.98
REASONS = ("key", "judgement", "match")
_TEXT = pl.String()
MAPPING = {
    "record_id": _TEXT,
    "id": _TEXT,
    "reason": _TEXT,
    "probability": pl.Float64(),
    "joined_to": _TEXT,
}
REFUSED = {
    "left": _TEXT,
    "right": _TEXT,
    "reason": _TEXT,
    "by": _TEXT,
    "probability": pl.Float64(),
    "chain": pl.List(_TEXT),
}


@dataclass(frozen=True)
class Identity:
    """What `resolve` found.

    `mapping`: `record_id`, `id` (canonical), `reason` (`key`, `judgement` or `match`), `probability` (of a
    match), `joined_to` (the id that this one was joined to: a step towards the canonical id); one row for
    each record id that is not canonical.
    `refused`: `left`, `right`, `reason`, `by` (`key` or `match`), `probability`, `chain` (ids, each joined
    with the next, that would have met): joins that a source or the matcher suggests and a rule forbids.
    """

    mapping: pl.DataFrame
    refused: pl.DataFrame

    def canonical(self, column: str) -> pl.Expr:
        """The canonical id of each id in a text column."""
        if self.mapping.is_empty():
            return pl.col(column)
        return pl.col(column).replace(self.mapping["record_id"], self.mapping["id"])


def resolve(
    said: Iterable[pl.LazyFrame],
    judgements: Sequence[Judgement] = (),
    pairs: pl.DataFrame | None = None,
    threshold: Mapping[str, float] | None = None,
    owned: pl.DataFrame | None = None,
) -> Identity:
    """Find which ids name one thing.

    Parameters
    ----------
    said
        Frames with `id` (text), `same_as` (list of text) and `kind` (text), one row a record. Where pairs
        are given, plants may have `municipality`, `place` and `subdivision`, unions `designation`, `level`
        and `name`.
    judgements
        What people decided.
    pairs
        What the matcher found: `left`, `right` (ids), `verdict` (`same`, `related`, `different`, `unsure`),
        `probability` (0 to 1), `kind` (where thresholds are given); further columns are not read.
    threshold
        Probability from which a verdict `same` joins, by kind; 0.98 for kinds that are not named.
    owned
        `owned`, `owner` (ids): companies and those that sources say own them, which no match joins.

    Raises
    ------
    TrinationalError
        A judgement `same` that joins what another judgement, or a register, keeps apart: the chain is named.

    Examples
    --------
    >>> frame = pl.LazyFrame({"id": ["corp:x"], "same_as": [["us-cik:7"]], "kind": ["Corporation"]})
    >>> resolve([frame]).mapping.rows()
    [('corp:x', 'us-cik:7', 'key', None, 'us-cik:7')]
    >>> pairs = {"left": ["corp:x"], "right": ["corp:y"], "verdict": "same", "probability": 0.99}
    >>> resolve([frame], pairs=pl.DataFrame(pairs)).mapping.rows()[1]
    ('corp:y', 'us-cik:7', 'match', 0.99, 'corp:x')
    """
    said = list(said)
    groups, links = Groups(), _suggested(said)
    matches = _matches(pairs, threshold)
    ids = pl.concat(
        [links["id"], links["same_as"], matches["left"], matches["right"], _named(judgements)]
    ).unique()
    for item, fact, value in _facts(said, ids, weighed=matches.height > 0):
        groups.learn(item, fact, value)
    for bar in _bars(judgements):
        groups.bar(bar)
    refused = list(_join(groups, (Link(a, b, "key") for a, b in _fitting(links).iter_rows())))
    for judgement in judgements:
        if judgement.judgement == "same":
            _join_judged(groups, judgement)
    if pairs is not None:
        for bar in (*_parted(pairs, matches), *_owned(owned, matches)):
            groups.bar(bar)
        refused += _join(groups, (Link(a, b, "match", p) for a, b, p in matches.iter_rows()))
    refused += [(a, b, "not the form of its register", "key", None, [a, b]) for a, b in _unfit(links)]
    return Identity(_mapping(groups), pl.DataFrame(sorted(refused, key=_pair), REFUSED, orient="row"))


def _pair(row: tuple[Any, ...]) -> tuple[str, str]:
    return row[0], row[1]


def _named(judgements: Sequence[Judgement]) -> pl.Series:
    return pl.Series([item for j in judgements for item in (j.left, j.right)], dtype=pl.String())


def _suggested(said: list[pl.LazyFrame]) -> pl.DataFrame:
    """`id`, `same_as`, `fits`: the keys that sources give beside an id, and whether they can be keys."""
    frames = [frame.select("id", "same_as").explode("same_as").drop_nulls().unique() for frame in said]
    frames.append(pl.LazyFrame(schema={"id": pl.String, "same_as": pl.String}))
    links = pl.concat(pl.collect_all(frames)).filter(pl.col("id") != pl.col("same_as"))
    parts = pl.col("same_as").str.splitn(":", 2).struct
    authority, key = parts.field("field_0"), parts.field("field_1")
    known = [name for name in links.select(authority.unique()).to_series() if name in model().authorities]
    fits = pl.coalesce(*(pl.when(authority == name).then(check(name, key)) for name in known), pl.lit(False))
    return links.with_columns(fits=fits).sort("id", "same_as")


def _fitting(links: pl.DataFrame) -> pl.DataFrame:
    return links.filter("fits").select("id", "same_as")


def _unfit(links: pl.DataFrame) -> Iterator[tuple[str, str]]:
    yield from links.filter(~pl.col("fits")).select("id", "same_as").iter_rows()


def joins_from(threshold: Mapping[str, float] | None) -> pl.Expr:
    """The threshold of each pair, by its column `kind` where there are several."""
    if not threshold:
        return pl.lit(THRESHOLD)
    return pl.col("kind").replace_strict(dict(threshold), default=THRESHOLD, return_dtype=pl.Float64)


def _matches(pairs: pl.DataFrame | None, threshold: Mapping[str, float] | None) -> pl.DataFrame:
    """The pairs that may be joined, the most probable first."""
    columns = ("left", "right", "probability")
    if pairs is None:
        return pl.DataFrame(schema=dict(zip(columns, (_TEXT, _TEXT, pl.Float64()), strict=True)))
    sure = pairs.filter((pl.col("verdict") == "same") & (pl.col("probability") >= joins_from(threshold)))
    return sure.select(columns).sort("probability", "left", "right", descending=[True, False, False])


def _facts(said: list[pl.LazyFrame], ids: pl.Series, *, weighed: bool) -> Iterator[tuple[str, str, str]]:
    """`id`, name and value of what is known of each id: its kind, and what matches heed besides."""
    if ids.is_empty():
        return
    wanted = ids.implode()
    for frame in said:
        columns = frame.collect_schema().names()
        facts = {"kind": pl.col("kind"), **(_weighed(columns) if weighed else {})}
        mine = (
            frame.filter(pl.col("id").is_in(wanted)).select("id", **facts).unique().sort(pl.all()).collect()
        )
        for fact in facts:
            for item, value in mine.select("id", fact).drop_nulls().unique().iter_rows():
                yield item, fact, value


def _weighed(columns: list[str]) -> dict[str, pl.Expr]:
    facts: dict[str, pl.Expr] = {}
    if "municipality" in columns:
        town = pl.coalesce("municipality", *(["place"] if "place" in columns else []))
        place = pl.concat_str(town.fill_null(""), pl.lit(", "), pl.col("subdivision").fill_null(""))
        facts[PLACE] = pl.when((pl.col("kind") == "Plant") & (place != ", ")).then(place)
    if "designation" in columns:
        named = pl.coalesce("designation", pl.col("name").str.extract(r"[^0-9]([0-9]{1,5}[A-Za-z]?)\s*$"))
        number = named.str.to_uppercase().str.replace(r"^\D*?0*([0-9]+[A-Z]?)$", "$1")
        facts[NUMBER] = pl.when(pl.col("kind") == "Union").then(number)
    if "level" in columns:
        local = pl.when(pl.col("level").is_in(["local", "section", "branch"])).then(pl.lit("local"))
        facts[LEVEL] = local.when(pl.col("level").is_not_null()).then(pl.lit("above locals"))
    return facts


def _bars(judgements: Sequence[Judgement]) -> Iterator[Bar]:
    decided = {frozenset((j.left, j.right)) for j in judgements if j.judgement == "same"}
    for judgement in judgements:
        weak = judgement.judgement == "unsure"
        if judgement.judgement != "same" and not (
            weak and frozenset((judgement.left, judgement.right)) in decided
        ):
            yield Bar(judgement.left, judgement.right, f"{judgement.where} says {judgement.text}", weak)


def _parted(pairs: pl.DataFrame, matches: pl.DataFrame) -> Iterator[Bar]:
    """Pairs that the matcher holds for two things, of ids that matches would join."""
    touched = pl.concat([matches["left"], matches["right"]]).unique().implode()
    apart = pairs.filter(
        pl.col("verdict").is_in(["different", "related"])
        & pl.col("left").is_in(touched)
        & pl.col("right").is_in(touched)
    )
    for left, right, verdict in apart.select("left", "right", "verdict").sort("left", "right").iter_rows():
        yield Bar(left, right, f"the matcher holds {left} and {right} for {verdict}", weak=True)


def _owned(owned: pl.DataFrame | None, matches: pl.DataFrame) -> Iterator[Bar]:
    """Companies and their owners, of ids that matches would join."""
    if owned is None:
        return
    touched = pl.concat([matches["left"], matches["right"]]).unique().implode()
    ends = owned.filter(pl.col("owned").is_in(touched) | pl.col("owner").is_in(touched))
    for left, right in ends.select("owner", "owned").sort("owner", "owned").iter_rows():
        yield Bar(left, right, f"{left} owns {right}, a source says", weak=True)


def _join(groups: Groups, links: Iterable[Link]) -> Iterator[tuple[Any, ...]]:
    """Join what nothing forbids; the rows of `refused` for the rest."""
    for link in links:
        a, b = groups.find(link.left), groups.find(link.right)
        if a == b:
            continue
        if (obstacle := groups.obstacle(a, b, match=link.how == "match")) is None:
            groups.join(link)
            continue
        chain = groups.chain(link, obstacle.ends)
        yield link.left, link.right, obstacle.why, link.how, link.probability, chain


def _join_judged(groups: Groups, judgement: Judgement) -> None:
    link = Link(judgement.left, judgement.right, "judgement")
    a, b = groups.find(link.left), groups.find(link.right)
    if a == b:
        return
    if (obstacle := groups.obstacle(a, b)) is None:
        groups.join(link)
        return
    raise TrinationalError(
        f"{judgement.where}: {judgement.left} and {judgement.right} cannot be the same: {obstacle.why} "
        f"(chain: {' = '.join(groups.chain(link, obstacle.ends))})",
        hint="delete one of these judgements, or judge a wrong step of the chain `different`",
    )


def _mapping(groups: Groups) -> pl.DataFrame:
    rows = [
        (item, best, link.how, link.probability, link.left if link.right == item else link.right)
        for item, best, link in groups.trees()
    ]
    return pl.DataFrame(rows, MAPPING, orient="row").sort("record_id")


def steps(mapping: pl.DataFrame, item: str) -> list[dict[str, Any]]:
    """The rows of a mapping that lead from an id to its canonical id, in their order.

    >>> frame = pl.LazyFrame({"id": ["corp:x"], "same_as": [["us-cik:7"]], "kind": ["Corporation"]})
    >>> [step["joined_to"] for step in steps(resolve([frame]).mapping, "corp:x")]
    ['us-cik:7']
    """
    found: list[dict[str, Any]] = []
    while (row := mapping.filter(record_id=item)).height:
        found.append(row.row(0, named=True))
        item = found[-1]["joined_to"]
    return found
