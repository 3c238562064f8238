"""Canadian agreements in the Negotech layout. No real file could be had: hand-written rows only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from loaders.ca_negotech import COLUMNS, SOURCE
from loaders.load import Report, load
from ontology import TrinationalError
from tests.loaders.test_bad_input import holds

FIXTURE = Path(__file__).parent / "fixtures/ca_negotech/negotech.tsv"
Cells = list[list[str]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("ca_negotech")
    return load(SOURCE, [FIXTURE], out), out


def table(loaded: tuple[Report, Path], kind: str) -> pl.DataFrame:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet")


def test_the_layout_has_thirty_columns() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 30


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    holds(*loaded)
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (5, 3, 2, 0)


def test_agreement_parties_and_unit(loaded: tuple[Report, Path]) -> None:
    first = table(loaded, "Agreement").row(0, named=True)
    assert (first["id"], first["signed"], first["effective"], first["expires"], first["workers"]) == (
        *("ca-negotech:0123405", "2021-02-18", "2021-03-01", "2024-02-29"),
        1250,
    )
    said = table(loaded, "Representation").row(0, named=True)
    assert said["plant"] == "ca-negotech-site:MAPLEMOTORSLTD/OAKRIDGE/35"
    assert (said["union"], said["until"]) == ("ca-negotech-union:077", None)
    count = table(loaded, "Count").select("measure", "value").rows()
    assert count == [("bargaining_unit", 1250.0)]


def test_codes_stay_text_and_keep_their_zeros(loaded: tuple[Report, Path]) -> None:
    assert table(loaded, "Union")["id"].str.contains("077|078|079|affiliation").all()


def test_forms_of_dates(loaded: tuple[Report, Path]) -> None:
    assert table(loaded, "Agreement")["effective"].to_list() == ["2021-03-01", "2018-01-01", "2022-04-01"]


def test_a_name_in_one_language_is_the_name(loaded: tuple[Report, Path]) -> None:
    union = table(loaded, "Union").filter(pl.col("id") == "ca-negotech-union:079").row(0, named=True)
    assert (union["name"], union["abbreviation"], union["other_names"]) == (
        "Syndicat des soins de Val-Exemple",
        "SSVE",
        None,
    )


def test_several_places_are_no_plant_and_independent_is_no_body(loaded: tuple[Report, Path]) -> None:
    assert not table(loaded, "Plant")["name"].str.contains("Northern").any()
    assert "ca-negotech-union:078" not in table(loaded, "Affiliation")["member"].to_list()


def test_sectors_say_that_the_edition_is_not_stated(loaded: tuple[Report, Path]) -> None:
    said = table(loaded, "InSector").filter(pl.col("member") == "ca-negotech:0123407").row(0, named=True)
    assert (said["sector"], said["code_as_stated"]) == ("naics-2022:62211", "622111")
    assert "edition is not stated" in said["note"]


def moved(first: int, second: int) -> Callable[[Cells], Cells]:
    """Swap two columns of every row."""

    def swap(rows: Cells) -> Cells:
        for row in rows:
            row[first], row[second] = row[second], row[first]
        return rows

    return swap


@pytest.mark.parametrize("columns", [(0, 27), (1, 4), (2, 25), (3, 12), (6, 9), (9, 19), (6, 8)])
def test_moved_columns_reject_the_rows(columns: tuple[int, int], tmp_path: Path) -> None:
    rows = [line.split("\t") for line in FIXTURE.read_text().splitlines()[:1]]
    path = tmp_path / FIXTURE.name
    path.write_text("\n".join("\t".join(row) for row in moved(*columns)(rows)) + "\n")
    report = load(SOURCE, [path], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert (report.rows_in, report.rows_rejected) == (1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "\n".join(line.rsplit("\t", 1)[0] for line in text.splitlines()), "no line has 30"),
        (lambda text: text.replace("\t", ","), "no line has 30"),
        (lambda text: "", "no line has 30"),
        (lambda text: "<!DOCTYPE html>\n<html>" + "x" * 60, "no line has 30"),
    ],
)
def test_another_layout_is_refused(change: Callable[[str], str], message: str, tmp_path: Path) -> None:
    path = tmp_path / FIXTURE.name
    path.write_text(change(FIXTURE.read_text()))
    with pytest.raises(TrinationalError, match=message):
        load(SOURCE, [path], tmp_path / "out")


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FIXTURE.name
    path.write_bytes(FIXTURE.read_text().encode("cp1252"))
    with pytest.raises(TrinationalError, match="is not UTF-8"):
        load(SOURCE, [path], tmp_path / "out")


def test_a_header_cut_and_repeated_rows(loaded: tuple[Report, Path], tmp_path: Path) -> None:
    lines = FIXTURE.read_text().splitlines()
    path = tmp_path / FIXTURE.name
    path.write_text("\n".join(["\t".join(COLUMNS), *lines, "", lines[0], lines[1][:80]]) + "\n")
    report = load(SOURCE, [path], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (9, 4, 4, 1)
    assert report.counts == loaded[0].counts
