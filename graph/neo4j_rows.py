"""How the rows of a graph stand in Neo4j: marked as ours, with a hash of their content, value for value.

Neo4j holds no list with a null in it, and its import files no empty list. Where a row has such a list, the
property `_exact` has all lists of the row as JSON beside what Neo4j can hold.
"""

from __future__ import annotations

import base64
import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from graph.property_graph import (
    RelationshipTable,
    Schema,
    edge_schema,
    node_kinds,
    node_schema,
    project,
    vocabulary,
)

Row: TypeAlias = dict[str, Any]

MARK = "_trinational"
"""Property of every node and relationship of ours: the hash of its content."""
EXACT = "_exact"
"""Property with the lists of a row, as JSON, where Neo4j cannot hold them as they are."""
HIDDEN = frozenset((MARK, EXACT))
FILE = "TrinationalFile"
"""Label of pieces of those files of a graph that are no nodes: who was found to be whom, releases."""
PUSH = "TrinationalPush"
"""Label of the node that says who is pushing, and whether everything is there."""
_PIECE = 384 * 1024
_BATCH = 10_000
_BYTES = 16 * 2**20
_TEXT = pl.String()
_ENDS: Schema = dict.fromkeys(("tail_kind", "tail", "head_kind", "head"), _TEXT)


@cache
def kinds() -> dict[str, tuple[str, ...]]:
    """Labels by kind of node, with the pieces of files.

    >>> kinds()["Union"], kinds()[FILE]
    (('Union', 'Organization', 'Thing'), ('TrinationalFile',))
    """
    return {**node_kinds(), FILE: (FILE,)}


@cache
def columns(kind: str) -> Schema:
    """Properties of the nodes of a kind."""
    return {"id": _TEXT, "content": _TEXT} if kind == FILE else node_schema(kind)


@cache
def edge_columns(name: str) -> Schema:
    """What is known of a relationship of a type: its ends, then its properties."""
    return _ENDS | (edge_schema(name) if name in vocabulary().derived else {})


def constraints() -> dict[str, str]:
    """Statements by name: an id is unique in its kind."""
    return {
        f"trinational_{kind}": f"CREATE CONSTRAINT trinational_{kind} IF NOT EXISTS "
        f"FOR (n:`{kind}`) REQUIRE n.id IS UNIQUE"
        for kind in (*kinds(), PUSH)
    }


def indexes() -> dict[str, str]:
    """Statements by name: things by the labels above their kind, things by name."""
    parents = [label for label in vocabulary().labels if label not in kinds()]
    found = {
        f"trinational_{p}": f"INDEX trinational_{p} IF NOT EXISTS FOR (n:`{p}`) ON (n.id)" for p in parents
    }
    found["trinational_name"] = "TEXT INDEX trinational_name IF NOT EXISTS FOR (n:Thing) ON (n.name)"
    return {name: f"CREATE {statement}" for name, statement in found.items()}


@dataclass(frozen=True)
class Ties:
    """Relationships of one type between nodes of two kinds; `frame` has the columns of `edge_columns`."""

    type: str
    tail_kind: str
    head_kind: str
    frame: pl.LazyFrame


class Rows:
    """The rows of a built graph as Neo4j gets them: `nodes` by kind, `ties` by type and pair of kinds."""

    def __init__(self, folder: Path) -> None:
        found = project(folder)
        files = pl.DataFrame(list(_pieces(folder)), columns(FILE), orient="row").lazy()
        self.nodes = {**{table.kind: table.frame for table in found.nodes}, FILE: files}
        self.ties = [_ties(edge) for edge in found.relationships]

    @property
    def relationships(self) -> dict[str, pl.LazyFrame]:
        """All relationships of each type."""
        found: dict[str, list[pl.LazyFrame]] = {}
        for ties in self.ties:
            found.setdefault(ties.type, []).append(ties.frame)
        return {name: pl.concat(frames) for name, frames in found.items()}


def _ties(edge: RelationshipTable) -> Ties:
    ends = {"tail_kind": pl.lit(edge.tail_kind), "head_kind": pl.lit(edge.head_kind)}
    frame = edge.frame.with_columns(**ends).select(*edge_columns(edge.type))
    return Ties(edge.type, edge.tail_kind, edge.head_kind, frame)


def files_of(folder: Path) -> list[Path]:
    """Files of a graph that are neither nodes nor made from nodes."""
    tables = {*node_kinds(), "things"}
    return [folder / "graph.json", *(p for p in sorted(folder.glob("*.parquet")) if p.stem not in tables)]


def _pieces(folder: Path) -> Iterator[tuple[str, str]]:
    for path in files_of(folder):
        content = path.read_bytes()
        for number, start in enumerate(range(0, len(content), _PIECE)):
            yield f"{path.name}#{number}", base64.b64encode(content[start : start + _PIECE]).decode("ascii")


def joined(pieces: pl.DataFrame) -> dict[str, bytes]:
    """Files by name from their pieces.

    >>> joined(pl.DataFrame({"id": ["b#1", "b#0"], "content": ["Yw==", "YWI="]}))
    {'b': b'abc'}
    """
    found: dict[str, dict[int, bytes]] = {}
    for piece, content in pieces.select("id", "content").rows():
        name, _, number = piece.rpartition("#")
        found.setdefault(name, {})[int(number)] = base64.b64decode(content)
    return {name: b"".join(content for _, content in sorted(parts.items())) for name, parts in found.items()}


def marked(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Rows with `MARK`: 63 bits of a hash over `name` (a kind or type) and every value.

    >>> frame = pl.DataFrame({"id": ["a"], "x": [0.5]})
    >>> marked(frame, "Plant").equals(marked(frame, "Plant"))
    True
    >>> marked(frame, "Plant").equals(marked(frame.with_columns(x=-0.5), "Plant"))
    False
    """
    decimals = [column for column, dtype in frame.schema.items() if dtype.is_float()]
    values = [pl.exclude(decimals) if decimals else pl.all(), *(pl.col(c).cast(_TEXT) for c in decimals)]
    texts = frame.select(pl.struct(values).struct.json_encode()).to_series()
    start = hashlib.blake2b(name.encode(), digest_size=8)
    return frame.with_columns(pl.Series(MARK, [_hash(start, text) for text in texts], pl.Int64()))


def _hash(start: hashlib.blake2b, text: str) -> int:
    total = start.copy()
    total.update(text.encode())
    return int.from_bytes(total.digest(), "big") >> 1


def digest(marks: pl.Series) -> str:
    """Sixteen hex digits of a set of rows in any order.

    >>> digest(pl.Series([1, 2])) == digest(pl.Series([2, 1]))
    True
    """
    return hashlib.blake2b(array("q", marks.sort().to_list()).tobytes(), digest_size=8).hexdigest()


def batches(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Parts of 10,000 rows, or less where rows are large."""
    share = min(1.0, _BYTES / max(frame.estimated_size(), 1) * frame.height / _BATCH)
    yield from frame.iter_slices(max(1, int(_BATCH * share)))


def exact(lists: Iterable[str], lossy: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """The column `EXACT`: the lists as JSON in rows where `lossy` holds for any of them."""
    names = list(lists)
    if not names:
        return pl.lit(None, _TEXT).alias(EXACT)
    lost = pl.any_horizontal(lossy(pl.col(name)).fill_null(False) for name in names)
    return pl.when(lost).then(pl.struct(names).struct.json_encode()).alias(EXACT)


def holds(column: pl.Expr, test: pl.Expr) -> pl.Expr:
    """Whether `test` holds for any element of a list."""
    return column.list.eval(test).list.any()


def lists_of(schema: Mapping[str, pl.DataType]) -> list[str]:
    return [name for name, dtype in schema.items() if isinstance(dtype, pl.List)]


def stored(frame: pl.DataFrame) -> list[Row]:
    """Marked rows as properties that Neo4j can hold; what is unknown is None."""
    lists = lists_of(frame.schema)
    found = frame.with_columns(exact(lists, lambda column: holds(column, pl.element().is_null())))
    return found.with_columns(pl.col(name).list.drop_nulls() for name in lists).to_dicts()


def restored(rows: Sequence[Row], wanted: Schema) -> pl.DataFrame:
    """Rows of properties as they were, with their `MARK`, and `fits`: every value has its column's type."""
    schema = {**wanted, EXACT: _TEXT, MARK: pl.Int64()}
    try:
        frame = pl.DataFrame(rows, schema, orient="row")
    except (TypeError, pl.exceptions.PolarsError):
        frame = pl.concat([_of_one(row, schema) for row in rows])
    pairs = zip(frame.to_dicts(), rows, strict=True)
    fits = [_alike(_known(here, schema), _known(there, schema)) for here, there in pairs]
    return _with_lists(frame, wanted).with_columns(fits=pl.Series(fits, dtype=pl.Boolean()))


def _of_one(row: Row, schema: Schema) -> pl.DataFrame:
    """A row without the values that do not fit."""
    found = {}
    for name, dtype in schema.items():
        try:
            found[name] = pl.Series(name, [row.get(name)], dtype)
        except (TypeError, pl.exceptions.PolarsError):
            found[name] = pl.Series(name, [None], dtype)
    return pl.DataFrame(found)


def _alike(here: Row, there: Row) -> bool:
    return here == there or repr(here) == repr(there)


def _known(row: Row, schema: Iterable[str]) -> Row:
    return {name: value for name in schema if (value := row.get(name)) is not None}


def _with_lists(frame: pl.DataFrame, wanted: Schema) -> pl.DataFrame:
    """Lists out of `EXACT` where a row has it."""
    lists = lists_of(wanted)
    if not lists or frame[EXACT].null_count() == frame.height:
        return frame.drop(EXACT)
    given = pl.col(EXACT).is_not_null()
    told = pl.col(EXACT).str.json_decode(pl.Struct({name: wanted[name] for name in lists}))
    chosen = [pl.when(given).then(told.struct.field(c)).otherwise(pl.col(c)).alias(c) for c in lists]
    return frame.with_columns(chosen).drop(EXACT)
