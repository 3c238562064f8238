"""Groups of ids that are one thing: disjoint sets that know what must keep two of them apart."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ontology import model

PLACE, NUMBER, LEVEL = "place", "number", "level"
WEIGHED = (PLACE, NUMBER, LEVEL)
_COMMON = frozenset(
    """city town village township county heights ciudad cd villa de del la las los el y and the san santa
    santo saint st ste sainte new north south east west port fort lake""".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Link:
    """What joins two ids. `how`: `key`, `judgement` or `match`; `probability` of a match."""

    left: str
    right: str
    how: str
    probability: float | None = None


@dataclass(frozen=True)
class Obstacle:
    """Why two groups may not be one, and the two ids, one of each group, that keep them apart."""

    why: str
    ends: tuple[str, str]


@dataclass(frozen=True)
class Bar:
    """Two ids that must not be one. A `weak` bar stops matches alone, not keys and judgements."""

    left: str
    right: str
    why: str
    weak: bool = False


class Groups:
    """Disjoint sets of ids.

    A group's facts (its kind, the keys it holds, places, numbers) each name the id that brought them.
    Matches heed all facts; keys and judgements heed kinds and keys alone.
    """

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._facts: dict[str, dict[str, dict[str, str]]] = {}
        self._bars: dict[str, list[Bar]] = {}
        self._links: dict[str, list[Link]] = {}

    def find(self, item: str) -> str:
        """The id that stands for the group of an id."""
        parent = self._parent
        if item not in parent:
            parent[item] = item
            self._members[item] = [item]
            self._facts[item] = _issued_key(item)
            return item
        root = item
        while parent[root] != root:
            parent[root] = root = parent[parent[root]]
        return root

    def learn(self, item: str, fact: str, value: str) -> None:
        """Note a fact of an id."""
        self._facts[self.find(item)].setdefault(fact, {}).setdefault(value, item)

    def bar(self, bar: Bar) -> None:
        """Keep the groups of two ids apart from now on."""
        for item in (bar.left, bar.right):
            self._bars.setdefault(self.find(item), []).append(bar)

    def obstacle(self, a: str, b: str, *, match: bool = False) -> Obstacle | None:
        """What keeps the groups of roots `a` and `b` apart."""
        bars = min(self._bars.get(a, []), self._bars.get(b, []), key=len)
        for bar in bars:
            if (match or not bar.weak) and {self.find(bar.left), self.find(bar.right)} == {a, b}:
                ends = (bar.left, bar.right) if self.find(bar.left) == a else (bar.right, bar.left)
                return Obstacle(bar.why, ends)
        mine, other = self._facts[a], self._facts[b]
        for fact in mine.keys() & other.keys():
            if (match or fact not in WEIGHED) and not _fits(fact, mine[fact], other[fact]):
                values = max(mine[fact]), max(other[fact])
                return Obstacle(_words(fact, *values), (mine[fact][values[0]], other[fact][values[1]]))
        return None

    def join(self, link: Link) -> None:
        """Make one group of the two that a link names."""
        a, b = self.find(link.left), self.find(link.right)
        if len(self._members[a]) < len(self._members[b]):
            a, b = b, a
        self._parent[b] = a
        self._members[a] += self._members.pop(b)
        for fact, values in self._facts.pop(b).items():
            self._facts[a].setdefault(fact, {}).update(values)
        if b in self._bars:
            self._bars.setdefault(a, []).extend(self._bars.pop(b))
        for item in (link.left, link.right):
            self._links.setdefault(item, []).append(link)

    def chain(self, link: Link, ends: tuple[str, str]) -> list[str]:
        """The ids that would lead from one end to the other, were `link` let in; ends as in `obstacle`."""
        left, right = (link.left, link.right) if self.same(link.left, ends[0]) else (link.right, link.left)
        return [*self.path(ends[0], left), *self.path(right, ends[1])]

    def same(self, a: str, b: str) -> bool:
        return self.find(a) == self.find(b)

    def path(self, start: str, end: str) -> list[str]:
        """The ids from `start` to `end`, each linked with the next."""
        steps = dict(self._spread(start))
        found = [end]
        while found[-1] != start:
            link = steps[found[-1]]
            found.append(link.left if link.right == found[-1] else link.right)
        return found[::-1]

    def trees(self) -> Iterable[tuple[str, str, Link]]:
        """For each id but the strongest of its group: id, strongest id, the link one step towards it."""
        for members in self._members.values():
            if len(members) > 1:
                best = min(members, key=strength)
                for item, link in self._spread(best):
                    yield item, best, link

    def _spread(self, start: str) -> Iterable[tuple[str, Link]]:
        """Every other id of the group with the link that reaches it, nearest first."""
        seen, ahead = {start}, deque([start])
        while ahead:
            item = ahead.popleft()
            for link in self._links.get(item, []):
                other = link.left if link.right == item else link.right
                if other not in seen:
                    seen.add(other)
                    ahead.append(other)
                    yield other, link


def _issued_key(item: str) -> dict[str, dict[str, str]]:
    authority, _, key = item.partition(":")
    return {authority: {item: item}} if _rank(authority)[1] and key else {}


@cache
def _rank(authority: str) -> tuple[int, bool]:
    known = model().authorities.get(authority)
    return (known.rank, known.issued_once) if known else (len(model().authorities) + 1, False)


def strength(item: str) -> tuple[int, str]:
    """Sort key of ids: the strongest authority first, then the smallest text.

    >>> min(["corp:gm", "us-cik:1467858"], key=strength)
    'us-cik:1467858'
    """
    return _rank(item.partition(":")[0])[0], item


def _fits(fact: str, mine: dict[str, str], other: dict[str, str]) -> bool:
    if fact == PLACE:
        return any(_near(a, b) for a in _towns(mine) for b in _towns(other))
    return not mine.keys().isdisjoint(other)


def _towns(places: dict[str, str]) -> list[str]:
    """The places whose town is known, else all."""
    return [place for place in places if not place.startswith(", ")] or list(places)


def _near(a: str, b: str) -> bool:
    """Places `town, subdivision` that may be one: the same subdivision and a word of the town in common."""
    (words, state), (others, there) = _town(a), _town(b)
    if state and there and state != there:
        return False
    return not words or not others or not words.isdisjoint(others)


@cache
def _town(place: str) -> tuple[frozenset[str], str]:
    """Words of the town that tell it from others, without accents, and the subdivision."""
    town, _, state = place.rpartition(", ")
    plain = "".join(c for c in unicodedata.normalize("NFKD", town.lower()) if not unicodedata.combining(c))
    return frozenset(re.findall(r"[a-z0-9]+", plain)) - _COMMON, state


def _words(fact: str, a: str, b: str) -> str:
    if fact == "kind":
        return f"one is a {' and one a '.join(sorted((a, b)))}"
    if fact in WEIGHED:
        return f"{fact}s that differ: {a.strip(', ')} and {b.strip(', ')}"
    return f"{' and '.join(sorted((a, b)))} are two keys of one register"
