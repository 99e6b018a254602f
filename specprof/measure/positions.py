"""Rotary positions as a checkpoint scales them."""

from __future__ import annotations

from transformers.models.llama.modeling_llama import LlamaForCausalLM, LlamaRotaryEmbedding

from specprof.plan.rope import Rope


def scale_positions(model: LlamaForCausalLM, rope: Rope) -> None:
    """Gives the model these. It was built for its latency, which scaled positions do not change."""
    if model.config.rope_parameters == rope:
        return
    model.config.rope_parameters = dict(rope)
    device = model.lm_head.weight.device
    model.model.rotary_emb = LlamaRotaryEmbedding(config=model.config).to(device)
