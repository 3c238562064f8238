"""What is measured, each beside what it is compared with, and the limit that the project sets itself."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import rdflib

from benchmarks import baseline
from benchmarks.generate import generate
from graph import rdf
from graph.build import build, newest, write_tables
from graph.home import Home
from graph.identity import read_judgements
from graph.release import load_release, raw_folder

ROOT = Path(__file__).parent.parent
REAL = ("mx_retc", "us_warn", "us_olms")
SYNTHETIC = {"curated": "core", "us_warn": "us-warn", "mx_retc": "mx-retc"}


@dataclass(frozen=True)
class Measure:
    """A measured value; `limit` is the most it may be, or the least where `at_least`."""

    group: str
    name: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return ""
        kept = self.value >= self.limit if self.at_least else self.value <= self.limit
        return "OK" if kept else "over"

    def row(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict}


def real_files(work: Path, turns: int = 3) -> Iterator[Measure]:
    """Real files from raw to graph tables, against Polars reading the same files as text into Parquet."""
    raw = raw_folder()
    if raw.is_dir():
        times = [_real_turn(raw, work / f"real-{turn}") for turn in range(turns)]
        ours, floor = (min(column) for column in zip(*times, strict=True))
        note = f"{ours:.2f} s against {floor:.2f} s"
        yield Measure("real files", "raw to tables / text to Parquet", ours / floor, "x", 5, note=note)


def _real_turn(raw: Path, work: Path) -> tuple[float, float]:
    home = Home(work / "home")
    ours = sum(timed(load_release, home, source)[0] for source in REAL)
    ours += _tables_seconds(home, work / "tables")
    files = [(source, path) for source in REAL for path in baseline.files_of(home, raw, source)]
    return ours, timed(baseline.text_to_parquet, files, work / "floor")[0]


def text(work: Path, plants: int, turns: int = 3) -> Iterator[Measure]:
    """Graph tables to N-Quads text, kept nowhere."""
    tables = synthetic_tables(work, plants)
    statements = baseline.count(rdf.nquads(tables))
    seconds = min(timed(baseline.drain, rdf.nquads(tables))[0] for _ in range(turns))
    note = f"{statements:,} statements"
    yield Measure("RDF", "N-Quads text", statements / seconds, "1/s", 1e6, True, note)


def store(work: Path, plants: int, turns: int = 2) -> Iterator[Measure]:
    """Text plus load, and csv to a queryable store, against bulk load from disk and rdflib."""
    home, tables, lines = Home(work / "rdf-home"), work / "rdf-tables", work / "graph.nq"
    before = _load_synthetic(home, work, plants) + _tables_seconds(home, tables)
    with lines.open("wb") as file:
        file.writelines(rdf.nquads(tables))
    times = [_store_turn(tables, lines, work / f"store-{turn}") for turn in range(turns)]
    load, floor = (min(column) for column in zip(*times, strict=True))
    note = f"{load:.1f} s against {floor:.1f} s"
    yield Measure("RDF", "text and load / bulk load from disk", load / floor, "x", 1.3, note=note)
    dataset = rdflib.Dataset()
    mapped, _ = timed(baseline.rdflib_mapped, tables, dataset)
    written, _ = timed(dataset.serialize, str(work / "rdflib.nq"), "nquads")
    read, _ = timed(baseline.rdflib_reopened, work / "rdflib.nq")
    for name, theirs, limit in (
        ("csv to rdflib in memory / to our store", mapped, None),
        ("csv to a store for others: rdflib / ours", mapped + written + read, 10.0),
    ):
        note = f"{before:.1f} + {theirs:.1f} s against {before:.1f} + {load:.1f} s"
        yield Measure("RDF", name, (before + theirs) / (before + load), "x", limit, True, note)


def _store_turn(tables: Path, lines: Path, work: Path) -> tuple[float, float]:
    work.mkdir()
    load, _ = timed(rdf.write_store, tables, work / "ours")
    return load, timed(baseline.bulk_load, lines, work / "floor")[0]


def analyses(work: Path, small: int, large: int) -> Iterator[Measure]:
    """The two analyses at two sizes, each in a process of its own, and how they grow."""
    seconds: dict[tuple[str, int], float] = {}
    for plants in (small, large):
        tables = synthetic_tables(work, plants)
        for name, most in (("production_shifts", 3.0), ("shared_sectors", 12.0)):
            limit = {100_000: 0.5, 1_000_000: most}.get(plants)
            runs = _child(tables, name)
            seconds[name, plants] = next(iter(runs.values()))["seconds"]
            for run, found in runs.items():
                note = f"first call {found['first']:.2f} s"
                yield Measure(f"{plants:,} plants", f"{name}: {run}", found["seconds"], "s", limit, note=note)
                limit = None
            peak = max(found["gigabytes"] for found in runs.values())
            yield Measure(f"{plants:,} plants", f"{name}: peak memory", peak, "GB", 4)
    for name in ("production_shifts", "shared_sectors"):
        growth = math.log(seconds[name, large] / seconds[name, small]) / math.log(large / small)
        yield Measure("growth", f"{name}: exponent", growth, "", note=f"from {small:,} to {large:,} plants")


def start(work: Path) -> Iterator[Measure]:
    """What a person waits for: the ontology, a command's help, the demo."""
    clock = "time.perf_counter()"
    model = f"import time; s = {clock}; from ontology import model; model(); print({clock} - s)"
    best = min(float(_run([sys.executable, "-c", model])) for _ in range(3))
    yield Measure("start", "ontology read, with its imports", best, "s", 0.3)
    command = [sys.executable, "-c", "from graph.cli import main; main()"]
    seconds, _ = timed(_run, [*command, "--help"])
    yield Measure("start", "trinational --help", seconds, "s")
    arguments = ["demo", "--home", str(work / "demo"), "--out", str(work / "demo.html")]
    seconds, _ = timed(_run, [*command, *arguments])
    yield Measure("start", "trinational demo", seconds, "s", 20)


def synthetic_tables(work: Path, plants: int) -> Path:
    """Graph tables of a synthetic network, without store and search index."""
    target = work / f"tables-{plants}"
    if not target.is_dir():
        home = Home(work / f"home-{plants}")
        _load_synthetic(home, work, plants)
        _tables_seconds(home, target)
    return target


def synthetic_graph(work: Path, plants: int) -> Path:
    """The built graph of a synthetic network, with search index; each store is made when it is asked."""
    home = Home(work / f"graph-{plants}")
    _load_synthetic(home, work, plants)
    return build(home).folder


def _tables_seconds(home: Home, target: Path) -> float:
    """Seconds from records to graph tables, written into `target`."""
    releases, judgements = newest(home.releases()), read_judgements()
    return timed(write_tables, target, releases, judgements)[0]


def _load_synthetic(home: Home, work: Path, plants: int) -> float:
    files = work / f"files-{plants}"
    generate(plants, 1, files)
    return sum(timed(load_release, home, name, [files / part])[0] for name, part in SYNTHETIC.items())


def timed(call: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Seconds of a call, and what it returns."""
    started = time.perf_counter()
    found = call(*arguments)
    return time.perf_counter() - started, found


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def _child(tables: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_run([sys.executable, "-m", "benchmarks.child", str(tables), name]))
    return found
