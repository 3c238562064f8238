"""Records of one thing: joined by authority keys and judgements, never by name.

A record's id and the ids that its source gives beside it (`same_as`) name one thing, unless that would join
two keys that one register issued to two things, or cross a judgement `different`.
Judgements `same` come first. The canonical id is that of the strongest authority, then the smallest text:
computed, never stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from graph.identity.judgements import Judgement
from ontology import TrinationalError, model

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Identity:
    """What `resolve` found.

    `mapping`: `record_id`, `id` (canonical), `reason`, one row for each record id that is not canonical;
    the reason is `key` or `judgement`.
    `refused`: `left`, `right`, `reason`: joins that a source suggests and a rule forbids.
    """

    mapping: pl.DataFrame
    refused: pl.DataFrame

    def canonical(self, column: str) -> pl.Expr:
        """The canonical id of each id in a text column."""
        if self.mapping.is_empty():
            return pl.col(column)
        return pl.col(column).replace(self.mapping["record_id"], self.mapping["id"])


@dataclass(frozen=True)
class _Obstacle:
    """Why two groups may not be one, and the two ids that keep them apart."""

    why: str
    ends: tuple[str, str]


@dataclass
class _Groups:
    """Disjoint sets of ids that know which keys they hold and what they must not join."""

    parent: dict[str, str] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    different: dict[str, dict[str, Judgement]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def find(self, item: str) -> str:
        root = item
        while (up := self.parent.setdefault(root, root)) != root:
            root = up
        while self.parent[item] != root:
            self.parent[item], item = root, self.parent[item]
        if root not in self.keys:
            self.keys[root] = _issued_key(root)
        return root

    def obstacle(self, a: str, b: str) -> _Obstacle | None:
        """What keeps the groups of roots `a` and `b` apart."""
        for authority, key in self.keys[a].items():
            other = self.keys[b].get(authority)
            if other is not None and other != key:
                ends = (f"{authority}:{key}", f"{authority}:{other}")
                return _Obstacle(f"{' and '.join(ends)} are two keys of one register", ends)
        for judgement in (*self.different.get(a, {}).values(), *self.different.get(b, {}).values()):
            ends = (judgement.left, judgement.right)
            if {self.find(ends[0]), self.find(ends[1])} == {a, b}:
                return _Obstacle(f"{judgement.where} says {' and '.join(ends)} are different", ends)
        kinds = {self.kinds.get(a), self.kinds.get(b)} - {None}
        if len(kinds) > 1:
            return _Obstacle(f"one is a {' and one a '.join(sorted(map(str, kinds)))}", (a, b))
        return None

    def join(self, a: str, b: str) -> None:
        self.parent[b] = a
        self.keys[a] = self.keys[b] | self.keys[a]
        self.different.setdefault(a, {}).update(self.different.get(b, {}))
        if b in self.kinds:
            self.kinds.setdefault(a, self.kinds[b])


def _issued_key(item: str) -> dict[str, str]:
    authority, _, key = item.partition(":")
    known = model().authorities.get(authority)
    return {authority: key} if known and known.issued_once else {}


def strength(item: str) -> tuple[int, str]:
    """Sort key of ids: the strongest authority first, then the smallest text.

    >>> min(["corp:gm", "us-cik:1467858"], key=strength)
    'us-cik:1467858'
    """
    known = model().authorities.get(item.partition(":")[0])
    return (known.rank if known else len(model().authorities) + 1, item)


def resolve(said: Iterable[pl.LazyFrame], judgements: Sequence[Judgement] = ()) -> Identity:
    """Find which ids name one thing.

    Parameters
    ----------
    said
        Frames with `id` (text), `same_as` (list of text) and `kind` (text), one row a record.
    judgements
        What people decided.

    Raises
    ------
    TrinationalError
        A judgement `same` that joins what another judgement, or a register, keeps apart: the chain is named.

    >>> frame = pl.LazyFrame({"id": ["corp:x"], "same_as": [["us-cik:7"]], "kind": ["Corporation"]})
    >>> resolve([frame]).mapping.rows()
    [('corp:x', 'us-cik:7', 'key')]
    """
    import networkx as nx

    groups = _Groups()
    links = _suggested(said)
    judged = {item for j in judgements for item in (j.left, j.right)}
    _learn_kinds(groups, said, judged | set(links["id"]))
    chain: nx.Graph[str] = nx.Graph()
    for judgement in judgements:
        if judgement.judgement == "different":
            for item in (judgement.left, judgement.right):
                groups.different.setdefault(groups.find(item), {})[judgement.where] = judgement
    for judgement in judgements:
        if judgement.judgement == "same":
            _join_judged(groups, chain, judgement)
    refused = [
        (item, key, why)
        for item, key in links.rows()
        if (why := _join_suggested(groups, item, key)) is not None
    ]
    text = pl.String()
    return Identity(
        pl.DataFrame(_mapping(groups, judged), {"record_id": text, "id": text, "reason": text}, orient="row"),
        pl.DataFrame(refused, {"left": text, "right": text, "reason": text}, orient="row"),
    )


def _suggested(said: Iterable[pl.LazyFrame]) -> pl.DataFrame:
    frames = [
        frame.select("id", "same_as").explode("same_as").drop_nulls().unique().sort("id", "same_as")
        for frame in said
    ]
    if not frames:
        return pl.DataFrame(schema={"id": pl.String, "same_as": pl.String})
    return pl.concat(pl.collect_all(frames)).filter(pl.col("id") != pl.col("same_as"))


def _learn_kinds(groups: _Groups, said: Iterable[pl.LazyFrame], ids: set[str]) -> None:
    if not ids:
        return
    wanted = pl.Series(sorted(ids)).implode()
    for frame in said:
        for item, kind in frame.select("id", "kind").filter(pl.col("id").is_in(wanted)).collect().rows():
            groups.kinds[groups.find(item)] = kind


def _join_judged(groups: _Groups, chain: nx.Graph[str], judgement: Judgement) -> None:
    left, right = groups.find(judgement.left), groups.find(judgement.right)
    if left == right:
        return
    obstacle = groups.obstacle(left, right)
    if obstacle:
        raise TrinationalError(
            f"{judgement.where}: {judgement.left} and {judgement.right} cannot be the same: "
            f"{obstacle.why}{_chain(chain, judgement, obstacle.ends)}",
            hint="correct one of these lines of the judgements file",
        )
    chain.add_edge(judgement.left, judgement.right)
    groups.join(*sorted((left, right)))


def _chain(chain: nx.Graph[str], judgement: Judgement, ends: tuple[str, str]) -> str:
    """The judgements `same` that lead from one end of the contradiction to the other."""
    import networkx as nx

    extended = nx.Graph(chain)
    extended.add_edge(judgement.left, judgement.right)
    if not set(ends) <= set(extended) or not nx.has_path(extended, *ends):
        return ""
    return f" (chain: {' = '.join(nx.shortest_path(extended, *ends))})"


def _join_suggested(groups: _Groups, item: str, key: str) -> str | None:
    """Join an id with a key that a source gives for it, or say why not."""
    authority, _, value = key.partition(":")
    known = model().authorities.get(authority)
    if known is None or not known.pattern.fullmatch(value):
        return "not the form of its register"
    a, b = sorted((groups.find(item), groups.find(key)))
    if a == b:
        return None
    if obstacle := groups.obstacle(a, b):
        return obstacle.why
    groups.join(a, b)
    return None


def _mapping(groups: _Groups, judged: set[str]) -> list[tuple[str, str, str]]:
    members: dict[str, list[str]] = {}
    for item in groups.parent:
        members.setdefault(groups.find(item), []).append(item)
    rows: list[tuple[str, str, str]] = []
    for group in members.values():
        best = min(group, key=strength)
        reason = "judgement" if judged & set(group) else "key"
        rows += [(item, best, reason) for item in group if item != best]
    return sorted(rows)
