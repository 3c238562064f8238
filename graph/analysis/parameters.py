"""Every number of the analyses, in one versioned place; printed with each result.

A researcher changes them with `dataclasses.replace` and hands them to an analysis; what is printed beside the
result then says so.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Confidence:
    """Reliability of a statement by the kind of its evidence, else by its status."""

    by_evidence: dict[str, float] = field(
        default_factory=lambda: {
            "court_or_board": 0.95,
            "taa": 0.95,
            "warn": 0.9,
            "government_filing": 0.9,
            "government_release": 0.9,
            "register": 0.9,
            "company_statement": 0.85,
            "union_statement": 0.8,
            "news": 0.75,
            "trade_press": 0.75,
            "labor_press": 0.75,
            "ngo_report": 0.75,
            "study": 0.8,
            "encyclopedia": 0.5,
            "seed": 0.5,
        }
    )
    by_status: dict[str, float] = field(
        default_factory=lambda: {"found": 0.95, "denied": 0.95, "filed": 0.9, "settled": 0.85, "stated": 0.75}
    )
    otherwise: float = 0.3
    weak_pages: tuple[str, ...] = ("weak_copy", "seed")
    weak_limit: float = 0.5
    further_pages: float = 0.4
    limit: float = 0.99
    conflict: float = 0.3
    bands: tuple[tuple[float, str], ...] = (
        (0.9, "documented"),
        (0.7, "well reported"),
        (0.4, "reported"),
        (0.0, "lead"),
    )


@dataclass(frozen=True)
class Shifts:
    """Production shift score. Months are destination minus origin."""

    joint_venture: float = 0.8
    contract_manufacturer: float = 0.6
    digits: dict[int, float] = field(default_factory=lambda: {6: 1.0, 5: 0.85, 4: 0.6, 3: 0.3})
    hs_digits: dict[int, float] = field(default_factory=lambda: {6: 1.0, 4: 0.7, 2: 0.3})
    window: tuple[float, float] = (-36.0, 24.0)
    plateau: tuple[float, float] = (-18.0, 12.0)
    decline: dict[str, float] = field(
        default_factory=lambda: {"closure": 1.0, "line_removed": 0.7, "mass_layoff": 0.5, "layoff": 0.3}
    )
    growth: dict[str, float] = field(
        default_factory=lambda: {"opening": 1.0, "line_added": 0.7, "expansion": 0.6, "hiring": 0.4}
    )
    pattern_weight: float = 0.5
    documented: float = 0.9
    reported: float = 0.6
    pattern: float = 0.5
    lead: float = 0.25
    moved: tuple[str, ...] = ("carried_out", "partly")


@dataclass(frozen=True)
class Sectors:
    """Sector overlap and solidarity gap."""

    weigh_sectors: bool = True
    employers: float = 0.9
    shifts: float = 0.9
    supply: float = 0.7
    cosine: float = 0.4
    ties: dict[str, float] = field(
        default_factory=lambda: {
            "joint_structure": 0.9,
            "affiliation": 0.9,
            "alliance": 0.8,
            "campaign": 0.7,
            "petition_support": 0.7,
            "strike_support": 0.7,
            "funding": 0.5,
            "legal_support": 0.5,
            "exchange": 0.4,
            "conference": 0.4,
            "training": 0.4,
            "monitoring": 0.3,
            "joint_statement": 0.2,
            "statement": 0.2,
            "same_federation": 0.15,
        }
    )
    open_ended: tuple[str, ...] = ("joint_structure", "affiliation", "alliance", "same_federation")
    half_life: float = 36.0
    tie_roles: tuple[str, ...] = ("party", "beneficiary")
    minimum_interest: float = 0.05
    most_pairs: int | None = 10_000


@dataclass(frozen=True)
class Parameters:
    """All parameters; `version` changes whenever a default does.

    >>> DEFAULT.shifts.pattern_weight
    0.5
    >>> DEFAULT.as_dict()["version"]
    '1'
    """

    version: str = "1"
    represented: tuple[str, ...] = ("certified", "recognized")
    confidence: Confidence = field(default_factory=Confidence)
    shifts: Shifts = field(default_factory=Shifts)
    sectors: Sectors = field(default_factory=Sectors)

    def as_dict(self) -> dict[str, Any]:
        """The parameters as plain data, for printing beside a result."""
        return asdict(self)


DEFAULT = Parameters()
