"""Engines: where tables are computed. Analyses see Narwhals frames; only this module knows Polars and DuckDB.

An analysis is written once, `nw.LazyFrame[Any]` in and out, on the portable subset: months as integers, no
list expressions, `round(12)` before a threshold. It runs on Polars; tests run it on DuckDB too and compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import narwhals as nw
import polars as pl

from graph.identity.resolve import MAPPING
from ontology import model, nearest, schema

Frame: TypeAlias = nw.LazyFrame[Any]
Engine: TypeAlias = Literal["polars", "duckdb"]
_TEXT = pl.String()
_OTHERS: dict[str, dict[str, pl.DataType]] = {
    "things": {**dict.fromkeys(("id", "kind", "name", "country"), _TEXT), "sources": pl.List(_TEXT)},
    "identity": MAPPING,
    "ends": dict.fromkeys(("id", "role", "record_id"), _TEXT),
}


class Tables(Mapping[str, Frame]):
    """Graph tables by kind, read lazily; `said/<Kind>` is what each source said, `things` the index.

    `identity` tells which ids were joined, `ends` the joined ids that relations were recorded with.

    A kind without rows is an empty table with its columns, so that an analysis needs no special case.

    >>> tables = Tables.of({"Plant": pl.DataFrame({"id": ["plant:a"], "country": ["MX"]})})
    >>> cut(tables["Plant"].select("id", "country", "opened_min"))["country"].to_list()
    ['MX']
    >>> cut(tables["Tie"]).height
    0
    """

    def __init__(self, read: Callable[[str], pl.LazyFrame | None], engine: Engine = "polars") -> None:
        self._read = read
        self._engine = engine
        self._open: dict[str, Frame] = {}

    @classmethod
    def at(cls, folder: Path, engine: Engine = "polars") -> Tables:
        """Tables of a built graph (`Home.graph`, `LaborGraph.folder`)."""

        def read(name: str) -> pl.LazyFrame | None:
            path = folder / f"{name}.parquet"
            return pl.scan_parquet(path) if path.is_file() else None

        return cls(read, engine)

    @classmethod
    def of(cls, frames: Mapping[str, pl.DataFrame], engine: Engine = "polars") -> Tables:
        """Tables in memory; columns that a frame lacks are null."""

        def read(name: str) -> pl.LazyFrame | None:
            if name not in frames:
                return None
            columns = _columns(name)
            return pl.concat([pl.DataFrame(schema=columns), frames[name]], how="diagonal_relaxed").lazy()

        return cls(read, engine)

    def __getitem__(self, name: str) -> Frame:
        if name not in self._open:
            columns = _columns(name)
            native = self._read(name)
            frame = pl.LazyFrame(schema=columns) if native is None else native
            self._open[name] = nw.from_native(frame) if self._engine == "polars" else _duckdb(frame)
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        kinds = model()
        yield from (kind.name for kind in (*kinds.things, *kinds.relations))
        yield from (f"said/{kind.name}" for kind in kinds.things)
        yield from _OTHERS

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _columns(name: str) -> dict[str, pl.DataType]:
    if name in _OTHERS:
        return _OTHERS[name]
    kind = name.removeprefix("said/")
    if kind not in model().kinds:
        raise KeyError(f"no such kind: {kind!r} {nearest(kind, model().kinds)}".rstrip())
    if name.startswith("said/"):
        return {"id": _TEXT, "record_id": _TEXT, **schema(kind)}
    return schema(kind, "graph")


def _duckdb(frame: pl.LazyFrame) -> Frame:
    import duckdb

    return nw.from_native(duckdb.from_arrow(frame.collect().to_arrow()))


def mapped(column: str, values: Mapping[str, float], otherwise: float | None = None) -> nw.Expr:
    """A number for each text of a column, by a chain of `when`: no engine has a dictionary in common.

    >>> cut(Tables.of({"Tie": pl.DataFrame({"id": ["a"]})})["Tie"].select(n=mapped("id", {"a": 0.5})))["n"][0]
    0.5
    """
    found = nw.lit(otherwise, dtype=nw.Float64)
    for text, value in values.items():
        found = nw.when(nw.col(column) == text).then(nw.lit(float(value))).otherwise(found)
    return found


def cut(frame: Frame) -> pl.DataFrame:
    """The rows of a frame, computed, as a Polars table."""
    return cast(pl.DataFrame, frame.collect(backend="polars").to_native())


def cut_all(*frames: Frame) -> list[pl.DataFrame]:
    """The rows of several frames, computed together: what they share is read and joined once."""
    natives = [frame.to_native() for frame in frames]
    lazy = [native for native in natives if isinstance(native, pl.LazyFrame)]
    return pl.collect_all(lazy) if len(lazy) == len(natives) else [cut(frame) for frame in frames]


def keep(frame: Frame) -> Frame:
    """The same frame, computed once: for what is read several times.

    >>> cut(keep(Tables.of({})["Plant"].select("id"))).height
    0
    """
    return keep_all(frame)[0]


def keep_all(*frames: Frame) -> list[Frame]:
    """Several frames, computed once and together: what they share is read and joined once.

    >>> plants = Tables.of({"Plant": pl.DataFrame({"id": ["a", "b"]})})["Plant"].select("id")
    >>> [cut(frame).height for frame in keep_all(plants, plants.filter(nw.col("id") == "a"))]
    [2, 1]
    """
    return [
        nw.from_native(table.lazy()) if isinstance(frame.to_native(), pl.LazyFrame) else _duckdb(table.lazy())
        for frame, table in zip(frames, cut_all(*frames), strict=True)
    ]
