"""HS products and the US concordance; beside them the files that ontology/sectors is made of."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from loaders.classifications import SOURCE
from loaders.load import Report, load, plan
from ontology import TrinationalError
from ontology.sectors import official, table
from tests.loaders.mutations import survives
from tests.loaders.test_bad_input import holds

FIXTURES = Path(__file__).parent / "fixtures/classifications"
HS, SCHEDULE_B = FIXTURES / "harmonized-system.csv.gz", FIXTURES / "hs-10d-2019-exp-code.txt.gz"
Loaded = tuple[Report, dict[str, pl.DataFrame]]


def read(folder: Path, out: Path) -> Loaded:
    report = load(SOURCE, [folder], out)
    holds(report, out)
    return report, {path.stem: pl.read_parquet(path) for path in out.glob("*.parquet")}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    return read(FIXTURES, tmp_path_factory.mktemp("classifications"))


def test_every_row_has_one_fate(loaded: Loaded) -> None:
    report = loaded[0]
    assert (report.rows_in, report.rows_used, report.rows_rejected, report.rows_ignored) == (15, 8, 3, 4)
    assert report.ignored == {
        "blank line": 1,
        "no heading of HS 2022": 1,
        "no industry: scrap, used or special goods": 1,
        "total of all goods": 1,
    }
    assert "273 characters instead of 278" in report.rejected


def test_products_are_broader_by_their_headings(loaded: Loaded) -> None:
    found = loaded[1]["Product"].select("id", "name", "hs_code", "broader").rows()
    assert found == [
        ("hs:87", "Vehicles invented", "87", None),
        ("hs:8708", "Parts; of invented vehicles, n.e.c.", "8708", "hs:87"),
        ("hs:870830", "Brakes invented", "870830", "hs:8708"),
        ("hs:870899", "Parts, other", "870899", "hs:8708"),
    ]


def test_an_older_edition_gives_no_wrong_class(loaded: Loaded) -> None:
    """`33639X` is several classes, 336111 is gone since 2022: the class above; 93 is used goods."""
    found = loaded[1]["InSector"].select("member", "sector", "code_as_stated").rows()
    assert found == [
        ("hs:870830", "naics-2022:336340", "336340"),
        ("hs:870899", "naics-2022:33611", "336111"),
        ("hs:870899", "naics-2022:33639", "33639X"),
    ]


def test_changed_copies_of_hs(tmp_path: Path) -> None:
    refused = survives(SOURCE, HS, tmp_path)
    assert {"empty", "html", "doubled", "new column", "header moved"} <= {*refused}


def test_changed_copies_of_schedule_b(loaded: Loaded, tmp_path: Path) -> None:
    whole = gzip.decompress(SCHEDULE_B.read_bytes())
    expected = set(loaded[1]["InSector"].drop("locator", "times", "source").rows())
    changes = {
        "same": whole + whole,
        "upside down": b"\r\n".join(whole.split(b"\r\n")[::-1]),
        "shifted": whole.replace(b"8708", b" 8708"),
        "cut": whole[:700],
        "footnote": whole + b"* Source: the agency\r\n",
    }
    for name, content in changes.items():
        folder = tmp_path / name
        folder.mkdir()
        (folder / HS.name).write_bytes(HS.read_bytes())
        (folder / SCHEDULE_B.name).write_bytes(gzip.compress(content))
        report, tables = read(folder, tmp_path / "out" / name)
        rows = (
            set(tables["InSector"].drop("locator", "times", "source").rows())
            if "InSector" in tables
            else set()
        )
        assert rows <= expected, name
        assert (rows == expected) == (name in ("same", "upside down", "footnote")), name
        assert report.rows_in >= 7


@pytest.mark.parametrize("content", [b"", b"<html><body>404</body></html>", b"\xff\xfe" * 200])
def test_no_schedule_b_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / HS.name).write_bytes(HS.read_bytes())
    (tmp_path / "hs-10d-2019-exp-code.txt").write_bytes(content)
    with pytest.raises(TrinationalError, match="hs-10d-2019"):
        load(SOURCE, [tmp_path], tmp_path / "out")


def test_schedule_b_needs_the_headings_beside_it(tmp_path: Path) -> None:
    (tmp_path / SCHEDULE_B.name).write_bytes(SCHEDULE_B.read_bytes())
    with pytest.raises(TrinationalError, match="beside it"):
        load(SOURCE, [tmp_path], tmp_path / "out")


def test_real_files(raw: Path, tmp_path: Path) -> None:
    folder = raw / "industry-classifications"
    report, tables = read(folder, tmp_path)
    assert (report.rows_in, report.rows_used, report.rows_rejected) == (16296, 15925, 0)
    assert plan(SOURCE, [folder]).unknown == []
    products = tables["Product"]
    assert products.filter(pl.col("broader").is_null())["hs_code"].str.len_chars().unique().to_list() == [2]
    assert set(products["broader"].drop_nulls()) <= set(products["id"])
    links = tables["InSector"]
    assert set(links["member"]) <= set(products["id"])
    assert set(links["sector"]) <= set(table()["id"])
    assert links.filter(pl.col("sector").str.contains(":9")).is_empty()
    brakes = links.filter(pl.col("member") == "hs:870830")["sector"].to_list()
    assert brakes == ["naics-2022:336340"]


def test_files_of_the_sector_schemes_are_recognised_and_in_the_ontology(raw: Path) -> None:
    folder = raw / "industry-classifications"
    assert {path.name for path in plan(SOURCE, [folder]).files} == {HS.name, SCHEDULE_B.name}
    fresh = official.sectors(folder)
    assert fresh.select("id", "name", "broader").equals(table().select("id", "name", "broader"))
