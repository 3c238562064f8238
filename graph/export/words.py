"""The words of a picture in English, Spanish and French: `labels.csv` and the labels of the ontology."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ontology import TrinationalError, model
from ontology.model import LANGUAGES

_MOVED = ("carried_out", "partly")
_RESULT = (
    *("product", "band", "score", "claim", "pattern", "outcome", "origin_date", "destination_date", "months"),
    *("jobs_lost", "jobs_gained", "owner", "product_match", "time", "sectors", "shared_employers", "overlap"),
    *("coverage_ab", "coverage_ba", "tie", "interest", "gap"),
)
_RESULT_SCHEMES = {"outcome": "shift-outcome"}
_SILENT = frozenset({"name", "native_name", "abbreviation", "country", "same_as", "detail_kind"})


@cache
def _table() -> Mapping[str, Mapping[str, str]]:
    with (Path(__file__).parent / "labels.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


@dataclass(frozen=True)
class Words:
    """Labels in one language.

    >>> Words("es")("edge.SUPPLIES")
    'abastece a'
    >>> Words("fr").kind("Union")
    'syndicat'
    """

    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise TrinationalError(f"no labels in {self.language!r}", hint=f"use {', '.join(LANGUAGES)}")

    def __call__(self, key: str, **values: object) -> str:
        row = _table().get(key)
        text = row[self.language] if row else key.rpartition(".")[2].replace("_", " ").lower()
        return text.format(**values) if values else text

    def short(self, name: str) -> str:
        """A verb short enough to stand on a line."""
        return self("short." + name) if "short." + name in _table() else self("edge." + name)

    def kind(self, name: str) -> str:
        form = model().kinds.get(name)
        return form.labels[self.language] if form else self("kind." + name)

    def term(self, scheme: str, notation: str) -> str:
        return model().label(scheme, notation, self.language)

    def details(self, kind: str, values: Mapping[str, Any]) -> Iterator[str]:
        """`label: value` for what a row of a kind, or of a result, says, in the order of its columns.

        Jobs lost and gained are said only of moves that were carried out.
        """
        form = model().kinds.get(kind)
        known = {c.name: c for c in (*form.columns, *model().evidence[11:13])} if form else {}
        moved = values.get("outcome") in (None, *_MOVED)
        for name in known or _RESULT:
            value = values.get(name)
            if (
                value in (None, "", [])
                or name in _SILENT
                or (name in ("jobs_lost", "jobs_gained") and not moved)
            ):
                continue
            column = known.get(name)
            if column is None:
                yield f"{self('detail.' + name)}: {self._value(value, _RESULT_SCHEMES.get(name), 'value.')}"
            elif column.type != "ref":
                yield f"{column.labels[self.language]}: {self._value(value, column.scheme)}"

    def _value(self, value: Any, scheme: str | None, prefix: str = "") -> str:
        if isinstance(value, bool):
            return "✓" if value else "✗"
        if isinstance(value, float):
            return f"{value:,.10g}".replace(",", "\u202f") if value >= 10000 else f"{value:.10g}"
        if isinstance(value, int):
            return f"{value:,}".replace(",", "\u202f") if value >= 10000 else str(value)
        if prefix and prefix + str(value) in _table():
            return self(prefix + str(value))
        parts = value if isinstance(value, list) else str(value).split("; ") if scheme else [str(value)]
        return ", ".join(self.term(scheme, part) if scheme else part for part in parts)
