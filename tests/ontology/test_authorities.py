"""Authorities: one order, patterns that hold for real keys, check digits."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology import TrinationalError, model
from ontology.authorities import check

SHAPES = "https://w3id.org/trinational/authority/"


def ok(authority: str, *keys: str | None) -> list[bool | None]:
    return (
        pl.DataFrame({"key": keys}, schema={"key": pl.String})
        .select(check(authority, pl.col("key")))
        .to_series()
        .to_list()
    )


def test_ranks_are_a_fixed_order() -> None:
    assert [found.rank for found in model().authorities.values()] == list(
        range(1, len(model().authorities) + 1)
    )


@pytest.mark.parametrize(
    ("authority", "good", "bad"),
    [
        ("lei", "5493000IBP32UQZ0KL24", "5493000IBP32UQZ0KL2"),
        ("us-olms", "48", "F48"),
        ("us-cik", "1467858", "12345678901"),
        ("us-ein", "381976979", "38-1976979"),
        ("us-taw", "71,127A", "TAW"),
        ("us-nlrb", "07-RC-123456", "7-RC-123456"),
        ("naics-2022", "31-33", "3"),
        ("scian-2023", "336110", "3361100"),
        ("isic-4", "C", "Z"),
        ("iso-3166-2", "MX-GUA", "MEX-GUA"),
        ("wikidata", "Q81965", "81965"),
        ("plant", "gm-silao", "GM Silao"),
    ],
)
def test_pattern(authority: str, good: str, bad: str) -> None:
    assert ok(authority, good, bad, None, "") == [True, False, None, False]


def test_two_letters_swapped_fail_the_check_digit() -> None:
    assert ok("lei", "5493000IBP32UQZ0KL24", "5493000IPB32UQZ0KL24") == [True, False]


def reference(key: str) -> bool:
    """ISO 7064 MOD 97-10 as the standard words it: letters as 10 to 35, remainder 1."""
    return int("".join(str(int(sign, 36)) for sign in key)) % 97 == 1


@given(st.lists(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=18, max_size=18), min_size=1))
def test_check_digits_agree_with_the_definition(stems: list[str]) -> None:
    digits = [98 - int("".join(str(int(sign, 36)) for sign in stem + "00")) % 97 for stem in stems]
    keys = [f"{stem}{digit:02d}" for stem, digit in zip(stems, digits, strict=True)]
    wrong = [f"{stem}{digit % 97 + 1:02d}" for stem, digit in zip(stems, digits, strict=True)]
    assert all(reference(key) for key in keys)
    assert ok("lei", *keys) == [True] * len(keys)
    assert ok("lei", *wrong) == [reference(key) for key in wrong]


def test_every_real_lei_passes(raw: Path) -> None:
    keys = pl.read_csv(raw / "gleif" / "lei2-names-north-america.csv.gz", columns=["LEI"])
    assert keys.height > 60_000
    assert keys.select(check("lei", pl.col("LEI")).all()).item()


@pytest.mark.parametrize(
    ("authority", "file", "column"),
    [
        ("us-cik", "us-warn/oh.csv.gz", "cik"),
        ("us-ein", "us-warn/mi.csv", "ein"),
        ("wikidata", "us-warn/in.csv", "wikidata_qid"),
        ("us-olms", "us-olms-lm/lm_data_data_2021.txt", "F_NUM"),
        ("mx-denue-clee", "mx-denue/denue_inegi_sample.csv", "clee"),
        ("mx-retc-nra", "mx-retc/es_2021.csv.gz", "NRA"),
    ],
)
def test_keys_of_real_files_fit(raw: Path, authority: str, file: str, column: str) -> None:
    separator = {"us-olms": "|", "mx-retc-nra": "\t"}.get(authority, ",")
    quote = None if separator == "|" else '"'
    rows = pl.read_csv(
        raw / file, separator=separator, quote_char=quote, infer_schema=False, encoding="utf8-lossy"
    )
    keys = rows.select(pl.col(column).str.strip_chars().alias("key")).drop_nulls()
    assert keys.height > 10
    assert keys.filter(~check(authority, pl.col("key")))["key"].to_list() == []


def test_an_unknown_authority_is_refused() -> None:
    with pytest.raises(TrinationalError, match="us-olm") as caught:
        check("us-olm", pl.col("key"))
    assert "us-olms" in caught.value.hint


def test_every_named_check_digit_is_implemented() -> None:
    for name, found in model().authorities.items():
        if found.check_digit:
            assert ok(name, None) == [None]
