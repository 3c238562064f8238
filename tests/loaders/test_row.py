"""What `describe` may say, tried on single rows."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from loaders.clean import date, integer, term, texts
from loaders.load import try_row
from loaders.row import Row
from ontology import TrinationalError


def local(row: Row) -> None:
    row.defaults("filed", as_of=date(row["TO"]))
    row.skip("terminated", when=row["STATUS"] == "T")
    union = row.thing(
        "Union", ("us-olms", row["F_NUM"]), name=row["NAME"], level=term(row["LEVEL"], "union-level")
    )
    row.relation(
        "Affiliation", member=union, body=row.ref("Union", ("us-aff", row["AFF"]), when=row["AFF"] != "UNAFF")
    )
    row.relation(
        "Count", when=row["MEMBERS"].is_not_null(), of=union, measure="members", value=integer(row["MEMBERS"])
    )
    row.relation("InSector", member=union, sector=row.ref("Sector", ("naics-2022", row.each("NAICS", ";"))))


def test_a_row_says_things_and_relations() -> None:
    outcome = try_row(
        local,
        F_NUM="48",
        NAME="Local  9",
        LEVEL="local",
        AFF="UAW",
        MEMBERS="1,200",
        TO="2021-03-31",
        NAICS="336; 3361",
    )
    assert outcome.fate == "used"
    union = outcome.one("Union")
    assert (union["id"], union["name"], union["level"]) == ("us-olms:48", "Local 9", "local")
    assert (union["status"], union["as_of"], union["source"]) == ("filed", "2021-03-31", "test@test")
    assert (union["locator"], union["times"], union["sensitivity"]) == ("test#1", 1, "public")
    assert outcome.one("Affiliation")["id"] == "test/Affiliation|us-olms:48|us-aff:UAW"
    assert outcome.one("Count")["value"] == 1200.0
    assert outcome.records["InSector"]["sector"].to_list() == ["naics-2022:336", "naics-2022:3361"]


def test_a_relation_is_said_only_where_its_things_are() -> None:
    assert "Affiliation" not in try_row(local, F_NUM="48", AFF="UNAFF").records
    outcome = try_row(local, F_NUM="48", AFF=None)
    assert "Affiliation" not in outcome.records
    assert outcome.fate == "used"


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"F_NUM": "x48"}, "F_NUM", "not a key of us-olms (key of Union)"),
        ({}, "F_NUM", "key of Union is missing"),
        ({"F_NUM": "48", "MEMBERS": "many"}, "MEMBERS", "not a whole number (Count.value)"),
        (
            {"F_NUM": "48", "NAICS": "336;auto"},
            "NAICS (split at ';')",
            "not a key of naics-2022 (InSector.sector)",
        ),
    ],
)
def test_a_bad_mandatory_value_rejects_the_whole_row(cells: dict[str, str], column: str, reason: str) -> None:
    outcome = try_row(local, **cells)
    assert (outcome.fate, outcome.reason, outcome.records) == ("rejected", reason, {})
    assert (column, reason, True) in outcome.wrong.select("column", "reason", "fatal").rows()


def test_a_bad_optional_value_is_dropped_and_noted() -> None:
    outcome = try_row(local, F_NUM="48", LEVEL="lokal", TO="2021-02-30")
    assert outcome.fate == "used"
    assert "level" not in outcome.one("Union")
    assert outcome.wrong.rows() == [
        ("LEVEL", "lokal", "not a term of union-level (Union.level)", False),
        ("TO", "2021-02-30", "not a date (YYYY, YYYY-MM, YYYY-MM-DD) (as_of)", False),
    ]


def test_a_skipped_row_is_not_rejected_and_its_cells_are_not_told() -> None:
    outcome = try_row(local, STATUS="T", F_NUM="x48", MEMBERS="many")
    assert (outcome.fate, outcome.reason, outcome.wrong.height) == ("ignored", "terminated", 0)


def test_a_row_with_nothing_to_say_is_ignored() -> None:
    def maybe(row: Row) -> None:
        row.defaults("stated")
        row.thing("Plant", ("plant", row["ID"]), when=row["ID"].is_not_null())

    outcome = try_row(maybe, ID=None)
    assert (outcome.fate, outcome.reason) == ("ignored", "nothing to say")


def test_keys_of_relations() -> None:
    def keyed(row: Row) -> None:
        row.defaults("stated")
        union, body = row.ref("Union", row["A"]), row.ref("Union", row["B"])
        row.relation("Affiliation", member=union, body=body)
        row.relation("Affiliation", "parent", member=union, body=body)
        row.relation("Affiliation", row["K"], member=union, body=body)
        row.relation("Affiliation", (union, row["K"]), member=union, body=body)

    found = try_row(keyed, A="union:a", B="union:b", K="7").records["Affiliation"]["id"].to_list()
    assert found == [
        "test/Affiliation|7",
        "test/Affiliation|union:a|7",
        "test/Affiliation|union:a|union:b",
        "test/Affiliation|union:a|union:b|parent",
    ]


def test_status_by_row_and_relations_as_roles() -> None:
    def tie(row: Row) -> None:
        found = pl.when(row["STEP"] == "denial").then(pl.lit("found")).otherwise(pl.lit("alleged"))
        row.defaults(found, further_urls=texts(row["MORE"], " ; "))
        tie = row.relation("Tie", row["ID"], tie_kind="alliance")
        for column in ("FROM", "TO"):
            row.relation("Party", within=tie, party=row.ref("Thing", row[column]), role="party")

    outcome = try_row(
        tie, ID="sol:1", FROM="union:a", TO="plant:b", STEP="denial", MORE="https://a ; https://b"
    )
    assert outcome.one("Tie")["status"] == "found"
    assert outcome.one("Tie")["further_urls"] == ["https://a", "https://b"]
    assert outcome.records["Party"]["within"].to_list() == ["test/Tie|sol:1"] * 2


def test_a_complete_id_needs_a_known_authority_and_a_fitting_key() -> None:
    def plant(row: Row) -> None:
        row.defaults("stated")
        row.thing("Plant", row["ID"])

    for good in ("plant:gm-silao", "lei:5493000IBP32UQZ0KL24"):
        assert try_row(plant, ID=good).fate == "used"
    for wrong in ("gm-silao", "plnt:gm-silao", "plant:GM Silao", "lei:5493000IBP32UQZ0KL42", "plant:", ":x"):
        assert try_row(plant, ID=wrong).fate == "rejected", wrong


def test_bounds_of_the_ontology_are_held() -> None:
    def share(row: Row) -> None:
        row.defaults("stated")
        row.relation(
            "Ownership",
            owner=row.ref("Corporation", row["A"]),
            owned=row.ref("Corporation", row["B"]),
            share_pct=row["SHARE"],
        )
        row.thing("Plant", ("plant", "x"), country=row["COUNTRY"])

    outcome = try_row(share, A="corp:a", B="corp:b", SHARE="120", COUNTRY="Mexico")
    assert "share_pct" not in outcome.one("Ownership")
    assert "country" not in outcome.one("Plant")
    assert outcome.wrong["column"].to_list() == ["COUNTRY", "SHARE"]


def test_white_space_and_invisible_signs_are_no_content() -> None:
    def plant(row: Row) -> None:
        row.defaults("stated")
        row.thing("Plant", ("plant", row["ID"]), name=row["NAME"])

    assert try_row(plant, ID=" gm \u200b", NAME="\u00a0\ufeff").one("Plant").keys() & {"id", "name"} == {"id"}


def say_nothing(row: Row) -> None:
    row.thing("Plant", ("plant", row["ID"]))


def wrong_kind(row: Row) -> None:
    row.defaults("stated")
    row.thing("Plnat", ("plant", row["ID"]))


def wrong_column(row: Row) -> None:
    row.defaults("stated")
    row.thing("Plant", ("plant", row["ID"]), nmae=row["NAME"])


def wrong_role(row: Row) -> None:
    row.defaults("stated")
    row.relation(
        "Making",
        plant=row.ref("Union", ("union", row["ID"])),
        product=row.ref("Product", ("product", row["P"])),
    )


def role_missing(row: Row) -> None:
    row.defaults("stated")
    row.relation("Making", plant=row.ref("Plant", ("plant", row["ID"])))


def wrong_type(row: Row) -> None:
    row.defaults("stated")
    row.thing("Plant", ("plant", row["ID"]), latitude=date(row["LAT"]))


def wrong_constant(row: Row) -> None:
    row.defaults("staetd")
    row.thing("Plant", ("plant", row["ID"]))


def wrong_authority(row: Row) -> None:
    row.ref("Plant", ("plnt", row["ID"]))


def f_string(row: Row) -> None:
    row.ref("Plant", ("plant", f"{row['ID']}-x"))


def bare_star(row: Row) -> None:
    row.ignore("*", why="all of it")


@pytest.mark.parametrize(
    ("describe", "message", "hint"),
    [
        (say_nothing, "no status", "defaults"),
        (wrong_kind, "'Plnat'", "'Plant'"),
        (wrong_column, "'nmae'", "'name'"),
        (wrong_role, "takes Plant, not Union", ""),
        (role_missing, "needs product", ""),
        (wrong_type, "'latitude' takes Float64, not String", "cleaner"),
        (wrong_constant, "'staetd'", "'stated'"),
        (wrong_authority, "'plnt'", "'plant'"),
        (f_string, "f-string", "one by one"),
        (bare_star, "would hide", "name the columns"),
    ],
)
def test_a_mistake_in_a_loader_is_named(describe: Callable[[Row], None], message: str, hint: str) -> None:
    with pytest.raises(TrinationalError) as caught:
        try_row(describe, ID="x")
    assert message in str(caught.value)
    assert hint in caught.value.hint


def test_a_statement_overrides_the_defaults_and_none_takes_them_back() -> None:
    def plant(row: Row) -> None:
        row.defaults("filed", as_of="2020", url="https://a")
        row.thing("Plant", ("plant", row["ID"]), as_of=None, url="https://b", status="inferred")

    found = try_row(plant, ID="x").one("Plant")
    assert (found["status"], found["url"], found.get("as_of")) == ("inferred", "https://b", None)
