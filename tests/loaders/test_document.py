"""The pages of the sources: fresh, complete, and the check notices what is not."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

import loaders
from loaders import document
from loaders.row import Row
from loaders.source import Source, Table


def test_the_pages_are_fresh(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["document", "--check"])
    assert document.main() == 0, capsys.readouterr().out


def test_every_source_has_a_page_with_what_it_is() -> None:
    pages = {path.stem: text for path, text in document.pages().items()}
    assert {*pages} == {"README", *loaders.sources()}
    for source in loaders.sources().values():
        page = pages[source.id]
        for fact in (source.title, source.publisher, source.licence, source.url):
            assert fact.replace("|", "\\|") in page, source.id
        assert all(f"`{table.pattern}`" in page for table in source.tables), source.id
        assert f"({source.id}.md)" in pages["README"]


def test_no_page_names_a_place_of_this_machine() -> None:
    root = str(Path(__file__).parents[2])
    assert not [path for path, text in document.pages().items() if root in text or "/shared/" in text]


def notices(row: Row) -> None:
    row.defaults("filed")
    row.skip("test notice", when=row["site"] == "Test")
    row.thing("Plant", ("plant", row["site"]), name=row.get("name"))
    row.ignore("total_*", "mean", why="sums")
    row.forbid("contact")


def test_columns_used_ignored_and_forbidden_are_told() -> None:
    def read(path: Path) -> pl.LazyFrame:
        raise AssertionError(f"{path} is not there")

    source = Source(
        "made_up", "A | title", "P", "L", "U", (Table("a*.csv", read, notices), Table("b", read, notices))
    )
    text = document._page(__name__, source)
    assert "| publisher | P |" in text
    assert "## `a*.csv`, `b`" in text
    assert "- **Plant** (filed): `name`" in text
    assert "Columns used:\n\n- `name`, `site`\n" in text
    assert "- `total_*`, `mean`: sums" in text
    assert "personal data:\n\n- `contact`\n" in text
    assert "Rows left out:\n\n- test notice\n" in text


def test_the_check_names_stale_and_surplus_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(document, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["document"])
    assert document.main() == 0
    (tmp_path / "us_warn.md").write_text("old", encoding="utf-8")
    (tmp_path / "gone.md").write_text("of a source that is no more", encoding="utf-8")
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", ["document", "--check"])
    assert document.main() == 1
    said = capsys.readouterr().out
    assert said.count("stale:") == 2
    assert "us_warn.md (run" in said
    assert "gone.md (run" in said
    monkeypatch.setattr(sys, "argv", ["document"])
    assert document.main() == 0
    assert not (tmp_path / "gone.md").exists()
