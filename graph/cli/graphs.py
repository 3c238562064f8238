"""Commands of the whole graph: demo, build, status, check."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from graph.build import BuildReport
from graph.build import build as build_graph
from graph.check import check as check_graph
from graph.cli.ask import print_sectors, print_shifts
from graph.cli.common import AsOfOption, FormatOption, HomeOption, LimitOption, app, home_of, open_graph
from graph.console import OUT, Format, print_rows, steps
from graph.identity.events import tally
from graph.labor_graph import LaborGraph
from graph.release import load_release
from ontology import model, nearest


@app.command()
def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where the picture goes.")] = Path("out/trinational.html"),
    home: HomeOption = None,
) -> None:
    """Build the graph of the built-in dataset and print the first answers.

    Example: trinational demo --home ./my-graph
    """
    place = home_of(context, home)
    started = time.perf_counter()
    with steps("Built-in dataset") as step:
        load_release(place, "curated", progress=step)
        build_graph(place, progress=step)
    graph = LaborGraph(place.graph)
    _print_contents(graph)
    shifts = graph.production_shifts()
    print_shifts(
        shifts.filter(pl.col("band").is_in(["documented", "reported"])), "Strongest documented shifts", 8
    )
    sectors = graph.shared_sectors()
    print_sectors(
        sectors.filter(tie="none_found"), "Widest solidarity gaps (no tie found in the sources searched)", 8
    )
    with steps("Picture"):
        from graph import export as pictures
        from graph.pictures import demo_picture

        pictures.write(demo_picture(graph), out)
    OUT.print(
        f"Picture: {out}",
        f"Data:    {place.path}",
        f"Done in {time.perf_counter() - started:.1f} s",
        sep="\n",
    )
    OUT.print(
        "Next: trinational show 'GM Silao' · trinational search silao · trinational shifts --help",
        style="dim",
    )


def _print_contents(graph: LaborGraph) -> None:
    counts = pl.DataFrame(list(graph.about["counts"].items()), ["kind", "rows"], orient="row")
    print_rows(
        counts, Format.table, title=f"In the graph, from {', '.join(graph.about['releases'])}", limit=99
    )


@app.command()
def build(
    context: typer.Context,
    judgements: Annotated[
        Path | None, typer.Option(help="CSV of judgements, beside judgements.csv of the home.")
    ] = None,
    as_of: AsOfOption = None,
    stores: Annotated[
        bool, typer.Option("--stores", help="Make the stores for SPARQL and Cypher, too.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Build the graph from all loaded records; the earlier graph stays until the new one is complete.

    Example: trinational build --judgements my-judgements.csv
    """
    with steps("Building") as step:
        report = build_graph(home_of(context, home), judgements=judgements, as_of=as_of, progress=step)
        if stores:
            from graph import cypher, rdf

            rdf.store(report.folder, step)
            cypher.store(report.folder, step)
    print_rows([{"kind": kind, "rows": n} for kind, n in report.counts.items()], Format.table, limit=99)
    state = "unchanged" if report.unchanged else "built"
    OUT.print(f"{state} in {report.seconds:.1f} s from {', '.join(report.releases)}")
    OUT.print(*_identity(report), sep="\n")


def _identity(report: BuildReport) -> list[str]:
    """Who is who, in lines."""
    merged = ", ".join(f"{n:,} by {reason}" for reason, n in report.merged.items())
    measured = ", ".join(f"{kind} {value:.3f}" for kind, value in sorted(report.precision.items()))
    lines = [
        f"entities: {report.before:,} before, {report.after:,} after; ids merged: {merged}",
        f"merges refused: {report.refused.height:,} (`trinational why A B`); to review: {report.queue:,}",
    ]
    if measured:
        lines.append(f"precision of matches on labelled pairs: {measured}")
    if told := told_often(report.folder):
        lines.append(f"events that sources tell several times: {told}")
    if report.unknown:
        lines.append(f"ids in judgements that no loaded record has: {len(report.unknown):,}")
        known = {*LaborGraph(report.folder).things["id"]} - {item for _, item in report.unknown}
        named = [f"  {where}: {item} {nearest(item, sorted(known))}" for where, item in report.unknown[:3]]
        lines += [line.rstrip() for line in named]
    return lines


def told_often(folder: Path) -> str:
    """Of how many events how many lines of files tell, for kinds with more lines than events."""
    told = tally(LaborGraph(folder).said("Event")).drop("sources").group_by("kind").sum()
    several = told.filter(pl.col("lines") > pl.col("events")).sort("kind")
    return "; ".join(
        f"{kind.replace('_', ' ')} {lines:,} lines, {records:,} records, {events:,} events"
        for kind, lines, records, events in several.iter_rows()
    )


@app.command()
def status(
    context: typer.Context,
    format: FormatOption = Format.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """Count what is in the graph by kind, country and source.

    Example: trinational status --format json
    """
    print_rows(_counts(open_graph(context, home)), format, limit=limit)


def _counts(graph: LaborGraph) -> pl.DataFrame:
    things = graph.things.explode("sources").select("kind", "country", pl.col("sources").alias("source"))
    relations = [
        graph.scan(kind.name).select(
            pl.lit(kind.name).alias("kind"), pl.lit(None, pl.String()).alias("country"), "source"
        )
        for kind in model().relations
    ]
    rows = (
        pl.concat([things.lazy(), *relations])
        .group_by("kind", "country", "source")
        .agg(pl.len().alias("count"))
    )
    return rows.sort("kind", "country", "source", nulls_last=True).collect()


@app.command()
def check(
    context: typer.Context,
    format: FormatOption = Format.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """Check the graph against the ontology. Exit code 1 where a rule is broken.

    Example: trinational check --format json
    """
    found = check_graph(open_graph(context, home))
    print_rows(found, format, title="findings", limit=limit)
    if (found["severity"] == "error").any():
        raise typer.Exit(1)
