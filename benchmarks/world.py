"""The synthetic network before it is written: families of companies, plants and unions in three countries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks import vocabulary as words
from benchmarks.draw import Draw


@dataclass(frozen=True)
class World:
    """Everything that the written files tell of.

    `families`: one row a corporate family. `plants`: one row a plant, with month numbers (`year * 12 + month
    - 1`) of opening and closing and the operating company. `moves`: pairs of plants, the first closed and the
    second opened for its work. `unions`: nationals, locals and plant unions; `fields`: sectors of each union.
    """

    draw: Draw
    families: pl.DataFrame
    plants: pl.DataFrame
    moves: pl.DataFrame
    unions: pl.DataFrame
    fields: pl.DataFrame


def build(plants: int, seed: int) -> World:
    draw = Draw(seed)
    families = _families(draw, max(12, plants // 25))
    table = _plants(draw, families, plants)
    moves = _moves(draw, table)
    unions = _unions(draw, families, max(90, plants // 100))
    return World(draw, families, _moved(table, moves), moves, unions, _fields(draw, unions))


def _families(draw: Draw, size: int) -> pl.DataFrame:
    heads, middles, tails = (pl.Series(part) for part in (words.HEADS, words.MIDDLES, words.TAILS))
    names = len(heads) * len(middles) * len(tails)
    number = np.arange(size)
    spread = number % names * 7919 % names
    head, middle, tail = (
        spread % len(heads),
        spread // len(heads) % len(middles),
        spread // len(heads) // len(middles),
    )
    suffix = pl.Series(words.SUFFIXES)[number // names % len(words.SUFFIXES)]
    brand = pl.concat_str(heads[head], middles[middle], tails[tail], suffix)
    return pl.select(
        pl.Series("family", number),
        brand.alias("brand"),
        brand.str.to_lowercase().str.replace(" ", "-").alias("slug"),
        pl.Series("sector", draw.weighted("families.sector", size, words.industries()["weight"].to_list())),
        draw.term("families.home", size, words.HOMES).alias("home"),
        draw.some("families.listed", size, 0.15, pl.Series(number + 900_000).cast(pl.String)).alias("cik"),
        draw.chance("families.held", size, 0.2).alias("held"),
    )


def _plants(draw: Draw, families: pl.DataFrame, size: int) -> pl.DataFrame:
    """Plants of a few large and many small families; of the northern ones few openings are known."""
    weights = words.industries()["weight"].to_list()
    country = draw.weighted("plants.country", size, [48, 12, 40])
    mexican = country == 2
    opened = np.where(
        mexican,
        1985 * 12 + draw.below("plants.opened", size, 468),
        1950 * 12 + draw.below("plants.old", size, 480),
    )
    table = pl.DataFrame(
        {
            "plant": np.arange(size),
            "family": (len(families) * draw.unit("plants.family", size) ** 1.5).astype(np.int64),
            "country": pl.Series(words.COUNTRIES)[country],
            "city": _city(draw, country),
            "sector": draw.weighted("plants.sector", size, weights),
            "six": draw.chance("plants.six", size, 0.4),
            "variant": draw.below("plants.variant", size, 60),
            "employees": (50 * np.exp(3.5 * draw.unit("plants.employees", size))).astype(np.int64),
            "opened": opened,
            "closed": 1995 * 12 + draw.below("plants.closed", size, 366),
            "known": draw.unit("plants.known", size) < np.where(mexican, 0.6, 0.25),
            "ended": draw.unit("plants.ended", size) < np.where(mexican, 0.03, 0.15),
            "usual": draw.chance("plants.usual", size, 0.7),
        }
    )
    family = families.select("family", "brand", "slug", "home", "cik", pl.col("sector").alias("main"))
    foreign = pl.when(pl.col("home") != pl.col("country")).then(
        pl.format("-{}", pl.col("country").str.to_lowercase())
    )
    return table.join(family, on="family", maintain_order="left").select(
        "plant", "family", "country", "city", "six", "variant", "employees", "brand", "slug", "home", "cik",
        pl.when("usual").then("main").otherwise("sector").alias("sector"),
        pl.when("known").then("opened").alias("opened"),
        pl.when(pl.col("ended") & (pl.col("closed") > pl.col("opened") + 24)).then("closed").alias("closed"),
        pl.format("plant:{}-{}", "slug", "plant").alias("id"),
        pl.format("corp:{}{}", "slug", foreign.otherwise(pl.lit(""))).alias("operator"),
    )  # fmt: skip


def _city(draw: Draw, country: np.typing.NDArray[np.int64]) -> pl.Series:
    """Position of a city of each plant's country."""
    lands = words.cities()["country"].to_list()
    starts = np.array([lands.index(code) for code in words.COUNTRIES])
    counts = np.array([lands.count(code) for code in words.COUNTRIES])
    return pl.Series(starts[country] + draw.below("plants.city", len(country), counts[country]))


def _moves(draw: Draw, plants: pl.DataFrame) -> pl.DataFrame:
    """Half the closures north of the border, each with a Mexican plant of the same family."""
    order = pl.int_range(pl.len()).over("family").alias("order")
    closed = plants.filter((pl.col("country") != "MX") & pl.col("closed").is_not_null())
    closed = closed.filter(draw.chance("moves", len(closed), 0.5))
    origins = closed.select(
        "family", order, pl.col("plant").alias("from"), "sector", "six", "variant", "closed"
    )
    mexican = plants.filter(pl.col("country") == "MX").select("family", order, pl.col("plant").alias("to"))
    moves = origins.join(mexican, on=["family", "order"]).sort("from")
    lag = draw.number("moves.lag", len(moves), -22, 15)
    return moves.with_columns((pl.col("closed") + lag).alias("opened")).drop("family", "order")


def _moved(plants: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """The plants; those that took up work are open, in the industry of the plant that closed."""
    work = ("sector", "six", "variant", "opened")
    taken = moves.select(pl.col("to").alias("plant"), *work, pl.lit(True).alias("taken"))
    joined = plants.join(taken, on="plant", how="left", suffix="_new", maintain_order="left")
    return joined.with_columns(
        *(pl.coalesce(f"{name}_new", name).alias(name) for name in work),
        pl.when(pl.col("taken").is_null()).then("closed").alias("closed"),
    ).select(plants.columns)


def _unions(draw: Draw, families: pl.DataFrame, size: int) -> pl.DataFrame:
    """Nationals first in each country, then locals (Mexico: plant unions), each under a national."""
    parts = []
    for code, share, national in (("US", 0.45, 0.25), ("CA", 0.2, 0.3), ("MX", 0.35, 0.4)):
        count = int(size * share)
        heads = max(4, int(count * national))
        number = np.arange(count)
        parent = np.where(number < heads, number, draw.below(f"unions.{code}.parent", count, heads))
        part = pl.DataFrame({"number": number, "parent": parent, "national": number < heads})
        parts.append(part.with_columns(pl.lit(code).alias("country")))
    table = pl.concat(parts).with_row_index("union")
    industries = words.industries()
    sector = table["parent"] % len(industries)
    adjective = pl.Series(words.ADJECTIVES)[table["parent"] // len(industries) % len(words.ADJECTIVES)]
    land = pl.col("country").str.to_lowercase()
    return table.with_columns(
        sector.alias("sector"),
        industries["english"][sector],
        industries["spanish"][sector],
        adjective.alias("adjective"),
        draw.member("unions.brand", len(table), families["brand"]).alias("brand"),
        pl.format("union:{}-{}", land, "number").alias("id"),
        pl.format("union:{}-{}", land, "parent").alias("body"),
    )


def _fields(draw: Draw, unions: pl.DataFrame) -> pl.DataFrame:
    """Sectors of each union: a national has three to seven, all others that of their national."""
    weights = words.industries()["weight"].to_list()
    national = unions.filter("national").select("union", "country")
    size = len(national)
    turns = [unions.select("union", "country", "sector")]
    for turn in range(6):
        sector = pl.Series("sector", draw.weighted(f"fields.{turn}", size, weights))
        kept = draw.chance(f"fields.{turn}.kept", size, 1.0 if turn < 2 else 0.5)
        turns.append(national.with_columns(sector).filter(kept))
    return pl.concat(turns).unique().sort("union", "sector")
