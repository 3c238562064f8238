from __future__ import annotations

import re
from pathlib import Path

from graph.cli import app
from graph.export import svg
from graph.labor_graph import LaborGraph
from graph.pictures import demo_picture

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_picture_is_what_the_demo_draws(demo_graph: LaborGraph, tmp_path: Path) -> None:
    """Stale? trinational demo --out docs/picture.svg"""
    svg.write(demo_picture(demo_graph), tmp_path / "picture.svg")
    assert (tmp_path / "picture.svg").read_bytes() == (ROOT / "docs/picture.svg").read_bytes()


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


def test_commands_exist() -> None:
    known = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    } | {group.name for group in app.registered_groups}
    assert set(re.findall(r"^trinational ([a-z0-9]+)", README, re.MULTILINE)) <= known
