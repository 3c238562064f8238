"""Apple's supplier lists, 2012 to 2022: which sites of which suppliers it bought from, year by year.

A supplier is named as its year spells it: one company can be several suppliers until they are judged one.
From 2020 on a list names the state or province alone, where one or several sites may be meant.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import code, text
from loaders.places import country_named, state_at_end
from loaders.row import Row
from loaders.source import Download, Source, Table

_PAGE_BREAK = r"(?i)\s*\(continued\)$"
_SINCE_STATES_ONLY = 2020


def lists(path: Path) -> pl.LazyFrame:
    """The rows with line breaks as spaces, `NA` as nothing, and without the mark of a page break."""
    frame = read.csv(path)
    names = frame.collect_schema().names()
    cells = [
        pl.col(name).str.strip_chars().str.replace_all(r"\s+", " ")
        for name in ("supplier_name", "supplier_address", "country")
        if name in names
    ]
    frame = frame.with_columns(cells)
    if "supplier_name" in names:
        frame = frame.with_columns(pl.col("supplier_name").str.replace(_PAGE_BREAK, ""))
    if "supplier_address" in names:
        given = pl.col("supplier_address")
        frame = frame.with_columns(pl.when(given != "NA").then(given).alias("supplier_address"))
    return frame


def sites(row: Row) -> None:
    """One site, or the sites in one state, of a supplier in one year."""
    name, address, year = row["supplier_name"], row["supplier_address"], row["year"]
    nation = country_named(row["country"])
    valid = code(year, "20[0-9]{2}", "a year")
    row.defaults("stated", as_of=valid)
    states_only = year.cast(pl.Int32, strict=False) >= _SINCE_STATES_ONLY
    apple = row.thing("Corporation", ("us-cik", "320193"), name="Apple Inc.", cik="320193")
    supplier = row.thing("Corporation", ("apple-supplier", name), name=text(name))
    key = pl.concat_str(name, row["country"], address, separator="|")
    plant = row.thing(
        "Plant",
        ("apple-supplier-site", key),
        when=address.is_not_null(),
        name=text(pl.concat_str(name, pl.when(states_only).then(address), separator=", ", ignore_nulls=True)),
        country=nation,
        subdivision=state_at_end(address, nation.clean),
        place=text(pl.when(states_only).then(address)),
        address=text(pl.when(~states_only).then(address)),
        note=pl.when(states_only).then(pl.lit("the list names the state alone: one or several sites")),
    )
    row.relation("Operation", (key, year), plant=plant, operator=supplier)
    row.relation("Supply", (key, year), supplier=plant, buyer=apple, tier="1", since=valid, until=valid)
    row.relation(
        "Supply",
        (name, row["country"], year),
        when=address.is_null(),
        supplier=supplier,
        buyer=apple,
        tier="1",
        since=valid,
        until=valid,
        note=pl.lit("a site in ") + row["country"] + ", address not given",
    )
    row.ignore("country_area", why="a region of the world; the country is kept")


SOURCE = Source(
    id="apple_suppliers",
    title="Apple supplier lists 2012-2022",
    publisher="Apple Inc., collected by CommonWealth Magazine",
    licence="MIT (collection)",
    url="https://www.apple.com/supply-chain/",
    tables=(Table("apple-supplier-list*.csv*", lists, sites, expected_bytes=100),),
    release=lambda paths: "2022",
    raw="apple-supplier-list",
    downloads=(
        Download(
            "https://raw.githubusercontent.com/cwgrouptw/data"
            "/b60fe07e2a1ee73080cea2cf7cd4fc4d6b16e32b/apple-supplier-list/apple-supplier-list.csv",
            "apple-supplier-list.csv",
            773_032,
        ),
    ),
    also_there=("PROVENANCE.md",),
)
