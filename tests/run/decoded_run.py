"""A run that decodes, made up of events: every time in it is known, and so is what must come out."""

from __future__ import annotations

from specprof.plan.decoding_drafts import DecodingDrafts
from specprof.plan.plan import Plan
from specprof.plan.presets import PRESETS
from specprof.plan.stopping import StoppingRule
from specprof.plan.validation import Setting, Validation
from specprof.run import events as ev
from specprof.run.decoding import Block, Parts
from specprof.run.record import SCHEMA_VERSION, RunRecord
from specprof.run.reduce import Reduction

CHAIN = Setting(name="chain:alpha=0.5", parents=(-1, 0, 1, 2), chances=(1.0, 0.5, 0.5, 0.5))
TREE = Setting(name="tree", parents=(-1, 0, 0, 1), chances=(1.0, 0.6, 0.2, 0.5))
ONE_MS, FOUR_MS = 10.0, 15.0
PLAIN_STEP_MS = 10.5
STEP_MS = 16.5
VERIFY_MS = 15.3
ACCEPTED = [5, 3, 1, 1]
"""Steps by accepted drafts: 18 tokens in 10 steps."""


PEER_STEP_MS = 12.0


def plan(
    *, batch_size: int = 1, verdict: str = "drawn", drafts: str = "none", peer: bool = False, depth: int = 0
) -> Plan:
    shape = PRESETS["tiny"]
    return Plan(
        model=shape.model_copy(update={"layers_total": shape.layers_measured}),
        dtype="float32",
        batch_sizes=(batch_size,),
        seq_lens=(64,),
        candidates=(1, 4),
        stopping=StoppingRule(target_ci=0.02),
        validation=Validation(
            tokens=18,
            verdict=verdict,
            drafts=DecodingDrafts(text=drafts, kind=drafts, depth=depth),
            settings=(CHAIN, TREE),
            peer=peer,
        ),
    )


def block(number: int, *, batch_size: int = 1, slower: float = 1.0, **more: object) -> Block:
    steps = 10
    return Block(
        **{
            "round": number,
            "steps": steps,
            "accepted": [count * batch_size for count in ACCEPTED],
            "total_ms": STEP_MS * slower * steps,
            "parts": Parts(
                draft=0.1 * steps, verify=VERIFY_MS * slower * steps, accept=0.5 * steps, keep=0.2 * steps
            ),
            **more,
        }
    )


def plain_block(number: int, *, batch_size: int = 1, slower: float = 1.0) -> Block:
    return Block(
        round=number,
        steps=18,
        accepted=[18 * batch_size],
        total_ms=PLAIN_STEP_MS * slower * 18,
        parts=Parts(verify=10.2 * slower * 18, accept=0.2 * 18),
    )


def peer_block(number: int, speculates: bool, *, slower: float = 1.0) -> Block:
    """15 steps, three of them of two tokens where it `speculates`, each as long as any other."""
    accepted = [12, 3] if speculates else [15]
    total_ms = PEER_STEP_MS * slower * 15
    return Block(round=number, steps=15, accepted=accepted, total_ms=total_ms, unequal=number % 2)


def events(
    the_plan: Plan | None = None, *, rounds: int = 10, drift: float = 0.1, **more: object
) -> list[ev.EventModel]:
    """`drift`: by how much everything is slower with each round, which paired times do not see."""
    the_plan = the_plan or plan()
    (row,) = the_plan.rows()
    said: list[ev.EventModel] = [
        ev.RunStarted(
            schema_version=SCHEMA_VERSION, run_id="decoded", created_at="2026-01-01T00:00:00Z",
            specprof_version="0.1.0", plan=the_plan,
        ),
        ev.ModelBuilt(t_s=0.5, build_s=0.1, weight_bytes=1, execution="eager"),
    ]  # fmt: skip
    place, t_s, batch = row._asdict(), 1.0, row.batch_size
    for number in range(rounds):
        slower = 1 + drift * number
        for candidates, ms in ((1, ONE_MS), (4, FOUR_MS)):
            t_s += 0.1
            said.append(
                ev.SampleTaken(**place, t_s=t_s, candidates=candidates, round=number, measured_ms=ms * slower)
            )
        t_s += 0.1
        plain = plain_block(number, batch_size=batch, slower=slower)
        said.append(ev.BlockDecoded(**place, t_s=t_s, setting=None, block=plain))
        for way in the_plan.validation.ways(batch):
            if way.by != "specprof":
                peers = peer_block(number, way.setting is not None, slower=slower)
                said.append(ev.BlockDecoded(**place, t_s=t_s, **way._asdict(), block=peers))
        for setting in (0, 1):
            t_s += 0.1
            # one draft at most beyond two is deeper than the tree is
            counts = more if setting == 0 else {**more, "accepted": [6 * batch, 3 * batch, batch]}
            one = block(number, batch_size=batch, slower=slower, **counts)
            said.append(ev.BlockDecoded(**place, t_s=t_s, setting=setting, block=one))
    said += [
        ev.CellFinished(**cell._asdict(), t_s=t_s + 0.1, stop_reason="target") for cell in the_plan.cells()
    ]
    return [*said, ev.RunEnded(t_s=t_s + 0.2, cells_finished=len(the_plan.cells()))]


def record(the_plan: Plan | None = None, **more: object) -> RunRecord:
    reduction = Reduction()
    for event in events(the_plan, **more):
        reduction.apply(event)
    return reduction.record()
