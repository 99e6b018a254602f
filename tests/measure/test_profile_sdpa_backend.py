"""The backend of scaled_dot_product_attention is read off what ran, in every form that the step has."""

from __future__ import annotations

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

from specprof.measure.profile.sdpa_backend import backend_of, seen_backend
from specprof.measure.step import Form
from specprof.measure.verify_step import FullModel
from specprof.plan.plan import Row

from .conftest import small_plan

CPU = torch.device("cpu")
FLASH_ON_CPU = "aten::_scaled_dot_product_flash_attention_for_cpu"
MATH = "aten::_scaled_dot_product_attention_math"


def _attention(*, masked, form):
    """Eight query heads on two key-value heads: as they are, or repeated as transformers does it."""
    query = torch.randn(2, 8, 7, 16)
    key, value = torch.randn(2, 2, 40, 16), torch.randn(2, 2, 40, 16)
    if form == "repeated":
        key, value = key.repeat_interleave(4, dim=1), value.repeat_interleave(4, dim=1)
    mask = torch.zeros(2, 1, 7, 40) if masked else None
    return lambda: scaled_dot_product_attention(
        query, key, value, attn_mask=mask, enable_gqa=form == "grouped"
    )


@pytest.mark.parametrize("masked", [False, True], ids=["plain", "masked"])
@pytest.mark.parametrize("form", ["grouped", "repeated"])
@pytest.mark.parametrize(
    ("allowed", "backend", "operator"),
    [(SDPBackend.FLASH_ATTENTION, "flash", FLASH_ON_CPU), (SDPBackend.MATH, "math", MATH)],
)
def test_the_backend_that_was_allowed_is_the_one_that_is_seen(masked, form, allowed, backend, operator):
    with sdpa_kernel(allowed):
        seen = seen_backend(_attention(masked=masked, form=form), CPU, "masked" if masked else "plain")
    assert seen is not None
    assert (seen.form, seen.backend, seen.operator) == ("masked" if masked else "plain", backend, operator)


@pytest.mark.parametrize("candidates", [1, 7])
def test_it_is_seen_in_a_verify_step(candidates):
    workload = FullModel(small_plan(), torch.float32, CPU)
    workload.open_row(Row(2, 24))
    form = "masked" if candidates > 1 else "plain"
    with sdpa_kernel(SDPBackend.MATH):
        seen = seen_backend(workload.step(candidates, Form(candidates > 1, "sdpa")).run, CPU, form)
    assert seen is not None
    assert seen.backend == "math"


def test_where_no_such_attention_runs_there_is_none():
    workload = FullModel(small_plan("eager"), torch.float32, CPU)
    workload.open_row(Row(2, 24))
    assert seen_backend(workload.step(7, Form(True, "eager")).run, CPU, "masked") is None


@pytest.mark.parametrize(
    ("operator", "backend"),
    [
        ("aten::_scaled_dot_product_flash_attention", "flash"),
        ("aten::_scaled_dot_product_efficient_attention", "efficient"),
        ("aten::_scaled_dot_product_cudnn_attention", "cudnn"),
        (MATH, "math"),
        ("aten::scaled_dot_product_attention", None),
        ("aten::_fused_sdp_choice", None),
        ("aten::mm", None),
    ],
)
def test_cudas_operators_are_known_by_name(operator, backend):
    assert backend_of(operator) == backend
