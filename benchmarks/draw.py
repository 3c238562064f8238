"""Seeded random columns that stay the same whatever else is drawn, and on every version of numpy."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

Integers = npt.NDArray[np.int64]


class Draw:
    """Random columns by name: one name and size give one column, independent of all others.

    SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014) over a counter that
    starts where the SHA-256 of seed and name says.

    >>> Draw(1).below("dice", 5, 6).tolist() == Draw(1).below("dice", 5, 6).tolist()
    True
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def bits(self, name: str, size: int) -> npt.NDArray[np.uint64]:
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        start = np.uint64(int.from_bytes(digest[:8], "big"))
        with np.errstate(over="ignore"):
            mixed = start + np.arange(1, size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
            mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return mixed ^ (mixed >> np.uint64(31))

    def unit(self, name: str, size: int) -> npt.NDArray[np.float64]:
        """Numbers in [0, 1)."""
        return (self.bits(name, size) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, name: str, size: int, limit: int | Integers) -> Integers:
        """Integers from 0 up to, not including, `limit` (one for all rows, or one a row)."""
        return (self.unit(name, size) * limit).astype(np.int64)

    def weighted(self, name: str, size: int, weights: Sequence[int]) -> Integers:
        """Positions in `weights`, each as often as its weight says."""
        positions: Integers = np.repeat(np.arange(len(weights)), weights)
        return positions[self.below(name, size, len(positions))]

    def chance(self, name: str, size: int, probability: float) -> pl.Series:
        """True with the given probability."""
        return pl.Series(name, self.unit(name, size) < probability)

    def number(self, name: str, size: int, start: int, stop: int) -> pl.Series:
        """Integers from `start` up to, not including, `stop`."""
        return pl.Series(name, self.below(name, size, stop - start) + start)

    def term(self, name: str, size: int, terms: Sequence[tuple[str, int]]) -> pl.Series:
        """Words, each as often as its weight says."""
        weights = [weight for _, weight in terms]
        return pl.Series([word for word, _ in terms])[self.weighted(name, size, weights)].alias(name)

    def member(self, name: str, size: int, values: pl.Series) -> pl.Series:
        """Any of the values, all alike."""
        return values[self.below(name, size, len(values))].alias(name)

    def some(self, name: str, size: int, probability: float, value: pl.Expr | pl.Series) -> pl.Expr:
        """The value with the given probability, else null."""
        return pl.when(self.chance(name, size, probability)).then(value)

    def date(self, name: str, size: int, month: str) -> pl.Expr:
        """A column of month numbers (`year * 12 + month - 1`) as ISO text: days, months or years."""
        year = (pl.col(month) // 12).cast(pl.String)
        of_year = (pl.col(month) % 12 + 1).cast(pl.String).str.zfill(2)
        of_month = self.number(name + ".day", size, 1, 29).cast(pl.String).str.zfill(2)
        precision = pl.lit(pl.Series(self.weighted(name + ".precision", size, [50, 35, 15])))
        of_day = pl.concat_str(year, of_year, of_month, separator="-")
        exact = pl.when(precision == 0).then(of_day)
        return exact.when(precision == 1).then(pl.concat_str(year, of_year, separator="-")).otherwise(year)
