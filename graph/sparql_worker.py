"""Answers SPARQL queries in a process of its own, which `graph.sparql` can stop at any moment.

Run as a script with only the standard library and pyoxigraph, so that it starts at once. Reads one JSON
object a line from standard input: first the store, then queries. Where a query has a `limit`, it writes JSON
lines: a head, batches of rows, an end (or an error). Otherwise standard output is a file: it gets one JSON
line, then the answer in a W3C format.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pyoxigraph as ox

_BATCH = 500


def main() -> None:
    """Answer the queries on standard input until it ends."""
    start = json.loads(sys.stdin.readline())
    _bound_memory(start["memory"])
    store = None
    for line in sys.stdin:
        task = json.loads(line)
        watch = threading.Timer(task["seconds"] + 1, os._exit, (1,))
        watch.daemon = True
        watch.start()
        try:
            store = store or ox.Store.read_only(start["store"])
            _answer(store, task, start["memory"])
        except SyntaxError as error:
            _fail(task, "syntax", str(error))
        except _TooLargeError:
            _fail(task, "size", f"the answer has more than {task['bytes']:,} bytes")
        except _NoFormError as error:
            _fail(task, "form", str(error))
        except (OSError, RuntimeError, ValueError) as error:
            _fail(task, "run", str(error))
        sys.stdout.flush()
        watch.cancel()


def _answer(store: ox.Store, task: dict[str, Any], memory: int) -> None:
    answer = store.query(
        task["query"],
        prefixes=task["prefixes"],
        substitutions={ox.Variable(name): term(value) for name, value in task["values"].items()},
        base_iri=task["base"],
        **_dataset(task["dataset"]),
    )
    if "limit" not in task:
        _serialise(answer, task)
        return
    _write(answer, task["limit"], task["prefixes"])
    _say(end=True, last=_resident() > memory / 4)


def _dataset(given: tuple[list[str], list[str]] | None) -> dict[str, Any]:
    if given is None:
        return {}
    default, named = ([ox.NamedNode(iri) for iri in iris] for iris in given)
    return {"default_graph": default, "named_graphs": named}


class _TooLargeError(OSError):
    pass


class _NoFormError(Exception):
    pass


class _Bounded(io.RawIOBase):
    """Standard output that takes a number of bytes at most."""

    def __init__(self, size: int) -> None:
        self.left = size

    def writable(self) -> bool:
        return True

    def write(self, given: Any) -> int:
        self.left -= len(given)
        if self.left < 0:
            raise _TooLargeError
        return sys.stdout.buffer.write(given)


def _serialise(answer: Any, task: dict[str, Any]) -> None:
    triples = isinstance(answer, ox.QueryTriples)
    media = task["graph" if triples else "rows"]
    if media is None:
        kind = "CONSTRUCT and DESCRIBE give a graph" if triples else "SELECT and ASK give results"
        raise _NoFormError(f"{kind}: none of the accepted media types can hold that")
    _say(media=media)
    sys.stdout.flush()
    out: Any = _Bounded(task["bytes"])
    if triples:
        form = ox.RdfFormat.from_media_type(media)
        ox.serialize(answer, out, format=form, prefixes=task["prefixes"])
    else:
        answer.serialize(out, format=ox.QueryResultsFormat.from_media_type(media))


def _fail(task: dict[str, Any], kind: str, message: str) -> None:
    """Say what went wrong, instead of what a file of results already holds."""
    if "limit" not in task:
        sys.stdout.flush()
        os.ftruncate(1, 0)
        os.lseek(1, 0, os.SEEK_SET)
    _say(error=kind, message=message)


def _write(answer: object, limit: int, prefixes: dict[str, str]) -> None:
    if isinstance(answer, ox.QueryBoolean):
        _say(boolean=bool(answer))
    elif isinstance(answer, ox.QuerySolutions):
        _say(variables=[variable.value for variable in answer.variables])
        left = limit
        while rows := [[cell(value) for value in row] for row in islice(answer, min(_BATCH, left))]:
            _say(rows=rows)
            left -= len(rows)
        _say(truncated=left == 0 and next(answer, None) is not None)
    elif isinstance(answer, ox.QueryTriples):
        text = turtle(islice(answer, limit), prefixes)
        _say(turtle=text, truncated=next(answer, None) is not None)


def turtle(triples: Iterable[ox.Triple], prefixes: dict[str, str]) -> str:
    """Triples as Turtle, sorted, with the prefixes that occur."""
    ordered = sorted(triples, key=str)
    text = "\n".join(map(str, ordered))
    used = {prefix: iri for prefix, iri in prefixes.items() if f"<{iri}" in text}
    return (ox.serialize(ordered, format=ox.RdfFormat.TURTLE, prefixes=used) or b"").decode()


def cell(found: Any) -> dict[str, Any] | None:
    """A term as in SPARQL 1.1 Query Results JSON."""
    if isinstance(found, ox.NamedNode):
        return {"type": "uri", "value": found.value}
    if isinstance(found, ox.BlankNode):
        return {"type": "bnode", "value": found.value}
    if isinstance(found, ox.Literal):
        if found.language:
            return {"type": "literal", "value": found.value, "xml:lang": found.language}
        if found.datatype.value == "http://www.w3.org/2001/XMLSchema#string":
            return {"type": "literal", "value": found.value}
        return {"type": "literal", "value": found.value, "datatype": found.datatype.value}
    if isinstance(found, ox.Triple):
        parts = {"subject": found.subject, "predicate": found.predicate, "object": found.object}
        return {"type": "triple", "value": {name: cell(part) for name, part in parts.items()}}
    return None


def term(given: dict[str, str]) -> ox.NamedNode | ox.Literal:
    """The term that a cell of SPARQL 1.1 Query Results JSON holds."""
    if given["type"] == "uri":
        return ox.NamedNode(given["value"])
    if "xml:lang" in given:
        return ox.Literal(given["value"], language=given["xml:lang"])
    return ox.Literal(
        given["value"], datatype=ox.NamedNode(given["datatype"]) if "datatype" in given else None
    )


def _bound_memory(size: int) -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _resident() -> int:
    """Bytes of memory in use: the allocator may keep what a large query took. 0 where nobody tells."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main()
    sys.stdout.flush()
    os._exit(0)
