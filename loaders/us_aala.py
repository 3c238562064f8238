"""Where carlines sold in the US are made, as their makers report it for each model year (49 CFR 583).

The report names countries, never plants, so nothing here says that a plant makes a car. It counts parts of
the United States and Canada together; a country is named for other parts only from 15 percent on.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import Value, country, decimal, text
from loaders.row import Ref, Row
from loaders.source import Source, Table

COUNTRIES = {
    "Argentina": "AR",
    "Australia": "AU",
    "Austria": "AT",
    "Belgium": "BE",
    "Brazil": "BR",
    "Canada": "CA",
    "China": "CN",
    "Czech Republic": "CZ",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Hungary": "HU",
    "India": "IN",
    "Indonesia": "ID",
    "Italy": "IT",
    "Japan": "JP",
    "Korea": "KR",
    "Malaysia": "MY",
    "Mexico": "MX",
    "Netherlands": "NL",
    "Philippines": "PH",
    "Poland": "PL",
    "Portugal": "PT",
    "Romania": "RO",
    "Serbia": "RS",
    "Singapore": "SG",
    "Slovakia": "SK",
    "Slovenia": "SI",
    "South Africa": "ZA",
    "South Korea": "KR",
    "Spain": "ES",
    "Sweden": "SE",
    "Taiwan": "TW",
    "Thailand": "TH",
    "Turkey": "TR",
    "Ukraine": "UA",
    "United Kingdom": "GB",
    "United States": "US",
    "Vietnam": "VN",
}
# Column of the country, column of the others; the step that they tell of.
_STEPS = {
    "final_assembly": ("Final Assembly", "Additional Final Assembly Countries"),
    "engine": ("Engine Origin", "Additional country of Origin for Engine/Motor"),
    "transmission": ("Transmission Origin", "Additional Country of Origin for the Transmission(s)"),
}
_PARTS, _HERE = "Foreign Parts (%)", "U.S./Canadian Parts (%)"
_NOTHING = "^(?i:none|n/?a|0)$"
_SHARE = r"^([0-9.]+) *% *(.+)$"
_YEAR = "(?i)^MY *((?:19|20)[0-9]{2})"


def carlines(path: Path) -> pl.LazyFrame:
    """Rows of a report, with the countries of each step in one cell and the model year of the file's name."""
    frame = read.csv(path)
    names = frame.collect_schema().names()
    year = re.search(_YEAR, path.name)
    joined = [
        pl.concat_str([_countries(name) for name in pair], separator="|", ignore_nulls=True).alias(step)
        for step, pair in _STEPS.items()
        if {*pair} <= {*names}
    ]
    said = [(_given(name)).alias(name) for name in (_HERE, _PARTS) if name in names]
    return frame.with_columns(*joined, *said, pl.lit(year and year[1], pl.String).alias("model year"))


def _given(name: str) -> pl.Expr:
    cell = pl.col(name).str.strip_chars()
    plain = cell.str.replace_all(r" *\+ *[0-9.]+% Other|^[0-9.]+% Other(?: *\+ *|$)", "").str.replace_all(
        " *[+] *", "+"
    )
    return pl.when(~plain.str.contains(_NOTHING) | (pl.lit(name == _HERE) & (cell == "0"))).then(plain)


def _countries(name: str) -> pl.Expr:
    """`Austria (4.0, M), United Kingdom (3.0)` -> `Austria|United Kingdom`."""
    cell = pl.col(name).str.strip_chars()
    plain = cell.str.replace_all(r" *\([^)]*\)", "").str.replace_all(" *[,;/] *", "|")
    return pl.when(~cell.str.contains(_NOTHING)).then(plain)


def made(row: Row) -> None:
    """One carline: in which countries it is assembled, and where engine, transmission and parts are from."""
    year, _ = row["model year"], [row[name] for pair in _STEPS.values() for name in pair]
    row.defaults("filed", as_of=year, page_class="official")
    name = text(pl.concat_str(row["Make"], row["Model (Carline)"], separator=" "))
    maker = row.thing(
        "Corporation",
        ("us-aala-maker", row["Manufacturer"].str.to_lowercase()),
        name=text(row["Manufacturer"]),
    )
    product = row.thing(
        "Product",
        ("product", name.clean.str.to_lowercase()),
        name=name,
        note=row["Vehicle Type on Part 567 Certification Label"],
        other_names=_unread(row),
    )
    for step in _STEPS:
        _from(row, product, maker, step, row.each(step, "|"))
    here = row[_HERE]
    row.relation(
        "MadeIn",
        (*_key(row), pl.lit("parts"), pl.lit("US CA"), here),
        when=here.is_not_null(),
        product=product,
        maker=maker,
        step="parts",
        countries=Value(here, pl.when(here.is_not_null()).then(pl.lit(["US", "CA"])), "countries", many=True),
        share_pct=decimal(here),
        model_year=year,
    )
    share = row.each(_PARTS, "+")
    _from(
        row,
        product,
        maker,
        "parts",
        share.str.extract(_SHARE, 2),
        share,
        decimal(share.str.extract(_SHARE, 1)),
    )
    row.ignore("Row Number", why="number in the report")
    row.ignore("Foreign Parts, Other (%)", why="share of countries that are not named")


def _unread(row: Row) -> Value:
    """No value at all: a cell in which no country can be read is told as wrong, and the other cells stand."""
    cells = [
        pl.when(row[step].str.split("|").list.eval(~pl.element().is_in([*COUNTRIES])).list.any()).then(
            row[step]
        )
        for step in _STEPS
    ]
    shares = row[_PARTS].str.split("+").list.eval(pl.element().str.extract(_SHARE, 2).is_in([*COUNTRIES]))
    cells.append(pl.when(~shares.list.all()).then(row[_PARTS]))
    return Value(pl.coalesce(cells), pl.lit(None, pl.List(pl.String)), "countries", [*COUNTRIES])


def _key(row: Row) -> tuple[pl.Expr, ...]:
    return row["Manufacturer"], row["Make"], row["Model (Carline)"], row["model year"]


def _from(
    row: Row,
    product: Ref,
    maker: Ref,
    step: str,
    name: pl.Expr,
    cell: pl.Expr | None = None,
    share: Value | None = None,
) -> None:
    """A country that a cell names."""
    raw = name if cell is None else cell
    code = country(name, COUNTRIES)
    place = Value(raw, code.clean, code.wants, code.valid)
    row.relation(
        "MadeIn",
        (*_key(row), pl.lit(step), place, *([] if cell is None else [cell])),
        when=code.clean.is_not_null(),
        product=product,
        maker=maker,
        step=step,
        countries=Value(raw, pl.concat_list(code.clean), code.wants, code.valid, many=True),
        share_pct=share,
        model_year=row["model year"],
    )


def _years(paths: object) -> str:
    years = sorted(found[1] for path in paths if (found := re.search(_YEAR, path.name)))  # type: ignore[attr-defined]
    return "-".join(dict.fromkeys((years[0], years[-1]))) if years else ""


SOURCE = Source(
    id="us_aala",
    title="American Automobile Labeling Act: parts content and assembly of carlines",
    publisher="US National Highway Traffic Safety Administration",
    licence="US Government work, public domain",
    url="https://www.nhtsa.gov/part-583-american-automobile-labeling-act-reports",
    tables=(Table("MY*AALA*.csv", carlines, made, expected_bytes=300),),
    release=_years,
    raw="us-nhtsa-aala",
    also_there=("PROVENANCE.md",),
)
