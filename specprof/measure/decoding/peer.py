"""transformers' own `generate` on the same model: plain, assisted by a drafter, with prompt lookup."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from transformers import GenerationConfig
from transformers.models.llama.modeling_llama import LlamaForCausalLM
from transformers.utils import logging

NGRAM = 3


class Generated(NamedTuple):
    """New tokens behind the prompt, and the time of the whole call, the prompt's own pass included."""

    tokens: list[int]
    seconds: float


def generate(
    model: LlamaForCausalLM,
    prompt: torch.Tensor,
    count: int,
    *,
    attention: str = "sdpa",
    assistant: LlamaForCausalLM | None = None,
    lookup: bool = False,
    drafts: int = 4,
) -> Generated:
    """`count` greedy tokens behind `prompt` `[1, S]`, with transformers' dynamic cache and no end of text.

    `drafts` tokens are proposed in every step, by `assistant` or by prompt lookup, plain decoding where
    there is neither: K = drafts + 1. `attention` is sdpa or eager. What transformers offers to make of the
    number of drafts by itself, a schedule and a threshold of confidence, is off.
    """
    if prompt.shape[0] != 1:
        raise ValueError(f"assisted generation takes one sequence, not {prompt.shape[0]}")
    if assistant is not None and lookup:
        raise ValueError("an assistant or prompt lookup, not both")
    config = GenerationConfig(max_new_tokens=count, do_sample=False, use_cache=True, pad_token_id=0)
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
    more = {} if assistant is None else {"assistant_model": assistant}
    models = [model] if assistant is None else [model, assistant]
    with _attending(models, attention), _quiet():
        begun = _now(prompt.device)
        ids = model.generate(prompt, attention_mask=torch.ones_like(prompt), generation_config=config, **more)
        seconds = _now(prompt.device) - begun
    return Generated(ids[0, prompt.shape[1] :].tolist(), seconds)


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
        yield
    finally:
        logging.set_verbosity(before)
