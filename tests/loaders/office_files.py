"""Spreadsheets and Word documents of tests, written from lines of text (cells between tabs)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import docx
import xlsxwriter

Lines = Sequence[Sequence[str]]


def lines(path: Path) -> list[list[str]]:
    """The cells of a text file; `\\n` in a cell is a line break."""
    text = path.read_text(encoding="utf-8").splitlines()
    return [[cell.replace("\\n", "\n") for cell in line.split("\t")] for line in text]


def workbook(path: Path, sheets: Mapping[str, Lines]) -> Path:
    """Write a workbook of text cells; an empty cell is left empty."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                for place, cell in enumerate(cells):
                    if cell:
                        sheet.write_string(number, place, cell)
    return path


def document(path: Path, rows: Lines) -> Path:
    """Write a Word document with one table, each row padded to the widest; a row of one cell is merged."""
    width = max(map(len, rows))
    word = docx.Document()
    table = word.add_table(rows=len(rows), cols=width)
    for line, cells in zip(table.rows, rows, strict=True):
        if len(cells) == 1:
            line.cells[0].merge(line.cells[-1]).text = cells[0]
            continue
        for cell, text in zip(line.cells, cells, strict=False):
            cell.text = text
    word.save(str(path))
    return path
