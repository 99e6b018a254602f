"""Plans that cannot be: refused before any device is touched, or set right and said so."""

from __future__ import annotations

import pytest
from cli.command import SMALL, Command, Done
from session.stage import Stage

from specprof.run.reading import load_record

RUN = ("run", "--model", "tiny")


def usage_refused(done: Done) -> str:
    """What typer itself refuses comes with a line on how the command is used."""
    assert (done.code, done.out) == (2, b"")
    assert "Traceback" not in done.said
    return done.said


def test_row_48_what_was_changed_of_the_lists_is_said_and_kept(faked: Command):
    done = faked("run", *SMALL, "--device", "cpu", "--candidates", "8,4,4", "--output", "run.json")
    record = load_record(faked.home / "run.json").record
    for words in ("repeated values", "ascending order", "1 added"):
        assert words in done.said
        assert any(words in notice.text for notice in record.notices)
    assert record.plan.candidates == (1, 4, 8)


@pytest.mark.parametrize("option", ["--candidates", "--batch-size", "--seq-len"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", str(1 << 63)])
def test_row_49_a_count_that_is_none_is_refused_before_any_device_is_touched(
    faked: Command, stage: Stage, option: str, value: str
):
    assert option in faked(*RUN, f"{option}={value}").refused(2)
    assert stage.log() == []
    assert not faked.runs.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--layers", "0"), "--layers"),
        (("--layers", "9"), "more than the 4 of tiny"),
        (("--target-ci", "0"), "--target-ci"),
        (("--target-ci", "nan"), "--target-ci"),
        (("--budget", "-3"), "--budget"),
        (("--device", "abacus"), "device"),
        (("--device", "cpu", "--execution", "graph"), "CUDA"),
        (("--seed", str(1 << 63)), "seed"),
        (("--batch-size", "1:100", "--seq-len", "1:100", "--candidates", "1,2"), "20000 cells"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_row_51_what_no_plan_can_hold_is_refused_before_any_device_is_touched(
    faked: Command, stage: Stage, arguments: tuple[str, ...], said: str
):
    assert said in faked(*RUN, *arguments).refused(2)
    assert stage.log() == []


@pytest.mark.parametrize(
    "arguments",
    [("--seed", "-1"), ("--seed", "one"), ("--dtype", "int4"), ("--no-such-option",), ("--budget", "soon")],
    ids=" ".join,
)
def test_an_option_that_is_none_is_a_usage_error(faked: Command, stage: Stage, arguments: tuple[str, ...]):
    usage_refused(faked(*RUN, *arguments))
    assert stage.log() == []


def test_a_command_that_there_is_not_is_a_usage_error(faked: Command):
    usage_refused(faked("measure"))
