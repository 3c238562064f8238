"""Processes that answer queries, one at a time, and stay for the next one.

The embedded engines run in them, so that a query can be stopped at any moment and can take only so much
memory. A process gets JSON lines: first what holds for all queries, then queries. It answers each with JSON
lines, of which the last one has an `end` or an `error`; with `last` it says that it should not stay.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

Line: TypeAlias = dict[str, Any]

LATE = 124
_MOST_IDLE = 4
_LOOK = 0.1


def ask(script: Path, start: Line, task: Line, seconds: float) -> list[Line]:
    """The lines of an answer by a process that runs `script`.

    Where it ended before it could answer, the last line is `{"died": code}`; after `seconds` it is killed,
    and the code is `LATE`.
    """
    worker = _take(script, start)
    try:
        lines = worker.ask(task, seconds)
    except BaseException:
        worker.close()
        raise
    if "died" in lines[-1] or lines[-1].get("last"):
        worker.close()
    else:
        _give_back(worker)
    return lines


class _Worker:
    def __init__(self, script: Path, start: Line) -> None:
        self.key = _key(script, start)
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        self._first: tuple[Line, ...] = (start,)

    def ask(self, task: Line, seconds: float) -> list[Line]:
        """Send and wait in a thread: while the main one waits for a pipe, Ctrl-C may not reach it."""
        lines: list[Line] = []
        errors: list[Exception] = []
        thread = threading.Thread(target=self._exchange, args=(task, lines, errors), daemon=True)
        thread.start()
        end = time.monotonic() + seconds
        while thread.is_alive() and time.monotonic() < end:
            thread.join(min(_LOOK, max(end - time.monotonic(), 0)))
        late = thread.is_alive()
        if late:
            self.process.kill()
            thread.join()
        if errors:
            raise errors[0]
        return [*lines[:-1], {"died": LATE}] if late and "died" in lines[-1] else lines

    def _exchange(self, task: Line, lines: list[Line], errors: list[Exception]) -> None:
        try:
            self._send(*self._first, task)
            self._first = ()
            self._receive(lines)
        except OSError:
            lines.append(self._died())
        except Exception as error:
            errors.append(error)

    def close(self) -> None:
        """End the process, unless this one was forked from the one that started it."""
        if self.key[0] == os.getpid():
            self.process.kill()
            self._died()

    def _send(self, *lines: Line) -> None:
        assert self.process.stdin
        self.process.stdin.writelines(json.dumps(line) + "\n" for line in lines)
        self.process.stdin.flush()

    def _receive(self, lines: list[Line]) -> None:
        assert self.process.stdout
        for text in self.process.stdout:
            lines.append(json.loads(text))
            if "end" in lines[-1] or "error" in lines[-1]:
                return
        lines.append(self._died())

    def _died(self) -> Line:
        code = self.process.wait()
        for pipe in filter(None, (self.process.stdin, self.process.stdout)):
            with suppress(OSError):
                pipe.close()
        return {"died": code}


_idle: list[_Worker] = []
_lock = threading.Lock()


def _key(script: Path, start: Line) -> tuple[int, Path, str]:
    return os.getpid(), script, json.dumps(start)


def _take(script: Path, start: Line) -> _Worker:
    """A process that waits, else a new one."""
    key = _key(script, start)
    with _lock:
        for worker in [worker for worker in _idle if worker.key == key]:
            _idle.remove(worker)
            if worker.process.poll() is None:
                return worker
            worker.close()
    return _Worker(script, start)


def _give_back(worker: _Worker) -> None:
    with _lock:
        _idle.append(worker)
        while len(_idle) > _MOST_IDLE:
            _idle.pop(0).close()


@atexit.register
def _close_idle() -> None:
    for worker in _idle:
        worker.close()
