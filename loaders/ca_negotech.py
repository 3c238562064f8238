"""Collective agreements of Canada (Negotech), a file of 30 tab-separated columns without header.

No real file could be had: the order of the columns is the published one, the forms of dates, provinces and
indicators are read as widely as is safe, and a row whose cells do not fit their place is rejected.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from loaders.clean import Value, date, integer, text
from loaders.read import BLANK, PROBLEM
from loaders.row import Ref, Row
from loaders.sectors import known_class
from loaders.source import Source, Table
from loaders.union_names import squash
from ontology import TrinationalError

COLUMNS = (
    *("agreement number", "effective", "expiry", "settlement date", "jurisdiction", "jurisdiction code"),
    *("employees", "NAICS 2", "public or private", "NAICS", "summary indicator", "province code"),
    *("province en", "province fr", "city en", "city fr", "place en", "place fr"),
    *("union id", "union en", "union fr", "affiliation", "acronym en", "acronym fr", "NOC"),
    *("agreement en", "agreement fr", "company en", "company fr", "current indicator"),
)
# Postal abbreviations and geographical codes of Statistics Canada.
_CODES = "10 NL|11 PE|12 NS|13 NB|24 QC|35 ON|46 MB|47 SK|48 AB|59 BC|60 YT|61 NT|62 NU"
PROVINCES = {code: f"CA-{pair[3:]}" for pair in _CODES.split("|") for code in (pair[:2], pair[3:])}
_DATES = ("YYYY/MM/DD", "YYYYMMDD")
_SHAPE = {
    "agreement number": "[0-9A-Z-]{3,20}",
    "effective": r"[0-9]{4}[-/]?[0-9]{2}[-/]?[0-9]{2}.*",
    "expiry": r"[0-9]{4}[-/]?[0-9]{2}[-/]?[0-9]{2}.*",
    "settlement date": r"[0-9]{4}[-/]?[0-9]{2}[-/]?[0-9]{2}.*",
    "employees": "[0-9,]+",
    "NAICS 2": "[0-9]{2}(?:-[0-9]{2})?",
    "NAICS": "[0-9]{2,6}(?:-[0-9]{2})?",
}
_NO_CITY = r"(?i)^(?:various|several|multi|province|canada|divers|other)"
_NO_BODY = r"(?i)independent|unaffiliated|indépendant|non affilié|^(?:none|n/a)$"


def headerless(path: Path) -> pl.LazyFrame:
    """The lines under the published names of the columns; a line with cells out of place is a problem."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path.name}: byte {error.start} is not UTF-8"
        raise TrinationalError(message, hint="it may be cp1252: save it as UTF-8") from error
    lines = [line.split("\t") for line in content.splitlines()]
    if not any(len(line) == len(COLUMNS) for line in lines[:100]):
        raise TrinationalError(
            f"{path.name}: no line has {len(COLUMNS)} tab-separated cells",
            hint="the layout is 30 columns without header, see docs/reference",
        )
    cells = [[*line, *[""] * len(COLUMNS)][: len(COLUMNS)] for line in lines]
    data = {name: pl.Series([row[n] for row in cells], dtype=pl.String) for n, name in enumerate(COLUMNS)}
    wrong = [_width(line) for line in lines]
    frame = pl.LazyFrame({**data, PROBLEM: pl.Series(wrong, dtype=pl.String)})
    misplaced = pl.coalesce(
        pl.when(~pl.col(name).str.strip_chars().str.contains(f"^(?:{shape})?$")).then(
            pl.lit(f"the cell in column {name!r} is no such thing: columns moved?")
        )
        for name, shape in _SHAPE.items()
    )
    return frame.with_columns(pl.coalesce(PROBLEM, misplaced).alias(PROBLEM))


def _width(line: list[str]) -> str | None:
    if not any(cell.strip() for cell in line):
        return BLANK
    return None if len(line) == len(COLUMNS) else f"{len(line)} fields instead of {len(COLUMNS)}"


def agreements(row: Row) -> None:
    """One agreement: parties, unit, place, term."""
    effective, expiry = date(row["effective"], *_DATES), date(row["expiry"], *_DATES)
    row.defaults("filed", as_of=effective, page_class="official", note=_note(row))
    number, workers = row["agreement number"], integer(row["employees"])
    agreement = row.thing(
        "Agreement",
        ("ca-negotech", number),
        name=text(pl.coalesce(row["agreement en"], row["agreement fr"])),
        other_names=_other(row["agreement fr"], row["agreement en"]),
        country="CA",
        effective=effective,
        expires=expiry,
        signed=date(row["settlement date"], *_DATES),
        workers=workers,
    )
    row.defaults("filed", as_of=effective, page_class="official", note=None)
    union = row.thing(
        "Union",
        ("ca-negotech-union", row["union id"]),
        name=text(pl.coalesce(row["union en"], row["union fr"])),
        other_names=_other(row["union fr"], row["union en"]),
        abbreviation=pl.coalesce(row["acronym en"], row["acronym fr"]),
        level="union",
    )
    employer, plant = _employer(row)
    ended = pl.when(row["current indicator"].str.contains("(?i)^(?:N|NO|NON|0|F)$"))
    row.relation("Coverage", agreement=agreement, union=union, employer=employer, plant=plant)
    row.relation(
        "Representation",
        union=union,
        plant=plant,
        employer=employer,
        workers=workers,
        since=effective,
        until=Value(ended.then(row["expiry"]), ended.then(expiry.clean), expiry.wants),
        representation_status="recognized",
        basis="agreement",
    )
    row.relation(
        "Count", of=plant, measure="bargaining_unit", value=workers, when=row["employees"].is_not_null()
    )
    stated = pl.coalesce(row["NAICS"], row["NAICS 2"])
    known = known_class("naics-2022", stated)
    for member in (agreement, plant):
        row.relation(
            "InSector",
            member=member,
            sector=row.ref("Sector", ("naics-2022", known), when=known.is_not_null()),
            code_as_stated=stated,
            note="NAICS Canada, the edition is not stated: the nearest class of NAICS 2022",
        )
    affiliated = row["affiliation"].is_not_null() & ~row["affiliation"].str.contains(_NO_BODY)
    body = row.thing(
        "Union",
        ("ca-negotech-union", "affiliation", squash(row["affiliation"])),
        when=affiliated,
        name=text(row["affiliation"]),
        level="confederation",
    )
    row.relation("Affiliation", member=union, body=body, affiliation_kind="affiliate")
    row.ignore("NOC", why="occupations of the unit have no place in the graph")
    row.ignore("summary indicator", why="says whether a summary of the agreement exists")
    row.ignore(
        "place en", "place fr", "city fr", "province en", "province fr", why="city and province code are kept"
    )


def _employer(row: Row) -> tuple[Ref, Ref]:
    """The company, and its workplace where one city is named."""
    name = pl.coalesce(row["company en"], row["company fr"])
    employer = row.thing(
        "Corporation",
        ("ca-negotech-employer", squash(name)),
        when=name.is_not_null(),
        name=text(name),
        other_names=_other(row["company fr"], row["company en"]),
    )
    city = row["city en"]
    province = row["province code"]
    plant = row.thing(
        "Plant",
        ("ca-negotech-site", squash(name), squash(city), province),
        when=name.is_not_null() & city.is_not_null() & province.is_not_null() & ~city.str.contains(_NO_CITY),
        name=text(pl.concat_str(name, city, separator=", ")),
        country="CA",
        subdivision=Value(
            province,
            province.replace_strict(PROVINCES, default=None, return_dtype=pl.String),
            "a province",
            [*PROVINCES],
        ),
        municipality=text(city),
    )
    row.relation("Operation", plant=plant, operator=employer)
    return employer, plant


def _other(name: pl.Expr, first: pl.Expr) -> pl.Expr:
    """A second name, as a list."""
    return pl.when((name != first).fill_null(False)).then(pl.concat_list(name))


def _note(row: Row) -> pl.Expr:
    """Jurisdiction and sector of ownership, in the words of the file."""
    parts = [
        pl.lit("jurisdiction: ") + pl.coalesce(row["jurisdiction"], row["jurisdiction code"]),
        row["public or private"],
    ]
    words = pl.concat_str(parts, separator="; ", ignore_nulls=True)
    return pl.when(words != "").then(words)


SOURCE = Source(
    id="ca_negotech",
    title="Collective agreements of Canada (Negotech); layout as published, not tried on a real file",
    publisher="Employment and Social Development Canada (ESDC)",
    licence="Open Government Licence - Canada",
    url="https://negotech.service.canada.ca/",
    tables=(Table("*negotech*", headerless, agreements, expected_bytes=50),),
    raw="ca-negotech",
    also_there=("PROVENANCE.md",),
)
