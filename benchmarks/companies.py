"""Companies, their plants, supply links and shift claims as tables of the built-in dataset."""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks import vocabulary as words
from benchmarks.world import World

_WITHIN = {"US": " America", "CA": " Canada", "MX": " de México"}
_FORMS = {"US": " Inc.", "CA": " Ltée", "MX": " S.A. de C.V.", "JP": " K.K.", "DE": " AG", "KR": " Co., Ltd."}


def corporations(world: World) -> pl.DataFrame:
    """Roots, holdings of a fifth of the families, and a company for each country abroad."""
    draw = world.draw
    families = world.families.with_columns(
        words.industries()["sector"][world.families["sector"]].alias("sector_naics")
    )
    home = families.select(
        pl.format("corp:{}", "slug").alias("corp_id"),
        pl.col("brand").alias("name"),
        pl.col("home").alias("hq_country"),
        "cik",
        "sector_naics",
        "held",
    )
    holdings = home.filter("held").with_columns(
        pl.format("{}-holding", "corp_id").alias("corp_id"),
        pl.format("{} Holding", "name").alias("name"),
        pl.lit(None, pl.String).alias("cik"),
    )
    abroad = (
        _subsidiaries(world)
        .join(families.select("family", "sector_naics"), on="family")
        .select(
            "corp_id",
            pl.format("{}{}", "brand", pl.col("country").replace_strict(_WITHIN)).alias("name"),
            pl.col("country").alias("hq_country"),
            "sector_naics",
        )
    )
    table = pl.concat([home, holdings, abroad], how="diagonal").sort("corp_id")
    legal = pl.format("{},{}", "name", pl.col("hq_country").replace_strict(_FORMS))
    return table.with_columns(draw.some("corporations.legal", len(table), 0.6, legal).alias("legal_name"))


def _subsidiaries(world: World) -> pl.DataFrame:
    """One company for each country abroad where a family has plants."""
    abroad = world.plants.filter(pl.col("country") != pl.col("home"))
    columns = ("family", "brand", "slug", "country", pl.col("operator").alias("corp_id"))
    return abroad.select(columns).unique().sort("corp_id")


def ownership(world: World) -> pl.DataFrame:
    """Root to subsidiary, of a fifth of the families through a holding; one in fifty bought from another."""
    draw, families = world.draw, world.families
    root = pl.format("corp:{}", "slug")
    holding = pl.format("corp:{}-holding", "slug")
    top = families.filter("held").select(root.alias("parent_id"), holding.alias("subsidiary_id"))
    below = _subsidiaries(world).join(families.select("family", "held"), on="family", maintain_order="left")
    size = len(below)
    seller = draw.member("ownership.seller", size, families["slug"])
    year = draw.number("ownership.year", size, 1990, 2023).cast(pl.String)
    below = below.select(
        pl.col("corp_id").alias("subsidiary_id"),
        pl.when("held").then(holding).otherwise(root).alias("parent_id"),
        pl.format("corp:{}", pl.lit(seller)).alias("seller"),
        pl.when(draw.chance("ownership.bought", size, 0.02) & (seller != below["slug"]))
        .then(year)
        .alias("bought"),
        draw.some("ownership.dated", size, 0.4, year).alias("year"),
        draw.some(
            "ownership.shared", size, 0.4, draw.term("ownership.share", size, (("100", 4), ("51", 1)))
        ).alias("share_pct"),
    )
    now = below.select("parent_id", "subsidiary_id", "share_pct", pl.coalesce("bought", "year").alias("from"))
    sold = below.filter(pl.col("bought").is_not_null())
    before = sold.select(pl.col("seller").alias("parent_id"), "subsidiary_id", pl.col("bought").alias("to"))
    return pl.concat([top, now, before], how="diagonal").sort("subsidiary_id", "parent_id")


def plants(world: World) -> pl.DataFrame:
    draw, industries, size = world.draw, words.industries(), len(world.plants)
    sector = world.plants["sector"]
    table = world.plants.drop("city").hstack(words.cities().drop("country")[world.plants["city"]])
    products = industries["products"][sector]
    code = pl.when("six").then(_variant(industries["naics"][sector])).otherwise(industries["sector"][sector])
    both = draw.some("plants.two", size, 0.3, products.list.head(2).list.join(", "))
    open_status = draw.term(
        "plants.status", size, (("open", 85), ("unknown", 10), ("idled", 3), ("closing", 2))
    )
    return table.select(
        pl.col("id").alias("plant_id"),
        pl.format("{} {}", "brand", "city").alias("name"),
        pl.col("operator").alias("operator_id"),
        "city", "subdivision", "country", "lat", "lon",
        pl.lit("city").alias("coord_precision"),
        pl.lit("GeoNames").alias("coord_source"),
        code.alias("naics"),
        pl.coalesce(both, _variant(products)).alias("products"),
        draw.some("plants.counted", size, 0.7, pl.col("employees")).alias("employees"),
        draw.number("plants.year", size, 2010, 2025).alias("employees_year"),
        pl.when(pl.col("closed").is_not_null()).then(pl.lit("closed")).otherwise(open_status).alias("status"),
        draw.date("plants.opened", size, "opened").alias("opened"),
        draw.date("plants.closed", size, "closed").alias("closed"),
    )  # fmt: skip


def _variant(choices: pl.Series) -> pl.Expr:
    """One of each row's choices: the one that the row's `variant` says."""
    return pl.lit(choices).list.get(pl.col("variant").cast(pl.UInt32) % pl.lit(choices.list.len()))


def operations(world: World) -> pl.DataFrame:
    """The operator of each plant; one plant in thirty had another before, one in a hundred has a partner."""
    draw, size = world.draw, len(world.plants)
    other = draw.member("operations.other", size, world.families["slug"])
    year = draw.number("operations.year", size, 1985, 1995).cast(pl.String)
    table = world.plants.select(
        pl.col("id").alias("plant_id"),
        pl.col("operator").alias("operator_id"),
        pl.format("corp:{}", pl.lit(other)).alias("other"),
        draw.some("operations.changed", size, 0.03, year).alias("changed"),
        draw.some("operations.joint", size, 0.01, pl.lit("50")).alias("share_pct"),
        draw.date("plants.closed", size, "closed").alias("to"),
    )
    now = table.select("plant_id", "operator_id", "share_pct", pl.col("changed").alias("from"), "to")
    others = table.filter(pl.col("other") != pl.col("operator_id"))
    before = others.filter(pl.col("changed").is_not_null() & pl.col("share_pct").is_null())
    before = before.select("plant_id", pl.col("other").alias("operator_id"), pl.col("changed").alias("to"))
    partners = others.filter(pl.col("share_pct").is_not_null())
    partners = partners.select(
        "plant_id",
        pl.col("other").alias("operator_id"),
        "share_pct",
        pl.lit("joint_venture_partner").alias("role"),
    )
    found = pl.concat([now, before, partners], how="diagonal").sort("plant_id", "operator_id")
    return found.with_columns(pl.col("role").fill_null("operator"))


def supply_links(world: World) -> pl.DataFrame:
    """Links between plants, a fifth inside a family, a quarter to a company; a few buyers are large."""
    draw, made, industries = world.draw, world.plants, words.industries()
    size = int(len(made) * 1.2)
    supplier = pl.Series(draw.below("supply.from", size, len(made)))
    anywhere = pl.Series((len(made) * draw.unit("supply.to", size) ** 2).astype(np.int64))
    inside = draw.chance("supply.inside", size, 0.2)
    buyer = pl.select(pl.when(inside).then(_sister(world, supplier)).otherwise(anywhere)).to_series()
    company = draw.chance("supply.company", size, 0.25) & ~inside
    sector = made["sector"][supplier]
    year = draw.number("supply.year", size, 1998, 2024).cast(pl.String)
    tier = draw.term("supply.tier", size, (("1", 10), ("2", 1)))
    table = pl.DataFrame({"link": np.arange(size), "variant": made["variant"][supplier]}).select(
        pl.format("sup:{}", "link").alias("link_id"),
        made["id"][supplier].alias("supplier_id"),
        pl.when(company).then(made["operator"][buyer]).otherwise(made["id"][buyer]).alias("buyer_id"),
        _variant(industries["products"][sector]).alias("product"),
        industries["hs"][sector].alias("hs_code"),
        pl.when(inside).then(pl.lit("intra-company")).otherwise(tier).alias("tier"),
        draw.some("supply.dated", size, 0.3, year).alias("since"),
        draw.term("supply.evidence", size, words.SUPPLY_EVIDENCE).alias("evidence"),
        draw.some("supply.shared", size, 0.05, draw.number("supply.share", size, 5, 100)).alias("share_pct"),
    )
    return table.filter(pl.col("supplier_id") != pl.col("buyer_id"))


def _sister(world: World, plant: pl.Series) -> pl.Series:
    """A plant of the same family for each plant, perhaps itself."""
    grouped = world.plants.select("family", "plant").sort("family", "plant").with_row_index("place")
    spans = grouped.group_by("family").agg(pl.col("place").min(), pl.len().alias("count"))
    span = world.plants.select("family")[plant].join(spans, on="family", maintain_order="left")
    place, count = (span[name].cast(pl.Int64).to_numpy() for name in ("place", "count"))
    return grouped["plant"][pl.Series(place + world.draw.below("supply.sister", len(plant), count))]


def production_shifts(world: World) -> pl.DataFrame:
    """Claims about a third of the moves, and about closures whose work went to a place only."""
    draw, table = world.draw, _claimed(world)
    size = len(table)
    outcome = draw.term("shifts.outcome", size, words.OUTCOMES)
    moved = outcome.is_in(["carried_out", "partly"])
    jobs = (pl.col("employees") * pl.lit(pl.Series(draw.unit("shifts.jobs", size)))).cast(pl.Int64)
    return table.select(
        pl.format("shift:{}", pl.col("id").str.strip_prefix("plant:")).alias("shift_id"),
        pl.format("corp:{}", "slug").alias("corp_id"),
        pl.col("id").alias("from_plant_id"),
        pl.col("place").alias("from_place"),
        pl.col("country").alias("from_country"),
        pl.col("id_to").alias("to_plant_id"),
        pl.col("place_to").fill_null("Mexico").alias("to_place"),
        pl.lit("MX").alias("to_country"),
        words.industries()["products"][table["sector"]].list.first().alias("product"),
        draw.date("shifts.announced", size, "announced").alias("announced_date"),
        draw.date("shifts.effective", size, "closed").alias("effective_date"),
        pl.when(moved).then(jobs).alias("jobs_lost"),
        pl.when(moved & draw.chance("shifts.gained", size, 0.4)).then(jobs).alias("jobs_gained"),
        draw.term("shifts.evidence", size, words.CLAIM_EVIDENCE).alias("evidence_type"),
        pl.when(~moved).then(jobs).alias("jobs_planned"),
        outcome.alias("outcome"),
    )


def _claimed(world: World) -> pl.DataFrame:
    draw = world.draw
    moves = world.moves.filter(draw.chance("shifts", len(world.moves), 0.33)).select("from", "to")
    closed = world.plants.filter(pl.col("closed").is_not_null() & (pl.col("country") != "MX"))
    lost = closed.filter(draw.chance("shifts.lost", len(closed), 0.05)).select(pl.col("plant").alias("from"))
    pairs = pl.concat([moves, lost.join(moves, on="from", how="anti")], how="diagonal").sort("from")
    place = words.cities()["city"][world.plants["city"]].alias("place")
    ends = world.plants.with_columns(place, (pl.col("closed") - 8).alias("announced"))
    origins = pairs.join(ends, left_on="from", right_on="plant", maintain_order="left")
    there = ends.select(
        pl.col("plant").alias("to"), pl.col("id").alias("id_to"), pl.col("place").alias("place_to")
    )
    return origins.join(there, on="to", how="left", maintain_order="left")
