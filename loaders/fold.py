"""Statements of one kind -> its table: what is said again becomes one record that counts how often."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import polars as pl

from loaders.frames import FILE, ORDER, Said
from loaders.read import ROW
from loaders.row import Statement
from loaders.source import Source
from ontology import TrinationalError, model, schema

_PERIOD = "~period"
_OF_A_THING = ("status", "sensitivity", "evidence_type", "note")


def folded(
    said: Iterable[Said], files: Sequence[str], release: str, source: Source
) -> dict[str, pl.LazyFrame]:
    """The table of each kind that is said."""
    kinds: dict[str, list[tuple[Statement, pl.LazyFrame]]] = {}
    for one in said:
        for statement, frame in one.statements:
            kinds.setdefault(statement.kind.name, []).append((statement, frame))
    return {kind: fold(kind, kinds[kind], files, release, source) for kind in sorted(kinds)}


def fold(
    kind: str,
    statements: Sequence[tuple[Statement, pl.LazyFrame]],
    files: Sequence[str],
    release: str,
    source: Source,
) -> pl.LazyFrame:
    """The table of a kind, sorted by id and locator.

    The same content said again is one record: `times` counts the files that say it, the locator is the first.
    Content of a relation is all it says; of a thing its columns, status and note: other evidence is that of
    the first row, `as_of` the newest. In snapshots a record has the content of the newest file.
    """
    frame = pl.concat([frame for _, frame in statements], how="diagonal")
    given = [name for name in schema(kind) if any(name == "id" or name in s.columns for s, _ in statements)]
    content = [name for name in given if model().kind(kind).is_relation or _is_content(kind, name)]
    seen: list[str] = []
    if source.snapshot:
        frame, seen = _newest(frame, files, source.snapshot), ["first_seen", "last_seen", "times"]
    evidence = [name for name in given if name not in content and name != "as_of"]
    place = [pl.col(name).min_by(ORDER) for name in (FILE, ROW, *evidence)]
    as_of = [pl.col("as_of").max()] if "as_of" in given and "as_of" not in content else []
    times = [] if seen else [pl.col(FILE).n_unique().cast(pl.Int64).alias("times")]
    folded = frame.group_by(*content, *seen).agg(pl.col(ORDER).min().alias("~first"), *place, *as_of, *times)
    return _completed(folded, kind, files, release, source)


def _is_content(kind: str, name: str) -> bool:
    return name == "id" or name in _OF_A_THING or any(c.name == name for c in model().kind(kind).columns)


def _newest(frame: pl.LazyFrame, files: Sequence[str], pattern: str) -> pl.LazyFrame:
    """Rows of the newest period of each id, with the periods it was seen in."""
    periods: dict[int, str] = {}
    for number, name in enumerate(files):
        found = re.search(pattern, name)
        if not found:
            raise TrinationalError(f"{name}: the name holds no period ({pattern})", hint="rename the file")
        periods[number] = found[1]
    period = pl.col(FILE).cast(pl.Int64).replace_strict(periods, return_dtype=pl.String)
    frame = frame.with_columns(period.alias(_PERIOD))
    seen = frame.group_by("id").agg(
        first_seen=pl.col(_PERIOD).min(),
        last_seen=pl.col(_PERIOD).max(),
        times=pl.col(FILE).n_unique().cast(pl.Int64),
    )
    return frame.join(seen, on="id", how="left").filter(pl.col(_PERIOD) == pl.col("last_seen"))


def _completed(
    folded: pl.LazyFrame, kind: str, files: Sequence[str], release: str, source: Source
) -> pl.LazyFrame:
    """Every column of a record, in order."""
    name = pl.col(FILE).cast(pl.Int64).replace_strict(dict(enumerate(files)), return_dtype=pl.String)
    known = {
        "source": pl.lit(release),
        "locator": pl.concat_str(name, pl.lit("#"), pl.col(ROW)),
        "retrieved": pl.lit(source.retrieved, pl.String),
        "sensitivity": pl.lit("public"),
    }
    present = folded.collect_schema().names()
    columns = [
        pl.col(column)
        if column in present
        else known.get(column, pl.lit(None, dtype)).cast(dtype).alias(column)
        for column, dtype in schema(kind).items()
    ]
    return folded.select(*columns, "~first").sort("id", "locator", "~first").drop("~first")
