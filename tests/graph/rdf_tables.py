"""A small graph folder with every difficulty that its RDF must survive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from graph.build import months
from ontology import model, schema

NASTY = 'a "b" \\ c\nd\te\rf\x0bg\x00h\x7f \u2028 ñ 😀 <x> {y}'
EVIDENCE = {
    "source": "alpha@2026",
    "locator": "a.csv#1",
    "status": "stated",
    "url": "https://a.example/?q=1&r=ü",
}
BETA = {"source": "beta@2026-08-08", "locator": "b.csv#7", "status": "filed"}
HIDDEN = {**BETA, "sensitivity": "restricted"}

SAID: dict[str, list[dict[str, Any]]] = {
    "Plant": [
        {
            "id": "plant:norte",
            "record_id": "plant:norte",
            "name": NASTY,
            "country": "MX",
            "opened": "2001-05",
            **EVIDENCE,
        },
        {
            "id": "plant:norte",
            "record_id": "mx-retc-nra:ABC 1/ñ",
            "name": "Norte",
            "latitude": 25.5,
            "other_names": ["N", 'N "2"'],
            **BETA,
        },
        {
            "id": "plant:sur",
            "record_id": "plant:sur",
            "name": "Sur",
            "country": "US",
            "closed": "2019",
            **EVIDENCE,
        },
        {
            "id": "plant:sur",
            "record_id": "plant:sur",
            "name": "Sur",
            "municipality": "Villa Zeta",
            "other_names": ["Sur 2"],
            **HIDDEN,
        },
        {"id": "plant:oculta", "record_id": "os-id:secret-9", "name": "Oculta", **HIDDEN},
    ],
    "Union": [
        {
            "id": "union:uno",
            "record_id": "union:uno",
            "name": "Uno",
            "level": "local",
            "founded": "1990-02-03",
            **EVIDENCE,
        },
        {"id": "union:dos", "record_id": "union:dos", "name": "Dos", "country": "CA", **EVIDENCE},
    ],
    "Corporation": [
        {"id": f"corp:{name}", "record_id": f"corp:{name}", "name": name.capitalize(), **EVIDENCE}
        for name in ("acme", "new", "old")
    ],
    "Product": [
        {"id": "product:camión, 100 %", "record_id": "product:camión, 100 %", "name": "camión", **EVIDENCE}
    ],
    "Source": [
        {
            "id": "alpha@2026",
            "record_id": "alpha@2026",
            "name": "Alpha",
            "release": "2026",
            "licence": "CC0",
            **EVIDENCE,
        },
        {
            "id": "beta@2026-08-08",
            "record_id": "beta@2026-08-08",
            "name": "Beta",
            "release": "2026-08-08",
            **EVIDENCE,
        },
    ],
}
RELATIONS: dict[str, list[dict[str, Any]]] = {
    "Operation": [
        {
            "id": "alpha/Operation|plant:norte|corp:acme",
            "plant": "plant:norte",
            "operator": "corp:acme",
            "share_pct": 50.5,
            "since": "2010",
            **EVIDENCE,
        },
        {
            "id": "beta/Operation|plant:norte|corp:acme",
            "plant": "plant:norte",
            "operator": "corp:acme",
            **BETA,
        },
    ],
    "Representation": [
        {
            "id": f"alpha/Representation|{union}|{plant}",
            "union": union,
            "plant": plant,
            "representation_status": status,
            "workers": 7,
            **EVIDENCE,
            **more,
        }
        for union, plant, status, more in (
            ("union:uno", "plant:norte", "certified", {}),
            ("union:dos", "plant:norte", "claimed", {}),
            ("union:uno", "plant:sur", "ended", {}),
            ("union:dos", "plant:sur", "recognized", {"status": "alleged"}),
            ("union:uno", "plant:oculta", "recognized", {"sensitivity": "restricted"}),
        )
    ],
    "Making": [
        {
            "id": "alpha/Making|plant:norte|product:camión, 100 %",
            "plant": "plant:norte",
            "product": "product:camión, 100 %",
            **EVIDENCE,
        }
    ],
    "Tie": [
        {"id": "alpha/Tie|t1", "tie_kind": "statement", "description": "both", "since": "2020-01", **EVIDENCE}
    ],
    "Party": [
        {
            "id": f"alpha/Party|alpha/Tie|t1|{union}",
            "within": "alpha/Tie|t1",
            "party": union,
            "role": "party",
            **EVIDENCE,
        }
        for union in ("union:dos", "union:uno")
    ],
    "Ownership": [
        {"id": "alpha/Ownership|1", "owner": "corp:old", "owned": "corp:acme", "until": "2015", **EVIDENCE},
        {"id": "alpha/Ownership|2", "owner": "corp:new", "owned": "corp:acme", "since": "2015", **EVIDENCE},
    ],
    "Supply": [
        {"id": f"alpha/Supply|{supplier}|{buyer}", "supplier": supplier, "buyer": buyer, **EVIDENCE}
        for supplier, buyer in (
            ("plant:norte", "corp:acme"),
            ("corp:acme", "plant:sur"),
            ("plant:norte", "plant:sur"),
        )
    ],
    "Funding": [{"id": "alpha/Funding|x", "funder": "corp:acme", **EVIDENCE}],
}


def write_tables(folder: Path) -> Path:
    """Write the tables in the layout of a built graph."""
    (folder / "said").mkdir(parents=True)
    for name, rows in SAID.items():
        said = _frame({**schema(name), "record_id": pl.String()}, rows).sort("id", "source", "locator")
        said.write_parquet(folder / "said" / f"{name}.parquet")
        _write(folder, name, _resolved(name, said))
    for name, rows in RELATIONS.items():
        _write(folder, name, _frame(schema(name), rows))
    things = [{"id": row["id"]} for rows in SAID.values() for row in rows]
    pl.DataFrame(things).unique().sort("id").write_parquet(folder / "things.parquet")
    merged = {
        "record_id": ["mx-retc-nra:ABC 1/ñ", "os-id:secret-9"],
        "id": ["plant:norte", "plant:oculta"],
        "reason": ["judgement", "judgement"],
    }
    pl.DataFrame(merged).write_parquet(folder / "identity.parquet")
    return folder


def _frame(columns: dict[str, Any], rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, columns)


def _resolved(name: str, said: pl.DataFrame) -> pl.DataFrame:
    """First value that some record gives, all values of lists."""
    columns = [
        pl.col(c.name).explode(empty_as_null=True).drop_nulls().unique().sort()
        if c.many
        else pl.col(c.name).drop_nulls().first()
        for c in model().kind(name).columns
    ]
    return said.group_by("id").agg(*columns, pl.col("source").unique().sort().alias("sources"))


def _write(folder: Path, name: str, frame: pl.DataFrame) -> None:
    columns = schema(name, "graph")
    bounds = [
        months(column.removesuffix(end), unknown).alias(column)
        for column in columns
        for end, unknown in (("_min", 0), ("_max", 11))
        if column.endswith(end)
    ]
    frame.with_columns(bounds).select(pl.col(c).cast(t) for c, t in columns.items()).sort("id").write_parquet(
        folder / f"{name}.parquet"
    )
