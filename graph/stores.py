"""Stores of the embedded engines: made at the first question, kept in the folder of the graph."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs
from filelock import FileLock

from ontology import TrinationalError

Progress = Callable[[str], None]
Write = Callable[[Path, Path], object]


def made(graph: Path, name: str, write: Write, title: str, progress: Progress | None = None) -> Path:
    """The store `name` of a graph; where it is not there yet, `write` makes it from the graph at a path.

    In the folder of the graph, or, where that may not be written, in the user's cache. `title` is what
    messages and `progress` call it.

    Raises `TrinationalError` where neither can be written, or the graph is not there any more.
    """
    where = f"{graph.name}-{hashlib.sha256(str(graph).encode()).hexdigest()[:8]}"
    folders = graph, platformdirs.user_cache_path("trinational") / where
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    if not graph.is_dir():
        hint = "a later build has taken its place: open the graph again"
        raise TrinationalError(f"{graph} is not there any more", hint=hint)
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return _make(graph, folder / name, write, title, progress)
        except OSError as error:
            reason = f"{error.strerror} ({error.filename})" if error.filename else str(error)
    raise TrinationalError(
        f"cannot make the {title}: {reason}",
        hint="make the graph's folder writable for one query, or set XDG_CACHE_HOME to a folder that is",
    )


def _make(graph: Path, target: Path, write: Write, title: str, progress: Progress | None) -> Path:
    """Make the store beside its place, then put it there in one rename; only one process at a time."""
    folder, name = target.parent, target.name
    with FileLock(folder / f".{name}.lock"):
        if target.exists():
            return target
        for stale in folder.glob(f"scratch-{name}-*"):
            shutil.rmtree(stale, ignore_errors=True)
        if progress:
            progress(f"making the {title}, once for a graph")
        with tempfile.TemporaryDirectory(prefix=f"scratch-{name}-", dir=folder) as scratch:
            write(graph, Path(scratch) / name)
            (Path(scratch) / name).replace(target)
    return target
