"""Words of the synthetic network: industries, cities, syllables of names, terms with weights.

Cities and industry codes (`words/*.csv`) are real, so that places and sectors join as in real files;
companies and unions are invented. Weights follow the built-in dataset.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import polars as pl

_WORDS = Path(__file__).parent / "words"

COUNTRIES = ("US", "CA", "MX")
HOMES = (("US", 55), ("CA", 10), ("MX", 15), ("JP", 8), ("DE", 7), ("KR", 5))
HEADS = (
    "Al", "Ar", "Bel", "Bor", "Cal", "Cen", "Cor", "Dal", "Del", "Dur", "El", "Fal", "Fer", "Gal",
    "Gen", "Hal", "In", "Jas", "Kel", "Lam", "Lor", "Mar",
)  # fmt: skip
MIDDLES = (
    "a", "e", "i", "o", "u", "ba", "co", "da", "di", "fi", "ga", "lo", "ma", "mo", "na", "ni", "pa",
    "ra", "ri", "sa", "ta", "te", "to", "va", "vi",
)  # fmt: skip
TAILS = (
    "con", "dex", "don", "fer", "gon", "lin", "lux", "mar", "mex", "nor", "pex", "ran", "rex", "son",
    "tec", "tek", "ton", "tor", "trix", "van", "vex",
)  # fmt: skip
SUFFIXES = ("", " Industries", " Group", " Systems", " Technologies", " Works", " Products", " Partners")
ADJECTIVES = ("United", "International", "Amalgamated", "Allied", "Federated", "General", "Independent")
ALLEGATIONS = (
    "freedom_of_association;collective_bargaining",
    "freedom_of_association;dismissal_for_organizing",
    "freedom_of_association;collective_bargaining;vote_irregularities",
    "dismissal_for_organizing;employer_interference",
    "collective_bargaining;unrepresentative_cba",
)
TIES = (
    ("campaign", 35),
    ("petition_support", 35),
    ("exchange", 29),
    ("alliance", 23),
    ("joint_statement", 23),
    ("funding", 15),
    ("training", 15),
    ("monitoring", 9),
    ("strike_support", 9),
    ("legal_support", 8),
)
DISPUTES = (
    ("strike", "settled", 33),
    ("union_election", "won", 20),
    ("union_election", "lost", 7),
    ("contract_vote", "approved", 14),
    ("legitimation_vote", "rejected", 10),
    ("threat", "open", 7),
    ("union_organizing", "repressed", 7),
    ("lockout", "settled", 4),
    ("mass_dismissal", "unknown", 4),
    ("union_recognition", "won", 3),
)
OUTCOMES = (
    ("carried_out", 54),
    ("announced", 26),
    ("allocation", 6),
    ("partly", 5),
    ("redirected", 4),
    ("cancelled", 3),
    ("threat", 2),
)
CLAIM_EVIDENCE = (
    ("company_statement", 29),
    ("news", 15),
    ("union_statement", 9),
    ("warn", 2),
    ("trade_press", 2),
)
SUPPLY_EVIDENCE = (
    ("news", 79),
    ("trade_press", 45),
    ("labor_press", 7),
    ("company_statement", 6),
    ("union_statement", 5),
    ("government_release", 4),
    ("ngo_report", 4),
)
CASE_ENDS = (
    ("resolved", "determination_denial", 40),
    ("resolved", "determination_no_denial", 20),
    ("remediation_plan", "remediation_plan", 15),
    ("review_in_progress", "accepted", 15),
    ("panel_requested", "panel_request", 10),
)
STANDINGS = (("recognized", 79), ("certified", 14), ("unknown", 9), ("no_contract", 2), ("annulled", 1))
BASES = (("unknown", 79), ("vote", 30), ("agreement", 21), ("board_order", 3), ("registry", 1))
CLASSES = (("press_or_other", 64), ("union_ngo", 24), ("official", 7), ("weak_copy", 5))
ORGANIZATIONS = (
    "ngo",
    "government_agency",
    "legal_network",
    "research_institute",
    "consultancy",
    "network",
    "worker_center",
    "brand",
    "coalition",
    "monitoring_organization",
    "training_institute",
    "campaign",
    "certification",
    "contractor",
    "federation",
    "foundation",
    "global_federation",
    "intergovernmental",
    "student_network",
    "union_caucus",
    "union_fund",
    "university_center",
)


@cache
def industries() -> pl.DataFrame:
    """Four-digit industries: share in percent, six-digit codes, HS heading, products, words for names."""
    table = pl.read_csv(_WORDS / "industries.csv", infer_schema=False)
    return table.with_columns(
        pl.col("weight").cast(pl.Int64), pl.col("naics", "scian", "products").str.split(";")
    )


@cache
def cities() -> pl.DataFrame:
    """Cities with country, subdivision, state, county or municipality and coordinates."""
    return pl.read_csv(_WORDS / "cities.csv", infer_schema=False)
