"""Statements of one kind -> its table: what is said again becomes one record that counts how often."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import polars as pl

from loaders.frames import FILE, ORDER, Said
from loaders.read import ROW
from loaders.source import Source
from ontology import TrinationalError, model, schema

T = TypeVar("T")
_AT_ONCE = 2  # kinds that are folded
_PERIOD = "~period"
_SPAN, _EVERY = 250_000, 100  # rows of a span; which ids are looked at to part them
_OF_A_THING = ("status", "sensitivity", "evidence_type", "note")


def folded(
    said: Iterable[Said],
    files: Sequence[str],
    release: str,
    source: Source,
    use: Callable[[str, pl.DataFrame], T],
) -> Iterator[T]:
    """`use(kind, table)` of each kind that is said; tables are sorted by id, then as the rows are.

    The same content said again is one record: `times` counts the files that say it, the locator is the first.
    Content of a relation is all it says; of a thing its columns, status and note: other evidence is that of
    the first row, `as_of` the newest. In snapshots a record has the content of the newest file.
    """

    def used(kind: str, frames: Sequence[pl.LazyFrame]) -> T:
        return use(kind, _table(frames, kind, files, release, source))

    kinds = _by_kind(said)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(used, kinds, kinds.values())


def folded_in_spans(
    said: Iterable[Said], files: Sequence[str], release: str, source: Source, scratch: Path
) -> Iterator[tuple[str, Iterator[pl.DataFrame]]]:
    """The tables of `folded`, each as a row of tables: one span of ids after the other is in memory."""
    for kind, frames in _by_kind(said).items():
        paths = [scratch / f"{kind}-{place}.parquet" for place in range(len(frames))]
        for frame, path in zip(frames, paths, strict=True):
            frame.sink_parquet(path, compression="lz4", row_group_size=_SPAN // 4)
        written = [pl.scan_parquet(path) for path in paths]
        spans = (([_within(frame, *span) for frame in written], kind) for span in _spans(written))
        yield kind, (_table(*within, files, release, source) for within in spans)


def _by_kind(said: Iterable[Said]) -> dict[str, list[pl.LazyFrame]]:
    kinds: dict[str, list[pl.LazyFrame]] = {}
    for one in said:
        for statement, frame in one.statements:
            kinds.setdefault(statement.kind.name, []).append(frame)
    return dict(sorted(kinds.items()))


def _table(
    frames: Sequence[pl.LazyFrame], kind: str, files: Sequence[str], release: str, source: Source
) -> pl.DataFrame:
    frame = pl.concat(frames, how="diagonal").collect(engine="streaming")
    if source.snapshot:
        frame = _seen(frame, _periods(files, source.snapshot))
    return _completed(_once(frame, kind), kind, files, release, source)


def _spans(frames: Sequence[pl.LazyFrame]) -> list[tuple[str | None, str | None]]:
    """Bounds of ids (from, below) that part the rows into spans of about `_SPAN` rows; open at both ends."""
    sampled = pl.concat([frame.select(pl.col("id").gather_every(_EVERY)) for frame in frames])
    ids = sampled.collect(engine="streaming")["id"].sort()
    step = max(_SPAN // _EVERY, 1)
    return list(pairwise([None, *ids.gather_every(step, step).unique(maintain_order=True), None]))


def _within(frame: pl.LazyFrame, low: str | None, high: str | None) -> pl.LazyFrame:
    if low is not None:
        frame = frame.filter(pl.col("id") >= low)
    return frame if high is None else frame.filter(pl.col("id") < high)


def _once(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """One record for each content."""
    repeated = pl.col("id").is_duplicated()
    again = frame.filter(repeated)
    if "times" not in frame.columns:
        frame = frame.with_columns(times=pl.lit(1, pl.Int64))
    if again.is_empty():
        return frame
    content = [name for name in again.columns if _is_content(kind, name)]
    others = [name for name in again.columns if name not in (*content, ORDER, "as_of")]
    newest = [pl.col("as_of").max()] if {"as_of"} & ({*again.columns} - {*content}) else []
    times = [] if "times" in content else [pl.col(FILE).n_unique().cast(pl.Int64).alias("times")]
    first = [pl.col(name).min_by(ORDER) for name in others]
    grouped = again.lazy().group_by(content).agg(pl.col(ORDER).min(), *first, *newest, *times)
    return pl.concat([frame.filter(~repeated), grouped.select(frame.columns).collect(engine="streaming")])


def _is_content(kind: str, name: str) -> bool:
    form = model().kind(kind)
    if form.is_relation:
        return name in schema(kind)
    seen = ("id", "first_seen", "last_seen", "times")
    return name in (*seen, *_OF_A_THING) or any(column.name == name for column in form.columns)


def _periods(files: Sequence[str], pattern: str) -> list[str]:
    periods = []
    for name in files:
        found = re.search(pattern, name)
        if not found:
            raise TrinationalError(f"{name}: the name holds no period ({pattern})", hint="rename the file")
        periods.append(found[1])
    return periods


def _seen(frame: pl.DataFrame, periods: Sequence[str]) -> pl.DataFrame:
    """Rows of the newest period of each id, with the periods it was seen in."""
    names = sorted({*periods})
    places = pl.Series([names.index(period) for period in periods], dtype=pl.UInt32)
    dated = frame.lazy().with_columns(_looked_up(places).alias(_PERIOD))
    seen = dated.group_by("id").agg(
        first_seen=pl.col(_PERIOD).min(),
        last_seen=pl.col(_PERIOD).max(),
        times=pl.col(FILE).n_unique().cast(pl.Int64),
    )
    newest = dated.join(seen, on="id", how="left").filter(pl.col(_PERIOD) == pl.col("last_seen"))
    named = [_looked_up(pl.Series(names), name).alias(name) for name in ("first_seen", "last_seen")]
    return newest.drop(_PERIOD).with_columns(named).collect(engine="streaming")


def _looked_up(values: pl.Series, number: str = FILE) -> pl.Expr:
    """What belongs to the number of a file."""
    return pl.lit(values).gather(pl.col(number).cast(pl.UInt32))


def _completed(
    frame: pl.DataFrame, kind: str, files: Sequence[str], release: str, source: Source
) -> pl.DataFrame:
    """Every column of a record, in order."""
    known = {
        "source": pl.lit(release),
        "locator": pl.concat_str(_looked_up(pl.Series(files)), pl.lit("#"), pl.col(ROW)),
        "retrieved": pl.lit(source.retrieved, pl.String),
        "sensitivity": pl.lit("public"),
    }
    columns = [
        (
            pl.col(column)
            if column in frame.columns
            else known.get(column, pl.lit(None, dtype)).cast(dtype).alias(column)
        )
        for column, dtype in schema(kind).items()
    ]
    return frame.sort("id", ORDER).select(columns)
