"""Commands that serve the graph to other programs."""

from __future__ import annotations

from typing import Annotated

import typer

from graph.cli.common import HomeOption, app, home_of
from graph.console import ERR, OUT, steps
from graph.rdf import store

serving = typer.Typer(help="Serve the graph to other programs.", no_args_is_help=True)
app.add_typer(serving, name="serve")


@serving.command("sparql")
def serve_sparql(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 3030,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds until a query is stopped.")] = 60.0,
    max_size: Annotated[int, typer.Option(min=1, help="Megabytes of one answer at most.")] = 256,
    at_once: Annotated[int, typer.Option(min=1, max=64, help="Queries that run at the same time.")] = 4,
    origin: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="Site whose pages may read answers; * for all."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Serve the graph as a SPARQL 1.1 endpoint, queries only, until Ctrl-C.

    A later build is served as soon as its store is made: at its first query, or by `build --stores`.

    Example: trinational serve sparql --port 3030
    """
    from graph.serve import EDITORS, Limits, address, is_local, listen, serve

    place = home_of(context, home)
    with steps("SPARQL") as progress:
        store(place.graph, progress)
    listening = listen(host, port)
    OUT.print(f"SPARQL endpoint: {address(listening)} (Ctrl-C stops it)", soft_wrap=True)
    if not is_local(listening):
        ERR.print(
            "warning: everybody who reaches this address can read the whole graph, restricted statements too",
            style="yellow",
        )
    limits = Limits(timeout, max_size * 2**20, at_once)
    serve(lambda: store(place.graph), listening, limits, [*EDITORS, *(origin or [])])
