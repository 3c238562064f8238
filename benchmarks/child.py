"""Runs one analysis over a folder of graph tables and prints its seconds and peak memory as JSON.

A process of its own, because the peak memory of a process never falls again.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from graph.labor_graph import LaborGraph

ROWS = 100
"""Rows that are given names and evidence; all pairs are scored."""


def peak_gigabytes() -> float:
    """Most memory that this program held. On Linux `getrusage` counts the parent's before `exec`, too."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**30


def main() -> None:
    graph = LaborGraph(Path(sys.argv[1]))
    analysis = getattr(graph, sys.argv[2])
    times = []
    for _ in range(2):
        started = time.perf_counter()
        analysis(limit=ROWS)
        times.append(time.perf_counter() - started)
    print(json.dumps({"first": times[0], "seconds": min(times), "gigabytes": peak_gigabytes()}))


if __name__ == "__main__":
    main()
