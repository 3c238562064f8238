"""The query of docs/how-to/first-seen-after-closure.md on the real files."""

from __future__ import annotations

import re
from pathlib import Path

from graph.build import build
from graph.home import Home
from graph.labor_graph import LaborGraph
from graph.release import load_release
from loaders import sources

PAGE = (Path(__file__).parents[2] / "docs/how-to/first-seen-after-closure.md").read_text(encoding="utf-8")
[QUERY] = re.findall(r"```sparql\n(.*?)```", PAGE, re.S)


def test_plants_first_seen_after_a_closure_of_the_same_industry(raw: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    for name in ("us_warn", "mx_retc"):
        load_release(home, name, [raw / sources()[name].raw])
    build(home)
    graph = LaborGraph(home.graph)
    rows = graph.sparql(QUERY).frame()
    assert rows.height > 100
    assert ((rows["first"] > rows["closed"]) & (rows["first"] <= rows["closed"] + 3)).all()
    seen = dict(graph.said("Plant").select("id", "first_seen").collect().iter_rows())
    assert all(int(seen[row["plant"]]) == row["first"] for row in rows.iter_rows(named=True))
    parts = rows.filter(industry="3363")
    assert parts.height
    assert set(parts["title"]) == {"Fabricación de partes para vehículos automotores"}
