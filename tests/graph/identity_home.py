"""A home of the built-in dataset with pairs of a matcher, as a build writes them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl

from graph.home import Home
from graph.identity import read_judgements, resolve
from graph.labor_graph import LaborGraph
from ontology import model

PAIRS = [
    (
        "corp:3m",
        "corp:3m-mexico",
        "Corporation",
        "unsure",
        None,
        0.7,
        "names 80 % alike",
        80.0,
        "3M",
        "3M Mexico",
    ),
    ("corp:aees", "corp:akwel", "Corporation", "same", None, 0.9, "=names 90 % alike", 90.0, "AEES", "Akwel"),
    ("corp:alcoa", "corp:akwel-juarez", "Corporation", "related", "sister", 0.3, "one family", 40.0, "", ""),
    ("corp:alcoa", "corp:aees", "Corporation", "different", None, 0.02, "other names", 10.0, "", ""),
    ("corp:akwel", "corp:akwel-juarez", "Corporation", "same", None, 0.99, "one name", 95.0, "", ""),
    ("plant:3m-slp", "plant:aam-guanajuato", "Plant", "same", None, 0.985, "one name", 99.0, "SLP", "Silao"),
    ("union:uaw-local-230", "union:uaw-local-600", "Union", "unsure", None, 0.5, "one union", 70.0, "", ""),
]
COLUMNS = ("left", "right", "kind", "verdict", "relation", "probability", "reason", "name_similarity")


def identity_home(demo: Home, path: Path) -> Home:
    """A copy of the demo home whose identity was resolved with `PAIRS`."""
    shutil.copytree(demo.path, path, symlinks=True)
    home = Home(path)
    graph = LaborGraph(home.graph)
    pairs = pl.DataFrame(PAIRS, [*COLUMNS, "left_name", "right_name"], orient="row")
    said = [
        graph.said(kind.name).drop("id").rename({"record_id": "id"}).with_columns(kind=pl.lit(kind.name))
        for kind in model().things
    ]
    identity = resolve(said, read_judgements(), pairs)
    about = {name: value for name, value in graph.about.items() if name != "identity"}
    (graph.folder / "graph.json").write_text(json.dumps(about))
    pairs.write_parquet(graph.folder / "matches.parquet")
    identity.mapping.write_parquet(graph.folder / "identity.parquet")
    identity.refused.write_parquet(graph.folder / "refused.parquet")
    for kind in ("Corporation", "Union"):
        path = graph.folder / "said" / f"{kind}.parquet"
        pl.read_parquet(path).with_columns(identity.canonical("id")).write_parquet(path)
    return home
