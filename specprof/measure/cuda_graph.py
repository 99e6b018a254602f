"""CUDA graphs: one captured verify step per cell, replayed without the host's launch cost."""

from __future__ import annotations

import gc

import torch

from specprof.measure.collection import no_collection
from specprof.measure.step import Step

WARMUP_RUNS = 3


class GraphPool:
    """Captures steps into one shared memory pool, where they overwrite each other's outputs."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.stream = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()

    def capture(self, step: Step, *, with_head: bool, keep_output: bool = False) -> Step:
        """The step as a replayed graph; with its head alone as a second one where it is asked for.

        A replay gives its output where that is to be kept. It would else hold memory that no other graph may
        use, of every cell. Raises RuntimeError where something in the step cannot be captured.
        """
        run, output = self._captured(step.run)
        kept = output if keep_output else None
        del output
        head = None
        if with_head and step.head_alone is not None:
            head, _ = self._captured(step.head_alone)

        def replay() -> torch.Tensor | None:
            run.replay()
            return kept

        return Step(replay, run_head=head.replay if head is not None else None, reads=step)

    def _captured(self, run):
        before = torch.cuda.current_stream(self.device)
        try:
            return self._captured_on_stream(run)
        finally:
            torch.cuda.set_stream(before)  # a capture that fails leaves its own stream current

    def _captured_on_stream(self, run):
        self.stream.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self.stream):
            for _ in range(WARMUP_RUNS):
                run()
        torch.cuda.current_stream(self.device).wait_stream(self.stream)
        graph = torch.cuda.CUDAGraph()
        gc.collect()  # in a capture it is forbidden: it may free CUDA memory at any allocation
        with no_collection(), torch.cuda.graph(graph, pool=self._pool, stream=self.stream):
            output = run()
        return graph, output
