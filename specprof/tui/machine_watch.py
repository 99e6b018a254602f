"""Finding out what the machine has, and watching how busy it is, for as long as somebody looks."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace

from specprof.telemetry.cuda_order import cuda_order
from specprof.tui.aside import aside
from specprof.tui.state.device_card import Machine

OTHERS_S = 2.0
"""How often the CPU's free memory and the share of other programs are read."""


class MachineWatch:
    """`machine` is what was found so far."""

    def __init__(self) -> None:
        self.machine = Machine()

    async def watch(self, told: Callable[[], None]) -> None:
        """Looks for the CPU and GPUs, then goes on reading the CPU. `told` is called where something is new.

        Run it again to have the GPUs read again: what was known stays until then.
        """
        # psutil and the driver are none of the first paint's business
        from specprof.telemetry.cpu import read_cpu
        from specprof.telemetry.host import HostSampler
        from specprof.telemetry.probe import probe

        def find(**news: object) -> None:
            found = replace(self.machine, **news)  # type: ignore[arg-type]
            if found != self.machine:
                self.machine = found
                told()

        find(cpu=await aside(read_cpu))
        seen = await probe()
        find(probe=seen, order=cuda_order(seen.devices, os.environ))
        sampler = HostSampler()
        await aside(lambda: sampler.sample(time.monotonic()))
        while True:
            await asyncio.sleep(OTHERS_S)
            sample = await aside(lambda: sampler.sample(time.monotonic()))
            find(others_pct=sample.other_cpu_pct, cpu=await aside(read_cpu))
