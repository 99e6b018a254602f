"""A block of decoding by transformers' own generation, beside one of ours."""

from __future__ import annotations

import torch

from specprof.measure.decoding.decoder import Decoder
from specprof.measure.decoding.drafts.drafts import Drafts
from specprof.measure.decoding.drafts.ngram import PromptLookup
from specprof.measure.decoding.drafts.small_llama import LlamaDrafts
from specprof.measure.decoding.loop import Decoded
from specprof.measure.decoding.peer import Generated, generate, known_cache


def peer_block(decoder: Decoder, prompt: torch.Tensor, count: int, drafts: Drafts | None) -> Decoded:
    """`count` tokens behind `prompt` `[1, S]` and the root that follows it, greedily, with the same model.

    The prompt's keys and values are the decoder's first S rows. `drafts` are those of ours that it is
    compared with: prompt lookup of as many tokens, or a model that assists. Its attention is sdpa where ours
    is split, which it has not, and its layers are never compiled.
    """
    how = {"attention": "eager" if decoder.attention == "eager" else "sdpa"}
    match drafts:
        case None:
            known = known_cache(decoder.caches, prompt.shape[1] - 1) if prompt.shape[1] > 1 else None
            found = generate(decoder.model, prompt, count, known=known, **how)
        case PromptLookup():
            found = generate(decoder.model, prompt, count, lookup=True, drafts=len(drafts.parents) - 1, **how)
        case LlamaDrafts():
            assistant = drafts.decoder.model
            found = generate(decoder.model, prompt, count, assistant=assistant, drafts=drafts.depth, **how)
        case _:
            raise TypeError(f"transformers drafts nothing as {type(drafts).__name__} does")
    return _decoded(found)


def _decoded(found: Generated) -> Decoded:
    """Without the root, which ours has before it begins."""
    return Decoded(
        tokens=[found.tokens[1:]],
        accepted=found.accepted,
        steps=len(found.counts),
        total_ms=found.seconds * 1e3,
    )
