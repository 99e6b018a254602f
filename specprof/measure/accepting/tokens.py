"""Prompts as tokens, by the target's own tokenizer.json: without torch, so that bad ones are soon known."""

from __future__ import annotations

from specprof.errors import EnvironmentProblem, RunFileProblem, SpecprofError, UsageProblem
from specprof.plan.checkpoint_files import contained_file, printable, shown
from specprof.run.accept_events import AcceptJob
from specprof.run.prompts import Prompt

NAME = "tokenizer.json"


def prompt_tokens(job: AcceptJob) -> list[list[int]]:
    """The tokens of every prompt, special ones as the tokenizer's file says.

    Raises EnvironmentProblem for a tokenizer that cannot be used, RunFileProblem for a prompt that is not of
    the vocabulary, and UsageProblem for one that is too long for either model.
    """
    tokenizer = _tokenizer(job) if job.prompts.need_tokenizer else None
    return [_checked(job, prompt, _encoded(tokenizer, prompt)) for prompt in job.prompts.prompts]


def other_words(job: AcceptJob) -> bool:
    """Whether the draft's tokenizer gives a prompt other tokens than the target's, where both are there."""
    if job.pair.noise is not None or not job.prompts.need_tokenizer:
        return False
    if not (job.pair.draft.folder / NAME).exists():
        return False
    try:
        theirs = _read(job.pair.draft.folder)
        ours = _tokenizer(job)
    except SpecprofError:
        return False
    return any(_encoded(ours, one) != _encoded(theirs, one) for one in job.prompts.prompts if one.text)


def _tokenizer(job: AcceptJob):
    try:
        return _read(job.pair.target.folder)
    except EnvironmentProblem as problem:
        raise EnvironmentProblem(
            problem.what,
            'complete the checkpoint, or give a .jsonl with {"tokens": [1, 2]} a line',
        ) from None


def _read(folder):
    from tokenizers import Tokenizer

    path = contained_file(folder, NAME)
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in its Rust is no Exception
        raise EnvironmentProblem(f"{shown(path)} is no tokenizer ({printable(str(error))})") from None
    # such settings are for training: a prompt is taken as it is
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _encoded(tokenizer, prompt: Prompt) -> list[int]:
    if prompt.tokens is not None:
        return list(prompt.tokens)
    return tokenizer.encode(prompt.text).ids


def _checked(job: AcceptJob, prompt: Prompt, ids: list[int]) -> list[int]:
    where = f"{job.prompts.name}, line {prompt.line}"
    if not ids:
        raise RunFileProblem(f"{where}: the prompt has no tokens", "take it out")
    size = job.pair.target.shape.vocab_size
    strange = next((token for token in ids if not 0 <= token < size), None)
    if strange is not None:
        raise RunFileProblem(
            f"{where}: token {strange} is not in the vocabulary of {size}",
            "take tokens and tokenizer from the target's checkpoint",
        )
    for model in (job.pair.target, job.pair.draft):
        positions = model.shape.max_position_embeddings
        if len(ids) + job.tokens + job.depth > positions:
            raise UsageProblem(
                f"{where}: {len(ids)} tokens, {job.tokens} new ones and {job.depth} drafts are more than "
                f"the {positions} positions of {printable(model.shape.name)}",
                "give fewer --tokens, or shorten the prompt",
            )
    return ids
