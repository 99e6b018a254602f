"""Numbers as they are shown."""

import pytest

from specprof.views.quantities import decimals_for, duration, number, percent, plus_minus


@pytest.mark.parametrize(
    ("value", "shown"),
    [(118.34, "118.3"), (1183.4, "1183"), (0.98765, "0.9877"), (12345.6, "12346"), (0, "0.000"),
     (3.2e9, "3.200e+09"), (float("inf"), "∞"), (float("nan"), "?")],
)  # fmt: skip
def test_four_digits_without_an_exponent(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_column_is_set_to_the_digits_of_its_smallest() -> None:
    assert decimals_for([118.3, 9.95, 1500.0]) == 3
    assert number(1500.0, 3) == "1500.000"


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.012, "1.2 %"), (0.0004, "<0.1 %"), (0, "0.0 %"), (1.5, "150 %"), (0.9996, "100 %")],
)
def test_shares_have_one_decimal_below_a_hundred(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_an_interval_is_half_its_width_over_the_median() -> None:
    assert plus_minus(100, 98, 103) == "±2.5 %"
    assert plus_minus(1, 1, 1) == ""
    assert plus_minus(0, 0, 1) == "±∞ %"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "0 s"), (49, "49 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (3900, "1 h 05 min"),
     (float("inf"), "?"), (-3, "0 s")],
)  # fmt: skip
def test_durations_in_words(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
