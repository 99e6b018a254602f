"""What is counted is what greedy decoding says, whatever the draft."""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaForCausalLM

from specprof.errors import EnvironmentProblem
from specprof.measure.accepting.counting import Counter, Stopped
from specprof.measure.accepting.opening import chosen, open_pair
from specprof.plan.draft_pair import draft_pair
from specprof.run.accept_events import AcceptJob
from specprof.run.prompts import read_prompts

from .written import LLAMA3_ROPE, write_checkpoint, write_prompts

TOKENS, DEPTH, ROWS = 48, 4, 200
PROMPT = [7, 3, 9, *range(4, 50)]


@pytest.fixture
def opened(tmp_path):
    def open_(draft: str | None = None, draft_noise: float = 0.0, **config):
        target = write_checkpoint(tmp_path / "target", **config)
        other = write_checkpoint(tmp_path / "draft", noise=draft_noise, **config)
        pair = draft_pair(str(target), draft or str(other))
        prompts = read_prompts(write_prompts(tmp_path / "p.jsonl"))
        job = chosen(AcceptJob(pair=pair, prompts=prompts, depth=DEPTH, tokens=TOKENS, device="cpu"))
        return open_pair(job, ROWS, torch.device("cpu")), target

    return open_


def greedy(folder, prompt, tokens):
    """Plain greedy decoding by transformers, without any cache of ours."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = list(prompt)
    for _ in range(tokens):
        ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    return ids[len(prompt) :]


@pytest.mark.parametrize("noise", [0.0, 0.1, 1.0], ids=["itself", "noisy", "another"])
def test_the_text_is_that_of_plain_greedy_decoding_and_only_the_steps_differ(opened, noise):
    (target, drafts), folder = opened(draft_noise=noise)
    counter = Counter(target, drafts, tokens=TOKENS)
    first, again = counter.count(PROMPT), counter.count(PROMPT)
    assert first.text[:TOKENS] == greedy(folder, PROMPT, TOKENS)
    assert (first.text, first.steps_by_accepted) == (again.text, again.steps_by_accepted)
    assert first.ended == "length"
    # the first token is the prefill's own
    yielded = sum(steps * (accepted + 1) for accepted, steps in enumerate(first.steps_by_accepted))
    assert len(first.text) == 1 + yielded
    steps = sum(first.steps_by_accepted)
    assert (first.steps_by_accepted[DEPTH] == steps) == (noise == 0)
    assert steps == 10 if noise == 0 else steps > 10


def test_noise_on_the_target_itself_is_a_draft_and_none_accepts_all(opened):
    (target, drafts), _ = opened("noisy:0")
    assert Counter(target, drafts, tokens=TOKENS).count(PROMPT).steps_by_accepted == [0, 0, 0, 0, 10]
    (target, drafts), _ = opened("noisy:0.1")
    noisy = Counter(target, drafts, tokens=TOKENS).count(PROMPT).steps_by_accepted
    assert 0 < noisy[0] < sum(noisy)


def test_scaled_rotary_positions_are_those_of_the_config(opened):
    (target, drafts), folder = opened(rope_scaling=LLAMA3_ROPE)
    scaled = Counter(target, drafts, tokens=TOKENS).count(PROMPT).text[:TOKENS]
    assert scaled == greedy(folder, PROMPT, TOKENS)
    (target, drafts), _ = opened()
    assert Counter(target, drafts, tokens=TOKENS).count(PROMPT).text[:TOKENS] != scaled


def test_an_end_token_ends_the_prompt_with_its_step_counted_whole(opened):
    (target, drafts), _ = opened()
    text = Counter(target, drafts, tokens=TOKENS).count(PROMPT).text
    end = next(token for place, token in enumerate(text) if place > 7 and token not in text[:place])
    count = Counter(target, drafts, tokens=TOKENS, ends=(end,)).count(PROMPT)
    assert count.ended == "end token"
    assert end in count.text[-DEPTH - 1 :]
    assert end not in count.text[: -DEPTH - 1]
    assert len(count.text) < TOKENS


def test_it_stops_after_the_step_in_progress_and_keeps_what_was_counted(opened):
    (target, drafts), _ = opened()
    seen = []
    counter = Counter(
        target, drafts, tokens=TOKENS, between=seen.append, asked=lambda: sum(seen[-1].steps_by_accepted) == 3
    )
    with pytest.raises(Stopped):
        counter.count(PROMPT)
    assert seen[-1].steps_by_accepted == [0, 0, 0, 0, 3]
    assert seen[-1].ended is None


def test_logits_that_are_no_numbers_are_no_acceptance(opened):
    (target, drafts), _ = opened()
    target.model.lm_head.weight[5] = float("nan")
    with pytest.raises(EnvironmentProblem, match="not finite"):
        Counter(target, drafts, tokens=TOKENS).count(PROMPT)
