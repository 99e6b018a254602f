"""Prompts as the target's tokens, and those that cannot be: each with its line and its exit code."""

from __future__ import annotations

import pytest

from specprof.errors import EnvironmentProblem, RunFileProblem, UsageProblem
from specprof.measure.accepting.tokens import other_words, prompt_tokens
from specprof.plan.draft_pair import draft_pair
from specprof.run.accept_events import AcceptJob
from specprof.run.prompts import read_prompts

from .written import write_checkpoint, write_tokenizer


@pytest.fixture
def job(tmp_path):
    def job_(lines: str, kind: str = "txt", **settings) -> AcceptJob:
        (prompts := tmp_path / f"p.{kind}").write_text(lines)
        return AcceptJob(
            pair=draft_pair(str(tmp_path / "target"), str(tmp_path / "draft")),
            prompts=read_prompts(prompts),
            **{"depth": 5, "tokens": 128, **settings},
        )

    write_checkpoint(tmp_path / "target")
    write_checkpoint(tmp_path / "draft", max_position_embeddings=150)
    return job_


def test_special_tokens_come_as_the_file_says_and_nothing_is_cut(job, tmp_path):
    write_tokenizer(tmp_path / "target")
    lines = '{"prompt": "w0 w1 strange w61"}\n{"tokens": [9, 9]}\n'
    assert prompt_tokens(job(lines, "jsonl")) == [[1, 2, 3, 0, 63], [9, 9]]


def test_text_without_a_tokenizer_is_refused_and_tokens_are_not(job):
    assert prompt_tokens(job('{"tokens": [9, 9]}', "jsonl")) == [[9, 9]]
    with pytest.raises(EnvironmentProblem, match=r"tokenizer\.json is missing") as refused:
        prompt_tokens(job("w0"))
    assert "tokens" in refused.value.remedy


@pytest.mark.parametrize("held", ["", "{}", '{"model": {"type": "BPE"}}', "[" * 100_000])
def test_a_tokenizer_that_is_none_is_refused(job, tmp_path, held):
    (tmp_path / "target" / "tokenizer.json").write_text(held)
    with pytest.raises(EnvironmentProblem, match="is no tokenizer"):
        prompt_tokens(job("w0"))


@pytest.mark.parametrize("token", [64, -1, 1 << 40])
def test_a_token_out_of_range_is_named(job, token):
    with pytest.raises(
        RunFileProblem, match=rf"p.jsonl, line 2: token {token} is not in the vocabulary of 64"
    ):
        prompt_tokens(job(f'{{"tokens": [1]}}\n{{"tokens": [1, {token}]}}', "jsonl"))


def test_a_prompt_longer_than_the_context_of_either_is_named(job):
    # 17 + 128 + 5 are the draft's 150 positions
    fits, too_long = (f'{{"tokens": {[1] * count}}}' for count in (17, 18))
    assert len(prompt_tokens(job(fits, "jsonl"))[0]) == 17
    with pytest.raises(UsageProblem, match=r"line 1: 18 tokens, .* the 150 positions of draft"):
        prompt_tokens(job(too_long, "jsonl"))


def test_a_draft_with_other_words_is_told_apart(job, tmp_path):
    write_tokenizer(tmp_path / "target")
    assert not other_words(job("w0"))  # the draft has no tokenizer to ask
    write_tokenizer(tmp_path / "draft")
    assert not other_words(job("w0"))
    other = tmp_path / "draft" / "tokenizer.json"
    other.write_text(other.read_text().replace('"w0"', '"w99"'))
    assert other_words(job("w0"))
