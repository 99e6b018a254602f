"""Reading lists of counts: FAULTS 48, 49 and 51."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specprof.errors import UsageProblem
from specprof.plan.grid import LARGEST_COUNT, MAX_CELLS, Counts, parse_counts, tidy_counts
from specprof.plan.plan import candidates_with_baseline

COUNTS = st.integers(1, LARGEST_COUNT)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("4", (4,)),
        ("1,16,32", (1, 16, 32)),
        (" 1 , 16 ", (1, 16)),
        ("16:112:16", (16, 32, 48, 64, 80, 96, 112)),
        ("1,16:48:16", (1, 16, 32, 48)),
        ("1:4", (1, 2, 3, 4)),
        ("1:10:4", (1, 5, 9)),
        ("7:7:3", (7,)),
        ("007", (7,)),
        ("1048576", (1 << 20,)),
    ],
)
def test_a_list_of_counts_and_inclusive_ranges_is_read(text, values):
    assert parse_counts(text, "candidates") == Counts(values)


@pytest.mark.parametrize("what", ["candidates", "batch-size", "seq-len"])
@pytest.mark.parametrize(
    "text",
    ["0", "-1", "1.5", "9223372036854775808", "1048577", "9" * 5000, "", ",", "1,", "1,,2", "x", "1e3", "+1",
     "1_000", "٣", "²", "0x10", "nan", "True", "1 2", "4:", ":4", "1:2:3:4", "1:9:0", "1:9:-1", "9:1", "0:4"],
)  # fmt: skip
def test_what_is_no_whole_number_in_range_is_refused_as_usage_and_named(text, what):
    with pytest.raises(UsageProblem) as caught:
        parse_counts(text, what)
    assert caught.value.exit_code == 2
    assert str(caught.value).startswith(what)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["1:1048576:1", "1:10001", ",".join(["1:10000"] * 30_000)])
def test_a_list_of_more_values_than_cells_are_allowed_is_refused_before_it_is_built(text):
    with pytest.raises(UsageProblem, match=r"use a larger step|values"):
        parse_counts(text, "candidates")


def test_as_many_values_as_cells_are_allowed_are_read():
    assert len(parse_counts(f"1:{MAX_CELLS}", "candidates").values) == MAX_CELLS


def test_repeats_are_removed_and_said_so():
    assert parse_counts("1,16,16", "candidates") == Counts(
        (1, 16), ("candidates: repeated values are measured once",)
    )


def test_a_list_out_of_order_is_sorted_and_said_so():
    assert parse_counts("32,1,16", "candidates") == Counts(
        (1, 16, 32), ("candidates: put in ascending order",)
    )


def test_a_list_both_repeated_and_out_of_order_says_both():
    counts = parse_counts("32,1,32,1", "seq-len")
    assert counts.values == (1, 32)
    assert counts.notes == ("seq-len: repeated values are measured once", "seq-len: put in ascending order")


@settings(deadline=None)
@given(st.lists(COUNTS, min_size=1, max_size=30))
def test_any_list_comes_out_ascending_without_repeats_and_says_what_changed(values):
    counts = parse_counts(",".join(map(str, values)), "candidates")
    assert list(counts.values) == sorted(set(values))
    assert bool(counts.notes) == (values != sorted(set(values)))
    assert tidy_counts(counts.values, "candidates") == Counts(counts.values)


@settings(deadline=None)
@given(COUNTS, st.integers(0, 2000), st.integers(1, 50))
def test_any_range_holds_its_first_value_and_stays_within_its_last(first, span, step):
    last = min(first + span, LARGEST_COUNT)
    values = parse_counts(f"{first}:{last}:{step}", "candidates").values
    assert values[0] == first
    assert last - step < values[-1] <= last
    assert {after - before for before, after in pairwise(values)} <= {step}


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_in_one_way(text):
    try:
        values = parse_counts(text, "candidates").values
    except UsageProblem:
        return
    assert all(1 <= value <= LARGEST_COUNT for value in values)


def test_one_candidate_is_added_where_it_is_missing_and_said_so():
    added = candidates_with_baseline(parse_counts("16,8,16", "candidates"))
    assert added.values == (1, 8, 16)
    assert added.notes == (
        "candidates: repeated values are measured once",
        "candidates: put in ascending order",
        "candidates: 1 added, every ratio is taken against it",
    )


def test_candidates_that_hold_one_are_left_alone():
    counts = Counts((1, 16), ("said before",))
    assert candidates_with_baseline(counts) is counts
