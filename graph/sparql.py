"""SPARQL queries over a built store: read-only, with parameters, in a process with a time limit.

A query can neither change the store nor reach another server: updates and SERVICE are refused before it runs.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, unquote

import pyoxigraph as ox

from graph import worker
from graph.rdf import PREFIXES
from ontology import TrinationalError, WrongUseError, model, nearest

if TYPE_CHECKING:
    import polars as pl

Cell: TypeAlias = dict[str, Any]
Value: TypeAlias = str | int | float | bool

MAX_ROWS = 200_000
_MEMORY = 4 * 2**30
_WORKER = Path(__file__).with_name("sparql_worker.py")
_XSD = PREFIXES["xsd"]
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"}
_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
_NARROW = "narrow the query or add LIMIT"


class RefusedError(WrongUseError):
    """A query that would change the store or reach another server."""


class NotOfferedError(WrongUseError):
    """A query whose answer has none of the formats that were asked for."""


class TimeLimitError(TrinationalError):
    """The query needed more time than it was given."""


class TooLargeError(TrinationalError):
    """The answer, or what it takes to find it, is larger than allowed."""


@dataclass(frozen=True)
class Result:
    """The answer to a query, in memory.

    `variables` and `rows` for SELECT (a cell is a term as in W3C's JSON results, None where unbound),
    `boolean` for ASK, `graph` (Turtle) for CONSTRUCT and DESCRIBE. `truncated`: there were more rows.
    """

    variables: tuple[str, ...] = ()
    rows: tuple[tuple[Cell | None, ...], ...] = ()
    boolean: bool | None = None
    graph: str | None = None
    truncated: bool = False

    def table(self) -> list[dict[str, Any]]:
        """Rows of plain values: ids, terms and names shortened, numbers as numbers, None where unbound."""
        if self.boolean is not None:
            return [{"answer": self.boolean}]
        self._need_rows("table")
        return [
            {name: plain(cell) for name, cell in zip(self.variables, row, strict=True)} for row in self.rows
        ]

    def frame(self) -> pl.DataFrame:
        """The table as a DataFrame."""
        import polars as pl

        rows = self.table()
        return pl.DataFrame(rows, schema=None if rows else list(self.variables), infer_schema_length=None)

    def json(self) -> dict[str, Any]:
        """SPARQL 1.1 Query Results JSON."""
        if self.boolean is not None:
            return {"head": {}, "boolean": self.boolean}
        self._need_rows("json")
        bindings = [
            {name: cell for name, cell in zip(self.variables, row, strict=True) if cell} for row in self.rows
        ]
        return {"head": {"vars": list(self.variables)}, "results": {"bindings": bindings}}

    def csv(self) -> str:
        """SPARQL 1.1 Query Results CSV: full IRIs and bare values."""
        if self.boolean is None:
            self._need_rows("csv")
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(self.variables if self.boolean is None else ["answer"])
        if self.boolean is not None:
            writer.writerow([str(self.boolean).lower()])
        for row in self.rows:
            writer.writerow(["" if cell is None else _bare(cell) for cell in row])
        return out.getvalue()

    def turtle(self) -> str:
        """The graph of CONSTRUCT or DESCRIBE as Turtle, sorted."""
        if self.graph is None:
            raise WrongUseError("only CONSTRUCT and DESCRIBE give Turtle", hint="use table, csv or json")
        return self.graph

    def _need_rows(self, form: str) -> None:
        if self.graph is not None:
            raise WrongUseError(f"CONSTRUCT and DESCRIBE give a graph, not a {form}", hint="use turtle")

    def _repr_html_(self) -> str:
        if self.graph is not None:
            return f"<pre>{html.escape(self.graph)}</pre>"
        rows = self.table()
        head = "".join(f"<th>{html.escape(name)}</th>" for name in (rows[0] if rows else self.variables))
        cells = ("".join(f"<td>{html.escape(_shown(v))}</td>" for v in row.values()) for row in rows[:100])
        more = f"<p>{len(rows):,} rows, 100 shown</p>" if len(rows) > 100 else ""
        return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in cells)}</table>{more}"


def query(
    store: Path,
    text: str,
    params: Mapping[str, Value] | None = None,
    *,
    timeout: float = 60.0,
    limit: int | None = None,
    name: str = "query",
) -> Result:
    """Answer a query.

    Parameters
    ----------
    store
        Folder of the Oxigraph store.
    text
        SELECT, ASK, CONSTRUCT or DESCRIBE. The prefixes of `graph.rdf.PREFIXES` are declared.
    params
        Values of variables: see `value`. They are bound, never pasted into the text, so each must be in
        the SELECT clause of every (sub-)SELECT that uses it.
    timeout
        Seconds after which the process that answers is killed.
    limit
        Rows (or triples) to return at most; without it more than 200,000 are an error.
    name
        What messages call the query: the name of its file.

    Raises
    ------
    WrongUseError
        Syntax error (with line and column), update, SERVICE, parameter that would not be bound.
    TrinationalError
        The time or memory limit was reached, or the answer is too large.
    """
    values = bound(params)
    check(text, values, name)
    task = {**_task(text, values, timeout), "limit": MAX_ROWS if limit is None else limit}
    result = _read(worker.ask(_WORKER, _start(store), task, timeout), text, name, timeout)
    if result.truncated and limit is None:
        raise too_many(name)
    return result


def _start(store: Path) -> dict[str, Any]:
    return {"store": str(store), "memory": _MEMORY}


def _task(text: str, values: Mapping[str, Cell], timeout: float) -> dict[str, Any]:
    given = {"query": text, "prefixes": PREFIXES, "values": values, "seconds": timeout}
    return {**given, "dataset": None, "base": None}


def too_many(name: str) -> TooLargeError:
    """The error for an answer without a limit that has more than `MAX_ROWS` rows."""
    return TooLargeError(f"{name}: more than {MAX_ROWS:,} rows", hint="add LIMIT, or count and group")


@dataclass(frozen=True)
class Answer:
    """An answer in one of the W3C's formats: `size` bytes of an open file, from where it stands."""

    media: str
    file: IO[bytes]
    size: int


class Run:
    """One query in a process of its own; another thread may stop it.

    `dataset`: IRIs of the graphs that make the default graph, and of the named graphs; None for what the
    query or the store says. `base` resolves relative IRIs. The rest is as in `query`.
    """

    def __init__(
        self,
        store: Path,
        text: str,
        *,
        dataset: tuple[Sequence[str], Sequence[str]] | None = None,
        base: str | None = None,
        timeout: float = 60.0,
    ) -> None:
        self._store, self._text, self._timeout = store, text, timeout
        self._task = {**_task(text, {}, timeout), "dataset": dataset, "base": base}
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def serialised(self, rows: str | None, graph: str | None, size: int) -> Answer:
        """The answer in the media type `rows` (SELECT, ASK) or `graph` (CONSTRUCT, DESCRIBE).

        Raises `NotOfferedError` where that type is None, `TooLargeError` beyond `size` bytes.
        """
        check(self._text, {})
        file = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._run({**self._task, "rows": rows, "graph": graph, "bytes": size}, file)
            file.seek(0)
            head = json.loads(file.readline())
            if "error" in head:
                raise failure(head["error"], head["message"], self._text, "query")
            start = file.tell()
            return Answer(head["media"], file, file.seek(0, 2) - file.seek(start))
        except BaseException:
            file.close()
            raise

    def stop(self) -> None:
        """End the process, now or as soon as it would start."""
        self._stopped = True
        if self._process:
            self._process.kill()

    def _run(self, task: Mapping[str, Any], out: IO[bytes]) -> None:
        command = [sys.executable, "-P", str(_WORKER)]
        lines = "".join(json.dumps(line) + "\n" for line in (_start(self._store), task))
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL
        ) as process:
            self._process = process
            try:
                if self._stopped:
                    raise TrinationalError("query stopped")
                process.communicate(lines.encode(), timeout=self._timeout)
            except subprocess.TimeoutExpired:
                raise _died(worker.LATE, self._timeout) from None
            finally:
                process.kill()
        if self._stopped:
            raise TrinationalError("query stopped")
        if process.returncode:
            raise _died(process.returncode, self._timeout)


def _died(code: int, timeout: float) -> TrinationalError:
    """The error for a process that ended before its answer."""
    if code == worker.LATE:
        return TimeLimitError(
            f"query stopped after {timeout:g} seconds",
            hint="give each side of a many-to-many join its own sub-SELECT, or allow more time",
        )
    if code == -6:
        return TooLargeError("query failed: needs more than 4 GB of memory", hint=_NARROW)
    return TrinationalError(f"query failed: its process ended ({code})", hint=_NARROW)


def bound(params: Mapping[str, Value] | None) -> dict[str, Cell]:
    """The terms of parameters by the names of their variables: see `value`."""
    return {variable.lstrip("?$"): value(given) for variable, given in (params or {}).items()}


def value(given: Value) -> Cell:
    """The RDF term that a parameter stands for.

    An id (`plant:gm-silao`) or another name with a known prefix is an IRI, `<https://…>` too; `42`, `0.5`
    and `true` are numbers and truth values; `"text"` in double quotes, or text without a colon, is text.

    >>> value("plant:gm-silao")
    {'type': 'uri', 'value': 'https://w3id.org/trinational/id/plant:gm-silao'}
    >>> value("42")
    {'type': 'literal', 'value': '42', 'datatype': 'http://www.w3.org/2001/XMLSchema#integer'}
    >>> value('"42"'), value("MX")
    ({'type': 'literal', 'value': '42'}, {'type': 'literal', 'value': 'MX'})
    """
    text = str(given).lower() if isinstance(given, bool) else str(given).strip()
    if re.fullmatch(r"<[^<>\s]+>", text):
        return _iri(text[1:-1], text)
    if found := re.fullmatch(r'"((?:[^"\\]|\\.)*)"(?:@([\w-]+)|\^\^(\S+))?', text, re.DOTALL):
        return _literal(found[1], found[2], found[3])
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return {"type": "literal", "value": text, "datatype": _XSD + "integer"}
    if re.fullmatch(r"[+-]?[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?", text):
        return {"type": "literal", "value": text, "datatype": _XSD + "double"}
    if text in ("true", "false"):
        return {"type": "literal", "value": text, "datatype": _XSD + "boolean"}
    before, colon, rest = text.partition(":")
    if not colon:
        return {"type": "literal", "value": text}
    if before in model().authorities or "|" in text:
        return _iri(PREFIXES["id"] + quote(text, safe=":"), text)
    if before in PREFIXES:
        return _iri(PREFIXES[before] + quote(rest, safe=":/@%"), text)
    raise WrongUseError(
        f"parameter {text!r}: no authority or prefix {before!r}",
        hint=nearest(before, [*model().authorities, *PREFIXES]) or 'text stands in double quotes: "…"',
    )


def _literal(text: str, language: str | None, datatype: str | None) -> Cell:
    plain_text = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), text)
    if language:
        return {"type": "literal", "value": plain_text, "xml:lang": language.lower()}
    if datatype:
        iri = datatype[1:-1] if datatype.startswith("<") else value(datatype)["value"]
        return {"type": "literal", "value": plain_text, "datatype": iri}
    return {"type": "literal", "value": plain_text}


def _iri(iri: str, given: str) -> Cell:
    try:
        return {"type": "uri", "value": ox.NamedNode(iri).value}
    except ValueError:
        raise WrongUseError(f"parameter {given!r} is no valid IRI") from None


def _read(lines: Iterable[dict[str, Any]], text: str, name: str, timeout: float) -> Result:
    found: dict[str, Any] = {}
    rows: list[tuple[Cell | None, ...]] = []
    for line in lines:
        rows += map(tuple, line.pop("rows", ()))
        found |= line
    if "died" in found:
        raise _died(found["died"], timeout)
    if "error" in found:
        raise failure(found["error"], found["message"], text, name)
    return Result(
        tuple(found.get("variables", ())),
        tuple(rows),
        found.get("boolean"),
        found.get("turtle"),
        found.get("truncated", False),
    )


def failure(kind: str, message: str, text: str, name: str) -> TrinationalError:
    """What the engine said of a query as an error that says where and what to do next."""
    if kind == "size":
        return TooLargeError(f"{name}: {message}", hint="add LIMIT, or count and group")
    if kind == "form":
        return NotOfferedError(f"{name}: {message}")
    place = re.match(r"error at (\d+):(\d+): (.*)", message, re.DOTALL)
    if kind != "syntax" or not place:
        return TrinationalError(f"{name}: {message}", hint="run `trinational build` if the store is damaged")
    line, column, expected = int(place[1]), int(place[2]), place[3]
    found = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
    where = f"{name}, line {line}, column {column}, near {found[max(column - 16, 0) : column + 24].strip()!r}"
    if strange := next(undeclared(text), None):
        known = ", ".join(f"{prefix}:" for prefix in PREFIXES)
        return WrongUseError(
            f"{_where(text, strange.start, name)}: prefix of {strange.text!r} is not declared",
            hint=f"declared are {known}",
        )
    if unbound := re.search(r"The SELECT contains a variable that is unbound", expected):
        return WrongUseError(f"{where}: {unbound[0]}", hint="add it to GROUP BY")
    hint = expected if expected.startswith("expected ") and expected[9:].isalpha() else ""
    return WrongUseError(f"{where}: syntax error", hint=hint or "look at what stands just before this place")


# Reading the text of a query: tokens, refusals, scopes of parameters.

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\n\r]*)
    |(?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)
    |(?P<string>\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    |(?P<variable>[?$]\w+)
    |(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<name>(?:[^\W\d][\w.-]*)?:(?:[\w.:·-]|%[0-9A-Fa-f]{2}|\\.)*)
    |(?P<word>[^\W\d]\w*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A piece of a query's text; `key` is a word in upper case, a sign, or the kind of anything else."""

    kind: str
    text: str
    start: int

    @property
    def key(self) -> str:
        return self.text.upper() if self.kind in ("word", "other") else self.kind


@dataclass
class _Scope:
    """A SELECT (or the whole query): what it projects, where it stands, which variables its patterns bind."""

    start: int
    depth: int
    parent: _Scope | None = None
    projected: set[str] = field(default_factory=set)
    everything: bool = False
    used: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)


def check(text: str, params: Mapping[str, Cell], name: str = "query", *, service: bool = False) -> None:
    """Refuse updates, SERVICE (unless `service`) and parameters that would silently not be bound.

    >>> check("INSERT DATA { :a :b :c }", {})
    Traceback (most recent call last):
    graph.sparql.RefusedError: query, line 1: updates are refused (INSERT): the store is read-only
    """
    tokens = list(tokens_of(text))
    form = form_of(tokens)
    if form and form.key in _UPDATES:
        raise RefusedError(
            f"{_where(text, form.start, name)}: updates are refused ({form.key}): the store is read-only",
            hint="ask with SELECT, ASK, CONSTRUCT or DESCRIBE",
        )
    for read in set() if service else {text, _decoded(text)}:
        _refuse_service(read, name)
    if params:
        _check_params(text, tokens, form.key if form else "", params, name)


def form_of(tokens: Sequence[Token]) -> Token | None:
    """The word that says what a query is: SELECT, ASK, CONSTRUCT, DESCRIBE, or that of an update."""
    return next((t for t in tokens if t.kind == "word" and t.key in _FORMS | _UPDATES), None)


def tokens_of(text: str) -> Iterator[Token]:
    """The pieces of a query's text, without spaces and comments."""
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "other"
        if kind != "space":
            yield Token(kind, found[0], found.start())


def undeclared(text: str, declared: Iterable[str] = PREFIXES) -> Iterator[Token]:
    """The prefixed names whose prefix the query does not declare, nor is in `declared`."""
    declared = {*declared, "_"}
    previous = ""
    for token in tokens_of(text):
        if token.kind == "name":
            prefix = token.text.partition(":")[0]
            if previous == "PREFIX":
                declared.add(prefix)
            elif prefix not in declared:
                yield token
        previous = token.key


def _decoded(text: str) -> str:
    return re.sub(r"\\u([0-9A-Fa-f]{4})|\\U(000[0-9A-Fa-f]{5}|0010[0-9A-Fa-f]{4})", _character, text)


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1] or found[2], 16))


def _where(text: str, start: int, name: str) -> str:
    return f"{name}, line {text.count(chr(10), 0, start) + 1}"


def _refuse_service(text: str, name: str) -> None:
    """Refuse SERVICE wherever the engine could read it: words may be glued (`true` + `SERVICE`), and what
    looks like an IRI may be a comparison that hides a comment or a quote.
    """
    if "service" not in text.lower():
        return
    for token in tokens_of(text):
        plain_word = token.kind in ("word", "other") and "service" in token.text.lower()
        prefix = token.kind == "name" and "service" in token.text.partition(":")[0].lower()
        after_dot = token.kind == "name" and re.search(r"[^\w:]service", token.text, re.IGNORECASE)
        doubtful = token.kind == "iri" and "://" not in token.text and re.search("[#')]", token.text)
        if plain_word or prefix or after_dot or doubtful:
            raise RefusedError(
                f"{_where(text, token.start, name)}: SERVICE is refused: a query reaches no other server",
                hint="load the other data as a source instead",
            )


def _check_params(text: str, tokens: list[Token], form: str, params: Mapping[str, Cell], name: str) -> None:
    scopes = _scopes(tokens, form)
    known = set().union(*(scope.used | scope.projected for scope in scopes))
    for variable in params:
        if variable not in known:
            hint = nearest(variable, known) or f"the query has {', '.join(f'?{v}' for v in sorted(known))}"
            raise WrongUseError(f"{name}: no variable ?{variable} for the parameter", hint=hint)
        for scope in scopes:
            if variable in scope.used and (bad := _unbound(scope, variable)):
                raise WrongUseError(
                    f"{_where(text, bad.start, name)}: parameter ?{variable} would not be bound here",
                    hint=f"every SELECT that uses it must name it: SELECT ?{variable} …"
                    if form == "SELECT" or bad.depth
                    else f"use ?{variable} in a triple pattern of the query, not only in a filter",
                )
    _check_renaming(text, tokens, params, name)


def _unbound(scope: _Scope | None, variable: str) -> _Scope | None:
    """The first scope, from inside out, that keeps the parameter from being bound."""
    while scope:
        visible = variable in scope.patterns if scope.everything else variable in scope.projected
        if not visible:
            return scope
        scope = scope.parent
    return None


def _check_renaming(text: str, tokens: list[Token], params: Mapping[str, Cell], name: str) -> None:
    """`BIND(?p AS ?q)` and `BOUND(?p)` see the variable, not the value of the parameter."""
    for first, second, third, fourth in zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False):
        renamed = (first.key, second.key, fourth.key) == ("BIND", "(", "AS")
        tested = (first.key, second.key) == ("BOUND", "(")
        if (renamed or tested) and third.kind == "variable" and third.text[1:] in params:
            raise WrongUseError(
                f"{_where(text, first.start, name)}: {first.key}({third.text} …) does not see the parameter",
                hint=f"use {third.text} itself" + (f", or BIND(COALESCE({third.text}) AS …)" * renamed),
            )


def _scopes(tokens: list[Token], form: str) -> list[_Scope]:
    """The SELECTs of a query, with the variables that each uses, projects and binds by patterns."""
    reader = _Reader(form)
    for previous, token in zip([None, *tokens], tokens, strict=False):
        reader.read(token, previous.key if previous else "")
    for scope in reversed(reader.scopes):
        if scope.parent:
            scope.parent.used |= scope.used
            scope.parent.patterns |= scope.patterns if scope.everything else scope.projected
    return reader.scopes


class _Reader:
    """Follows the braces of a query. `inside`: one entry per open bracket, True where it binds variables."""

    def __init__(self, form: str) -> None:
        self.scopes = [_Scope(0, 0, everything=form in ("ASK", "CONSTRUCT"))]
        self.current = self.scopes[0]
        self.inside: list[tuple[str, bool]] = []
        self.clause = "projection" if form == "DESCRIBE" else ""
        self.started = form != "SELECT"

    @property
    def depth(self) -> int:
        return sum(bracket == "{" for bracket, _ in self.inside)

    def read(self, token: Token, previous: str) -> None:
        if token.kind == "variable":
            self._variable(token.text[1:], previous)
        elif token.key == "SELECT":
            self._select(token)
        elif token.key in ("CONSTRUCT", "WHERE", "FROM"):
            self.clause = "template" if token.key == "CONSTRUCT" else ""
        elif token.key == "*" and self.clause == "projection" and not self._in_parentheses():
            self.current.everything = True
        elif token.key in ("{", "("):
            self._open(token.key, previous)
        elif token.key in ("}", ")") and self.inside:
            self._close()

    def _variable(self, name: str, previous: str) -> None:
        if self.clause == "projection" and (previous == "AS" or not self._in_parentheses()):
            self.current.projected.add(name)
            return
        self.current.used.add(name)
        if self.inside and self.inside[-1][1]:
            self.current.patterns.add(name)

    def _select(self, token: Token) -> None:
        self.clause = "projection"
        if self.started:
            self.current = _Scope(token.start, self.depth, self.current)
            self.scopes.append(self.current)
        self.started = True

    def _open(self, bracket: str, previous: str) -> None:
        outer = self.inside[-1][1] if self.inside else bracket == "{"
        if bracket == "{":
            binds = outer and previous not in ("EXISTS", "MINUS") and self.clause != "template"
            self.clause = "in template" if self.clause == "template" else ""
        else:
            binds = outer and (previous == "VALUES" or not previous.isalpha() or previous in _TERMS)
        self.inside.append((bracket, binds))

    def _close(self) -> None:
        self.inside.pop()
        if self.current.parent and self.depth < self.current.depth:
            self.current = self.current.parent

    def _in_parentheses(self) -> bool:
        return bool(self.inside) and self.inside[-1][0] == "("


_TERMS = ("variable", "iri", "name", "string", "language")


# How terms are shown.


def plain(cell: Cell | None) -> Any:
    """A term as a person reads it.

    >>> plain({"type": "uri", "value": "https://w3id.org/trinational/id/plant:gm-silao"})
    'plant:gm-silao'
    >>> plain({"type": "literal", "value": "3", "datatype": "http://www.w3.org/2001/XMLSchema#integer"})
    3
    """
    if cell is None:
        return None
    if cell["type"] == "uri":
        return short(cell["value"])
    if cell["type"] == "triple":
        return _bare(cell)
    kind = cell.get("datatype", "").removeprefix(_XSD)
    if kind == "integer":
        return int(cell["value"])
    if kind in ("double", "decimal", "float"):
        return float(cell["value"])
    return cell["value"] == "true" if kind == "boolean" else cell["value"]


def short(iri: str) -> str:
    """The id of a thing or relation, a prefixed name, or the IRI itself.

    >>> short("https://w3id.org/trinational/ontology#Plant")
    ':Plant'
    """
    if iri.startswith(PREFIXES["id"]):
        return unquote(iri.removeprefix(PREFIXES["id"]))
    for prefix, start in PREFIXES.items():
        if iri.startswith(start):
            return f"{prefix}:{unquote(iri.removeprefix(start))}"
    return iri


def _bare(cell: Cell) -> str:
    if cell["type"] == "triple":
        return f"<<( {' '.join(_bare(part) for part in cell['value'].values())} )>>"
    return f"_:{cell['value']}" if cell["type"] == "bnode" else str(cell["value"])


def _shown(found: Any) -> str:
    return "" if found is None else str(found)
