"""Work stoppages of three publishers: hand-written rows in five layouts, then the real files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.us_stoppages import SOURCES
from ontology import TrinationalError
from tests.loaders.mutations import survives
from tests.loaders.office_files import lines, workbook
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/us_stoppages"
FMCS, BLS, CORNELL = SOURCES
Loaded = dict[str, tuple[Report, Path]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("stoppages")
    month = workbook(folder / "March-2019-Work-Stoppages.xlsx", {"x": lines(FIXTURES / "monthly.txt")})
    foia = workbook(folder / "Work_Stoppages2004-2005.xlsx", {"Sheet1": lines(FIXTURES / "foia.txt")})
    files = {FMCS: [FIXTURES, month, foia], BLS: [FIXTURES], CORNELL: [FIXTURES]}
    found = {}
    for source, paths in files.items():
        out = folder / source.id
        found[source.id] = load(source, paths, out), out
        holds(*found[source.id])
    return found


def table(loaded: Loaded, who: str, kind: str) -> pl.DataFrame:
    return pl.read_parquet(loaded[f"us_stoppages_{who}"][1] / f"{kind}.parquet")


def event(loaded: Loaded, key: str) -> dict[str, Any]:
    who = key.split("|")[0]
    return table(loaded, who, "Event").filter(pl.col("id") == f"us-stoppage:{key}").row(0, named=True)


def test_every_row_has_one_fate(loaded: Loaded) -> None:
    fates = {
        name: (r.rows_in, r.rows_used, r.rows_rejected, r.rows_ignored) for name, (r, _) in loaded.items()
    }
    assert fates == {
        "us_stoppages_fmcs": (13, 10, 0, 3),
        "us_stoppages_bls": (4, 4, 0, 0),
        "us_stoppages_cornell": (5, 3, 2, 0),
    }
    assert loaded["us_stoppages_fmcs"][0].ignored == {
        "line that heads a section": 2,
        "employer may be a natural person": 1,
    }
    assert [r.release for r, _ in loaded.values()] == ["2019-03-26", "2021", "2021-11-09"]


def test_one_strike_in_three_sources_stays_three_statements(loaded: Loaded) -> None:
    ids = [set(table(loaded, who, "Event")["id"]) for who in ("fmcs", "bls", "cornell")]
    assert not ids[0] & ids[1] | ids[1] & ids[2] | ids[0] & ids[2]
    assert event(loaded, "bls|Acme Tractors|2020-05-02")["event_type"] == "work_stoppage"
    assert event(loaded, "cornell|Acme Tractors|2021-10-14")["event_type"] == "strike"


def test_the_same_stoppage_in_two_files_of_fmcs(loaded: Loaded) -> None:
    events = table(loaded, "fmcs", "Event")
    twice = events.filter(pl.col("id") == "us-stoppage:fmcs|2005007NX04|2005-04-13")
    assert twice["times"].to_list() == [2]
    assert events.filter(pl.col("id").str.contains("2005007NX04")).height == 2
    cable = event(loaded, "fmcs|201708590X05|2017-03-29")
    assert (cable["event_type"], cable["workers"], cable["times"]) == ("lockout", 1800, 2)


def test_days_and_numbers(loaded: Loaded) -> None:
    inn = event(loaded, "fmcs|2019N0500X07|2019-03-02")
    assert (inn["date"], inn["date_end"], inn["workers"]) == ("2019-03-02", "2019-03-26", 4)
    assert event(loaded, "fmcs|1984DB00X002|1984-07-16")["date_end"] is None
    assert event(loaded, "fmcs|2004DMX08|2004-10-04")["workers"] is None
    wrong = table(loaded, "fmcs", "rejected")
    assert wrong.select("value", "fatal").rows() == [("1984-03-11", False)]


def test_no_place_no_plant(loaded: Loaded) -> None:
    plants = table(loaded, "fmcs", "Plant")
    assert not plants["name"].str.contains("Contractors").any()
    assert {"us-stoppage-site:fmcs|Acme Tire Co|Akron|OH"} <= set(plants["id"])


def test_none_as_missing(loaded: Loaded) -> None:
    schools = event(loaded, "cornell|Sample Schools|2021-11-09")
    assert (schools["date_end"], schools["workers"], schools["note"]) == (None, 40, "demands: Pay, Staffing")
    unions = table(loaded, "cornell", "Union")["name"].to_list()
    assert "None" not in unions
    assert table(loaded, "fmcs", "InSector")["code_as_stated"].is_in(["NULL", "Not Provided"]).sum() == 0


def test_several_locations_are_one_event(loaded: Loaded) -> None:
    events = table(loaded, "cornell", "Event").filter(pl.col("name").str.contains("Tractors"))
    assert events.select("workers", "place", "subdivision").rows() == [(None, None, None)]
    assert events["note"].to_list() == ["2 locations; bargaining unit of 10100; demands: Pay"]
    parties = table(loaded, "cornell", "Party").filter(pl.col("within") == events["id"][0])
    assert sorted(parties["role"]) == ["employer", "plant", "plant", "union", "union"]
    assert set(parties.filter(pl.col("role") == "union")["party"]) == {"us-aff:UAW/9012", "us-aff:UAW/9900"}


def test_headerless_rows_are_checked(loaded: Loaded) -> None:
    reasons = loaded["us_stoppages_cornell"][0].rejected
    assert reasons == {"14 fields instead of 15": 1, "key of Event is missing": 1}


def test_shifted_columns_of_bls_are_put_back(loaded: Loaded) -> None:
    university = event(loaded, "bls|Sample University|2021-10-27")
    assert (university["date_end"], university["workers"]) == ("2021-10-29", 2000)
    assert "put back" in university["note"]
    coal = event(loaded, "bls|Sample Coal, Inc.|2021-04-01")
    assert (coal["date_end"], coal["workers"]) == (None, 1100)
    assert not table(loaded, "bls", "Event")["date"].str.starts_with("1899").any()


def test_sectors(loaded: Loaded) -> None:
    tractors = table(loaded, "bls", "InSector").filter(pl.col("member").str.contains("Tractors"))
    assert set(tractors.select("sector", "code_as_stated").rows()) == {
        ("naics-2022:33311", "33311"),
        ("naics-2022:33312", "33312"),
    }
    plastics = table(loaded, "fmcs", "InSector").filter(pl.col("member").str.contains("Plastics"))
    assert plastics["sector"].unique().to_list() == ["naics-2022:31-33"]


def test_unions(loaded: Loaded) -> None:
    unions = set(table(loaded, "fmcs", "Union")["id"])
    assert {
        "us-aff:USW/7543",
        "us-aff:IBT/9135",
        "us-aff:UNITHE/9005",
        "us-stoppage-union:fmcs|URW 820",
    } <= unions
    assert not any("MULTI" in union or "PAT" in union for union in unions)
    assert "us-stoppage-union:bls|SAMPLE NURSES 1021" in set(table(loaded, "bls", "Union")["id"])
    assert {"us-aff:UMW/9245", "us-aff:UAW/9012"} <= set(table(loaded, "bls", "Union")["id"])


def test_people_stay_out(loaded: Loaded) -> None:
    texts = " ".join(str(pl.read_parquet(p).rows()) for p in loaded["us_stoppages_fmcs"][1].glob("*.parquet"))
    assert "Specimen" not in texts


def test_changed_copies(tmp_path: Path) -> None:
    refused = survives(FMCS, FIXTURES / "work_stoppages.csv", tmp_path)
    assert {"html", "empty", "header moved", "semicolons", "doubled", "new column", "without 0"} <= set(
        refused
    )


def without(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != name} for row in rows]


JSONS: dict[str, Callable[[list[dict[str, Any]]], Any]] = {
    "no list": lambda rows: {"data": rows},
    "empty": lambda rows: [],
    "column removed": lambda rows: without(rows, "Number of workers"),
    "another removed": lambda rows: without(rows, "States"),
    "renamed": lambda rows: [{k.replace("Union Local", "Local"): v for k, v in row.items()} for row in rows],
    "new column": lambda rows: [{**row, "Judge": "x"} for row in rows],
}


@pytest.mark.parametrize("change", JSONS)
def test_changed_json_is_refused(change: str, tmp_path: Path) -> None:
    rows = json.loads((FIXTURES / "work-stoppages-2020.json").read_text())
    path = tmp_path / "work-stoppages-2020.json"
    path.write_text(json.dumps(JSONS[change](rows)) + " " * 60)
    with pytest.raises(TrinationalError):
        load(BLS, [path], tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"<html><body>" * 9, b"a,b,c\n" * 20, b"\xff\xfe0|a" * 20])
def test_another_file_is_no_list_of_strikes(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "strikes_data.csv"
    path.write_bytes(content)
    with pytest.raises(TrinationalError):
        load(CORNELL, [path], tmp_path / "out")


def test_changed_headerless_rows_say_nothing_wrong(tmp_path: Path) -> None:
    first, *rest = (FIXTURES / "strikes_data.csv").read_text().splitlines()
    path = tmp_path / "strikes_data.csv"
    header = "|".join(["ID", *["X"] * 14])
    path.write_text("\n".join([header, first, "|".join(first.split("|")[::-1]), *rest, "", "* Source: ILR"]))
    report = load(CORNELL, [path], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert (report.rows_in, report.rows_used) == (9, 3)
    assert pl.read_parquet(tmp_path / "out/Event.parquet").height == 2


@pytest.mark.parametrize(
    ("number", "rows_in", "rejected", "events"), [(0, 16593, 0, 14300), (1, 85, 0, 70), (2, 294, 1, 200)]
)
def test_real_files(number: int, rows_in: int, rejected: int, events: int, raw: Path, tmp_path: Path) -> None:
    source = SOURCES[number]
    report = load(source, [raw / source.raw], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert (report.rows_in, report.rows_rejected) == (rows_in, rejected)
    table = pl.read_parquet(tmp_path / "out/Event.parquet")
    assert events < table["id"].n_unique() < events + 100
    if number == 1:
        harvard = table.filter(pl.col("name").str.contains("Harvard")).row(0, named=True)
        assert (harvard["date"], harvard["date_end"], harvard["workers"]) == (
            "2021-10-27",
            "2021-10-29",
            2000,
        )
        parties = pl.read_parquet(tmp_path / "out/Party.parquet")
        ford = parties.filter(pl.col("within").str.contains("Ford Motor") & (pl.col("role") == "union"))
        assert {"us-aff:UAW/900", "us-aff:UAW/12", "us-aff:UAW/2250"} <= set(ford["party"])
    if number == 2:
        deere = table.filter(pl.col("name") == "Strike at John Deere")
        assert deere.filter(pl.col("date") == "2021-10-14").height == 1
