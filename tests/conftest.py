"""Fixtures for all tests: where the real files are, and a graph of the built-in dataset."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import neo4j_server
import pytest
from filelock import FileLock

from graph import console
from graph.build import build
from graph.home import Home
from graph.labor_graph import LaborGraph
from graph.release import find, load_release

ROOT = Path(__file__).parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest modules go first: a server's, then, as one process makes them, those of all real files."""
    used: dict[Path, set[str]] = {}
    for item in items:
        used.setdefault(item.path, set()).update(getattr(item, "fixturenames", ()))

    def turn(item: pytest.Item) -> int:
        names = used[item.path]
        return 1 if "real_home" in names else 0 if "neo4j_of_run" in names else 2

    items.sort(key=turn)


@pytest.fixture(scope="session", autouse=True)
def wide_console() -> None:
    """Tables and errors are not broken into lines, whatever the terminal."""
    console.OUT.width = console.ERR.width = 200


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
def real_home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home of all real files, built: that in `TRINATIONAL_REAL_HOME`, else one for all processes."""
    if given := os.environ.get("TRINATIONAL_REAL_HOME"):
        return Home(Path(given))
    raw: Path = request.getfixturevalue("raw")
    folder = of_run(tmp_path_factory)
    home = Home(folder / "real-home")
    with FileLock(folder / "real-home.lock"):
        if not (folder / "real-home.built").exists():
            load_release(home, "curated")
            for source, files in find(raw).sources.items():
                load_release(home, source, files)
            build(home)
            (folder / "real-home.built").touch()
    return home


@pytest.fixture(scope="session")
def real_graph(real_home: Home) -> LaborGraph:
    """The graph of all real files."""
    return LaborGraph(real_home.graph)


def of_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def neo4j_of_run(tmp_path_factory: pytest.TempPathFactory) -> neo4j_server.Server:
    """The Neo4j server of this process; the one that `NEO4J_URI` names is for all processes."""
    if reason := neo4j_server.missing():
        if os.environ.get("TRINATIONAL_REQUIRE_SERVERS"):
            pytest.fail(reason)
        pytest.skip(reason)
    process = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    given = "NEO4J_URI" in os.environ
    folder = of_run(tmp_path_factory) if given else tmp_path_factory.getbasetemp()
    return neo4j_server.shared(folder, process)


@pytest.fixture(scope="module")
def neo4j(neo4j_of_run: neo4j_server.Server) -> Iterator[neo4j_server.Server]:
    """The Neo4j server with an empty database, for the tests of one module alone."""
    with FileLock(neo4j_of_run.lock):
        neo4j_of_run.empty()
        yield neo4j_of_run
