"""Which file numbers of the union reports an abbreviation and a local's number stand for.

`UAW|174` is the union `us-aff:UAW/174`, as notices, elections and stoppages name it. With one file number it
is that body of the reports; with several (successive or homonymous locals) it stays itself and its note names
them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from loaders.clean import text
from loaders.read import PROBLEM, ROW
from loaders.row import Row
from loaders.source import Download, Source, Table
from ontology import TrinationalError

_KEY = re.compile(r"([^|]+)\|([0-9]+)")


def lookup(path: Path) -> pl.LazyFrame:
    """One row a key: `AFF`, `LOCAL`, `F_NUMS` (file numbers, comma between)."""
    try:
        pairs: Any = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=list)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TrinationalError(f"{path.name} is no JSON ({error})", hint="download it again") from error
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        raise TrinationalError(
            f"{path.name}: not an object of keys and file numbers", hint='wanted: {"UAW|174": [2391]}'
        )
    schema = {ROW: pl.Int64, "AFF": pl.String, "LOCAL": pl.String, "F_NUMS": pl.String, PROBLEM: pl.String}

    twice = {key for key, times in Counter(key for key, _ in pairs).items() if times > 1}
    rows = [(n, *_row(key, numbers, key in twice)) for n, (key, numbers) in enumerate(pairs, start=1)]
    return pl.LazyFrame(rows, schema, orient="row")


def _row(key: str, numbers: Any, twice: bool) -> tuple[str | None, str | None, str | None, str | None]:
    found = _KEY.fullmatch(key)
    if found is None:
        return None, None, None, f"key {key!r} is not AFF|number"
    if twice:
        return None, None, None, "the key stands there several times"
    if not isinstance(numbers, list) or not numbers or not all(type(n) is int and n > 0 for n in numbers):
        return None, None, None, f"key {key!r}: no list of file numbers"
    return found[1], found[2].lstrip("0") or "0", ", ".join(str(n) for n in dict.fromkeys(numbers)), None


def keys(row: Row) -> None:
    """One key."""
    row.defaults("stated")
    union, local, numbers = row["AFF"], row["LOCAL"], row["F_NUMS"]
    row.skip("no number: headquarters and bodies without one", when=local == "0")
    row.skip("unaffiliated: a number alone does not say which union", when=union == "UNAFF")
    one = ~numbers.str.contains(",")
    body = row.thing("Union", ("us-aff", union), name=text(union), abbreviation=union)
    member = row.thing(
        "Union",
        ("us-aff", pl.concat_str(union, local, separator="/")),
        name=text(pl.concat_str(union, local, separator=" ")),
        designation=local,
        same_as=pl.when(one).then(pl.concat_list("us-olms:" + numbers)),
        note=pl.when(~one).then(pl.concat_str(pl.lit("several file numbers, any of them: "), numbers)),
    )
    row.relation("Affiliation", member=member, body=body, affiliation_kind="affiliate")


SOURCE = Source(
    id="us_union_lookup",
    title="File numbers of the union reports by affiliation and local number",
    publisher="labordata, from reports to the US Department of Labor",
    licence="MIT; facts US Government work (public domain)",
    url="https://github.com/labordata/labor-union-parser",
    tables=(Table("fnum_lookup*.json", lookup, keys, expected_bytes=20),),
    raw="us-union-fnum-lookup",
    downloads=(
        Download(
            "https://raw.githubusercontent.com/labordata/labor-union-parser"
            "/98ffe7e9f9f1938a6066febdb2fdd4794ddc7cba/src/labor_union_parser/weights/fnum_lookup.json",
            "fnum_lookup.json",
            632_182,
        ),
    ),
    also_there=("PROVENANCE.md",),
)
