"""Which kernel scaled_dot_product_attention takes on CUDA: the fastest of those that are right here.

cuDNN's is not among them: with an fp32 mask it is silently wrong (pytorch#191612), and some versions fault
when they are replayed in graphs with long masks (TransformerEngine#2344).
"""

from __future__ import annotations

import statistics
from contextlib import nullcontext

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

from specprof.measure import capacity
from specprof.measure.attention.tree_mask import tree_mask
from specprof.measure.clock import CudaClock
from specprof.measure.profile.recording import ProfileFailed
from specprof.measure.profile.sdpa_backend import seen_backend
from specprof.measure.step import Step
from specprof.measure.truth import BLIND_SHARE, CHECKED_PREFIX
from specprof.plan.draft_tree import parents
from specprof.plan.plan import Row
from specprof.run.events import ModelBuilt
from specprof.run.mode_check import SdpaBackend

NAMES = {
    "flash": SDPBackend.FLASH_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
    "math": SDPBackend.MATH,
}
TOLERANCE = 3e-2
"""Relative L2 difference from float32 that rounding in half precision may come to."""
TURNS = 5


class Probe:
    """One attention of the open row's shapes, in the form that transformers calls it: without a mask with
    grouped queries, with one with the key-value heads repeated."""

    def __init__(self, workload, row: Row, *, masked: bool) -> None:
        shape, plan = workload.plan.model, workload.plan
        candidates = plan.candidates[:2][-1] if masked else 1
        group = shape.num_attention_heads // shape.num_key_value_heads
        kv_heads = shape.num_attention_heads if masked else shape.num_key_value_heads
        span = row.seq_len + candidates

        def filled(heads: int, length: int) -> torch.Tensor:
            size = (row.batch_size, heads, length, shape.head_dim)
            return torch.randn(size, dtype=workload.dtype, device=workload.device)

        self.query = filled(shape.num_attention_heads, candidates)
        self.key, self.value = filled(kv_heads, span), filled(kv_heads, span)
        self.grouped = group > 1 and not masked
        self.mask = None
        if masked:
            tree = parents(candidates, plan.tree)
            mask = tree_mask(tree, row.seq_len, workload.dtype, workload.device)
            self.mask = mask.expand(row.batch_size, 1, -1, -1)

    def run(self) -> torch.Tensor:
        return scaled_dot_product_attention(
            self.query, self.key, self.value, attn_mask=self.mask, enable_gqa=self.grouped
        )

    def exact(self, *, blind: bool = False) -> torch.Tensor:
        """In float32, by the math kernel; `blind` without the mask."""
        mask = None if self.mask is None or blind else self.mask.float()
        with sdpa_kernel(SDPBackend.MATH):
            return scaled_dot_product_attention(
                self.query.float(),
                self.key.float(),
                self.value.float(),
                attn_mask=mask,
                enable_gqa=self.grouped,
            )


def choose_backends(workload) -> dict[bool, SDPBackend]:
    """The backend for steps with (True) and without (False) a mask; none where memory for it is not there."""
    plan = workload.plan
    batch = plan.batch_sizes[0]
    short, longest = Row(batch, min(plan.seq_lens[0], CHECKED_PREFIX)), Row(batch, plan.seq_lens[-1])
    chosen = {}
    for masked in (False, True):
        try:
            right = right_backends(Probe(workload, short, masked=masked))
            found = _fastest(right, Probe(workload, longest, masked=masked), workload.device)
        except Exception as error:
            if not capacity.is_out_of_memory(error):
                raise
            found = None
        capacity.release(workload.device)
        if found is not None:
            chosen[masked] = found
    return chosen


def kept_backends(before: ModelBuilt) -> dict[bool, SDPBackend]:
    """The backends that an earlier child ran with."""
    return {one.form == "masked": NAMES[one.backend] for one in before.sdpa_backends if one.backend in NAMES}


def right_backends(probe: Probe) -> list[SDPBackend]:
    """Those that take the probe's shapes and whose output is no further from float32 than rounding brings
    it, nor than a part of the way to the output without its mask."""
    exact, tolerance = probe.exact(), TOLERANCE
    if probe.mask is not None:
        tolerance = min(tolerance, BLIND_SHARE * _error(probe.exact(blind=True), exact))
    found = []
    for backend in NAMES.values():
        try:
            with sdpa_kernel(backend):
                if _error(probe.run().float(), exact) <= tolerance:
                    found.append(backend)
        except RuntimeError as refusal:
            if capacity.is_out_of_memory(refusal):
                raise
    return found


def _error(found: torch.Tensor, exact: torch.Tensor) -> float:
    """Relative L2 difference."""
    return float((found - exact).norm() / exact.norm())


def _fastest(backends: list[SDPBackend], probe: Probe, device: torch.device) -> SDPBackend | None:
    clock = CudaClock(device)
    took: dict[SDPBackend, float] = {}
    for backend in backends:
        try:
            with sdpa_kernel(backend):
                probe.run()
                samples = [clock.sample(Step(probe.run), with_head=False) for _ in range(TURNS)]
        except RuntimeError as refusal:
            if capacity.is_out_of_memory(refusal):
                raise
            continue  # it does not take these shapes or this mask
        took[backend] = statistics.median(sample.measured_ms for sample in samples)
    return min(took, key=took.__getitem__, default=None)


def seen_backends(workload) -> list[SdpaBackend]:
    """What runs behind both forms of the plan's shortest row; nothing where it cannot be seen."""
    plan = workload.plan
    row = Row(plan.batch_sizes[0], plan.seq_lens[0])
    found = []
    for masked in (False, True):
        chosen = workload.sdpa_backends.get(masked)
        try:
            probe = Probe(workload, row, masked=masked)
            with nullcontext() if chosen is None else sdpa_kernel(chosen):
                found.append(seen_backend(probe.run, workload.device, "masked" if masked else "plain"))
        except Exception as error:
            if not isinstance(error, ProfileFailed) and not capacity.is_out_of_memory(error):
                raise
    return [backend for backend in found if backend is not None]
