"""A graph in Neo4j 5: push what changed, pull it back, check that both hold the same.

Every node and relationship of ours bears `MARK`, the hash of its content. What bears none is somebody else's:
it is never changed or removed. One node, `:TrinationalPush`, says who is pushing and whether all is there.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import neo4j
import polars as pl
from neo4j.exceptions import DriverError, IncompleteCommit, Neo4jError

from graph.bolt import Connection
from graph.build import write_table, write_things
from graph.home import Home
from graph.neo4j_dump import dump
from graph.neo4j_rows import (
    FILE,
    MARK,
    PUSH,
    Row,
    Rows,
    batches,
    columns,
    constraints,
    digest,
    edge_columns,
    indexes,
    joined,
    kinds,
    marked,
    restored,
    stored,
)
from graph.property_graph import RECORD, Schema, node_schema, restore, vocabulary
from graph.search import write_index
from ontology import TrinationalError, model

__all__ = ["check", "dump", "pull", "push"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the name of a kind, the rows of it that are done, and all rows of it."""
Done: TypeAlias = tuple[str, int, int, int, list[str]]
Sums: TypeAlias = tuple[int, int, int]
Write: TypeAlias = Callable[[str, pl.DataFrame, bool], Done]
T = TypeVar("T")
_TEXT, _NUMBER, _TEXTS = pl.String(), pl.Int64(), pl.List(pl.String())
_PUSHED = {"kind": _TEXT, **dict.fromkeys(("rows", "written", "removed"), _NUMBER), "kept": _TEXTS}
_SUMMED = {"kind": _TEXT, **dict.fromkeys(("rows", "high", "low"), _NUMBER)}
_NO_SUMS = (0, 0, 0)
_DIFFERENCES = {
    "kind": _TEXT,
    **dict.fromkeys(("local", "database"), _NUMBER),
    **dict.fromkeys(("local_hash", "database_hash"), _TEXT),
    **dict.fromkeys(("missing", "extra", "changed"), _TEXTS),
}

_LEASE = 60_000
_READ = 20_000
_AGAIN = 20
_KEY = ["tail_kind", "tail", "head_kind", "head"]
_CLAIM = f"""MERGE (c:{PUSH} {{id: 'graph'}}) SET c.{MARK} = 0, c.asked = timestamp()
WITH c, c.owner IS NULL OR c.owner = $owner OR c.until < timestamp() OR $take_over AS free
SET c.owner = CASE WHEN free THEN $owner ELSE c.owner END,
    c.until = CASE WHEN free THEN timestamp() + {_LEASE} ELSE c.until END,
    c.complete = c.complete AND NOT free
RETURN free, (c.until - timestamp()) / 1000 AS seconds"""
_RENEW = f"MATCH (c:{PUSH} {{id: 'graph', owner: $owner}}) SET c.until = timestamp() + {_LEASE} RETURN 1"
_RELEASE = f"MATCH (c:{PUSH} {{id: 'graph', owner: $owner}}) REMOVE c.owner, c.until"
_FINISH = f"{_RELEASE} SET c.complete = true, c.pushed = $owner"
_STATE = f"MATCH (c:{PUSH} {{id: 'graph'}}) RETURN c.complete AS complete, c.pushed AS pushed"
_HALF = 2**32
_SUMS = f"RETURN kind, count(*) AS rows, sum(mark / {_HALF}) AS high, sum(mark % {_HALF}) AS low"
_NODE_SUMS = f"""MATCH (n) WHERE n.{MARK} IS NOT NULL
WITH head([label IN labels(n) WHERE label IN $kinds]) AS kind, n.{MARK} AS mark {_SUMS}"""
_TIE_SUMS = f"MATCH ()-[r]->() WHERE r.{MARK} IS NOT NULL WITH type(r) AS kind, r.{MARK} AS mark {_SUMS}"
_LABELS = "CALL db.labels() YIELD label AS name RETURN name UNION ALL CALL db.relationshipTypes() "
_LABELS += "YIELD relationshipType AS name RETURN name"
_FOREIGN = f"""MATCH (n) WHERE n.{MARK} IS NULL
UNWIND CASE WHEN labels(n) = [] THEN ['no label'] ELSE labels(n) END AS label
RETURN label, count(*) AS nodes ORDER BY label"""


def _nothing(kind: str, done: int, total: int) -> None:
    return


def push(
    folder: Path,
    connection: Connection | None = None,
    *,
    beside: bool = False,
    thorough: bool = False,
    take_over: bool = False,
    patience: float = 120.0,
    progress: Progress = _nothing,
) -> pl.DataFrame:
    """Make a database hold the graph of a folder: what is new or changed is written, what is gone removed.

    Every batch is a transaction of its own that may run twice. After an interruption push again: it goes on.

    Parameters
    ----------
    folder
        Folder of a built graph.
    connection
        By default the one that the environment names.
    beside
        Push also where the database holds nodes that are not ours; they stay as they are.
    thorough
        Compare every value in the database, not what the last push noted: repairs what others changed.
    take_over
        Push also where another push has not ended; that one then stops with an error.
    patience
        Seconds to wait for a server that went away.

    Returns one row a kind and relationship type: `kind` (text), `rows`, `written`, `removed` (integer),
    `kept` (list of text: ids that should go, and stay because relationships of others hold them).

    Raises `TrinationalError` where the database holds a foreign graph, may not be written, is being pushed
    to, or does not answer.

    >>> push(LaborGraph.open().folder)                                                   # doctest: +SKIP
    """
    where = connection or Connection.find()
    with where.session(write=True, patience=patience) as session:
        _refuse_foreign(session, beside)
        writer = _Writer(session, thorough, progress)
        writer.create_missing("CONSTRAINTS", constraints())
        with writer.claimed(take_over):
            done = writer.write_all(Rows(folder))
            writer.create_missing("INDEXES", indexes())
            writer.change(_FINISH)
    return pl.DataFrame(done, _PUSHED, orient="row")


def _refuse_foreign(session: neo4j.Session, beside: bool) -> None:
    found = {row["label"]: row["nodes"] for row in _read(session, _FOREIGN)}
    ours = [label for label in found if label in {*vocabulary().labels, FILE, PUSH}]
    if ours:
        raise TrinationalError(
            f"the database has nodes with labels of ours that are not ours: {_counted(ours, found)}",
            hint="no query could tell them apart: use another database, or other labels for them",
        )
    if found and not beside:
        raise TrinationalError(
            f"the database holds another graph: {_counted(list(found), found)}",
            hint="use another database, or --beside to push beside it: nothing of it is changed",
        )


def _counted(labels: Sequence[str], found: Mapping[str, int]) -> str:
    more = f" and {len(labels) - 5} more" if len(labels) > 5 else ""
    return ", ".join(f"{label} ({found[label]:,})" for label in labels[:5]) + more


@dataclass
class _Writer:
    """Writes in transactions that each first renew the claim: what was taken over can write nothing more."""

    session: neo4j.Session
    thorough: bool
    progress: Progress
    owner: str = field(default_factory=lambda: str(uuid.uuid4()))

    @contextmanager
    def claimed(self, take_over: bool) -> Iterator[None]:
        """The right to push, from now until the block ends or the claim runs out."""
        claim = {"owner": self.owner, "take_over": take_over}

        def work(transaction: neo4j.ManagedTransaction) -> list[Row]:
            return transaction.run(_CLAIM, claim).data()

        (found,) = _again(lambda: self.session.execute_write(work))
        if not found["free"]:
            raise TrinationalError(
                "another push to this database is under way",
                hint=f"wait; if it died, its claim ends in {found['seconds']} seconds, or use --take-over",
            )
        try:
            yield
        except BaseException:
            with suppress(DriverError, Neo4jError):
                self.session.run(_RELEASE, owner=self.owner).consume()
            raise

    def change(self, text: str, **values: Any) -> list[Row]:
        """Run a statement that writes, in a transaction of its own; again where its end is not known."""

        def work(transaction: neo4j.ManagedTransaction) -> list[Row]:
            if transaction.run(_RENEW, owner=self.owner).single() is None:
                raise TrinationalError(
                    "another push took this one over", hint="see that only one runs, then push again"
                )
            return transaction.run(text, {"owner": self.owner, **values}).data()

        return _again(lambda: self.session.execute_write(work))

    def create_missing(self, what: str, statements: Mapping[str, str]) -> None:
        """Create the constraints or indexes that are not there by name."""
        there = {row["name"] for row in _read(self.session, f"SHOW {what} YIELD name")}
        missing = [statement for name, statement in statements.items() if name not in there]

        def work(transaction: neo4j.ManagedTransaction) -> None:
            for statement in missing:
                transaction.run(statement).consume()

        if missing:
            _again(lambda: self.session.execute_write(work))
            _read(self.session, "CALL db.awaitIndexes(3600)")

    def write_all(self, rows: Rows) -> list[Done]:
        """Nodes, then relationships, also of kinds and types that the graph has no more."""
        done, noted = [], self._sums(_NODE_SUMS)
        for kind in kinds():
            if kind in rows.nodes or kind in noted:
                local = _collected(kind, rows.nodes.get(kind))
                done.append(self._write(kind, local, noted.get(kind, _NO_SUMS), self.write_nodes))
        relationships, noted = rows.relationships, self._sums(_TIE_SUMS)
        for name in vocabulary().types:
            if name in relationships or name in noted:
                local = _collected(name, relationships.get(name))
                done.append(self._write(name, local, noted.get(name, _NO_SUMS), self.write_relationships))
        return [row for row in done if row[1] or row[3]]

    def _sums(self, text: str) -> dict[str, Sums]:
        """What the last push noted, by kind or type: as `_sums_of` gives it."""
        found = _table(self.session, text, _SUMMED, kinds=list(kinds()))
        return {kind: (rows, high, low) for kind, rows, high, low in found.rows()}

    def _write(self, name: str, local: pl.DataFrame, noted: Sums, write: Write) -> Done:
        """Write what differs; nothing of the kind is read where the sums of all hashes are the same."""
        if not self.thorough and noted == _sums_of(local):
            return name, local.height, 0, 0, []
        return write(name, local, noted != _NO_SUMS)

    def write_nodes(self, kind: str, local: pl.DataFrame, some: bool) -> Done:
        """Write the nodes that differ; `some`: the database has any."""
        known = self._known_nodes(kind, some)
        wanted = local.join(known, on=["id", MARK], how="anti", maintain_order="left")
        old = set(known["id"])
        done = local.height - wanted.height
        for part in batches(wanted):
            self.progress(kind, done, local.height)
            given = [row if row["id"] in old else _known(row) for row in stored(part)]
            self.change(_node_statement(kind), rows=given)
            done += part.height
        self.progress(kind, done, local.height)
        gone = known.join(local, on="id", how="anti")["id"].sort()
        kept = [row["id"] for part in gone.to_frame().iter_slices(1000) for row in self._remove(kind, part)]
        return kind, local.height, wanted.height, len(gone) - len(kept), kept

    def _known_nodes(self, kind: str, some: bool) -> pl.DataFrame:
        schema: Schema = {"id": _TEXT, MARK: _NUMBER}
        if self.thorough:
            return held_nodes(self.session, kind)
        text = f"MATCH (n:`{kind}`) WHERE n.{MARK} IS NOT NULL RETURN n.id, n.{MARK}"
        return _table(self.session, text, schema) if some else pl.DataFrame(schema=schema)

    def _remove(self, kind: str, ids: pl.DataFrame) -> list[Row]:
        """Remove nodes of ours; returns those that a relationship of others holds."""
        text = f"""UNWIND $ids AS id MATCH (n:`{kind}` {{id: id}}) WHERE n.{MARK} IS NOT NULL
        WITH id, n, EXISTS {{ (n)-[r]-() WHERE r.{MARK} IS NULL }} AS held
        FOREACH (m IN CASE WHEN held THEN [] ELSE [n] END | DETACH DELETE m)
        WITH id, held WHERE held RETURN id"""
        return self.change(text, ids=ids["id"].to_list())

    def write_relationships(self, name: str, local: pl.DataFrame, some: bool) -> Done:
        """Write the relationships that differ; `some`: the database has any."""
        known = self._known_ties(name, some)[MARK]
        wanted = local.filter(~pl.col(MARK).is_in(known.implode()))
        done = local.height - wanted.height
        for table in wanted.partition_by("tail_kind", "head_kind", maintain_order=True):
            for part in batches(table):
                self.progress(name, done, local.height)
                self._tie(name, part)
                done += part.height
        self.progress(name, done, local.height)
        gone = known.filter(~known.is_in(local[MARK].implode())).to_frame()
        removed = sum(self._untie(name, part[MARK].to_list()) for part in batches(gone))
        return name, local.height, wanted.height, removed, []

    def _untie(self, name: str, marks: list[int]) -> int:
        text = f"MATCH ()-[r:`{name}`]->() WHERE r.{MARK} IN $marks DELETE r RETURN count(*) AS gone"
        (found,) = self.change(text, marks=marks)
        return int(found["gone"])

    def _known_ties(self, name: str, some: bool) -> pl.DataFrame:
        schema: Schema = {MARK: _NUMBER}
        if self.thorough:
            return held_relationships(self.session, name)
        text = f"MATCH ()-[r:`{name}`]->() WHERE r.{MARK} IS NOT NULL RETURN r.{MARK}"
        return _table(self.session, text, schema) if some else pl.DataFrame(schema=schema)

    def _tie(self, name: str, part: pl.DataFrame) -> None:
        text = _relationship_statement(name, part["tail_kind"][0], part["head_kind"][0])
        rows = [
            {"tail": row["tail"], "head": row["head"], MARK: row[MARK], "more": _known(row, without=_KEY)}
            for row in stored(part)
        ]
        (found,) = self.change(text, rows=rows)
        if found["ties"] != len(rows):
            raise TrinationalError(
                f"{len(rows) - found['ties']} relationships {name} found no node to go to",
                hint="somebody removed nodes meanwhile: push again",
            )


def _sums_of(local: pl.DataFrame) -> Sums:
    """Number of rows, and the sums of both halves of their hashes."""
    mark = pl.col(MARK)
    high, low = local.select((mark // _HALF).sum().alias("high"), (mark % _HALF).sum().alias("low")).row(0)
    return local.height, high, low


def _node_statement(kind: str) -> str:
    labels = "".join(f":`{label}`" for label in kinds()[kind][1:])
    return f"UNWIND $rows AS row MERGE (n:`{kind}` {{id: row.id}}) SET n += row" + (labels and f", n{labels}")


def _relationship_statement(name: str, tail: str, head: str) -> str:
    more = "SET r += row.more " if name in vocabulary().derived else ""
    return (
        f"UNWIND $rows AS row MATCH (a:`{tail}` {{id: row.tail}}) MATCH (b:`{head}` {{id: row.head}}) "
        f"MERGE (a)-[r:`{name}` {{{MARK}: row.{MARK}}}]->(b) {more}RETURN count(r) AS ties"
    )


def _known(row: Row, without: Sequence[str] = ()) -> Row:
    return {name: value for name, value in row.items() if value is not None and name not in without}


def check(
    folder: Path,
    connection: Connection | None = None,
    *,
    patience: float = 30.0,
    progress: Progress = _nothing,
) -> pl.DataFrame:
    """Compare every value in a database with the graph of a folder.

    Returns one row a kind and relationship type that either has: `kind` (text), `local`, `database` (numbers
    of rows), `local_hash`, `database_hash` (text; equal where the content is), `missing`, `extra`, `changed`
    (lists of ids, of relationships `tail -> head`: not in the database, only there, otherwise there).
    Nodes and relationships of others count as extra where they bear a label or type of ours.

    Raises `TrinationalError` where the server does not answer.

    >>> check(LaborGraph.open().folder)["changed"].list.len().sum()                      # doctest: +SKIP
    0
    """
    where = connection or Connection.find()
    rows, found = Rows(folder), []
    known = {**rows.nodes, **rows.relationships}
    names = [*kinds(), *vocabulary().types]
    with where.session(patience=patience) as session:
        there = {row["name"] for row in _read(session, _LABELS)}
        for number, name in enumerate(names):
            progress(name, number, len(names))
            if name in there or name in known:
                local, node = _collected(name, known.get(name)), name in kinds()
                held = held_nodes(session, name, every=True) if node else held_relationships(session, name)
                if local.height or held.height:
                    found.append(_compared(name, local if node else _named(local), held))
    return pl.DataFrame(found, _DIFFERENCES)


def _collected(name: str, frame: pl.LazyFrame | None) -> pl.DataFrame:
    """The marked rows of a kind or type, none where the graph has no table of it."""
    empty = pl.LazyFrame(schema=columns(name) if name in kinds() else edge_columns(name))
    return marked((empty if frame is None else frame).collect(), name)


def _compared(name: str, local: pl.DataFrame, held: pl.DataFrame) -> Row:
    here, there = (a.join(b, on=["id", MARK], how="anti") for a, b in ((local, held), (held, local)))
    return {
        "kind": name,
        "local": local.height,
        "database": held.height,
        "local_hash": digest(local[MARK]),
        "database_hash": digest(held[MARK]),
        "missing": _ids(here.join(held, on="id", how="anti")),
        "extra": _ids(there.join(local, on="id", how="anti")),
        "changed": _ids(here.join(held, on="id", how="semi")),
    }


def _ids(frame: pl.DataFrame) -> list[str]:
    return frame["id"].unique().sort().to_list()


def _named(ties: pl.DataFrame) -> pl.DataFrame:
    return ties.select(pl.format("{} -> {}", "tail", "head").alias("id"), MARK)


def held_nodes(session: neo4j.Session, kind: str, *, every: bool = False) -> pl.DataFrame:
    """`id` and `MARK` of the nodes of a kind as their values are now; 0 where a value has a wrong type.

    `every`: also of nodes with this label that are not ours.
    """
    frame = read_nodes(session, kind, every=every)
    return _as_held(frame, columns(kind), kind).select("id", MARK)


def held_relationships(session: neo4j.Session, name: str) -> pl.DataFrame:
    """`id` (`tail -> head`) and `MARK` of the relationships of a type as their values are now."""
    wanted = edge_columns(name)
    text = f"MATCH (a)-[r:`{name}`]->(b) RETURN labels(a), coalesce(a.id, elementId(a)), labels(b), "
    text += "coalesce(b.id, elementId(b)), properties(r)"

    def row(values: list[Any]) -> Row:
        tail_labels, tail, head_labels, head, more = values
        ends = (_kind_of(tail_labels), str(tail), _kind_of(head_labels), str(head))
        return {**more, **dict(zip(_KEY, ends, strict=True))}

    return _named(_as_held(_frame(session, text, row, wanted), wanted, name))


def _as_held(frame: pl.DataFrame, wanted: Schema, name: str) -> pl.DataFrame:
    now = marked(frame.select(*wanted), name)
    return now.with_columns(pl.when(frame["fits"]).then(MARK).otherwise(0).alias(MARK))


def _kind_of(labels: Sequence[str]) -> str:
    return next((label for label in labels if label in kinds()), ":".join(labels))


def read_nodes(session: neo4j.Session, kind: str, *, every: bool = False) -> pl.DataFrame:
    """Nodes of a kind with their properties, `MARK`, and `fits`: see `graph.neo4j_rows.restored`."""
    ours = "" if every else f"WHERE n.{MARK} IS NOT NULL "
    text = f"MATCH (n:`{kind}`) {ours}RETURN properties(n), elementId(n)"
    return _frame(session, text, lambda values: {"id": values[1], **values[0]}, columns(kind))


def pull(
    home: Home,
    connection: Connection | None = None,
    *,
    replace: bool = False,
    patience: float = 30.0,
    progress: Progress = _nothing,
) -> Path:
    """Make the graph that a database holds the graph of a home; returns its folder.

    Its tables are those that were pushed, byte for byte; RDF store and search index are made from them.

    Parameters
    ----------
    home
        Where the graph goes; its records, if it has any, stay.
    replace
        Also where the home has records of its own, from which `build` would make another graph.

    Raises `TrinationalError` where the database holds no graph, or not all of one; where somebody changed it
    by hand; where the home has records or cannot be written.

    >>> pull(Home.find(), Connection.find())                                             # doctest: +SKIP
    """
    where = connection or Connection.find()
    if home.releases() and not replace:
        raise TrinationalError(
            f"{home.path} has records of its own",
            hint="pull into a new home (--home DIR), or --replace its graph: `build` makes it again",
        )
    with where.session(patience=patience) as session:
        state = _state(session)
        files = joined(read_nodes(session, FILE))
        about = json.loads(files["graph.json"])
        frames = {kind: _unchanged(session, kind, progress) for kind in _kinds_in(about["counts"])}
        if _state(session) != state:
            raise TrinationalError("another push ran while this graph was read", hint="pull again")
    with home.writing() as scratch:
        _write_graph(scratch / "graph", restore(frames), files)
        return home.publish(scratch / "graph", "graph")


def _state(session: neo4j.Session) -> Row:
    found = _read(session, _STATE)
    if not found:
        raise TrinationalError(
            "the database holds no graph of this kind", hint="`trinational neo4j push` first"
        )
    if not found[0]["complete"]:
        raise TrinationalError(
            "the last push to this database did not end", hint="push again: it goes on where it stopped"
        )
    return found[0]


def _kinds_in(counts: Mapping[str, int]) -> Iterator[str]:
    things = {kind.name for kind in model().things}
    for kind in counts:
        yield from (kind, kind + RECORD) if kind in things else (kind,)


def _unchanged(session: neo4j.Session, kind: str, progress: Progress) -> pl.DataFrame:
    """Nodes of a kind as they were pushed; `TrinationalError` where somebody changed any."""
    progress(kind, 0, 1)
    frame = read_nodes(session, kind)
    now = _as_held(frame, columns(kind), kind)
    wrong = frame.filter(now[MARK] != frame[MARK])["id"]
    if len(wrong):
        raise TrinationalError(
            f"{len(wrong)} nodes {kind} were changed by hand since they were pushed, such as {wrong[0]}",
            hint="`trinational neo4j check` names them, `push --thorough` repairs them",
        )
    return frame.select(*node_schema(kind))


def _write_graph(folder: Path, tables: Mapping[str, pl.DataFrame], files: Mapping[str, bytes]) -> None:
    (folder / "said").mkdir(parents=True)
    for name, frame in tables.items():
        write_table(frame, folder, name)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    write_things(folder, {kind.name: tables[kind.name] for kind in model().things if kind.name in tables})
    write_index(folder, folder / "search.sqlite")


def _again(work: Callable[[], T]) -> T:
    """Do what may be done twice; the driver tries again itself, but where a commit got no answer."""
    for _ in range(_AGAIN):
        with suppress(IncompleteCommit):
            return work()
    return work()


def _read(session: neo4j.Session, text: str) -> list[Row]:
    return session.execute_read(lambda transaction: transaction.run(text).data())


def _table(session: neo4j.Session, text: str, schema: Schema, **values: Any) -> pl.DataFrame:
    def work(transaction: neo4j.ManagedTransaction) -> list[pl.DataFrame]:
        result = transaction.run(text, values)
        parts = iter(lambda: [record.values() for record in result.fetch(_READ)], [])
        return [pl.DataFrame(part, schema, orient="row") for part in parts]

    return pl.concat([pl.DataFrame(schema=schema), *session.execute_read(work)])


def _frame(
    session: neo4j.Session, text: str, row: Callable[[list[Any]], Row], wanted: Schema
) -> pl.DataFrame:
    """Rows of properties that a query gives, restored."""

    def work(transaction: neo4j.ManagedTransaction) -> list[pl.DataFrame]:
        result = transaction.run(text)
        parts = iter(lambda: [row(record.values()) for record in result.fetch(_READ)], [])
        return [restored(part, wanted) for part in parts]

    return pl.concat([restored([], wanted), *session.execute_read(work)])
