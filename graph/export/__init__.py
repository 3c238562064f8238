"""Files to publish: `draw` makes a picture of a network, `write` puts it into a file of the wanted format.

`FORMATS` lists them: html (one offline file), svg, gexf (Gephi), graphml, csv (a folder of three tables).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from graph.export import gexf, graphml, html, svg, tables
from graph.export.picture import Picture, draw
from ontology import TrinationalError, nearest

FORMATS: Mapping[str, Callable[[Picture, Path], None]] = {
    "html": html.write,
    "svg": svg.write,
    "gexf": gexf.write,
    "graphml": graphml.write,
    "csv": tables.write,
}


def write(picture: Picture, path: Path, format: str | None = None) -> None:
    """Write a picture to `path`, by default in the format that its ending names.

    Only `path` is written (`csv`: a folder of that name); missing folders above it are made.

    Raises
    ------
    TrinationalError
        No such format, a picture too large to read, or a path that cannot be written.
    """
    chosen = format or path.suffix.removeprefix(".").lower()
    if chosen not in FORMATS:
        raise TrinationalError(
            f"no such format: {chosen!r}", hint=nearest(chosen, FORMATS) or f"use {', '.join(FORMATS)}"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        FORMATS[chosen](picture, path)
    except OSError as error:
        raise TrinationalError(
            f"cannot write {path}: {error.strerror}", hint="choose another path, or free space"
        ) from error


__all__ = ["FORMATS", "Picture", "draw", "write"]
