"""Plain greedy decoding: one token of each sequence per step."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from specprof.measure.decoding.decoder import Decoder

_ALONE = (-1,)


def greedy(decoder: Decoder, roots: Sequence[int], count: int) -> list[list[int]]:
    """The `count` tokens that follow the root in each sequence.

    The roots themselves stand in the cache afterwards and are not returned; the last token is returned
    and does not stand there yet. A step does not wait until the host knows the token before.
    """
    kept = [[0]] * decoder.batch_size
    ids = torch.tensor(roots, device=decoder.device)[:, None]
    found = []
    for _ in range(count):
        ids = decoder.step(ids, _ALONE).logits.argmax(-1)
        decoder.keep(kept)
        found.append(ids)
    return torch.cat(found, dim=1).tolist() if found else [[] for _ in roots]
