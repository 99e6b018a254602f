"""What the installed transformers calls the argument that is the cache."""

from __future__ import annotations

import inspect

from transformers.models.llama.modeling_llama import LlamaDecoderLayer

CACHE = "cache" if "cache" in inspect.signature(LlamaDecoderLayer.forward).parameters else "past_key_values"
"""Of layers, models and `generate`. The old name goes in transformers 5.40, of `generate` in 6.0."""
