"""Agreements on file in British Columbia: hand-written entries in the layout, then the real file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loaders.ca_bc_lrb import SECTORS, SOURCE
from loaders.load import Report, load
from loaders.union_names import unions_in
from ontology import TrinationalError, sectors
from tests.loaders.test_bad_input import holds

FIXTURE = Path(__file__).parent / "fixtures/ca_bc_lrb/collective_agreements_index.json"
Entries = list[dict[str, Any]]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("ca_bc_lrb")
    return load(SOURCE, [FIXTURE], out), out


def table(loaded: tuple[Report, Path], kind: str) -> pl.DataFrame:
    return pl.read_parquet(loaded[1] / f"{kind}.parquet")


def agreement(loaded: tuple[Report, Path], key: str) -> dict[str, Any]:
    return table(loaded, "Agreement").filter(pl.col("id") == f"ca-bc-lrb:{key}").row(0, named=True)


def test_every_row_has_one_fate(loaded: tuple[Report, Path]) -> None:
    report = loaded[0]
    holds(*loaded)
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (9, 8, 1, 0)
    assert report.rejected == {"key of Agreement is missing": 1}


def test_terms_in_free_text(loaded: tuple[Report, Path]) -> None:
    two = agreement(loaded, "WXA2")
    assert (two["effective"], two["expires"], two["as_of"]) == ("2020-01-01", "2024-12-31", None)
    one = agreement(loaded, "WXA3")
    assert (one["effective"], one["expires"], one["as_of"]) == (None, None, "2020-02-19")
    assert agreement(loaded, "WY140")["as_of"] == "2020-09"
    no_such_day = agreement(loaded, "WXB6/CORNERSTORELTD")
    assert (no_such_day["effective"], no_such_day["expires"]) == ("2017-01-01", None)
    assert no_such_day["terms"] == "Jan 1, 2017 to Sept 31, 2020"
    wrong = table(loaded, "rejected").filter(~pl.col("fatal"))["value"].to_list()
    assert sorted(wrong) == ["Sept 31, 2020", "to be settled"]


def test_a_doubled_number_is_two_agreements(loaded: tuple[Report, Path]) -> None:
    said = table(loaded, "Coverage").filter(pl.col("agreement").str.contains("WXB6"))
    assert dict(said.select("agreement", "employer").iter_rows()) == {
        "ca-bc-lrb:WXB6/CORNERSTORELTD": "ca-bc-lrb-employer:CORNERSTORELTD",
        "ca-bc-lrb:WXB6/OTHERSTORELTD": "ca-bc-lrb-employer:OTHERSTORELTD",
    }
    assert set(said["union"]) == {"ca-bc-lrb-union:UNIFOR/12"}


def test_spellings_of_one_local(loaded: tuple[Report, Path]) -> None:
    steel = table(loaded, "Coverage").filter(pl.col("agreement").str.contains("WXA[12]"))
    assert steel["union"].to_list() == ["ca-bc-lrb-union:USW/1-999"] * 2
    said = table(loaded, "Affiliation").select("member", "body", "affiliation_kind").unique()
    assert ("ca-bc-lrb-union:USW/1-999", "ca-bc-lrb-union:USW", "local_of") in said.rows()
    parent = table(loaded, "Union").filter(pl.col("id") == "ca-bc-lrb-union:USW")
    assert parent["same_as"].to_list() == [["union:usw"]]


def test_a_predecessor_is_not_its_successor(loaded: tuple[Report, Path]) -> None:
    assert "ca-bc-lrb-union:CEP" in table(loaded, "Union")["id"].to_list()


def test_several_unions_in_one_cell(loaded: tuple[Report, Path]) -> None:
    both = table(loaded, "Coverage").filter(pl.col("agreement") == "ca-bc-lrb:WXA3")
    assert sorted(both["union"]) == ["ca-bc-lrb-union:CUPE/77", "ca-bc-lrb-union:HEU"]
    assert unions_in("IBEW 213,230") == ["IBEW#213,230"]
    assert unions_in("Carpenters 1, Unknown 2") == ["#Carpenters 1, Unknown 2"]
    assert unions_in("BCTF (Sample Teachers' Assoc.") == ["BCTF#Sample Teachers' Assoc"]
    assert unions_in("Unionized Staff 4") == ["#Unionized Staff 4"]


def test_employers_are_companies_public_bodies_or_unions(loaded: tuple[Report, Path]) -> None:
    assert set(table(loaded, "Agency")["name"]) == {"City of Exampleton", "School District No. 99 (Sample)"}
    union = table(loaded, "Coverage").filter(pl.col("agreement") == "ca-bc-lrb:WXB5")
    assert union["employer"].item() == "ca-bc-lrb-union:UFCW/4321"
    assert "UFCW 4321" not in table(loaded, "Corporation")["name"].to_list()


def test_industry_is_the_sector_of_the_agreement(loaded: tuple[Report, Path]) -> None:
    said = table(loaded, "InSector").filter(pl.col("member") == "ca-bc-lrb:WXA1").row(0, named=True)
    assert (said["sector"], said["code_as_stated"]) == ("naics-2022:31-33", "Manufacturing")
    known = set(sectors.table().filter(pl.col("scheme") == "naics-2022")["code"])
    assert set(SECTORS.values()) <= known
    assert not table(loaded, "InSector")["member"].str.contains("WXA3|WXB7").any()
    assert "Space travel" in agreement(loaded, "WXB7")["note"]


def each(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Entries], Any]:
    return lambda entries: [change(entry) for entry in entries]


REFUSED: dict[str, tuple[Callable[[Entries], Any], str]] = {
    "column removed": (each(lambda e: {k: e[k] for k in e if k != "union"}), "column 'union' is not there"),
    "column renamed": (each(lambda e: {k.replace("term", "terms"): e[k] for k in e}), "'term' is not there"),
    "new column": (each(lambda e: {**e, "pages": "3"}), "column 'pages' is new"),
    "no array": (lambda entries: {"data": entries}, "no array of objects"),
    "empty array": (lambda entries: [], "no array of objects"),
    "array of texts": (lambda entries: ["a", "b"], "no array of objects"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_changed_file_is_refused(name: str, tmp_path: Path) -> None:
    change, message = REFUSED[name]
    path = tmp_path / FIXTURE.name
    path.write_text(json.dumps(change(json.loads(FIXTURE.read_text()))))
    with pytest.raises(TrinationalError, match=message):
        load(SOURCE, [path], tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[: len(data) // 2], "no JSON"),
        (lambda data: b"", "no JSON|bytes"),
        (lambda data: b"<html><body>Not found</body></html>" * 3, "no JSON"),
        (lambda data: data.decode().replace("Sample", "Échantillon").encode("cp1252"), "not UTF-8"),
        (lambda data: data.replace(b'"term"', b'"id"'), "'id' twice"),
    ],
)
def test_broken_bytes_are_refused(change: Callable[[bytes], bytes], message: str, tmp_path: Path) -> None:
    path = tmp_path / FIXTURE.name
    path.write_bytes(change(FIXTURE.read_bytes()))
    with pytest.raises(TrinationalError, match=message):
        load(SOURCE, [path], tmp_path / "out")


def test_entries_reordered_cut_repeated_and_of_other_types(
    loaded: tuple[Report, Path], tmp_path: Path
) -> None:
    entries = json.loads(FIXTURE.read_text())
    changed = [dict(reversed(entry.items())) for entry in entries]
    odd: Entries = [{"id": "WXC1"}, {**entries[0], "id": 12, "term": {"from": 1}}, changed[0]]
    path = tmp_path / FIXTURE.name
    path.write_text(json.dumps([*changed, *odd]))
    report = load(SOURCE, [path], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert (report.rows_in, report.rows_used) == (12, 9)
    assert report.rejected["1 fields instead of 5"] == 1


@pytest.fixture(scope="module")
def real(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("real")
    return load(SOURCE, [raw / SOURCE.raw], out), out


def test_real_index(real: tuple[Report, Path]) -> None:
    report = real[0]
    holds(*real)
    assert (report.rows_in, report.rows_used, report.rows_rejected) == (1261, 1261, 0)
    assert (report.counts["Agreement"], report.counts["InSector"]) == (1261, 1261 - 139)
    assert table(real, "rejected")["value"].to_list() == ["Sept 31, 2021"]
    agreements = table(real, "Agreement")
    assert agreements.filter(pl.col("expires") < pl.col("effective")).is_empty()
    assert table(real, "Coverage")["employer"].null_count() == 0


def test_real_facts(real: tuple[Report, Path]) -> None:
    said = table(real, "Coverage").select("union", "employer").rows()
    unions = {employer: union for union, employer in said}
    highland = next(e for e in unions if e and "HIGHLANDVALLEY" in e)
    assert unions[highland] == "ca-bc-lrb-union:USW/7619"
    assert ("ca-bc-lrb-union:UNIFOR/114", next(e for e in unions if "VIKINGAIR" in e)) in said
    factories = table(real, "InSector").filter(pl.col("sector") == "naics-2022:31-33")
    assert factories.height == 100
