"""Judgements of people about who is who: a CSV file in git, one line a judgement.

Columns: `left`, `right` (ids), `judgement` (`same` or `different`), `by` (who decided: an organization or
role), `on` (date), `why`. Deleting a line takes the judgement back at the next build.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from ontology import TrinationalError, nearest

BUILT_IN = Path(__file__).parent / "judgements.csv"
COLUMNS = ("left", "right", "judgement", "by", "on", "why")
WORDS = ("same", "different")


@dataclass(frozen=True)
class Judgement:
    """One line of the file: `left` and `right` are ids, `where` is file and line."""

    left: str
    right: str
    judgement: str
    by: str
    on: str
    why: str
    where: str


def read_judgements(path: Path = BUILT_IN) -> list[Judgement]:
    """Judgements in the order of the file.

    Raises `TrinationalError` naming file and line for a missing column, an unknown word, an empty `left`,
    `right`, `by` or `why`, or a line that contradicts an earlier one about the same two ids.

    >>> [(j.left, j.judgement, j.right) for j in read_judgements()]
    [('union:ifalpa', 'same', 'org:ifalpa')]
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_header(path, reader.fieldnames)
            found = [_judgement(path, reader.line_num, line) for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrinationalError(f"{path}: cannot be read as UTF-8 CSV: {error}") from error
    _check_pairs(found)
    return found


def _check_header(path: Path, header: object) -> None:
    names = list(header) if isinstance(header, list) else []
    if sorted(names) != sorted(COLUMNS):
        raise TrinationalError(
            f"{path}, line 1: columns {', '.join(map(str, names)) or '(none)'}",
            hint=f"the first line must be {','.join(COLUMNS)}",
        )


def _judgement(path: Path, number: int, line: dict[str | None, str | None]) -> Judgement:
    where = f"{path.name}, line {number}"
    if None in line or None in line.values():
        raise TrinationalError(f"{where}: expected {len(COLUMNS)} cells", hint="quote cells that hold commas")
    cells = {str(name): str(value).strip() for name, value in line.items()}
    for name in ("left", "right", "judgement", "by", "why"):
        if not cells[name]:
            raise TrinationalError(f"{where}, column {name}: is empty", hint="every judgement needs it")
    if cells["judgement"] not in WORDS:
        raise TrinationalError(
            f"{where}, column judgement: {cells['judgement']!r} is not one of {', '.join(WORDS)}",
            hint=nearest(cells["judgement"], WORDS),
        )
    if cells["left"] == cells["right"]:
        raise TrinationalError(f"{where}: {cells['left']!r} is judged against itself")
    return Judgement(**cells, where=where)


def _check_pairs(judgements: list[Judgement]) -> None:
    seen: dict[frozenset[str], Judgement] = {}
    for line in judgements:
        earlier = seen.setdefault(frozenset((line.left, line.right)), line)
        if earlier.judgement != line.judgement:
            raise TrinationalError(
                f"{line.where}: says {line.left} and {line.right} are {line.judgement}, "
                f"but {earlier.where} says {earlier.judgement}",
                hint="delete one of the two lines",
            )
