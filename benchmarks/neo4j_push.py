"""How fast a graph gets into Neo4j, beside a bare loop of the driver over the same rows, on the same server.

The server is the one that `NEO4J_URI` names, which must be empty, else one that is started as in the tests.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j

from benchmarks.measure import ROOT, Measure, synthetic_graph, timed
from graph.bolt import Connection
from graph.neo4j import dump, push
from graph.neo4j_rows import Rows, kinds
from graph.property_graph import vocabulary

_TURNS = 2
_BATCH = 10_000
Statement = tuple[str, list[dict[str, Any]]]


def measures(work: Path, plants: int) -> Iterator[Measure]:
    """First push against a bare loop, in turns, the better one of each; a push of what is there; the dump."""
    if reason := _server_module().missing():
        yield Measure("Neo4j", f"not measured: {reason}", 0.0, "s")
        return
    folder = synthetic_graph(work / "neo4j", plants)
    server = _server()
    where = Connection(server.uri, server.username, server.password, server.database)
    statements = list(_statements(folder))
    total = sum(len(rows) for _, rows in statements)
    push(folder, where)
    ours, bare = [], []
    for _ in range(_TURNS):
        _empty(server)
        bare.append(timed(_bare, where, statements)[0])
        _empty(server)
        ours.append(timed(push, folder, where)[0])
    again = min(timed(push, folder, where)[0] for _ in range(_TURNS))
    note = f"{total / min(ours):,.0f}/s against {total / min(bare):,.0f}/s, {total:,} rows"
    yield Measure("Neo4j", "rate of push / rate of a bare loop", min(bare) / min(ours), "x", 0.8, True, note)
    yield Measure(
        "Neo4j", "push of what is there / first push", again / min(ours), "x", 0.1, note=f"{again:.2f} s"
    )
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        seconds = timed(dump, folder, Path(scratch) / "files")[0]
    yield Measure("Neo4j", "dump", total / seconds, "rows/s")


def _statements(folder: Path) -> Iterator[Statement]:
    """What a script without the project would send for the same labels, properties and relationships."""
    found = Rows(folder)
    for kind, frame in found.nodes.items():
        labels = "".join(f", n:`{label}`" for label in kinds()[kind][1:])
        text = f"UNWIND $rows AS row MERGE (n:`{kind}` {{id: row.id}}) SET n += row{labels}"
        yield from _parts(text, [_known(row) for row in frame.collect().to_dicts()])
    for ties in found.ties:
        derived = ties.type in vocabulary().derived
        key, more = (" {relation: row.more.relation}", " SET r += row.more") if derived else ("", "")
        text = f"UNWIND $rows AS row MATCH (a:`{ties.tail_kind}` {{id: row.tail}}) "
        text += f"MATCH (b:`{ties.head_kind}` {{id: row.head}}) MERGE (a)-[r:`{ties.type}`{key}]->(b){more}"
        rows = [_known(row) for row in ties.frame.drop("tail_kind", "head_kind").collect().to_dicts()]
        yield from _parts(text, [{"tail": r.pop("tail"), "head": r.pop("head"), "more": r} for r in rows])


def _known(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _parts(text: str, rows: list[dict[str, Any]]) -> Iterator[Statement]:
    for start in range(0, len(rows), _BATCH):
        yield text, rows[start : start + _BATCH]


def _bare(where: Connection, statements: list[Statement]) -> None:
    with (
        neo4j.GraphDatabase.driver(where.uri, auth=(where.username, where.password)) as driver,
        driver.session(database=where.database) as session,
    ):
        for text, rows in statements:
            session.run(text, rows=rows).consume()


def _empty(server: Any) -> None:
    """Remove the data; constraints and indexes stay, for both alike."""
    server.run_query("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS")


def _server() -> Any:
    module = _server_module()
    return module.Server.given() if "NEO4J_URI" in os.environ else module.Server.create(os.getpid())


def _server_module() -> Any:
    """`tests/neo4j_server.py`, which is in no package."""
    name = "neo4j_server"
    if name not in sys.modules:
        found = importlib.util.spec_from_file_location(name, ROOT / f"tests/{name}.py")
        assert found
        assert found.loader
        sys.modules[name] = importlib.util.module_from_spec(found)
        found.loader.exec_module(sys.modules[name])
    return sys.modules[name]
