"""The one error that people see: what is wrong, where, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TrinationalError(Exception):
    """A mistake that a person can mend.

    `message` names what is wrong (file, row, column, value); `hint` says what to do next.

    >>> str(TrinationalError("plants.csv, row 3: no such country 'UX'", hint="use US, CA or MX"))
    "plants.csv, row 3: no such country 'UX'"
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class WrongUseError(TrinationalError):
    """A command or call that names what does not exist: nothing was run."""


def nearest(word: str, valid: Iterable[str]) -> str:
    """The valid name closest to `word`, as a hint; empty where none is close.

    >>> nearest("Plnat", ["Plant", "Union"])
    "did you mean 'Plant'?"
    """
    found = difflib.get_close_matches(word, list(valid), n=1)
    return f"did you mean {found[0]!r}?" if found else ""
