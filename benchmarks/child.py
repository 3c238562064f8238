"""Runs one analysis over a folder of graph tables and prints its seconds and peak memory as JSON.

A process of its own, because the peak memory of a process never falls again.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from graph.analysis.production_shifts import scored_shifts
from graph.engine import cut
from graph.labor_graph import LaborGraph

SHOWN = 20
"""Rows that are given names and evidence, as a table shows; all pairs are scored."""
TIMES = 3


def peak_gigabytes() -> float:
    """Most memory that this program held. On Linux `getrusage` counts the parent's before `exec`, too."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**30


def _runs(graph: LaborGraph, analysis: str) -> dict[str, Callable[[], object]]:
    """What is timed, by name; the limit is for the first one."""
    if analysis == "production_shifts":
        return {
            "candidates": lambda: cut(scored_shifts(graph.tables).rows),
            f"{SHOWN} rows": lambda: graph.production_shifts(limit=SHOWN),
        }
    return {
        f"{SHOWN} rows": lambda: graph.shared_sectors(limit=SHOWN),
        "rows by default": graph.shared_sectors,
    }


def main() -> None:
    runs = _runs(LaborGraph(Path(sys.argv[1])), sys.argv[2])
    found = {}
    for name, run in runs.items():
        times = []
        for _ in range(TIMES):
            started = time.perf_counter()
            run()
            times.append(time.perf_counter() - started)
        found[name] = {"first": times[0], "seconds": min(times), "gigabytes": peak_gigabytes()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
