"""What changed between two states of the records, and which sources were taken back.

A state is one release (`us_warn@2026-08-07`) or a date: of each source the newest release not later than it.
Retractions are lines of `retractions.csv` in the home: `source` (or one `source@release`), `on`, `why`,
`replaced_by`. A retracted release leaves the graph at the next build; its records stay on disk.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from graph.home import Home
from ontology import Kind, TrinationalError, WrongUseError, model, nearest

COLUMNS = ("source", "on", "why", "replaced_by")
_CHANGES = {
    "change": pl.String(),
    "kind": pl.String(),
    "id": pl.String(),
    "column": pl.String(),
    "before": pl.String(),
    "after": pl.String(),
    "source": pl.String(),
    "locator": pl.String(),
    "url": pl.String(),
}
_ABOUT_THE_FILE = ("source", "locator", "retrieved", "times", "first_seen", "last_seen")


def retractions(home: Home) -> list[dict[str, str]]:
    """Lines of the home's `retractions.csv`, oldest first."""
    path = home.path / "retractions.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            hint = f"the first line must be {','.join(COLUMNS)}"
            raise TrinationalError(f"{path}, line 1: columns {reader.fieldnames}", hint=hint)
        return [{name: line[name] or "" for name in COLUMNS} for line in reader]


def retract(home: Home, source: str, why: str, replaced_by: str = "") -> None:
    """Take a source or one release back: it leaves the graph at the next build.

    Raises `WrongUseError` where it is not loaded, is retracted already, or no reason is given.
    """
    releases = home.releases()
    names = {*releases, *(name.partition("@")[0] for name in releases)}
    if source not in names:
        raise WrongUseError(f"{source!r} is not loaded", hint=nearest(source, names))
    if not why.strip():
        raise WrongUseError("a retraction needs a reason", hint="say --why '…'")
    known = retractions(home)
    if any(line["source"] == source for line in known):
        raise WrongUseError(f"{source} is retracted already", hint=f"see {home.path / 'retractions.csv'}")
    _write(home, [*known, dict(zip(COLUMNS, (source, f"{_today()}", why, replaced_by), strict=True))])


def reinstate(home: Home, source: str) -> None:
    """Delete the retraction of a source or release."""
    known = retractions(home)
    kept = [line for line in known if line["source"] != source]
    if len(kept) == len(known):
        raise WrongUseError(
            f"{source!r} is not retracted", hint=nearest(source, (x["source"] for x in known))
        )
    _write(home, kept)


def standing(home: Home) -> dict[str, Path]:
    """The releases that are not retracted."""
    gone = {line["source"] for line in retractions(home)}
    return {n: p for n, p in home.releases().items() if n not in gone and n.partition("@")[0] not in gone}


def _write(home: Home, lines: list[dict[str, str]]) -> None:
    with home.writing() as scratch:
        with (scratch / "retractions.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
        (scratch / "retractions.csv").replace(home.path / "retractions.csv")


def _today() -> datetime.date:
    return datetime.datetime.now(tz=datetime.UTC).date()


def diff(home: Home, before: str, after: str) -> pl.DataFrame:
    """Statements that were added, ended, corrected or retracted between two states.

    Returns `change`, `kind`, `id`, `column`, `before`, `after`, `source`, `locator`, `url` (text), sorted by
    kind, id and column. `added`: only the later state has the id. `ended`: only the earlier state has it, or
    the later one gives an end that the earlier did not. `corrected`: one row per column whose value differs.
    `retracted`: its source, or the record itself, was taken back.

    Raises `WrongUseError` where a state names no release.
    """
    old, new = _state(home, before), _state(home, after)
    gone = {line["source"] for line in retractions(home)}
    frames = [
        frame.with_columns(
            change=pl.when(_retracted(gone)).then(pl.lit("retracted")).otherwise(pl.col("change"))
        )
        for kind in (*model().things, *model().relations)
        for frame in _changes(kind, old, new)
    ]
    found = pl.concat([pl.DataFrame(schema=_CHANGES), *frames])
    return found.sort("kind", "id", "column", "change", nulls_last=False)


def _retracted(gone: set[str]) -> pl.Expr:
    source = pl.col("source")
    named = source.is_in(sorted(gone)) | source.str.split("@").list.first().is_in(sorted(gone))
    return (named & (pl.col("change") == "ended")) | (
        (pl.col("column") == "status") & (pl.col("after") == "retracted")
    ).fill_null(False)


def _state(home: Home, name: str) -> list[Path]:
    from graph.build import newest

    releases = home.releases()
    if name in releases:
        return [releases[name]]
    if name[:4].isdigit():
        found = newest(releases, as_of=name)
        if found:
            return list(found.values())
    hint = nearest(name, releases) or f"loaded: {', '.join(releases) or 'nothing'}; or a date"
    raise WrongUseError(f"no release is called {name!r}", hint=hint)


def _changes(kind: Kind, old: list[Path], new: list[Path]) -> Iterator[pl.DataFrame]:
    was, now = _records(kind, old), _records(kind, new)
    if was.is_empty() and now.is_empty():
        return
    key = ["publisher", "id", "nth"]
    yield _only(now.join(was, on=key, how="anti", nulls_equal=True), kind, "added")
    yield _only(was.join(now, on=key, how="anti", nulls_equal=True), kind, "ended")
    both = now.join(was, on=key, how="inner", suffix=" before")
    for column in was.columns:
        if column not in (*key, *_ABOUT_THE_FILE):
            yield _differing(both, kind, column)


def _differing(both: pl.DataFrame, kind: Kind, column: str) -> pl.DataFrame:
    earlier = pl.col(f"{column} before")
    ends = earlier.is_null() & pl.lit(column in ("until", "closed", "date_end"))
    return both.filter(pl.col(column).ne_missing(earlier)).select(
        pl.when(ends).then(pl.lit("ended")).otherwise(pl.lit("corrected")).alias("change"),
        pl.lit(kind.name).alias("kind"),
        "id",
        pl.lit(column).alias("column"),
        earlier.alias("before"),
        pl.col(column).alias("after"),
        "source",
        "locator",
        "url",
    )


def _only(rows: pl.DataFrame, kind: Kind, change: str) -> pl.DataFrame:
    nothing = [pl.lit(None, pl.String()).alias(name) for name in ("column", "before", "after")]
    return rows.select(
        pl.lit(change).alias("change"),
        pl.lit(kind.name).alias("kind"),
        "id",
        *nothing,
        "source",
        "locator",
        "url",
    )


def _records(kind: Kind, folders: list[Path]) -> pl.DataFrame:
    """Records as text, with the number of each among those of one id."""
    paths = [path for folder in folders if (path := folder / f"{kind.name}.parquet").is_file()]
    if not paths:
        from ontology import schema

        frame = pl.DataFrame(schema=schema(kind.name))
    else:
        frame = pl.concat([pl.read_parquet(path) for path in paths])
    lists = [name for name, dtype in frame.schema.items() if dtype == pl.List(pl.String())]
    return (
        frame.with_columns(pl.col(name).list.join("; ") for name in lists)
        .with_columns(pl.all().cast(pl.String()))
        .sort("id", "source", "locator")
        .with_columns(
            publisher=pl.col("source").str.split("@").list.first(),
            nth=pl.int_range(pl.len()).over("source", "id"),
        )
    )
