"""Where everything lives on disk, and how a new version takes the place of the old one.

A release of records and a built graph are folders under `.versions/`; `records/<source>@<release>` and
`graph` are links to them. A writer fills a scratch folder and then swaps the link in one rename: a reader
sees the old version or the new one, and a crash leaves the old one. The version before the current one is
kept for readers that still have it open.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
import polars as pl
from filelock import FileLock, Timeout

from ontology import TrinationalError

FORMAT = "1"
VARIABLE = "TRINATIONAL_HOME"
_DISK = re.compile(r"os error|disk is full|readonly database|disk I/O", re.IGNORECASE)


class Home:
    """A folder of records and the graph built from them.

    >>> import tempfile
    >>> home = Home(Path(tempfile.mkdtemp()))
    >>> home.releases()
    {}
    """

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().absolute()

    @classmethod
    def find(cls, option: Path | None = None) -> Home:
        """The home that `option` names, else `TRINATIONAL_HOME`, else the platform's data folder."""
        named = option or os.environ.get(VARIABLE) or platformdirs.user_data_path("trinational")
        return cls(Path(named))

    def releases(self) -> dict[str, Path]:
        """Folders of records by `source@release`, sorted."""
        self._check_format()
        folder = self.path / "records"
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        return {link.name: link.resolve() for link in found if (link / "release.json").is_file()}

    @property
    def graph(self) -> Path:
        """Folder of the current graph; a later build does not change what this folder holds."""
        self._check_format()
        link = self.path / "graph"
        if not (link / "graph.json").is_file():
            raise TrinationalError(
                f"no graph in {self.path}", hint="run `trinational demo`, or `trinational load` and `build`"
            )
        return link.resolve()

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """A scratch folder, with the home locked for one writer.

        Raises `TrinationalError` where another process writes, the home is read-only or the disk is full;
        what was there stays as it was.
        """
        try:
            versions = self._prepare()
            with FileLock(self.path / ".lock", timeout=0):
                for stale in versions.glob("scratch-*"):
                    shutil.rmtree(stale)
                scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=versions))
                try:
                    yield scratch
                finally:
                    shutil.rmtree(scratch, ignore_errors=True)
        except Timeout:
            raise TrinationalError(
                f"another process is writing to {self.path}", hint="wait until it ends, then try again"
            ) from None
        except (OSError, pl.exceptions.ComputeError, sqlite3.OperationalError) as error:
            if not isinstance(error, OSError) and not _DISK.search(str(error)):
                raise
            raise self._unwritable(error) from error

    def publish(self, folder: Path, link: str, digest: str | None = None) -> Path:
        """Make `folder` (inside a scratch folder) the current version of `link`; returns where it now is.

        `digest` names the content; by default it is computed from the files. Publishing the same content
        again changes nothing.
        """
        target = self.path / ".versions" / f"{link.replace('/', '.')}.{digest or content_digest(folder)}"
        place = self.path / link
        previous = place.resolve() if place.is_symlink() else None
        if not target.is_dir():
            folder.rename(target)
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".link")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.path.relpath(target, place.parent), target_is_directory=True)
        if place.is_dir() and not place.is_symlink():  # of a home that was copied with its links followed
            place.rename(target.with_suffix(".copy"))
        fresh.replace(place)
        if previous != target:
            for old in target.parent.glob(f"{link.replace('/', '.')}.*"):
                if old not in (target, previous):
                    shutil.rmtree(old, ignore_errors=True)
        return target

    def prepare(self) -> None:
        """Make the folder a home if it is new or empty; `TrinationalError` where that cannot be."""
        try:
            self._prepare()
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: Exception) -> TrinationalError:
        return TrinationalError(
            f"cannot write to {self.path}: {_reason(error)}",
            hint="nothing that was there has changed: free space or choose another folder with --home",
        )

    def _prepare(self) -> Path:
        self._check_format()
        versions = self.path / ".versions"
        if self.path.is_dir() and not versions.is_dir() and any(self.path.iterdir()):
            raise TrinationalError(
                f"{self.path} holds other files and is no home of Trinational",
                hint="choose an empty or a new folder with --home",
            )
        versions.mkdir(parents=True, exist_ok=True)
        if not (self.path / "VERSION").is_file():
            (versions / "VERSION").write_text(FORMAT)
            (versions / "VERSION").replace(self.path / "VERSION")
        return versions

    def _check_format(self) -> None:
        try:
            found = (self.path / "VERSION").read_text().strip()
        except FileNotFoundError:
            return
        except OSError as error:
            raise TrinationalError(f"cannot read {self.path}: {error.strerror}") from error
        if found != FORMAT:
            raise TrinationalError(
                f"{self.path} holds data of format {found!r}, this version reads {FORMAT!r}",
                hint="load the sources again into a new folder (--home), or use the version that wrote it",
            )


def content_digest(folder: Path) -> str:
    """Twelve hex digits that change when any table below `folder` changes."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.parquet")):
        with path.open("rb") as file:
            total.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()[:12]


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({error.filename})" if error.filename else error.strerror
    return str(error).splitlines()[0]
