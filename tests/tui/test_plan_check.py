"""The plan's fields are checked as the command line checks its options, and said field by field."""

from __future__ import annotations

import pytest

from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble
from specprof.telemetry.cuda_order import cuda_order
from specprof.telemetry.probe import ProbedDevice
from specprof.tui.state.plan_check import check, device_fault, reads_files
from specprof.tui.state.plan_fields import (
    BATCH,
    BUDGET,
    CANDIDATES,
    FIELDS,
    LAYERS,
    UNKNOWN,
    default_text,
    texts_of,
)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("candidates", "0", "out of range"),
        ("candidates", "1.5", "wants whole numbers"),
        ("candidates", "9223372036854775808", "out of range"),
        ("candidates", "16:1", "runs backwards"),
        ("batch_size", "-1", "wants whole numbers"),
        ("seq_len", "1:1000000:1", "holds 1000000 values"),
        ("layers", "33", "more than the 32"),
        ("layers", "1,2", "wants one number"),
        ("model", "llama-9000b", "neither a preset"),
        ("seed", "1.5", "whole number"),
        ("target_ci_pct", "0", "out of range"),
        ("budget_s", "-5", "out of range"),
        ("execution", "graph", "needs a CUDA device"),
    ],
)
def test_a_fault_is_said_at_its_field_and_at_no_other(field: str, text: str, said: str) -> None:
    found = check({field: text}, "cpu")
    assert found.plan is None
    assert list(found.faults) == [field]
    assert said in str(found.faults[field])


def test_too_many_cells_are_the_fault_of_the_field_edited_last() -> None:
    texts = {"seq_len": "1:1000:1", "candidates": "1:50:1"}
    for last in texts:
        assert list(check(texts, "cpu", last).faults) == [last]


def test_sound_fields_give_the_plan_of_the_command_line() -> None:
    texts = {"candidates": "1,4,8", "seq_len": "64", "layers": "3", "target_ci_pct": "2.5", "seed": "7"}
    asked = Asked(candidates="1,4,8", seq_len="64", layers="3", target_ci_pct=2.5, seed=7)
    found = check(texts, "cpu")
    assert found.asked == asked
    assert found.plan == assemble(asked, "cpu").plan


def test_every_field_at_fault_is_named_not_only_the_first() -> None:
    texts = {"candidates": "0", "layers": "99", "seed": "x", "budget_s": "0", "model": "tiny"}
    assert set(check(texts, "cpu").faults) == {"candidates", "layers", "seed", "budget_s"}
    assert str(check(texts, "cpu").faults["layers"]) == "99 is more than the 4 of tiny: use 'all' or fewer"


def test_layers_are_counted_against_the_model_that_is_asked_for() -> None:
    assert check({"layers": "40", "model": "llama-13b"}, "cpu").plan is not None
    assert set(check({"layers": "40"}, "cpu").faults) == {"layers"}


def test_a_field_of_spaces_is_empty_and_spaces_around_a_value_are_nothing() -> None:
    found = check({"seq_len": "  ", "candidates": " 1,4 "}, "cpu")
    assert found.asked == Asked(candidates="1,4")


def test_while_the_device_is_not_known_what_depends_on_it_is_no_fault() -> None:
    assert check({"execution": "graph"}, None).faults == {}
    assert set(check({"candidates": "0"}, None).faults) == {"candidates"}


def test_what_was_changed_to_make_it_sound_is_said() -> None:
    notes = check({"candidates": "16,16,8"}, "cpu").notes
    assert [note.split(": ")[1] for note in notes] == [
        "repeated values are measured once",
        "put in ascending order",
        "1 added, every ratio is taken against it",
    ]


def test_a_model_s_folder_is_read_and_its_fault_is_the_model_s(tmp_path) -> None:
    texts = {"model": str(tmp_path / "nowhere"), "layers": "2"}
    assert reads_files(texts)
    assert list(check(texts, "cpu").faults) == ["model"]
    assert not reads_files({"model": "llama-7b"})


def test_a_device_beyond_those_that_cuda_shows_is_a_fault() -> None:
    order = cuda_order([ProbedDevice(0, "GPU-a", "A")], {})
    assert device_fault(check({"device": "cuda:0"}, "cpu"), order).faults == {}
    spoilt = device_fault(check({"device": "cuda:1"}, "cpu"), order)
    assert spoilt.plan is None
    assert str(spoilt.faults["device"]) == "there is no cuda:1 here: CUDA shows 1 GPU, from cuda:0"


@pytest.mark.parametrize(
    "asked",
    [
        Asked(),
        Asked("tiny", "1,4", "64", "1,8", "all", "float16", "cpu", "eager", "eager", "full", 2.5, 1e6, 7),
        Asked(budget_s=0.1, target_ci_pct=33.3333),
    ],
)
def test_what_was_asked_comes_back_from_the_fields_as_it_was(asked: Asked) -> None:
    assert check(texts_of(asked), "cpu").asked == asked


def test_defaults_are_those_of_the_device_and_unknown_until_it_is_known() -> None:
    shown = {device: default_text(BATCH, device) for device in ("cpu", "cuda", "cuda:3", None)}
    assert shown == {"cpu": "1", "cuda": "4", "cuda:3": "4", None: UNKNOWN}
    assert default_text(CANDIDATES, None) == "1,16,32,48,64,80,96,112"
    assert (default_text(LAYERS, "cpu"), default_text(LAYERS, "cuda")) == ("2", "all")
    assert (default_text(BUDGET, "cpu"), default_text(BUDGET, "cuda")) == ("80", "none")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_default_shown_is_the_one_that_is_run(device: str) -> None:
    texts = {field.name: default_text(field, device) for field in FIELDS}
    if device == "cuda":
        texts["budget_s"] = ""  # none is what it says, and cannot be asked for
    spelled, plain = check(texts, device).plan, check({}, device).plan
    assert spelled.model_copy(update={"stopping": plain.stopping}) == plain
    assert (spelled.stopping.target_ci, spelled.stopping.budget_s) == (
        plain.stopping.target_ci,
        plain.stopping.budget_s,
    )
