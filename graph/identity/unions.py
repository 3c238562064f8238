"""Mentions of unions taken apart and compared: which national, what kind of body, which number, which words.

Registers write one local in many ways: `UAW 174`, `AUTO WORKERS AFL-CIO |  | LU 174`, `section locale 174`. A
name is cut into words; nationals are found by `nationals`, kinds of bodies with their numbers by the words of
three languages; what is left names the body itself. A registered union of Mexico is known by its whole name:
the confederation in it makes no two unions one.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import JaroWinkler

from graph.identity.compare import rarity
from graph.identity.nationals import (
    Phrase,
    curated,
    merged,
    numbering,
    phrases,
    steps,
    tie,
    top,
    vocabulary,
    whole,
)
from graph.identity.union_words import (
    BAR,
    BETWEEN,
    CENTRES,
    FUNDS,
    GLUE,
    LEVEL_OF,
    LEVELS,
    LOCALS,
    NOTHING,
    ONLY_NUMBERED,
    OWN_NUMBER,
    PLAIN,
    base,
    kind_of,
    number,
    state_words,
    tokens,
    us_states,
)

SPELLING = 0.9
# A longer name is the same where what it adds, all of it general words, is so small a part of it.
ADDED = 0.3
# Initials of so few letters (`OEA`) may stand for several unions.
SHORT = 3
_BRACKETS = re.compile(r"\(([^()]*)\)?")
_UNION_WORD = re.compile(
    r"(?i)\b(?:assoc|assn|union|local|teachers?|workers?|employees|fed|federation|sindicato|syndicat)\b"
)
_FIRM = re.compile(r"(?i)\b(?:inc|llc|ltd|corp|co|company|d/?b/?a|lp|hospital|center|services)\b")
_NAMES = ("same_name", "near_name", "other_name")


def is_named_like_one(name: str) -> bool:
    """Whether a name is called as unions are, without knowing that it is one.

    >>> [is_named_like_one(name) for name in ("UAW 174", "Sindicato Progresista", "Lear Corporation")]
    [True, True, False]
    """
    read = mention(name)
    called = bool(read.level or _UNION_WORD.search(name) or re.search(r"(?i)\bunión\b", name))
    return bool(read.national) or (called and not _FIRM.search(re.sub(r"\(.*?\)", "", name)))


class Union(NamedTuple):
    """One union body as one source names it.

    `national`: a row of `nationals.csv` or an id of the built-in dataset; `words`: what names the body beside
    its national and number; `names`: the words of each name that it has; `wholes`: each name in one word.
    """

    national: str = ""
    level: str = ""
    numbers: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()
    names: tuple[tuple[str, ...], ...] = ()
    wholes: frozenset[str] = frozenset()
    town: str = ""
    subdivision: str = ""
    country: str = ""
    keys: frozenset[str] = frozenset()
    zero: bool = False


class _Read(NamedTuple):
    """One name taken apart."""

    national: str = ""
    level: str = ""
    numbers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    wholes: frozenset[str] = frozenset()


class _Body(NamedTuple):
    level: str
    numbers: tuple[str, ...]
    start: int
    end: int


class _Found(NamedTuple):
    phrase: Phrase
    start: int
    end: int


def mention(
    name: str | None,
    town: str | None = None,
    subdivision: str | None = None,
    country: str | None = None,
    *,
    others: Iterable[str | None] = (),
    keys: Iterable[str] = (),
) -> Union:
    """A mention of a union from texts; anything but the name may be missing.

    `others`: further names of the same body (native name, abbreviation, as another column writes it).
    `subdivision`: ISO 3166-2. `keys`: ids of registers (`us-olms:545330`).

    >>> one = mention("AUTO WORKERS AFL-CIO |  | LU 174")
    >>> one.national, one.level, sorted(one.numbers)
    ('UAW', 'local', ['174'])
    """
    reads = [_read(text) for text in (name, *others) if text] or [_Read()]
    body = next((one for one in reads if one.numbers), reads[0])
    numbers = frozenset(one for one in body.numbers if one.strip("0-"))
    zero = bool(body.numbers) and not numbers
    national = next((one.national for one in reads if one.national), "")
    return Union(
        national,
        "" if zero else body.level,
        numbers,
        body.words,
        tuple(dict.fromkeys(one.name for one in reads if one.name)),
        frozenset(form for one in reads for form in one.wholes),
        whole(town or ""),
        _state(national, body.words) or subdivision or "",
        country or "",
        frozenset(keys),
        zero,
    )


def _state(national: str, words: tuple[str, ...]) -> str:
    """The state that a local names beside its number, where numbers begin anew in each (`BAC 2 NY`)."""
    if numbering().get(national) != "state":
        return ""
    return next(("US-" + word.upper() for word in words if word in us_states()), "")


@lru_cache(maxsize=400_000)
def _read(text: str) -> _Read:
    asides = [aside for aside in _BRACKETS.findall(text) if aside.strip()]
    main = _BRACKETS.sub(" ", text) if asides else text
    read = _cut(" ".join([main, *(aside for aside in asides if _tells_of_union(aside))]))
    forms = [whole(text), whole(main), "".join(read.name)]
    if known := next((curated()[form] for form in forms if form in curated()), ""):
        same = known == read.national
        read = read._replace(national=known, words=read.words if same or read.numbers else ())
    if not read.name and not read.national:
        return read
    short = (form for form in map(whole, asides) if _abbreviates(form, read.name))
    return read._replace(wholes=frozenset({*forms[:2], *short} - {""}))


def _abbreviates(short: str, name: tuple[str, ...]) -> bool:
    """Whether a short form in brackets is made of first letters, from the first word to the last."""
    firsts = iter(word[0] for word in name)
    if len(short) <= 2 or not name or (short[0], short[-1]) != (name[0][0], name[-1][0]):
        return False
    return all(one in firsts for one in short)


def _tells_of_union(aside: str) -> bool:
    """Whether words in brackets tell of the union, not of an employer."""
    return not _FIRM.search(aside) and bool(_UNION_WORD.search(aside) or _cut(aside).national)


def _cut(text: str) -> _Read:
    """A name without brackets taken apart; where it names several unions, only its words and numbers."""
    marked = tokens(text)
    words = _in_figures([word for word, _ in marked])
    bodies = _bodies(words)
    used = {at for body in bodies for at in range(body.start, body.end)}
    found = _nationals(marked, used)
    names = _meant(found)
    if len(names) > 1:
        rest = tuple(word for word in words if word != BAR and not number(word))
        return _Read("", "", tuple(filter(None, map(number, words))), rest, rest)
    if not any(body.numbers and body.level in OWN_NUMBER for body in bodies) and FUNDS.isdisjoint(words):
        bodies += (_beyond(marked, found, bodies) if names else _at_end(words, bodies))[:1]
    national = _numbered_as(names[0], bodies) if names else ""
    body = _lowest(bodies)
    used = {at for one in bodies for at in range(one.start, one.end)} if national or body.numbers else set()
    if "nhq" in words or not (national or body.numbers):
        body = body._replace(level="", numbers=())
    used |= {at for one in found for at in range(one.start, one.end)}
    left = [word for at, word in enumerate(words) if at not in used and word != BAR]
    beside = tuple(filter(None, map(number, left))) if body.numbers and FUNDS.isdisjoint(words) else ()
    if not national or beside or not FUNDS.isdisjoint(words):
        left = [word for word in left if not number(word)]
    own = vocabulary().get(national, frozenset())
    return _Read(
        national,
        body.level,
        body.numbers + (beside if national else ()),
        tuple(word for word in left if not (national and (word in GLUE or word in own))),
        _named(left) if not national else (),
    )


def _in_figures(words: list[str]) -> list[str]:
    """Words with the Roman numbers of sections as the other numbers are.

    >>> _in_figures(["seccion", "xxii"]), _in_figures(["xxii"])
    (['seccion', '22'], ['xxii'])
    """
    sections = (LEVEL_OF.get(word) == "section" for word in ["", *words])
    return [_figures(word) if section else word for word, section in zip(words, sections, strict=False)]


def _figures(word: str) -> str:
    if not re.fullmatch("(?=.)(?:x[lc]|l?x{0,3})(?:i[xv]|v?i{0,3})", word):
        return word
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}[letter] for letter in word]
    after = [*values[1:], 0]
    return str(sum(-one if one < more else one for one, more in zip(values, after, strict=True)))


def _named(words: list[str]) -> tuple[str, ...]:
    """The words of a name without its confederation; none where it only says that nobody is named."""
    own = tuple(word for word in words if word not in CENTRES) or tuple(words)
    return () if NOTHING.issuperset(own) else own


def _bodies(words: list[str]) -> list[_Body]:
    """Kinds of bodies with the numbers after them, in the order of the text."""
    found = []
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and (words[end] in LEVEL_OF or (words[end] in BETWEEN and end > at)):
            end += 1
        numbers = _run(words, end)
        named = [n for n in range(at, end) if words[n] in LEVEL_OF and (numbers or words[n] != "no")]
        if named and (numbers or len(named) > 1 or words[named[0]] not in ONLY_NUMBERED):
            level = _named_level([words[n] for n in named])
            found.append(_Body(level, numbers, at, end + len(numbers) if numbers else named[-1] + 1))
        at = max(end, at + 1)
    return found


def _named_level(words: list[str]) -> str:
    """`district` of `district lodge`, `lodge` of `local lodge`, `local` of `district local`."""
    told = [word for word in words if word != "no"]
    if not told or told[-1] == "local":
        return "local"
    return min(
        (LEVEL_OF[word] for word in told),
        key=lambda level: LEVELS.index(level) if level != "local" else len(LEVELS),
    )


def _run(words: list[str], start: int) -> tuple[str, ...]:
    """The numbers that stand from a place on."""
    return tuple(itertools.takewhile(bool, map(number, itertools.islice(words, start, None))))


def _at_end(words: list[str], bodies: list[_Body]) -> list[_Body]:
    """The number at the end of a name of one or two words (`NPWU - 24`), or that begins with a letter."""
    names = [word for word in words if not number(word)]
    numbers = _run(words, len(names))
    if bodies or not names or not numbers or len(names) + len(numbers) < len(words):
        return []
    short = len(names) <= 2 or numbers[0][0].isalpha()
    return [_Body("local", numbers, len(names), len(words))] if short else []


def _beyond(marked: tuple[tuple[str, bool], ...], found: list[_Found], bodies: list[_Body]) -> list[_Body]:
    """The number after a national, perhaps behind `AFL-CIO` or other initials; else that in front."""
    words = [word for word, _ in marked]
    used = {at for body in bodies for at in range(body.start, body.end)}
    kinds = {body.start: body.level for body in bodies if not body.numbers}
    beyond = []
    for one in found:
        at = one.end
        while at < len(words) and (words[at] in GLUE or words[at] in ("no", BAR)):
            at += 1
        if not bodies and not _run(words, at) and marked[at : at + 1] and marked[at][1]:
            at += 1
        numbers = _run(words, at)
        after = at + len(numbers)
        counted = words[after : after + 1] == ["local"] and after not in used
        if numbers and at not in used and not counted:
            beyond.append(_Body(kinds.get(after, "local"), numbers, at, after))
    if not beyond and found and found[0].start == 1 and (numbers := _run(words[:1], 0)):
        beyond.append(_Body("local", numbers, 0, 1))
    return beyond


def _lowest(bodies: list[_Body]) -> _Body:
    numbered = [body for body in bodies if body.numbers] or bodies
    return max(numbered, key=lambda body: LEVELS.index(body.level), default=_Body("", (), 0, 0))


def _nationals(marked: tuple[tuple[str, bool], ...], used: set[int]) -> list[_Found]:
    """Nationals named. A trade (`carpenters`) names one beside a number or alone only."""
    words = [word for word, _ in marked]
    found: list[_Found] = []
    trades: list[_Found] = []
    at = 0
    while at < len(words):
        one = None if at in used else _phrase(marked, words, at)
        if one:
            (trades if one.phrase.kind == "trade" else found).append(one)
        at = one.end if one and one.phrase.kind != "trade" else at + 1
    if any(one.phrase.national != "AFLCIO" for one in found):
        meant = [one for one in trades if _numbered(words, one.end)]
    else:
        meant = [one for one in trades if _beside(words, one.start, one.end) or _alone(words, used, one)]
    named = {one.phrase.national for one in (*found, *meant)}
    return [*found, *(one for one in trades if one.phrase.national in named)]


def _numbered(words: list[str], at: int) -> bool:
    """Whether a number follows, perhaps after a kind of body."""
    while at < len(words) and (words[at] in LEVEL_OF or words[at] in BETWEEN):
        at += 1
    return at < len(words) and bool(number(words[at]))


def _phrase(marked: tuple[tuple[str, bool], ...], words: list[str], at: int) -> _Found | None:
    for phrase in phrases().get(words[at], ()):
        end = at + len(phrase.words)
        if tuple(words[at:end]) != phrase.words:
            continue
        capitals = all(upper for _, upper in marked[at:end])
        if phrase.kind != "short" or capitals or _beside(words, at, end):
            return _Found(phrase, at, end)
    return None


def _beside(words: list[str], start: int, end: int) -> bool:
    """Whether a kind of body or a number stands next to a phrase."""
    after = end + 1 if words[end : end + 1] == ["union"] else end
    around = [words[at] for at in (start - 1, after) if 0 <= at < len(words)]
    return any(word in LEVEL_OF or number(word) for word in around)


def _alone(words: list[str], used: set[int], one: _Found) -> bool:
    """Whether nothing else tells a name between the bars (or ends) around a phrase."""
    first = max((at + 1 for at in range(one.start) if words[at] == BAR), default=0)
    last = next((at for at in range(one.end, len(words)) if words[at] == BAR), len(words))
    return all(at in used or words[at] in PLAIN for at in (*range(first, one.start), *range(one.end, last)))


def _meant(found: list[_Found]) -> list[str]:
    """The nationals that are meant, one a family: not the centre, and the part rather than the whole."""
    every = list(dict.fromkeys(one.phrase.national for one in found))
    named = [one for one in every if one != "AFLCIO"] or every
    above = {step.into for one in named if (step := steps().get(one))}
    families: dict[str, list[str]] = {}
    for one in named:
        if one not in above:
            families.setdefault(top(one), []).append(one)
    return [_joint(some) for some in families.values()]


def _joint(named: list[str]) -> str:
    """One of a family; the union that they became where several of them did (`SAG - AFTRA`)."""
    if len(named) == 1:
        return named[0]
    became = {merged(one) for one in named}
    return named[0] if len(became) > 1 else became.pop()


def _numbered_as(national: str, bodies: list[_Body]) -> str:
    """The union whose numbers a local has: that above for five digits (`TNG-CWA 31003`)."""
    long = any(len(base(one)) >= 5 for body in bodies for one in body.numbers)
    return steps()[national].into if long and numbering().get(national) == "five" else national


def compare(left: Union, right: Union) -> dict[str, str]:
    """The level of every comparison of two mentions of unions.

    `body`: what nationals, kinds of bodies and numbers say together: `same_number`, `same_body`, `other_body`
    of one family, `other_national`, or `doubtful` (another letter, one number of several, a number that
    several bodies may have); where they do not decide, the names: `same_name`, `near_name` (spelling,
    initials, general words added) or `other_name`. `place`: `same_town`, `same_state` or `unknown`;
    registers give the place of work, so another state says nothing against a union.

    >>> compare(mention("UAW 174"), mention("United Auto Workers, Local Union No. 174"))["body"]
    'same_number'
    >>> compare(mention("UAW 174"), mention("UAW"))["body"]
    'other_body'
    """
    body = _body(left, right)
    return {
        "body": body,
        "place": "unknown" if body == "doubtful" else _place(left, right),
        "keys": _keys(left.keys, right.keys),
    }


def _body(left: Union, right: Union) -> str:
    if not left.national or not right.national:
        return _unlisted(left, right)
    how = tie(left.national, right.national)
    if how == "other":
        return "other_national"
    if not left.numbers and not right.numbers:
        return _unnumbered(left, right) if how == "same" else "other_body"
    if not left.numbers or not right.numbers or how == "apart":
        return "other_body"
    agreed = _numbers(left, right)
    if agreed == "other_body" or (how == "part" and not _named_by_both(left, right)):
        return "other_body"
    if agreed == "doubtful" or how == "part" or any(_shared_number(one, how) for one in (left, right)):
        return "same_number" if left.words == right.words != () and how == "same" else "doubtful"
    if numbering().get(left.national) != "state":
        return agreed
    if not left.subdivision or not right.subdivision:
        return "doubtful"
    return agreed if left.subdivision == right.subdivision else "other_body"


def _named_by_both(left: Union, right: Union) -> bool:
    return any(numbering().get(one.national) in ("both", "five") for one in (left, right))


def _shared_number(one: Union, how: str) -> bool:
    """Whether several bodies may have the number: so a register says, or the table of nationals."""
    way = numbering().get(one.national, "")
    if how == "merged" and way == "prefix" and not all("-" in each for each in one.numbers):
        return True
    several = any(count > 1 for count in _by_authority(one.keys).values())
    return several or way in {base(each) for each in one.numbers}


def _numbers(left: Union, right: Union) -> str:
    """Whether kinds of bodies and numbers agree; other letters, a sub-unit or one of several are in doubt."""
    if _group(left.level) != _group(right.level) or _funds(left) != _funds(right):
        return "other_body"
    if left.numbers == right.numbers or _joined(left.numbers) == _joined(right.numbers):
        return "same_number"
    shared = {*map(base, left.numbers)} & {*map(base, right.numbers)}
    return "doubtful" if shared else "other_body"


def _joined(numbers: frozenset[str]) -> list[str]:
    return sorted(one.replace("-", "") if not one.replace("-", "").isdigit() else one for one in numbers)


def _funds(one: Union) -> frozenset[str]:
    return FUNDS.intersection(one.words)


def _group(level: str) -> str:
    return "local" if level in LOCALS or not level else level


def _unnumbered(left: Union, right: Union) -> str:
    if any(one.zero and len(one.keys) != 1 for one in (left, right)):
        return "doubtful"
    if left.words and right.words:
        alike = len(left.words) == len(right.words) and _added(left.words, right.words) == []
        return "same_body" if alike else "other_body"
    if left.words or right.words or left.level != right.level:
        return "other_body"
    return "doubtful" if left.level or _some_local(left) or _some_local(right) else "same_body"


def _some_local(one: Union) -> bool:
    """Whether a name ends in `Local` and tells no number: it may be any of the national's."""
    return any(whole.endswith(("local", "localunion")) for whole in one.wholes)


def _unlisted(left: Union, right: Union) -> str:
    """The very same words and number decide; else whether one is known, and the name."""
    alike = any("".join(a) == "".join(b) for a in left.names for b in right.names)
    if bool(left.numbers) != bool(right.numbers):
        return "other_body" if alike else "other_national"
    if left.numbers:
        agreed = _numbers(left, right)
        if alike:
            return agreed
        if agreed != "same_number":
            return "other_national"
    return _name(left, right)


def _name(left: Union, right: Union) -> str:
    """The level of the names that agree best; unions of two countries that no table knows are two."""
    if left.country and right.country and left.country != right.country:
        return "other_name"
    if any(len(form) > SHORT for form in left.wholes & right.wholes):
        return "same_name"
    places = (state_words(left.subdivision), state_words(right.subdivision))
    found = (_one_name(a, b, places) for a in left.names for b in right.names)
    return min(found, key=_NAMES.index, default="other_name")


def _one_name(
    left: tuple[str, ...], right: tuple[str, ...], places: tuple[frozenset[str], frozenset[str]]
) -> str:
    if "".join(left) == "".join(right):
        return "same_name" if len("".join(left)) > SHORT else "near_name"
    if len(left) > len(right):
        left, right, places = right, left, places[::-1]
    if len(left) == 1 and SHORT < len(left[0]) <= 12 and "".join(word[0] for word in right) == left[0]:
        return "near_name"
    added = _added(left, right)
    if added is None or all(kind_of(word) == "generic" for word in left):
        return "other_name"
    general = all(kind_of(word) == "generic" or word in places[0] for word in added)
    return "near_name" if general and len(added) <= ADDED * len(right) else "other_name"


def _added(short: tuple[str, ...], long: tuple[str, ...]) -> list[str] | None:
    """The words that the longer name has more, where the shorter one's stand in it in the same order."""
    rest = iter(short)
    wanted = next(rest, None)
    added = []
    for word in long:
        if wanted and (word == wanted or _alike(word, wanted)):
            wanted = next(rest, None)
        else:
            added.append(word)
    return None if wanted else added


def _alike(a: str, b: str) -> bool:
    return len(a) > 4 and len(b) > 4 and a[0] == b[0] and JaroWinkler.similarity(a, b) >= SPELLING


def _place(a: Union, b: Union) -> str:
    if not a.subdivision or a.subdivision != b.subdivision:
        return "unknown"
    return "same_town" if a.town and a.town == b.town else "same_state"


def _keys(a: frozenset[str], b: frozenset[str]) -> str:
    left, right = _by_authority(a), _by_authority(b)
    shared = {key.partition(":")[0] for key in a & b}
    if any(left[authority] == right[authority] == 1 for authority in shared):
        return "same"
    return "one_of_several" if shared else "other" if left.keys() & right.keys() else "unknown"


def _by_authority(keys: frozenset[str]) -> Counter[str]:
    return Counter(key.partition(":")[0] for key in keys)


def blocks(one: Union) -> tuple[str, ...]:
    """Keys such that two mentions of one body share at least one: only those need to be compared.

    >>> set(blocks(mention("BCTW 69"))) & set(blocks(mention("BCTGM - 69")))
    {'BCTGMI/69'}
    """
    keys = {f"={form}" for form in one.wholes}
    if one.national and one.numbers:
        step = steps().get(merged(one.national))
        for national in {merged(one.national), step.into if step else ""} - {""}:
            keys |= {f"{national}/{base(each)}" for each in one.numbers}
        return tuple(sorted(keys))
    if one.national:
        keys |= {f"{merged(one.national)}/{word}" for word in one.words or ("",)}
    ends = [f"/{base(each)}" for each in one.numbers] or [""]
    for name in one.names:
        own = {word for word in name if kind_of(word) == "own"}
        rare = sorted(sorted(own, key=lambda word: (-rarity(word), word))[:4])
        pairs = {f"{a}+{b}" for n, a in enumerate(rare) for b in rare[n + 1 :]} or {f"+{a}" for a in rare}
        keys |= {pair + end for pair in pairs for end in ends}
        if len(name) > 2:
            keys.add("=" + "".join(word[0] for word in name))
    return tuple(sorted(keys))
