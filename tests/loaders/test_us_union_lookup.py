"""Abbreviation and number of a local -> file numbers: hand-written keys, then the real file."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from graph.identity.resolve import resolve
from loaders.load import Report, load
from loaders.us_union_lookup import SOURCE
from ontology import TrinationalError
from tests.loaders.test_bad_input import holds

FIXTURE = Path(__file__).parent / "fixtures/us_union_lookup/fnum_lookup.json"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    out = tmp_path_factory.mktemp("lookup")
    return load(SOURCE, [FIXTURE], out), out


def unions(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "Union.parquet")


def test_every_key_has_one_fate(out: tuple[Report, Path]) -> None:
    report = out[0]
    holds(*out)
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (7, 4, 1, 2)


def test_one_key_several_f_num(out: tuple[Report, Path]) -> None:
    said = unions(out[1]).select("id", "same_as", "note").rows_by_key("id", unique=True)
    assert said["us-aff:UAW/9174"] == (["us-olms:910001"], None)
    assert said["us-aff:SEIU/73"] == (["us-olms:910006"], None)
    assert said["us-aff:IBT/9120"] == (None, "several file numbers, any of them: 910002, 910003")
    assert not {"us-aff:UAW/0", "us-aff:UNAFF/7"} & set(said)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is no JSON"),
        ("<html></html>", "is no JSON"),
        ('{"UAW|1": [1], "UAW', "is no JSON"),
        ("[1, 2]", "not an object"),
        ('"text of more than twenty letters"', "not an object"),
    ],
)
def test_other_files_are_refused(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "fnum_lookup.json"
    path.write_text(content)
    with pytest.raises(TrinationalError, match=message):
        load(SOURCE, [path], tmp_path / "out")


def test_bad_keys_are_rejected_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "fnum_lookup.json"
    path.write_text('{"UAW|1": [1], "UAW|1": [2], "UAW 3": [3], "UAW|4": 4, "UAW|5": [], "UAW|6": ["6"]}')
    report = load(SOURCE, [path], tmp_path / "out")
    assert (report.rows_rejected, report.counts) == (6, {})


def test_real_file_merges_no_two_file_numbers(raw: Path, tmp_path: Path) -> None:
    report = load(SOURCE, [raw / SOURCE.raw], tmp_path / "out")
    holds(report, tmp_path / "out")
    assert (report.rows_in, report.rows_rejected) == (27432, 1)
    rows = unions(tmp_path / "out").lazy().select("id", "same_as", kind=pl.lit("Union"))
    found = resolve([rows])
    assert found.refused.is_empty()
    assert not found.mapping["record_id"].str.starts_with("us-olms:").any()
    keys = json.loads((raw / SOURCE.raw / "fnum_lookup.json").read_text())
    single = sum(len(v) == 1 and not k.startswith("UNAFF|") and not k.endswith("|0") for k, v in keys.items())
    assert rows.collect()["same_as"].is_not_null().sum() == single
