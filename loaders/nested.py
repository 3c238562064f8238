"""Large JSON and XML files of nested records -> frames of text, batch by batch in constant memory.

Columns are named by the path of a leaf, `Entity.LegalAddress.City`; repeated elements are numbered from 1.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from loaders.read import ROW
from ontology import TrinationalError, nearest

_BATCH, _CHUNK = 10_000, 1 << 20
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class Layout:
    """Records of one kind.

    Attributes
    ----------
    record, root
        Names of the XML elements of a record and of the whole file.
    columns
        Paths that are taken over.
    ignored
        Globs of paths that may be there and are not taken over, by the reason.
    repeated
        Elements that may stand there several times.
    renamed
        Parts of paths and what they are called in the columns.
    """

    record: str
    root: str
    columns: Sequence[str]
    ignored: Mapping[str, Sequence[str]]
    repeated: frozenset[str]
    renamed: Mapping[str, str] = field(default_factory=dict)


def scan(path: Path, layout: Layout) -> pl.LazyFrame:
    """The records of a JSON (`{"records": [{…}]}`, leaves `{"$": value}`) or XML file.

    Returns the columns of the layout (text) and `row` (1-based record).

    Raises
    ------
    TrinationalError
        The file is empty, an HTML page or of another root; when read: cut off, malformed, an unknown path.

    Limits: attributes are known by `xml:lang` and `type`; XML namespaces are left out.
    """
    records = _json if _is_json(path, layout) else _xml
    schema = {**dict.fromkeys(layout.columns, pl.String()), ROW: pl.Int64()}

    def batches(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, size: int | None
    ) -> Iterator[pl.DataFrame]:
        flat = islice(_flat(path, records(path, layout), layout), rows)
        number = 1
        while batch := list(islice(flat, _BATCH)):
            cells = [[record.get(name) for record in batch] for name in layout.columns]
            rows_of = range(number, number + len(batch))
            number += len(batch)
            frame = pl.DataFrame([*cells, rows_of], schema).select(columns or list(schema))
            yield frame if predicate is None else frame.filter(predicate)

    return register_io_source(batches, schema=schema)


def _is_json(path: Path, layout: Layout) -> bool:
    """Whether the file is JSON; refuses what is neither JSON nor XML of the layout's root."""
    with path.open("rb") as stream:
        head = stream.read(_CHUNK).decode("utf-8-sig", "replace").lstrip()
    if not head:
        raise TrinationalError(f"{path.name} is empty", hint="download it again")
    root = re.match(r"(?:<\?.*?\?>|<!--.*?-->|\s)*<(?:!doctype )?(?:[\w-]+:)?([\w-]+)", head, re.S | re.I)
    if root and root[1] != layout.root:
        raise TrinationalError(
            f"{path.name}: the file is <{root[1]}>, not <{layout.root}>",
            hint="the server may have answered with a page, or it is a file of another level",
        )
    if not root and not re.match(r'\{\s*"\w+"\s*:\s*\[', head):
        raise TrinationalError(
            f"{path.name}, line 1: neither XML nor a JSON list of records", hint="is it the file itself?"
        )
    return root is None


def _json(path: Path, layout: Layout) -> Iterator[dict[str, Any]]:
    decoder, gap, number = json.JSONDecoder(), re.compile(r"[\s,]*"), 0
    with path.open(encoding="utf-8-sig") as stream:
        text = stream.read(_CHUNK)
        at = text.index("[") + 1
        while True:
            at = gap.match(text, at).end()  # type: ignore[union-attr]
            if text.startswith("]", at):
                return
            try:
                record, at = decoder.raw_decode(text, at)
            except ValueError as error:
                more = stream.read(_CHUNK)
                if not more:
                    raise _broken(path, f"record {number + 1}: {error}") from error
                text, at = text[at:] + more, 0
                continue
            if not isinstance(record, dict):
                raise _broken(path, f"record {number + 1} is no object")
            yield record
            number += 1


def _xml(path: Path, layout: Layout) -> Iterator[dict[str, Any]]:
    try:
        events = ET.iterparse(path, events=("start", "end"))
        _, root = next(events)
        for event, element in events:
            if event == "end" and _local(element.tag) == layout.record:
                yield _as_dict(element)
                element.clear()
                for child in root:
                    child.clear()
    except ET.ParseError as error:
        raise _broken(path, str(error)) from error


def _broken(path: Path, what: str) -> TrinationalError:
    return TrinationalError(f"{path.name} is cut off or malformed: {what}", hint="download it again")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _as_dict(element: ET.Element) -> dict[str, Any]:
    """An XML element in the form of the JSON files."""
    found: dict[str, Any] = {
        "@xml:lang" if name == _LANGUAGE else "@" + _local(name): value
        for name, value in element.attrib.items()
        if name == _LANGUAGE or not name.startswith("{")
    }
    for child in element:
        found.setdefault(_local(child.tag), []).append(_as_dict(child))
    if not len(element) and (element.text or "").strip():
        found["$"] = element.text
    return found


def _flat(path: Path, records: Iterable[dict[str, Any]], layout: Layout) -> Iterator[dict[str, str]]:
    """Leaves of each record by the name of their column."""
    names: dict[str, str | None] = {}
    for number, record in enumerate(records, start=1):
        flat: dict[str, str] = {}
        for leaf, value in _leaves(record, "", layout.repeated):
            if leaf not in names:
                names[leaf] = _column(path, leaf, number, layout)
            column = names[leaf]
            if column is not None and value is not None:
                flat[column] = str(value)
        yield flat


def _leaves(node: Any, path: str, repeated: frozenset[str]) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if key == "$":
            yield path, value
        elif key.startswith("@"):
            yield f"{path}.{key[1:].replace(':', '')}", value
        else:
            own = f"{path}.{key}" if path else key
            items = value if isinstance(value, list) else [value]
            for number, item in enumerate(items, start=1):
                numbered = key in repeated or len(items) > 1
                inner = f"{own}.{number}" if numbered else own
                if isinstance(item, dict):
                    yield from _leaves(item, inner, repeated)
                elif item is not None:
                    yield inner, item


def _column(path: Path, leaf: str, number: int, layout: Layout) -> str | None:
    """The column of a leaf; none where it is ignored."""
    name = leaf
    for old, new in layout.renamed.items():
        name = name.replace(old, new)
    if name in layout.columns:
        return name
    if any(fnmatchcase(name, glob) for globs in layout.ignored.values() for glob in globs):
        return None
    raise TrinationalError(
        f"{path.name}, record {number}: {name!r} is new: neither used nor ignored",
        hint=nearest(name, layout.columns) or "is it a file of another level?",
    )
