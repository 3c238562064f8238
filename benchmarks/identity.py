"""Fits the identity models to labelled pairs and measures them, beside simpler matchers, on pairs not fitted.

    python -m benchmarks.identity             measure, print figures, counts, intervals and every error
    python -m benchmarks.identity --write     the same, and write graph/identity/model.json
    python -m benchmarks.identity --json      figures as JSON
    python -m benchmarks.identity --words HOME    count the words of the names in a home, write words.csv

Cross-validation in five folds, five times; pairs that share a family (a company group, a national union)
are in one fold. The probability of a pair is the mean of the five models that never saw it or its family.
The other matchers choose their threshold on the same training folds; splink learns without labels, with its
defaults.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.fuzz import token_set_ratio
from rich.console import Console
from rich.table import Table

from graph.identity.compare import WORDS
from graph.identity.match import proven
from graph.identity.model import FILE, fit, verdicts
from graph.identity.names import folded, parse
from graph.identity.pairs import levels_of, read_pairs
from graph.release import raw_folder

FILES = {"Corporation": "employers.csv", "Plant": "employers.csv", "Union": "unions.csv"}
READ = Path(__file__).parent / "identity_pairs.csv"
FOLDS = REPEATS = 5
PRECISION = 0.98
STEPS = [step / 100 for step in range(50, 100, 5)]
JOIN_AT_LEAST = {"Corporation": 0.95, "Plant": 0.8, "Union": 0.95}
COUNTRIES = ("US", "CA", "MX")


def labelled(kind: str) -> pl.DataFrame:
    """Labelled pairs of a kind: `gold`, drawn to be hard, and `read`, drawn over all levels of candidates.

    Pairs are left out that the readers could not decide; `part` names the set.
    """
    gold = read_pairs(raw_folder().parent / "gold" / FILES[kind]).with_columns(part=pl.lit("gold"))
    pairs = pl.concat([gold, read_pairs(READ).with_columns(part=pl.lit("read"))], how="diagonal")
    return pairs.filter((pl.col("kind") == kind) & (pl.col("label") != "unsure"))


def folds(pairs: pl.DataFrame, seed: int) -> pl.Series:
    """The fold of each pair; pairs joined by a family of either side share one."""
    parent: dict[str, str] = {}

    def top(family: str) -> str:
        while parent.setdefault(family, family) != family:
            family = parent[family]
        return family

    for left, right in pairs.select("a_family", "b_family").iter_rows():
        parent[top(left)] = top(right)
    group = [top(family) for family in pairs["a_family"]]
    sizes = Counter(group)
    order = sorted(sizes)
    random.Random(seed).shuffle(order)
    filled, place = [0] * FOLDS, {}
    for name in sorted(order, key=sizes.__getitem__, reverse=True):
        place[name] = filled.index(min(filled))
        filled[place[name]] += sizes[name]
    return pl.Series([place[name] for name in group])


def each_fold(pairs: pl.DataFrame) -> Iterator[tuple[pl.Series, pl.Series]]:
    """Masks of the pairs to learn from and of those to judge, fold after fold, repeat after repeat."""
    for seed in range(REPEATS):
        fold = folds(pairs, seed)
        for held in range(FOLDS):
            yield fold != held, fold == held


def crossed(levels: pl.DataFrame, match: pl.Series, pairs: pl.DataFrame) -> pl.Series:
    """Probability of a match for each pair, from models that saw neither it nor its family."""
    total = pl.zeros(levels.height, eager=True)
    for learn, judge in each_fold(pairs):
        found = fit(levels.filter(learn), match.filter(learn)).probability(levels.filter(judge))
        total = total.scatter(judge.arg_true(), total.filter(judge) + found)
    return total / REPEATS


def at_best_threshold(score: pl.Series, match: pl.Series, pairs: pl.DataFrame) -> pl.Series:
    """Share of repeats in which a pair is above the threshold with the best F1 on the other folds."""
    votes = pl.zeros(len(score), eager=True)
    for learn, judge in each_fold(pairs):
        known, truth = score.filter(learn), match.filter(learn)
        best = max(sorted(set(known)), key=lambda bound: _f1(known >= bound, truth))
        votes = votes.scatter(judge.arg_true(), votes.filter(judge) + (score.filter(judge) >= best))
    return votes / REPEATS


def _f1(said: pl.Series, truth: pl.Series) -> float:
    return 2 * int((said & truth).sum()) / (int(said.sum()) + int(truth.sum()))


def wilson(hits: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927).

    >>> [round(bound, 3) for bound in wilson(35, 35)]
    [0.901, 1.0]
    """
    if not total:
        return 0.0, 1.0
    z, share = 1.959964, hits / total
    middle = share + z * z / 2 / total
    spread = z * math.sqrt(share * (1 - share) / total + z * z / 4 / total**2)
    return (middle - spread) / (1 + z * z / total), (middle + spread) / (1 + z * z / total)


def figures(said: pl.Series, truth: pl.Series) -> dict[str, Any]:
    """Precision, recall and F1 with the counts behind them and their 95 % intervals."""
    right, claimed, there = (int(s.sum()) for s in (said & truth, said, truth))
    return {
        "right": right,
        "claimed": claimed,
        "there": there,
        "precision": round(right / claimed, 4) if claimed else None,
        "precision_95": [round(bound, 3) for bound in wilson(right, claimed)],
        "recall": round(right / there, 4) if there else None,
        "recall_95": [round(bound, 3) for bound in wilson(right, there)],
        "f1": round(2 * right / (claimed + there), 4) if claimed + there else None,
    }


def lowest(probability: pl.Series, truth: pl.Series, least: float) -> float:
    """The lowest step, not below `least`, from which the precision is reached."""
    for step in STEPS:
        said = probability >= step
        if step >= least and int((said & truth).sum()) >= PRECISION * int(said.sum()):
            return step
    return 1.0


def by_part(said: pl.Series, truth: pl.Series, pairs: pl.DataFrame) -> dict[str, Any]:
    """Figures on the pairs of each set."""
    parts = {part: pairs["part"] == part for part in pairs["part"].unique(maintain_order=True)}
    return {part: figures(said.filter(here), truth.filter(here)) for part, here in parts.items()}


def others(pairs: pl.DataFrame, truth: pl.Series) -> dict[str, pl.Series]:
    """What simpler matchers say of each pair: exact name, token set, Jaro-Winkler, splink's defaults."""
    exact = [parse(a).joined == parse(b).joined for a, b in pairs.select("a_name", "b_name").iter_rows()]

    def scored(measure: Callable[[str, str], float]) -> pl.Series:
        names = pairs.select("a_name", "b_name").iter_rows()
        score = pl.Series([measure(folded(a), folded(b)) for a, b in names])
        return at_best_threshold(score, truth, pairs) >= 0.5

    return {
        "exact normalised name": pl.Series(exact),
        "token set ratio, best threshold": scored(token_set_ratio),
        "Jaro-Winkler, best threshold": scored(JaroWinkler.similarity),
        "splink, its defaults": splink_says(pairs),
    }


def splink_says(pairs: pl.DataFrame) -> pl.Series:
    """splink with its ready-made comparisons of name, city, state and country, trained without labels."""
    import splink.comparison_library as compare_by
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    fields = ("name", "city", "state", "country")
    sides = [
        pairs.select(
            pl.col("pair_id").alias("unique_id"),
            pl.col("pair_id").alias("pair"),
            *(pl.col(f"{side}_{field}").str.to_lowercase().alias(field) for field in fields),
        )
        for side in "ab"
    ]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            compare_by.NameComparison("name"),
            *(compare_by.ExactMatch(field) for field in fields[1:]),
        ],
        blocking_rules_to_generate_predictions=[block_on("pair")],
    )
    database = DuckDBAPI()
    names = zip(sides, "ab", strict=True)
    tables = [database.register(side.to_arrow(), dataset_display_name=name) for side, name in names]
    linker = Linker(tables, settings, log_level=None)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e5, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("pair"))
    found = linker.inference.predict().as_duckdbpyrelation().pl()
    chances = dict(found.select("pair_l", "match_probability").iter_rows())
    return pl.Series([chances.get(pair, 0.0) >= 0.5 for pair in pairs["pair_id"]])


def measure(kind: str) -> tuple[dict[str, Any], dict[str, Any], pl.DataFrame]:
    """The fitted models of a kind, what was measured, and the pairs judged wrongly."""
    pairs = labelled(kind)
    levels = levels_of(pairs, kind)
    same, family = pairs["label"] == "same", pairs["label"] != "different"
    probability, kin = crossed(levels, same, pairs), crossed(levels, family, pairs)
    gold = pairs["part"] == "gold"
    same_from = lowest(probability.filter(gold), same.filter(gold), STEPS[0])
    join_from = lowest(probability.filter(gold), same.filter(gold), max(same_from, JOIN_AT_LEAST[kind]))
    judged = pairs.hstack(verdicts(probability, kin, same_from)).hstack(levels)
    said = judged["verdict"] == "same"
    told = levels.select(proven(kind)).to_series()
    measured = {
        "same": by_part(said, same, pairs),
        "join": by_part((probability >= join_from) & told, same, pairs),
        "related": by_part(judged["verdict"] == "related", pairs["label"] == "related_family", pairs),
    }
    rows = {
        f"ours, {what}, {part}": found for what, parts in measured.items() for part, found in parts.items()
    }
    for name, claim in others(pairs, same).items():
        rows |= {f"{name}, {part}": found for part, found in by_part(claim, same, pairs).items()}
    for country in COUNTRIES:
        here = gold & ((pairs["a_country"] == country) | (pairs["b_country"] == country))
        if here.any():
            rows[f"ours, gold, a side in {country}"] = figures(said.filter(here), same.filter(here))
    fitted = {
        "same": asdict(fit(levels, same)),
        "family": asdict(fit(levels, family)),
        "same_from": same_from,
        "join_from": join_from,
        "measured": measured,
    }
    return fitted, rows, judged.filter(said != same)


def show(console: Console, kind: str, rows: dict[str, Any], wrong: pl.DataFrame) -> None:
    shown = Table("matcher", "precision", "95 %", "recall", "95 %", "F1", title=kind)
    for name, row in rows.items():
        cells = [f"{row['right']}/{row['claimed']}", f"{row['right']}/{row['there']}"]
        for place, part in enumerate(("precision", "recall")):
            share = "–" if row[part] is None else f"{row[part]:.3f}"
            cells[place] = f"{share} ({cells[place]})"
        between = [
            "–".join(f"{bound:.2f}" for bound in row[f"{part}_95"]) for part in ("precision", "recall")
        ]
        f1 = "–" if row["f1"] is None else f"{row['f1']:.3f}"
        shown.add_row(name, cells[0], between[0], cells[1], between[1], f1)
    console.print(shown)
    for pair in wrong.sort("probability", descending=True).iter_rows(named=True):
        console.print(
            f"  {pair['pair_id']} is {pair['label']}, judged {pair['verdict']} ({pair['probability']:.2f}): "
            f"{pair['a_name']} | {pair['b_name']} ({pair['reason'] or pair['label']})",
            markup=False,
            highlight=False,
        )


def write_words(home: Path) -> None:
    """How many different names of employers and plants in a built home hold a word; those in 20 or more."""
    said = [home / "graph" / "said" / f"{kind}.parquet" for kind in ("Corporation", "Plant")]
    names = pl.concat([pl.scan_parquet(path).select("name") for path in said]).unique().drop_nulls().collect()
    held: Counter[str] = Counter()
    for name in names["name"]:
        held.update(set(parse(name).words))
    often = sorted((word, count) for word, count in held.items() if count >= 20)
    rows = [("*", names.height), *often]
    WORDS.write_text("word,names\n" + "".join(f"{word},{count}\n" for word, count in rows), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help=f"write {FILE.name}")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")
    parser.add_argument("--words", type=Path, metavar="HOME", help=f"only write {WORDS.name}")
    options = parser.parse_args()
    if options.words:
        write_words(options.words)
        return
    console = Console(width=140, stderr=options.json)
    found = {kind: measure(kind) for kind in FILES}
    for kind, (_, rows, wrong) in found.items():
        show(console, kind, rows, wrong)
    if options.json:
        print(json.dumps({kind: rows for kind, (_, rows, _) in found.items()}, indent=1))
    if options.write:
        text = json.dumps({kind: fitted for kind, (fitted, _, _) in found.items()}, indent=1)
        Path(FILE).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
