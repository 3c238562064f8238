"""What a source is: who publishes it, which files it has, and how each file is read and described."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

if TYPE_CHECKING:
    from loaders.row import Row

Read: TypeAlias = Callable[[Path], pl.LazyFrame]
Prepare: TypeAlias = Callable[[pl.LazyFrame], pl.LazyFrame]
Describe: TypeAlias = "Callable[[Row], None]"
PART = ".part"
NOTE = ".json"
_LARGEST_NOTE = 1 << 16


@dataclass(frozen=True)
class Table:
    """Files of one layout.

    Attributes
    ----------
    pattern
        Glob of file names: `unions.csv`, `es_*.csv.gz`.
    read
        Path -> lazy frame of text columns and `row` (1-based data row). Called once for the headers alone and
        once for the data, so it only builds a plan (`loaders.read.csv` knows which of the two it is).
    describe
        What a row says, see `loaders.row.Row`. Runs once, on column expressions.
    prepare
        A second step over the rows of all files together, for what is slow file by file. Rows keep their
        order, `row` and the columns whose names begin with `~`.
    expected_rows
        Fewest rows that a file of this layout can have; fewer is an error, not an empty result.
    expected_bytes
        Smallest size of a file in bytes.
    """

    pattern: str
    read: Read
    describe: Describe
    prepare: Prepare | None = None
    expected_rows: int = 1
    expected_bytes: int = 1


@dataclass(frozen=True)
class Download:
    """A file at its official address, or, without `file`, a page where people get the files.

    Attributes
    ----------
    file
        Name that the file is kept under; a table's `pattern`, or an archive of such files.
    bytes
        Its size, about; None where it is not known.
    key
        Whether the publisher wants a key or an account.
    """

    url: str
    file: str = ""
    bytes: int | None = None
    key: bool = False


@dataclass(frozen=True)
class Source:
    """A public source and its tables.

    Attributes
    ----------
    id
        Short name; records are `<id>@<release>`.
    url
        Official address of the files.
    release
        Name of a release: text, or a function of the files (`lambda paths: "2021"`); by default the first
        12 digits of the SHA-256 of the files.
    snapshot
        For yearly files of one register: a regular expression whose group 1 is the period within the file's
        name (`es_([0-9]{4})`). The same id in several files is then one record with the content of the newest
        file, `first_seen`, `last_seen` and `times`.
    raw
        Name of the source's folder among the raw files.
    folder
        Folder of the built-in files.
    retrieved
        ISO date of retrieval of the files, where it is known.
    also_there
        Globs of files that may lie in the folder and are not loaded.
    downloads
        What `loaders.fetch` gets; none where `url` is only a page to visit.
    """

    id: str
    title: str
    publisher: str
    licence: str
    url: str
    tables: tuple[Table, ...]
    release: str | Callable[[Sequence[Path]], str] | None = None
    snapshot: str | None = None
    raw: str = ""
    folder: Path | None = None
    retrieved: str | None = None
    also_there: tuple[str, ...] = ()
    downloads: tuple[Download, ...] = ()


def beside(path: Path, ending: str) -> Path:
    """The file beside another one: its part (`PART`) or its note (`NOTE`).

    >>> beside(Path("mi.csv"), NOTE).name
    'mi.csv.json'
    """
    return path.with_name(path.name + ending)


def noted(path: Path) -> dict[str, Any]:
    """What fetching noted beside a file (address, SHA-256, date of retrieval…); empty where nothing was."""
    note = beside(path, NOTE)
    try:
        if note.stat().st_size > _LARGEST_NOTE:
            return {}
        found = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and "address" in found else {}


def data_files(folder: Path) -> list[Path]:
    """Files of a folder, sorted, without hidden ones, unfinished downloads and the notes of fetched files."""
    files = (path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return sorted(path for path in files if path.suffix != PART and not _is_note(path))


def _is_note(path: Path) -> bool:
    about = path.with_suffix("")
    return path.suffix == NOTE and (about.is_file() or about.suffix == PART) and bool(noted(about))
