"""The engines' own parsers take the settings, where they are installed as libraries."""

import json
import shlex
import subprocess
import sys

import pytest

from .test_settings import FALLING, SINGLE, settings

GENERATION = """
import json, sys
from transformers import GenerationConfig
given = json.load(sys.stdin)
config = GenerationConfig.from_dict(given)
config.validate(strict=True)
assert {name: getattr(config, name) for name in given} == given
assert not set(given) - set(GenerationConfig().to_dict()), "a name that transformers does not know"
"""


@pytest.mark.slow
def test_transformers_takes_its_generation_config():
    done = subprocess.run(
        [sys.executable, "-c", GENERATION],
        input=settings("transformers").paste, capture_output=True, text=True,
        env={"HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("run", [FALLING, SINGLE], ids=["schedule", "single"])
def test_vllm_takes_its_schedule(run):
    """Opt-in: where vLLM is installed. Its config wants a model's files for more than ngram."""
    speculative = pytest.importorskip("vllm.config.speculative", reason="vLLM is not installed")
    fields = json.loads(shlex.split(settings("vllm", run, method="ngram").paste)[1])
    known = set(speculative.SpeculativeConfig.__dataclass_fields__)
    assert set(fields) <= known
