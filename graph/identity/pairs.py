"""A CSV file of pairs of mentions, in the layout of labelled pairs: read, compared, judged.

Columns: `pair_id`, `level` (`employer`, `plant` or `union`) and for each side `a_`/`b_`: `name`, `kind`,
`city`, `state`, `place`, `country`, `sector`, `ids`. Any but the names may be missing. Labels are never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from graph.identity import unions
from graph.identity.compare import COMPARISONS, Mention, compare, mention
from graph.identity.lists import plain_key
from graph.identity.match import judge
from graph.identity.model import OWNED
from graph.identity.sheet import read_rows
from loaders.places import country_of, state_of
from ontology import TrinationalError, WrongUseError, model, nearest
from ontology.authorities import check

SCORES = {
    "pair_id": pl.String(),
    "verdict": pl.String(),
    "probability": pl.Float64(),
    "reason": pl.String(),
}
_KINDS = {"employer": "Corporation", "plant": "Plant", "union": "Union"}
_ONE_A_BODY = frozenset(("lei", "us-cik", "us-ein", "us-olms"))
_FIELDS = ("name", "kind", "city", "state", "place", "country", "sector", "ids")
_AUTHORITIES = {
    "nra": "mx-retc-nra",
    "lei": "lei",
    "cik": "us-cik",
    "dot": "us-dot-tyre",
    "taw": "us-taw",
    "f_num": "us-olms",
}


def read_pairs(path: Path, encoding: str = "utf-8") -> pl.DataFrame:
    """The pairs as text, with every column of the layout; `kind` is Corporation, Plant or Union.

    Raises `TrinationalError` naming file, row, column and value where the file cannot be read (see
    `graph.identity.sheet.read_rows`), lacks the names, or has an empty name or an unknown level.
    """
    frame = read_rows(path, encoding)
    layout = [f"{side}_{field}" for side in "ab" for field in _FIELDS]
    others = [name for name in frame.columns if name not in ("row", "pair_id", "level", *layout)]
    for name in ("a_name", "b_name"):
        if name not in frame.columns:
            hint = nearest(name, others) or f"it has {', '.join(frame.drop('row').columns)}"
            raise WrongUseError(f"{path}: no column {name}", hint=hint)
    absent = [name for name in ("level", *layout) if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)
    frame = frame.with_columns(pl.col("level", *layout).str.strip_chars().replace("", None))
    frame = frame.with_columns(pl.col("level").str.to_lowercase())
    _check(path, frame)
    if "pair_id" not in frame.columns:
        frame = frame.with_columns(pair_id=pl.int_range(1, pl.len() + 1).cast(pl.String))
    return frame.with_columns(kind=_kind(pl.col("level"))).drop("row")


def _kind(level: pl.Expr) -> pl.Expr:
    """The kind that the level names; else that of the mentions, both plants or any union; else by names."""
    kinds = pl.concat_list("a_kind", "b_kind")
    named = level.replace_strict(_KINDS, default=None, return_dtype=pl.String)
    union = kinds.list.contains("union").fill_null(False)
    plants = (pl.col("a_kind") == "plant") & (pl.col("b_kind") == "plant")
    guessed = pl.when(union).then(pl.lit("Union")).when(plants).then(pl.lit("Plant"))
    unknown = pl.col("a_kind").is_null() & pl.col("b_kind").is_null()
    called = pl.all_horizontal(
        pl.col(f"{side}_name").map_elements(unions.is_named_like_one, pl.Boolean) for side in "ab"
    )
    return pl.coalesce(named, guessed, pl.when(unknown & called).then(pl.lit("Union")), pl.lit("Corporation"))


def _check(path: Path, frame: pl.DataFrame) -> None:
    for name in ("a_name", "b_name"):
        if (empty := frame.filter(pl.col(name).is_null())).height:
            where = f"{path}, row {empty['row'][0]}, column {name}"
            raise TrinationalError(f"{where}: is empty", hint="every pair needs both names")
    other = frame.filter(~pl.col("level").is_in(list(_KINDS)))
    for row, level in other.select("row", "level").head(1).iter_rows():
        words = ", ".join(_KINDS)
        raise TrinationalError(
            f"{path}, row {row}, column level: {level!r} is not one of {words}",
            hint=nearest(level, _KINDS) or "leave it empty where it is not known",
        )


def mentions_of(frame: pl.DataFrame, side: str) -> list[Mention]:
    """The mentions of employers and plants on one side, with ids as keys of authorities."""
    both = zip(_rows(frame, side), keys_of(frame, side), strict=True)
    return [
        mention(name, town, state, nation, sector, place, keys)
        for (name, town, state, nation, sector, place), keys in both
    ]


def unions_of(frame: pl.DataFrame, side: str) -> list[unions.Union]:
    """The mentions of unions on one side, with ids as keys of authorities."""
    both = zip(_rows(frame, side), keys_of(frame, side), strict=True)
    return [
        unions.mention(name, town, state, nation, keys=keys) for (name, town, state, nation, *_), keys in both
    ]


def _rows(frame: pl.DataFrame, side: str) -> Iterator[tuple[str | None, ...]]:
    """Name, town, state as ISO 3166-2 code, country, sector and place of each row."""
    country = country_of(pl.col(f"{side}_country"))
    found = frame.with_columns(
        country.alias("country"), state_of(pl.col(f"{side}_state"), country).alias("subdivision")
    )
    fields = [f"{side}_name", f"{side}_city", "subdivision", "country", f"{side}_sector", f"{side}_place"]
    return found.select(fields).iter_rows()


def keys_of(frame: pl.DataFrame, side: str) -> list[list[str]]:
    """Keys of registers that the mentions on one side have."""
    return keys_in(frame[f"{side}_ids"])


def keys_in(ids: pl.Series) -> list[list[str]]:
    """Keys of registers in texts of ids; what no register can have issued is none.

    >>> keys_in(pl.Series(["cik 0000018230; qid Q459965", "F_NUM 17913,35096; AFF UAW", "lei:X", None]))
    [['us-cik:18230'], ['us-olms:17913', 'us-olms:35096'], [], []]
    """
    parts = ids.alias("part").to_frame().with_row_index("at").with_columns(pl.col("part").str.split(";"))
    named = pl.col("part").str.strip_chars().str.extract_groups(r"^(?<register>[\w-]+)[ :](?<key>\S+)$")
    found = parts.explode("part").select("at", named).unnest("part").drop_nulls("key")
    register = pl.col("register").str.to_lowercase().replace(_AUTHORITIES)
    found = found.with_columns(register=register, key=pl.col("key").str.split(",")).explode("key")
    keys = [[] for _ in range(len(ids))]  # type: list[list[str]]
    for (name,), part in found.partition_by("register", as_dict=True, maintain_order=True).items():
        if name in model().registers:
            own = part.with_columns(plain_key(str(name), pl.col("key")))
            for at, key in own.filter(check(str(name), pl.col("key"))).select("at", "key").iter_rows():
                keys[at].append(f"{name}:{key}")
    return keys


def levels_of(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """One text column a comparison of the kind, one row a pair."""
    if kind == "Union":
        both = zip(unions_of(frame, "a"), unions_of(frame, "b"), strict=True)
        levels = [unions.compare(a, b) for a, b in both]
    else:
        sides = zip(mentions_of(frame, "a"), mentions_of(frame, "b"), strict=True)
        levels = [compare(a, b, kind) for a, b in sides]
    return pl.DataFrame(levels, dict.fromkeys(COMPARISONS[kind], pl.String))


def score(frame: pl.DataFrame) -> pl.DataFrame:
    """Verdict of each pair, in the order of the file.

    Columns: `pair_id` (text), `verdict` (same, related, different, unsure), `probability` (decimal 0 to 1 of
    `same`), `reason` (words).
    """
    parts = [pl.DataFrame(schema={"_row": pl.UInt32(), **SCORES})]
    for kind in frame["kind"].unique().sort():
        pairs = frame.with_row_index("_row").filter(pl.col("kind") == kind)
        judged = judge(levels_of(pairs, kind), kind).select("verdict", "probability", "reason")
        judged = _never_one(judged, _parted(pairs))
        parts.append(pairs.select("_row", "pair_id").hstack(judged))
    return pl.concat(parts).sort("_row").drop("_row")


def _parted(frame: pl.DataFrame) -> pl.Series:
    """Whether a register that gives one key to one body gave two."""
    sides = zip(keys_of(frame, "a"), keys_of(frame, "b"), strict=True)
    return pl.Series([_two_keys(set(a), set(b)) for a, b in sides], dtype=pl.Boolean)


def _two_keys(left: set[str], right: set[str]) -> bool:
    registers = [{key.partition(":")[0] for key in keys} for keys in (left, right)]
    return not left & right and not _ONE_A_BODY.isdisjoint(registers[0] & registers[1])


def _never_one(judged: pl.DataFrame, parted: pl.Series) -> pl.DataFrame:
    """Verdicts in which two bodies of one register are not the same: alike, they are related."""
    alike = parted & judged["verdict"].is_in(["same", "unsure"])
    return judged.with_columns(
        verdict=pl.when(alike).then(pl.lit("related")).otherwise("verdict"),
        probability=pl.when(parted).then(pl.min_horizontal("probability", OWNED)).otherwise("probability"),
        reason=pl.when(alike).then("reason" + pl.lit("; so they are two")).otherwise("reason"),
    )
