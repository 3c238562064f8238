"""The synthetic network as public registers would tell of it: WARN notices and RETC's yearly files."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks import vocabulary as words
from benchmarks.draw import Draw
from benchmarks.world import World

_WARN = [
    "state",
    "employer_name",
    "normalized_name",
    "canonical_name",
    "canonical_basis",
    "industry",
    "naics",
    "naics_basis",
    "naics_level",
    "cik",
    "ticker",
    "cik_match",
    "sic",
    "sic_description",
    "ein",
    "ntee",
    "lei",
    "wikidata_qid",
    "wikidata_match",
    "parent_company",
    "parent_cik",
    "identity_source",
    "employer_key",
    "place_name",
    "place_fips",
    "county_name",
    "county_fips",
    "latitude",
    "longitude",
    "geo_basis",
    "location",
    "site_address",
    "notice_date",
    "effective_date",
    "employees_affected",
    "layoff_type",
    "is_temporary",
    "is_amendment",
    "is_amended",
    "current_version",
    "source_url",
    "source_notice_id",
    "dedupe_key",
    "first_seen",
    "last_seen",
]
_YEARS = {2005: "B", 2007: "A", 2012: "C", 2016: "A", 2021: "A"}
_A = {
    "NRA": "nra", "NOMBRE": "named", "SCIAN": "scian", "DESCRIPCIÓN SCIAN": "title", "SECTOR": "branch",
    "CLAVE\nAMBIENTAL": "key", "SUBSECTOR": "title", "PRINCIPAL ACTIVIDAD PRODUCTIVA": "title",
    "PARQUE INDUSTRIAL": "none", "COORDENADA\nUTM X": "zero", "COORDENADA\nUTM Y": "zero",
    "LATITUD NORTE": "north", "LONGITUD \nOESTE": "west", "CALLE": "street", "NÚM. EXT": "number",
    "NÚM. INT": "none", "COLONIA": "quarter", "LOCALIDAD": "city", "ESTADO": "state", "MUNICIPIO": "county",
    "C.P.": "postcode",
}  # fmt: skip
_B = {
    "NRA": "nra", "Nombre": "legal", "Sector": "branch", "Actividad principal SEMARNAT": "title",
    "Actividad principal": "title", "Coordenada UTM X": "zero", "Coordenada UTM Y": "zero",
    "Latitud Norte": "lat", "Longitud Oeste": "lon", "Estado": "state", "Delegación\\Municipio": "county",
    "Calle": "street", "No. Exterior": "number", "No. Interior": "none", "Entre calle 1": "none",
    "Entre calle 2": "none", "Colonia": "quarter", "Localidad": "city", "Parque o puerto industrial": "none",
    "Código postal": "postcode",
}  # fmt: skip
_C = {
    "NRA": "nra", "Establecimiento": "legal", "Sector": "branch", "Número SCIAN": "scian", "SCIAN": "title",
    "Clave Ambiental": "key", "Actividad Principal": "title", "Nombre Parque Industrial": "none",
    "Latitud Norte": "north", "Longitud Oeste": "west", "Calle": "street", "Número Exterior": "number",
    "Número Interior": "none", "Entre Calle 1": "none", "Entre Calle 2": "none", "Colonia": "quarter",
    "Localidad": "none", "Municipio": "county", "Entidad Federativa": "state", "Código Postal": "postcode",
}  # fmt: skip
_LAYOUTS = {"A": _A, "B": _B, "C": _C}


def warn(world: World) -> dict[str, pl.DataFrame]:
    """Notices of the closures and of some layoffs in the United States, one file a state."""
    notices = _notices(world)
    table = notices.select(
        pl.col(c) if c in notices.columns else pl.lit(None, pl.String).alias(c) for c in _WARN
    )
    files = table.partition_by("state", as_dict=True, maintain_order=True)
    return {f"us-warn/{str(state).lower()}.csv": rows for (state,), rows in sorted(files.items())}


def _notices(world: World) -> pl.DataFrame:
    draw, laid_off = world.draw, world.draw.chance("warn.layoff", len(world.plants), 0.08)
    plants = world.plants.filter((pl.col("country") == "US") & (pl.col("closed").is_not_null() | laid_off))
    size = len(plants)
    month = pl.coalesce("closed", draw.number("warn.month", size, 2000 * 12, 2025 * 12))
    effective = pl.date(month // 12, month % 12 + 1, pl.lit(draw.number("warn.day", size, 1, 29)))
    coded = draw.chance("warn.coded", size, 0.45)
    codes = words.industries()["naics"][plants["sector"]].list.first()
    known, closed = pl.col("cik").is_not_null(), pl.col("closed").is_not_null()
    key = pl.concat_str(*(_hex(draw.bits(f"warn.key.{turn}", size)) for turn in range(3)))
    placed = plants.drop("city").hstack(words.cities().drop("country")[plants["city"]])
    return placed.with_columns(
        pl.col("subdivision").str.slice(3).alias("state"),
        pl.format("{}, Inc.", "brand").alias("employer_name"),
        pl.col("brand").str.to_lowercase().alias("normalized_name"),
        pl.col("brand").alias("canonical_name"),
        pl.lit("filed").alias("canonical_basis"),
        pl.when(coded).then(codes).alias("naics"),
        pl.when(coded).then(pl.lit("source")).alias("naics_basis"),
        pl.when(coded).then(pl.lit("establishment")).alias("naics_level"),
        pl.when(known).then(pl.lit("exact")).alias("cik_match"),
        pl.when(known).then(pl.lit("automatic")).alias("identity_source"),
        pl.when(known).then(_lei(plants["family"])).alias("lei"),
        pl.coalesce(pl.format("cik:{}", "cik"), pl.format("n:{}", pl.col("brand").str.to_lowercase())).alias(
            "employer_key"
        ),
        pl.format("{} city", "city").alias("place_name"),
        pl.format("{} County", "county").alias("county_name"),
        pl.col("lat").alias("latitude"),
        pl.col("lon").alias("longitude"),
        pl.lit("place").alias("geo_basis"),
        pl.format("{}, {}", "city", "state").alias("location"),
        effective.dt.offset_by("-60d").dt.to_string("%Y-%m-%d").alias("notice_date"),
        effective.dt.to_string("%Y-%m-%d").alias("effective_date"),
        draw.some("warn.counted", size, 0.95, pl.col("employees")).alias("employees_affected"),
        pl.when(closed).then(pl.lit("closure")).otherwise(pl.lit("mass_layoff")).alias("layoff_type"),
        pl.lit("0").alias("is_amendment"),
        pl.lit("0").alias("is_amended"),
        pl.lit("1").alias("current_version"),
        pl.format("https://example.org/warn/{}", pl.col("subdivision").str.slice(3)).alias("source_url"),
        pl.format("{}00000000", key).alias("source_notice_id"),
        key.str.slice(0, 40).alias("dedupe_key"),
        pl.lit("2026-07-16").alias("first_seen"),
        pl.lit("2026-08-02").alias("last_seen"),
    )


def _hex(numbers: npt.NDArray[np.uint64]) -> pl.Series:
    """Sixteen hexadecimal digits a number."""
    digits = pl.Series([f"{byte:02x}" for byte in range(256)])
    octets = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    return pl.select(pl.concat_str(*(digits[octets[:, place]] for place in range(8)))).to_series()


def _lei(families: pl.Series) -> pl.Series:
    """Identifiers of twenty digits with the check digits of ISO 7064 (mod 97-10)."""
    base = 549300_000000_000000 + families
    return base.cast(pl.String) + (98 - base % 97 * 100 % 97).cast(pl.String).str.zfill(2)


def retc(world: World) -> dict[str, pl.DataFrame]:
    """Yearly files: four Mexican plants in ten report, most of them year after year."""
    draw = world.draw
    plants = world.plants.filter(pl.col("country") == "MX")
    plants = plants.filter(draw.chance("retc", len(plants), 0.4))
    cells = _cells(draw, plants)
    files = {}
    for year, layout in _YEARS.items():
        there = (cells["opened"].fill_null(0) <= year * 12) & (cells["closed"].fill_null(99999) >= year * 12)
        rows = cells.filter(there & draw.chance(f"retc.{year}", len(cells), 0.8))
        columns = _LAYOUTS[layout].items()
        files[f"mx-retc/es_{year}.csv"] = rows.select(pl.col(cell).alias(name) for name, cell in columns)
    return files


def _cells(draw: Draw, plants: pl.DataFrame) -> pl.DataFrame:
    size, industries = len(plants), words.industries()
    codes, letters = industries["scian"][plants["sector"]], pl.col("brand").str.head(3).str.to_uppercase()
    legal = pl.format("{} DE MÉXICO, S.A. DE C.V.", pl.col("brand").str.to_uppercase())
    placed = plants.drop("city").hstack(words.cities().drop("country")[plants["city"]])
    return placed.select(
        "opened", "closed", "lat", "lon", "city", "state", "county",
        pl.format("{}{}", letters, pl.col("plant").cast(pl.String).str.zfill(10)).alias("nra"),
        legal.alias("legal"),
        pl.format("{},PLANTA {}", legal, pl.col("city").str.to_uppercase()).alias("named"),
        codes.list.get(plants["variant"].cast(pl.UInt32) % codes.list.len()).alias("scian"),
        industries["scian_title"][plants["sector"]].alias("title"),
        pl.lit("Automotriz").alias("branch"),
        pl.lit("9M").alias("key"),
        pl.lit("0").alias("zero"),
        pl.lit(None, pl.String).alias("none"),
        _sexagesimal(pl.col("lat")).alias("north"),
        _sexagesimal(pl.col("lon").str.strip_prefix("-")).alias("west"),
        pl.lit("Avenida Industria").alias("street"),
        draw.number("retc.number", size, 1, 9000).cast(pl.String).alias("number"),
        pl.lit("Parque Industrial").alias("quarter"),
        draw.number("retc.postcode", size, 10000, 99000).cast(pl.String).alias("postcode"),
    )  # fmt: skip


def _sexagesimal(degrees: pl.Expr) -> pl.Expr:
    """Decimal text as degrees, minutes and seconds: `20.5` is `20°30'0"`."""
    seconds = (degrees.cast(pl.Float64) * 3600).round().cast(pl.Int64)
    return pl.format("{}°{}'{}\"", seconds // 3600, seconds % 3600 // 60, seconds % 60)
