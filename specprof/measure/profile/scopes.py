"""Ranges around the forwards of a model's modules, for as long as it is profiled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.autograd.profiler import record_function

from specprof.measure.profile.spans import SCOPE

_LAYERS = ".layers."


def scope_kind(path: str, module: torch.nn.Module) -> str | None:
    """`linear`, `attention` or `head`; None for a module that needs no range: what is in none is elementwise.

    A range costs some microseconds each time, so only those that decide something are there.
    """
    if _LAYERS in f".{path}":
        if isinstance(module, torch.nn.Linear):
            return "linear"
        return "attention" if path.endswith(".self_attn") else None
    is_head = isinstance(module, torch.nn.Linear | torch.nn.Embedding) or path.endswith("norm")
    return "head" if is_head else None


@contextmanager
def scopes(model: torch.nn.Module | None) -> Iterator[None]:
    """Puts them around the model's modules; nothing of them is left behind."""
    handles: list[torch.utils.hooks.RemovableHandle] = []
    open_ranges: list[record_function] = []

    def enter(name: str):
        def hook(*_: object) -> None:
            opened = record_function(name)
            opened.__enter__()
            open_ranges.append(opened)

        return hook

    def leave(*_: object) -> None:
        open_ranges.pop().__exit__(None, None, None)

    try:
        for path, module in model.named_modules() if model is not None else ():
            kind = scope_kind(path, module)
            if kind is not None:
                handles.append(module.register_forward_pre_hook(enter(f"{SCOPE}{kind}/{path}")))
                handles.append(module.register_forward_hook(leave))
        yield
    finally:
        for handle in handles:
            handle.remove()
        while open_ranges:  # a forward that fails passes by its hook
            leave()
