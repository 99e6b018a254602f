"""The likely cause of a cliff: edges worked out by hand, kernels as recorded, and no more than is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.findings.cause import cause_of_cliff
from specprof.analysis.opened import Run, load
from specprof.analysis.setting import Setting, setting_of
from specprof.plan.presets import PRESETS
from specprof.plan.refinement import Refinement

from .synthetic import plan_of, record_of

GPU = Setting(
    shape=PRESETS["llama-7b"],
    value_bytes=2,
    on_gpu=True,
    workload="full",
    attention="sdpa",
    breakdowns={},
)
CPU = replace(GPU, on_gpu=False, value_bytes=4)


def test_the_fit_that_refinement_looks_for_the_peak_with_is_the_published_one() -> None:
    counts = [1, 2, 16, 112]
    assert [Refinement().tokens(k) for k in counts] == pytest.approx(PUBLISHED.expected_tokens(counts))


def test_a_row_past_a_tile_opens_another() -> None:
    """Batch 4: 16 candidates are 64 rows, 17 are 68: the 65th row lies in a second tile of 64."""
    found = cause_of_cliff(GPU, 4, [127], 16, 17)
    assert found.text == (
        "Likely cause of the cliff between 16 and 17 candidates at batch 4: tile edge, "
        "B·K goes from 64 to 68 rows: the 65th row opens a second 64-row tile"
    )
    assert (found.kind, found.certainty, found.seq_len) == ("cliff-cause", "suggestive", 127)
    assert (found.numbers["tile_rows"], found.numbers["tiles_after"]) == (64.0, 2.0)


@pytest.mark.parametrize(
    ("batch_size", "before", "said"),
    [
        (1, 16, "the 17th row opens a second 16-row tile"),
        (1, 48, "the 49th row opens a 4th 16-row tile"),
        (1, 96, "the 97th row opens a 4th 32-row tile"),
        (8, 64, "the 513th row opens a third 256-row tile"),
        (3, 21, "B·K goes from 63 to 66 rows: the 65th row opens a second 64-row tile"),
    ],
)
def test_the_largest_tile_that_fits_is_named(batch_size: int, before: int, said: str) -> None:
    assert said in cause_of_cliff(GPU, batch_size, [127], before, before + 1).text


def test_a_tile_that_every_count_crosses_explains_no_cliff() -> None:
    """Batch 32: every count opens another tile of 32 rows, every second one another of 64."""
    assert "the 65th row opens a second 64-row tile" in cause_of_cliff(GPU, 32, [127], 2, 3).text
    found = cause_of_cliff(GPU, 32, [127], 3, 4)
    assert found.text == (
        "No cause known for the cliff between 3 and 4 candidates at batch 32: "
        "B·K goes from 96 to 128 rows and crosses no multiple of 64; every count crosses one of 32"
    )
    assert found.certainty == "within noise"
    assert "96 to 128" not in cause_of_cliff(GPU, 32, [127], 2, 5).text
    beyond = cause_of_cliff(GPU, 256, [127], 2, 3).text
    assert beyond.endswith("B·K goes from 512 to 768 rows and every count crosses one of 256")
    assert "no edge of a tile that not every count crosses lies in there" in (
        cause_of_cliff(GPU, 256, [127], 2, 5).text
    )


def test_waves_are_counted_where_the_number_of_processors_is_known() -> None:
    """Gate and up are 11008 = 86 · 128 columns: 86 tiles are one wave of 108, twice as many are two."""
    found = cause_of_cliff(replace(GPU, sm_count=108), 4, [127], 16, 17)
    assert "with tiles of 64 × 128 the gate or up projection goes from 86 to 172 tiles" in found.text
    assert "1 wave to 2 on 108 SMs" in found.text
    assert (found.numbers["waves_before"], found.numbers["waves_after"]) == (1.0, 2.0)
    assert "wave" not in cause_of_cliff(GPU, 4, [127], 16, 17).text
    # head, 32000 columns, is 250 tiles; everything else fits twice
    assert (
        "head projection goes from 250 to 500"
        in cause_of_cliff(replace(GPU, sm_count=250), 4, [127], 16, 17).text
    )


def test_attention_s_blocks_of_queries_are_told_from_tiles_by_the_batch() -> None:
    assert "a second block of 64 queries per head" in cause_of_cliff(GPU, 4, [127], 64, 65).text
    assert "another batch size tells the two apart" in cause_of_cliff(GPU, 1, [127], 64, 65).text
    assert "another batch size" not in cause_of_cliff(GPU, 4, [127], 64, 65).text
    eager = replace(GPU, attention="eager")
    assert "block of 64 queries" not in cause_of_cliff(eager, 1, [127], 64, 65).text


def test_a_mask_that_is_no_multiple_of_eight_any_more_is_named() -> None:
    assert "S + K goes from 192 to one more, no multiple of 8" in cause_of_cliff(GPU, 4, [128], 64, 65).text
    assert "no multiple" not in cause_of_cliff(GPU, 4, [127], 64, 65).text
    assert "no multiple" not in cause_of_cliff(replace(GPU, attention="split"), 4, [128], 64, 65).text


def test_where_nothing_fits_no_cause_is_made_up() -> None:
    found = cause_of_cliff(GPU, 1, [128], 73, 74)
    assert found.text == (
        "No cause known for the cliff between 73 and 74 candidates at batch 1: "
        "B·K goes from 73 to 74 rows and crosses no multiple of 16"
    )
    assert found.certainty == "within noise"
    assert "Likely" not in cause_of_cliff(CPU, 1, [128], 73, 74).text


def test_a_cpu_has_blocks_and_a_cache_and_neither_waves_nor_tiles() -> None:
    found = cause_of_cliff(replace(CPU, sm_count=108), 1, [128], 64, 65)
    assert "blocking in the CPU's matrix products" in found.text
    assert "the 65th row opens a second 64-row block" in found.text
    assert found.text.startswith("Likely cause")
    assert not any(word in found.text for word in ("wave", "tile", "queries"))
    # 11008 values of 4 bytes are 43 KiB a row: 24 rows are 1.008 MiB, 23 are less than 1 MiB
    cached = replace(CPU, l2_bytes=1 << 20)
    assert "24 rows of 11008 values are 1.0 MiB, more than the cache" in (
        cause_of_cliff(cached, 1, [128], 23, 24).text
    )
    assert "cache" not in cause_of_cliff(cached, 1, [128], 24, 25).text


def test_an_edge_not_known_to_one_token_names_what_lies_in_the_gap_and_how_to_find_it() -> None:
    """Batch 4, 64 to 80: rows 256 to 320 hold the edges 256, 272, 288 and 304."""
    found = cause_of_cliff(GPU, 4, [128], 64, 80)
    assert found.text == (
        "Where the cliff between 64 and 80 candidates at batch 4 begins is not known to one token: in there "
        "lie the edge of 256-row tiles from 64 to 65 candidates (256 rows), the edge of 32-row tiles from 72 "
        "to 73 candidates (288 rows) and 2 smaller ones; specprof run --refine finds the count"
    )
    assert found.certainty == "within noise"
    assert "--refine finds" not in cause_of_cliff(replace(GPU, refined=True), 4, [128], 64, 80).text
    assert "no edge of a tile lies in there" in cause_of_cliff(GPU, 1, [128], 17, 30).text


def test_the_setting_is_the_record_s_own() -> None:
    record = record_of(plan_of(), lambda cell: 10.0)
    setting = setting_of(record)
    assert (setting.on_gpu, setting.value_bytes, setting.refined, setting.published) == (
        False,
        4,
        False,
        False,
    )
    assert not setting.breakdowns
    published = setting_of(load("medusa-llama-7b-bs4").record)
    assert (published.published, published.on_gpu) == (True, True)


def test_the_finding_stands_after_its_cliff() -> None:
    plan = plan_of(candidates=(1, 16, 32, 64, 65, 80))
    record = record_of(plan, lambda cell: 10.0 if cell.candidates <= 64 else 15.0)
    findings = Run.of(record).findings()
    at = next(i for i, finding in enumerate(findings) if finding.kind == "cliff")
    assert findings[at].numbers["to_candidates"] == 65
    assert findings[at + 1].kind == "cliff-cause"
    assert "the 65th row opens a second 64-row block" in findings[at + 1].text
