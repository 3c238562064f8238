"""What the project is compared with: Polars alone, Oxigraph alone, and the same mapping with rdflib."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pyoxigraph as ox
import rdflib

from graph import rdf
from graph.home import Home
from ontology import BASE
from ontology.model import SOURCE

_DIALECTS: dict[str, dict[str, Any]] = {
    "us_warn": {"separator": ","},
    "mx_retc": {"separator": "\t"},
    "us_olms": {"separator": "|", "quote_char": None, "encoding": "utf8-lossy"},
}


def files_of(home: Home, folder: Path, source: str) -> list[Path]:
    """The files below `folder` that a loaded release was read from."""
    release = next(path for name, path in home.releases().items() if name.startswith(source + "@"))
    names = {Path(file["name"]).name for file in json.loads((release / "release.json").read_text())["files"]}
    return sorted(path for path in folder.rglob("*") if path.name in names)


def text_to_parquet(files: Iterable[tuple[str, Path]], target: Path) -> None:
    """Read files of the given sources as text and write each as Parquet, with Polars alone."""
    target.mkdir()
    sinks = [
        pl.scan_csv(path, infer_schema=False, truncate_ragged_lines=True, **_DIALECTS[source]).sink_parquet(
            target / f"{path.name}.parquet", lazy=True
        )
        for source, path in files
    ]
    pl.collect_all(sinks)


def bulk_load(text: Path, target: Path) -> None:
    """Load N-Quads that lie on disk into a new Oxigraph store, its files merged as ours."""
    store = ox.Store(str(target))
    store.bulk_load(path=str(text), format=ox.RdfFormat.N_QUADS)
    store.optimize()


def drain(chunks: Iterable[bytes]) -> None:
    """Read to the end and keep nothing."""
    deque(chunks, maxlen=0)


def count(chunks: Iterable[bytes]) -> int:
    """Lines of text in chunks."""
    return sum(chunk.count(b"\n") for chunk in chunks)


def rdflib_reopened(text: Path) -> None:
    """Read N-Quads into rdflib, as each process does that asks what another one has mapped."""
    rdflib.Dataset().parse(str(text), format="nquads")


def rdflib_mapped(tables: Path, dataset: rdflib.Dataset) -> int:
    """The views of a graph, statement by statement, into an rdflib dataset; returns the statements added.

    The same mapping, values and named graphs as `graph.rdf`; the vocabulary is left out.
    """
    added = 0
    for view in rdf.views(rdf.tables(tables)):
        for row in view.rows.collect().iter_rows(named=True):
            added += _add(dataset, view, row)
    return added


def _add(dataset: rdflib.Dataset, view: rdf.View, row: dict[str, Any]) -> int:
    subject = rdflib.URIRef(BASE + view.space + row["_subject"])
    name = SOURCE + quote(row["source"], safe=":@") if view.graph == rdf.FROM_SOURCE else view.graph
    graph = dataset.graph(rdflib.URIRef(name)) if name else dataset.default_graph
    objects: list[tuple[rdflib.URIRef, rdflib.term.Node]]
    objects = [(rdflib.RDF.type, rdflib.URIRef(kind)) for kind in view.types]
    for item in view.properties:
        values = row[item.column] if item.many else [row[item.column]]
        predicate = rdflib.URIRef(item.predicate)
        objects += [(predicate, _term(item, value)) for value in values or () if value is not None]
    for predicate, value in objects:
        graph.add((subject, predicate, value))
    return len(objects)


def _term(item: rdf.Property, value: Any) -> rdflib.term.Node:
    if item.type == "iri":
        return rdflib.URIRef(BASE + item.space + quote(value, safe=":@/"))
    datatype = rdf.DATATYPES.get(item.type)
    return rdflib.Literal(value, datatype=rdflib.URIRef(datatype) if datatype else None)
