"""The findings of the published figure are the observations its readers made."""

import math

import pytest

from specprof.analysis.findings import Finding
from specprof.analysis.opened import Run

from .published_figure import record


@pytest.fixture(scope="module")
def findings() -> list[Finding]:
    return Run.of(record()).findings()


def one(findings: list[Finding], kind: str) -> Finding:
    (found,) = [finding for finding in findings if finding.kind == kind]
    return found


def test_32_candidates_are_best_at_every_sequence_length(findings: list[Finding]) -> None:
    found = one(findings, "best-k-by-length")
    assert found.numbers["candidates"] == [32.0] * 7
    assert "32 candidates are best at every sequence length" in found.text
    # 48 touches it at 4096, three counts at 8192: no single length says so, all seven together do
    assert "4096 and 8192" in found.text
    assert found.certainty == "suggestive"
    assert "p = 0.016" in found.basis


def test_where_the_reading_error_leaves_one_best_count_it_says_significant(findings: list[Finding]) -> None:
    best = {finding.seq_len: finding for finding in findings if finding.kind == "best-k"}
    assert list(best) == [128, 256, 512, 1024, 2048, 4096, 8192]
    assert [f.certainty for f in best.values()] == ["significant"] * 5 + ["within noise"] * 2
    assert best[128].text == "Best K at batch 4, seq_len 128: 32 candidates, 2.48× [2.45, 2.51]"
    # 1.75 is the upper end of 48 and the lower end of 32: bounds that touch tell nothing apart
    assert best[4096].numbers["not_told_apart"] == [48.0]
    assert best[8192].numbers["not_told_apart"] == [16.0, 48.0, 64.0]


def test_the_peak_is_2_48_at_seq_len_128(findings: list[Finding]) -> None:
    found = one(findings, "peak")
    assert (found.numbers["speedup"], found.seq_len) == (pytest.approx(2.48), 128)
    assert found.numbers["candidates"] == 32
    assert "32 at seq_len 256 may be as high" in found.text


def test_the_cliff_is_between_64_and_80_in_all_seven_curves(findings: list[Finding]) -> None:
    found = one(findings, "cliff")
    assert (found.numbers["from_candidates"], found.numbers["to_candidates"]) == (64, 80)
    assert found.numbers["seq_lens"] == [128, 256, 512, 1024, 2048, 4096, 8192]
    drops, sizes = found.numbers["drop"], found.numbers["drop_times"]
    assert isinstance(drops, list)
    assert isinstance(sizes, list)
    assert max(drops) == pytest.approx(1 - 1.68 / 2.36)
    assert min(drops) == pytest.approx(1 - 1.04 / 1.31)
    assert (min(sizes), max(sizes)) == pytest.approx((0.27, 0.68))
    assert "in all 7 curves" in found.text
    assert found.certainty == "significant"


def test_after_the_cliff_the_curves_rise_a_little_at_96(findings: list[Finding]) -> None:
    found = one(findings, "recovery")
    assert (found.numbers["from_candidates"], found.numbers["to_candidates"]) == (80, 96)
    # six rise, one is level: two-sided exact sign test 2 · (1/2)^6
    assert (found.numbers["rising"], found.numbers["curves"]) == (6, 7)
    assert found.numbers["p_sign_test"] == pytest.approx(2 / 2**6)
    assert found.certainty == "suggestive"


def test_16_to_64_candidates_are_a_plateau(findings: list[Finding]) -> None:
    found = one(findings, "plateau")
    assert found.numbers["candidates"] == [16, 32, 48, 64]
    assert found.numbers["loss"] == pytest.approx(1 - 1.68 / 1.78)


def test_the_speedup_barely_exceeds_one_at_8192_and_falls_below_it_at_112(findings: list[Finding]) -> None:
    found = one(findings, "below-one")
    assert found.seq_len == 8192
    assert found.numbers["candidates"] == [112]
    assert found.numbers["speedup"] == [pytest.approx(0.98)]
    assert "0.98× [0.95, 1.01], within the reading error" in found.text
    assert found.certainty == "within noise"


def test_long_sequences_cost_45_percent_of_the_best_speedup(findings: list[Finding]) -> None:
    found = one(findings, "long-sequence")
    assert found.numbers["ratio"] == pytest.approx(1.36 / 2.48)
    assert found.numbers["ratio_low"] == pytest.approx(1.33 / 2.51)
    assert found.numbers["ratio_high"] == pytest.approx(1.39 / 2.45)
    assert found.certainty == "significant"


def test_the_speedup_falls_with_sequence_length_at_every_count(findings: list[Finding]) -> None:
    found = one(findings, "order")
    assert (found.numbers["falling"], found.numbers["rising"], found.numbers["pairs"]) == (42, 0, 42)
    assert "at every candidate count" in found.text
    assert found.certainty == "suggestive"


def test_nothing_is_said_not_to_pay_where_other_counts_do(findings: list[Finding]) -> None:
    assert not [finding for finding in findings if finding.kind in ("does-not-pay", "no-cliff", "left-out")]


def test_what_holds_for_all_lengths_comes_before_each_length(findings: list[Finding]) -> None:
    kinds = [finding.kind for finding in findings]
    assert kinds[:3] == ["best-k-by-length", "peak", "cliff"]
    assert kinds[-7:] == ["best-k"] * 7


def test_every_basis_says_that_the_values_were_read_off_a_figure(findings: list[Finding]) -> None:
    assert all(finding.basis.startswith("read off a figure, ±0.03 each") for finding in findings)


def test_every_number_is_finite_and_goes_into_json(findings: list[Finding]) -> None:
    for finding in findings:
        for value in finding.as_json()["numbers"].values():
            assert all(map(math.isfinite, value if isinstance(value, list) else [value]))
