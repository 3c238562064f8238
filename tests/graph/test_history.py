from __future__ import annotations

import csv
import shutil
from pathlib import Path

import polars as pl
import pytest

import loaders
from graph.build import build
from graph.history import diff, reinstate, retract, retractions
from graph.home import Home
from graph.labor_graph import LaborGraph
from graph.release import detect, find, load_release
from ontology import TrinationalError, WrongUseError


def edited(folder: Path, table: str, edit: object) -> None:
    path = folder / table
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = edit(rows)  # type: ignore[operator]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def two_releases(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The built-in dataset, and a later release with one plant gone, one number corrected, one tie ended."""
    folder = tmp_path_factory.mktemp("history")
    home = Home(folder / "home")
    load_release(home, "curated")
    shutil.copytree(loaders.sources()["curated"].folder or Path(), folder / "later")

    def plants(rows: list[dict[str, str]]) -> list[dict[str, str]]:
        for row in rows:
            if row["plant_id"] == "plant:gm-silao":
                row["opened"] = "1994"
            if row["plant_id"] == "plant:gm-fairfax":
                row["closed"] = "2027"
        return [row for row in rows if row["plant_id"] != "plant:abi-becancour"]

    edited(folder / "later", "plants.csv", plants)
    load_release(home, "curated", [folder / "later"], release="2026-12-01")
    return home


def test_newer_release_stands_beside_the_older(two_releases: Home) -> None:
    assert list(two_releases.releases()) == ["curated@2026-11-22", "curated@2026-12-01"]


def test_diff_tells_added_ended_and_corrected(two_releases: Home) -> None:
    found = diff(two_releases, "curated@2026-11-22", "curated@2026-12-01").filter(kind="Plant")
    rows = found.select("change", "id", "column", "before", "after").rows()
    assert ("ended", "plant:abi-becancour", None, None, None) in rows
    assert ("corrected", "plant:gm-silao", "opened", "1995", "1994") in rows
    assert [row[0] for row in rows if row[1] == "plant:gm-fairfax" and row[2] == "closed"] == ["ended"]
    back = diff(two_releases, "2026-12-01", "2026-11-22").filter(kind="Plant")
    assert ("added", "plant:abi-becancour") in back.select("change", "id").rows()


def test_nothing_changed_is_no_row(two_releases: Home) -> None:
    assert diff(two_releases, "curated@2026-11-22", "2026-11-22").is_empty()


def test_retracted_release_leaves_the_answers_and_stays_in_history(two_releases: Home) -> None:
    build(two_releases)
    opened = LaborGraph(two_releases.graph).table("Plant").filter(id="plant:gm-silao")["opened"]
    assert opened.to_list() == ["1994"]
    retract(two_releases, "curated@2026-12-01", "wrong year", "curated@2026-11-22")
    build(two_releases)
    opened = LaborGraph(two_releases.graph).table("Plant").filter(id="plant:gm-silao")["opened"]
    assert opened.to_list() == ["1995"]
    assert "curated@2026-12-01" in two_releases.releases()
    assert retractions(two_releases)[0]["why"] == "wrong year"
    reinstate(two_releases, "curated@2026-12-01")
    assert retractions(two_releases) == []


def test_everything_retracted_is_said(two_releases: Home) -> None:
    retract(two_releases, "curated", "test")
    with pytest.raises(TrinationalError, match="no records"):
        build(two_releases)
    reinstate(two_releases, "curated")


@pytest.mark.parametrize(
    ("source", "why", "message"),
    [("curatde", "x", "not loaded"), ("curated", " ", "reason")],
)
def test_wrong_retractions(two_releases: Home, source: str, why: str, message: str) -> None:
    with pytest.raises(WrongUseError, match=message):
        retract(two_releases, source, why)


def test_unknown_state_names_what_is_loaded(two_releases: Home) -> None:
    with pytest.raises(WrongUseError, match="no release") as caught:
        diff(two_releases, "curated@2026-11-23", "2026-12-01")
    assert "curated@2026-11-22" in caught.value.hint


def test_sources_below_a_folder_are_found_by_name_and_by_columns(tmp_path: Path) -> None:
    fixtures = Path(__file__).parents[1] / "loaders/fixtures"
    shutil.copytree(fixtures / "us_warn", tmp_path / "us-warn")
    shutil.copytree(fixtures / "mx_retc", tmp_path / "some/where")
    (tmp_path / "other").mkdir()
    (tmp_path / "other/cats.csv").write_text("name,colour\nTom,grey\n")
    found = find(tmp_path)
    assert set(found.sources) >= {"us_warn", "mx_retc"}
    assert [path.name for path in found.unknown] == ["cats.csv"]
    assert detect(tmp_path / "other/cats.csv") == []


def test_archive_is_loaded_as_its_files(tmp_path: Path) -> None:
    fixtures = Path(__file__).parents[1] / "loaders/fixtures/us_warn"
    archive = shutil.make_archive(str(tmp_path / "warn"), "zip", fixtures)
    plain = load_release(Home(tmp_path / "a"), "us_warn", [fixtures])
    packed = load_release(Home(tmp_path / "b"), "us_warn", [Path(archive)])
    assert packed.counts == plain.counts


def test_broken_archive_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "warn.zip").write_text("<html>not found</html>")
    with pytest.raises(TrinationalError, match="cannot be unpacked"):
        load_release(Home(tmp_path / "home"), "us_warn", [tmp_path / "warn.zip"])


def test_retracted_record_is_not_built(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    load_release(home, "curated")
    folder = home.releases()["curated@2026-11-22"]
    plants = pl.read_parquet(folder / "Plant.parquet")
    gone = pl.when(pl.col("id") == "plant:gm-silao").then(pl.lit("retracted")).otherwise("status")
    plants.with_columns(status=gone).write_parquet(folder / "Plant.parquet")
    build(home)
    assert "plant:gm-silao" not in LaborGraph(home.graph).table("Plant")["id"].to_list()
