"""Processes that answer queries and stay for the next one."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from graph import worker

ECHO = """
import json, os, sys, time
start = json.loads(sys.stdin.readline())
for line in sys.stdin:
    task = json.loads(line)
    time.sleep(task.get("sleep", 0))
    if "exit" in task:
        os._exit(task["exit"])
    print(json.dumps({"row": start["word"] + task.get("word", "")}))
    print(json.dumps({"end": True, "pid": os.getpid(), "last": task.get("last", False)}), flush=True)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "echo.py"
    path.write_text(ECHO, encoding="utf-8")
    return path


def _ask(script: Path, word: str = "a", seconds: float = 20, **task: object) -> list[worker.Line]:
    return worker.ask(script, {"word": word}, task, seconds)


def test_a_process_stays_for_the_next_query_with_the_same_start(script: Path) -> None:
    first, second = _ask(script, word="ä"), _ask(script, word="ä")
    assert first[0] == {"row": "ä"}
    assert first[-1]["pid"] == second[-1]["pid"] != _ask(script, word="b")[-1]["pid"]


def test_one_that_says_so_does_not_stay(script: Path) -> None:
    pid = _ask(script, last=True)[-1]["pid"]
    assert not psutil.pid_exists(pid)
    assert _ask(script)[-1]["pid"] != pid


def test_the_code_of_one_that_ended_is_told_and_the_next_is_new(script: Path) -> None:
    assert _ask(script, exit=7) == [{"died": 7}]
    assert _ask(script)[0] == {"row": "a"}


def test_one_that_takes_too_long_is_killed(script: Path) -> None:
    pid = _ask(script)[-1]["pid"]
    started = time.monotonic()
    assert _ask(script, sleep=30, seconds=0.3) == [{"died": worker.LATE}]
    assert time.monotonic() - started < 10
    assert not psutil.pid_exists(pid)


def test_what_somebody_else_killed_did_not_take_too_long(script: Path) -> None:
    pid = _ask(script)[-1]["pid"]
    threading.Timer(0.5, psutil.Process(pid).kill).start()
    assert _ask(script, sleep=30)[-1]["died"] != worker.LATE


INTERRUPTED = """
import signal, sys
import polars  # its own handler of signals lets the system go on with what it reads
from graph import worker
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
polars.DataFrame({"x": [1]}).lazy().collect()
print(worker.ask(Path(sys.argv[1]), {"word": "a"}, {}, 20)[-1]["pid"], flush=True)
worker.ask(Path(sys.argv[1]), {"word": "a"}, {"sleep": 60}, 90)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no signals on this system")
def test_an_interrupt_ends_the_wait_and_the_query(script: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        pid = int(process.stdout.readline())
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in process.stderr.read()
        assert process.wait(20)
    assert not psutil.pid_exists(pid)


def test_queries_at_the_same_time_have_processes_of_their_own_of_which_few_stay(script: Path) -> None:
    answers: list[list[worker.Line]] = []
    threads = [threading.Thread(target=lambda: answers.append(_ask(script, sleep=1))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({lines[-1]["pid"] for lines in answers}) == 6
    left = [lines[-1]["pid"] for lines in answers if psutil.pid_exists(lines[-1]["pid"])]
    assert len(left) == 4


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
def test_a_fork_leaves_the_processes_of_its_parent_alone(script: Path) -> None:
    pid = _ask(script)[-1]["pid"]
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=lambda: answers.put([_ask(script, word=w)[-1]["pid"] for w in "abcdef"]))
    child.start()
    assert pid not in answers.get(timeout=60)
    child.join(60)
    assert _ask(script)[-1]["pid"] == pid
