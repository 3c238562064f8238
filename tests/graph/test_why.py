from __future__ import annotations

import json
from pathlib import Path

import identity_home
import polars as pl
import pytest

from graph.build import build
from graph.cli import main
from graph.home import VARIABLE, Home
from graph.identity import Judgement, read_judgements
from graph.identity.why import Why, why
from graph.labor_graph import LaborGraph
from graph.release import load_release
from ontology import WrongUseError


@pytest.fixture(scope="module")
def graph(demo_home: Home, tmp_path_factory: pytest.TempPathFactory) -> LaborGraph:
    return LaborGraph(identity_home.identity_home(demo_home, tmp_path_factory.mktemp("why") / "home").graph)


def ask(graph: LaborGraph, a: str, b: str, *judgements: Judgement) -> Why:
    return why(graph, a, b, [*read_judgements(), *judgements])


def test_judgement_is_quoted_with_its_author(graph: LaborGraph) -> None:
    found = ask(graph, "union:ifalpa", "org:ifalpa")
    assert (found.same, found.cause) == (True, "judgement")
    assert "Trinational judged on 2026-11-25" in found.text
    assert "built-in/judgements.csv, line 2" in found.text


def test_match_is_explained_with_its_fields(graph: LaborGraph) -> None:
    found = ask(graph, "corp:akwel-juarez", "corp:akwel")
    assert (found.same, found.cause, found.probability) == (True, "match", 0.99)
    assert "(99.0 %): one name" in found.text
    assert found.steps[0]["fields"]["name_similarity"] == 95.0


def test_score_below_the_threshold(graph: LaborGraph) -> None:
    found = ask(graph, "corp:aees", "corp:akwel")
    assert (found.same, found.cause, found.probability, found.threshold) == (False, "compared", 0.9, 0.98)
    assert "not sure enough (90.0 %; it joins from 98.0 % on)" in found.text
    assert found.text.endswith("People can decide: `trinational review`.")
    assert found.fields["name_similarity"] == 90.0


def test_verdicts_related_and_different(graph: LaborGraph) -> None:
    assert "corp:alcoa is a sister of corp:akwel-juarez" in ask(graph, "corp:akwel", "corp:alcoa").text
    assert "holds them for different (2.0 %" in ask(graph, "corp:aees", "corp:alcoa").text


def test_refused_merge_names_the_obstacle(graph: LaborGraph) -> None:
    found = ask(graph, "plant:3m-slp", "plant:aam-guanajuato")
    assert (found.same, found.cause) == (False, "refused")
    assert (
        "The merge was refused: places that differ: San Luis Potosi, MX-SLP and Silao, MX-GUA." in found.text
    )


def test_the_refusal_of_the_two_that_are_asked_about_comes_first(demo_home: Home, tmp_path: Path) -> None:
    graph = LaborGraph(identity_home.identity_home(demo_home, tmp_path / "home").graph)
    path = graph.folder / "refused.parquet"
    refused = pl.read_parquet(path)
    other = refused.head(1).with_columns(
        left=pl.lit("plant:3m-slp"),
        right=pl.lit("plant:alcoa"),
        probability=pl.lit(1.0),
        reason=pl.lit("of another"),
    )
    joined = pl.read_parquet(graph.folder / "identity.parquet")
    row = joined.head(1).with_columns(record_id=pl.lit("plant:alcoa"), id=pl.lit("plant:aam-guanajuato"))
    pl.concat([joined, row]).write_parquet(graph.folder / "identity.parquet")
    pl.concat([refused, other]).write_parquet(path)
    assert "places that differ" in ask(graph, "plant:3m-slp", "plant:aam-guanajuato").text
    assert "of another" in ask(graph, "plant:3m-slp", "plant:alcoa").text


def test_things_of_two_kinds(graph: LaborGraph) -> None:
    found = ask(graph, "corp:3m", "plant:3m-slp")
    assert found.cause == "two kinds"
    assert "A plant is not its company." in found.text


def test_never_compared_says_what_the_names_share(graph: LaborGraph) -> None:
    found = ask(graph, "corp:3m", "corp:alcoa")
    assert found.cause == "never compared"
    assert "their names have no word in common" in found.text
    assert "share 'local', 'uaw'" in ask(graph, "union:uaw-local-230", "union:uaw-local-2209").text


def test_names_stand_for_records(graph: LaborGraph) -> None:
    assert ask(graph, "UAW", "UAW Local 600").left_id == "union:uaw"
    with pytest.raises(WrongUseError, match="no thing has the id 'Nobody'"):
        ask(graph, "Nobody", "UAW")
    with pytest.raises(WrongUseError, match="several things are called 'Alimentos Grole'") as caught:
        ask(graph, "Alimentos Grole", "UAW")
    assert "corp:alimentos-grole (Alimentos Grole), plant:grole-ciudad-obregon" in caught.value.hint


def test_judgements_of_today(graph: LaborGraph) -> None:
    def judged(word: str, relation: str = "") -> Judgement:
        return Judgement(
            "corp:aees", "corp:akwel", word, "research", "2026", "seen", "mine, line 2", relation
        )

    assert "research judged otherwise since" in ask(graph, "corp:aees", "corp:akwel", judged("same")).text
    found = ask(graph, "corp:aees", "corp:akwel-juarez", judged("related", "parent"))
    assert found.cause == "judged"
    assert "AEES (corp:aees) is the parent of Akwel (corp:akwel): seen (mine, line 2)" in found.text
    assert "could not decide" not in found.text
    assert "research could not decide: seen" in ask(graph, "corp:aees", "corp:akwel", judged("unsure")).text


def test_one_record(graph: LaborGraph) -> None:
    assert "Nothing else was joined to it" in ask(graph, "corp:3m", "corp:3m").text
    assert "Both are Akwel (corp:akwel), of 2 ids." in ask(graph, "corp:akwel", "corp:akwel").text


LEI, OTHER = "lei:5493000IBP32UQZ0KL24", "lei:HWUPKR0MPOU8FGXBT394"


@pytest.fixture
def keyed(tmp_path: Path) -> LaborGraph:
    """A graph in which a source gives keys to records, two of them to one."""
    home = Home(tmp_path / "home")
    load_release(home, "curated")
    [folder] = home.releases().values()
    path = folder / "Corporation.parquet"
    keys = {"corp:3m": [LEI], "corp:alcoa": [OTHER], "corp:aees": [LEI, OTHER]}
    given = pl.col("id").replace_strict(keys, default=None, return_dtype=pl.List(pl.String))
    pl.read_parquet(path).with_columns(same_as=pl.coalesce(given, "same_as")).write_parquet(path)
    return LaborGraph(build(home).folder)


def test_key_is_explained_with_the_source_that_gives_it(keyed: LaborGraph) -> None:
    found = ask(keyed, "corp:3m", "corp:aees")
    assert (found.same, found.cause, len(found.steps)) == (True, "key", 2)
    assert (
        f"3M (corp:3m) carries {LEI} of GLEIF, a key given to one thing only. Source: https://" in found.text
    )
    assert found.steps[0]["evidence"][0]["locator"] == "corporations.csv#1"


def test_two_keys_of_one_register_are_named_with_the_chain(keyed: LaborGraph) -> None:
    found = ask(keyed, "corp:aees", "corp:alcoa")
    assert found.cause == "refused"
    assert "are two keys of one register" in found.text
    assert f"The chain would have been {LEI} = corp:aees = {OTHER}." in found.text
    assert "AEES (corp:aees) carries " + OTHER in found.text
    assert "trinational review" not in found.text


def test_command_prints_prose_and_json(
    graph: LaborGraph, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(graph.folder.parents[1]))

    def run(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["trinational", "why", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        assert not caught.value.code
        return capsys.readouterr().out

    found = json.loads(run("corp:aees", "corp:akwel", "--format", "json"))
    assert list(found) == [
        *("left", "right", "left_id", "right_id", "same", "cause", "text", "probability", "threshold"),
        *("steps", "fields"),
    ]
    shown = run("corp:aees", "corp:akwel")
    assert found["text"].split(".")[0] in " ".join(shown.split())
    assert "name similarity" in shown
    assert (
        pl.read_csv(run("corp:aees", "corp:akwel", "--format", "csv").encode())["cause"].item() == "compared"
    )
