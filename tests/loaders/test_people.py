"""No natural person in anything that a load writes: which columns are read, and loads of invented rows.

The real files are loaded, built and searched in `tests/graph/test_people_in_home.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from loaders import sources
from loaders.load import load
from tests.loaders import personal

FIXTURES = Path(__file__).parent / "fixtures"
# Every column of personal data in the files of the sources.
FORBIDDEN = {
    "us_olms": {
        *("MAIL_FIRSTNAME", "MAIL_LASTNAME", "VOICE", "BUILD_NUM", "STREET_ADR", "PO_BOX", "STREET"),
    },
    "us_fmcs_f7": {
        *("E-Representative", "E-Rep Phone", "U-Representative", "U-Rep Phone"),
        "Full Name (Employer Primary Contact) (Contact)",
        "Full Name (Union Primary Contact) (Contact)",
    },
    "mx_denue": {"telefono", "correoelec"},
    "us_taa": {"petitioner_names", "last_investigator", "certifying_officer_last_name"},
    "gleif": {f"Exception.Reference.{n}" for n in range(1, 6)},
}
SOUNDS_PERSONAL = re.compile(
    r"(?i)phone|tel[eé]f|\bfax\b|e-?mail|correo|first.?name|last.?name|contact|represent|investigator"
    r"|officer|\bbirth|naci(?:do|miento)|\bcurp\b|\brfc\b|\bssn\b"
)
INVENTED = ("us_olms", "us_fmcs_f7", "mx_denue", "us_taa")


def test_forbidden_columns_are_never_read(raw: Path) -> None:
    files = personal.real_files(raw)
    forbidden: dict[str, set[str]] = {}
    for source, table in personal.tables(files):
        assert not table.row.used & {*table.row.forbidden}
        assert [name for name in table.row.used if SOUNDS_PERSONAL.search(name)] == []
        forbidden[source] = forbidden.get(source, set()) | {*table.row.forbidden}
    assert {source for source, names in forbidden.items() if names} == {*FORBIDDEN}
    assert all(FORBIDDEN[source] <= forbidden[source] for source in FORBIDDEN)


@pytest.mark.parametrize("name", INVENTED)
def test_no_forbidden_cell_of_invented_rows(name: str, tmp_path: Path) -> None:
    """Also of columns that were emptied in the real files before they came here."""
    load(sources()[name], [FIXTURES / name], tmp_path)
    texts = personal.written(tmp_path)
    cells = personal.forbidden_cells({name: [*(FIXTURES / name).iterdir()]})
    office = pl.col("value").str.to_uppercase().str.contains_any([*personal.OFFICES])
    told = cells.filter(pl.col("value").str.len_chars() > 4, ~office)["value"]
    assert told.len() > 0
    assert texts.filter(texts.str.contains_any(told.implode(), ascii_case_insensitive=True)).to_list() == []


def test_a_leak_would_be_found() -> None:
    """Names in any order and spelling, with initials, in the text of a store."""
    ends = personal.pairs(pl.Series(["ZELDA M. QUUX, JR.", "IRON WORKERS"]))
    assert ends.rows() == [("ZELDA", "QUUX")]
    texts = pl.Series(["Zelda Quux Steel", "signed by Zélda M. QUUX", "Quux, Zelda", "Zelda, of Quux Inc."])
    line = personal.decoded(b'<id/us-x:Zelda%20Quux> <name> "x" .\n')
    found = personal.holding(pl.concat([texts, line]), personal.either_way(ends), ["ZELDA QUUX STEEL"])
    assert sorted(found["text"]) == sorted([*texts[1:3], line[0]])
    assert pl.Series(["call (313) 555-0100", "tel. 5550100", "LIUNA 334 959 1075"]).str.contains(
        personal.PHONE
    ).to_list() == [True, True, False]
