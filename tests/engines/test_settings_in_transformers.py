"""The settings for transformers, in transformers: where it reads them from, and that K is what they say."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from analysis.synthetic import plan_of, record_of

from specprof.analysis.acceptance import Chain
from specprof.analysis.opened import Run
from specprof.analysis.schedule import schedule_of
from specprof.engines.registry import settings_for
from specprof.engines.settings import Asked

PROGRAM = """
import json, sys, torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM
settings = json.loads(sys.argv[1])
GenerationConfig.from_dict(settings).validate(strict=True)
torch.manual_seed(0)
shape = dict(vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
             max_position_embeddings=128, eos_token_id=None, bos_token_id=1, pad_token_id=0)
target, assistant = (LlamaForCausalLM(LlamaConfig(**shape)).eval() for _ in range(2))
assistant.load_state_dict(target.state_dict())
owner = {"assistant": assistant, "target": target}[sys.argv[2]]
owner.generation_config.update(**settings)
widths = []
target.model.register_forward_pre_hook(
    lambda module, args, kwargs: widths.append(kwargs["input_ids"].shape[1]), with_kwargs=True)
target.generate(torch.tensor([[1, 2, 3]]), assistant_model=assistant, max_new_tokens=40, do_sample=False)
print(json.dumps(widths))
"""


def verified(paste: str, owner: str) -> list[int]:
    """Tokens in each of the target's forward passes but the first, which holds the prompt too."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, paste, owner],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    widths: list[int] = json.loads(done.stdout.strip().splitlines()[-1])
    return widths[1:]


@pytest.mark.slow
def test_the_target_verifies_k_candidates_where_the_draft_model_has_the_settings():
    plan = plan_of(batch_sizes=(1,), seq_lens=(64,), candidates=(1, 4, 8))
    run = Run.of(record_of(plan, lambda cell: 10.0 if cell.candidates <= 4 else 40.0))
    found = settings_for("transformers", run, schedule_of(run, Chain(alpha=0.9)), Asked())
    assert json.loads(found.paste)["num_assistant_tokens"] == 3
    steps = verified(found.paste, "assistant")
    assert max(steps) == 4  # K = 4: three drafts and the root
    assert steps.count(4) >= len(steps) - 1  # the last may have fewer tokens left to generate
    # in the target's own generation config they have no effect
    assert 4 not in verified(found.paste, "target")[:-1]
    assert any("draft model's generation config" in reason for reason in found.reasons)
