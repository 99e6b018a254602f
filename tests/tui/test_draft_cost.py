"""What drafting costs is in every number of the app, as it is in the run's own speedups."""

from __future__ import annotations

import numpy as np
import pytest
from run.streams import reduce_all
from run.test_drafts import Story, with_drafts

from specprof.analysis.acceptance import Chain
from specprof.analysis.opened import Run
from specprof.analysis.quantities import QUANTITIES
from specprof.analysis.schedule import schedule_of
from specprof.analysis.sensitivity import sensitivity
from specprof.session.player import Player
from specprof.session.timeline import Timeline
from specprof.tui.screens.replay import ReplayScreen
from specprof.tui.screens.results import ResultsScreen
from specprof.tui.sources import ReplaySource
from specprof.tui.state.computed import Computed
from specprof.tui.state.engine_settings import EngineSettings
from specprof.tui.widgets.curves_table import curves_now

from .seen import Seen, see

MODEL = Chain(alpha=0.8)
STORY = Story(seq_lens=(128, 512), candidates=(1, 2, 4, 8), rounds=20)
MEASURED = Run.of(reduce_all(with_drafts(STORY)).record())
RUNS = pytest.mark.parametrize("run", [MEASURED, MEASURED.with_draft("0.3")], ids=["measured", "said"])


@RUNS
def test_table_cells_and_decision_count_it(run: Run):
    computed, speedup = Computed(run), run.speedup(MODEL)
    assert not np.allclose(speedup.median, run.with_draft("0").speedup(MODEL).median)
    for row in computed.rows(MODEL, 1):
        place = 0, run.seq_lens.index(row.seq_len), run.candidates.index(row.candidates)
        assert row.speedup == tuple(part[place] for part in speedup)
    tokens = computed.arrays(QUANTITIES["tokens"], MODEL).median
    np.testing.assert_allclose(tokens / tokens[..., :1], speedup.median, rtol=0.02)
    decision = computed.decision(MODEL, (MODEL,))
    assert decision.formula.endswith(run.draft.formula)
    assert decision.schedule is not None
    assert decision.schedule.choices == schedule_of(run, MODEL).choices
    assert decision.compared == sensitivity(run, (MODEL,))


def test_what_is_pasted_into_an_engine_counts_it():
    costly = MEASURED.with_draft("0.3")
    said = [EngineSettings(run, MODEL, 1, 128).of("vllm").settings for run in (MEASURED, costly)]
    assert all(said)
    assert said[0] != said[1]


@RUNS
def test_findings_and_engines_say_that_they_count_it(run: Run):
    async def play(seen: Seen) -> None:
        await seen.press("7")
        await seen.wait_for(run.draft.formula, 10.0)
        await seen.press("e")
        assert run.draft.formula in seen.text

    see(lambda app: ResultsScreen(run), play)


@RUNS
def test_a_replay_s_curves_are_those_of_the_results(run: Run):
    player = Player(Timeline.of(run.record))
    player.to_end()
    screen = ReplayScreen(ReplaySource(run, player))

    async def play(seen: Seen) -> None:
        screen.tick()
        await seen.pilot.pause()
        assert screen._digest is not None
        found = curves_now(screen._digest.run(), MODEL, 1)
        assert found == curves_now(run, MODEL, 1)
        assert found.acceptance.endswith(run.draft.formula)

    see(lambda app: screen, play)
