"""What is measured where the user says nothing: one set for a GPU, one for a machine without."""

from __future__ import annotations

from typing import Any

PUBLISHED_CANDIDATES = (1, 16, 32, 48, 64, 80, 96, 112)
PUBLISHED_SEQ_LENS = (128, 256, 512, 1024, 2048, 4096, 8192)

CUDA_DEFAULTS: dict[str, Any] = {
    "dtype": "bfloat16",
    "execution": "auto",
    "batch_sizes": (4,),
    "seq_lens": PUBLISHED_SEQ_LENS,
    "candidates": PUBLISHED_CANDIDATES,
    "layers": None,
    "target_ci": 0.01,
    "budget_s": None,
    "drop_rows": False,
}
"""The grid of the published figure, at full depth."""

CPU_DEFAULTS: dict[str, Any] = {
    # without AVX-512 or AMX a CPU has no bf16 arithmetic: float32 ran 4 times faster at K = 112
    "dtype": "float32",
    "execution": "eager",
    "batch_sizes": (1,),
    "seq_lens": (128, 512, 2048),
    "candidates": PUBLISHED_CANDIDATES,
    "layers": 2,
    "target_ci": 0.05,
    "budget_s": 80.0,
    "drop_rows": True,
}
"""Two layers of the 7B shapes: a real measurement that ends within two minutes on two cores."""


def defaults_for(device: str) -> dict[str, Any]:
    """The defaults for a device name, `cpu` or `cuda…`."""
    return dict(CUDA_DEFAULTS if device.startswith("cuda") else CPU_DEFAULTS)
