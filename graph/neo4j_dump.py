"""A graph as files for `neo4j-admin database import full`: the way into Neo4j for graphs of any size."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

import polars as pl

from graph.neo4j_rows import (
    EXACT,
    MARK,
    PUSH,
    Rows,
    columns,
    constraints,
    edge_columns,
    exact,
    holds,
    indexes,
    kinds,
    lists_of,
    marked,
)
from graph.property_graph import Schema
from ontology import TrinationalError, WrongUseError

ARGUMENTS = "import.args"
SCHEMA = "schema.cypher"
_CHUNK = 50_000
_BETWEEN = "\x1f"
_KINDS = ["tail_kind", "head_kind"]
_KEY = ["tail_kind", "tail", "head_kind", "head"]
_OPTIONS = """--id-type=string
--delimiter=,
--array-delimiter=U+001F
--multiline-fields=true
--ignore-empty-strings=false
--trim-strings=false
--bad-tolerance=0
"""
_TYPES = {"String": "", "Int32": ":long", "Int64": ":long", "Float64": ":double", "Boolean": ":boolean"}


def dump(
    folder: Path,
    out: Path,
    *,
    database: str = "neo4j",
    progress: Callable[[str, int, int], None] = lambda kind, done, total: None,
) -> str:
    """Write a graph as CSV files for Neo4j's importer, table by table, a few rows at a time in memory.

    Parameters
    ----------
    folder
        Folder of a built graph.
    out
        A new or empty folder: `<Kind>.csv` and `<TYPE>.<Kind>.<Kind>.csv`, each with a `…-header.csv`,
        `import.args` with the options of the importer, `schema.cypher` with constraints and indexes.
    database
        Name of the database that the command makes.

    Returns the command, to be run in `out` on the machine of the stopped server. What it makes is what `push`
    makes: a later push adds constraints and indexes, then writes only what changed.

    Raises `WrongUseError` where `out` is not empty, `TrinationalError` where it cannot be written.

    >>> dump(LaborGraph.open().folder, Path("neo4j-import"))                             # doctest: +SKIP
    'neo4j-admin database import full @import.args --overwrite-destination neo4j'
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise WrongUseError(f"{out} is there already", hint="name a new or an empty folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
        arguments = list(_write_all(Rows(folder), out, progress))
        (out / ARGUMENTS).write_text(_OPTIONS + "".join(f'"{line}"\n' for line in arguments))
        statements = (*constraints().values(), *indexes().values())
        (out / SCHEMA).write_text("".join(f"{statement};\n" for statement in statements))
    except BaseException as error:
        shutil.rmtree(out, ignore_errors=True)
        if isinstance(error, OSError | pl.exceptions.ComputeError):
            raise TrinationalError(
                f"cannot write to {out}: {error}", hint="free space, or another folder"
            ) from None
        raise
    return f"neo4j-admin database import full @{ARGUMENTS} --overwrite-destination {database}"


def _write_all(rows: Rows, out: Path, progress: Callable[[str, int, int], None]) -> Iterator[str]:
    """Write the files of each table; gives the option that names them."""
    total = len(rows.nodes) + len(rows.ties)
    for number, (kind, frame) in enumerate(rows.nodes.items()):
        progress(kind, number, total)
        head = [f"id:ID({kind})", *_header(columns(kind), without=["id"])]
        if _write_table(out / kind, head, frame, kind):
            yield f"--nodes={':'.join(kinds()[kind])}={kind}-header.csv,{kind}.csv"
    (out / f"{PUSH}-header.csv").write_text(f"id:ID({PUSH}),{MARK}:long,complete:boolean,pushed\n")
    (out / f"{PUSH}.csv").write_text("graph,0,true,import\n")
    yield f"--nodes={PUSH}={PUSH}-header.csv,{PUSH}.csv"
    for number, ties in enumerate(rows.ties, len(rows.nodes)):
        progress(ties.type, number, total)
        stem = f"{ties.type}.{ties.tail_kind}.{ties.head_kind}"
        known = edge_columns(ties.type)
        ends = [f":START_ID({ties.tail_kind})", f":END_ID({ties.head_kind})"]
        head = [*ends, *_header(known, without=_KEY)]
        frame = ties.frame.sort(*_KEY, *(["relation"] if "relation" in known else []))
        if _write_table(out / stem, head, frame, ties.type, without=_KINDS):
            yield f"--relationships={ties.type}={stem}-header.csv,{stem}.csv"


def _header(schema: Schema, without: Sequence[str]) -> list[str]:
    """Names of properties with their types, as the importer takes them."""
    known = [(n, str(t)) for n, t in schema.items() if n not in without]
    return [*(f"{n}{_TYPES.get(t, ':string[]')}" for n, t in known), f"{MARK}:long", EXACT]


def _write_table(
    stem: Path, head: list[str], frame: pl.LazyFrame, name: str, without: Sequence[str] = ()
) -> bool:
    """Write a table and its header; tells whether it has rows."""
    path, rows = stem.with_name(f"{stem.name}.csv"), 0
    with path.open("wb") as file:
        for part in frame.collect_batches(chunk_size=_CHUNK, maintain_order=True, engine="streaming"):
            rows += part.height
            _write_part(file, marked(part, name).drop(without))
    if rows:
        stem.with_name(f"{stem.name}-header.csv").write_text(",".join(head) + "\n")
    else:
        path.unlink()
    return rows > 0


def _write_part(file: IO[bytes], part: pl.DataFrame) -> None:
    lists, decimals = lists_of(part.schema), [n for n, t in part.schema.items() if t.is_float()]
    plain = [pl.col(name).list.drop_nulls().list.join(_BETWEEN) for name in lists]
    numbers = [
        pl.col(name).cast(pl.String()).str.replace("inf", "Infinity", literal=True) for name in decimals
    ]
    part.with_columns(exact(lists, _lossy)).with_columns(
        *(pl.when(column.str.len_bytes() > 0).then(column) for column in plain), *numbers
    ).write_csv(file, include_header=False, quote_style="non_numeric")


def _lossy(column: pl.Expr) -> pl.Expr:
    """Whether the importer reads another list: it is empty, or an element is null, empty or breaks it."""
    element = pl.element()
    odd = element.is_null() | (element == "") | element.str.contains(_BETWEEN, literal=True)
    return (column.list.len() == 0) | holds(column, odd)
