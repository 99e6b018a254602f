"""Acceptance as a JSON profile: NVIDIA ModelOpt's `speculation_profile.json`, or a few keys of one's own.

Accepted are, the first that is there:
- ModelOpt's profile (schema_version 1.x; Model-Optimizer, examples/specdec_bench, profile builder):
  `acceptance_length_histogram` {tokens of a step, bonus included: steps}, else `marginal_accept_rates`
  (unconditional), else `conditional_accept_rates` (each given all before: multiplied up);
- `{"accepted_per_position": [812, 600, 390], "drafts": 1000}`;
- `{"acceptance_rates": [0.812, 0.6, 0.39]}`, unconditional;
- `{"table": [[1, 1.0], [4, 2.1]]}`, candidates K with the root and expected tokens;
- `{"fitted_alpha": 0.7, "mean_length": 2.1}`, with `acceptance_rates` for its positions or without.
The last four are what `specprof acceptance --json` prints, so that its answer can be kept and read again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import accumulate
from operator import mul
from typing import Any

from specprof.engines.metrics.json_fields import counts_at, number_at, numbers_at, whole_at
from specprof.engines.metrics.measured import (
    MAX_POSITIONS,
    MeasuredAcceptance,
    bad_data,
    from_counts,
    from_mean_length,
    from_rates,
    from_table,
)

Tree = Mapping[str, Any]

_HISTOGRAM = "acceptance_length_histogram"
_MARGINAL = "marginal_accept_rates"
_CONDITIONAL = "conditional_accept_rates"
_LENGTH = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_ROUNDED = 0.002
"""By how much a profile's rates may differ from its own histogram."""
_KEYS = {
    _HISTOGRAM,
    _MARGINAL,
    _CONDITIONAL,
    "accepted_per_position",
    "acceptance_rates",
    "table",
    "fitted_alpha",
}


def is_profile(document: object) -> bool:
    """Whether a decoded document is one of these."""
    return isinstance(document, dict) and not _KEYS.isdisjoint(document)


def read_profile(profile: Tree, where: str) -> MeasuredAcceptance:
    """Raises RunFileProblem."""
    if not _KEYS.isdisjoint(profile) and (profile.keys() & {_HISTOGRAM, _MARGINAL, _CONDITIONAL}):
        return _modelopt(profile, where)
    told = profile.get("source")
    source = told[:300] if isinstance(told, str) and told else "acceptance file"
    if profile.get("accepted_per_position") is not None:
        accepted = counts_at(profile, "accepted_per_position", where)
        return from_counts(where, source, accepted, whole_at(profile, "drafts", where))
    if profile.get("fitted_alpha") is not None:
        return _fitted(profile, where, source.removesuffix(", fitted i.i.d. chain"))
    if profile.get("acceptance_rates"):
        return from_rates(where, source, numbers_at(profile, "acceptance_rates", where))
    if profile.get("table"):
        return from_table(where, source, _rows(profile["table"], where))
    raise bad_data(where, "the profile holds no acceptance")


def _fitted(profile: Tree, where: str, source: str) -> MeasuredAcceptance:
    draft_tokens = len(profile.get("acceptance_rates") or ()) or None
    return from_mean_length(where, source, number_at(profile, "mean_length", where), draft_tokens)


def _rows(table: object, where: str) -> list[tuple[int, float]]:
    rows = []
    for place, row in enumerate(table if isinstance(table, list) else [table]):
        if not isinstance(row, list) or len(row) != 2:
            raise bad_data(where, f"table[{place}] is not [candidates, expected tokens]")
        pair = {f"table[{place}][{part}]": value for part, value in enumerate(row)}
        candidates, tokens = pair
        rows.append((whole_at(pair, candidates, where), number_at(pair, tokens, where)))
    return rows


def _modelopt(profile: Tree, where: str) -> MeasuredAcceptance:
    if profile.get("measured") is False:
        raise bad_data(where, "the profile says that nothing was measured", "run the benchmark that fills it")
    notes = []
    if profile.get("verification_method") not in (None, "longest_prefix"):
        notes.append("The profile's verification was not by longest prefix: its rates may not add up.")
    if profile.get("accept_length_model") == "measured_per_k":
        notes.append(
            "The profile says that rates hold only at the number of draft tokens it was measured with."
        )
    source = "speculation profile"
    for role in ("draft_checkpoint", "target_model"):
        name = profile.get(role)
        name = name.get("id") or name.get("name") if isinstance(name, dict) else name
        if isinstance(name, str) and name:
            source += f", {role.replace('_', ' ')} {name[:100]}"
    marginal = numbers_at(profile, _MARGINAL, where) if profile.get(_MARGINAL) else None
    if profile.get(_HISTOGRAM):
        accepted, drafts = _histogram(profile[_HISTOGRAM], len(marginal or ()), where)
        if drafts and marginal:
            off = max(
                (abs(rate - count / drafts) for rate, count in zip(marginal, accepted, strict=False)),
                default=0.0,
            )
            if off > _ROUNDED:
                notes.append(
                    f"{_MARGINAL} differ from the histogram by up to {off:.3g}; the histogram counts."
                )
        return from_counts(where, f"{source}, {drafts:,} drafts", accepted, drafts, notes)
    if marginal:
        return from_rates(where, source, marginal, notes)
    conditional = numbers_at(profile, _CONDITIONAL, where) if profile.get(_CONDITIONAL) else []
    notes.append("Conditional rates were multiplied up.")
    return from_rates(where, source, list(accumulate(conditional, mul)), notes)


def _histogram(histogram: object, positions: int, where: str) -> tuple[list[int], int]:
    """Accepted tokens by position, at least `positions` of them, and the number of drafts."""
    if not isinstance(histogram, dict):
        raise bad_data(where, f"{_HISTOGRAM} is not an object of lengths and counts")
    steps: dict[int, int] = {}
    for word in histogram:
        if not _LENGTH.fullmatch(word) or int(word) > MAX_POSITIONS + 1:
            raise bad_data(where, f"{_HISTOGRAM}: '{word[:20]}' is not a length of 1 to {MAX_POSITIONS + 1}")
        steps[int(word)] = whole_at(histogram, word, f"{where}: {_HISTOGRAM}")
    positions = min(MAX_POSITIONS, max(positions, max(steps, default=1) - 1, 1))
    # a step of length n is the bonus token and n − 1 drafts: it accepted at positions 0 to n − 2
    accepted = [
        sum(count for length, count in steps.items() if length >= position + 2)
        for position in range(positions)
    ]
    return accepted, sum(steps.values())
