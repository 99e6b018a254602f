"""Model shapes known by name. Sizes are those of the models' published config.json."""

from __future__ import annotations

from specprof.plan.model import ModelShape


def _llama(
    name: str, title: str, hidden: int, intermediate: int, layers: int, heads: int, kv_heads: int,
    vocab: int = 32000, positions: int = 4096, theta: float = 10000.0, eps: float = 1e-5,
) -> ModelShape:  # fmt: skip
    return ModelShape(
        name=name,
        title=title,
        hidden_size=hidden,
        intermediate_size=intermediate,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=hidden // heads,
        vocab_size=vocab,
        layers_measured=layers,
        layers_total=layers,
        max_position_embeddings=positions,
        rms_norm_eps=eps,
        rope_theta=theta,
    )


PRESETS: dict[str, ModelShape] = {
    shape.name: shape
    for shape in (
        _llama("llama-7b", "Llama 7B", 4096, 11008, 32, 32, 32),
        _llama("llama-13b", "Llama 13B", 5120, 13824, 40, 40, 40),
        _llama("llama-2-70b", "Llama 2 70B", 8192, 28672, 80, 64, 8),
        _llama("llama-3-8b", "Llama 3 8B", 4096, 14336, 32, 32, 8, 128256, 8192, 500000.0),
        _llama("tiny", "Tiny Llama", 64, 176, 4, 4, 2, 256, 1024),
    )
}
"""`tiny` has no published counterpart: it is for tests and for trying the tool out."""

DRAFT_PRESETS: dict[str, ModelShape] = {
    shape.name: shape
    for shape in (_llama("llama-68m", "Llama 68M", 768, 3072, 2, 12, 12, positions=2048, eps=1e-6),)
}
"""Small Llamas that only draft. The sizes are those of JackFram/llama-68m."""
