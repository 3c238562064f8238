"""Apple's supplier lists: hand-written rows of the layout, their mutations, then the real file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loaders.apple_suppliers import SOURCE
from loaders.load import Report, load
from ontology import TrinationalError

FIXTURE = Path(__file__).parent / "fixtures/apple_suppliers/apple-supplier-list.csv"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("apple_suppliers")
    return load(SOURCE, [FIXTURE], out), out


def table(loaded: tuple[Report, Path], kind: str) -> list[dict[str, Any]]:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet").rows(named=True)


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (9, 9, 0, 0)
    dropped = pl.read_parquet(loaded[1] / "rejected.parquet").select("row", "value").unique().sort("row")
    assert dropped.rows() == [(8, "Ruritania"), (9, "20l9")]


def test_line_breaks_in_quotes_are_spaces(loaded: tuple[Report, Path]) -> None:
    plants = {row["id"]: row for row in table(loaded, "Plant")}
    site = plants["apple-supplier-site:Skyframe Solutions Incorporated|Mexico|Baja California"]
    assert (site["subdivision"], site["place"], site["address"]) == ("MX-BCN", "Baja California", None)
    assert site["note"] == "the list names the state alone: one or several sites"
    assert site["as_of"] == "2022"


def test_one_supplier_spelled_four_ways_stays_four_names_are_not_keys(loaded: tuple[Report, Path]) -> None:
    names = {row["name"] for row in table(loaded, "Corporation") if "Skyframe" in row["name"]}
    assert names == {
        "Skyframe Solutions Incorporated",
        "Skyframe Solutions Inc.",
        "Skyframe Solutions, Inc.",
        "Skyframe Solutions",
    }


def test_supply_is_by_year_and_an_exact_duplicate_is_one(loaded: tuple[Report, Path]) -> None:
    supplies = [row for row in table(loaded, "Supply") if "Mexicali" in row["supplier"]]
    assert sorted((row["since"], row["until"], row["buyer"]) for row in supplies) == [
        ("2017", "2017", "us-cik:320193"),
        ("2018", "2018", "us-cik:320193"),
    ]
    assert {row["status"] for row in supplies} == {"stated"}


def test_an_address_gives_the_state(loaded: tuple[Report, Path]) -> None:
    states = {row["subdivision"] for row in table(loaded, "Plant") if row["address"]}
    assert states == {"MX-BCN", "US-TX"}


def test_a_row_without_address_is_the_companys_supply(loaded: tuple[Report, Path]) -> None:
    (found,) = [row for row in table(loaded, "Supply") if row["supplier"].startswith("apple-supplier:")]
    assert (found["supplier"], found["note"]) == (
        "apple-supplier:Wafer Works",
        "a site in Singapore, address not given",
    )


Change = Callable[[str], str]
REFUSED: dict[str, tuple[Change, str]] = {
    "removed": (lambda t: t.replace(",supplier_address", ",", 1), "supplier_address"),
    "renamed": (lambda t: t.replace("supplier_name", "name", 1), "supplier_name"),
    "doubled": (lambda t: t.replace("country_area", "country", 1), "2 times"),
    "new": (lambda t: t.replace("country_area", "region", 1), "'region' is new"),
    "empty": (lambda t: "", "is empty"),
    "header alone": (lambda t: t.splitlines()[0] + "\n", "at least 1"),
    "html": (lambda t: "<html><body>no</body></html>", "HTML page"),
    "open quote": (lambda t: t + '2012,"Open,x,USA,y\n', "never closed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_changed_file_is_refused(name: str, tmp_path: Path) -> None:
    change, message = REFUSED[name]
    path = tmp_path / FIXTURE.name
    path.write_text(change(FIXTURE.read_text("utf-8")), "utf-8")
    with pytest.raises(TrinationalError, match=message):
        load(SOURCE, [path], tmp_path / "out")


def test_footnotes_and_merged_rows_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / FIXTURE.name
    path.write_text(
        FIXTURE.read_text("utf-8") + "Source: the yearly lists\n2012,A,x,USA,y,2012,B,x,USA,z\n", "utf-8"
    )
    report = load(SOURCE, [path], tmp_path / "out")
    assert (report.rows_in, report.rows_used, report.rows_rejected) == (11, 9, 2)


def test_real_file(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / "apple-supplier-list"], tmp_path)
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (7558, 7558, 0, 0)
    assert report.counts == {"Corporation": 936, "Operation": 7540, "Plant": 5549, "Supply": 7556}
    names = pl.read_parquet(tmp_path / "Corporation.parquet")["name"]
    assert names.filter(names.str.starts_with("Skyworks")).len() == 4
    plants = pl.read_parquet(tmp_path / "Plant.parquet").filter(pl.col("country").is_in(["US", "CA", "MX"]))
    assert plants["country"].is_null().sum() == 0
    assert plants["subdivision"].null_count() == 3
    kemet = plants.filter(pl.col("id").str.contains("Kemet Corp.|Mexico|Av las Americas 780", literal=True))
    assert kemet["subdivision"].to_list() == ["MX-TAM"]
