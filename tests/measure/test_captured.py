"""What a captured step holds. Nothing is captured here: a graph is made up that knows no more than CUDA's."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch

from specprof.measure.cuda_graph import GraphPool
from specprof.measure.paper_block import PaperBlock
from specprof.measure.step import Form, Step
from specprof.measure.verify_step import FullModel
from specprof.plan.plan import Row

from .conftest import small_plan

CPU = torch.device("cpu")


class Graph:
    """Of what was captured it keeps nothing alive."""

    def __init__(self) -> None:
        self.replays = 0

    def replay(self) -> None:
        self.replays += 1


class Pool(GraphPool):
    def __init__(self) -> None:
        self.graphs: list[Graph] = []

    def _captured(self, run):
        self.graphs.append(Graph())
        return self.graphs[-1], run()


def tensors_of(function, seen=None) -> list[torch.Tensor]:
    """The tensors that a function's closure reaches."""
    seen = set() if seen is None else seen
    found = []
    for cell in getattr(function, "__closure__", None) or ():
        held = cell.cell_contents
        if id(held) in seen:
            continue
        seen.add(id(held))
        if isinstance(held, torch.Tensor):
            found.append(held)
        elif callable(held):
            found += tensors_of(held, seen)
    return found


@pytest.mark.parametrize("workload", ["full", "paper-block"])
def test_what_a_replay_reads_lives_as_long_as_the_replay(workload):
    plan = small_plan(workload=workload)
    made = (FullModel if workload == "full" else PaperBlock)(plan, torch.float32, CPU)
    made.open_row(Row(2, 24))
    step = made.step(7, Form(True, "sdpa"))
    read = [weakref.ref(tensor) for tensor in tensors_of(step.run)]
    assert read
    replay = Pool().capture(step, with_head=False)
    del step
    gc.collect()
    assert all(tensor() is not None for tensor in read)
    del replay
    gc.collect()
    assert any(tensor() is None for tensor in read)


def test_outputs_are_held_where_that_is_asked_for_and_only_there():
    pool = Pool()
    output = torch.ones(3)
    step = Step(lambda: output)
    assert pool.capture(step, with_head=False, keep_output=True).run() is output
    assert pool.capture(step, with_head=False).run() is None
    made = Pool().capture(Step(lambda: torch.ones(3)), with_head=False)
    assert not [held for held in tensors_of(made.run) if held is not None]


def test_the_head_is_a_graph_of_its_own_where_it_is_asked_for():
    step = Step(lambda: torch.ones(3), head_alone=lambda: torch.ones(1))
    pool = Pool()
    made = pool.capture(step, with_head=True)
    made.run_head()
    assert [graph.replays for graph in pool.graphs] == [0, 1]
    assert Pool().capture(step, with_head=False).run_head is None
