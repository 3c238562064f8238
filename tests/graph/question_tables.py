"""Answers to named questions computed from the tables alone, in another way than the queries: for tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
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


def cq15(o: Oracle, our_union: str, country: str | None) -> set[tuple[Any, ...]]:
    """partner, link, sector, employer, ours, theirs, tie."""
    home = o.one("Union", our_union)["country"]
    ours = {row["plant"] for row in _edges(o, "Representation", "union", our_union)}
    found: dict[tuple[Any, ...], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for plant in ours:
        links = [
            ("sector", code, None, other) for code in _sectors(o, plant) for other in _in_sector(o)[code]
        ]
        for tie in _open_control(o, "member", plant):
            links += [
                ("employer", None, tie["head"], t["member"]) for t in _open_control(o, "head", tie["head"])
            ]
        links += [("buys", None, None, row["buyer"]) for row in _edges(o, "Supply", "supplier", plant)]
        links += [("supplies", None, None, row["supplier"]) for row in _edges(o, "Supply", "buyer", plant)]
        for link, code, employer, other in links:
            for row in _edges(o, "Representation", "plant", other):
                there = o.one("Union", row["union"]).get("country")
                if there and there != home and country in (None, there):
                    pair = (plant, other) if link in ("buys", "supplies") else ()
                    sides = found[row["union"], link, code, employer, pair]
                    sides[0].add(plant)
                    sides[1].add(other)
    merged: dict[tuple[Any, ...], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for (*key, _), sides in found.items():
        merged[tuple(key)][0].update(sides[0])
        merged[tuple(key)][1].update(sides[1])
    tellers = {row["source"] for row in o.rows("Tie")}
    mine, tied = set(o.one("Union", our_union)["sources"]), _tied(o, our_union)
    return {
        (*key, tuple(sorted(a)), tuple(sorted(b)), tie)
        for key, (a, b) in merged.items()
        if key[0] not in tied
        for tie in [_searched(tellers & mine & set(o.one("Union", key[0])["sources"]))]
    }


def _searched(sources: set[str]) -> str:
    return "none_found" if sources else "not_searched"


def _edges(o: Oracle, kind: str, role: str, id: str) -> Iterator[Row]:
    for row in o.by(kind, role, id):
        represented = kind != "Representation" or row["representation_status"] in REPRESENTED
        if represented and row["status"] in ("stated", "filed", "found") and row["until"] is None:
            yield row


def _open_control(o: Oracle, role: str, id: str) -> Iterator[Row]:
    return (t for t in o.by("Control", role, id) if t["ultimate"] and t["until_max"] is None)


def _sectors(o: Oracle, plant: str) -> set[str]:
    codes = (row["sector"].split(":") for row in _edges(o, "InSector", "member", plant))
    return {code[:4] for scheme, code in codes if scheme in ("naics-2022", "scian-2023") and len(code) > 3}


@cache
def _in_sector(o: Oracle) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in o.rows("Plant"):
        for code in _sectors(o, row["id"]):
            found[code].add(row["id"])
    return found


def _tied(o: Oracle, union: str) -> set[str]:
    roles = ("party", "beneficiary")
    found = set()
    for mine in o.by("Party", "party", union):
        tie = o.one("Tie", mine["within"])
        if tie and tie["status"] not in GONE and mine["role"] in roles:
            found |= {r["party"] for r in o.by("Party", "within", tie["id"]) if r["role"] in roles}
    members = [row for row in o.by("Affiliation", "member", union) if row["status"] not in GONE]
    below = [
        row
        for body in [union, *(row["body"] for row in members)]
        for row in o.by("Affiliation", "body", body)
    ]
    found |= {row["body"] for row in members}
    return found | {row["member"] for row in below if row["status"] not in GONE}


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
    "CQ15": (cq15, ("partner", "link", "sector", "employer", "ours", "theirs", "tie")),
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
