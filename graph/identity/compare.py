"""Two mentions of employers or plants compared, field by field, into a few named levels.

Levels, not numbers: each can be read, counted and explained. `shared` says how rare the words are that both
names have; `rest` says what is left over, from nothing to other words of their own; `place`, `sector`, `keys`
and `address` compare those fields, `unknown` where one side has none.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import token_set_ratio

from graph.identity.names import Name, folded, kind_of, parse

WORDS = Path(__file__).parent / "words.csv"
SPELLING = 0.92
COMPARISONS = {
    "Corporation": ("shared", "rest", "place", "sector", "keys"),
    "Plant": ("shared", "rest", "place", "sector", "keys", "address"),
}
_TOWN = (" city", " town", " village", " township", " borough", " municipality")


class Mention(NamedTuple):
    """One employer or plant as one source names it. `keys` are ids (`us-cik:7`); texts as they stand."""

    name: Name
    town: str = ""
    subdivision: str = ""
    country: str = ""
    sector: str = ""
    address: str = ""
    keys: frozenset[str] = frozenset()


def mention(
    name: str | None,
    town: str | None = None,
    subdivision: str | None = None,
    country: str | None = None,
    sector: str | None = None,
    address: str | None = None,
    keys: Iterable[str] = (),
) -> Mention:
    """A mention from texts; anything but the name may be missing.

    >>> mention("Dana Corp.", "Lafayette city", "US-IN").town
    'lafayette'
    """
    place = folded(town or "").partition(",")[0].strip()
    for suffix in _TOWN:
        place = place.removesuffix(suffix)
    return Mention(
        parse(name),
        place,
        subdivision or "",
        country or "",
        sector or "",
        folded(address or ""),
        frozenset(keys),
    )


@cache
def _counts() -> tuple[dict[str, int], int]:
    """How many names of the registers hold a word, for words in at least 20, and how many names there are."""
    with WORDS.open(encoding="utf-8", newline="") as file:
        counts = {row["word"]: int(row["names"]) for row in csv.DictReader(file)}
    return counts, counts.pop("*")


def rarity(word: str) -> float:
    """Natural logarithm of names per name with the word; words in fewer than 20 names count as in 5.

    >>> rarity("company") < rarity("whirlpool")
    True
    """
    counts, total = _counts()
    return math.log(total / counts.get(word, 5))


class _Words(NamedTuple):
    shared: list[str]
    left: list[str]
    right: list[str]
    misspelt: bool


def _align(left: tuple[str, ...], right: tuple[str, ...]) -> _Words:
    """Words that both names have, then words that are spelt almost alike; the others are left over."""
    others = list(right)
    shared: list[str] = []
    rest: list[str] = []
    for word in left:
        if word in others:
            others.remove(word)
            shared.append(word)
        else:
            rest.append(word)
    kept: list[str] = []
    misspelt = False
    for word in rest:
        close = next((o for o in others if len(word) > 4 and _alike(word, o)), None)
        if close:
            others.remove(close)
            shared.append(word)
            misspelt = True
        else:
            kept.append(word)
    return _Words(shared, kept, others, misspelt)


def _alike(a: str, b: str) -> bool:
    return a[0] == b[0] and len(b) > 4 and JaroWinkler.similarity(a, b) >= SPELLING


_REST = (
    *("none", "spelling", "site", "generic", "number"),
    *("country", "own_tail", "own_other", "legal_name", "purpose", "own_both"),
)
_WORDS_OF_A_LEGAL_NAME = ("site", "generic", "number", "own_tail", "own_other")


def _rest(words: _Words, left: tuple[str, ...], right: tuple[str, ...], places: frozenset[str]) -> str:
    kinds = [{kind_of(word, places) for word in side} for side in (words.left, words.right)]
    every = kinds[0] | kinds[1]
    if not every:
        return "spelling" if words.misspelt else "none"
    if "purpose" in every:
        return "purpose"
    if ("own" in kinds[0] and "own" in kinds[1]) or (words.misspelt and not every <= {"site", "place"}):
        return "own_both"
    if "own" in every:
        short, long = sorted((left, right), key=len)
        return "own_tail" if long[: len(short)] == short else "own_other"
    for kind in ("country", "number", "generic"):
        if kind in every:
            return kind
    return "site"


def _shared(words: list[str], places: frozenset[str]) -> str:
    own = sum(rarity(word) for word in words if kind_of(word, places) == "own")
    weak = sum(rarity(word) for word in words if kind_of(word, places) == "generic")
    total = own + weak / 2 if own or len(words) > 1 else 0.0
    for level, bound in (("none", 0.01), ("common", 6.0), ("middle", 9.0), ("rare", 13.0)):
        if total < bound:
            return level
    return "very_rare"


def _names(left: Name, right: Name, places: frozenset[str]) -> tuple[str, str]:
    """The levels `shared` and `rest` of the best pair of names; a match of a further name is an `alias`."""
    best = ("none", "own_both")
    for a, b, alias in _pairs_of_names(left, right):
        found = _one(a, b, places)
        if _REST.index(found[1]) < _REST.index(best[1]) and found[0] != "none":
            if alias and found[1] not in ("none", "spelling"):
                continue
            best = (found[0], "alias" if alias else found[1])
            if alias:
                break
    if left.formal and right.formal and best[1] in _WORDS_OF_A_LEGAL_NAME:
        return best[0], "legal_name"
    return best


def _pairs_of_names(left: Name, right: Name) -> Iterable[tuple[tuple[str, ...], tuple[str, ...], bool]]:
    yield left.words, right.words, False
    yield from ((other, right.words, True) for other in left.others)
    yield from ((left.words, other, True) for other in right.others)
    yield from ((a, b, True) for a in left.others for b in right.others)


def _one(left: tuple[str, ...], right: tuple[str, ...], places: frozenset[str]) -> tuple[str, str]:
    if not left or not right:
        return "none", "own_both"
    if "".join(left) == "".join(right):
        return _shared(list(left), frozenset()), "none"
    for short, long in ((left, right), (right, left)):
        if len(short) == 1 and 3 <= len(short[0]) <= 6 and "".join(w[0] for w in long) == short[0]:
            return "acronym", "none"
    words = _align(left, right)
    return _shared(words.shared, places), _rest(words, left, right, places)


def _place(a: Mention, b: Mention) -> str:
    if (
        a.town
        and b.town
        and a.town == b.town
        and (not a.subdivision or a.subdivision == (b.subdivision or a.subdivision))
    ):
        return "same_town"
    if a.subdivision and b.subdivision:
        return "same_state" if a.subdivision == b.subdivision else "other_state"
    if a.country and b.country:
        return "same_country" if a.country == b.country else "other_country"
    return "unknown"


def _sector(a: str, b: str) -> str:
    left, right = ("".join(c for c in text if c.isdigit()) for text in (a, b))
    if len(left) < 2 or len(right) < 2:
        return "unknown"
    same = next((n for n in (4, 3, 2) if len(left) >= n and left[:n] == right[:n]), 0)
    manufacturing = left[:2] in ("31", "32", "33") and right[:2] in ("31", "32", "33")
    return {4: "same", 3: "near", 2: "near"}.get(same, "near" if manufacturing else "other")


def _keys(a: frozenset[str], b: frozenset[str]) -> str:
    if a & b:
        return "same"
    left, right = ({key.partition(":")[0] for key in keys} for keys in (a, b))
    return "other" if left & right else "unknown"


def _address(a: str, b: str) -> str:
    if not a or not b:
        return "unknown"
    numbers = {word for word in a.split() if word.isdigit()} & {word for word in b.split() if word.isdigit()}
    alike = token_set_ratio(a, b)
    if alike >= 85 or (numbers and alike >= 60):
        return "same"
    return "near" if numbers or alike >= 60 else "other"


def compare(left: Mention, right: Mention) -> dict[str, str]:
    """The level of every comparison of two mentions.

    >>> compare(mention("Dana Corp."), mention("DANA CORPORATION"))["rest"]
    'none'
    """
    places = frozenset(" ".join((left.town, right.town)).split())
    shared, rest = _names(left.name, right.name, places)
    return {
        "shared": shared,
        "rest": rest,
        "place": _place(left, right),
        "sector": _sector(left.sector, right.sector),
        "keys": _keys(left.keys, right.keys),
        "address": _address(left.address, right.address),
    }
