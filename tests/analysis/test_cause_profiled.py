"""What profiled steps say of a cliff: kernels by name, parts by their milliseconds, and nothing more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from run.streams import Story, build_record

from specprof.analysis.acceptance import LogFit
from specprof.analysis.findings import Finding
from specprof.analysis.findings.cause import cause_of_cliff
from specprof.analysis.opened import Run
from specprof.analysis.setting import Setting, setting_of
from specprof.plan.plan import Cell
from specprof.plan.presets import PRESETS
from specprof.run.breakdown import Breakdown, Kernel, Part

GPU = Setting(
    shape=PRESETS["llama-7b"], value_bytes=2, on_gpu=True, workload="full", attention="sdpa", breakdowns={}
)


def step(linear_ms: float, attention_ms: float = 1.0, gaps_ms: float = 0.0, **kernels: str) -> Breakdown:
    """One profiled step; `linear="gemm"` names the kernel that took longest in a part."""
    parts: tuple[Part, ...] = ("linear", "attention", "elementwise", "head")
    named = [Kernel(name=kernels[part], part=part, ms=1.0, calls=1) for part in parts if part in kernels]
    return Breakdown(
        linear_ms=linear_ms,
        attention_ms=attention_ms,
        elementwise_ms=1.0,
        head_ms=1.0,
        gaps_ms=gaps_ms,
        total_ms=linear_ms + attention_ms + 2.0 + gaps_ms,
        kernels=named,
    )


def cause(
    *pairs: tuple[Breakdown, Breakdown], after: int = 80, setting: Setting = GPU, more: tuple[int, ...] = ()
) -> Finding:
    """Of a cliff from 64 candidates at batch 4; the pairs are at seq_len 128, 256, … and `more` has none."""
    lengths = [128 << index for index in range(len(pairs))]
    found = {}
    for seq_len, (old, new) in zip(lengths, pairs, strict=True):
        found |= {Cell(4, seq_len, 64): old, Cell(4, seq_len, after): new}
    return cause_of_cliff(replace(setting, breakdowns=found), 4, [*lengths, *more], 64, after)


def test_each_part_whose_longest_kernel_changes_is_named_with_what_the_parts_grew_by() -> None:
    """16 to 24 ms: linear 6 of 8 ms, attention 2 of 8 ms."""
    found = cause(
        (step(13.0, 1.0, linear="a", attention="c"), step(19.0, 3.0, linear="b", attention="d")), more=(512,)
    )
    assert found.text == (
        "Likely cause of the cliff between 64 and 80 candidates at batch 4: the linear kernel changes from a "
        "to b at seq_len 128, the attention kernel from c to d at seq_len 128; profiled once at seq_len 128, "
        "linear grows from 13.0 to 19.0 ms, 75 % of the step's growth; attention from 1.00 to 3.00 ms, 25 %"
    )
    assert found.certainty == "suggestive"  # one profile of each has no interval
    assert "profiled once" in found.basis
    assert (found.numbers["linear_before_ms"], found.numbers["linear_after_ms"]) == (13.0, 19.0)
    assert (found.numbers["step_before_ms"], found.numbers["step_after_ms"]) == (16.0, 24.0)


def test_a_kernel_that_changes_everywhere_is_said_without_the_places() -> None:
    pair = step(13.0, linear="a"), step(19.0, linear="b")
    assert "from a to b;" in cause(pair, pair).text
    alike = cause((step(13.0, linear="a"), step(19.0, linear="a")))
    assert "changes" not in alike.text
    assert alike.basis == "inferred from the shapes; profiled once, no kernel is seen to change"


def test_parts_differ_in_the_lengths_at_which_their_kernel_changes() -> None:
    short = step(13.0, linear="a", attention="c"), step(19.0, linear="b", attention="c")
    long = step(13.0, linear="a", attention="c"), step(19.0, linear="b", attention="d")
    assert "linear kernel changes from a to b, the attention kernel from c to d at seq_len 256" in (
        cause(short, long).text
    )


def test_another_kernel_in_a_part_that_did_not_grow_is_no_cause() -> None:
    found = cause((step(13.0, linear="a", attention="c"), step(19.0, linear="a", attention="d")))
    assert found.text.startswith(
        "Where the cliff between 64 and 80 candidates at batch 4 begins is not known"
    )
    assert (
        "; the attention kernel changes from c to d; profiled once at seq_len 128, linear grows" in found.text
    )
    assert found.certainty == "within noise"
    likely = cause((step(13.0, attention="c"), step(19.0, attention="d")), after=65)
    assert likely.text.startswith("Likely cause")
    assert likely.certainty == "suggestive"


@pytest.mark.parametrize(
    ("linear_ms", "words"), [(13.5, "16.0 to 16.5 ms"), (9.0, "16.0 to 12.0 ms")], ids=["grew", "shrank"]
)
def test_a_step_without_clear_growth_makes_no_kernel_the_cause(linear_ms: float, words: str) -> None:
    """The shapes are told as without profiles, and the kernel is named beside them."""
    pair = step(13.0, linear="a"), step(linear_ms, linear="b")
    tail = f"; the linear kernel changes from a to b; profiled once at seq_len 128, the step takes {words}"
    found = cause(pair)
    assert found.text.startswith(
        "Where the cliff between 64 and 80 candidates at batch 4 begins is not known"
    )
    assert found.text.endswith(f"{tail}: no clear growth")
    assert found.certainty == "within noise"
    shapes = cause(pair, after=65)
    assert "the 257th row opens a second 256-row tile" in shapes.text
    assert shapes.text.endswith(f"{tail}: no clear growth")
    assert shapes.basis == "inferred from the shapes; profiled once"


def ranked(**kernels: float) -> Breakdown:
    """One step whose linear kernels took so long, in this order."""
    named = [Kernel(name=name, part="linear", ms=ms, calls=1) for name, ms in kernels.items()]
    return step(sum(kernels.values())).model_copy(update={"kernels": named})


def test_two_kernels_that_swap_ranks_are_no_change_of_kernels() -> None:
    """Both ran on both sides, and both grew."""
    found = cause((ranked(gemm_qkv=5.01, gemm_mlp=4.99), ranked(gemm_mlp=7.01, gemm_qkv=6.99)))
    assert "gemm" not in found.text
    assert "linear grows from 10.0 to 14.0 ms, 100 % of the step's growth" in found.text
    assert found.basis == "inferred from the shapes; profiled once, no kernel is seen to change"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"a": 5.0, "b": 4.0}, {"b": 14.0}),
        ({"a": 9.0}, {"b": 10.0, "a": 4.0}),
        ({"a": 9.0}, {"b": 14.0}),
    ],
    ids=["the old one went", "the new one came", "both"],
)
def test_a_kernel_changes_where_one_of_the_two_came_or_went(
    old: dict[str, float], new: dict[str, float]
) -> None:
    assert "the linear kernel changes from a to b;" in cause((ranked(**old), ranked(**new))).text


def test_a_kernel_of_the_same_name_in_another_part_is_not_in_both() -> None:
    """A library calls projections and head by the same kernels."""
    here = Kernel(name="b", part="head", ms=1.0, calls=1)
    old, new = ranked(a=9.0), ranked(b=14.0, a=1.0)
    old = old.model_copy(update={"kernels": [*old.kernels, here]})
    assert "the linear kernel changes from a to b;" in cause((old, new)).text


def test_what_the_parts_grew_by_is_said_without_a_change_of_kernels_too() -> None:
    """16 to 24 ms, of which the gaps are 6."""
    found = cause((step(13.0, 1.0, 0.0), step(15.0, 1.0, 6.0)), after=65)
    assert "the 257th row opens a second 256-row tile; " in found.text
    assert found.text.endswith(
        "; profiled once at seq_len 128, gaps grow from 0 to 6.00 ms, 75 % of the step's growth; "
        "linear from 13.0 to 15.0 ms, 25 %"
    )


def test_a_part_that_grew_by_more_than_the_step_is_not_given_more_than_all() -> None:
    assert "grows from 13.0 to 20.0 ms, all and more of the step's growth" in (
        cause((step(13.0, 3.0), step(20.0, 1.0))).text
    )


def test_of_several_lengths_the_steepest_profiled_one_is_told() -> None:
    gentle, steep = (step(13.0), step(15.0)), (step(13.0), step(19.0))
    assert cause(gentle, steep).numbers["profiled_seq_len"] == 256.0
    assert cause(steep, gentle).numbers["profiled_seq_len"] == 128.0


def test_a_slice_says_that_it_is_one() -> None:
    sliced = replace(GPU, shape=GPU.shape.model_copy(update={"layers_measured": 2}))
    assert "profiled once, 2 of 32 layers, at seq_len 128" in (
        cause((step(13.0), step(19.0)), setting=sliced).text
    )


def test_a_kernel_s_name_is_cleaned_and_long_ones_are_cut_to_what_tells_them_apart() -> None:
    text = cause((step(13.0, linear="a\x1b[2J"), step(19.0, linear="b" * 500))).text
    assert "\x1b" not in text
    assert "b" * 200 not in text
    long = "void cutlass::" + "x" * 300
    text = cause((step(13.0, linear=long + "64x128"), step(19.0, linear=long + "128x256"))).text
    assert "64x128 to …" in text
    assert "128x256;" in text


def test_one_cell_of_the_two_profiled_tells_nothing() -> None:
    found = cause_of_cliff(replace(GPU, breakdowns={Cell(4, 128, 64): step(13.0)}), 4, [128], 64, 80)
    assert "profiled" not in found.text
    assert found.basis == "inferred from the shapes, no kernel name was recorded"


@pytest.mark.parametrize("on_gpu", [True, False])
def test_a_run_with_breakdowns_hands_them_on(on_gpu: bool) -> None:
    record = build_record(Story(on_gpu=on_gpu))
    assert setting_of(record).breakdowns[Cell(1, 512, 64)].longest("attention") == "attention_128"
    assert not setting_of(build_record(Story(profiled=False))).breakdowns


def test_the_cause_of_a_made_up_run_is_the_kernel_that_it_made_up() -> None:
    """At seq_len 8192 attention takes 13 ms with 16 candidates, 52 with 64, and by another kernel."""
    record = build_record(Story(seq_lens=(8192,), candidates=(1, 15, 16, 64)))
    causes = [one for one in Run.of(record).findings(LogFit(a=0.0)) if one.kind == "cliff-cause"]
    assert [one.certainty for one in causes] == ["suggestive"]
    assert "the attention kernel changes from attention_64 to attention_128" in causes[0].text
    assert "attention grows from 13.1 to 52.4 ms, 100 % of the step's growth" in causes[0].text
