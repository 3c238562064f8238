"""Plants first seen after a closure of the same parent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import polars as pl
import pytest
from small_tables import Rows, small_tables
from typer.testing import CliRunner

from graph.analysis import first_seen
from graph.analysis.first_seen import COLUMNS
from graph.cli import app
from graph.engine import Engine, Tables
from graph.home import Home
from graph.identity.resolve import MAPPING

ENGINES: tuple[Engine, ...] = ("polars", "duckdb")
ROWS: Rows = {
    "Plant": [
        {"id": "plant:us", "name": "Ohio", "country": "US"},
        {"id": "plant:mx", "name": "Silao", "country": "MX"},
        {"id": "plant:late", "name": "Late", "country": "MX"},
        {"id": "plant:old", "name": "Old", "country": "MX"},
        {"id": "plant:other", "name": "Other", "country": "MX"},
    ],
    "Corporation": [{"id": f"corp:{name}", "name": name} for name in ("top", "us", "mx", "rival")],
    "Event": [{"id": "event:c", "event_type": "closure", "date": "2010-05", "workers": 300}],
    "Party": [{"id": "x/Party|event:c|raw:us", "within": "event:c", "role": "plant", "party": "plant:us"}],
    "Ownership": [
        {"owner": "corp:top", "owned": "corp:us"},
        {"id": "x/Ownership|corp:top|raw:mx", "owner": "corp:top", "owned": "corp:mx"},
    ],
    "Operation": [
        {"plant": "plant:us", "operator": "corp:us"},
        *({"plant": f"plant:{name}", "operator": "corp:mx"} for name in ("mx", "late", "old")),
        {"plant": "plant:other", "operator": "corp:rival"},
    ],
}
SEEN = {
    "plant:mx": ("2012", "2014"),
    "plant:late": ("2014", "2014"),
    "plant:old": ("2009", "2014"),
    "plant:other": ("2012", "2014"),
}


def tables_of(
    rows: Rows = ROWS,
    engine: Engine = "polars",
    seen: Any = None,
    joined: Mapping[str, pl.DataFrame] = MappingProxyType({}),
) -> Tables:
    """Small tables with what a register saw: files of 2009, 2012 and 2014."""
    tables = small_tables(rows, engine)
    told = [{"id": plant, "first_seen": a, "last_seen": b} for plant, (a, b) in (seen or SEEN).items()]
    evidence = {"source": pl.lit("retc@1"), "locator": pl.col("id") + "#1", "status": pl.lit("filed")}
    frames = {name: tables[name].collect("polars").to_native() for name in rows}
    frames |= {
        f"said/{kind}": tables[f"said/{kind}"].collect("polars").to_native()
        for kind in ("Event", "Corporation")
    }
    frames["things"] = tables["things"].collect("polars").to_native()
    frames["said/Plant"] = pl.DataFrame(told).with_columns(**evidence, record_id="id")
    return Tables.of(frames | dict(joined), engine)


def ends(found: pl.DataFrame) -> list[tuple[str, str]]:
    names = [pl.col(end).struct.field("id").alias(end) for end in ("origin", "destination")]
    return found.select(names).rows()


@pytest.mark.parametrize("engine", ENGINES)
def test_only_plants_of_the_parent_within_the_years_are_listed(engine: Engine) -> None:
    found = first_seen(tables_of(engine=engine))
    assert tuple(found.columns) == COLUMNS
    [row] = found.to_dicts()
    assert row["parent"] == {"id": "corp:top", "name": "top"}
    assert ends(found) == [("plant:us", "plant:mx")]
    assert (row["closed"], row["first_seen"], row["months"], row["workers"]) == ("2010-05", "2012", 25.5, 300)
    assert (row["origin_country"], row["destination_country"]) == ("US", "MX")


def test_years_countries_and_dates_choose() -> None:
    assert set(ends(first_seen(tables_of(), years=5))) == {
        ("plant:us", "plant:mx"),
        ("plant:us", "plant:late"),
    }
    assert first_seen(tables_of(), years=1).is_empty()
    assert first_seen(tables_of(), as_of="2011").is_empty()
    assert first_seen(tables_of(), origins=("CA",)).is_empty()
    assert first_seen(tables_of(), destinations=("CA",)).is_empty()


def test_each_step_has_its_evidence() -> None:
    [row] = first_seen(tables_of()).to_dicts()
    cited = {(line["source"], line["locator"]) for line in row["evidence"]}
    assert ("x@1", "Event#event:c") in cited
    assert ("retc@1", "plant:mx#1") in cited
    assert {locator.partition("#")[0] for source, locator in cited if source == "x@1"} == {
        "Event", "Operation", "Ownership",
    }  # fmt: skip
    assert len([1 for _, locator in cited if locator.startswith("Operation")]) == 2
    assert len([1 for _, locator in cited if locator.startswith("Ownership")]) == 2


def test_joins_of_ids_are_told_with_their_reason() -> None:
    ends = {
        "x/Party|event:c|raw:us": "raw:us",
        "x/Ownership|corp:top|raw:mx": "raw:mx",
        "x/Ownership|corp:top|raw:other": "raw:other",
    }
    steps = [
        ("lei:x", "plant:us", "match", 0.99, "plant:us"),
        ("raw:us", "plant:us", "key", None, "lei:x"),
        ("raw:mx", "corp:mx", "match", 0.98, "corp:mx"),
        ("raw:other", "corp:mx", "match", 0.98, "corp:mx"),
        ("raw:rival", "corp:rival", "match", 0.99, "corp:rival"),
    ]
    tables = tables_of(
        joined={
            "identity": pl.DataFrame(steps, MAPPING, orient="row"),
            "ends": pl.DataFrame(list(ends.items()), ["id", "record_id"], orient="row"),
        }
    )
    [row] = first_seen(tables).to_dicts()
    assert [(s["record_id"], s["joined_to"], s["reason"]) for s in row["identity"]] == [
        ("raw:us", "lei:x", "key"),
        ("lei:x", "plant:us", "match"),
        ("raw:mx", "corp:mx", "match"),
    ]
    assert [s["probability"] for s in row["identity"]] == [None, 0.99, 0.98]


def test_what_is_not_sure_is_said() -> None:
    [row] = first_seen(tables_of()).to_dicts()
    assert row["assumed"] == [
        "first seen in a register, opened perhaps before",
        "the register has no file of the year before",
        "date of operation or ownership not known",
    ]
    filed = SEEN | {"plant:x": ("2011", "2011")}
    [row] = first_seen(tables_of(seen=filed)).to_dicts()
    assert "the register has no file of the year before" not in row["assumed"]


def test_a_plant_known_before_is_not_new() -> None:
    rows = {**ROWS, "Plant": [*ROWS["Plant"]]}
    rows["Plant"][1] = rows["Plant"][1] | {"opened": "1999"}
    assert first_seen(tables_of(rows)).is_empty()
    rows["Plant"][1] = rows["Plant"][1] | {"opened": "2011-03"}
    [row] = first_seen(tables_of(rows)).to_dicts()
    assert (row["first_seen"], row["months"]) == ("2011-03", 10)


def test_an_event_dates_a_plant_but_makes_none_new() -> None:
    rows = {**ROWS, "Event": [*ROWS["Event"], {"id": "event:s", "event_type": "strike", "date": "2011-02"}]}
    rows["Party"] = [*ROWS["Party"], {"within": "event:s", "role": "plant", "party": "plant:mx"}]
    assert first_seen(tables_of(rows))["first_seen"].to_list() == ["2011-02"]
    unseen = {plant: span for plant, span in SEEN.items() if plant != "plant:mx"}
    assert first_seen(tables_of(rows, seen=unseen)).is_empty()
    rows["Event"][1]["date"] = "2009-02"
    assert first_seen(tables_of(rows)).is_empty()


def test_a_parent_of_another_time_does_not_count() -> None:
    rows = {**ROWS, "Ownership": [dict(line) for line in ROWS["Ownership"]]}
    rows["Ownership"][0] |= {"since": "2001", "until": "2005"}
    assert first_seen(tables_of(rows)).is_empty()


def test_industries_are_compared_by_shared_digits() -> None:
    rows = {
        **ROWS,
        "InSector": [
            {"member": "plant:us", "sector": "naics-2022:336111"},
            {"member": "plant:mx", "sector": "scian-2023:336120"},
        ],
    }
    assert first_seen(tables_of(rows))["product_match"].to_list() == [0.6]
    assert first_seen(tables_of())["product_match"].to_list() == [None]


def test_the_command_lists_them(demo_home: Home) -> None:
    found = CliRunner().invoke(
        app, ["--home", str(demo_home.path), "shifts", "--first-seen", "--years", "30", "--format", "json"]
    )
    assert found.exit_code == 0, found.output
    for row in json.loads(found.stdout):
        assert list(row) == list(COLUMNS)
        assert row["evidence"]
    table = CliRunner().invoke(app, ["--home", str(demo_home.path), "shifts", "--first-seen"])
    assert table.exit_code == 0, table.output
    assert "unknown" in table.output
