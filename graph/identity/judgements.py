"""Judgements of people about who is who: CSV files in git, one line a judgement.

Columns: `left`, `right` (ids of things or records), `judgement`, `relation` (of `related`: what left is to
right), `by` (who decided: an organization or role), `on` (ISO date), `why`. A file without `relation` is
read too. Deleting a line takes the judgement back at the next build.

`same` joins two ids. `different` and `related` keep them apart, whatever else joins them. `unsure` keeps a
match of names from joining them, and yields to any other judgement.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import polars as pl
from filelock import FileLock

from ontology import TrinationalError, model, nearest
from ontology.authorities import check

FILE = "judgements.csv"
BUILT_IN = Path(__file__).parent / FILE
COLUMNS = ("left", "right", "judgement", "relation", "by", "on", "why")
WORDS = ("same", "related", "different", "unsure")
RELATIONS = {
    "parent": "is the parent of",
    "local_of": "is a local of",
    "predecessor": "is the predecessor of",
    "sister": "is a sister of",
    "other": "is related to",
}
_BOTH_WAYS = ("sister", "other")
_DATE = re.compile(r"[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?")
_FORMULA = tuple("=+-@\t\r")


@dataclass(frozen=True)
class Judgement:
    """One line of a file: `left` and `right` are ids, `where` is file and line, `relation` may be empty."""

    left: str
    right: str
    judgement: str
    by: str
    on: str
    why: str
    where: str
    relation: str = ""

    @property
    def text(self) -> str:
        """What is decided, as people read it."""
        if self.judgement == "related":
            return f"{self.left} {RELATIONS[self.relation]} {self.right}"
        words = {"unsure": "may or may not be the same"}.get(self.judgement, f"are {self.judgement}")
        return f"{self.left} and {self.right} {words}"

    def agrees(self, other: Judgement) -> bool:
        """Both say one thing of the same two ids, or one of them is unsure."""
        if "unsure" in (self.judgement, other.judgement):
            return True
        turned = self.relation not in _BOTH_WAYS and self.left != other.left and self.judgement == "related"
        return (self.judgement, self.relation) == (other.judgement, other.relation) and not turned


def read_judgements(*paths: Path) -> list[Judgement]:
    """Judgements of one or several files, in their order; of the built-in file where none is named.

    Raises `TrinationalError` naming file and line for a missing column, an unknown word, an empty `left`,
    `right`, `by`, `on` or `why`, `related` without a relation, a date that is not ISO, or a line that
    contradicts an earlier one about the same two ids.

    >>> [(j.left, j.judgement, j.right) for j in read_judgements()][:1]
    [('union:ifalpa', 'same', 'org:ifalpa')]
    """
    found = [line for path in paths or (BUILT_IN,) for line in _read(path)]
    check_pairs(found)
    return found


def judgement_files(home: Path, further: Path | None = None) -> list[Path]:
    """The files of judgements that a build reads: built in, the home's own, and one more."""
    own = home / FILE
    paths = [BUILT_IN, *([own] if own.is_file() else []), *([further] if further else [])]
    return list({path.resolve(): path for path in paths}.values())


def _read(path: Path) -> list[Judgement]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_header(path, reader.fieldnames)
            folder = "built-in" if path == BUILT_IN else path.resolve().parent.name
            name = f"{folder}/{path.name}"
            return [judgement_of(line, f"{name}, line {reader.line_num}") for line in reader]
    except OSError as error:
        raise TrinationalError(f"cannot read {path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise not_csv(path, error) from error


def not_csv(path: Path, error: Exception) -> TrinationalError:
    """What is said of a file of judgements that is no CSV file in UTF-8."""
    hint = "save it as `CSV UTF-8` in the spreadsheet"
    return TrinationalError(f"{path}: cannot be read as UTF-8 CSV: {error}", hint=hint)


def _check_header(path: Path, header: object) -> None:
    names = list(header) if isinstance(header, list) else []
    if sorted({*names, "relation"}) != sorted(COLUMNS) or len(set(names)) < len(names):
        raise TrinationalError(
            f"{path}, line 1: columns {', '.join(map(str, names)) or '(none)'}",
            hint=f"the first line must be {','.join(COLUMNS)}",
        )


def judgement_of(line: dict[str | None, str | None], where: str) -> Judgement:
    """One line as a judgement; `TrinationalError` names `where`, the column and the value that is wrong."""
    if None in line or None in line.values():
        raise TrinationalError(
            f"{where}: expected {len([n for n in line if n])} cells", hint="quote cells that hold commas"
        )
    cells = {str(name): read_cell(str(value)) for name, value in line.items()} | {"where": where}
    cells.setdefault("relation", "")
    for name in ("left", "right", "judgement", "by", "on", "why"):
        if not cells[name]:
            raise TrinationalError(f"{where}, column {name}: is empty", hint="every judgement needs it")
    _check_word(where, "judgement", cells["judgement"], WORDS)
    if cells["judgement"] == "related":
        _check_word(where, "relation", cells["relation"], tuple(RELATIONS))
    elif cells["relation"]:
        raise TrinationalError(
            f"{where}, column relation: {cells['relation']!r} stands beside {cells['judgement']!r}",
            hint="only `related` has a relation",
        )
    for name in ("left", "right"):
        _check_key(where, name, cells[name])
    if not _is_date(cells["on"]):
        raise TrinationalError(
            f"{where}, column on: {cells['on']!r} is not an ISO date",
            hint="write YYYY-MM-DD; a spreadsheet may have changed it: format the column as text",
        )
    if cells["left"] == cells["right"]:
        raise TrinationalError(f"{where}: {cells['left']!r} is judged against itself")
    return Judgement(**cells)


def _check_word(where: str, column: str, word: str, words: tuple[str, ...]) -> None:
    if word not in words:
        raise TrinationalError(
            f"{where}, column {column}: {word!r} is not one of {', '.join(words)}", hint=nearest(word, words)
        )


def _check_key(where: str, column: str, item: str) -> None:
    """Refuse an id that its register cannot have issued."""
    authority, _, key = item.partition(":")
    if authority in model().registers and not pl.select(check(authority, pl.lit(key))).item():
        raise TrinationalError(
            f"{where}, column {column}: {item!r} is no key of its register", hint="look it up there"
        )


def _is_date(text: str) -> bool:
    """Whether a text is a year, a month or a day that the calendar has."""
    if not _DATE.fullmatch(text):
        return False
    try:
        return bool(date.fromisoformat(f"{text}-01-01"[:10]))
    except ValueError:
        return False


def check_pairs(judgements: Iterable[Judgement]) -> None:
    """Raise `TrinationalError` where two lines judge the same two ids otherwise, or relations go in a circle.

    It names the lines.
    """
    seen: dict[frozenset[str], Judgement] = {}
    for line in judgements:
        pair = frozenset((line.left, line.right))
        earlier = seen.get(pair)
        if earlier is not None and not earlier.agrees(line):
            raise TrinationalError(
                f"{line.where}: says {line.text}, but {earlier.where} says {earlier.text}",
                hint="delete one of the two lines",
            )
        if earlier is None or earlier.judgement == "unsure":
            seen[pair] = line
    for relations in (("parent", "local_of"), ("predecessor",)):
        _check_circle([line for line in seen.values() if line.relation in relations])


def _check_circle(judgements: Iterable[Judgement]) -> None:
    """Raise where a thing would be its own parent, or its own predecessor."""
    lines: dict[str, dict[str, Judgement]] = {}
    for line in judgements:
        ends = (line.right, line.left) if line.relation == "local_of" else (line.left, line.right)
        lines.setdefault(ends[1], {})[ends[0]] = line
    try:
        TopologicalSorter(lines).prepare()
    except CycleError as error:
        circle = error.args[1]
        steps = [lines[below][above] for above, below in itertools.pairwise(circle)]
        raise TrinationalError(
            f"judgements go in a circle: {' -> '.join(circle)} ("
            + "; ".join(f"{line.where} says {line.text}" for line in steps)
            + ")",
            hint="delete one of these lines",
        ) from None


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; `read_cell` gives the text back.

    >>> safe_cell("=1+1"), read_cell("'=1+1"), safe_cell("us-cik:1")
    ("'=1+1", '=1+1', 'us-cik:1')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def read_cell(text: str) -> str:
    """The text of a cell, without white space around it and without the quote sign of `safe_cell`."""
    return text[1:].strip() if text.startswith("'") and text[1:].startswith(_FORMULA) else text.strip()


def append(path: Path, judgements: Iterable[Judgement]) -> int:
    """Write judgements at the end of a file, on disk when this returns; the size of the file before.

    A new file gets its header; a file with other columns than `COLUMNS` is first written anew, whole.
    Raises `TrinationalError` where the file cannot be read or written; what it held is still there.
    """
    with _writing(path):
        _prepare(path)
        before = path.stat().st_size
        _add(path, "".join(_line(judgement) for judgement in judgements))
    return before


def take_back(path: Path, judgement: Judgement, size: int) -> bool:
    """Cut the file to `size` bytes where the last line is this judgement; false where others wrote since."""
    with _writing(path), path.open("r+b") as file:
        file.seek(size)
        if file.read() != _line(judgement).encode():
            return False
        file.truncate(size)
        os.fsync(file.fileno())
    return True


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        with FileLock(path.with_name(f".{path.name}.lock")):
            yield
    except OSError as error:
        raise TrinationalError(
            f"cannot write {path}: {error.strerror or error}", hint="free space, or the rights of the folder"
        ) from error


def _prepare(path: Path) -> None:
    """A file that ends with a whole line and has all columns."""
    if not path.exists() or not path.stat().st_size:
        _add(path, ",".join(COLUMNS) + "\n")
        return
    known = _read(path)
    with path.open("rb") as file:
        header = file.readline().decode("utf-8-sig").strip().replace('"', "")
        file.seek(-1, os.SEEK_END)
        whole = file.read() == b"\n"
    if header != ",".join(COLUMNS):
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        _add(fresh, ",".join(COLUMNS) + "\n" + "".join(_line(judgement) for judgement in known))
        fresh.replace(path)
    elif not whole:
        _add(path, "\n")


def _add(path: Path, text: str) -> None:
    with path.open("ab", buffering=0) as file:
        file.write(text.encode())
        os.fsync(file.fileno())


def _line(judgement: Judgement) -> str:
    target = io.StringIO()
    cells = (safe_cell(getattr(judgement, name)) for name in COLUMNS)
    csv.writer(target, lineterminator="\n").writerow(cells)
    return target.getvalue()
