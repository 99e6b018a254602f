"""`specprof run --drafter`: refused in one line, handed on to the measuring child, shown at the end."""

from __future__ import annotations

import json

import pytest
from session.stage import Stage

from .command import Command

RUN = ("run", "--model", "tiny", "--headless")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("eagle", 2, "how deep"),
        ("medusa:0", 2, "whole number"),
        ("\x1b[31m:5", 3, "no model"),
        ("nothing:5", 3, "llama-68m"),
        ("/no/such/folder:5", 3, "no checkpoint"),
    ],
)
def test_a_drafter_that_cannot_be_is_refused_before_any_device_is_touched(
    faked: Command, stage: Stage, text: str, code: int, said: str
) -> None:
    assert said in faked(*RUN, "--drafter", text).refused(code)
    assert stage.log() == []


def test_it_reaches_the_child_and_what_it_gave_is_in_the_document_and_the_report(
    faked: Command, stage: Stage
) -> None:
    event = {"event": "draft_sample", "batch_size": 1, "seq_len": 32, "round": 0, "measured_ms": 1.25}
    stage.does((0, "sample 5", "say " + json.dumps(event)))
    grid = ("--seq-len", "32", "--candidates", "1,4,8")
    done = faked(*RUN, *grid, "--drafter", "medusa:4", "--output", "run.json")
    assert done.code == 0
    assert stage.job(0)["plan"]["drafter"]["text"] == "medusa:4"
    assert "draft pass, medusa:4, batch 1, seq_len 32: 1.250 ms" in done.text
