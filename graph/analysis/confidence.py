"""How far statements are to be believed, from who says so and how many say so independently.

Assertions of one origin (one page, one filing) count once, at their strongest. Origins are joined by noisy-or
(Pearl 1988); support and contradiction by Dempster's rule for two simple support functions (Shafer 1976).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import narwhals as nw

from graph.analysis.parameters import DEFAULT, Confidence
from graph.engine import Frame, mapped

_Number = TypeVar("_Number", float, nw.Expr)
_SURE = 1 - 1e-9


@dataclass(frozen=True)
class Belief:
    """What support and contradiction leave: the three parts add up to 1 where nothing was capped."""

    belief: float
    disbelief: float
    unknown: float
    conflict: float
    sources_conflict: bool
    band: str


def combine(
    support: Iterable[float], against: Iterable[float] = (), parameters: Confidence = DEFAULT.confidence
) -> Belief:
    """Belief in a statement from independent origins, each a probability (reliability times match).

    Parameters
    ----------
    support, against
        One number in [0, 1] for each independent origin that asserts, or contradicts, the statement.

    Examples
    --------
    >>> found = combine([0.9 * 0.95, 0.6 * 0.8], against=[0.3])
    >>> [round(part, 4) for part in (found.belief, found.disbelief, found.unknown, found.conflict)]
    [0.8957, 0.0313, 0.073, 0.2774]
    >>> combine([0.9, 0.4]).band
    'documented'
    """
    plus, minus = (min(1 - math.prod(1 - p for p in side), _SURE) for side in (support, against))
    belief, disbelief, unknown, conflict = dempster(plus, minus)
    belief = min(belief, parameters.limit)
    return Belief(
        belief, disbelief, unknown, conflict, conflict > parameters.conflict, band(belief, parameters)
    )


def dempster(plus: _Number, minus: _Number) -> tuple[_Number, _Number, _Number, _Number]:
    """Belief, disbelief, unknown and conflict of support `plus` and contradiction `minus`."""
    conflict = plus * minus
    return (
        plus * (1 - minus) / (1 - conflict),
        minus * (1 - plus) / (1 - conflict),
        (1 - plus) * (1 - minus) / (1 - conflict),
        conflict,
    )


def band(belief: float, parameters: Confidence = DEFAULT.confidence) -> str:
    """Word for a belief.

    >>> [band(b) for b in (0.9, 0.7, 0.4, 0.39)]
    ['documented', 'well reported', 'reported', 'lead']
    """
    return next(word for limit, word in parameters.bands if round(belief, 12) >= limit)


def reliability(parameters: Confidence = DEFAULT.confidence) -> nw.Expr:
    """Reliability of a record from its columns `evidence_type`, `status` and `page_class`."""
    by_status = mapped("status", parameters.by_status, parameters.otherwise)
    stated = nw.coalesce(mapped("evidence_type", parameters.by_evidence), by_status)
    weak = nw.col("page_class").is_in(parameters.weak_pages)
    limit = nw.when(weak).then(nw.lit(parameters.weak_limit)).otherwise(nw.lit(1.0))
    return nw.min_horizontal(stated, limit)


def believe(statements: Frame, key: str, parameters: Confidence = DEFAULT.confidence) -> Frame:
    """Belief in each claim from the records that state it.

    Parameters
    ----------
    statements
        One row a record: `key` (text, which claim) and the evidence columns `source`, `locator`, `url`,
        `further_urls`, `evidence_type`, `status`, `page_class`. Status `denied` contradicts; `retracted`
        is left out.

    Returns
    -------
    Frame
        `key`, `belief`, `conflict` (decimal, in [0, 1]). A row's further pages together are one more
        origin, weaker, because they may repeat the first.
    """
    records = statements.filter(~nw.col("status").is_in(["retracted"])).with_columns(
        against=nw.col("status") == "denied",
        origin=nw.coalesce("url", nw.concat_str(["source", "locator"], separator=" ")),
        p=reliability(parameters),
    )
    further = records.filter(nw.col("further_urls").list.len() > 0).select(
        key,
        "against",
        "further_urls",
        origin=nw.concat_str([nw.lit("further"), nw.col("source"), nw.col("locator")], separator=" "),
        page=nw.col("url"),
    )
    more = further.explode("further_urls").filter(
        (nw.col("further_urls") != nw.col("page")) | nw.col("page").is_null()
    )
    pages = nw.concat(
        [
            records.select(key, "against", "origin", "p"),
            more.select(key, "against", "origin", p=nw.lit(parameters.further_pages)),
        ]
    )
    origins = pages.group_by(key, "against", "origin").agg(p=nw.col("p").max())
    doubt = (1 - nw.min_horizontal(nw.col("p"), nw.lit(_SURE))).log()
    sides = origins.with_columns(
        plus=nw.when(~nw.col("against")).then(doubt).otherwise(0.0),
        minus=nw.when(nw.col("against")).then(doubt).otherwise(0.0),
    )
    total = sides.group_by(key).agg(nw.col("plus", "minus").sum())
    total = total.select(
        key, **{side: nw.min_horizontal(1 - nw.col(side).exp(), nw.lit(_SURE)) for side in ("plus", "minus")}
    )
    belief, _, _, conflict = dempster(nw.col("plus"), nw.col("minus"))
    return total.select(
        key,
        belief=nw.min_horizontal(belief, nw.lit(parameters.limit)).round(12),
        conflict=conflict.round(12),
    )
