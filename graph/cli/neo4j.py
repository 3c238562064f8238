"""Commands that speak with a Neo4j server: neo4j push, pull, check, dump, query."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from graph.cli.common import FormatOption, HomeOption, LimitOption, app, home_of, open_graph
from graph.cli.cypher import ParamOption, QueryArgument, TimeoutOption, asked, print_answer
from graph.console import ERR, OUT, Format, print_rows, rows_bar
from ontology import WrongUseError

if TYPE_CHECKING:
    from graph.bolt import Connection

_SHOWN = 5
_ENVIRONMENT = "The password is that of $NEO4J_PASSWORD, or is asked for (--ask-password)."

group = typer.Typer(
    help="The graph in Neo4j 5: push, pull, check, dump, query.", no_args_is_help=True, epilog=_ENVIRONMENT
)
app.add_typer(group, name="neo4j")

UriOption = Annotated[
    str | None,
    typer.Option(metavar="URI", help="Server (default $NEO4J_URI, else bolt://localhost:7687)."),
]
UsernameOption = Annotated[str | None, typer.Option(help="User (default $NEO4J_USERNAME, else neo4j).")]
DatabaseOption = Annotated[
    str | None, typer.Option(help="Database (default $NEO4J_DATABASE, else the user's own).")
]
AskOption = Annotated[bool, typer.Option("--ask-password", "-W", help="Ask for the password.")]
PatienceOption = Annotated[float, typer.Option(min=0, help="Seconds to wait for a server that went away.")]


def _connection(uri: str | None, username: str | None, database: str | None, ask: bool) -> Connection:
    from graph.bolt import Connection

    password = typer.prompt("Password", hide_input=True, err=True) if ask else None
    return Connection.find(uri, username, password, database)


@group.command()
def push(
    context: typer.Context,
    beside: Annotated[
        bool, typer.Option("--beside", help="Push also beside a graph that is not ours; it is not touched.")
    ] = False,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Compare every value there: repairs what others changed.")
    ] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Push also where another push has not ended.")
    ] = False,
    patience: PatienceOption = 120.0,
    uri: UriOption = None,
    username: UsernameOption = None,
    database: DatabaseOption = None,
    ask_password: AskOption = False,
    format: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Make a database hold this graph: writes what is new or changed, removes what is gone.

    After an interruption push again: it goes on where it stopped.

    Example: trinational neo4j push --uri neo4j+s://graph.example.org
    """
    from graph.neo4j import push as run

    folder = open_graph(context, home).folder
    where = _connection(uri, username, database, ask_password)
    with rows_bar("push") as progress:
        found = run(
            folder,
            where,
            beside=beside,
            thorough=thorough,
            take_over=take_over,
            patience=patience,
            progress=progress,
        )
    if format is not Format.table:
        print_rows(found, format)
        return
    changed = found.filter((pl.col("written") > 0) | (pl.col("removed") > 0)).drop("kept")
    if changed.height:
        print_rows(changed, format, title="Pushed", limit=changed.height)
    total = found.select(pl.sum("rows", "written", "removed")).row(0)
    OUT.print("{:,} nodes and relationships: {:,} written, {:,} removed".format(*total))
    for kind, kept in found.filter(pl.col("kept").list.len() > 0).select("kind", "kept").rows():
        ERR.print(f"warning: {kind} kept, relationships of others hold it: {_some(kept)}", style="yellow")


@group.command()
def pull(
    context: typer.Context,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where the home has records of its own.")
    ] = False,
    uri: UriOption = None,
    username: UsernameOption = None,
    database: DatabaseOption = None,
    ask_password: AskOption = False,
    format: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Make the graph that a database holds the graph of a home, table by table as it was pushed.

    Example: trinational neo4j pull --home ~/from-neo4j
    """
    from graph.labor_graph import LaborGraph
    from graph.neo4j import pull as run

    where = _connection(uri, username, database, ask_password)
    with rows_bar("pull") as progress:
        folder = run(home_of(context, home), where, replace=replace, progress=progress)
    about = LaborGraph(folder).about
    rows = [{"kind": kind, "rows": number} for kind, number in about["counts"].items()]
    print_rows(rows, format, title=f"Pulled from {where.uri}", limit=len(rows))


@group.command()
def check(
    context: typer.Context,
    uri: UriOption = None,
    username: UsernameOption = None,
    database: DatabaseOption = None,
    ask_password: AskOption = False,
    format: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Compare every value in a database with this graph; exit code 1 where anything differs.

    Example: trinational neo4j check --format json
    """
    from graph.neo4j import check as run

    folder = open_graph(context, home).folder
    where = _connection(uri, username, database, ask_password)
    with rows_bar("check") as progress:
        found = run(folder, where, progress=progress)
    different = found.filter(pl.col("local_hash") != pl.col("database_hash"))
    if format is not Format.table:
        print_rows(found, format)
    elif different.height:
        shown = [
            row | {how: _some(row[how]) for how in ("missing", "extra", "changed")}
            for row in different.drop("local_hash", "database_hash").to_dicts()
        ]
        print_rows(shown, format, title="What differs", limit=len(shown))
    else:
        OUT.print(f"the same: {found['local'].sum():,} nodes and relationships of {found.height} kinds")
    if different.height:
        raise typer.Exit(1)


def _some(ids: list[str]) -> str:
    """The first few of many ids.

    >>> _some(["a", "b"]), _some([])
    ('a, b', '')
    """
    more = f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else ""
    return ", ".join(ids[:_SHOWN]) + more


@group.command()
def dump(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="A new or an empty folder.")],
    database: Annotated[str, typer.Option(help="Database that the command makes.")] = "neo4j",
    format: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Write files for neo4j-admin's importer, for graphs of any size, and print the command that takes them.

    Example: trinational neo4j dump --out neo4j-import
    """
    from graph.neo4j import dump as run

    with rows_bar("dump") as progress:
        command = run(open_graph(context, home).folder, out, database=database, progress=progress)
    if format is not Format.table:
        print_rows([{"folder": str(out), "command": command}], format)
        return
    OUT.print(f"{out} is written. With the server stopped, in that folder:")
    print(command)
    OUT.print("Then start it; `trinational neo4j push` adds constraints and indexes.")


@group.command()
def query(
    query: QueryArgument,
    param: ParamOption = None,
    timeout: TimeoutOption = 60.0,
    uri: UriOption = None,
    username: UsernameOption = None,
    database: DatabaseOption = None,
    ask_password: AskOption = False,
    format: FormatOption = Format.table,
    limit: LimitOption = None,
) -> None:
    """Answer a Cypher query on a Neo4j server, in a transaction that may only read.

    A note says where embedded Cypher (`trinational cypher`) would refuse the query or not know it.

    Example: trinational neo4j query 'MATCH (u:Union {country: $c}) RETURN u.name LIMIT 5' -p c=MX
    """
    from graph.bolt import query as run
    from graph.cypher_text import read

    text, name, params = asked(query, param)
    where = _connection(uri, username, database, ask_password)
    print_answer(run(text, params, where, timeout=timeout, limit=limit, name=name), format, limit)
    try:
        read(text, params, name)
    except WrongUseError as error:
        ERR.print(f"note: on Neo4j only: {error}" + (f" ({error.hint})" if error.hint else ""), style="dim")
