"""Real profiles on the CPU: what the step does is found in the parts where it belongs."""

from __future__ import annotations

import gc
import weakref
from collections import Counter

import pytest
import torch

from specprof.measure.paper_block import PaperBlock
from specprof.measure.profile import recording
from specprof.measure.profile.parts import operator_parts
from specprof.measure.profile.profiler import profile_step
from specprof.measure.profile.recording import ProfileFailed, record
from specprof.measure.profile.spans import SCOPE, nested
from specprof.measure.step import Form, Step
from specprof.measure.verify_step import FullModel
from specprof.plan.plan import Row
from specprof.run.breakdown import MAX_KERNELS, PARTS

from .conftest import small_plan

CPU = torch.device("cpu")
LAYERS = 3


def _model(attention="sdpa", seq_len=24, **shape):
    plan = small_plan(attention, seq_lens=(seq_len,))
    plan = plan.model_copy(update={"model": plan.model.model_copy(update=shape)})
    workload = FullModel(plan, torch.float32, CPU)
    workload.open_row(Row(2, seq_len))
    return workload


def _step(workload, candidates, attention="sdpa"):
    return workload.step(candidates, Form(candidates > 1, attention))


def _block():
    block = PaperBlock(small_plan(workload="paper-block"), torch.float32, CPU)
    block.open_row(Row(2, 24))
    return block


def _least(step, part):
    """The part's time, ms, in the quietest of a few profiles, without threads that would wait for a core."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return min(profile_step(step, CPU).part_ms(part) for _ in range(5))
    finally:
        torch.set_num_threads(threads)


def _counted(step):
    """How often each operator stands in each part."""
    operators = nested(record(step.run, CPU, model=step.model))
    parts = operator_parts(operators)
    return Counter(
        (one.name.removeprefix("aten::"), part)
        for one, part in zip(operators, parts, strict=True)
        if one.works
    )


def _adds_up(found):
    parts = sum(found.part_ms(part) for part in PARTS)
    assert parts + found.gaps_ms == pytest.approx(found.total_ms, rel=1e-12)
    assert found.gaps_ms > 0  # Python between the operators
    listed = [kernel.ms for kernel in found.kernels]
    assert listed == sorted(listed, reverse=True)
    assert 0 < len(listed) <= MAX_KERNELS


@pytest.mark.parametrize("candidates", [1, 7])
def test_parts_and_gaps_are_the_whole_step(attention, candidates):
    found = profile_step(_step(_model(attention), candidates, attention), CPU)
    _adds_up(found)
    assert min(found.part_ms(part) for part in PARTS) > 0


def test_the_published_block_has_products_and_no_head():
    found = profile_step(_block().step(7, Form(False, "sdpa")), CPU)
    _adds_up(found)
    assert found.linear_ms > 0
    assert found.attention_ms > 0
    assert found.head_ms == 0
    assert found.longest("linear") == "aten::mm"


def test_every_product_of_the_model_is_in_its_part():
    counted = _counted(_step(_model(), 7))
    assert counted["mm", "linear"] == 7 * LAYERS
    assert counted["mm", "head"] == 1
    assert counted["embedding", "head"] == 1
    assert counted["_scaled_dot_product_flash_attention_for_cpu", "attention"] == LAYERS
    assert counted["silu", "elementwise"] == LAYERS
    assert counted["rsqrt", "elementwise"] == 2 * LAYERS
    assert counted["rsqrt", "head"] == 1
    assert not counted["mm", "attention"] + counted["mm", "elementwise"]


def test_eager_attention_is_its_two_products_with_the_softmax_between():
    counted = _counted(_step(_model("eager"), 7, "eager"))
    assert counted["bmm", "attention"] == 2 * LAYERS
    assert counted["_softmax", "attention"] == LAYERS
    assert counted["add", "attention"] == LAYERS  # the mask
    assert counted["mm", "linear"] == 7 * LAYERS
    assert counted["neg", "elementwise"] == 2 * LAYERS  # the rotary embedding of queries and keys


def test_split_attention_is_both_halves_and_their_merging():
    counted = _counted(_step(_model("split"), 7, "split"))
    assert counted["_scaled_dot_product_flash_attention_for_cpu", "attention"] == LAYERS
    assert counted["bmm", "attention"] == 2 * LAYERS
    assert counted["sigmoid", "attention"] == LAYERS
    assert counted["neg", "elementwise"] == 2 * LAYERS


def test_rotary_embedding_and_cache_are_not_attention():
    plain = _counted(_step(_model("sdpa"), 1))
    assert plain["cat", "elementwise"] == 2 * LAYERS + 1
    assert plain["cat", "attention"] == 0
    assert plain["copy_", "elementwise"] >= 2 * LAYERS


def test_products_of_the_block_are_told_apart_without_modules():
    counted = _counted(_block().step(7, Form(False, "sdpa")))
    assert counted["mm", "linear"] == 6 * LAYERS
    assert counted["bmm", "attention"] == 2 * LAYERS


def test_the_linear_part_grows_with_the_intermediate_size():
    narrow = _least(_step(_model(), 7), "linear")
    wide = _least(_step(_model(intermediate_size=176 * 100), 7), "linear")
    assert wide > 4 * narrow


def test_the_attention_part_grows_with_the_prefix(attention):
    short = _least(_step(_model(attention), 7, attention), "attention")
    long = _least(_step(_model(attention, seq_len=1 << 14), 7, attention), "attention")
    assert long > 3 * short


def test_the_head_grows_with_the_vocabulary():
    small = _least(_step(_model(), 7), "head")
    large = _least(_step(_model(vocab_size=256 * 200), 7), "head")
    assert large > 4 * small


def _hooks(model):
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


def test_nothing_is_left_on_the_model_and_the_step_is_as_it_was():
    workload = _model()
    step = _step(workload, 7)
    before = step.run().clone()
    states = torch.get_rng_state(), workload.generator.get_state()
    profile_step(step, CPU)
    assert _hooks(workload.model) == 0
    assert torch.equal(step.run(), before)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert torch.equal(workload.generator.get_state(), states[1])
    assert step.marks == []
    assert gc.isenabled()
    assert not [event for event in record(step.run, CPU) if event.name.startswith(SCOPE)]


def test_ranges_stand_around_the_modules_while_it_is_profiled():
    step = _step(_model(), 7)
    names = Counter(event.name for event in record(step.run, CPU, model=step.model))
    assert names[f"{SCOPE}linear/model.layers.2.mlp.down_proj"] == 1
    assert names[f"{SCOPE}attention/model.layers.0.self_attn"] == 1
    assert {name for name in names if name.startswith(f"{SCOPE}head/")} == {
        f"{SCOPE}head/{path}" for path in ("model.embed_tokens", "model.norm", "lm_head")
    }


def test_no_output_of_a_profiled_step_is_kept():
    step = _step(_model(), 7)
    outputs = []

    def run():
        output = step.run()
        outputs.append(weakref.ref(output))
        return output

    profile_step(Step(run, model=step.model), CPU)
    assert len(outputs) == 2
    assert [output() for output in outputs] == [None, None]


@pytest.mark.parametrize("failing_run", [1, 2], ids=["warm-up", "profiled"])
def test_out_of_memory_is_let_through_and_leaves_nothing_behind(failing_run):
    workload = _model()
    step = _step(workload, 7)
    ran = []

    def run():
        ran.append(1)
        if len(ran) < failing_run:
            return step.run()
        hook = workload.model.lm_head.register_forward_pre_hook(fail)
        try:
            return step.run()
        finally:
            hook.remove()

    def fail(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        profile_step(Step(run, model=step.model), CPU)
    assert _hooks(workload.model) == 0
    assert gc.isenabled()
    assert not torch.autograd._profiler_enabled()
    _adds_up(profile_step(step, CPU))


@pytest.mark.parametrize("failing_run", [1, 2], ids=["warm-up", "profiled"])
def test_any_other_failure_is_one_line(failing_run):
    ran = []

    def run():
        ran.append(1)
        if len(ran) == failing_run:
            raise RuntimeError("CUPTI_ERROR_INSUFFICIENT_PRIVILEGES\nand a trace\x1b[31m")
        return torch.zeros(1)

    with pytest.raises(ProfileFailed) as failed:
        profile_step(Step(run), CPU)
    assert str(failed.value) == "profiling failed: RuntimeError: CUPTI_ERROR_INSUFFICIENT_PRIVILEGES"
    assert not torch.autograd._profiler_enabled()
    _adds_up(profile_step(_step(_model(), 1), CPU))


def test_a_torch_without_kineto_is_said_to_be_one(monkeypatch):
    monkeypatch.setattr(recording, "kineto_available", lambda: False)
    with pytest.raises(ProfileFailed, match="kineto"):
        profile_step(Step(lambda: torch.zeros(1)), CPU)


def test_a_torch_without_cuda_is_not_asked_for_kernels():
    if torch.cuda.is_available():
        pytest.skip("this one has CUDA")
    with pytest.raises(ProfileFailed, match="kineto"):
        record(lambda: None, CPU, with_kernels=True)
