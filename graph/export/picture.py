"""The neutral picture: what every format draws. Nodes, lines, numbered sources and a legend from the data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from textwrap import wrap
from typing import Any
from urllib.parse import urlsplit

import networkx as nx

from graph.export.layout import Layout, arrange
from graph.export.words import Words
from graph.network import clean
from ontology import TrinationalError, model

LIMIT = 1500
CENTRES = 5
COLUMNS = ("CA", "US", "MX", "other")
COLOURS = {"CA": "#D55E00", "US": "#0072B2", "MX": "#2B2B2B", "other": "#6B6B6B"}
_ROWS = {
    **dict.fromkeys(("Association", "Agency", "Program", "Certification", "Source"), 0),
    "Union": 1,
    **dict.fromkeys(("Case", "Event", "Agreement", "Tie"), 2),
    **dict.fromkeys(("Plant", "Place"), 3),
    "Corporation": 4,
    **dict.fromkeys(("Sector", "Product"), 5),
}
_FEDERATIONS = (
    "global_union_federation",
    "global_federation",
    "cross_border_alliance",
    "confederation",
    "federation",
)
_DOTTED = ("alleged", "inferred", "denied", "dismissed")
_PLANNED = ("announced", "cancelled", "redirected", "threat", "reversed", "unknown")
_WEAK_PAGES = ("weak_copy", "seed")
_PRESS = ("news", "trade_press", "labor_press", "encyclopedia", "seed")
_STYLES = ("solid", "dashed", "dotted")


@dataclass(frozen=True)
class Source:
    """A page that was read, numbered as in the picture."""

    number: int
    title: str
    publisher: str
    url: str
    date: str
    retrieved: str
    release: str


@dataclass(frozen=True)
class Evidence:
    """Where a statement stands: number of the source, file and row, status and date."""

    number: int
    locator: str
    status: str
    date: str


@dataclass(frozen=True)
class Record:
    """What one record says, in words."""

    text: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class Node:
    """A thing at its place. `symbol` is the kind, of plants with what is recorded of their representation."""

    id: str
    kind: str
    name: str
    label: tuple[str, ...]
    country: str
    column: str
    symbol: str
    focus: bool
    x: float
    y: float
    records: tuple[Record, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Edge:
    """A line between two nodes: all records that say the same of them."""

    tail: str
    head: str
    name: str
    label: str
    short: str
    style: str
    bend: float
    records: tuple[Record, ...]
    ids: tuple[str, ...]
    attributes: tuple[Mapping[str, Any], ...]

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of its sources."""
        return tuple(sorted({e.number for record in self.records for e in record.evidence}))


@dataclass(frozen=True)
class LegendEntry:
    """One look that occurs in the picture: `group` is kind, country, edge or line."""

    group: str
    key: str
    label: str


@dataclass(frozen=True)
class Picture:
    """Everything that a format needs to draw a network; the same data give the same picture."""

    title: str
    subtitle: str
    language: str
    as_of: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    sources: tuple[Source, ...]
    columns: Mapping[str, tuple[float, float]]
    rows: Mapping[int, tuple[float, float]]
    width: float
    height: float
    legend: tuple[LegendEntry, ...]
    alt: str
    licence: str
    export: str
    restricted: bool

    @property
    def words(self) -> Words:
        return Words(self.language)

    def __repr__(self) -> str:
        return f"<Picture: {self.title}>"


def draw(
    graph: nx.MultiDiGraph,
    *,
    title: str | None = None,
    subtitle: str = "",
    language: str = "en",
    as_of: str | None = None,
    licences: Mapping[str, str] | None = None,
) -> Picture:
    """Draw a network that `graph.network` made.

    Parameters
    ----------
    title
        The finding, in a sentence; counted from the data by default.
    language
        `en`, `es` or `fr`.
    as_of
        Date of the picture; by default the latest day on which a source was read.
    licences
        Licence by source (`curated`), printed with the export's id.

    Raises
    ------
    TrinationalError
        No node to draw, or no labels in that language.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.MultiDiGraph()
    >>> graph.add_node("union:u", kind="Union", name="U", country="US", hop=0)
    >>> graph.add_node("plant:p", kind="Plant", name="P", country="MX", hop=1)
    >>> _ = graph.add_edge("union:u", "plant:p", "x/1", kind="Representation", name="REPRESENTS")
    >>> draw(graph).title
    'U: 1 ties to 1 others, 1 across a border'
    """
    if not len(graph):
        raise TrinationalError("nothing to draw: the network has no nodes", hint="start from other ids")
    words = Words(language)
    sketch = _Sketch(graph, words)
    layout = _layout(sketch)
    nodes = tuple(replace(n, x=layout.points[n.id][0], y=layout.points[n.id][1]) for n in sketch.nodes)
    edges = tuple(replace(edge, bend=bend) for edge, bend in zip(sketch.edges, layout.bends, strict=True))
    date = as_of or max((s.retrieved for s in sketch.sources.values()), default="") or "?"
    found = clean(title or _finding(nodes, edges, words))
    picture = Picture(
        title=found,
        subtitle=clean(subtitle),
        language=language,
        as_of=date,
        nodes=nodes,
        edges=edges,
        sources=tuple(sketch.sources.values()),
        columns={COLUMNS[number]: band for number, band in layout.columns.items()},
        rows=layout.rows,
        width=layout.width,
        height=layout.height,
        legend=_legend(nodes, edges, words),
        alt=_alt(found, nodes, edges, date, words),
        licence=_licence(sketch.sources.values(), licences or {}, words),
        export="",
        restricted=sketch.restricted,
    )
    return replace(picture, export=_export_id(picture))


def readable(picture: Picture) -> Picture:
    """The picture, if a person can read it: refuses more than 1,500 nodes."""
    if len(picture.nodes) > LIMIT:
        raise TrinationalError(
            f"{len(picture.nodes):,} things are too many for one picture (at most {LIMIT:,})",
            hint="take fewer hops or fewer kinds of relations, or export gexf, graphml or csv",
        )
    return picture


class _Sketch:
    """Nodes and lines in words, sources numbered in the order in which the lines name them."""

    def __init__(self, graph: nx.MultiDiGraph, words: Words) -> None:
        self.graph, self.words = graph, words
        self.sources: dict[str, Source] = {}
        self.restricted = False
        self.aside: dict[str, list[Record]] = {}
        start = [i for i, hop in graph.nodes(data="hop") if hop == 0]
        self.centre = frozenset(start if len(start) <= CENTRES and len(start) < len(graph) else ())
        self.names = {i: self._name(i, data) for i, data in graph.nodes(data=True)}
        self.edges = self._edges()
        self.nodes = [self._node(i) for i in sorted(graph)]

    def _name(self, number: str, data: Mapping[str, Any]) -> str:
        if data.get("name"):
            return str(data["name"])
        kind, term = data["kind"], self.words.term
        word = self.words.kind(kind)
        if kind == "Event" and data.get("event_type"):
            word = term("event-type", data["event_type"])
        if kind == "Case" and data.get("case_type"):
            word = term("case-type", data["case_type"])
        day = next((data[c] for c in ("date", "signed", "request_date", "petition_date") if data.get(c)), "")
        gain = f" (+{data['wage_gain_pct']:g} %)" if data.get("wage_gain_pct") else ""
        return f"{word} {day}{gain}".strip() if day or gain else f"{word} {number.partition(':')[2]}"

    def _node(self, number: str) -> Node:
        data = dict(self.graph.nodes[number])
        kind, country, name = data["kind"], str(data.get("country") or ""), self.names[number]
        short = data.get("abbreviation") if len(name) > 20 else None
        return Node(
            id=number,
            kind=kind,
            name=name,
            label=_lines(str(short or name)),
            country=country,
            column=self._column(number),
            symbol=f"Plant.{data['representation']}" if data.get("representation") else kind,
            focus=number in self.centre,
            x=0.0,
            y=0.0,
            records=tuple(self._facts(kind, data)) + tuple(self.aside.get(number, ())),
            attributes=data,
        )

    def _column(self, number: str) -> str:
        """The country; of an event, agreement or case without one, that of its plant or else of a party."""
        data = self.graph.nodes[number]
        if data.get("country") in COLUMNS:
            return str(data["country"])
        if data.get("country") or _ROWS[data["kind"]] != 2:
            return "other"
        near = [self.graph.nodes[n] for n in sorted({*self.graph.pred[number], *self.graph.succ[number]})]
        found = [n["country"] for n in sorted(near, key=lambda n: n["kind"] != "Plant") if n.get("country")]
        return found[0] if found and found[0] in COLUMNS else "other"

    def _facts(self, kind: str, data: Mapping[str, Any]) -> Iterable[Record]:
        own = "; ".join(self.words.details(kind, data))
        said = [e for item in json.loads(data.get("evidence", "[]")) for e in self._evidence(item)]
        if own or said:
            yield Record(own, tuple(dict.fromkeys(said)))
        for fact in json.loads(data.get("facts", "[]")):
            head = self.words.kind(fact["kind"])
            target = [str(fact["name"])] if fact.get("name") else []
            text = "; ".join([*target, *self.words.details(fact["kind"], fact)])
            yield Record(
                f"{head}: {text}", tuple(e for item in fact["evidence"] for e in self._evidence(item))
            )

    def _evidence(self, item: Mapping[str, Any]) -> Iterable[Evidence]:
        """The page of a record, and its further pages."""
        self.restricted |= item.get("sensitivity") not in (None, "public")
        release, locator = str(item.get("source") or ""), str(item.get("locator") or "")
        status = self.words.term("status", item["status"]) if item.get("status") else ""
        pages = [str(item.get("url") or ""), *(item.get("further_urls") or [])]
        for page in dict.fromkeys(pages):
            first = page == pages[0]
            source = Source(
                number=len(self.sources) + 1,
                title=str((item.get("page_title") or item.get("title") or "") if first else ""),
                publisher=str((item.get("page_publisher") or item.get("publisher") or "") if first else ""),
                url=page,
                date=str((item.get("page_date") or "") if first else ""),
                retrieved=str(item.get("retrieved") or ""),
                release=release,
            )
            key = page or f"{release} {locator}"
            kept = self.sources.get(key)
            if kept is None or (source.title and not kept.title):
                self.sources[key] = source if kept is None else replace(source, number=kept.number)
            place = f"{release}, {locator}".strip(", ")
            yield Evidence(self.sources[key].number, place, status, str(item.get("date") or ""))

    def _edges(self) -> list[Edge]:
        groups: dict[tuple[str, ...], list[tuple[str, dict[str, Any]]]] = {}
        for tail, head, key, data in sorted(self.graph.edges(keys=True, data=True), key=lambda e: e[:3]):
            if tail == head or self._told_by_plant(tail, head, data):
                self.aside.setdefault(head, []).append(self._record(tail, head, data))
                continue
            ends = sorted((tail, head)) if _undirected(data["name"]) else [tail, head]
            groups.setdefault((*ends, data["name"], *_apart(data)), []).append((key, data))
        return [self._edge(group[0], group[1], members) for group, members in groups.items()]

    def _told_by_plant(self, tail: str, head: str, data: Mapping[str, Any]) -> bool:
        """Whether a company's part in an event, case or agreement is told by the plant drawn with it."""
        if self.graph.nodes[tail]["kind"] != "Corporation" or data["name"] not in ("PARTY", "SIGNED"):
            return False
        near = {*self.graph.predecessors(head), *self.graph.successors(head)}
        return any(self.graph.nodes[n]["kind"] == "Plant" for n in near)

    def _edge(self, tail: str, head: str, members: Sequence[tuple[str, dict[str, Any]]]) -> Edge:
        name = members[0][1]["name"]
        return Edge(
            tail=tail,
            head=head,
            name=name,
            label=f"{self.names[tail]} {self.words('edge.' + name)} {self.names[head]}",
            short=self._short(members),
            style=min((_style(data) for _, data in members), key=_STYLES.index),
            bend=0.0,
            records=tuple(self._record(tail, head, data) for _, data in members),
            ids=tuple(key for key, _ in members),
            attributes=tuple(data for _, data in members),
        )

    def _short(self, members: Sequence[tuple[str, dict[str, Any]]]) -> str:
        name, data = members[0][1]["name"], members[0][1]
        if name == "TIE":
            kinds = dict.fromkeys(
                self.words.term("tie-kind", d["tie_kind"]) for _, d in members if d.get("tie_kind")
            )
            return ", ".join(list(kinds)[:2]) + ("…" if len(kinds) > 2 else "")
        if name == "PARTY" and data.get("role"):
            return self.words.term("party-role", data["role"])
        if name == "SHIFT" and data.get("outcome"):
            return self.words.term("shift-outcome", data["outcome"])
        return self.words.short(name)

    def _record(self, tail: str, head: str, data: Mapping[str, Any]) -> Record:
        details = list(self.words.details(data["kind"], data))
        product = str(data.get("product") or "")
        if product and data["kind"] in model().kinds:
            known = self.graph.nodes[product]["name"] if product in self.graph else product.partition(":")[2]
            details.insert(0, known)
        label = f"{self.names[tail]} {self.words('edge.' + data['name'])} {self.names[head]}"
        evidence = [e for item in json.loads(data.get("evidence", "[]")) for e in self._evidence(item)]
        return Record("; ".join([label, *details]), tuple(dict.fromkeys(evidence)))


def _undirected(name: str) -> bool:
    return name in ("TIE", "SHARED_SECTORS", "GAP")


def _apart(data: Mapping[str, Any]) -> tuple[str, ...]:
    """What keeps two records of the same ends and name on lines of their own."""
    if data["name"] == "PARTY":
        return (str(data.get("role")),)
    return (str(data.get("outcome")), _style(data)) if data["name"] == "SHIFT" else ()


def _style(data: Mapping[str, Any]) -> str:
    """Line style: how sure. Solid where stated, filed or found; dashed where reported; else dotted."""
    band = data.get("band")
    if data.get("outcome") in _PLANNED and data["name"] == "SHIFT":
        return "dotted"
    if band:
        return {"documented": "solid", "reported": "dashed"}.get(band, "dotted")
    if data.get("status") in _DOTTED or data["name"] == "GAP":
        return "dotted"
    return (
        "dashed" if data.get("page_class") in _WEAK_PAGES or data.get("evidence_type") in _PRESS else "solid"
    )


def _lines(text: str, width: int = 20) -> tuple[str, ...]:
    """A label of at most three lines."""
    lines = wrap(text, width, break_long_words=True) or [text]
    return (*lines[:2], lines[2][: width - 1] + "…") if len(lines) > 3 else tuple(lines)


def _row(node: Node) -> int:
    if node.kind == "Union" and node.attributes.get("level") in _FEDERATIONS:
        return 0
    return _ROWS[node.kind]


def _layout(sketch: _Sketch) -> Layout:
    cells = {node.id: (_row(node), COLUMNS.index(node.column)) for node in sketch.nodes}
    return arrange(cells, [(edge.tail, edge.head) for edge in sketch.edges])


def _across(nodes: Sequence[Node], edges: Sequence[Edge]) -> int:
    country = {node.id: node.country for node in nodes}
    return sum(1 for e in edges if country[e.tail] and country[e.head] and country[e.tail] != country[e.head])


def _finding(nodes: Sequence[Node], edges: Sequence[Edge], words: Words) -> str:
    centre = [node.name for node in nodes if node.focus]
    across = _across(nodes, edges)
    if not centre:
        return words("title.all", nodes=len(nodes), edges=len(edges), across=across)
    others = len(nodes) - len(centre)
    return words("title.focus", name=", ".join(centre[:3]), edges=len(edges), others=others, across=across)


def _legend(nodes: Sequence[Node], edges: Sequence[Edge], words: Words) -> tuple[LegendEntry, ...]:
    symbols = sorted({(_row(n), n.symbol) for n in nodes})
    found = [
        LegendEntry("kind", symbol, _symbol_label(symbol, words))
        for symbol in dict.fromkeys(s for _, s in symbols)
    ]
    if any(node.focus for node in nodes):
        found.append(LegendEntry("kind", "focus", words("legend.focus")))
    columns = {node.column for node in nodes}
    found += [LegendEntry("country", c, words("column." + c)) for c in COLUMNS if c in columns]
    found += [LegendEntry("edge", name, words("edge." + name)) for name in sorted({e.name for e in edges})]
    styles = {edge.style for edge in edges}
    return (*found, *(LegendEntry("line", s, words("line." + s)) for s in _STYLES if s in styles))


def _symbol_label(symbol: str, words: Words) -> str:
    return words("standing." + symbol.partition(".")[2]) if "." in symbol else words.kind(symbol)


def _alt(title: str, nodes: Sequence[Node], edges: Sequence[Edge], date: str, words: Words) -> str:
    ties = degrees(edges)
    hubs = sorted(nodes, key=lambda n: (-ties.get(n.id, 0), n.id))[:3]
    columns = [(c, sum(node.column == c for node in nodes)) for c in COLUMNS]
    return words(
        "alt",
        nodes=len(nodes),
        edges=len(edges),
        date=date,
        columns=", ".join(words("alt.column", count=n, column=words("column." + c)) for c, n in columns if n),
        title=title,
        hubs=", ".join(f"{node.name} ({ties.get(node.id, 0)})" for node in hubs),
    )


def degrees(edges: Sequence[Edge]) -> dict[str, int]:
    """Number of lines at each node."""
    found: dict[str, int] = {}
    for edge in edges:
        for end in (edge.tail, edge.head):
            found[end] = found.get(end, 0) + 1
    return found


def _licence(sources: Iterable[Source], licences: Mapping[str, str], words: Words) -> str:
    releases = sorted({source.release for source in sources if source.release})
    unknown = words("licence.unknown")
    return "; ".join(
        f"{release} ({licences.get(release.partition('@')[0], unknown)})" for release in releases
    )


def _export_id(picture: Picture) -> str:
    """Names the software and the content, so that an error can be traced to every file."""
    content = json.dumps(asdict(picture), sort_keys=True, default=str).encode()
    return f"trinational {version('trinational')}, {hashlib.sha256(content).hexdigest()[:12]}"


def web_address(url: str) -> str:
    """The address, if a browser may open it; else nothing."""
    return url if urlsplit(url).scheme in ("http", "https") else ""
