"""What a draft pass takes, in words."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from specprof.plan.drafter import drafter_from
from specprof.plan.presets import PRESETS
from specprof.run import events as ev
from specprof.run.record import RunRecord
from specprof.run.reduce import Reduction
from specprof.views.drafts import draft_lines
from specprof.views.glyphs import ASCII, UNICODE, Glyphs
from specprof.views.terminal import Surface

from .measured_run import plan

DEEP = "a verify step needs as many as its candidates are deep"
PIPE = Surface(width=100, height=30, live=False, depth=None, glyphs=UNICODE, theme="dark")


def drafted(text: str = "eagle:5", layers: int = 32, **failed: Any) -> RunRecord:
    """Ten rounds at two lengths: K = 1 takes 40 ms, a draft pass 1.2 ms."""
    the_plan = plan((128, 512), layers=layers).model_copy(
        update={"drafter": drafter_from(text, lambda _: PRESETS["tiny"])}
    )
    reduction = Reduction()
    reduction.apply(
        ev.RunStarted(schema_version=1, run_id="r", created_at="", specprof_version="", plan=the_plan)
    )
    for number in range(10):
        place = {"batch_size": 1, "seq_len": 128, "round": number}
        reduction.apply(ev.SampleTaken(**place, candidates=1, measured_ms=40.0))
        reduction.apply(ev.DraftSampleTaken(**place, measured_ms=1.2 + 0.001 * number))
    if failed:
        reduction.apply(ev.DraftFailed(batch_size=1, seq_len=512, **failed))
    return reduction.record()


def shown(record: RunRecord, width: int = 100, glyphs: Glyphs = UNICODE) -> list[str]:
    return [line.plain for line in draft_lines(record, width, PIPE.palette(), glyphs)]


def test_a_row_says_its_pass_with_its_interval_and_its_share_of_a_step() -> None:
    interval = drafted().drafts[0].pass_ms
    assert interval is not None
    bounds = f"[{interval.ci_low:.3f}, {interval.ci_high:.3f}]"
    place = "draft pass, eagle:5, batch 1, seq_len 128"
    assert shown(drafted())[0] == f"{place}: {interval.median:.3f} ms {bounds}, 3.0 % of a verify step"


def test_a_row_without_one_says_why() -> None:
    assert "draft pass, eagle:5, batch 1, seq_len 512: not run, not reached" in shown(drafted())
    lost = shown(drafted(verdict="oom", reason="out of memory: tried 1 GiB"))
    assert "draft pass, eagle:5, batch 1, seq_len 512: oom, out of memory: tried 1 GiB" in lost


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("medusa:4", "one pass runs all 4 heads; a verify step needs one"),
        ("medusa:1", "one pass runs its head; a verify step needs one"),
        (
            "eagle:5",
            f"one pass drafts one depth, 10 tokens of each sequence; {DEEP}, 5 where that is not known",
        ),
        (
            "eagle:1",
            f"one pass drafts one depth, one token of each sequence; {DEEP}, 1 where that is not known",
        ),
        ("draft:3", f"one pass drafts one token of each sequence; {DEEP}, 3 where that is not known"),
    ],
)
def test_what_a_pass_is_and_how_many_are_needed_is_said_once(text: str, said: str) -> None:
    assert " ".join(shown(drafted(text))).count(said) == 1


def test_a_step_that_is_estimated_is_said_to_be() -> None:
    assert "the step compared with is K = 1 at full depth" in " ".join(shown(drafted()))
    assert "estimated" not in " ".join(shown(drafted()))
    assert "K = 1 at full depth, estimated" in " ".join(shown(drafted(layers=2)))


def test_a_verdict_comes_with_its_reasons() -> None:
    noisy = drafted()
    draft = noisy.drafts[0].model_copy(update={"verdict": "warn", "reasons": ["noisy: 20 %", "interrupted"]})
    lines = shown(noisy.model_copy(update={"drafts": [draft]}))
    assert lines[1] == "  warn: noisy: 20 %; interrupted"
    assert not any("warn" in line for line in shown(drafted()))


@pytest.mark.parametrize("width", [12, 40, 80])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_no_line_is_wider_than_the_terminal(width: int, glyphs: Glyphs) -> None:
    lines = shown(drafted(verdict="oom", reason="out of memory … \x1b[31m×"), width, glyphs)
    assert max(map(cell_len, lines)) <= width
    assert all(line.isprintable() for line in lines)
    assert glyphs is UNICODE or all(line.isascii() for line in lines)


def test_nothing_is_said_without_a_drafter() -> None:
    assert shown(drafted().model_copy(update={"drafts": []})) == []
