"""Reads the files of named questions: a header in TOML, the query in each language, what it cannot tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from ontology import LANGUAGES, TrinationalError, WrongUseError, model, nearest

FOLDER = Path(__file__).parent
ENGINES = ("sparql", "cypher", "neo4j", "tables")
NEWEST = "newest"
_TEXT = pl.String()
TYPES: Mapping[str, pl.DataType] = {
    **dict.fromkeys(("id", "text", "term", "date", "country"), _TEXT),
    "integer": pl.Int64(),
    "decimal": pl.Float64(),
    "flag": pl.Boolean(),
    **dict.fromkeys(("ids", "texts"), pl.List(_TEXT)),
}
GIVEN = ("id", "ids", "text", "integer", "decimal", "date", "country", "term")
_BLOCK = re.compile(r"^```(sparql|cypher)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Parameter:
    """What a question is asked about.

    `kind` for ids: a kind or several, parents too; `scheme` for terms. A parameter that is neither required
    nor has a default means "all" where it is not given.
    """

    name: str
    type: str
    about: str
    kind: tuple[str, ...] = ()
    scheme: str = ""
    required: bool = False
    default: Any = None


@dataclass(frozen=True)
class Column:
    """A column of the answer; `unit` for numbers. A flag with `any` is true where any of the rows is that
    are else alike."""

    name: str
    type: str
    about: str
    unit: str = ""
    any: bool = False


@dataclass(frozen=True)
class Question:
    """A named question: see `docs/how-to/ask.md` for the file that it is read from."""

    id: str
    title: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    example: Mapping[str, Any]
    order: tuple[str, ...]
    queries: Mapping[str, str]
    tables: str
    cannot_tell: str

    @property
    def engines(self) -> tuple[str, ...]:
        """Where the question can be asked."""
        written = {"sparql": "sparql", "cypher": "cypher", "neo4j": "cypher"}
        return tuple(e for e in ENGINES if (self.tables if e == "tables" else written[e] in self.queries))

    @property
    def schema(self) -> dict[str, pl.DataType]:
        return {column.name: TYPES[column.type] for column in self.columns}

    def parameter(self, name: str) -> Parameter:
        """The parameter of this name; `WrongUseError` names the nearest one."""
        known = {parameter.name: parameter for parameter in self.parameters}
        if name not in known:
            hint = nearest(name, known) or f"it has {', '.join(known)}"
            raise WrongUseError(f"{self.id}: no parameter {name!r}", hint=hint)
        return known[name]


@cache
def questions() -> dict[str, Question]:
    """All named questions by id.

    >>> questions()["CQ11"].title["es"]
    '¿Quiénes son los clientes y proveedores conocidos de esta planta?'
    """
    return {path.stem: read(path) for path in sorted(FOLDER.glob("*.md"))}


def question(name: str) -> Question:
    """The question with an id, in capitals or not; `WrongUseError` names the nearest one.

    >>> question("cq16").id
    'CQ16'
    """
    known = questions()
    if name.upper() not in known:
        hint = nearest(name.upper(), known) or "`trinational questions` lists them"
        raise WrongUseError(f"no such question: {name!r}", hint=hint)
    return known[name.upper()]


def read(path: Path) -> Question:
    """A question from its file.

    Raises `TrinationalError` where the file does not have the parts that it needs, naming the part.
    """
    try:
        text = path.read_text(encoding="utf-8")
        found = re.fullmatch(r"\+\+\+\n(.*?)\n\+\+\+\n(.*)", text, re.DOTALL)
        if not found:
            raise ValueError("it must begin with a header in TOML between two lines of +++")
        return _checked(path.stem, tomllib.loads(found[1]), found[2])
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise TrinationalError(f"{path.name}: {error}", hint="the format is in docs/how-to/ask.md") from None


def _checked(name: str, head: dict[str, Any], body: str) -> Question:
    _known("the header", head, {"title", "parameters", "columns", "example", "order", "tables"})
    title = head.get("title", {})
    if set(title) != set(LANGUAGES):
        raise ValueError(f"title: needs {', '.join(LANGUAGES)}, has {', '.join(title) or 'none'}")
    parameters = tuple(_parameter(given) for given in head.get("parameters", ()))
    columns = tuple(_column(given) for given in head.get("columns", ()))
    if not columns:
        raise ValueError("columns: none")
    for what, names in (("parameters", parameters), ("columns", columns)):
        if twice := {n.name for n in names if [m.name for m in names].count(n.name) > 1}:
            raise ValueError(f"{what}: twice {', '.join(sorted(twice))}")
    if both := {p.name for p in parameters} & {c.name for c in columns}:
        raise ValueError(f"columns: {', '.join(sorted(both))} is a parameter, too; name it otherwise")
    order = tuple(head.get("order", ()))
    _known("order", {key.removeprefix("-"): 0 for key in order}, {column.name for column in columns})
    _known("example", head.get("example", {}), {parameter.name for parameter in parameters})
    if missing := [p.name for p in parameters if p.required and p.name not in head.get("example", {})]:
        raise ValueError(f"example: {', '.join(missing)} missing")
    queries = dict(_BLOCK.findall(body))
    if not queries and "tables" not in head:
        raise ValueError("no query: it needs a block of ```sparql or ```cypher")
    limits = re.search(r"^## What it cannot tell\n(.*?)(?=^## |^```|\Z)", body, re.MULTILINE | re.DOTALL)
    if not limits or not limits[1].strip():
        raise ValueError("it needs a section `## What it cannot tell`")
    return Question(
        id=name,
        title=title,
        parameters=parameters,
        columns=columns,
        example=head.get("example", {}),
        order=order,
        queries=queries,
        tables=head.get("tables", ""),
        cannot_tell=limits[1].strip(),
    )


def _parameter(given: dict[str, Any]) -> Parameter:
    name = _named("parameters", given, Parameter)
    if given.get("type") not in GIVEN:
        raise ValueError(f"parameter {name}: type {given.get('type')!r} is none of {', '.join(GIVEN)}")
    kinds = given.get("kind", [])
    kinds = tuple([kinds] if isinstance(kinds, str) else kinds)
    if given["type"] in ("id", "ids"):
        for kind in kinds or ("",):
            if not model().leaves(kind):
                hint = nearest(kind, model().kinds)
                raise ValueError(f"parameter {name}: no such kind: {kind!r} {hint}".rstrip())
    if given["type"] == "term" and given.get("scheme") not in model().terms:
        raise ValueError(f"parameter {name}: no such scheme: {given.get('scheme')!r}")
    if given["type"] in ("integer", "decimal") and not given.get("required") and "default" not in given:
        raise ValueError(f"parameter {name}: a number is required or has a default")
    return Parameter(**{**given, "kind": kinds})


def _column(given: dict[str, Any]) -> Column:
    name = _named("columns", given, Column)
    if given.get("type") not in TYPES:
        raise ValueError(f"column {name}: type {given.get('type')!r} is none of {', '.join(TYPES)}")
    return Column(**given)


def _named(part: str, given: dict[str, Any], shape: type) -> str:
    name = str(given.get("name", ""))
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ValueError(f"{part}: {name!r} is no name")
    _known(f"{part}, {name}", given, {field.name for field in fields(shape)})
    if not str(given.get("about", "")).strip():
        raise ValueError(f"{part}, {name}: `about` says nothing")
    return name


def _known(where: str, given: Mapping[str, Any], names: set[str]) -> None:
    for name in given:
        if name not in names:
            raise ValueError(f"{where}: unknown {name!r} {nearest(name, names)}".rstrip())


def steps_of(query: str) -> Iterator[str]:
    """Names that a Cypher query takes as parameters.

    >>> list(steps_of("MATCH (p {id: $plant}) WHERE p.opened_min < $at_max RETURN p.id AS plant"))
    ['plant', 'at_max']
    """
    yield from dict.fromkeys(re.findall(r"\$(\w+)", query))
