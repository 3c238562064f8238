"""OLMS reports: hand-written rows of each file, then the real files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.us_olms import SOURCE, table
from loaders.us_payees import PURPOSES

FIXTURES = Path(__file__).parent / "fixtures/us_olms"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("us_olms")
    return load(SOURCE, [FIXTURES], out), out


def rows(loaded: tuple[Report, Path], kind: str) -> list[dict[str, object]]:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet").rows(named=True)


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (28, 11, 3, 14)
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
        ("us-aff:CWA/99003", "us-aff:CWA", "affiliate", None),
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


def test_fifteen_fields_instead_of_fourteen_are_rejected_with_their_line(
    loaded: tuple[Report, Path],
) -> None:
    (ragged,) = [r for r in rows(loaded, "rejected") if "fields" in str(r["reason"])]
    assert ragged["reason"] == "15 fields instead of 14 (line 3)"
    assert ragged["file"] == "ar_payer_payee_data_2021.union_payees.txt"


def test_bad_cells_are_named(loaded: tuple[Report, Path]) -> None:
    wrong = {(r["row"], r["value"], r["fatal"]) for r in rows(loaded, "rejected") if r["value"]}
    assert wrong == {(6, "XYZ", False), (6, "many", True), (13, "-5", False)}


def test_money_goes_from_the_funder_to_the_body_that_receives(loaded: tuple[Report, Path]) -> None:
    paid = {row["id"]: row for row in rows(loaded, "Funding")}
    sides = {
        str(key).split("|")[1]: (r["funder"], r["implementer"], r["amount_usd"]) for key, r in paid.items()
    }
    assert sides == {
        "1": ("us-olms:900001", "us-olms-payee:LAMP MAKERS LOCAL 3|IN|900001", 5000.0),
        "3": ("us-aff:CWA/99003", "us-olms:900002", 750.0),
        "9": ("us-olms:900001", "us-olms-payee:LAMP MAKERS LOCAL 4|IN|900001", None),
        "11": ("us-olms-payee:LOCAL 8|00|900001", "us-olms:900001", 80.0),
        "12": ("us-olms-payee:LOCAL 8|00|900002", "us-olms:900002", 90.0),
        "13": ("us-olms:900001", "us-olms-payee:LAMP MAKERS LOCAL 6|IN|900001", None),
    }
    first = paid["us_olms/Funding|1"]
    assert (first["since"], first["until"], first["status"]) == ("2020-07-01", "2021-06-30", "filed")
    assert first["note"] == "REPRESENTATIONAL ACTIVITIES; Labor Organization"


def test_payees_that_are_no_labour_organization_are_counted(loaded: tuple[Report, Path]) -> None:
    reasons = {
        why: n for why, n in loaded[0].ignored.items() if "payer" in why or "report" in why or "0" in why
    }
    assert reasons == {
        "payer or payee may be, or name, a natural person": 1,
        "payer or payee is a fund, firm or committee beside a union": 1,
        "name of the payer or payee does not say one labour organization": 1,
        "class of the payer or payee does not say a labour organization": 1,
        "total of 0: nothing was paid": 1,
        "the report is not among the files": 1,
    }


def test_personal_names_are_never_stored(loaded: tuple[Report, Path]) -> None:
    for file in loaded[1].iterdir():
        stored = pl.read_parquet(file).write_json() if file.suffix == ".parquet" else file.read_text()
        assert not [word for word in ("QUILLON", "FARNSWICK", "FICTION STREET") if word in stored], file.name


def test_payees_need_no_reports_beside_them(tmp_path: Path) -> None:
    (only,) = FIXTURES.glob("ar_payer_payee*")
    alone = tmp_path / only.name
    alone.write_bytes(only.read_bytes())
    report = load(SOURCE, [alone], tmp_path / "out")
    assert (report.rows_used, report.rows_ignored, report.rows_rejected) == (0, 12, 1)


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path)
    assert report.rows_in == report.rows_used + report.rows_rejected + report.rows_ignored == 12462
    assert (report.rows_used, report.rows_rejected) == (5674, 0)
    filings = table(raw / SOURCE.raw / "lm_data_data_2021.txt").select(pl.col(pl.String).str.strip_chars())
    members = filings.collect()["MEMBERS"].cast(pl.Int64, strict=False)
    counts = pl.read_parquet(tmp_path / "Count.parquet")
    assert (counts.height, counts["value"].sum()) == (3937, members.sum())
    assert counts.filter(pl.col("value") == 0).height == 84
    unions = pl.read_parquet(tmp_path / "Union.parquet")
    assert unions.filter(pl.col("id").str.starts_with("us-olms:"))["level"].null_count() == 0
    reported = unions.filter(pl.col("locator").str.starts_with("lm_data"))
    assert reported.filter(pl.col("id").str.starts_with("us-aff:")).height == 98
    assert unions.filter(pl.col("same_as").is_not_null()).height == 43
    ties = pl.read_parquet(tmp_path / "Affiliation.parquet")
    assert ties.filter(~pl.col("body").is_in(unions["id"].implode())).is_empty()


def test_real_payers_and_payees(raw: Path, tmp_path: Path) -> None:
    load(SOURCE, [raw / SOURCE.raw], tmp_path)
    codes = table(raw / SOURCE.raw / "ar_erds_codes_data_2021.txt").collect()
    kinds = codes.filter(pl.col("CODE_TYPE").is_in(["DISBURSEMENT_CODE", "RECEIPT_CODE"]))
    assert dict(kinds.select("CODE", "CODE_DESCRIPTION").iter_rows()) == PURPOSES
    paid = pl.read_parquet(tmp_path / "Funding.parquet")
    assert (paid.height, paid["amount_usd"].null_count()) == (870, 0)
    known = paid.filter(pl.col("id") == "us_olms/Funding|2817193").row(0, named=True)
    assert (known["funder"], known["implementer"]) == ("us-olms:188", "us-aff:CWA/9505")
    assert (known["amount_usd"], known["note"]) == (5943.0, "POLITICAL ACTIVITIES; LABOR ORGANIZATION")
