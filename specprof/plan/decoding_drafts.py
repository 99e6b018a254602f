"""Who drafts while real tokens are decoded, as `specprof validate --drafts` names it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from specprof.errors import UsageProblem
from specprof.plan.drafter import DEEPEST, Drafter, drafter_from
from specprof.plan.model import ModelShape

FORMS = (
    "write none, own, ngram:4, noisy:0.05:4, medusa:4, eagle:5, llama-68m:5, "
    "or a local folder and its depth as PATH:5"
)


class DecodingDrafts(BaseModel):
    """`none`: random tokens that cost nothing. `own`: the target's own continuation, corrupted. `ngram`:
    what stood behind the same tokens before. `noisy`: the target with `noise` on its weights, as a share of
    each tensor's standard deviation. `drafter`: as `drafter` says."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(min_length=1, max_length=4096, description="As it was asked for, e.g. noisy:0.05:4")
    kind: Literal["none", "own", "ngram", "noisy", "drafter"]
    depth: Annotated[int, Field(ge=0, le=DEEPEST, strict=True)] = Field(
        default=0, description="Drafts per step; 0 where the settings say it"
    )
    noise: Annotated[float, Field(ge=0, le=100)] = 0.0
    drafter: Drafter | None = None

    @property
    def real(self) -> bool:
        """Whether what it drafts is its own affair, and not the settings'."""
        return self.kind not in ("none", "own")

    @property
    def has_peer(self) -> bool:
        """Whether transformers' own generation can draft so: prompt lookup, or a model that drafts."""
        draws = self.drafter is not None and self.drafter.model is not None
        return self.kind in ("ngram", "noisy") or draws


def decoding_drafts_from(text: str, find_model: Callable[[str], ModelShape]) -> DecodingDrafts:
    """What `--drafts` means. Raises UsageProblem, and what `find_model` raises."""
    asked = text.strip()
    name, *rest = asked.split(":")
    match name, rest:
        case ("none" | "own") as kind, []:
            return DecodingDrafts(text=asked, kind=kind)
        case "ngram", [depth]:
            return DecodingDrafts(text=asked, kind="ngram", depth=_depth(asked, depth))
        case "noisy", [noise, depth]:
            return DecodingDrafts(
                text=asked, kind="noisy", noise=_noise(asked, noise), depth=_depth(asked, depth)
            )
        case (("none" | "own" | "ngram" | "noisy"), _):
            raise UsageProblem(f"--drafts {asked[:80]!a} is not complete, or says too much", FORMS)
    try:
        drafter = drafter_from(asked, find_model)
    except UsageProblem as problem:
        raise UsageProblem(problem.what.replace("--drafter", "--drafts"), FORMS) from None
    return DecodingDrafts(text=asked, kind="drafter", depth=drafter.depth, drafter=drafter)


def _depth(asked: str, word: str) -> int:
    number = int(word) if word.isascii() and word.isdecimal() and len(word) < 10 else 0
    if not 1 <= number <= DEEPEST:
        raise UsageProblem(f"--drafts {asked[:80]!a}: the depth wants a whole number, 1 to {DEEPEST}", FORMS)
    return number


def _noise(asked: str, word: str) -> float:
    try:
        noise = float(word)
    except ValueError:
        noise = math.nan
    if not 0 <= noise <= 100:
        raise UsageProblem(f"--drafts {asked[:80]!a}: the noise wants a number, 0 to 100", FORMS)
    return noise
