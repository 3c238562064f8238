"""The network as GraphML: every attribute, positions and source numbers, for yEd, Cytoscape and igraph."""

from __future__ import annotations

from pathlib import Path

import networkx as nx

from graph.export.picture import Picture
from graph.network import clean


def write(picture: Picture, path: Path) -> None:
    """Write nodes and edges with all attributes; one edge a record. The same picture gives the same bytes."""
    nx.write_graphml_xml(graph_of(picture), path, named_key_ids=True, edge_id_from_attribute="id")


def graph_of(picture: Picture) -> nx.MultiDiGraph:
    """The picture as networkx: attributes of the network, and `label`, `x`, `y`, `sources`."""
    graph = nx.MultiDiGraph(title=clean(picture.title), as_of=picture.as_of, export=picture.export)
    for node in picture.nodes:
        graph.add_node(node.id, **{**node.attributes, "label": clean(node.name), "x": node.x, "y": -node.y})
    for number, edge in enumerate(picture.edges):
        for part, (key, data, record) in enumerate(zip(edge.ids, edge.attributes, edge.records, strict=True)):
            sources = " ".join(f"[{n}]" for n in sorted({e.number for e in record.evidence}))
            more = {"id": f"e{number}.{part}", "record": key, "line": edge.style, "sources": sources}
            graph.add_edge(edge.tail, edge.head, more["id"], **{**data, **more, "label": clean(edge.short)})
    return graph
