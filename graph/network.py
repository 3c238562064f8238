"""Graph tables -> networkx: the network around things, of a scope, or of an analysis' result.

A relation that the ontology sees as an edge is an edge; so are a tie of two parties, a shift claim (origin to
destination) and a party's part in a case, event or programme. Cases, events and ties of three or more are
nodes. Every attribute is text, number or truth value, so that each networkx writer takes it; `evidence` and
`facts` are JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import networkx as nx
import polars as pl

from graph.analysis.families import month_span
from ontology import TrinationalError, WrongUseError, model

Scan: TypeAlias = Callable[[str], pl.LazyFrame]
Row: TypeAlias = dict[str, Any]

STOPS = frozenset({"Sector", "Product", "Place"})
_SIGNED = (("Coverage", "union", "SIGNED", "agreement"), ("Coverage", "employer", "SIGNED", "agreement"))
_EVIDENCE = (
    *("source", "locator", "url", "further_urls", "page_title", "page_publisher", "page_class", "page_date"),
    *("retrieved", "evidence_type", "status", "as_of", "sensitivity", "note"),
)
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LIVES = {
    "Agreement": (("signed", "effective"), ()),
    "Case": (("petition_date", "request_date"), ()),
    "Corporation": (("founded",), ()),
    "Event": (("announced", "date"), ()),
    "Plant": (("opened",), ("closed",)),
    "Program": (("starts",), ("ends",)),
    "Union": (("founded",), ()),
}
_UNQUOTED = str.maketrans({'"': "”", "'": "’", "\\": "/", "\t": " ", "\n": " ", "\r": " "})
_FACTS = {
    "Count": "of",
    "PlantStatus": "plant",
    "Description": "union",
    "CaseStep": "case",
    "Making": "plant",
    "MadeIn": "product",
    "InSector": "member",
}


@dataclass(frozen=True)
class _View:
    """Edges of one relation kind; through `roles` a thing reaches them."""

    frame: pl.LazyFrame
    roles: tuple[str, ...]

    def touching(self, ids: pl.Series) -> pl.LazyFrame:
        return self.frame.filter(pl.any_horizontal(pl.col(role).is_in(ids.implode()) for role in self.roles))

    def only(self, kept: pl.Expr) -> _View:
        return replace(self, frame=self.frame.filter(kept))

    def between(self, ids: pl.Series) -> pl.LazyFrame:
        return self.frame.filter(pl.all_horizontal(pl.col("tail", "head").is_in(ids.implode())))


def neighbourhood(
    scan: Scan,
    said: Scan,
    ids: Collection[str],
    hops: int = 1,
    *,
    relations: Collection[str] | None = None,
    country: str | Collection[str] | None = None,
    at: str | None = None,
    restricted: bool = False,
) -> nx.MultiDiGraph:
    """What lies around `ids`: everything within `hops` steps and all edges among it; without ids, the scope.

    Parameters
    ----------
    scan, said
        The resolved table of a kind, and what each source said of a kind of things; empty where no source has
        rows (`LaborGraph.scan`, `LaborGraph.said`).
    ids
        Canonical ids to start from; none for all edges of the scope and the things at their ends.
    hops
        Steps, 1 or more. A step never leads through a sector, product or place, unless it starts there; a tie
        of three or more comes with all its parties.
    relations
        Kinds of relations to follow; all but `InSector`, `Making` and `MadeIn` by default.
    country
        Two letters, or several: only edges with an end there (a case, event or tie also counts to the
        countries of its parties). The other end comes with it, wherever it is.
    at
        Partial ISO date: only what may have held then, an unknown bound being open. A thing that began later
        or had ended is left out, a shift claim before it was announced too.
    restricted
        Also take statements marked `restricted`. Retracted ones are never taken.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes have `kind`, `name`, `country`, `hop`, their columns, `evidence` and `facts`; edges are keyed by
        the id of their record and have `kind`, `name` (`OWNS`, `TIE`, `SHIFT`…), `since`, `until` and the
        other columns of the record, `release` (its source) and `evidence`. Unknown values are absent.

    Raises
    ------
    TrinationalError
        `ids` holds an id that no table has, or `relations` no kind of relation; no date or country.

    Notes
    -----
    Meant for subgraphs: networkx needs about 1 kB an edge. Whole graphs are better analysed on the tables.

    Examples
    --------
    >>> from ontology import schema
    >>> import polars as pl
    >>> def frame(kind, table, rows):
    ...     return pl.LazyFrame(rows, schema=schema(kind, table))
    >>> rows = {"Plant": [{"id": "plant:a", "name": "A"}], "Union": [{"id": "union:u", "name": "U"}],
    ...         "Representation": [{"id": "x/1", "union": "union:u", "plant": "plant:a", "status": "stated"}]}
    >>> graph = neighbourhood(lambda kind: frame(kind, "graph", rows.get(kind, [])),
    ...                       lambda kind: frame(kind, "records", []), ["plant:a"])
    >>> [(tail, data["name"], head) for tail, head, data in graph.edges(data=True)]
    [('union:u', 'REPRESENTS', 'plant:a')]
    """
    views = _views(scan, relations, restricted)
    if at is not None:
        views = _holding(scan, views, at)
    if country is not None:
        views = _touching(scan, views, [country] if isinstance(country, str) else country)
    things = _Things(scan, said, restricted)
    _require(things, ids)
    if not ids:
        edges = _collect(view.frame for view in views)
        ends = {edge[end] for edge in edges for end in ("tail", "head")}
        return _graph(things, edges, dict.fromkeys(sorted(ends), 0))
    hop = dict.fromkeys(sorted(ids), 0)
    frontier = list(hop)
    for step in range(1, hops + 1):
        reached = _ends(views, frontier) - hop.keys()
        ties = [i for i in reached if things.get(reached).get(i, {}).get("kind") == "Tie"]
        reached |= _ends(views, ties) - hop.keys()
        hop |= dict.fromkeys(sorted(reached), step)
        kinds = {i: things.get(reached).get(i, {}).get("kind") for i in reached}
        frontier = [i for i in sorted(reached) if kinds[i] not in STOPS]
    return _graph(things, _collect(view.between(_series(hop)) for view in views), hop)


def result(
    scan: Scan,
    said: Scan,
    rows: pl.DataFrame,
    *,
    tail: str,
    head: str,
    name: str,
    around: Collection[str] = (),
    restricted: bool = False,
) -> nx.MultiDiGraph:
    """The network of an analysis' result: one edge a row.

    Parameters
    ----------
    scan, said, restricted
        As in `neighbourhood`.
    rows
        Answer of an analysis. `tail` and `head` name its columns of ids, or of `{id, name}`; an end without
        an id is a place, in the country that `<column>_country` or `country_…` gives. `evidence` is a list
        of `{source, locator, url, date, status}`.
    name
        Name of the edges, such as `SHIFT` or `SHARED_SECTORS`; a row whose `tie` is `none_found` becomes a
        `GAP`.
    around
        Kinds of relations (`Representation`, `Ownership`…) drawn around the ends.

    Examples
    --------
    The moves that sources document, with the unions on both sides:

    >>> from graph import LaborGraph                                                    # doctest: +SKIP
    >>> graph = LaborGraph.open()                                                       # doctest: +SKIP
    >>> result(graph.scan, graph.said, graph.production_shifts(), tail="origin",
    ...        head="destination", name="SHIFT", around=["Representation"])             # doctest: +SKIP
    """
    things = _Things(scan, said, restricted)
    edges = [
        _result_edge(number, row, tail, head, name) for number, row in enumerate(rows.to_dicts(), start=1)
    ]
    _name_pages(scan, said, edges)
    hop = dict.fromkeys(sorted({edge[end] for edge in edges for end in ("tail", "head")}), 0)
    if around:
        views = _views(scan, around, restricted)
        further = _collect(view.touching(_series(hop)) for view in views)
        near = {row[end] for row in further for end in ("tail", "head")} - hop.keys()
        hop |= dict.fromkeys(sorted(near), 1)
        edges += _collect(view.between(_series(hop)) for view in views)
    return _graph(things, edges, hop)


def _ends(views: Sequence[_View], ids: Sequence[str]) -> set[str]:
    """Ends of the edges that `ids` reach."""
    found = _collect(view.touching(_series(ids)) for view in views) if ids else []
    return {row[end] for row in found for end in ("tail", "head")}


def _series(ids: Iterable[str]) -> pl.Series:
    return pl.Series(list(ids), dtype=pl.String())


def _require(things: _Things, ids: Collection[str]) -> None:
    if isinstance(ids, str):
        raise WrongUseError(f"{ids!r} is no list of ids", hint=f"write [{ids!r}]")
    unknown = sorted(set(ids) - things.get(ids).keys())
    if unknown:
        raise TrinationalError(
            f"the graph has no public thing with the id {unknown[0]!r}",
            hint="find the id by name: `trinational search NAME`",
        )


def _open(frame: pl.LazyFrame, restricted: bool) -> pl.LazyFrame:
    """Statements that may be shown."""
    standing = frame.filter(pl.col("status").ne_missing("retracted"))
    return standing if restricted else standing.filter(pl.col("sensitivity").fill_null("public") == "public")


# --- edges


def _views(scan: Scan, relations: Collection[str] | None, restricted: bool) -> list[_View]:
    if relations is None:
        chosen = {kind.name for kind in model().relations} - {"InSector", "Making", "MadeIn"}
    else:
        chosen = set(relations)
        _check_kinds(chosen)

    def shown(kind: str) -> pl.LazyFrame:
        return _open(scan(kind), restricted)

    views = [
        _direct(shown(kind.name), kind.name)
        for kind in model().relations
        if kind.edge and kind.name in chosen
    ]
    views += [_signed(shown(kind), *roles) for kind, *roles in _SIGNED if kind in chosen]
    if "ShiftClaim" in chosen:
        views.append(_shifts(shown("ShiftClaim")))
    if "Tie" in chosen:
        views += _ties(shown("Tie"), shown("Party"))
    if "Party" in chosen:
        ties = scan("Tie").select("id")
        outside = shown("Party").join(ties, left_on="within", right_on="id", how="anti")
        views.append(_parties(outside))
    return views


def _holding(scan: Scan, views: Sequence[_View], at: str) -> list[_View]:
    """Edges that may have held at a date, between things that may have been there."""
    first, last = month_span(at)
    gone = []
    for kind, (begins, ends) in _LIVES.items():
        later = pl.coalesce(f"{name}_min" for name in begins) > last
        over = [pl.col(f"{name}_max") < first for name in ends]
        gone.append(scan(kind).filter(pl.any_horizontal(later, *over)).select("id"))
    ids = pl.concat(gone).collect()["id"].implode()
    holds = pl.col("since_min").fill_null(last) <= last, pl.col("until_max").fill_null(first) >= first
    return [
        view.only(pl.all_horizontal(*holds, ~pl.col("tail").is_in(ids), ~pl.col("head").is_in(ids)))
        for view in views
    ]


def _touching(scan: Scan, views: Sequence[_View], countries: Collection[str]) -> list[_View]:
    """Edges with an end in one of the countries."""
    for code in countries:
        if not re.fullmatch("[A-Z]{2}", code):
            raise WrongUseError(f"no country: {code!r}", hint="use two capital letters, such as CA, US or MX")
    kinds = [kind.name for kind in model().things]
    there = pl.concat([scan(kind).filter(pl.col("country").is_in(countries)).select("id") for kind in kinds])
    through = scan("Party").join(there, left_on="party", right_on="id", how="semi").select(id="within")
    ids = pl.concat([there, through]).collect()["id"].implode()
    place = f"^place\\|({'|'.join(countries)})\\|"
    ends = (pl.col(end).is_in(ids) | pl.col(end).str.contains(place) for end in ("tail", "head"))
    inside = pl.any_horizontal(ends)
    return [view.only(inside) for view in views]


def _check_kinds(chosen: set[str]) -> None:
    known = {kind.name for kind in model().relations}
    for name in sorted(chosen - known):
        raise TrinationalError(
            f"{name!r} is no kind of relation", hint=f"choose from {', '.join(sorted(known))}"
        )


def _direct(frame: pl.LazyFrame, kind: str) -> _View:
    form = model().kind(kind)
    assert form.edge is not None
    ends = form.edge.tail, form.edge.head
    others = tuple(role.name for role in form.roles if role.name not in ends and not role.many)
    return _View(_named(frame, kind, form.edge.name, *ends), ("tail", "head", *others))


def _signed(frame: pl.LazyFrame, tail: str, name: str, head: str) -> _View:
    return _View(_named(frame, "Coverage", name, tail, head), ("tail", "head"))


def _named(frame: pl.LazyFrame, kind: str, name: str, tail: str, head: str) -> pl.LazyFrame:
    renamed = frame.rename({tail: "tail", head: "head"}).with_columns(kind=pl.lit(kind), name=pl.lit(name))
    return renamed.filter(pl.col("tail").is_not_null() & pl.col("head").is_not_null())


def _place(country: str, place: str) -> pl.Expr:
    """Id of an end that the source names only as a place."""
    text = pl.coalesce(pl.col(place), pl.col(country), pl.lit("?"))
    return pl.format("place|{}|{}", pl.col(country).fill_null(""), text)


def _shifts(frame: pl.LazyFrame) -> _View:
    ends = frame.with_columns(
        tail=pl.coalesce("origin", _place("origin_country", "origin_place")),
        head=pl.coalesce("destination", _place("destination_country", "destination_place")),
        since_min=pl.coalesce("since_min", "announced_min", "effective_min"),
        kind=pl.lit("ShiftClaim"),
        name=pl.lit("SHIFT"),
    )
    return _View(ends.drop("origin", "destination"), ("tail", "head", "corporation", "product"))


def _ties(ties: pl.LazyFrame, parties: pl.LazyFrame) -> list[_View]:
    rank = pl.col("role").replace_strict({"party": 0, "beneficiary": 1, "target": 2}, default=1)
    ordered = parties.sort(rank, "party").group_by("within", maintain_order=True)
    sides = ordered.agg("party", "role").with_columns(size=pl.col("party").list.len())
    joined = ties.join(sides, left_on="id", right_on="within")
    two = joined.filter(size=2).with_columns(
        tail=pl.col("party").list.get(0),
        head=pl.col("party").list.get(1),
        role=pl.col("role").list.get(1),
        kind=pl.lit("Tie"),
        name=pl.lit("TIE"),
    )
    many = parties.join(joined.filter(pl.col("size") != 2).select("id"), left_on="within", right_on="id")
    return [_View(two.drop("party", "size"), ("tail", "head", "case", "plant")), _parties(many)]


def _parties(frame: pl.LazyFrame) -> _View:
    return _View(_named(frame, "Party", "PARTY", "party", "within"), ("tail", "head"))


def _collect(frames: Iterable[pl.LazyFrame]) -> list[Row]:
    found = [row for frame in pl.collect_all(list(frames)) for row in frame.to_dicts()]
    return sorted(found, key=lambda row: (row["kind"], row["id"], row["name"], row["tail"], row["head"]))


def _result_edge(number: int, row: Row, tail: str, head: str, name: str) -> Row:
    flat = {key: value for key, value in row.items() if not _nested(value)}
    name = "GAP" if row.get("tie") == "none_found" else name
    ends = {"tail": _end(row, tail), "head": _end(row, head)}
    evidence = [dict(item) for item in row.get("evidence") or []]
    dates = {"id": f"{name}|{number}|{ends['tail']}|{ends['head']}", "kind": name.title(), "name": name}
    return flat | ends | dates | {"evidence": evidence}


def _name_pages(scan: Scan, said: Scan, edges: Sequence[Row]) -> None:
    """Give the evidence of a result the title, publisher and day of reading of its pages."""
    items = [item for edge in edges for item in edge["evidence"]]
    urls = _series({item["url"] for item in items if item.get("url")})
    tables = [scan(kind.name) for kind in model().relations] + [said(kind.name) for kind in model().things]
    named = [
        frame.filter(pl.col("url").is_in(urls.implode())).select(
            "url", "source", "page_title", "page_publisher", "page_date", "retrieved"
        )
        for frame in tables
    ]
    rows = pl.concat(pl.collect_all(named)).unique().sort("url", "source", "page_title", nulls_last=True)
    pages = {row.pop("url"): row for row in reversed(rows.drop("source").to_dicts())}
    for item in items:
        item.update({k: v for k, v in pages.get(item.get("url"), {}).items() if v and not item.get(k)})


def _nested(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(not isinstance(v, str) for v in value))


def _end(row: Row, column: str) -> str:
    value = row[column]
    if not isinstance(value, dict):
        return str(value)
    side = column.rsplit("_", 1)[-1]
    country = row.get(f"{column}_country") or row.get(f"country_{side}") or ""
    return str(value.get("id") or f"place|{country}|{value.get('name') or country or '?'}")


# --- nodes


class _Things:
    """Rows of things by id, with what may be shown of each; every table is read once per set of ids."""

    def __init__(self, scan: Scan, said: Scan, restricted: bool) -> None:
        self._scan, self._said, self.restricted = scan, said, restricted
        self._rows: dict[str, Row] = {}
        self._asked: set[str] = set()

    def get(self, ids: Collection[str]) -> Mapping[str, Row]:
        new = set(ids) - self._asked
        if new:
            self._asked |= new
            self._read(_series(sorted(new)))
        return self._rows

    def _read(self, ids: pl.Series) -> None:
        kinds = [kind.name for kind in model().things]
        tables = pl.collect_all([self._scan(k).filter(pl.col("id").is_in(ids.implode())) for k in kinds])
        saids = pl.collect_all([self._said(k).filter(pl.col("id").is_in(ids.implode())) for k in kinds])
        for kind, table, said in zip(kinds, tables, saids, strict=True):
            shown = _open(said.lazy(), self.restricted).collect()
            statements = _by(shown, "id")
            hidden = set(said["id"]) - set(shown["id"])
            partly = set(said.join(shown, on=said.columns, how="anti", nulls_equal=True)["id"]) - hidden
            for row in table.to_dicts():
                if row["id"] in hidden:
                    continue
                mine = statements.get(row["id"], [])
                values = _preferred(row, mine) if row["id"] in partly else row
                self._rows[row["id"]] = values | {"kind": kind, "evidence": [_evidence(one) for one in mine]}
        self._read_ties(ids)

    def _read_ties(self, ids: pl.Series) -> None:
        ties = _open(self._scan("Tie"), self.restricted).filter(pl.col("id").is_in(ids.implode())).collect()
        for row in ties.to_dicts():
            name = row["description"] or row["tie_kind"]
            own = {k: v for k, v in row.items() if k not in _EVIDENCE}
            self._rows[row["id"]] = own | {"kind": "Tie", "name": name, "evidence": [_evidence(row)]}

    def facts(self, ids: pl.Series) -> dict[str, list[Row]]:
        """Counts, statuses, descriptions, case steps, products and sectors of things."""
        frames = [
            _open(self._scan(kind), self.restricted).filter(pl.col(role).is_in(ids.implode())).sort("id")
            for kind, role in _FACTS.items()
        ]
        tables = {kind: frame.to_dicts() for kind, frame in zip(_FACTS, pl.collect_all(frames), strict=True)}
        self.get({target for rows in tables.values() for row in rows if (target := _target(row))})
        found: dict[str, list[Row]] = {}
        for kind, rows in tables.items():
            for row in rows:
                found.setdefault(row[_FACTS[kind]], []).append(self._fact(kind, row))
        return found

    def _fact(self, kind: str, row: Row) -> Row:
        form = model().kind(kind)
        own = {c.name: row[c.name] for c in form.columns if row.get(c.name) is not None and c.type != "ref"}
        if target := _target(row):
            own["name"] = self.get([target]).get(target, {}).get("name") or target.partition(":")[2]
        return {"kind": kind, "as_of": row["as_of"], **own, "evidence": [_evidence(row)]}

    def representation(self, ids: pl.Series) -> dict[str, str]:
        """What is recorded of the representation of plants: represented, contested, ended or not recorded."""
        rows = _open(self._scan("Representation"), self.restricted).filter(
            pl.col("plant").is_in(ids.implode())
        )
        seen = _by(rows.collect(), "plant")
        return {plant: _standing(seen.get(plant, [])) for plant in ids}


def _target(row: Row) -> str | None:
    """The product or sector that a fact names."""
    return row.get("product") or row.get("sector")


def _by(frame: pl.DataFrame, column: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in frame.to_dicts():
        groups.setdefault(row[column], []).append(row)
    return groups


def _standing(rows: Sequence[Row]) -> str:
    now = {row["representation_status"] for row in rows if row["until"] is None}
    if now & {"certified", "recognized"}:
        return "represented"
    if now & {"claimed", "disputed", "annulled", "no_contract"}:
        return "contested"
    return "ended" if rows and now <= {"ended"} else "not_recorded"


def _preferred(row: Row, statements: Sequence[Row]) -> Row:
    """Values of a thing from the statements that may be shown alone."""
    first = {key: [s[key] for s in statements if s.get(key) not in (None, [])] for key in row}
    values = {key: (found[0] if found else None) for key, found in first.items()}
    return values | {"id": row["id"], "sources": sorted({s["source"] for s in statements})}


def _evidence(row: Row) -> Row:
    item = {key: row.get(key) for key in _EVIDENCE}
    date = row.get("date") or row.get("as_of") or row.get("page_date")
    return {key: value for key, value in (item | {"date": date}).items() if value not in (None, [])}


# --- the graph


def _graph(things: _Things, edges: Sequence[Row], hop: Mapping[str, int]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    rows = things.get(hop.keys())
    shown = [i for i in hop if i in rows or i.startswith("place|")]
    facts = things.facts(_series(shown))
    standing = things.representation(_series(i for i in shown if rows.get(i, {}).get("kind") == "Plant"))
    for number in shown:
        row = dict(rows.get(number) or _place_row(number))
        row |= {"hop": hop[number], "facts": facts.get(number, []), "representation": standing.get(number)}
        graph.add_node(number, **_attributes(row))
    for edge in edges:
        if edge["tail"] in graph and edge["head"] in graph:
            evidence = edge.get("evidence") or [_evidence(edge)]
            kept = {
                "release" if k == "source" else k: v
                for k, v in edge.items()
                if k not in ("further_urls", "seed")
            }
            graph.add_edge(
                edge["tail"], edge["head"], edge["id"], **_attributes(kept | {"evidence": evidence})
            )
    return graph


def _place_row(number: str) -> Row:
    _, country, place = number.split("|", 2)
    return {"id": number, "kind": "Place", "name": place, "country": country or None, "evidence": []}


def _attributes(row: Row) -> dict[str, str | int | float | bool]:
    """Plain values under the names of the columns; lists of text are joined, unknown is left out."""
    found: dict[str, str | int | float | bool] = {}
    for key, value in row.items():
        if value is None or value == [] or key in ("id", "tail", "head") or key.endswith(("_min", "_max")):
            continue
        if key in ("evidence", "facts"):
            found[key] = json.dumps(_cleaned(value), ensure_ascii=False, sort_keys=True)
        elif isinstance(value, bool | int | float):
            found[key] = value
        else:
            found[key] = clean("; ".join(value) if isinstance(value, list) else str(value))
    return found


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return clean(value) if isinstance(value, str) else value


def clean(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _UNWANTED.sub(" ", text)


def as_text(network: nx.MultiDiGraph) -> nx.MultiDiGraph:
    """A copy for formats that hold text alone, such as Pajek: numbers as text, no quotes or backslashes.

    >>> network = nx.MultiDiGraph()
    >>> network.add_node("place|US|Coeur d'Alene", kind="Place", hop=1)
    >>> as_text(network).nodes(data=True)
    NodeDataView({'place|US|Coeur d’Alene': {'kind': 'Place', 'hop': '1'}})
    """
    copy = nx.MultiDiGraph()
    for node, data in network.nodes(data=True):
        copy.add_node(_unquoted(node), **{key: _unquoted(value) for key, value in data.items()})
    for tail, head, key, data in network.edges(keys=True, data=True):
        values = {name: _unquoted(value) for name, value in data.items()}
        copy.add_edge(_unquoted(tail), _unquoted(head), key, **values)
    return copy


def _unquoted(value: object) -> str:
    return str(value).translate(_UNQUOTED)
