"""`specprof schedule`: the decision on stdout, for people and for programs."""

from __future__ import annotations

import json
import math

import pytest

import specprof
from specprof.analysis.schedule import schedule_of

from .command import Command

SAMPLE = "medusa-llama-7b-bs4"
MEASURED = "llama-7b-cpu-bs1"


def test_map_schedule_and_sensitivity_are_shown(faked: Command):
    done = faked("schedule", SAMPLE)
    assert (done.code, done.said) == (0, "")
    for words in ("Best K by batch size and sequence length", "Schedule", "What would change the answer",
                  "under E(K) = 1 + 0.477 ln K; drafting costs nothing", "2.48×"):  # fmt: skip
        assert words in done.text
    assert b"\x1b" not in done.out


def test_the_document_holds_what_the_library_decides(faked: Command):
    done = faked("schedule", MEASURED, "--json")
    assert (done.code, done.said) == (0, "")
    document = json.loads(done.out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    decided = schedule_of(specprof.load(MEASURED))
    assert (document["model"], document["published"], document["estimated"]) == ("Llama 7B", False, True)
    assert [
        (one["batch_size"], one["seq_len"], one["candidates"], one["drafts"], one["pays"], one["as_good"])
        for one in document["choices"]
    ] == [
        (one.batch_size, one.seq_len, one.candidates, one.candidates - 1, one.pays, list(one.as_good))
        for one in decided.choices
    ]
    assert document["one_for_all"] == decided.one_for_all
    (only,) = document["by_batch"]
    assert (only["first"], only["last"], only["measured_at"]) == (1, None, [1])


def test_the_first_model_decides_and_all_stand_side_by_side(faked: Command):
    asked = ("--acceptance", "chain:alpha=0.9", "--acceptance", "log-fit")
    document = json.loads(faked("schedule", SAMPLE, *asked, "--json").out)
    assert document["acceptance"]["text"] == "chain:alpha=0.9"
    for row in document["sensitivity"]:
        assert [one["acceptance"] for one in row["answers"]] == ["chain:alpha=0.9", "log-fit:a=0.477,base=1"]
        assert all(low <= 1 <= (high or math.inf) for low, high in
                   (one["gain_may_change"] for one in row["answers"]))  # fmt: skip


def test_one_length_alone(faked: Command):
    document = json.loads(faked("schedule", SAMPLE, "--seq-len", "8192", "--json").out)
    assert {one["seq_len"] for one in (*document["choices"], *document["sensitivity"])} == {8192}
    shown = faked("schedule", SAMPLE, "--seq-len", "8192").text
    assert "At batch 4, at seq_len 8192: 32." in shown
    assert "2048" not in shown


def test_drafting_that_costs_more_than_it_gains_switches_speculation_off(faked: Command):
    document = json.loads(faked("schedule", SAMPLE, "--draft-cost", "3", "--json").out)
    assert document["draft_cost"] == "3"
    assert {one["candidates"] for one in document["choices"]} == {1}
    assert {one["drafts"] for one in document["choices"]} == {0}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((SAMPLE, "--seq-len", "99"), 2, "seq_len 99 was not measured: this run holds 128,"),
        ((SAMPLE, "--acceptance", "guess"), 2, "there is no acceptance model 'guess'"),
        ((SAMPLE, "--draft-cost", "cheap"), 2, "--draft-cost 'cheap' is not a fraction"),
        (("no-such-file.json",), 4, "no-such-file.json"),
    ],
)
def test_what_cannot_be_decided_is_one_line(
    faked: Command, arguments: tuple[str, ...], code: int, words: str
):
    assert words in faked("schedule", *arguments).refused(code)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_columns_asked_for(faked: Command, width: int):
    done = faked("schedule", SAMPLE, COLUMNS=str(width))
    assert done.code == 0
    assert max(map(len, done.text.splitlines())) <= width


def test_in_ascii_nothing_else_is_printed(faked: Command):
    done = faked("schedule", SAMPLE, "--ascii")
    assert done.code == 0
    assert done.out.isascii()
    assert b"32 *" in done.out


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_reader_of_one_line_leaves_no_noise(faked: Command, more: tuple[str, ...]):
    done = faked("schedule", SAMPLE, *more, shell='"$@" | head -c 20; exit ${PIPESTATUS[0]}')
    assert (done.code, done.said) == (0, "")
    assert len(done.out) == 20
