"""Power plants of Canada, Mexico and the United States with owners: the Global Power Plant Database.

The state is not given: it is read from the coordinates and said as `inferred`. Sectors stop at five digits
(22111): at six, NAICS 221111 is hydroelectric power and SCIAN 221111 fossil fuel.

Known defects. 262 Mexican plants have no coordinates and so no state. The owner stands in many spellings
(CFE, Comisión Federal de Electricidad). `CFE/PIE` is a plant of an independent producer that sells to CFE:
its owner is not named, so nobody is said to own it. Nor is an owner who may be a natural person (one). Some
cells are cut off; the shares of one plant add up to 110 percent. Not kept up since 2021.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from loaders import boundaries, read
from loaders.clean import Value, country, date, decimal, degrees, text
from loaders.row import Row
from loaders.source import Download, Source, Table
from loaders.us_names import may_be_person

COUNTRIES = {"CAN": "CA", "MEX": "MX", "USA": "US"}
_NO_OWNER = ("CFE/PIE", "Not Reported", "Private", "Hydroelectric")
_SLASHES = {"O/A": "O∕A", "50/50": "50∕50", "Vale Canada Limited/Vale Canada Limi": "Vale Canada Limited"}
_SHARE = r" *\(?([0-9]+(?:\.[0-9]+)?) ?%\)?$"
_OF_NO_ROW = {"url": None, "page_publisher": None, "page_class": None}  # of what many rows name
_REMARK = r" *\((?:Advertized[^)]*\)?|$)"


def listed(path: Path) -> pl.LazyFrame:
    """The plants, with `NATION`, `STATE` (by the coordinates) and `OWNERS` (with `|` between them)."""
    frame = read.csv(path)
    names = frame.collect_schema().names()
    if not {"country", "latitude", "longitude", "owner"} <= {*names}:
        return frame
    owner = pl.col("owner").str.strip_chars()
    owners = owner.str.replace_many([*_SLASHES], [*_SLASHES.values()]).str.replace_all(r"\s*/\s*", "|")
    frame = frame.with_columns(
        NATION=pl.col("country").replace_strict(COUNTRIES, default=None, return_dtype=pl.String),
        OWNERS=pl.when(~owner.is_in(_NO_OWNER)).then(owners.str.replace_all("∕", "/")),
    )
    return boundaries.with_subdivision(frame, "NATION", "latitude", "longitude")


def plants(row: Row) -> None:
    """A plant, its owners with their shares, its capacity, and what it makes."""
    canadian = row["source"] == "Canadian Power Plant Database"
    row.defaults(
        "stated",
        url=row["url"],
        page_publisher=pl.when(~row["source"].str.contains("^https?:")).then(row["source"]),
        page_class=pl.when(canadian).then(pl.lit("press_or_other")).otherwise(pl.lit("official")),
    )
    row.skip("not in Canada, Mexico or the United States", when=~row["country"].is_in([*COUNTRIES]))
    nation = country(row["NATION"])
    started = Value.of(
        row["commissioning_year"], lambda raw: raw.str.extract(r"^([0-9]{4})(?:\.[0-9]*)?$"), "a year"
    )
    plant = row.thing(
        "Plant",
        ("gppd", row["gppd_idnr"]),
        name=text(row["name"]),
        country=nation,
        latitude=degrees(row["latitude"], "latitude"),
        longitude=degrees(row["longitude"], "longitude"),
        coordinate_source=pl.when(row["latitude"].is_not_null()).then(row["geolocation_source"]),
        opened=started,
        note=pl.when(row["owner"] == "CFE/PIE").then(pl.lit("of an independent producer that sells to CFE")),
    )
    row.thing(
        "Plant",
        ("gppd", row["gppd_idnr"]),
        when=row["STATE"].is_not_null(),
        subdivision=row["STATE"],
        status="inferred",
        note="by the coordinates",
    )
    _say_owners(row)
    year = date(row["year_of_capacity_data"])
    row.relation(
        "Count",
        (row["gppd_idnr"], "generating_capacity"),
        when=row["capacity_mw"].is_not_null(),
        of=plant,
        measure="generating_capacity",
        value=decimal(row["capacity_mw"]),
        as_of=year,
    )
    fuel = pl.lit("primary fuel: ") + row["primary_fuel"]
    product = row.thing("Product", ("product", "electricity"), name="electricity", **_OF_NO_ROW)
    row.relation("Making", plant=plant, product=product, note=fuel, as_of=year)
    for scheme, of in (
        ("naics-2022", nation.clean.is_in(["CA", "US"])),
        ("scian-2023", nation.clean == "MX"),
    ):
        sector = row.ref("Sector", (scheme, "22111"))
        row.relation(
            "InSector", when=of, member=plant, sector=sector, status="inferred", note="it is a power plant"
        )
    _ignore(row)


def _say_owners(row: Row) -> None:
    """Each owner of the cell; the plant is named again, because a list is told row by row."""
    item = row.each("OWNERS", "|")
    name = text(item.str.replace_all(_REMARK, "").str.replace(_SHARE, ""))
    firm = ~may_be_person(name.clean)
    owner = row.thing("Corporation", ("gppd-owner", name), when=firm, name=name, **_OF_NO_ROW)
    row.relation(
        "Operation",
        plant=row.ref("Plant", ("gppd", row["gppd_idnr"])),
        operator=owner,
        operator_role="owner",
        share_pct=decimal(item.str.extract(_SHARE)),
    )


def _ignore(row: Row) -> None:
    row.ignore("owner", why="OWNERS has it, parted; who may be a natural person is left out")
    row.ignore("country_long", why="country has the code")
    row.ignore("other_fuel*", why="primary_fuel alone is noted")
    row.ignore("wepp_id", why="key of a register that is not public")
    row.ignore("generation_*", "estimated_generation_*", why="electricity made in a year, not work")


SOURCE = Source(
    id="power_plants",
    title="Global Power Plant Database 1.3.0: plants in Canada and Mexico, and the United States where given",
    publisher="World Resources Institute",
    licence="CC BY 4.0",
    url="https://datasets.wri.org/dataset/globalpowerplantdatabase",
    tables=(Table("*database*.csv", listed, plants, expected_bytes=300),),
    raw="power-plants-wri",
    downloads=tuple(
        Download(
            "https://raw.githubusercontent.com/wri/global-power-plant-database"
            f"/7a91cfbb2a4e272597acbc00506d61fc1ec73b3d/source_databases_csv/{file}",
            file,
            size,
        )
        for file, size in (("database_CAN.csv", 300_877), ("database_MEX.csv", 144_017))
    ),
    also_there=("PROVENANCE.md",),
)
