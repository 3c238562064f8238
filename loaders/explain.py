"""What happens to one row: for a person who asks, and for the unit tests of a loader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from loaders.fold import folded
from loaders.frames import FILE, Said, say
from loaders.plan import plan, staged
from loaders.read import PROBLEM, ROW
from loaders.row import Row
from loaders.source import Describe, Source
from ontology import TrinationalError, model

_EVIDENCE = ("source", "locator", "sensitivity", "times")


@dataclass(frozen=True)
class Outcome:
    """What became of a row.

    Attributes
    ----------
    fate
        `used`, `rejected` or `ignored`.
    reason
        Why it was rejected or ignored.
    wrong
        `column`, `value`, `reason`, `fatal` of each wrong cell.
    records
        What the row says, by kind; the columns are those of the kind's table.
    """

    fate: str
    reason: str | None
    wrong: pl.DataFrame
    records: dict[str, pl.DataFrame]

    def one(self, kind: str) -> dict[str, Any]:
        """The only record of a kind, by column, without what is not said."""
        row = self.records[kind].row(0, named=True)
        return {name: value for name, value in row.items() if value is not None}

    def __str__(self) -> str:
        lines = [self.fate + (f": {self.reason}" if self.reason else "")]
        for column, value, reason, fatal in self.wrong.iter_rows():
            lines.append(f"  {'rejected' if fatal else 'dropped'} {column or 'row'} {value!r}: {reason}")
        for kind, frame in self.records.items():
            for row in frame.iter_rows(named=True):
                said = (f"{n}={v!r}" for n, v in row.items() if v is not None and n not in _EVIDENCE)
                lines.append(f"  {kind} " + " ".join(said))
        return "\n".join(lines)


def explain(source: Source, file: Path, row: int) -> Outcome:
    """What happens to data row `row` (the first is 1) of a file.

    Raises
    ------
    TrinationalError
        The file is not of the source, or has no such row.
    """
    planned = plan(source, [file])
    with TemporaryDirectory() as scratch:
        said = list(staged(planned, Path(scratch), only=row))
        outcome = _outcome(said, [file.name], source)
    if outcome is None:
        raise TrinationalError(
            f"{file.name} has no row {row}", hint="rows are counted from 1, after the header"
        )
    return outcome


def try_row(describe: Describe, **cells: str | None) -> Outcome:
    """What `describe` makes of one row; columns that are not given are empty.

    >>> def plants(row: Row) -> None:
    ...     row.defaults("stated")
    ...     row.thing("Plant", ("plant", row["SLUG"]), name=row["NAME"], latitude=row["LAT"])
    >>> outcome = try_row(plants, SLUG="gm-silao", NAME="GM Silao", LAT="north")
    >>> print(outcome)
    used
      dropped LAT 'north': not a number (Plant.latitude)
      Plant id='plant:gm-silao' name='GM Silao' status='stated'
    """
    row = Row([*cells], "test", any_column=True)
    describe(row)
    names = [*row.columns]
    text = {name: [cells.get(name)] for name in names}
    frame = pl.DataFrame(text, dict.fromkeys(names, pl.String())).lazy()
    rows = frame.with_columns(
        pl.lit(0, pl.UInt16).alias(FILE),
        pl.lit(1, pl.Int64).alias(ROW),
        pl.lit(None, pl.String).alias(PROBLEM),
    )
    source = Source("test", "", "", "", "", ())
    with TemporaryDirectory() as scratch:
        outcome = _outcome([say(rows, row, Path(scratch))], ["test"], source)
    assert outcome is not None
    return outcome


def _outcome(said: Iterable[Said], files: list[str], source: Source) -> Outcome | None:
    parts = list(said)
    fates = pl.concat([part.fates for part in parts]).collect()
    if fates.is_empty():
        return None
    wrong = pl.concat([part.wrong for part in parts]).select("column", "value", "reason", "fatal").unique()
    records = dict(folded(parts, files, f"{source.id}@test", source, lambda kind, frame: (kind, frame)))
    return Outcome(
        fates["fate"][0],
        fates["reason"][0],
        wrong.sort("column", "reason").collect(),
        {kind: records[kind] for kind in model().kinds if kind in records and records[kind].height},
    )
