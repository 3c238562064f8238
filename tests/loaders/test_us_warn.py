"""WARN notices: hand-written rows of the layout, then the real files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.us_warn import SOURCE

FIXTURES = Path(__file__).parent / "fixtures/us_warn"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("us_warn")
    return load(SOURCE, [FIXTURES], out), out


def table(loaded: tuple[Report, Path], kind: str) -> list[dict[str, object]]:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet").rows(named=True)


def event(loaded: tuple[Report, Path], number: int) -> dict[str, object]:
    (found,) = [row for row in table(loaded, "Event") if row["id"] == f"us-warn:{number:040x}"]
    return found


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (8, 6, 1, 1)
    assert report.release == "2026-07-20"


@pytest.mark.parametrize("day", ["unknown", "9", "2026-07-21 or later", ""])
def test_a_wild_day_does_not_name_the_release(day: str, tmp_path: Path) -> None:
    text = (FIXTURES / "mi.csv").read_text("utf-8").replace("2026-07-20", day, 1)
    (tmp_path / "mi.csv").write_text(text, "utf-8")
    assert load(SOURCE, [tmp_path], tmp_path / "out").release == "2026-07-20"


def test_the_notice_is_filed_and_seen_in_two_files(loaded: tuple[Report, Path]) -> None:
    found = event(loaded, 1)
    assert found["event_type"] == "closure"
    assert (found["announced"], found["date"], found["workers"]) == ("2026-05-01", "2026-06-30", 240)
    assert (found["status"], found["times"], found["locator"]) == ("filed", 2, "mi.csv#1")
    assert (found["place"], found["subdivision"]) == ("1 Axle Drive", "US-MI")


def test_a_type_that_is_not_stated_is_a_layoff_and_said_so(loaded: tuple[Report, Path]) -> None:
    assert (event(loaded, 3)["event_type"], event(loaded, 3)["note"]) == (
        "layoff",
        "closing or layoff: not stated",
    )
    assert event(loaded, 2)["note"] == "temporary"
    assert event(loaded, 4)["note"] == "amends an earlier notice"


def test_a_notice_in_its_second_version_stays_and_zero_workers_are_zero(loaded: tuple[Report, Path]) -> None:
    assert event(loaded, 6)["workers"] == 0


def test_what_the_register_found_out_is_inferred(loaded: tuple[Report, Path]) -> None:
    companies = {row["id"]: row for row in table(loaded, "Corporation")}
    axle = companies["us-warn-employer:qid:Q999000001"]
    assert axle["status"] == "inferred"
    assert "us-cik:99000001" in axle["same_as"]  # type: ignore[operator]
    assert companies["us-warn-employer:n:pinewood paper"]["status"] == "filed"
    assert companies["us-warn-employer:n:buckeye forge"]["same_as"] is None
    owners = {(row["owner"], row["owned"], row["status"]) for row in table(loaded, "Ownership")}
    assert owners == {
        ("us-cik:99000002", "us-warn-employer:qid:Q999000001", "inferred"),
        ("us-warn-employer:parent:Forge Partners", "us-warn-employer:n:buckeye forge", "inferred"),
    }


def test_a_plant_is_one_place(loaded: tuple[Report, Path]) -> None:
    plants = {row["id"]: row for row in table(loaded, "Plant")}
    assert set(plants) == {
        "us-warn-site:qid:Q999000001|2629000",
        "us-warn-site:n:pinewood paper|MI|Kent County",
    }
    assert plants["us-warn-site:n:pinewood paper|MI|Kent County"]["coordinate_precision"] == "county"
    parties = {(row["within"], row["role"]) for row in table(loaded, "Party")}
    assert (f"us-warn:{6:040x}", "plant") not in parties
    assert (f"us-warn:{6:040x}", "employer") in parties


def test_sectors_of_site_or_company_in_the_edition_at_hand(loaded: tuple[Report, Path]) -> None:
    found = {(r["member"], r["sector"], r["code_as_stated"], r["status"]) for r in table(loaded, "InSector")}
    assert found == {
        ("us-warn-site:qid:Q999000001|2629000", "naics-2022:336350", "336350", "filed"),
        ("us-warn-site:n:pinewood paper|MI|Kent County", "naics-2022:31-33", "33", "inferred"),
        ("us-warn-employer:cik:99000003", "naics-2022:51", "5133", "inferred"),
    }


def test_bad_cells_are_named(loaded: tuple[Report, Path]) -> None:
    wrong = {(r["row"], r["column"], r["value"], r["fatal"]) for r in table(loaded, "rejected")}
    assert (3, "employees_affected", "about 50", False) in wrong
    assert (4, "effective_date", "2026-06-31", False) in wrong
    assert (5, "dedupe_key", None, True) in wrong


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path)
    assert report.rows_in == report.rows_used + report.rows_rejected + report.rows_ignored == 9398
    assert report.rows_ignored == 1240
    events = pl.read_parquet(tmp_path / "Event.parquet")
    files = [p for p in (raw / SOURCE.raw).glob("*.csv*") if not p.name.startswith("notice_links")]
    notices = pl.concat(pl.read_csv(p, infer_schema=False) for p in files).unique("dedupe_key")
    assert events.height == notices.height == 7845
    assert events["workers"].sum() == notices["employees_affected"].cast(pl.Int64).sum()
    kinds = dict(notices["layoff_type"].value_counts().rows())
    assert dict(events["event_type"].value_counts().rows()) == {
        "layoff": kinds["unknown"],
        "closure": kinds["closure"],
        "mass_layoff": kinds["mass_layoff"],
    }
