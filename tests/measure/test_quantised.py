"""Quantised weights: torchao's, of the layers' projections alone, in the bytes that are predicted."""

from __future__ import annotations

import sys

import pytest
import torch

from specprof.errors import EnvironmentProblem
from specprof.measure import llama
from specprof.measure.llama import build_llama
from specprof.measure.quantized import dequantised, quantize_layers, stored_bytes
from specprof.plan.memory import weight_bytes
from specprof.plan.presets import DRAFT_PRESETS, PRESETS
from specprof.plan.projections import Projection, projections, quantised_bytes

from .conftest import small_plan

CPU = torch.device("cpu")
TINY = small_plan().model


def _built(quantization=None, *, shape=TINY, dtype=torch.float32, device=CPU):
    return build_llama(shape, attention="sdpa", dtype=dtype, device=device, seed=3, quantization=quantization)


@pytest.fixture
def torchao():
    try:
        import torchao.quantization as found
    except Exception as error:  # one made for another torch fails with whatever that torch lacks
        pytest.skip(f"torchao cannot be imported: {error}")
    return found


def _logits(model, device=CPU):
    ids = torch.randint(0, 256, (2, 9), generator=torch.Generator().manual_seed(1))
    return model(input_ids=ids.to(device)).logits.float()


def _relative(found, expected):
    return float((found - expected).norm() / expected.norm())


def _bytes(model):
    """Bytes of all parameters as they are stored."""
    return sum(stored_bytes(parameter) for parameter in model.parameters())


# int8, for real


def test_int8_logits_are_near_the_unquantised_ones_and_not_the_same(torchao):
    # rounding to 1/127 of a row's largest weight: about 0.8 % of a weight's standard deviation each
    assert 1e-4 < _relative(_logits(_built("int8")), _logits(_built())) < 3e-2


def test_it_is_the_same_models_weights_that_are_quantised(torchao):
    plain, quantised = _built(), _built("int8")
    for layer, other in zip(plain.model.layers, quantised.model.layers, strict=True):
        for kind in ("q_proj", "o_proj"):
            weight = getattr(other.self_attn, kind).weight
            assert _relative(weight.dequantize(), getattr(layer.self_attn, kind).weight) < 2e-2


@pytest.mark.parametrize("name", ["tiny", "llama-68m"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_int8_weights_take_the_bytes_that_are_predicted(torchao, name, dtype):
    shape = {**PRESETS, **DRAFT_PRESETS}[name]
    plan = small_plan(model=shape, dtype=dtype, quantization="int8")
    found = _bytes(_built("int8", shape=shape, dtype=getattr(torch, dtype)))
    assert found == pytest.approx(weight_bytes(plan), rel=0.02)
    assert found < 0.9 * _bytes(_built(shape=shape, dtype=getattr(torch, dtype)))


def test_a_layers_projections_take_a_quarter_of_float32():
    expected = sum(quantised_bytes(one, "int8") for one in projections(TINY))
    whole = sum(4 * one.weights for one in projections(TINY))
    assert 0.25 < expected / whole < 0.28


def test_embedding_norms_and_head_are_left_as_they_are(torchao):
    plain, quantised = _built(), _built("int8")
    quantised_names = {
        name for name, parameter in quantised.named_parameters() if type(parameter) is not torch.nn.Parameter
    }
    assert len(quantised_names) == 3 * 7
    assert all("_proj.weight" in name for name in quantised_names)
    for name, parameter in plain.named_parameters():
        if name not in quantised_names:
            assert torch.equal(parameter, quantised.get_parameter(name))


def test_biases_and_a_tied_head_are_left_as_they_are(torchao):
    shape = TINY.model_copy(update={"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": True})
    quantised = _built("int8", shape=shape)
    assert quantised.lm_head.weight is quantised.model.embed_tokens.weight
    assert 1e-4 < _relative(_logits(quantised), _logits(_built(shape=shape))) < 3e-2
    plan = small_plan(model=shape, quantization="int8")
    assert _bytes(quantised) == pytest.approx(weight_bytes(plan), rel=0.02)


def test_a_layer_is_quantised_before_the_next_one_is_there(torchao, monkeypatch):
    seen = []

    def quantize(layer, quantization, device):
        quantize_layers(layer, quantization, device)
        seen.append([one.self_attn.q_proj.weight.is_meta for one in models[0].model.layers])

    models = []
    real = llama.LlamaForCausalLM
    monkeypatch.setattr(llama, "LlamaForCausalLM", lambda config: models.append(real(config)) or models[0])
    monkeypatch.setattr(llama, "quantize_layers", quantize)
    _built("int8")
    assert seen == [[False, True, True], [False, False, True], [False, False, False]]


def test_the_compilers_settings_stay_as_they_were(torchao, monkeypatch):
    import torch._inductor.config as inductor

    monkeypatch.setattr(inductor, "coordinate_descent_tuning", False)
    _built("int8")
    assert not inductor.coordinate_descent_tuning


def test_a_weight_without_a_way_back_is_read_by_its_products(torchao, monkeypatch):
    weight = _built("int8").model.layers[0].mlp.down_proj.weight
    expected = weight.dequantize()
    monkeypatch.setattr(type(weight), "dequantize", torch.Tensor.dequantize)
    assert torch.allclose(dequantised(weight), expected, rtol=1e-6, atol=0)


def test_a_plain_weight_stands_for_itself():
    weight = torch.randn(3, 5, dtype=torch.bfloat16)
    assert torch.equal(dequantised(weight), weight.float())


# What torchao stores, without a GPU


@pytest.fixture
def fake_capability(monkeypatch):
    """A made-up GPU of compute capability 9.0: torchao asks before it packs, here on no device at all."""
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: (9, 0))


@pytest.mark.parametrize("name", ["llama-7b", "llama-2-70b", "llama-3-8b"])
def test_int4_weights_would_take_the_bytes_that_are_predicted(torchao, fake_capability, name):
    for one in set(projections(PRESETS[name])):
        linear = torch.nn.Linear(one.inputs, one.outputs, bias=False, dtype=torch.bfloat16, device="meta")
        config = torchao.Int4WeightOnlyConfig(
            group_size=128, int4_packing_format="tile_packed_to_4d", set_inductor_config=False
        )
        torchao.quantize_(linear, config)
        assert stored_bytes(linear.weight) == quantised_bytes(one, "int4")


def test_fp8_weights_would_take_the_bytes_that_are_predicted(torchao):
    one = Projection("up_proj", 176, 64)
    weight = torch.randn(one.outputs, one.inputs, dtype=torch.bfloat16)
    stored = torchao.Float8Tensor.from_hp(weight, granularity=torchao.PerRow())
    assert stored_bytes(stored) == quantised_bytes(one, "fp8")


# What cannot be


def refusal(quantization, device=CPU, shape=TINY):
    """What is said where `quantization` cannot be: an environment's fault with a remedy, in one line."""
    with pytest.raises(EnvironmentProblem) as caught:
        _built(quantization, shape=shape, device=device)
    assert caught.value.exit_code == 3
    assert caught.value.remedy
    assert "\n" not in str(caught.value)
    return caught.value


def test_without_torchao_it_is_said_how_to_install_it_and_nothing_else_needs_it(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchao"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torchao", None)
    problem = refusal("int8")
    assert "torchao" in problem.what
    assert problem.remedy == "pip install 'specprof[quantization]'"
    assert _logits(_built()).isfinite().all()


def test_a_torchao_made_for_another_torch_is_an_environment_problem(torchao, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchao.quantization", object())
    monkeypatch.setattr(sys.modules["torchao"], "quantization", object())
    problem = refusal("int8")
    assert "torchao cannot be used with this torch" in problem.what
    assert "Int8WeightOnlyConfig" in problem.what


def test_what_torchao_refuses_is_said_in_its_own_words(torchao, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("no such \x1b[31mkernel\nand more")

    monkeypatch.setattr(torchao, "quantize_", refuse)
    assert refusal("int8").what == "torchao refuses int8 weights here: AssertionError: no such [31mkernel"


def test_a_projection_that_torchao_passes_over_is_named(torchao, monkeypatch):
    monkeypatch.setattr(torchao, "quantize_", lambda *args, **kwargs: None)
    assert "torchao leaves self_attn.q_proj of (64, 64) as it is" in refusal("int8").what


def test_out_of_memory_stays_what_it_is(torchao, monkeypatch):
    def fail(*args, **kwargs):
        raise torch.OutOfMemoryError("no room")

    monkeypatch.setattr(torchao, "quantize_", fail)
    with pytest.raises(torch.OutOfMemoryError):
        _built("int8")


@pytest.mark.parametrize("quantization", ["int4", "fp8"])
def test_on_a_cpu_what_needs_cuda_is_refused(quantization):
    assert f"{quantization} weights need a CUDA device" in refusal(quantization).what


@pytest.mark.parametrize(
    ("quantization", "capability", "said"),
    [("int4", (7, 5), "need compute capability 8.0"), ("fp8", (8, 6), "need compute capability 8.9")],
)
def test_an_older_gpu_is_refused_with_both_capabilities(monkeypatch, quantization, capability, said):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device=None: capability)
    with pytest.raises(EnvironmentProblem) as caught:
        quantize_layers(torch.nn.Linear(16, 16), quantization, torch.device("cuda:0"))
    assert said in caught.value.what
    assert f"cuda:0 has {capability[0]}.{capability[1]}" in caught.value.what


# On a GPU


# twice what the same rounding gave for this model and seed where it was emulated on a CPU
@pytest.mark.gpu
@pytest.mark.parametrize(("quantization", "worst"), [("int8", 0.08), ("int4", 0.7), ("fp8", 0.28)])
def test_on_a_gpu_logits_and_bytes_are_as_on_paper(torchao, quantization, worst):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    device = torch.device("cuda")
    shape = PRESETS["llama-7b"].model_copy(update={"layers_measured": 2, "vocab_size": 256})
    plain, quantised = (
        _built(kind, shape=shape, dtype=torch.bfloat16, device=device) for kind in (None, quantization)
    )
    assert 1e-4 < _relative(_logits(quantised, device), _logits(plain, device)) < worst
    projection = quantised.model.layers[0].mlp.down_proj.weight
    assert _relative(dequantised(projection), plain.model.layers[0].mlp.down_proj.weight.float()) < 0.2
    plan = small_plan(model=shape, dtype="bfloat16", device="cuda", quantization=quantization)
    assert _bytes(quantised) == pytest.approx(weight_bytes(plan), rel=0.02)
