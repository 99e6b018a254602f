"""`specprof run` with attentions, execution modes, quantisation and breakdown, from the outside."""

from __future__ import annotations

import signal

import pytest
from session.stage import Stage

from specprof.run.reading import load_record

from .command import SMALL, Command, ended_by

RUN = ("run", *SMALL, "--device", "cpu", "--output", "run.json")


def test_two_attentions_a_quantisation_and_a_breakdown_reach_the_plan(faked: Command):
    done = faked(*RUN, "--attention", "split,sdpa", "--quantize", "int8", "--breakdown")
    assert done.code == 0
    plan = load_record(faked.home / "run.json").record.plan
    assert plan.attentions == ("split", "sdpa")
    assert (plan.quantization, plan.breakdown) == ("int8", True)


def test_int8_weights_that_are_dequantised_in_every_step_are_said_and_kept(faked: Command):
    done = faked(*RUN, "--quantize", "int8")
    said = "dequantised in every step here, slower than float32 is expected"
    assert said in done.said
    notices = load_record(faked.home / "run.json").record.notices
    assert [said in notice.text for notice in notices].count(True) == 1


def test_compiled_execution_reaches_the_plan(faked: Command):
    assert faked(*RUN, "--execution", "compile").code == 0
    assert load_record(faked.home / "run.json").record.plan.execution == "compile"


@pytest.mark.parametrize("device", [("--device", "cpu"), ()], ids=["on a CPU", "anywhere"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flash", "--attention is never 'flash'"),
        ("split,split", "--attention names split twice"),
        ("split,sdpa,eager", "--attention names 3"),
    ],
)
def test_other_attentions_are_refused_in_one_line_before_any_device_is_touched(
    faked: Command, stage: Stage, device: tuple[str, ...], text: str, said: str
):
    line = faked("run", "--model", "tiny", *device, "--attention", text).refused(2)
    assert said in line
    assert "sdpa, eager, split, flex" in line
    assert stage.log() == []
    assert not faked.runs.exists()


def test_an_attention_full_of_escapes_is_shown_without_them(faked: Command):
    said = faked("run", "--model", "tiny", "--attention", "\x1b]52;c;aGk=\x07sdpa\n").refused(2)
    assert said.isprintable()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--device", "cpu", "--quantize", "int4"), "needs a CUDA device"),
        (("--device", "cpu", "--attention", "flex"), "needs a CUDA device"),
        (("--quantize", "int4", "--dtype", "float32"), "needs --dtype bfloat16"),
        (("--quantize", "int8", "--workload", "paper-block"), "not quantised"),
        (("--attention", "split,sdpa", "--workload", "paper-block"), "no second one beside"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_does_not_go_together_is_refused_before_any_device_is_touched(
    faked: Command, stage: Stage, arguments: tuple[str, ...], said: str
):
    assert said in faked("run", "--model", "tiny", *arguments).refused(2)
    assert stage.log() == []


def test_a_quantisation_that_there_is_not_is_a_usage_error(faked: Command, stage: Stage):
    done = faked(*RUN, "--quantize", "int2")
    assert (done.code, done.out) == (2, b"")
    assert "int8" in done.said
    assert stage.log() == []


def test_an_unfinished_run_is_not_gone_on_with_in_another_mode(faked: Command, stage: Stage):
    stage.does((0, "sample 15", "wait"))
    process = faked.start(*RUN, "--attention", "split,sdpa", "--quantize", "int8")
    stage.wait_for("wait at sample 15", 20)
    assert ended_by(process, signal.SIGINT).code == 130
    resume = ("run", "--resume", "--output", "run.json")
    said = faked(*resume, "--attention", "sdpa,split", "--breakdown").refused(2)
    assert "--attention sdpa,split, the run has split,sdpa" in said
    assert "--breakdown, the run is without" in said
    assert faked(*resume, "--attention", "split,sdpa", "--quantize", "int8").code == 0
