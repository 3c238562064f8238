from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import identity_home
import polars as pl
import pytest

from graph.export.crosswalk import COLUMNS, crosswalk
from graph.export.rows import write_rows
from graph.home import Home
from graph.identity import read_judgements, resolve
from graph.labor_graph import LaborGraph
from ontology import TrinationalError, WrongUseError, model


@pytest.fixture(scope="module")
def home(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return identity_home.identity_home(demo_home, tmp_path_factory.mktemp("joined") / "home")


@pytest.fixture(scope="module")
def table(home: Home) -> pl.DataFrame:
    return crosswalk(home.graph, judgements=read_judgements())


def test_every_id_that_a_record_or_a_join_has_is_there_once(home: Home, table: pl.DataFrame) -> None:
    graph = LaborGraph(home.graph)
    said = {item for k in model().things for item in graph.said(k.name).collect()["record_id"]}
    mapped = set(pl.read_parquet(home.graph / "identity.parquet")["record_id"])
    assert table.columns == list(COLUMNS)
    assert set(table["record_id"]) >= said
    assert said | mapped | set(pl.read_parquet(home.graph / "identity.parquet")["id"]) >= set(
        table["record_id"]
    )
    assert table.select("kind", "record_id").is_unique().all()
    assert table.rows() == table.sort("kind", "id", "record_id").rows()


def test_a_thing_has_its_own_id_and_those_that_joined_it(table: pl.DataFrame) -> None:
    rows = {r["record_id"]: r for r in table.filter(id="corp:akwel").iter_rows(named=True)}
    assert list(rows) == ["corp:akwel", "corp:akwel-juarez"]
    own, joined = rows.values()
    assert (own["reason"], own["joined_to"], own["official"]) == (None, None, False)
    assert (joined["reason"], joined["probability"], joined["joined_to"]) == ("match", 0.99, "corp:akwel")
    assert joined["evidence"] == "one name"
    assert (joined["authority"], joined["key"], joined["kind"]) == ("corp", "akwel-juarez", "Corporation")


def test_a_judgement_is_cited_with_who_when_and_why(table: pl.DataFrame) -> None:
    [row] = table.filter(reason="judgement", id="union:ifalpa").to_dicts()
    [line] = [j for j in read_judgements() if j.left == "union:ifalpa"]
    assert (row["id"], row["record_id"]) == ("union:ifalpa", "org:ifalpa")
    assert all(word in row["evidence"] for word in (line.by, line.on, line.why, line.where))


def test_every_row_names_a_source_and_evidence(table: pl.DataFrame) -> None:
    assert table["evidence"].null_count() == 0
    alone = table.filter(pl.col("source").list.len() == 0)
    assert set(alone["record_id"]) <= {line.right for line in read_judgements()}
    assert alone["reason"].null_count() == alone.height
    assert table.filter(pl.col("id") == pl.col("record_id")).select("kind", "id").height == (
        table.select("kind", "id").unique().height
    )


def test_a_key_is_cited_by_the_record_that_gives_it(tmp_path: Path) -> None:
    (tmp_path / "said").mkdir()
    said = [
        ("us-cik:7", "us-warn-employer:x", ["us-cik:7", "lei:not-joined"], "us_warn@2026", "mi.csv#9"),
        ("us-cik:7", "us-cik:7", ["wikidata:Q1"], "us_sec@1", "a.json#1"),
        ("us-cik:7", "us-cik:7", ["wikidata:Q1"], "us_sec@2", "a.json#1"),
    ]
    columns = ["id", "record_id", "same_as", "source", "locator"]
    records = pl.DataFrame(said, columns, orient="row").with_columns(
        url=pl.lit(None, pl.String), sensitivity=pl.lit("public")
    )
    records.write_parquet(tmp_path / "said/Corporation.parquet")
    things = {"id": ["us-cik:7"], "name": ["Seven"], "country": ["US"]}
    pl.DataFrame(things).write_parquet(tmp_path / "Corporation.parquet")
    resolve(
        [records.lazy().select("same_as", id="record_id", kind=pl.lit("Corporation"))]
    ).mapping.write_parquet(tmp_path / "identity.parquet")
    rows = {row["record_id"]: row for row in crosswalk(tmp_path).iter_rows(named=True)}
    assert list(rows) == ["us-cik:7", "us-warn-employer:x", "wikidata:Q1"]
    assert rows["us-cik:7"]["source"] == ["us_sec@1", "us_sec@2", "us_warn@2026"]
    assert (rows["us-warn-employer:x"]["evidence"], rows["us-warn-employer:x"]["official"]) == (
        "us_warn@2026 mi.csv#9",
        False,
    )
    assert (rows["wikidata:Q1"]["evidence"], rows["wikidata:Q1"]["joined_to"]) == (
        "us_sec@1 a.json#1",
        "us-cik:7",
    )
    assert rows["wikidata:Q1"]["source"] == ["us_sec@1", "us_sec@2"]


def test_kinds_are_chosen_with_those_below_them(home: Home, table: pl.DataFrame) -> None:
    found = crosswalk(home.graph, ["Organization", "Plant"])
    assert set(found["kind"]) >= {"Corporation", "Union", "Plant"}
    assert "Event" not in set(found["kind"])
    assert "Event" in set(table["kind"])
    with pytest.raises(WrongUseError) as caught:
        crosswalk(home.graph, ["Plnat"])
    assert "Plant" in caught.value.hint


def test_official_ids_are_those_of_registers(table: pl.DataFrame, home: Home) -> None:
    official = crosswalk(home.graph, official=True)
    assert set(official["authority"]) <= model().registers
    assert official.height == table["official"].sum() > 0


def test_restricted_statements_stay_out_unless_asked_for(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    shutil.copytree(home.graph, folder)
    path = folder / "said" / "Plant.parquet"
    hidden = pl.when(pl.col("id") == "plant:gm-silao").then(pl.lit("restricted")).otherwise("sensitivity")
    pl.read_parquet(path).with_columns(sensitivity=hidden).write_parquet(path)
    assert crosswalk(folder, ["Plant"]).filter(id="plant:gm-silao").is_empty()
    assert crosswalk(folder, ["Plant"], restricted=True).filter(id="plant:gm-silao").height == 1


def test_files_hold_what_the_frame_holds(table: pl.DataFrame, tmp_path: Path) -> None:
    for ending in ("csv", "json", "parquet"):
        write_rows(table, tmp_path / "new" / f"ids.{ending}")
    assert pl.read_parquet(tmp_path / "new/ids.parquet").equals(table)
    lines = json.loads((tmp_path / "new/ids.json").read_text())
    assert lines == table.to_dicts()
    with (tmp_path / "new/ids.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["record_id"] for row in rows] == table["record_id"].to_list()
    sources = [[one for one in row["source"].split("; ") if one] for row in rows]
    assert sources == table["source"].to_list()


def test_spreadsheets_find_no_formula_in_a_file(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": ["=cmd()", "+1", "-5.5", "@x", "-x", "GM"], "b": [["=x"]] * 6, "n": [-1] * 6})
    write_rows(frame, tmp_path / "a.csv", mark=True)
    text = (tmp_path / "a.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbfa,b,n")
    rows = list(csv.reader(text.decode("utf-8-sig").splitlines()))[1:]
    assert [row[0] for row in rows] == ["'=cmd()", "+1", "-5.5", "'@x", "'-x", "GM"]
    assert rows[0][1:] == ["'=x", "-1"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": ["x"]})
    (tmp_path / "file").write_text("old")
    with pytest.raises(TrinationalError, match="cannot write"):
        write_rows(frame, tmp_path / "file" / "a.csv")
    with pytest.raises(WrongUseError, match="no such format: 'cvs'") as caught:
        write_rows(frame, tmp_path / "file.cvs")
    assert "csv" in caught.value.hint
    broken = frame.with_columns(b=pl.struct("a"))
    with pytest.raises(TrinationalError):
        write_rows(broken, tmp_path / "file", "csv")
    assert (tmp_path / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
