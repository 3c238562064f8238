"""Bargaining notices: hand-written rows in the layouts of csv and workbook, then the real files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.us_fmcs_f7 import SOURCE
from tests.loaders.mutations import survives
from tests.loaders.office_files import lines, workbook
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/us_fmcs_f7"
NOTICES = FIXTURES / "FY-2010-F-7-Notices.csv"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    folder = tmp_path_factory.mktemp("f7")
    book = workbook(folder / "FY-2011-F-7-Notices.xlsx", {"qry": lines(FIXTURES / "workbook.txt")})
    return load(SOURCE, [FIXTURES, book], folder / "out"), folder / "out"


def table(out: tuple[Report, Path], kind: str) -> pl.DataFrame:
    return pl.read_parquet(out[1] / f"{kind}.parquet")


def test_every_row_has_one_fate(out: tuple[Report, Path]) -> None:
    report = out[0]
    holds(*out)
    assert report.release == "2011"
    assert (report.rows_in, report.rows_used, report.rows_rejected) == (13, 10, 1)
    assert report.ignored == {
        "employer may be a natural person": 1,
        "no agreement reached: nothing known to be in force": 1,
    }


def test_e_state_is_always_empty(out: tuple[Report, Path]) -> None:
    plants = table(out, "Plant")
    assert set(plants["subdivision"]) == {"US-OH", "US-IN", "US-NE", "US-NY", "US-MA"}
    assert "ELSEWHERE" not in " ".join(plants["name"].to_list() + table(out, "Corporation")["id"].to_list())


def test_no_expiry_no_agreement(out: tuple[Report, Path]) -> None:
    agreements = table(out, "Agreement")
    assert not agreements["id"].str.contains("INITIAL CONTRACT|FOUNDRY").any()
    acme = agreements.filter(pl.col("id").str.contains("ACME"))
    assert acme.select("expires", "workers", "as_of").rows() == [
        ("2010-01-31", 120, "2009-10-01"),
        ("2010-01-31", 120, "2010-10-01"),
    ]
    assert table(out, "Representation")["union"].str.contains("IAM/570").any()


def test_union_names(out: tuple[Report, Path]) -> None:
    unions = set(table(out, "Union")["id"])
    assert {"us-aff:UAW/9174", "us-aff:UAW", "us-aff:IAM/570", "us-aff:USW/13058"} <= unions
    assert {"us-aff:BCTGMI/356G", "us-fmcs-f7-union:NYSNA -", "us-aff:IAM/66"} <= unions
    assert not any("MULTI" in union or "PAT" in union for union in unions)
    harbor = table(out, "Coverage").filter(pl.col("plant").str.contains("HARBOR"))
    assert harbor["union"].to_list() == [None]


def test_zero_workers_is_not_stated(out: tuple[Report, Path]) -> None:
    counts = table(out, "Count")
    assert counts["value"].min() == 12
    assert not counts["of"].str.contains("DAYTON").any()
    assert set(counts.filter(pl.col("of").str.contains("GARY"))["value"]) == {1250.0, 1300.0}


def test_bad_cells_are_told(out: tuple[Report, Path]) -> None:
    cells = set(table(out, "rejected").select("row", "value", "fatal").rows())
    assert cells == {(5, "778002", False), (9, "ZZ", False), (9, "x", True)} | {(9, "31/12/2009", False)}


def test_people_stay_out(out: tuple[Report, Path]) -> None:
    texts = " ".join(str(pl.read_parquet(path).rows()) for path in out[1].glob("*.parquet")).upper()
    assert not any(name in texts for name in ("ZORN", "QUUX", "555-010", "JOHN Q SAMPLE", "SPECIMEN"))


def test_the_same_notice_twice_is_one_record(out: tuple[Report, Path]) -> None:
    coverage = table(out, "Coverage").filter(pl.col("as_of") == "2009-10-01")
    assert coverage["id"].str.contains("ACME").sum() == 1


def test_changed_copies(tmp_path: Path) -> None:
    refused = survives(SOURCE, NOTICES, tmp_path)
    assert {"html", "empty", "header moved", "semicolons", "doubled", "new column", "without 0"} <= set(
        refused
    )


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert (report.release, report.rows_in, report.rows_rejected) == ("2004", 20807 + 278 + 190, 0)
    assert report.counts["Agreement"] > 18_000
    assert report.counts["Representation"] > 20_000
    coverage = pl.read_parquet(tmp_path / "out/Coverage.parquet")
    assert coverage.filter(pl.col("union") == "us-aff:UAW/155")["plant"].str.contains("BLUE WATER").any()
    unions = pl.read_parquet(tmp_path / "out/Union.parquet")
    assert unions["id"].str.starts_with("us-aff:").mean() > 0.85  # type: ignore[operator]
