"""The tree chosen against measured latency, and its forms."""

import numpy as np
import pytest

from specprof.analysis.opened import Run
from specprof.analysis.trees.accuracies import published_model
from specprof.analysis.trees.choose import trees_of
from specprof.analysis.trees.forms import DynamicTree, dynamic_tree, medusa_choices
from specprof.analysis.trees.greedy import greedy_tree
from specprof.analysis.trees.programme import programme_tokens
from specprof.analysis.trees.tree import Tree
from specprof.plan.plan import Cell

from .synthetic import plan_of, record_of, with_verdict

SEVEN = published_model("7b")
COUNTS = (1, 16, 32, 64, 65, 96)


def run_of(latency, counts=COUNTS, batch_sizes=(2,)) -> Run:
    return Run.of(record_of(plan_of(batch_sizes=batch_sizes, candidates=counts), latency))


def test_the_best_tree_sits_just_below_the_edge_of_a_tile():
    # two tiles of 64 rows: the 65th candidate opens the second
    run = run_of(lambda cell: 10.0 * -(-cell.candidates // 64))
    for one in trees_of(run, SEVEN):
        assert one.tree.size == 64
        assert one.next_step == (65, pytest.approx(2.0))
        assert one.tokens == pytest.approx(2.3844, abs=1e-4)
        assert one.speedup.median == pytest.approx(one.tokens)
        # batch 2: both sequences' tokens count
        assert one.tokens_per_s.median == pytest.approx(2 * one.tokens / 0.010)
        assert one.second == (32, pytest.approx(2.3171, abs=1e-4))


def test_greedy_and_programme_agree_where_drafting_is_free():
    greedy, programme = trees_of(run_of(lambda cell: 10.0 + cell.candidates / 10), SEVEN)
    assert (greedy.method, programme.method) == ("greedy", "programme")
    assert greedy.tokens == pytest.approx(programme.tokens)
    assert greedy.tree.size == programme.tree.size


def test_the_programme_weighs_depth_against_what_a_pass_costs():
    run = run_of(lambda cell: 10.0, counts=(1, 8, 16))
    # each depth costs 0.3 of a step: E/(1 + 0.3 d) of the best trees of 16, by brute arithmetic
    _, programme = trees_of(run.with_draft("0.3"), SEVEN)
    rates = {
        (size, depth): programme_tokens(SEVEN, size, depth)[size] / (1 + 0.3 * depth)
        for size in (8, 16)
        for depth in range(1, 6)
    }
    best = max(rates, key=rates.__getitem__)
    assert programme.tree.depth == best[1] == 1
    assert programme.tree.size == 6  # heads offer five guesses: no more of 8 candidates can be used
    assert programme.speedup.median == pytest.approx(rates[best])


def test_what_is_not_trusted_is_not_chosen():
    run = run_of(lambda cell: 10.0)
    spoilt = Run.of(with_verdict(run.record, {Cell(2, 128, 96)}, "invalid"))
    assert {one.tree.size for one in trees_of(spoilt, SEVEN)} == {65}
    nothing = Run.of(with_verdict(run.record, {Cell(2, 128, 1)}, "invalid"))
    assert trees_of(nothing, SEVEN) == []


def test_rows_come_in_order_each_with_both_methods():
    found = trees_of(run_of(lambda cell: 10.0, batch_sizes=(1, 2, 4)), SEVEN)
    assert [(one.batch_size, one.method) for one in found] == [
        (size, method) for size in (1, 2, 4) for method in ("greedy", "programme")
    ]


# Forms


def test_medusa_choices_leave_the_root_out():
    tree = greedy_tree(SEVEN, 8)
    choices = medusa_choices(tree)
    assert len(choices) == 7
    assert [len(choice) for choice in choices] == sorted(len(choice) for choice in choices)


@pytest.mark.parametrize("size", [1, 2, 3, 8, 16, 64])
def test_the_box_holds_the_tree(size):
    tree = greedy_tree(SEVEN, size)
    box = dynamic_tree(tree)
    fans: dict[tuple[int, ...], int] = {}
    for path in tree.paths:
        fans[path[:-1]] = fans.get(path[:-1], 0) + 1
    assert box.depth == max(map(len, tree.paths), default=0)
    assert box.top_k >= max(fans.values(), default=0)
    assert box.total_tokens == tree.size <= box.depth * box.top_k + 1
    flags = box.sglang()
    if flags["speculative_eagle_topk"] == 1:
        assert flags["speculative_num_draft_tokens"] == flags["speculative_num_steps"] + 1
    else:
        assert flags["speculative_num_draft_tokens"] == size


def grown_by_an_engine(levels, box):
    """What EAGLE-2 keeps: behind the `top_k` best nodes of each depth `top_k` guesses, of all the best."""
    behind, offered = [(1.0, ())], []
    for level in levels[: box.depth]:
        new = [
            (value * level[rank], (*path, rank))
            for value, path in behind
            for rank in range(min(box.top_k, len(level)))
        ]
        offered += new
        behind = sorted(new, reverse=True)[: box.top_k]
    return 1 + sum(value for value, _ in sorted(offered, reverse=True)[: box.total_tokens - 1])


@pytest.mark.parametrize("levels", [SEVEN, ((0.6, 0.3),) * 12, ((0.9, 0.06),) * 16])
@pytest.mark.parametrize("size", [2, 8, 23, 31, 64])
def test_an_engine_that_grows_its_tree_in_the_box_finds_one_as_good(levels, size):
    tree = greedy_tree(levels, size)
    assert grown_by_an_engine(levels, dynamic_tree(tree)) == pytest.approx(tree.expected_tokens(levels))


def test_a_chain_is_a_tree_of_one_guess():
    chain = Tree(tuple((0,) * depth for depth in range(1, 5)))
    assert dynamic_tree(chain) == DynamicTree(total_tokens=5, depth=4, top_k=1)
    assert chain.widths == (1, 1, 1, 1)
    assert chain.branching == 1
    np.testing.assert_allclose(chain.expected_tokens(((0.5,),) * 4), 1.9375)
