"""The how-to's loader runs as printed."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs/how-to/write-a-loader.md"


def test_the_example_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text("utf-8")
    blocks = re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    Path("notices-2021.csv").write_text(next(body for kind, body in blocks if kind == "csv"), "utf-8")
    names: dict[str, Any] = {}
    examples = []
    for kind, body in blocks:
        if kind == "python" and ">>>" in body:
            examples.append(body)
        elif kind == "python":
            exec(compile(body, str(PAGE), "exec"), names)
    assert len(examples) == 2
    for body in examples:
        test = doctest.DocTestParser().get_doctest(body, names, PAGE.name, str(PAGE), 0)
        runner = doctest.DocTestRunner()
        assert runner.run(test, clear_globs=False).failed == 0
        names = test.globs
