"""Notices of collective bargaining (F-7) to the Federal Mediation and Conciliation Service; first contracts.

A notice says that an agreement between a union and an employer is about to expire or be reopened. It is the
word of the party that files it; where it gives no day of expiry, no agreement is said to be there. The place
is that of the affected establishment: the employer's own state is empty in every row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from loaders import office, read
from loaders.clean import Value, date, integer, text
from loaders.places import us_state
from loaders.row import Row
from loaders.source import Download, Source, Table
from loaders.us_names import a_union, employer, say_union, union_key, with_names

_TIME_ONLY = r"^00:00(?::00)?$"


def yearly(path: Path) -> pl.LazyFrame:
    """A year's notices: csv, or a workbook whose header may stand below title lines."""
    if path.suffix != ".xlsx":
        return _named(read.csv(path), "Union Name")
    return _named(office.frame(path, office.grid(path), "Notice Date"), "Union Name")


def outcomes(path: Path) -> pl.LazyFrame:
    """Cases of bargaining for a first contract."""
    return _named(read.csv(path), "Union")


def _named(frame: pl.LazyFrame, union: str) -> pl.LazyFrame:
    """With the names that say an organization, and the key of the union."""
    return with_names(frame, FIRM=("Employer", employer), UNION=(union, a_union), KEY=(union, union_key))


def notices(row: Row) -> None:
    """One notice."""
    row.defaults("filed")
    union = say_union(row, row["UNION"], row["KEY"], "us-fmcs-f7-union:")
    row.defaults("filed", as_of=date(row["Notice Date"]))
    name, written = row["FIRM"], row["Union Name"].str.strip_chars(" -")
    row.skip("employer may be a natural person", when=row["Employer"].is_not_null() & name.is_null())
    city, state, postal = row["A-City"], row["A-State"], row["A-ZIP"]
    expires = pl.when(~row["Expiration Date"].str.contains(_TIME_ONLY)).then(row["Expiration Date"])
    unit, staff = _stated(row["Bargaining Unit Size"]), _stated(row["Establishment Size"])
    company = row.thing(
        "Corporation", ("us-fmcs-f7-employer", _joined(name, city, state)), name=text(name), place=text(city)
    )
    plant = row.thing(
        "Plant",
        ("us-fmcs-f7-site", _joined(name, city, postal, state)),
        name=text(pl.concat_str(name, city, separator=", ")),
        country="US",
        subdivision=Value(state, us_state(state), "a state of the US"),
        municipality=text(city),
        postal_code=_postal_code(postal),
    )
    agreement = row.thing(
        "Agreement",
        ("us-fmcs-f7", _joined(row["Notice Date"].str.head(10), row["Union Name"], name, city, postal)),
        when=expires.is_not_null(),
        name=text(pl.concat_str(name, written, separator=" and ")),
        country="US",
        expires=date(expires),
        workers=unit,
    )
    row.relation("Operation", plant=plant, operator=company)
    local = row["KEY"].str.extract("/(.+)$")
    row.relation(
        "Representation",
        union=union,
        plant=plant,
        employer=company,
        local=local,
        workers=unit,
        basis="filing",
    )
    row.relation("Coverage", agreement=agreement, plant=plant, union=union, employer=company)
    row.relation("Count", when=staff.raw.is_not_null(), of=plant, measure="employees", value=staff)
    row.relation(
        "Count",
        (plant, written),
        when=unit.raw.is_not_null(),
        of=plant,
        measure="bargaining_unit",
        value=unit,
        note=pl.concat_str(pl.lit("unit of "), written),
    )
    row.forbid("E-Representative", "E-Rep Phone", "U-Representative", "U-Rep Phone")
    row.ignore("E-Rep Title", "U-Rep Title", why="title of the person who signs")
    row.ignore("E-Street", "E-Street 2", "E-City", "E-ZIP", why="address of the employer's representative")
    row.ignore("E-State", why="empty: the state of the affected establishment is kept")
    row.ignore("U-Street*", "U-City", "U-State", "U-ZIP", why="address of the union's representative")
    row.ignore("Industry", why="one letter of a list that is not published")


def first_contracts(row: Row) -> None:
    """One case of bargaining for a first contract; what came of it."""
    reached = row["Basis for Closing (Case Statistics) (FMCS Case Statistics)"] == "Agreement Reached"
    name, signed = row["FIRM"], row["Contract Agreement Date"]
    row.defaults("filed")
    union = say_union(row, row["UNION"], row["KEY"], "us-fmcs-f7-union:")
    row.defaults("filed", as_of=date(pl.coalesce(signed, row["Received Date"])))
    row.skip("employer may be a natural person", when=row["Employer"].is_not_null() & name.is_null())
    row.skip("no agreement reached: nothing known to be in force", when=~reached.fill_null(False))
    company = row.thing("Corporation", ("us-fmcs-f7-employer", name), name=text(name))
    agreement = row.thing(
        "Agreement",
        ("us-fmcs-f7", _joined(pl.lit("first"), row["Received Date"], name)),
        name=text(pl.concat_str(pl.lit("first contract of "), name)),
        country="US",
        signed=date(signed),
        workers=_stated(row["BU"]),
    )
    row.relation("Coverage", agreement=agreement, union=union, employer=company)
    row.forbid(*_CONTACTS)
    row.ignore("Case Type", "N-Case Source", "N-Category", why="the same kind of case in every row")
    row.ignore("Union", why="UNION is kept: one cell holds a person")
    row.ignore("Union Local", why="empty in every row: the number stands after the union's name")
    row.ignore("N-Date Submitted", "Initiated Date", why="Received Date is kept")


_CONTACTS = (
    "Full Name (Employer Primary Contact) (Contact)",
    "Full Name (Union Primary Contact) (Contact)",
)


def _joined(*parts: pl.Expr) -> pl.Expr:
    return pl.concat_str(*parts, separator="|", ignore_nulls=True)


def _stated(cell: pl.Expr) -> Value:
    """A number of workers; 0 stands for "not stated"."""
    return integer(pl.when(~cell.str.contains(r"^0+(?:\.0*)?$")).then(cell))


def _postal_code(cell: pl.Expr) -> Value:
    """Five digits, of nine where four more follow; zeros in front may be lost."""
    code = pl.when(cell.str.contains("^(?:[0-9]{3,5}|[0-9]{9})$")).then(cell.str.zfill(5).str.head(5))
    return Value(cell, code, "a postal code of five or nine digits")


def _newest(paths: Sequence[Path]) -> str:
    """The newest fiscal year of the notices."""
    years = [found[1] for path in paths if (found := re.match("FY-([0-9]{4})", path.name))]
    return max(years, default="first-contracts")


_COPIES = "https://raw.githubusercontent.com/labordata/fmcs-f7/b39c3617dea554949d93a98296e9d95ce6656b77/raw"


SOURCE = Source(
    id="us_fmcs_f7",
    title="Notices of collective bargaining (F-7)",
    publisher="US Federal Mediation and Conciliation Service",
    licence="US Government work (public domain)",
    url="https://www.fmcs.gov/resources/documents-and-data/",
    tables=(
        Table("FY-*F-7-Notices*.csv*", yearly, notices, expected_bytes=200),
        Table("FY-*F-7-Notices*.xlsx", yearly, notices, expected_bytes=1000),
        Table("initial_contract_outcomes*.csv*", outcomes, first_contracts, expected_bytes=200),
    ),
    release=_newest,
    raw="us-fmcs-f7",
    downloads=(
        *(
            Download(f"{_COPIES}/FY-{year}-F-7-Notices.xlsx", f"FY-{year}-F-7-Notices.xlsx")
            for year in (2004, 2015, 2016, 2017, 2018)
        ),
        Download(f"{_COPIES}/to_contract.csv", "initial_contract_outcomes.csv"),
        Download("https://www.fmcs.gov/resources/documents-and-data/"),
    ),
    also_there=("PROVENANCE.md",),
)
