"""How many operations a verify step takes: those of its matrix products."""

from __future__ import annotations

from specprof.plan.plan import Cell, Plan


def step_flops(plan: Plan, cell: Cell) -> int:
    """Operations of all matrix products of a verify step at full depth, 2·M·N·K each.

    Projections of B·K rows, the scores and values of K queries over S + K positions in every head, and the
    head's logits of all B·K tokens. The tree's mask saves nothing: masked scores are computed as the others
    are. Left out is all that is no matrix product: embedding, norms, rotary embedding, softmax, activation,
    biases and residuals, and what quantising and its undoing take. The published block has neither output
    projection nor head.
    """
    shape = plan.model
    batch, seq_len, candidates = cell
    rows = batch * candidates
    queries = shape.num_attention_heads * shape.head_dim
    keys = shape.num_key_value_heads * shape.head_dim
    full = plan.workload == "full"
    weights = shape.hidden_size * (queries + 2 * keys) + 3 * shape.hidden_size * shape.intermediate_size
    if full:
        weights += queries * shape.hidden_size
    attended = 2 * queries * (seq_len + candidates)
    head = shape.vocab_size * shape.hidden_size if full else 0
    return 2 * rows * (shape.layers_total * (weights + attended) + head)
