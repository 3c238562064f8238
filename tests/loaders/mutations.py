"""Changed copies of a file: a loader must refuse them, reject their rows, or say what it said before."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from loaders.load import Report, load
from loaders.source import Source
from ontology import TrinationalError
from tests.loaders.test_bad_input import holds

Rows = list[list[str]]
_HTML = b"<!DOCTYPE html><html><body>404</body></html>"


def said(out: Path) -> dict[str, set[tuple[Any, ...]]]:
    """What a load says: rows of each kind, without what a record takes from the first of several rows."""
    found = {}
    for path in out.glob("[A-Z]*.parquet"):
        rows = pl.read_parquet(path).drop("locator", "source", "times", "url", "as_of")
        found[path.stem] = {tuple(str(cell) for cell in row) for row in rows.rows()}
    return found


def survives(source: Source, original: Path, tmp: Path, beside: tuple[Path, ...] = ()) -> list[str]:
    """Load every changed copy of `original`; the names of those that were refused.

    A copy that only has another order, or rows twice, must say the same; no copy may say of a row more than
    the original does, except where a cell itself was changed.
    """
    base = _loaded(source, original.name, original.read_bytes(), tmp / "base", beside)
    assert base is not None
    expected, refused = said(tmp / "base/out"), []
    for name, data, bound in changed(original):
        report = _loaded(source, original.name, data, tmp / name, beside)
        if report is None:
            refused.append(name)
            continue
        found = said(tmp / name / "out")
        if bound == "same":
            assert found == expected, name
        if bound == "less":
            more = {kind: rows - expected.get(kind, set()) for kind, rows in found.items()}
            assert not any(more.values()), (name, more)
    return refused


def _loaded(source: Source, name: str, data: bytes, tmp: Path, beside: tuple[Path, ...]) -> Report | None:
    folder = tmp / "in"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(data)
    for path in beside:
        (folder / path.name).write_bytes(path.read_bytes())
    try:
        report = load(source, [folder], tmp / "out", release="test")
    except TrinationalError:
        return None
    holds(report, tmp / "out")
    return report


def changed(path: Path) -> Iterator[tuple[str, bytes, str]]:
    """Name, content, and how what is said compares: `same`, `less`, or nothing is asked."""
    zipped = path.suffix == ".gz"
    data = gzip.decompress(path.read_bytes()) if zipped else path.read_bytes()
    changes = _json(data) if ".json" in path.name else _csv(data)
    for name, text, bound in changes:
        yield name, gzip.compress(text) if zipped else text, bound
    for name, raw in {
        "empty": b"",
        "html": _HTML,
        "half": path.read_bytes()[: len(path.read_bytes()) // 2],
    }.items():
        yield name, raw, "other"


def _written(rows: Rows) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _csv(data: bytes) -> Iterator[tuple[str, bytes, str]]:
    head, *body = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    for number, name in [*enumerate(head)][:: max(1, len(head) // 12)]:
        yield f"without {number}", _written([r[:number] + r[number + 1 :] for r in [head, *body]]), "other"
        renamed = [*head[:number], name + "X", *head[number + 1 :]]
        yield f"renamed {number}", _written([renamed, *body]), "other"
    yield "reordered", _written([r[::-1] for r in [head, *body]]), "same"
    yield "doubled", _written([[*r, r[0]] for r in [head, *body]]), "other"
    yield "new column", _written([[*head, "NEW"], *[[*r, "x"] for r in body]]), "other"
    yield "repeated", _written([head, *body, *body]), "same"
    yield "upside down", _written([head, *body[::-1]]), "same"
    yield "cut", _written([head, *body[: len(body) // 2]]), "less"
    yield "merged", _written([head, body[0] + body[-1], *body[1:]]), "less"
    yield "short", _written([head, body[0][:-1], *body[1:]]), "less"
    yield "header moved", _written([["A title"], head, *body]), "other"
    yield "total", _written([head, *body, ["Total", *[""] * (len(head) - 1)]]), "other"
    yield "footnote", data.rstrip(b"\n") + b"\n* Source: the agency.\n", "less"
    yield "latin-1", data.replace(b"a", b"\xe1", 3), "other"
    yield "semicolons", data.replace(b",", b";"), "other"


def _json(data: bytes) -> Iterator[tuple[str, bytes, str]]:
    whole = json.loads(data)
    under = next((k for k in ("data", "Results", "3166-2") if isinstance(whole, dict) and k in whole), None)
    rows = whole if isinstance(whole, list) else whole[under] if under else [*whole.values()]

    def written(change: Callable[[list[Any]], list[Any]]) -> bytes:
        new = change(rows)
        if isinstance(whole, dict):
            return json.dumps({**whole, under: new} if under else dict(enumerate(new))).encode()
        return json.dumps(new).encode()

    yield "repeated", written(lambda r: r + r), "same"
    yield "upside down", written(lambda r: r[::-1]), "same"
    yield "cut", written(lambda r: r[: len(r) // 2]), "less"
    yield "a footnote", written(lambda r: [*r, "Source: the agency"]), "other"
    yield "latin-1", data.replace(b"a", b"\xe1", 3), "other"
    if under:
        yield "no list", json.dumps({"message": "rate limit"}).encode(), "other"
    if isinstance(rows[0], dict):
        for number, name in [*enumerate(rows[0])][:: max(1, len(rows[0]) // 12)]:
            dropped = [{k: v for k, v in row.items() if k != name} for row in rows]
            renamed = [{(k + "X" if k == name else k): v for k, v in row.items()} for row in rows]
            yield f"without {number}", written(partial(_instead, dropped)), "other"
            yield f"renamed {number}", written(partial(_instead, renamed)), "other"
        yield "one short", written(lambda r: [dict([*r[0].items()][1:]), *r[1:]]), "less"
        yield "reordered", written(lambda r: [dict([*row.items()][::-1]) for row in r]), "same"


def _instead(rows: list[Any], _: list[Any]) -> list[Any]:
    return rows
