"""A connection to Neo4j over Bolt: where it is, what its errors mean, and queries that only read."""

from __future__ import annotations

import logging
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import neo4j
import polars as pl
from neo4j.exceptions import AuthError, ClientError, DriverError, Neo4jError, TransactionError

from graph.cypher import MAX_ROWS, Answer
from graph.neo4j_rows import HIDDEN
from ontology import TrinationalError, WrongUseError

_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
_PLACE = re.compile(r"\(line (\d+), column (\d+) \(offset: \d+\)\)")
_LITERALS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|//[^\n]*|/\*.*?\*/""", re.DOTALL)
_ESCAPED = re.compile(r"\\u+([0-9A-Fa-f]{4})")
_LOAD = re.compile(r"\bLOAD\s+CSV\b", re.IGNORECASE)
_NO_SUCH = re.compile(r"The (?:node )?(label|relationship type|property key|property) (`.*?`) does not exist")
_REASON = re.compile(r"\(reason (.*)\)")
logging.getLogger("neo4j").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Connection:
    """Where a Neo4j server is and who asks it. The password is never shown.

    >>> Connection("neo4j://localhost", password="secret")
    Connection(uri='neo4j://localhost', username='neo4j', database=None)
    """

    uri: str
    username: str = "neo4j"
    password: str = field(default="", repr=False)
    database: str | None = None

    @classmethod
    def find(
        cls,
        uri: str | None = None,
        username: str | None = None,
        password: str | None = None,
        database: str | None = None,
    ) -> Connection:
        """What is given, else `NEO4J_URI`, `NEO4J_USERNAME`, `NEO4J_PASSWORD`, `NEO4J_DATABASE`.

        Without any of them: `bolt://localhost:7687`, user `neo4j`, no password, the user's own database.
        Raises `WrongUseError` where the address is none of Neo4j's or holds a password.
        """
        env = os.environ.get
        address = uri or env("NEO4J_URI") or "bolt://localhost:7687"
        try:
            parts = urlsplit(address)
            _ = parts.port
        except ValueError:
            raise WrongUseError(
                "the address of the server is none", hint="such as bolt://localhost:7687"
            ) from None
        if "@" in parts.netloc:
            hint = "give them with --username and NEO4J_PASSWORD"
            raise WrongUseError("the address of the server holds a user or a password", hint=hint)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            hint = f"it begins with {', '.join(_SCHEMES[:-1])} or {_SCHEMES[-1]}, as bolt://localhost:7687"
            raise WrongUseError(f"no address of a Neo4j server: {address!r}", hint=hint)
        who = username or env("NEO4J_USERNAME") or "neo4j"
        secret = env("NEO4J_PASSWORD", "") if password is None else password
        return cls(address, who, secret, database or env("NEO4J_DATABASE") or None)

    @contextmanager
    def session(self, *, write: bool = False, patience: float = 30.0) -> Iterator[neo4j.Session]:
        """A session; the server is asked first whether it is there. `patience`: seconds of trying again.

        Raises `TrinationalError` for whatever goes wrong on the way to the server or in it.
        """
        access = neo4j.WRITE_ACCESS if write else neo4j.READ_ACCESS
        with self.explained(), self._driver(patience) as driver:
            driver.verify_connectivity()
            with driver.session(database=self.database, default_access_mode=access) as session:
                yield session

    def _driver(self, patience: float) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(
            self.uri,
            auth=neo4j.basic_auth(self.username, self.password) if self.password else None,
            connection_timeout=10.0,
            connection_acquisition_timeout=30.0,
            max_transaction_retry_time=patience,
            notifications_min_severity="WARNING",
            notifications_disabled_classifications=["PERFORMANCE", "DEPRECATION", "GENERIC", "HINT"],
            telemetry_disabled=True,
        )

    @contextmanager
    def explained(self, name: str = "query", timeout: float = 0.0) -> Iterator[None]:
        """Errors of driver and server, in words that say what to do next."""
        try:
            yield
        except Neo4jError as error:
            raise self._of_server(error, name, timeout) from None
        except (DriverError, ssl.SSLError, OSError) as error:
            raise self._of_way(error) from None

    def _of_server(self, error: Neo4jError, name: str, timeout: float) -> TrinationalError:
        code, said = error.code or "", (error.message or str(error)).strip()
        if isinstance(error, AuthError) and "Forbidden" not in code:
            hint = "set NEO4J_USERNAME and NEO4J_PASSWORD, or --username"
            if "RateLimit" in code:
                hint = "too many wrong passwords: wait a few seconds, then " + hint
            return TrinationalError(f"{self.uri} does not let {self.username!r} in", hint=hint)
        if "AccessMode" in code:
            hint = "queries only read: write MATCH … RETURN"
            return WrongUseError(f"{name}: refused, because it would write", hint=hint)
        if "Security.Forbidden" in code or "ReadOnly" in code or "NotALeader" in code:
            hint = "use a user, a server and a database that may be written"
            return TrinationalError(
                f"{self.username!r} may only read at {self.uri}: {_first(said)}", hint=hint
            )
        if "TransactionTimedOut" in code or "Terminated" in code:
            hint = "begin with the rarest label, bound the path, add LIMIT, or allow more time"
            return TrinationalError(f"{name}: stopped after {timeout:g} seconds", hint=hint)
        if "DatabaseNotFound" in code:
            hint = "a Community server has one database: neo4j (NEO4J_DATABASE, --database)"
            return TrinationalError(f"{self.uri} has no database {self.database!r}", hint=hint)
        if "OutOfMemory" in code:
            hint = "add LIMIT, or count and group"
            return TrinationalError(f"{name}: the server has too little memory for it", hint=hint)
        if isinstance(error, ClientError) and ".Statement." in code:
            return _of_text(code, said, name)
        return TrinationalError(f"{self.uri}: {_first(said)} ({code})")

    def _of_way(self, error: Exception) -> TrinationalError:
        said = str(error).strip() or type(error).__name__
        reason = _REASON.search(said)
        said = reason[1] if reason else said.splitlines()[-1].split(". ")[0]
        if isinstance(error, TransactionError):
            return TrinationalError(f"{self.uri} went away: {said}", hint="try again")
        hint = "start one (docker compose up -d), or name one with NEO4J_URI or --uri"
        if "ssl" in said.lower() or "certificate" in said.lower():
            hint = "neo4j+s:// and bolt+s:// are encrypted, +ssc also takes a certificate that nobody signed"
        return TrinationalError(f"no Neo4j server answers at {self.uri}: {said}", hint=hint)


def query(
    text: str,
    params: Mapping[str, Any] | None = None,
    connection: Connection | None = None,
    *,
    timeout: float = 60.0,
    limit: int | None = None,
    name: str = "query",
) -> Answer:
    """Answer a Cypher query on a Neo4j server, in a transaction that the server lets only read.

    Parameters
    ----------
    params
        Values of `$names`; they travel beside the text, so no value can change the query.
    connection
        By default the one that the environment names.
    timeout
        Seconds after which the server stops the query.
    limit
        Rows to return at most; without it more than 200,000 are an error.
    name
        What messages call the query.

    Nodes and relationships are structs of their properties; dates and points are text.

    >>> query("MATCH (p:Plant {country: $c}) RETURN p.id", {"c": "MX"}).frame            # doctest: +SKIP

    Raises `WrongUseError` for a syntax error, a query that writes, a parameter that is missing;
    `TrinationalError` where the server is not there, the time is over or the answer is too large.
    """
    decoded = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if any(_LOAD.search(_LITERALS.sub(" ", each)) for each in (text, decoded)):
        raise WrongUseError(
            f"{name}: LOAD CSV is refused: a query reads the graph, no files", hint="use MATCH"
        )
    where = connection or Connection.find()
    most = MAX_ROWS if limit is None else limit
    with (
        where.session() as session,
        where.explained(name, timeout),
        session.begin_transaction(timeout=timeout) as transaction,
    ):
        try:
            result = transaction.run(text, dict(params or {}))
        except (OverflowError, TypeError, ValueError) as error:
            raise WrongUseError(f"{name}: a parameter that Neo4j cannot take: {error}") from None
        columns = list(result.keys())
        rows = [[_cell(value) for value in record] for record in result.fetch(most + 1)]
        summary = result.consume()
    if len(rows) > most and limit is None:
        raise TrinationalError(f"{name}: more than {MAX_ROWS:,} rows", hint="add LIMIT, or count and group")
    told = [_NO_SUCH.search(status.status_description) for status in summary.gql_status_objects]
    warnings = dict.fromkeys(f"the database has no {found[1]} {found[2]}" for found in told if found)
    return Answer(_frame(columns, rows[:most]), len(rows) > most, tuple(warnings))


def _frame(columns: list[str], rows: list[list[Any]]) -> pl.DataFrame:
    if len(set(columns)) < len(columns):
        raise WrongUseError("two columns have one name", hint="name them apart with AS")
    data = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    return pl.DataFrame({name: _series(name, values) for name, values in data.items()})


def _series(name: str, values: list[Any]) -> pl.Series:
    """A column; values of several types become text."""
    plain = {type(value) for value in values} - {type(None)}
    if plain == {int, float}:
        values = [None if value is None else float(value) for value in values]
    elif len(plain) > 1:
        values = [value if value is None or isinstance(value, str) else str(value) for value in values]
    try:
        return pl.Series(name, values, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        return pl.Series(name, [None if value is None else str(value) for value in values])


def _cell(value: Any) -> Any:
    if isinstance(value, neo4j.graph.Path):
        return [_cell(node) for node in value.nodes]
    if isinstance(value, Mapping | neo4j.graph.Entity):
        return {name: _cell(item) for name, item in value.items() if name not in HIDDEN}
    if isinstance(value, list):
        return [_cell(item) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _of_text(code: str, said: str, name: str) -> TrinationalError:
    """An error in the text of a query, with its place."""
    place = _PLACE.search(said)
    where = f"{name}, line {place[1]}, column {place[2]}" if place else name
    kind = "syntax error: " if code.endswith("SyntaxError") else ""
    return WrongUseError(f"{where}: {kind}{_first(_PLACE.sub('', said))}")


def _first(said: str) -> str:
    return said.strip().splitlines()[0].strip() if said.strip() else "no reason given"
