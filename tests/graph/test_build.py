from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from graph.build import build, months, newest
from graph.home import Home
from graph.labor_graph import LaborGraph
from graph.release import load_release
from ontology import TrinationalError, model, schema

JUDGEMENTS = "left,right,judgement,by,on,why\n"


def tables(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.parquet"))}


def test_same_input_same_bytes(demo_home: Home, tmp_path: Path) -> None:
    again = Home(tmp_path)
    load_release(again, "curated")
    build(again)
    assert tables(again.graph) == tables(demo_home.graph)


def test_built_again_changes_nothing(demo_home: Home) -> None:
    before = demo_home.graph
    assert build(demo_home).unchanged
    assert demo_home.graph == before


def test_tables_have_the_columns_of_the_ontology(demo_graph: LaborGraph) -> None:
    for kind in (*model().things, *model().relations):
        assert dict(demo_graph.scan(kind.name).collect_schema()) == schema(kind.name, "graph"), kind.name


def test_every_record_is_kept(demo_home: Home, demo_graph: LaborGraph) -> None:
    [folder] = demo_home.releases().values()
    for path in folder.glob("*.parquet"):
        if path.stem == "rejected":
            continue
        records = pl.read_parquet(path)
        kept = (
            demo_graph.table(path.stem)
            if model().kind(path.stem).is_relation
            else demo_graph.said(path.stem).collect()
        )
        assert set(records["locator"]) <= set(kept["locator"]), path.stem
        assert kept.filter(source="curated@2026-11-22").height == records.height


def test_month_bounds_beside_partial_dates(demo_graph: LaborGraph) -> None:
    table = demo_graph.table("Event").drop_nulls("date").select("date", "date_min", "date_max")
    year = table.filter(pl.col("date").str.len_chars() == 4)
    assert (year["date_max"] - year["date_min"] == 11).all()
    month = table.filter(pl.col("date").str.len_chars() > 4)
    assert (month["date_max"] == month["date_min"]).all()
    assert month.height
    assert year.height


def test_months_count_from_year_zero() -> None:
    frame = pl.DataFrame({"d": ["2021-05-12"]}).select(months("d", 0))
    assert frame["d"][0] == 2021 * 12 + 4


def test_judgement_merges_and_taking_it_back_parts(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    load_release(home, "curated")
    judgements = tmp_path / "judgements.csv"
    judgements.write_text(JUDGEMENTS)
    build(home, judgements=judgements)
    apart = LaborGraph(home.graph).things.height
    judgements.write_text(JUDGEMENTS + "corp:audi-mexico,corp:3m-mexico,same,test,2026-01-01,for this test\n")
    build(home, judgements=judgements)
    merged = LaborGraph(home.graph)
    assert merged.things.height == apart - 1
    plants = ["plant:3m-slp", "plant:audi-san-jose-chiapa"]
    operators = merged.table("Operation").filter(pl.col("plant").is_in(plants))
    assert set(operators["operator"]) == {"corp:3m-mexico"}
    assert merged.said("Corporation").filter(id="corp:3m-mexico").collect().height == 2
    assert merged.resolve("corp:audi-mexico") == "corp:3m-mexico"
    judgements.write_text(JUDGEMENTS)
    build(home, judgements=judgements)
    assert LaborGraph(home.graph).things.height == apart


def test_relations_keep_the_ids_that_they_were_recorded_with(demo_graph: LaborGraph) -> None:
    ends, said = (pl.read_parquet(demo_graph.folder / f"{name}.parquet") for name in ("ends", "identity"))
    now = ends.join(said.select("record_id", now="id"), on="record_id", how="left")
    for kind in model().relations:
        roles = [role.name for role in kind.roles]
        found = (
            demo_graph.table(kind.name)
            .select("id", *roles)
            .unpivot(on=roles, index="id", variable_name="role")
        )
        joined = now.join(found.cast(pl.String), on=["id", "role"])
        assert (joined["now"] == joined["value"]).all(), kind.name
        assert not found["value"].is_in(said["record_id"].implode()).any(), kind.name
    assert ends.height > 0


def test_newest_release_of_each_source(tmp_path: Path) -> None:
    names = ["a@2019", "a@2021", "b@2020-01-02"]
    releases = {name: tmp_path / name for name in names}
    assert list(newest(releases)) == ["a@2021", "b@2020-01-02"]
    assert list(newest(releases, as_of="2020")) == ["a@2019"]


def test_nothing_loaded_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrinationalError, match="no records") as caught:
        build(Home(tmp_path))
    assert "load" in caught.value.hint


def test_contradiction_leaves_the_earlier_graph(demo_home: Home, tmp_path: Path) -> None:
    before = demo_home.graph
    judgements = tmp_path / "judgements.csv"
    line = "corp:a,corp:b,{},test,2026-01-01,why\n"
    judgements.write_text(JUDGEMENTS + line.format("same") + line.format("different"))
    with pytest.raises(TrinationalError, match="line 3"):
        build(demo_home, judgements=judgements)
    assert demo_home.graph == before


def test_kill_at_any_moment_leaves_a_usable_graph(tmp_path: Path) -> None:
    """A real process that loads and builds is killed (SIGKILL) at many points of its run."""
    home = Home(tmp_path / "home")
    load_release(home, "curated")
    build(home)
    rows = LaborGraph(home.graph).things.height
    work = (
        "import sys; from pathlib import Path; from graph.home import Home; from graph.build import build;"
        "from graph.release import load_release;"
        "print('go', flush=True); home = Home(Path(sys.argv[1]));"
        "load_release(home, 'curated', release=sys.argv[2]);"
        "build(home, judgements=Path(sys.argv[3]))"
    )
    chance = random.Random(7)
    killed = 0
    for turn in range(12):
        judgements = tmp_path / f"judgements-{turn}.csv"
        judgements.write_text(f"{JUDGEMENTS}corp:x{turn},corp:y{turn},same,test,2026-01-01,why\n")
        release = f"2026-11-{22 + turn % 2}"
        command = [sys.executable, "-c", work, str(home.path), release, str(judgements)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
        assert process.stdout
        process.stdout.readline()
        time.sleep(chance.uniform(0, 1.4))
        killed += process.poll() is None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        graph = LaborGraph(home.graph)
        assert graph.things.height == rows
        assert {p.stem for p in graph.folder.glob("*.parquet")} > {"Plant", "Union", "Ownership"}
        assert bool(graph.sparql("ASK { ?s ?p ?o }").boolean)
        assert graph.search("silao")
        assert all((folder / "release.json").is_file() for folder in home.releases().values())
    assert killed >= 6
    build(home)
    assert LaborGraph(home.graph).things.height == rows
