"""What SGLang's programs write as JSON, one document or one a line.

Told apart by their keys, other lines are passed over:
- answers of /generate: `meta_info` with `spec_correct_drafts_histogram` (formerly `spec_accept_histogram`):
  entry n counts the verify steps that accepted exactly n drafts, so it gives every position's rate; without
  it `completion_tokens / spec_verify_ct` is the accept length, as SGLang itself computes it;
- bench_serving: `accept_length`, with `total_output_tokens`; bench_one_batch_server: `acc_length`;
- bench_speculative: `acc_length` with `steps`, `topk` and `num_draft_tokens`: several widths make a table;
- /server_info: `avg_spec_accept_length` in `internal_states`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import fsum
from typing import Any

from specprof.engines.metrics.json_fields import counts_at, number_at, whole_at
from specprof.engines.metrics.measured import MeasuredAcceptance, bad_data, from_counts, from_table
from specprof.engines.metrics.sglang_figures import Speculation, fitted

Tree = Mapping[str, Any]
Located = tuple[str, Tree]
"""Where a JSON object stands, and the object."""

_HISTOGRAMS = ("spec_correct_drafts_histogram", "spec_accept_histogram")
_BENCH_LENGTHS = ("accept_length", "acc_length")
_PROPOSED = ("spec_num_proposed_drafts", "spec_proposed_drafts", "spec_draft_token_num")
"""The names of one figure, the newest first."""
_EXACT = 1e-6


def read_sglang_json(documents: Sequence[tuple[str, Any]], where: str) -> MeasuredAcceptance:
    """The acceptance that these documents tell of, each given with its place. Raises RunFileProblem."""
    objects = [
        (at, entry)
        for at, document in documents
        for entry in (document if isinstance(document, list) else [document])
        if isinstance(entry, dict)
    ]
    answers = [(at, info) for at, entry in objects for info in _meta_infos(entry)]
    if any(key in info for _, info in answers for key in (*_HISTOGRAMS, "spec_verify_ct")):
        return _of_answers(answers, where)
    if sweep := [(at, entry) for at, entry in objects if {"acc_length", "num_draft_tokens"} <= entry.keys()]:
        return _of_sweep(sweep, where)
    for key in _BENCH_LENGTHS:
        # none, or -1: a run without speculation
        if runs := [(at, entry) for at, entry in objects if entry.get(key) not in (None, -1)]:
            return _of_runs(runs, key, where)
    if infos := [(at, entry) for at, entry in objects if "internal_states" in entry]:
        return _of_server(*infos[-1], where)
    raise bad_data(
        where,
        "no figure of acceptance in this JSON",
        "it wants meta_info, accept_length, acc_length or internal_states of SGLang, or a profile",
    )


def _meta_infos(entry: Tree) -> Iterator[Tree]:
    choices = entry.get("choices")
    for holder in (entry, *(choices if isinstance(choices, list) else ())):
        info = holder.get("meta_info") if isinstance(holder, dict) else None
        if isinstance(info, dict):
            yield info


def _of_answers(answers: Sequence[Located], where: str) -> MeasuredAcceptance:
    histograms = next((found for key in _HISTOGRAMS if (found := _histograms(answers, key))), [])
    return _of_histograms(histograms, where) if histograms else _of_steps(answers, where)


def _of_histograms(histograms: Sequence[Sequence[int]], where: str) -> MeasuredAcceptance:
    steps = [0] * max(2, *map(len, histograms))
    for histogram in histograms:
        for accepted, count in enumerate(histogram):
            steps[accepted] += count
    drafts = sum(steps)
    # a step that accepted n drafts accepted at positions 0 to n − 1
    accepted_at = [sum(steps[least:]) for least in range(1, len(steps))]
    return from_counts(
        where,
        f"SGLang answers, {len(histograms):,} requests, {drafts:,} drafts",
        accepted_at,
        drafts,
        ["Where the number of draft tokens changed between steps, later positions read too low."],
    )


def _of_steps(answers: Sequence[Located], where: str) -> MeasuredAcceptance:
    told = [
        (tokens, steps, _proposed(info, at))
        for at, info in answers
        if (steps := whole_at(info, "spec_verify_ct", at))
        and (tokens := whole_at(info, "completion_tokens", at))
    ]
    if not told:
        raise bad_data(where, "no verify step was counted", "ask a server that speculates")
    total = sum(verified for _, verified, _ in told)
    draft_tokens, rest = divmod(sum(proposed for _, _, proposed in told), total)
    return fitted(
        where,
        f"SGLang answers, {len(told):,} requests",
        sum(yielded for yielded, _, _ in told) / total,
        [],
        _EXACT,
        # drafts that differ in length are no chain of one length
        Speculation(steps=None if rest else draft_tokens),
        ["Tokens over verify steps, of all requests together."],
    )


def _histograms(answers: Sequence[Located], key: str) -> list[list[int]]:
    return [counts_at(info, key, at) for at, info in answers if info.get(key)]


def _proposed(info: Tree, at: str) -> int:
    """Tokens drafted for one request, 0 where the answer does not say."""
    return next((whole_at(info, key, at) for key in _PROPOSED if key in info), 0)


def _of_runs(runs: Sequence[Located], key: str, where: str) -> MeasuredAcceptance:
    lengths = [number_at(entry, key, at) for at, entry in runs]
    for (at, _), length in zip(runs, lengths, strict=True):
        if length < 1:
            raise bad_data(at, f"{key} is {length:g}", "the bonus token counts, so it is 1 or more")
    tokens = [
        whole_at(entry, "total_output_tokens", at) if "total_output_tokens" in entry else 0
        for at, entry in runs
    ]
    if all(tokens):
        # each run took tokens/length steps: the mean of all steps is tokens over steps
        mean = sum(tokens) / fsum(count / length for count, length in zip(tokens, lengths, strict=True))
        how = "weighted by their verify steps"
    else:
        mean, how = fsum(lengths) / len(lengths), "weighted equally"
    many = _many(len(runs))
    notes = [f"Mean of {many}, {how}."]
    notes.append("SGLang's benchmarks report the server's mean since its start, earlier requests included.")
    return fitted(where, f"SGLang benchmark, {many}", mean, [], _EXACT, Speculation(), notes)


def _many(runs: int) -> str:
    return f"{runs:,} run{'s' * (runs != 1)}"


def _of_sweep(sweep: Sequence[Located], where: str) -> MeasuredAcceptance:
    shapes: dict[Speculation, list[float]] = {}
    for at, entry in sweep:
        steps, top_k = (whole_at(entry, key, at) for key in ("steps", "topk"))
        # without speculation all three are 0, and one candidate is verified
        width = whole_at(entry, "num_draft_tokens", at) or 1
        shapes.setdefault(Speculation(steps, top_k, width), []).append(number_at(entry, "acc_length", at))
    runs = _many(len(sweep))
    means = {shape: fsum(lengths) / len(lengths) for shape, lengths in shapes.items()}
    if len(means) == 1:
        ((shape, mean),) = means.items()
        return fitted(where, f"SGLang bench_speculative, {runs}", mean, [], _EXACT, shape)
    table: dict[int, float] = {}
    for shape, mean in means.items():
        width = shape.num_draft_tokens or 1
        table[width] = max(mean, table.get(width, 0.0))
    notes = ["Candidates are SGLang's num_draft_tokens, which counts the root."]
    if len(means) > len(table):
        notes.append("Of several tree shapes with as many candidates, the one that yields most is taken.")
    return from_table(where, f"SGLang bench_speculative, {runs}", list(table.items()), notes)


def _of_server(at: str, info: Tree, where: str) -> MeasuredAcceptance:
    states = info["internal_states"]
    lengths = [
        number_at(state, "avg_spec_accept_length", at)
        for state in (states if isinstance(states, list) else ())
        if isinstance(state, dict) and state.get("avg_spec_accept_length") is not None
    ]
    if not lengths:
        raise bad_data(where, "avg_spec_accept_length is missing", "ask a server that speculates")
    told = {
        key: whole_at(info, f"speculative_{key}", at) if info.get(f"speculative_{key}") is not None else None
        for key in ("num_steps", "eagle_topk", "num_draft_tokens")
    }
    return fitted(
        where,
        "SGLang server_info",
        fsum(lengths) / len(lengths),
        [],
        _EXACT,
        Speculation(told["num_steps"], told["eagle_topk"], told["num_draft_tokens"]),
        ["The server's mean since its start."],
    )
