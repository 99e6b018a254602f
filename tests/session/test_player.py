"""Playing a saved run: wherever the playhead is, the run stands as it stood then."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run.streams import Story, build_record

from specprof.analysis.opened import load
from specprof.run.samples import sample_names
from specprof.session.player import SPEEDS, Player
from specprof.session.timeline import Timeline

TIMELINE = Timeline.of(build_record(Story(seq_lens=(128, 512), candidates=(1, 16, 64), rounds=8)))
DURATION_S = TIMELINE.duration_s


def straight_to(t_s: float) -> Player:
    player = Player(TIMELINE)
    player.play()
    player.advance(t_s)
    return player


@pytest.mark.parametrize("name", sample_names())
def test_played_to_its_end_a_sample_is_what_was_loaded(name: str):
    run = load(name)
    player = Player(Timeline.of(run.record))
    player.to_end()
    assert player.ended
    if not run.published:
        assert player.reduction.record() == run.record


def test_it_plays_as_much_as_has_passed_times_its_speed():
    player = Player(TIMELINE)
    assert not player.advance(1.0)  # it does not play yet
    player.play()
    player.speed = 2.0
    assert player.advance(0.25)
    assert player.t_s == 0.5
    player.pause()
    assert not player.advance(10.0)
    assert player.left_s == pytest.approx(DURATION_S - 0.5)


def test_at_infinite_speed_it_is_at_its_end_at_once():
    player = Player(TIMELINE)
    player.speed = math.inf
    player.play()
    player.advance(0.001)
    assert player.ended
    assert not player.playing


def test_play_at_the_end_begins_anew():
    player = Player(TIMELINE)
    player.to_end()
    before = player.generation
    player.toggle()
    assert player.playing
    assert player.t_s == 0.0
    assert player.generation == before + 1


def test_speeds_go_up_and_down_a_ladder_with_ends():
    player = Player(TIMELINE)
    for _ in SPEEDS:
        player.faster()
    assert player.speed == math.inf
    for _ in SPEEDS:
        player.slower()
    assert player.speed == 0.25
    player.speed = 7.0  # as --speed gave it
    player.faster()
    assert player.speed == 10.0


def test_steps_go_from_one_end_of_cells_to_the_next_and_back():
    player = Player(TIMELINE)
    ends = sorted({mark.t_s for mark in TIMELINE.marks})
    player.play()
    player.step(1)
    assert (player.t_s, player.playing) == (ends[0], False)
    assert player.reduction.finished_cells()
    player.step(1)
    assert player.t_s == ends[1]
    player.step(-1)
    assert player.t_s == ends[0]
    player.step(-1)
    player.step(-1)
    assert player.t_s == 0.0
    player.step(100)
    assert player.ended


def test_it_knows_the_row_and_the_round_it_is_in():
    player = straight_to(DURATION_S * 0.97)
    assert player.position.row is not None
    assert player.position.row.seq_len == 512
    cell = player.position.cell
    assert player.position.round == player.reduction.cells[cell].plain.rounds[-1]


moves = st.one_of(
    st.tuples(st.just("advance"), st.floats(0, 3)),
    st.tuples(st.just("seek"), st.floats(-1, DURATION_S + 1)),
    st.tuples(st.just("step"), st.integers(-2, 2)),
    st.tuples(st.just("restart"), st.none()),
    st.tuples(st.just("to_end"), st.none()),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(moves, max_size=8))
def test_however_it_got_there_the_run_stands_as_it_stood(way):
    player = Player(TIMELINE)
    for name, value in way:
        player.play() if name == "advance" else None
        getattr(player, name)(*(() if value is None else (value,)))
    assert 0.0 <= player.t_s <= DURATION_S
    straight = Player(TIMELINE)
    straight.seek(player.t_s)
    assert player.reduction.record() == straight.reduction.record()
    assert player.position.cell == straight.position.cell
    assert player.position.round == straight.position.round
