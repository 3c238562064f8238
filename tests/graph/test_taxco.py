"""One story in four sources: the strike at Taxco, the mine, its operator, and the alliance of its union."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import networkx as nx
import pytest
from typer.testing import CliRunner

from graph.cli import app
from graph.home import Home
from graph.labor_graph import LaborGraph

PAGE = (Path(__file__).parents[2] / "docs/how-to/one-story-four-sources.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^trinational (.*)$", PAGE, re.M)
STRIKE = "mx-stps-strike:2007-07-30/INDUSTRIALMINERAMEXICOSADECVUNIDADTAXCO/VIOLACIONDECONTRATO/403"
MINE, OPERATOR, UNION = "mx-retc-nra:IMM141205511", "mx-retc-operator:IMM141205511", "union:los-mineros"


def test_the_records_of_four_sources_are_one_picture(real_graph: LaborGraph) -> None:
    picture = real_graph.networkx(STRIKE, hops=2)
    ends = [STRIKE, real_graph.resolve(MINE), real_graph.resolve(OPERATOR), UNION, "union:usw"]
    assert nx.is_connected(nx.Graph(picture))
    assert set(ends[:4]) <= set(picture)
    assert set(ends) <= set(real_graph.networkx(*ends[:4], hops=2))


def test_each_of_the_four_sources_is_cited(real_graph: LaborGraph) -> None:
    cited = {
        item: {source.split("@")[0] for source in real_graph.evidence([item])["source"]}
        for item in (STRIKE, real_graph.resolve(MINE), UNION)
    }
    assert cited[STRIKE] == {"mx_stps"}
    assert cited[real_graph.resolve(MINE)] == {"mx_stps", "mx_retc", "mining"}
    assert {"curated", "mx_stps"} <= cited[UNION]


def test_the_mine_belongs_to_grupo_mexico_whose_family_shows_three_sources(real_graph: LaborGraph) -> None:
    above = real_graph.ultimate_parent(MINE, "2010")
    assert above.ultimate == real_graph.resolve("corp:grupo-mexico")
    assert above.chain[0].kind == "Operation"
    family = real_graph.family("Grupo México", "2010")
    assert real_graph.resolve(MINE) in {hop.below for hop in family.plants}
    assert {source.split("@")[0] for source in family.sources} >= {"curated", "mx_retc", "mx_stps"}


def test_the_commands_of_the_page_run(
    real_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        result = CliRunner().invoke(app, ["--home", str(real_home.path), *shlex.split(command)])
        assert result.exit_code == 0, (command, result.output)
    assert "IMMSA" in (tmp_path / "taxco.html").read_text(encoding="utf-8")
