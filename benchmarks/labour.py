"""Unions, representation, agreements, cases, ties and disputes as tables of the built-in dataset."""

from __future__ import annotations

import numpy as np
import polars as pl

from benchmarks import vocabulary as words
from benchmarks.world import World

_HEADS = (
    ("union:afl", "American Labor Confederation", "US", "confederation"),
    ("union:clc", "Canadian Labour Assembly", "CA", "confederation"),
    ("union:ctn", "Central de Trabajadores Nacional", "MX", "confederation"),
    ("union:uit", "Unión Independiente de Trabajadores", "MX", "confederation"),
    ("union:guf", "Global Industrial Federation", "CH", "global_union_federation"),
    ("union:alliance", "North American Workers Alliance", "US", "cross_border_alliance"),
    ("union:fed", "Federación de Sindicatos Industriales", "MX", "federation"),
    ("union:council", "Electronics Division", "US", "division"),
    ("union:caucus", "Rank and File Caucus", "CA", "caucus"),
    ("union:old", "Old Machinists Union", "US", "union"),
)
_SINGLE = (
    ("union:council", "union:us-0", "division"),
    ("union:caucus", "union:ca-0", "caucus_within"),
    ("union:old", "union:us-1", "merged_into"),
    ("union:us-2", "union:fed", "former_affiliate"),
)
_CENTRALS = {"US": "union:afl", "CA": "union:clc", "MX": "union:ctn"}
_LANDS = {"US": "America", "CA": "Canada", "MX": "Mexico"}
_MEXICAN = pl.col("country") == "MX"


def unions(world: World) -> pl.DataFrame:
    draw, size = world.draw, len(world.unions)
    members = pl.lit(pl.Series(100 * np.exp(5 * draw.unit("unions.members", size))))
    members = (members * pl.when("national").then(30).otherwise(1)).cast(pl.Int64).cast(pl.String)
    described = draw.term("unions.word", size, (("independent", 31), ("corporatist", 19), ("mainstream", 2)))
    founded = draw.number("unions.founded", size, 1900, 2020).cast(pl.String)
    rows = world.unions.with_columns(*_names(), _sectors(world)).select(
        pl.col("id").alias("union_id"),
        "name", "native_name", "abbrev", "country",
        _level().alias("type"),
        draw.some("unions.described", size, 0.3, described).alias("described_as"),
        draw.some("unions.counted", size, 0.6, members).alias("members"),
        draw.number("unions.year", size, 2015, 2025).cast(pl.String).alias("members_year"),
        "sectors_naics",
        draw.some("unions.dated", size, 0.5, founded).alias("founded"),
        pl.when(~pl.col("national") & ~_MEXICAN).then("body").alias("parent_id"),
    )  # fmt: skip
    heads = pl.DataFrame(_HEADS, schema=["union_id", "name", "country", "type"], orient="row")
    return pl.concat([heads, rows], how="diagonal").sort("union_id")


def _names() -> list[pl.Expr]:
    letters = pl.format(
        "{}{}W-{}",
        pl.col("adjective").str.head(1),
        pl.col("english").str.head(3).str.to_uppercase(),
        "country",
    )
    short = pl.format("{}{}", letters, "parent")
    national = pl.format(
        "{} {} Workers of {}", "adjective", "english", pl.col("country").replace_strict(_LANDS)
    )
    local = (
        pl.when(_MEXICAN)
        .then(pl.format("Plant Union at {} No. {}", "brand", "number"))
        .otherwise(pl.format("{} Local {}", short, "number"))
    )
    industry = pl.format("Sindicato Nacional de Trabajadores de la Industria {}", "spanish")
    spanish = (
        pl.when("national")
        .then(industry)
        .otherwise(pl.format("Sindicato Único de Trabajadores de {}", "brand"))
    )
    return [
        pl.when("national").then(national).otherwise(local).alias("name"),
        pl.when(_MEXICAN).then(spanish).alias("native_name"),
        pl.when("national").then(short).alias("abbrev"),
    ]


def _level() -> pl.Expr:
    american = (
        pl.when(pl.col("country") == "US")
        .then(pl.lit("international_union"))
        .otherwise(pl.lit("national_union"))
    )
    local = pl.when(_MEXICAN).then(pl.lit("plant_union")).otherwise(pl.lit("local"))
    return pl.when("national").then(american).otherwise(local)


def _sectors(world: World) -> pl.Series:
    """The codes of each union, in the order of the unions."""
    code = words.industries()["sector"][world.fields["sector"]].alias("sectors_naics")
    listed = (
        world.fields.with_columns(code).group_by("union").agg(pl.col("sectors_naics").sort().str.join(";"))
    )
    return listed.sort("union")["sectors_naics"]


def union_affiliations(world: World) -> pl.DataFrame:
    draw, size = world.draw, len(world.unions)
    national = pl.col("national")
    joined = draw.chance("affiliations.joined", size, 0.6)
    independent = _MEXICAN & (pl.col("number") % 3 == 0)
    central = (
        pl.when(independent).then(pl.lit("union:uit")).otherwise(pl.col("country").replace_strict(_CENTRALS))
    )
    since = draw.number("affiliations.since", size, 1930, 2022).cast(pl.String)
    table = world.unions.with_columns(draw.some("affiliations.dated", size, 0.3, since).alias("from"))
    ways = (
        (national & joined, central, "affiliate"),
        (national & draw.chance("affiliations.global", size, 0.3), pl.lit("union:guf"), "affiliate"),
        (
            national & draw.chance("affiliations.allied", size, 0.08),
            pl.lit("union:alliance"),
            "alliance_member",
        ),
        (~national & ~_MEXICAN, pl.col("body"), "local_of"),
        (~national & _MEXICAN & joined, pl.col("body"), "affiliate"),
    )
    child = pl.col("id").alias("child_id")
    found = [
        table.select(child, body.alias("parent_id"), pl.lit(relation).alias("relation"), "from", kept=which)
        for which, body, relation in ways
    ]
    single = pl.DataFrame(_SINGLE, schema=["child_id", "parent_id", "relation"], orient="row")
    rows = pl.concat(found).filter("kept").drop("kept")
    return pl.concat([rows, single], how="diagonal").sort("child_id", "parent_id")


def representation(world: World) -> pl.DataFrame:
    """A third of the plants, each by a union of its country and, where there is one, of its sector."""
    draw = world.draw
    first = world.plants.filter(draw.chance("representation", len(world.plants), 0.36))
    second = first.filter(draw.chance("representation.second", len(first), 0.03))
    table = pl.concat([first.with_columns(rival=False), second.with_columns(rival=True)])
    size = len(table)
    standing = draw.term("representation.status", size, words.STANDINGS)
    ended = pl.when(pl.col("closed").is_not_null()).then(pl.lit("ended")).otherwise(standing)
    part = pl.lit(pl.Series(0.5 + 0.45 * draw.unit("representation.part", size)))
    workers = (pl.col("employees") * part).cast(pl.Int64).cast(pl.String)
    local = pl.format("Local {}", pl.lit(draw.number("representation.local", size, 1, 2000)))
    since = draw.number("representation.since", size, 1960, 1995).cast(pl.String)
    rows = table.with_columns(
        _of_sector(world, table).alias("union_id"),
        pl.col("id").alias("plant_id"),
        pl.when(~_MEXICAN).then(draw.some("representation.named", size, 0.5, local)).alias("local"),
        draw.some("representation.dated", size, 0.4, since).alias("from"),
        draw.date("plants.closed", size, "closed").alias("to"),
        draw.some("representation.counted", size, 0.75, workers).alias("workers"),
        pl.when("rival").then(pl.lit("claimed")).otherwise(ended).alias("status"),
        draw.term("representation.basis", size, words.BASES).alias("basis"),
    )
    return rows.unique(["union_id", "plant_id"], keep="first", maintain_order=True).sort(
        "plant_id", "union_id"
    )


def _of_sector(world: World, plants: pl.DataFrame) -> pl.Series:
    """A union for each plant: one of those in its country and sector, else any of its country."""
    fields = world.fields.sort("country", "sector", "union").with_row_index("place")
    spans = fields.group_by("country", "sector").agg(
        pl.col("place").min().alias("start"), pl.len().alias("count")
    )
    lands = fields.group_by("country").agg(pl.col("place").min().alias("land"), pl.len().alias("all"))
    found = plants.join(spans, on=["country", "sector"], how="left", maintain_order="left")
    found = found.join(lands, on="country", maintain_order="left")
    found = found.select(
        pl.coalesce("start", "land").cast(pl.Int64), pl.coalesce("count", "all").cast(pl.Int64)
    )
    chosen = found["start"] + pl.Series(
        world.draw.below("representation.union", len(plants), found["count"].to_numpy())
    )
    return world.unions["id"][fields["union"][chosen]]


def cba(world: World, represented: pl.DataFrame) -> pl.DataFrame:
    draw = world.draw
    table = represented.filter(pl.col("status").is_in(["recognized", "certified"]))
    table = table.filter(draw.chance("cba", len(table), 0.4)).unique(
        "plant_id", keep="first", maintain_order=True
    )
    size = len(table)
    year = draw.number("cba.year", size, 2017, 2025)
    expires = pl.format("{}-06-14", pl.lit(year + 3))
    return table.select(
        pl.format("cba:{}-{}", pl.col("plant_id").str.strip_prefix("plant:"), pl.lit(year)).alias("cba_id"),
        "plant_id",
        pl.col("operator").alias("corp_id"),
        "union_id",
        pl.format("{}-06-15", pl.lit(year)).alias("signed_date"),
        pl.Series("wage_gain_pct", (draw.unit("cba.gain", size) * 12).round(1)),
        "workers",
        draw.some("cba.expires", size, 0.5, expires).alias("expires"),
        pl.lit("general wage increase").alias("terms_note"),
    )


def organizations(world: World) -> pl.DataFrame:
    draw, kinds = world.draw, pl.Series(words.ORGANIZATIONS)
    size = len(kinds) * 2 + len(world.plants) // 2000
    kind = kinds[pl.int_range(size, eager=True) % len(kinds)]
    brand = draw.member("organizations.brand", size, world.families["brand"])
    number = pl.int_range(size)
    return pl.select(
        pl.format("org:o-{}", number).alias("org_id"),
        pl.format("{} {} {}", brand, kind.str.replace_all("_", " "), number).alias("name"),
        draw.some("organizations.native", size, 0.3, pl.format("Organización {}", number)).alias(
            "native_name"
        ),
        draw.some("organizations.short", size, 0.4, pl.format("ORG{}", number)).alias("abbrev"),
        draw.member("organizations.country", size, pl.Series(words.COUNTRIES)).alias("country"),
        kind.alias("type"),
        draw.some(
            "organizations.dated", size, 0.2, draw.number("organizations.year", size, 1970, 2022)
        ).alias("founded"),
    )


def programs(world: World, bodies: pl.DataFrame) -> pl.DataFrame:
    draw, size = world.draw, 20 + len(world.plants) // 5000
    funder, first, second = (draw.member(f"programs.{turn}", size, bodies["org_id"]) for turn in range(3))
    start, number = draw.number("programs.start", size, 2015, 2025), pl.int_range(size)
    both = pl.concat_str(pl.lit(first), pl.lit(second), separator=";")
    return pl.select(
        pl.format("prog:p-{}", number).alias("program_id"),
        pl.format("Labor programme {}", number).alias("name"),
        funder.alias("funder_ids"),
        pl.when(first == second).then(first).otherwise(both).alias("implementer_ids"),
        pl.lit("Mexico").alias("place"),
        pl.lit("MX").alias("country"),
        start.cast(pl.String).alias("start"),
        (start + 4).cast(pl.String).alias("end"),
        draw.some("programs.paid", size, 0.7, draw.number("programs.amount", size, 100_000, 9_000_000)).alias(
            "amount_usd"
        ),
    )


def rrm_cases(world: World, represented: pl.DataFrame) -> pl.DataFrame:
    """Rapid-response cases at represented plants in Mexico, asked for by the United States or Canada.

    Two columns are for the steps only: `asked` (date of the request) and `last_step`.
    """
    draw, industries, cities = world.draw, words.industries(), words.cities()
    mexican = represented.filter(_MEXICAN).unique("plant_id", keep="first", maintain_order=True)
    size = min(len(mexican), 30 + len(world.plants) // 1000)
    table = mexican.gather_every(len(mexican) // size).head(size)
    north, south = (
        world.unions.filter(pl.col("national") & ~_MEXICAN)["id"],
        world.unions.filter(_MEXICAN)["id"],
    )
    concerned, other = draw.member("cases.concerned", size, south), draw.member("cases.other", size, north)
    ends = pl.DataFrame(words.CASE_ENDS, schema=["outcome_status", "last_step", "weight"], orient="row")
    end = ends[draw.weighted("cases.end", size, ends["weight"].to_list())]
    asked = pl.date(2021, 5, 1) + pl.duration(days=pl.lit(draw.number("cases.day", size, 0, 1900)))
    table = table.with_row_index("number", 1).hstack(end).with_columns(asked.alias("asked"))
    iso = "%Y-%m-%d"
    return table.select(
        pl.format("case:rrm-{}-{}", pl.col("asked").dt.year(), "number").alias("case_id"),
        pl.col("number").alias("case_no"),
        draw.term("cases.country", size, (("US", 95), ("CA", 5))).alias("invoking_country"),
        pl.lit("MX").alias("respondent_country"),
        pl.col("asked").dt.offset_by("-30d").dt.to_string(iso).alias("petition_date"),
        pl.col("asked").dt.to_string(iso).alias("request_date"),
        pl.col("plant_id").alias("facility_id"),
        pl.col("operator").alias("company_id"),
        pl.format("{} de México, S.A. de C.V.", "brand").alias("company_name"),
        cities["city"][table["city"]],
        cities["subdivision"][table["city"]],
        "country",
        industries["sector"][table["sector"]].alias("sector_naics"),
        pl.concat_str(concerned, other, separator=";").alias("petitioner_ids"),
        concerned.alias("union_concerned_id"),
        pl.col("union_id").alias("incumbent_union_id"),
        draw.member("cases.allegations", size, pl.Series(words.ALLEGATIONS)).alias("allegations"),
        "outcome_status",
        pl.when(pl.col("outcome_status") == "resolved")
        .then(pl.col("asked").dt.offset_by("120d").dt.to_string(iso))
        .alias("outcome_date"),
        pl.col("employees").alias("workers_affected"),
        draw.some("cases.back", size, 0.4, draw.number("cases.reinstated", size, 1, 60)).alias(
            "workers_reinstated"
        ),
        draw.some("cases.paid", size, 0.3, draw.number("cases.backpay", size, 10_000, 900_000)).alias(
            "backpay_usd"
        ),
        draw.some("cases.raised", size, 0.2, draw.number("cases.gain", size, 3, 12)).alias("wage_gain_pct"),
        "last_step",
        "asked",
    )


def case_steps(cases: pl.DataFrame) -> pl.DataFrame:
    resolved = pl.when(pl.col("outcome_status") == "resolved").then(pl.lit("resolved"))
    turns = (
        (pl.lit("petition"), "-30d", pl.lit("union")),
        (pl.lit("request"), "0d", pl.col("invoking_country")),
        (pl.lit("review_end"), "45d", pl.lit("MX")),
        (pl.col("last_step"), "46d", pl.lit("MX")),
        (resolved, "120d", pl.col("invoking_country")),
    )
    steps = pl.concat(
        cases.select(
            "case_id",
            step.alias("step"),
            pl.col("asked").dt.offset_by(after).dt.to_string("%Y-%m-%d").alias("date"),
            actor.alias("actor"),
        )
        for step, after, actor in turns
    )
    detail = pl.format("Step {}", pl.col("step").str.replace_all("_", " "))
    steps = steps.drop_nulls("step").sort("case_id", "date", "step")
    return steps.with_columns(pl.lit("act").alias("date_of"), detail.alias("detail"))


def solidarity(world: World, bodies: pl.DataFrame, cases: pl.DataFrame) -> pl.DataFrame:
    """Ties across the border, mostly between unions; some from other organizations, some at a plant."""
    draw = world.draw
    size = max(150, len(world.unions) // 2)
    north, south = world.unions.filter(~_MEXICAN)["id"], world.unions.filter(_MEXICAN)["id"]
    body, union = draw.member("ties.body", size, bodies["org_id"]), draw.member("ties.north", size, north)
    plant, other = draw.member("ties.plant", size, world.plants["id"]), draw.member("ties.south", size, south)
    case = draw.member("ties.case", size, cases["case_id"])
    table = pl.DataFrame({"month": draw.number("ties.month", size, 2010 * 12, 2025 * 12)})
    return table.select(
        pl.format("sol:{}", pl.int_range(size)).alias("link_id"),
        pl.when(draw.chance("ties.by_body", size, 0.1)).then(body).otherwise(union).alias("from_id"),
        pl.when(draw.chance("ties.at_plant", size, 0.15)).then(plant).otherwise(other).alias("to_id"),
        draw.term("ties.type", size, words.TIES).alias("type"),
        draw.date("ties.date", size, "month").alias("date"),
        pl.lit("Workers stood together across the border").alias("description"),
        draw.some("ties.in_case", size, 0.1, case).alias("related_case_id"),
        draw.some("ties.near", size, 0.1, plant).alias("related_plant_id"),
    )


def disputes(world: World, represented: pl.DataFrame) -> pl.DataFrame:
    draw = world.draw
    table = represented.filter(draw.chance("disputes", len(represented), 0.08)).with_row_index("number")
    size = len(table)
    kinds = pl.DataFrame(words.DISPUTES, schema=["type", "result_class", "weight"], orient="row")
    kind = kinds[draw.weighted("disputes.kind", size, kinds["weight"].to_list())]
    votes = pl.col("type").str.ends_with("vote") | (pl.col("type") == "union_election")
    share = pl.lit(pl.Series(0.2 + 0.6 * draw.unit("disputes.share", size)))
    month = draw.number("disputes.month", size, 2005 * 12, 2025 * 12).alias("month")
    return (
        table.hstack(kind)
        .with_columns(month)
        .select(
            pl.format("disp:{}-{}", pl.col("plant_id").str.strip_prefix("plant:"), "number").alias(
                "dispute_id"
            ),
            "type",
            draw.date("disputes.date", size, "month").alias("date"),
            "plant_id",
            pl.col("operator").alias("corp_id"),
            "union_id",
            pl.when(pl.col("type") == "strike").then(pl.lit("workers_returned")).alias("result"),
            "result_class",
            pl.when(votes).then((pl.col("employees") * share).cast(pl.Int64)).alias("votes_for"),
            pl.when(votes).then((pl.col("employees") * (1 - share)).cast(pl.Int64)).alias("votes_against"),
            pl.col("employees").alias("workers"),
        )
    )
