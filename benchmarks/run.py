"""Measures the project against what it is built on; prints ratios of one run, each with its limit.

    python benchmarks/run.py                    every group at the small sizes (a few minutes)
    python benchmarks/run.py --size full        analyses at 100,000 and 1,000,000 plants, store at 5,000
    python benchmarks/run.py --only store --json

Nothing is asserted: times depend on the machine, ratios little. Peak memory is that of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import cypher, measure, neo4j_push, questions
from benchmarks.measure import Measure
from benchmarks.sources import all_sources

SIZES = {"small": (10_000, 100_000, 2_000), "full": (100_000, 1_000_000, 5_000)}
GROUPS = ("real", "sources", "text", "store", "analyses", "questions", "cypher", "neo4j", "start")


def groups(size: str, work: Path) -> dict[str, Callable[[], Iterator[Measure]]]:
    small, large, stored = SIZES[size]
    return {
        "real": lambda: measure.real_files(work),
        "sources": lambda: all_sources(work),
        "text": lambda: measure.text(work, small),
        "store": lambda: measure.store(work, stored),
        "analyses": lambda: measure.analyses(work, small, large),
        "questions": lambda: questions.measures(work, small),
        "cypher": lambda: cypher.measures(work, small),
        "neo4j": lambda: neo4j_push.measures(work, stored),
        "start": lambda: measure.start(work),
    }


def table(measures: list[Measure]) -> Table:
    shown = Table("group", "measure", "value", "limit", "", "note", title="Trinational benchmarks")
    for found in measures:
        sign = "≥" if found.at_least else "≤"
        limit = "" if found.limit is None else f"{sign} {number(found.limit)} {found.unit}"
        value = f"{number(found.value)} {found.unit}"
        shown.add_row(found.group, found.name, value, limit, found.verdict, found.note)
    return shown


def number(value: float) -> str:
    """A number as people read it.

    >>> number(1234567.0), number(2.5), number(0.0123)
    ('1,234,567', '2.5', '0.012')
    """
    return f"{value:,.0f}" if value >= 1000 else f"{value:.2g}" if value < 10 else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=GROUPS, action="append", help="a group; may be repeated")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--json", action="store_true", help="one JSON array instead of a table")
    parser.add_argument("--work", type=Path, help="keep the files here (default: a temporary folder)")
    options = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="trinational-") as scratch:
        work = options.work or Path(scratch)
        measures: list[Measure] = []
        for name, run in groups(options.size, work).items():
            if name in (options.only or GROUPS):
                with console.status(name):
                    measures += run()
    if options.json:
        print(json.dumps([found.row() for found in measures], indent=1))
    else:
        Console(width=max(Console().width, 140)).print(table(measures))


if __name__ == "__main__":
    main()
