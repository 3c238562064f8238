"""Spreadsheets that people bring, as rows of text."""

from __future__ import annotations

import codecs
from pathlib import Path

import polars as pl
from polars import selectors as cs

from loaders import office, read
from ontology import TrinationalError

_SEPARATORS = ",;\t|"
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")


def read_rows(path: Path, encoding: str = "utf-8") -> pl.DataFrame:
    """A spreadsheet as text: a workbook's first sheet, or cells parted by commas, semicolons, tabs or bars.

    Parameters
    ----------
    encoding
        Of a text file; one that begins with a byte order mark says it itself.

    Returns
    -------
    Its columns (text), without blank rows, then `row`: the number of the row, as a spreadsheet shows it.

    Raises
    ------
    TrinationalError
        Naming the file and, where one is wrong, the row: no such file, not of this encoding, a page of
        HTML, a column that stands there twice, a row that has more or fewer cells than the header.
    """
    try:
        known = path.suffix.lower() in _WORKBOOKS
        rows = (_workbook(path) if known else _text(path, encoding)).collect()
    except OSError as error:
        raise TrinationalError(f"cannot read {path}: {error.strerror or error}") from None
    except pl.exceptions.DuplicateError:
        raise TrinationalError(f"{path}: a column is called 'row'", hint="rename it in the file") from None
    rows = rows.filter(pl.col(read.PROBLEM).is_null() | (pl.col(read.PROBLEM) != read.BLANK))
    rows = rows.with_columns(pl.col(read.ROW) + 1)
    wrong = rows.drop_nulls(read.PROBLEM)
    for number, problem in wrong.select(read.ROW, read.PROBLEM).head(1).iter_rows():
        raise TrinationalError(
            f"{path}, row {number}: {problem}", hint="quote cells that hold commas or line ends"
        )
    cells = [name for name in rows.columns if name not in (read.ROW, read.PROBLEM)]
    if rows.is_empty():
        return rows.select(cs.by_name(*cells), read.ROW)
    blank = pl.all_horizontal(cs.by_name(*cells).fill_null("").str.strip_chars() == "")
    return rows.filter(~blank).select(cs.by_name(*cells), read.ROW)


def _workbook(path: Path) -> pl.LazyFrame:
    cells = office.grid(path)
    if not cells:
        raise TrinationalError(f"{path.name}: the first sheet is empty", hint="put the list there")
    return office.frame(path, cells, 1)


def _text(path: Path, encoding: str) -> pl.LazyFrame:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise TrinationalError(f"no such encoding: {encoding!r}", hint="utf-8, cp1252 or utf-16") from None
    with path.open("rb") as stream:
        head = stream.read(4)
    if head == b"PK\3\4":
        raise TrinationalError(f"{path.name} is a workbook, not text", hint="let its name end in .xlsx")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in head and codecs.lookup(encoding).name == "utf-8":
        encoded = "utf-16-be" if head.startswith(b"\0") else "utf-16-le"
        raise TrinationalError(f"{path.name} is not utf-8", hint=f"it may be UTF-16: --encoding {encoded}")
    try:
        return read.csv(path, separator=_separator(path, encoding), encoding=encoding)
    except TrinationalError as error:
        hint = error.hint.replace("download", "save")
        if "is not utf" in str(error):
            hint = "save it as UTF-8, or say which it is: --encoding cp1252"
        raise TrinationalError(str(error), hint=hint) from None


def _separator(path: Path, encoding: str) -> str:
    """The sign that the header has most of, outside quotes."""
    with path.open(encoding=encoding, errors="replace") as stream:
        header = "".join(stream.readline().split('"')[::2])
    return max(_SEPARATORS, key=header.count)
