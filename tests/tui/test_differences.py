"""What two runs do not have in common."""

from __future__ import annotations

import pytest
from views.measured_run import environment, plan, record

from specprof.analysis.compare.differences import all_differences
from specprof.analysis.opened import Run, load
from specprof.tui.state.differences import Difference, batch_laid_over, differences, name_of


def test_runs_of_the_same_plan_and_device_do_not_differ():
    assert differences(Run.of(record()), Run.of(record(noise=0.1)), 1) == ()


def test_model_device_dtype_and_depth_are_named_with_both_values():
    other = plan(layers=32, title="Llama 13B").model_copy(update={"dtype": "float32"})
    made = record(other).model_copy(update={"environment": environment("AMD EPYC")})
    assert differences(Run.of(record()), Run.of(made), 1) == (
        Difference("model", "Llama 7B", "Llama 13B"),
        Difference("device", "Intel Xeon Platinum 8481C", "AMD EPYC"),
        Difference("dtype", "bfloat16", "float32"),
        Difference("layers", "2 of 32", "all 32"),
    )


def test_a_version_of_what_took_no_part_is_none_and_one_that_ought_to_be_there_is_not_recorded():
    def made(quantization: str | None, torchao: str | None) -> Run:
        of = plan().model_copy(update={"quantization": quantization})
        its = environment("AMD EPYC").model_copy(update={"torchao": torchao})
        return Run.of(record(of).model_copy(update={"environment": its}))

    plain, old = made(None, None), made("int8", None)
    for other, said in ((made("int8", "0.18.0"), "0.18.0"), (old, "not recorded")):
        assert [one for one in all_differences(plain, other) if one.name == "torchao"] == [
            Difference("torchao", "none", said)
        ]


def test_a_cpu_has_no_driver_and_a_gpu_whose_driver_is_unknown_has_one():
    def made(kind: str, driver: str | None) -> Run:
        its = environment("one of them")
        its = its.model_copy(
            update={"driver": driver, "device": its.device.model_copy(update={"kind": kind})}
        )
        return Run.of(record().model_copy(update={"environment": its}))

    for other, said in ((made("cuda", "580.1"), "580.1"), (made("cuda", None), "not recorded")):
        found = all_differences(made("cpu", None), other)
        assert Difference("driver", "none", said) in found


@pytest.mark.parametrize(("shown", "laid_over"), [(1, 1), (4, 4), (6, 4), (7, 8), (64, 16)])
def test_the_batch_size_that_is_laid_over_is_the_one_closest_to_that_shown(shown, laid_over):
    run = Run.of(record(plan(batch_sizes=(1, 4, 8, 16), seq_lens=(128,)), rounds=1))
    assert batch_laid_over(run, shown) == laid_over
    first = differences(run, run, shown)[:1]
    assert first == (() if shown == laid_over else (Difference("batch size", f"{shown}", f"{laid_over}"),))


def test_a_run_is_called_by_its_file_or_else_by_its_model():
    assert name_of(load("llama-7b-cpu-bs1")) == "llama-7b-cpu-bs1"
    assert name_of(Run.of(record())) == "Llama 7B"
