"""Fixtures for all tests: where the real files are, and a graph of the built-in dataset."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
