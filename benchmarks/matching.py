"""The matcher on generated names: as many against as many, its seconds, peak memory and exponent of growth.

    python -m benchmarks.matching                    100,000, 300,000 and 1,000,000 names a side
    python -m benchmarks.matching --names 10000 30000

Each size runs in a process of its own. Names are an invented word, one to three words as often as the
registers hold them, and a legal form; two fifths of the right side are new, the others are names of the left
side in another form: other legal form, capitals, a letter left out, a word more, no town.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time

import numpy as np
import polars as pl

from benchmarks.child import peak_gigabytes
from benchmarks.vocabulary import HEADS, MIDDLES, TAILS
from graph.identity.compare import WORDS
from graph.identity.match import match

SIZES = (100_000, 300_000, 1_000_000)
FORMS = (" Inc.", " LLC", " Corporation", " S.A. de C.V.", " Ltd.", "")
SITES = (" Plant", " International", " de Mexico", " Services", " Division")
STATES = ("US-MI", "US-OH", "US-TX", "CA-ON", "MX-NLE", "MX-COA")
SEED = 7


def names(size: int, seed: int = SEED) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both sides: `id`, `name`, `town`, `subdivision`, `country`; row n of both is one firm if `n % 5 < 3`.

    >>> left, right = names(10)
    >>> left.height, right.height, left["name"].equals(names(10)[0]["name"])
    (10, 10, True)
    """
    draw = np.random.default_rng(seed)
    left, new = _firms(size, draw), _firms(size, draw)
    kept = pl.int_range(pl.len()) % 5 < 3
    same = _another_form(left, draw).with_columns(kept=kept)
    columns = [
        pl.when(same["kept"]).then(same[name]).otherwise(new[name]).alias(name) for name in left.columns
    ]
    right = pl.select(columns).with_columns(id=pl.format("r{}", pl.int_range(pl.len())))
    return left.with_columns(id=pl.format("l{}", pl.int_range(pl.len()))), right


def _firms(size: int, draw: np.random.Generator) -> pl.DataFrame:
    known = pl.read_csv(WORDS).filter(pl.col("word").str.contains("^[a-z]{3,}$"))
    share = known["names"].to_numpy() / known["names"].sum()
    words = known["word"].str.to_titlecase()
    parts = [_invented(size, draw), *(words.gather(draw.choice(len(words), size, p=share)) for _ in range(3))]
    count = pl.Series(draw.choice(3, size, p=(0.4, 0.4, 0.2)) + 1)
    more = [pl.when(count > n).then(" " + part).otherwise(pl.lit("")) for n, part in enumerate(parts[1:])]
    form = pl.Series(FORMS).gather(draw.integers(len(FORMS), size=size))
    towns = _invented(size, draw, most=3_000)
    state = pl.Series(STATES).gather(draw.integers(len(STATES), size=size))
    known_town = pl.Series(draw.random(size) < 0.7)
    return pl.select(
        name=pl.concat_str(parts[0], *more, form),
        town=pl.when(known_town).then(towns),
        subdivision=pl.when(known_town).then(state),
        country=state.str.slice(0, 2),
    )


def _invented(size: int, draw: np.random.Generator, most: int = 0) -> pl.Series:
    """Invented words: half as many as names, as the vocabulary of real registers grows with them."""
    pool = most or max(size // 2, 10)
    number = np.minimum(draw.integers(pool, size=size), draw.integers(pool, size=size))
    syllables = (HEADS, MIDDLES, MIDDLES, MIDDLES, TAILS)
    parts = []
    for syllable in syllables:
        parts.append(pl.Series(syllable).gather(number % len(syllable)))
        number = number // len(syllable)
    return pl.select(pl.concat_str(parts)).to_series()


def _another_form(firms: pl.DataFrame, draw: np.random.Generator) -> pl.DataFrame:
    size = firms.height
    chance, cut = pl.Series(draw.random(size)), pl.Series(draw.integers(2, 5, size=size))
    bare = pl.col("name").str.replace_many({form: "" for form in FORMS if form})
    form = pl.Series(FORMS).gather(draw.integers(len(FORMS), size=size))
    site = pl.Series(SITES).gather(draw.integers(len(SITES), size=size))
    other = (
        pl.when(chance < 0.5)
        .then(bare + form)
        .when(chance < 0.7)
        .then(bare.str.to_uppercase())
        .when(chance < 0.85)
        .then(bare.str.slice(0, cut) + bare.str.slice(cut + 1))
        .otherwise(bare + site)
    )
    away = chance > 0.9
    return firms.with_columns(
        name=other, **{part: pl.when(~away).then(part) for part in ("town", "subdivision")}
    )


def measure(size: int) -> dict[str, float]:
    """Seconds (by the clock; of the processor), peak memory (GB), pairs, share of firms found again."""
    left, right = names(size)
    started, before = time.perf_counter(), time.process_time()
    found = match(left, right)
    seconds, processor = time.perf_counter() - started, time.process_time() - before
    same = found.filter(
        (pl.col("verdict") == "same") & (pl.col("left").str.slice(1) == pl.col("right").str.slice(1))
    )
    again = same["left"].n_unique() / (size * 3 / 5)
    return {
        "names": size,
        "seconds": seconds,
        "processor": processor,
        "gigabytes": peak_gigabytes(),
        "pairs": found.height,
        "again": again,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--names", type=int, nargs="+", default=SIZES, help="names on each side")
    parser.add_argument("--alone", action="store_true", help="measure here and print JSON")
    asked = parser.parse_args()
    if asked.alone:
        print(json.dumps(measure(asked.names[0])))
        return
    runs = []
    for size in asked.names:
        command = [sys.executable, "-m", "benchmarks.matching", "--alone", "--names", str(size)]
        runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
        print(
            "{names:,} names against as many: {seconds:.1f} s ({processor:.1f} s of processor), "
            "peak {gigabytes:.2f} GB, {pairs:,} pairs "
            "compared, {again:.1%} of the firms of both sides found again".format(**runs[-1]),
            flush=True,
        )
    if len(runs) > 1:
        sizes, seconds = ([math.log(run[name]) for run in runs] for name in ("names", "processor"))
        print(f"exponent of growth (seconds of processor): {np.polyfit(sizes, seconds, 1)[0]:.2f}")


if __name__ == "__main__":
    main()
