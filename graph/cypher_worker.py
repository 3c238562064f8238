"""Answers Cypher queries in a process of its own, which `graph.cypher` can stop at any moment.

Run as a script with only the standard library and ladybug, so that it starts at once. Reads one JSON object a
line from standard input: first the store, then queries. Writes JSON lines: columns, batches of rows, an end.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import ladybug

_BATCH = 2000
_HIDDEN = ("_ID", "_LABEL", "_SRC", "_DST")


class Watch:
    """Ends the process when a query runs past its time or the process needs too much memory."""

    def __init__(self, memory: int, too_large: int, too_long: int) -> None:
        self.deadline = float("inf")
        self._memory, self._too_large, self._too_long = memory, too_large, too_long
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            time.sleep(0.05)
            if _resident() > self._memory:
                os._exit(self._too_large)
            if time.monotonic() > self.deadline:
                os._exit(self._too_long)


def main() -> None:
    """Answer the queries on standard input until it ends."""
    start = json.loads(sys.stdin.readline())
    watch = Watch(start["memory"], *start["codes"])
    connection = None
    for line in sys.stdin:
        task = json.loads(line)
        watch.deadline = time.monotonic() + task["seconds"] + 1
        try:
            if connection is None:
                connection = _opened(start)
            connection.set_query_timeout(max(int(task["seconds"] * 1000), 1))
            _answer(connection, task)
        except (RuntimeError, ValueError, OverflowError) as error:
            _say(error=str(error))
        watch.deadline = float("inf")


def _opened(start: dict[str, Any]) -> ladybug.Connection:
    sizes = {"buffer_pool_size": start["buffer"], "max_db_size": start["space"]}
    store = ladybug.Database(start["store"], read_only=True, **sizes)
    return ladybug.Connection(store, num_threads=start["threads"])


def _answer(connection: ladybug.Connection, task: dict[str, Any]) -> None:
    result = connection.execute(task["query"], task["values"])
    if isinstance(result, list):
        raise ValueError("more than one query")
    with result:
        _say(columns=result.get_column_names(), types=result.get_column_data_types())
        left = task["limit"]
        while left and (rows := result.get_n(min(_BATCH, left))):
            _say(rows=rows)
            left -= len(rows)
        _say(end=True, truncated=result.has_next())


def _plain(value: Any) -> Any:
    """A value as JSON holds it; nodes and relationships are their known properties."""
    if isinstance(value, dict):
        if "_NODES" in value:
            return {"nodes": _plain(value["_NODES"]), "relationships": _plain(value["_RELS"])}
        graph = "_LABEL" in value
        return {k: _plain(v) for k, v in value.items() if not (graph and (v is None or k in _HIDDEN))}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _say(**line: Any) -> None:
    if "rows" in line:
        line["rows"] = _plain(line["rows"])
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    if "rows" not in line:
        sys.stdout.flush()


def _resident() -> int:
    """Bytes of memory in use; on systems that do not tell, the most that was in use."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main()
    sys.stdout.flush()
    os._exit(0)
