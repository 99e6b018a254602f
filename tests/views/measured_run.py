"""A run made up of events, as the default without a GPU would give: slices of a Llama 7B on a CPU."""

from __future__ import annotations

import numpy as np

from specprof.plan.model import ModelShape
from specprof.plan.plan import Plan
from specprof.plan.presets import PRESETS
from specprof.plan.stopping import StoppingRule
from specprof.run import events as ev
from specprof.run.environment import Device, Environment
from specprof.run.record import RunRecord
from specprof.run.reduce import Reduction

CANDIDATES = (1, 16, 32, 48, 64, 80, 96, 112)
HEAD_MS = 18.0


def plan(
    seq_lens: tuple[int, ...] = (128, 512, 2048),
    batch_sizes: tuple[int, ...] = (1,),
    layers: int = 2,
    target_ci: float = 0.05,
    title: str = "Llama 7B",
) -> Plan:
    shape: ModelShape = PRESETS["llama-7b"].model_copy(update={"layers_measured": layers, "title": title})
    return Plan(
        model=shape,
        dtype="bfloat16",
        batch_sizes=batch_sizes,
        seq_lens=seq_lens,
        candidates=CANDIDATES,
        stopping=StoppingRule(target_ci=target_ci),
    )


def environment(name: str = "Intel Xeon Platinum 8481C") -> Environment:
    return Environment(
        host="host",
        os="Linux 6.1",
        python="3.11.9",
        torch="2.6.0",
        transformers="5.3.0",
        device=Device(kind="cpu", name=name, cores=2, threads=2),
    )


def record(
    the_plan: Plan | None = None,
    *,
    rounds: int = 12,
    noise: float = 0.03,
    oom_from: int | None = None,
    not_run: int | None = None,
    masked: bool = True,
    reason: str = "out of memory: 18.4 GiB needed, 12.0 GiB free",
) -> RunRecord:
    """A complete run; cells of `oom_from` tokens or more failed, the row `not_run` was dropped."""
    the_plan = the_plan or plan()
    random = np.random.default_rng(7)
    reduction = Reduction()
    say = reduction.apply
    say(
        ev.RunStarted(
            schema_version=1,
            run_id="20250101-000000-abcd",
            created_at="2025-01-01T00:00:00Z",
            specprof_version="0.1.0",
            plan=the_plan,
        )
    )
    say(ev.EnvironmentRead(environment=environment()))
    say(ev.ModelBuilt(t_s=1, build_s=4.2, weight_bytes=1_300_000_000, execution="eager"))
    t_s, finished = 2.0, 0
    for row in the_plan.rows():
        if row.seq_len == not_run:
            say(ev.RowsDropped(t_s=t_s, rows=[row], reason="the budget of 80 s does not reach it"))
            continue
        for number in range(rounds):
            drift = 1 + 0.05 * random.standard_normal()
            for k in the_plan.candidates:
                if oom_from is not None and row.seq_len + k >= oom_from:
                    continue
                flat = (9.0 + row.seq_len / 900) * (1 + max(0.0, k - 24) / 70) + HEAD_MS
                ms = flat * row.batch_size**0.7 * drift * (1 + noise * random.standard_normal())
                t_s += ms / 1000
                cell = {"batch_size": row.batch_size, "seq_len": row.seq_len, "candidates": k}
                taken = {"round": number, "measured_ms": float(ms), "head_ms": HEAD_MS}
                say(ev.SampleTaken(t_s=t_s, **cell, **taken))
                if k == 1 and masked:
                    taken["measured_ms"] = float(ms) * 1.02
                    say(ev.SampleTaken(t_s=t_s, **cell, **taken, masked=True))
        for k in the_plan.candidates:
            cell = {"batch_size": row.batch_size, "seq_len": row.seq_len, "candidates": k}
            if oom_from is not None and row.seq_len + k >= oom_from:
                say(ev.CellFailed(t_s=t_s, **cell, verdict="oom", reason=reason))
            else:
                say(ev.CellFinished(t_s=t_s, **cell, stop_reason="target"))
                finished += 1
    say(ev.RunEnded(t_s=t_s, cells_finished=finished))
    return reduction.record()
