"""Answers to named questions computed from the tables alone, in another way than the queries: for tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import polars as pl

from graph.analysis.control import control_table
from graph.labor_graph import LaborGraph

Row = dict[str, Any]
GONE = ("retracted", "denied")
REPRESENTED = ("certified", "recognized")


class Oracle:
    """The tables of a graph as dictionaries."""

    def __init__(self, graph: LaborGraph) -> None:
        self.graph = graph
        self._rows: dict[str, list[Row]] = {}
        self._by: dict[tuple[str, str], dict[Any, list[Row]]] = {}

    def rows(self, kind: str) -> list[Row]:
        if kind not in self._rows:
            found = control_table(self.graph.tables) if kind == "Control" else self.graph.table(kind)
            self._rows[kind] = found.to_dicts()
        return self._rows[kind]

    def by(self, kind: str, column: str, value: Any) -> list[Row]:
        if (kind, column) not in self._by:
            index = self._by[kind, column] = defaultdict(list)
            for row in self.rows(kind):
                index[row[column]].append(row)
        return self._by[kind, column].get(value, [])

    def one(self, kind: str, id: str | None) -> Row:
        return next(iter(self.by(kind, "id", id)), {})

    def held(self, rows: Iterable[Row], at: tuple[int, int]) -> Iterator[Row]:
        for row in rows:
            since, until = row["since_min"], row["until_max"]
            low, high = since is None or since <= at[1], until is None or until >= at[0]
            if low and high and row.get("status") not in GONE:
                yield row

    def agreements(self, plant: str, union: str, at: tuple[int, int]) -> Iterator[tuple[Row, Row]]:
        for cover in self.by("Coverage", "plant", plant):
            agreement = self.one("Agreement", cover["agreement"])
            if cover["union"] == union and agreement and (agreement["expires_max"] or at[0]) >= at[0]:
                yield cover, agreement

    def below(self, union: str) -> set[str]:
        """The union and its affiliates at any depth, as the direct edges tell them."""
        found, fresh = {union}, [union]
        while fresh:
            for tie in self.by("Affiliation", "body", fresh.pop()):
                known = tie["status"] in ("stated", "filed", "found") and tie["until"] is None
                if known and tie["member"] and tie["member"] not in found:
                    found.add(tie["member"])
                    fresh.append(tie["member"])
        return found


def cq11(o: Oracle, plant: str, at: tuple[int, int], tiers: int = 2) -> set[tuple[Any, ...]]:
    """direction, tier, partner, next, record."""
    found = set()
    for direction, near, far in (("supplier", "buyer", "supplier"), ("customer", "supplier", "buyer")):
        ring = {plant}
        for tier in range(1, tiers + 1):
            steps = [(n, s) for n in ring for s in o.held(o.by("Supply", near, n), at) if s[far] != plant]
            found |= {(direction, tier, s[far], n, s["id"]) for n, s in steps}
            ring = {s[far] for _, s in steps if o.one("Plant", s[far])}
    return found


def cq16(o: Oracle, corporation: str, at: tuple[int, int]) -> set[tuple[Any, ...]]:
    """plant, union, status, agreement."""
    found = set()
    members = {row["member"] for row in o.held(o.by("Control", "head", corporation), at)}
    for plant in members:
        if not o.one("Plant", plant):
            continue
        said = list(o.held(o.by("Representation", "plant", plant), at))
        unions = {row["union"] for row in o.by("Representation", "plant", plant)}
        for row in said:
            signed = [a["id"] for _, a in o.agreements(plant, row["union"], at)] or [None]
            status = row["representation_status"] or "unknown"
            found |= {(plant, row["union"], status, agreement) for agreement in signed}
        if not said:
            found.add((plant, None, "unknown", None))
        for union in {row["union"] for row in o.by("Coverage", "plant", plant)} - unions:
            found |= {(plant, union, "unknown", a["id"]) for _, a in o.agreements(plant, union, at)}
    for member in {corporation, *members}:
        for cover in o.by("Coverage", "employer", member):
            agreement = o.one("Agreement", cover["agreement"])
            if cover["plant"] is None and (agreement["expires_max"] or at[0]) >= at[0]:
                found.add((None, cover["union"], "unknown", agreement["id"]))
    return found


def cq10(o: Oracle, unions: list[str], at: tuple[int, int], tiers: int = 3) -> set[tuple[Any, ...]]:
    """case, facility, level, tier, customer, plant, union, local."""
    found = set()
    members = {union: o.below(union) for union in unions}
    for case, facility in _cases_at(o, "rrm"):
        ring = {facility}
        for tier in range(1, tiers + 1):
            links = [s for n in ring for s in o.held(o.by("Supply", "supplier", n), at)]
            buyers = {s["buyer"] for s in links} - {facility}
            ring = {buyer for buyer in buyers if o.one("Plant", buyer)}
            reached = {("plant", tier, plant, plant) for plant in ring}
            if tier == 1:
                owned = ((b, t) for b in buyers - ring for t in o.held(o.by("Control", "head", b), at))
                reached |= {("company", 1, b, t["member"]) for b, t in owned}
            for level, step, customer, plant in reached:
                for row in o.held(o.by("Representation", "plant", plant), at):
                    for union in unions:
                        if row["union"] in members[union] and row["representation_status"] in REPRESENTED:
                            found.add((case, facility, level, step, customer, plant, union, row["union"]))
    return found


def _cases_at(o: Oracle, case_type: str | None = None) -> Iterator[tuple[str, str]]:
    for party in o.rows("Party"):
        case = o.one("Case", party["within"])
        known = party["role"] == "plant" and case and o.one("Plant", party["party"])
        if known and case_type in (None, case["case_type"]):
            yield case["id"], party["party"]


def cq17(o: Oracle, confederation: str, at: tuple[int, int]) -> set[tuple[Any, ...]]:
    """union, plant, corporation, partner plants."""
    found = set()
    for union in o.below(confederation):
        for row in o.held(o.by("Representation", "union", union), at):
            if o.one("Plant", row["plant"]).get("country") != "MX":
                continue
            ties = o.held(o.by("Control", "member", row["plant"]), at)
            for head in {tie["head"] for tie in ties if tie["ultimate"]}:
                family = {tie["member"] for tie in o.held(o.by("Control", "head", head), at)}
                partners = tuple(sorted(p for p in family if _is_union_plant(o, p, at)))
                if partners:
                    found.add((union, row["plant"], head, partners))
    return found


def _is_union_plant(o: Oracle, plant: str, at: tuple[int, int]) -> bool:
    said = o.held(o.by("Representation", "plant", plant), at)
    there = o.one("Plant", plant).get("country") in ("US", "CA")
    return there and any(row["representation_status"] in REPRESENTED for row in said)


def cq25(o: Oracle, case_type: str, minimum: int) -> set[tuple[Any, ...]]:
    """corporation, cases."""
    cases = defaultdict(set)
    wanted = set()
    for case, plant in _cases_at(o):
        row = o.one("Case", case)
        months = (row["petition_date_min"], row["request_date_min"], row["outcome_date_min"])
        month = next((m for m in months if m is not None), None)
        ties = o.by("Control", "member", plant)
        held = ties if month is None else o.held(ties, (month, month))
        for head in {tie["head"] for tie in held if tie["ultimate"]}:
            cases[head].add(case)
            if row["case_type"] == case_type:
                wanted.add(head)
    return {(head, len(cases[head])) for head in wanted if len(cases[head]) >= minimum}


def cq28(o: Oracle, plant: str, at: tuple[int, int]) -> set[tuple[Any, ...]]:
    """part, company, below."""
    above = list(o.held(o.by("Control", "member", plant), at))
    places = {plant, *(tie["head"] for tie in above)}
    chain = {
        (tie["head"], place)
        for place in places
        for tie in o.held(o.by("Control", "member", place), at)
        if tie["steps"] == 1
    }
    all_above = {(t["head"], p) for p in places for t in o.held(o.by("Control", "member", p), at)}
    said = {(row["operator"], plant) for row in o.held(o.by("Operation", "plant", plant), at)}
    said |= {(row["owner"], p) for p in places for row in o.held(o.by("Ownership", "owned", p), at)}
    sisters = {
        (tie["head"], sister["member"])
        for tie in above
        if tie["ultimate"]
        for sister in o.held(o.by("Control", "head", tie["head"]), at)
        if sister["member"] != plant and o.one("Plant", sister["member"]).get("country") in ("CA", "US", "MX")
    }
    parts = {"chain": chain, "other": said - all_above, "sister": sisters}
    return {(part, company, below) for part, pairs in parts.items() for company, below in pairs}


ORACLES: dict[str, tuple[Callable[..., set[tuple[Any, ...]]], tuple[str, ...]]] = {
    "CQ10": (cq10, ("case", "facility", "level", "tier", "customer", "plant", "union", "local")),
    "CQ11": (cq11, ("direction", "tier", "partner", "next", "evidence")),
    "CQ16": (cq16, ("plant", "union", "representation_status", "agreement")),
    "CQ17": (cq17, ("union", "plant", "corporation", "partner_plants")),
    "CQ25": (cq25, ("corporation", "cases")),
    "CQ28": (cq28, ("part", "company", "below")),
}
"""Per question the function and the columns of the answer that it gives."""


def projected(answer: pl.DataFrame, columns: tuple[str, ...]) -> set[tuple[Any, ...]]:
    """Rows of an answer in these columns; of `evidence` each id is a row."""
    found = answer.explode("evidence") if "evidence" in columns else answer
    return {
        tuple(tuple(v) if isinstance(v, list) else v for v in row) for row in found.select(columns).rows()
    }
