"""Statements of a row -> lazy frames: what is said, what becomes of each row, what is wrong with which cell.

Values are staged in columns (clean, then checked), because Polars evaluates a repeated expression again.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from loaders.clean import Value, is_bad
from loaders.read import BLANK, PROBLEM, ROW
from loaders.row import Check, Given, Row, Statement, joined

FILE, NTH, ITEM, ORDER = "~file", "~nth", "~item", "~order"
SKIP, FATAL, SAID = "~skip", "~fatal", "~said"
NOTHING = "nothing to say"
_OPEN = pl.col(PROBLEM).is_null() & pl.col(SKIP).is_null()
_BLANKS = " \t\r\n\v\f\u00a0\u200b\u2060\ufeff"
_ROW_BITS, _STATEMENT_BITS, _ITEM_BITS = 32, 6, 10
_PIECE = 250_000


@dataclass(frozen=True)
class Said:
    """What the rows of one table say.

    Attributes
    ----------
    statements
        Kind and frame (`id`, columns, `~file`, `row`, `~order`) of each statement.
    fates
        `~file`, `row`, `fate` (used, rejected, ignored), `reason`: one row each.
    wrong
        `~file`, `row`, `column`, `value`, `reason`, `fatal`: one row per wrong cell or ragged row.
    checks
        The checks, with their reasons.
    """

    statements: list[tuple[Statement, pl.LazyFrame]]
    fates: pl.LazyFrame
    wrong: pl.LazyFrame
    checks: list[Check]


class _Stage:
    """Expressions that get a column of their own, in two steps: raw texts, then what is made of them."""

    def __init__(self, name: str, before: _Stage | None = None) -> None:
        self._name = name
        self._held: list[tuple[pl.Expr, str]] = [] if before is None else [*before._held]
        self._known = len(self._held)
        self._alike: dict[tuple[str, ...], list[int]] = {}
        for place, (expr, _) in enumerate(self._held):
            self._alike.setdefault(_roots(expr), []).append(place)
        self._raw: set[str] = set()

    def raw(self, value: Value) -> pl.Expr:
        """The raw text of a value."""
        column = self.column(value.raw)
        if value.how is not None:
            self._raw |= {*column.meta.root_names()}
        return column

    def clean(self, value: Value) -> pl.Expr:
        """The clean value, made of the staged raw text where that is known."""
        return self.column(value.clean if value.how is None else value.how(self.raw(value)))

    def column(self, expr: pl.Expr) -> pl.Expr:
        roots = _roots(expr)
        if not roots or expr.meta.is_column():
            return expr
        alike = self._alike.setdefault(roots, [])
        for place in alike:
            held, name = self._held[place]
            if held.meta.eq(expr):
                return pl.col(name)
        alike.append(len(self._held))
        self._held.append((expr, f"~{self._name}{len(self._held)}"))
        return pl.col(self._held[-1][1])

    def applied(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        fresh = self._held[self._known :]
        first = [expr.alias(name) for expr, name in fresh if name in self._raw]
        then = [expr.alias(name) for expr, name in fresh if name not in self._raw]
        return frame.with_columns(first).with_columns(then)


def _roots(expr: pl.Expr) -> tuple[str, ...]:
    return tuple(expr.meta.root_names())


@dataclass(frozen=True)
class _Part:
    """Statements on one frame: the rows, or the rows exploded at a list.

    `pieces` have every value staged, `~skip`, `~fatal`, `~said` and, per statement, `~said<number>`.
    """

    pieces: Sequence[pl.LazyFrame]
    stage: _Stage
    outputs: dict[int, list[pl.Expr]]
    wrong: list[tuple[pl.Expr, Check, pl.Expr]]

    @property
    def frame(self) -> pl.LazyFrame:
        return pl.concat(self.pieces)


def say(rows: pl.LazyFrame, row: Row, scratch: Path, *, large: bool = False) -> Said:
    """Frames of what the rows say.

    Parameters
    ----------
    rows
        Text columns of the files, `~file` (number of the file), `row`, `~problem`.
    row
        After `describe(row)`.
    scratch
        Folder for the staged columns of large tables; the frames read them from there.
    large
        Stage the rows piece by piece, in files: expressions that see a whole column at once then hold a piece
        of it.
    """
    trimmed = _trimmed(rows, sorted(row.used))
    for name, expr in row.made.items():
        trimmed = trimmed.with_columns(expr.alias(name))
    base = [_with_skip(piece, row) for piece in (_pieces(trimmed, scratch) if large else [trimmed])]
    groups: dict[tuple[str, ...], list[int]] = {(): []}
    for number, statement in enumerate(row.statements):
        groups.setdefault(statement.each, []).append(number)
    whole = _checked(base, row, groups.pop(()), _Stage("v"), scratch / "rows")
    lists = [
        _checked(
            [_exploded(piece, each, row) for piece in whole.pieces],
            row,
            numbers,
            _Stage(f"e{place}v", whole.stage),
            scratch / f"items{place}",
        )
        for place, (each, numbers) in enumerate(groups.items())
    ]
    parts = [whole, *lists]
    refused = pl.concat([p.frame.filter(FATAL).select(NTH) for p in parts]).unique() if lists else None
    statements = [
        (
            row.statements[number],
            _accepted(part, number, refused).select(*output, FILE, ROW, _order(number)),
        )
        for part in parts
        for number, output in part.outputs.items()
    ]
    cells = [frame for part in parts for frame in _wrong_cells(part, row)]
    wrong = pl.concat([*cells, _ragged_rows(whole.frame)])
    checks = [check for part in parts for _, check, _ in part.wrong]
    return Said(statements, _fates(whole, lists), wrong, checks)


def _trimmed(rows: pl.LazyFrame, names: Sequence[str]) -> pl.LazyFrame:
    """The used columns without white space at the ends; empty is null."""
    cells = [pl.col(name).str.strip_chars(_BLANKS) for name in names]
    return (
        rows.select(FILE, ROW, PROBLEM, *cells)
        .with_columns(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in names)
        .with_row_index(NTH)
    )


def _pieces(rows: pl.LazyFrame, scratch: Path) -> list[pl.LazyFrame]:
    """The rows, written once and read again some at a time."""
    file = scratch / "text.arrow"
    rows.sink_ipc(file, compression="lz4")
    written = pl.scan_ipc(file)
    height = written.select(pl.len()).collect().item()
    return [written.slice(start, _PIECE) for start in range(0, max(height, 1), _PIECE)]


def _with_skip(base: pl.LazyFrame, row: Row) -> pl.LazyFrame:
    """`~skip`: why a row is left out, else null."""
    reasons = [pl.when(when).then(pl.lit(reason)) for reason, when in row.skips]
    blank = pl.when(pl.col(PROBLEM) == BLANK).then(pl.lit(BLANK))
    broken = pl.when(pl.col(PROBLEM).is_null()).then(
        pl.coalesce(*reasons) if reasons else pl.lit(None, pl.String)
    )
    return base.with_columns(pl.coalesce(blank, broken).alias(SKIP), pl.lit(0, pl.Int64).alias(ITEM))


def _exploded(base: pl.LazyFrame, each: tuple[str, ...], row: Row) -> pl.LazyFrame:
    """One row per item of a list cell."""
    for name in each:
        column, separator = row.items[name]
        items = pl.col(column).str.split(separator).list.eval(pl.element().str.strip_chars(_BLANKS))
        base = base.with_columns(items.list.eval(pl.element().filter(pl.element() != "")).alias(name))
        base = base.filter(pl.col(name).list.len() > 0).with_columns(
            pl.int_ranges(0, pl.col(name).list.len()).alias(ITEM)
        )
        base = base.explode(name, ITEM)
    return base


def _checked(
    pieces: Sequence[pl.LazyFrame], row: Row, numbers: Sequence[int], stage: _Stage, folder: Path
) -> _Part:
    """Stage the values of statements, then what is wrong with them, then the fate of the row."""
    wrongs = _Stage(f"w{folder.name}")
    outputs: dict[int, list[pl.Expr]] = {}
    wrong: list[tuple[pl.Expr, Check, pl.Expr]] = []
    said: list[pl.Expr] = []
    for number in numbers:
        statement = row.statements[number]
        conditions = [stage.column(when).fill_null(False) for when in statement.when]
        said.append(functools.reduce(operator.and_, conditions, _OPEN).alias(f"{SAID}{number}"))
        outputs[number] = _outputs(statement, stage)
        for check in statement.checks:
            wrong += [
                (wrongs.column(fault), named, raw) for fault, named, raw in _faults(check, number, stage)
            ]
    says = [pl.col(f"{SAID}{number}") for number in numbers]
    fatal = [flag for flag, check, _ in wrong if check.fatal]
    kept = []
    for place, piece in enumerate(pieces):
        staged = wrongs.applied(stage.applied(piece).with_columns(said))
        marked = staged.with_columns(_any(fatal).alias(FATAL), _any(says).alias(SAID))
        kept.append(_held(marked, folder / f"{place:06}.arrow" if len(pieces) > 1 else None))
    return _Part(kept, stage, outputs, wrong)


def _held(rows: pl.LazyFrame, file: Path | None) -> pl.LazyFrame:
    """The rows, evaluated: in memory, or in a file."""
    if file is None:
        return rows.collect(engine="streaming").lazy()
    file.parent.mkdir(exist_ok=True)
    rows.sink_ipc(file, compression="lz4")
    return pl.scan_ipc(file)


def _faults(check: Check, number: int, stage: _Stage) -> Iterator[tuple[pl.Expr, Check, pl.Expr]]:
    """Conditions under which a cell of a statement is wrong, the check with its reason, the raw cell."""
    raw, clean = stage.raw(check.value), stage.clean(check.value)
    holds = pl.col(f"{SAID}{number}")
    if check.when is not None:
        holds = holds & stage.column(check.when).fill_null(False)
    if check.value.wants != "text":
        reason = f"not {check.value.wants} ({check.about})"
        yield holds & is_bad(raw, clean, check.value.many), replace(check, about=reason), raw
    if check.fatal:
        yield holds & raw.is_null(), replace(check, about=f"{check.about} is missing"), raw


def _outputs(statement: Statement, stage: _Stage) -> list[pl.Expr]:
    """`id` and the columns of a statement, from staged columns."""

    def staged(given: Given) -> pl.Expr:
        expr = stage.clean(given.value)
        if given.value.many:
            expr = expr.list.drop_nulls()
        return expr if given.when is None else pl.when(stage.column(given.when)).then(expr)

    identity = joined(statement.prefix, [staged(given) for given in statement.key])
    return [identity.alias("id"), *(staged(given).alias(name) for name, given in statement.columns.items())]


def _accepted(part: _Part, number: int, refused: pl.LazyFrame | None) -> pl.LazyFrame:
    """Rows that say a statement and hold nothing fatal."""
    said = part.frame.filter(pl.col(f"{SAID}{number}") & ~pl.col(FATAL))
    return said if refused is None else said.join(refused, on=NTH, how="anti")


def _order(number: int) -> pl.Expr:
    """A number that orders records as their files, rows, statements and items are ordered."""
    row = pl.col(FILE).cast(pl.UInt64) * (1 << _ROW_BITS) + pl.col(NTH)
    statement = row * (1 << _STATEMENT_BITS) + number
    return (statement * (1 << _ITEM_BITS) + pl.col(ITEM)).alias(ORDER)


def _raised(part: _Part) -> list[tuple[pl.Expr, Check, pl.Expr]]:
    """What is wrong in any row."""
    flags = [flag.any().alias(str(number)) for number, (flag, _, _) in enumerate(part.wrong)]
    raised = part.frame.select(flags).collect().rows() if flags else [()]
    return [wrong for wrong, found in zip(part.wrong, raised[0], strict=True) if found]


def _wrong_cells(part: _Part, row: Row) -> list[pl.LazyFrame]:
    """One row per wrong cell of the rows that are not left out."""
    return [
        part.frame.filter(flag).select(
            FILE,
            ROW,
            pl.lit(", ".join(row.cells(check.value.raw))).alias("column"),
            raw.cast(pl.String).alias("value"),
            pl.lit(check.about).alias("reason"),
            pl.lit(check.fatal).alias("fatal"),
        )
        for flag, check, raw in _raised(part)
    ]


def _ragged_rows(base: pl.LazyFrame) -> pl.LazyFrame:
    nothing = pl.lit(None, pl.String)
    ragged = base.filter(pl.col(PROBLEM).is_not_null() & pl.col(SKIP).is_null())
    return ragged.select(
        FILE,
        ROW,
        nothing.alias("column"),
        nothing.alias("value"),
        pl.col(PROBLEM).alias("reason"),
        pl.lit(True).alias("fatal"),
    )


def _fates(whole: _Part, lists: Sequence[_Part]) -> pl.LazyFrame:
    """Used, rejected or ignored, once for every row, and why."""
    marks = [
        part.frame.select(NTH, FILE, ROW, PROBLEM, SKIP, SAID, _first_fault(part)) for part in (whole, *lists)
    ]
    rows = marks[0]
    if lists:
        items = (
            pl.concat(marks[1:])
            .group_by(NTH)
            .agg(pl.col(SAID).any().alias("~s"), pl.col("~why").min().alias("~r"))
        )
        rows = rows.join(items, on=NTH, how="left").with_columns(
            pl.col(SAID) | pl.col("~s").fill_null(False), pl.coalesce("~why", "~r").alias("~why")
        )
    ragged = pl.when(pl.col(PROBLEM).is_not_null()).then(pl.col(PROBLEM).str.replace(r" \(line.*", ""))
    skipped, why = pl.col(SKIP).is_not_null(), pl.coalesce(ragged, "~why")
    return rows.with_columns(why.alias("~why")).select(
        FILE,
        ROW,
        pl.when(skipped)
        .then(pl.lit("ignored"))
        .when(pl.col("~why").is_not_null())
        .then(pl.lit("rejected"))
        .when(pl.col(SAID))
        .then(pl.lit("used"))
        .otherwise(pl.lit("ignored"))
        .alias("fate"),
        pl.when(skipped)
        .then(pl.col(SKIP))
        .when(pl.col("~why").is_null() & ~pl.col(SAID))
        .then(pl.lit(NOTHING))
        .otherwise(pl.col("~why"))
        .alias("reason"),
    )


def _first_fault(part: _Part) -> pl.Expr:
    """Why a row is rejected: the first fatal fault."""
    reasons = [pl.when(flag).then(pl.lit(check.about)) for flag, check, _ in part.wrong if check.fatal]
    return (pl.coalesce(reasons) if reasons else pl.lit(None, pl.String)).alias("~why")


def _any(flags: Sequence[pl.Expr]) -> pl.Expr:
    return functools.reduce(operator.or_, flags, pl.lit(False))
