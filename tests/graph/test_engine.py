"""Tables on each engine: the same rows, empty kinds, helpful mistakes."""

from __future__ import annotations

from pathlib import Path

import narwhals as nw
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from small_tables import small_tables

from graph.engine import Engine, Tables, cut, keep, mapped
from ontology import model, schema

ENGINES: tuple[Engine, ...] = ("polars", "duckdb")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_folder_is_read_by_kind_and_absent_kinds_are_empty(engine: Engine, tmp_path: Path) -> None:
    pl.DataFrame({"id": ["plant:a"], "country": ["MX"]}).write_parquet(tmp_path / "Plant.parquet")
    tables = Tables.at(tmp_path, engine)
    assert cut(tables["Plant"])["country"].to_list() == ["MX"]
    assert cut(tables["Tie"]).columns == list(schema("Tie", "graph"))
    assert cut(tables["said/Plant"]).height == 0
    assert cut(tables["things"]).columns == ["id", "kind", "name", "country", "sources"]


@pytest.mark.parametrize("engine", ENGINES)
def test_every_kind_can_be_opened(engine: Engine) -> None:
    tables = Tables.of({}, engine)
    names = list(tables)
    assert len(names) == len(tables) == len(set(names))
    assert {kind.name for kind in model().relations} <= set(names)
    assert all(
        cut(tables[name].select(nw.len()))["len"][0] == 0 for name in ("Plant", "said/Union", "things")
    )


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(KeyError, match="did you mean 'Plant'"):
        Tables.of({})["Plnat"]


@pytest.mark.parametrize("engine", ENGINES)
def test_kept_frames_hold_the_same_rows(engine: Engine) -> None:
    tables = small_tables(
        {"Union": [{"id": "union:a", "other_names": ["A", "B"]}, {"id": "union:b"}]}, engine
    )
    frame = tables["Union"].select("id", "other_names")
    assert_frame_equal(cut(keep(frame)).sort("id"), cut(frame).sort("id"))


@pytest.mark.parametrize("engine", ENGINES)
def test_mapped_gives_null_or_the_default_for_other_texts(engine: Engine) -> None:
    frame = small_tables({"Tie": [{"id": "1", "tie_kind": "alliance"}, {"id": "2", "tie_kind": "x"}]}, engine)
    found = cut(
        frame["Tie"].select("id", a=mapped("tie_kind", {"alliance": 0.8}), b=mapped("tie_kind", {}, 0.1))
    ).sort("id")
    assert found["a"].to_list() == [0.8, None]
    assert found["b"].to_list() == [0.1, 0.1]
