"""Production sites of Open Supply Hub: its downloads, and lists as contributors hand them in.

Columns are mapped by name, as their set changes. In a download a contributor lists sites of its supply chain:
an inferred supply. Who owns a sample list is invented: from a list no supply is drawn, only the site.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from loaders import office, read
from loaders.clean import Value, both, code, date, degrees, flag, text
from loaders.places import country_named, state_at_end
from loaders.read import PROBLEM, ROW
from loaders.row import Ref, Row
from loaders.source import Download, Source, Table
from ontology import TrinationalError, nearest

_LIST = ("country", "name", "address", "sector")
_DOWNLOAD = ("os_id", "name", "address", "country_code", "lat", "lng")
_MORE = (
    *("contribution_date", "contributor (list)", "number_of_workers", "parent_company", "product_type"),
    *("is_closed", "sector", "country_name"),
)
_MIDDLES = [
    *("35.86166|104.195397", "14.058324|108.277199", "20.593684|78.96288"),  # China, Vietnam, India
    *("37.09024|-95.712891", "23.634501|-102.552784", "56.130366|-106.346771"),  # US, Mexico, Canada
]
_NOBODY = r"(?i)^(?:other|[0-9]+ |an? |service provider|academic|auditor|certification)"


def sites(path: Path) -> pl.LazyFrame:
    """The rows of a list or a download (csv, xls, xlsx) under the names of a download."""
    table = read.csv(path) if ".csv" in path.suffixes else office.frame(path, office.grid(path), 1)
    names = table.collect_schema().names()
    if "os_id" in names:
        return _download(path, table, names)
    _must_have(path, names, _LIST)
    key = pl.concat_str("country", "name", "address", separator="|")
    return _completed(table.with_columns(KEY=key).rename({"country": "country_code"}))


def _must_have(path: Path, names: list[str], wanted: tuple[str, ...]) -> None:
    missing = next((name for name in wanted if name not in names), None)
    if missing:
        hint = nearest(missing, names) or "is it a list or a download of Open Supply Hub?"
        raise TrinationalError(f"{path.name}: column {missing!r} is not there", hint=hint)


def _download(path: Path, table: pl.LazyFrame, names: list[str]) -> pl.LazyFrame:
    """A download; the columns of partners and claims, whose set changes, come under one name each."""
    _must_have(path, names, _DOWNLOAD)
    own = [name for name in names if name not in (ROW, PROBLEM)]
    after = own[own.index("is_closed") + 1 :] if "is_closed" in own else []
    others = [name for name in own if name.startswith("claim_") or name in after]
    return _completed(table.rename({name: f"other: {name}" for name in others}))


def _completed(table: pl.LazyFrame) -> pl.LazyFrame:
    names = table.collect_schema().names()
    wanted = dict.fromkeys([*_DOWNLOAD, *_MORE, "KEY"])
    return table.with_columns(pl.lit(None, pl.String).alias(name) for name in wanted if name not in names)


def facilities(row: Row) -> None:
    """One production site."""
    seen = date(row["contribution_date"])
    nation, address = country_named(row["country_code"]), row["address"]
    row.defaults("stated", as_of=seen)
    latitude, longitude = _coordinates(row)
    located = pl.when(latitude.clean.is_not_null())
    about: dict[str, Any] = {
        "name": text(row["name"]),
        "country": nation,
        "subdivision": state_at_end(address, nation.clean),
        "address": text(address),
        "latitude": latitude,
        "longitude": longitude,
        "coordinate_precision": located.then(pl.lit("unknown")),
        "coordinate_source": located.then(pl.lit("found from the address by Open Supply Hub")),
    }
    known = row["os_id"].is_not_null()
    plant = row.thing("Plant", ("os-id", row["os_id"]), when=known, size_band=_band(row), **about)
    row.thing("Plant", ("osh-listed", row["KEY"]), when=~known, **about)
    _company(row, plant, known)
    product = row.each("product_type", "|")
    made = row.thing("Product", ("product", product.str.to_lowercase()), when=known, name=text(product))
    row.relation("Making", when=known, plant=plant, product=made)
    closed = flag(row["is_closed"])
    row.relation(
        "PlantStatus", when=known & closed.clean, plant=plant, plant_status=pl.lit("closed"), as_of=seen
    )
    row.ignore("sector", "processing_type*", "facility_type*", why="words of the platform, no codes")
    row.ignore("country_name", why="the code is kept")
    row.ignore("other: *", why="claims may name persons; partners' columns change with each download")


def _coordinates(row: Row) -> tuple[Value, Value]:
    """Both or none; the middle of a country stands for an address that was not found."""
    middle = pl.concat_str(row["lat"], row["lng"], separator="|").is_in(_MIDDLES).fill_null(False)
    axes = (degrees(row["lat"], "latitude"), degrees(row["lng"], "longitude"))
    found = [
        Value(axis.raw, pl.when(~middle).then(axis.clean), f"{axis.wants}, other than a country's middle")
        for axis in axes
    ]
    return both(*found)


def _band(row: Row) -> Value:
    """Workers as stated: a number or a range, the first of several."""
    return code(row["number_of_workers"].str.extract(r"^([^|]*)").str.strip_chars(), "[0-9]+(?:-[0-9]+)?[+]?")


def _company(row: Row, plant: Ref, known: pl.Expr) -> None:
    """Parent companies that contributors name, and the contributors as likely buyers."""
    parent = row.each("parent_company", "|")
    owner = row.thing("Corporation", ("osh-named", parent), when=known, name=text(parent))
    row.relation(
        "Operation",
        when=known,
        plant=plant,
        operator=owner,
        operator_role=pl.lit("unknown"),
        note="named as the parent company of the site",
    )
    listed = row.each("contributor (list)", "|").str.replace(r"\s*\([^()]*\)$", "")
    named = known & ~listed.str.contains(_NOBODY) & (listed != "")
    buyer = row.thing("Corporation", ("osh-named", listed), when=named, name=text(listed), status="stated")
    row.relation(
        "Supply",
        when=named,
        supplier=plant,
        buyer=buyer,
        status="inferred",
        note="the contributor lists the site: as a rule a buyer, at times an association",
    )


SOURCE = Source(
    id="open_supply_hub",
    title="Open Supply Hub: production sites",
    publisher="Open Supply Hub and its contributors",
    licence="CC-BY-SA-4.0",
    url="https://opensupplyhub.org",
    tables=tuple(Table(pattern, sites, facilities) for pattern in ("*.csv*", "*.xlsx", "*.xls")),
    raw="open-supply-hub",
    downloads=(Download("https://opensupplyhub.org", key=True),),
    also_there=("facility_lists.json", "sectors.json", "PROVENANCE.md"),
)
