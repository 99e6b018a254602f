"""CSV: counts, rates, or a table."""

from __future__ import annotations

import pytest

from .pages import short


def test_counts_in_any_order_with_comments_and_more_columns(read):
    found = read(
        "# measured on Monday\r\nDrafts, position ,note,accepted\r\n1000,1,x,500\r\n\r\n1000,0,,800\r\n"
    )
    assert (found.accepted, found.drafts, found.rates) == ((800, 500), 1000, (0.8, 0.5))
    assert found.source == "CSV file, 1,000 drafts"


def test_rates(read):
    found = read("position,rate\n0,0.8\n1,5e-1\n")
    assert (found.rates, found.drafts, found.accepted) == ((0.8, 0.5), None, None)


def test_a_spreadsheets_byte_order_mark_is_no_part_of_the_header(read):
    assert read("\ufeffposition,rate\n0,0.8\n").rates == (0.8,)


def test_a_table(read):
    found = read('"candidates","expected_tokens"\n16,2.2\n1,1\n8,2.0\n')
    assert found.table == ((1, 1.0), (8, 2.0), (16, 2.2))
    assert (found.rates, found.mean_length, found.source) == ((), 2.2, "CSV table")


def test_a_table_that_falls_is_spoken_of(read):
    assert read("candidates,expected_tokens\n8,2.2\n16,2.1\n").notes == (
        "16 candidates are said to yield less than 8.",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("position,rate\n0,0.8\n2,0.5\n", "now.txt: position 1 is missing"),
        ("position,rate\n1,0.8\n2,0.5\n", "position 0 is missing: positions count from 0"),
        ("position,rate\n0,0.8\n0,0.5\n", "now.txt, line 3: position 0 is given twice"),
        ("position,rate\n0,0.8\n1,0.9\n", "the rate rises from 0.8 at position 0 to 0.9 at 1"),
        ("position,rate\n0,1.2\n", "the rate at position 0 is 1.2"),
        ("position,rate\n0,nan\n", "now.txt, line 2: rate is 'nan', not a finite number"),
        ("position,rate\n0,1e999\n", "rate is '1e999', not a finite number"),
        ("position,rate\n0,\n", "rate is '', not a finite number"),
        ("position,rate\n0\n", "now.txt, line 2: 1 cells under a header of 2"),
        ("position,rate\n0.5,0.5\n", "position is 0.5, not a count"),
        ("position,rate\n", "a header and no rows"),
        ('"position,rate"\n0,0.5\n', "none of the formats"),
        ('pos"ition,rate\n0,0.5\n', "none of the formats"),
        ("position,rate,rate\n0,0.5,0.6\n", "the column rate is given twice"),
        ('position,rate\n0,"0.5\n', "now.txt, line 2: not a line of a CSV file"),
        ("position,accepted,drafts\n0,8,0\n", "no drafts were counted"),
        ("position,accepted,drafts\n0,8,10\n1,5,8\n", "drafts differ between positions"),
        ("position,accepted,drafts\n0,1e16,1e16\n", "accepted is 1e+16, not a count"),
        ("position,rate\n" + "0,0.5\n" * 10_001, "line 10002: more than 10,000 rows"),
        ("position,accepted,drafts\n0,11,10\n", "the rate at position 0 is 1.1"),
        ("candidates,expected_tokens\n4,0.5\n", "0.5 expected tokens of 4 candidates"),
        ("candidates,expected_tokens\n0,1\n", "0 candidates"),
        ("candidates,expected_tokens\n4,2\n4,2\n", "4 candidates are given twice"),
    ],
    ids=short,
)
def test_rows_that_cannot_be_true_are_refused(refusal, text, said):
    assert said in refusal(text)


def test_an_unknown_header_names_those_that_are_known(refusal):
    said = refusal("depth,rate\n0,0.5\n", kind="csv")
    assert "position,accepted,drafts or position,rate or candidates,expected_tokens" in said
