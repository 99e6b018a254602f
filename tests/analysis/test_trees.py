"""Draft trees and models made of them, against published numbers, closed forms and all trees there are."""

import json
import os
from itertools import pairwise

import numpy as np
import pytest

from specprof.analysis.acceptance import Medusa, Sequoia, acceptance_from
from specprof.analysis.trees.accuracies import marginals, published, published_model, read_accuracies
from specprof.analysis.trees.greedy import greedy_tree
from specprof.analysis.trees.programme import programme_tokens, programme_tree
from specprof.analysis.trees.tree import Tree
from specprof.errors import RunFileProblem, UsageProblem

SEVEN = published_model("7b")


def all_trees(levels, size):
    """Every connected set of `size − 1` nodes below the root: grown one by one, from nothing."""
    found = {frozenset()}
    for _ in range(size - 1):
        grown = set()
        for tree in found:
            for parent in [(), *tree]:
                if len(parent) < len(levels):
                    children = ((*parent, rank) for rank in range(len(levels[len(parent)])))
                    grown.update(tree | {child} for child in children if child not in tree)
        found = grown
    return found


def best_by_brute_force(levels, size, depth=None):
    trees = all_trees(levels[:depth], size)
    return max((Tree(tuple(sorted(t, key=len))).expected_tokens(levels) for t in trees), default=1.0)


@pytest.mark.parametrize(("size", "tokens"), [(8, 2.04), (16, 2.21), (32, 2.32), (64, 2.38)])
def test_medusa_s_heads_give_the_published_tokens(size, tokens):
    assert round(greedy_tree(SEVEN, size).expected_tokens(SEVEN), 2) == tokens
    assert round(float(Medusa().expected_tokens(size)), 2) == tokens


def test_the_published_accuracies_are_probabilities_of_single_ranks():
    assert set(published()) == {"7b", "13b", "33b"}
    for levels in published().values():
        assert [len(level) for level in levels] == [5] * 5
        assert all(0 < value < 1 for level in levels for value in level)
        assert all(sum(level) < 1 for level in levels)
    assert marginals([[0.5, 0.7, 0.75]]) == (pytest.approx((0.5, 0.2, 0.05)),)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6])
def test_no_tree_beats_the_greedy_one_and_no_shallow_tree_the_programme_s(seed, size):
    random = np.random.default_rng(seed)
    levels = tuple(tuple((random.dirichlet(np.ones(4)) * 0.9)[:3].tolist()) for _ in range(3))
    greedy = greedy_tree(levels, size)
    assert greedy.size == size
    assert greedy.expected_tokens(levels) == pytest.approx(best_by_brute_force(levels, size))
    for depth in (1, 2, 3):
        best = best_by_brute_force(levels, min(size, sum(3**d for d in range(depth + 1))), depth)
        tree = programme_tree(levels, size, depth)
        assert tree.depth <= depth
        assert tree.size <= size
        assert tree.expected_tokens(levels) == pytest.approx(best)
        assert programme_tokens(levels, size, depth)[size] == pytest.approx(best)


def test_a_tree_is_connected_and_no_node_comes_before_its_parent():
    for tree in (greedy_tree(SEVEN, 64), programme_tree(SEVEN, 64, 4)):
        seen = {()}
        for path in tree.paths:
            assert path[:-1] in seen
            assert path not in seen
            seen.add(path)
        assert sum(tree.widths) == tree.size - 1
        assert len(tree.widths) == tree.depth


def test_guesses_that_are_not_in_order_are_taken_by_what_they_are_worth():
    levels = ((0.1, 0.6, 0.2),)
    assert greedy_tree(levels, 2).paths == ((1,),)
    assert programme_tree(levels, 3, 1).paths == ((1,), (2,))


def test_where_guesses_end_the_tree_is_smaller_and_more_candidates_add_nothing():
    levels = ((0.5, 0.2), (0.4,))
    assert greedy_tree(levels, 100).size == programme_tree(levels, 100, 2).size == 5
    found = Medusa(levels=levels, heads=2.0).expected_tokens([1, 2, 5, 100])
    np.testing.assert_allclose(found, [1, 1.5, 1 + 0.7 + 0.28, 1.98])


def test_a_chain_of_one_guess_per_depth_is_the_chain_model():
    levels = ((0.7,),) * 8
    for model in (Medusa(levels=levels, heads=8.0), Sequoia(levels=levels, depth=8.0)):
        np.testing.assert_allclose(
            model.expected_tokens([1, 2, 5, 9]), [(1 - 0.7**k) / 0.3 for k in (1, 2, 5, 9)]
        )
    assert Sequoia(levels=levels, depth=8.0).draft_depth([1, 2, 5]).tolist() == [0, 1, 4]
    assert Medusa(levels=levels, heads=8.0).draft_depth([1, 2, 5]).tolist() == [0, 1, 1]


def test_one_deep_the_best_tree_is_the_first_guesses():
    model = acceptance_from("sequoia:p=0.5/0.2/0.1,depth=1")
    np.testing.assert_allclose(model.expected_tokens([1, 2, 3, 4, 9]), [1, 1.5, 1.7, 1.8, 1.8])
    assert model.draft_depth([1, 2, 9]).tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    "text", ["medusa", "sequoia", "sequoia:p=0.6/0.2/0.08,depth=7", "medusa:model=33b,heads=3"]
)
def test_ten_thousand_counts_at_once(text):
    model = acceptance_from(text)
    counts = np.tile(np.arange(1, 101), 100)
    tokens = model.expected_tokens(counts)
    assert tokens.shape == counts.shape
    assert all(more >= tokens_ for tokens_, more in pairwise(tokens[:100]))
    assert np.isnan(model.expected_tokens([2.0, 1025.0])).tolist() == [False, True]


def test_fewer_heads_or_less_depth_expect_less():
    assert Medusa().with_parameter("heads", 1).expected_tokens(6) == pytest.approx(1.7799, abs=1e-9)
    assert Sequoia().with_parameter("depth", 1).expected_tokens(6) == pytest.approx(1.7799, abs=1e-9)
    assert acceptance_from("medusa:heads=2").expected_tokens(64) < Medusa().expected_tokens(64)


# Own accuracies


@pytest.mark.parametrize(
    "data", [[[0.5, 0.7], [0.4]], {"heads": [[0.5, 0.7], [0.4]]}, {"heads": {"mine": [[0.5, 0.7], [0.4]]}}]
)
def test_own_accuracies_are_read_in_each_form(tmp_path, data):
    path = tmp_path / "a,b.json"
    path.write_text(json.dumps(data))
    model = acceptance_from(f"medusa:heads=2,file={path}")
    np.testing.assert_allclose(model.expected_tokens([2, 3, 4]), [1.5, 1.7, 1.9])
    assert acceptance_from(model.text) == model


def test_of_several_models_one_is_chosen(tmp_path):
    path = tmp_path / "both.json"
    path.write_text(json.dumps({"heads": {"a": [[0.5]], "b": [[0.25]]}}))
    assert read_accuracies(path, "b") == ((0.25,),)
    with pytest.raises(UsageProblem, match="holds accuracies of a, b"):
        read_accuracies(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not JSON"),
        ("[[0.5, 0.4]]", "does not rise"),
        ("[[0.5, 1.1]]", "does not rise from 0 to at most 1"),
        ("[[-0.1]]", "does not rise"),
        ("[[NaN]]", "no number"),
        ("[[true]]", "no number"),
        ("[]", "no list of 1 to 16 heads"),
        ("[[]]", "no list of 1 to 64 numbers"),
        ("{}", "no list"),
        ("[" * 100_000, "is not JSON"),
        (json.dumps([[0.5]] * 17), "no list of 1 to 16 heads"),
    ],
)
def test_what_are_no_accuracies_is_said(tmp_path, text, says):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(RunFileProblem, match=says):
        read_accuracies(path)


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "pipe"])
def test_only_a_regular_file_is_read(tmp_path, device):
    if device == "pipe":
        device = str(tmp_path / "pipe")
        os.mkfifo(device)
    with pytest.raises(RunFileProblem, match="not a regular file"):
        read_accuracies(device)


def test_a_file_of_more_than_a_mebibyte_is_refused(tmp_path):
    path = tmp_path / "large.json"
    path.write_text("[[0.5]]" + " " * (1 << 20))
    with pytest.raises(RunFileProblem, match="larger than head accuracies are"):
        read_accuracies(path)


@pytest.mark.parametrize("text", ["medusa:heads=2.5", "sequoia:depth=2.5"])
def test_heads_and_passes_are_whole(text):
    with pytest.raises(UsageProblem, match=r"2\.5 is not a whole number"):
        acceptance_from(text)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(RunFileProblem, match="cannot read"):
        read_accuracies(tmp_path / "none.json")


def test_every_small_tree_is_tried_by_brute_force():
    # the number of trees of n nodes over 2 ranks and any depth: Catalan's, 1, 2, 5, 14
    levels = ((0.5, 0.3),) * 5
    assert [len(all_trees(levels, size)) for size in (1, 2, 3, 4)] == [1, 2, 5, 14]
