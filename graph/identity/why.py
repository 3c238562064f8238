"""Why two records are, or are not, one thing: the chain that joins them, or what keeps them apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from graph.identity.judgements import RELATIONS, Judgement
from graph.identity.queue import MATCHES, canonical, mapping, matches, named, threshold
from graph.identity.resolve import THRESHOLD, steps
from graph.labor_graph import LaborGraph
from graph.search import fold
from ontology import model

Row = dict[str, Any]
_SAID = 3


@dataclass
class Why:
    """The answer: `left` and `right` are the ids asked about, `left_id` and `right_id` their things.

    `cause`: `key`, `judgement`, `match` (what joins them; the weakest step decides), `one record`; or what
    parts them: `judged`, `two keys`, `two kinds`, `refused`, `compared`, `never compared`. `text` says it in
    sentences, `steps` are the joins (`left`, `right`, `how`, `probability`, `text`, `evidence`, `fields`),
    `fields` what the matcher found field by field.
    """

    left: str
    right: str
    left_id: str
    right_id: str
    same: bool
    cause: str
    text: str
    probability: float | None = None
    threshold: float | None = None
    steps: list[Row] = field(default_factory=list)
    fields: Row = field(default_factory=dict)


def why(graph: LaborGraph, a: str, b: str, judgements: Sequence[Judgement] = ()) -> Why:
    """Explain why `a` and `b` are, or are not, one thing.

    Parameters
    ----------
    graph
        A built graph.
    a, b
        Ids of records or things, or names that only one thing has.
    judgements
        What people decided; one that is newer than the graph is named as such.

    Raises `WrongUseError` naming the nearest where nothing or several things have that name.
    """
    return _Question(graph, judgements).answer(a, b)


class _Question:
    def __init__(self, graph: LaborGraph, judgements: Sequence[Judgement]) -> None:
        self.graph = graph
        self.judgements = judgements
        self.mapping = mapping(graph)
        self.threshold = threshold(graph)

    def answer(self, a: str, b: str) -> Why:
        left, right = self._record(a), self._record(b)
        left_id, right_id = self._thing(left), self._thing(right)
        found = Why(left, right, left_id, right_id, left_id == right_id, "one record", "")
        if found.same:
            self._joined(found)
        else:
            self._apart(found)
        self._pending(found)
        return found

    def _thing(self, record: str) -> str:
        row = self.mapping.filter(record_id=record)
        return str(row["id"][0]) if row.height else record

    def _record(self, name: str) -> str:
        """The id of a record, of a thing, or of the record of a thing that bears this name."""
        if self.mapping.filter(record_id=name).height or self._records(name).height:
            return name
        item = self._bears(name) or self.graph.resolve(name)
        if item == name:
            return name
        kind = self._kind(item)
        said = self.graph.said(kind).filter(id=item).sort("record_id").collect()
        folded = name.casefold()
        for row in said.rows(named=True):
            names = [row["name"], row["native_name"], row["abbreviation"], *(row["other_names"] or [])]
            if folded in [str(n).casefold() for n in names if n]:
                return str(row["record_id"])
        return item

    def _bears(self, name: str) -> str | None:
        """The only thing one of whose names is this one."""
        found = self.graph.search(name, limit=50)
        exact = {str(row["id"]) for row in found if str(row["match"]).casefold() == name.casefold()}
        return exact.pop() if len(exact) == 1 else None

    def _kind(self, item: str) -> str:
        rows = self.graph.things.filter(id=item)
        return str(rows["kind"][0]) if rows.height else ""

    def _records(self, record: str) -> pl.DataFrame:
        """What is said in the records of one id: `name`, `same_as`, `source`, `locator`, `url`."""
        columns = ("record_id", "id", "name", "same_as", "source", "locator", "url")
        frames = [
            self.graph.said(kind.name).filter(record_id=record).select(columns) for kind in model().things
        ]
        return pl.concat(pl.collect_all(frames))

    def _called(self, item: str) -> str:
        """A name and the id, as people read it."""
        names = [n for n in self._records(item)["name"].drop_nulls() if n]
        names = names or [n for n in self.graph.things.filter(id=item)["name"].drop_nulls() if n]
        return f"{names[0]} ({item})" if names else item

    def _joined(self, found: Why) -> None:
        rows = self._path(found.left, found.right)
        if found.left == found.right:
            rows = self.mapping.filter(id=found.left_id).sort("record_id").to_dicts()
        found.steps = [self._step(row) for row in rows]
        if not rows:
            found.text = f"Both are the one record {self._called(found.left)}. Nothing else was joined to it."
            return
        weakest = max(rows, key=lambda row: ("key", "judgement", "match").index(row["reason"]))
        found.cause = str(weakest["reason"])
        found.probability = min((r["probability"] for r in rows if r["probability"]), default=None)
        count = "One step joins" if len(rows) == 1 else f"{len(rows)} steps join"
        head = f"{self._called(found.left)} and {self._called(found.right)} are one thing, {found.left_id}."
        if found.left == found.right:
            head = f"Both are {self._called(found.left)}, of {len(rows) + 1} ids."
        lines = [f"{n}. {step['text']}" for n, step in enumerate(found.steps, 1)]
        found.text = "\n".join([f"{head} {count} them:", *lines])

    def _path(self, left: str, right: str) -> list[Row]:
        """The joins between two ids of one thing, without the steps that both share."""
        down, up = steps(self.mapping, left), steps(self.mapping, right)
        while down and up and down[-1]["record_id"] == up[-1]["record_id"]:
            down.pop()
            up.pop()
        return [*down, *reversed(up)]

    def _step(self, row: Row) -> Row:
        a, b = row["record_id"], row["joined_to"]
        step: Row = {"left": a, "right": b, "how": row["reason"], "probability": row["probability"]}
        says = {"key": self._by_key, "judgement": self._by_judgement, "match": self._by_match}
        return step | says[row["reason"]](a, b)

    def _by_key(self, a: str, b: str) -> Row:
        """Who says that a record has a key."""
        said = [
            self._records(item).filter(pl.col("same_as").list.contains(key)) for item, key in ((a, b), (b, a))
        ]
        rows = pl.concat(said)
        evidence = rows.select("record_id", "source", "locator", "url").unique(maintain_order=True).to_dicts()
        record = evidence[0]["record_id"] if evidence else a
        key = b if record == a else a
        register = model().authorities[key.partition(":")[0]]
        once = ", a key given to one thing only" if register.issued_once else ""
        text = f"{self._called(record)} carries {key} of {register.publisher}{once}."
        return {"text": f"{text} {_cited(evidence)}".strip(), "evidence": evidence, "fields": {}}

    def _by_judgement(self, a: str, b: str) -> Row:
        lines = [j for j in self.judgements if {j.left, j.right} == {a, b} and j.judgement == "same"]
        if not lines:
            text = f"{self._called(a)} and {self._called(b)}: judged the same, taken back since the build."
            return {"text": text, "evidence": [], "fields": {}}
        line = lines[0]
        text = (
            f"{line.by} judged on {line.on} that {self._called(a)} and {self._called(b)} are the same: "
            f"{line.why} ({line.where})."
        )
        return {"text": text, "evidence": [line.__dict__], "fields": {}}

    def _by_match(self, a: str, b: str) -> Row:
        rows = self._compared([a], [b])
        row = rows[0] if rows else {}
        text = (
            f"The matcher holds {self._called(a)} and {self._called(b)} for the same "
            f"({_percent(row.get('probability'))}): {row.get('reason') or 'no reason given'}."
        )
        return {"text": text, "evidence": [], "fields": _fields(row)}

    def _compared(self, left: Sequence[str], right: Sequence[str]) -> list[Row]:
        """Pairs between two sets of ids that the matcher compared, the most probable first."""
        found = matches(self.graph).filter(_between(left, right))
        return (
            found.sort("probability", "left", descending=[True, False], nulls_last=True).collect().to_dicts()
        )

    def _members(self, thing: str) -> list[str]:
        return [thing, *self.mapping.filter(id=thing)["record_id"]]

    def _apart(self, found: Why) -> None:
        left, right = self._members(found.left_id), self._members(found.right_id)
        head = f"{self._called(found.left)} and {self._called(found.right)} are two things."
        for explain in (self._judged, self._kinds, self._refused, self._keys, self._scored):
            if (reason := explain(found, left, right)) is not None:
                found.text = f"{head} {reason}"
                break
        else:
            found.cause = "never compared"
            found.text = f"{head} {self._uncompared(found)}"

    def _judged(self, found: Why, left: list[str], right: list[str]) -> str | None:
        mine, others = set(left), set(right)
        for line in self.judgements:
            ends = (line.left in mine and line.right in others) or (
                line.left in others and line.right in mine
            )
            if ends and line.judgement in ("different", "related"):
                found.cause = "judged"
                said = (
                    f"{self._called(line.left)} {RELATIONS[line.relation]} {self._called(line.right)}"
                    if line.relation
                    else "they are different"
                )
                return f"{line.by} judged on {line.on} that {said}: {line.why} ({line.where})."
        return None

    def _keys(self, found: Why, left: list[str], right: list[str]) -> str | None:
        mine, others = _issued(left), _issued(right)
        for register in mine.keys() & others.keys():
            found.cause = "two keys"
            publisher = model().authorities[register].publisher
            return (
                f"{publisher} gives one key to one thing: the first holds {mine[register]}, the second "
                f"{others[register]}. Such things are never joined."
            )
        return None

    def _kinds(self, found: Why, left: list[str], right: list[str]) -> str | None:
        kinds = self._kind(found.left_id), self._kind(found.right_id)
        if kinds[0] == kinds[1] or not all(kinds):
            return None
        found.cause = "two kinds"
        more = " A plant is not its company." if set(kinds) == {"Plant", "Corporation"} else ""
        return f"The first is a {kinds[0]}, the second a {kinds[1]}: things of two kinds are never one.{more}"

    def _refused(self, found: Why, left: list[str], right: list[str]) -> str | None:
        refused = pl.read_parquet(self.graph.folder / "refused.parquet").filter(_between(left, right))
        asked = ~_between([found.left], [found.right])
        rows = refused.sort(asked, "probability", descending=[False, True], nulls_last=True)
        if rows.is_empty():
            return None
        row = rows.row(0, named=True)
        found.cause, found.probability = "refused", row["probability"]
        found.fields = next(map(_fields, self._compared([row["left"]], [row["right"]])), {})
        pair = f"{row['left']} and {row['right']}"
        who = f"The matcher holds {pair} for the same ({_percent(row['probability'])})"
        if row["by"] == "key":
            who = self._by_key(row["left"], row["right"])["text"].rstrip(".")
        chain = f" The chain would have been {' = '.join(row['chain'])}." if len(row["chain"]) > 2 else ""
        return f"{who}. The merge was refused: {row['reason']}.{chain}"

    def _scored(self, found: Why, left: list[str], right: list[str]) -> str | None:
        rows = self._compared(left, right)
        if not rows:
            return None
        row = rows[0]
        found.cause, found.probability = "compared", row["probability"]
        found.threshold = self.threshold.get(row["kind"], THRESHOLD)
        found.fields = _fields(row)
        score = f"{_percent(row['probability'])}; it joins from {_percent(found.threshold)} on"
        if row["verdict"] == "related":
            said = RELATIONS.get(row["relation"] or "other", "is related to")
            return (
                f"The matcher holds them for related: {row['left']} {said} {row['right']} ({row['reason']})."
            )
        if row["verdict"] == "different":
            return f"The matcher compared them and holds them for different ({score}): {row['reason']}."
        return f"The matcher compared them and is not sure enough ({score}): {row['reason']}."

    def _uncompared(self, found: Why) -> str:
        """Why the matcher did not look at the two."""
        if not (self.graph.folder / "matches.parquet").is_file():
            return "No key and no judgement joins them, and this graph was built without matches of names."
        names = [self._words(item) for item in (found.left_id, found.right_id)]
        shared = sorted(names[0] & names[1])
        why = "their names have no word in common"
        if shared:
            why = f"their names share {_listed(shared)} only, and no place, number or rarer word with it"
        return f"No key and no judgement joins them, and the matcher never compared them: {why}."

    def _words(self, item: str) -> set[str]:
        said = self.graph.said(self._kind(item)).filter(id=item).collect()
        names = pl.concat([said["name"], said["native_name"], said["other_names"].explode()]).drop_nulls()
        words = names.to_frame("name").select(fold(pl.col("name")).str.extract_all(r"\w{3,}").explode())
        return set(words.to_series().drop_nulls())

    def _pending(self, found: Why) -> None:
        """What is still to come: a judgement that the graph does not hold yet, or a review."""
        ends = {found.left_id, found.right_id}
        pairs = canonical(self.graph, named(self.judgements)).to_dicts()
        mine = [
            line
            for line, pair in zip(self.judgements, pairs, strict=True)
            if {pair["left_id"], pair["right_id"]} == ends
        ]
        for line in mine:
            if line.judgement != "unsure" and (line.judgement == "same") != found.same:
                later = f" {line.by} judged otherwise since ({line.where}): run `trinational build`."
                found.text += "" if found.cause == "judged" else later
                return
        open_ = next((line for line in mine if line.judgement == "unsure"), None)
        if open_ and not found.same:
            found.text += f" {open_.by} could not decide: {open_.why} ({open_.where})."
        elif found.probability is not None and not found.same:
            found.text += " People can decide: `trinational review`."


def _between(left: Sequence[str], right: Sequence[str]) -> pl.Expr:
    """Pairs with one end in each of two sets of ids, whichever way round."""
    mine, others = (pl.Series(ids, dtype=pl.String()).implode() for ids in (left, right))
    there = pl.col("left").is_in(mine) & pl.col("right").is_in(others)
    return there | (pl.col("left").is_in(others) & pl.col("right").is_in(mine))


def _fields(compared: Row) -> Row:
    """What the matcher found field by field."""
    return {n: v for n, v in compared.items() if n not in MATCHES and v is not None}


def _issued(ids: list[str]) -> dict[str, str]:
    parts = ((item.partition(":")[0], item) for item in ids)
    return {name: item for name, item in parts if name in model().registers}


def _cited(evidence: list[Row]) -> str:
    pages = [row["url"] or f"{row['source']} {row['locator']}" for row in evidence]
    more = f" and {len(pages) - _SAID} more" if len(pages) > _SAID else ""
    return f"Source: {'; '.join(pages[:_SAID])}{more}." if pages else ""


def _percent(value: float | None) -> str:
    return "no probability" if value is None else f"{100 * value:.1f} %"


def _listed(words: list[str]) -> str:
    return ", ".join(f"'{word}'" for word in words[:5])
