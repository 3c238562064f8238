"""A whole load: files in, tables and a report out; the same input gives the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest

from loaders import read
from loaders.clean import decimal, integer, text
from loaders.load import explain, load, plan
from loaders.row import Row
from loaders.source import Source, Table
from ontology import TrinationalError, schema

HEADER = "ID,NAME,EMPLOYER,WORKERS,LAT,OFFICER\n"
ROWS = (
    'p1,"Silao, planta 1",GM,6000,20.9,ANA RUIZ\n'
    "p2,Ramos Arizpe,GM,many,25.5,LUIS MORA\n"
    "p3,Toluca,GM,,north,EVA LARA\n"
    "p?,Puebla,VW,12,19.0,IVO DIAZ\n"
    "closed,Old site,VW,0,19.0,OLGA SOSA\n"
)


def sites(row: Row) -> None:
    row.defaults("filed")
    row.skip("closed site", when=row["ID"] == "closed")
    plant = row.thing("Plant", ("plant", row["ID"]), name=text(row["NAME"]), latitude=decimal(row["LAT"]))
    employer = row.thing("Corporation", ("product", row["EMPLOYER"]), name=row["EMPLOYER"])
    row.relation("Operation", plant=plant, operator=employer)
    row.relation(
        "Count", when=row["WORKERS"].is_not_null(), of=plant, measure="workers", value=integer(row["WORKERS"])
    )
    row.forbid("OFFICER")


def source(*, snapshot: str | None = None, release: str | None = "2021") -> Source:
    tables = (Table("sites*.csv*", read.csv, sites),)
    return Source("t", "Sites", "Nobody", "CC0", "https://example.org", tables, release, snapshot)


def write(folder: Path, name: str = "sites.csv", body: str = ROWS, header: str = HEADER) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    data = (header + body).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    return path


def test_every_row_has_one_fate(tmp_path: Path) -> None:
    report = load(source(), [write(tmp_path / "in")], tmp_path / "out")
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (5, 2, 2, 1)
    assert report.counts == {"Corporation": 1, "Count": 1, "Operation": 2, "Plant": 2}
    assert report.records == 6
    assert report.ignored == {"closed site": 1}
    assert report.dropped == {"not a number (Plant.latitude)": 1}
    assert report.rejected == {"not a key of plant (key of Plant)": 1, "not a whole number (Count.value)": 1}


def test_rejected_rows_and_dropped_values_are_written_as_they_stood(tmp_path: Path) -> None:
    load(source(), [write(tmp_path / "in")], tmp_path / "out")
    rejected = pl.read_parquet(tmp_path / "out/rejected.parquet")
    assert dict(rejected.schema) == {
        "file": pl.String,
        "row": pl.Int64,
        "column": pl.String,
        "value": pl.String,
        "reason": pl.String,
        "fatal": pl.Boolean,
    }
    assert rejected.rows() == [
        ("sites.csv", 2, "WORKERS", "many", "not a whole number (Count.value)", True),
        ("sites.csv", 3, "LAT", "north", "not a number (Plant.latitude)", False),
        ("sites.csv", 4, "ID", "p?", "not a key of plant (key of Plant)", True),
    ]


def test_tables_have_the_columns_of_the_ontology_sorted_by_id(tmp_path: Path) -> None:
    load(source(), [write(tmp_path / "in")], tmp_path / "out")
    for kind in ("Plant", "Corporation", "Operation", "Count"):
        frame = pl.read_parquet(tmp_path / f"out/{kind}.parquet")
        assert dict(frame.schema) == schema(kind)
        assert frame["id"].is_sorted()
        assert set(frame["source"]) == {"t@2021"}
    employer = pl.read_parquet(tmp_path / "out/Corporation.parquet").row(0, named=True)
    assert (employer["locator"], employer["times"]) == ("sites.csv#1", 1)


def test_the_release_describes_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "in", "sites.csv.gz")
    report = load(source(), [tmp_path / "in"], tmp_path / "out")
    about = json.loads((tmp_path / "out/release.json").read_text())
    assert about["files"] == [
        {
            "name": "sites.csv.gz",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "bytes": path.stat().st_size,
            "rows": 5,
        }
    ]
    assert about["counts"] == report.counts
    assert about["official_url"] == "https://example.org"
    assert about["rows_in"] == about["rows_used"] + about["rows_rejected"] + about["rows_ignored"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        *(f"{kind}.parquet" for kind in sorted(report.counts)),
        "rejected.parquet",
        "release.json",
    ]


def test_same_input_same_bytes(tmp_path: Path) -> None:
    many = "".join(f"p{n % 700},Site {n % 90},Firm {n % 40},{n % 50},19.{n % 9},X\n" for n in range(5000))
    write(tmp_path / "in", "sites-1.csv", many)
    write(tmp_path / "in", "sites-2.csv.gz", many[: len(many) // 2].rpartition("\n")[0] + "\n")
    digests = set()
    for number in range(3):
        out = tmp_path / f"out{number}"
        load(source(), [tmp_path / "in"], out)
        digests.add(
            tuple((p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in sorted(out.glob("*.parquet")))
        )
    assert len(digests) == 1


def test_no_name_release_is_named_by_content(tmp_path: Path) -> None:
    path = write(tmp_path / "in")
    names = {load(source(release=None), [path], tmp_path / f"out{n}").release for n in range(2)}
    path.write_text(HEADER + ROWS.replace("6000", "6001"))
    names.add(load(source(release=None), [path], tmp_path / "out2").release)
    assert len(names) == 2
    assert all(len(name) == 12 for name in names)


def test_a_forbidden_column_is_never_read(tmp_path: Path) -> None:
    """Neither plan nor files hold it: the column is not part of what is scanned."""
    path = write(tmp_path / "in")
    load(source(), [path], tmp_path / "out")
    stored = b"".join(p.read_bytes() for p in (tmp_path / "out").iterdir())
    for name in ("ANA RUIZ", "LUIS MORA", "IVO DIAZ", "OFFICER"):
        assert name.encode() not in stored
        for table in (tmp_path / "out").glob("*.parquet"):
            assert name not in str(pl.read_parquet(table).to_dicts())
    assert "OFFICER" not in planned_columns(path)


def planned_columns(path: Path) -> set[str]:
    return plan(source(), [path]).tables[0].row.used


def test_same_content_again_is_one_record_seen_several_times(tmp_path: Path) -> None:
    write(tmp_path / "in", "sites-1.csv", "p1,Silao,GM,6000,20.9,X\np1,Silao,GM,6000,20.9,X\n")
    write(tmp_path / "in", "sites-2.csv", "p1,Silao,GM,7000,20.9,X\n")
    load(source(), [tmp_path / "in"], tmp_path / "out")
    plants = pl.read_parquet(tmp_path / "out/Plant.parquet")
    assert plants.select("id", "locator", "times").rows() == [("plant:p1", "sites-1.csv#1", 2)]
    counts = pl.read_parquet(tmp_path / "out/Count.parquet")
    assert counts.select("value", "locator", "times").rows() == [
        (6000.0, "sites-1.csv#1", 1),
        (7000.0, "sites-2.csv#1", 1),
    ]


def test_what_two_tables_say_is_found_in_the_first_file(tmp_path: Path) -> None:
    first = write(tmp_path / "in", "a.csv", "A\nB\nC\n", "FIRM\n")
    second = write(tmp_path / "in", "b.csv", "C\n", "FIRM\n")

    def firms(row: Row) -> None:
        row.defaults("filed")
        row.thing("Corporation", ("product", row["FIRM"]), name=row["FIRM"])

    tables = tuple(Table(name, read.csv, firms) for name in ("a.csv", "b.csv"))
    load(Source("t", "", "", "", "", tables, "1"), [first, second], tmp_path / "out")
    found = pl.read_parquet(tmp_path / "out/Corporation.parquet").select("name", "locator", "times")
    assert found.rows() == [("A", "a.csv#1", 1), ("B", "a.csv#2", 1), ("C", "a.csv#3", 2)]


def test_a_second_step_sees_the_rows_of_all_files(tmp_path: Path) -> None:
    def numbered(rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows.with_columns(OF=pl.len().cast(pl.String)).drop("FIRM").with_columns(NAME="OF")

    def firms(row: Row) -> None:
        row.defaults("filed")
        row.thing("Corporation", ("product", row["ID"]), name=row["NAME"])
        row.ignore("OF", why="in the name")

    for name in ("a.csv", "b.csv"):
        write(tmp_path / "in", name, f"{name[0]}1,x\n{name[0]}2,y\n", "ID,FIRM\n")
    of = Source("t", "", "", "", "", (Table("?.csv", read.csv, firms, numbered),), "1")
    load(of, [tmp_path / "in"], tmp_path / "out")
    found = pl.read_parquet(tmp_path / "out/Corporation.parquet").select("name", "locator")
    assert found.rows() == [("4", f"{name}.csv#{row}") for name in "ab" for row in (1, 2)]
    assert explain(of, tmp_path / "in/b.csv", 2).one("Corporation")["id"] == "product:b2"
    write(tmp_path / "in", "b.csv", "b1,x\n", "KEY,FIRM\n")
    with pytest.raises(TrinationalError, match=r"b\.csv: there is no column 'ID'"):
        plan(of, [tmp_path / "in"])


def test_what_is_made_once_names_its_cells_and_no_items(tmp_path: Path) -> None:
    def firms(row: Row) -> None:
        row.defaults("filed")
        code = row.once("code", pl.concat_str(row["A"], row["B"], row["A"]))
        row.thing("Corporation", ("us-cik", code), name=code)

    path = write(tmp_path / "in", "n.csv", "1,2\n1,x\n", "A,B\n")
    load(Source("t", "", "", "", "", (Table("n.csv", read.csv, firms),), "1"), [path], tmp_path / "out")
    assert pl.read_parquet(tmp_path / "out/Corporation.parquet").select("id", "name").rows() == [
        ("us-cik:121", "121")
    ]
    wrong = pl.read_parquet(tmp_path / "out/rejected.parquet").select("column", "value").unique()
    assert wrong.rows() == [("A, B", "1x1")]
    row = Row(["A"])
    row.once("made", row["A"])
    for name, cell in (("A", row["A"]), ("made", row["A"]), ("items", row.each("A", ";"))):
        with pytest.raises(TrinationalError):
            row.once(name, cell)


def test_evidence_does_not_part_the_records_of_a_thing(tmp_path: Path) -> None:
    def notices(row: Row) -> None:
        row.defaults("filed", as_of=row["DAY"], url=row["URL"])
        row.thing("Corporation", ("product", row["FIRM"]), name=row["FIRM"])

    path = write(tmp_path / "in", "n.csv", "A,2020,u1\nA,2022,u2\nA,2021,u3\n", "FIRM,DAY,URL\n")
    one = Source("t", "", "", "", "", (Table("n.csv", read.csv, notices),), "1")
    load(one, [path], tmp_path / "out")
    [record] = pl.read_parquet(tmp_path / "out/Corporation.parquet").select("as_of", "url", "locator").rows()
    assert record == ("2022", "u1", "n.csv#1")


def test_snapshots_fold_to_the_newest_content(tmp_path: Path) -> None:
    write(tmp_path / "in", "sites-2019.csv", "p1,Silao,GM,1,20.9,X\np2,Toluca,GM,1,19,X\n")
    write(tmp_path / "in", "sites-2021.csv", "p1,Silao Complex,GM,2,20.9,X\n")
    write(tmp_path / "in", "sites-2020.csv", "p1,Silao,GM,1,20.9,X\n")
    load(source(snapshot="sites-([0-9]{4})"), [tmp_path / "in"], tmp_path / "out")
    columns = ["id", "name", "locator", "first_seen", "last_seen", "times"]
    assert pl.read_parquet(tmp_path / "out/Plant.parquet").select(columns).rows() == [
        ("plant:p1", "Silao Complex", "sites-2021.csv#1", "2019", "2021", 3),
        ("plant:p2", "Toluca", "sites-2019.csv#2", "2019", "2019", 1),
    ]


def test_plan_says_which_files_are_of_no_table(tmp_path: Path) -> None:
    write(tmp_path / "in")
    (tmp_path / "in/readme.txt").write_text("x")
    planned = plan(source(), [tmp_path / "in"])
    assert [path.name for path in planned.files] == ["sites.csv"]
    assert [path.name for path in planned.unknown] == ["readme.txt"]


def test_explain_tells_what_happened_to_a_row(tmp_path: Path) -> None:
    path = write(tmp_path / "in")
    assert explain(source(), path, 1).one("Plant")["locator"] == "sites.csv#1"
    assert explain(source(), path, 2).reason == "not a whole number (Count.value)"
    assert str(explain(source(), path, 5)) == "ignored: closed site"
    with pytest.raises(TrinationalError, match="no row 6"):
        explain(source(), path, 6)


def test_layouts_may_differ_where_the_loader_says_so(tmp_path: Path) -> None:
    def describe(row: Row) -> None:
        row.defaults("stated")
        row.thing("Plant", ("plant", row["ID"]), name=row.get("NAME"))

    write(tmp_path / "in", "a.csv", "x,Here\n", "ID,NAME\n")
    write(tmp_path / "in", "b.csv", "y\n", "ID\n")
    one = Source("t", "", "", "", "", (Table("?.csv", read.csv, describe),), "1")
    load(one, [tmp_path / "in"], tmp_path / "out")
    found = pl.read_parquet(tmp_path / "out/Plant.parquet").select("id", "name").rows()
    assert found == [("plant:x", "Here"), ("plant:y", None)]


def test_quotes_line_breaks_and_line_ends(tmp_path: Path) -> None:
    body = 'p1,"two\r\nlines",GM,1,2,X\r\np2,"say ""hi"", ok",GM,1,2,X\r\np3,5" pipe,GM,1,2,X\r\n'
    load(source(), [write(tmp_path / "in", body=body, header=HEADER.replace("\n", "\r\n"))], tmp_path / "out")
    names = pl.read_parquet(tmp_path / "out/Plant.parquet").sort("id")["name"].to_list()
    assert names == ["two lines", 'say "hi", ok', '5" pipe']


def test_progress_names_the_steps(tmp_path: Path) -> None:
    steps: list[str] = []
    load(source(), [write(tmp_path / "in")], tmp_path / "out", progress=steps.append)
    assert steps == ["headers", "sites*.csv*", "Corporation", "Count", "Operation", "Plant"]
