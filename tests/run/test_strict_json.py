"""Rows 40 and 41: JSON that means something else than it says is refused, with its path."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from specprof.errors import RunFileProblem
from specprof.run.strict_json import MAX_DEPTH, parse, validated

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20) + 1, 10**20 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(), children, max_size=4),
    max_leaves=20,
)


def refusal(text: str) -> str:
    with pytest.raises(RunFileProblem) as caught:
        parse(text, "run.json")
    return str(caught.value)


@given(JSON_VALUES)
def test_any_ordinary_json_comes_back_unchanged(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps(value, indent=2)):
        assert parse(text, "run.json") == value


@given(st.text() | st.text(alphabet='[]{}",:\\ \n01eE.+-truefalsn'))
def test_any_text_gives_a_value_or_one_line_and_what_is_accepted_is_json(text: str) -> None:
    try:
        value, said = parse(text, "run.json"), None
    except RunFileProblem as problem:
        value, said = None, str(problem)
    if said is None:
        assert value == json.loads(text)
    else:
        assert said.startswith("run.json: ")
        assert "\n" not in said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("NaN", "NaN is not a number"),
        ("Infinity", "Infinity is not a number"),
        ("-Infinity", "-Infinity is not a number"),
        ("1e999", "1e999 is not a finite number"),
        ("-1e999", "-1e999 is not a finite number"),
        ("1" + "0" * 400, "an integer of 401 digits"),
        ("-" + "9" * 21, "an integer of 21 digits"),
    ],
)
def test_row_40_what_is_no_number_is_refused_with_its_path(number: str, said: str) -> None:
    text = f'{{"cells": [1, {{"measured_ms": {{"median": {number}}}}}]}}'
    assert refusal(text) == f"run.json: cells[1].measured_ms.median: {said}"


def test_row_40_an_integer_of_twenty_digits_is_still_one() -> None:
    assert parse("-" + "9" * 20, "x") == -(10**20) + 1


def test_row_40_a_million_digits_are_refused_at_once() -> None:
    started = time.process_time()
    assert "an integer of 1000000 digits" in refusal("[" + "1" * 1_000_000 + "]")
    assert time.process_time() - started < 1


def test_row_41_a_repeated_key_is_refused_with_its_path() -> None:
    assert refusal('{"a": {"b": 1, "c": 2, "b": 1}}') == "run.json: a.b: the key is given twice"
    # an escape is another spelling of the same key
    assert refusal('{"b": 1, "\\u0062": 2}') == "run.json: b: the key is given twice"


def test_row_41_a_repeated_key_hides_nothing_that_is_refused() -> None:
    assert refusal('{"a": {"x": NaN}, "a": {}}') == "run.json: a: the key is given twice"


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":', '["]",{"}":'])
def test_row_41_nesting_100_000_deep_is_refused(opening: str) -> None:
    assert "nested deeper than 64 levels" in refusal(opening * 100_000)


def test_nesting_is_allowed_up_to_its_limit() -> None:
    deepest = "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    assert len(parse(f"[[],{deepest}]", "x")) == 2
    assert "nested deeper" in refusal(f"[[],[{deepest}]]")


def test_brackets_in_strings_and_many_short_lists_are_no_nesting() -> None:
    strings = ["[" * 200, '\\"' + "{" * 200, "\\" * 3]
    assert parse(json.dumps(strings), "x") == strings
    assert len(parse("[" + "[]," * 1000 + "{}]", "x")) == 1001


@pytest.mark.parametrize(
    "text",
    [
        '["' + '\\"' * 2_000_000,
        "[" * 65 + '"' * 2_000_001,
        "[]" * 900_000,
        "[]" * 30_000_000,
        " " * 5_000_000 + "[" * 65,
        "[" * 65 + "x" * 5_000_000,
    ],
    ids=["escaped quotes", "quotes", "many lists", "too many lists", "blanks", "tail"],
)
def test_no_text_makes_the_nesting_check_slow(text: str) -> None:
    started = time.process_time()
    refusal(text)
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", "{'a': 1}", '{"a": 1} x', '"a\nb"', "\ufeff{}", "01", "+1", ".5", "nul"]
)
def test_what_is_not_json_is_refused_in_one_line(text: str) -> None:
    assert refusal(text).startswith("run.json: not JSON: ")


def test_a_path_never_carries_a_control_character() -> None:
    assert refusal('{"": NaN}') == 'run.json: "": NaN is not a number'
    assert refusal('{"a": {"": [NaN]}}') == 'run.json: a.""[0]: NaN is not a number'
    assert refusal('{"a\\u001b]52;c;x\\u0007\\u202e": NaN}') == "run.json: a]52;c;x: NaN is not a number"


class Sizes(BaseModel):
    count: int = 0
    time: float = 0.0
    pair: tuple[int, ...] = ()


SIZES = TypeAdapter(list[Sizes])


@pytest.mark.parametrize(
    ("tree", "path"),
    [
        ({"count": True}, "count"),
        ({"time": True}, "time"),
        ({"time": "1.5"}, "time"),
        ({"count": "1"}, "count"),
        ({"count": 1.0}, "count"),
        ({"time": None}, "time"),
        ({"pair": [1, False]}, "pair[1]"),
        ({"pair": {"0": 1}}, "pair"),
    ],
)
def test_row_40_true_and_text_are_no_numbers(tree: dict[str, object], path: str) -> None:
    with pytest.raises(RunFileProblem) as caught:
        validated(SIZES, [{}, tree], "run.json")
    assert str(caught.value).startswith(f"run.json: [1].{path}: Input should be a valid ")


def test_an_integer_is_a_number_and_a_list_a_tuple() -> None:
    (sizes,) = validated(SIZES, [{"time": 3, "pair": [1, 2], "unknown": {}}], "x")
    assert sizes == Sizes(time=3.0, pair=(1, 2))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_validated_float_is_the_same_to_the_last_bit(value: float) -> None:
    assert validated(TypeAdapter(float), parse(json.dumps(value), "x"), "x") == value


def test_an_empty_key_is_a_place_in_a_model_too() -> None:
    with pytest.raises(RunFileProblem) as refused:
        validated(TypeAdapter(dict[str, dict[str, int]]), {"a": {"": "x"}}, "run.json")
    assert refused.value.what.startswith('run.json: a."": ')
