"""The picture as GEXF 1.3 for Gephi and Gephi Lite: colours, positions, shapes, line styles, sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from graph.export.picture import COLOURS, Edge, Node, Picture
from graph.export.svg import look
from graph.network import clean

_SPACE = "http://gexf.net/1.3"
_VIZ = "{http://gexf.net/1.3/viz}"
_SHAPES = {"Plant": "square", "Corporation": "diamond", "Case": "triangle"}
_NODE_FIELDS = ("kind", "country", "symbol", "says", "sources")
_EDGE_FIELDS = ("relation", "since", "until", "status", "line", "records", "says", "sources")


def write(picture: Picture, path: Path) -> None:
    """Write one GEXF file; the same picture gives the same bytes."""
    ElementTree.register_namespace("", _SPACE)
    ElementTree.register_namespace("viz", "http://gexf.net/1.3/viz")
    root = ElementTree.Element(f"{{{_SPACE}}}gexf", version="1.3")
    meta = _add(root, "meta")
    _add(meta, "creator").text = picture.export
    _add(meta, "description").text = clean(f"{picture.title} ({picture.as_of}). {picture.licence}")
    graph = _add(root, "graph", defaultedgetype="directed", mode="static")
    _declare(graph, "node", _NODE_FIELDS)
    _declare(graph, "edge", _EDGE_FIELDS)
    nodes, edges = _add(graph, "nodes"), _add(graph, "edges")
    for node in picture.nodes:
        _node(nodes, picture, node)
    for number, edge in enumerate(picture.edges):
        _edge(edges, picture, number, edge)
    ElementTree.indent(root)
    path.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    name = _VIZ + tag[4:] if tag.startswith("viz:") else f"{{{_SPACE}}}{tag}"
    return ElementTree.SubElement(parent, name, attributes)


def _declare(graph: ElementTree.Element, of: str, fields: tuple[str, ...]) -> None:
    attributes = _add(graph, "attributes", **{"class": of})
    for field in fields:
        _add(attributes, "attribute", id=field, title=field, type="string")


def _values(element: ElementTree.Element, values: Mapping[str, str]) -> None:
    holder = _add(element, "attvalues")
    for field, value in values.items():
        if value:
            _add(holder, "attvalue", **{"for": field, "value": clean(value)})


def _colour(element: ElementTree.Element, colour: str) -> None:
    red, green, blue = (str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    _add(element, "viz:color", r=red, g=green, b=blue)


def _node(parent: ElementTree.Element, picture: Picture, node: Node) -> None:
    element = _add(parent, "node", id=clean(node.id), label=clean(node.name))
    numbers = {e.number for record in node.records for e in record.evidence}
    values = {"kind": node.kind, "country": node.country, "symbol": node.symbol}
    values |= {"says": " | ".join(r.text for r in node.records), "sources": _pages(picture, numbers)}
    _values(element, values)
    _colour(element, COLOURS[node.column])
    _add(element, "viz:position", x=f"{node.x:g}", y=f"{-node.y:g}", z="0")
    _add(element, "viz:size", value="30" if node.focus else "20")
    _add(element, "viz:shape", value=_SHAPES.get(node.kind, "disc"))


def _edge(parent: ElementTree.Element, picture: Picture, number: int, edge: Edge) -> None:
    colour, width, _ = look(edge.name)
    ends = {"source": clean(edge.tail), "target": clean(edge.head)}
    element = _add(parent, "edge", id=str(number), **ends, label=clean(edge.short), kind=edge.name)
    first = edge.attributes[0]
    _values(
        element,
        {
            "relation": edge.name,
            **{field: str(first.get(field, "")) for field in ("since", "until", "status")},
            "line": edge.style,
            "records": " ".join(edge.ids),
            "says": " | ".join(record.text for record in edge.records),
            "sources": _pages(picture, set(edge.numbers)),
        },
    )
    _colour(element, colour)
    _add(element, "viz:thickness", value=f"{width:g}")
    _add(element, "viz:shape", value=edge.style)


def _pages(picture: Picture, numbers: set[int]) -> str:
    pages = (picture.sources[number - 1] for number in sorted(numbers))
    return " ".join(f"[{page.number}] {page.url or page.release}" for page in pages)
