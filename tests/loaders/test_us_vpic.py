"""Tyre plants and makers: invented answers of the service, changed copies, then the real files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.us_vpic import SOURCE
from ontology import TrinationalError
from tests.loaders.mutations import survives
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/us_vpic"
PLANTS = "GetEquipmentPlantCodes_2016_tires.json"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("us_vpic")
    return load(SOURCE, [FIXTURES], out), out


def rows(out: Path, kind: str) -> list[dict[str, Any]]:
    return pl.read_parquet(out / f"{kind}.parquet").rows(named=True)


def plant(out: Path, code: str) -> dict[str, Any]:
    return next(row for row in rows(out, "Plant") if row["id"] == f"us-dot-tyre:{code}")


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    holds(*loaded)
    assert (loaded[0].rows_in, loaded[0].rows_used, loaded[0].rows_rejected) == (14, 13, 1)


def test_country_spelled_six_ways(loaded: tuple[Report, Path]) -> None:
    found = {row["id"][-3:]: (row["country"], row["subdivision"]) for row in rows(loaded[1], "Plant")}
    assert found == {
        "0AA": ("US", "US-OH"),
        "1AB": ("US", "US-OH"),
        "1AC": ("US", "US-KS"),
        "1AD": ("MX", "MX-CMX"),
        "1AE": ("MX", "MX-GUA"),
        "1AF": ("CA", "CA-QC"),
        "1AG": (None, None),  # CANADA, with a postal code of elsewhere
        "1AH": ("FR", None),
        "1AJ": (None, None),  # AFRICA
    }


def test_owners_of_the_past(loaded: tuple[Report, Path]) -> None:
    held = {row["plant"][-3:]: row for row in rows(loaded[1], "Operation")}
    assert held["1AC"]["operator"] == "us-vpic-owner:old owner rubber co."
    assert "owner of its day" in held["1AC"]["note"]
    assert (held["1AC"]["since"], held["1AC"]["as_of"]) == (None, None)
    assert held["0AA"]["operator"] == held["1AB"]["operator"] == "us-vpic-owner:made up tire, llc"
    assert held["1AD"]["operator"] == "us-vpic-owner:hulera inventada, s.a. de c.v."


def test_active_and_closed(loaded: tuple[Report, Path]) -> None:
    status = {row["plant"][-3:]: row["plant_status"] for row in rows(loaded[1], "PlantStatus")}
    assert (status["0AA"], status["1AB"], "1AC" in status) == ("open", "closed", False)


def test_an_old_code_of_two_plants_is_left_out(loaded: tuple[Report, Path]) -> None:
    assert plant(loaded[1], "1AB")["same_as"] == ["us-dot-tyre-old:AB"]
    assert plant(loaded[1], "1AF")["same_as"] is plant(loaded[1], "1AG")["same_as"] is None
    assert plant(loaded[1], "1AC")["address"] is None  # a post-office box is no site


def test_sector_in_the_scheme_of_the_own_country(loaded: tuple[Report, Path]) -> None:
    found = {(row["member"][-3:], row["sector"], row["status"]) for row in rows(loaded[1], "InSector")}
    assert ("0AA", "naics-2022:326211", "inferred") in found
    assert ("1AD", "scian-2023:326211", "inferred") in found
    assert ("1AH", "isic-4:2211", "inferred") in found


def test_country_of_an_identifier_is_not_that_of_its_maker(loaded: tuple[Report, Path]) -> None:
    makers = [row for row in rows(loaded[1], "Corporation") if row["id"] == "us-vpic-maker:900003"]
    assert {(row["country"], row["note"]) for row in makers} == {
        (None, "WMI L5Q, Motorcycle"),
        (None, "WMI LQ4, Motorcycle"),
    }


def test_codes_of_other_equipment_are_no_tyre_plants(tmp_path: Path) -> None:
    data = (FIXTURES / PLANTS).read_text().replace("Equipment Type:1 ", "Equipment Type:3 ")
    (tmp_path / PLANTS).write_text(data)
    with pytest.raises(TrinationalError, match="no equipment type of tyres"):
        load(SOURCE, [tmp_path], tmp_path / "out")


@pytest.mark.parametrize("name", [PLANTS, "GetWMIsForManufacturer_scooter.json"])
def test_changed_copies(name: str, tmp_path: Path) -> None:
    refused = survives(SOURCE, FIXTURES / name, tmp_path)
    assert {"empty", "html", "half", "latin-1", "no list"} <= set(refused)


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path)
    holds(report, tmp_path)
    assert (report.rows_in, report.rows_used) == (1292, 1292)
    plants = pl.read_parquet(tmp_path / "Plant.parquet")
    assert dict(plants["country"].value_counts().rows())["MX"] == 19
    three = plants.filter(pl.col("country").is_in(["US", "CA", "MX"]))
    assert (three.height, three["subdivision"].null_count()) == (131, 2)
    status = pl.read_parquet(tmp_path / "PlantStatus.parquet").join(three, left_on="plant", right_on="id")
    assert status.filter(plant_status="closed").height == 10
    file = json.loads((raw / SOURCE.raw / PLANTS).read_text())["Results"]
    assert plants.height == len({row["DOTCode"] for row in file}) == 1091
    told = pl.read_parquet(tmp_path / "rejected.parquet")
    assert sorted(told["value"]) == ["AFRICA", "CANADA"]
