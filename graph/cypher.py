"""Cypher over a built graph, with no server: ladybug, read-only, in a process with time and memory limits.

The store is made from the graph tables at the first question and stays in the graph's folder. A query is
read first (`graph.cypher_text`): what would write, read files or mean something else in Neo4j is refused.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from graph import worker
from graph.cypher_text import Reading, read, table_name
from graph.property_graph import (
    Schema,
    edge_schema,
    node_kinds,
    node_schema,
    project,
    vocabulary,
)
from graph.stores import Progress, made
from ontology import TrinationalError, WrongUseError, nearest

if TYPE_CHECKING:
    import ladybug

Value: TypeAlias = str | int | float | bool | Sequence[str] | Sequence[int] | Sequence[float] | None

MAX_ROWS = 200_000
STORE = "graph.lbug"
_BUFFER = 2**30
_MEMORY = 4 * 2**30
_AT_ONCE = 2**25  # bytes of Parquet in one transaction: what is not committed takes memory
_THREADS = min(os.cpu_count() or 1, 4)
_TOO_LARGE = 125  # exit code of the worker, as `worker.LATE`
_WORKER = Path(__file__).with_name("cypher_worker.py")
_TYPES = {
    "String": "STRING",
    "Int32": "INT64",
    "Int64": "INT64",
    "Float64": "DOUBLE",
    "Boolean": "BOOL",
    "List(String)": "STRING[]",
}


@dataclass(frozen=True)
class Answer:
    """Rows of an answer; `truncated`: there were more; `warnings`: names that the database does not have."""

    frame: pl.DataFrame
    truncated: bool = False
    warnings: tuple[str, ...] = ()


def query(
    graph: Path,
    text: str,
    params: Mapping[str, Value] | None = None,
    *,
    timeout: float = 60.0,
    limit: int | None = None,
    name: str = "query",
    progress: Progress | None = None,
) -> Answer:
    """Answer a Cypher query.

    Parameters
    ----------
    graph
        Folder of a built graph.
    text
        MATCH, OPTIONAL MATCH, UNWIND, WITH, RETURN; labels, types and properties are in
        `docs/reference/property-graph.md`, differences from Neo4j in `docs/how-to/cypher.md`.
    params
        Values of `$names`; they are bound, never pasted into the text.
    timeout
        Seconds after which the query is stopped.
    limit
        Rows to return at most; without it more than 200,000 are an error.
    name
        What messages call the query: the name of its file.

    Raises
    ------
    WrongUseError
        Syntax error (with line and column), unknown label or property, a query that writes or reads files,
        a query that means something else in Neo4j, a parameter missing or not used.
    TrinationalError
        The time or memory limit was reached, or the answer is too large.
    """
    found = read(text, params or {}, name)
    most = MAX_ROWS if limit is None else limit
    task = {
        "query": found.limited(most + 1),
        "values": found.values,
        "limit": most,
        "seconds": timeout,
    }
    lines = worker.ask(_WORKER, _start(store(graph, progress)), task, timeout + 3)
    if "died" in lines[-1] or "error" in lines[-1]:
        raise _failure(_reason(lines[-1]), found, timeout)
    if lines[-1]["truncated"] and limit is None:
        raise TrinationalError(f"{name}: more than {MAX_ROWS:,} rows", hint="add LIMIT, or count and group")
    rows = [row for line in lines[1:-1] for row in line["rows"]]
    return Answer(_frame(found.columns(lines[0]["columns"]), lines[0]["types"], rows), lines[-1]["truncated"])


def store(graph: Path, progress: Progress | None = None) -> Path:
    """The ladybug store of a graph: see `graph.stores.made`."""
    return made(graph, STORE, write_store, "store for Cypher", progress)


def write_store(graph: Path, target: Path) -> None:
    """Write the property graph of folder `graph` into a new ladybug store at `target`."""
    tables = write_tables(graph, target.parent)
    copy_tables(tables, target)
    for path in tables.values():
        path.unlink()


def write_tables(graph: Path, folder: Path) -> dict[str, Path]:
    """Write the tables that have rows as Parquet; returns the files by their target of COPY."""
    found = project(graph)
    frames = {f"`{node.kind}`": node.frame for node in found.nodes}
    for edge in found.relationships:
        place = f"`{table_name(edge.type)}` (from='{edge.tail_kind}', to='{edge.head_kind}')"
        frames[place] = edge.frame
    files = {place: folder / f"{number}.parquet" for number, place in enumerate(frames)}
    sinks = [
        frame.sink_parquet(files[place], compression="lz4", lazy=True) for place, frame in frames.items()
    ]
    pl.collect_all(sinks, engine="streaming")
    return {place: path for place, path in files.items() if _rows(path)}


def copy_tables(tables: Mapping[str, Path], target: Path) -> None:
    """A new ladybug store of Parquet files by COPY target (see `write_tables`)."""
    import ladybug

    space = _address_space(8 * sum(path.stat().st_size for path in tables.values()))
    try:
        database = ladybug.Database(str(target), buffer_pool_size=2 * _BUFFER, max_db_size=space)
    except RuntimeError as error:
        raise TrinationalError(f"cannot make the store for Cypher: {error}") from error
    connection = ladybug.Connection(database, num_threads=_THREADS)
    try:
        _copy(connection, tables)
        connection.execute("CHECKPOINT")
    except RuntimeError as error:
        raise TrinationalError(f"cannot make the store for Cypher: {error}") from error
    finally:
        connection.close()
        database.close()


def _copy(connection: ladybug.Connection, tables: Mapping[str, Path]) -> None:
    """Copy the tables in few transactions, because the engine writes a checkpoint at the end of each."""
    connection.execute("BEGIN TRANSACTION")
    for statement in schema_statements():
        connection.execute(statement)
    size = 0
    for place, path in tables.items():
        table, _, ends = place.partition(" ")
        connection.execute(f"COPY {table} FROM '{_quoted(path)}' {ends}")
        size += path.stat().st_size
        if size > _AT_ONCE:
            connection.execute("COMMIT")
            connection.execute("BEGIN TRANSACTION")
            size = 0
    connection.execute("COMMIT")


def _address_space(size: int) -> int:
    """Addresses to reserve for a store of `size` bytes: the default is more than some systems give."""
    return int(max(4 * _BUFFER, 2 ** math.ceil(math.log2(max(4 * size, 1)))))


def schema_statements() -> list[str]:
    """CREATE statements of all tables that the ontology allows."""
    nodes = [
        f"CREATE NODE TABLE `{kind}`({_columns(node_schema(kind))}, PRIMARY KEY(`id`))"
        for kind in node_kinds()
    ]
    known = vocabulary()
    edges = []
    for name, pairs in known.types.items():
        ends = ", ".join(f"FROM `{tail}` TO `{head}`" for tail, head in pairs)
        properties = f", {_columns(edge_schema(name))}" if name in known.derived else ""
        edges.append(f"CREATE REL TABLE `{table_name(name)}`({ends}{properties})")
    return nodes + edges


def _columns(columns: Schema) -> str:
    return ", ".join(f"`{name}` {_TYPES[str(dtype)]}" for name, dtype in columns.items())


def _rows(path: Path) -> int:
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def _quoted(path: Path) -> str:
    return path.as_posix().replace("\\", "\\\\").replace("'", "\\'")


def _start(path: Path) -> dict[str, Any]:
    """What the process of a store has to know."""
    limits = {"buffer": _BUFFER, "space": _address_space(path.stat().st_size), "memory": _MEMORY}
    return {"store": str(path), "codes": (_TOO_LARGE, worker.LATE), "threads": _THREADS, **limits}


def _reason(line: dict[str, Any]) -> str:
    reasons = {worker.LATE: "Interrupted", _TOO_LARGE: "buffer pool is full"}
    code = line.get("died")
    return line["error"] if code is None else reasons.get(code, f"Ended ({code})")


def _frame(columns: Sequence[str], types: Sequence[str], rows: list[list[Any]]) -> pl.DataFrame:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    series = [
        pl.Series(name, column, dtype=_dtype(kind), strict=False)
        for name, kind, column in zip(columns, types, values, strict=True)
    ]
    return pl.DataFrame(series)


def _dtype(kind: str) -> pl.DataType | None:
    """Polars type of a ladybug type; None where Polars finds it in the values."""
    if kind.endswith("[]"):
        inner = _dtype(kind[:-2])
        return None if inner is None else pl.List(inner)
    if kind in ("NODE", "REL", "RECURSIVE_REL") or kind.startswith(("STRUCT", "MAP", "UNION")):
        return None
    if ("INT" in kind and kind != "INTERVAL") or kind == "SERIAL":
        return pl.Int64()
    if kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL"):
        return pl.Float64()
    return pl.Boolean() if kind == "BOOL" else pl.String()


def _failure(message: str, found: Reading, timeout: float) -> TrinationalError:
    if "Interrupted" in message:
        return TrinationalError(
            f"{found.name} stopped after {timeout:g} seconds",
            hint="start from few nodes (an id, a country), bound variable lengths, or allow more time",
        )
    if "buffer pool is full" in message or "bad_alloc" in message:
        hint = "narrow the query, count and group, or add LIMIT"
        return TrinationalError(f"{found.name}: needs more memory than a query may have", hint=hint)
    if message.startswith("Ended"):
        hint = "somebody ended it, or the machine has too little memory: narrow the query"
        return TrinationalError(f"{found.name} failed: its process {message.lower()}", hint=hint)
    if message.startswith(("Assertion failed", "unordered_map")):
        hint = "what the engine does not know: docs/how-to/cypher.md"
        return WrongUseError(f"{found.name}: the engine cannot read this query", hint=hint)
    if not re.match(r"(Parser|Binder|Catalog|Conversion|Runtime|Overflow) exception", message):
        hint = f"where the store is damaged, remove {STORE} from the graph's folder: a query makes it anew"
        return TrinationalError(f"{found.name}: {message.strip()}", hint=hint)
    if place := re.search(r"\(line: (\d+), offset: (\d+)\)", message):
        where = found.where(int(place[1]), int(place[2]))
        return WrongUseError(f"{where}: syntax error", hint="look at what stands just before this place")
    return _named_failure(message, found)


def _named_failure(message: str, found: Reading) -> TrinationalError:
    """What the engine found wrong with a name."""
    text = re.sub(r"^\w+ exception: ", "", message.strip()).split("\n")[0]
    if place := re.search(r"Cannot find property (\S+) for (\w+)", text):
        where = found.at(place[1])
        hint = nearest(place[1], found.properties(place[2])) or "see docs/reference/property-graph.md"
        return WrongUseError(f"{where}: {place[2]!r} has no property {place[1]!r}", hint=hint)
    if place := re.search(r"Variable (\S+) is not in scope", text):
        where, hint = found.at(place[1]), nearest(place[1], found.known) or found.known_text
        return WrongUseError(f"{where}: no variable {place[1]!r} here", hint=hint)
    if place := re.search(r"function (\w+) does not exist", text):
        return WrongUseError(f"{found.at(place[1])}: no function {place[1].lower()!r}", hint=_FUNCTIONS)
    return WrongUseError(f"{found.name}: {text}", hint="differences from Neo4j: docs/how-to/cypher.md")


_FUNCTIONS = "which there are, and what to write instead: docs/how-to/cypher.md"
