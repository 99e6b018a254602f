"""Time of nested and overlapping operators, from events made up in the form that torch 2.13's kineto gives.

The compiled step is shortened from one recorded on a CPU: its ranges and operators have these names.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specprof.measure.profile.events import STEP, Event
from specprof.measure.profile.host_time import host_breakdown
from specprof.measure.profile.parts import operator_part, operator_parts
from specprof.measure.profile.profiler import host_step
from specprof.measure.profile.spans import SCOPE, nested
from specprof.run.breakdown import PARTS


def _events(*rows, thread=1):
    """Rows of name, begin and end, in µs."""
    return [
        Event(name, begin * 1000, end * 1000, False, thread=thread, id=number)
        for number, (name, begin, end) in enumerate(rows, start=1)
    ]


def _us(found):
    """The parts and the gaps, µs, checked to be the whole."""
    took = {part: round(found.part_ms(part) * 1000) for part in PARTS}
    took["gaps"] = round(found.gaps_ms * 1000)
    assert sum(took.values()) == round(found.total_ms * 1000)
    return {name: us for name, us in took.items() if us}


def test_time_belongs_to_the_innermost_operator_and_what_none_takes_is_a_gap():
    found = host_step(
        _events(
            (STEP, 0, 100),
            ("aten::linear", 10, 60),
            ("aten::mm", 20, 55),
            ("aten::empty", 20, 25),
            ("aten::add", 60, 80),
        )
    )
    assert _us(found) == {"linear": 50, "elementwise": 20, "gaps": 30}
    assert [(kernel.name, round(kernel.ms * 1000), kernel.calls) for kernel in found.kernels] == [
        ("aten::mm", 30, 1),
        ("aten::add", 20, 1),
        ("aten::linear", 15, 1),
        ("aten::empty", 5, 1),
    ]


def test_a_range_is_no_operator_and_its_own_time_is_a_gap():
    found = host_step(_events((STEP, 0, 100), ("TorchDynamo Cache Lookup", 10, 40), ("aten::add", 50, 60)))
    assert _us(found) == {"elementwise": 10, "gaps": 90}


def test_modules_decide_and_in_attention_the_first_product():
    attention, projection = f"{SCOPE}attention/model.layers.0.self_attn", f"{SCOPE}linear/model.layers.0.q"
    found = host_step(
        _events(
            (STEP, 0, 200),
            (attention, 10, 100),
            (projection, 10, 30),
            ("aten::copy_", 10, 30),
            ("aten::mul", 30, 35),
            ("aten::matmul", 40, 60),
            ("aten::clone", 42, 50),
            ("aten::mul", 60, 65),
            (f"{SCOPE}linear/model.layers.0.o", 70, 90),
            ("aten::matmul", 70, 90),
            ("aten::matmul", 110, 117),
            (f"{SCOPE}head/model.norm", 150, 160),
            ("aten::mul", 150, 160),
        )
    )
    # the product outside of the modules is the rotary embedding's
    assert _us(found) == {"linear": 40, "elementwise": 5 + 7, "attention": 25, "head": 10, "gaps": 113}


def test_each_attention_begins_anew():
    attention = f"{SCOPE}attention/model.layers.{{}}.self_attn"
    found = host_step(
        _events(
            (STEP, 0, 100),
            (attention.format(0), 0, 20),
            ("aten::bmm", 0, 10),
            ("aten::mul", 10, 20),
            (attention.format(1), 20, 40),
            ("aten::mul", 20, 26),
            ("aten::bmm", 30, 40),
        )
    )
    assert _us(found) == {"attention": 30, "elementwise": 6, "gaps": 64}


def test_a_compiled_step_has_its_head_behind_the_last_region():
    graph = "## Call CompiledFxGraph fflnfcmh2vo3vblhbyj4kxkxboip3ducqlwltnrup47xtkfinhuk ##"
    other = "## Call CompiledFxGraph faaaacmh2vo3vblhbyj4kxkxboip3ducqlwltnrup47xtkfinhuk ##"
    found = host_step(
        _events(
            (STEP, 0, 300),
            ("aten::embedding", 0, 10),
            ("aten::index_select", 2, 9),
            ("aten::cos", 10, 15),
            ("TorchDynamo Cache Lookup", 20, 30),
            ("Torch-Compiled Region: 0/0", 30, 100),
            ("Pregraph bytecode", 30, 40),
            ("AOTDispatcher Runtime Wrapper Prologue", 40, 45),
            (graph, 50, 100),
            ("aten::mm", 50, 70),
            ("aten::_scaled_dot_product_flash_attention_for_cpu", 75, 90),
            ("Torch-Compiled Region: 0/1", 110, 190),
            (other, 120, 180),
            ("mkl::_mkl_linear", 120, 140),
            ("aten::bmm", 140, 150),
            ("aten::pow", 200, 210),
            ("aten::linear", 210, 260),
            ("aten::mm", 215, 255),
        )
    )
    assert _us(found) == {
        "linear": 40,
        "attention": 25,
        "elementwise": 5 + (5 + 10) + 30,
        "head": 10 + 60,
        "gaps": 300 - 40 - 25 - 50 - 70,
    }
    fused = next(kernel for kernel in found.kernels if kernel.name == "CompiledFxGraph")
    assert (fused.part, fused.calls) == ("elementwise", 2)


def test_another_thread_counts_only_while_the_steps_own_is_idle():
    found = host_step(
        _events((STEP, 0, 100), ("aten::add", 10, 30))
        + _events(("aten::mm", 20, 50), thread=2)
        + _events(("aten::bmm", 40, 70), ("aten::bmm", 90, 130), thread=3)
    )
    assert _us(found) == {"elementwise": 20, "linear": 20, "attention": 20 + 10, "gaps": 30}
    assert {kernel.name: kernel.calls for kernel in found.kernels} == {
        "aten::add": 1,
        "aten::mm": 1,
        "aten::bmm": 2,
    }


def test_another_thread_works_for_the_module_that_is_open():
    found = host_step(
        _events((STEP, 0, 100), (f"{SCOPE}head/lm_head", 10, 50)) + _events(("aten::mm", 20, 40), thread=2)
    )
    assert _us(found) == {"head": 20, "gaps": 80}


def test_an_operator_that_outlasts_the_one_around_it_is_cut_off_there():
    operators = nested(_events((STEP, 0, 100), ("aten::linear", 10, 50), ("aten::mm", 20, 51)))
    assert [operator.end_ns for operator in operators] == [100_000, 50_000, 50_000]


def test_operators_outside_the_step_do_not_count():
    found = host_step(
        _events(("aten::mm", 0, 10), (STEP, 20, 100), ("aten::add", 30, 40), ("aten::mm", 110, 120))
    )
    assert _us(found) == {"elementwise": 10, "gaps": 70}
    assert [kernel.name for kernel in found.kernels] == ["aten::add"]


@pytest.mark.parametrize("events", [[], _events(("aten::mm", 0, 10)), _events((STEP, 5, 5))])
def test_without_a_step_there_is_no_breakdown(events):
    assert host_step(events) is None


_NAMES = st.sampled_from(
    ["aten::mm", "aten::bmm", "aten::mul", "aten::linear", "range", f"{SCOPE}head/x", f"{SCOPE}attention/y"]
)
_ROWS = st.lists(
    st.tuples(_NAMES, st.integers(0, 120), st.integers(0, 60), st.integers(1, 3), st.integers(0, 999))
)


@given(_ROWS)
def test_whatever_overlaps_parts_and_gaps_are_the_step_and_none_is_negative(rows):
    events = [Event(STEP, 10, 110, False, thread=1)]
    events += [Event(name, at, at + length, False, thread=t, id=n) for name, at, length, t, n in rows]
    operators = nested(events)
    found = host_breakdown(operators, operator_parts(operators))
    took = [round(found.part_ms(part) * 1e6) for part in PARTS]
    assert sum(took) + round(found.gaps_ms * 1e6) == 100
    # each moment in some operator counts once, and no other
    working = [one for one in operators if one.works]
    assert sum(took) == sum(any(one.begin_ns <= ns < one.end_ns for one in working) for ns in range(10, 110))


def test_names_are_printable_and_short_and_calls_of_one_name_add_up():
    found = host_step(
        _events((STEP, 0, 100), ("x::é\x1b[0m" + "y" * 400, 0, 10), ("x::é\x1b[0m" + "y" * 401, 20, 30))
    )
    (kernel,) = found.kernels
    assert kernel.name == "x::??[0m" + "y" * 292
    assert (kernel.calls, round(kernel.ms * 1000)) == (2, 20)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("aten::linear", "linear"),
        ("aten::mm", "linear"),
        ("aten::addmm", "linear"),
        ("aten::_addmm_activation", "linear"),
        ("aten::_scaled_mm", "linear"),
        ("aten::_int_mm", "linear"),
        ("aten::_weight_int4pack_mm_for_cpu", "linear"),
        ("mkldnn::_linear_pointwise", "linear"),
        ("aten::bmm", "attention"),
        ("aten::baddbmm", "attention"),
        ("aten::matmul", "attention"),
        ("aten::_softmax", "attention"),
        ("aten::_scaled_dot_product_efficient_attention", "attention"),
        ("triton_tem_fused_mm_3", "linear"),
        ("triton_tem_fused_flex_attention_0", "attention"),
        ("triton_poi_fused_mm_silu_3", "elementwise"),
        ("triton_per_fused__softmax_add_2", "attention"),
        ("aten::embedding", "head"),
        ("aten::mul", None),
        ("aten::mean", None),
        ("aten::_to_copy", None),
    ],
)
def test_what_an_operators_name_says(name, part):
    assert operator_part(name) == part
