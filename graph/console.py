"""What people see in the terminal: tables, JSON, CSV, progress and errors."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TypeAlias

import polars as pl
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

WIDTH = 140
OUT = Console() if sys.stdout.isatty() else Console(width=int(os.environ.get("COLUMNS", WIDTH)))
ERR = Console(stderr=True)
ROWS = 20
CITED = 3
Row: TypeAlias = dict[str, Any]


class Format(StrEnum):
    """How a listing is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def print_rows(
    rows: Sequence[Row] | pl.DataFrame,
    form: Format,
    *,
    title: str = "",
    limit: int | None = None,
    columns: Sequence[str] | None = None,
) -> None:
    """Print a listing: a table of 20 rows unless `limit` says otherwise, CSV or one JSON array of all rows.

    `columns` chooses what the table shows; CSV and JSON have every column.
    """
    found = rows.to_dicts() if isinstance(rows, pl.DataFrame) else list(rows)
    if form is Format.json:
        json.dump(found[:limit], sys.stdout, ensure_ascii=False, indent=1, default=str)
        sys.stdout.write("\n")
    elif form is Format.csv:
        names = rows.columns if isinstance(rows, pl.DataFrame) else list(found[0] if found else ())
        _print_csv(found[:limit], names)
    else:
        _print_table(found, title, ROWS if limit is None else limit, columns)


def _print_csv(rows: list[Row], names: Sequence[str]) -> None:
    import csv

    if names:
        writer = csv.DictWriter(sys.stdout, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: cell(value, plain=True) for name, value in row.items()} for row in rows)


def _print_table(rows: list[Row], title: str, limit: int, columns: Sequence[str] | None) -> None:
    if not rows:
        OUT.print("no rows" + (f": {title}" if title else ""), style="dim")
        return
    names = list(columns or rows[0])
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for name in names:
        number = all(isinstance(row[name], int | float | None) for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if number else "left", overflow="fold")
    for row in rows[:limit]:
        table.add_row(*(Text(cell(row[name])) for name in names))
    OUT.print(table)
    if len(rows) > limit:
        OUT.print(f"{limit} of {len(rows)} rows; --limit N shows more, --format json all", style="dim")


def print_answers(rows: pl.DataFrame, columns: Sequence[str], title: str, limit: int | None) -> None:
    """Print rows that carry `evidence`: a table with at most three numbered sources a row (`+5`: five
    more in JSON), and the sources below it."""
    shown = rows.head(ROWS if limit is None else limit).to_dicts()
    numbers: dict[str, int] = {}
    for row in shown:
        pages = dict.fromkeys(
            line["url"] or f"{line['source']} {line['locator']}" for line in row["evidence"]
        )
        cited = [f"[{numbers.setdefault(page, len(numbers) + 1)}]" for page in list(pages)[:CITED]]
        row["sources"] = " ".join([*cited, *([f"+{len(pages) - CITED}"] if len(pages) > CITED else [])])
    _print_table(shown, title, len(shown), [*columns, "sources"])
    for page, number in numbers.items():
        OUT.print(Text(f"[{number}] {page}"), style="dim", soft_wrap=True)
    if len(rows) > len(shown):
        OUT.print(f"{len(shown)} of {len(rows)} rows; --limit N shows more, --format json all", style="dim")


def cell(value: Any, *, plain: bool = False) -> str:
    """A value as people read it.

    >>> cell({"id": "union:uaw", "name": "UAW"}), cell(0.93), cell(None), cell([1, 2]), cell(True)
    ('UAW', '0.93', '', '1; 2', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        if plain:
            return json.dumps(value, ensure_ascii=False, default=str)
        return str(value.get("name") or value.get("id") or value.get("source") or "")
    if isinstance(value, list):
        return "; ".join(cell(item, plain=plain) for item in value)
    if isinstance(value, float):
        return f"{value:.4g}" if not plain else repr(value)
    grouped = isinstance(value, int) and not plain
    return f"{value:,}" if grouped else str(value)


@contextmanager
def steps(title: str) -> Iterator[Callable[[str], None]]:
    """A line on the error stream that names the step under way; silent where that is no terminal."""
    with ERR.status(title) as status:
        yield lambda step: status.update(f"{title}: {step}")


@contextmanager
def progress_bar(title: str, total: int) -> Iterator[Callable[[str], None]]:
    """A bar on the error stream; each call names the part that begins."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=ERR, transient=True) as bar:
        task = bar.add_task(title, total=total, completed=-1)
        yield lambda part: bar.update(task, advance=1, description=f"{title}: {part}")


@contextmanager
def rows_bar(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on the error stream; each call names a part, what of it is done, and all of it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda part, done, total: bar.update(
            task, completed=done, total=total, description=f"{title}: {part}"
        )


@contextmanager
def download_bar(title: str) -> Iterator[Callable[[int, int | None, str], None]]:
    """A bar on the error stream; calls tell bytes here, bytes of all, and what is waited for."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=ERR, transient=True) as bar:
        task = bar.add_task(title, total=None)

        def show(done: int, total: int | None, step: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{title}: {step}" if step else title)

        yield show


def print_error(message: str, hint: str = "") -> None:
    ERR.print(Text.assemble(("error: ", "bold red"), message))
    if hint:
        ERR.print(Text.assemble(("hint: ", "bold"), hint))
