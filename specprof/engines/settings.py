"""Settings for an inference engine, in its own form and with its own way to count candidates.

K candidates of a verify step are K − 1 drafts and the root. vLLM, TensorRT-LLM, llama.cpp and transformers
count drafts; SGLang's draft tokens count the root.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from specprof.errors import UsageProblem

DRAFT_MODEL = "DRAFT_MODEL"
"""Stands where the user's draft model belongs, when none was named."""


@dataclass(frozen=True)
class Asked:
    """What the user says of the engine, beside the run."""

    batch_size: int | None = None
    """One batch size instead of a schedule over all that were measured."""
    seq_len: int | None = None
    """One sequence length instead of the K that loses least over all."""
    version: str | None = None
    method: str | None = None
    draft_model: str | None = None
    synthetic: bool = False
    """vLLM: replay the acceptance model in place of real acceptance."""

    def check(self) -> None:
        """What is pasted into a shell or a YAML file is printable and not empty. Raises UsageProblem."""
        given = {"version": self.version, "method": self.method, "draft-model": self.draft_model}
        for name, words in given.items():
            if words is not None and not (words.strip() and words.isprintable()):
                raise UsageProblem(
                    f"--{name} {words[:40]!a} cannot be written into settings",
                    "give printable words, or leave it out",
                )


@dataclass(frozen=True)
class Settings:
    engine: str
    version: str
    """Of the engine whose form this is."""
    paste: str
    """Exactly what to paste, and nothing else; empty where speculation is to stay off."""
    convention: str
    """How this engine counts, in one line."""
    reasons: tuple[str, ...]
    """Why these numbers and what they rest on, a sentence each."""
    files: tuple[tuple[str, str], ...] = ()
    """Other files that `with_files` names: name and content."""
    with_files: str = ""
    """To paste in place of `paste` where the files were written; `{folder}` stands for where."""


RELEASED = 1_000_000
"""Stands for a release where a candidate for it has its number: 1.3.0rc8 comes before 1.3.0."""


def version_of(text: str) -> tuple[int, int, int, int]:
    """`1.3.0rc8` as (1, 3, 0, 8), `1.3` as (1, 3, 0, RELEASED), without what comes after.

    Raises UsageProblem for what is no version.
    """
    match = re.fullmatch(
        r"v?(\d{1,6})(?:\.(\d{1,6}))?(?:\.(\d{1,6}))?(?:\.\d{1,6})?(?:\.?rc(\d{1,5}))?"
        r"(?:\.?(?:post|dev)\d{1,8}){0,2}(?:\+[a-z0-9.]{1,40})?",
        text.strip().lower(),
    )
    if match is None:
        raise UsageProblem(f"{text[:40]!a} is no version", "write it as 0.33 or 1.3.0")
    first, second, third, candidate = (None if part is None else int(part) for part in match.groups())
    return first or 0, second or 0, third or 0, RELEASED if candidate is None else candidate
