"""Row 42: what reaches a terminal from a file is printable text and nothing else."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specprof.errors import RunFileProblem
from specprof.run.sanitize import MAX_STRING, clean, clean_tree

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(ANY_TEXT)
def test_no_control_format_surrogate_private_or_unassigned_character_survives(text: str) -> None:
    assert not {unicodedata.category(char) for char in clean(text)} & FORBIDDEN


@given(ANY_TEXT)
def test_cleaning_a_clean_text_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(ANY_TEXT, st.integers(0, 50))
def test_the_limit_holds_for_any_text(text: str, limit: int) -> None:
    assert len(clean(text, limit)) <= limit


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"], codec="latin-1")))
def test_letters_digits_and_signs_are_kept_as_they_are(text: str) -> None:
    assert clean(text) == text[:MAX_STRING]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("OSC 52 writes the clipboard", "a\x1b]52;c;cm0gLXJm\x07b", "a]52;c;cm0gLXJmb"),
        ("CSI clears the screen", "\x1b[2Jx", "[2Jx"),
        ("C1 CSI, one byte", "a\x9b31mb", "a31mb"),
        ("C1 OSC and ST", "\x9d0;title\x9cx", "0;titlex"),
        ("DEL and NUL", "a\x7f\x00b", "ab"),
        ("backspace", "rm\x08\x08ok", "rmok"),
        ("carriage return, newline, tab", "a\rb\nc\td", "a b c d"),
        ("bidi override", "a\u202eb\u202c", "ab"),
        ("bidi isolates", "\u2066a\u2067b\u2068c\u2069", "abc"),
        ("bidi marks", "\u200ea\u200fb\u061cc", "abc"),
        ("zero-width", "a\u200bb\u200cc\u200dd\u2060e\ufefff", "abcdef"),
        ("line and paragraph separators", "a\u2028b\u2029c", "abc"),
        ("next line", "a\x85b", "ab"),
        ("lone surrogates", "a\ud800b\udfffc", "abc"),
        ("tags spell hidden words", "a\U000e0001\U000e0041\U000e007fb", "ab"),
        ("variation selectors carry hidden bytes", "a\ufe0f\ufe01\U000e0100\U000e01efb", "ab"),
        ("private use", "a\ue000\U000f0000b", "ab"),
        ("unassigned and non-characters", "a\uffff\u0378b", "ab"),
        ("soft hyphen", "a\u00adb", "ab"),
        ("Hangul fillers are blank letters", "a\u3164\u115f\uffa0b", "ab"),
        ("marks piled on a letter", "e" + "\u0301" * 40 + "x", "e\u0301\u0301x"),
        ("a mark at the start", "\u0301a", "a"),
        ("no-break and ideographic space", "a\u00a0b\u3000c", "a b c"),
        ("markup is text like any other", "[@click=app.quit]x[/nope]", "[@click=app.quit]x[/nope]"),
        ("other scripts", "日本語 Ελληνικά ★ × ±", "日本語 Ελληνικά ★ × ±"),
    ],
)
def test_each_known_trick_is_disarmed(name: str, text: str, expected: str) -> None:
    assert clean(text) == expected


def test_a_text_is_cut_at_four_thousand_characters() -> None:
    assert clean("a" * 10_000) == "a" * 4096
    assert clean("é" * 10_000) == "é" * 4096


def test_a_wall_of_invisible_characters_costs_no_time() -> None:
    started = time.process_time()
    assert clean("\u200b" * 5_000_000) == ""
    assert time.process_time() - started < 0.1


def test_every_string_of_a_tree_is_cleaned_and_everything_else_kept() -> None:
    tree = {"a\x1b": ["b\u202e", 1, 2.5, None, True, {"c\x9b": "d\x00"}], "numbers": [1, 2.0]}
    assert clean_tree(tree) == {"a": ["b", 1, 2.5, None, True, {"c": "d"}], "numbers": [1, 2.0]}
    assert clean_tree("x\x07") == "x"


def test_keys_that_only_hidden_characters_tell_apart_are_refused() -> None:
    with pytest.raises(RunFileProblem, match="'median' is given twice"):
        clean_tree({"cells": [{"median": 1, "low": 0, "med\u200bian": 2}]})
