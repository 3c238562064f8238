"""OLMS reports: hand-written rows of each file, then the real files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.us_olms import SOURCE, table

FIXTURES = Path(__file__).parent / "fixtures/us_olms"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("us_olms")
    return load(SOURCE, [FIXTURES], out), out


def rows(loaded: tuple[Report, Path], kind: str) -> list[dict[str, object]]:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet").rows(named=True)


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (17, 5, 3, 9)
    assert report.release == "2021"


def test_unions_by_file_number(loaded: tuple[Report, Path]) -> None:
    unions = {row["id"]: row for row in rows(loaded, "Union")}
    local = unions["us-olms:900002"]
    assert local["name"] == 'GBI Local 7, RIVER "BEND" PLANT'
    assert local["other_names"] == ["GLASS BLOWERS INVENTED AFL-CIO Local 7"]
    assert (local["level"], local["designation"], local["subdivision"]) == ("local", "7", "US-MI")
    assert unions["us-olms:900004"]["level"] == "council"
    alone = unions["us-olms:900005"]
    assert (alone["name"], alone["level"]) == ("INDEPENDENT CLOCKMAKERS INVENTED, LOCAL 1", "union")
    assert (alone["country"], alone["subdivision"]) == (None, None)


def test_headquarters_are_the_union_that_locals_name(loaded: tuple[Report, Path]) -> None:
    unions = {row["id"]: row for row in rows(loaded, "Union")}
    assert unions["us-olms:900001"]["same_as"] == ["us-aff:GBI"]
    assert unions["us-aff:GBI"]["level"] == "national_union"
    ties = {(r["member"], r["body"], r["affiliation_kind"], r["until"]) for r in rows(loaded, "Affiliation")}
    assert ties == {
        ("us-olms:900002", "us-aff:GBI", "local_of", None),
        ("us-olms:900003", "us-aff:GBI", "local_of", None),
        ("us-olms:900004", "us-aff:GBI", "council_of", "2021-03-31"),
    }


def test_members_are_counted_once_and_empty_is_not_zero(loaded: tuple[Report, Path]) -> None:
    counts = {row["of"]: row for row in rows(loaded, "Count")}
    assert {key: row["value"] for key, row in counts.items()} == {
        "us-olms:900001": 5200,
        "us-olms:900002": 310,
        "us-olms:900004": 0,
        "us-olms:900005": 44,
    }
    assert {row["measure"] for row in counts.values()} == {"members"}
    assert counts["us-olms:900001"]["note"] == (
        "5000 with the right to vote, 200 without; 9 agency fee payers besides"
    )
    assert counts["us-olms:900001"]["as_of"] == "2021-06-30"


def test_a_row_with_a_field_too_many_is_rejected_with_its_line(loaded: tuple[Report, Path]) -> None:
    (ragged,) = [r for r in rows(loaded, "rejected") if "fields" in str(r["reason"])]
    assert ragged["reason"] == "15 fields instead of 14 (line 3)"
    assert ragged["file"] == "ar_payer_payee_data_2021.union_payees.txt"


def test_bad_cells_are_named(loaded: tuple[Report, Path]) -> None:
    wrong = {(r["row"], r["value"], r["fatal"]) for r in rows(loaded, "rejected") if r["value"]}
    assert wrong == {(6, "XYZ", False), (6, "many", True)}


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path)
    assert report.rows_in == report.rows_used + report.rows_rejected + report.rows_ignored == 12462
    assert (report.rows_used, report.rows_rejected) == (4804, 0)
    filings = table(raw / SOURCE.raw / "lm_data_data_2021.txt").select(pl.col(pl.String).str.strip_chars())
    members = filings.collect()["MEMBERS"].cast(pl.Int64, strict=False)
    counts = pl.read_parquet(tmp_path / "Count.parquet")
    assert (counts.height, counts["value"].sum()) == (3937, members.sum())
    assert counts.filter(pl.col("value") == 0).height == 84
    unions = pl.read_parquet(tmp_path / "Union.parquet")
    assert unions["level"].null_count() == 0
    assert unions.filter(pl.col("id").str.starts_with("us-aff:")).height == 98
    assert unions.filter(pl.col("same_as").is_not_null()).height == 43
    ties = pl.read_parquet(tmp_path / "Affiliation.parquet")
    assert ties.filter(~pl.col("body").is_in(unions["id"].implode())).is_empty()
