"""Asks a named question on an engine: binds the parameters, types the cells, puts the rows in one order."""

from __future__ import annotations

import datetime
import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import polars as pl

from graph.analysis.families import FIRST, LAST, month_span
from graph.questions.read import NEWEST, Column, Parameter, Question, question, steps_of
from graph.rdf import PREFIXES, iri
from ontology import WrongUseError, model, nearest

if TYPE_CHECKING:
    from graph.labor_graph import LaborGraph

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Asked:
    """A question with the values that it is asked with: ids where names were given, dates as ISO text."""

    question: Question
    values: Mapping[str, Any]

    def cypher(self) -> dict[str, Any]:
        """Parameters of the Cypher text; not given is '' for text and [] for ids."""
        found: dict[str, Any] = {}
        for parameter in self.question.parameters:
            value = self.values[parameter.name]
            if parameter.type == "date":
                found |= _months(parameter.name, value)
            else:
                found[parameter.name] = ([] if parameter.type == "ids" else "") if value is None else value
        used = set(steps_of(self.question.queries["cypher"]))
        return {name: value for name, value in found.items() if name in used}

    def sparql(self) -> dict[str, str]:
        """Parameters of the SPARQL text; what is not given stays unbound."""
        found: dict[str, str] = {}
        for parameter in self.question.parameters:
            name, value = parameter.name, self.values[parameter.name]
            if parameter.type == "date":
                found |= {end: str(month) for end, month in _months(name, value).items()}
            elif value is not None:
                found[name] = _term(parameter, value)
        used = set(re.findall(r"[?$](\w+)", self.question.queries["sparql"]))
        return {name: value for name, value in found.items() if name in used}


def ask(
    name: str,
    graph: LaborGraph,
    on: str = "sparql",
    *,
    connection: Any = None,
    timeout: float = 60.0,
    **parameters: Any,
) -> pl.DataFrame:
    """Answer a named question.

    Parameters
    ----------
    name
        Id of the question, such as `CQ16`.
    on
        `sparql`, `cypher`, `neo4j` or `tables`: an engine that the question lists.
    connection
        For `neo4j`: a `graph.bolt.Connection`; by default the one of the environment.
    timeout
        Seconds until the query is stopped.
    parameters
        As the question declares them. Things by id or by a name that only one of their kind has, several as
        a list; dates as ISO text. A default holds where a parameter is not given, else it means "all".

    Returns the declared columns in one total order, equal on every engine. `evidence` holds ids of relations
    and things for `LaborGraph.evidence`. A parameter that matches nothing gives no rows.

    Raises `WrongUseError` where question, engine, parameter or value is unknown.

    >>> from graph import LaborGraph
    >>> ask("CQ16", LaborGraph.open(), corporation="General Motors")                     # doctest: +SKIP
    """
    return answer(prepared(name, graph, parameters), graph, on, connection=connection, timeout=timeout)


def answer(
    asked: Asked, graph: LaborGraph, on: str, *, connection: Any = None, timeout: float = 60.0
) -> pl.DataFrame:
    """The answer to a question whose values are ready: see `ask`."""
    if on not in asked.question.engines:
        engines = asked.question.engines
        hint = nearest(on, engines) or f"it has {', '.join(engines)}"
        raise WrongUseError(f"{asked.question.id} is not asked on {on!r}", hint=hint)
    rows = _ENGINES[on](asked, graph, connection, timeout)
    return ordered(asked.question, rows)


def prepared(name: str, graph: LaborGraph, parameters: Mapping[str, Any]) -> Asked:
    """A question with its values: defaults filled in, names resolved, each value checked."""
    asked = question(name)
    given = {asked.parameter(key).name: value for key, value in parameters.items() if value is not None}
    values: dict[str, Any] = {}
    for parameter in asked.parameters:
        value = given.get(parameter.name, parameter.default)
        if value is None and parameter.required:
            raise WrongUseError(f"{asked.id} needs {parameter.name}: {parameter.about}")
        values[parameter.name] = None if value is None else _value(asked, parameter, value, graph)
    return Asked(asked, values)


def newest_month(graph: LaborGraph) -> str:
    """The month in which the newest release was retrieved, as `2026-11`; this month where none tells."""
    found = graph.scan("Source").select(pl.col("retrieved_on").max()).collect().item()
    return str(found or datetime.date.today().isoformat())[:7]


def _value(asked: Question, parameter: Parameter, value: Any, graph: LaborGraph) -> Any:
    where = f"{asked.id}, {parameter.name}"
    if parameter.type in ("id", "ids"):
        several = parameter.type == "ids" and not isinstance(value, str)
        names = [str(name) for name in (value if several else [value])]
        mapping = pl.scan_parquet(graph.folder / "identity.parquet").filter(pl.col("record_id").is_in(names))
        joined = dict(mapping.select("record_id", "id").collect().iter_rows())
        found = [joined.get(name) or _resolved(where, parameter, name, graph) for name in names]
        return found if parameter.type == "ids" else found[0]
    if parameter.type in ("integer", "decimal"):
        return _number(where, parameter, value)
    text = str(value)
    if parameter.type == "date":
        text = newest_month(graph) if text == NEWEST else text
        month_span(text)
    if parameter.type == "country":
        text = text.upper()
        if not re.fullmatch("[A-Z]{2}", text):
            raise WrongUseError(
                f"{where}: no country: {value!r}", hint="use two letters, such as CA, US or MX"
            )
    if parameter.type == "term" and text not in (known := model().terms[parameter.scheme]):
        hint = nearest(text, known) or f"use {', '.join(known)}"
        raise WrongUseError(f"{where}: no such term: {text!r}", hint=hint)
    return text


def _number(where: str, parameter: Parameter, value: Any) -> int | float:
    try:
        return int(value) if parameter.type == "integer" else float(value)
    except (TypeError, ValueError):
        raise WrongUseError(f"{where}: no {parameter.type} number: {value!r}") from None


def _resolved(where: str, parameter: Parameter, name: str, graph: LaborGraph) -> str:
    """The id that a name stands for among things of the parameter's kinds; an id stays as it is."""
    authority, colon, _ = name.partition(":")
    if colon and authority in model().authorities:
        return name
    found = [row for kind in parameter.kind for row in graph.search(name, kind=kind, limit=20)]
    exact = {row["id"] for row in found if _same(name, row["name"])}
    exact = exact or {row["id"] for row in found if _same(name, row["match"])}
    if len(exact) == 1:
        return str(exact.pop())
    close = ", ".join(f"{row['id']} ({row['name']})" for row in found[:5])
    kinds = " or ".join(parameter.kind)
    several = f"{len(exact)} things of kind {kinds} have the name" if exact else f"no {kinds} has the name"
    raise WrongUseError(
        f"{where}: {several} {name!r}",
        hint=f"give the id: {close}" if close else "try `trinational search`",
    )


def _same(a: str, b: str | None) -> bool:
    return a.casefold() == (b or "").casefold()


def _months(name: str, value: str | None) -> dict[str, int]:
    """The two months that stand for a date: all time where none is given."""
    low, high = month_span(value) if value else (FIRST, LAST)
    return {f"{name}_min": low, f"{name}_max": high}


def _term(parameter: Parameter, value: Any) -> str:
    """A value as `graph.sparql.value` takes it."""
    if parameter.type == "id":
        return f"<{iri(value)}>"
    if parameter.type == "ids":
        return '"' + "".join(f" {iri(each)}" for each in value) + ' "'
    if parameter.type == "term":
        return f"<{PREFIXES['term']}{parameter.scheme}/{value}>"
    if parameter.type in ("integer", "decimal"):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _on_sparql(asked: Asked, graph: LaborGraph, connection: Any, timeout: float) -> Rows:
    from graph.rdf import store
    from graph.sparql import query

    found = query(
        store(graph.folder),
        asked.question.queries["sparql"],
        asked.sparql(),
        timeout=timeout,
        name=asked.question.id,
    )
    return [
        {name: cell and cell["value"] for name, cell in zip(found.variables, row, strict=True)}
        for row in found.rows
    ]


def _on_cypher(asked: Asked, graph: LaborGraph, connection: Any, timeout: float) -> Rows:
    from graph.cypher import query

    return query(
        graph.folder,
        asked.question.queries["cypher"],
        asked.cypher(),
        timeout=timeout,
        name=asked.question.id,
    ).frame.to_dicts()


def _on_neo4j(asked: Asked, graph: LaborGraph, connection: Any, timeout: float) -> Rows:
    from graph.bolt import query

    return query(
        asked.question.queries["cypher"],
        asked.cypher(),
        connection,
        timeout=timeout,
        name=asked.question.id,
    ).frame.to_dicts()


def _on_tables(asked: Asked, graph: LaborGraph, connection: Any, timeout: float) -> Rows:
    module, _, function = asked.question.tables.partition(":")
    found: pl.DataFrame = getattr(importlib.import_module(module), function)(graph, **asked.values)
    return found.to_dicts()


_ENGINES: Mapping[str, Callable[[Asked, LaborGraph, Any, float], Rows]] = {
    "sparql": _on_sparql,
    "cypher": _on_cypher,
    "neo4j": _on_neo4j,
    "tables": _on_tables,
}


def ordered(asked: Question, rows: Rows) -> pl.DataFrame:
    """Rows as declared: cells typed, rows that differ only in lists joined, in one total order.

    A list takes what stands under its name and under its name with a number (`evidence`, `evidence_2`).
    """
    single = [c for c in asked.columns if not _joined(c)]
    given = list(rows[0]) if rows else []
    many = {
        c: [name for name in given if re.fullmatch(rf"{c.name}(_[0-9]+)?", name)]
        for c in asked.columns
        if _joined(c)
    }
    found: dict[tuple[Any, ...], list[set[Any]]] = {}
    for row in rows:
        key = tuple(_cell(c.type, row.get(c.name)) for c in single)
        lists = found.setdefault(key, [set() for _ in many])
        for (column, names), values in zip(many.items(), lists, strict=True):
            for name in names:
                values.update(_list(column.type, row[name]))
    data = [
        {c.name: v for c, v in zip(single, key, strict=True)}
        | {c.name: any(v) if c.any else sorted(v) for c, v in zip(many, lists, strict=True)}
        for key, lists in found.items()
    ]
    frame = pl.DataFrame(data, asked.schema, orient="row")
    keys = list(dict.fromkeys([*asked.order, *(c.name for c in single if f"-{c.name}" not in asked.order)]))
    by = [key.removeprefix("-") for key in keys]
    return frame.sort(by, descending=[key.startswith("-") for key in keys], nulls_last=True)


def _joined(column: Column) -> bool:
    return column.any or column.type in ("ids", "texts")


def _cell(kind: str, value: Any) -> Any:
    if value is None or value == "":
        return None
    if kind == "integer":
        return int(value)
    if kind == "decimal":
        return float(value)
    if kind == "flag":
        return value if isinstance(value, bool) else value == "true"
    return _short(kind, str(value))


def _list(kind: str, value: Any) -> list[Any]:
    """The values of a list cell: a list, also of lists, ids with blanks between them, or lines of text."""
    if value is None or value == "":
        return []
    if kind == "flag":
        return [_cell(kind, value)]
    if isinstance(value, list):
        return [found for each in value for found in _list(kind, each)]
    if kind == "texts":
        return [line for line in str(value).split("\n") if line]
    if str(value).startswith(PREFIXES["id"]):
        return [_short(kind, each) for each in str(value).split()]
    return [str(value)]


@lru_cache(maxsize=2**16)
def _short(kind: str, value: str) -> str:
    """An id or term without what stands before it in RDF."""
    if kind in ("id", "ids"):
        for space in ("id", "source"):
            if value.startswith(PREFIXES[space]):
                return unquote(value.removeprefix(PREFIXES[space]))
    if kind == "term" and value.startswith(PREFIXES["term"]):
        return unquote(value.rpartition("/")[2])
    return value
