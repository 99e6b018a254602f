"""Random values for weights and caches. Never zeros: a GEMM on zeros is faster than on data."""

from __future__ import annotations

import torch

_BLOCK = 1 << 20


def fill_random(tensor: torch.Tensor, generator: torch.Generator, scale: float = 1.0) -> None:
    """Fills a contiguous tensor with normal values of standard deviation `scale`, in place.

    One random block of a million values is repeated: drawing each value alone takes minutes for a 7B
    model on a CPU, and no kernel can tell. The block's length is no multiple of a row's, so rows differ.
    """
    flat = tensor.view(-1)
    size = min(_BLOCK - 1, flat.numel())
    block = torch.randn(size, generator=generator, device=generator.device).mul_(scale).to(tensor)
    whole = flat.numel() // size * size
    flat[:whole].view(-1, size).copy_(block.expand(whole // size, size))
    if whole < flat.numel():
        flat[whole:].copy_(block[: flat.numel() - whole])
