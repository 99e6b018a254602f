"""From options to a plan, and what of a plan other options would change. Rows are FAULTS.md's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specprof.errors import EnvironmentProblem, UsageProblem
from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble
from specprof.plan.differences import differences
from specprof.plan.plan import Plan
from specprof.plan.presets import PRESETS

from .refused import usage

TINY = Asked(model="tiny", layers="2", seq_len="16,32", candidates="1,4,8")


# Defaults


def test_on_a_gpu_the_published_grid_is_measured_at_full_depth():
    plan, notes = assemble(Asked(), "cuda")
    assert plan.model == PRESETS["llama-7b"]
    assert plan.model.full_depth
    assert (plan.dtype, plan.execution, plan.attention, plan.workload) == (
        "bfloat16",
        "auto",
        "sdpa",
        "full",
    )
    assert plan.batch_sizes == (4,)
    assert plan.seq_lens == (128, 256, 512, 1024, 2048, 4096, 8192)
    assert plan.candidates == (1, 16, 32, 48, 64, 80, 96, 112)
    assert (plan.stopping.target_ci, plan.stopping.budget_s, plan.stopping.drop_rows) == (0.01, None, False)
    assert plan.device == "cuda"
    assert notes == ()


def test_without_a_gpu_two_layers_are_measured_in_80_seconds_and_rows_may_be_dropped():
    plan, notes = assemble(Asked(), "cpu")
    assert plan.model == PRESETS["llama-7b"].model_copy(update={"layers_measured": 2})
    assert (plan.dtype, plan.execution) == ("float32", "eager")
    assert (plan.batch_sizes, plan.seq_lens) == ((1,), (128, 512, 2048))
    assert plan.candidates == (1, 16, 32, 48, 64, 80, 96, 112)
    assert (plan.stopping.target_ci, plan.stopping.budget_s, plan.stopping.drop_rows) == (0.05, 80.0, True)
    assert plan.seed == 0
    assert notes == ()


def test_what_was_asked_for_goes_before_every_default():
    asked = Asked(
        model="llama-3-8b",
        batch_size="2,8",
        seq_len="64:256:64",
        candidates="1,2",
        layers="3",
        dtype="float16",
        attention="split",
        execution="eager",
        workload="full",
        target_ci_pct=2.5,
        budget_s=7,
        seed=9,
    )
    plan = assemble(asked, "cuda:1").plan
    assert (plan.model.name, plan.model.layers_measured, plan.model.layers_total) == ("llama-3-8b", 3, 32)
    assert (plan.batch_sizes, plan.seq_lens, plan.candidates) == ((2, 8), (64, 128, 192, 256), (1, 2))
    assert (plan.dtype, plan.attention, plan.execution) == ("float16", "split", "eager")
    assert (plan.stopping.target_ci, plan.stopping.budget_s, plan.seed) == (0.025, 7, 9)
    assert plan.device == "cuda:1"


@pytest.mark.parametrize("asked", [Asked(seq_len="128,256"), Asked(batch_size="1")])
def test_rows_that_were_asked_for_are_never_dropped(asked):
    assert not assemble(asked, "cpu").plan.stopping.drop_rows


@pytest.mark.parametrize(("device", "kept"), [("cpu", (128, 512)), ("cuda", (128, 256, 512))])
def test_default_lengths_beyond_a_checkpoints_positions_are_left_out_and_that_is_said(
    checkpoint, device, kept
):
    checkpoint.config(max_position_embeddings=1024)
    plan, notes = assemble(Asked(model=str(checkpoint.folder)), device)
    # 1024 + 112 candidates would go beyond
    assert plan.seq_lens == kept
    assert any("left out, Tiny-Llama has 1024 positions" in note for note in notes)


def test_a_checkpoint_with_positions_for_every_default_keeps_them_and_says_nothing(checkpoint):
    checkpoint.config(max_position_embeddings=2048 + 112)
    assert assemble(Asked(model=str(checkpoint.folder)), "cpu").plan.seq_lens == (128, 512, 2048)
    assert assemble(Asked(model=str(checkpoint.folder)), "cpu").notes == ()


def test_a_checkpoint_with_positions_for_no_default_is_refused(checkpoint):
    checkpoint.config(max_position_embeddings=64)
    assert "beyond the 64 positions" in usage(Asked(model=str(checkpoint.folder)))


# Row 48: what was changed is said


def test_candidates_are_sorted_and_measured_once_and_that_is_said_row_48():
    plan, notes = assemble(Asked(model="tiny", candidates="8,1,4,8"), "cpu")
    assert plan.candidates == (1, 4, 8)
    assert notes == (
        "--candidates: repeated values are measured once",
        "--candidates: put in ascending order",
    )


def test_one_candidate_is_added_where_it_is_missing_and_that_is_said():
    plan, notes = assemble(Asked(model="tiny", candidates="16,8"), "cpu")
    assert plan.candidates == (1, 8, 16)
    assert notes == (
        "--candidates: put in ascending order",
        "candidates: 1 added, every ratio is taken against it",
    )


def test_each_list_has_its_own_notes_row_48():
    _, notes = assemble(Asked(model="tiny", batch_size="2,1", seq_len="8,8"), "cpu")
    assert notes == ("--batch-size: put in ascending order", "--seq-len: repeated values are measured once")


# Layers


@pytest.mark.parametrize(("layers", "measured"), [("1", 1), ("3", 3), ("4", 4), ("all", 4)])
def test_layers_are_a_number_up_to_all(layers, measured):
    shape = assemble(Asked(model="tiny", layers=layers), "cpu").plan.model
    assert (shape.layers_measured, shape.layers_total) == (measured, 4)
    assert shape.full_depth == (measured == 4)


def test_a_model_shallower_than_the_default_slice_is_measured_whole(checkpoint):
    checkpoint.config(num_hidden_layers=1)
    shape = assemble(Asked(model=str(checkpoint.folder)), "cpu").plan.model
    assert (shape.layers_measured, shape.layers_total) == (1, 1)


@pytest.mark.parametrize("layers", ["0", "-1", "1.5", "", "none", "2,3", "1:3", str(1 << 63)])
def test_any_other_number_of_layers_is_refused_row_49(layers):
    assert "--layers" in usage(Asked(model="tiny", layers=layers))


def test_more_layers_than_the_model_has_are_refused_with_both_numbers():
    said = usage(Asked(model="tiny", layers="5"))
    assert "--layers 5 is more than the 4 of tiny" in said


# The other rows of the command line


@pytest.mark.parametrize("option", ["batch_size", "seq_len", "candidates"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", str(1 << 63), "", "1,,2", "x"])
def test_a_count_that_is_none_is_refused_by_its_options_name_row_49(option, value):
    assert "--" + option.replace("_", "-") in usage(replace(Asked(model="tiny"), **{option: value}))


def test_positions_beyond_a_checkpoints_are_refused_row_50(checkpoint):
    folder = str(checkpoint.folder)
    assemble(Asked(model=folder, seq_len="248", candidates="1,8"), "cpu")
    said = usage(Asked(model=folder, seq_len="249", candidates="1,8"))
    assert "beyond the 256 positions of Tiny-Llama" in said


def test_more_than_ten_thousand_cells_are_refused_row_51():
    said = usage(Asked(model="tiny", batch_size="1:10", seq_len="1:100", candidates="1:11"))
    assert "11000 cells are more than 10000" in said


@pytest.mark.parametrize("target", [0.0, -1.0, 100.0, float("nan"), float("inf")])
def test_a_target_that_is_no_percentage_is_refused(target):
    assert "--target-ci" in usage(Asked(target_ci_pct=target))


@pytest.mark.parametrize("budget", [0.0, -5.0, 1e7, float("nan"), float("inf")])
def test_a_budget_that_is_no_time_is_refused(budget):
    assert "--budget" in usage(Asked(budget_s=budget))


@pytest.mark.parametrize("name", ["gpt-2", "", "meta-llama/Llama-2-7b-hf"])
def test_an_unknown_model_is_an_environment_problem_and_nothing_is_downloaded_row_52(
    name, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EnvironmentProblem) as caught:
        assemble(Asked(model=name), "cpu")
    assert caught.value.exit_code == 3
    assert name in str(caught.value)
    assert "nothing is downloaded" in str(caught.value)


def test_a_checkpoint_is_found_below_home(checkpoint, monkeypatch):
    monkeypatch.setenv("HOME", str(checkpoint.folder.parent))
    assert assemble(Asked(model="~/Tiny-Llama"), "cpu").plan.model.name == "Tiny-Llama"


def test_a_checkpoint_is_found_in_the_folder_one_is_in(checkpoint, monkeypatch):
    monkeypatch.chdir(checkpoint.folder.parent)
    shape = assemble(Asked(model="Tiny-Llama"), "cpu").plan.model
    assert shape.checkpoint == str(checkpoint.folder)


# What other options would change (row 47)


@pytest.fixture
def recorded() -> Plan:
    return assemble(TINY, "cpu").plan


def test_a_run_gone_on_with_without_options_differs_in_nothing(recorded):
    assert differences(recorded, Asked()) == []


def test_the_options_a_run_was_begun_with_differ_in_nothing(recorded):
    assert differences(recorded, TINY) == []


@pytest.mark.parametrize(
    "asked",
    [
        Asked(candidates="8,4,1,4"),
        Asked(candidates="4,8"),
        Asked(layers="2"),
        Asked(target_ci_pct=5),
        Asked(seed=0),
        Asked(device="cpu"),
        Asked(seq_len="16:32:16"),
        Asked(model="tiny"),
        Asked(budget_s=80),
    ],
    ids=lambda asked: str(asked.given()),
)
def test_the_same_said_otherwise_differs_in_nothing(recorded, asked):
    assert differences(recorded, asked) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Asked(seed=1), "--seed 1, the run has 0"),
        (Asked(batch_size="2"), "--batch-size 2, the run has 1"),
        (Asked(seq_len="16"), "--seq-len 16, the run has 16,32"),
        (Asked(candidates="1,4"), "--candidates 1,4, the run has 1,4,8"),
        (Asked(layers="all"), "--layers all, the run has 2"),
        (Asked(layers="3"), "--layers 3, the run has 2"),
        (Asked(dtype="bfloat16"), "--dtype bfloat16, the run has float32"),
        (Asked(device="cuda"), "--device cuda, the run has cpu"),
        (Asked(attention="split"), "--attention split, the run has sdpa"),
        (Asked(workload="paper-block"), "--workload paper-block, the run has full"),
        (Asked(target_ci_pct=7), "--target-ci 7, the run has 5"),
        (Asked(budget_s=81), "--budget 81, the run has 80"),
        (Asked(model="llama-7b"), "--model llama-7b, the run has tiny of 4 layers, hidden 64"),
    ],
)
def test_every_option_that_would_change_the_plan_is_named_with_what_the_run_has_row_47(recorded, asked, said):
    assert differences(recorded, asked) == [said]


def test_all_differences_are_named_row_47(recorded):
    found = differences(recorded, Asked(seed=1, seq_len="16", candidates="1,4,8"))
    assert len(found) == 2


def test_all_layers_of_the_runs_own_model_are_meant(recorded):
    whole = recorded.model_copy(update={"model": PRESETS["tiny"]})
    assert differences(whole, Asked(layers="all")) == []
    assert differences(whole, Asked(layers="4")) == []
    with pytest.raises(UsageProblem, match="more than the 4 of tiny"):
        differences(whole, Asked(layers="5"))


def test_another_folder_of_the_same_name_is_another_model(checkpoint, tmp_path):
    recorded = assemble(Asked(model=str(checkpoint.folder)), "cpu").plan
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    checkpoint.folder.rename(elsewhere / "Tiny-Llama")
    (found,) = differences(recorded, Asked(model=str(elsewhere / "Tiny-Llama")))
    assert str(checkpoint.folder) in found


def test_a_folder_whose_config_has_changed_is_another_model(checkpoint):
    recorded = assemble(Asked(model=str(checkpoint.folder)), "cpu").plan
    assert differences(recorded, Asked(model=str(checkpoint.folder))) == []
    checkpoint.config(hidden_size=32)
    (found,) = differences(recorded, Asked(model=str(checkpoint.folder)))
    assert "hidden 16" in found
