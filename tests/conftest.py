"""Fixtures for all tests: where the real files are, and a graph of the built-in dataset."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import neo4j_server
import pytest
from filelock import FileLock

from graph.build import build
from graph.home import Home
from graph.labor_graph import LaborGraph
from graph.release import load_release

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def raw() -> Path:
    """Folder of the real public files; a test that needs it is skipped where it is absent."""
    folder = Path(os.environ.get("TRINATIONAL_RAW", ROOT / "../shared/data/raw")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real files at {folder}: set TRINATIONAL_RAW")
    return folder


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with the built-in dataset, built."""
    home = Home(tmp_path_factory.mktemp("demo") / "home")
    load_release(home, "curated")
    build(home)
    return home


@pytest.fixture(scope="session")
def demo_graph(demo_home: Home) -> LaborGraph:
    """The graph of the built-in dataset."""
    return LaborGraph(demo_home.graph)


@pytest.fixture(scope="session")
def neo4j_of_run(tmp_path_factory: pytest.TempPathFactory) -> neo4j_server.Server:
    """The Neo4j server of this test run, which all its processes share."""
    if reason := neo4j_server.missing():
        if os.environ.get("TRINATIONAL_REQUIRE_SERVERS"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder, worker = tmp_path_factory.getbasetemp(), "PYTEST_XDIST_WORKER" in os.environ
    return neo4j_server.shared(folder.parent if worker else folder, os.getppid() if worker else os.getpid())


@pytest.fixture(scope="module")
def neo4j(neo4j_of_run: neo4j_server.Server) -> Iterator[neo4j_server.Server]:
    """The Neo4j server with an empty database, for the tests of one module alone."""
    with FileLock(neo4j_of_run.lock):
        neo4j_of_run.empty()
        yield neo4j_of_run
