"""A CSV file of pairs of mentions, in the layout of labelled pairs: read, compared, judged.

Columns: `pair_id`, `level` (`employer`, `plant` or `union`) and for each side `a_`/`b_`: `name`, `kind`,
`city`, `state`, `place`, `country`, `sector`, `ids`. Any but the names may be missing. Labels are never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from graph.identity import unions
from graph.identity.compare import COMPARISONS, Mention, compare, mention
from graph.identity.model import models
from loaders.places import COUNTRY_CODES, subdivision_of
from ontology import TrinationalError, WrongUseError

_KINDS = {"employer": "Corporation", "plant": "Plant", "union": "Union"}
_FIELDS = ("name", "kind", "city", "state", "place", "country", "sector", "ids")
_AUTHORITIES = {
    "nra": "mx-retc-nra",
    "lei": "lei",
    "cik": "us-cik",
    "dot": "us-dot-tyre",
    "taw": "us-taw",
    "f_num": "us-olms",
}
_STATES = {"DISTRITO FEDERAL": "Ciudad de México", "MEXICO": "México"}


def read_pairs(path: Path) -> pl.DataFrame:
    """The pairs as text, with every column of the layout; `kind` is Corporation, Plant or Union.

    Raises `TrinationalError` where the file cannot be read as UTF-8 CSV or has no names, or a name is empty.
    """
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TrinationalError(f"{path}: cannot be read as UTF-8 CSV: {error}") from None
    missing = [name for name in ("a_name", "b_name") if name not in frame.columns]
    if missing:
        raise WrongUseError(
            f"{path}: no column {' and '.join(missing)}", hint=f"it has {', '.join(frame.columns)}"
        )
    absent = [
        f"{side}_{field}" for side in "ab" for field in _FIELDS if f"{side}_{field}" not in frame.columns
    ]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    if "pair_id" not in frame.columns:
        frame = frame.with_row_index("pair_id", 1).with_columns(pl.col("pair_id").cast(pl.String))
    level = pl.col("level") if "level" in frame.columns else pl.lit(None, pl.String)
    return _checked(path, frame.with_columns(kind=_kind(level)))


def _kind(level: pl.Expr) -> pl.Expr:
    """The kind that the level names; else that of the mentions: both plants, or any union."""
    kinds = pl.concat_list("a_kind", "b_kind")
    named = level.replace_strict(_KINDS, default=None, return_dtype=pl.String)
    union = kinds.list.contains("union").fill_null(False)
    plants = (pl.col("a_kind") == "plant") & (pl.col("b_kind") == "plant")
    guessed = pl.when(union).then(pl.lit("Union")).when(plants).then(pl.lit("Plant"))
    return pl.coalesce(named, guessed, pl.lit("Corporation"))


def _checked(path: Path, frame: pl.DataFrame) -> pl.DataFrame:
    for side in "ab":
        name = f"{side}_name"
        empty = frame[name].fill_null("").str.strip_chars() == ""
        if empty.any():
            row = int(empty.arg_max() or 0) + 2
            raise TrinationalError(
                f"{path}, row {row}, column {name}: is empty", hint="every pair needs both"
            )
    return frame


def mentions_of(frame: pl.DataFrame, side: str) -> list[Mention]:
    """The mentions of employers and plants on one side, with ids as keys of authorities."""
    return [
        mention(name, town, state, nation, sector, place, keys_in(ids))
        for name, town, state, nation, sector, place, ids in _rows(frame, side)
    ]


def unions_of(frame: pl.DataFrame, side: str) -> list[unions.Union]:
    """The mentions of unions on one side, with ids as keys of authorities."""
    return [
        unions.mention(name, town, state, nation, keys=keys_in(ids))
        for name, town, state, nation, *_, ids in _rows(frame, side)
    ]


def _rows(frame: pl.DataFrame, side: str) -> Iterator[tuple[str | None, ...]]:
    """Name, town, state as ISO 3166-2 code, country, sector, place and ids of each row."""
    country = pl.col(f"{side}_country").str.to_uppercase().replace(COUNTRY_CODES)
    country = country.replace({"UNITED STATES (USA)": "US"})
    state = pl.col(f"{side}_state").str.strip_chars()
    found = frame.with_columns(
        country.alias("country"),
        pl.coalesce(
            pl.when(state.str.contains("^[A-Z]{2}-[A-Z]{2,3}$")).then(state),
            subdivision_of(state.replace(_STATES), country.fill_null("US")),
        ).alias("subdivision"),
    )
    fields = [f"{side}_name", f"{side}_city", "subdivision", "country", f"{side}_sector", f"{side}_place"]
    return found.select(*fields, f"{side}_ids").iter_rows()


def keys_in(text: str | None) -> list[str]:
    """Keys of registers in a text of ids.

    >>> keys_in("cik 18230; qid Q459965")
    ['us-cik:18230']
    >>> keys_in("F_NUM 17913,35096; AFF UAW")
    ['us-olms:17913', 'us-olms:35096']
    """
    found = [re.fullmatch(r"(\w+) (\S+)", part.strip()) for part in (text or "").split(";")]
    return [
        f"{authority}:{key}"
        for part in found
        if part and (authority := _AUTHORITIES.get(part[1].lower()))
        for key in part[2].split(",")
    ]


def levels_of(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """One text column a comparison of the kind, one row a pair."""
    if kind == "Union":
        both = zip(unions_of(frame, "a"), unions_of(frame, "b"), strict=True)
        levels = [unions.compare(a, b) for a, b in both]
    else:
        sides = zip(mentions_of(frame, "a"), mentions_of(frame, "b"), strict=True)
        levels = [compare(a, b) for a, b in sides]
    return pl.DataFrame(levels, dict.fromkeys(COMPARISONS[kind], pl.String))


def score(frame: pl.DataFrame) -> pl.DataFrame:
    """Verdict of each pair, in the order of the file.

    Columns: `pair_id` (text), `verdict` (same, related, different, unsure), `probability` (decimal 0 to 1 of
    `same`), `reason` (words).
    """
    parts = []
    for kind in frame["kind"].unique().sort():
        pairs = frame.with_row_index("_row").filter(pl.col("kind") == kind)
        levels = levels_of(pairs, kind)
        parts.append(
            pairs.select("_row", "pair_id").hstack(models()[kind].decide(levels)).hstack([reasons(levels)])
        )
    return pl.concat(parts).sort("_row").drop("_row")


def reasons(levels: pl.DataFrame) -> pl.Series:
    """The levels in words."""
    words = [pl.concat_str(pl.lit(f"{name} "), pl.col(name)) for name in levels.columns]
    return levels.select(pl.concat_str(words, separator=", ").str.replace_all("_", " ").alias("reason"))[
        "reason"
    ]
