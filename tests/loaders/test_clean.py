"""Cleaners: what they take, what they refuse, and that nothing slips through."""

from __future__ import annotations

import datetime
import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders import clean
from loaders.clean import Value
from ontology import TrinationalError

CELL = pl.col("cell")


def cleaned(value: Value, cells: list[str | None]) -> list[Any]:
    return pl.DataFrame({"cell": pl.Series(cells, dtype=pl.String)}).select(value.clean).to_series().to_list()


def bad(value: Value, cells: list[str | None]) -> list[bool]:
    return pl.DataFrame({"cell": pl.Series(cells, dtype=pl.String)}).select(value.bad).to_series().to_list()


@pytest.mark.parametrize(
    ("value", "cell", "expected"),
    [
        (clean.integer(CELL), "1,250,000", 1250000),
        (clean.integer(CELL), "-3", -3),
        (clean.integer(CELL), "12.00", 12),
        (clean.integer(CELL), "12.5", None),
        (clean.integer(CELL), "1,25", None),
        (clean.integer(CELL), "٣", None),
        (clean.integer(CELL), "99999999999999999999", None),
        (clean.decimal(CELL), "1,250.75", 1250.75),
        (clean.decimal(CELL), "nan", None),
        (clean.decimal(CELL), "inf", None),
        (clean.decimal(CELL), "1e5", None),
        (clean.decimal(CELL), ".", None),
        (clean.date(CELL), "2020-02-29", "2020-02-29"),
        (clean.date(CELL), "2000-02-29", "2000-02-29"),
        (clean.date(CELL), "1900-02-29", None),
        (clean.date(CELL), "2021-04-31", None),
        (clean.date(CELL), "2021-13", None),
        (clean.date(CELL), "21-5-1", None),
        (clean.date(CELL), "9999-12-31", None),
        (clean.date(CELL), "2021-06-28 17:42:11.0", "2021-06-28"),
        (clean.date(CELL), "2021-06-28T17:42:11Z", "2021-06-28"),
        (clean.date(CELL, "MM/DD/YYYY"), "6/28/2021", "2021-06-28"),
        (clean.date(CELL, "MM/DD/YYYY"), "28/6/2021", None),
        (clean.date(CELL, "DD/MM/YYYY"), "28/6/2021", "2021-06-28"),
        (clean.date(CELL, "MM/YYYY"), "06/2021", "2021-06"),
        (clean.date(CELL, "YYYYMMDD"), "20210628", "2021-06-28"),
        (clean.date(CELL, "MM/DD/YYYY"), "6/28/2021 12:00:00 AM", "2021-06-28"),
        (clean.degrees(CELL, "latitude"), "20.64233", 20.64233),
        (clean.degrees(CELL, "latitude"), "20°41'24\"", 20.69),
        (clean.degrees(CELL, "latitude"), "91", None),
        (clean.degrees(CELL, "latitude"), "20°61'0\"", None),
        (clean.degrees(CELL, "longitude", west=True), "100°18'36\"", -100.31),
        (clean.degrees(CELL, "longitude", west=True), "-100.31", -100.31),
        (clean.degrees(CELL, "longitude"), "100.31 W", -100.31),
        (clean.flag(CELL), "Sí", True),
        (clean.flag(CELL), "F", False),
        (clean.country(CELL), "UX", None),
        (clean.country(CELL, {"Mexico": "MX"}), "Mexico", "MX"),
        (clean.subdivision(CELL), "MX-GUA", "MX-GUA"),
        (clean.code(CELL, "[0-9]{4}"), "0361", "0361"),
        (clean.code(CELL, "[0-9]{4}"), "03611", None),
    ],
)
def test_a_cell_is_read_or_refused(value: Value, cell: str, expected: object) -> None:
    assert cleaned(value, [cell]) == [expected]
    assert bad(value, [cell, None]) == [expected is None, False]


def test_zero_coordinates_can_stand_for_nothing() -> None:
    value = clean.degrees(CELL, "latitude", zero_is_missing=True)
    assert bad(value, ["0", "0°0'0\"", "0.000", "x"]) == [False, False, False, True]
    assert cleaned(value, ["0", "0°0'0\"", "20.5"]) == [None, None, 20.5]


def test_lists_keep_the_good_items_and_are_bad_where_one_is() -> None:
    value = clean.terms(CELL, "allegation", ";")
    cells = ["coercion; retaliation;", "coercion;nonsense", " ; ", None]
    assert bad(value, cells) == [False, True, True, False]
    assert cleaned(value, cells)[0] == ["coercion", "retaliation"]


def test_a_scheme_or_term_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(TrinationalError, match="union-levels") as caught:
        clean.term(CELL, "union-levels")
    assert "union-level" in caught.value.hint
    with pytest.raises(TrinationalError, match="locl") as caught:
        clean.term(CELL, "union-level", {"LU": "locl"})
    assert "local" in caught.value.hint


@given(st.dates(datetime.date(1600, 1, 1), datetime.date(2199, 12, 31)))
def test_every_day_is_read_in_every_layout(day: datetime.date) -> None:
    iso = day.isoformat()
    assert cleaned(clean.date(CELL), [iso, iso[:7], iso[:4]]) == [iso, iso[:7], iso[:4]]
    american = f"{day.month}/{day.day}/{day.year:04}"
    assert cleaned(clean.date(CELL, "MM/DD/YYYY"), [american]) == [iso]
    assert cleaned(clean.date(CELL, "YYYYMMDD"), [iso.replace("-", "")]) == [iso]


@given(st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True))
def test_a_day_that_is_not_in_the_calendar_is_refused(text: str) -> None:
    try:
        known = 1600 <= datetime.date.fromisoformat(text).year <= 2199
    except ValueError:
        known = False
    assert cleaned(clean.date(CELL), [text]) == [text if known else None]


@given(st.floats(-180, 180).map(lambda number: round(number, 6)))
def test_degrees_minutes_seconds_say_the_same_as_decimals(number: float) -> None:
    size = abs(number)
    minutes = size % 1 * 60
    text = f"{'-' if number < 0 else ''}{int(size)}°{int(minutes)}'{minutes % 1 * 60:.6f}\""
    [found] = cleaned(clean.degrees(CELL, "longitude"), [text])
    assert found is None or math.isclose(found, number, abs_tol=1e-6)
    assert cleaned(clean.degrees(CELL, "longitude"), [f"{number:.6f}"]) == [pytest.approx(number, abs=1e-7)]


CLEANERS = [
    clean.text(CELL),
    clean.integer(CELL),
    clean.decimal(CELL),
    clean.date(CELL, "MM/DD/YYYY", "YYYYMMDD"),
    clean.degrees(CELL, "longitude", west=True, zero_is_missing=True),
    clean.flag(CELL),
    clean.term(CELL, "union-level"),
    clean.terms(CELL, "allegation", ";"),
    clean.texts(CELL, " ; "),
    clean.country(CELL),
    clean.subdivision(CELL),
]


@given(st.lists(st.one_of(st.none(), st.text(min_size=1)), min_size=1, max_size=50))
def test_any_text_is_a_value_or_bad_and_never_an_error(cells: list[str | None]) -> None:
    for value in CLEANERS:
        for cell, found, wrong in zip(cells, cleaned(value, cells), bad(value, cells), strict=True):
            assert not (wrong and cell is None)
            if isinstance(found, float):
                assert math.isfinite(found)
            if cell is not None and found is None and value.wants == "a whole number":
                assert wrong
