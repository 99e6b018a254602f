"""A draft pass computes what its publication says: against plain tensor algebra and transformers."""

from __future__ import annotations

import math

import pytest
import torch
from transformers import DynamicCache

from specprof.measure.cache_word import CACHE
from specprof.measure.drafters import build_drafter
from specprof.measure.drafters.eagle import Drafted
from specprof.measure.paper_block import PaperBlock
from specprof.measure.verify_step import FullModel
from specprof.plan.drafter import drafter_from
from specprof.plan.plan import Row
from specprof.plan.presets import PRESETS

from .conftest import small_plan

CPU = torch.device("cpu")
ROW = Row(2, 24)
TOLERANCE = 3e-6
SMALL = PRESETS["tiny"].model_copy(update={"vocab_size": 300, "rope_theta": 500.0, "rms_norm_eps": 1e-6})


def plan_for(text, attention="sdpa", kv_heads=2, **changes):
    drafter = drafter_from(text, {"small": SMALL}.get)
    return small_plan(attention, kv_heads, drafter=drafter, **changes)


def opened(text, attention="sdpa", kv_heads=2):
    """A drafter beside its target, with an open row."""
    plan = plan_for(text, attention, kv_heads)
    workload = FullModel(plan, torch.float32, CPU)
    drafter = build_drafter(plan, workload, torch.float32, CPU)
    drafter.open_row(ROW)
    return drafter, workload


def relative(found, expected):
    return float((found - expected).norm() / expected.norm())


# Medusa


def test_the_heads_of_medusa_equal_their_matrix_products():
    drafter, _ = opened("medusa:3")
    logits = drafter.step().run()
    assert logits.shape == (3, 2, 1, 256)
    for found, (weight, bias, projection) in zip(logits, drafter.heads, strict=True):
        x = drafter.hidden
        inner = x @ weight.T + bias
        expected = (x + inner / (1 + torch.exp(-inner))) @ projection.T
        assert relative(found, expected) < TOLERANCE
    assert relative(logits[0], logits[1]) > 0.1  # heads are not one another's copies


# EAGLE


def norm(x, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps)


def rotated(x, position, theta):
    """Rotary embedding of `[B, heads, tokens, D]`, all at one position, halves paired as Llama does."""
    half = x.shape[-1] // 2
    angle = position * theta ** (-torch.arange(half) / half)
    first, second = x[..., :half], x[..., half:]
    return torch.cat(
        (first * angle.cos() - second * angle.sin(), second * angle.cos() + first * angle.sin()), -1
    )


def eagle_features_by_hand(drafter, shape):
    """fc over embedding and feature, then a Llama layer without its first norm; siblings stay unseen."""
    before, layer = drafter.before, drafter.layer.layers[0]
    attention, mlp = layer.self_attn, layer.mlp
    joined = torch.cat((drafter.embedding.weight[before.ids], before.features), -1)
    x = joined @ drafter.fc.weight.T + drafter.fc.bias
    heads, kv_heads, width = shape.num_attention_heads, shape.num_key_value_heads, shape.head_dim
    tokens = x.shape[1]

    def split(projection, count):
        return (x @ projection.weight.T).view(ROW.batch_size, tokens, count, width).transpose(1, 2)

    query = rotated(split(attention.q_proj, heads), ROW.seq_len, shape.rope_theta)
    key = rotated(split(attention.k_proj, kv_heads), ROW.seq_len, shape.rope_theta)
    value = split(attention.v_proj, kv_heads)
    prefix = drafter.cache.layers[0]
    group = heads // kv_heads
    outputs = []
    for token in range(tokens):
        here = slice(token, token + 1)
        keys = torch.cat((prefix.keys[:, :, : ROW.seq_len], key[:, :, here]), 2)
        values = torch.cat((prefix.values[:, :, : ROW.seq_len], value[:, :, here]), 2)
        keys, values = keys.repeat_interleave(group, 1), values.repeat_interleave(group, 1)
        weights = torch.softmax(query[:, :, here] @ keys.transpose(-1, -2) / math.sqrt(width), -1)
        outputs.append(weights @ values)
    mixed = torch.cat(outputs, 2).transpose(1, 2).reshape(ROW.batch_size, tokens, heads * width)
    x = x + mixed @ attention.o_proj.weight.T
    inner = norm(x, shape.rms_norm_eps)
    gate = inner @ mlp.gate_proj.weight.T
    return x + (gate / (1 + torch.exp(-gate)) * (inner @ mlp.up_proj.weight.T)) @ mlp.down_proj.weight.T


@pytest.mark.parametrize("text", ["eagle:5", "eagle:1"])
@pytest.mark.parametrize("kv_heads", [4, 2])
def test_the_layer_of_eagle_equals_its_algebra(text, attention, kv_heads):
    drafter, workload = opened(text, attention, kv_heads)
    found = drafter.features()
    assert found.shape == (2, 10 if text == "eagle:5" else 1, 64)
    expected = eagle_features_by_hand(drafter, workload.plan.model)
    assert relative(found, expected) < TOLERANCE
    # at random weights the layer adds little to what fc gives: what it adds is compared too
    joined = torch.cat((drafter.embedding.weight[drafter.before.ids], drafter.before.features), -1)
    inside = joined @ drafter.fc.weight.T + drafter.fc.bias
    assert relative(found - inside, expected - inside) < 100 * TOLERANCE


def test_eagle_keeps_a_cache_of_its_own_that_does_not_grow():
    drafter, workload = opened("eagle:5")
    workload.open_row(ROW)
    (layer,) = drafter.cache.layers
    seen = []
    update = layer.update

    def watched(keys, values, *args, **kwargs):
        found = update(keys, values, *args, **kwargs)
        seen.append((keys.shape[-2], found[0].shape[-2]))
        return found

    layer.update = watched
    prefix = layer.keys[:, :, : ROW.seq_len].clone()
    drafter.step().run()
    drafter.step().run()
    assert seen == [(10, ROW.seq_len + 10)] * 2
    assert layer.get_seq_length() == ROW.seq_len
    assert torch.equal(layer.keys[:, :, : ROW.seq_len], prefix)
    assert all(layer.keys is not keys for keys, _ in workload.caches)


def test_eagle_shares_embedding_and_head_with_the_target_and_leaves_them_as_they_are():
    plan = plan_for("eagle:5")
    workload = FullModel(plan, torch.float32, CPU)
    before = {name: value.clone() for name, value in workload.model.named_parameters()}
    drafter = build_drafter(plan, workload, torch.float32, CPU)
    drafter.open_row(ROW)
    drafter.step().run()
    assert drafter.head is workload.model.lm_head
    assert drafter.embedding is workload.model.model.embed_tokens
    assert all(torch.equal(before[name], value) for name, value in workload.model.named_parameters())


@pytest.mark.parametrize("text", ["eagle:5", "eagle:1"])
def test_eagle_goes_on_with_the_best_paths_of_all(text):
    drafter, _ = opened(text)
    found = drafter.draft()
    assert isinstance(found, Drafted)
    features = drafter.features()
    for sequence in range(ROW.batch_size):
        logits = features[sequence] @ drafter.head.weight.T
        probabilities = logits - logits.exp().sum(-1, keepdim=True).log()
        every = [
            (float(probabilities[path, token] + drafter.before.scores[sequence, path]), path, token)
            for path in range(drafter.width)
            for token in range(256)
        ]
        best = sorted(every, reverse=True)[:10]
        assert found.ids[sequence].tolist() == [token for _, _, token in best]
        assert found.scores[sequence].tolist() == pytest.approx([score for score, _, _ in best], rel=1e-5)
        for taken, (_, path, _) in zip(found.features[sequence], best, strict=True):
            assert torch.equal(taken, features[sequence, path])


def test_beside_the_published_block_eagle_has_embedding_and_head_of_its_own():
    plan = plan_for("eagle:5", workload="paper-block")
    drafter = build_drafter(plan, PaperBlock(plan, torch.float32, CPU), torch.float32, CPU)
    drafter.open_row(ROW)
    output = drafter.step().run()
    assert output.shape == (2, 10, 64)
    assert torch.isfinite(output).all()
    assert drafter.head.weight.shape == drafter.embedding.weight.shape == (256, 64)


# A small Llama


@pytest.mark.parametrize("kv_heads", [4, 2])
def test_a_step_of_the_small_llama_equals_transformers_own_forward(attention, kv_heads):
    shape = SMALL.model_copy(update={"num_key_value_heads": kv_heads})
    plan = small_plan(attention, drafter=drafter_from("small:5", {"small": shape}.get))
    drafter = build_drafter(plan, None, torch.float32, CPU)
    drafter.open_row(ROW)
    found = drafter.step().run()
    assert found.shape == (2, 1, 300)
    again = drafter.step().run()
    assert torch.equal(found, again)  # the prefix has not grown
    cache = DynamicCache()
    for index, layer in enumerate(drafter.cache.layers):
        cache.update(
            layer.keys[:, :, : ROW.seq_len].clone(), layer.values[:, :, : ROW.seq_len].clone(), index
        )
    drafter.model.config._attn_implementation = "eager"
    expected = drafter.model(input_ids=drafter.ids, **{CACHE: cache}).logits
    assert relative(found, expected) < TOLERANCE
    assert cache.get_seq_length() == ROW.seq_len + 1


# All of them


@pytest.mark.parametrize("text", ["medusa:3", "eagle:5", "small:5"])
def test_its_weights_are_as_many_as_were_predicted_and_no_zeros(text):
    plan = plan_for(text)
    drafter = build_drafter(plan, FullModel(plan, torch.float32, CPU), torch.float32, CPU)
    if text == "medusa:3":
        weights = [tensor for head in drafter.heads for tensor in head]
    elif text == "eagle:5":
        layer = list(drafter.layer.layers.parameters())
        weights = [*layer, drafter.fc.weight, drafter.fc.bias]
    else:
        weights = list(drafter.model.parameters())
    assert sum(weight.numel() for weight in weights) == plan.drafter.parameters(plan.model)
    assert all(float(weight.std()) > 0.01 or bool((weight == 1).all()) for weight in weights)


@pytest.mark.parametrize("text", ["medusa:3", "eagle:5", "small:5"])
def test_a_row_can_be_closed_at_any_time_and_another_opened(text):
    plan = plan_for(text)
    drafter = build_drafter(plan, FullModel(plan, torch.float32, CPU), torch.float32, CPU)
    drafter.close_row()
    for row in (Row(1, 8), Row(3, 40)):
        drafter.open_row(row)
        output = drafter.step().run()
        assert row.batch_size in output.shape[:2]
        assert torch.isfinite(output).all()
        drafter.close_row()
        drafter.close_row()


def test_the_targets_weights_do_not_depend_on_the_drafter():
    with_one = FullModel(plan_for("eagle:5"), torch.float32, CPU)
    without = FullModel(small_plan(), torch.float32, CPU)
    assert torch.equal(with_one.model.lm_head.weight, without.model.lm_head.weight)
