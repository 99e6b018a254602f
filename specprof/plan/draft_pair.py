"""A target and its draft as acceptance is counted with: checkpoints whose weights mean what they say.

The time of a step hangs on sizes alone, so `checkpoint` reads no more of a config. Which token comes next
hangs on the activation and on how rotary positions are scaled too.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from specprof.errors import EnvironmentProblem, UsageProblem
from specprof.plan.checkpoint import CONFIG_NAME, shape_of_folder
from specprof.plan.checkpoint_files import read_json, shown
from specprof.plan.model import ModelShape
from specprof.plan.rope import Rope, rope_parameters, unsupported

GENERATION_NAME = "generation_config.json"
NOISY = "noisy:"
_LIMIT_BYTES = 1 << 20


class Decodes(BaseModel):
    """A checkpoint whose next tokens are those its makers trained."""

    model_config = ConfigDict(frozen=True)

    shape: ModelShape
    rope: Rope
    ends: tuple[int, ...] = Field(default=(), description="Tokens behind which a text is over")

    @property
    def folder(self) -> Path:
        assert self.shape.checkpoint is not None
        return Path(self.shape.checkpoint)


class DraftPair(BaseModel):
    """Two models over the same tokens."""

    model_config = ConfigDict(frozen=True)

    target: Decodes
    draft: Decodes
    noise: float | None = Field(
        default=None,
        description="Where the draft is the target itself: how much noise its weights get, in their own "
        "standard deviations",
    )

    @property
    def draft_name(self) -> str:
        return self.draft.shape.name if self.noise is None else f"{NOISY}{self.noise:g}"


def draft_pair(target: str, draft: str) -> DraftPair:
    """The two local checkpoints; `noisy:SIGMA` is the target with noise. Raises UsageProblem and
    EnvironmentProblem, the latter also where they have different vocabularies."""
    if draft.startswith(NOISY):
        noise = _noise(draft.removeprefix(NOISY))
        own = decodes(target, "--model")
        return DraftPair(target=own, draft=own, noise=noise)
    pair = DraftPair(target=decodes(target, "--model"), draft=decodes(draft, "--draft"))
    sizes = pair.target.shape.vocab_size, pair.draft.shape.vocab_size
    if sizes[0] != sizes[1]:
        raise EnvironmentProblem(
            f"--model has a vocabulary of {sizes[0]} tokens and --draft one of {sizes[1]}",
            "a draft must be trained on its target's tokens",
        )
    return pair


def _noise(word: str) -> float:
    try:
        noise = float(word)
    except ValueError:
        noise = math.nan
    if not 0 <= noise <= 100:
        raise UsageProblem(f"--draft {NOISY}{word[:40]!a} is no size of noise", f"write {NOISY}0.1")
    return noise


def decodes(path: str, option: str) -> Decodes:
    """The checkpoint in a local folder, weights and all. Raises EnvironmentProblem."""
    shape = shape_of_folder(os.path.expanduser(path))
    assert shape.checkpoint is not None
    folder = Path(shape.checkpoint)
    if not shape.has_weights:
        raise EnvironmentProblem(
            f"{option}: {shown(folder)} has a config.json and no weights",
            "acceptance is that of trained weights: name a folder with safetensors; nothing is downloaded",
        )
    config = read_json(folder, CONFIG_NAME, _LIMIT_BYTES)
    activation = config.get("hidden_act", "silu")
    if activation != "silu":
        raise unsupported(folder, f"hidden_act is {activation!a}", "silu is what is supported")
    return Decodes(shape=shape, rope=rope_parameters(shape), ends=_ends(config, folder))


def _ends(config: dict[str, Any], folder: Path) -> tuple[int, ...]:
    """As generation has it: generation_config.json goes before config.json where it names any."""
    if os.path.lexists(folder / GENERATION_NAME):
        named = read_json(folder, GENERATION_NAME, _LIMIT_BYTES).get("eos_token_id")
    else:
        named = None
    named = config.get("eos_token_id") if named is None else named
    several = named if isinstance(named, list) else [] if named is None else [named]
    if len(several) > 1000 or any(type(one) is not int for one in several):
        raise unsupported(folder, "eos_token_id is no token or list of tokens", "correct its config")
    return tuple(several)
