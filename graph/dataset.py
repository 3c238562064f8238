"""The RDF store as an rdflib `Dataset`: read where it lies, not copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pyoxigraph as ox
from oxrdflib import OxigraphStore
from rdflib import Dataset, Graph, Literal, URIRef
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.query import Result

from graph.rdf import PREFIXES
from graph.sparql import check, failure
from ontology import WrongUseError

_STRING = URIRef(PREFIXES["xsd"] + "string")


def dataset(store: Path) -> Dataset:
    """An rdflib `Dataset` over the Oxigraph store in a folder, for reading only.

    The default graph is the resolved graph; each source release has a named graph (`docs/how-to/sparql.md`).
    The prefixes of `graph.rdf.PREFIXES` are bound. `len` counts statements as iteration gives them: of a
    dataset, once for each graph that holds them. Queries run in Oxigraph, in this process, without limits.

    Raises `WrongUseError` on a change, on SERVICE, on a syntax error, and on a binding that would silently
    not hold.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> ids, name = PREFIXES["id"], ox.NamedNode(PREFIXES["schema"] + "name")
    >>> ox.Store(str(folder)).add(ox.Quad(ox.NamedNode(ids + "union:x"), name, ox.Literal("Unión")))
    >>> [row.name for row in dataset(folder).query("SELECT ?name { id:union:x schema:name ?name }")]
    [rdflib.term.Literal('Unión')]
    """
    found = Dataset(store=_Store(store=ox.Store.read_only(str(store))))
    for prefix, namespace in PREFIXES.items():
        found.bind(prefix, namespace, replace=True)
    return found


class _Store(OxigraphStore):
    """An Oxigraph store that rdflib can ask and not change; text has no datatype, as rdflib parses it."""

    def triples(self, triple_pattern: Any, context: Graph | None = None) -> Iterator[Any]:
        for triple, graphs in super().triples(triple_pattern, context):
            yield tuple(map(_plain, triple)), graphs

    def query(
        self,
        query: Any,
        initNs: Mapping[str, Any],  # noqa: N803
        initBindings: Mapping[str, Any],  # noqa: N803
        queryGraph: Any,  # noqa: N803
        **kwargs: object,
    ) -> Result:
        if not isinstance(query, str):
            raise WrongUseError("a prepared query cannot run in the store", hint="give the query as text")
        check(query, {name: {} for name in initBindings})
        where = "" if queryGraph == DATASET_DEFAULT_GRAPH_ID else queryGraph  # so that FROM is heard
        try:
            found = super().query(query, initNs, initBindings, where, **kwargs)
        except SyntaxError as error:
            raise failure("syntax", str(error), query, "query") from None
        if found.type == "SELECT":
            rows = found.bindings
            found.bindings = ({name: _plain(term) for name, term in row.items()} for row in rows)
        elif found.type == "CONSTRUCT":
            triples, found.graph = found.graph or (), Graph()
            found.graph += (tuple(map(_plain, triple)) for triple in triples)
        return found

    def __len__(self, context: Graph | None = None) -> int:
        if context is None:
            return len(self._inner)
        named = context.identifier != DATASET_DEFAULT_GRAPH_ID
        graph = ox.NamedNode(context.identifier) if named else ox.DefaultGraph()
        counted: Any = self._inner.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", default_graph=graph)
        return int(next(counted)["n"].value)

    def add_graph(self, graph: Graph) -> None:
        """Nothing: rdflib calls this for every graph that it looks at."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise WrongUseError(
            "the graph is read-only", hint="change a copy: rdflib.Graph() + dataset.default_graph"
        )

    add = addN = remove = remove_graph = update = destroy = _refuse  # noqa: N815


def _plain(term: Any) -> Any:
    return Literal(str(term)) if isinstance(term, Literal) and term.datatype == _STRING else term
