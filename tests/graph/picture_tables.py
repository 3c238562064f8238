"""Graph tables of a few rows, taken from the built-in dataset, with what must not be shown beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from ontology import model, schema

EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
RELEASE = "curated@2026-11-22"
Row = dict[str, Any]


def said_by(row: int, table: str, **more: Any) -> Row:
    page = {
        "url": f"https://example.org/{table}/{row}",
        "page_title": f"Page {row}",
        "page_publisher": "Paper",
    }
    base = {"source": RELEASE, "locator": f"{table}.csv#{row}", "retrieved": "2026-11-22", "status": "stated"}
    return {**base, **page, "page_class": "press_or_other", **more}


THINGS: dict[str, list[Row]] = {
    "Plant": [
        {"id": "plant:carrier-indianapolis", "name": "Carrier Indianapolis", "country": "US"},
        {"id": "plant:carrier-monterrey", "name": "Carrier Monterrey", "country": "MX"},
        {"id": "plant:gm-silao", "name": "GM Silao Complex", "country": "MX", "place": "Silao"},
        {"id": "plant:evil", "name": EVIL, "country": "CA"},
        {"id": "plant:hidden", "name": "Secret plan", "country": "US"},
    ],
    "Union": [
        {"id": "union:usw", "name": "United Steelworkers", "abbreviation": "USW", "country": "US"},
        {"id": "union:unifor", "name": "Unifor", "country": "CA", "level": "national_union"},
        {"id": "union:sinttia", "name": "SINTTIA", "country": "MX"},
        {"id": "union:industriall", "name": "IndustriALL Global Union", "level": "global_union_federation"},
    ],
    "Corporation": [{"id": "corp:carrier", "name": "Carrier", "country": "US"}],
    "Product": [{"id": "product:furnaces", "name": "furnaces"}],
    "Sector": [{"id": "naics-2022:3336", "name": "Engines and turbines", "code": "3336"}],
    "Case": [
        {"id": "case:rrm-silao", "country": "MX", "case_type": "rrm", "request_date": "2021-05-12"},
    ],
    "Event": [{"id": "disp:silao-vote", "event_type": "union_election", "date": "2022-02-01"}],
}

RELATIONS: dict[str, list[Row]] = {
    "Operation": [{"operator": "corp:carrier", "plant": "plant:carrier-indianapolis"}],
    "Representation": [
        {
            "union": "union:usw",
            "plant": "plant:carrier-indianapolis",
            "local": "Local 1999",
            "representation_status": "recognized",
        },
        {"union": "union:sinttia", "plant": "plant:gm-silao", "representation_status": "certified"},
        {"union": "union:unifor", "plant": "plant:evil", "representation_status": "claimed"},
        {"union": "union:usw", "plant": "plant:hidden", "representation_status": "claimed"},
    ],
    "Supply": [
        {
            "supplier": "plant:evil",
            "buyer": "plant:gm-silao",
            "product": "product:furnaces",
            "evidence_type": "news",
            "note": EVIL,
        }
    ],
    "Affiliation": [{"member": "union:unifor", "body": "union:industriall", "affiliation_kind": "affiliate"}],
    "InSector": [{"member": "plant:carrier-indianapolis", "sector": "naics-2022:3336"}],
    "Making": [{"plant": "plant:carrier-indianapolis", "product": "product:furnaces"}],
    "Count": [{"of": "plant:gm-silao", "measure": "employees", "value": 6500.0, "as_of": "2021"}],
    "Tie": [
        {
            "tie_kind": "strike_support",
            "since": "2022",
            "description": "Unifor backed the vote",
            "plant": "plant:gm-silao",
        },
        {"tie_kind": "joint_statement", "since": "2023", "status": "retracted"},
        {"tie_kind": "exchange", "since": "2024", "sensitivity": "restricted"},
        {"tie_kind": "alliance", "since": "2020", "description": "Three unions met"},
    ],
    "ShiftClaim": [
        {
            "corporation": "corp:carrier",
            "origin": "plant:carrier-indianapolis",
            "destination": "plant:carrier-monterrey",
            "product": "product:furnaces",
            "outcome": "carried_out",
            "jobs_lost": 550,
            "evidence_type": "warn",
        },
        {
            "corporation": "corp:carrier",
            "origin": "plant:carrier-indianapolis",
            "destination_place": "San Luis Potosi",
            "destination_country": "MX",
            "outcome": "cancelled",
            "jobs_lost": 900,
            "evidence_type": "news",
        },
    ],
    "Party": [
        {"within": "curated/Tie|1", "party": "union:unifor", "role": "party"},
        {"within": "curated/Tie|1", "party": "union:sinttia", "role": "beneficiary"},
        {"within": "curated/Tie|2", "party": "union:usw", "role": "party"},
        {"within": "curated/Tie|2", "party": "union:sinttia", "role": "party"},
        {"within": "curated/Tie|3", "party": "union:usw", "role": "party"},
        {"within": "curated/Tie|3", "party": "union:unifor", "role": "party"},
        {"within": "curated/Tie|4", "party": "union:usw", "role": "party"},
        {"within": "curated/Tie|4", "party": "union:unifor", "role": "party"},
        {"within": "curated/Tie|4", "party": "union:sinttia", "role": "party"},
        {"within": "case:rrm-silao", "party": "plant:gm-silao", "role": "plant", "status": "alleged"},
        {
            "within": "case:rrm-silao",
            "party": "union:sinttia",
            "role": "union_concerned",
            "status": "alleged",
        },
        {"within": "disp:silao-vote", "party": "plant:gm-silao", "role": "plant"},
        {"within": "disp:silao-vote", "party": "union:sinttia", "role": "union"},
    ],
}


def _things(kind: str) -> pl.DataFrame:
    rows = [{"sources": [RELEASE], **row} for row in THINGS.get(kind, [])]
    return pl.DataFrame(rows, schema=schema(kind, "graph"))


def _said(kind: str) -> pl.DataFrame:
    own = schema(kind)
    columns = {"id": own.pop("id"), "record_id": pl.String(), **own}
    rows = []
    for number, row in enumerate(THINGS.get(kind, []), start=1):
        secret = {"sensitivity": "restricted"} if row["id"] == "plant:hidden" else {}
        rows.append({"record_id": row["id"], **said_by(number, kind.lower(), **secret), **row})
    return pl.DataFrame(rows, schema=columns)


def _relations(kind: str) -> pl.DataFrame:
    rows = [
        {"id": f"curated/{kind}|{number}", **said_by(number, kind.lower()), **row}
        for number, row in enumerate(RELATIONS.get(kind, []), start=1)
    ]
    return pl.DataFrame(rows, schema=schema(kind, "graph"))


def tables() -> tuple[Callable[[str], pl.LazyFrame], Callable[[str], pl.LazyFrame]]:
    """Resolved tables and what was said, as `LaborGraph.scan` and `LaborGraph.said` give them."""
    resolved = {kind.name: _things(kind.name) for kind in model().things}
    resolved |= {kind.name: _relations(kind.name) for kind in model().relations}
    said = {kind.name: _said(kind.name) for kind in model().things}
    return lambda kind: resolved[kind].lazy(), lambda kind: said[kind].lazy()
