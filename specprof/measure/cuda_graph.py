"""CUDA graphs: one captured verify step per cell, replayed without the host's launch cost."""

from __future__ import annotations

import gc
from contextlib import contextmanager

import torch

from specprof.measure.verify_step import Step

WARMUP_RUNS = 3


@contextmanager
def _no_collection():
    """The collector may free CUDA memory at any allocation, which a capture forbids."""
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class GraphPool:
    """Captures steps into one shared memory pool: they overwrite each other's outputs, fine for timing."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.stream = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()

    def capture(self, step: Step, *, with_head: bool) -> Step:
        """The step as a replayed graph; with its head alone as a second one where it is asked for.

        Raises RuntimeError where something in the step cannot be captured.
        """
        run, output = self._captured(step.run)
        head = None
        if with_head and step.head_alone is not None:
            head, _ = self._captured(step.head_alone)

        def replay() -> torch.Tensor:
            run.replay()
            return output

        return Step(replay, None, [], head.replay if head is not None else None)

    def _captured(self, run):
        self.stream.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self.stream):
            for _ in range(WARMUP_RUNS):
                run()
        torch.cuda.current_stream(self.device).wait_stream(self.stream)
        graph = torch.cuda.CUDAGraph()
        with _no_collection(), torch.cuda.graph(graph, pool=self._pool, stream=self.stream):
            output = run()
        return graph, output
