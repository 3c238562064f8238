"""Sectors: complete, linked, and compared only as deep as their codes mean the same."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pyoxigraph as ox
import pytest

from ontology import TrinationalError, model, schema, sectors
from ontology.authorities import check
from ontology.model import ID, ONTOLOGY
from ontology.sectors import write

SKOS = "http://www.w3.org/2004/02/skos/core#"


def one(sector: str) -> dict[str, object]:
    return sectors.table().filter(id=sector).row(0, named=True)


def test_the_table_has_columns_of_kind_sector() -> None:
    found = sectors.table().schema
    assert list(found) == [
        *("id", "name", "country", "code"),
        *("scheme", "broader", "exact_match", "close_match"),
    ]
    assert all(schema("Sector")[name] == dtype for name, dtype in found.items())


def test_counts_are_those_of_the_official_tables() -> None:
    assert dict(sectors.table().group_by("scheme").len().rows()) == {
        "naics-2022": 2125,
        "scian-2023": 2115,
        "isic-4": 766,
    }
    assert sectors.table()["id"].is_unique().all()


def test_every_id_is_a_key_of_its_authority() -> None:
    for scheme in ("naics-2022", "scian-2023", "isic-4"):
        rows = sectors.table().filter(scheme=scheme)
        assert rows.select(check(scheme, pl.col("code")).all()).item()
        assert (rows["id"] == scheme + ":" + rows["code"]).all()


def test_every_link_ends_at_a_sector() -> None:
    ids = sectors.table()["id"].implode()
    for name in ("exact_match", "close_match"):
        assert sectors.table()[name].explode(empty_as_null=False).is_in(ids).all()
    assert sectors.table()["broader"].drop_nulls().is_in(ids).all()


def test_broader_reaches_the_top_of_each_scheme() -> None:
    assert one("naics-2022:336")["broader"] == "naics-2022:31-33"
    assert one("scian-2023:484")["broader"] == "scian-2023:48-49"
    assert one("isic-4:29")["broader"] == "isic-4:C"
    tops = sectors.table().filter(pl.col("broader").is_null()).group_by("scheme").len()
    assert dict(tops.rows()) == {"naics-2022": 20, "scian-2023": 20, "isic-4": 21}


def test_titles_are_clean() -> None:
    assert one("scian-2023:31-33")["name"] == "Industrias manufactureras"
    assert not sectors.table()["name"].str.contains(r"[a-z)]T$|^\s|\s$").any()


def test_exact_matches_are_the_trilateral_classes_both_ways() -> None:
    pairs = sectors.table().explode("exact_match", empty_as_null=False).select("id", "exact_match")
    assert set(pairs.rows()) == {(b, a) for a, b in pairs.rows()}
    assert pairs.height == 2 * 799
    assert one("scian-2023:46")["exact_match"] == ["naics-2022:44-45"]


def test_equal_codes_without_the_mark_are_no_match() -> None:
    laundries = one("scian-2023:8122")
    assert laundries["exact_match"] == laundries["close_match"] == []
    assert one("naics-2022:8122")["name"] == "Death Care Services"


def test_a_national_class_is_close_to_the_trilateral_class_above_it() -> None:
    assert one("scian-2023:336110")["close_match"] == ["isic-4:2910", "naics-2022:33611"]
    assert one("naics-2022:336110")["close_match"] == ["scian-2023:33611"]


@pytest.mark.parametrize(
    ("a", "b", "digits"),
    [
        ("naics-2022:336350", "naics-2022:336390", 4),
        ("naics-2022:336350", "naics-2022:336110", 3),
        ("naics-2022:333415", "naics-2022:333414", 5),
        ("scian-2023:336110", "naics-2022:336110", 5),
        ("scian-2023:812210", "naics-2022:812210", 3),
        ("scian-2023:336110", "scian-2023:336120", 4),
        ("scian-2023:461110", "naics-2022:445110", 0),
        ("isic-4:2910", "naics-2022:33611", 0),
        ("naics-2022:31-33", "naics-2022:336", 0),
    ],
)
def test_shared_digits(a: str, b: str, digits: int) -> None:
    assert sectors.shared_digits(a, b) == sectors.shared_digits(b, a) == digits


def test_an_unknown_sector_is_refused() -> None:
    with pytest.raises(TrinationalError, match="naics-2022:999999"):
        sectors.shared_digits("naics-2022:999999", "naics-2022:3361")


def test_turtle_says_what_the_table_says() -> None:
    found = {}
    for scheme in ("naics-2022", "scian-2023", "isic-4"):
        for triple in ox.parse(path=str(sectors.FOLDER / f"{scheme}.ttl"), format=ox.RdfFormat.TURTLE):
            found.setdefault((triple.subject.value, triple.predicate.value), []).append(triple.object.value)
    assert len([key for key in found if key[1] == ONTOLOGY + "code"]) == sectors.table().height
    for row in sectors.table().iter_rows(named=True):
        said = {name: found.get((ID + row["id"], SKOS + name), []) for name in ("broader", "exactMatch")}
        assert said["broader"] == ([ID + row["broader"]] if row["broader"] else [])
        assert said["exactMatch"] == [ID + key for key in row["exact_match"]]
        assert found[ID + row["id"], SKOS + "prefLabel"] == [row["name"]]


def test_turtle_follows_from_the_table() -> None:
    assert list(write.stale(None)) == []


def test_files_follow_from_the_official_tables(raw: Path) -> None:
    assert list(write.stale(raw / "industry-classifications")) == [], "run python -m ontology.sectors"


def test_a_missing_official_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrinationalError, match=r"no file naics2022-codes\.csv"):
        list(write.stale(tmp_path))


def test_the_check_says_what_it_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRINATIONAL_RAW", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["sectors", "--check"])
    assert write.main() == 0
    assert capsys.readouterr().out.startswith("skipped: sectors.csv")


def test_classification_authorities_come_in_a_fixed_order() -> None:
    ranks = [model().authorities[name].rank for name in ("naics-2022", "scian-2023", "isic-4")]
    assert ranks == sorted(ranks)
