"""Parts content by carline: invented rows of both layouts, changed copies, then the real files."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.us_aala import SOURCE
from tests.loaders.mutations import survives
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/us_aala"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("us_aala")
    return load(SOURCE, [FIXTURES], out), out


def made(out: Path, product: str, year: str, step: str) -> set[tuple[str, float | None]]:
    rows = pl.read_parquet(out / "MadeIn.parquet").filter(product=product, model_year=year, step=step)
    return {(" ".join(row["countries"]), row["share_pct"]) for row in rows.iter_rows(named=True)}


def test_two_layouts(loaded: tuple[Report, Path]) -> None:
    report, out = loaded
    holds(report, out)
    assert (report.rows_in, report.rows_used, report.release) == (5, 5, "2007-2024")
    assert made(out, "product:northstar comet", "2007", "parts") == {("US CA", 65.0)}
    assert made(out, "product:northstar comet", "2007", "final_assembly") == {("CA", None)}


def test_two_or_more_assembly_countries_in_a_cell(loaded: tuple[Report, Path]) -> None:
    comet = "product:northstar comet"
    assert made(loaded[1], comet, "2024", "final_assembly") == {("MX", None), ("US", None)}
    assert made(loaded[1], comet, "2024", "engine") == {(c, None) for c in ("AT", "GB", "IT", "MX")}
    assert made(loaded[1], comet, "2024", "transmission") == {("CN", None)}
    assert made(loaded[1], comet, "2024", "parts") == {("US CA", 0.0), ("MX", 78.0), ("DE", 20.0)}
    assert made(loaded[1], "product:elsewhere e1", "2024", "parts") == {("US CA", 31.0), ("DE", 35.0)}


def test_no_plant_is_said(loaded: tuple[Report, Path]) -> None:
    assert set(loaded[0].counts) == {"Corporation", "MadeIn", "Product"}


def test_a_cell_without_a_country_is_told_and_the_others_stand(loaded: tuple[Report, Path]) -> None:
    assert made(loaded[1], "product:northstar hauler", "2007", "engine") == set()
    assert made(loaded[1], "product:northstar hauler", "2007", "transmission") == {("MX", None)}
    wrong = pl.read_parquet(loaded[1] / "rejected.parquet")
    assert wrong.select("value", "fatal").rows() == [("United as", False)]


@pytest.mark.parametrize("name", ["MY2007_AALA.csv", "MY2024_AALA.csv"])
def test_changed_copies(name: str, tmp_path: Path) -> None:
    refused = survives(SOURCE, FIXTURES / name, tmp_path)
    assert {"empty", "html", "new column", "doubled", "header moved", "semicolons"} <= set(refused)


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path)
    holds(report, tmp_path)
    assert (report.rows_in, report.rows_used) == (824, 824)
    said = pl.read_parquet(tmp_path / "MadeIn.parquet")
    assert said["id"].is_unique().all()
    for year, mexican, canadian in (("2007", 13, 24), ("2024", 41, 15)):
        file = pl.read_csv(raw / SOURCE.raw / f"MY{year}_AALA.csv", infer_schema=False)
        assert [(file["Final Assembly"] == c).sum() for c in ("Mexico", "Canada")] == [mexican, canadian]
        for code, name in (("MX", "Mexico"), ("CA", "Canada")):
            rows = file.filter(pl.col("Final Assembly") == name).unique(
                ["Manufacturer", "Make", "Model (Carline)"]
            )
            found = said.filter(
                pl.col("countries").list.contains(code), model_year=year, step="final_assembly"
            )
            assert found.height == rows.height


def test_changed_copies_of_the_real_file(raw: Path, tmp_path: Path) -> None:
    survives(SOURCE, raw / SOURCE.raw / "MY2024_AALA.csv", tmp_path)
