"""The national unions that registers name, the built-in dataset's unions, and what became of them.

Columns of `nationals.csv`:

- `national` (abbreviation of the union reports), `union` (id in the built-in dataset), `short` (further
  abbreviations), `names` (words that name it anywhere), `trades` (words that name it only beside a number or
  alone);
- `numbering`: `state` (numbers begin anew in each state), `five` (numbers of five digits are those of the
  union that it is part of), `both` (locals are also named by that union), `prefix` (a merger kept only
  numbers with a district before them), or a number that several bodies have;
- `into`, `since`, `how`: `merged` (locals kept their numbers), `absorbed` (they did not), `part` (a union
  within the other), `split` (came out of it).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import loaders
from graph.identity.union_words import BAR, NATIONALS, tokens

DATA = Path(loaders.__file__).parent / "data"


class Step(NamedTuple):
    """What a national went into, since when, and how."""

    into: str
    since: str
    how: str


class Phrase(NamedTuple):
    """Words that name a national; `kind` is `short`, `name` or `trade`."""

    words: tuple[str, ...]
    national: str
    kind: str


@cache
def _rows() -> list[dict[str, str]]:
    with NATIONALS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _core(table: str) -> Iterator[dict[str, str]]:
    with (DATA / table).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def numbering() -> dict[str, str]:
    """National -> how its locals are numbered, where that is not once for the whole union.

    >>> numbering()["BAC"]
    'state'
    """
    return {row["national"]: row["numbering"] for row in _rows() if row["numbering"]}


@cache
def phrases() -> dict[str, list[Phrase]]:
    """Names and abbreviations by their first word, the longest first.

    >>> phrases()["uaw"][0].national
    'UAW'
    """
    found: dict[str, list[Phrase]] = defaultdict(list)
    for row in _rows():
        texts = [(row["national"], "short")]
        for column, kind in (("short", "short"), ("names", "name"), ("trades", "trade")):
            texts += [(text, kind) for text in row[column].split("|") if text]
        for text, kind in texts:
            words = tuple(word for word, _ in tokens(text))
            found[words[0]].append(Phrase(words, row["national"], kind))
    return {word: sorted(some, key=lambda phrase: -len(phrase.words)) for word, some in found.items()}


@cache
def vocabulary() -> dict[str, frozenset[str]]:
    """National -> the words of its names."""
    found: dict[str, set[str]] = defaultdict(set)
    for some in phrases().values():
        for phrase in some:
            found[phrase.national].update(phrase.words)
    return {national: frozenset(words) for national, words in found.items()}


@cache
def _ids() -> dict[str, str]:
    return {row["union"]: row["national"] for row in _rows() if row["union"]}


@lru_cache(maxsize=50_000)
def whole(text: str) -> str:
    """All words in one, numbers included.

    >>> whole("Liga Sindical Obrera, S.T.R.M. 12")
    'ligasindicalobrerastrm12'
    """
    return "".join(word for word, _ in tokens(text) if word != BAR)


@cache
def curated() -> dict[str, str]:
    """Whole names of the built-in dataset -> the national that they name, where it is one.

    >>> curated()[whole("Sindicato de Telefonistas de la República Mexicana")]
    'union:strm'
    """
    names: dict[str, set[str]] = defaultdict(set)
    for row in _core("unions.csv"):
        if row["type"] != "local":
            for text in filter(None, (row["name"], row["native_name"], row["abbrev"])):
                names[whole(text)].add(_ids().get(row["union_id"], row["union_id"]))
    return {name: ids.pop() for name, ids in names.items() if len(ids) == 1}


@cache
def steps() -> dict[str, Step]:
    """What became of each national that is no more, or is part of another."""
    hows = {"merged_into": "merged", "caucus_within": "part", "division": "part"}
    found = {}
    for row in _core("union_affiliations.csv"):
        if how := hows.get(row["relation"]):
            child, parent = (_ids().get(row[side], row[side]) for side in ("child_id", "parent_id"))
            found[child] = Step(parent, row["from"], how)
    return found | {
        row["national"]: Step(row["into"], row["since"], row["how"]) for row in _rows() if row["into"]
    }


def successor(national: str, on: str | None = None) -> str:
    """The union that a national had become by a date (`YYYY`, `YYYY-MM` or `YYYY-MM-DD`; none: by now).

    A merger without a date counts as of now only; a year alone means its end. A union that went into another
    on a known date and goes on as a part of it (IUE) has become that one; one that always was a part has not.

    >>> successor("URW", "1994"), successor("URW", "2000"), successor("OCAW", "2001"), successor("OCAW")
    ('URW', 'USW', 'PACE', 'USW')
    >>> successor("IUE", "1999"), successor("IUE", "2001"), successor("USWCA")
    ('IUE', 'CWA', 'USWCA')
    """
    for step in _line(national, ("merged", "absorbed", "part")):
        if not step.since and (on or step.how == "part"):
            break
        if on and on < step.since[: len(on)]:
            break
        national = step.into
    return national


def merged(national: str) -> str:
    """The union that a national went into whole; a part of another stays itself.

    >>> merged("OCAW"), merged("IUE")
    ('USW', 'IUE')
    """
    for step in _line(national, ("merged", "absorbed")):
        national = step.into
    return national


def _line(national: str, hows: tuple[str, ...]) -> Iterator[Step]:
    while (step := steps().get(national)) and step.how in hows:
        yield step
        national = step.into


def top(national: str) -> str:
    """The body at the end of all steps.

    >>> top("NFFE"), top("BCTW")
    ('IAM', 'BCTGMI')
    """
    while step := steps().get(national):
        national = step.into
    return national


@cache
def tie(left: str, right: str) -> str:
    """How two nationals belong together: `same`, `merged` (one into the other), `part`, `apart` or `other`.

    `apart`: of one family, with numbers that have nothing to do with each other.

    >>> tie("CAW", "UNIFOR"), tie("URW", "USW"), tie("NFFE", "IAM"), tie("UAW", "IBT")
    ('merged', 'apart', 'part', 'other')
    """
    if left == right:
        return "same"
    if top(left) != top(right):
        return "other"
    kept = [{one, *(step.into for step in _line(one, ("merged",)))} for one in (left, right)]
    if left in kept[1] or right in kept[0]:
        return "merged"
    above = {step.into for one in (left, right) if (step := steps().get(one)) and step.how == "part"}
    return "part" if above & {left, right} else "apart"
