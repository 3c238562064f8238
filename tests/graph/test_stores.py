"""The stores of the embedded engines: made once, whole or not at all, where they may be written."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from graph import cypher, rdf, stores
from graph.home import Home
from graph.labor_graph import LaborGraph
from ontology import TrinationalError

Count = Callable[[Path], int]


def _by_sparql(graph: Path) -> int:
    found = LaborGraph(graph).sparql("SELECT (COUNT(*) AS ?n) { ?plant a :Plant }")
    return int(found.table()[0]["n"])


def _by_cypher(graph: Path) -> int:
    return int(LaborGraph(graph).cypher("MATCH (p:Plant) RETURN count(*)").item())


ENGINES = pytest.mark.parametrize(
    ("count", "module"), [(_by_sparql, rdf), (_by_cypher, cypher)], ids=["sparql", "cypher"]
)


@pytest.fixture
def graph(demo_home: Home, tmp_path: Path) -> Path:
    """A graph of which no store was made."""
    built = shutil.ignore_patterns("graph.lbug*", "store", ".*.lock")
    return shutil.copytree(demo_home.graph, tmp_path / "graph", ignore=built)


@pytest.fixture
def plants(demo_graph: LaborGraph) -> int:
    return demo_graph.table("Plant").height


def _ask(count: Count, graph: Path, wanted: int) -> None:
    assert count(graph) == wanted


@ENGINES
def test_two_processes_make_one_store(count: Count, module: object, graph: Path, plants: int) -> None:
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_ask, args=(count, graph, plants)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    assert [process.exitcode for process in both] == [0, 0]
    assert not list(graph.glob("scratch-*"))


@ENGINES
def test_a_store_cut_short_is_made_anew(
    count: Count, module: object, graph: Path, plants: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(source: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise KeyboardInterrupt

    name = module.STORE  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setattr(module, "write_store", dies)
        with pytest.raises(KeyboardInterrupt):
            count(graph)
    (graph / f"scratch-{name}-killed").mkdir()
    assert not (graph / name).exists()
    assert count(graph) == plants
    assert not list(graph.glob("scratch-*"))


@ENGINES
def test_a_graph_that_may_not_be_written_is_answered_from_the_cache(
    count: Count, module: object, graph: Path, plants: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, make = tmp_path / "cache", stores._make

    def refuses(source: Path, target: Path, *rest: object) -> Path:
        if target.parent == graph or not cache.is_dir():
            raise PermissionError(13, "Permission denied", str(target))
        return make(source, target, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(stores, "_make", refuses)
    monkeypatch.setattr(stores.platformdirs, "user_cache_path", lambda name: cache)
    assert count(graph) == plants
    assert not (graph / module.STORE).exists()  # type: ignore[attr-defined]
    shutil.rmtree(cache)
    monkeypatch.setattr(stores.platformdirs, "user_cache_path", lambda name: Path(os.devnull) / "x")
    with pytest.raises(TrinationalError, match=r"Permission denied|Not a directory") as caught:
        count(graph)
    assert "writable" in caught.value.hint


def test_stores_are_made_by_the_build_where_that_is_asked(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from graph.cli import app

    home = ["--home", str(tmp_path)]
    for command in (["load", "curated"], ["build"]):
        assert CliRunner().invoke(app, [*command, *home]).exit_code == 0
    folder = Home(tmp_path).graph
    assert not (folder / rdf.STORE).exists()
    assert CliRunner().invoke(app, ["build", "--stores", *home]).exit_code == 0
    assert Home(tmp_path).graph == folder
    assert (folder / rdf.STORE).is_dir()
    assert (folder / cypher.STORE).is_file()


@pytest.mark.parametrize("store", [cypher.store, rdf.store])
def test_a_graph_that_is_gone_has_no_answers(store: Callable[[Path], Path], tmp_path: Path) -> None:
    with pytest.raises(TrinationalError, match="not there any more"):
        store(tmp_path / "graph")
    assert not (tmp_path / "graph").exists()
