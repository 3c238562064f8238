"""Open Supply Hub: hand-written lists and a download, their mutations, then the real lists."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.open_supply_hub import SOURCE
from ontology import TrinationalError

FIXTURES = Path(__file__).parent / "fixtures/open_supply_hub"
FILES = [FIXTURES / "facilities.csv", FIXTURES / "lists/2.csv", FIXTURES / "geocoded/2.csv"]
HUB = "os-id:MX2019083ABCDEF"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("open_supply_hub")
    return load(SOURCE, FILES, out), out


def table(loaded: tuple[Report, Path], kind: str) -> list[dict[str, Any]]:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet").rows(named=True)


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (9, 8, 1, 0)
    assert report.rejected == {"not a key of os-id (key of Plant)": 1}
    kinds = {"Corporation": 3, "Making": 2, "Operation": 2, "Plant": 8, "PlantStatus": 1, "Product": 2}
    assert report.counts == {**kinds, "Supply": 1}


def test_a_download_is_keyed_by_os_id_and_mapped_by_header_name(loaded: tuple[Report, Path]) -> None:
    (found,) = [row for row in table(loaded, "Plant") if row["id"] == HUB]
    assert (found["country"], found["subdivision"], found["size_band"]) == ("MX", "MX-NLE", "101-500")
    assert (found["latitude"], found["longitude"], found["as_of"]) == (24.85, -99.56, "2019-03-24")
    assert [row["product"] for row in table(loaded, "Making")] == ["product:polo shirts", "product:t-shirts"]
    assert [(row["plant"][:8], row["plant_status"]) for row in table(loaded, "PlantStatus")] == [
        ("os-id:US", "closed")
    ]


def test_no_brand_edge_from_sample_lists(loaded: tuple[Report, Path], tmp_path: Path) -> None:
    report = load(SOURCE, FILES[1:], tmp_path / "lists")
    assert set(report.counts) == {"Plant"}


def test_a_contributor_is_an_inferred_buyer_and_masked_ones_are_none(loaded: tuple[Report, Path]) -> None:
    (found,) = table(loaded, "Supply")
    assert (found["supplier"], found["buyer"]) == (HUB, "osh-named:Example Brand")
    assert found["status"] == "inferred"


def test_one_site_in_a_list_with_and_without_coordinates(loaded: tuple[Report, Path]) -> None:
    both = [row for row in table(loaded, "Plant") if "Costura Ejemplo, S.A." in row["id"]]
    assert [(row["locator"], row["latitude"]) for row in both] == [
        ("geocoded/2.csv#1", 24.85),
        ("lists/2.csv#1", None),
    ]
    assert {row["subdivision"] for row in both} == {"MX-NLE"}


def test_a_bad_latitude_takes_its_longitude_along_and_a_countrys_middle_is_no_site(
    loaded: tuple[Report, Path],
) -> None:
    plants = {row["name"]: row for row in table(loaded, "Plant")}
    for name in ("Example Hosiery Inc", "Somewhere Mill"):
        assert (plants[name]["latitude"], plants[name]["longitude"]) == (None, None)
    dropped = pl.read_parquet(loaded[1] / "rejected.parquet").filter(~pl.col("fatal"))
    assert set(dropped["value"]) == {"95.1", "35.86166", "104.195397", "about 90", "Ruritania"}


def test_claims_and_partner_columns_are_not_read(loaded: tuple[Report, Path]) -> None:
    for path in loaded[1].glob("*.parquet"):
        assert "555 123" not in str(pl.read_parquet(path).to_dicts())


Change = Callable[[str], str]
REFUSED: dict[str, tuple[str, Change, str]] = {
    "list, removed": ("lists/2.csv", lambda t: t.replace(",sector", ",", 1), "'sector' is not there"),
    "list, renamed": ("lists/2.csv", lambda t: t.replace("country", "contry", 1), "'country' is not there"),
    "list, new": ("geocoded/2.csv", lambda t: t.replace(",lng", ",owner", 1), "'owner' is new"),
    "list, doubled": ("geocoded/2.csv", lambda t: t.replace(",lng", ",lat", 1), "2 times"),
    "list, header moved": ("lists/2.csv", lambda t: "A list\n" + t, "is not there"),
    "download, renamed": ("facilities.csv", lambda t: t.replace("country_code", "cc", 1), "'country_code'"),
    "download, new": (
        "facilities.csv",
        lambda t: t.replace("parent_company", "parent", 1),
        "'parent' is new",
    ),
    "empty": ("lists/2.csv", lambda t: "", "is empty"),
    "html": ("facilities.csv", lambda t: "<!doctype html><html></html>", "HTML page"),
    "another source": ("lists/2.csv", lambda t: "LEI,Name\nx,y\n", "'country' is not there"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_changed_file_is_refused(name: str, tmp_path: Path) -> None:
    file, change, message = REFUSED[name]
    path = tmp_path / Path(file).name
    path.write_text(change((FIXTURES / file).read_text("utf-8")), "utf-8")
    with pytest.raises(TrinationalError, match=message):
        load(SOURCE, [path], tmp_path / "out")


def test_columns_in_another_order_say_the_same(loaded: tuple[Report, Path], tmp_path: Path) -> None:
    frame = pl.read_csv(FILES[0], infer_schema=False)
    last = ["is_closed", "partner_score"]
    frame.select([*sorted({*frame.columns} - {*last}), *last]).write_csv(tmp_path / "facilities.csv")
    report = load(SOURCE, [tmp_path / "facilities.csv"], tmp_path / "out")
    assert report.counts == load(SOURCE, FILES[:1], tmp_path / "same").counts


def test_real_lists(raw: Path, tmp_path: Path) -> None:
    folder = raw / "open-supply-hub"
    folders = [folder / name for name in ("facility_lists", "facility_lists_geocoded", "list_files")]
    report = load(SOURCE, folders, tmp_path)
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (2884, 2884, 0, 0)
    assert set(report.counts) == {"Plant"}
    plants = pl.read_parquet(tmp_path / "Plant.parquet")
    assert plants["id"].n_unique() == 961  # one address is garbled in both workbooks
    assert plants["country"].null_count() == 0
    mexican = plants.filter(pl.col("country") == "MX")
    assert mexican["id"].n_unique() == 8
    yucatan = mexican.filter(pl.col("name").str.starts_with("Hong Ho"))
    assert set(yucatan["subdivision"]) == {"MX-YUC"}


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
def test_a_real_workbook_says_what_its_csv_says(kind: str, raw: Path, tmp_path: Path) -> None:
    folder = raw / "open-supply-hub/facility_lists"
    for name in (f"12.{kind}", "12.csv"):
        load(SOURCE, [folder / name], tmp_path / name)
    columns = ["id", "name", "country", "subdivision", "address"]
    of_book, of_csv = (
        pl.read_parquet(tmp_path / name / "Plant.parquet", columns=columns)
        for name in (f"12.{kind}", "12.csv")
    )
    same = ~pl.col("address").str.contains("Caldas de Vizela")  # garbled in the workbooks
    assert of_book.filter(same).equals(of_csv.filter(same))
    assert of_book.height == of_csv.height == 15
