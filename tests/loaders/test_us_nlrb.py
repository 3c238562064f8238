"""Cases of the labor board: hand-written tallies and filings in their layouts, then the real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from loaders.load import Report, load
from loaders.us_nlrb import SOURCE
from ontology import TrinationalError
from tests.loaders.mutations import survives
from tests.loaders.office_files import Lines, lines, workbook
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/us_nlrb"
BOOK = "Election_results_Jan_2020-Dec_2020.xlsx"
TALLIES = lines(FIXTURES / "elections.txt")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    folder = tmp_path_factory.mktemp("nlrb")
    book = workbook(folder / BOOK, {"Sheet1": TALLIES})
    filings = FIXTURES / "recent_filings_export_2022-03.csv"
    return load(SOURCE, [book, filings], folder / "out"), folder / "out"


def table(out: tuple[Report, Path], kind: str) -> pl.DataFrame:
    return pl.read_parquet(out[1] / f"{kind}.parquet")


def test_every_row_has_one_fate(out: tuple[Report, Path]) -> None:
    report = out[0]
    holds(*out)
    assert report.release == "2022-03"
    assert (report.rows_in, report.rows_used, report.rows_rejected) == (20, 18, 0)
    assert report.ignored == {"employer may be a natural person": 2}


def test_header_on_line_4_and_line_breaks_inside_cells(out: tuple[Report, Path]) -> None:
    located = table(out, "Case")["locator"].to_list()
    assert f"{BOOK}#1" in located
    assert "recent_filings_export_2022-03.csv#9" in located


def test_several_tallies_per_case(out: tuple[Report, Path]) -> None:
    events = table(out, "Event").filter(pl.col("note").str.contains("08-RC-900001|08-RC-900002"))
    told = events.select("note", "votes_for", "votes_against", "workers", "result_class").sort(
        "note", "workers"
    )
    assert told.rows()[:2] == [
        ("case 08-RC-900001, unit A", 25, 10, 40, "won"),
        ("case 08-RC-900001, unit B", 2, 7, 10, None),
    ]
    two = events.filter(pl.col("note").str.contains("900002")).sort("date")
    assert two["votes_for"].to_list() == [None, None]
    assert two["result_class"].to_list() == [None, "won"]
    assert "24 for Sample Guards Union" in two["result"][1]
    cases = table(out, "Case")
    assert cases.filter(pl.col("number") == "08-RC-900001").height == 1


def test_represented_only_when_certified(out: tuple[Report, Path]) -> None:
    said = table(out, "Representation")
    assert set(said.select("note", "union", "workers", "status").rows()) == {
        (
            "case 08-RC-900001, unit A",
            "us-nlrb-union:INTERNATIONAL BROTHERHOOD OF TEAMSTERS, LOCAL 9125",
            40,
            "found",
        ),
        ("case 08-RC-900002, unit A", "us-nlrb-union:SAMPLE GUARDS UNION", 60, "found"),
    }


def test_certification_of_results_is_no_defeat_where_most_voted_for(out: tuple[Report, Path]) -> None:
    classes = dict(table(out, "Event").select("note", "result_class").iter_rows())
    assert classes["case 08-RC-900004, unit A"] is None
    assert classes["case 08-RD-900003, unit A"] == "lost"
    assert classes["case 08-RC-900009, unit A"] is None
    kinds = dict(table(out, "Event").select("note", "event_type").iter_rows())
    assert kinds["case 08-UD-900007, unit A"] == "deauthorization_vote"
    assert kinds["case 08-RD-900003, unit A"] == "decertification_election"


def test_employers_in_the_union_column_are_no_unions(out: tuple[Report, Path]) -> None:
    unions = table(out, "Union")["id"].to_list()
    assert not any("PRESS" in union or "SCENT" in union or "SCHOOL" in union for union in unions)


def test_a_local_is_inferred(out: tuple[Report, Path]) -> None:
    unions = table(out, "Union").select("id", "same_as", "status").unique().rows_by_key("id")
    key = "us-nlrb-union:INTERNATIONAL BROTHERHOOD OF TEAMSTERS, LOCAL 9125"
    assert unions[key] == [(["us-aff:IBT/9125"], "inferred")]
    assert unions["us-nlrb-union:SAMPLE GUARDS UNION"] == [(None, "filed")]


def test_no_tally_no_vote(out: tuple[Report, Path]) -> None:
    assert not table(out, "Event")["name"].str.contains("Utility").any()
    assert table(out, "Case").filter(pl.col("number") == "08-RC-900008")["outcome"].to_list() == ["open"]


def test_charges_are_allegations(out: tuple[Report, Path]) -> None:
    cases = dict(table(out, "Case").select("number", "status").iter_rows())
    assert cases["08-CA-910001"] == cases["08-CB-910002"] == "alleged"
    assert cases["08-RC-910004"] == "filed"
    parties = table(out, "Party").select("within", "party", "role").rows()
    acme = "us-nlrb-employer:Acme Stamping, Inc.|Toledo|OH"
    assert ("us-nlrb:08-CA-910001", acme, "respondent") in parties
    assert ("us-nlrb:08-CB-910002", "us-nlrb-union:TEAMSTERS LOCAL 9125", "respondent") in parties
    assert ("us-nlrb:08-CB-910002", acme, "employer") in parties
    assert ("us-nlrb:08-CC-910003", "us-nlrb-employer:S&S Sample, LLC|Akron|OH", "employer") in parties
    assert table(out, "Case").filter(pl.col("number") == "08-CA-910007")["petition_date"].to_list() == [None]


def test_people_stay_out(out: tuple[Report, Path]) -> None:
    texts = " ".join(str(pl.read_parquet(path).rows()) for path in out[1].glob("*.parquet")).upper()
    assert "ZORN" not in texts
    assert "SPECIMEN" not in texts


def test_changed_copies_of_filings(tmp_path: Path) -> None:
    refused = survives(SOURCE, FIXTURES / "recent_filings_export_2022-03.csv", tmp_path)
    assert {"html", "empty", "header moved", "semicolons", "doubled", "new column", "without 0"} <= set(
        refused
    )


CHANGES: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "column removed": (lambda rows: [r[:-3] + r[-2:] if len(r) > 3 else r for r in rows], "Union To Certify"),
    "column renamed": (
        lambda rows: [[c.replace("Tally Date", "Tally Day") for c in r] for r in rows],
        "Tally Da",
    ),
    "column doubled": (lambda rows: [[*r, r[0]] if len(r) > 3 else r for r in rows], "several times"),
    "new column": (lambda rows: [*rows[:3], [*rows[3], "Judge"], *rows[4:]], "'Judge' is new"),
    "header lost": (lambda rows: [*rows[:3], *rows[4:]], "no line has a column 'Case Number'"),
    "header alone": (lambda rows: rows[:4], "0 rows"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_workbooks_are_refused(change: str, tmp_path: Path) -> None:
    how, message = CHANGES[change]
    book = workbook(tmp_path / BOOK, {"Sheet1": how(TALLIES)})
    with pytest.raises(TrinationalError, match=message):
        load(SOURCE, [book], tmp_path / "out")


def test_header_moved_and_columns_reordered_say_the_same(tmp_path: Path) -> None:
    counts = []
    for number, rows in enumerate(([*TALLIES[:3], *[r[::-1] for r in TALLIES[3:]]], TALLIES[3:], TALLIES)):
        folder = tmp_path / str(number)
        folder.mkdir()
        counts.append(load(SOURCE, [workbook(folder / BOOK, {"x": rows})], folder / "out").counts)
    assert counts[0] == counts[1] == counts[2]


def test_real_files(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert (report.release, report.rows_in, report.rows_rejected) == ("2021-11", 6927 + 11295, 0)
    events = pl.read_parquet(tmp_path / "out/Event.parquet")
    assert events["id"].n_unique() > 6900
    yale = events.filter(pl.col("note") == "case 01-RC-183014, unit A").row(0, named=True)
    assert (yale["votes_for"], yale["votes_against"], yale["result_class"]) == (5, 1, None)
    represented = pl.read_parquet(tmp_path / "out/Representation.parquet")
    assert 3500 < represented["note"].n_unique() < 4429
    assert not represented["note"].str.contains("05-RC-204456|01-RC-249906").any()
    finley = represented.filter(pl.col("note").str.contains("33-RD-000899"))
    assert finley["plant"].to_list() == ["us-nlrb-site:THE FINLEY HOSPITAL|Dubuque|IA"]
    texts = set(pl.read_parquet(tmp_path / "out/Corporation.parquet")["name"])
    assert not any("Individual," in name or "as an Agent" in name for name in texts)
