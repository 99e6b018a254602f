"""CUDA's events in the form that kineto gives. They are made up: no GPU has run anything here.

A kernel carries the id of the operator that launched it; one of a replayed graph carries nobody's.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from specprof.measure.profile import profiler
from specprof.measure.profile.events import STEP, Event
from specprof.measure.profile.kineto import plain_events
from specprof.measure.profile.parts import kernel_part, learned_parts
from specprof.measure.profile.profiler import device_step, profile_step
from specprof.measure.profile.recording import ProfileFailed
from specprof.measure.profile.spans import SCOPE
from specprof.measure.step import Step
from specprof.run.breakdown import MAX_KERNELS, PARTS

CUDA = torch.device("cuda", 0)
GEMM = "sm90_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize64x64x64_cublas"
FLASH = "void pytorch_flash::flash_fwd_splitkv_kernel<pytorch_flash::Flash_fwd_kernel_traits<128>>"
NORM = "void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float, at::native::MeanOps>>"


def _kernels(*rows):
    """Rows of name, begin and end in µs, and the launcher's id."""
    return [
        Event(name, begin * 1000, end * 1000, True, launched_by=launcher[0] if launcher else 0)
        for name, begin, end, *launcher in rows
    ]


def _us(found):
    took = {part: round(found.part_ms(part) * 1000) for part in PARTS}
    took["gaps"] = round(found.gaps_ms * 1000)
    assert sum(took.values()) == round(found.total_ms * 1000)
    return took


def _host(*rows):
    return [Event(name, begin * 1000, end * 1000, False, 1, number) for name, begin, end, number in rows]


def _eager():
    """Embedding, one layer and head; one GEMM serves projections and head."""
    return _host(
        (STEP, 0, 100, 1),
        (f"{SCOPE}head/model.embed_tokens", 1, 4, 2),
        ("aten::index_select", 2, 3, 3),
        (f"{SCOPE}attention/model.layers.0.self_attn", 10, 40, 4),
        (f"{SCOPE}linear/model.layers.0.self_attn.q_proj", 11, 15, 5),
        ("aten::linear", 11, 15, 6),
        ("aten::mm", 12, 14, 7),
        ("aten::mul", 16, 17, 8),
        ("aten::_flash_attention_forward", 20, 25, 9),
        ("aten::add", 45, 46, 10),
        (f"{SCOPE}head/lm_head", 50, 60, 11),
        ("aten::mm", 51, 55, 12),
    ) + _kernels(
        ("void at::native::vectorized_gather_kernel<16, long>", 200, 210, 3),
        (GEMM, 210, 250, 7),
        ("void at::native::elementwise_kernel<mul>", 255, 260, 8),
        (FLASH, 260, 290, 9),
        ("void at::native::elementwise_kernel<add>", 290, 295, 10),
        (GEMM, 300, 400, 12),
    )


def _replayed():
    """The same kernels as a graph replays them: later, closer, and launched by nobody."""
    found, now = [], 5000
    for event in _eager():
        if event.on_device:
            took = (event.end_ns - event.begin_ns) // 1000
            found.append((event.name, now, now + took))
            now += took + 1
    return _kernels(*found)


def test_the_step_is_from_the_first_kernel_to_the_last_and_gaps_are_between_them():
    found = device_step(_eager())
    assert _us(found) == {"linear": 40, "attention": 30, "elementwise": 10, "head": 110, "gaps": 10}
    assert found.total_ms == pytest.approx(0.2)
    assert [(kernel.name, kernel.part, kernel.calls) for kernel in found.kernels[:3]] == [
        (GEMM, "head", 1),
        (GEMM, "linear", 1),
        (FLASH, "attention", 1),
    ]


def test_kernels_that_overlap_count_where_they_began():
    found = device_step(_kernels((GEMM, 0, 50), (NORM, 40, 60), (FLASH, 42, 48), (NORM, 55, 80)))
    assert _us(found) == {"linear": 50, "attention": 0, "elementwise": 10 + 20, "head": 0, "gaps": 0}
    assert {kernel.name: kernel.calls for kernel in found.kernels} == {GEMM: 1, NORM: 2, FLASH: 1}


def test_the_order_of_events_does_not_matter():
    assert device_step(_eager()[::-1]) == device_step(_eager())


def test_a_replayed_graph_learns_its_parts_by_position():
    found = device_step(_replayed(), _eager())
    assert _us(found) == {"linear": 40, "attention": 30, "elementwise": 10, "head": 110, "gaps": 5}


def test_a_graph_that_replays_other_kernels_learns_them_by_name():
    replayed = [*_replayed(), *_kernels(("Memset (Device)", 6000, 6010), (NORM, 6010, 6011))]
    found = device_step(replayed, _eager())
    took = _us(found)
    # of the GEMM's two calls none is the rule: they stay together
    assert took["linear"] + took["head"] == 150
    assert took["attention"] == 30
    assert took["elementwise"] == 10 + 10 + 1


def test_a_name_that_serves_several_parts_goes_where_most_of_its_calls_were():
    known = [GEMM] * 7 + [FLASH, GEMM]
    parts = ["linear"] * 7 + ["attention", "head"]
    assert learned_parts(known, known, parts) == parts
    assert learned_parts([*known, NORM], known, parts) == [*parts[:8], "linear", "elementwise"]


def test_a_graph_of_which_nothing_is_known_is_told_by_names():
    found = device_step(_replayed())
    assert _us(found) == {"linear": 140, "attention": 30, "elementwise": 10, "head": 10, "gaps": 5}


def test_compiled_kernels_are_told_by_their_launchers_and_the_head_lies_behind():
    events = _host(
        (STEP, 0, 100, 1),
        ("aten::embedding", 0, 5, 2),
        ("Torch-Compiled Region: 0/0", 10, 50, 3),
        ("## Call CompiledFxGraph abc ##", 12, 50, 4),
        ("triton_red_fused_add_mean_mul_0", 13, 15, 5),
        ("aten::mm", 16, 18, 6),
        ("aten::_scaled_dot_product_efficient_attention", 20, 25, 7),
        ("aten::linear", 60, 70, 8),
        ("aten::mm", 61, 69, 9),
    ) + _kernels(
        ("indexSelectLargeIndex", 100, 110, 2),
        ("triton_red_fused_add_mean_mul_0", 110, 113, 5),
        (GEMM, 120, 150, 6),
        ("fmha_cutlassF_bf16_aligned_64x128_rf_sm80", 150, 170, 7),
        ("triton_poi_fused_mul_silu_1", 170, 172, 4),
        (GEMM, 172, 180, 9),
    )
    assert _us(device_step(events)) == {
        "linear": 30,
        "attention": 20,
        "elementwise": 5,
        "head": 18,
        "gaps": 7,
    }


def test_no_more_kernels_are_kept_than_a_breakdown_holds():
    found = device_step(_kernels(*((f"kernel_{n}", 10 * n, 10 * n + 1 + n % 9) for n in range(200))))
    assert len(found.kernels) == MAX_KERNELS
    assert min(kernel.ms for kernel in found.kernels) >= 0.006
    assert found.elementwise_ms == pytest.approx(sum(1 + n % 9 for n in range(200)) / 1000)


@pytest.mark.parametrize("events", [[], _host((STEP, 0, 10, 1)), _kernels((GEMM, 5, 5))])
def test_without_kernels_there_is_no_breakdown(events):
    assert device_step(events) is None


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("ampere_bf16_s16816gemm_bf16_128x64_ldg8_f2f_stages_64x3_tn", "linear"),
        ("nvjet_tst_64x8_64x16_4x1_v_bz_TNN", "linear"),
        ("void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_relu_bf16>", "linear"),
        ("void gemv2T_kernel_val<int, int, __nv_bfloat16>", "linear"),
        ("void cublasLt::splitKreduce_kernel<32, 16, int, float>", "linear"),
        ("void tinygemm_m16n8k16_chunk_kernel<ALayout_RM>", "linear"),
        ("fmha_cutlassF_bf16_aligned_64x128_rf_sm80(PyTorchMemEffAttention)", "attention"),
        ("cudnn_generated_fort_native_sdpa_sm90_flash_fprop_wgmma_f16", "attention"),
        ("void (anonymous namespace)::cunn_SoftMaxForward<8, float>", "attention"),
        ("void at::native::elementwise_kernel<128, 4, at::native::neg>", "elementwise"),
        ("Memcpy DtoD (Device -> Device)", "elementwise"),
        ("triton_red_fused__to_copy_add_mean_mul_pow_rsqrt_0", "elementwise"),
    ],
)
def test_what_a_kernels_name_says(name, part):
    assert kernel_part(name) == part


def _kineto(name, kind, device, *, linked=0, number=0, threads=(1, 1), **left_out):
    found = {
        "name": name,
        "activity_type": kind,
        "device_type": SimpleNamespace(name=device),
        "start_ns": 1000,
        "duration_ns": 500,
        "correlation_id": number,
        "linked_correlation_id": linked,
        "start_thread_id": threads[0],
        "end_thread_id": threads[1],
        "is_user_annotation": "annotation" in kind,
    }
    return SimpleNamespace(
        **{key: (lambda value=value: value) for key, value in found.items() if key not in left_out}
    )


def _stream(**left_out):
    return [
        _kineto("aten::mm", "cpu_op", "CPU", number=7, **left_out),
        _kineto(STEP, "user_annotation", "CPU", number=8, **left_out),
        _kineto("cudaLaunchKernel", "cuda_runtime", "CPU", number=70, linked=7, **left_out),
        _kineto("aten::wandering", "cpu_op", "CPU", number=9, threads=(1, 2), **left_out),
        _kineto(GEMM, "kernel", "CUDA", number=70, linked=7, **left_out),
        _kineto("Memcpy DtoD (Device -> Device)", "gpu_memcpy", "CUDA", number=71, **left_out),
        _kineto(STEP, "gpu_user_annotation", "CUDA", number=8, linked=8, **left_out),
    ]


@pytest.mark.parametrize("left_out", [{}, {"activity_type": True}], ids=["torch-2.13", "without-kinds"])
def test_calls_of_the_runtime_and_shadows_of_ranges_are_left_out(left_out):
    assert plain_events(_stream(**left_out)) == [
        Event("aten::mm", 1000, 1500, False, 1, 7, 0),
        Event(STEP, 1000, 1500, False, 1, 8, 0),
        Event(GEMM, 1000, 1500, True, 1, 0, 7),
        Event("Memcpy DtoD (Device -> Device)", 1000, 1500, True, 1, 0, 0),
    ]


def test_overhead_and_synchronisation_are_no_work():
    assert not plain_events(
        [
            _kineto("Activity Buffer Request", "overhead", "CPU"),
            _kineto("Context Sync", "cuda_sync", "CUDA"),
        ]
    )


class _Recorder:
    """Stands for the profiler on a GPU: answers with made-up events and keeps what it was asked."""

    def __init__(self, monkeypatch, **answers):
        self.answers = answers
        self.asked = []
        monkeypatch.setattr(profiler, "record", self)

    def __call__(self, run, device, *, model=None, with_kernels=False):
        assert with_kernels
        self.asked.append((run(), model))
        return self.answers[run() if model is None else "scoped"]


def test_a_graph_is_profiled_after_the_same_step_run_eagerly(monkeypatch):
    model = torch.nn.Identity()
    recorder = _Recorder(monkeypatch, scoped=_eager(), graph=_replayed())
    found = profile_step(Step(lambda: "graph"), CUDA, eager=Step(lambda: "eager", model=model))
    assert recorder.asked == [("eager", model), ("graph", None)]
    assert _us(found)["head"] == 110
    assert found.total_ms == pytest.approx(0.195)


def test_an_eager_step_is_timed_without_the_ranges_that_tell_its_parts(monkeypatch):
    model = torch.nn.Identity()
    quick = [event for event in _eager() if not event.name.startswith(SCOPE)]
    recorder = _Recorder(monkeypatch, scoped=_eager(), eager=quick)
    found = profile_step(Step(lambda: "eager", model=model), CUDA)
    assert recorder.asked == [("eager", model), ("eager", None)]
    assert _us(found)["head"] == 110


def test_a_step_without_a_model_is_profiled_once(monkeypatch):
    recorder = _Recorder(monkeypatch, compiled=_eager())
    profile_step(Step(lambda: "compiled"), CUDA)
    assert recorder.asked == [("compiled", None)]


def test_a_profiler_that_sees_no_kernel_says_what_may_be_the_matter(monkeypatch):
    _Recorder(monkeypatch, graph=_host((STEP, 0, 10, 1)))
    with pytest.raises(ProfileFailed, match="CUPTI_ERROR_INSUFFICIENT_PRIVILEGES"):
        profile_step(Step(lambda: "graph"), CUDA)
