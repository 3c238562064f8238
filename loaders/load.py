"""Runs a load: files -> one table per kind of what the source says, and what became of each row."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from loaders.explain import explain, try_row
from loaders.fold import folded, folded_in_spans
from loaders.frames import FILE, Said
from loaders.plan import Plan, plan, staged
from loaders.source import Source, noted
from ontology import TrinationalError, nearest

__all__ = ["Plan", "Report", "explain", "load", "plan", "try_row"]

_GROUP = 250_000  # rows of a group in Parquet
_NEAREST = "; "  # between a reason and the nearest valid name
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

    `counts`: records by kind. `ignored`, `rejected`: rows by reason. `dropped`: optional values by reason.
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
    dropped: dict[str, int]
    seconds: float

    @property
    def records(self) -> int:
        return sum(self.counts.values())


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
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out, prefix=".staged-") as scratch:
            fates = _run(planned, f"{source.id}@{about['release']}", out, Path(scratch), progress)
        _enough_rows(planned, fates)
        report = _report(source, about["release"], fates, out, time.perf_counter() - started)
        _write_about(about, report, fates, out)
    except (OSError, pl.exceptions.ComputeError) as error:
        if not isinstance(error, OSError) and "os error" not in str(error):
            raise
        hint = "is there space left, and may you write there?"
        why = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise TrinationalError(f"cannot write {out}: {why}", hint=hint) from error
    return report


def _run(
    planned: Plan, release: str, out: Path, scratch: Path, progress: Callable[[str], None]
) -> pl.DataFrame:
    """Stage each table, then write each kind; returns rows by file, fate and reason."""
    files = planned.names
    said = list(staged(planned, scratch, progress))
    about = files, release, planned.source
    if planned.large:
        for kind, spans in folded_in_spans(said, *about, scratch):
            progress(kind)
            _write_spans(spans, out / f"{kind}.parquet", scratch)
    else:
        for kind in folded(said, *about, partial(_write_kind, out)):
            progress(kind)
    fates = pl.concat([one.fates for one in said]).group_by(FILE, "fate", "reason").agg(pl.len())
    counted, rejected = pl.collect_all([fates, _rejected(said, files)], engine="streaming")
    _with_nearest(rejected, said).write_parquet(out / "rejected.parquet", compression="zstd")
    return counted.with_columns(pl.col(FILE).cast(pl.Int64)).sort(FILE, "fate", "reason")


def _write_kind(out: Path, kind: str, frame: pl.DataFrame) -> str:
    if frame.height:
        path = out / f"{kind}.parquet"
        frame.write_parquet(path, compression="zstd", compression_level=1, row_group_size=_GROUP)
    return kind


def _write_spans(spans: Iterable[pl.DataFrame], path: Path, scratch: Path) -> None:
    """One table after the other as one file; none where they are empty."""
    parts: list[Path] = []
    for frame in spans:
        if frame.height:
            parts.append(scratch / f"{path.stem}.{len(parts)}.parquet")
            frame.write_parquet(parts[-1], compression="lz4")
    if parts:
        pl.scan_parquet(parts).sink_parquet(
            path, compression="zstd", compression_level=1, row_group_size=_GROUP
        )


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
    reason = pl.concat_str("reason", pl.lit(_NEAREST) + pl.col("hint"), separator="", ignore_nulls=True)
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

    cells = pl.read_parquet(out / "rejected.parquet").filter(~pl.col("fatal"))
    plain = cells.select(pl.col("reason").str.split(_NEAREST).list.first())
    dropped = plain.group_by("reason").len().sort("len", "reason", descending=[True, False])
    tables = sorted(out.glob("[A-Z]*.parquet"))
    counts = {path.stem: int(pl.scan_parquet(path).select(pl.len()).collect().item()) for path in tables}
    used, rejected, ignored = total("used"), total("rejected"), total("ignored")
    return Report(
        source.id,
        release,
        used + rejected + ignored,
        used,
        rejected,
        ignored,
        counts,
        reasons("ignored"),
        reasons("rejected"),
        dict(dropped.iter_rows()),
        seconds,
    )


def _about(planned: Plan, release: str | None) -> dict[str, Any]:
    """What is known of a release before its rows are read."""
    source = planned.source
    files = [
        {"name": name, "sha256": _sha256(path), "bytes": path.stat().st_size}
        for name, path in zip(planned.names, planned.files, strict=True)
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
        "retrieved": _retrieved(planned.files) or source.retrieved,
        "not_loaded": [path.name for path in planned.unknown],
    }


def _retrieved(files: Sequence[Path]) -> str | None:
    """The earliest day on which one of the files was fetched; None where none was."""
    return min((str(day) for path in files if (day := noted(path).get("retrieved"))), default=None)


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
        "dropped": report.dropped,
        "seconds": round(report.seconds, 3),
    }
    (out / "release.json").write_text(
        json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
