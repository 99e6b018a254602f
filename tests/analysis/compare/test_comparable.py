"""What may be compared, and what is said against it."""

from __future__ import annotations

import pytest

from analysis.synthetic import plan_of, record_of, with_verdict
from specprof.analysis.compare.comparison import compare
from specprof.analysis.compare.differences import all_differences
from specprof.analysis.opened import Run, load
from specprof.errors import UsageProblem
from specprof.plan.presets import PRESETS
from specprof.run.telemetry import TelemetrySource

PLAN = plan_of(candidates=(1, 16))


def run(plan=PLAN, **changed) -> Run:
    record = record_of(plan, lambda cell: 10.0 + cell.candidates, noise=0.01)
    return Run.of(record.model_copy(update=changed))


def planned(**changed):
    return PLAN.model_copy(update=changed)


LLAMA = PRESETS["llama-7b"]
SLICE = LLAMA.model_copy(update={"layers_measured": 2})
FAKED = [TelemetrySource(source="fake", available=True)]


@pytest.mark.parametrize(
    ("base", "other", "words"),
    [
        (run(), run(planned(model=LLAMA)), "another model shape (hidden size"),
        (run(), run(planned(dtype="bfloat16")), "dtype float32 against bfloat16"),
        (run(), run(planned(workload="paper-block")), "workload full against paper-block"),
        (
            run(planned(model=LLAMA)),
            run(planned(model=SLICE)),
            "all 32 layers measured against an estimate from 2 of 32 layers",
        ),
        (run(), run(telemetry_sources=FAKED), "the telemetry of the second is made up"),
    ],
    ids=["shape", "dtype", "workload", "depth", "telemetry"],
)
def test_what_is_not_comparable_is_refused_in_one_line_unless_forced(base, other, words):
    with pytest.raises(UsageProblem) as refused:
        compare(base, other)
    assert words in str(refused.value)
    assert "--force" in refused.value.remedy
    assert "\n" not in str(refused.value)
    (said,) = compare(base, other, force=True).obstacles
    assert said.startswith(words)


def test_another_attention_or_device_is_what_one_compares_for():
    compared = compare(run(), run(planned(attention="eager")))
    assert compared.obstacles == ()
    assert ("attention", "sdpa", "eager") in compared.differences


def test_other_weights_and_a_second_attention_are_told():
    compared = compare(run(), run(planned(quantization="int8", attention_beside="eager")))
    assert compared.obstacles == ()
    assert ("quantization", "none", "int8") in compared.differences
    assert ("second attention", "none", "eager") in all_differences(
        run(), run(planned(attention_beside="eager"))
    )


def test_runs_whose_common_cells_are_all_invalid_are_refused():
    spoilt = with_verdict(run().record, PLAN.cells(), "invalid")
    with pytest.raises(UsageProblem, match="every cell that both measured is invalid"):
        compare(run(), Run.of(spoilt))
    compared = compare(run(), Run.of(spoilt), force=True)
    assert compared.pairs
    assert not compared.claimable


def test_runs_without_a_cell_in_common_are_compared_by_shape_only_when_forced():
    other = run(plan_of(batch_sizes=(4,), candidates=(1, 16)))
    with pytest.raises(UsageProblem, match="no cell in common"):
        compare(run(), other)
    compared = compare(run(), other, force=True)
    assert compared.by_shape
    assert [(one.base_batch_size, one.other_batch_size) for one in compared.shapes] == [(1, 4)]
    assert "only the shapes" in compared.obstacles[-1]


def test_a_published_figure_is_compared_by_shape_and_no_versions_are_held_against_it():
    base, published = load("llama-7b-cpu-bs1"), load("medusa-llama-7b-bs4")
    compared = compare(base, published)
    assert compared.by_shape
    assert compared.obstacles == ()
    names = [name for name, _, _ in compared.differences]
    assert names[0] == ""
    assert {"device", "dtype", "workload", "layers", "batch sizes"} <= set(names)
    assert not {"torch", "host", "seed", "specprof"} & set(names)


def test_environment_and_plan_are_compared_down_to_versions_and_seeds():
    base = load("llama-7b-cpu-bs1")
    environment = base.record.environment.model_copy(update={"torch": "2.6.0"})
    plan = base.record.plan.model_copy(update={"seed": 7})
    other = Run.of(base.record.model_copy(update={"environment": environment, "plan": plan}))
    assert all_differences(base, base) == ()
    assert all_differences(base, other) == (
        ("seed", "0", "7"),
        ("torch", base.record.environment.torch, "2.6.0"),
    )
