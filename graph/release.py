"""Loads releases of sources into a home: which files are of which source, records, rejected rows."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import loaders
from graph.home import Home
from loaders.load import Report, load, plan
from loaders.source import NOTE, beside, data_files, noted
from ontology import TrinationalError, WrongUseError, nearest

Progress = Callable[[str], None]
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


@dataclass
class Found:
    """What lies below a folder: files by source, files of no source, and folders that a source refuses."""

    sources: dict[str, list[Path]] = field(default_factory=dict)
    unknown: list[Path] = field(default_factory=list)
    refused: dict[str, TrinationalError] = field(default_factory=dict)


def raw_folder() -> Path:
    """Where the public files lie: `TRINATIONAL_RAW`, else `../shared/data/raw` beside the project."""
    return Path(os.environ.get("TRINATIONAL_RAW", Path(__file__).parents[1] / "../shared/data/raw")).resolve()


def find(folder: Path) -> Found:
    """Tell which source each folder below holds: by its name, else by its files and their columns."""
    if not folder.is_dir():
        raise WrongUseError(f"no such folder: {folder}", hint="name the folder above the sources' folders")
    found = Found()
    named = {source.raw: source.id for source in loaders.sources().values() if source.raw}
    own: dict[str, list[Path]] = {}
    for place in sorted({folder, *(path for path in folder.rglob("*") if path.is_dir())}):
        files = [path for path in data_files(place) if path.name != "PROVENANCE.md"]
        above = (place, *place.parents[: len(place.relative_to(folder).parts)])
        source = next((named[step.name] for step in above if step.name in named), None)
        if source:
            own.setdefault(source, []).extend(files)
        else:
            for known, its_files in _by_columns(files).items():
                found.sources.setdefault(known, []).extend(its_files)
                files = [path for path in files if path not in its_files]
            found.unknown += files
    for source, files in own.items():
        _take(found, source, files)
    return found


def _take(found: Found, source: str, files: list[Path]) -> None:
    """The files of the folders that are named for a source."""
    try:
        planned = plan(loaders.sources()[source], files)
    except TrinationalError as error:
        found.refused[source] = error
        return
    found.unknown += planned.unknown
    found.sources[source] = [path for path in files if path not in planned.unknown]


def _by_columns(files: list[Path]) -> dict[str, list[Path]]:
    """Files by the one source that recognises them, with what else that source has in its folder."""
    known = {ids[0] for path in files if len(ids := detect(path)) == 1}
    planned = {source: plan(loaders.sources()[source], files) for source in sorted(known)}
    return {source: [path for path in files if path not in it.unknown] for source, it in planned.items()}


def detect(path: Path) -> list[str]:
    """Ids of the sources that a file can be of, by its name and columns."""
    return [source.id for source in loaders.sources().values() if _fits(source, path)]


def _fits(source: loaders.Source, path: Path) -> bool:
    try:
        return not plan(source, [path]).unknown
    except TrinationalError:
        return False


def load_release(
    home: Home,
    source: str,
    paths: Sequence[Path] = (),
    *,
    release: str | None = None,
    progress: Progress = lambda step: None,
) -> Report:
    """Load a source and publish its records as `records/<source>@<release>`.

    Parameters
    ----------
    source
        Id of a source (`loaders.sources()`).
    paths
        Files or folders; by default the built-in files, what was fetched (`downloads_folder()`), or the
        source's folder below `raw_folder()`.
    release
        Name of the release, where it is not the source's own.

    Raises
    ------
    WrongUseError
        No such source, file or folder.
    TrinationalError
        The files are not what the source is, or the home cannot be written; what was there stays.
    """
    known = loaders.sources()
    if source not in known:
        hint = nearest(source, known) or "see `trinational sources`"
        raise WrongUseError(f"no source is called {source!r}", hint=hint)
    files = [*paths] or _own_files(home, known[source])
    missing = next((path for path in files if not path.exists()), None)
    if missing:
        hint = "name the files, or set TRINATIONAL_RAW"
        raise WrongUseError(f"no such file or folder: {missing}", hint=hint)
    with _unpacked(files) as ready, home.writing() as scratch:
        report = load(known[source], ready, scratch / "release", release=release, progress=progress)
        release_name = f"{report.source}@{report.release}"
        home.publish(scratch / "release", f"records/{release_name}")
        _link_rejected(home, release_name)
    return report


def downloads_folder(home: Home, source: str) -> Path:
    """Where the fetched files of a source are."""
    return home.path / "downloads" / source


def _own_files(home: Home, source: loaders.Source) -> list[Path]:
    """What is loaded of a source when no files are named."""
    fetched = downloads_folder(home, source.id)
    if not source.folder and fetched.is_dir() and (files := data_files(fetched)):
        return files
    return [source.folder or raw_folder() / source.raw]


@contextmanager
def _unpacked(files: Sequence[Path]) -> Iterator[list[Path]]:
    """The files, also of folders, with the content of archives in place of the archives."""
    with tempfile.TemporaryDirectory(prefix="trinational-") as scratch:
        ready: list[Path] = []
        every = [file for path in files for file in (data_files(path) if path.is_dir() else [path])]
        for number, path in enumerate(every):
            if path.is_file() and path.name.lower().endswith(_ARCHIVES):
                ready += _unpack(path, Path(scratch, str(number)))
            else:
                ready.append(path)
        yield ready


def _unpack(archive: Path, folder: Path) -> list[Path]:
    try:
        if archive.suffix.lower() == ".zip":
            shutil.unpack_archive(archive, folder)
        else:
            shutil.unpack_archive(archive, folder, filter="data")
    except (OSError, ValueError, EOFError, shutil.ReadError) as error:
        hint = "the download may be incomplete, or a page saved as an archive"
        raise TrinationalError(f"{archive.name}: cannot be unpacked: {error}", hint=hint) from error
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if noted(archive):
        for path in files:
            shutil.copyfile(beside(archive, NOTE), beside(path, NOTE))
    return files


def _link_rejected(home: Home, name: str) -> None:
    """`rejected/<source>@<release>.parquet` leads to the rejected rows of the current records."""
    link = home.path / "rejected" / f"{name}.parquet"
    link.parent.mkdir(exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(Path("..", "records", name, "rejected.parquet"))
