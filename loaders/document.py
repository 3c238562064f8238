"""The reference page of every source, written from its SOURCE and what its tables describe.

`python -m loaders.document` writes `docs/reference/sources/`, `--check` names the pages that are stale and
exits 1. The columns are those of the files of the tests and of the built-in files: no raw file is needed.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

import loaders
from loaders.read import PROBLEM, ROW, headers_only
from loaders.row import Row, Statement
from loaders.source import Source, Table

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/reference/sources"
_FIXTURES = ROOT / "tests/loaders/fixtures"
_FEW = 6
_WRITTEN = "Written by `python -m loaders.document`; do not edit."


class Told(Row):
    """A row that remembers what a loader asks of it, whether the files have it or not."""

    def get(self, column: str) -> pl.Expr:
        """A column that only some layouts have."""
        self.used.add(column)
        return super().get(column)


def pages() -> dict[Path, str]:
    """Every page and its text, always the same for the same loaders."""
    found = {FOLDER / "README.md": _index()}
    for module, source in _modules():
        found[FOLDER / f"{source.id}.md"] = _page(module, source)
    return found


def _modules() -> Iterator[tuple[str, Source]]:
    """Each source with the name of the module that it is written in."""
    for source in loaders.sources().values():
        yield source.tables[0].describe.__module__, source


def _index() -> str:
    more = "[How to write a loader](../../how-to/write-a-loader.md)."
    lines = ["# Reference: the sources", "", f"{_WRITTEN} {more}", ""]
    lines += ["| source | what it is | publisher | it speaks of |", "| --- | --- | --- | --- |"]
    for _, source in _modules():
        kinds = {s.kind.name for table in source.tables for s in _told(source, table)[0].statements}
        cells = (f"[{source.id}]({source.id}.md)", source.title, source.publisher, ", ".join(sorted(kinds)))
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _page(module: str, source: Source) -> str:
    lines = [f"# {source.title}", "", f"`trinational load {source.id}` · {_WRITTEN}", ""]
    lines += [(importlib.import_module(module).__doc__ or "").strip(), "", "| | |", "| --- | --- |"]
    lines += [f"| {name} | {_cell(text)} |" for name, text in _facts(source)]
    layouts: dict[tuple[str, ...], list[str]] = {}
    for table in source.tables:
        layouts.setdefault(tuple(_layout(source, table)), []).append(table.pattern)
    for layout, patterns in layouts.items():
        lines += ["", f"## {_names(patterns)}", "", *layout]
    return "\n".join([*lines, ""])


def _facts(source: Source) -> Iterator[tuple[str, str]]:
    yield "publisher", source.publisher
    yield "licence", source.licence
    yield "official address", source.url
    files = [download.file or download.url for download in source.downloads]
    if files:
        more = f" and {len(files) - _FEW} more" if len(files) > _FEW else ""
        key = "; the publisher wants a key" if any(download.key for download in source.downloads) else ""
        yield f"`trinational fetch {source.id}`", _names(files[:_FEW]) + more + key
    if source.retrieved:
        yield "retrieved", source.retrieved
    if source.snapshot:
        yield "snapshots", "yearly files of one register: a record says when it was first and last seen"
    if source.raw:
        yield "folder", f"`{source.raw}`"
    beside = [glob for glob in source.also_there if glob not in ("PROVENANCE.md", "*.md")]
    if beside:
        yield "in the folder, not loaded", _names(beside)


def _layout(source: Source, table: Table) -> Iterator[str]:
    """What the files of one layout say, and what becomes of their columns and rows."""
    row, known = _told(source, table)
    yield (
        "What a row can say, how it is known, and the columns that are filled:"
        if row.statements
        else ("Its rows say nothing here.")
    )
    if row.statements:
        yield ""
    for kind in sorted({statement.kind.name for statement in row.statements}):
        yield _kind(kind, [s for s in row.statements if s.kind.name == kind])
    own = sorted(column for column in row.used if not known or column in known)
    yield from _listed("Columns used", [_names(own)] if own else [])
    made = sorted(column for column in row.used if known and column not in known)
    yield from _listed("Made from the files, or in some layouts only", [_names(made)] if made else [])
    reasons: dict[str, list[str]] = {}
    for glob, why in row.ignored:
        reasons.setdefault(why, []).append(glob)
    yield from _listed("Columns ignored", [f"{_names(globs)}: {why}" for why, globs in reasons.items()])
    forbidden = [_names(dict.fromkeys(row.forbidden))] if row.forbidden else []
    yield from _listed("Columns never read, for they hold personal data", forbidden)
    yield from _listed("Rows left out", [*dict.fromkeys(reason for reason, _ in row.skips)])


def _kind(kind: str, statements: Iterable[Statement]) -> str:
    """One kind: the columns that are filled, and the statuses it is said with."""
    columns: dict[str, None] = {}
    statuses: dict[str, None] = {}
    for statement in statements:
        own = {column.name for column in statement.kind.columns}
        columns |= dict.fromkeys(name for name in statement.columns if name in own)
        status = statement.columns["status"].value.clean
        fixed = not status.meta.root_names()
        statuses[str(pl.select(status).item()) if fixed else "as the row says"] = None
    what = ": " + _names(columns) if columns else ""
    return f"- **{kind}** ({', '.join(statuses)}){what}"


def _listed(title: str, items: list[str]) -> Iterator[str]:
    if items:
        yield from ("", f"{title}:", "", *(f"- {item}" for item in items))


def _told(source: Source, table: Table) -> tuple[Told, set[str]]:
    """What a table describes, and the columns of the files at hand, if there are any."""
    columns = [*dict.fromkeys(name for path in _files(source, table) for name in _columns(table, path))]
    row = Told([*columns], source.id, any_column=True)
    table.describe(row)
    return row, {*columns}


def _files(source: Source, table: Table) -> list[Path]:
    module = table.describe.__module__.rpartition(".")[2]
    folders = [source.folder] if source.folder else [_FIXTURES / source.id, _FIXTURES / module]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    files = sorted(folder.rglob("*")) if folder else []
    return [path for path in files if path.is_file() and fnmatchcase(path.name, table.pattern)]


def _columns(table: Table, path: Path) -> list[str]:
    with headers_only():
        names = table.read(path).collect_schema().names()
    return [name for name in names if name not in (ROW, PROBLEM)]


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Command: 0 done, 1 stale."""
    parser = argparse.ArgumentParser(prog="python -m loaders.document", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page is stale")
    check = parser.parse_args().check
    fresh = pages()
    stale = [path for path, text in fresh.items() if not path.exists() or path.read_text("utf-8") != text]
    gone = [path for path in sorted(FOLDER.glob("*.md")) if path not in fresh]
    for path in [*stale, *gone]:
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        done = "removed" if path in gone else "written"
        print(f"stale: {name} (run python -m loaders.document)" if check else f"{done}: {name}")
        if path in gone and not check:
            path.unlink()
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fresh[path], encoding="utf-8")
    return 1 if check and (stale or gone) else 0


if __name__ == "__main__":
    sys.exit(main())
