"""Every source's real files: rows a second, and the ratio to reading the same files as text.

The floor reads each file with the loader's own `read` (text, nothing cleaned) and writes it to Parquet.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import loaders
from benchmarks.child import peak_gigabytes
from benchmarks.measure import Measure
from graph.build import newest, write_tables
from graph.home import Home
from graph.identity import read_judgements
from graph.release import find, load_release, raw_folder
from loaders.load import plan


def all_sources(work: Path) -> Iterator[Measure]:
    """One measure a source, then all together from raw files to graph tables, in a process of its own."""
    if not raw_folder().is_dir():
        return
    command = [sys.executable, "-m", "benchmarks.sources", str(work / "sources")]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for one in found["sources"]:
        note = f"{one['rows'] / one['seconds']:,.0f} rows/s, {one['seconds']:.2f} s"
        yield Measure(one["source"], "load / read as text", one["seconds"] / one["floor"], "x", note=note)
    floor = sum(one["floor"] for one in found["sources"])
    yield Measure("all sources", "raw to graph tables", found["seconds"], "s", limit=60)
    yield Measure("all sources", "raw to tables / read as text", found["seconds"] / floor, "x", limit=5)
    yield Measure("all sources", "peak memory", found["gigabytes"], "GB", limit=2)


def _floor(source: str, files: list[Path], target: Path) -> float:
    started = time.perf_counter()
    for table in plan(loaders.sources()[source], files).tables:
        for path in table.files:
            table.table.read(path).collect(engine="streaming").write_parquet(target)
    return time.perf_counter() - started


def _run(work: Path) -> dict[str, object]:
    work.mkdir(parents=True, exist_ok=True)
    home = Home(work / "home")
    rows: list[dict[str, object]] = []
    total = time.perf_counter()
    found = find(raw_folder()).sources
    for source, files in sorted(found.items()):
        started = time.perf_counter()
        report = load_release(home, source, files)
        rows.append({"source": source, "rows": report.rows_in, "seconds": time.perf_counter() - started})
    write_tables(work / "graph", newest(home.releases()), read_judgements())
    seconds = time.perf_counter() - total
    peak = peak_gigabytes()
    for row in rows:
        row["floor"] = _floor(str(row["source"]), found[str(row["source"])], work / "floor.parquet")
    return {"sources": rows, "seconds": seconds, "gigabytes": peak}


if __name__ == "__main__":
    print(json.dumps(_run(Path(sys.argv[1]))))
