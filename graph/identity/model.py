"""Fellegi and Sunter's model: how much each observed level of a comparison speaks for a match.

For each comparison and level, `m` is how often matching pairs show it and `u` how often others do, both
from labelled pairs, each level counted half a pair more than seen (Jeffreys' prior). The weights log2(m/u)
of the comparisons add up (Fellegi, Sunter 1969, "A theory for record linkage"). Two models per kind answer
two questions: is it `same`, and is it one `family` (same or related)?
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from ontology import TrinationalError

FILE = Path(__file__).parent / "model.json"
SMOOTHING = 0.5
KEYS, OWNED = 0.999, 0.001
UNSURE_FROM = 0.3


_WORDS = {
    "shared": {
        "none": "no telling word in common",
        "common": "only frequent words in common",
        "middle": "words in common that some names have",
        "rare": "rare words in common",
        "very_rare": "very rare words in common",
        "acronym": "one is the initials of the other",
    },
    "rest": {
        "none": "nothing left over",
        "spelling": "a word spelt otherwise",
        "site": "one adds a site or place",
        "generic": "one adds general words",
        "alias": "a further name of one is the other",
        "number": "numbers or named sites differ",
        "country": "one names a country",
        "own_tail": "one goes on with words of its own",
        "own_other": "one has words of its own",
        "own_both": "each has words of its own",
        "legal_name": "two full legal names that differ",
        "purpose": "one is a fund, a dealer or the like",
    },
    "site": {"doubtful_address": "addresses alike, town not known"},
    "sector": {"same": "same industry", "near": "near industry", "other": "other industry"},
    "keys": {"same": "one key of a register", "other": "two keys of one register"},
    "parent": {
        "owns": "a source says that one owns the other",
        "says": "one says that it is a division or subsidiary of the other",
        "one_parent": "one parent owns both",
        "other": "owners that differ",
    },
    "body": {
        "same_number": "one national and number",
        "same_body": "one body",
        "other_body": "two bodies of one family",
        "other_national": "two nationals",
        "doubtful": "the number may be that of several bodies",
        "same_name": "one name",
        "near_name": "nearly one name",
        "other_name": "other names",
    },
}


@dataclass(frozen=True)
class Model:
    """`prior`: log2 odds of a match before any comparison; `weights`: comparison -> level -> log2(m/u)."""

    prior: float
    weights: dict[str, dict[str, float]]

    def probability(self, levels: pl.DataFrame) -> pl.Series:
        """Probability (0 to 1) of a match for each row of levels; an unseen level counts nothing.

        >>> model = Model(0.0, {"name": {"exact": 3.0}})
        >>> model.probability(pl.DataFrame({"name": ["exact", "none"]})).round(3).to_list()
        [0.889, 0.5]
        """
        total = pl.lit(self.prior) + sum(
            (
                pl.col(name).replace_strict(list(known), list(known.values()), default=0.0)
                for name, known in self.weights.items()
            ),
            pl.lit(0.0),
        )
        return levels.select((1 / (1 + (-total * math.log(2)).exp())).alias("probability")).to_series()


def fit(levels: pl.DataFrame, match: pl.Series) -> Model:
    """Weights from labelled pairs: `levels` has one text column a comparison, `match` tells which match.

    >>> fit(pl.DataFrame({"name": ["a", "a", "b", "b"]}), pl.Series([True, True, False, False])).prior
    0.0
    """
    yes, no = int(match.sum()), int((~match).sum())
    weights: dict[str, dict[str, float]] = {}
    for name in levels.columns:
        counts = (
            pl.DataFrame({"level": levels[name], "match": match})
            .group_by("level")
            .agg(pl.col("match").sum().alias("yes"), pl.len().alias("all"))
            .sort("level")
        )
        weights[name] = {
            level: round(_weight(hits, total - hits, yes, no, counts.height), 4)
            for level, hits, total in counts.iter_rows()
        }
    return Model(round(math.log2((yes + 1) / (no + 1)), 4), weights)


def _weight(hits: int, misses: int, yes: int, no: int, levels: int) -> float:
    m = (hits + SMOOTHING) / (yes + SMOOTHING * levels)
    u = (misses + SMOOTHING) / (no + SMOOTHING * levels)
    return math.log2(m / u)


@dataclass(frozen=True)
class Verdicts:
    """The two models of a kind and what was measured on labelled pairs that they were not fitted on.

    `same_from`: the probability from which the verdict is `same`; `join_from`: that from which `build` joins.
    """

    same: Model
    family: Model
    same_from: float
    join_from: float
    measured: dict[str, Any]

    def decide(self, levels: pl.DataFrame) -> pl.DataFrame:
        """`verdict` and `probability` (of `same`) for each row of levels.

        One key of one register on both sides is the same thing by construction, whatever the names say; one
        that owns the other is another, and one family.
        """
        parent = levels["parent"] if "parent" in levels.columns else pl.lit("unknown")
        same, family = self.same.probability(levels), self.family.probability(levels)
        owned = pl.when(parent.is_in(["owns", "says"])).then(OWNED).otherwise(same)
        return verdicts(
            pl.when(levels["keys"] == "same").then(KEYS).otherwise(owned),
            pl.when(parent.is_in(["owns", "says", "one_parent"])).then(1.0).otherwise(family),
            self.same_from,
        )


def verdicts(same: pl.Series | pl.Expr, family: pl.Series | pl.Expr, same_from: float) -> pl.DataFrame:
    """`verdict` and `probability` from the probabilities of `same` and of one `family`.

    >>> verdicts(pl.Series([0.9, 0.4, 0.1, 0.1]), pl.Series([1.0, 1.0, 0.9, 0.2]), 0.5)["verdict"].to_list()
    ['same', 'unsure', 'related', 'different']
    """
    found = pl.select(same=same, family=family)
    verdict = (
        pl.when(pl.col("same") >= same_from)
        .then(pl.lit("same"))
        .when(pl.col("same") >= UNSURE_FROM)
        .then(pl.lit("unsure"))
        .when(pl.col("family") >= 0.5)
        .then(pl.lit("related"))
        .otherwise(pl.lit("different"))
    )
    return found.select(verdict.alias("verdict"), pl.col("same").round(4).alias("probability"))


@cache
def models() -> dict[str, Verdicts]:
    """The fitted models by kind (`Corporation`, `Plant`, `Union`), as `benchmarks/identity.py` wrote them."""
    try:
        known = json.loads(FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrinationalError(
            f"{FILE.name}: cannot be read: {error}", hint="install the package again"
        ) from None
    return {
        kind: Verdicts(
            Model(**one["same"]), Model(**one["family"]), one["same_from"], one["join_from"], one["measured"]
        )
        for kind, one in known.items()
    }


def reasons(levels: pl.DataFrame) -> pl.Series:
    """The levels in words; a comparison for which one side has nothing is left out.

    >>> levels = {"shared": ["rare"], "rest": ["none"], "place": ["same_town"], "keys": ["unknown"]}
    >>> reasons(pl.DataFrame(levels)).to_list()
    ['rare words in common, nothing left over, same town']
    """
    words = [
        pl.col(name).replace({**_WORDS.get(name, {}), "unknown": None}).str.replace_all("_", " ")
        for name in levels.columns
    ]
    return levels.select(pl.concat_str(words, separator=", ", ignore_nulls=True).alias("reason"))["reason"]
