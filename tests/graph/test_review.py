from __future__ import annotations

import contextlib
import csv
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import identity_home
import polars as pl
import pytest

from graph.cli import main
from graph.cli.identity import _show_pair
from graph.home import VARIABLE, Home
from graph.identity import read_judgements
from graph.identity.judgements import RELATIONS, append
from graph.identity.queue import review_queue
from graph.identity.review import Review, export_queue, import_judgements
from graph.labor_graph import LaborGraph
from ontology import TrinationalError

pty = pytest.importorskip("pty")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")
PROGRAM = [sys.executable, "-c", "from graph.cli import main; main()"]


@pytest.fixture
def home(demo_home: Home, tmp_path: Path) -> Home:
    return identity_home.identity_home(demo_home, tmp_path / "home")


def decisions(home: Home) -> list[tuple[str, str, str, str]]:
    path = home.path / "judgements.csv"
    found = read_judgements(path) if path.is_file() else []
    return [(j.left, j.right, j.judgement, j.relation) for j in found]


def pairs(home: Home, **options: Any) -> list[tuple[str, str]]:
    return review_queue(LaborGraph(home.graph), **options).select("left", "right").rows()


def test_queue_holds_what_is_open_by_weight(home: Home) -> None:
    queue = review_queue(LaborGraph(home.graph))
    assert set(queue.select("left", "right").rows()) == {
        ("corp:3m", "corp:3m-mexico"),
        ("corp:aees", "corp:akwel"),
        ("plant:3m-slp", "plant:aam-guanajuato"),
        ("union:uaw-local-230", "union:uaw-local-600"),
    }
    assert queue["weight"].is_sorted(descending=True)
    for row in queue.rows(named=True):
        near = min(row["probability"] / 0.98, 1)
        assert row["weight"] == pytest.approx((row["left_rows"] * row["right_rows"]) ** 0.5 * near)
    assert "places that differ" in queue.filter(kind="Plant")["obstacle"][0]


def test_a_parent_that_a_name_states_is_suggested_where_one_thing_alone_has_its_name(home: Home) -> None:
    folder = home.graph
    named = {"corp:aees": "AEES, a division of 3M Company", "corp:akwel": "Akwel, a subsidiary of Alcoa"}
    said = folder / "said" / "Corporation.parquet"
    pl.read_parquet(said).with_columns(
        name=pl.col("record_id").replace_strict(named, default=pl.col("name"))
    ).write_parquet(said)
    pairs = pl.read_parquet(folder / "matches.parquet").with_columns(parent=pl.lit(None, pl.String))
    row = pairs.head(1).with_columns(verdict=pl.lit("related"), probability=0.001, parent=pl.lit("says"))
    ends = [("corp:3m", "corp:aees"), ("corp:akwel", "corp:alcoa"), ("corp:3m-mexico", "corp:akwel")]
    more = [row.with_columns(left=pl.lit(left), right=pl.lit(right)) for left, right in ends]
    pl.concat([pairs, *more]).write_parquet(folder / "matches.parquet")
    queue = review_queue(LaborGraph(folder)).filter(verdict="related")
    assert queue.select("left", "right", "relation").rows() == [("corp:3m", "corp:aees", "parent")]
    row = queue.row(0, named=True)
    assert row["weight"] == pytest.approx((row["left_rows"] * row["right_rows"]) ** 0.5 / 2)


def test_rows_of_a_thing_are_its_records_and_relations(home: Home) -> None:
    graph = LaborGraph(home.graph)
    row = review_queue(graph).filter(left="corp:aees").row(0, named=True)
    relations = sum(
        graph.table(kind).filter(**{role: "corp:aees"}).height
        for kind, role in (
            ("Ownership", "owner"), ("Ownership", "owned"), ("Operation", "operator"), ("InSector", "member"),
            ("Representation", "employer"), ("Coverage", "employer"), ("Supply", "supplier"),
            ("Supply", "buyer"), ("ShiftClaim", "corporation"), ("Party", "party"),
            ("Succession", "successor"), ("Succession", "predecessor"), ("Count", "of"),
        )
    )  # fmt: skip
    assert row["left_rows"] == relations + graph.said("Corporation").filter(id="corp:aees").collect().height


def test_judged_pairs_leave_the_queue_whichever_record_was_judged(home: Home) -> None:
    session = Review(home, "research")
    session.decide({"left": "corp:aees", "right": "corp:akwel-juarez", "reason": "seen"}, "different")
    assert ("corp:aees", "corp:akwel") not in pairs(home, judgements=session.judgements())


def test_decision_against_an_earlier_one_is_refused_and_not_written(home: Home) -> None:
    session = Review(home, "research")
    pair = {"left": "corp:3m", "right": "corp:3m-mexico", "reason": ""}
    session.decide(pair, "related", "parent")
    with pytest.raises(TrinationalError, match=r"this decision.*home/judgements.csv, line 2"):
        session.decide(pair, "same")
    assert decisions(home) == [("corp:3m", "corp:3m-mexico", "related", "parent")]


def test_decision_that_closes_a_forbidden_chain_is_refused_with_the_chain(home: Home) -> None:
    session = Review(home, "research")
    for left, right, word in (("corp:3m", "corp:aees", "different"), ("corp:3m", "corp:alcoa", "same")):
        session.decide({"left": left, "right": right, "reason": ""}, word)
    with pytest.raises(TrinationalError, match="corp:aees = corp:alcoa = corp:3m"):
        session.decide({"left": "corp:aees", "right": "corp:alcoa", "reason": ""}, "same")
    assert len(decisions(home)) == 2


def test_undo_takes_back_only_its_own_last_line(home: Home) -> None:
    session = Review(home, "research")
    session.decide({"left": "corp:3m", "right": "corp:alcoa", "reason": "x"}, "same")
    session.decide({"left": "corp:3m", "right": "corp:aees", "reason": "x"}, "unsure")
    assert session.undo()
    assert decisions(home) == [("corp:3m", "corp:alcoa", "same", "")]
    append(home.path / "judgements.csv", read_judgements()[:1])
    with pytest.raises(TrinationalError, match="changed since"):
        session.undo()
    assert len(decisions(home)) == 2
    assert session.undo() is None


def piped(home: Home, keys: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, "review", "--by", "research", "--home", str(home.path), *options],
        input=keys, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_keys_of_a_pipe_decide(home: Home) -> None:
    order = pairs(home)
    done = piped(home, "s\nn\n=seen on both pages\nd\nz\nrP\nx u q")
    assert done.returncode == 0, done.stderr
    [first, second, third] = decisions(home)
    assert first == (*order[0], "same", "")
    assert second == (*reversed(order[1]), "related", "parent")
    assert third == (*order[2], "unsure", "")
    assert "3 decided, 1 open" in done.stdout
    assert "no such key: 'x'" in done.stdout


def test_note_is_the_reason(home: Home) -> None:
    piped(home, "n\n=seen on both pages\nd")
    [line] = read_judgements(home.path / "judgements.csv")
    assert line.why == "=seen on both pages"
    assert "'=seen" in (home.path / "judgements.csv").read_text()


def test_each_relation_has_its_key(home: Home) -> None:
    for key, relation in zip("plbio", RELATIONS, strict=True):
        piped(home, f"r{key}q")
        assert decisions(home)[-1][3] == relation
        (home.path / "judgements.csv").unlink()


def test_reviewer_is_remembered_and_needed(home: Home) -> None:
    command = [*PROGRAM, "review", "--home", str(home.path)]
    first = subprocess.run(command, input="q", capture_output=True, text=True, timeout=60, check=False)
    assert first.returncode == 2
    assert "--by" in first.stderr
    piped(home, "q")
    subprocess.run(command, input="s", capture_output=True, text=True, timeout=60, check=True)
    assert read_judgements(home.path / "judgements.csv")[0].by == "research"


def own_terminal() -> None:
    """In the new process: standard input is its terminal, and Control-C reaches it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Terminal:
    """A review on a terminal of its own."""

    def __init__(self, home: Home) -> None:
        self.screen = ""
        self.number, inner = pty.openpty()
        command = [*PROGRAM, "review", "--by", "research", "--home", str(home.path)]
        self.process = subprocess.Popen(
            command, stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
            preexec_fn=own_terminal,
            env={**os.environ, "COLUMNS": "120", "TERM": "xterm"},
        )  # fmt: skip
        os.close(inner)

    def until(self, pattern: str) -> None:
        """Read the screen until it shows the pattern, past what was waited for before."""
        limit = time.monotonic() + 60
        while not (found := re.search(pattern, self.screen)):
            assert time.monotonic() < limit, self.screen
            if select.select([self.number], [], [], 1)[0]:
                self.screen += os.read(self.number, 65536).decode(errors="replace")
                self.screen = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.screen)
        self.screen = self.screen[found.end() :]

    def press(self, keys: str) -> None:
        os.write(self.number, keys.encode())

    def end(self) -> int:
        """The exit code, once all that is shown was read."""
        with contextlib.suppress(OSError):
            while select.select([self.number], [], [], 10)[0]:
                self.screen += os.read(self.number, 65536).decode(errors="replace")
        return self.process.wait(10)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.number)


@pytest.fixture
def terminal(home: Home) -> Any:
    opened = Terminal(home)
    yield opened
    opened.close()


def test_single_keys_on_a_terminal(home: Home, terminal: Terminal) -> None:
    order = pairs(home)
    terminal.until("1 of 4")
    terminal.until(r"\[q\]uit")
    terminal.press("\x1b[D")
    terminal.press("s")
    terminal.until("2 of 4")
    terminal.until(r"\[q\]uit")
    terminal.press("n")
    terminal.until("why: ")
    terminal.press("né\x7fo\r")
    terminal.until("note: no")
    terminal.press("d")
    terminal.until("3 of 4")
    terminal.press("z")
    terminal.until("taken back")
    terminal.until("2 of 4")
    terminal.press("q")
    terminal.until("1 decided, 3 open")
    assert terminal.end() == 0
    assert decisions(home) == [(*order[0], "same", "")]


def test_killed_review_loses_nothing_and_goes_on(home: Home, terminal: Terminal) -> None:
    order = pairs(home)
    terminal.until(r"\[q\]uit")
    terminal.press("d")
    terminal.until("2 of 4")
    terminal.press("u")
    terminal.until("3 of 4")
    os.kill(terminal.process.pid, signal.SIGKILL)
    assert decisions(home) == [(*order[0], "different", ""), (*order[1], "unsure", "")]
    again = piped(home, "k")
    assert "1 of 2" in again.stdout
    assert order[2][0] in again.stdout


def test_control_c_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.until(r"\[q\]uit")
    terminal.press("\x03")
    assert terminal.end() == 130
    assert termios.tcgetattr(terminal.number)[3] & termios.ICANON


def exported(home: Home, path: Path) -> list[dict[str, str]]:
    session = Review(home, "research")
    export_queue(session.graph, session.queue, path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill(path: Path, rows: list[dict[str, str]], *, separator: str = ",", encoding: str = "utf-8") -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(("separator", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8-sig")])
def test_export_and_import_round_trip(home: Home, tmp_path: Path, separator: str, encoding: str) -> None:
    path = tmp_path / "queue.csv"
    rows = exported(home, path)
    assert all(row["judgement"] == "" for row in rows)
    rows[0] |= {"judgement": "Same", "by": "council", "on": "2026-11-01", "why": "-seen; both"}
    rows[1] |= {"judgement": "related", "relation": "local of"}
    fill(path, [{**row, "mine": "x"} for row in rows], separator=separator, encoding=encoding)
    with path.open("a", encoding="utf-8") as file:
        file.write(separator * 12 + "\r\n\r\n")
    assert import_judgements(home, path, "research") == (2, 0)
    lines = read_judgements(home.path / "judgements.csv")
    assert (lines[0].judgement, lines[0].by, lines[0].on, lines[0].why) == (
        "same", "council", "2026-11-01", "-seen; both",
    )  # fmt: skip
    assert (lines[1].relation, lines[1].by) == ("local_of", "research")
    assert lines[1].why.startswith("reviewed in a spreadsheet: ")
    assert import_judgements(home, path, "research") == (0, 2)
    assert len(exported(home, path)) == len(rows) - 2


def test_exported_cells_are_no_formulas(home: Home, tmp_path: Path) -> None:
    rows = exported(home, tmp_path / "queue.csv")
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert "'=names 90 % alike" in cells
    assert all(row["left_sources"] and row["right_sources"] for row in rows)


def mistake(rows: list[dict[str, str]], change: dict[str, str]) -> None:
    rows[0] |= {"judgement": "different"}
    rows[1] |= {"judgement": "same"} | change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"judgement": "yes"}, "line 3, column judgement: 'yes'"),
        ({"judgement": "related"}, "line 3, column relation: ''"),
        ({"on": "26.11.2026"}, "line 3, column on: '26.11.2026'.*"),
        ({"left": "corp:3n"}, "line 3, column left: no thing or record has the id 'corp:3n'"),
        ({"right": ""}, "line 3, column right: is empty"),
    ],
)
def test_mistake_in_one_row_writes_nothing(
    home: Home, tmp_path: Path, change: dict[str, str], message: str
) -> None:
    path = tmp_path / "queue.csv"
    rows = exported(home, path)
    mistake(rows, change)
    fill(path, rows)
    with pytest.raises(TrinationalError, match=message):
        import_judgements(home, path, "research")
    assert decisions(home) == []


def test_contradiction_names_both_lines_and_writes_nothing(home: Home, tmp_path: Path) -> None:
    session = Review(home, "research")
    pair = review_queue(session.graph).row(0, named=True)
    path = tmp_path / "queue.csv"
    rows = exported(home, path)
    session.decide(pair, "same")
    rows[0] |= {"judgement": "different"}
    rows[1] |= {"judgement": "same"}
    fill(path, rows)
    with pytest.raises(TrinationalError, match=r"queue.csv, line 2.*home/judgements.csv, line 2"):
        import_judgements(home, path, "research")
    assert len(decisions(home)) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no column 'left'"),
        (b"left,right\na,b\n", "no column 'judgement'"),
        (b"left,right,judgement,judgement\n", "more than one column 'judgement'"),
        (b"left,right,judgement\na,b,same,extra\n", "line 2: 4 cells"),
        ("left,right,judgement\na,b,sí\n".encode("latin-1"), "CSV UTF-8|UTF-8"),
        (b'left,right,judgement\na,b,"same\n', "cannot be read"),
    ],
)
def test_files_that_are_no_queue(home: Home, tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "queue.csv"
    path.write_bytes(content)
    with pytest.raises(TrinationalError, match=message):
        import_judgements(home, path, "research")


def test_several_mistakes_are_named_together(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "queue.csv"
    path.write_text("left,right,judgement,why\ncorp:3m,corp:aees,yes,x\ncorp:3m,corp:3m,same,x\n")
    with pytest.raises(TrinationalError, match=r"(?s)line 2.*\n.*line 3"):
        import_judgements(home, path, "research")


def test_a_pair_turned_round_is_there_already(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "queue.csv"
    path.write_text(
        "left,right,judgement,why\ncorp:3m,corp:aees,different,x\ncorp:aees,corp:3m,different,x\n"
    )
    assert import_judgements(home, path, "research") == (1, 1)
    with pytest.raises(TrinationalError, match=r"cannot read .*none\.csv"):
        import_judgements(home, tmp_path / "none.csv", "research")


def test_a_pair_is_shown_without_empty_lines(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    session = Review(home, "research")
    path = session.graph.folder / "matches.parquet"
    events = {"left_of_events": None, "right_of_events": None}
    pl.read_parquet(path).with_columns(**events).write_parquet(path)
    _show_pair(session.graph, session.queue.row(0, named=True), 1, 1)
    shown = capsys.readouterr().out
    assert "names" in shown
    assert "of events" not in shown


def test_export_and_import_on_the_command_line(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(home.path))
    path = tmp_path / "queue.csv"

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["trinational", "review", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        return int(caught.value.code or 0), capsys.readouterr().out

    code, out = run("--export", str(path), "--kind", "Corporation")
    assert (code, out.split()[:2]) == (0, ["2", "pairs"])
    assert run("--export", str(path), "--kind", "Corporation")[0] == 0
    rows = list(csv.DictReader(path.open(encoding="utf-8-sig", newline="")))
    fill(path, [{**row, "judgement": "different"} for row in rows])
    text = path.read_text()
    assert run("--export", str(path))[0] == 2
    assert run("--export", str(path), "--import", str(path))[0] == 2
    assert path.read_text() == text
    code, out = run("--import", str(path), "--by", "research")
    assert (code, "2 judgements written" in out) == (0, True)
    assert run("--kind", "Plnat")[0] == 2
