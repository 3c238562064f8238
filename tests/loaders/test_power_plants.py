"""Power plants: owners and shares in one cell, states by the coordinates, sectors; changed copies."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.power_plants import SOURCE
from tests.loaders.mutations import survives

FIXTURES = Path(__file__).parent / "fixtures/power_plants"
Loaded = tuple[Report, dict[str, pl.DataFrame]]


def read(folder: Path, out: Path) -> Loaded:
    report = load(SOURCE, [folder], out)
    return report, {path.stem: pl.read_parquet(path) for path in out.glob("*.parquet")}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return read(FIXTURES, tmp_path_factory.mktemp("power_plants"))


def owners(loaded: Loaded, plant: str) -> dict[str, float | None]:
    rows = loaded[1]["Operation"].filter(pl.col("plant") == f"gppd:{plant}")
    assert set(rows["operator_role"]) <= {"owner"}
    return dict(rows.select(pl.col("operator").str.strip_prefix("gppd-owner:"), "share_pct").rows())


def test_every_row_has_one_fate(loaded: Loaded) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (11, 8, 2, 1)
    assert report.ignored == {"not in Canada, Mexico or the United States": 1}
    assert report.rejected == {"key of Plant is missing": 1, "not a number (Count.value)": 1}
    wrong = loaded[1]["rejected"].filter(~pl.col("fatal"))
    assert set(wrong["column"]) == {"longitude", "commissioning_year"}


def test_several_owners_and_shares_in_one_cell(loaded: Loaded) -> None:
    assert owners(loaded, "CAN9000001") == {"Sample Power": 51, "Example Trust": 49}
    assert owners(loaded, "CAN9000002") == {"Sample Power": None}
    assert owners(loaded, "CAN9000005") == {"Sample Gw": None, "Example Oil": None}
    assert owners(loaded, "CAN9000004") == {"123 Sample Inc O/A Example Cogeneration": None}


def test_cfe_pie_names_no_owner(loaded: Loaded) -> None:
    assert owners(loaded, "MEX9000001") == {}
    note = loaded[1]["Plant"].filter(pl.col("note").str.contains("CFE"))
    assert note["id"].to_list() == ["gppd:MEX9000001"]


def test_who_is_no_owner_or_may_be_a_person_is_left_out(loaded: Loaded) -> None:
    assert owners(loaded, "CAN9000006") == owners(loaded, "CAN9000003") == {}
    for table in loaded[1].values():
        assert "Sampleman" not in str(table.to_dicts())


def test_the_state_is_inferred_from_the_coordinates(loaded: Loaded) -> None:
    plants = loaded[1]["Plant"]
    states = dict(plants.filter(pl.col("subdivision").is_not_null()).select("id", "subdivision").rows())
    assert states["gppd:CAN9000001"] == "CA-BC"
    assert not {"gppd:CAN9000002", "gppd:MEX9000002"} & {*states}  # at a border; without coordinates
    inferred = plants.filter(pl.col("status") == "inferred")
    assert inferred["name"].null_count() == inferred.height == len(states)


def test_sectors_stop_where_the_countries_agree(loaded: Loaded) -> None:
    sectors = dict(loaded[1]["InSector"].select("member", "sector").rows())
    assert sectors["gppd:CAN9000001"] == "naics-2022:22111"
    assert sectors["gppd:MEX9000001"] == "scian-2023:22111"


def test_capacity_year_and_publisher(loaded: Loaded) -> None:
    count = loaded[1]["Count"].row(by_predicate=pl.col("of") == "gppd:CAN9000001", named=True)
    assert (count["measure"], count["value"], count["as_of"]) == ("generating_capacity", 24.5, "2017")
    plants = loaded[1]["Plant"].filter(pl.col("name").is_not_null())
    assert dict(plants.select("id", "opened").rows())["gppd:CAN9000001"] == "1997"
    publishers = dict(plants.select("id", "page_publisher").rows())
    assert (publishers["gppd:CAN9000001"], publishers["gppd:MEX9000002"]) == (
        "Natural Resources Canada",
        None,
    )


@pytest.mark.parametrize("file", ["database_CAN.csv", "database_MEX.csv"])
def test_changed_copies(file: str, tmp_path: Path) -> None:
    refused = survives(SOURCE, FIXTURES / file, tmp_path)
    assert {"empty", "html", "doubled", "new column", "header moved"} <= {*refused}


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report, tables = read(raw / "power-plants-wri", tmp_path)
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.dropped) == (1667, 1667, 0, {})
    plants = tables["Plant"]
    stated = plants.filter(pl.col("status") == "stated")
    assert stated["country"].null_count() == 0
    located = stated.filter(pl.col("latitude").is_not_null())
    states = plants.filter(pl.col("subdivision").is_not_null())
    assert (stated.height, located.height) == (1667, 1405)
    assert states.height > 0.97 * located.height
    known = dict(states.select("id", "subdivision").rows())
    assert known["gppd:CAN0002259"] == "CA-NS"  # Wreck Cove
    assert known["gppd:MEX0001766"] == "MX-VER"  # Tuxpan
    operators = tables["Operation"].filter(pl.col("share_pct").is_not_null())
    assert operators.filter(pl.col("operator") == "gppd-owner:Columbia Basin Trust")["share_pct"].max() == 50
    assert "Verhoeven" not in str([table.to_dicts() for table in tables.values()])
