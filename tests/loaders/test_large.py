"""Large files are staged in pieces and folded in spans of ids: what is said must not depend on it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from loaders import fold, frames, plan, sources
from loaders.load import load

FIXTURES = Path(__file__).parent / "fixtures"
SOURCES = ("us_warn", "mx_retc", "us_olms", "gleif")


@pytest.mark.parametrize("name", SOURCES)
def test_pieces_and_spans_say_what_a_whole_load_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, whole, parts = sources()[name], tmp_path / "whole", tmp_path / "parts"
    report = load(source, [FIXTURES / name], whole)
    monkeypatch.setattr(plan, "LARGE", 0)
    monkeypatch.setattr(frames, "_PIECE", 2)
    monkeypatch.setattr(fold, "_SPAN", 3)
    monkeypatch.setattr(fold, "_EVERY", 1)
    in_parts = load(source, [FIXTURES / name], parts)
    assert in_parts.counts == report.counts
    assert (in_parts.ignored, in_parts.rejected) == (report.ignored, report.rejected)
    files = sorted(path.name for path in whole.glob("*.parquet"))
    assert files == sorted(path.name for path in parts.glob("*.parquet"))
    for file in files:
        assert pl.read_parquet(parts / file).equals(pl.read_parquet(whole / file)), file


def test_the_ids_of_a_kind_fall_into_spans_that_meet() -> None:
    ids = pl.LazyFrame({"id": [f"{number:05}" for number in range(1000)]})
    spans = fold._spans([ids])
    assert (spans[0][0], spans[-1][1]) == (None, None)
    assert sum(fold._within(ids, *span).collect().height for span in spans) == 1000
