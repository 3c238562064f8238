"""LEI levels 1 and 2: hand-written entries in three formats, their mutations, then the real files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loaders.gleif import SOURCE
from loaders.load import Report, load
from ontology import TrinationalError

FIXTURES = Path(__file__).parent / "fixtures/gleif"
CSV = "20240505-0000-gleif-goldencopy-{}-golden-copy.csv"
JSON = "20240505-0000-gleif-goldencopy-lei2-intra-day.json"
ACME, BOLT, ULTI = "lei:9845ACME000000000078", "lei:9845BOLT000000000003", "lei:9845ULTI000000000079"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("gleif")
    return load(SOURCE, [FIXTURES], out), out


def table(loaded: tuple[Report, Path], kind: str) -> list[dict[str, Any]]:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet").rows(named=True)


def entry(loaded: tuple[Report, Path], lei: str) -> dict[str, Any]:
    return next(row for row in table(loaded, "Corporation") if row["id"].startswith(lei) and row["name"])


def owned(loaded: tuple[Report, Path], start: str) -> dict[str, Any]:
    (found,) = [r for r in table(loaded, "Ownership") if r["owned"].startswith(start)]
    return found


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (32, 17, 5, 10)
    assert report.counts == {"Corporation": 11, "Ownership": 6, "Succession": 1}
    assert report.release == "2024-05-05"


def test_an_entity_has_its_names_head_office_and_form(loaded: tuple[Report, Path]) -> None:
    acme = entry(loaded, ACME)
    assert (acme["name"], acme["other_names"]) == (
        "Acme Axle Holdings, Inc.",
        ["Acme Springs, Inc.", "Acme Axle"],
    )
    assert (acme["country"], acme["subdivision"], acme["place"]) == ("US", "US-MI", "Detroit")
    assert (acme["founded"], acme["legal_form"], acme["status"]) == ("1998-02-01", "ELF HZEH", "filed")
    assert entry(loaded, BOLT)["legal_form"] == "Sociedad Anónima de Capital Variable"
    assert entry(loaded, "lei:9845CARD")["note"] == "registered in KY"
    assert entry(loaded, "lei:9845FUND")["organization_type"] == "investment_fund"


def test_leaves_of_json_and_xml_say_the_same_as_cells_of_csv(loaded: tuple[Report, Path]) -> None:
    from_json, from_xml = entry(loaded, "lei:9845HOLD"), entry(loaded, ULTI)
    assert from_json["locator"] == f"{JSON}#1"
    assert (from_json["name"], from_json["subdivision"]) == ("Gestion Exemple ltée", "CA-QC")
    assert (from_json["legal_form"], from_json["founded"]) == ("société par actions", "2017-09-20")
    assert (from_xml["locator"], from_xml["other_names"]) == (
        "lei-data.xml#1",
        ["Example & Sons plc", "Example"],
    )


def test_two_status_fields_lapsed_is_kept_and_said_duplicate_and_annulled_are_not(
    loaded: tuple[Report, Path],
) -> None:
    assert entry(loaded, ACME)["note"] == "the entry was not renewed"
    assert entry(loaded, "lei:9845INAC")["note"].startswith("merged into another entity; no longer active")
    assert not [row for row in table(loaded, "Corporation") if "DUPL" in row["id"]]
    ignored = loaded[0].ignored
    assert (ignored["a duplicate entry"], ignored["an annulled entry"]) == (2, 1)
    assert ignored["a relation of unknown status"] == 1


def test_sole_proprietors_are_persons_and_stay_out(loaded: tuple[Report, Path]) -> None:
    assert loaded[0].ignored["a sole proprietor: natural persons are left out"] == 3
    for file in loaded[1].iterdir():
        assert b"EJEMPLO RUIZ" not in file.read_bytes()
        assert b"LUIS EJEMPLO" not in file.read_bytes()


def test_the_end_node_owns_and_direct_and_ultimate_are_told_apart(loaded: tuple[Report, Path]) -> None:
    bolts = {row["owner"]: row["control"] for row in table(loaded, "Ownership") if row["owned"] == BOLT}
    assert bolts == {ACME: "accounting_consolidation", ULTI: "ultimate_consolidation"}
    assert {row["share_pct"] for row in table(loaded, "Ownership")} == {None}


def test_period_pairs_come_in_any_order(loaded: tuple[Report, Path]) -> None:
    first = owned(loaded, "lei:9845HOLD")
    assert (first["since"], first["until"]) == ("2012-11-29", None)
    since = {row["owner"]: row["since"] for row in table(loaded, "Ownership") if row["owned"] == BOLT}
    assert since == {ACME: "2015-06-01", ULTI: "2016-01-01"}


def test_an_end_before_the_start_is_dropped_and_an_end_without_a_start_stays(
    loaded: tuple[Report, Path],
) -> None:
    assert (owned(loaded, "lei:9845CARD")["since"], owned(loaded, "lei:9845CARD")["until"]) == (
        "2018-01-01",
        None,
    )
    assert (owned(loaded, "lei:9845INAC")["since"], owned(loaded, "lei:9845INAC")["until"]) == (
        None,
        "2012-05-31",
    )
    reasons = pl.read_parquet(loaded[1] / "rejected.parquet").filter(~pl.col("fatal"))["reason"].to_list()
    assert reasons == ["not an end that is not before the start (Ownership.until)"]


def test_an_inactive_relation_is_never_open(loaded: tuple[Report, Path]) -> None:
    ended = owned(loaded, "lei:9845GOVT")
    assert (ended["until"], ended["note"]) == ("2024-03-01", "ended by then; the day is not said")


def test_an_exception_is_a_note_and_no_owner(loaded: tuple[Report, Path]) -> None:
    notes = {row["id"]: row["note"] for row in table(loaded, "Corporation") if row["name"] is None}
    assert notes == {
        ACME: "no direct parent in accounting is reported: NATURAL_PERSONS",
        ULTI: "no ultimate parent in accounting is reported: NON_CONSOLIDATING",
    }


def test_check_digits_and_unknown_words_are_rejected(loaded: tuple[Report, Path]) -> None:
    assert loaded[0].rejected == {
        "Entity.LegalName is missing": 1,
        "Exception.Category is an unknown word": 1,
        "Registration.RegistrationStatus is an unknown word": 1,
        "Relationship.RelationshipType is an unknown word": 1,
        "not a key of lei (key of Corporation)": 1,
    }


def test_a_successor_takes_over_from_the_merged_entity(loaded: tuple[Report, Path]) -> None:
    (found,) = table(loaded, "Succession")
    assert (found["successor"], found["succession_kind"], found["since"]) == (
        ACME,
        "merged_into",
        "2021-12-31",
    )


Change = Callable[[str], str]
REFUSED: list[tuple[str, Change, str]] = [
    (
        CSV.format("lei2"),
        lambda t: t.replace('"Entity.EntityStatus"', '"Entity.State"', 1),
        "Entity.EntityStatus",
    ),
    (CSV.format("lei2"), lambda t: t.replace('"Entity.LegalName"', '"LEI"', 1), "'LEI' stands there 2 times"),
    (CSV.format("lei2"), lambda t: t.replace('"ConformityFlag"', '"Owner"', 1), "'Owner' is new"),
    (CSV.format("lei2"), lambda t: "\n\nLEI list\n" + t, "there is no column"),
    (
        CSV.format("rr"),
        lambda t: t.replace("Period.2.periodType", "Period.2.period", 1),
        "Period.2.periodType",
    ),
    (CSV.format("repex"), lambda t: t.replace("Exception.Category", "Category", 1), "Exception.Category"),
    (
        "lei2-names-north-america.csv",
        lambda t: t.replace("LegalAddress.Country", "LegalAddress.State"),
        "Country",
    ),
    (JSON, lambda t: t.replace('"LegalName"', '"Name"', 1), "'Entity.Name"),
    (JSON, lambda t: t[: len(t) * 2 // 3], "is cut off or malformed: record 2"),
    (JSON, lambda t: "", "is empty"),
    (JSON, lambda t: "<!DOCTYPE html><html><body>429</body></html>", "<html>"),
    (JSON, lambda t: "LEI,Name\n1,x\n", "neither XML nor a JSON"),
    ("lei-data.xml", lambda t: t.replace("lei:LegalName", "lei:Name"), "'Entity.Name"),
    ("lei-data.xml", lambda t: t[:-40], "is cut off or malformed"),
    (
        "rr-data.xml",
        lambda t: t.replace("RelationshipData", "OtherData"),
        "<OtherData>, not <RelationshipData>",
    ),
    ("repex-data.xml", lambda t: t.replace("ExceptionCategory", "Kind"), "'Kind"),
]


@pytest.mark.parametrize(("name", "change", "message"), REFUSED)
def test_a_changed_file_is_refused_by_name(name: str, change: Change, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(change((FIXTURES / name).read_text("utf-8")), "utf-8")
    with pytest.raises(TrinationalError) as caught:
        load(SOURCE, [path], tmp_path / "out")
    assert name in str(caught.value)
    assert message in str(caught.value)


def test_rows_repeated_cut_and_merged_are_counted(tmp_path: Path) -> None:
    name = CSV.format("repex")
    head, first, *_ = (FIXTURES / name).read_text("utf-8").splitlines()
    (tmp_path / name).write_text("\n".join([head, first, first, first[:60], first + "," + first]) + "\n")
    with pytest.raises(TrinationalError, match="never closed"):
        load(SOURCE, [tmp_path / name], tmp_path / "out")
    (tmp_path / name).write_text("\n".join([head, first, first, '"x","y"', first + "," + first]) + "\n")
    report = load(SOURCE, [tmp_path / name], tmp_path / "out2")
    assert (report.rows_in, report.rows_used, report.rows_rejected) == (4, 2, 2)
    assert report.counts == {"Corporation": 1}


def test_an_element_missing_everywhere_rejects_and_says_so(tmp_path: Path) -> None:
    text = (FIXTURES / "lei-data.xml").read_text("utf-8")
    cut = text.replace("<lei:EntityStatus>ACTIVE</lei:EntityStatus>", "")
    (tmp_path / "lei-data.xml").write_text(cut, "utf-8")
    report = load(SOURCE, [tmp_path / "lei-data.xml"], tmp_path / "out")
    assert report.rejected == {"Entity.EntityStatus is missing": 1}


def test_real_files(raw: Path, tmp_path: Path) -> None:
    folder = raw / "gleif"
    report = load(SOURCE, [folder], tmp_path)
    assert (report.rows_in, report.rows_used, report.rows_rejected) == (66539, 66496, 0)
    assert report.ignored == {
        "a sole proprietor: natural persons are left out": 28,
        "the name may be a natural person's": 3,
        "funds and branches: no ownership": 12,
    }
    assert report.counts == {"Corporation": 66486, "Ownership": 9}
    assert report.release == "2024-05-05"
    companies = pl.read_parquet(tmp_path / "Corporation.parquet")
    paccar = companies.row(by_predicate=pl.col("id") == "lei:03P54FSI5G2DPST5NZ10", named=True)
    assert (paccar["name"], paccar["country"]) == ("PACCAR PARTS MEXICO SA DE CV", "MX")
    assert companies.filter(pl.col("locator").str.starts_with("lei2-names"))["country"].value_counts().filter(
        pl.col("country") == "MX"
    )["count"].to_list() == [643]


def test_a_real_file_of_another_level_is_refused(raw: Path, tmp_path: Path) -> None:
    shutil.copy(raw / "gleif/rr-data.xml", tmp_path / "lei-data.xml")
    with pytest.raises(TrinationalError, match="<RelationshipData>, not <LEIData>"):
        load(SOURCE, [tmp_path / "lei-data.xml"], tmp_path / "out")
