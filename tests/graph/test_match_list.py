from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.build import build
from graph.cli import main
from graph.home import VARIABLE, Home
from graph.identity.lists import (
    CANDIDATES,
    columns_of,
    known,
    match_list,
    no_keys,
    read_list,
    things_of,
    with_ids,
)
from graph.identity.sheet import read_rows
from graph.labor_graph import LaborGraph
from graph.release import load_release
from loaders import sources
from ontology import TrinationalError, WrongUseError

LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"))
TEXT = st.text(st.one_of(LETTERS, st.sampled_from(' ,;\t|"\n=é')), max_size=12)
HEADER = st.text(LETTERS, min_size=1, max_size=8).filter(lambda name: name not in ("row", "~problem"))
QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    header = draw(st.lists(HEADER, min_size=2, max_size=4, unique=True))
    width = len(header)
    return [header, *draw(st.lists(st.lists(TEXT, min_size=width, max_size=width), max_size=5))]


def filled(table: list[list[str]]) -> list[tuple[str, ...]]:
    return [tuple(row) for row in table[1:] if any(cell.strip() for cell in row)]


@QUIET
@given(tables(), st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_table_is_read_as_it_was_written(
    tmp_path: Path, table: list[list[str]], separator: str, encoding: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(table)
    path = tmp_path / "list.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    found = read_rows(path)
    assert found.drop("row").columns == table[0]
    assert [tuple(c or "" for c in row) for row in found.drop("row").rows()] == filled(table)


@QUIET
@given(tables())
def test_a_workbook_is_read_as_the_same_table_in_text(tmp_path: Path, table: list[list[str]]) -> None:
    path = tmp_path / "list.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate(table):
            for m, cell in enumerate(row):
                sheet.write_string(n, m, cell.strip())
    rows = [[cell.strip() for cell in row] for row in table]
    found = read_rows(path)
    assert [tuple(c or "" for c in row) for row in found.drop("row").rows()] == filled(rows)


def test_a_workbook_without_cells_says_so(tmp_path: Path) -> None:
    xlsxwriter.Workbook(str(tmp_path / "a.xlsx")).close()
    with pytest.raises(TrinationalError, match=r"a\.xlsx: the first sheet is empty"):
        read_rows(tmp_path / "a.xlsx")


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Employer,City\nGM,Detroit\n\n , \nFord,Dearborn\n")
    assert read_rows(tmp_path / "a.csv")["row"].to_list() == [2, 5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.csv is empty"),
        (b"<html><body>", "HTML page"),
        (b"a,a\n1,2\n", "column 'a' stands there 2 times"),
        (b"a,b\n1,2\n1,2,3\n", "row 3: 3 fields instead of 2"),
        (b"a,b\n1\n", "row 2: 1 fields instead of 2"),
        (b"row,b\n1,2\n", "a column is called 'row'"),
        ("a,b\nMéxico,2\n".encode("cp1252"), "line 2: byte 5"),
        (b'a,b\n"1,2\n', "never closed"),
        ("a,b\n1,2\n".encode("utf-16-le"), "a.csv is not utf-8"),
        (b"a,b\r1,2\r\n3,4\n", "line 1: new-line character"),
        (b"PK\3\4\0\0", "a.csv is a workbook"),
    ],
)
def test_files_that_cannot_be_read_say_where(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(TrinationalError) as caught:
        read_rows(tmp_path / "a.csv")
    assert message in str(caught.value)
    assert caught.value.hint


def test_a_column_without_a_name_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Employer,,City,,\nGM,x,Detroit,,\n")
    found = read_rows(tmp_path / "a.csv")
    assert found.columns == ["Employer", "column 2", "City", "column 4", "column 5", "row"]
    assert found.row(0)[:3] == ("GM", "x", "Detroit")
    (tmp_path / "a.csv").write_text("*,^a.*$\nGM,Detroit\n")
    assert read_rows(tmp_path / "a.csv").rows() == [("GM", "Detroit", 2)]


def test_an_encoding_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("Empresa;Ciudad\nTalleres México;Querétaro\n".encode("cp1252"))
    assert read_rows(path, "cp1252").row(0) == ("Talleres México", "Querétaro", 2)
    with pytest.raises(TrinationalError, match="no such encoding: 'klingon'"):
        read_rows(path, "klingon")
    with pytest.raises(TrinationalError, match="cannot read"):
        read_rows(tmp_path / "none.csv")


HEADERS = {
    "Employer|City|State|NAICS": ("Corporation", ("Employer",), "state city sector"),
    "Company Name|Address|Town|Prov.|Country": (
        "Corporation",
        ("Company Name",),
        "country state city address",
    ),
    "Razón social|Municipio|Entidad federativa|País": (
        "Corporation",
        ("Razón social",),
        "country state city",
    ),
    "Entreprise|Ville|Province": ("Corporation", ("Entreprise",), "state city"),
    "name|id": ("Corporation", ("name",), ""),
    "Plant|Employer|City": ("Plant", ("Employer", "Plant"), "city"),
    "Planta|Estado": ("Plant", ("Planta",), "state"),
    "Employer|Employer City|Employer State": ("Corporation", ("Employer",), "state city"),
    "Union|Local|City": ("Union", ("Union",), "city local"),
    "Sindicato|Sección|Estado": ("Union", ("Sindicato",), "state local"),
    "Syndicat|Section locale|Ville": ("Union", ("Syndicat",), "city local"),
    "Employer|Union|Local|State": ("Corporation", ("Employer",), "state"),
    "Name|Local": ("Union", ("Name",), "local"),
    "Company|DBA": ("Corporation", ("Company",), "alias"),
    "Vendor|Mpio.|Edo.": ("Corporation", ("Vendor",), "state city"),
    "Factory Name|Supplier|Country": ("Plant", ("Supplier", "Factory Name"), "country"),
    "First Name|Last Name|Local|City": ("Union", ("Local",), "city"),
    "Local Union|State": ("Union", ("Local Union",), "state"),
    "Sindicato|Secc.": ("Union", ("Sindicato",), "local"),
}


@pytest.mark.parametrize("header", HEADERS)
def test_columns_are_known_by_their_headers(header: str) -> None:
    found = columns_of(header.split("|"))
    kind, names, fields = HEADERS[header]
    assert (found.kind, found.names, set(found.fields)) == (kind, names, set(fields.split()))


def test_columns_can_be_named() -> None:
    names = ["A", "Employer", "Where", "LEI", "F_NUM"]
    found = columns_of(names, named={"name": "A", "city": "Where"})
    assert (found.kind, found.names, found.fields) == ("Corporation", ("A",), {"city": "Where"})
    assert found.keys == {"LEI": "lei", "F_NUM": "us-olms"}
    assert columns_of(["Union", "Employer"], "Union").names == ("Union",)
    with pytest.raises(WrongUseError, match="--city: there is no column 'Wher'") as caught:
        columns_of(names, named={"city": "Wher"})
    assert caught.value.hint == "did you mean 'Where'?"
    with pytest.raises(WrongUseError, match="no column looks like the name") as caught:
        columns_of(["A", "B"])
    assert "--name COLUMN" in caught.value.hint


def mentions_of(tmp_path: Path, text: str) -> pl.DataFrame:
    (tmp_path / "list.csv").write_text(text)
    rows = read_rows(tmp_path / "list.csv")
    return read_list(rows, columns_of(rows.drop("row").columns))


def test_places_and_ids_are_read_as_codes(tmp_path: Path) -> None:
    text = """Employer,City,State,Country,LEI,id
A,Detroit,Mich.,,5493000IBP32UQZ0KL24,7
B,"Toledo, OH",,,not a lei,us-cik:37996
C,Monterrey,Nuevo León,México,,lei:wrong
D,Toronto,,Canada,,
,Nowhere,,,,
E,Paris,CA,Ruritania,,
"""
    found = mentions_of(tmp_path, text)
    assert found["name"].to_list() == ["A", "B", "C", "D", "E"]
    assert found["id"].to_list() == ["2", "3", "4", "5", "7"]
    assert found["town"].to_list() == ["Detroit", "Toledo", "Monterrey", "Toronto", "Paris"]
    assert found["subdivision"].to_list() == [None, "US-OH", "MX-NLE", None, "US-CA"]
    assert found["country"].to_list() == [None, "US", "MX", "CA", "US"]
    assert found["keys"].to_list() == [["lei:5493000IBP32UQZ0KL24"], ["us-cik:37996"], [], [], []]


def test_signs_that_nobody_sees_do_no_harm(tmp_path: Path) -> None:
    text = "Employer,City,State,CIK\n"
    text += "\u200bGM\u00a0 LLC,Det\u00adroit,New\u00a0Jersey,37996\u200b\n\ufeff\u200b,x,,\n"
    found = mentions_of(tmp_path, text)
    assert found.select("name", "town", "subdivision").rows() == [("GM LLC", "Detroit", "US-NJ")]
    assert found["keys"].to_list() == [["us-cik:37996"]]


def test_keys_are_read_as_registers_write_them(tmp_path: Path) -> None:
    text = """Employer,LEI,CIK,EIN,F_NUM
A,5493000ibp32uqz0kl24,0000037996,38-0549190,000174
B,5493000IBP32UQZ0KL42,37996.0,380549190,
"""
    found = mentions_of(tmp_path, text)
    assert found["keys"].to_list() == [
        ["lei:5493000IBP32UQZ0KL24", "us-cik:37996", "us-ein:380549190", "us-olms:174"],
        ["us-ein:380549190"],
    ]
    rows = read_rows(tmp_path / "list.csv")
    wrong = no_keys(rows, columns_of(rows.drop("row").columns))
    assert wrong.rows() == [(3, "CIK", "37996.0"), (3, "LEI", "5493000IBP32UQZ0KL42")]


def test_a_union_is_named_with_its_local_and_a_plant_with_its_employer(tmp_path: Path) -> None:
    found = mentions_of(tmp_path, "Union,Local\nUAW,174\nIAM,Lodge 850\nUSW,\n,9\n")
    assert found["name"].to_list() == ["UAW Local 174", "IAM Lodge 850", "USW"]
    found = mentions_of(tmp_path, "Plant,Employer\nSilao,General Motors\nFlint,\n")
    assert found["name"].to_list() == ["General Motors Silao", "Flint"]


def match_with(graph: LaborGraph, given_rows: pl.DataFrame, top: int = 3) -> pl.DataFrame:
    there, things = known(graph, "Corporation"), things_of(graph, "Corporation")
    return match_list(given_rows, there, things, "Corporation", top)


def test_rows_are_matched_open_or_not_found(demo_graph: LaborGraph, tmp_path: Path) -> None:
    text = """Company,City,State,Country
Whirlpool Corporation,Benton Harbor,MI,US
Zzyzx Bottling Works,Nowhere,TX,US
"""
    given_rows = mentions_of(tmp_path, text)
    found = match_with(demo_graph, given_rows)
    assert dict(found.schema) == CANDIDATES
    best = found.filter(pl.col("rank").fill_null(1) == 1)
    assert best["outcome"].to_list() == ["matched", "not_found"]
    assert best["id"].to_list() == ["corp:whirlpool", None]
    assert best["verdict"].to_list() == ["same", None]
    assert best["reason"][0]
    assert found.equals(match_with(demo_graph, given_rows))


def test_two_things_that_fit_alike_leave_a_row_open() -> None:
    there = pl.DataFrame(
        {
            "id": ["corp:a", "corp:b", "corp:c"],
            "name": ["Dana Corporation", "Dana Corp.", "Dana Corporation"],
            "town": ["Toledo", "Warren", "Lima"],
            "subdivision": ["US-OH", "US-MI", "US-OH"],
        }
    )
    things = there.select("id", "name", place="town", country=pl.lit("US"), weight=pl.Series([1, 3, 2]))
    given_rows = pl.DataFrame({"id": ["2"], "name": ["Dana"]})
    found = match_list(given_rows, there, things, "Corporation")
    assert set(found["outcome"]) == {"open"}
    assert found["id"].to_list() == ["corp:b", "corp:c", "corp:a"]
    assert found["place"].to_list() == ["Warren", "Lima", "Toledo"]
    done = with_ids(pl.DataFrame({"Company": ["Dana"], "row": [2]}), found)
    assert done.select("trinational_id", "trinational_candidates").row(0) == (
        None,
        ["corp:b", "corp:c", "corp:a"],
    )
    one = match_list(given_rows, there.head(1), things, "Corporation")
    assert one["outcome"].to_list() == ["matched"]


def test_locals_are_found_by_national_and_number(demo_graph: LaborGraph, tmp_path: Path) -> None:
    listed = mentions_of(tmp_path, "Sindicato,Sección\nUAW,230\nUnited Auto Workers,\nUAW,99999\n")
    there, things = known(demo_graph, "Union"), things_of(demo_graph, "Union")
    found = match_list(listed, there, things, "Union", top=1)
    assert found["id"].to_list()[:2] == ["union:uaw-local-230", "union:uaw"]
    assert found["outcome"].to_list()[:2] == ["matched", "matched"]
    assert found["outcome"].to_list()[2] != "matched"
    assert found["reason"][0].startswith("one national and number")


def test_top_limits_candidates_and_the_order_is_by_rank(demo_graph: LaborGraph) -> None:
    given_rows = pl.DataFrame({"id": ["2"], "name": ["General Motors"]})
    one, many = (match_with(demo_graph, given_rows, top) for top in (1, 50))
    assert one.height == 1
    assert one.row(0) == many.row(0)
    assert many["rank"].to_list() == list(range(1, many.height + 1))


def test_every_row_and_cell_of_a_list_is_kept(demo_graph: LaborGraph) -> None:
    rows = pl.DataFrame(
        {"Company": ["Whirlpool Corporation", None, "Zzyzx"], "x": ["=1", "b", "c"], "row": [2, 3, 5]}
    )
    found = match_with(demo_graph, read_list(rows, columns_of(["Company", "x"])))
    done = with_ids(rows, found)
    assert done.select("Company", "x").equals(rows.select("Company", "x"))
    assert done["trinational_id"].to_list() == ["corp:whirlpool", None, None]
    assert done["trinational_outcome"].to_list() == ["matched", None, "not_found"]
    again = with_ids(done.with_columns(row=rows["row"]), found)
    assert again.equals(done)


def test_employers_of_notices_find_their_number_in_the_register(raw: Path, tmp_path: Path) -> None:
    """Names of WARN notices whose register gives a CIK, against a graph of the SEC's files alone."""
    sec, warn = Home(tmp_path / "sec"), Home(tmp_path / "warn")
    for home, name in ((sec, "us_sec"), (warn, "us_warn")):
        load_release(home, name, [raw / sources()[name].raw])
    build(sec)
    graph = LaborGraph(sec.graph)
    [notices] = warn.releases().values()
    said = pl.read_parquet(notices / "Corporation.parquet").explode("same_as")
    now = pl.read_parquet(graph.folder / "identity.parquet").select("record_id", now="id")
    listed = known(graph, "Corporation").select(now="id").unique()
    truth = (
        said.filter(pl.col("same_as").str.starts_with("us-cik:"))
        .unique("name")
        .join(now, left_on="same_as", right_on="record_id", how="left")
        .select("name", now=pl.coalesce("now", "same_as"))
        .join(listed, on="now", how="semi")
        .sort("name")
        .with_row_index("row", 2)
        .with_columns(pl.col("row").cast(pl.Int64))
    )
    assert truth.height > 300
    found = match_with(graph, truth.select("name", id=pl.col("row").cast(pl.String)), top=5)
    judged = found.join(truth.select("row", "now"), on="row").with_columns(
        right=pl.col("id") == pl.col("now")
    )
    best = judged.filter(pl.col("outcome") == "matched", pl.col("rank") == 1)
    open_ = judged.filter(outcome="open").group_by("row").agg(pl.col("right").any())
    assert best["right"].mean() >= 0.98
    assert best.height >= 0.5 * truth.height
    assert open_["right"].mean() >= 0.85


@pytest.fixture
def run(demo_home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv(VARIABLE, str(demo_home.path))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["trinational", "match", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        return int(caught.value.code or 0), captured.out, " ".join(captured.err.split())

    return call


LIST = 'Company;City\n=HYPERLINK("http://x");Nowhere\nWhirlpool Corporation;Benton Harbor\n;Detroit\n'


def test_the_command_writes_a_new_file_and_leaves_the_list(run: Any, tmp_path: Path) -> None:
    path, target = tmp_path / "list.csv", tmp_path / "done.csv"
    path.write_text(LIST)
    code, out, err = run(str(path), "--write", str(target))
    assert (code, out) == (0, "")
    assert "3 rows: 1 matched, 0 open, 1 not found, 1 without a name" in err
    assert "name from Company, city from City" in err
    assert path.read_text() == LIST
    text = target.read_bytes().decode()
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["trinational_id"] for row in rows] == ["", "corp:whirlpool", ""]
    assert rows[0]["Company"] == '\'=HYPERLINK("http://x")'
    code, _, err = run(str(path), "--write", str(path))
    assert code == 2
    assert "never changed" in err
    assert path.read_text() == LIST


def test_the_command_prints_candidates(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LIST)
    code, out, _ = run(str(path), "--format", "json")
    assert code == 0
    found = json.loads(out)
    assert [list(row) for row in found] == [list(CANDIDATES)] * len(found)
    assert found[0]["outcome"] == "not_found"
    assert {row["row"] for row in found} == {2, 3}
    code, out, _ = run(str(path))
    assert code == 0
    assert "corp:whirlpool" in out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--city", "Cty"], 2, "there is no column 'Cty' hint: did you mean 'City'?"),
        (["--kind", "plnat"], 2, "no such kind of list: 'plnat' hint: did you mean 'plant'?"),
        (["--kind", "union"], 2, "no column looks like the name of a union"),
    ],
)
def test_the_command_names_the_nearest(
    run: Any, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    found, _, err = run(str(tmp_path / "list.csv"), *arguments)
    assert found == code
    assert message in err


def test_a_list_without_rows_finds_nothing(run: Any, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Company,City\n")
    code, out, err = run(str(tmp_path / "list.csv"), "--format", "json")
    assert (code, json.loads(out)) == (0, [])
    assert "0 rows: 0 matched, 0 open, 0 not found" in err
    code, out, _ = run(str(tmp_path / "list.csv"), "--format", "csv")
    assert (code, out.strip()) == (0, ",".join(CANDIDATES))


def test_the_command_names_cells_that_hold_no_key(run: Any, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("Company,LEI\nWhirlpool Corporation,WHENKOULSSK7WUM60H30\n")
    code, _, err = run(str(tmp_path / "list.csv"))
    assert code == 0
    assert "no keys of their register, not used: 1 (row 2, column LEI: 'WHENKOULSSK7WUM60H30')" in err
