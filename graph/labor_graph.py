"""`LaborGraph`: the graph in Python, for notebooks and scripts."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from graph.engine import Tables
from graph.home import Home
from ontology import WrongUseError, model, nearest

if TYPE_CHECKING:
    import networkx as nx
    from rdflib import Dataset

    from graph.analysis.family import Family, Parents
    from graph.sparql import Result

_EVIDENCE = {
    "id": pl.String(),
    "kind": pl.String(),
    "source": pl.String(),
    "locator": pl.String(),
    "url": pl.String(),
    "date": pl.String(),
    "status": pl.String(),
    "title": pl.String(),
    "publisher": pl.String(),
    "further_urls": pl.List(pl.String()),
}


class LaborGraph:
    """The graph of one home, as built: a later build is seen by opening again.

    >>> graph = LaborGraph.open()                                             # doctest: +SKIP
    >>> graph.table("Plant").filter(country="MX")                             # doctest: +SKIP
    >>> graph.production_shifts().head()                                      # doctest: +SKIP
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def open(cls, home: Path | str | None = None) -> LaborGraph:
        """Open the graph of `home`, else of `TRINATIONAL_HOME`, else of the platform's data folder.

        Raises `TrinationalError` where no graph is built.
        """
        return cls(Home.find(Path(home) if home else None).graph)

    @property
    def about(self) -> dict[str, Any]:
        """Releases and rows by kind."""
        found: dict[str, Any] = json.loads((self.folder / "graph.json").read_text())
        return found

    def scan(self, kind: str) -> pl.LazyFrame:
        """The resolved table of a kind, lazily; empty where no source has rows of it.

        A kind above others (`Organization`) gives the columns that its kinds share, and `kind`.
        """
        leaves = model().leaves(kind)
        if not leaves:
            raise WrongUseError(f"no such kind: {kind!r}", hint=nearest(kind, model().kinds))
        if len(leaves) == 1 and leaves[0] == kind:
            return self._scan_leaf(kind)
        shared = [c.name for c in model().kind(kind).columns]
        frames = [self._scan_leaf(leaf).select(pl.lit(leaf).alias("kind"), "id", *shared) for leaf in leaves]
        return pl.concat(frames)

    def _scan_leaf(self, kind: str) -> pl.LazyFrame:
        from ontology import schema

        path = self.folder / f"{kind}.parquet"
        return pl.scan_parquet(path) if path.is_file() else pl.LazyFrame(schema=schema(kind, "graph"))

    def table(self, kind: str) -> pl.DataFrame:
        """The resolved table of a kind; its columns are in `docs/reference/ontology.md`."""
        return self.scan(kind).collect()

    @property
    def tables(self) -> Tables:
        """The tables as the analyses take them."""
        return Tables.at(self.folder)

    @property
    def things(self) -> pl.DataFrame:
        """Every thing: `id`, `kind`, `name`, `country` (text), `sources` (list of text)."""
        return pl.read_parquet(self.folder / "things.parquet")

    def said(self, kind: str) -> pl.LazyFrame:
        """What each source said about the things of a kind: one row a record; `id` is the canonical id."""
        from ontology import schema

        path = self.folder / "said" / f"{kind}.parquet"
        if path.is_file():
            return pl.scan_parquet(path)
        return pl.LazyFrame(schema={"id": pl.String(), "record_id": pl.String(), **schema(kind)})

    def evidence(self, ids: list[str] | pl.Series) -> pl.DataFrame:
        """Where things and relations are said: one row a record.

        Columns: `id`, `kind`, `source`, `locator`, `url`, `date`, `status`, `title`, `publisher` (text),
        `further_urls` (list of text).
        """
        wanted = pl.col("id").is_in(pl.Series(ids, dtype=pl.String()).implode())
        frames = [_evidence(self.said(k.name).filter(wanted), k.name) for k in model().things]
        frames += [_evidence(self.scan(k.name).filter(wanted), k.name) for k in model().relations]
        return pl.concat(pl.collect_all(frames)).sort("id", "source", "locator")

    def resolve(self, name: str) -> str:
        """The id that `name` stands for: an id, an id of a record, or a name that only one thing has.

        Raises `WrongUseError` naming the nearest where nothing or several things match.
        """
        known = pl.scan_parquet(self.folder / "things.parquet").filter(id=name).select("id").collect()
        if known.height:
            return name
        mapped = pl.scan_parquet(self.folder / "identity.parquet").filter(record_id=name).collect()
        if mapped.height:
            return str(mapped["id"][0])
        found = self.search(name, limit=5)
        exact = [row["id"] for row in found if str(row["name"]).casefold() == name.casefold()]
        if len(exact) == 1:
            return str(exact[0])
        close = ", ".join(f"{row['id']} ({row['name']})" for row in found)
        if exact:
            raise WrongUseError(f"several things are called {name!r}", hint=f"give an id: {close}")
        raise WrongUseError(
            f"no thing has the id {name!r}",
            hint=f"did you mean {close}?" if close else "try `trinational search`",
        )

    def search(
        self, text: str, *, kind: str | None = None, country: str | None = None, limit: int | None = 20
    ) -> list[dict[str, Any]]:
        """Things by any of their names, accents folded: `id`, `kind`, `name`, `country`, `match`."""
        from graph.search import search

        return search(self.folder / "search.sqlite", text, kind=kind, country=country, limit=limit)

    def sparql(self, query: str, *, timeout: float = 60.0, **params: str) -> Result:
        """Answer a SPARQL query; `params` are bound to its variables.

        The first query makes the store, once for a graph. See `graph.sparql.query`.
        """
        from graph.rdf import store
        from graph.sparql import query as run

        return run(store(self.folder), query, params, timeout=timeout)

    def rdflib(self) -> Dataset:
        """The RDF store as an rdflib `Dataset`, read-only and not copied: see `graph.dataset.dataset`."""
        from graph.dataset import dataset
        from graph.rdf import store

        return dataset(store(self.folder))

    def cypher(self, query: str, *, timeout: float = 60.0, **params: Any) -> pl.DataFrame:
        """Answer a Cypher query, with no server; `params` are the values of its `$names`.

        The first query makes the store, once for a graph. See `graph.cypher.query`.
        """
        from graph.cypher import query as run

        return run(self.folder, query, params, timeout=timeout).frame

    def ask(self, question: str, on: str = "sparql", **parameters: Any) -> pl.DataFrame:
        """Answer a named question, such as `CQ16`, on `sparql`, `cypher`, `neo4j` or `tables`.

        Parameters and columns: `docs/reference/questions.md`; see `graph.questions.ask`.
        """
        from graph.questions import ask

        return ask(question, self, on, **parameters)

    def production_shifts(self, **parameters: Any) -> pl.DataFrame:
        """Where production moved or is said to move: see `graph.analysis.production_shifts`."""
        from graph.analysis import production_shifts

        return production_shifts(self.tables, **parameters)

    def first_seen(self, **parameters: Any) -> pl.DataFrame:
        """Plants first seen in Mexico after a US closure of their parent: see `graph.analysis.first_seen`."""
        from graph.analysis import first_seen

        return first_seen(self.tables, **parameters)

    def shared_sectors(self, **parameters: Any) -> pl.DataFrame:
        """Unions across borders that share sectors or employers: see `graph.analysis.shared_sectors`."""
        from graph.analysis import shared_sectors

        return shared_sectors(self.tables, **parameters)

    def cash_flow(self, as_of: str | None = None) -> pl.DataFrame:
        """Integrated cash-flow shares of owners in companies: see `graph.analysis.cash_flow`."""
        from graph.analysis import cash_flow

        return cash_flow(self.tables, as_of)

    def ultimate_parent(self, name: str, as_of: str | None = None) -> Parents:
        """Who ultimately controlled a company or plant, with the chain and its evidence.

        See `graph.analysis.family.ultimate_parent`.
        """
        from graph.analysis.family import ultimate_parent

        return ultimate_parent(self.tables, self.resolve(name), as_of)

    def family(self, name: str, as_of: str | None = None) -> Family:
        """The family of a company, plant or union at a date: members, plants, unions, evidence.

        Of several companies, plants or unions with this name the one to which most belongs is taken; where
        no more than one belongs to any, also of those whose names begin so. `findings` names others. See
        `graph.analysis.family.family`.
        """
        from graph.analysis.family import family

        item, others = self._largest(name)
        found = family(self.tables, item, as_of)
        found.findings += [f"{other} is named so too" for other in others]
        return found

    def _largest(self, name: str) -> tuple[str, list[str]]:
        """The thing with this id, else the largest so named, or whose name begins so; others so named."""
        from graph.analysis.family import sizes
        from graph.search import fold

        if not self.things.filter(id=name).is_empty():
            return name, []
        kinds = ("Corporation", "Union", "Plant")
        rows = [row for kind in kinds for row in self.search(name, kind=kind, limit=100)]
        text = dict.fromkeys(("id", "match"), pl.String())
        found = pl.DataFrame(rows, schema=text).filter(~pl.col("match").str.contains(":", literal=True))
        names = found.select("id", fold(pl.col("match")).alias("match"))
        wanted = fold(pl.lit(name))
        exact = names.filter(pl.col("match") == wanted)["id"].unique().to_list()
        longer = names.filter(pl.col("match").str.starts_with(wanted + " "))["id"].unique().to_list()
        for ids, least in ((exact, 2), ([*exact, *longer], 1)):
            largest = sizes(self.tables, list(dict.fromkeys(ids)))
            if largest and largest[0][1] >= least:
                return largest[0][0], [item for item, _ in largest[1:] if item in (exact or longer)]
        return self.resolve(name), []

    def networkx(self, *names: str, hops: int = 1, **scope: Any) -> nx.MultiDiGraph[str]:
        """What lies within `hops` steps of one or more things, by id or name; without any, the whole scope.

        `scope`: `relations`, `country`, `at`, `restricted`, as in `graph.network.neighbourhood`.

        >>> LaborGraph.open().networkx(relations=["Tie"], country="CA", at="2021")           # doctest: +SKIP
        """
        from graph.network import neighbourhood

        ids = [self.resolve(name) for name in names]
        return neighbourhood(self.scan, self.said, ids, hops, **scope)

    def __repr__(self) -> str:
        about = self.about
        return f"<LaborGraph: {sum(about['counts'].values())} rows from {', '.join(about['releases'])}>"

    def _repr_html_(self) -> str:
        about = self.about
        rows = "".join(f"<tr><td>{kind}</td><td>{n:,}</td></tr>" for kind, n in about["counts"].items())
        sources = ", ".join(html.escape(name) for name in about["releases"])
        return (
            f"<p><b>LaborGraph</b> from {sources}</p><table><tr><th>kind</th><th>rows</th></tr>{rows}</table>"
        )


def _evidence(frame: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    return frame.select(
        "id",
        pl.lit(kind).alias("kind"),
        "source",
        "locator",
        "url",
        pl.coalesce("as_of", "page_date", "retrieved").alias("date"),
        "status",
        pl.col("page_title").alias("title"),
        pl.col("page_publisher").alias("publisher"),
        "further_urls",
    )
