"""Spreadsheets and tables of Word documents -> frames of text, as `loaders.read` gives those of csv files."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import docx
import docx.opc.exceptions
import fastexcel
import polars as pl
from polars import selectors as cs

from loaders.read import BLANK, PROBLEM, ROW
from ontology import TrinationalError, nearest

Grid: TypeAlias = Sequence[Sequence[str | None]]
_HINT = "is it the file that it claims to be? open it, or download it again"


def sheets(path: Path) -> list[str]:
    """Names of the sheets of a workbook (xlsx, xls), in order; `TrinationalError` where it is none."""
    return list(_workbook(path).sheet_names)


def grid(path: Path, sheet: str | int = 0) -> list[tuple[str | None, ...]]:
    """All cells of a sheet as text, from its first line on; dates as `2026-02-02 00:00:00`.

    Parameters
    ----------
    sheet
        Name, or place from 0 on.
    """
    book = _workbook(path)
    if isinstance(sheet, str) and sheet not in book.sheet_names:
        hint = nearest(sheet, book.sheet_names) or "sheets: " + ", ".join(book.sheet_names)
        raise TrinationalError(f"{path.name}: there is no sheet {sheet!r}", hint=hint)
    try:
        cells = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise TrinationalError(f"{path.name}, sheet {sheet}: {_first_line(error)}", hint=_HINT) from error
    return cells.rows()


def word_table(path: Path, header: str) -> list[tuple[str | None, ...]]:
    """The cells of the first table of a Word document that has `header` as a cell; merged cells repeat.

    Raises `TrinationalError` where the file is no docx document or no table has such a cell.
    """
    _is_archive(path)
    try:
        tables = docx.Document(str(path)).tables
    except (docx.opc.exceptions.PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise TrinationalError(
            f"{path.name} is no Word document ({_first_line(error)})", hint=_HINT
        ) from error
    for table in tables:
        cells = [tuple(cell.text for cell in line.cells) for line in table.rows]
        if any(header in map(_name, line) for line in cells):
            return cells
    raise TrinationalError(f"{path.name}: no table has a column {header!r}", hint=_HINT)


def frame(path: Path, cells: Grid, header: str | int) -> pl.LazyFrame:
    """The lines below the header as rows of text.

    Parameters
    ----------
    cells
        Of `grid` or `word_table`.
    header
        A cell by which the header is known (the first line that has it), or the line's number from 1 on.

    Returns
    -------
    Columns of text (runs of white space in a name are one space; a column without name is `column 3`, without
    any cell it is left out), `row` (1-based data row, blank ones counted), `~problem` (blank line).

    Raises
    ------
    TrinationalError
        No such header, or a doubled column.

    >>> cells = [["A title", None], ["Name", "City"], ["Acme", "Toluca"]]
    >>> frame(Path("a.xlsx"), cells, "City").collect().rows()
    [('Acme', 'Toluca', 1, None)]
    """
    at = header if isinstance(header, int) else _line_of(path, cells, header)
    width = max((len(line) for line in cells), default=0)
    names = [_name(cell) for cell in [*cells[at - 1], *[None] * width][:width]]
    body = [[*line, *[None] * width][:width] for line in cells[at:]]
    kept = [n for n in range(width) if names[n] or any(line[n] for line in body)]
    columns = {n: names[n] or f"column {n + 1}" for n in kept}
    doubled = [name for name, times in Counter(columns.values()).items() if times > 1]
    if doubled:
        raise TrinationalError(
            f"{path.name}, line {at}: column {doubled[0]!r} stands there several times",
            hint="remove or rename one of them",
        )
    data = {name: pl.Series([line[n] for line in body], dtype=pl.String) for n, name in columns.items()}
    blank = [None if any((cell or "").strip() for cell in line) else BLANK for line in body]
    rows = pl.LazyFrame({**data, PROBLEM: pl.Series(blank, dtype=pl.String)})
    numbered = rows.with_row_index(ROW, offset=1)
    return numbered.select(cs.by_name(*data), pl.col(ROW).cast(pl.Int64), PROBLEM)


def require(path: Path, names: Sequence[str], *wanted: str) -> None:
    """Refuse a file without the columns that `read` itself needs, naming the nearest."""
    for column in wanted:
        if column not in names:
            hint = nearest(column, names) or "columns: " + ", ".join(names)
            raise TrinationalError(f"{path.name}: column {column!r} is not there", hint=hint)


def _line_of(path: Path, cells: Grid, header: str) -> int:
    for number, line in enumerate(cells, start=1):
        if header in map(_name, line):
            return number
    seen = [_name(cell) for line in cells[:20] for cell in line if cell]
    hint = nearest(header, seen) or _HINT
    raise TrinationalError(f"{path.name}: no line has a column {header!r}", hint=hint)


def _name(cell: str | None) -> str:
    return " ".join((cell or "").split())


def _workbook(path: Path) -> fastexcel.ExcelReader:
    if path.suffix.lower() == ".xlsx":
        _is_archive(path)
    try:
        return fastexcel.read_excel(path)
    except (fastexcel.FastExcelError, OSError) as error:
        raise TrinationalError(f"{path.name} is no workbook ({_first_line(error)})", hint=_HINT) from error


def _is_archive(path: Path) -> None:
    """Refuse an empty file, an HTML page and a truncated file by name."""
    with path.open("rb") as stream:
        head = stream.read(512).lstrip().lower()
    if not head:
        raise TrinationalError(f"{path.name} is empty", hint="download it again")
    if head.startswith((b"<!doctype html", b"<html")):
        raise TrinationalError(
            f"{path.name}: this is an HTML page", hint="the server may have answered with an error page"
        )
    if not zipfile.is_zipfile(path):
        raise TrinationalError(f"{path.name} is truncated or no {path.suffix[1:]} file", hint=_HINT)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
