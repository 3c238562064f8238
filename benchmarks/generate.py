"""Writes a synthetic labor network of any size as WARN, RETC and the built-in dataset would tell it.

    python benchmarks/generate.py --plants 10000 --seed 1 OUT

OUT then holds `core/` (the tables of the built-in dataset), `us-warn/` (notices, one file a state) and
`mx-retc/` (yearly files in the three layouts of the register). Same size and seed, same bytes. Companies and
unions are invented; cities and industry codes are real.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import curated, registers, world


def generate(plants: int, seed: int, target: Path) -> dict[str, int]:
    """Write all files below `target`; returns rows by file."""
    made = world.build(plants, seed)
    tables = {**curated.tables(made), **registers.warn(made), **registers.retc(made)}
    for name, table in tables.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        table.write_csv(path, separator="\t" if name.startswith("mx-retc") else ",")
    return {name: len(table) for name, table in tables.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plants", type=int, default=10_000, help="rows of core/plants.csv (default 10000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("out", type=Path, metavar="OUT")
    options = parser.parse_args()
    for name, rows in generate(options.plants, options.seed, options.out).items():
        print(f"{rows:>10,}  {name}")


if __name__ == "__main__":
    main()
