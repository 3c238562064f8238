"""Which file is read as which table, and whether its columns are those that the loader tells of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

import polars as pl

from loaders.frames import FILE, Said, say
from loaders.read import PROBLEM, ROW, headers_only
from loaders.row import Row
from loaders.source import Source, Table, data_files
from ontology import TrinationalError, nearest

LARGE = 1 << 28  # bytes of text
_GZIPPED = 8
_AT_ONCE = 2  # files that are read


@dataclass(frozen=True)
class TablePlan:
    """A table of a source, its files and what its rows say."""

    table: Table
    files: list[Path]
    row: Row

    @property
    def large(self) -> bool:
        """Whether the files may hold more than is kept in memory at once."""
        sizes = (path.stat().st_size * (_GZIPPED if path.suffix == ".gz" else 1) for path in self.files)
        return sum(sizes) > LARGE


@dataclass(frozen=True)
class Plan:
    """Which file is read as which table; `unknown` files are of none."""

    source: Source
    tables: list[TablePlan]
    unknown: list[Path] = field(default_factory=list)

    @property
    def files(self) -> list[Path]:
        return [path for table in self.tables for path in table.files]

    @property
    def names(self) -> list[str]:
        """A name for each file: with its folder where another has the same name."""
        times = Counter(path.name for path in self.files)
        return [
            path.name if times[path.name] == 1 else f"{path.parent.name}/{path.name}" for path in self.files
        ]

    @property
    def large(self) -> bool:
        """Whether one of the tables is."""
        return any(table.large for table in self.tables)


def plan(source: Source, paths: Sequence[Path]) -> Plan:
    """Match files to tables and check their columns; no row is read.

    Parameters
    ----------
    paths
        Files, or folders whose files are taken.

    Raises
    ------
    TrinationalError
        No file is of the source, a file is smaller than expected or no table at all, or its columns are not
        those that `describe` tells of: vanished, doubled, renamed or new ones.
    """
    files = sorted({file for path in paths for file in (data_files(path) if path.is_dir() else [path])})
    tables: list[TablePlan] = []
    known: set[Path] = set()
    for table in source.tables:
        own = [path for path in files if fnmatchcase(path.name, table.pattern)]
        known |= {*own}
        if own:
            tables.append(TablePlan(table, own, _described(source, table, own)))
    if not tables:
        wanted = ", ".join(table.pattern for table in source.tables)
        names = ", ".join(path.name for path in files[:5]) or "no file"
        raise TrinationalError(f"{source.id}: found {names}, none is {wanted}", hint=f"files: {source.url}")
    known |= {path for path in files if any(fnmatchcase(path.name, glob) for glob in source.also_there)}
    return Plan(source, tables, [path for path in files if path not in known])


def _described(source: Source, table: Table, files: Sequence[Path]) -> Row:
    """Run `describe` on the columns of the files and hold it against them."""
    layouts = {path: _columns(table, path) for path in files}
    there = [*dict.fromkeys(name for names in layouts.values() for name in names)]
    columns = _prepared_columns(table, there)
    made = set(columns) - set(there)
    row = Row(columns, source.id)
    with in_file(files[0]):
        table.describe(row)
    for path, names in layouts.items():
        for column in sorted(row.required - set(names) - made):
            hint = nearest(column, names) or "columns: " + ", ".join(names)
            raise TrinationalError(f"{path.name}: there is no column {column!r}", hint=hint)
    read_forbidden = sorted(row.used & set(row.forbidden))
    if read_forbidden:
        raise TrinationalError(f"{source.id}: forbidden column {read_forbidden[0]!r} is used")
    for column in row.leftover():
        path = next((path for path, names in layouts.items() if column in names), files[0])
        close = nearest(column, [*row.used, *(glob for glob, _ in row.ignored), *row.forbidden])
        raise TrinationalError(
            f"{path.name}: column {column!r} is new: neither used, ignored nor forbidden",
            hint=close or "use it, or row.ignore() it with the reason, or row.forbid() it",
        )
    return row


@contextmanager
def in_file(path: Path, of: int = 1) -> Iterator[None]:
    """Errors of Polars and of `describe` get the name of the file, the first `of` several."""
    named = path.name if of == 1 else f"{path.name} or one of {of - 1} files like it"
    try:
        yield
    except pl.exceptions.PolarsError as error:
        message = str(error).strip().split("\n")[0]
        hint = "is it the file that it claims to be?"
        raise TrinationalError(f"{named}: {message}", hint=hint) from error
    except TrinationalError as error:
        if path.name in str(error):
            raise
        raise TrinationalError(f"{named}: {error}", hint=error.hint) from error


def _columns(table: Table, path: Path) -> list[str]:
    try:
        with in_file(path), headers_only():
            names = table.read(path).collect_schema().names()
        size = path.stat().st_size
    except OSError as error:
        raise TrinationalError(f"{path}: {error.strerror}", hint="name a file that can be read") from error
    if size < table.expected_bytes:
        raise TrinationalError(
            f"{path.name} has {size} bytes, at least {table.expected_bytes} were expected",
            hint="the download may be incomplete",
        )
    return [name for name in names if name not in (ROW, PROBLEM)]


def _prepared_columns(table: Table, names: Sequence[str]) -> list[str]:
    """The columns that rows have after the table's second step."""
    if table.prepare is None:
        return [*names]
    schema = {FILE: pl.UInt16(), ROW: pl.Int64(), **dict.fromkeys([PROBLEM, *names], pl.String())}
    prepared = table.prepare(pl.LazyFrame(schema=schema)).collect_schema().names()
    return [name for name in prepared if name not in (FILE, ROW, PROBLEM)]


def staged(
    planned: Plan, scratch: Path, progress: Callable[[str], None] = lambda step: None, only: int | None = None
) -> Iterator[Said]:
    """Read the files of each table one after the other, numbered through, and stage what they say.

    `only`: number of the one row that is read of each file.
    """
    first = 0
    for place, table in enumerate(planned.tables):
        progress(table.table.pattern)
        folder = scratch / str(place)
        folder.mkdir()
        with ThreadPoolExecutor(1 if table.large else _AT_ONCE) as pool:
            numbers = range(first, first + len(table.files))
            frames = [*pool.map(partial(_one_file, table), table.files, numbers)]
        first += len(table.files)
        rows = pl.concat(frames, how="diagonal")
        if only is not None:
            rows = rows.filter(pl.col(ROW) == only)
        with in_file(table.files[0], len(table.files)):
            if table.table.prepare is not None:
                rows = table.table.prepare(rows)
            yield say(rows, table.row, folder, large=table.large)


def _one_file(table: TablePlan, path: Path, number: int) -> pl.LazyFrame:
    """The rows of a file, with the columns that are used, also by the table's second step."""
    with in_file(path):
        frame = table.table.read(path)
        names = frame.collect_schema().names()
    if ROW not in names:
        frame = frame.with_row_index(ROW, offset=1)
    used = sorted(table.row.used)
    if table.table.prepare is not None:
        used = [name for name in names if name not in (ROW, PROBLEM) and not table.row.leaves_out(name)]
    cells = [pl.col(name) if name in names else pl.lit(None, pl.String).alias(name) for name in used]
    problem = pl.col(PROBLEM) if PROBLEM in names else pl.lit(None, pl.String).alias(PROBLEM)
    return frame.select(pl.lit(number, pl.UInt16).alias(FILE), pl.col(ROW).cast(pl.Int64), problem, *cells)
