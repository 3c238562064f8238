"""Two mentions of employers or plants compared, field by field, into a few named levels.

Levels, not numbers: each can be read, counted and explained. `shared` says how rare the words are that both
names have; `rest` says what is left over, from nothing to other words of their own; `parent` what sources or
the names themselves say of owners; `place`, `sector`, `keys` and `address` compare those fields, `unknown`
where one side has none.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import token_set_ratio, token_sort_ratio

from graph.identity.names import ONE_A_PLACE, Name, folded, kind_of, parse

WORDS = Path(__file__).parent / "words.csv"
SPELLING = 0.92
SAME_ADDRESS = 95.0  # token-sort ratio of two addresses of which no town is known
SAME_SITE = 85.0  # token-set ratio of two further names of plants
RECURRING = ONE_A_PLACE.union(("bottling", "bottler", "dealer", "dealership", "hotel", "casino", "various"))
_SHORTEST = 3
COMPARISONS = {
    "Corporation": ("shared", "rest", "place", "sector", "keys", "parent"),
    "Plant": ("shared", "rest", "site", "sector", "keys"),
    "Union": ("body", "place", "keys"),
}
_ONE_COUNTRY = ("same_country", "same_state", "same_town")
_NUMBER = re.compile(r"\d+")
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
    full = folded(town or "").partition(",")[0].strip()
    place = full
    for suffix in _TOWN:
        place = place.removesuffix(suffix)
    return Mention(
        parse(_without_town(name or "", full)),
        place,
        subdivision or "",
        country or "",
        sector or "",
        folded(address or ""),
        frozenset(keys),
    )


def _without_town(name: str, town: str) -> str:
    """The name without the town that a register puts behind it.

    >>> _without_town("Kmart, Findlay city", "findlay city")
    'Kmart'
    """
    head, comma, tail = name.rpartition(",")
    return head if comma and town and folded(tail).strip() == town else name


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
    """Whether two words are one that is misspelt; two words that many names hold are two."""
    if a[0] != b[0] or len(b) < 5:
        return False
    known, _ = _counts()
    return not (a in known and b in known) and JaroWinkler.similarity(a, b) >= SPELLING


class _Here(NamedTuple):
    """What two places tell of words: the words of the towns, and whether the country is one."""

    towns: frozenset[str]
    one_country: bool

    def kinds(self, words: list[str], name: tuple[str, ...]) -> set[str]:
        """Kinds of the words that are left over of a name.

        A town before a name is part of it; the country behind a name tells nothing in that country.
        """
        found = {kind_of(word, self.towns) for word in words}
        if "place" in found and (name[0] in words or not ONE_A_PLACE.isdisjoint(name)):
            found = found - {"place"} | {"own"}
        if "country" in found and self.one_country and kind_of(name[-1], self.towns) == "country":
            found = found - {"country"} | {"generic"}
        return found


_RESTS = (
    *("none", "spelling", "site", "generic", "alias", "number"),
    *("country", "own_tail", "own_other", "legal_name", "purpose", "own_both"),
)
_NEAR = _RESTS.index("generic")
_WHOLE = ("none", "spelling", "site", "alias")
_CLOSE = ("none", "spelling", "site", "generic")
_SHARED = ("none", "acronym", "common", "middle", "rare", "very_rare")
_LISTED_TWICE = ("generic", "number", "country", "own_tail", "own_other")


def _rest(words: _Words, left: Name, right: Name, here: _Here) -> str:
    kinds = here.kinds(words.left, left.words), here.kinds(words.right, right.words)
    every = kinds[0] | kinds[1]
    if not every:
        return "spelling" if words.misspelt else "none"
    if "purpose" in every:
        return "purpose"
    if ("own" in kinds[0] and "own" in kinds[1]) or (words.misspelt and not every <= {"site", "place"}):
        return "own_both"
    if "country" in every:
        return "country"
    if (left.formal or not words.left) and (right.formal or not words.right):
        return "legal_name"
    if "own" in every:
        short, long = sorted((left.words, right.words), key=len)
        return "own_tail" if long[: len(short)] == short else "own_other"
    return next((kind for kind in ("number", "generic") if kind in every), "site")


def _shared(words: Iterable[str], towns: frozenset[str]) -> str:
    kinds = [(word, kind_of(word, towns)) for word in words]
    own = sum(rarity(word) for word, kind in kinds if kind == "own")
    weak = sum(rarity(word) for word, kind in kinds if kind == "generic")
    if sum(len(word) for word, _ in kinds) < _SHORTEST:
        return "none"
    total = own + weak / 2 if own or len(kinds) > 1 else 0.0
    for level, bound in (("none", 0.01), ("common", 6.0), ("middle", 9.0), ("rare", 13.0)):
        if total < bound:
            return level
    return "very_rare"


def _names(left: Name, right: Name, here: _Here) -> tuple[str, str]:
    """The levels `shared` and `rest`; a further name of one side that is the other's is an `alias`.

    Names that state a parent are compared without it and with it (`Textron Inc - Fafnir Bearing Div`).
    """
    shared, rest = _one(left, right, here)
    if left.parent or right.parent:
        a, b = (Name(name.whole or name.words, (), name.formal) for name in (left, right))
        whole = _one(a, b, here)
        if (shared, rest) == ("none", "own_both") or (
            whole[1] in _CLOSE and (rest not in _CLOSE or _SHARED.index(whole[0]) > _SHARED.index(shared))
        ):
            shared, rest = whole
    if shared != "none" and _RESTS.index(rest) < _NEAR:
        return shared, rest
    pairs = [(Name(other), right) for other in left.others] + [(left, Name(other)) for other in right.others]
    for a, b in pairs:
        found = _one(a, b, here)
        if found[0] not in ("none", "common", "acronym") and found[1] in ("none", "spelling"):
            return found[0], "alias"
    return shared, rest


def _parent(left: Name, right: Name, here: _Here, shared: str, rest: str) -> str:
    """What the names say: one that it belongs to the other, or both to one parent."""
    if not (left.parent or right.parent) or (shared != "none" and rest in _WHOLE):
        return "unknown"
    if _named_in(left, right, here) or _named_in(right, left, here):
        return "says"
    both = left.parent and right.parent
    return "one_parent" if both and _named_in(left, Name(right.parent), here) else "unknown"


def _named_in(name: Name, parent: Name, here: _Here) -> bool:
    """Whether the parent that a name states is called so."""
    shared, rest = _one(Name(name.parent), parent, here)
    return shared not in ("none", "common", "acronym") and rest in ("none", "spelling")


def _one(left: Name, right: Name, here: _Here) -> tuple[str, str]:
    if not left.words or not right.words:
        return "none", "own_both"
    if left.joined == right.joined:
        return _shared(left.words, here.towns), "none"
    if _short_of(left, right) or _short_of(right, left):
        return "acronym", "none"
    words = _align(left.words, right.words)
    rest = _rest(words, left, right, here)
    return "none" if rest == "own_both" else _shared(words.shared, here.towns), rest


def _short_of(short: Name, long: Name) -> bool:
    return len(short.words) == 1 and 3 <= len(short.joined) <= 6 and long.initials == short.joined


def _place(a: Mention, b: Mention) -> str:
    if a.country and b.country and a.country != b.country:
        return "other_country"
    if (
        a.town
        and a.town == b.town
        and (not a.subdivision or a.subdivision == (b.subdivision or a.subdivision))
    ):
        return "same_town"
    if a.subdivision and b.subdivision:
        return "same_state" if a.subdivision == b.subdivision else "other_state"
    return "same_country" if a.country and b.country else "unknown"


def _site(place: str, a: str, b: str) -> str:
    """Place and address as one level: numbers decide where both addresses have them, else words.

    Alike addresses of which no town is known are doubtful unless they are the very same.
    """
    if not a or not b or place.startswith("other"):
        return place
    numbers = [frozenset(_NUMBER.findall(text)) for text in (a, b)]
    alike = token_set_ratio(a, b)
    if all(numbers):
        near = not numbers[0].isdisjoint(numbers[1])
        same = near and alike >= 60
    else:
        same, near = alike >= 90, alike >= 60
    if near and place != "same_town" and token_sort_ratio(a, b) < SAME_ADDRESS:
        return "doubtful_address"
    return "same_address" if same else "near_address" if near else "other_address"


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


def _told(rest: str, left: Mention, right: Mention, place: str, kind: str) -> str:
    """The level `rest`, harder on what recurs from place to place.

    A body that every town has is another one in the next town, and maybe one where a town is not known, and
    a caterer in it is not the body; a further name that tells of a plant's site must be known to both.
    """
    sides = ((left, right), (right, left))
    if kind == "Plant" and rest in (*_WHOLE, "generic") and any(_other_town(a, b) for a, b in sides):
        return "number"
    if rest not in _WHOLE:
        return rest
    if kind == "Plant" and any(_two_sites(a.name, b.name) for a, b in sides):
        return "number"
    recurring = not RECURRING.isdisjoint((*left.name.words, *right.name.words))
    placed = left.town or right.town or place in ("other_state", "other_country")
    caterer = kind == "Corporation" and rest == "alias"
    return "own_other" if recurring and (caterer or (placed and place != "same_town")) else rest


def _other_town(one: Mention, other: Mention) -> bool:
    """Whether a further name is a town that is neither the plant's own nor known to the other."""
    here = frozenset(parse(one.town).words) if one.name.towns else frozenset[str]()
    towns = (words for words in one.name.towns if here and not here.issubset(words))
    return any(not _known(words, other.name) for words in towns)


def _two_sites(one: Name, other: Name) -> bool:
    """Whether a further name with a number, or of a body that a town has one of, is not the other's."""
    return any(
        not _known(words, other)
        for words in one.others
        if any(word.isdigit() or word in ONE_A_PLACE for word in words)
    )


def _two_named_sites(left: Name, right: Name) -> bool:
    """Whether both have a further name of a site (`Quail Hollow facility`) that is not the other's."""
    return all(
        any(_of_site(words) and not _known(words, other) for words in one.others)
        for one, other in ((left, right), (right, left))
    )


def _of_site(words: tuple[str, ...]) -> bool:
    return {kind_of(word, frozenset()) for word in words} >= {"own", "site"}


def _known(words: tuple[str, ...], name: Name) -> bool:
    texts = [" ".join(each) for each in (name.words, *name.others)]
    return max(token_set_ratio(" ".join(words), text) for text in texts) >= SAME_SITE


def compare(
    left: Mention, right: Mention, kind: str = "Corporation", parent: str = "unknown"
) -> dict[str, str]:
    """The level of every comparison of two mentions of a kind, `Corporation` or `Plant`.

    `parent` is what sources say of the owners of both: `owns`, `one_parent`, `other` or `unknown`. Where one
    parent lists both, a word more makes another company.

    >>> compare(mention("Dana Corp."), mention("DANA CORPORATION"))["rest"]
    'none'
    >>> compare(mention("Fafnir Bearing, a division of Textron"), mention("Textron Inc"))["parent"]
    'says'
    """
    towns = frozenset(" ".join((left.town, right.town)).split())
    place = _place(left, right)
    here = _Here(towns, place in _ONE_COUNTRY)
    shared, rest = _names(left.name, right.name, here)
    if parent == "one_parent" and rest in _LISTED_TWICE:
        rest = "legal_name"
    if parent in ("unknown", "other"):
        stated = _parent(left.name, right.name, here, shared, rest)
        parent = parent if stated == "unknown" else stated
    if kind == "Plant" and _two_named_sites(left.name, right.name):
        shared, rest = "none", "own_both"
    return {
        "shared": shared,
        "rest": _told(rest, left, right, place, kind),
        "place": place,
        "site": _site(place, left.address, right.address),
        "sector": _sector(left.sector, right.sector),
        "keys": _keys(left.keys, right.keys),
        "parent": parent,
    }
