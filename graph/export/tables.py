"""The picture as three CSV tables in a folder: nodes, edges and the evidence of both."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from graph.export.picture import Evidence, Picture

_NODES = ("id", "kind", "name", "country", "column", "symbol", "x", "y", "says")
_EDGES = ("edge", "tail", "relation", "head", "record", "kind", "since", "until", "status", "line", "says")
_EVIDENCE = (
    *("about", "number", "status", "date", "locator", "publisher", "title", "url", "page_date", "retrieved"),
    "export",
)


def write(picture: Picture, path: Path) -> None:
    """Write `nodes.csv`, `edges.csv` (one row a record) and `evidence.csv` into the folder `path`.

    `about` of an evidence row is the id of a node or the record of an edge; `number` is the source's number
    in the picture. A text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    path.mkdir(exist_ok=True)
    _write(path / "nodes.csv", _NODES, _nodes(picture))
    _write(path / "edges.csv", _EDGES, _edges(picture))
    _write(path / "evidence.csv", _EVIDENCE, _evidence(picture))


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([_harmless(value) for value in row] for row in rows)


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _nodes(picture: Picture) -> Iterator[Sequence[object]]:
    for n in picture.nodes:
        says = " | ".join(record.text for record in n.records)
        yield n.id, n.kind, n.name, n.country, n.column, n.symbol, n.x, n.y, says


def _edges(picture: Picture) -> Iterator[Sequence[object]]:
    for number, edge in enumerate(picture.edges):
        for key, data, record in zip(edge.ids, edge.attributes, edge.records, strict=True):
            dates = [data.get(field, "") for field in ("kind", "since", "until", "status")]
            yield number, edge.tail, edge.name, edge.head, key, *dates, edge.style, record.text


def _evidence(picture: Picture) -> Iterator[Sequence[object]]:
    said = [(node.id, record.evidence) for node in picture.nodes for record in node.records]
    for edge in picture.edges:
        said += [(key, record.evidence) for key, record in zip(edge.ids, edge.records, strict=True)]
    for about, evidence in said:
        yield from (_row(picture, about, one) for one in evidence)


def _row(picture: Picture, about: str, one: Evidence) -> Sequence[object]:
    page = picture.sources[one.number - 1]
    where = (page.publisher, page.title, page.url, page.date, page.retrieved)
    return about, one.number, one.status, one.date, one.locator, *where, picture.export
