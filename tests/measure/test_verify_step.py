"""The verify step computes what it claims: every branch of the tree equals its own causal forward."""

from __future__ import annotations

import pytest
import torch
from transformers import DynamicCache

from specprof.measure.attention.tree_mask import tree_mask, tree_positions
from specprof.measure.cache_word import CACHE
from specprof.measure.step import Form
from specprof.measure.verify_step import FullModel
from specprof.plan.draft_tree import ancestors, depths, parents
from specprof.plan.plan import Row

from .conftest import small_plan

TOLERANCE = 2e-6
ROW = Row(2, 24)
CPU = torch.device("cpu")


def _causal_logits(workload, ids):
    """Plain causal forward of `ids` `[B, n]` behind the workload's own prefix, by transformers' cache."""
    cache = DynamicCache()
    for index, (keys, values) in enumerate(workload.caches):
        cache.update(keys[:, :, : ROW.seq_len].clone(), values[:, :, : ROW.seq_len].clone(), index)
    attention = workload.model.config._attn_implementation
    workload.model.config._attn_implementation = "eager"  # the reference never runs the kernel under test
    try:
        positions = torch.arange(ROW.seq_len, ROW.seq_len + ids.shape[1]).expand(ids.shape[0], -1)
        return workload.model(input_ids=ids, position_ids=positions, **{CACHE: cache}).logits
    finally:
        workload.model.config._attn_implementation = attention


def _logits(workload, ids, tree, *, masked=True):
    return workload.step_of(ids, tree, Form(masked, workload.plan.attention)).run()


def _relative(found, expected):
    return float((found - expected).norm() / expected.norm())


def _ids(count):
    return torch.randint(0, 256, (ROW.batch_size, count), generator=torch.Generator().manual_seed(3))


def test_a_chain_equals_the_causal_forward(workload):
    workload.open_row(ROW)
    ids = _ids(9)
    assert _relative(_logits(workload, ids, parents(9, "chain")), _causal_logits(workload, ids)) < TOLERANCE


def test_every_branch_of_a_tree_equals_its_own_causal_forward(workload):
    workload.open_row(ROW)
    tree = parents(16)
    ids = _ids(16)
    logits = _logits(workload, ids, tree)
    for node, seen in enumerate(ancestors(tree)):
        branch = sorted(seen)  # parents precede children, so this is the path from the root
        expected = _causal_logits(workload, ids[:, branch])[:, -1]
        assert _relative(logits[:, node], expected) < TOLERANCE, f"candidate {node}"


def test_a_wrong_mask_is_seen_by_the_branch_test(workload):
    workload.open_row(ROW)
    tree = parents(16)
    ids = _ids(16)
    logits = _logits(workload, ids, parents(16, "chain"))
    path = sorted(ancestors(tree)[15])
    assert _relative(logits[:, 15], _causal_logits(workload, ids[:, path])[:, -1]) > 1e-3


def test_the_plain_form_of_one_candidate_equals_the_masked_one(workload):
    workload.open_row(ROW)
    ids = _ids(1)
    plain = _logits(workload, ids, [-1], masked=False)
    assert _relative(plain, _logits(workload, ids, [-1])) < TOLERANCE
    assert _relative(plain, _causal_logits(workload, ids)) < TOLERANCE


def test_a_repeated_step_gives_the_same_logits_and_the_prefix_never_advances(workload):
    workload.open_row(ROW)
    step = workload.step(16, Form(True, workload.plan.attention))
    before = [keys[:, :, : ROW.seq_len].clone() for keys, _ in workload.caches]
    first = step.run().clone()
    for _ in range(3):
        again = step.run()
    assert torch.equal(first, again)
    for (keys, _), kept in zip(workload.caches, before, strict=True):
        assert torch.equal(keys[:, :, : ROW.seq_len], kept)


def test_logits_come_for_all_candidates():
    workload = FullModel(small_plan(), torch.float32, CPU)
    workload.open_row(ROW)
    assert workload.step(7, Form(True, "sdpa")).run().shape == (2, 7, 256)


def test_several_candidates_without_a_mask_are_refused():
    workload = FullModel(small_plan(), torch.float32, CPU)
    workload.open_row(ROW)
    with pytest.raises(ValueError, match="tree mask"):
        workload.step(7, Form(False, "sdpa"))


def test_the_head_alone_runs_no_layer():
    workload = FullModel(small_plan(), torch.float32, CPU)
    workload.open_row(ROW)
    step = workload.step(7, Form(True, "sdpa"))
    passed = []
    hook = workload.model.model.layers[0].register_forward_pre_hook(lambda *_: passed.append(1))
    assert step.head_alone().shape == (2, 7, 256)
    assert not passed
    step.run()
    assert passed
    hook.remove()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_masks_are_additive_in_the_query_dtype_and_finite(dtype):
    mask = tree_mask(parents(7), 5, dtype, CPU)
    assert mask.shape == (1, 1, 7, 12)
    assert mask.dtype == dtype
    assert torch.isfinite(mask).all()
    assert set(mask.unique().tolist()) == {0.0, float(torch.finfo(dtype).min)}
    assert (mask[..., :5] == 0).all()


def test_a_mask_shows_each_candidate_its_ancestors_and_itself_only():
    mask = tree_mask([-1, 0, 0, 1], 0, torch.float32, CPU)[0, 0]
    assert (mask == 0).int().tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 0, 1]]


def test_positions_are_prefix_plus_depth():
    tree = [-1, 0, 0, 1, 3]
    assert depths(tree) == [0, 1, 1, 2, 3]
    assert tree_positions(tree, 10, 2, CPU).tolist() == [[10, 11, 11, 12, 13]] * 2
