"""Graph tables as RDF: column expressions write the text, Oxigraph loads it as it is written.

The default graph is the resolved graph: things with their preferred values, relations with their roles,
values and evidence, the records that things were derived from, and the direct edges that relations can be
seen as.
One named graph per source release holds what that release said, with the ids of the resolved graph;
`DERIVED` holds the direct edges alone, `VOCABULARY` the kinds, terms and sectors with their labels.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, TypeAlias, cast
from urllib.parse import quote

import polars as pl
import pyoxigraph as ox

from graph.stores import Progress, made
from ontology import BASE, Column, Kind, model
from ontology.model import FOLDER, ONTOLOGY, SOURCE

DERIVED = SOURCE + "derived"
FROM_SOURCE = "source"
VOCABULARY = BASE + "ontology"
PREFIXES = {
    "": ONTOLOGY,
    "edtf": "http://id.loc.gov/datatypes/edtf/",
    "id": BASE + "id/",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "record": BASE + "record/",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "source": SOURCE,
    "term": BASE + "term/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
RDF_TYPE = PREFIXES["rdf"] + "type"
DERIVED_FROM = PREFIXES["prov"] + "wasDerivedFrom"
DATATYPES = {
    "date": PREFIXES["edtf"] + "EDTF-level0",
    "decimal": PREFIXES["xsd"] + "double",
    "flag": PREFIXES["xsd"] + "boolean",
    "integer": PREFIXES["xsd"] + "integer",
}
Text: TypeAlias = pl.Expr | str
STORE = "store"
Read: TypeAlias = Callable[[str], pl.LazyFrame | None]

KNOWN = ("stated", "filed", "found")
"""Statuses of a relation that is seen as a direct edge."""
REPRESENTED = ("certified", "recognized")
"""Statuses of representation that count as represented."""

_CHUNK = 10_000
_UNLESS_USUAL = (
    pl.col("sensitivity").replace({"public": None}),
    pl.when(pl.col("times") > 1).then("times"),
)
"""A record is public and seen once unless it says otherwise."""
_UNBOUNDED = ("retrieved", "page_date")
_SPECIAL = r'["\\\x00-\x1F]'
_ESCAPED = {chr(code): f"\\u{code:04X}" for code in range(32)} | dict(
    zip('\\"\b\t\n\f\r', ("\\\\", '\\"', "\\b", "\\t", "\\n", "\\f", "\\r"), strict=True)
)


@dataclass(frozen=True)
class Property:
    """A predicate and the column with its values; `space` is what stands before the id of an IRI."""

    predicate: str
    column: str
    type: str = "text"
    space: str = ""
    many: bool = False


@dataclass(frozen=True)
class View:
    """Rows described as RDF: a subject per row, its types and properties.

    A subject is `space` and the id in column `_subject` (percent-encoded), after BASE. `graph` is the IRI of
    the named graph, `FROM_SOURCE` for the graph of each row's source release, or empty for the default graph.
    """

    rows: pl.LazyFrame
    space: str
    types: tuple[str, ...]
    properties: tuple[Property, ...]
    graph: str = ""


def tables(graph: Path) -> Read:
    """The graph tables of a folder by name (`Plant`, `said/Plant`, `identity`); None where there is none."""

    def read(name: str) -> pl.LazyFrame | None:
        path = graph / f"{name}.parquet"
        return pl.scan_parquet(path) if path.is_file() else None

    return read


def store(graph: Path, progress: Progress | None = None) -> Path:
    """The Oxigraph store of a graph: see `graph.stores.made`."""
    return made(graph, STORE, write_store, "store for SPARQL", progress)


def write_store(graph: Path, store: Path) -> int:
    """Load the graph tables of folder `graph` into a new Oxigraph store; returns the number of statements.

    One thread writes the text while Oxigraph reads it; only a few chunks are in memory. The load is one
    transaction: an error leaves an empty store. IRIs are not validated again, their ids are percent-encoded.
    A large load leaves many files that overlap, and each look-up reads them all: they are merged at the end.

    Raises `OSError` where the disk is full or the folder cannot be written.
    """
    target = ox.Store(str(store))
    with _Pipe(nquads(graph)) as text:
        target.bulk_load(cast("IO[bytes]", text), format=ox.RdfFormat.N_QUADS, lenient=True)
    target.optimize()
    return text.statements


def nquads(graph: Path) -> Iterator[bytes]:
    """The whole graph as N-Quads, in chunks of whole lines, always in the same order."""
    read = tables(graph)
    for view in views(read):
        yield from lines(view)
    yield from lines(control_view(read))
    yield vocabulary()


def views(read: Read) -> Iterator[View]:
    """Everything that the tables of a graph say: the resolved graph, then what each source said."""
    yield from resolved_views(read)
    for edge in edge_views(read):
        yield replace(edge, graph=DERIVED)
    for kind in (*model().things, *model().relations):
        rows = read(kind.name if kind.is_relation else f"said/{kind.name}")
        if rows is not None:
            yield _said_view(kind, rows)


def resolved_views(read: Read) -> Iterator[View]:
    """The default graph: things, relations, records, merged ids, direct edges."""
    for kind in (*model().things, *model().relations):
        if (rows := read(kind.name)) is not None:
            yield kind_view(kind, rows)
    for kind in model().things:
        if (rows := read(f"said/{kind.name}")) is not None:
            yield _record_view(kind, rows)
    if (rows := read("identity")) is not None:
        merged = Property(PREFIXES["owl"] + "sameAs", "id", "iri", "id/")
        yield View(rows.with_columns(_subject=encoded("record_id")), "id/", (), (merged,))
    yield from edge_views(read)


def edge_views(read: Read) -> Iterator[View]:
    """The direct edges of relations, each once; then what says that they are derived."""
    kinds = []
    for kind in model().relations:
        if kind.edge and (rows := known_edges(kind, read)) is not None:
            kinds.append(kind)
            tail, head = kind.edge.tail, pl.col(kind.edge.head).unique().sort()
            edges = rows.group_by(tail).agg(head).sort(tail)
            item = Property(kind.edge.iri, kind.edge.head, "iri", "id/", many=True)
            yield View(edges.with_columns(_subject=encoded(tail)), "id/", (), (item,))
    yield _marks_view(kinds)


def control_view(read: Read) -> View:
    """Corporate families as of any month (`graph.analysis.control`), derived; a flag stands where it is true.

    Only the whole graph can tell who controls what, so exports of a part leave it out.
    """
    from graph.analysis.control import control_table
    from graph.engine import Tables

    names = ("ultimate", "venture", "dated")
    flags = (pl.when(name).then(name).alias(name) for name in names)
    months = (pl.col(name).cast(pl.String).fill_null("") for name in ("since_min", "until_max"))
    key = pl.concat_str(encoded("head"), encoded("member"), *months, "steps", separator="/")
    rows = control_table(Tables(read)).lazy()
    properties = (
        Property(ONTOLOGY + "controller", "head", "iri", "id/"),
        Property(ONTOLOGY + "controlled", "member", "iri", "id/"),
        Property(ONTOLOGY + "sinceMin", "since_min", "integer"),
        Property(ONTOLOGY + "untilMax", "until_max", "integer"),
        Property(ONTOLOGY + "steps", "steps", "integer"),
        *(Property(ONTOLOGY + name, name, "flag") for name in names),
        Property(DERIVED_FROM, "relations", "iri", "id/", many=True),
    )
    return View(rows.with_columns(*flags, _subject=key), "control/", (ONTOLOGY + "Control",), properties)


def _marks_view(kinds: list[Kind]) -> View:
    """Of each direct edge: that it is derived, from which kind of relation and from which of its roles."""
    rows = [
        (kind.edge.iri, True, kind.name, kind.column(kind.edge.tail).term, kind.column(kind.edge.head).term)
        for kind in kinds
        if kind.edge
    ]
    columns = {"_subject": pl.String, "derived": pl.Boolean} | dict.fromkeys(
        ("kind", "tail", "head"), pl.String
    )
    frame = pl.LazyFrame(rows, columns, orient="row")
    properties = (
        Property(ONTOLOGY + "derived", "derived", "flag"),
        Property(DERIVED_FROM, "kind", "iri", "ontology#"),
        Property(ONTOLOGY + "tail", "tail", "iri", "ontology#"),
        Property(ONTOLOGY + "head", "head", "iri", "ontology#"),
    )
    local = pl.col("_subject").str.strip_prefix(ONTOLOGY)
    return View(frame.with_columns(local).sort("_subject"), "ontology#", (), properties)


def kind_view(kind: Kind, rows: pl.LazyFrame) -> View:
    """Rows of a graph table: preferred values of things; roles, values and evidence of relations."""
    types = (kind.name, *kind.parents, *(["Record"] if kind.is_relation else []))
    columns = (*kind.columns, *model().evidence) if kind.is_relation else kind.columns
    properties = [item for column in columns for item in _properties(column, bounds=True)]
    if kind.is_relation:
        properties.append(Property(DERIVED_FROM, "source", "iri", "source/"))
    else:
        properties.append(Property(DERIVED_FROM, "sources", "iri", "source/", many=True))
    subject = rows.with_columns(_subject=encoded("id", _safe(space(kind))))
    if kind.is_relation:
        subject = subject.with_columns(_UNLESS_USUAL)
    return View(subject, space(kind), tuple(ONTOLOGY + name for name in types), tuple(properties))


def _record_view(kind: Kind, rows: pl.LazyFrame) -> View:
    """The records that things were derived from: what is known of each, not what it says."""
    key = (encoded("source", ":@"), encoded("record_id"), encoded("locator"))
    given = pl.when(pl.col("record_id") != pl.col("id")).then("record_id")
    properties = (
        Property(PREFIXES["schema"] + "about", "id", "iri", space(kind)),
        Property(PREFIXES["schema"] + "identifier", "record_id"),
        *(item for column in model().evidence for item in _properties(column, bounds=False)),
        Property(DERIVED_FROM, "source", "iri", "source/"),
    )
    named = (pl.concat_str(key, separator="/").alias("_subject"), given.alias("record_id"))
    subject = rows.with_columns(*named, *_UNLESS_USUAL)
    return View(subject, "record/", (ONTOLOGY + "Record",), properties)


def _said_view(kind: Kind, rows: pl.LazyFrame) -> View:
    """What sources said: types and values in the graph of the release, and how it is known of relations."""
    status = [column for column in model().evidence if kind.is_relation and column.name == "status"]
    properties = tuple(p for c in (*kind.columns, *status) for p in _properties(c, bounds=False))
    subject = rows.with_columns(_subject=encoded("id", _safe(space(kind))))
    return View(subject, space(kind), (ONTOLOGY + kind.name,), properties, FROM_SOURCE)


def known_edges(kind: Kind, read: Read) -> pl.LazyFrame | None:
    """Rows of a relation that may be seen as a direct edge; None where the relation has no table.

    Both ends are known and no end of the relation is; somebody states, files or found it (an allegation, an
    inference or a denial is no edge). A representation is certified or recognized. A supply starts at a
    plant: no chain of edges passes through a company.
    """
    if kind.edge is None or (rows := read(kind.name)) is None:
        return None
    kept = rows.filter(pl.col("status").is_in(KNOWN), pl.col("until").is_null())
    kept = kept.drop_nulls([kind.edge.tail, kind.edge.head])
    if kind.name == "Representation":
        return kept.filter(pl.col("representation_status").is_in(REPRESENTED))
    if kind.name == "Supply":
        plants = read("Plant")
        known = (
            pl.LazyFrame({"id": pl.Series([], dtype=pl.String)}) if plants is None else plants.select("id")
        )
        return kept.join(known, left_on="supplier", right_on="id", how="semi")
    return kept


def space(kind: Kind) -> str:
    """What stands between BASE and the id of a thing of this kind."""
    return "source/" if kind.name == "Source" else "id/"


def iri(identifier: str) -> str:
    """IRI of the thing or relation with an id.

    >>> iri("curated/Making|plant:gm-silao|product:camión")
    'https://w3id.org/trinational/id/curated%2FMaking%7Cplant:gm-silao%7Cproduct:cami%C3%B3n'
    """
    return PREFIXES["id"] + quote(identifier, safe=":")


def encoded(column: str, safe: str = ":") -> pl.Expr:
    """The ids of a column, percent-encoded as UTF-8 but for letters, digits, `-._~` and `safe`.

    >>> pl.select(id=pl.lit("a|b")).select(encoded("id")).item()
    'a%7Cb'
    """
    return pl.col(column).map_batches(lambda values: _encode(values, safe), return_dtype=pl.String())


def lines(view: View) -> Iterator[bytes]:
    """A view as N-Quads, in chunks of whole lines."""
    for rows in staged(view):
        yield _lines(view, rows).str.join("").item().encode()


def staged(view: View) -> Iterator[pl.DataFrame]:
    """Chunks of a view with `_subject`, `_graph` and one column a property, named by its place (`0`, `1`…).

    Values are text that may stand in RDF and in JSON: literals escaped, ids percent-encoded; unknown is null.
    """
    for frame in view.rows.collect_batches(chunk_size=_CHUNK, maintain_order=True):
        if frame.is_empty():
            continue
        values = {str(n): _written(item, frame[item.column]) for n, item in enumerate(view.properties)}
        graph = {"_graph": _encode(frame["source"], ":@")} if view.graph == FROM_SOURCE else {}
        yield pl.DataFrame({"_subject": frame["_subject"], **graph, **values})


def statement(place: int, item: Property, parts: tuple[Text, Text, Text, Text, Text]) -> pl.Expr:
    """Text of one property of each row, null where the row has no value.

    `parts` stand at the start, before a value, after a value, between two values and at the end.
    """
    start, before, after, between, end = map(_text, parts)
    values = pl.col(str(place))
    if item.many:
        joined = values.list.join(pl.concat_str(after, between, before))
        values = pl.when(values.list.len() > 0).then(joined)
    return pl.concat_str(start, before, values, after, end)


def _text(part: Text) -> pl.Expr:
    return pl.lit(part) if isinstance(part, str) else part


def _lines(view: View, rows: pl.DataFrame) -> pl.Series:
    subject = pl.concat_str(pl.lit(f"<{BASE}{view.space}"), "_subject", pl.lit("> "))
    if view.graph == FROM_SOURCE:
        end = pl.concat_str(pl.lit(f" <{SOURCE}"), "_graph", pl.lit("> .\n"))
    else:
        end = pl.lit(f" <{view.graph}> .\n" if view.graph else " .\n")
    parts = [pl.concat_str("_subject", pl.lit(f"<{RDF_TYPE}> <{name}>"), "_end") for name in view.types]
    for place, item in enumerate(view.properties):
        start = pl.concat_str("_subject", pl.lit(f"<{item.predicate}> "))
        before, after = _around(item)
        between = pl.concat_str("_end", start)
        parts.append(statement(place, item, (start, before, after, between, pl.col("_end"))))
    whole = pl.concat_str(parts, ignore_nulls=True).alias("text")
    return rows.with_columns(_subject=subject, _end=end).select(whole)["text"]


def _around(item: Property) -> tuple[str, str]:
    if item.type == "iri":
        return f"<{BASE}{item.space}", ">"
    return '"', f'"^^<{DATATYPES[item.type]}>' if item.type in DATATYPES else '"'


@lru_cache(maxsize=1)
def vocabulary() -> bytes:
    """The graph `VOCABULARY` as N-Quads: kinds, properties, terms and sectors with their labels, sorted."""
    return "".join(f"{fact} <{VOCABULARY}> .\n" for fact in sorted(set(_vocabulary()))).encode()


def _vocabulary() -> Iterator[str]:
    """Statements about the ontology; shapes (blank nodes) stay in `labor.ttl`."""
    for path in (FOLDER / "labor.ttl", FOLDER / "terms.ttl", *sorted((FOLDER / "sectors").glob("*.ttl"))):
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.NamedNode | ox.Literal):
                yield f"{quad.subject} {quad.predicate} {quad.object}"
    label = ox.NamedNode(PREFIXES["rdfs"] + "label")
    kinds = model().kinds.values()
    for column in {c.iri: c for kind in kinds for c in (*kind.columns, *model().evidence)}.values():
        for language, text in column.labels.items():
            yield f"<{column.iri}> {label} {ox.Literal(text, language=language)}"


def _safe(space: str) -> str:
    return ":@" if space == "source/" else ":"


def _encode(values: pl.Series, safe: str) -> pl.Series:
    unsafe = {c: quote(c, safe=safe) for c in map(chr, range(128)) if quote(c, safe=safe) != c}
    found = values.str.replace_many(list(unsafe), list(unsafe.values()))
    foreign = values.str.contains("[^\\x00-\\x7F]").fill_null(False)
    if not foreign.any():
        return found
    where = foreign.arg_true()
    return found.scatter(where, [quote(value, safe=safe) for value in values.gather(where)])


def _escape(values: pl.Series) -> pl.Series:
    if not values.str.contains(_SPECIAL).any():
        return values
    return values.str.replace_many(list(_ESCAPED), list(_ESCAPED.values()))


def _written(item: Property, values: pl.Series) -> pl.Series:
    """The values of a column as they stand in RDF or JSON, without what stands around them."""
    if item.many:
        flat = pl.DataFrame({"row": pl.arange(values.len(), eager=True), "value": values}).explode(
            "value", empty_as_null=True
        )
        written = flat.with_columns(_written(replace(item, many=False), flat["value"]).alias("value"))
        each = pl.col("value").drop_nulls().unique(maintain_order=True)
        return written.group_by("row", maintain_order=True).agg(each)["value"]
    if item.type == "iri":
        return _encode(values, _safe(item.space))
    if item.type in ("text", "date"):
        return _escape(values)
    return values.cast(pl.String)


def _properties(column: Column, *, bounds: bool) -> Iterator[Property]:
    if column.type == "ref":
        yield Property(column.iri, column.name, "iri", "id/", column.many)
    elif column.type == "term":
        yield Property(column.iri, column.name, "iri", f"term/{column.scheme}/", column.many)
    else:
        yield Property(column.iri, column.name, column.type, "", column.many)
    if bounds and column.type == "date" and not column.many and column.name not in _UNBOUNDED:
        yield Property(column.iri + "Min", column.name + "_min", "integer")
        yield Property(column.iri + "Max", column.name + "_max", "integer")


class _Pipe:
    """What a thread writes, readable as a file."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.statements = 0
        self._parts = parts
        self._ready: queue.Queue[bytes | BaseException | None] = queue.Queue(maxsize=2)
        self._open = True
        self._rest = memoryview(b"")
        self._thread = threading.Thread(target=self._fill, daemon=True)

    def __enter__(self) -> _Pipe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open = False
        while self._thread.is_alive():
            with suppress(queue.Empty):
                self._ready.get(timeout=0.01)

    def read(self, size: int = -1) -> bytes:
        if not self._rest:
            part = self._ready.get()
            if part is None or isinstance(part, BaseException):
                self._ready.put(part)
                if part is None:
                    return b""
                raise part
            self._rest = memoryview(part)
        head, self._rest = (
            (self._rest, memoryview(b"")) if size < 0 else (self._rest[:size], self._rest[size:])
        )
        return bytes(head)

    def _fill(self) -> None:
        try:
            for part in self._parts:
                if not self._open:
                    return
                self.statements += part.count(b"\n")
                if part:
                    self._ready.put(part)
            self._ready.put(None)
        except BaseException as error:
            self._ready.put(error)
