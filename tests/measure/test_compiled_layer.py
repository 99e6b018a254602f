"""torch.compile of the decoder layer: a few graphs for all layers and shapes, with the eager logits."""

from __future__ import annotations

import pytest
import torch

from specprof.measure import layer_step
from specprof.measure.step import Form
from specprof.measure.verify_step import FullModel
from specprof.plan.draft_tree import parents
from specprof.plan.plan import Row

from .conftest import small_plan

CPU = torch.device("cpu")
missing = layer_step.compiler_missing(CPU)


@pytest.mark.slow
@pytest.mark.skipif(missing is not None, reason=str(missing))
@pytest.mark.timeout(600)
def test_one_graph_serves_all_layers_lengths_and_counts():
    plan = small_plan(batch_sizes=(2,), seq_lens=(24, 40))
    workload = FullModel(plan, torch.float32, CPU)
    for row in plan.rows():
        workload.open_row(row)
        for candidates in (7, 16, 11):
            ids, tree = torch.randint(0, 256, (2, candidates)), parents(candidates)
            eager = workload.step_of(ids, tree, Form(True, "sdpa")).run().clone()
            compiled = workload.step_of(ids, tree, Form(True, "sdpa", compiled=True)).run()
            assert float((compiled - eager).norm() / eager.norm()) < 4e-6
    # three layers, two lengths and three counts, the largest of a row among them: compiled apart they'd be 18
    assert workload.compiled_layer.graphs == 1


def test_without_a_c_compiler_a_cpu_cannot_compile(monkeypatch):
    monkeypatch.setenv("PATH", "")
    problem = layer_step.compiler_missing(CPU)
    assert problem is not None
    assert "C++ compiler" in str(problem)
    assert layer_step.compiler_missing(torch.device("cuda")) is None


def test_a_layer_cache_rewrites_its_last_rows_only():
    keys, values = torch.randn(1, 2, 10, 4), torch.randn(1, 2, 10, 4)
    before = keys.clone()
    cache = layer_step.LayerCache(keys, values)
    fresh = torch.ones(1, 2, 3, 4)
    found, _ = cache.update(fresh, fresh, 0)
    assert torch.equal(found[:, :, -3:], fresh)
    assert torch.equal(found[:, :, :-3], before[:, :, :-3])
    assert Row(1, 7).seq_len + 3 == found.shape[2]
