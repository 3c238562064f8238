"""The command that answers Cypher: cypher."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graph.cli.common import FormatOption, HomeOption, LimitOption, app, open_graph, query_text, split_param
from graph.console import ERR, Format, print_rows, steps

if TYPE_CHECKING:
    from graph.cypher import Answer

QueryArgument = Annotated[
    str, typer.Argument(help="A query, a file that holds one, or - for standard input.")
]
ParamOption = Annotated[
    list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="Value of $NAME.")
]
TimeoutOption = Annotated[float, typer.Option(min=0.1, help="Seconds until the query is stopped.")]


@app.command()
def cypher(
    context: typer.Context,
    query: QueryArgument,
    param: ParamOption = None,
    timeout: TimeoutOption = 60.0,
    format: FormatOption = Format.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """Answer a Cypher query, with no server. Labels, relationship types and properties follow the ontology.

    Values of --param are numbers, true, false, null, lists (["MX","US"]) or text ("42" in quotes is text).

    Example: trinational cypher 'MATCH (u:Union {country: $c}) RETURN u.name LIMIT 5' -p c=MX
    """
    from graph import cypher as engine

    text, name, params = asked(query, param)
    graph = open_graph(context, home)
    with steps("Cypher") as progress:
        answer = engine.query(
            graph.folder, text, params, timeout=timeout, limit=limit, name=name, progress=progress
        )
    print_answer(answer, format, limit)


def asked(query: str, param: Sequence[str] | None) -> tuple[str, str, dict[str, Any]]:
    """The text of a query, what messages call it, and the values of its parameters."""
    text, name = query_text(query, _is_query(query), "a query has words: MATCH … RETURN …")
    pairs = (split_param(given) for given in param or [])
    return text, name, {key.removeprefix("$"): value(meant) for key, meant in pairs}


def print_answer(answer: Answer, format: Format, limit: int | None) -> None:
    """Print the rows of an answer; on the error stream what is to be known of them."""
    if format is Format.csv and answer.frame.is_empty():
        print(",".join(answer.frame.columns))
    else:
        print_rows(answer.frame, format, limit=limit)
    for warning in answer.warnings:
        ERR.print(f"warning: {warning}", style="yellow")
    if answer.truncated:
        ERR.print(f"the answer has more rows than the {limit} asked for", style="dim")


def _is_query(given: str) -> bool:
    """Several words, unless they are the name of a file."""
    if not any(sign in given for sign in " \n("):
        return False
    path = Path(given)
    return not (path.suffix and len(given) < 200 and path.is_file())


def value(given: str) -> Any:
    """What the value of a parameter means.

    >>> value("42"), value("true"), value('["MX", "US"]'), value('"42"'), value("plant:gm-silao")
    (42, True, ['MX', 'US'], '42', 'plant:gm-silao')
    """
    try:
        found = json.loads(given)
    except ValueError:
        return given
    plain = found is None or isinstance(found, str | int | float)
    return found if plain or (isinstance(found, list) and found) else given
