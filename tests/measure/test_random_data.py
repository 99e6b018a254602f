"""Weights and caches are random and never zero: a product with zeros is faster than with data."""

from __future__ import annotations

import torch

from specprof.measure.random_data import fill_random


def test_every_value_is_written_and_none_is_zero_in_bulk():
    tensor = torch.full((3, 1 << 20), float("nan"))
    fill_random(tensor, torch.Generator().manual_seed(1), 0.02)
    assert torch.isfinite(tensor).all()
    assert (tensor == 0).float().mean() < 1e-6
    assert abs(float(tensor.std()) - 0.02) < 1e-4


def test_rows_of_a_matrix_differ():
    tensor = torch.empty(1024, 4096)
    fill_random(tensor, torch.Generator().manual_seed(1))
    assert not torch.equal(tensor[0], tensor[256])


def test_the_same_seed_gives_the_same_values():
    first, second = torch.empty(5000), torch.empty(5000)
    for tensor in (first, second):
        fill_random(tensor, torch.Generator().manual_seed(7))
    assert torch.equal(first, second)
