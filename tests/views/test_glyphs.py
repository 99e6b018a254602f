"""Signs, and words in what the terminal has."""

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from specprof.views.glyphs import ASCII, UNICODE
from specprof.views.lines import cut, join_facts


def test_the_ascii_set_is_ascii() -> None:
    for field in fields(ASCII):
        value = getattr(ASCII, field.name)
        assert not isinstance(value, str) or value.isascii()


def test_words_are_spelled_out_in_ascii() -> None:
    assert ASCII.fit("2.48× ±1.2 % … 漢 − ok") == "2.48x +-1.2 % ... ? - ok"
    assert UNICODE.fit("2.48× ±1.2 %") == "2.48× ±1.2 %"


@given(st.text())
def test_whatever_the_words_no_terminal_obeys_them(words: str) -> None:
    assert ASCII.fit(words).isascii()
    for shown in (ASCII.fit(words), UNICODE.fit(words)):
        assert shown.isprintable()


def test_words_are_cut_by_columns() -> None:
    assert cut("speedup", 7) == "speedup"
    assert cut("speedups", 7) == "speedu…"
    assert cut("漢漢漢漢", 5) == "漢漢…"
    assert cut("speedup", 5, "...") == "sp..."
    assert cut("speedup", 0) == ""


def test_facts_are_joined_while_they_fit() -> None:
    assert join_facts(["one", "two", "three"], 11, "·", "…") == ["one · two", "three"]
    assert join_facts(["a very long fact"], 8, "·", "…") == ["a very…"]
    assert join_facts([], 8, "·", "…") == []
