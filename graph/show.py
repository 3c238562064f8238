"""The page of one thing: its names, values and relations, each line with its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import polars as pl

from graph.labor_graph import LaborGraph
from ontology import Column, Kind, model

Row: TypeAlias = dict[str, Any]


@dataclass
class Line:
    """One line of the page: what is said, with which other things, when, and where it is said."""

    section: str
    text: str
    others: list[Row] = field(default_factory=list)
    since: str | None = None
    until: str | None = None
    status: str | None = None
    source: str | None = None
    locator: str | None = None
    url: str | None = None


def show(graph: LaborGraph, name: str, language: str = "en") -> tuple[Row, list[Line]]:
    """The thing (`id`, `kind`, `name`, `country`, `sources`) and its lines.

    `name` is an id or a name that only one thing has. Raises `WrongUseError` naming the nearest otherwise.
    """
    page = _Page(graph, graph.resolve(name), language)
    return page.thing, [*page.values(), *page.relations()]


class _Page:
    def __init__(self, graph: LaborGraph, item: str, language: str) -> None:
        self.graph = graph
        self.item = item
        self.language = language
        self.thing: Row = graph.things.row(by_predicate=pl.col("id") == item, named=True)
        self._names: dict[str, str] = {}

    def values(self) -> Iterator[Line]:
        """What each source says about the thing itself."""
        kind = model().kind(self.thing["kind"])
        for record in self.graph.said(kind.name).filter(id=self.item).collect().rows(named=True):
            for column in kind.columns:
                if column.type != "ref" and record[column.name] not in (None, []):
                    text = f"{self._label(column)}: {self._value(column, record[column.name])}"
                    yield _line(kind.labels[self.language], text, record)

    def relations(self) -> list[Line]:
        """Every relation in which the thing has a role, the newest first within a kind."""
        found: list[tuple[Kind, Row]] = []
        for kind in model().relations:
            mine = pl.any_horizontal(pl.col(role.name) == self.item for role in kind.roles)
            found += [
                (kind, row) for row in self.graph.scan(kind.name).filter(mine).collect().rows(named=True)
            ]
        parties = self._parties([row["within"] for kind, row in found if kind.name == "Party"])
        self._learn_names(found, parties)
        lines = [self._relation(kind, row, parties) for kind, row in found]
        return sorted(lines, key=lambda line: (line.section, _descending(line.since or ""), line.text))

    def _relation(self, kind: Kind, row: Row, parties: pl.DataFrame) -> Line:
        others = [row[role.name] for role in kind.roles if row[role.name] not in (None, self.item)]
        shown = [
            f"{self._label(c)} {self._value(c, row[c.name])}"
            for c in kind.columns
            if row[c.name] not in (None, [], self.item) and c.name not in ("since", "until", "role")
        ]
        section = kind.labels[self.language]
        if kind.name == "Party":
            shown = [self._within(row["within"])]
            section += f": {model().label('party-role', row['role'], self.language)}"
            others += [p for p in parties.filter(within=row["within"])["party"] if p != self.item]
        line = _line(section, "; ".join(shown), row)
        line.others = [{"id": item, "name": self._within(item)} for item in dict.fromkeys(others)]
        if kind.name == "Party" and line.since is None:
            line.since = self._dates.get(row["within"])
        return line

    def _parties(self, within: list[str]) -> pl.DataFrame:
        wanted = pl.Series(sorted(set(within)), dtype=pl.String())
        return self.graph.scan("Party").filter(pl.col("within").is_in(wanted.implode())).collect()

    def _learn_names(self, found: list[tuple[Kind, Row]], parties: pl.DataFrame) -> None:
        """Names of all things on the page; ties have a kind and a description instead."""
        ids = {row[role.name] for kind, row in found for role in kind.roles if row[role.name]}
        wanted = pl.Series(sorted(ids | set(parties["party"])), dtype=pl.String()).implode()
        things = self.graph.things.filter(pl.col("id").is_in(wanted))
        self._names = dict(things.select("id", "name").iter_rows())
        self._dates: dict[str, str | None] = {}
        for kind, label, scheme, date in (
            ("Tie", "tie_kind", "tie-kind", "since"),
            ("Event", "event_type", "event-type", "date"),
            ("Case", "case_type", "case-type", "request_date"),
            ("Agreement", None, "", "signed"),
        ):
            rows = self.graph.scan(kind).filter(pl.col("id").is_in(wanted)).collect().rows(named=True)
            for row in rows:
                form = model().label(scheme, row[label], self.language) if label else row[date] or row["id"]
                words = [form, row.get("description"), row.get("name")]
                self._names[row["id"]] = ": ".join(word for word in words if word)
                self._dates[row["id"]] = row[date]

    def _within(self, item: str) -> str:
        return self._names.get(item) or item

    def _label(self, column: Column) -> str:
        return column.labels[self.language]

    def _value(self, column: Column, value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(self._value(column, item) for item in value)
        if column.scheme:
            return model().label(column.scheme, value, self.language)
        if column.type == "ref":
            return self._names.get(value) or str(value)
        return f"{value:g}" if isinstance(value, float) and abs(value) < 1e6 else str(value)


def _line(section: str, text: str, row: Row) -> Line:
    keys = ("status", "source", "locator", "url")
    return Line(
        section, text, [], row.get("since") or row["as_of"], row.get("until"), *(row[key] for key in keys)
    )


def _descending(date: str) -> str:
    """Sorts ISO dates newest first, the unknown last."""
    return "".join(chr(ord("9") - ord(c) + ord("0")) if c.isdigit() else c for c in date) or "~"
