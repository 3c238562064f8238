"""Codes of plants and makers in the vehicle product catalogue of NHTSA: tyre plants of the world above all.

A code is given to a plant once and stays in the list, often with the owner of its day (Mohawk, Dunlop):
an operation has no dates here, and its note says so. One plant can hold several codes.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import Value, code, country, term, text
from loaders.people import fold
from loaders.places import subdivision_of
from loaders.row import Ref, Row
from loaders.source import Download, Source, Table
from loaders.us_aala import COUNTRIES
from ontology import TrinationalError

_COUNTRIES = {name.upper(): code for name, code in COUNTRIES.items()} | {
    "ALGERIA": "DZ",
    "ARMENIA": "AM",
    "AUSTRAILIA": "AU",
    "BELARUS": "BY",
    "CAMBODIA": "KH",
    "CHILE": "CL",
    "COLOMBIA": "CO",
    "COSTA RICA": "CR",
    "ECUADOR": "EC",
    "EGYPT": "EG",
    "ENGLAND": "GB",
    "ETHIOPIA": "ET",
    "GRAND DUCHY OF LUXEMBOURG": "LU",
    "HONG KONG": "HK",
    "IRAN": "IR",
    "ISRAEL": "IL",
    "LAOS": "LA",
    "LUXEMBOURG": "LU",
    "MOROCCO": "MA",
    "MOZAMBIQUE": "MZ",
    "MYANMAR": "MM",
    "N. IRELAND": "GB",
    "NEW ZEALAND": "NZ",
    "NORWAY": "NO",
    "P.R. CHINA": "CN",
    "PAKISTA": "PK",
    "PAKISTAN": "PK",
    "PERU": "PE",
    "RU": "RU",
    "RUSSIA": "RU",
    "SCOTLAND": "GB",
    "SOUTH VIETNAM": "VN",
    "SRI LANKA": "LK",
    "SWITZERLAND": "CH",
    "TRINIDAD": "TT",
    "TUNISIA": "TN",
    "U.S.A.": "US",
    "UNITED KINGDOM (UK)": "GB",
    "UNITED STATES (USA)": "US",
    "URUGUAY": "UY",
    "USA": "US",
    "UZBEKISTAN": "UZ",
    "VENEZUELA": "VE",
    "VN": "VN",
    "ZIMBABWE": "ZW",
}
_MEXICAN = {"S.L.P.": "MX-SLP", "MEXICO, D.F.": "MX-CMX", "EDO. DE MEXICO": "MX-MEX", "DF": "MX-CMX"}
# Number of an equipment type -> what is made, and its class in NAICS and SCIAN, and in ISIC.
_MADE = {"1": ("tires", "326211", "2211"), "16": ("retreaded tires", "326212", "2211")}
_TYPE = r"Equipment Type: *([0-9]+)"
_SITE = r"^(.+?(?:LLC|INC|L\.P|C\.? ?V|CORP)\.?) */ *([^/]+)$"
_CANADIAN = "^[A-Z][0-9O][A-Z] ?[0-9O][A-Z][0-9O]$"
_BOX = r"(?i)^(?:P\.? ?O\.? ?BOX|APARTADO|PRIVATE BAG)"
_NO_TOWN = r"(?i)[0-9]|apartado"
_PAST = "the list keeps a code with the owner of its day: not dated"


def plants(path: Path) -> pl.LazyFrame:
    """Plants of one type of equipment, with the type that was asked for and whether an old code is unique."""
    frame = read.objects(path, "Results")
    asked = re.search(_TYPE, path.read_text(encoding="utf-8-sig"))
    names = frame.collect_schema().names()
    if not {"DOTCode", "OldDotCode", "Country"} <= {*names}:
        return frame
    if asked is None or asked[1] not in _MADE:
        raise TrinationalError(
            f"{path.name}: SearchCriteria names no equipment type of tyres", hint="types: " + ", ".join(_MADE)
        )
    old = pl.col("OldDotCode").str.strip_chars()
    return frame.with_columns(
        pl.lit(asked[1]).alias("TYPE"),
        pl.when((old != "") & (pl.col("DOTCode").n_unique().over(old) == 1)).then(old).alias("OLD"),
        pl.col("Country").str.strip_chars().str.to_uppercase().alias("COUNTRY"),
    )


def located(row: Row) -> None:
    """One code: the plant, who held it, whether the list calls it active, and what is made there."""
    row.defaults("filed", page_class="official", evidence_type="register")
    site = country(row["COUNTRY"], _COUNTRIES)
    postal = row["PostalCode"].str.to_uppercase()
    astray = (site.clean == "CA") & postal.is_not_null() & ~postal.str.contains(_CANADIAN)
    land = Value(
        site.raw, pl.when(~astray.fill_null(False)).then(site.clean), "a country that fits the postal code"
    )
    nation = land.clean
    name, address, city = row["Name"], row["Address"], row["City"].str.strip_chars(", ")
    made = {number: word for number, (word, _, _) in _MADE.items()}
    key = code(row["DOTCode"], "[A-Z0-9]{2,3}", "a plant code of two or three signs")
    plant = row.thing(
        "Plant",
        ("us-dot-tyre", key),
        name=text(pl.concat_str(name, city, separator=", ", ignore_nulls=True)),
        country=land,
        subdivision=_state(row, nation),
        municipality=text(pl.when(~city.str.contains(_NO_TOWN)).then(city)),
        place=text(row["StateProvince"]),
        address=text(pl.when(~address.str.contains(_BOX)).then(address)),
        postal_code=row["PostalCode"],
        same_as=pl.when(row["OLD"].is_not_null()).then(
            pl.concat_list(pl.lit("us-dot-tyre-old:") + row["OLD"])
        ),
    )
    owner = pl.coalesce(name.str.extract(_SITE, 1), name).str.replace(r" *\(PLANT [^)]*\)", "")
    operator = row.thing(
        "Corporation", ("us-vpic-owner", text(owner).clean.str.to_lowercase()), name=text(owner)
    )
    row.relation("Operation", plant=plant, operator=operator, note=_PAST)
    status = term(row["Status"], "plant-status", {"Active": "open", "Closed": "closed"})
    row.relation("PlantStatus", when=row["Status"].is_not_null(), plant=plant, plant_status=status)
    what = row["TYPE"].replace_strict(made, default=None, return_dtype=pl.String)
    product = row.thing("Product", ("product", what), name=what)
    row.relation("Making", plant=plant, product=product)
    _sector(row, plant, nation)
    row.ignore("Country", why="COUNTRY is the same text in capitals")
    row.ignore("OldDotCode", why="OLD is the same code where it is of one plant")


def _state(row: Row, nation: pl.Expr) -> pl.Expr:
    """State or province, from its own cell or after the town."""
    city, state = fold(row["City"]), fold(row["StateProvince"])
    capital = city.str.contains("^(?:CIUDAD DE MEXICO|MEXICO CITY)$") | (state == "AZCAPOTZALCO")
    mexican = pl.coalesce(
        pl.when(capital.fill_null(False)).then(pl.lit("MX-CMX")),
        state.replace_strict(_MEXICAN, default=None, return_dtype=pl.String),
    )
    return pl.coalesce(
        pl.when(nation == "MX").then(mexican),
        subdivision_of(row["StateProvince"], nation),
        subdivision_of(row["City"].str.extract(", *([^,]+)$", 1), nation),
    )


def _sector(row: Row, plant: Ref, nation: pl.Expr) -> None:
    """The class of making tyres, in the scheme of the plant's country."""
    america, world = (
        row["TYPE"].replace_strict(
            {number: found[place] for number, found in _MADE.items()}, default=None, return_dtype=pl.String
        )
        for place in (1, 2)
    )
    schemes = (
        ("naics-2022", america, nation.is_in(["US", "CA"])),
        ("scian-2023", america, nation == "MX"),
        ("isic-4", world, ~nation.is_in(["US", "CA", "MX"])),
    )
    for scheme, cls, when in schemes:
        row.relation(
            "InSector",
            when=when & cls.is_not_null(),
            member=plant,
            sector=row.ref("Sector", (scheme, cls)),
            status="inferred",
            note="read from the type of equipment",
        )


def makers(row: Row) -> None:
    """A manufacturer of vehicles, by its number."""
    row.defaults("filed", page_class="official", evidence_type="register")
    nation = country(row["Country"].str.to_uppercase(), _COUNTRIES)
    row.thing(
        "Corporation",
        ("us-vpic-maker", row["Mfr_ID"]),
        name=text(row["Mfr_Name"]),
        other_names=pl.when(row["Mfr_CommonName"] != row["Mfr_Name"]).then(
            pl.concat_list(row["Mfr_CommonName"])
        ),
        note=pl.lit("address in ") + nation.clean,
    )
    row.ignore("VehicleTypes", why="types of vehicles, without place")


def identifiers(row: Row) -> None:
    """A world manufacturer identifier and the maker that it was given to."""
    row.defaults("filed", page_class="official", evidence_type="register")
    row.thing(
        "Corporation",
        ("us-vpic-maker", row["Id"]),
        name=text(row["Name"]),
        note=pl.concat_str(pl.lit("WMI "), row["WMI"], pl.lit(", "), row["VehicleType"]),
    )
    row.ignore("Country", why="country of the address given with the identifier: not that of the maker")
    row.ignore("CreatedOn", "UpdatedOn", "DateAvailableToPublic", why="dates of the entry")


def _objects(path: Path) -> pl.LazyFrame:
    return read.objects(path, "Results")


SOURCE = Source(
    id="us_vpic",
    title="vPIC: plant codes of tyres and manufacturers of vehicles",
    publisher="US National Highway Traffic Safety Administration",
    licence="US Government work, public domain",
    url="https://vpic.nhtsa.dot.gov/api/",
    tables=(
        Table("GetEquipmentPlantCodes*.json", plants, located, expected_bytes=300),
        Table("GetAllManufacturers*.json", _objects, makers, expected_bytes=200),
        Table("GetWMIsForManufacturer*.json", _objects, identifiers, expected_bytes=200),
    ),
    raw="us-nhtsa-vpic",
    downloads=(
        Download(
            "https://vpic.nhtsa.dot.gov/api/vehicles/GetEquipmentPlantCodes"
            "?year=2016&equipmentType=1&reportType=All&format=json",
            "GetEquipmentPlantCodes_2016_tires.json",
            295_095,
        ),
        Download("https://vpic.nhtsa.dot.gov/api/"),
    ),
    also_there=("PROVENANCE.md",),
)
