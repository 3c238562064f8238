"""Graph tables as a property graph, and back: what embedded Cypher and Neo4j hold. No driver, no server.

Nodes are things, relations (with their roles) and records (`PlantRecord`: what one source said about one
plant). Relationships go from a relation to the thing in each of its roles, from a thing to the things that it
refers to, from a record to its thing (`ABOUT`), and, marked `derived`, along the direct edges that relations
can be seen as. Names of labels, types and properties follow the ontology: `docs/reference/property-graph.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TypeAlias

import polars as pl

from graph.analysis.control import SCHEMA as CONTROL
from graph.analysis.control import control_table
from graph.engine import Tables
from graph.rdf import Read, known_edges, tables
from ontology import Column, Kind, model, schema

Schema: TypeAlias = dict[str, pl.DataType]

RECORD = "Record"
ABOUT = "ABOUT"
CONTROLS = "CONTROLS"
_TEXT = pl.String()
_PLACE = ("id", "source", "locator")
_COPIED = ("since", "since_min", "since_max", "status", "source")


@dataclass(frozen=True)
class NodeTable:
    """The nodes of one kind; `frame` has one row a node, `id` first, in the order of the graph table.

    `kind` is a kind of things or relations, or `<Kind>Record`; `labels` starts with it, then its parents.
    """

    kind: str
    labels: tuple[str, ...]
    frame: pl.LazyFrame

    @property
    def properties(self) -> Schema:
        return node_schema(self.kind)


@dataclass(frozen=True)
class RelationshipTable:
    """The relationships of one type between nodes of two kinds.

    `frame` has `tail` and `head` (ids of nodes), then the properties. A role is known by (tail, type, head),
    a derived one by (tail, type, head, relation): `relation` is the id of what it is derived from.
    """

    type: str
    tail_kind: str
    head_kind: str
    derived: bool
    frame: pl.LazyFrame

    @property
    def properties(self) -> Schema:
        return edge_schema(self.type) if self.derived else {}


@dataclass(frozen=True)
class PropertyGraph:
    """A graph as nodes and relationships, each table read when it is collected."""

    nodes: tuple[NodeTable, ...]
    relationships: tuple[RelationshipTable, ...]


@dataclass(frozen=True)
class Vocabulary:
    """Every name that a query may use: labels with the node kinds that bear them, types, properties.

    `types`: per relationship type its pairs of tail kind and head kind.
    """

    labels: Mapping[str, tuple[str, ...]]
    types: Mapping[str, tuple[tuple[str, str], ...]]
    derived: frozenset[str]

    @cached_property
    def properties(self) -> frozenset[str]:
        edges = (edge_schema(), edge_schema(CONTROLS))
        return frozenset().union(*edges, *(node_schema(kind) for kind in node_kinds()))


def project(folder: Path) -> PropertyGraph:
    """The graph tables of a built graph as nodes and relationships.

    A role that refers to a thing of which no source tells anything has no relationship; its id stays readable
    as a property, as every role does.

    >>> from graph.labor_graph import LaborGraph
    >>> found = project(LaborGraph.open().folder)                                        # doctest: +SKIP
    >>> found.nodes[0].labels                                                            # doctest: +SKIP
    ('Union', 'Organization', 'Thing')
    """
    read = _with_control(tables(folder))
    nodes = tuple(_nodes(read))
    ids = {node.kind: node.frame.select("id") for node in nodes}
    return PropertyGraph(nodes, tuple(_relationships(read, ids)))


def restore(nodes: Mapping[str, pl.DataFrame | pl.LazyFrame]) -> dict[str, pl.DataFrame]:
    """Graph tables from nodes by kind: `said/<Kind>`, relations and things as they were, value for value.

    Parameters
    ----------
    nodes
        Per kind (`Plant`, `Supply`, `PlantRecord`) its nodes; a property that no node has may be missing,
        rows may stand in any order. Relationships are not needed: each role's id is a property, too.

    Returns frames by the name of the table's file: `Plant`, `Supply`, `said/Plant`.
    """
    found: dict[str, pl.DataFrame] = {}
    for kind, frame in nodes.items():
        given = frame.lazy()
        missing = [n for n in node_schema(kind) if n not in given.collect_schema()]
        full = given.with_columns(pl.lit(None).alias(name) for name in missing)
        typed = full.select(pl.col(n).cast(t) for n, t in node_schema(kind).items()).collect()
        if kind in _record_kinds():
            found[f"said/{_record_kinds()[kind]}"] = _said(typed)
        else:
            found[kind] = _in_order(typed) if model().kind(kind).is_relation else typed.sort("id")
    return found


@cache
def node_kinds() -> dict[str, tuple[str, ...]]:
    """Labels by kind of node, the kind itself first.

    >>> node_kinds()["Plant"], node_kinds()["Supply"], node_kinds()["PlantRecord"]
    (('Plant', 'Thing'), ('Supply', 'Relation'), ('PlantRecord', 'Record'))
    """
    kinds = (*model().things, *model().relations)
    return {k.name: (k.name, *k.parents) for k in kinds} | {r: (r, RECORD) for r in _record_kinds()}


@cache
def node_schema(kind: str) -> Schema:
    """Properties of the nodes of a kind. A record has `id` of its own, `about` (the id of its thing) and
    `record_id` (the id that the source gives the thing), then what the source says and how it is known.

    >>> list(node_schema("PlantRecord"))[:4]
    ['id', 'about', 'record_id', 'name']
    """
    if kind not in _record_kinds():
        return schema(kind, "graph")
    said = schema(_record_kinds()[kind])
    return {"id": _TEXT, "about": _TEXT, "record_id": _TEXT} | {n: t for n, t in said.items() if n != "id"}


@cache
def edge_schema(type: str = "") -> Schema:
    """Properties of a derived relationship; `CONTROLS` has its own: `graph.analysis.control`."""
    if type == CONTROLS:
        own = {name: dtype for name, dtype in CONTROL.items() if name not in ("head", "member")}
        return {"derived": pl.Boolean(), "relation": _TEXT, **own}
    months: Schema = {"since_min": pl.Int32(), "since_max": pl.Int32()}
    copied = {name: months.get(name, _TEXT) for name in _COPIED}
    return {"derived": pl.Boolean(), "relation": _TEXT, **copied}


@cache
def vocabulary() -> Vocabulary:
    """What the ontology allows, whether or not a graph has rows of it.

    >>> vocabulary().labels["Organization"]
    ('Union', 'Corporation', 'Agency', 'Association')
    >>> vocabulary().types["AFFILIATED_WITH"][0], vocabulary().types["MAKES"]
    (('Union', 'Union'), (('Plant', 'Product'),))
    """
    labels: dict[str, list[str]] = {}
    for kind, names in node_kinds().items():
        for name in names:
            labels.setdefault(name, []).append(kind)
    types: dict[str, dict[tuple[str, str], None]] = {}
    for plan in _plans():
        types.setdefault(plan.type, {})[plan.tail_kind, plan.head_kind] = None
    derived = frozenset(kind.edge.name for kind in model().relations if kind.edge) | {CONTROLS}
    return Vocabulary(
        {name: tuple(kinds) for name, kinds in labels.items()},
        {name: tuple(pairs) for name, pairs in types.items()},
        derived,
    )


def role_type(column: Column) -> str:
    """Relationship type of a role: its name in capitals.

    >>> role_type(model().kind("Coverage").column("employer"))
    'EMPLOYER'
    """
    return column.name.upper()


@dataclass(frozen=True)
class _Plan:
    """Where the relationships of one table come from: `rows` reads them as `tail`, `head` and properties."""

    type: str
    tail_kind: str
    head_kind: str
    derived: bool
    rows: Callable[[Read], pl.LazyFrame | None]


def _nodes(read: Read) -> Iterator[NodeTable]:
    for kind, labels in node_kinds().items():
        if kind in _record_kinds():
            said = read(f"said/{_record_kinds()[kind]}")
            frame = None if said is None else _records(said)
        else:
            frame = read(kind)
        if frame is not None:
            yield NodeTable(kind, labels, frame.select(*node_schema(kind)))


def _relationships(read: Read, ids: Mapping[str, pl.LazyFrame]) -> Iterator[RelationshipTable]:
    for plan in _plans():
        ends = (plan.tail_kind, plan.head_kind)
        if all(kind in ids for kind in ends) and (rows := plan.rows(read)) is not None:
            for kind, end in zip(ends, ("tail", "head"), strict=True):
                rows = rows.join(ids[kind], left_on=end, right_on="id", how="semi")
            yield RelationshipTable(plan.type, *ends, plan.derived, rows)


@cache
def _plans() -> tuple[_Plan, ...]:
    """Every table of relationships that the ontology allows, in its order."""
    kinds = (*model().things, *model().relations)
    roles = [plan for kind in kinds for role in kind.roles for plan in _role_plans(kind, role)]
    about = [_about_plan(record, kind) for record, kind in _record_kinds().items()]
    edges = [plan for kind in model().relations if kind.edge for plan in _edge_plans(kind)]
    return (*roles, *about, *edges, *_control_plans())


def _role_plans(kind: Kind, role: Column) -> Iterator[_Plan]:
    def rows(read: Read) -> pl.LazyFrame | None:
        table = read(kind.name)
        if table is None:
            return None
        pairs = table.select(tail="id", head=role.name)
        return pairs.explode("head").drop_nulls().unique() if role.many else pairs.drop_nulls()

    for head in _leaves(role):
        yield _Plan(role_type(role), kind.name, head, False, rows)


def _about_plan(record: str, kind: str) -> _Plan:
    def rows(read: Read) -> pl.LazyFrame | None:
        said = read(f"said/{kind}")
        return None if said is None else _records(said).select(tail="id", head="about")

    return _Plan(ABOUT, record, kind, False, rows)


def _edge_plans(kind: Kind) -> Iterator[_Plan]:
    edge = kind.edge
    if edge is None:
        return

    def rows(read: Read) -> pl.LazyFrame | None:
        known = known_edges(kind, read)
        ends = {"tail": pl.col(edge.tail), "head": pl.col(edge.head)}
        marked = {"derived": pl.lit(True), "relation": pl.col("id")}
        return (
            None
            if known is None
            else known.select(*_COPIED, **ends, **marked).select("tail", "head", *edge_schema())
        )

    tails = ("Plant",) if kind.name == "Supply" else _leaves(kind.column(edge.tail))
    for tail in tails:
        for head in _leaves(kind.column(edge.head)):
            yield _Plan(edge.name, tail, head, True, rows)


def _control_plans() -> Iterator[_Plan]:
    """Who controls what as of any month, over all steps: a view of ownership and operation."""

    def rows(read: Read) -> pl.LazyFrame | None:
        known = read(CONTROLS)
        return None if known is None else known.select("tail", "head", *edge_schema(CONTROLS))

    owners = _leaves(model().kind("Ownership").column("owner"))
    owned = _leaves(model().kind("Ownership").column("owned"))
    for tail in owners:
        for head in (*owned, *_leaves(model().kind("Operation").column("plant"))):
            yield _Plan(CONTROLS, tail, head, True, rows)


def _with_control(read: Read) -> Read:
    """The tables, and `CONTROLS` computed from them the first time that it is asked for."""

    @cache
    def control() -> pl.LazyFrame:
        months = (pl.col(name).cast(_TEXT).fill_null("") for name in ("since_min", "until_max"))
        key = pl.concat_str("head", "member", *months, "steps", separator="|")
        found = control_table(Tables(read)).lazy().with_columns(derived=pl.lit(True), relation=key)
        return found.rename({"head": "tail", "member": "head"})

    return lambda name: control() if name == CONTROLS else read(name)


def _leaves(role: Column) -> tuple[str, ...]:
    """Kinds of node that a role may refer to."""
    return tuple(dict.fromkeys(leaf for name in role.classes for leaf in model().leaves(name)))


@cache
def _record_kinds() -> dict[str, str]:
    """Kinds of record nodes, and what each is about."""
    return {kind.name + RECORD: kind.name for kind in model().things}


def _records(said: pl.LazyFrame) -> pl.LazyFrame:
    """Record nodes of a table of `said/`; several of one source at one place on one thing are numbered."""
    place = pl.int_range(pl.len())
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in _PLACE)
    nth = place - pl.when(~same.fill_null(False)).then(place).forward_fill() + 1
    number = pl.when(nth > 1).then(pl.format("#{}", nth)).otherwise(pl.lit(""))
    return said.with_columns(pl.concat_str(_record_key(), number).alias("id"), about="id")


def _said(records: pl.DataFrame) -> pl.DataFrame:
    number = pl.col("id").str.strip_prefix(_record_key()).str.strip_prefix("#").cast(pl.Int64, strict=False)
    ordered = records.with_columns(_number=number.fill_null(1)).sort("about", *_PLACE[1:], "_number")
    return ordered.select(pl.col("about").alias("id"), pl.exclude("id", "about", "_number"))


def _record_key() -> pl.Expr:
    return pl.concat_str("source", "record_id", "locator", separator="/")


def _in_order(relations: pl.DataFrame) -> pl.DataFrame:
    """Relations as the build writes them: by id, one said again (`…#2`) after the one before it."""
    ends = relations.select(
        "id", base=pl.col("id").str.replace("#[0-9]+$", ""), nth=pl.col("id").str.extract("#([0-9]+)$")
    ).with_columns(pl.col("nth").cast(pl.Int64, strict=False).fill_null(1))
    plain = ends.filter(pl.col("id") == pl.col("base")).select("base", again=True)
    again = (
        ends.with_columns(times=pl.len().over("base"))
        .join(plain, on="base", how="left", maintain_order="left")
        .select((pl.col("again").fill_null(False) & (pl.col("nth") <= pl.col("times"))).alias("again"))
    )["again"]
    keyed = ends.select(
        pl.when(again).then("base").otherwise("id").alias("_base"),
        pl.when(again).then("nth").otherwise(1).alias("_nth"),
    )
    return pl.concat([relations, keyed], how="horizontal").sort("_base", "_nth").drop("_base", "_nth")


def reference() -> str:
    """The page `docs/reference/property-graph.md`: labels, relationship types and properties."""
    known = vocabulary()
    kinds = [*model().things, *model().relations]
    nodes = [f"| {k.name} | {', '.join(k.parents)} | {_names(node_schema(k.name))} |" for k in kinds]
    nodes += [f"| {r} | {RECORD} | {_names(node_schema(r))} |" for r in _record_kinds()]
    rows = []
    for name, pairs in known.types.items():
        tails, heads = (dict.fromkeys(pair[end] for pair in pairs) for end in (0, 1))
        derived = "derived" if name in known.derived else ""
        rows.append(f"| {name} | {', '.join(tails)} | {', '.join(heads)} | {derived} |")
    edges = {"edge": _names(edge_schema()), "control": _names(edge_schema(CONTROLS))}
    return _PAGE.format(nodes="\n".join(nodes), types="\n".join(rows), **edges)


def _names(columns: Schema) -> str:
    short = {"String": "", "Int32": " (integer)", "Int64": " (integer)", "Float64": " (decimal)"}
    short |= {"Boolean": " (true or false)", "List(String)": " (list)"}
    hidden = {f"{name}{end}" for name in columns for end in ("_min", "_max")}
    return ", ".join(
        f"`{name}`{'*' * (name + '_min' in columns)}{short[str(dtype)]}"
        for name, dtype in columns.items()
        if name not in hidden
    )


_PAGE = """# The property graph: labels, relationship types, properties

Written by `python -m graph.property_graph` from the ontology; do not edit. The same graph is in embedded
Cypher (`trinational cypher`) and in Neo4j (`trinational neo4j push`), where each row has `_trinational`, too.
What columns mean: [ontology](ontology.md).

- **Labels.** A node has its kind as label and the parents of the kind: a `Union` is an `Organization` and a
  `Thing`, a `Supply` is a `Relation`. Relations are nodes, because each has its own dates, status and source.
- **Records.** A `Record` node is one row of what one source says about one thing, exactly as the source says
  it: `(:PlantRecord:Record)-[:ABOUT]->(:Plant)`. `id` is `source/record_id/locator` (with `#2` where a source
  says several at one place), `about` the id of the thing, `record_id` the id that the source gives the thing.
  Relations are not merged, so a relation is its own record and has no `Record` beside it.
- **Roles.** A relation has a relationship to the thing in each of its roles; its type is the name of the role
  in capitals: `(:Operation)-[:OPERATOR]->(:Corporation)`, `(:Operation)-[:PLANT]->(:Plant)`. Things refer to
  things in the same way (`PART_OF`, `BROADER`). The id in the role is a property, too (`operator`, `plant`),
  also where no source tells anything of that thing and there is no node to go to.
- **Derived relationships** are views of relations, marked `derived: true`, each with the id of its
  `relation`:
  `(:Corporation)-[:OPERATES]->(:Plant)`. They exist where the relation is stated, filed or found and has not
  ended; a representation only where certified or recognized; a supply only from a plant. One pair may have
  several, one a relation; count pairs with `DISTINCT`. In RDF the same pairs are direct properties. They are
  never read back.
- **Properties** are the columns of the tables. Dates are text as precise as known (`2019`, `2019-05`,
  `2019-05-12`). A property with `*` has two more, `…_min` and `…_max`: first and last month that it may be,
  as months since year 0 (`year * 12 + month - 1`). Compare months, not texts. Unknown is null.

## Nodes

| label | further labels | properties (text unless said) |
|---|---|---|
{nodes}

## Relationships

Roles and `ABOUT` have no properties. Derived ones have {edge}.

`CONTROLS` goes from a company to every company and plant below it, over `steps` owners and operators, from
month `since_min` to `until_max` (unknown: open), and names the `relations` that it is derived from.
`ultimate`: nobody is known to control the company in these months; `venture`: a joint venture is on the way;
`dated`: each tie has some date. It follows control, not every share: see [analyses](analyses.md).
It has {control}.

| type | from | to | |
|---|---|---|---|
{types}
"""


if __name__ == "__main__":
    page = Path(__file__).parent.parent / "docs/reference/property-graph.md"
    page.write_text(reference(), encoding="utf-8")
