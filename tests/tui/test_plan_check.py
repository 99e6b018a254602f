"""The plan's fields are checked as the command line checks its options; what fits is worked out by hand."""

from __future__ import annotations

import pytest

from specprof.plan.assemble import Asked, assemble
from specprof.plan.memory import cell_bytes, weight_bytes
from specprof.plan.plan import Cell
from specprof.tui.state.plan_check import check
from specprof.tui.state.plan_fit import fit

GIB = 1 << 30


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("candidates", "0", "out of range"),
        ("candidates", "1.5", "wants whole numbers"),
        ("candidates", "9223372036854775808", "out of range"),
        ("candidates", "16:1", "runs backwards"),
        ("batch_size", "-1", "wants whole numbers"),
        ("seq_len", "1:1000000:1", "holds 1000000 values"),
        ("layers", "33", "more than the 32"),
        ("layers", "1,2", "wants one number"),
        ("model", "llama-9000b", "neither a preset"),
        ("seed", "1.5", "whole number"),
        ("target_ci_pct", "0", "out of range"),
        ("budget_s", "-5", "out of range"),
        ("execution", "graph", "needs a CUDA device"),
    ],
)
def test_a_fault_is_said_at_its_field_and_at_no_other(field: str, text: str, said: str) -> None:
    found = check({field: text}, "cpu")
    assert found.plan is None
    assert list(found.faults) == [field]
    assert said in str(found.faults[field])


def test_too_many_cells_are_the_fault_of_the_field_edited_last() -> None:
    texts = {"seq_len": "1:1000:1", "candidates": "1:50:1"}
    for last in texts:
        assert list(check(texts, "cpu", last).faults) == [last]


def test_sound_fields_give_the_plan_of_the_command_line() -> None:
    texts = {"candidates": "1,4,8", "seq_len": "64", "layers": "3", "target_ci_pct": "2.5", "seed": "7"}
    asked = Asked(candidates="1,4,8", seq_len="64", layers="3", target_ci_pct=2.5, seed=7)
    found = check(texts, "cpu")
    assert found.asked == asked
    assert found.plan == assemble(asked, "cpu").plan


def test_on_24_gib_the_published_grid_fits_up_to_where_its_cache_does() -> None:
    plan = assemble(Asked(), "cuda").plan  # Llama 7B in bf16, batch 4, seq_len 128 … 8192
    free = 24 * GIB
    weights = weight_bytes(plan)
    assert weights == 2 * (32 * 202_383_360 + 2 * 32_000 * 4096 + 4096)  # 12.55 GiB

    def fits(seq_len: int, candidates: int) -> bool:
        return weights + cell_bytes(plan, Cell(4, seq_len, candidates)) <= free

    # a token's keys and values take 2 MiB at batch 4: 8192 and 112 behind them need 16.2 GiB
    out = sum(not fits(s, k) if fits(s, 1) else 1 for s in plan.seq_lens for k in plan.candidates)
    found = fit(plan, free)
    assert found.fault == ""
    assert found.cells_out == out == 8
    assert found.misses == (found.misses[0],)
    assert found.misses[0].startswith("seq_len 8192 will not fit: ")
    assert found.misses[0].endswith("needed, 24.0 GiB free")


def test_weights_that_do_not_fit_are_the_plan_s_own_fault() -> None:
    found = fit(assemble(Asked(), "cuda").plan, 10 * GIB)
    assert found.fault == "Llama 7B in bfloat16 needs 12.6 GiB for its weights, 10.0 GiB are free"


def test_where_free_memory_is_not_known_nothing_is_said_to_fit() -> None:
    found = fit(assemble(Asked(), "cuda").plan, None)
    assert (found.misses, found.fault) == ((), "")
    assert "free" not in found.words
