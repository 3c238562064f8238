"""Imports point down only: graph -> loaders -> ontology."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "ontology": {"ontology"},
    "loaders": {"loaders", "ontology"},
    "graph": {"graph", "loaders", "ontology"},
}
FILES = sorted(path for package in MAY_IMPORT for path in (ROOT / package).rglob("*.py"))


def imported(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every import of a file in `package`, also those inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name.split(".")[0]) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, package if node.level else (node.module or "").split(".")[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            named = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            yield from ((node.lineno, name.split(".")[0] or package) for name in named)


def upward(source: str, package: str) -> list[str]:
    forbidden = set(MAY_IMPORT) - MAY_IMPORT[package]
    return [f"line {line}: {name}" for line, name in imported(source, package) if name in forbidden]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    assert upward(path.read_text("utf-8"), path.relative_to(ROOT).parts[0]) == []


@pytest.mark.parametrize(
    ("source", "package"),
    [
        ("import graph.build", "ontology"),
        ("def f():\n    from loaders import load", "ontology"),
        ("from graph import LaborGraph", "loaders"),
        ("import importlib\nimportlib.import_module('graph.home')", "loaders"),
    ],
)
def test_an_upward_import_is_found(source: str, package: str) -> None:
    assert len(upward(source, package)) == 1
