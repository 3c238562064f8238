"""Broken files and rows: one clear message or a rejected row, never a traceback, nothing lost from sight."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from loaders import curated, read
from loaders.load import Report, load
from loaders.source import Source, Table
from ontology import TrinationalError
from tests.loaders.test_load import HEADER, ROWS, sites, source, write

assert curated.SOURCE.folder is not None
DATA = curated.SOURCE.folder
Change = Callable[[bytes], bytes]
FILE = (HEADER + ROWS).encode()


def columns(change: Callable[[list[str]], list[str]]) -> Change:
    """Change the cells of each line; the quoted cell of row 1 is made plain first."""

    def changed(data: bytes) -> bytes:
        lines = data.decode().replace('"Silao, planta 1"', "Silao").splitlines()
        return "".join(",".join(change(line.split(","))) + "\n" for line in lines).encode()

    return changed


REFUSED: dict[str, tuple[Change, list[str], str]] = {
    "missing column": (columns(lambda c: c[:4] + c[5:]), ["sites.csv", "no column 'LAT'"], ""),
    "renamed column": (lambda d: d.replace(b"WORKERS", b"WORKRS"), ["no column 'WORKERS'"], "'WORKRS'"),
    "doubled column": (columns(lambda c: [*c, c[1]]), ["line 1", "'NAME'", "2 times"], "rename one"),
    "new column": (columns(lambda c: [*c, c[3] + "X"]), ["'WORKERSX' is new"], "'WORKERS'"),
    "unlike any column": (columns(lambda c: [*c, "zz"]), ["'zz' is new"], "row.ignore()"),
    "forbidden column renamed": (
        lambda d: d.replace(b"OFFICER", b"OFFICERS"),
        ["'OFFICERS' is new"],
        "'OFFICER'",
    ),
    "latin-1": (
        lambda d: d.replace(b"Ramos", b"Ram\xf3s"),
        ["line 3: byte 86 (0xf3) is not utf-8"],
        "cp1252",
    ),
    "UTF-16": (lambda d: d.decode().encode("utf-16"), ["sites.csv"], ""),
    "HTML page": (
        lambda d: b"\n<!DOCTYPE html>\n<html><body>404</body></html>",
        ["line 1", "HTML page"],
        "download",
    ),
    "empty file": (lambda d: b"", ["is empty"], "download"),
    "blank file": (lambda d: b"\n \n", ["is empty"], "download"),
    "header alone": (lambda d: HEADER.encode(), ["has 0 rows, at least 1 were expected"], "incomplete"),
    "CR alone": (lambda d: d.replace(b"\n", b"\r"), ["CR alone"], "LF"),
    "another separator": (lambda d: d.replace(b",", b";"), ["no column 'ID'"], "ID;NAME"),
    "open quote": (lambda d: d.replace(b'planta 1"', b"planta 1"), ["line 2", "never closed"], "quote"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_broken_file_is_refused_with_its_place_and_what_to_do(name: str, tmp_path: Path) -> None:
    change, message, hint = REFUSED[name]
    path = tmp_path / "sites.csv"
    path.write_bytes(change(FILE))
    with pytest.raises(TrinationalError) as caught:
        load(source(), [path], tmp_path / "out")
    for part in message:
        assert part in str(caught.value)
    assert hint in caught.value.hint
    assert not list((tmp_path / "out").glob("*.json"))


def test_columns_are_checked_before_any_row_is_read(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_bytes(FILE.replace(b"LAT", b"LATITUDE").replace(b"Ramos", b"Ram\xf3s"))
    with pytest.raises(TrinationalError, match="no column 'LAT'"):
        load(source(), [path], tmp_path / "out")


@pytest.mark.parametrize("cut", [1, 10, 40, 80])
def test_a_truncated_gzip_is_refused(cut: int, tmp_path: Path) -> None:
    data = gzip.compress(FILE)
    path = tmp_path / "sites.csv.gz"
    path.write_bytes(data[: len(data) * cut // 100])
    with pytest.raises(TrinationalError, match=r"sites.csv.gz is a truncated or damaged gzip file") as caught:
        load(source(), [path], tmp_path / "out")
    assert caught.value.hint == "download it again"


def test_a_file_below_its_expected_size_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path)
    for table, message in (
        (Table("*.csv", read.csv, sites, expected_bytes=10_000), "bytes, at least 10000 were expected"),
        (Table("*.csv", read.csv, sites, expected_rows=6), "has 5 rows, at least 6 were expected"),
    ):
        with pytest.raises(TrinationalError, match=message):
            load(replace(source(), tables=(table,)), [path], tmp_path / "out")


def test_files_of_no_table_and_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("x")
    with pytest.raises(TrinationalError, match=r"other.txt, none is sites\*.csv\*") as caught:
        load(source(), [tmp_path / "other.txt"], tmp_path / "out")
    assert "https://example.org" in caught.value.hint
    with pytest.raises(TrinationalError, match="No such file"):
        load(source(), [tmp_path / "sites.csv"], tmp_path / "out")


def test_ragged_rows_are_rejected_and_the_others_load(tmp_path: Path) -> None:
    body = "p1,Silao,GM,1,20,X\np2,Toluca,GM,1\np3,Ramos,GM,1,20,X,more,cells\n\np4,Puebla,VW,1,19,X\n"
    report = load(source(), [write(tmp_path, body=body)], tmp_path / "out")
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (5, 2, 2, 1)
    assert report.rejected == {"4 fields instead of 6": 1, "8 fields instead of 6": 1}
    assert report.ignored == {"blank line": 1}
    assert pl.read_parquet(tmp_path / "out/rejected.parquet").select("row", "reason", "value").rows() == [
        (2, "4 fields instead of 6 (line 3)", None),
        (3, "8 fields instead of 6 (line 4)", None),
    ]
    assert pl.read_parquet(tmp_path / "out/Plant.parquet")["locator"].to_list() == [
        "sites.csv#1",
        "sites.csv#5",
    ]


def test_lines_are_named_also_after_line_breaks_inside_cells(tmp_path: Path) -> None:
    body = 'p1,"a\nb\nc",GM,1,20,X\np2,Toluca,GM,1\n'
    load(source(), [write(tmp_path, body=body)], tmp_path / "out")
    assert pl.read_parquet(tmp_path / "out/rejected.parquet")["reason"].to_list() == [
        "4 fields instead of 6 (line 5)"
    ]


def test_ragged_rows_of_a_file_without_quotes(tmp_path: Path) -> None:
    def unquoted(path: Path) -> pl.LazyFrame:
        return read.csv(path, separator="|", quote=None, encoding="cp1252")

    path = tmp_path / "sites.txt"
    path.write_bytes(
        'ID|NAME|EMPLOYER|WORKERS|LAT|OFFICER\np1|5" pipe "\x93|GM|1|20|X\np2|a|b|GM|1|20|X\n'.encode(
            "cp1252", "replace"
        )
    )
    one = replace(source(), tables=(Table("*.txt", unquoted, sites),))
    report = load(one, [path], tmp_path / "out")
    assert (report.rows_used, report.rejected) == (1, {"7 fields instead of 6": 1})


LINES = st.lists(st.text('ab",\r\t é', max_size=9) | st.sampled_from(["a,b", '"a","b"', ""]), max_size=5)


@settings(max_examples=200, deadline=None, suppress_health_check=[*HealthCheck])
@given(lines=LINES)
def test_the_cheap_look_at_lines_finds_what_the_thorough_one_finds(
    lines: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Cells, ragged and blank rows, stray and open quotes: the same with and without the cheap look."""
    path = tmp_path_factory.mktemp("lines") / "lines.csv"
    path.write_text("\n".join(["A,B", *lines]), encoding="utf-8", newline="")

    def outcome() -> object:
        try:
            return read.csv(path).collect().select("A", "B", read.ROW, read.PROBLEM).rows()
        except (TrinationalError, pl.exceptions.PolarsError) as error:
            return str(error)

    with pytest.MonkeyPatch.context() as patch:
        cheap = outcome()
        patch.setattr(read, "_formed", lambda *_: False)
        assert outcome() == cheap


def test_undecodable_bytes_of_another_encoding_are_named(tmp_path: Path) -> None:
    path = tmp_path / "sites.txt"
    path.write_bytes(FILE.replace(b"Ramos", b"Ram\x81s"))

    def western(path: Path) -> pl.LazyFrame:
        return read.csv(path, encoding="cp1252")

    with pytest.raises(TrinationalError, match=r"line 3: byte 86 \(0x81\) is not cp1252"):
        load(replace(source(), tables=(Table("*.txt", western, sites),)), [path], tmp_path / "out")


def test_a_wrong_term_names_the_nearest_valid_one(tmp_path: Path) -> None:
    tables = tuple(table for table in curated.SOURCE.tables if table.pattern == "unions.csv")
    path = tmp_path / "unions.csv"
    path.write_bytes((DATA / "unions.csv").read_bytes().replace(b",confederation,", b",confederacion,"))
    report = load(replace(curated.SOURCE, tables=tables), [path], tmp_path / "out")
    assert report.rows_rejected == 0
    assert set(report.dropped) == {"not a term of union-level (Union.level)"}
    reasons = pl.read_parquet(tmp_path / "out/rejected.parquet")["reason"]
    assert "not a term of union-level (Union.level); did you mean 'confederation'?" in reasons.to_list()


FULL_DISK = """
import resource, sys
from pathlib import Path
from loaders.load import load
from ontology import TrinationalError
from tests.loaders.test_load import source
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    load(source(), [Path(sys.argv[1])], Path(sys.argv[2]))
except TrinationalError as error:
    print(error, "|", error.hint)
"""


def test_a_full_disk_is_one_clear_message(tmp_path: Path) -> None:
    body = "".join(f"p{n},Site {n * 7919 % 10007},Firm {n * 31},{n},19,X\n" for n in range(3000))
    path = write(tmp_path, body=body)
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert "Traceback" not in ran.stderr
    assert "cannot write" in ran.stdout
    assert "space" in ran.stdout


def test_an_unwritable_folder_is_one_clear_message(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file, no folder")
    with pytest.raises(TrinationalError, match="cannot write"):
        load(source(), [write(tmp_path)], tmp_path / "out")


def one_table(name: str) -> Source:
    return replace(curated.SOURCE, tables=tuple(t for t in curated.SOURCE.tables if t.pattern == name))


def holds(report: Report, out: Path) -> None:
    """The fates add up, and every rejected row is told with its reason."""
    assert report.rows_in == report.rows_used + report.rows_rejected + report.rows_ignored
    rejected = pl.read_parquet(out / "rejected.parquet")
    assert rejected.filter("fatal").select("file", "row").unique().height == report.rows_rejected
    assert sum(report.rejected.values()) == report.rows_rejected
    assert sum(report.ignored.values()) == report.rows_ignored
    assert rejected.filter(pl.col("reason").is_null()).is_empty()


def try_load(one: Source, path: Path, out: Path) -> Report | None:
    """Any other error than the project's own makes the test fail."""
    try:
        report = load(one, [path], out)
    except TrinationalError:
        return None
    holds(report, out)
    return report


PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # a smaller failing file is not worth minutes
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", "\u200b", "2021-02-30", "NaN", "-1", "1e999", '5"', "a;b;;c", "\x00", "\r", "plant:"]
    ),
)
TABLES = ["plants.csv", "production_shifts.csv", "programs.csv", "supply_links.csv"]


@settings(max_examples=25, deadline=None, suppress_health_check=[*HealthCheck], phases=PHASES)
@given(
    name=st.sampled_from(TABLES),
    changes=st.lists(st.tuples(st.integers(0, 999), st.integers(0, 30), CELLS), min_size=40, max_size=200),
)
def test_rows_with_any_cells_are_used_rejected_or_ignored(
    name: str, changes: list[tuple[int, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Thousands of changed cells of real rows, written as a well-formed file."""
    folder = tmp_path_factory.mktemp("cells")
    table = pl.read_csv(DATA / name, infer_schema=False)
    header = table.columns
    cells = [list(row) for row in table.rows()]
    for row, column, text in changes:
        cells[row % len(cells)][column % len(header)] = text
    pl.DataFrame(cells, table.schema, orient="row").write_csv(folder / name, quote_style="always")
    report = try_load(one_table(name), folder / name, folder / "out")
    assert report is not None
    assert report.rows_in == len(cells)


@settings(max_examples=60, deadline=None, suppress_health_check=[*HealthCheck], phases=PHASES)
@given(name=st.sampled_from(["unions.csv", "ownership.csv"]), seed=st.integers(0, 2**32))
def test_broken_bytes_end_in_a_message_or_in_counted_rows(
    name: str, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Lines doubled, cut, swapped; bytes changed, dropped, put in: of the whole file."""
    folder = tmp_path_factory.mktemp("bytes")
    (folder / name).write_bytes(broken((DATA / name).read_bytes(), Random(seed)))
    try_load(one_table(name), folder / name, folder / "out")


def broken(data: bytes, chance: Random) -> bytes:
    lines = data.splitlines(keepends=True)
    for _ in range(chance.randrange(1, 40)):
        place = chance.randrange(1, len(lines))
        line = lines[place]
        at = chance.randrange(len(line) + 1)
        lines[place] = chance.choice(
            [
                line * 2,
                line[:at],
                line[:at] + bytes(chance.choice(b',"\n\r;|\x00\xc3\xa9\tx') for _ in range(3)) + line[at:],
                line[:at] + chance.choice([b'"', b",", b"\n", b"\r\n", "é".encode()]) + line[at:],
                b"\n",
                line.replace(b",", b""),
            ]
        )
    return b"".join(lines)


def test_real_notices_with_any_cells(raw: Path, tmp_path: Path) -> None:
    """Every row of a real file gets one wild cell."""
    from loaders.us_warn import SOURCE

    chance = Random(7)
    frame = pl.read_csv(raw / "us-warn/mi.csv", infer_schema=False)
    wild = ["", "x", "2021-02-30", "-5", "999", "1,2", '"', "\u200b", "café", "🏭" * 40, "nan", "n:", "|"]
    cells = [list(row) for row in frame.rows()]
    for row in cells:
        row[chance.randrange(len(row))] = chance.choice(wild)
    pl.DataFrame(cells, frame.schema, orient="row").write_csv(tmp_path / "mi.csv", quote_style="always")
    report = load(SOURCE, [tmp_path / "mi.csv"], tmp_path / "out")
    assert "2026-01-01" < report.release < "2027"
    holds(report, tmp_path / "out")
    assert report.rows_in == frame.height
    assert report.rows_rejected < frame.height / 4
