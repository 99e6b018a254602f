"""transformers' own `generate` on the same model: plain, assisted by a drafter, with prompt lookup."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple

import torch
from transformers import DynamicCache, GenerationConfig, StoppingCriteria, StoppingCriteriaList
from transformers.models.llama.modeling_llama import LlamaForCausalLM
from transformers.utils import logging

from specprof.measure.cache_word import CACHE

NGRAM = 3


class Generated(NamedTuple):
    """The tokens behind the prompt, and what came to them after the first step.

    That one takes the prompt in and gets all ready: it is not timed. `counts` are the tokens of each step
    after it, `seconds` what those steps took together.
    """

    tokens: list[int]
    counts: list[int]
    seconds: float

    @property
    def accepted(self) -> list[int]:
        """Steps by how many drafts they accepted."""
        found = [0] * max(self.counts)
        for tokens in self.counts:
            found[tokens - 1] += 1
        return found


class _Steps(StoppingCriteria):
    """Notes when the first step and the last have ended, and how far each came. Ends `count` tokens after the
    first step, or with more where the last step brings more.

    A step has gone through the model: assisted generation of some versions (5.17) asks of candidates too.
    """

    def __init__(self, prompt: torch.Tensor, count: int) -> None:
        self._device = prompt.device
        self._count = count
        self._passed = False
        self.reached: list[int] = []
        self.began_s = self.ended_s = 0.0

    def __call__(self, input_ids: torch.Tensor, scores: object, **more: object) -> torch.Tensor:
        done = self._passed and self._ended(input_ids.shape[1])
        self._passed = False
        return torch.full((input_ids.shape[0],), done, dtype=torch.bool, device=self._device)

    def _ended(self, reached: int) -> bool:
        self.reached.append(reached)
        done = self.reached[-1] - self.reached[0] >= self._count
        if len(self.reached) == 1:
            self.began_s = _now(self._device)
        elif done:
            self.ended_s = _now(self._device)
        return done

    @contextmanager
    def through(self, model: LlamaForCausalLM) -> Iterator[None]:
        """Sees what goes through `model`."""

        def passed(*_: object) -> None:
            self._passed = True

        hook = model.register_forward_hook(passed)
        try:
            yield
        finally:
            hook.remove()


def generate(
    model: LlamaForCausalLM,
    prompt: torch.Tensor,
    count: int,
    *,
    attention: str = "sdpa",
    assistant: LlamaForCausalLM | None = None,
    lookup: bool = False,
    drafts: int = 4,
    known: DynamicCache | None = None,
) -> Generated:
    """Greedy tokens behind `prompt` `[1, S]`, `count` of them after the first step, with transformers'
    dynamic cache and no end of text.

    `drafts` tokens are proposed in every step, by `assistant` or by prompt lookup, plain decoding where
    there is neither: K = drafts + 1. `attention` is sdpa or eager. `known` has the keys and values of all
    the prompt but its last token, and is added to: plain decoding need not take it in again. What
    transformers offers to make of the number of drafts by itself, a schedule and a threshold of confidence,
    is off.
    """
    if prompt.shape[0] != 1:
        raise ValueError(f"assisted generation takes one sequence, not {prompt.shape[0]}")
    if assistant is not None and lookup:
        raise ValueError("an assistant or prompt lookup, not both")
    if known is not None and (assistant is not None or lookup):
        # it would take the whole prompt in behind what is known of it
        raise ValueError("assisted generation begins with a cache of its own")
    # room for whole steps, up to the last
    most = count + 2 * (drafts + 1)
    config = GenerationConfig(max_new_tokens=most, do_sample=False, use_cache=True, pad_token_id=0)
    if lookup:
        config.prompt_lookup_num_tokens = drafts
        config.max_matching_ngram_size = NGRAM
    if assistant is not None:  # its own settings count
        assistant.generation_config = GenerationConfig(
            num_assistant_tokens=drafts,
            num_assistant_tokens_schedule="constant",
            assistant_confidence_threshold=0.0,
            do_sample=False,
            pad_token_id=0,
        )
    more: dict[str, object] = {} if assistant is None else {"assistant_model": assistant}
    if known is not None:
        more[CACHE] = known
    models = [model] if assistant is None else [model, assistant]
    steps = _Steps(prompt, count)
    with _attending(models, attention), _quiet(), steps.through(model):
        ids = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            generation_config=config,
            stopping_criteria=StoppingCriteriaList([steps]),
            **more,
        )
    counts = [after - before for before, after in pairwise(steps.reached)]
    return Generated(ids[0, prompt.shape[1] :].tolist(), counts, steps.ended_s - steps.began_s)


def known_cache(caches: Sequence[tuple[torch.Tensor, torch.Tensor]], rows: int) -> DynamicCache:
    """A copy of the first `rows` rows of keys and values `[1, kv_heads, …, head_dim]` of each layer."""
    known = DynamicCache()
    for layer, (keys, values) in enumerate(caches):
        known.update(keys[:, :, :rows].clone(), values[:, :, :rows].clone(), layer)
    return known


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


@contextmanager
def _attending(models: list[LlamaForCausalLM], attention: str) -> Iterator[None]:
    """A decoder may have left an attention of our own in the models' config: masks are not made for that."""
    before = [model.config._attn_implementation for model in models]
    for model in models:
        model.config._attn_implementation = attention
    try:
        yield
    finally:
        for model, name in zip(models, before, strict=True):
            model.config._attn_implementation = name


@contextmanager
def _quiet() -> Iterator[None]:
    """transformers warns of arguments that it passes to itself."""
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logging.set_verbosity(before)
