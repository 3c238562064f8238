"""How long the store for Cypher takes to make, beside a bare loop of COPY over the same Parquet tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.generate import generate
from benchmarks.measure import SYNTHETIC, Measure
from graph.build import build
from graph.cypher import copy_tables, schema_statements, write_store, write_tables
from graph.home import Home
from graph.release import load_release

_BUFFER, _SPACE = 2**31, 2**36


def measures(work: Path, plants: int) -> Iterator[Measure]:
    """Tables as Parquet, a bare loop of COPY, ours, and all of it from the graph, in one run."""
    graph = _graph(work / f"cypher-{plants}", plants)
    group, scratch = f"{plants:,} plants", work / f"cypher-{plants}" / "stores"
    scratch.mkdir()
    started = time.perf_counter()
    tables = write_tables(graph, scratch)
    written = time.perf_counter() - started
    bare = _seconds(lambda: _bare(tables, scratch / "bare.lbug"))
    ours = _seconds(lambda: copy_tables(tables, scratch / "ours.lbug"))
    (scratch / "whole").mkdir()
    whole = _seconds(lambda: write_store(graph, scratch / "whole" / "graph.lbug"))
    size = sum(path.stat().st_size for path in tables.values()) / 1e6
    yield Measure(group, "tables of the property graph", written, "s", note=f"{len(tables)}, {size:,.0f} MB")
    yield Measure(group, "bare loop of COPY", bare, "s")
    yield Measure(group, "COPY: ours against the loop", ours / bare, "times", 1.5)
    yield Measure(group, "store for Cypher from the graph", whole, "s", plants * 1e-4)


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _graph(work: Path, plants: int) -> Path:
    files, home = work / "files", Home(work / "home")
    generate(plants, 1, files)
    for source, folder in SYNTHETIC.items():
        load_release(home, source, [files / folder])
    build(home)
    return home.graph


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
