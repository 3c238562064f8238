"""Fixtures for all tests: where the real files are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def raw() -> Path:
    """Folder of the real public files; a test that needs it is skipped where it is absent."""
    folder = Path(os.environ.get("TRINATIONAL_RAW", ROOT / "../shared/data/raw")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real files at {folder}: set TRINATIONAL_RAW")
    return folder
