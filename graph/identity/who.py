"""Who is who among all records: keys and judgements, then employers, plants and unions, then events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from graph.identity.events import match_events
from graph.identity.judgements import Judgement
from graph.identity.match import match
from graph.identity.mentions import mentions, owners
from graph.identity.model import models
from graph.identity.queue import MATCHES
from graph.identity.resolve import Identity, resolve
from ontology import model

EVENTS_FROM = 0.93  # probability of the rules from which two records tell of one event
_PLACED = ("id", "name", "municipality", "subdivision")


@dataclass(frozen=True)
class Who:
    """`identity`; `matches`: every pair that was compared, in the columns of `match` and `match_events`."""

    identity: Identity
    matches: pl.DataFrame


def thresholds() -> dict[str, float]:
    """The probabilities from which matches join, by kind."""
    return {kind: known.join_from for kind, known in models().items()} | {"Event": EVENTS_FROM}


def precision() -> dict[str, float]:
    """Precision (0 to 1) of what joins, on labelled pairs that the models were not fitted on, by kind."""
    return {kind: known.measured["join"]["gold"]["precision"] for kind, known in models().items()}


def who_is_who(
    records: Mapping[str, pl.LazyFrame],
    judgements: Sequence[Judgement] = (),
    progress: Callable[[str], None] = lambda step: None,
) -> Who:
    """Resolve all records: keys and judgements first, what matches on top of that, events last.

    Events come last because two records of one event name one employer or plant: theirs must be known.

    Parameters
    ----------
    records
        Records by kind, things and relations, with every column of the ontology.
    judgements
        What people decided.
    progress
        Called with the name of each step.

    Raises `TrinationalError` where judgements contradict each other or the keys of registers.
    """
    said = [
        records[kind.name].with_columns(kind=pl.lit(kind.name))
        for kind in model().things
        if kind.name in records
    ]
    known = resolve(said, judgements)
    owned = owners(records, known.mapping)
    found = [pl.DataFrame(schema=MATCHES)]
    for kind in models():
        if kind in records:
            progress(f"matches: {kind}")
            found.append(match(mentions(kind, records, known.mapping), kind=kind))
    if "Event" in records and "Party" in records:
        progress("matches: Event")
        known = resolve(said, judgements, pl.concat(found, how="diagonal"), thresholds(), owned)
        found.append(_events(records, known))
    matches = pl.concat(found, how="diagonal")
    return Who(resolve(said, judgements, matches, thresholds(), owned), matches)


def _events(records: Mapping[str, pl.LazyFrame], known: Identity) -> pl.DataFrame:
    """Pairs of records of events, their parties being the things that they are known to be."""
    ranked = {kind: frame.sort("id", "source", "locator") for kind, frame in records.items()}
    nowhere = pl.lit(None, pl.String).alias("municipality")
    placed = [
        ranked[kind]
        .with_columns(*([] if kind == "Plant" else [nowhere]))
        .select(known.canonical("id"), *_PLACED[1:])
        for kind in ("Plant", "Corporation")
        if kind in ranked
    ]
    affiliations = ranked.get("Affiliation")
    return match_events(
        ranked["Event"],
        ranked["Party"].with_columns(known.canonical("party")),
        things=pl.concat(placed) if placed else None,
        affiliations=None
        if affiliations is None
        else affiliations.with_columns(known.canonical("member"), known.canonical("body")),
    )
