"""SEC companies and subsidiaries: invented rows of each file, changed copies, then the real files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.us_sec import SOURCE
from tests.loaders.mutations import survives
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/us_sec"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("us_sec")
    return load(SOURCE, [FIXTURES], out), out


def rows(out: Path, kind: str) -> list[dict[str, Any]]:
    return pl.read_parquet(out / f"{kind}.parquet").rows(named=True)


def countries(out: Path) -> dict[str, tuple[str, str]]:
    """Name as listed -> country and how it is known."""
    start = "us-sec-ex21:"
    found = [row for row in rows(out, "Corporation") if row["id"].startswith(start) and row["country"]]
    return {row["id"].split("/", 1)[1]: (row["country"], row["status"]) for row in found}


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report, out = loaded
    holds(report, out)
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (34, 20, 2, 12)


def test_two_layouts_of_tickers(loaded: tuple[Report, Path]) -> None:
    found = {(r["id"], r["ticker"]) for r in rows(loaded[1], "Corporation") if r["ticker"]}
    assert found == {
        ("us-cik:9900001", "MUM"),
        ("us-cik:9900001", "MUM-A"),
        ("us-cik:9900002", "AXL"),
        ("us-cik:9900003", "TYR"),
    }


def test_jurisdiction_and_share_glued_to_the_name(loaded: tuple[Report, Path]) -> None:
    raw = "made up wiring systems s de r l de c v mexico 49"
    company = next(r for r in rows(loaded[1], "Corporation") if r["id"].endswith(raw) and r["name"])
    assert company["id"] == f"us-sec-ex21:9900001/{raw}"
    assert (company["name"], company["other_names"]) == ("made up wiring systems s de r l de c v", [raw])
    shares = {
        r["owned"].split("/", 1)[1]: (r["share_pct"], r["status"]) for r in rows(loaded[1], "Ownership")
    }
    assert shares[raw] == (49.0, "inferred")
    assert shares["axle spinning inc delaware 3 18"] == (3.18, "inferred")
    assert shares["axle company of canada 2"] == (None, "filed")  # a footnote
    assert shares["made up canada ulc"] == (None, "filed")


def test_a_country_read_from_a_name_is_inferred(loaded: tuple[Report, Path]) -> None:
    assert countries(loaded[1]) == {
        "made up wiring systems s de r l de c v mexico 49": ("MX", "inferred"),
        "made up canada ulc": ("CA", "inferred"),
        "made up m xico s de r l de": ("MX", "inferred"),
        "axle company of canada 2": ("CA", "inferred"),
        "axle spinning inc delaware 3 18": ("US", "inferred"),
        "axle parts s a de c v formerly auralog mexico": ("MX", "inferred"),
        "Axle de Mexico S. de R.L. de C.V.": ("MX", "filed"),
        "Axle Sales Ltd.": ("VI", "filed"),
    }  # neither "homes of new mexico" nor "axle mexico holdings llc"


def test_people_stay_out(loaded: tuple[Report, Path]) -> None:
    """Signatures that a parser took for subsidiaries; owners who are people have a CIK and an item too."""
    report, out = loaded
    assert report.ignored["the name of a person who signs"] == 2
    assert report.ignored["without industry: a natural person is not ruled out"] == 1
    names = {(row["name"] or "").lower() for row in rows(out, "Corporation")}
    assert not names & {"quentin zorn", "s zelda quux", "zelda quux", "john q sample"}


def test_junk_rows(loaded: tuple[Report, Path]) -> None:
    assert loaded[0].ignored["no name of a company"] == 4
    ids = " ".join(row["id"] for row in rows(loaded[1], "Corporation"))
    assert not [word for word in ("however", "c c r l", "dated", "s de r l mexico 99") if word in ids]


def test_a_share_of_an_immediate_parent_is_not_that_of_the_filer(loaded: tuple[Report, Path]) -> None:
    held = [r for r in rows(loaded[1], "Ownership") if "Axle de Mexico" in r["owned"]]
    assert [(r["as_of"], r["share_pct"]) for r in held] == [("2004", None), ("2009", None)]
    assert held[0]["note"] == "99.99% held by its immediate parent, which is not named"


def test_industry_of_another_scheme_is_inferred(loaded: tuple[Report, Path]) -> None:
    (found,) = rows(loaded[1], "InSector")
    assert (found["sector"], found["code_as_stated"], found["status"]) == (
        "naics-2022:336110",
        "SIC 3711",
        "inferred",
    )
    notes = [r["note"] for r in rows(loaded[1], "Corporation") if r["id"] == "us-cik:9900002"]
    assert "SIC 0100 Agricultural Production-Crops" in notes


def test_keys_that_their_authority_cannot_have_issued(loaded: tuple[Report, Path]) -> None:
    wrong = pl.read_parquet(loaded[1] / "rejected.parquet").filter("fatal")
    assert set(wrong["value"]) == {"772207032535", "5493000IBP32UQZ0KL42"}


@pytest.mark.parametrize(
    "name",
    [
        "company_tickers_exchange.json",
        "edgar_sic.csv",
        "wikidata_orgs.csv",
        "gleif_employer_lei.csv",
        "exhibit21_subsidiaries.made_up.csv",
        "exhibit21_axle_2004.csv",
    ],
)
def test_changed_copies(name: str, tmp_path: Path) -> None:
    refused = survives(SOURCE, FIXTURES / name, tmp_path)
    assert {"empty", "html"} <= set(refused)
    if name.endswith(".csv"):
        assert {"new column", "doubled", "header moved", "semicolons"} <= set(refused)


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path)
    holds(report, tmp_path)
    assert (report.rows_in, report.rows_rejected, report.ignored["no name of a company"]) == (31626, 1, 28)
    assert report.ignored["the name of a person who signs"] == 14
    assert report.ignored["without industry: a natural person is not ruled out"] == 391
    lear = [r for r in rows(tmp_path, "Ownership") if r["owned"].startswith("us-sec-ex21:842162/chihuahua")]
    assert [(r["owner"], r["share_pct"], r["status"]) for r in lear] == [("us-cik:842162", 49.0, "inferred")]
    found = pl.DataFrame(countries(tmp_path)).transpose()
    assert found.filter(pl.col("column_0") == "MX").height > 1000
    assert pl.read_parquet(tmp_path / "Ownership.parquet")["id"].is_unique().all()


def test_changed_copies_of_the_real_file(raw: Path, tmp_path: Path) -> None:
    survives(SOURCE, raw / SOURCE.raw / "exhibit21_american_axle_2004_2009.csv", tmp_path)
