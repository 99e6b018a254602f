"""Rotary positions as a checkpoint scales them: the logits are those of transformers' own model."""

from __future__ import annotations

import json

import pytest
import torch
from transformers import LlamaForCausalLM

from specprof.measure.decoding.workload import decoder_of
from specprof.measure.llama import build_llama
from specprof.measure.positions import scale_positions

from .conftest import small_plan
from .test_row_sweep import EVEN, ROW, ScriptedClock, Stage

CPU = torch.device("cpu")
PLAIN = {"rope_type": "default", "rope_theta": 10000.0}
SCALED = {
    "another base": {"rope_type": "default", "rope_theta": 500.0},
    "linear": {**PLAIN, "rope_type": "linear", "factor": 4.0},
    "llama3": {
        **PLAIN,
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    },
}
IDS = torch.arange(2 * 40).reshape(2, 40) % 256


def _built():
    return build_llama(small_plan().model, attention="sdpa", dtype=torch.float32, device=CPU, seed=3)


def _logits(model):
    return model(input_ids=IDS).logits


@pytest.mark.parametrize("name", SCALED)
def test_a_model_with_scaled_positions_is_transformers_own(name):
    rope = SCALED[name]
    model, plain = _built(), _logits(_built())
    config = model.config.__class__(**{**model.config.to_dict(), "rope_parameters": dict(rope)})
    theirs = LlamaForCausalLM(config).eval()
    theirs.load_state_dict(model.state_dict())
    scale_positions(model, rope)
    torch.testing.assert_close(_logits(model), _logits(theirs), rtol=1e-5, atol=1e-5)
    assert (_logits(model) - plain).abs().max() > 1e-3
    scale_positions(model, PLAIN)
    torch.testing.assert_close(_logits(model), plain)


def test_what_decodes_has_the_positions_of_its_checkpoint(tmp_path):
    stage = Stage(ScriptedClock(EVEN))
    scaling = {name: value for name, value in SCALED["llama3"].items() if name != "rope_theta"}
    (tmp_path / "config.json").write_text(json.dumps({"rope_scaling": scaling}))
    shape = stage.plan.model.model_copy(update={"checkpoint": str(tmp_path), "rope_theta": 10000.0})
    stage.bench.plan = stage.plan.model_copy(update={"model": shape})
    stage.bench.workload.open_row(ROW)
    decoder_of(stage.bench)
    found = stage.bench.workload.model.config.rope_parameters
    assert {name: found[name] for name in SCALED["llama3"]} == SCALED["llama3"]
