"""Targets with as many key-value heads as heads, and with shared ones."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from .targets import Target


@pytest.fixture(autouse=True)
def _inference():
    with torch.inference_mode():
        yield


target_of = cache(Target)
"""Each is built once; nothing in it is changed."""
FORMS = [(4, 1, "sdpa"), (2, 1, "sdpa"), (4, 3, "sdpa"), (2, 3, "sdpa"), (2, 3, "eager"), (2, 1, "split")]


@pytest.fixture(params=FORMS, ids=lambda form: "-".join(map(str, form)))
def target(request):
    """Split attention has one prefix for all sequences: batch 1."""
    return target_of(*request.param)
