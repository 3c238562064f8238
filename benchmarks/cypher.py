"""How long the store for Cypher takes to make, beside a bare loop of COPY over the same Parquet tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.measure import Measure, synthetic_graph, timed
from graph.cypher import copy_tables, schema_statements, write_store, write_tables

_BUFFER, _SPACE = 2**31, 2**36


def measures(work: Path, plants: int) -> Iterator[Measure]:
    """Tables as Parquet, a bare loop of COPY, ours, and all of it from the graph, in one run."""
    graph = synthetic_graph(work / f"cypher-{plants}", plants)
    group, scratch = f"{plants:,} plants", work / f"cypher-{plants}" / "stores"
    scratch.mkdir()
    written, tables = timed(write_tables, graph, scratch)
    bare = timed(_bare, tables, scratch / "bare.lbug")[0]
    ours = timed(copy_tables, tables, scratch / "ours.lbug")[0]
    (scratch / "whole").mkdir()
    whole = timed(write_store, graph, scratch / "whole" / "graph.lbug")[0]
    size = sum(path.stat().st_size for path in tables.values()) / 1e6
    yield Measure(group, "tables of the property graph", written, "s", note=f"{len(tables)}, {size:,.0f} MB")
    yield Measure(group, "bare loop of COPY", bare, "s")
    yield Measure(group, "COPY: ours against the loop", ours / bare, "times", 1.5)
    yield Measure(group, "store for Cypher from the graph", whole, "s", plants * 1e-4)


def _bare(tables: Mapping[str, Path], target: Path) -> None:
    """Each table by a COPY of its own, as ladybug does it unless told otherwise."""
    import ladybug

    database = ladybug.Database(str(target), buffer_pool_size=_BUFFER, max_db_size=_SPACE)
    connection = ladybug.Connection(database)
    for statement in schema_statements():
        connection.execute(statement)
    for place, path in tables.items():
        table, _, ends = place.partition(" ")
        connection.execute(f"COPY {table} FROM '{path}' {ends}")
    connection.close()
    database.close()
