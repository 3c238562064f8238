"""Names in US registers: unions by abbreviation and number, employers that may be people."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from loaders import read
from loaders.us_names import employer, may_be_person, named_local, union_key

KEYS = {
    "UAW - 174": "UAW/174",
    "UAW - ": "UAW",
    "UAW": "UAW",
    "IAM - 570 DISTRICT 166": "IAM/570",
    "IAM District 10 66": "IAM/66",
    "IAM DISTRICT 9": "IAM/DISTRICT 9",
    "IBT Local 120": "IBT/120",
    "IBT Local ": "IBT",
    "IUOE AFL-CIO 324": "IUOE/324",
    "UFCW Local 422S": "UFCW/422S",
    "UFCW 0023": "UFCW/23",
    "AFSCME - 1199-C": "AFSCME/1199-C",
    "BAC - 5 NEW YORK": "BAC/5 NEW YORK",
    "Unite Here Local 1": "UNITHE/1",
    "UNITE - 504": "UNITE/504",
    "SEIU Local N/A": "SEIU",
    "USWU 74": None,
    "AEA - 5": None,
    "Illinois Nurses Association": None,
}
LOCALS = {
    "International Brotherhood of Teamsters, Local No. 9": "IBT/9",
    "Local 337, International Brotherhood of Teamsters (IBT)": "IBT/337",
    "TEAMSTERS LOCAL 657 AND TEAMSTERS LOCAL 988, AS JOINT REPRESENTATIVE": None,
    "International Association of Machinists and Aerospace Workers, District Lodge 725": None,
    "Teamsters Local 7, District 9 of the IBT": None,
    "SEIU Local 32BJ": None,
    "Local 70, Sample Union": None,
    "SEIU, UFCW Local 12": None,
}
PEOPLE = {
    "JOHN Q SAMPLE": True,
    "SAMPLE, JOHN": True,
    "Dr. John Sample": True,
    "RALPH SAMPLE DDS": True,
    "Sample Inc. and Jane Roe, an Individual": True,
    "John Sample as an Agent of Employers": True,
    "DAVID B CONDON": True,
    "JOHN SAMPLE JAMES ROE": True,
    "W. Scott Sample": True,
    "SAMPLE CONDOMINIUM": False,
    "JOHN DEERE": False,
    "Fred Meyer, Inc.": False,
    "JOHN SAMPLE PAINTING": False,
    "Thomas & Sons": False,
    "Kaiser Permanente": False,
    "Individual FoodService": False,
    "Casino LLC (individually and as a single employer)": False,
    "DDS Enterprises, Inc.": False,
}


@pytest.mark.parametrize("name", KEYS)
def test_key_of_a_union(name: str) -> None:
    assert pl.select(union_key(pl.lit(name))).item() == KEYS[name]


@pytest.mark.parametrize("name", LOCALS)
def test_local_that_a_long_name_gives(name: str) -> None:
    assert pl.select(named_local(pl.lit(name))).item() == LOCALS[name]


@pytest.mark.parametrize("name", PEOPLE)
def test_names_of_people(name: str) -> None:
    assert pl.select(may_be_person(pl.lit(name))).item() is PEOPLE[name]


def test_a_person_trading_under_a_name() -> None:
    names = pl.Series(["John Sample d/b/a Sample Shows", "Acme LLC d/b/a Acme", "John Sample d/b/a Ann Roe"])
    assert pl.select(employer(names)).to_series().to_list() == ["Sample Shows", "Acme LLC d/b/a Acme", None]


def test_real_union_names(raw: Path) -> None:
    names = read.csv(raw / "us-fmcs-f7/FY-2004-F-7-Notices.csv.gz").select(pl.col("Union Name")).collect()
    keys = names.select(union_key(pl.col("Union Name"))).to_series()
    assert keys.is_not_null().mean() > 0.9  # type: ignore[operator]
    assert keys.str.contains("/[0-9]+$").mean() > 0.8  # type: ignore[operator]
