"""Commands that answer: search, show, shifts, sectors, sparql, export."""

from __future__ import annotations

import dataclasses
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.text import Text

from graph.analysis.parameters import DEFAULT as PARAMETERS
from graph.cli.common import (
    AsOfOption,
    FormatOption,
    HomeOption,
    LanguageOption,
    LimitOption,
    app,
    language_of,
    open_graph,
    query_text,
    split_param,
)
from graph.console import ERR, OUT, Format, print_answers, print_rows, steps
from graph.labor_graph import LaborGraph
from graph.rdf import store
from graph.show import Line
from graph.show import show as show_thing
from graph.sparql import query as run_query
from ontology import WrongUseError, model, nearest


@app.command()
def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="Words of a name, in any language, accents or not.")],
    kind: Annotated[str | None, typer.Option(help="Plant, Union, Corporation, ...")] = None,
    country: Annotated[str | None, typer.Option(help="CA, US or MX.")] = None,
    format: FormatOption = Format.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """Find things by name.

    Example: trinational search silao --kind Plant
    """
    if kind and not model().leaves(kind):
        raise WrongUseError(f"no such kind: {kind!r}", hint=nearest(kind, model().kinds))
    rows = open_graph(context, home).search(
        text, kind=kind, country=country, limit=limit or (20 if format is Format.table else None)
    )
    print_rows(rows, format, title=f"{len(rows)} found for {text!r}", limit=limit)


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="An id, or a name that only one thing has.")],
    language: LanguageOption = "en",
    format: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Show one thing: names, values and ties, each line with its source.

    Example: trinational show plant:gm-silao
    """
    thing, lines = show_thing(open_graph(context, home), name, language_of(language))
    if format is Format.table:
        _print_page(thing, lines)
    else:
        print_rows([dataclasses.asdict(line) for line in lines], format)


def _print_page(thing: dict[str, Any], lines: list[Line]) -> None:
    OUT.print(
        Text.assemble((thing["name"] or thing["id"], "bold"), f"  {thing['kind']}  {thing['country'] or ''}")
    )
    OUT.print(thing["id"], style="dim")
    numbers: dict[tuple[str | None, ...], int] = {}
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            OUT.print(Text(f"\n{section}", style="bold"))
        number = numbers.setdefault((line.url or line.locator, line.source), len(numbers) + 1)
        dates = f"{line.since or ''}{'–' + line.until if line.until else ''}"
        others = [str(other["name"] or other["id"]) for other in line.others]
        others = [name for name in others if name not in line.text]
        words = [
            part
            for part in (dates, line.text, f"with {', '.join(others)}" if others else "", line.status)
            if part
        ]
        OUT.print(Text("  " + " · ".join(words)).append(f" [{number}]", style="cyan"))
    OUT.print(Text("\nSources", style="bold"))
    for (where, source), number in numbers.items():
        OUT.print(Text(f"  [{number}] {where}  ({source})"))


@app.command()
def shifts(
    context: typer.Context,
    years: Annotated[float | None, typer.Option(min=0, help="Years between the two events at most.")] = None,
    as_of: AsOfOption = None,
    band: Annotated[str | None, typer.Option(help="documented, reported, pattern or lead.")] = None,
    first_seen: Annotated[
        bool,
        typer.Option(
            "--first-seen",
            help="Instead: plants first seen in Mexico within --years (3) of a US closure of their parent.",
        ),
    ] = False,
    format: FormatOption = Format.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """Where production moved, or is said to move, across a border, with the evidence.

    A pattern without a source never scores above 0.5; cancelled and planned moves carry no jobs.

    Example: trinational shifts --band documented
    """
    graph = open_graph(context, home)
    if first_seen:
        if band:
            raise WrongUseError("--band is not for --first-seen", hint="leave one of the two out")
        print_first_seen(graph, 3.0 if years is None else years, as_of, format, limit)
        return
    found = graph.production_shifts(years=years, as_of=as_of)
    if band:
        if band not in ("documented", "reported", "pattern", "lead"):
            raise WrongUseError(f"no such band: {band!r}", hint="use documented, reported, pattern or lead")
        found = found.filter(band=band)
    if format is Format.table:
        print_shifts(found, "Production shifts", limit)
        print_coverage(graph, as_of)
    else:
        print_rows(found, format, limit=limit)


def print_first_seen(
    graph: LaborGraph, years: float, as_of: str | None, format: Format, limit: int | None
) -> None:
    found = graph.first_seen(years=years, as_of=as_of)
    if format is not Format.table:
        print_rows(found, format, limit=limit)
        return
    columns = ["parent", "origin", "closed", "workers", "destination", "first_seen", "product_match"]
    title = f"Mexican plants first seen within {years:g} years after a US closure of the same parent"
    joins = found.with_columns(joins=pl.col("identity").list.eval(_step).list.join("; "))
    print_answers(joins, [*columns, "joins"], title, limit)
    print_coverage(graph, as_of, "Closures and first sights")


def print_shifts(found: pl.DataFrame, title: str, limit: int | None) -> None:
    columns = [
        "score",
        "band",
        "outcome",
        "origin",
        "destination",
        "product",
        "months",
        "jobs_lost",
        "jobs_gained",
    ]
    print_answers(found, columns, title, limit)


_STEP = pl.element().struct.field
_step = pl.format(
    "{} = {} ({}{})",
    _STEP("record_id"),
    _STEP("joined_to"),
    _STEP("reason"),
    pl.coalesce(pl.format(" {}", _STEP("probability").round(3)), pl.lit("")),
)


@app.command("sectors")
def shared_sectors(
    context: typer.Context,
    as_of: AsOfOption = None,
    union: Annotated[str | None, typer.Option(help="Only pairs with this union (id or name).")] = None,
    tie: Annotated[str | None, typer.Option(help="recorded, none_found or not_searched.")] = None,
    format: FormatOption = Format.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """Unions across borders that share sectors or employers, and whether a tie between them is recorded.

    `none_found` says that sources about both were searched; `not_searched` is no gap.

    Example: trinational sectors --union union:uaw
    """
    graph = open_graph(context, home)
    found = graph.shared_sectors(as_of=as_of)
    if tie:
        if tie not in ("recorded", "none_found", "not_searched"):
            raise WrongUseError(f"no such state: {tie!r}", hint="use recorded, none_found or not_searched")
        found = found.filter(tie=tie)
    if union:
        item = graph.resolve(union)
        found = found.filter(
            pl.any_horizontal(pl.col(c).struct.field("id") == item for c in ("union_a", "union_b"))
        )
    if format is Format.table:
        print_sectors(found, "Unions that share sectors or employers", limit)
        print_coverage(graph, as_of, "Ties")
    else:
        print_rows(found, format, limit=limit)


def print_sectors(found: pl.DataFrame, title: str, limit: int | None) -> None:
    columns = [
        "gap",
        "interest",
        "union_a",
        "country_a",
        "union_b",
        "country_b",
        "sectors",
        "shared_employers",
        "tie",
    ]
    print_answers(found, columns, title, limit)


def print_coverage(graph: LaborGraph, as_of: str | None, what: str = "Answers") -> None:
    """What an answer rests on: unknown is not "no"."""
    OUT.print(
        f"Parameters {PARAMETERS.version} · as of {as_of or 'the newest record'} · {what} are searched in "
        f'{", ".join(graph.about["releases"])}; what no loaded source says is unknown, not "no".',
        style="dim",
    )


class QueryFormat(StrEnum):
    """How the answer to a query is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    turtle = "turtle"


@app.command()
def sparql(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="A query, a file that holds one, or - for standard input.")],
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="Bind a variable.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="URL", help="A SPARQL 1.1 endpoint to ask instead of your graph.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds until the query is stopped.")] = 60.0,
    format: Annotated[
        QueryFormat, typer.Option("--format", help="table, csv, json (W3C results) or turtle.")
    ] = QueryFormat.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """Answer a SPARQL query. The default graph is the resolved graph; GRAPH ?source is what one source said.

    Prefixes are declared: the empty one for the ontology, id:, term:, source:, skos:, prov:, org: and more.
    Values of --param are ids (plant:gm-silao), numbers, <IRIs> or "texts".

    With --on the query and its parameters go to an endpoint, and nothing else does.

    Example: trinational sparql 'SELECT ?name { ?union a :Union ; :name ?name ; :country "MX" } LIMIT 5'
    """
    text, name = query_text(query, "{" in query, "a query has braces: SELECT … { … }")
    params = dict(split_param(given) for given in param or [])
    if on is None:
        graph = open_graph(context, home)
        with steps("SPARQL") as progress:
            folder = store(graph.folder, progress)
        answer = run_query(folder, text, params, timeout=timeout, limit=limit, name=name)
    else:
        from graph.remote import query as ask_endpoint

        answer = ask_endpoint(on, text, params, timeout=timeout, limit=limit, name=name)
    if format is QueryFormat.table and answer.graph is None:
        print_rows(answer.table(), Format.table, limit=limit)
    elif format is QueryFormat.json:
        print(json.dumps(answer.json(), ensure_ascii=False, indent=1))
    else:
        sys.stdout.write(answer.csv() if format is QueryFormat.csv else answer.turtle())
    if answer.truncated:
        ERR.print(f"the answer has more rows than the {limit} asked for", style="dim")


@app.command()
def export(
    context: typer.Context,
    format: Annotated[str, typer.Argument(help="html, svg, gexf, graphml, csv, ttl, nq or jsonld.")],
    ids: Annotated[
        list[str] | None, typer.Argument(help="Things to start from (RDF: none for the whole graph).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write.")] = None,
    hops: Annotated[int, typer.Option(min=1, max=6, help="Steps around the things.")] = 1,
    result: Annotated[str | None, typer.Option(help="shifts or sectors: draw an analysis instead.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows of the result that are drawn.")] = 20,
    title: Annotated[str | None, typer.Option(help="The finding, in a sentence.")] = None,
    language: LanguageOption = "en",
    restricted: Annotated[
        bool, typer.Option(help="Also statements marked restricted; the file says so.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Write a picture (html, svg), a graph file (gexf, graphml, csv) or RDF (ttl, nq, jsonld).

    Example: trinational export html plant:gm-silao --hops 2 --out silao.html
    """
    from graph import export as pictures
    from graph.export import rdf
    from graph.pictures import network_of, picture_of

    known = (*pictures.FORMATS, *rdf.FORMATS)
    if format not in known:
        raise WrongUseError(
            f"no such format: {format!r}", hint=nearest(format, known) or f"use {', '.join(known)}"
        )
    graph = open_graph(context, home)
    found = [graph.resolve(name) for name in ids or []]
    target = out or Path(f"trinational.{format}" if format != "csv" else "trinational-csv")
    with steps("Exporting"):
        if format in rdf.FORMATS:
            rdf.write(graph.folder, target, format, found, restricted=restricted)
        else:
            network = network_of(graph, found, result, hops, limit, restricted)
            picture = picture_of(graph, network, title=title, language=language_of(language))
            pictures.write(picture, target, format)
    OUT.print(f"Written: {target}")
