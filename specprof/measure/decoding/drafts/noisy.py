"""Noisy self-draft: the target with noise on its weights, a drafter that is right part of the time."""

from __future__ import annotations

import copy

import torch
from transformers.models.llama.modeling_llama import LlamaForCausalLM

from specprof.measure.random_data import fill_random


def noisy_copy(model: LlamaForCausalLM, sigma: float, seed: int) -> LlamaForCausalLM:
    """A copy with normal noise on every tensor, of `sigma` times that tensor's own standard deviation.

    Norms of random weights are ones, which have no deviation, and stay as they are. With `sigma` 0 the copy
    drafts what the target says. The copy is as large as the target; it costs as much per token.
    """
    noisy = copy.deepcopy(model)
    parameters = list(noisy.parameters())  # tied ones once
    generator = torch.Generator(parameters[0].device).manual_seed(seed)
    for parameter in parameters:
        if parameter.numel() < 2:  # a single value has no deviation
            continue
        noise = torch.empty_like(parameter.data, memory_format=torch.contiguous_format)
        fill_random(noise, generator, sigma * float(parameter.data.float().std()))
        parameter.data.add_(noise)
    return noisy
