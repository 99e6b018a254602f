"""Our decoding loops against transformers' own `generate`, in turns: plain, and with a draft model.

Both decode greedily behind the same prompt and must say the same tokens. Compared is the time of one token;
the prompt's own pass is in neither.
SPECPROF_PEER_MODEL names another preset than two layers of llama-7b.
"""

from __future__ import annotations

import os
import random
import statistics

import pytest
import torch

from specprof.measure.decoding.candidates import chain
from specprof.measure.decoding.decoder import Decoder, empty_caches
from specprof.measure.decoding.drafts.noisy import noisy_copy
from specprof.measure.decoding.drafts.small_llama import LlamaDrafts
from specprof.measure.decoding.loop import decode_plainly, decode_speculatively
from specprof.measure.decoding.peer import generate
from specprof.measure.decoding.stopwatch import CpuStopwatch
from specprof.measure.decoding.verdicts import Greedy
from specprof.measure.llama import build_llama
from specprof.plan.presets import PRESETS

CPU = torch.device("cpu")
PROMPT, TOKENS, DEPTH, TURNS = 64, 24, 4, 7


@pytest.fixture(scope="module")
def model():
    shape = PRESETS[os.environ.get("SPECPROF_PEER_MODEL", "llama-7b")].model_copy(
        update={"layers_measured": 2}
    )
    with torch.inference_mode():
        return shape, build_llama(shape, attention="sdpa", dtype=torch.float32, device=CPU, seed=1)


def ours(shape, model, prompt, drafter=None):
    """Tokens behind a prompt, and seconds for each of them."""
    rows = PROMPT + 2 * TOKENS + DEPTH + 4
    decoder = Decoder(model, shape, empty_caches(shape, 1, rows, torch.float32, CPU))
    last = decoder.prefill(prompt)
    roots = last.logits[:, -1].argmax(-1).tolist()
    watch, go_on = CpuStopwatch(), lambda: None
    if drafter is None:
        decoded = decode_plainly(decoder, roots, TOKENS, watch, go_on)
    else:
        own = Decoder(drafter, shape, empty_caches(shape, 1, rows, torch.float32, CPU))
        drafts = LlamaDrafts(own, DEPTH)
        drafts.begin(prompt, last, roots)
        decoded = decode_speculatively(
            decoder, roots, TOKENS, chain(DEPTH + 1), drafts, Greedy(), watch, go_on
        )
    return [*roots, *decoded.tokens[0]][:TOKENS], decoded.total_ms / 1e3 / len(decoded.tokens[0])


def theirs(shape, model, prompt, drafter=None):
    found = generate(model, prompt, TOKENS, assistant=drafter, drafts=DEPTH)
    return found.tokens[:TOKENS], found.seconds / sum(found.counts)


@pytest.mark.parametrize("sigma", [None, 0.02], ids=["plain", "with a draft model"])
def test_our_loop_is_not_slower_than_generate(model, sigma):
    shape, target = model
    with torch.inference_mode():
        drafter = None if sigma is None else noisy_copy(target, sigma, 2)
        prompt = torch.randint(0, shape.vocab_size, (1, PROMPT), generator=torch.Generator().manual_seed(4))
        took = {ours: [], theirs: []}
        for turn in range(TURNS + 1):
            said = {}
            for way in random.Random(turn).sample([ours, theirs], 2):
                said[way], seconds = way(shape, target, prompt, drafter)
                if turn:
                    took[way].append(seconds)
            assert said[ours] == said[theirs]
    ratio = statistics.median(a / b for a, b in zip(took[ours], took[theirs], strict=True))
    mine, other = (1e3 * statistics.median(took[way]) for way in (ours, theirs))
    each = f"ours {mine:.0f} ms, transformers {other:.0f} ms a token"
    print(f"\n{each}: {TOKENS} behind {PROMPT}, {ratio:.3f} of it")
    assert ratio < 1.1
