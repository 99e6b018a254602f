"""How many bytes real decoding needs beside the row's cells, predicted before it is tried."""

from __future__ import annotations

from specprof.plan.memory import cache_bytes, cache_rows, draft_weight_bytes, weight_bytes
from specprof.plan.model import BYTES_PER_VALUE
from specprof.plan.plan import Plan, Row
from specprof.plan.validation import Way


def decoding_bytes(plan: Plan, row: Row, way: Way) -> int:
    """Bytes of what drafts, weights and cache, and of the cache that transformers' generation grows.

    An upper estimate: transformers joins old and new rows to a new cache layer by layer.
    """
    drafts = 0 if way.setting is None else _drafting_bytes(plan, row)
    if way.by == "specprof":
        return drafts
    own = 2 * cache_bytes(plan, row.batch_size, cache_rows(plan, row.seq_len))
    return own + drafts


def _drafting_bytes(plan: Plan, row: Row) -> int:
    validation = plan.validation
    if validation is None:
        return 0
    drafts, value = validation.drafts, BYTES_PER_VALUE[plan.dtype]
    rows = cache_rows(plan, row.seq_len) + drafts.depth + 2
    if drafts.kind == "noisy":
        # noise is drawn tensor by tensor, and a tensor's deviation is taken in float32
        largest = plan.model.vocab_size * plan.model.hidden_size * (value + 4)
        return weight_bytes(plan) + cache_bytes(plan, row.batch_size, rows) + largest
    drafter = drafts.drafter
    if drafter is None:
        return 0
    drafting = plan.model_copy(update={"drafter": drafter})
    return draft_weight_bytes(drafting) + drafter.cache_values(plan.model, row.batch_size, rows) * value
