"""A model's weights: a checkpoint's own, copied from its safetensors, or random ones of a seed."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file

from specprof.errors import EnvironmentProblem
from specprof.measure.llama import build_llama

from .conftest import small_plan

CPU = torch.device("cpu")
TINY = small_plan().model


def _built(seed=0, **changes):
    shape = TINY.model_copy(update=changes)
    return build_llama(shape, attention="sdpa", dtype=torch.float32, device=CPU, seed=seed)


def _weights(model):
    return {name: parameter.clone() for name, parameter in model.named_parameters()}


@pytest.fixture
def folder(tmp_path):
    """A checkpoint of other weights, in two files: odd names here, even ones there."""
    weights = _weights(_built(seed=7))
    halves = {"one.safetensors": {}, "two.safetensors": {}}
    for index, (name, tensor) in enumerate(weights.items()):
        halves[list(halves)[index % 2]][name] = tensor
    _write(tmp_path, halves)
    return tmp_path


def _write(folder, files):
    for file, tensors in files.items():
        save_file(tensors, folder / file)
    listed = {name: file for file, tensors in files.items() for name in tensors}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": listed}))


def _from(folder, **changes):
    return _built(has_weights=True, checkpoint=str(folder), **changes)


def test_every_weight_of_a_checkpoint_is_its_own(folder):
    expected, found = _weights(_built(seed=7)), _weights(_from(folder))
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


def test_of_a_checkpoint_only_the_layers_that_are_measured_are_read(folder):
    found, expected = _weights(_from(folder, layers_measured=1)), _weights(_built(seed=7))
    assert sum("layers." in name for name in found) == 9
    assert all(torch.equal(found[name], expected[name]) for name in found)


def test_a_head_tied_to_the_embedding_is_the_embedding(folder):
    model = _from(folder, tie_word_embeddings=True)
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert torch.equal(model.lm_head.weight, _built(seed=7).model.embed_tokens.weight)


@pytest.mark.parametrize("change", ["gone", "another shape"])
def test_a_checkpoint_that_has_changed_since_it_was_checked_is_refused_by_the_weights_name(tmp_path, change):
    weights = _weights(_built(seed=7))
    name = "model.layers.1.mlp.up_proj.weight"
    if change == "gone":
        del weights[name]
    else:
        weights[name] = torch.zeros(3, 3)
    _write(tmp_path, {"one.safetensors": weights})
    with pytest.raises(EnvironmentProblem, match=rf"{name} is not as it was"):
        _from(tmp_path)


def test_random_weights_are_those_of_the_seed_and_never_zeros():
    first, again, other = _weights(_built(seed=1)), _weights(_built(seed=1)), _weights(_built(seed=2))
    for name, tensor in first.items():
        assert torch.equal(tensor, again[name])
        if name.endswith("norm.weight"):
            assert bool((tensor == 1).all())
        else:
            assert not torch.equal(tensor, other[name])
            assert float(tensor.std()) == pytest.approx(0.02, rel=0.15)
