"""Rows as a file: csv, json or parquet, whole or not at all."""

from __future__ import annotations

import codecs
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import polars as pl

from ontology import TrinationalError, WrongUseError, nearest

_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?[0-9][0-9 .,]*$"


def write_rows(frame: pl.DataFrame, path: Path, format: str | None = None, *, mark: bool = False) -> None:
    """Write a frame to `path`, by default in the format that its ending names; a file there is replaced.

    The new file takes its place in one step: after an error the old one is unchanged. Missing folders above
    it are made. In csv lists are joined by `; `, and a text that a spreadsheet would run as a formula gets an
    apostrophe before it.

    Parameters
    ----------
    mark
        Begin csv with the byte order mark by which Excel knows UTF-8.

    Raises
    ------
    WrongUseError
        No such format.
    TrinationalError
        The path cannot be written.
    """
    chosen = (format or path.suffix.removeprefix(".")).lower()
    if chosen not in FORMATS:
        hint = nearest(chosen, FORMATS) or f"use {', '.join(FORMATS)}"
        raise WrongUseError(f"no such format: {chosen!r}", hint=hint)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(codecs.BOM_UTF8 if mark and chosen == "csv" else b"")
                FORMATS[chosen](frame, file)
            Path(scratch).chmod(0o666 & ~_umask())
            Path(scratch).replace(path)
        finally:
            Path(scratch).unlink(missing_ok=True)
    except (OSError, pl.exceptions.ComputeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise TrinationalError(
            f"cannot write {path}: {reason}", hint="choose another path, or free space"
        ) from error


def harmless(column: str) -> pl.Expr:
    """A text column in which no spreadsheet finds a formula; numbers with a sign stay as they are.

    >>> pl.DataFrame({"a": ["=1+1", "-5", "GM"]}).select(harmless("a"))["a"].to_list()
    ["'=1+1", '-5', 'GM']
    """
    text = pl.col(column)
    formula = text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)
    return pl.when(formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(column)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _csv(frame: pl.DataFrame, file: BinaryIO) -> None:
    lists = [name for name, dtype in frame.schema.items() if dtype == pl.List]
    flat = frame.with_columns(pl.col(lists).list.join("; ")) if lists else frame
    texts = [name for name, dtype in flat.schema.items() if dtype == pl.String]
    flat.with_columns(map(harmless, texts)).write_csv(file)


def _json(frame: pl.DataFrame, file: BinaryIO) -> None:
    file.write(json.dumps(frame.to_dicts(), ensure_ascii=False, indent=1).encode() + b"\n")


def _parquet(frame: pl.DataFrame, file: BinaryIO) -> None:
    frame.write_parquet(file, compression="zstd")


FORMATS: Mapping[str, Callable[[pl.DataFrame, BinaryIO], None]] = {
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
}
