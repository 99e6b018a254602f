"""What `specprof validate` decodes beside the verify steps: real tokens, with and without speculation."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from specprof.plan.decoding_drafts import DecodingDrafts
from specprof.plan.draft_tree import depths
from specprof.plan.grid import LARGEST_COUNT

MAX_SETTINGS = 256
MOST_TOKENS = 65_536

Verdict = Literal["drawn", "greedy", "sampled"]
By = Literal["specprof", "transformers"]


class Way(NamedTuple):
    """How a block is decoded: with a setting of the plan's, plainly where that is None, and by whose loop."""

    setting: int | None = None
    by: By = "specprof"


class Setting(BaseModel):
    """One way to speculate: a tree of candidates and how often each of them is right.

    `parents` are the candidates' own, −1 for the root, each before its children. `chances` are the
    probabilities that a candidate is right where its parent is, those of siblings at most 1 together; none
    where that is the drafter's own affair.
    """

    model_config = ConfigDict(frozen=True)

    name: str = Field(min_length=1, max_length=4096, description="As it was asked for, e.g. chain:alpha=0.8")
    parents: tuple[Annotated[int, Field(ge=-1, lt=LARGEST_COUNT, strict=True)], ...] = Field(
        min_length=2, max_length=LARGEST_COUNT
    )
    chances: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(default=(), max_length=LARGEST_COUNT)

    @model_validator(mode="after")
    def _is_a_tree(self) -> Setting:
        if self.parents[0] != -1 or any(not 0 <= p < node for node, p in enumerate(self.parents) if node):
            raise ValueError("parents: the root is first, and every candidate comes after its parent")
        if not self.chances:
            return self
        if len(self.chances) != len(self.parents):
            raise ValueError(f"chances: {len(self.chances)} for {len(self.parents)} candidates")
        together = [0.0] * len(self.parents)
        for node, parent in enumerate(self.parents[1:], start=1):
            together[parent] += self.chances[node]
        if max(together) > 1 + 1e-9:
            raise ValueError("chances: those of one candidate's children add up to more than 1")
        return self

    @property
    def candidates(self) -> int:
        return len(self.parents)

    @property
    def is_chain(self) -> bool:
        return all(parent == node - 1 for node, parent in enumerate(self.parents))

    @property
    def depth(self) -> int:
        """Drafts on the longest path."""
        return max(depths(list(self.parents)))

    def expected_tokens(self) -> float | None:
        """Tokens per step by the chances; None where they are not known: 1 for the root plus the
        probability of every candidate (Medusa, arXiv 2401.10774, section 2.2.1)."""
        if not self.chances:
            return None
        reached = [1.0] * len(self.parents)
        for node, parent in enumerate(self.parents[1:], start=1):
            reached[node] = reached[parent] * self.chances[node]
        return sum(reached)


class Validation(BaseModel):
    """Decoding in blocks of `tokens` tokens of each sequence, in the same rounds as the verify steps.

    `verdict` says who accepts: `drawn` by the settings' chances while argmax is computed all the same, or
    `greedy`, by what the target itself would have said, or `sampled` at a temperature, so that what is
    decoded is distributed as the target's own samples are.
    """

    model_config = ConfigDict(frozen=True)

    tokens: Annotated[int, Field(ge=2, le=MOST_TOKENS, strict=True)]
    verdict: Verdict
    drafts: DecodingDrafts
    temperature: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.0, description="Of sampling; 0 where the most likely token is taken"
    )
    settings: tuple[Setting, ...] = Field(min_length=1, max_length=MAX_SETTINGS)
    peer: bool = Field(
        default=False, description="Whether transformers' own generation is timed beside it at batch 1"
    )

    @model_validator(mode="after")
    def _agrees(self) -> Validation:
        if self.drafts.kind == "own" and not all(setting.chances for setting in self.settings):
            raise ValueError("settings: what is corrupted has chances")
        if (self.verdict == "sampled") != (self.temperature > 0):
            raise ValueError("temperature: it is sampling's, and sampling has one")
        if self.verdict == "sampled" and not self.drafts.real:
            raise ValueError("temperature: sampled is what a drafter drafts: --drafts ngram:4, for one")
        if self.verdict == "drawn" and not all(setting.chances for setting in self.settings):
            raise ValueError("settings: acceptance is drawn, and a setting has no chances")
        if len({(one.name, one.parents) for one in self.settings}) < len(self.settings):
            raise ValueError("settings: one is there twice")
        if self.peer and self.verdict == "sampled":
            raise ValueError("peer: transformers' generation is greedy here, and what is decoded is sampled")
        return self

    def ways(self, batch_size: int) -> tuple[Way, ...]:
        """All blocks of a round, plain decoding first. transformers' assisted generation takes one sequence
        and drafts by itself."""
        own = [Way(setting) for setting in (None, *range(len(self.settings)))]
        if not self.peer or batch_size != 1:
            return tuple(own)
        beside = own if self.drafts.has_peer else own[:1]
        return (*own, *(way._replace(by="transformers") for way in beside))

    def start(self, seq_len: int) -> int:
        """The prefix length at which a block begins: it is `seq_len` in the middle of one."""
        return max(1, seq_len - self.tokens // 2)

    def rows(self, seq_len: int) -> int:
        """Rows of the cache that a block may need: sequences that accept more run ahead of the others."""
        most = max(setting.candidates for setting in self.settings)
        return self.start(seq_len) + 2 * (self.tokens + most) + 1
