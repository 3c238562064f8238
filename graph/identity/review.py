"""People decide who is who: two things side by side, decisions written down, spreadsheets out and in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from graph.home import Home
from graph.identity.judgements import (
    COLUMNS,
    FILE,
    Judgement,
    append,
    check_pairs,
    judgement_files,
    judgement_of,
    not_csv,
    read_cell,
    read_judgements,
    safe_cell,
    take_back,
)
from graph.identity.queue import MATCHES, canonical, mapping, matches, named, recorded, review_queue
from graph.identity.resolve import resolve
from graph.labor_graph import LaborGraph
from ontology import TrinationalError, model, nearest

_NAMES = ("name", "native_name", "legal_name", "abbreviation", "other_names")
_FIELDS = {
    "place": ("place", "municipality", "subdivision", "country"),
    "address": ("address", "postal_code"),
    "level, number": ("level", "designation"),
    "part of": ("part_of",),
    "dates": ("founded", "opened", "closed", "date", "date_end", "announced"),
    "workers": ("workers", "size_band"),
}
_SHOWN = 6


@dataclass(frozen=True)
class Side:
    """What is known of one thing: its values by field, each once, and where they are said."""

    id: str
    kind: str
    fields: dict[str, list[str]]
    sources: list[dict[str, Any]]


def side(graph: LaborGraph, item: str, kind: str) -> Side:
    """Names, place, address, sectors, keys and sources (`source`, `locator`, `url`) of a thing."""
    records = graph.said(kind).filter(id=item).collect()
    fields = {"names": _values(records, _NAMES)}
    fields |= {field: _values(records, columns) for field, columns in _FIELDS.items()}
    codes = graph.scan("InSector").filter(member=item).select(id="sector").unique().collect()
    named = codes.join(graph.things, on="id", how="left").sort("id")
    fields["sector"] = [f"{row['id']} {row['name'] or ''}".strip() for row in named.rows(named=True)]
    ids = {item, *mapping(graph).filter(id=item)["record_id"], *_values(records, ("same_as",))}
    fields["keys"] = sorted(i for i in ids if i.partition(":")[0] in model().registers)
    sources = records.select("source", "locator", "url").unique(maintain_order=True).to_dicts()
    return Side(item, kind, {name: values for name, values in fields.items() if values}, sources)


def _values(records: pl.DataFrame, columns: Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for column in columns:
        if column in records.columns:
            cells = records[column].explode() if records[column].dtype == pl.List else records[column]
            found |= dict.fromkeys(cells.drop_nulls().cast(pl.String))
    return list(found)


def compared(graph: LaborGraph, left: str, right: str) -> dict[str, Any]:
    """What the matcher found field by field for a pair of records; empty where it did not compare them."""
    ends = sorted((left, right))
    rows = matches(graph).filter(left=ends[0], right=ends[1]).head(1).collect().to_dicts()
    return {name: value for row in rows for name, value in row.items() if name not in MATCHES}


def check_judgements(graph: LaborGraph, judgements: Sequence[Judgement]) -> None:
    """Raise `TrinationalError` where judgements contradict each other or the registers, as a build would.

    Only what registers say of the things that are judged is looked at.
    """
    check_pairs(judgements)
    sides = canonical(graph, named(judgements))
    wanted = pl.concat([sides["left_id"], sides["right_id"]]).unique().implode()
    keys = mapping(graph).filter(pl.col("id").is_in(wanted) & (pl.col("reason") == "key")).lazy()
    links = [
        keys.select(pl.col(end).alias("id"), same_as=pl.concat_list(other), kind=pl.lit(None, pl.String))
        for end, other in (("record_id", "joined_to"), ("joined_to", "record_id"))
    ]
    known = [
        graph.said(kind.name)
        .filter(pl.col("id").is_in(wanted))
        .select(id="record_id", same_as=pl.lit([], pl.List(pl.String)), kind=pl.lit(kind.name))
        for kind in model().things
    ]
    resolve([*known, *links], judgements)


class Review:
    """The decisions of one reviewer: each is on disk before the next pair is shown.

    Parameters
    ----------
    home
        Its graph is reviewed; decisions go to `judgements.csv` in it.
    by
        Who decides: an organization or role.
    kind
        Things of this kind alone.
    """

    def __init__(self, home: Home, by: str, kind: str | None = None) -> None:
        self.graph = LaborGraph(home.graph)
        self.home = home.path
        self.file = home.path / FILE
        self.by = by
        self.queue = review_queue(self.graph, self.judgements(), kind)
        self._written: list[tuple[Judgement, int]] = []

    def judgements(self) -> list[Judgement]:
        """All judgements as they stand on disk."""
        return read_judgements(*judgement_files(self.home))

    def decide(
        self, pair: dict[str, Any], judgement: str, relation: str = "", why: str = "", *, turned: bool = False
    ) -> None:
        """Write one decision about a row of the queue; `turned`: the relation is that of right to left.

        Raises `TrinationalError` where it contradicts a judgement or the registers: nothing is written.
        """
        left, right = (pair["right"], pair["left"]) if turned else (pair["left"], pair["right"])
        reason = why or f"reviewed side by side: {pair['reason'] or 'no reason given by the matcher'}"
        today = date.today().isoformat()
        line = Judgement(left, right, judgement, self.by, today, reason, "this decision", relation)
        check_judgements(self.graph, [*self.judgements(), line])
        self._written.append((line, append(self.file, [line])))

    def undo(self) -> Judgement | None:
        """Take the last decision of this session back; None where there is none.

        Raises `TrinationalError` where someone wrote to the file since.
        """
        if not self._written:
            return None
        line, size = self._written.pop()
        if not take_back(self.file, line, size):
            raise TrinationalError(
                f"{self.file}: changed since, the decision stays",
                hint=f"delete its line by hand: {line.text}",
            )
        return line


def export_queue(graph: LaborGraph, queue: pl.DataFrame, path: Path) -> int:
    """Write a queue for a spreadsheet: the columns of judgements, empty, then what is known of both sides.

    Cells that a spreadsheet would take for a formula begin with a quote sign. Returns the number of pairs.
    """
    detail = [_sides_of(graph, queue, kind) for kind in queue["kind"].unique().sort()]
    texts = {n: pl.lit("") for n in ("judgement", "relation", "by", "on", "why")}
    rows = queue.with_columns(suggestion="verdict", suggested_relation="relation").with_columns(**texts)
    if detail:
        known = pl.concat(detail).unique("id")
        for end in ("left", "right"):
            names = {n: f"{end}_{n}" for n in known.columns}
            rows = rows.join(known.rename(names), on=f"{end}_id", how="left", maintain_order="left")
    shown = [n for n in rows.columns if n not in COLUMNS and n != "verdict"]
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([*COLUMNS, *shown])
    for row in rows.select(*COLUMNS, *shown).iter_rows():
        writer.writerow(["" if cell is None else safe_cell(str(cell)) for cell in row])
    try:
        path.write_text(target.getvalue(), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise TrinationalError(f"cannot write {path}: {error.strerror}") from error
    return queue.height


def _sides_of(graph: LaborGraph, queue: pl.DataFrame, kind: str) -> pl.DataFrame:
    """`id`, `place`, `address`, `sources` of the things of one kind in a queue."""
    part = queue.filter(kind=kind)
    wanted = pl.concat([part["left_id"], part["right_id"]]).unique().implode()
    said = graph.said(kind).filter(pl.col("id").is_in(wanted))
    columns = said.collect_schema().names()
    where = [n for n in ("address", "municipality", "place", "subdivision", "country") if n in columns]
    said = said.with_columns(
        where=pl.concat_str(where, separator=", ", ignore_nulls=True),
        cited=pl.concat_str("source", "locator", "url", separator=" ", ignore_nulls=True),
    )
    texts = (
        pl.col(column).drop_nulls().unique().sort().head(_SHOWN).str.join(" | ").alias(name)
        for column, name in (("where", "where"), ("cited", "sources"))
    )
    return said.group_by("id").agg(*texts).collect()


def import_judgements(home: Home, path: Path, by: str = "") -> tuple[int, int]:
    """Read a filled-in queue and write its judgements to the home's file: all of them, or none.

    Parameters
    ----------
    path
        CSV as `export_queue` writes it: commas, semicolons or tabs, with or without byte order mark,
        further columns and empty rows as spreadsheets leave them. Rows without a judgement are passed over.
    by
        Who decided, where the cell is empty. An empty `on` is today, an empty `why` the matcher's reason.

    Returns
    -------
    tuple
        Judgements written, and those that were there already.

    Raises
    ------
    TrinationalError
        Naming every line with a mistake, or both lines that contradict each other. Nothing is written.
    """
    graph = LaborGraph(home.graph)
    known = read_judgements(*judgement_files(home.path))
    given = _given(path, by)
    _check_ids(graph, given)
    seen = {_says(line) for line in known}
    fresh: list[Judgement] = []
    for line in given:
        if _says(line) not in seen:
            seen.add(_says(line))
            fresh.append(line)
    check_judgements(graph, [*known, *fresh])
    if fresh:
        append(home.path / FILE, fresh)
    return len(fresh), len(given) - len(fresh)


def not_imported(path: Path, known: Sequence[Judgement]) -> int:
    """How many rows of a queue say what the known judgements do not.

    Raises `TrinationalError` where the file is no queue, or has mistakes.
    """
    seen = {_says(line) for line in known}
    return sum(_says(line) not in seen for line in _given(path, "not told"))


def _says(line: Judgement) -> tuple[frozenset[str], str, str]:
    """What a line says of which two ids: a second one that says so is not written."""
    return frozenset((line.left, line.right)), line.judgement, line.relation


def _given(path: Path, by: str) -> list[Judgement]:
    found: list[Judgement] = []
    mistakes: list[TrinationalError] = []
    for where, row in _rows(path):
        try:
            found += _filled(row, by, where)
        except TrinationalError as error:
            mistakes.append(error)
    if len(mistakes) == 1:
        raise mistakes[0]
    if mistakes:
        raise TrinationalError(
            "\n".join(map(str, mistakes[:20])), hint=f"{len(mistakes)} mistakes; nothing was written"
        )
    return found


def _rows(path: Path) -> Iterable[tuple[str, dict[str, str]]]:
    """Place and cells of each row that has any; the separator is the one that the header uses."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        header = text.partition("\n")[0]
        separator = max(",;\t", key=header.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        names = [name.strip().lower() for name in next(reader, [])]
        lines = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except OSError as error:
        raise TrinationalError(f"cannot read {path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise not_csv(path, error) from error
    for needed in ("left", "right", "judgement"):
        if names.count(needed) != 1:
            raise TrinationalError(
                f"{path.name}, line 1: {'no' if needed not in names else 'more than one'} column {needed!r}",
                hint=nearest(needed, names)
                or f"the columns are {','.join(COLUMNS)}; further ones are passed over",
            )
    for number, cells in lines:
        where = f"{path.name}, line {number}"
        if any(cell.strip() for cell in cells[len(names) :]):
            raise TrinationalError(
                f"{where}: {len(cells)} cells, the header has {len(names)}",
                hint="quote cells that hold the separator",
            )
        yield where, dict(zip(names, [*cells, *[""] * len(names)], strict=False))


def _filled(row: dict[str, str], by: str, where: str) -> list[Judgement]:
    """The judgement of a row, none where its cell is empty."""
    cells: dict[str | None, str | None] = {n: read_cell(row.get(n, "")) for n in COLUMNS}
    if not cells["judgement"]:
        return []
    cells["judgement"] = str(cells["judgement"]).lower()
    cells["relation"] = str(cells["relation"]).lower().replace(" ", "_")
    cells["by"] = cells["by"] or by
    cells["on"] = cells["on"] or date.today().isoformat()
    reason = read_cell(row.get("reason", ""))
    cells["why"] = cells["why"] or (f"reviewed in a spreadsheet: {reason}" if reason else "")
    return [judgement_of(cells, where)]


def _check_ids(graph: LaborGraph, judgements: list[Judgement]) -> None:
    """Every id is one of the graph, or of a record in it."""
    known = recorded(graph, judgements) | {*graph.things["id"], *mapping(graph)["record_id"]}
    for judgement in judgements:
        for column in ("left", "right"):
            item = getattr(judgement, column)
            if item not in known:
                raise TrinationalError(
                    f"{judgement.where}, column {column}: no thing or record has the id {item!r}",
                    hint=nearest(item, graph.things["id"]) if len(judgements) < 1000 else "",
                )
