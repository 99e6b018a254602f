"""Two checkpoints that may be counted with, and what of a config changes the text a model writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specprof.errors import EnvironmentProblem, UsageProblem
from specprof.plan.draft_pair import decodes, draft_pair

from .conftest import Checkpoint

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


@pytest.fixture
def whole(checkpoint: Checkpoint) -> Checkpoint:
    checkpoint.single()
    return checkpoint


def test_a_config_without_weights_has_no_acceptance(checkpoint):
    with pytest.raises(EnvironmentProblem, match=r"--model: .* has a config.json and no weights"):
        draft_pair(str(checkpoint.folder), str(checkpoint.folder))


def test_vocabularies_of_different_sizes_are_refused_with_both(whole: Checkpoint, tmp_path: Path):
    other = Checkpoint(tmp_path / "other")
    other.config(vocab_size=40)
    other.tensors |= {"model.embed_tokens.weight": [40, 16], "lm_head.weight": [40, 16]}
    other.single()
    with pytest.raises(EnvironmentProblem, match="vocabulary of 32 tokens and --draft one of 40"):
        draft_pair(str(whole.folder), str(other.folder))


def test_noise_is_the_target_itself(whole: Checkpoint):
    pair = draft_pair(str(whole.folder), "noisy:0.25")
    assert (pair.draft, pair.noise, pair.draft_name) == (pair.target, 0.25, "noisy:0.25")


@pytest.mark.parametrize("size", ["", "x", "-1", "nan", "inf"])
def test_noise_has_a_size(whole: Checkpoint, size):
    with pytest.raises(UsageProblem, match="no size of noise"):
        draft_pair(str(whole.folder), f"noisy:{size}")


@pytest.mark.parametrize("field", ["rope_scaling", "rope_parameters"])
def test_scaled_rotary_positions_are_kept(whole: Checkpoint, field):
    whole.config(**{field: LLAMA3})
    assert decodes(str(whole.folder), "--model").rope == {**LLAMA3, "rope_theta": 10000.0}


def test_plain_rotary_positions_have_their_base_alone(whole: Checkpoint):
    assert decodes(str(whole.folder), "--model").rope == {"rope_type": "default", "rope_theta": 10000.0}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "scaled by 'dynamic'"),
        ({"rope_scaling": {"rope_type": 3}}, "scaled by 3"),
        ({"rope_scaling": {**LLAMA3, "factor": "8"}}, "factor of the rotary scaling is '8'"),
        ({"rope_scaling": {"type": "linear"}}, "factor of the rotary scaling is None"),
        ({"hidden_act": "gelu"}, "hidden_act is 'gelu'"),
        ({"eos_token_id": "2"}, "eos_token_id is no token"),
    ],
)
def test_what_would_write_another_text_is_refused(whole: Checkpoint, changes, said):
    whole.config(**changes)
    with pytest.raises(EnvironmentProblem, match=said):
        decodes(str(whole.folder), "--model")


def test_end_tokens_are_those_of_generation_where_it_names_any(whole: Checkpoint):
    whole.config(eos_token_id=2)
    assert decodes(str(whole.folder), "--model").ends == (2,)
    generation = whole.folder / "generation_config.json"
    generation.write_text(json.dumps({"eos_token_id": [2, 5]}))
    assert decodes(str(whole.folder), "--model").ends == (2, 5)
    generation.write_text("{}")
    assert decodes(str(whole.folder), "--model").ends == (2,)
