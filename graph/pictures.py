"""Pictures of answers: what the command line, the demo and the README draw."""

from __future__ import annotations

import networkx as nx
import polars as pl

from graph.export import Picture, draw
from graph.labor_graph import LaborGraph
from graph.network import result as result_network
from ontology import WrongUseError

DEMO_TITLE = "Where production moved across borders, and who represents the workers at both ends"


def demo_picture(graph: LaborGraph) -> Picture:
    """The strongest moves that were carried out, with the unions at both ends: the picture of the README."""
    carried_out = pl.col("outcome").is_in(["carried_out", "partly"])
    moved = graph.production_shifts().filter(carried_out).head(12)
    return picture_of(graph, _shift_network(graph, moved), title=DEMO_TITLE)


def network_of(
    graph: LaborGraph, ids: list[str], result: str | None, hops: int, limit: int, restricted: bool
) -> nx.MultiDiGraph[str]:
    """What to draw: the rows of an analysis, or what lies around things."""
    if result == "shifts":
        return _shift_network(graph, graph.production_shifts().head(limit))
    if result == "sectors":
        rows = graph.shared_sectors().head(limit)
        return result_network(
            graph.scan, graph.said, rows, tail="union_a", head="union_b", name="SHARED_SECTORS"
        )
    if result:
        raise WrongUseError(f"no such result: {result!r}", hint="use shifts or sectors")
    if not ids:
        raise WrongUseError("nothing to draw", hint="name one or more things, or --result shifts")
    return graph.networkx(*ids, hops=hops, restricted=restricted)


def _shift_network(graph: LaborGraph, rows: pl.DataFrame) -> nx.MultiDiGraph[str]:
    return result_network(
        graph.scan,
        graph.said,
        rows,
        tail="origin",
        head="destination",
        name="SHIFT",
        around=["Representation"],
    )


def picture_of(
    graph: LaborGraph, network: nx.MultiDiGraph[str], *, title: str | None = None, language: str = "en"
) -> Picture:
    sources = graph.table("Source").select("id", "licence").iter_rows()
    licences = {str(name).partition("@")[0]: licence for name, licence in sources}
    return draw(network, title=title, language=language, licences=licences)
