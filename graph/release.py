"""Loads one release of a source into a home: records, rejected rows and the release's own description."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import loaders
from graph.home import Home
from loaders.load import Report, load
from ontology import WrongUseError, nearest


def raw_folder() -> Path:
    """Where the public files lie: `TRINATIONAL_RAW`, else `../shared/data/raw` beside the project."""
    return Path(os.environ.get("TRINATIONAL_RAW", Path(__file__).parents[1] / "../shared/data/raw")).resolve()


def load_release(
    home: Home,
    source: str,
    paths: Sequence[Path] = (),
    *,
    release: str | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Report:
    """Load a source and publish its records as `records/<source>@<release>`.

    Parameters
    ----------
    source
        Id of a source (`loaders.sources()`).
    paths
        Files or folders; by default the built-in files, or the source's folder below `raw_folder()`.
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
    files = [*paths] or [known[source].folder or raw_folder() / known[source].raw]
    missing = next((path for path in files if not path.exists()), None)
    if missing:
        raise WrongUseError(
            f"no such file or folder: {missing}", hint="name the files, or set TRINATIONAL_RAW"
        )
    with home.writing() as scratch:
        report = load(known[source], files, scratch / "release", release=release, progress=progress)
        release_name = f"{report.source}@{report.release}"
        home.publish(scratch / "release", f"records/{release_name}")
        _link_rejected(home, release_name)
    return report


def _link_rejected(home: Home, name: str) -> None:
    """`rejected/<source>@<release>.parquet` leads to the rejected rows of the current records."""
    link = home.path / "rejected" / f"{name}.parquet"
    link.parent.mkdir(exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(Path("..", "records", name, "rejected.parquet"))
