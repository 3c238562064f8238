"""Whether owners, dates and sizes tell things apart: how their levels spread over the pairs of a built home.

    python -m benchmarks.identity_fields HOME

Groups of pairs: `key` (records of two sources that a key joined: one thing by construction), `named alike`
(the same rare words, for plants in one town: nearly always one thing), `named otherwise` (each has words of
its own: nearly always two). A field is worth a weight where a level is frequent in one group and rare in the
other, with 20 pairs or more in each cell. What was found: decision 14.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from graph.build import newest
from graph.history import standing
from graph.home import Home
from graph.identity.mentions import owners

ALIKE, APART = 0.5, 0.2  # the smaller number of workers, as a share of the greater


def records(home: Home, kind: str) -> pl.LazyFrame:
    """The records of a kind in the newest releases."""
    paths = [folder / f"{kind}.parquet" for folder in newest(standing(home)).values()]
    return pl.concat(pl.scan_parquet(path) for path in paths if path.is_file())


def by_key(home: Home, kind: str) -> pl.DataFrame:
    """Pairs of records of two sources that a key joined."""
    known = pl.scan_parquet(home.graph / "identity.parquet").filter(reason="key")
    said = records(home, kind).select("id", source=pl.col("source").str.split("@").list.first()).unique()
    there = said.join(known, left_on="id", right_on="record_id", how="left").select(
        "id", "source", thing=pl.coalesce("id_right", "id")
    )
    pairs = there.join(there, on="thing").filter(pl.col("id") < pl.col("id_right"))
    pairs = pairs.filter(pl.col("source") != pl.col("source_right"))
    return pairs.select(left="id", right="id_right", group=pl.lit("key")).collect()


def by_name(home: Home, kind: str) -> pl.DataFrame:
    """Candidates that are named alike, and that are named otherwise."""
    found = pl.scan_parquet(home.graph / "matches.parquet").filter(kind=kind)
    alike = pl.col("shared").is_in(["rare", "very_rare"]) & (pl.col("rest") == "none")
    if kind == "Plant":
        alike &= pl.col("site").is_in(["same_town", "same_address"])
    group = pl.when(alike).then(pl.lit("named alike"))
    group = group.when(pl.col("rest") == "own_both").then(pl.lit("named otherwise"))
    return found.select("left", "right", group=group).drop_nulls().collect()


def facts(home: Home) -> pl.DataFrame:
    """`id`, `workers`, `first`, `last` (years in which it was seen), `closed` (year) of records of plants."""
    events = records(home, "Event").select(
        "event_type", "workers", within="id", year=pl.coalesce("date", "announced").str.head(4).cast(pl.Int32)
    )
    parties = records(home, "Party").select("within", id="party").unique()
    told = parties.join(events.unique("within"), on="within").group_by("id")
    told = told.agg(
        pl.col("workers").max().cast(pl.Float64),
        pl.col("year").min().alias("first"),
        pl.col("year").max().alias("last"),
        pl.col("year").filter(pl.col("event_type") == "closure").max().alias("closed"),
    )
    counts = records(home, "Count").filter(pl.col("measure").is_in(["employees", "bargaining_unit"]))
    counted = counts.group_by(id="of").agg(counted=pl.col("value").max())
    seen = pl.col("as_of").str.head(4).cast(pl.Int32)
    plants = records(home, "Plant").group_by("id").agg(since=seen.min(), until=seen.max())
    found = plants.join(told, on="id", how="left").join(counted, on="id", how="left")
    return found.select(
        "id",
        "closed",
        workers=pl.coalesce("counted", "workers"),
        first=pl.min_horizontal("since", "first"),
        last=pl.max_horizontal("until", "last"),
    ).collect()


def of_plants(home: Home) -> dict[str, pl.DataFrame]:
    """Levels of size and dates of pairs of plants."""
    pairs = pl.concat([by_key(home, "Plant"), by_name(home, "Plant")])
    known = facts(home)
    for side in ("left", "right"):
        mine = known.rename({name: f"{side}_{name}" for name in known.columns if name != "id"})
        pairs = pairs.join(mine, left_on=side, right_on="id")
    workers = pl.col("left_workers"), pl.col("right_workers")
    share = pl.min_horizontal(workers) / pl.max_horizontal(workers)
    both = workers[0].is_not_null() & workers[1].is_not_null()
    size = (
        pl.when(~both)
        .then(pl.lit("unknown"))
        .when(share >= ALIKE)
        .then(pl.lit("alike"))
        .when(share < APART)
        .then(pl.lit("apart"))
        .otherwise(pl.lit("between"))
    )
    after = [pl.col(f"{a}_closed") < pl.col(f"{b}_first") for a, b in (("left", "right"), ("right", "left"))]
    ended = pl.any_horizontal(pl.col("left_closed", "right_closed").is_not_null())
    dates = (
        pl.when(pl.any_horizontal(after))
        .then(pl.lit("apart"))
        .when(ended)
        .then(pl.lit("together"))
        .otherwise(pl.lit("unknown"))
    )
    return {
        "workers of plants": pairs.select("group", level=size),
        "dates of plants": pairs.select("group", level=dates),
    }


def of_employers(home: Home) -> dict[str, pl.DataFrame]:
    """Levels of the owners of pairs of employers; of the day of founding, whether both have one."""
    named = by_name(home, "Corporation")
    found = pl.scan_parquet(home.graph / "matches.parquet").select("left", "right", level="parent").collect()
    owned = owners({"Ownership": records(home, "Ownership")}, pl.DataFrame())["owned"].unique()
    founded = (
        records(home, "Corporation").filter(pl.col("founded").is_not_null()).select("id").collect()["id"]
    )
    keyed = by_key(home, "Corporation")

    def both(pairs: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
        there = pl.all_horizontal(pl.col("left", "right").is_in(ids.implode()))
        return pairs.select(
            "group", level=pl.when(there).then(pl.lit("both known")).otherwise(pl.lit("unknown"))
        )

    return {
        "owners of employers": pl.concat(
            [both(keyed, owned), named.join(found, on=["left", "right"]).select("group", "level")]
        ),
        "founding of employers": both(pl.concat([keyed, named]), founded),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("home", type=Path, metavar="HOME")
    home = Home(parser.parse_args().home)
    for field, pairs in (of_employers(home) | of_plants(home)).items():
        counts = (
            pairs.group_by("group", "level").len().pivot("level", index="group", values="len").fill_null(0)
        )
        table = Table(*counts.columns, title=field)
        for row in counts.sort("group").iter_rows():
            table.add_row(*map(str, row))
        Console().print(table)


if __name__ == "__main__":
    main()
