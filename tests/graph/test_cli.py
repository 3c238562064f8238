from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graph.cli import app, main
from graph.home import VARIABLE, Home

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(demo_home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command line in this process: (exit code, standard output, error output)."""
    monkeypatch.setenv(VARIABLE, str(demo_home.path))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["trinational", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        return int(caught.value.code or 0), captured.out, captured.err

    return call


def rows(answer: tuple[int, str, str]) -> list[dict[str, Any]]:
    assert answer[0] == 0, answer
    found = json.loads(answer[1])
    assert isinstance(found, list)
    return found


CONTRACTS = {
    "shifts": """
        parent origin origin_country destination destination_country product
        origin_date destination_date months owner product_match time pattern claim score band outcome
        jobs_lost jobs_gained origin_unions destination_unions identity evidence""",
    "sectors": """
        union_a country_a union_b country_b sectors overlap coverage_ab coverage_ba shared_employers tie
        interest gap evidence""",
    "search silao": "id kind name country match",
    "crosswalk": """
        id kind name country authority key record_id official reason probability joined_to source evidence
        url""",
    "status": "kind country source count",
}


@pytest.mark.parametrize("command", CONTRACTS)
def test_columns_of_json_are_a_contract(run: Any, command: str) -> None:
    found = rows(run(*command.split(), "--format", "json"))
    assert found
    for row in found:
        assert list(row) == CONTRACTS[command].split()


def test_load_reports_rows_that_add_up(run: Any, tmp_path: Path) -> None:
    [row] = rows(run("load", "curated", "--home", str(tmp_path), "--format", "json"))
    names = "source release rows_in rows_used rows_rejected rows_ignored records seconds"
    assert list(row) == names.split()
    assert row["rows_in"] == row["rows_used"] + row["rows_rejected"] + row["rows_ignored"] == 2043


@pytest.mark.parametrize("command", ["shifts", "sectors"])
def test_evidence_is_on_every_row(run: Any, command: str) -> None:
    for row in rows(run(command, "--format", "json")):
        assert row["evidence"], row
        for line in row["evidence"]:
            assert list(line) == ["source", "locator", "url", "date", "status"]
            assert line["source"]
            assert line["locator"]
            assert line["status"]


def test_listings_sort_by_score_then_id(run: Any) -> None:
    scores = [row["score"] for row in rows(run("shifts", "--format", "json"))]
    assert scores == sorted(scores, reverse=True)


def test_limit(run: Any) -> None:
    assert len(rows(run("shifts", "--format", "json", "--limit", "3"))) == 3


def test_csv_has_every_row(run: Any) -> None:
    code, out, _ = run("status", "--format", "csv")
    assert code == 0
    assert out.splitlines()[0] == "kind,country,source,count"
    assert len(out.splitlines()) - 1 == len(rows(run("status", "--format", "json")))


def test_show_names_sources_and_ties(run: Any) -> None:
    code, out, _ = run("show", "plant:gm-silao")
    assert code == 0
    assert "SINTTIA" in out
    assert "http" in out
    assert "[1]" in out


def test_show_by_name_and_in_spanish(run: Any) -> None:
    code, out, _ = run("show", "plant:gm-silao", "--language", "es")
    assert code == 0
    assert "representación" in out


def test_check_passes_on_the_built_in_dataset(run: Any) -> None:
    code, out, _ = run("check", "--format", "json")
    assert code == 0
    assert not [row for row in json.loads(out) if row["severity"] == "error"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load", "us_wran"], "did you mean 'us_warn'"),
        (["load", "us_warn", "/no/such/file"], "no such file"),
        (["show", "plant:gm-silaoo"], "no thing has the id"),
        (["search", "x", "--kind", "Plnat"], "did you mean 'Plant'"),
        (["shifts", "--band", "certain"], "no such band"),
        (["sectors", "--tie", "maybe"], "no such state"),
        (["shifts", "--format", "xml"], "xml"),
        (["shfts"], "shfts"),
    ],
)
def test_wrong_use_is_exit_code_2(run: Any, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert message in " ".join((out + err).split())


def test_no_graph_is_exit_code_1(run: Any, tmp_path: Path) -> None:
    code, _, err = run("status", "--home", str(tmp_path / "empty"))
    assert code == 1
    assert "hint: run `trinational demo`" in err


COMMANDS = [
    command.name or command.callback.__name__ for command in app.registered_commands if command.callback
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_is_documented(run: Any, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert "Example: trinational " + command in " ".join(out.split())
    assert f"| `{command}` |" in (ROOT / "docs/reference/commands.md").read_text()


def test_all_commands_are_there() -> None:
    first = "build check crosswalk cypher demo diff export family fetch load match questions retract review"
    last = "search sectors shifts show sources sparql status why"
    assert " ".join(sorted(COMMANDS)) == f"{first} {last}"


def test_crosswalk_writes_a_file(run: Any, tmp_path: Path) -> None:
    target = tmp_path / "ids.csv"
    code, out, err = run("crosswalk", "--kind", "Union", "--output", str(target))
    assert (code, out) == (0, "")
    lines = target.read_text().splitlines()
    assert f"{len(lines) - 1:,} rows" in err
    assert len(lines) - 1 == len(rows(run("crosswalk", "--kind", "Union", "--format", "json")))


PAIRS = """pair_id,level,a_name,b_name,a_city,b_city,label
p1,employer,General Motors LLC,"GENERAL MOTORS, L.L.C.",Detroit,Detroit,different
p2,employer,General Motors LLC,Whirlpool Corporation,Detroit,Benton Harbor,same
p3,,Whirlpool Corp,Whirlpool Corporation,,,
"""


def test_identity_score_judges_pairs_and_reads_no_label(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(PAIRS)
    found = rows(run("identity", "score", str(path), "--format", "json"))
    assert [list(row) for row in found] == [["pair_id", "verdict", "probability", "reason"]] * 3
    assert [row["pair_id"] for row in found] == ["p1", "p2", "p3"]
    assert [row["verdict"] for row in found] == ["same", "different", "same"]
    assert all(0 <= row["probability"] <= 1 and row["reason"] for row in found)
    turned = PAIRS.replace(",different", ",SAME").replace(",same", ",different").replace(",SAME", ",same")
    path.write_text(turned)
    assert rows(run("identity", "score", str(path), "--format", "json")) == found
    code, out, _ = run("identity", "score", str(path))
    assert code == 0
    assert "2 same" in out
    assert "Whirlpool Corporation" in out


def test_identity_score_writes_a_file_and_takes_two_names_alone(run: Any, tmp_path: Path) -> None:
    path, target = tmp_path / "pairs.csv", tmp_path / "verdicts.csv"
    path.write_text("a_name,b_name\nDana Corp.,DANA CORPORATION\n")
    assert run("identity", "score", str(path), "--output", str(target))[0] == 0
    header, line = target.read_text().splitlines()
    assert header == "pair_id,verdict,probability,reason"
    assert line.startswith("1,same,")
    path.write_text("a_name,b_name\n")
    assert rows(run("identity", "score", str(path), "--format", "json")) == []


@pytest.mark.parametrize(
    ("content", "code", "messages"),
    [
        ("pair_id,a_nmae,b_name\n1,x,y\n", 2, ["pairs.csv: no column a_name", "did you mean 'a_nmae'"]),
        ("a_name,b_name\nx,y\n,z\n", 1, ["pairs.csv, row 3, column a_name: is empty"]),
        ("level,a_name,b_name\nplnat,x,y\n", 1, ["row 2, column level: 'plnat'", "did you mean 'plant'"]),
        ("a_name,b_name\nx,y,z\n", 1, ["pairs.csv, row 2: 3 fields instead of 2"]),
        ("a_name,a_name\nx,y\n", 1, ["column 'a_name' stands there 2 times"]),
        ("", 1, ["pairs.csv is empty"]),
    ],
)
def test_identity_score_names_what_is_wrong(
    run: Any, tmp_path: Path, content: str, code: int, messages: list[str]
) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text(content)
    found, out, err = run("identity", "score", str(path))
    assert (found, out) == (code, "")
    for message in messages:
        assert message in " ".join(err.split())


def test_identity_score_without_a_file(run: Any, tmp_path: Path) -> None:
    code, _, err = run("identity", "score", str(tmp_path / "none.csv"))
    assert code == 1
    assert "cannot read" in err
    (tmp_path / "latin.csv").write_bytes("a_name,b_name\nMéxico,x\n".encode("cp1252"))
    code, _, err = run("identity", "score", str(tmp_path / "latin.csv"))
    assert code == 1
    assert "--encoding cp1252" in " ".join(err.split())
