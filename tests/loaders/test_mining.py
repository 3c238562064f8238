"""Mines: hand-written sheets, then the real workbook; owners, sub-sites, shipments, misspelt states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.mining import SOURCE
from ontology import TrinationalError
from tests.loaders.office_files import lines, workbook
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/mining"
BOOK = "detailed_data_mining.xlsx"
ORDER = """
general sub_sites minerals_ores_conce commodities processing transport capacity_reserves waste other_info
"""
Sheets = dict[str, list[list[str]]]
Loaded = tuple[Report, dict[str, pl.DataFrame]]


def sheets() -> Sheets:
    return {sheet: lines(FIXTURES / f"{sheet}.txt") for sheet in ORDER.split()}


def read(path: Path, out: Path) -> Loaded:
    report = load(SOURCE, [path], out)
    holds(report, out)
    return report, {found.stem: pl.read_parquet(found) for found in out.glob("*.parquet")}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("mining")
    return read(workbook(folder / BOOK, sheets()), folder / "out")


def plant(loaded: Loaded, key: str, status: str = "stated") -> dict[str, Any]:
    rows = loaded[1]["Plant"].filter((pl.col("id") == key) & (pl.col("status") == status)).rows(named=True)
    return {name: value for row in rows[:1] for name, value in row.items() if value is not None}


def said(loaded: Loaded, kind: str, *columns: str) -> set[tuple[Any, ...]]:
    short = [pl.col(name).cast(pl.String).str.replace("mining-[a-z]+:", "").alias(name) for name in columns]
    return set(loaded[1][kind].select(short).rows())


def test_every_row_has_one_fate(loaded: Loaded) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (33, 18, 0, 15)
    assert report.ignored == {
        "not in Canada, Mexico or the United States": 4,
        "amounts of ore, waste and reserves": 3,
        "nothing to say": 2,
        "the same facility and product in a later year": 2,
        "a region: figures of several facilities": 1,
        "no place that it ships to": 1,
        "shipped to a port: no buyer is named": 1,
        "shipped within one facility": 1,
    }


def test_a_facility_and_its_sub_site(loaded: Loaded) -> None:
    mine = plant(loaded, "mining-facility:Sample Mine")
    assert (mine["country"], mine["subdivision"], mine["municipality"]) == ("MX", "MX-COA", "Ejemplo")
    assert (mine["other_names"], mine["opened"]) == (["Sample Pit", "S. Mine"], "1991")
    assert (mine["url"], mine["further_urls"]) == ("https://example.org/a", ["https://example.org/b"])
    pit = plant(loaded, "mining-facility:Sample Mine/North Pit")
    assert (pit["name"], pit["part_of"]) == ("North Pit, Sample Mine", "mining-facility:Sample Mine")


def test_a_misspelt_state_is_read_and_a_missing_one_comes_from_the_coordinates(loaded: Loaded) -> None:
    colliery = plant(loaded, "mining-facility:Example Colliery")
    assert (colliery["subdivision"], colliery["place"]) == ("US-WV", "Boone County")
    assert "subdivision" not in plant(loaded, "mining-facility:Sample Smelter")
    for key in ("mining-facility:Sample Smelter", "mining-facility:Sample Smelter/Sample Refinery"):
        assert plant(loaded, key, "inferred")["subdivision"] == "MX-SON"


def test_coordinates_in_another_state_than_the_one_named_are_dropped(loaded: Loaded) -> None:
    assert "latitude" not in plant(loaded, "mining-facility:Example Colliery")
    wrong = loaded[1]["rejected"].filter(pl.col("reason").str.contains("in the state that is named"))
    assert wrong.select("row", "column").rows() == [(3, "latitude"), (3, "longitude")]


def test_region_rows_are_no_plants(loaded: Loaded) -> None:
    assert "mining-facility:Sample Unit" not in loaded[1]["Plant"]["id"]


def test_owners_with_commas_shares_and_periods(loaded: Loaded) -> None:
    found = said(loaded, "Operation", "plant", "operator", "operator_role", "share_pct", "since", "until")
    assert found == {
        ("Sample Mine", "Sample Corp.", "owner", "72.0", None, None),
        ("Sample Mine", "Example Metals, Inc.", "owner", "28.0", None, None),
        ("Sample Mine", "Sample Corp.", "operator", None, None, None),
        ("Sample Mine/North Pit", "Other Metals plc", "owner", "25.5", None, None),
        ("Example Colliery", "Newgold", "owner", "100.0", "2007", None),
        ("Example Colliery", "Oldgold", "owner", "31.93", None, "2007"),
        ("Nickel Works", "Sample Nickel", "owner", "100.0", None, "2013"),
        ("Sample Smelter", "Somebody", "owner", None, None, None),
    }


def test_shipments_between_facilities_and_into_the_three_countries(loaded: Loaded) -> None:
    assert said(loaded, "Supply", "supplier", "buyer", "product", "as_of", "note") == {
        (
            "Sample Mine",
            "Sample Smelter",
            "product:copper concentrate",
            "2019",
            "reported for 2018, 2019; by Rail",
        ),
        (
            "Sample Mine",
            "Sample Smelter/Sample Refinery",
            "product:zinc concentrate",
            "2013",
            "reported for 2013",
        ),
        ("Example Colliery", "Sample Power Plant", "product:thermal coal", "2019", "reported for 2019"),
        ("Cuban Project", "Nickel Works", "product:mixed sulphide", "2019", "reported for 2019"),
    }
    assert plant(loaded, "mining-facility:Cuban Project")["country"] == "CU"
    assert "country" not in plant(loaded, "mining-named:Sample Power Plant")
    assert plant(loaded, "mining-named:Sample Power Plant", "inferred")["country"] == "US"


def test_of_yearly_figures_the_newest_is_said(loaded: Loaded) -> None:
    made = said(loaded, "Making", "plant", "product", "as_of")
    assert ("Sample Mine", "product:silver", "2019") in made
    assert ("Sample Smelter", "product:copper anode", "2019") in made
    assert ("Sample Mine", "product:gold", None) in made
    assert not {m for m in made if m[1] in ("product:lead", "product:zinc") or m[2] == "2018"}


def test_sectors_of_the_own_country(loaded: Loaded) -> None:
    assert said(loaded, "InSector", "member", "sector") == {
        ("Sample Mine", "scian-2023:2122"),
        ("Sample Smelter", "scian-2023:3314"),
        ("Example Colliery", "naics-2022:2121"),
        ("Nickel Works", "naics-2022:3314"),
    }


def test_status_of_a_plant(loaded: Loaded) -> None:
    assert said(loaded, "PlantStatus", "plant", "plant_status", "as_of") == {
        ("Sample Smelter", "idled", "2013")
    }
    assert plant(loaded, "mining-facility:Nickel Works")["note"] == "status: being repainted"


@pytest.mark.parametrize("sheet", ORDER.split())
def test_a_changed_sheet_is_refused(sheet: str, tmp_path: Path) -> None:
    whole = sheets()
    changed: dict[str, Sheets] = {
        "without the sheet": {name: rows for name, rows in whole.items() if name != sheet},
        "renamed": {**whole, sheet: [["facility", *whole[sheet][0][1:]], *whole[sheet][1:]]},
        "doubled": {**whole, sheet: [[*row, row[0]] for row in whole[sheet]]},
        "new column": {**whole, sheet: [[*row, "new"] for row in whole[sheet]]},
        "header moved": {**whole, sheet: [["A title"], *whole[sheet]]},
    }
    for name, content in changed.items():
        with pytest.raises(TrinationalError):
            load(SOURCE, [workbook(tmp_path / BOOK, content)], tmp_path / name)


def test_no_workbook_is_refused(tmp_path: Path) -> None:
    book = workbook(tmp_path / "whole.xlsx", sheets())
    for content in (b"", b"<html></html>" * 500, book.read_bytes()[:9000]):
        (tmp_path / BOOK).write_bytes(content)
        with pytest.raises(TrinationalError, match=BOOK):
            load(SOURCE, [tmp_path / BOOK], tmp_path / "out")


def test_order_of_columns_and_rows_twice_say_the_same(loaded: Loaded, tmp_path: Path) -> None:
    turned = {
        sheet: [row[::-1] for row in [rows[0], *rows[1:], *rows[1:]]] for sheet, rows in sheets().items()
    }
    report, tables = read(workbook(tmp_path / BOOK, turned), tmp_path / "out")
    assert report.rows_in == 66
    for kind, table in loaded[1].items():
        if kind != "rejected":
            assert set(tables[kind]["id"]) == set(table["id"]), kind
            assert tables[kind].height == table.height, kind


def test_totals_and_footnotes_say_nothing(loaded: Loaded, tmp_path: Path) -> None:
    more = {sheet: [*rows, ["Total"], ["* as reported"]] for sheet, rows in sheets().items()}
    report, _ = read(workbook(tmp_path / BOOK, more), tmp_path / "out")
    assert report.counts == loaded[0].counts
    assert report.rows_ignored == loaded[0].rows_ignored + 18


def test_real_workbook(raw: Path, tmp_path: Path) -> None:
    report, tables = read(raw / "mining-open-database", tmp_path)
    assert (report.rows_in, report.rows_used, report.rows_rejected) == (36082, 910, 0)
    plants = tables["Plant"].filter(pl.col("name").is_not_null() & ~pl.col("id").str.contains("/"))
    assert dict(plants.group_by("country").len().rows()) == {"CA": 81, "US": 227, "MX": 46, "CU": 1, None: 7}
    real = (report, tables)
    shipped = said(real, "Supply", "supplier", "buyer", "as_of")
    assert ("Buenavista", "La Caridad", "2019") in shipped
    assert ("Moa Project", "Fort Site", "2019") in shipped
    owned = said(real, "Operation", "plant", "operator", "share_pct", "since", "until")
    assert ("Morenci", "Freeport-McMoRan Inc.", "72.0", None, None) in owned
    assert ("Hercules", "Altos Hornos de Mexico, S.A.B. de C.V.", "100.0", None, None) in owned
    assert ("Musselwhite", "Kinross Gold", "31.93", None, "2007") in owned
    assert ("Sebree", "Rio Tinto", "100.0", None, "2013") in owned
    known = tables["Plant"].filter(pl.col("subdivision").is_not_null())["id"]
    assert plants.filter(pl.col("id").is_in(known.implode())).height > 0.93 * plants.height
    taxco = plant(real, "mining-facility:IMMSA - Taxco")
    assert (taxco["subdivision"], taxco["country"]) == ("MX-GRO", "MX")
    site = "mining-facility:IMMSA - Taxco/San Antonio"  # its coordinates lie near Toluca
    assert "latitude" not in plant(real, site)
    assert plant(real, site, "inferred")["subdivision"] == "MX-GRO"
    assert plant(real, "mining-facility:AHMSA Monclova Steel Plant", "inferred")["subdivision"] == "MX-COA"
