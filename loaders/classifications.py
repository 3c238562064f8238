"""Products of the Harmonized System (HS 2022) and the industries that make them, by the US Schedule B.

The industry classifications of the folder are not loaded from here: NAICS 2022, SCIAN 2023, ISIC Rev. 4 and
their concordances (`naics2022-codes.csv`, `SCIAN_2023…xlsx`, `ISIC_Rev_4…txt`, `2017_NAICS_to_ISIC_4.xlsx`,
`scian2018-ciiu4.csv`) are in `ontology/sectors`, written from these very files. Not used at all: other
editions (`SCIAN_07_ISIC_4.xlsx`, `2017_to_2012_NAICS.xlsx`, the codes and texts of NAICS 2017), the
input-output industries (`2012_BEA_to_2012_NAICS.csv`) and the names of the HS sections.

Known defects. Schedule B is of 2019: it names HS 2017 and NAICS of that time. A heading that HS 2022 lacks is
left out, a class that NAICS 2022 lacks is read as the class above it; `code_as_stated` keeps the code.
`11211X` stands for several classes; 91, 93 and 99 (scrap, used and special goods) are no industries.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from loaders import read
from loaders.clean import code, text
from loaders.read import PROBLEM, ROW
from loaders.row import Row
from loaders.sectors import known_class
from loaders.source import Source, Table
from ontology import TrinationalError

_HS = "harmonized-system*.csv*"
# Columns of Schedule B: name, first character from 0 on, characters.
_LAYOUT = {
    "code": (0, 10),
    "short description": (14, 50),
    "description": (69, 150),
    "unit 1": (224, 3),
    "unit 2": (232, 3),
    "SITC": (240, 5),
    "end use": (250, 5),
    "USDA": (260, 1),
    "NAICS": (265, 6),
    "HITECH": (276, 2),
}
_WIDTH = 278


def products(row: Row) -> None:
    """A chapter, heading or subheading of the Harmonized System."""
    row.defaults("stated")
    row.skip("total of all goods", when=row["hscode"] == "TOTAL")
    number = code(row["hscode"], "[0-9]{2}|[0-9]{4}|[0-9]{6}", "an HS code of 2, 4 or 6 digits")
    row.thing(
        "Product",
        ("hs", number),
        name=text(row["description"]),
        hs_code=number,
        broader=row.ref("Product", ("hs", row["parent"]), when=row["parent"] != "TOTAL"),
    )
    row.ignore("section", why="a group of chapters without code of its own")
    row.ignore("level", why="the number of digits")


def schedule_b(path: Path) -> pl.LazyFrame:
    """Lines of fixed width, with `HS` (six digits) and `KNOWN` (HS 2022 has them)."""
    found = read.lines(path, "ascii")
    width = pl.col("line").str.len_bytes()
    cells = [pl.col("line").str.slice(*place).alias(name) for name, place in _LAYOUT.items()]
    wrong = pl.format("{} characters instead of {}", width, pl.lit(_WIDTH))
    blank = pl.when(width == 0).then(pl.lit(read.BLANK)).otherwise(wrong)
    frame = pl.LazyFrame({"line": found}, {"line": pl.String()}).with_row_index(ROW, offset=1)
    frame = frame.with_columns(*cells, pl.when(width != _WIDTH).then(blank).alias(PROBLEM)).drop("line")
    return frame.with_columns(pl.col(ROW).cast(pl.Int64), HS=pl.col("code").str.head(6)).with_columns(
        KNOWN=pl.when(pl.col("HS").is_in(_headings(path))).then(pl.lit("yes"))
    )


def _headings(path: Path) -> list[str]:
    """The codes of HS 2022, from the file beside."""
    beside = sorted(path.parent.glob(_HS))
    if not beside:
        raise TrinationalError(
            f"{path.name}: there is no {_HS} beside it", hint="its headings are needed: load the folder"
        )
    codes = read.csv(beside[0])
    names = codes.collect_schema().names()
    return codes.select("hscode").collect()["hscode"].to_list() if "hscode" in names else []


def concordance(row: Row) -> None:
    """The industry whose goods an export code of the US covers."""
    row.defaults("stated", page_class="official", as_of="2019")
    row.skip("no heading of HS 2022", when=row["KNOWN"].is_null())
    row.skip("no industry: scrap, used or special goods", when=row["NAICS"].str.starts_with("9"))
    stated = code(row["NAICS"], "[0-9]{4,6}X{0,2}", "a NAICS code")
    row.relation(
        "InSector",
        (row["HS"], stated),
        member=row.ref("Product", ("hs", row["HS"])),
        sector=row.ref(
            "Sector", ("naics-2022", known_class("naics-2022", stated.clean.str.strip_chars("X")))
        ),
        code_as_stated=stated,
        note="NAICS of the US Schedule B of 2019, read as NAICS 2022",
    )
    row.ignore("code", why="HS has its first six digits; the others are national")
    row.ignore("short description", "description", why="of the national code; the product has its HS name")
    row.ignore("unit 1", "unit 2", why="units of quantity")
    row.ignore("SITC", "end use", "USDA", "HITECH", why="other classifications of goods")


SOURCE = Source(
    id="classifications",
    title="Harmonized System 2022 and US Schedule B 2019 with NAICS",
    publisher="WCO (by UN Comtrade), US Census Bureau",
    licence="ODC-PDDL (HS), US Government work, public domain (Schedule B)",
    url="https://www.census.gov/foreign-trade/reference/codes/",
    tables=(
        Table(_HS, read.csv, products, expected_bytes=60),
        Table("hs-10d-*-exp-code.txt*", schedule_b, concordance, expected_bytes=100),
    ),
    raw="industry-classifications",
    also_there=(
        "PROVENANCE.md",
        "naics2022-codes.csv",
        "SCIAN_2023*.xlsx",
        "ISIC_Rev_4*.txt",
        "2017_NAICS_to_ISIC_4.xlsx",
        "scian2018-ciiu4.csv",
        "SCIAN_07_ISIC_4.xlsx",
        "2017_to_2012_NAICS.xlsx",
        "6-digit_2017_Codes.xlsx",
        "2017_titles_descriptions.csv*",
        "2012_BEA_to_2012_NAICS.csv",
        "hs-sections.csv",
    ),
)
