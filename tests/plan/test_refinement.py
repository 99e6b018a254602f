"""The next count of a row: the cliff to one token, the peak, and what the grid hides."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specprof.plan.refinement import Known, Proposal, Refinement, edges, next_candidates

GRID = (1, 16, 32, 48, 64, 80, 96, 112)
Latency = Callable[[int], float]


def known_of(latency: Latency, counts: list[int], noise: float = 0.01) -> list[Known]:
    return [Known(k, latency(k), latency(k) * (1 - noise), latency(k) * (1 + noise)) for k in counts]


def refined(
    latency: Latency,
    grid: tuple[int, ...] = GRID,
    *,
    batch_size: int = 1,
    noise: float = 0.01,
    rule: Refinement | None = None,
    failing: frozenset[int] = frozenset(),
) -> list[Proposal]:
    """Everything that is proposed until nothing is."""
    found: list[Proposal] = []
    counts, barred = list(grid), set[int]()
    while True:
        proposal = next_candidates(
            known_of(latency, counts, noise),
            rule or Refinement(),
            grid=grid,
            batch_size=batch_size,
            barred=barred,
        )
        if proposal is None:
            return found
        found.append(proposal)
        (barred.add if proposal.candidates in failing else counts.append)(proposal.candidates)


def counts_of(found: list[Proposal]) -> list[int]:
    return [one.candidates for one in found]


def step_after(*edges_at: int, rise: float = 0.3) -> Latency:
    """Flat, with a step of `rise` of the first latency after each of these counts."""
    return lambda k: 10.0 * (1 + rise * sum(k > edge for edge in edges_at))


@pytest.mark.parametrize("edge", [17, 20, 31, 49, 63, 64, 65, 72, 73, 79, 95, 97, 110, 111])
def test_a_step_is_found_to_one_token_before_anything_else_is_looked_for(edge: int) -> None:
    found = refined(step_after(edge))
    of_the_cliff = [one for one in found if one.why.startswith("latency rises")]
    assert found[: len(of_the_cliff)] == of_the_cliff
    measured = {*GRID, *counts_of(of_the_cliff)}
    assert {edge, edge + 1} <= measured
    assert len(of_the_cliff) <= 6  # a gap of 16 halved four times, with an edge tried on the way


def test_a_step_past_the_edge_of_a_tile_takes_one_count() -> None:
    first = refined(step_after(64))[0]
    assert first == Proposal(65, 64, 80, "latency rises by 30% between 64 and 80")
    assert refined(step_after(32), batch_size=4)[0].candidates == 33


def test_every_proposal_names_the_measured_neighbours_it_lies_between() -> None:
    measured = set(GRID)
    for one in refined(step_after(20, 90)):
        assert one.lower == max(k for k in measured if k < one.candidates)
        assert one.upper == min(k for k in measured if k > one.candidates)
        measured.add(one.candidates)


@pytest.mark.parametrize("steps", [(20, 90), (20, 28), (66, 78), (17, 24)])
def test_two_steps_are_both_found_to_one_token(steps: tuple[int, int]) -> None:
    measured = {*GRID, *counts_of(refined(step_after(*steps)))}
    assert {steps[0], steps[0] + 1, steps[1], steps[1] + 1} <= measured


def test_the_larger_of_two_steps_comes_first() -> None:
    found = refined(lambda k: 10.0 * (1 + 0.15 * (k > 20) + 0.9 * (k > 90)))
    assert 80 < found[0].candidates < 96


def test_a_rise_spread_over_its_gap_is_a_slope_and_left() -> None:
    found = refined(lambda k: 10.0 * (1 + min(1.0, max(0.0, (k - 16) / 16))))
    followed = [one.candidates for one in found if one.why.startswith("latency rises")]
    assert len(followed) <= 3
    assert all(abs(a - b) > 1 or 17 in (a, b) for a in followed for b in (16, 32))


def test_latency_that_grows_evenly_holds_no_cliff() -> None:
    found = refined(lambda k: 10.0 + 0.5 * k)
    assert not [one for one in found if one.why.startswith("latency rises")]


def test_flat_latency_is_probed_past_its_edges_and_in_its_widest_gaps_only() -> None:
    found = refined(lambda k: 10.0)
    assert counts_of(found)[:3] == [17, 33, 65]
    assert sorted(counts_of(found)[3:]) == [8, 24, 40, 56, 72, 88, 104]


def test_a_cliff_that_the_grid_hides_is_seen_by_a_probe_and_then_found() -> None:
    """Latency is high from 70 to 78 only: 64 and 80 cost the same."""
    found = refined(lambda k: 13.0 if 70 <= k <= 78 else 10.0)
    assert 72 in counts_of(found)
    assert {69, 70} <= {*GRID, *counts_of(found)}


def test_a_staircase_that_looks_like_a_slope_is_seen_past_its_edges() -> None:
    found = refined(lambda k: 10.0 + 2 * math.ceil(k / 16))
    assert {17, 33, 65} <= set(counts_of(found))


def even(candidates: int) -> float:
    return 10.0 + 0.5 * candidates


def test_the_peak_between_two_counts_is_looked_for() -> None:
    """T = 10 + k/2: E(K)/T(K) is highest where 0.477 (10 + k/2) / k = (1 + 0.477 ln k) / 2, near 6."""
    found = refined(even)
    best = max(range(1, 113), key=lambda k: (1 + 0.477 * math.log(k)) / even(k))
    assert best in (5, 6, 7)
    assert best in counts_of(found)[:8]


def test_another_acceptance_puts_the_peak_elsewhere() -> None:
    assert all(not one.why.startswith("up to") for one in refined(even, rule=Refinement(tokens_per_log=0)))


def test_noise_is_not_followed_up() -> None:
    """Steps of 12 % under intervals of ±10 %."""
    found = refined(step_after(70, rise=0.12), noise=0.10)
    assert not [one for one in found if one.why.startswith("latency rises")]
    assert refined(step_after(70, rise=0.12), noise=0.01)[0].why.startswith("latency rises")


def test_a_gap_that_holds_a_failed_count_is_left() -> None:
    found = counts_of(refined(step_after(73), failing=frozenset({65})))
    assert found[0] == 65
    assert not [k for k in found[1:] if 64 < k < 80]


def test_no_more_counts_are_added_than_allowed_the_failed_ones_among_them() -> None:
    rule = Refinement(most_added=5)
    assert len(refined(step_after(20, 90), rule=rule)) == 5
    assert len(refined(step_after(20, 90), rule=rule, failing=frozenset({17, 24, 33}))) == 5


def test_one_count_leaves_nothing_to_refine() -> None:
    assert next_candidates(known_of(lambda k: 1.0, [1]), Refinement(), grid=(1,)) is None
    assert next_candidates(known_of(lambda k: 1.0, [1, 2]), Refinement(), grid=(1, 2)) is None


def test_edges_are_those_of_rows_and_of_candidates() -> None:
    assert edges(1, 112) == [16, 32, 64]
    assert edges(4, 112) == [4, 8, 16, 32, 64]
    assert edges(3, 40) == [5, 10, 16, 21, 32]  # 16, 32 and 64 rows; 128 rows are 42 candidates
    assert edges(1, 8) == []


latencies = st.lists(
    st.floats(min_value=1e-3, max_value=1e6), min_size=200, max_size=200
)  # fmt: skip
grids = st.sets(st.integers(2, 200), min_size=1, max_size=9).map(lambda found: tuple(sorted({1, *found})))


@given(latencies, grids, st.integers(1, 9), st.floats(0, 0.5), st.sets(st.integers(1, 200)))
def test_it_ends_and_proposes_only_new_counts_within_range(
    values: list[float], grid: tuple[int, ...], batch_size: int, noise: float, failing: set[int]
) -> None:
    rule = Refinement(most_added=40)
    found = refined(
        lambda k: values[k - 1],
        grid,
        batch_size=batch_size,
        noise=noise,
        rule=rule,
        failing=frozenset(failing),
    )
    counts = counts_of(found)
    assert len(counts) <= rule.most_added
    assert len(set(counts)) == len(counts)
    assert not set(counts) & set(grid)
    assert all(grid[0] < one.lower + 1 <= one.candidates < one.upper <= grid[-1] for one in found)
