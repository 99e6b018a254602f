"""What of a plan fits: Llama 7B in bf16 at batch 4, worked out by hand, on GPUs that are made up."""

from __future__ import annotations

import pytest

from specprof.plan.asked import Asked
from specprof.plan.assemble import assemble
from specprof.plan.memory import cell_bytes, weight_bytes
from specprof.plan.plan import Plan
from specprof.telemetry.cpu import CpuFacts
from specprof.tui.state.device_card import Machine
from specprof.tui.state.plan_check import check
from specprof.tui.state.plan_fit import fit
from specprof.tui.state.plan_summary import memory_table, plan_summary, some_of

GIB = 1 << 30

# a layer: q, k, v, o of 4096², three of 4096 × 11008, two norms; head: two tables of 32000 × 4096, one norm
WEIGHTS = 2 * (32 * (4 * 4096**2 + 3 * 4096 * 11008 + 2 * 4096) + 2 * 32000 * 4096 + 4096)
# keys and values of 32 heads × 128 in 32 layers and 4 sequences; 112 candidates stand behind the prefix
CACHE_8192 = (8192 + 112 + 1) * 2 * 32 * 128 * 2 * 32 * 4
CACHE_4096 = (4096 + 112 + 1) * 2 * 32 * 128 * 2 * 32 * 4


@pytest.fixture(scope="module")
def published() -> Plan:
    return assemble(Asked(), "cuda").plan


def test_by_hand_the_weights_take_12_55_gib_and_a_cache_of_8192_takes_16_22(published):
    assert WEIGHTS == 13_476_831_232
    assert CACHE_8192 == 17_416_847_360
    assert CACHE_4096 == 8_826_912_768
    found = fit(published, None)
    assert found.weights_bytes == WEIGHTS
    # beside the cache: 256 MiB workspace, and at K = 112 logits, activations and the mask
    beside = (256 << 20) + 2 * 448 * (32000 + 4 * 4096 + 3 * 11008) + 2 * 112 * (8192 + 112)
    assert found.largest_bytes == WEIGHTS + CACHE_8192 + beside


def test_24_gib_hold_everything_but_seq_len_8192(published):
    found = fit(published, 24 * GIB)
    assert WEIGHTS + CACHE_4096 < 24 * GIB < WEIGHTS + CACHE_8192
    assert found.cells_out == 8
    assert found.misses == ("seq_len 8192 will not fit: 29.0 GiB needed, 24.0 GiB free",)
    assert found.fault == ""


def test_80_gib_hold_all_of_it(published):
    found = fit(published, 80 * GIB)
    assert (found.cells_out, found.misses, found.fault) == (0, (), "")
    assert found.words == "29.1 GiB at most, 12.6 GiB of it weights; 80.0 GiB free"


def test_weights_that_do_not_fit_are_a_fault_of_the_whole_plan(published):
    found = fit(published, 12 * GIB)
    assert found.fault == "Llama 7B in bfloat16 needs 12.6 GiB for its weights, 12.0 GiB are free"
    assert found.cells_out == 56


def test_where_the_weights_fit_and_no_cell_does_that_is_a_fault_too(published):
    found = fit(published, WEIGHTS + (256 << 20))
    assert found.fault == "no cell fits: the smallest needs 13.3 GiB with the weights, 12.8 GiB are free"


def test_amounts_that_round_to_the_same_are_told_apart(published):
    needed = WEIGHTS + CACHE_4096 + (256 << 20)
    assert fit(published, needed).misses == (
        "seq_len 4096, 8192 will not fit: 21.023 GiB needed, 21.022 GiB free",
    )


def test_without_a_known_free_memory_nothing_is_said_to_fit_or_not(published):
    found = fit(published, None)
    assert (found.cells_out, found.misses, found.fault) == (0, (), "")
    assert "free" not in found.words


def test_a_row_that_fits_in_part_says_from_which_k_it_does_not():
    plan = assemble(Asked(candidates="1,64,65536", seq_len="128", attention="eager"), "cuda").plan
    found = fit(plan, 200 * GIB)
    assert found.cells_out == 1
    assert found.misses[0].startswith("seq_len 128, K 65536 will not fit: ")


@pytest.mark.parametrize("free_gib", [13, 14, 16, 20, 24, 40, 80])
@pytest.mark.parametrize(
    "asked",
    [
        Asked(),
        Asked(batch_size="1,2,4,8,16,32"),
        Asked(batch_size="1:9:2", seq_len="64,6400,640000", candidates="1,7,700,7000"),
        Asked(attention="eager", seq_len="1000:9000:1000", candidates="1,100,10000"),
    ],
)
def test_halving_finds_what_asking_for_every_cell_finds(asked, free_gib):
    plan = assemble(asked, "cuda").plan
    left = free_gib * GIB - weight_bytes(plan)
    fits = {cell: cell_bytes(plan, cell) <= left for cell in plan.cells()}
    out = sum(not fit_ for fit_ in fits.values())
    assert fit(plan, free_gib * GIB).cells_out == out
    table = memory_table(plan, free_gib * GIB)
    for seq_len, needed in table.rows:
        for k, (_, shown) in zip(table.candidates, needed, strict=True):
            assert shown == next(v for c, v in fits.items() if c == (table.batch_size, seq_len, k))


def test_of_a_long_list_first_last_and_some_between_are_shown():
    assert some_of(range(1, 101), 4) == (1, 34, 67, 100)
    assert some_of((1, 2), 4) == (1, 2)


def test_what_does_not_fit_stands_before_all_else_and_keeps_to_two_lines():
    checked = check({"batch_size": "1:64", "seq_len": "100:5000:100", "candidates": "1,64"}, "cpu")
    assert len(fit(checked.plan, 10 * GIB).misses) > 2

    def labels(free_bytes: int) -> list[str]:
        machine = Machine(cpu=CpuFacts("C", free_bytes=free_bytes))
        return [line.label for line in plan_summary(checked, machine, "cpu", ()).lines]

    assert labels(10 * GIB) == ["no room", "no room", "cells", "time", "memory", "depth"]
    assert labels(2000 * GIB) == ["cells", "time", "memory", "depth"]
