"""Commands of sources and their releases: sources, fetch, load, diff, retract."""

from __future__ import annotations

import dataclasses
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

import loaders
from graph.cli.common import FormatOption, HomeOption, LimitOption, app, home_of
from graph.console import ERR, OUT, Format, download_bar, print_error, print_rows, progress_bar, steps
from graph.history import diff as diff_releases
from graph.history import reinstate
from graph.history import retract as retract_source
from graph.home import Home
from graph.release import detect, downloads_folder, find, load_release
from loaders.load import Report
from loaders.source import Download
from ontology import TrinationalError, WrongUseError, nearest


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
    _fetch_all(home_of(context, home), one, downloads(one, url), to, format)


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
    place = home_of(context, home)
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
    found = diff_releases(home_of(context, home), before, after)
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
    place = home_of(context, home)
    if undo:
        reinstate(place, source)
    else:
        retract_source(place, source, why, replaced_by)
    OUT.print("Next: trinational build")
