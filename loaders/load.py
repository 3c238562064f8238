"""Plans and runs a load: files -> one table per kind of what the source says, and what became of each row."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from loaders.fold import fold
from loaders.frames import FILE, Said, say
from loaders.read import PROBLEM, ROW, headers_only
from loaders.row import Row, Statement
from loaders.source import Source, Table
from ontology import TrinationalError, nearest

_REJECTED = {
    "file": pl.String(),
    "row": pl.Int64(),
    "column": pl.String(),
    "value": pl.String(),
    "reason": pl.String(),
    "fatal": pl.Boolean(),
}


@dataclass(frozen=True)
class Report:
    """What a load did. `rows_in` = `rows_used` + `rows_rejected` + `rows_ignored`.

    `counts`: records by kind. `ignored`, `rejected`: rows by reason.
    """

    source: str
    release: str
    rows_in: int
    rows_used: int
    rows_rejected: int
    rows_ignored: int
    counts: dict[str, int]
    ignored: dict[str, int]
    rejected: dict[str, int]
    seconds: float

    @property
    def records(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class TablePlan:
    """A table of a source, its files and what its rows say."""

    table: Table
    files: list[Path]
    row: Row


@dataclass(frozen=True)
class Plan:
    """Which file is read as which table; `unknown` files are of none."""

    source: Source
    tables: list[TablePlan]
    unknown: list[Path] = field(default_factory=list)

    @property
    def files(self) -> list[Path]:
        return [path for table in self.tables for path in table.files]


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
    files = sorted({file for path in paths for file in (_files(path) if path.is_dir() else [path])})
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


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]


def _described(source: Source, table: Table, files: Sequence[Path]) -> Row:
    """Run `describe` on the columns of the files and hold it against them."""
    layouts = {path: _columns(table, path) for path in files}
    row = Row([*dict.fromkeys(name for names in layouts.values() for name in names)], source.id)
    with _in_file(files[0]):
        table.describe(row)
    for path, names in layouts.items():
        for column in sorted(row.required - set(names)):
            hint = nearest(column, names) or "columns: " + ", ".join(names)
            raise TrinationalError(f"{path.name}: column {column!r} is not there", hint=hint)
    read_forbidden = sorted(row.used & set(row.forbidden))
    if read_forbidden:
        raise TrinationalError(f"{source.id}: forbidden column {read_forbidden[0]!r} is used")
    for column in row.leftover():
        path = next(path for path, names in layouts.items() if column in names)
        close = nearest(column, [*row.used, *(glob for glob, _ in row.ignored), *row.forbidden])
        raise TrinationalError(
            f"{path.name}: column {column!r} is new: neither used, ignored nor forbidden",
            hint=close or "use it, or row.ignore() it with the reason, or row.forbid() it",
        )
    return row


@contextmanager
def _in_file(path: Path) -> Iterator[None]:
    """Errors of Polars and of `describe` get the name of the file."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        message = str(error).strip().split("\n")[0]
        hint = "is it the file that it claims to be?"
        raise TrinationalError(f"{path.name}: {message}", hint=hint) from error
    except TrinationalError as error:
        if path.name in str(error):
            raise
        raise TrinationalError(f"{path.name}: {error}", hint=error.hint) from error


def _columns(table: Table, path: Path) -> list[str]:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise TrinationalError(f"{path}: {error.strerror}", hint="name an existing file") from error
    with _in_file(path), headers_only():
        names = table.read(path).collect_schema().names()
    if size < table.expected_bytes:
        raise TrinationalError(
            f"{path.name} has {size} bytes, at least {table.expected_bytes} were expected",
            hint="the download may be incomplete",
        )
    return [name for name in names if name not in (ROW, PROBLEM)]


def load(
    source: Source,
    paths: Sequence[Path],
    out: Path,
    *,
    release: str | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Report:
    """Write what a source says to `out`: `<Kind>.parquet`, `rejected.parquet`, `release.json`.

    Parameters
    ----------
    paths
        Files, or folders whose files are taken.
    out
        An empty or new folder.
    release
        Name of the release, by default the source's own.
    progress
        Called with the name of each step.

    Raises
    ------
    TrinationalError
        The files are not what the source is. What `out` then holds is not a release.
    """
    started = time.perf_counter()
    progress("headers")
    planned = plan(source, paths)
    about = _about(planned, release)
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out, prefix=".staged-") as scratch:
        fates = _run(planned, f"{source.id}@{about['release']}", out, Path(scratch), progress)
    _enough_rows(planned, fates)
    report = _report(source, about["release"], fates, out, time.perf_counter() - started)
    _write_about(about, report, fates, out)
    return report


def _run(
    planned: Plan, release: str, out: Path, scratch: Path, progress: Callable[[str], None]
) -> pl.DataFrame:
    """Stage each table, then write each kind; returns rows by file, fate and reason."""
    files = [path.name for path in planned.files]
    said = list(_staged(planned, scratch, progress))
    kinds: dict[str, list[tuple[Statement, pl.LazyFrame]]] = {}
    for one in said:
        for statement, frame in one.statements:
            kinds.setdefault(statement.kind.name, []).append((statement, frame))
    sinks = [
        fold(kind, statements, files, release, planned.source).sink_parquet(
            out / f"{kind}.parquet", compression="zstd", row_group_size=250_000, lazy=True
        )
        for kind, statements in sorted(kinds.items())
    ]
    fates = pl.concat([one.fates for one in said]).group_by(FILE, "fate", "reason").agg(pl.len())
    progress("records")
    *_, counted, rejected = pl.collect_all([*sinks, fates, _rejected(said, files)], engine="streaming")
    _with_nearest(rejected, said).write_parquet(out / "rejected.parquet", compression="zstd")
    return counted.with_columns(pl.col(FILE).cast(pl.Int64)).sort(FILE, "fate", "reason")


def _staged(planned: Plan, scratch: Path, progress: Callable[[str], None]) -> Iterator[Said]:
    """Read the files of each table one after the other, numbered through, and stage what they say."""
    first = 0
    for place, table in enumerate(planned.tables):
        progress(table.table.pattern)
        folder = scratch / str(place)
        folder.mkdir()
        frames = []
        for number, path in enumerate(table.files, first):
            with _in_file(path):
                frames.append(_one_file(table, path, number))
        first += len(table.files)
        with _in_file(table.files[0]):
            yield say(pl.concat(frames), table.row, folder)


def _one_file(table: TablePlan, path: Path, number: int) -> pl.LazyFrame:
    frame = table.table.read(path)
    names = frame.collect_schema().names()
    if ROW not in names:
        frame = frame.with_row_index(ROW, offset=1)
    used = sorted(table.row.used)
    cells = [pl.col(name) if name in names else pl.lit(None, pl.String).alias(name) for name in used]
    problem = pl.col(PROBLEM) if PROBLEM in names else pl.lit(None, pl.String).alias(PROBLEM)
    return frame.select(pl.lit(number, pl.UInt16).alias(FILE), pl.col(ROW).cast(pl.Int64), problem, *cells)


def _rejected(said: Sequence[Said], files: Sequence[str]) -> pl.LazyFrame:
    names = dict(enumerate(files))
    return (
        pl.concat([one.wrong for one in said])
        .with_columns(
            pl.col(FILE)
            .cast(pl.Int64)
            .replace_strict(names, default=None, return_dtype=pl.String)
            .alias("file")
        )
        .group_by("file", "row", "column", "value", "reason")
        .agg(pl.col("fatal").any())
        .select(pl.col(name).cast(kind) for name, kind in _REJECTED.items())
        .sort("file", "row", "column", "reason", "value", nulls_last=True)
    )


def _with_nearest(rejected: pl.DataFrame, said: Sequence[Said]) -> pl.DataFrame:
    """Add the nearest valid name to the reasons that have one."""
    valid = {check.about: check.value.valid for one in said for check in one.checks if check.value.valid}
    asked = rejected.filter(pl.col("reason").is_in([*valid])).select("reason", "value").unique()
    hints = [
        (reason, value, hint)
        for reason, value in asked.sort("reason", "value").head(2000).iter_rows()
        if value is not None and (hint := nearest(value, valid[reason]))
    ]
    table = pl.DataFrame(hints, {"reason": pl.String, "value": pl.String, "hint": pl.String}, orient="row")
    joined = rejected.join(table, on=["reason", "value"], how="left", maintain_order="left")
    reason = pl.concat_str("reason", pl.lit("; ") + pl.col("hint"), separator="", ignore_nulls=True)
    return joined.with_columns(reason.alias("reason")).drop("hint")


def _enough_rows(planned: Plan, fates: pl.DataFrame) -> None:
    found = dict(fates.group_by(FILE).agg(pl.col("len").sum()).iter_rows())
    expected = [table.table.expected_rows for table in planned.tables for _ in table.files]
    for number, (path, least) in enumerate(zip(planned.files, expected, strict=True)):
        if found.get(number, 0) < least:
            raise TrinationalError(
                f"{path.name} has {found.get(number, 0)} rows, at least {least} were expected",
                hint="the download may be incomplete, or the file is of another layout",
            )


def _report(source: Source, release: str, fates: pl.DataFrame, out: Path, seconds: float) -> Report:
    def total(fate: str) -> int:
        return int(fates.filter(pl.col("fate") == fate)["len"].sum())

    def reasons(fate: str) -> dict[str, int]:
        by = fates.filter(pl.col("fate") == fate).group_by("reason").agg(pl.col("len").sum())
        return dict(by.sort("len", "reason", descending=[True, False]).iter_rows())

    counts: dict[str, int] = {}
    for path in sorted(out.glob("[A-Z]*.parquet")):
        counts[path.stem] = pl.scan_parquet(path).select(pl.len()).collect().item()
        if counts[path.stem] == 0:
            path.unlink()
    used, rejected, ignored = total("used"), total("rejected"), total("ignored")
    return Report(
        source.id,
        release,
        used + rejected + ignored,
        used,
        rejected,
        ignored,
        {kind: n for kind, n in counts.items() if n},
        reasons("ignored"),
        reasons("rejected"),
        seconds,
    )


def _about(planned: Plan, release: str | None) -> dict[str, Any]:
    """What is known of a release before its rows are read."""
    source = planned.source
    files = [
        {"name": path.name, "sha256": _sha256(path), "bytes": path.stat().st_size} for path in planned.files
    ]
    own = source.release(planned.files) if callable(source.release) else source.release
    name = (
        release or own or hashlib.sha256("".join(str(f["sha256"]) for f in files).encode()).hexdigest()[:12]
    )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise TrinationalError(f"{name!r} is no name of a release", hint="letters, digits, . _ and - only")
    return {
        "source": source.id,
        "release": name,
        "title": source.title,
        "publisher": source.publisher,
        "licence": source.licence,
        "official_url": source.url,
        "files": files,
        "retrieved": source.retrieved,
        "not_loaded": [path.name for path in planned.unknown],
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_about(about: dict[str, Any], report: Report, fates: pl.DataFrame, out: Path) -> None:
    rows = dict(fates.group_by(FILE).agg(pl.col("len").sum()).iter_rows())
    for number, file in enumerate(about["files"]):
        file["rows"] = rows.get(number, 0)
    about |= {
        "counts": report.counts,
        "rows_in": report.rows_in,
        "rows_used": report.rows_used,
        "rows_rejected": report.rows_rejected,
        "rows_ignored": report.rows_ignored,
        "ignored": report.ignored,
        "rejected": report.rejected,
        "seconds": round(report.seconds, 3),
    }
    (out / "release.json").write_text(
        json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
