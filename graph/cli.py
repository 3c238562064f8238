"""The command line: parses, calls, prints."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.text import Text

import loaders
from graph.analysis.parameters import DEFAULT as PARAMETERS
from graph.build import build as build_graph
from graph.check import check as check_graph
from graph.console import (
    ERR,
    OUT,
    Format,
    download_bar,
    print_answers,
    print_error,
    print_rows,
    progress_bar,
    steps,
)
from graph.history import diff as diff_releases
from graph.history import reinstate
from graph.history import retract as retract_source
from graph.home import VARIABLE, Home
from graph.labor_graph import LaborGraph
from graph.release import detect, downloads_folder, find, load_release
from graph.show import Line
from graph.show import show as show_thing
from graph.sparql import query as run_query
from loaders.load import Report
from loaders.source import Download
from ontology import LANGUAGES, TrinationalError, WrongUseError, model, nearest

EPILOG = "Data lives in --home DIR, else $TRINATIONAL_HOME, else the platform's data folder."


class QueryFormat(StrEnum):
    """How the answer to a query is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    turtle = "turtle"


app = typer.Typer(
    help="Who owns, represents, supplies and moves what across Canada, the United States and Mexico.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

HomeOption = Annotated[
    Path | None, typer.Option("--home", metavar="DIR", help=f"Where data lives (default ${VARIABLE}).")
]
FormatOption = Annotated[Format, typer.Option("--format", help="table, csv or json.")]
LimitOption = Annotated[int | None, typer.Option("--limit", min=0, help="Rows at most (a table shows 20).")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="YYYY, YYYY-MM or YYYY-MM-DD.")
]


LanguageOption = Annotated[str, typer.Option(help="en, es or fr.")]


def _language(given: str) -> str:
    if given not in LANGUAGES:
        raise WrongUseError(f"no such language: {given!r}", hint=f"use {', '.join(LANGUAGES)}")
    return given


@app.callback()
def common(context: typer.Context, home: HomeOption = None) -> None:
    context.obj = home


def _home(context: typer.Context, home: Path | None) -> Home:
    return Home.find(home or context.obj)


def _open(context: typer.Context, home: Path | None) -> LaborGraph:
    return LaborGraph(_home(context, home).graph)


@app.command()
def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Where the picture goes.")] = Path("out/trinational.html"),
    home: HomeOption = None,
) -> None:
    """Build the graph of the built-in dataset and print the first answers.

    Example: trinational demo --home ./my-graph
    """
    place = _home(context, home)
    started = time.perf_counter()
    with steps("Built-in dataset") as step:
        load_release(place, "curated", progress=step)
        build_graph(place, progress=step)
    graph = LaborGraph(place.graph)
    _print_contents(graph)
    shifts = graph.production_shifts()
    _print_shifts(
        shifts.filter(pl.col("band").is_in(["documented", "reported"])), "Strongest documented shifts", 8
    )
    sectors = graph.shared_sectors()
    _print_sectors(
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


@app.command()
def sources(format: FormatOption = Format.table) -> None:
    """List the sources that can be loaded.

    Example: trinational sources --format json
    """
    rows = [
        {"id": s.id, "title": s.title, "publisher": s.publisher, "licence": s.licence, "url": s.url}
        for s in loaders.sources().values()
    ]
    print_rows(rows, format, limit=len(rows))


@app.command()
def fetch(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="Id of a source (see --list).")] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="DIR", help="Folder for the files.")] = None,
    url: Annotated[str | None, typer.Option(help="Another address than the source's own.")] = None,
    list_all: Annotated[
        bool, typer.Option("--list", help="What there is to fetch; nothing is fetched.")
    ] = False,
    format: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Get the files of a source from their official addresses, to HOME/downloads/SOURCE.

    A call that was cut off goes on where it ended; files that are unchanged are not sent again.

    Example: trinational fetch us_union_lookup
    """
    from loaders.fetch import downloads

    if source is None and not list_all:
        raise WrongUseError("nothing to fetch", hint="name a source, or see `trinational fetch --list`")
    known = loaders.sources()
    if source is not None and source not in known:
        raise WrongUseError(
            f"no source is called {source!r}", hint=nearest(source, known) or "see `trinational fetch --list`"
        )
    chosen = [known[source]] if source else [one for one in known.values() if not one.folder]
    if list_all:
        rows = [_offer(one, download) for one in chosen for download in downloads(one, url)]
        _print_offers(rows if source or format is not Format.table else _by_source(rows), format)
        return
    [one] = chosen
    _fetch_all(_home(context, home), one, downloads(one, url), to, format)


def _offer(source: loaders.Source, download: Download) -> dict[str, Any]:
    return {
        "source": source.id,
        "file": download.file or None,
        "bytes": download.bytes,
        "licence": source.licence,
        "key": download.key,
        "address": download.url,
    }


def _by_source(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line a source; `+` at the bytes where those of some files are not known."""
    lines: list[dict[str, Any]] = []
    for source, group in groupby(rows, key=lambda row: row["source"]):
        every = list(group)
        files = [row for row in every if row["file"]] or every
        if len(files) == 1:
            lines.append(files[0])
            continue
        known = [row["bytes"] for row in files if row["bytes"]]
        line = {
            "file": f"{len(files)} files",
            "bytes": f"{sum(known):,}{'+' if len(known) < len(files) else ''}" if known else None,
            "address": f"see: trinational fetch {source} --list",
        }
        lines.append(files[0] | line)
    return lines


def _print_offers(rows: list[dict[str, Any]], format: Format) -> None:
    title = "to fetch (bytes: where known); without a file there is only a page to visit"
    if format is Format.table:
        rows = [{**row, "key": "needed" if row["key"] else None} for row in rows]
    print_rows(rows, format, title=title, limit=len(rows))


def _fetch_all(
    home: Home, source: loaders.Source, files: tuple[Download, ...], to: Path | None, format: Format
) -> None:
    """Fetch one file after the other; one that fails does not keep the others away."""
    from loaders.fetch import UnreachableError
    from loaders.fetch import fetch as fetch_file

    if source.folder:
        raise WrongUseError(f"{source.id} is built in", hint=f"trinational load {source.id}")
    folder = to or downloads_folder(home, source.id)
    if not to and any(download.file for download in files):
        home.prepare()
    rows: list[dict[str, Any]] = []
    failed = 0
    pages = [download.url for download in files if not download.file]
    wanted = [download for download in files if download.file] or files
    for number, download in enumerate(wanted, 1):
        with download_bar(f"{download.file or source.id} ({number}/{len(wanted)})") as progress:
            try:
                found = dataclasses.asdict(fetch_file(download, folder, progress=progress))
                rows.append({"source": source.id, "file": found.pop("path").name, **found})
            except TrinationalError as error:
                failed += 1
                print_error(f"{source.id}: {error}", error.hint)
                if isinstance(error, UnreachableError) and number < len(wanted):
                    ERR.print(f"not tried: the other {len(wanted) - number} files", style="dim")
                    break
    if rows:
        columns = ("file", "outcome", "bytes", "sha256", "retrieved")
        print_rows(rows, format, title=f"in {folder}", limit=len(rows), columns=columns)
    if len(wanted) < len(files):
        ERR.print(f"more is on pages to visit: {' '.join(pages)}", style="dim", soft_wrap=True)
    if failed:
        raise typer.Exit(1)
    if format is Format.table:
        where = "" if folder == downloads_folder(home, source.id) else f" {folder}"
        OUT.print(f"Next: trinational load {source.id}{where}", style="dim", soft_wrap=True)


@app.command()
def load(
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(help="Id of a source (see `trinational sources`), or a file or folder of one."),
    ] = None,
    paths: Annotated[list[Path] | None, typer.Argument(help="Files, folders or archives.")] = None,
    all_below: Annotated[
        Path | None, typer.Option("--all", metavar="DIR", help="Load everything recognised below a folder.")
    ] = None,
    release: Annotated[str | None, typer.Option(help="Name of the release, if not the source's own.")] = None,
    format: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Load a source: the good rows become records, the others go to rejected/ with reasons.

    Without PATHS the built-in dataset (curated), what was fetched, or the source's folder below
    $TRINATIONAL_RAW is loaded.
    A file alone is loaded as the source whose columns it has.

    Example: trinational load us_warn downloads/warn/*.csv
    """
    place = _home(context, home)
    if all_below:
        _load_all(place, all_below, format)
        return
    if source is None:
        raise WrongUseError("nothing to load", hint="name a source, a file or --all DIR")
    files = paths or []
    if source not in loaders.sources() and Path(source).exists():
        files = [Path(source), *files]
        source = _detected(files)
    with steps(f"Loading {source}") as step:
        report = load_release(place, source, files, release=release, progress=step)
    _print_reports(place, [report], format)
    if report.rows_used == 0 and report.rows_in:
        raise typer.Exit(1)


def _detected(files: list[Path]) -> str:
    """The one source that all files are of."""
    known = [detect(path) for path in files]
    fitting = set(known[0]).intersection(*known[1:])
    if len(fitting) != 1:
        several = (
            f"can be of {', '.join(sorted(fitting))}" if fitting else "has the columns of no known source"
        )
        raise WrongUseError(f"{files[0]} {several}", hint="say which: trinational load SOURCE FILE")
    return fitting.pop()


def _load_all(home: Home, folder: Path, format: Format) -> None:
    """Load every source below a folder; what no source recognises, and what failed, is said."""
    with steps("Looking") as step:
        step(str(folder))
        found = find(folder)
    reports: list[Report] = []
    failed: dict[str, TrinationalError] = dict(found.refused)
    with progress_bar("Loading", len(found.sources)) as advance:
        for source, files in sorted(found.sources.items()):
            advance(source)
            try:
                reports.append(load_release(home, source, files))
            except TrinationalError as error:
                failed[source] = error
    _print_reports(home, reports, format)
    for name in sorted({str(path.parent.relative_to(folder)) for path in found.unknown}):
        ERR.print(f"not recognised: {name}", style="dim")
    for source, failure in failed.items():
        print_error(f"{source}: {failure}", failure.hint)
    if failed:
        raise typer.Exit(1)


def _print_reports(home: Home, reports: list[Report], format: Format) -> None:
    names = ("source", "release", "rows_in", "rows_used", "rows_rejected", "rows_ignored", "records")
    rows = [
        {**{name: getattr(report, name) for name in names}, "seconds": round(report.seconds, 3)}
        for report in reports
    ]
    print_rows(rows, format, title="records loaded", limit=len(rows))
    if format is not Format.table:
        return
    for title, what in (("records by kind", "counts"), ("rejected", "rejected"), ("ignored", "ignored")):
        lines = [
            {"source": report.source, title: reason, "rows": n}
            for report in reports
            for reason, n in getattr(report, what).items()
        ]
        if lines:
            print_rows(lines, format, limit=len(lines))
    if any(report.rows_rejected for report in reports):
        OUT.print(f"Rejected rows, with file, row, column and reason: {home.path / 'rejected'}")


@app.command()
def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(help="A release (us_warn@2026-08-07) or a date.")],
    after: Annotated[str, typer.Argument(help="A later release or date.")],
    format: FormatOption = Format.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """What was added, ended, corrected or retracted between two releases of a source, or two dates.

    Example: trinational diff us_warn@2026-08-07 us_warn@2026-09-01
    """
    found = diff_releases(_home(context, home), before, after)
    print_rows(found, format, title=f"changes from {before} to {after}", limit=limit)


@app.command()
def retract(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="A source or one release of it (us_warn@2026-08-07).")],
    why: Annotated[str, typer.Option(help="The reason, kept with the retraction.")] = "",
    replaced_by: Annotated[str, typer.Option(help="What stands in its place.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Take the retraction back.")] = False,
    home: HomeOption = None,
) -> None:
    """Take a source back: it leaves the graph at the next build, its records stay in history.

    Example: trinational retract us_warn@2026-08-07 --why 'the state withdrew the file'
    """
    place = _home(context, home)
    if undo:
        reinstate(place, source)
    else:
        retract_source(place, source, why, replaced_by)
    OUT.print("Next: trinational build")


@app.command()
def build(
    context: typer.Context,
    judgements: Annotated[
        Path | None, typer.Option(help="CSV of judgements (left,right,judgement,by,on,why).")
    ] = None,
    as_of: AsOfOption = None,
    home: HomeOption = None,
) -> None:
    """Build the graph from all loaded records; the earlier graph stays until the new one is complete.

    Example: trinational build --judgements my-judgements.csv
    """
    with steps("Building") as step:
        report = build_graph(_home(context, home), judgements=judgements, as_of=as_of, progress=step)
    print_rows([{"kind": kind, "rows": n} for kind, n in report.counts.items()], Format.table, limit=99)
    state = "unchanged" if report.unchanged else "built"
    OUT.print(
        f"{state} in {report.seconds:.1f} s from {', '.join(report.releases)}; "
        f"{report.merged} ids merged, {report.refused.height} merges refused"
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
    print_rows(_counts(_open(context, home)), format, limit=limit)


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
    found = check_graph(_open(context, home))
    print_rows(found, format, title="findings", limit=limit)
    if (found["severity"] == "error").any():
        raise typer.Exit(1)


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
    rows = _open(context, home).search(
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
    thing, lines = show_thing(_open(context, home), name, _language(language))
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
    format: FormatOption = Format.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """Where production moved, or is said to move, across a border, with the evidence.

    A pattern without a source never scores above 0.5; cancelled and planned moves carry no jobs.

    Example: trinational shifts --band documented
    """
    graph = _open(context, home)
    found = graph.production_shifts(years=years, as_of=as_of)
    if band:
        if band not in ("documented", "reported", "pattern", "lead"):
            raise WrongUseError(f"no such band: {band!r}", hint="use documented, reported, pattern or lead")
        found = found.filter(band=band)
    if format is Format.table:
        _print_shifts(found, "Production shifts", limit)
        _print_coverage(graph, as_of)
    else:
        print_rows(found, format, limit=limit)


def _print_shifts(found: pl.DataFrame, title: str, limit: int | None) -> None:
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
    graph = _open(context, home)
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
        _print_sectors(found, "Unions that share sectors or employers", limit)
        _print_coverage(graph, as_of, "Ties")
    else:
        print_rows(found, format, limit=limit)


def _print_sectors(found: pl.DataFrame, title: str, limit: int | None) -> None:
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


@app.command()
def sparql(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="A query, a file that holds one, or - for standard input.")],
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="Bind a variable.")
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

    Example: trinational sparql 'SELECT ?name { ?union a :Union ; :name ?name ; :country "MX" } LIMIT 5'
    """
    text, name = _query_text(query)
    params = dict(_split_param(given) for given in param or [])
    store = _open(context, home).folder / "store"
    answer = run_query(store, text, params, timeout=timeout, limit=limit, name=name)
    if format is QueryFormat.table and answer.graph is None:
        print_rows(answer.table(), Format.table, limit=limit)
    elif format is QueryFormat.json:
        print(json.dumps(answer.json(), ensure_ascii=False, indent=1))
    else:
        sys.stdout.write(answer.csv() if format is QueryFormat.csv else answer.turtle())
    if answer.truncated:
        ERR.print(f"the answer has more rows than the {limit} asked for", style="dim")


def _query_text(given: str) -> tuple[str, str]:
    """The text of a query and what messages call it."""
    if given == "-":
        return sys.stdin.read(), "query"
    if "{" in given:
        return given, "query"
    path = Path(given)
    try:
        return path.read_text(encoding="utf-8"), path.name
    except UnicodeDecodeError as error:
        raise WrongUseError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from None
    except OSError:
        hint = "a query has braces: SELECT … { … }"
        raise WrongUseError(f"{given!r} is neither a file nor a query", hint=hint) from None


def _split_param(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise WrongUseError(f"--param {given!r}", hint="write NAME=VALUE, such as -p plant=plant:gm-silao")
    return name, value


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
    graph = _open(context, home)
    found = [graph.resolve(name) for name in ids or []]
    target = out or Path(f"trinational.{format}" if format != "csv" else "trinational-csv")
    with steps("Exporting"):
        if format in rdf.FORMATS:
            rdf.write(graph.folder, target, format, found, restricted=restricted)
        else:
            network = network_of(graph, found, result, hops, limit, restricted)
            picture = picture_of(graph, network, title=title, language=_language(language))
            pictures.write(picture, target, format)
    OUT.print(f"Written: {target}")


def _print_coverage(graph: LaborGraph, as_of: str | None, what: str = "Answers") -> None:
    """What an answer rests on: unknown is not "no"."""
    OUT.print(
        f"Parameters {PARAMETERS.version} · as of {as_of or 'the newest record'} · {what} are searched in "
        f'{", ".join(graph.about["releases"])}; what no loaded source says is unknown, not "no".',
        style="dim",
    )


def _print_contents(graph: LaborGraph) -> None:
    counts = pl.DataFrame(list(graph.about["counts"].items()), ["kind", "rows"], orient="row")
    print_rows(
        counts, Format.table, title=f"In the graph, from {', '.join(graph.about['releases'])}", limit=99
    )


def main() -> None:
    """Run the command line; mistakes end in one message and an exit code, never in a traceback."""
    try:
        app(standalone_mode=True)
    except WrongUseError as error:
        print_error(str(error), error.hint)
        sys.exit(2)
    except TrinationalError as error:
        print_error(str(error), error.hint)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
