"""Answers one SPARQL query in a process of its own, which `graph.sparql` can stop at any moment.

Run as a script with only the standard library and pyoxigraph, so that it starts at once. Reads one JSON
object from standard input; writes JSON lines: a head, batches of rows, an end (or an error).
"""

from __future__ import annotations

import json
import os
import sys
import threading
from itertools import islice
from typing import Any

import pyoxigraph as ox

_BATCH = 500


def main() -> None:
    """Answer the query on standard input."""
    task = json.load(sys.stdin)
    watch = threading.Timer(task["seconds"] + 1, os._exit, (1,))
    watch.daemon = True
    watch.start()
    _bound_memory(task["memory"])
    try:
        answer = ox.Store.read_only(task["store"]).query(
            task["query"],
            prefixes=task["prefixes"],
            substitutions={ox.Variable(name): _term(cell) for name, cell in task["values"].items()},
        )
        _write(answer, task["limit"], task["prefixes"])
    except SyntaxError as error:
        _say(error="syntax", message=str(error))
    except (OSError, RuntimeError, ValueError) as error:
        _say(error="run", message=str(error))


def _write(answer: object, limit: int, prefixes: dict[str, str]) -> None:
    if isinstance(answer, ox.QueryBoolean):
        _say(boolean=bool(answer))
    elif isinstance(answer, ox.QuerySolutions):
        _say(variables=[variable.value for variable in answer.variables])
        left = limit
        while rows := [[_cell(term) for term in row] for row in islice(answer, min(_BATCH, left))]:
            _say(rows=rows)
            left -= len(rows)
        _say(truncated=left == 0 and next(answer, None) is not None)
    elif isinstance(answer, ox.QueryTriples):
        triples = sorted(islice(answer, limit), key=str)
        text = ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=_used(prefixes, triples))
        _say(turtle=(text or b"").decode(), truncated=next(answer, None) is not None)


def _used(prefixes: dict[str, str], triples: list[ox.Triple]) -> dict[str, str]:
    text = "\n".join(map(str, triples))
    return {prefix: iri for prefix, iri in prefixes.items() if f"<{iri}" in text}


def _cell(term: Any) -> dict[str, Any] | None:
    """A term as in SPARQL 1.1 Query Results JSON."""
    if isinstance(term, ox.NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, ox.BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, ox.Literal):
        if term.language:
            return {"type": "literal", "value": term.value, "xml:lang": term.language}
        if term.datatype.value == "http://www.w3.org/2001/XMLSchema#string":
            return {"type": "literal", "value": term.value}
        return {"type": "literal", "value": term.value, "datatype": term.datatype.value}
    if isinstance(term, ox.Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _cell(part) for name, part in parts.items()}}
    return None


def _term(cell: dict[str, str]) -> ox.NamedNode | ox.Literal:
    if cell["type"] == "uri":
        return ox.NamedNode(cell["value"])
    if "xml:lang" in cell:
        return ox.Literal(cell["value"], language=cell["xml:lang"])
    return ox.Literal(cell["value"], datatype=ox.NamedNode(cell["datatype"]) if "datatype" in cell else None)


def _bound_memory(size: int) -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    main()
    sys.stdout.flush()
    os._exit(0)
