"""Reads `labor.ttl` and `terms.ttl`: the kinds, their columns, the controlled terms and the authorities.

Everything that depends on the schema asks this module; nothing repeats the schema elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal, TypeAlias, cast

import pyoxigraph as ox

BASE = "https://w3id.org/trinational/"
ONTOLOGY = BASE + "ontology#"
TERM = BASE + "term/"
ID = BASE + "id/"
SOURCE = BASE + "source/"
AUTHORITY = BASE + "authority/"
FOLDER = Path(__file__).parent
LANGUAGES = ("en", "es", "fr")

ColumnType: TypeAlias = Literal["text", "integer", "decimal", "date", "flag", "term", "ref"]
Labels: TypeAlias = Mapping[str, str]

_SH = "http://www.w3.org/ns/shacl#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SKOS = "http://www.w3.org/2004/02/skos/core#"
_XSD = "http://www.w3.org/2001/XMLSchema#"
_DATATYPES: dict[str, ColumnType] = {
    _XSD + "string": "text",
    _XSD + "anyURI": "text",
    _XSD + "integer": "integer",
    _XSD + "double": "decimal",
    _XSD + "boolean": "flag",
    "http://id.loc.gov/datatypes/edtf/EDTF-level0": "date",
}

_Node: TypeAlias = ox.NamedNode | ox.BlankNode


@dataclass(frozen=True)
class Column:
    """One column of a kind's table, one property of its shape."""

    name: str
    term: str
    type: ColumnType
    required: bool
    many: bool
    labels: Labels
    description: str
    classes: tuple[str, ...] = ()
    scheme: str | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    aligned: tuple[str, ...] = ()

    @property
    def iri(self) -> str:
        return ONTOLOGY + self.term


@dataclass(frozen=True)
class Edge:
    """The direct edge that a relation can be seen as: `tail -NAME-> head`, both roles of the relation."""

    tail: str
    name: str
    head: str

    @property
    def iri(self) -> str:
        """`AFFILIATED_WITH` -> `…#affiliatedWith`."""
        first, *others = self.name.lower().split("_")
        return ONTOLOGY + first + "".join(word.capitalize() for word in others)


@dataclass(frozen=True)
class Kind:
    """A kind of thing or relation; `columns` are its own and inherited ones, without the evidence columns.

    `aligned`: IRIs of classes of other vocabularies that it is a subclass of or close to.
    """

    name: str
    parents: tuple[str, ...]
    abstract: bool
    labels: Labels
    comments: Labels
    columns: tuple[Column, ...]
    edge: Edge | None
    aligned: tuple[str, ...] = ()

    @property
    def iri(self) -> str:
        return ONTOLOGY + self.name

    @property
    def is_relation(self) -> bool:
        return "Relation" in self.parents

    @cached_property
    def roles(self) -> tuple[Column, ...]:
        """The columns that refer to things."""
        return tuple(c for c in self.columns if c.type == "ref")

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True)
class Term:
    """A controlled term: `notation` is what tables hold, `labels` what people read."""

    scheme: str
    notation: str
    labels: Labels
    definition: str = ""

    @property
    def iri(self) -> str:
        return f"{TERM}{self.scheme}/{self.notation}"


@dataclass(frozen=True)
class Authority:
    """Who issues an id. `rank` 1 is the strongest; `pattern` holds for the part after the colon.

    `issued_once`: a register gives one key to one thing, so two different keys are two things.
    """

    name: str
    rank: int
    pattern: re.Pattern[str]
    check_digit: str | None
    issued_once: bool
    label: str
    publisher: str


@dataclass(frozen=True)
class Model:
    """The ontology as Python sees it.

    >>> from ontology import model
    >>> model().kind("Supply").edge
    Edge(tail='supplier', name='SUPPLIES', head='buyer')
    >>> [c.name for c in model().kind("Making").roles]
    ['plant', 'product']
    """

    kinds: Mapping[str, Kind]
    evidence: tuple[Column, ...]
    authorities: Mapping[str, Authority]

    def kind(self, name: str) -> Kind:
        return self.kinds[name]

    @cached_property
    def things(self) -> tuple[Kind, ...]:
        """Kinds of things that have a table."""
        return tuple(k for k in self.kinds.values() if not k.abstract and not k.is_relation)

    @cached_property
    def relations(self) -> tuple[Kind, ...]:
        """Kinds of relations that have a table."""
        return tuple(k for k in self.kinds.values() if not k.abstract and k.is_relation)

    @cached_property
    def registers(self) -> frozenset[str]:
        """Names of the authorities that give one key to one thing.

        >>> {"lei", "us-cik"} <= model().registers
        True
        """
        return frozenset(a.name for a in self.authorities.values() if a.issued_once)

    def leaves(self, name: str) -> tuple[str, ...]:
        """Kinds with a table that are `name` or below it."""
        return tuple(
            k.name for k in self.kinds.values() if not k.abstract and (k.name == name or name in k.parents)
        )

    @cached_property
    def terms(self) -> Mapping[str, Mapping[str, Term]]:
        """Controlled terms by scheme and notation."""
        return _read_terms(_Graph(FOLDER / "terms.ttl"))

    @cached_property
    def schemes(self) -> Mapping[str, Labels]:
        """Labels of the schemes of controlled terms."""
        graph = _Graph(FOLDER / "terms.ttl")
        nodes = graph.typed(_SKOS + "ConceptScheme")
        return {node.value.removeprefix(TERM): graph.labels(node, _RDFS + "label") for node in nodes}

    def label(self, scheme: str, notation: str, language: str = "en") -> str:
        """Label of a term; the notation itself where the term is unknown."""
        term = self.terms.get(scheme, {}).get(notation)
        return term.labels.get(language, notation) if term else notation


class _Graph:
    """A Turtle file, indexed by subject and predicate; blank nodes keep the order of the file."""

    def __init__(self, path: Path) -> None:
        self._objects: dict[tuple[_Node, str], list[ox.NamedNode | ox.BlankNode | ox.Literal]] = {}
        self._typed: dict[str, list[_Node]] = {}
        for triple in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            subject = cast(_Node, triple.subject)
            predicate = cast(ox.NamedNode, triple.predicate).value
            thing = cast("ox.NamedNode | ox.BlankNode | ox.Literal", triple.object)
            self._objects.setdefault((subject, predicate), []).append(thing)
            if predicate == _RDF + "type":
                self._typed.setdefault(thing.value, []).append(subject)

    def typed(self, iri: str) -> list[ox.NamedNode]:
        return [node for node in self._typed.get(iri, []) if isinstance(node, ox.NamedNode)]

    def nodes(self, subject: _Node, predicate: str) -> list[_Node]:
        found = self._objects.get((subject, predicate), [])
        return [node for node in found if not isinstance(node, ox.Literal)]

    def value(self, subject: _Node, predicate: str) -> str | None:
        found = self._objects.get((subject, predicate))
        return found[0].value if found else None

    def number(self, subject: _Node, predicate: str) -> float | None:
        value = self.value(subject, predicate)
        return None if value is None else float(value)

    def labels(self, subject: _Node, predicate: str) -> Labels:
        found = self._objects.get((subject, predicate), [])
        return {node.language or "": node.value for node in found if isinstance(node, ox.Literal)}

    def items(self, head: _Node) -> Iterator[_Node]:
        while head.value != _RDF + "nil":
            yield self.nodes(head, _RDF + "first")[0]
            head = self.nodes(head, _RDF + "rest")[0]


def snake(term: str) -> str:
    """Column name of a property: `jobsLost` -> `jobs_lost`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda m: "_" + m.group(1).lower(), term)


def _local(node: _Node) -> str:
    return node.value.removeprefix(ONTOLOGY)


def _read_column(graph: _Graph, shape: _Node) -> Column:
    path = graph.nodes(shape, _SH + "path")[0]
    term = _local(path)
    scheme = next((n.value.removeprefix(TERM) for n in graph.nodes(shape, _SH + "node")), None)
    classes = [_local(n) for n in graph.nodes(shape, _SH + "class")]
    for head in graph.nodes(shape, _SH + "or"):
        classes += [_local(graph.nodes(item, _SH + "class")[0]) for item in graph.items(head)]
    datatype = graph.value(shape, _SH + "datatype")
    kind: ColumnType = "ref" if classes else "term" if scheme else _DATATYPES[datatype or ""]
    return Column(
        name=snake(term),
        term=term,
        type=kind,
        required=graph.number(shape, _SH + "minCount") == 1,
        many=graph.value(shape, _SH + "maxCount") is None,
        labels=graph.labels(shape, _SH + "name"),
        description=graph.labels(shape, _SH + "description").get("en", ""),
        classes=tuple(classes),
        scheme=scheme,
        pattern=graph.value(shape, _SH + "pattern"),
        minimum=graph.number(shape, _SH + "minInclusive"),
        maximum=graph.number(shape, _SH + "maxInclusive"),
        aligned=tuple(node.value for node in graph.nodes(path, _SKOS + "closeMatch")),
    )


def _own_columns(graph: _Graph, node: _Node) -> list[Column]:
    shapes = sorted(graph.nodes(node, _SH + "property"), key=lambda s: graph.number(s, _SH + "order") or 0)
    return [_read_column(graph, shape) for shape in shapes]


def _ancestors(graph: _Graph, node: _Node) -> Iterator[_Node]:
    for parent in graph.nodes(node, _RDFS + "subClassOf"):
        if parent.value.startswith(ONTOLOGY):
            yield parent
            yield from _ancestors(graph, parent)


def _read_edge(graph: _Graph, node: _Node) -> Edge | None:
    for seen in graph.nodes(node, ONTOLOGY + "seenAs"):
        tail, head = (snake(_local(graph.nodes(seen, ONTOLOGY + role)[0])) for role in ("tail", "head"))
        return Edge(tail, graph.value(seen, ONTOLOGY + "edgeName") or "", head)
    return None


def _read_kind(graph: _Graph, node: ox.NamedNode) -> Kind:
    parents = list(_ancestors(graph, node))
    columns = [column for step in [*reversed(parents), node] for column in _own_columns(graph, step)]
    return Kind(
        name=_local(node),
        parents=tuple(_local(parent) for parent in parents),
        abstract=graph.value(node, ONTOLOGY + "abstract") == "true",
        labels=graph.labels(node, _RDFS + "label"),
        comments=graph.labels(node, _RDFS + "comment"),
        columns=tuple(columns),
        edge=_read_edge(graph, node),
        aligned=tuple(
            other.value
            for predicate in (_RDFS + "subClassOf", _SKOS + "closeMatch")
            for other in graph.nodes(node, predicate)
            if not other.value.startswith(ONTOLOGY)
        ),
    )


def _read_authorities(graph: _Graph) -> Iterable[Authority]:
    for node in graph.typed(ONTOLOGY + "Authority"):
        yield Authority(
            name=node.value.removeprefix(AUTHORITY),
            rank=int(graph.number(node, ONTOLOGY + "rank") or 0),
            pattern=re.compile(graph.value(node, _SH + "pattern") or ""),
            check_digit=graph.value(node, ONTOLOGY + "checkDigit"),
            issued_once=graph.value(node, ONTOLOGY + "issuedOnce") == "true",
            label=graph.labels(node, _RDFS + "label")["en"],
            publisher=graph.value(node, "http://purl.org/dc/terms/publisher") or "",
        )


def _read_terms(graph: _Graph) -> dict[str, dict[str, Term]]:
    schemes: dict[str, dict[str, Term]] = {}
    for node in graph.typed(_SKOS + "Concept"):
        scheme, notation = node.value.removeprefix(TERM).split("/", 1)
        schemes.setdefault(scheme, {})[notation] = Term(
            scheme,
            notation,
            graph.labels(node, _SKOS + "prefLabel"),
            graph.labels(node, _SKOS + "definition").get("en", ""),
        )
    return schemes


@lru_cache(maxsize=1)
def model() -> Model:
    """The ontology, read once per process."""
    graph = _Graph(FOLDER / "labor.ttl")
    kinds = {
        kind.name: kind
        for node in graph.typed("http://www.w3.org/2002/07/owl#Class")
        if (kind := _read_kind(graph, node)).name != "Record"
    }
    evidence = tuple(_own_columns(graph, ox.NamedNode(ONTOLOGY + "Record")))
    authorities = {a.name: a for a in sorted(_read_authorities(graph), key=lambda a: a.rank)}
    return Model(kinds, evidence, authorities)
