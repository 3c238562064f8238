"""How long each named question takes on SPARQL and on embedded Cypher, and what to ask a graph about.

The graph of all real files is measured where `TRINATIONAL_REAL_HOME` names a home that holds it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.measure import Measure, synthetic_graph
from graph.labor_graph import LaborGraph
from graph.questions import Question, ask, questions
from ontology import TrinationalError

_TURNS = 5
LOCAL = ("sparql", "cypher")


def measures(work: Path, plants: int) -> Iterator[Measure]:
    """Each question, its parameters taken from the data; the best of some turns, the store made before."""
    yield from _timed(LaborGraph(synthetic_graph(work / "questions", plants)), f"{plants:,} plants", 1.0)
    if given := os.environ.get("TRINATIONAL_REAL_HOME"):
        yield from _timed(LaborGraph.open(given), "all real files", 0.2)


def _timed(graph: LaborGraph, group: str, limit: float) -> Iterator[Measure]:
    for asked in questions().values():
        given = dict(asked.example)
        if not group.startswith("all"):
            given, _ = picked(asked, graph)
        for engine in [engine for engine in LOCAL if engine in asked.engines]:
            seconds = []
            for _ in range(_TURNS):
                started = time.perf_counter()
                rows = ask(asked.id, graph, engine, **given).height
                seconds.append(time.perf_counter() - started)
            yield Measure(group, f"{asked.id}: {engine}", min(seconds), "s", limit, note=f"{rows:,} rows")


def picked(asked: Question, graph: LaborGraph) -> tuple[dict[str, Any], pl.DataFrame]:
    """Parameters that give rows on this graph, and the rows.

    Raises `TrinationalError` where none of the tries does.
    """
    engine = next(engine for engine in asked.engines if engine != "neo4j")
    for parameters in PICKS.get(asked.id, lambda graph: [{}])(graph):
        found = ask(asked.id, graph, engine, **parameters)
        if found.height:
            return parameters, found
    raise TrinationalError(f"{asked.id}: no parameters give rows")


def frequent(graph: LaborGraph, kind: str, column: str, most: int = 12) -> list[str]:
    """The values of a column that occur most, ties by value."""
    counted = (
        graph.scan(kind)
        .drop_nulls(column)
        .group_by(column)
        .len()
        .sort("len", column, descending=[True, False])
    )
    return counted.head(most).collect()[column].to_list()


def _unions(graph: LaborGraph) -> list[dict[str, Any]]:
    known = graph.table("Union").filter(pl.col("country") != "MX")["id"]
    return [{"unions": [u for u in frequent(graph, "Representation", "union", 200) if u in set(known)][:8]}]


def _mexican(graph: LaborGraph) -> list[dict[str, Any]]:
    known = set(graph.table("Union").filter(country="MX")["id"])
    return [{"confederation": u} for u in frequent(graph, "Representation", "union", 2000) if u in known][:8]


def _plants(graph: LaborGraph, kind: str, column: str) -> list[str]:
    known = set(graph.table("Plant")["id"])
    return [plant for plant in frequent(graph, kind, column, 200) if plant in known][:5]


def _tied(graph: LaborGraph) -> list[dict[str, Any]]:
    """Pairs of unions with a tie."""
    ties, unions = graph.table("Tie")["id"], graph.table("Union")["id"]
    parties = graph.table("Party").filter(
        pl.col("within").is_in(ties.implode()), pl.col("party").is_in(unions.implode())
    )
    pairs = parties.group_by("within").agg(pl.col("party").unique().sort()).sort("within")["party"]
    return [{"union_a": pair[0], "union_b": pair[1]} for pair in pairs.to_list() if len(pair) > 1][:5]


def _fellows(graph: LaborGraph) -> list[dict[str, Any]]:
    """Pairs of unions with a common body."""
    known = graph.table("Affiliation").filter(pl.col("until").is_null()).select("member", "body").drop_nulls()
    pairs = (
        known.join(known, on="body").filter(pl.col("member") < pl.col("member_right")).unique().sort(pl.all())
    )
    return [{"union_a": a, "union_b": b} for a, _, b in pairs.head(5).rows()]


PICKS: dict[str, Callable[[LaborGraph], list[dict[str, Any]]]] = {
    "CQ10": _unions,
    "CQ11": lambda g: [{"plant": p, "tiers": 3} for p in _plants(g, "Supply", "supplier")],
    "CQ15": lambda g: [{"our_union": u} for u in _unions(g)[0]["unions"]],
    "CQ16": lambda g: [{"corporation": c} for c in frequent(g, "Operation", "operator", 3)],
    "CQ17": _mexican,
    "CQ19": _tied,
    "CQ22": _fellows,
    "CQ24": lambda g: [{"case_id": c} for c in frequent(g, "CaseStep", "case", 3)],
    "CQ25": lambda g: [{"minimum": 1}],
    "CQ28": lambda g: [{"plant": p} for p in _plants(g, "Representation", "plant")],
}
"""Parameters to ask a graph other than the built-in one: the first that give rows are taken."""
