"""Commands of who is who: review, why, identity."""

from __future__ import annotations

import codecs
import dataclasses
import json
import os
import re
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer
from rich.table import Table
from rich.text import Text

from graph.cli.common import FormatOption, HomeOption, LimitOption, app, home_of, open_graph
from graph.console import ERR, OUT, Format, cell, print_rows, steps
from graph.home import Home
from graph.labor_graph import LaborGraph
from ontology import TrinationalError, WrongUseError, model, nearest

if TYPE_CHECKING:
    from graph.identity.review import Review, Side

identities = typer.Typer(help="Who is who: the matcher on pairs of your own.", no_args_is_help=True)
app.add_typer(identities, name="identity")
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write .csv, .json or .parquet.")
]
EncodingOption = Annotated[str, typer.Option(help="Of a text file: utf-8, cp1252, utf-16.")]
_DECISIONS = {"s": "same", "r": "related", "d": "different", "u": "unsure"}
_RELATIONS = {"p": "parent", "l": "local_of", "b": "predecessor", "i": "sister", "o": "other"}
_CITED = 5
_ASK = "[s]ame [r]elated [d]ifferent [u]nsure · s[k]ip [n]ote undo [z] [q]uit"
_ASK_RELATION = "A is [p]arent, [l]ocal, [b]efore (predecessor) of B; capitals: B of A; s[i]ster, [o]ther"
_END = b"\x04"


@app.command()
def review(
    context: typer.Context,
    by: Annotated[str, typer.Option(help="Who decides: an organization or role (remembered).")] = "",
    kind: Annotated[str | None, typer.Option(help="Plant, Union, Corporation, ...")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Pairs at most.")] = None,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="CSV", help="Write the queue for a spreadsheet.")
    ] = None,
    filled: Annotated[
        Path | None, typer.Option("--import", metavar="CSV", help="Read a filled-in queue.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Decide who is who: pairs side by side, those first that would change most answers.

    Each decision is written to judgements.csv of the home at once; the next build heeds it.

    Example: trinational review --by "Research, Local 174" --kind Plant
    """
    place = home_of(context, home)
    if export and filled:
        raise WrongUseError("--export and --import at once", hint="run the command once for each")
    if kind and kind not in [k.name for k in model().things]:
        raise WrongUseError(f"no such kind of thing: {kind!r}", hint=nearest(kind, model().kinds))
    if filled:
        _import(place, filled, _remembered(place, by))
    elif export:
        _export(place, export, kind, limit)
    else:
        _review(place, _remembered(place, by), kind, limit)


def _remembered(home: Home, by: str) -> str:
    """Who decides: as given, else as given last time."""
    known = home.path / "reviewer.txt"
    if by.strip() and home.graph:
        known.write_text(by.strip() + "\n", encoding="utf-8")
    if not known.is_file():
        raise WrongUseError("who decides?", hint='name an organization or role: --by "Research department"')
    return known.read_text(encoding="utf-8").strip()


def _import(home: Home, path: Path, by: str) -> None:
    from graph.identity.review import import_judgements

    written, there = import_judgements(home, path, by)
    OUT.print(f"{written} judgements written, {there} were there already; next: trinational build")


def _export(home: Home, path: Path, kind: str | None, limit: int | None) -> None:
    from graph.identity.judgements import WORDS, judgement_files, read_judgements
    from graph.identity.queue import review_queue
    from graph.identity.review import export_queue, not_imported

    graph = LaborGraph(home.graph)
    judged = read_judgements(*judgement_files(home.path))
    if path.is_file() and path.stat().st_size and (left := not_imported(path, judged)):
        hint = "--import it first, or name another file"
        raise WrongUseError(f"{path} holds {left} judgements that are not imported", hint=hint)
    queue = review_queue(graph, judged, kind)
    count = export_queue(graph, queue.head(limit) if limit else queue, path)
    OUT.print(f"{count} pairs in {path}: fill in `judgement` ({', '.join(WORDS)}), then --import")


def _review(home: Home, by: str, kind: str | None, limit: int | None) -> None:
    from graph.identity.review import Review

    with steps("Review") as step:
        step("queue")
        session = Review(home, by, kind)
    pairs = session.queue.head(limit) if limit else session.queue
    if pairs.is_empty():
        OUT.print("nothing to review: every pair is decided, or the graph has no matches")
        return
    with _keys() as key:
        done = _Session(session, pairs.to_dicts(), key).run()
    OUT.print(f"{done} decided, {len(pairs) - done} open; next: trinational build")


class _Session:
    """Pairs one after the other; `at` is the one that is shown."""

    def __init__(self, review: Review, pairs: list[dict[str, Any]], key: Callable[[], str]) -> None:
        self.review = review
        self.pairs = pairs
        self.key = key
        self.at = 0
        self.past: list[tuple[int, bool]] = []
        self.note = ""

    def run(self) -> int:
        """Ask until the pairs end or the reviewer stops; the number of decisions."""
        shown = -1
        while self.at < len(self.pairs):
            if shown != self.at:
                _show_pair(self.review.graph, self.pairs[self.at], self.at + 1, len(self.pairs))
                OUT.print(Text(_ASK, style="bold"))
                shown = self.at
            key = self.key()
            if key in ("q", ""):
                break
            try:
                self._act(key.lower())
            except TrinationalError as error:
                OUT.print(Text(f"refused: {error}", style="red"))
                OUT.print(Text(error.hint, style="dim"))
                shown = -1 if key == "z" else shown
        return sum(decided for _, decided in self.past)

    def _act(self, key: str) -> None:
        if key in _DECISIONS:
            self._decide(_DECISIONS[key])
        elif key == "k":
            self._next(decided=False)
        elif key == "n":
            self.note = _line(self.key)
            OUT.print(Text(f"note: {self.note}", style="dim"))
        elif key == "z":
            self._undo()
        elif not key.isspace():
            OUT.print(Text(f"no such key: {key!r}; {_ASK}", style="dim"))

    def _decide(self, judgement: str) -> None:
        relation, turned = "", False
        if judgement == "related":
            OUT.print(Text(_ASK_RELATION, style="bold"))
            key = self.key()
            if key.lower() not in _RELATIONS:
                OUT.print(Text(f"not decided; {_ASK}", style="dim"))
                return
            relation, turned = _RELATIONS[key.lower()], key.isupper()
        self.review.decide(self.pairs[self.at], judgement, relation, self.note, turned=turned)
        OUT.print(Text(f"{judgement} {relation}".strip(), style="green"))
        self._next(decided=True)

    def _next(self, *, decided: bool) -> None:
        self.past.append((self.at, decided))
        self.at += 1
        self.note = ""

    def _undo(self) -> None:
        if not self.past:
            OUT.print(Text("nothing to undo in this session", style="dim"))
            return
        self.at, decided = self.past.pop()
        if decided:
            line = self.review.undo()
            OUT.print(Text(f"taken back: {line.text if line else ''}", style="yellow"))


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """A function that waits for one key; "" where no more come. Of a pipe line ends are no keys."""
    if not sys.stdin.isatty():
        yield _piped
        return
    try:
        import termios
        import tty
    except ImportError:
        import msvcrt

        yield lambda: str(msvcrt.getwch())  # type: ignore[attr-defined]
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield _Terminal(terminal).key
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


class _Terminal:
    """Keys of a terminal, one by one; arrows and other keys that send several signs count for none."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        self.waiting = ""

    def key(self) -> str:
        while not self.waiting:
            select.select([self.number], [], [])  # ends at Control-C, where a read would begin anew
            signs = os.read(self.number, 1024)
            if not signs or signs == _END:
                return ""
            self.waiting = re.sub(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z]|.)?", "", self.decoder.decode(signs))
        key, self.waiting = self.waiting[0], self.waiting[1:]
        return key


def _piped() -> str:
    while (sign := sys.stdin.read(1)) in ("\n", "\r"):
        pass
    return sign


def _line(key: Callable[[], str]) -> str:
    """A line of text: typed key by key on a terminal, a line of a pipe."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip() or sys.stdin.readline().strip()
    OUT.print("why: ", end="")
    typed = ""
    while (sign := key()) not in ("\n", "\r", ""):
        typed = typed[:-1] if sign in ("\x7f", "\b") else typed + sign
        OUT.file.write("\b \b" if sign in ("\x7f", "\b") else sign)
        OUT.file.flush()
    return typed.strip()


def _show_pair(graph: LaborGraph, pair: dict[str, Any], number: int, total: int) -> None:
    from graph.identity.review import compared, side

    a, b = (side(graph, pair[f"{end}_id"], pair["kind"]) for end in ("left", "right"))
    score = "" if pair["probability"] is None else f", {100 * pair['probability']:.1f} %"
    title = f"{number} of {total}: {pair['kind']}, {pair['verdict']}{score}: {pair['reason'] or ''}"
    table = Table(title=Text(title), title_justify="left", header_style="bold", show_lines=True)
    for name in ("", f"A  {a.id}", f"B  {b.id}"):
        table.add_column(Text(name), overflow="fold", ratio=None if not name else 1)
    found = compared(graph, pair["left"], pair["right"])
    for name in dict.fromkeys([*a.fields, *b.fields]):
        table.add_row(name, *(Text("\n".join(s.fields.get(name, []))) for s in (a, b)))
    for name in [n.removeprefix("left_") for n in found if n.startswith("left_")]:
        values = [found.pop(f"left_{name}"), found.pop(f"right_{name}", None)]
        if values != [None, None]:
            table.add_row(name.replace("_", " "), *(Text(cell(value)) for value in values))
    table.add_row("rows", cell(pair["left_rows"]), cell(pair["right_rows"]))
    table.add_row("sources", _sources(a), _sources(b))
    OUT.print(table)
    fields = "; ".join(f"{name.replace('_', ' ')} {cell(v)}" for name, v in found.items() if v is not None)
    for label, text in (("compared", fields), ("kept apart", pair["obstacle"])):
        if text:
            OUT.print(Text(f"{label}: {text}"))


def _sources(one: Side) -> Text:
    lines = [" ".join(str(p) for p in row.values() if p) for row in one.sources]
    more = [f"and {len(lines) - _CITED} more"] if len(lines) > _CITED else []
    return Text("\n".join([*lines[:_CITED], *more]), style="dim")


@app.command()
def why(
    context: typer.Context,
    a: Annotated[str, typer.Argument(metavar="A", help="An id, or a name that only one thing has.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another.")],
    format: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Say why two records are, or are not, one thing.

    Example: trinational why union:ifalpa org:ifalpa
    """
    from graph.identity.judgements import judgement_files, read_judgements
    from graph.identity.why import why as explain

    graph = open_graph(context, home)
    judged = read_judgements(*judgement_files(home_of(context, home).path))
    found = explain(graph, a, b, judged)
    if format is Format.json:
        json.dump(dataclasses.asdict(found), sys.stdout, ensure_ascii=False, indent=1, default=str)
        sys.stdout.write("\n")
    elif format is Format.csv:
        print_rows([{**dataclasses.asdict(found), "steps": len(found.steps)}], format)
    else:
        OUT.print(Text(found.text))
        _print_fields(found.fields)
        for step in found.steps:
            _print_fields(step["fields"])


def _print_fields(fields: dict[str, Any]) -> None:
    if fields:
        rows = [{"field": name.replace("_", " "), "compared": cell(value)} for name, value in fields.items()]
        print_rows(rows, Format.table, limit=len(rows))


@app.command("match")
def match_rows(
    context: typer.Context,
    given: Annotated[Path, typer.Argument(metavar="LIST", help="CSV or workbook, one thing a row.")],
    kind: Annotated[str | None, typer.Option(help="corporation, plant or union.")] = None,
    name: Annotated[str | None, typer.Option(metavar="COL", help="Column of the name.")] = None,
    local: Annotated[str | None, typer.Option(metavar="COL", help="Of the number of the local.")] = None,
    city: Annotated[str | None, typer.Option(metavar="COL", help="Of the city or municipality.")] = None,
    state: Annotated[str | None, typer.Option(metavar="COL", help="Of the state or province.")] = None,
    country: Annotated[str | None, typer.Option(metavar="COL", help="Of the country.")] = None,
    address: Annotated[str | None, typer.Option(metavar="COL", help="Of the street address.")] = None,
    sector: Annotated[str | None, typer.Option(metavar="COL", help="Of the code of NAICS or SCIAN.")] = None,
    ids: Annotated[str | None, typer.Option(metavar="COL", help="Of ids, such as us-cik:37996.")] = None,
    top: Annotated[int, typer.Option(min=1, help="Candidates of a row at most.")] = 3,
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the list with the ids that were found.")
    ] = None,
    encoding: EncodingOption = "utf-8",
    format: FormatOption = Format.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """Find the employers, plants or unions of a list of yours in the graph.

    Columns are known by their headers (English, Spanish, French) or named with options. A row is matched
    where one thing is clearly the same; else it stays open, with its candidates. LIST is never changed.

    Example: trinational match employers.csv --write employers-with-ids.csv
    """
    from graph.identity.lists import columns_of, known, match_list, no_keys, read_list, things_of, with_ids
    from graph.identity.sheet import read_rows

    _other_file(given, write)
    rows = read_rows(given, encoding)
    named = {
        "name": name,
        "local": local,
        "city": city,
        "state": state,
        "country": country,
        "address": address,
        "sector": sector,
        "ids": ids,
    }
    names = [column for column in rows.columns if column != "row"]
    columns = columns_of(names, _kind(kind), {field: column for field, column in named.items() if column})
    ERR.print(columns.text, style="dim", soft_wrap=True)
    _tell_wrong(no_keys(rows, columns))
    mentions = read_list(rows, columns)
    graph = open_graph(context, home)
    with steps("Matching") as step:
        step("names of the graph")
        there, things = known(graph, columns.kind), things_of(graph, columns.kind)
        step(f"{mentions.height:,} rows with {there.height:,} names")
        found = match_list(mentions, there, things, columns.kind, top)
    if write:
        from graph.export.rows import write_rows

        write_rows(with_ids(rows, found), write, mark=True)
        ERR.print(f"Written: {write}", soft_wrap=True)
    if not write or format is not Format.table:
        shown = ("row", "given", "outcome", "id", "name", "place", "probability", "verdict", "reason")
        print_rows(found, format, title=given.name, limit=limit, columns=shown)
    ERR.print(_outcomes(rows, found), soft_wrap=True)


def _kind(given: str | None) -> str | None:
    from graph.identity.mentions import KINDS

    named = {kind.lower(): kind for kind in KINDS}
    if given and given.lower() not in named:
        hint = nearest(given.lower(), named) or f"use {', '.join(named)}"
        raise WrongUseError(f"no such kind of list: {given!r}", hint=hint)
    return named[given.lower()] if given else None


def _other_file(given: Path, write: Path | None) -> None:
    if write and write.exists() and given.exists() and write.samefile(given):
        raise WrongUseError(f"{write} is the list itself, which is never changed", hint="name another file")


def _tell_wrong(cells: pl.DataFrame) -> None:
    """Name the first cells that hold no key."""
    if cells.height:
        named = [f"row {row}, column {column}: {value!r}" for row, column, value in cells.head(3).iter_rows()]
        more = "; ..." if cells.height > len(named) else ""
        text = f"no keys of their register, not used: {cells.height:,} ({'; '.join(named)}{more})"
        ERR.print(Text(text), style="dim", soft_wrap=True)


def _outcomes(rows: pl.DataFrame, found: pl.DataFrame) -> str:
    """How many rows are matched, open and not found."""
    counts = dict(found.unique("row")["outcome"].value_counts().iter_rows())
    parts = [f"{counts.get(name, 0):,} {name.replace('_', ' ')}" for name in ("matched", "open", "not_found")]
    nameless = rows.height - sum(counts.values())
    parts += [f"{nameless:,} without a name"] if nameless else []
    return f"{rows.height:,} rows: {', '.join(parts)}"


@app.command()
def crosswalk(
    context: typer.Context,
    kind: Annotated[
        list[str] | None, typer.Option(help="Corporation, Plant, Union, Organization, ...; repeatable.")
    ] = None,
    official: Annotated[
        bool, typer.Option("--official", help="Only keys that a register gives once (LEI, CIK, F_NUM, ...).")
    ] = False,
    restricted: Annotated[bool, typer.Option(help="Also what only restricted statements say.")] = False,
    output: OutputOption = None,
    format: FormatOption = Format.table,
    limit: LimitOption = None,
    home: HomeOption = None,
) -> None:
    """List all ids of all authorities of each thing: how each came to it, how sure that is, who says so.

    Example: trinational crosswalk --kind Corporation --official --output ids.csv
    """
    from graph.export.crosswalk import crosswalk as crosswalk_of
    from graph.identity.judgements import judgement_files, read_judgements

    place = home_of(context, home)
    judged = read_judgements(*judgement_files(place.path))
    with steps("Crosswalk"):
        found = crosswalk_of(place.graph, kind or (), judged, official=official, restricted=restricted)
    if not _written(found, output, format, limit):
        columns = ("id", "name", "country", "record_id", "reason", "probability", "source", "evidence")
        print_rows(found, format, title="ids of things", limit=limit, columns=columns)


@identities.command()
def score(
    pairs: Annotated[Path, typer.Argument(metavar="PAIRS", help="CSV or workbook, one pair a row.")],
    output: OutputOption = None,
    encoding: EncodingOption = "utf-8",
    format: FormatOption = Format.table,
    limit: LimitOption = None,
) -> None:
    """Say of each pair of names whether they are one: same, related, different or unsure, and why.

    Columns: pair_id, level (employer, plant, union), a_name, b_name; a_ and b_ kind, city, state, place,
    country, sector, ids where they are known. Labels are never read. No graph is needed.

    Example: trinational identity score pairs.csv --format json
    """
    from graph.identity.pairs import read_pairs
    from graph.identity.pairs import score as score_pairs

    given = read_pairs(pairs, encoding)
    found = score_pairs(given)
    if _written(found, output, format, limit):
        return
    if format is Format.table and found.height:
        found = found.insert_column(1, given["a_name"]).insert_column(2, given["b_name"])
    print_rows(found, format, title=_tally(found), limit=limit)


def _written(found: pl.DataFrame, output: Path | None, format: Format, limit: int | None) -> bool:
    """Write rows where --output names a file."""
    if output is None:
        return False
    rows = found if limit is None else found.head(limit)
    from graph.export.rows import write_rows

    write_rows(rows, output, None if format is Format.table else format.value)
    ERR.print(f"Written: {rows.height:,} rows to {output}", soft_wrap=True)
    return True


def _tally(found: pl.DataFrame) -> str:
    """How many rows have each verdict."""
    counts = found["verdict"].value_counts().sort("verdict").rows()
    return ", ".join(f"{number:,} {verdict}" for verdict, number in counts) or "no pairs"
