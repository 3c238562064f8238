"""The published numbers, and what must hold for any evidence."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_tables import small_tables

from graph.analysis.confidence import band, believe, combine
from graph.engine import Engine, cut

PROBABILITIES = st.lists(st.floats(0, 1), max_size=6)


def believed(engine: Engine = "polars", **record: Any) -> float:
    return believed_all([record], engine)


def believed_all(records: list[dict[str, Any]], engine: Engine = "polars") -> float:
    claims = small_tables({"ShiftClaim": [{"outcome": "carried_out", **r} for r in records]}, engine)
    return float(cut(believe(claims["ShiftClaim"], "outcome"))["belief"][0])


def test_vector_of_two_origins_against_one() -> None:
    found = combine([0.9 * 0.95, 0.6 * 0.8], [0.3])
    assert [round(p, 4) for p in (found.belief, found.disbelief, found.unknown, found.conflict)] == [
        0.8957, 0.0313, 0.0730, 0.2774,
    ]  # fmt: skip
    assert round(combine([0.9 * 0.95, 0.6 * 0.8]).belief, 4) == 0.9246
    assert not found.sources_conflict
    assert combine([0.9], [0.9]).sources_conflict


def test_belief_is_capped() -> None:
    assert combine([1.0, 1.0]).belief == 0.99
    assert combine([]).belief == 0


@pytest.mark.parametrize(
    ("belief", "word"),
    [(0.99, "documented"), (0.9, "documented"), (0.8999, "well reported"), (0.7, "well reported"),
     (0.6999, "reported"), (0.4, "reported"), (0.3999, "lead"), (0.0, "lead")],
)  # fmt: skip
def test_bands(belief: float, word: str) -> None:
    assert band(belief) == word


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize(
    ("evidence", "reliability"),
    [("warn", 0.9), ("company_statement", 0.85), ("union_statement", 0.8), ("news", 0.75),
     ("trade_press", 0.75), ("ngo_report", 0.75), ("taa", 0.95)],
)  # fmt: skip
def test_reliability_by_evidence(evidence: str, reliability: float, engine: Engine) -> None:
    assert believed(engine, evidence_type=evidence) == reliability
    assert believed(engine, evidence_type=evidence, page_class="weak_copy") == 0.5
    assert believed(engine, evidence_type=evidence, page_class="seed") == 0.5


def test_status_counts_where_the_kind_of_evidence_is_unknown() -> None:
    assert believed(status="found") == 0.95
    assert believed(status="filed") == 0.9
    assert believed(status="alleged") == 0.3


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_further_pages_of_a_record_are_one_weak_origin(engine: Engine) -> None:
    news = {"evidence_type": "news", "url": "https://a"}
    assert believed(engine, **news) == 0.75
    assert believed(engine, **news, further_urls=["https://b"]) == 0.85
    assert believed(engine, **news, further_urls=["https://b", "https://c"]) == 0.85
    assert believed(engine, **news, further_urls=["https://a"]) == 0.75, "the same page again"
    assert believed(engine, evidence_type="news", further_urls=["https://b"]) == 0.85, "no address of its own"


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_copies_of_one_page_count_once_other_sources_add(engine: Engine) -> None:
    story = {"evidence_type": "news", "url": "https://a"}
    assert believed_all([story, story], engine) == 0.75
    assert believed_all([story, {**story, "url": "https://b", "source": "y@1"}], engine) == 0.9375


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_denial_contradicts_and_a_retracted_record_is_gone(engine: Engine) -> None:
    claim = {"evidence_type": "news", "url": "https://a"}
    denial = {"status": "denied", "url": "https://b", "evidence_type": "company_statement"}
    expected = combine([0.75], [0.85]).belief
    assert believed_all([claim, denial], engine) == pytest.approx(expected, abs=1e-11)
    retracted = {**denial, "status": "retracted"}
    assert believed_all([claim, retracted], engine) == 0.75


@given(PROBABILITIES, PROBABILITIES, st.floats(0, 1))
def test_more_support_never_lowers_belief_and_more_doubt_never_raises_it(
    support: list[float], against: list[float], more: float
) -> None:
    before = combine(support, against)
    assert combine([*support, more], against).belief >= before.belief - 1e-9
    assert combine(support, [*against, more]).belief <= before.belief + 1e-9
    assert 0 <= before.belief <= 0.99
    assert 0 <= before.conflict <= 1


@given(PROBABILITIES, PROBABILITIES)
def test_the_three_parts_add_up(support: list[float], against: list[float]) -> None:
    found = combine(support, against)
    if found.belief < 0.99:
        assert math.isclose(found.belief + found.disbelief + found.unknown, 1, abs_tol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(["warn", "news", "company_statement", "union_statement"]), min_size=1, max_size=5
    )
)
def test_frames_and_numbers_agree(evidence: list[str]) -> None:
    r = {"warn": 0.9, "news": 0.75, "company_statement": 0.85, "union_statement": 0.8}
    records = [{"evidence_type": e, "url": f"https://{n}"} for n, e in enumerate(evidence)]
    assert believed_all(records) == pytest.approx(combine([r[e] for e in evidence]).belief, abs=1e-9)
