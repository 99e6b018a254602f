"""Attentions, execution modes, quantisation and the breakdown, from options to the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from specprof.plan.asked import Asked, parse_attentions
from specprof.plan.assemble import assemble
from specprof.plan.differences import differences

from .refused import usage

TINY = Asked(model="tiny", seq_len="16,32", candidates="1,4,8")


# One attention, or two


def test_one_attention_stands_alone():
    plan = assemble(replace(TINY, attention="split"), "cpu").plan
    assert (plan.attention, plan.attention_beside) == ("split", None)


@pytest.mark.parametrize("text", ["split,sdpa", " split , sdpa "])
def test_the_curves_stand_on_the_first_of_two_attentions(text):
    plan = assemble(replace(TINY, attention=text), "cpu").plan
    assert (plan.attention, plan.attention_beside) == ("split", "sdpa")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flash", "--attention is never 'flash'"),
        ("split,flash", "--attention is never 'flash'"),
        ("", "--attention is never ''"),
        ("split,", "--attention is never ''"),
        ("SDPA", "--attention is never 'SDPA'"),
        ("split,split", "--attention names split twice"),
        ("split,sdpa,eager", "--attention names 3, and at most 2 are compared"),
        ("x" * 5000, "--attention is never 'xxx"),
    ],
)
def test_other_attentions_are_refused_with_those_there_are(text, said):
    line = usage(replace(TINY, attention=text))
    assert line.startswith(said)
    assert line.endswith("give one or two of sdpa, eager, split, flex, as in split,sdpa")
    assert len(line) < 200


def test_an_attention_that_cuda_alone_has_is_refused_on_a_cpu_beside_another_too():
    assert parse_attentions("sdpa,flex") == ("sdpa", "flex")
    assert "'flex' needs a CUDA device" in usage(replace(TINY, attention="sdpa,flex"))
    assert assemble(replace(TINY, attention="sdpa,flex"), "cuda").plan.attention_beside == "flex"


# Quantisation


def test_nothing_is_quantised_and_nothing_profiled_where_it_is_not_asked_for():
    plan = assemble(TINY, "cuda").plan
    assert (plan.quantization, plan.breakdown) == (None, False)
    assert assemble(replace(TINY, quantize="none"), "cuda").plan.quantization is None


def test_a_quantisation_and_a_breakdown_are_planned_as_asked():
    plan = assemble(replace(TINY, quantize="fp8", breakdown=True, execution="compile"), "cuda").plan
    assert (plan.quantization, plan.breakdown, plan.execution) == ("fp8", True, "compile")
    assert plan.dtype == "bfloat16"


@pytest.mark.parametrize("quantize", ["int4", "fp8"])
def test_on_a_cpu_what_needs_cuda_is_refused_for_that_reason(quantize):
    assert f"'{quantize}' needs a CUDA device" in usage(replace(TINY, quantize=quantize))


def test_another_number_type_than_bfloat16_is_refused_where_the_kernel_has_no_other():
    said = usage(replace(TINY, quantize="int4", dtype="float16"), "cuda")
    assert "'int4' computes in bfloat16 and needs --dtype bfloat16" in said


@pytest.mark.parametrize(
    ("device", "changes", "slow"),
    [
        ("cpu", {}, True),
        ("cpu", {"execution": "compile"}, True),
        ("cpu", {"dtype": "bfloat16"}, True),
        ("cpu", {"dtype": "bfloat16", "execution": "compile"}, False),
        ("cuda", {"execution": "eager"}, True),
        ("cuda", {"execution": "graph"}, True),
        ("cuda", {"execution": "compile"}, True),
        ("cuda", {}, True),
    ],
)
def test_int8_weights_that_are_dequantised_in_every_step_are_said_to_be_slow(device, changes, slow):
    plan, notes = assemble(replace(TINY, quantize="int8", **changes), device)
    said = f"--quantize int8: dequantised in every step here, slower than {plan.dtype} is expected"
    assert notes == ((said,) if slow else ())
    assert not assemble(replace(TINY, **changes), device).notes


# Before a device is known


@pytest.mark.parametrize(
    "changes",
    [
        {"execution": "graph"},
        {"attention": "split,flex"},
        {"quantize": "int4"},
        {"quantize": "fp8", "dtype": "bfloat16"},
        {"quantize": "int8"},
        {"execution": "compile"},
    ],
    ids=str,
)
def test_what_some_device_takes_is_not_refused_before_one_is_known(changes: dict[str, Any]):
    asked = replace(TINY, **changes)
    assert assemble(asked, asked.checked_on)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantize": "int4", "dtype": "float32"}, "needs --dtype bfloat16"),
        ({"quantize": "int8", "workload": "paper-block"}, "is not quantised"),
        ({"execution": "compile", "workload": "paper-block"}, "is not compiled"),
        ({"attention": "split,sdpa", "workload": "paper-block"}, "there is no second one beside it"),
    ],
    ids=str,
)
def test_what_no_device_takes_is_refused_before_one_is_known(changes: dict[str, Any], said):
    asked = replace(TINY, **changes)
    assert said in usage(asked, asked.checked_on)


# Going on with a run


def test_the_same_attentions_quantisation_and_breakdown_differ_in_nothing():
    asked = replace(TINY, attention="split,sdpa", quantize="int8", breakdown=True)
    recorded = assemble(asked, "cpu").plan
    assert differences(recorded, asked) == []
    assert differences(recorded, Asked(attention="split, sdpa")) == []
    assert differences(recorded, Asked()) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(attention="split"), "--attention split, the run has split,sdpa"),
        (Asked(attention="sdpa,split"), "--attention sdpa,split, the run has split,sdpa"),
        (Asked(quantize="none"), "--quantize none, the run has int8"),
        (Asked(execution="compile"), "--execution compile, the run has eager"),
        (Asked(breakdown=True), "--breakdown, the run is without"),
    ],
)
def test_another_one_is_named_with_what_the_run_has_row_47(asked, said):
    recorded = assemble(replace(TINY, attention="split,sdpa", quantize="int8"), "cpu").plan
    assert differences(recorded, asked) == [said]


def test_a_quantisation_that_the_run_is_without_is_named_row_47():
    recorded = assemble(TINY, "cpu").plan
    assert differences(recorded, Asked(quantize="int8")) == ["--quantize int8, the run has none"]
