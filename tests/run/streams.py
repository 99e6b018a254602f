"""Made-up streams of events in the shapes that real runs have. For tests only: nothing here was measured."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from specprof.plan.model import ModelShape
from specprof.plan.modes import Attention
from specprof.plan.plan import Cell, Plan, Row
from specprof.plan.presets import PRESETS
from specprof.plan.stopping import StoppingRule
from specprof.run import events as ev
from specprof.run.breakdown import Breakdown, Kernel
from specprof.run.environment import Device, Environment
from specprof.run.record import SCHEMA_VERSION, RunRecord
from specprof.run.reduce import Reduction
from specprof.run.telemetry import TelemetrySample, TelemetrySource

GPU_UUID = "GPU-00000000-1111-2222-3333-444444444444"


@dataclass(frozen=True)
class Story:
    """What happens in a made-up run. A moment is (index of the row, round within it)."""

    seed: int = 0
    batch_sizes: tuple[int, ...] = (1,)
    seq_lens: tuple[int, ...] = (128, 512)
    candidates: tuple[int, ...] = (1, 16, 64)
    rounds: int = 12
    on_gpu: bool = False
    sliced: bool = False
    masked_baseline: bool = False
    attention_beside: Attention | None = None
    profiled: bool = True
    telemetry: bool = True
    drop_after_first_round: tuple[Row, ...] = ()
    drop_last_row_half_way: bool = False
    oom: tuple[Cell, ...] = ()
    predicted_not_to_fit: tuple[Cell, ...] = ()
    child_killed_at: Cell | None = None
    cancelled_at: tuple[int, int] | None = None
    says_interrupted: bool = False
    resumed_at: tuple[int, int] | None = None
    fatal_at: tuple[int, int] | None = None

    def model(self) -> ModelShape:
        shape = PRESETS["llama-7b"]
        return shape.model_copy(update={"layers_measured": 2}) if self.sliced else shape

    def plan(self) -> Plan:
        return Plan(
            model=self.model(),
            dtype="bfloat16" if self.on_gpu else "float32",
            device="cuda" if self.on_gpu else "cpu",
            attention_beside=self.attention_beside,
            breakdown=self.profiled,
            batch_sizes=self.batch_sizes,
            seq_lens=self.seq_lens,
            candidates=self.candidates,
            stopping=StoppingRule(target_ci=0.05),
            seed=self.seed,
        )


class _Ended(Exception):
    """The story's run does not go on."""


class _Teller:
    """Tells one story. Time passes with every sample; the clock reads microseconds, as the child's does."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.plan = story.plan()
        self.random = random.Random(story.seed)
        self.now_s = 0.0
        self.over: set[Cell] = set()
        self.extra_rounds = 0

    def stamp(self) -> float:
        return round(self.now_s, 6)

    def tell(self) -> Iterator[ev.EventModel]:
        yield ev.RunStarted(
            schema_version=SCHEMA_VERSION,
            run_id=f"made-up-{self.story.seed}",
            created_at="2025-01-02T03:04:05Z",
            specprof_version="0.1.0",
            plan=self.plan,
        )
        yield from self.opening()
        yield from self.predictions()
        try:
            for index, row in enumerate(self.plan.rows()):
                yield from self.row(index, row)
        except _Ended:
            return
        yield ev.RunEnded(t_s=self.stamp(), cells_finished=len(self.over))

    def opening(self) -> Iterator[ev.EventModel]:
        """What every process of a run says first."""
        gpu = self.story.on_gpu
        if self.story.telemetry:
            yield ev.TelemetryOpened(
                t_s=self.stamp(),
                telemetry=TelemetrySource(source="host", available=True, missing={"power_w": "not read"}),
            )
            if gpu:
                source = TelemetrySource(source="nvml", available=True, device_uuid=GPU_UUID)
                yield ev.TelemetryOpened(t_s=self.stamp(), telemetry=source)
        self.now_s += 3.5
        device = Device(kind="cpu", name="Made-up CPU", cores=2, threads=2)
        if gpu:
            device = Device(kind="cuda", name="Made-up GPU", uuid=GPU_UUID, memory_bytes=80 << 30)
        yield ev.EnvironmentRead(
            t_s=self.stamp(),
            environment=Environment(
                host="made-up", os="Linux", python="3.11", torch="2.6", transformers="5.3", device=device
            ),
        )
        self.now_s += 1.25
        yield ev.ModelBuilt(t_s=self.stamp(), build_s=1.25, weight_bytes=10**9, execution="eager")
        yield ev.Notice(t_s=self.stamp(), level="info", text="weights are random")

    def predictions(self) -> Iterator[ev.EventModel]:
        for cell in self.story.predicted_not_to_fit:
            self.over.add(cell)
            yield ev.CellFailed(
                t_s=self.stamp(), **cell._asdict(), verdict="not_run", reason="needs 99.0 GiB, 80.0 GiB free"
            )

    def row(self, index: int, row: Row) -> Iterator[ev.EventModel]:
        story = self.story
        if all(Cell(*row, k) in self.over for k in self.plan.candidates):
            return
        last_row = index == len(self.plan.rows()) - 1
        yield from self.warm_up(row)
        for number in range(story.rounds):
            moment = (index, number)
            if moment == story.resumed_at:
                yield from self.resume(row)
            yield from self.round(row, number, moment)
            if moment == (0, 0) and story.drop_after_first_round:
                yield from self.drop(list(story.drop_after_first_round))
            if last_row and story.drop_last_row_half_way and number == story.rounds // 2:
                yield from self.drop([row])
                return
        for k in self.plan.candidates:
            yield from self.finish(Cell(*row, k), "target")

    def warm_up(self, row: Row) -> Iterator[ev.EventModel]:
        yield ev.RowStarted(t_s=self.stamp(), **row._asdict())
        for k in self.plan.candidates:
            cell = Cell(*row, k)
            if cell in self.over:
                continue
            if cell in self.story.oom:
                self.over.add(cell)
                yield ev.CellFailed(
                    t_s=self.stamp(), **cell._asdict(), verdict="oom", reason="out of memory: tried 2.0 GiB"
                )
                continue
            discarded = [self.sample_ms(cell) * 1.5 for _ in range(3)]
            yield ev.WarmedUp(t_s=self.stamp(), **cell._asdict(), discarded_ms=discarded, settled=True)

    def round(self, row: Row, number: int, moment: tuple[int, int]) -> Iterator[ev.EventModel]:
        """One round: every live K once in random order, and K = 1 masked where the story asks for it."""
        order = [k for k in self.plan.candidates if Cell(*row, k) not in self.over]
        self.random.shuffle(order)
        number += self.extra_rounds
        yield ev.RoundStarted(t_s=self.stamp(), **row._asdict(), round=number, order=order)
        for place, k in enumerate(order):
            cell = Cell(*row, k)
            if place == len(order) // 2:
                yield from self.endings(moment, cell)
            if cell == self.story.child_killed_at and moment[1] == self.story.rounds // 2:
                yield from self.kill_child(cell)
                continue
            yield self.sample(cell, number, masked=False)
            if self.plan.attention_beside:
                yield self.sample(cell, number, masked=False, attention=self.plan.attention_beside)
            if k == 1 and self.story.masked_baseline:
                yield self.sample(cell, number, masked=True)
        if self.story.telemetry:
            yield from self.readings()

    def endings(self, moment: tuple[int, int], cell: Cell) -> Iterator[ev.EventModel]:
        """The run's early end, in the middle of a round."""
        if moment == self.story.cancelled_at:
            if self.story.says_interrupted:
                yield from self.finish(cell, "interrupted")
            yield ev.Cancelled(t_s=self.stamp(), reason="SIGINT")
            raise _Ended
        if moment == self.story.fatal_at:
            yield ev.Fatal(t_s=self.stamp(), exit_code=3, what="the GPU is lost", remedy="reboot")
            raise _Ended

    def kill_child(self, cell: Cell) -> Iterator[ev.EventModel]:
        self.over.add(cell)
        self.now_s += 2
        yield ev.CellFailed(
            t_s=self.stamp(), **cell._asdict(), verdict="failed", reason="the measuring child died (signal 9)"
        )
        yield ev.ChildLost(t_s=self.stamp(), reason="signal 9", restarted=True)
        yield from self.opening()

    def resume(self, row: Row) -> Iterator[ev.EventModel]:
        """A second process goes on; the rounds that the first one may have begun are left out."""
        yield ev.Cancelled(t_s=self.stamp(), reason="SIGTERM")
        yield ev.Resumed(t_s=self.stamp())
        yield from self.opening()
        self.extra_rounds = 3
        yield from self.warm_up(row)

    def drop(self, rows: list[Row]) -> Iterator[ev.EventModel]:
        self.over |= {Cell(*row, k) for row in rows for k in self.plan.candidates}
        yield ev.RowsDropped(t_s=self.stamp(), rows=rows, reason="dropped to keep to the 80 s budget")

    def finish(self, cell: Cell, reason: ev.StopReason) -> Iterator[ev.EventModel]:
        if cell not in self.over:
            if reason != "interrupted":
                self.over.add(cell)
            if self.story.profiled:
                yield ev.CellProfiled(t_s=self.stamp(), **cell._asdict(), breakdown=made_up_breakdown(cell))
            yield ev.CellFinished(
                t_s=self.stamp(),
                **cell._asdict(),
                stop_reason=reason,
                memory_bytes=10**9,
                predicted_bytes=11 * 10**8,
            )

    def readings(self) -> Iterator[ev.EventModel]:
        """Host and GPU are read by two processes: the GPU's reading is a little older than its turn."""
        host = TelemetrySample(t_s=self.stamp(), source="host", utilization_pct=97.0, other_cpu_pct=1.5)
        yield ev.TelemetryTaken(t_s=self.stamp(), sample=host)
        if self.story.on_gpu:
            gpu = TelemetrySample(
                t_s=round(self.now_s - 0.01, 6), source="nvml", power_w=300.0, throttle_reasons=[]
            )
            yield ev.TelemetryTaken(t_s=self.stamp(), sample=gpu)

    def sample_ms(self, cell: Cell, *, masked: bool = False) -> float:
        """A base that grows with K and S, with noise and now and then a far outlier."""
        base = 20.0 + cell.seq_len / 256 + 0.2 * cell.candidates + 2.0 * masked
        outlier = 3.0 if self.random.random() < 0.03 else 1.0
        return base * self.random.lognormvariate(0, 0.01) * outlier

    def sample(
        self, cell: Cell, number: int, *, masked: bool, attention: Attention | None = None
    ) -> ev.SampleTaken:
        measured_ms = self.sample_ms(cell, masked=masked or attention is not None)
        self.now_s += measured_ms / 1e3 + 0.001
        head_ms = 4.0 * self.random.lognormvariate(0, 0.01) if self.story.sliced and not masked else None
        return ev.SampleTaken(
            t_s=self.stamp(),
            **cell._asdict(),
            round=number,
            measured_ms=measured_ms,
            head_ms=head_ms,
            masked=masked,
            attention=attention,
        )


def made_up_breakdown(cell: Cell) -> Breakdown:
    """Attention grows with K·S, and from 64 candidates on another kernel computes it."""
    attention_ms = cell.candidates * cell.seq_len / 1e4
    name = "attention_64" if cell.candidates < 64 else "attention_128"
    return Breakdown(
        linear_ms=12.0,
        attention_ms=attention_ms,
        elementwise_ms=3.0,
        head_ms=1.0,
        gaps_ms=0.5,
        total_ms=16.5 + attention_ms,
        kernels=[
            Kernel(name="gemm", part="linear", ms=12.0, calls=224),
            Kernel(name=name, part="attention", ms=attention_ms, calls=32),
        ],
    )


def build_stream(story: Story | None = None) -> list[ev.EventModel]:
    """The events of a story. The same story always gives the same events."""
    return list(_Teller(story or Story()).tell())


def reduce_all(events: list[ev.EventModel]) -> Reduction:
    reduction = Reduction()
    for event in events:
        reduction.apply(event)
    return reduction


def build_record(story: Story | None = None) -> RunRecord:
    return reduce_all(build_stream(story)).record()


def journal_bytes(events: list[ev.EventModel]) -> bytes:
    """The journal that holds the events."""
    return "".join(ev.line_of(event) + "\n" for event in events).encode("ascii")


STORIES: dict[str, Story] = {
    "complete": Story(),
    "complete on a GPU": Story(on_gpu=True),
    "K = 1 measured with a mask too": Story(masked_baseline=True),
    "two attentions": Story(attention_beside="eager", profiled=False),
    "two attentions, sliced": Story(attention_beside="split", sliced=True, masked_baseline=True),
    "sliced": Story(sliced=True, masked_baseline=True),
    "without telemetry": Story(telemetry=False),
    "cancelled": Story(cancelled_at=(1, 4)),
    "cancelled in the first round": Story(cancelled_at=(0, 0)),
    "cancelled, its cell said to be interrupted": Story(cancelled_at=(1, 4), says_interrupted=True),
    "a row dropped": Story(drop_after_first_round=(Row(1, 512),)),
    "a row dropped while it was measured": Story(drop_last_row_half_way=True),
    "out of memory": Story(oom=(Cell(1, 512, 64),)),
    "predicted not to fit": Story(on_gpu=True, predicted_not_to_fit=(Cell(1, 512, 64), Cell(1, 512, 16))),
    "child killed": Story(child_killed_at=Cell(1, 128, 16)),
    "child killed at K = 1": Story(child_killed_at=Cell(1, 128, 1)),
    "resumed": Story(resumed_at=(0, 5), on_gpu=True, masked_baseline=True),
    "resumed and cancelled": Story(resumed_at=(0, 5), cancelled_at=(1, 2), sliced=True),
    "the GPU lost": Story(on_gpu=True, fatal_at=(1, 3)),
}
