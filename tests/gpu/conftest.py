"""What runs on a CUDA machine only: `pytest -m gpu`. Everything here is skipped elsewhere."""

from __future__ import annotations

import pytest
import torch

HERE = torch.cuda.is_available()


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/gpu/" in item.path.as_posix():
            item.add_marker(pytest.mark.gpu)
            if not HERE:
                item.add_marker(pytest.mark.skip(reason="no CUDA device here"))


@pytest.fixture(autouse=True)
def _inference():
    with torch.inference_mode():
        yield
    if HERE:
        torch.cuda.empty_cache()
