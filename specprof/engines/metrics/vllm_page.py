"""vLLM's counters of speculative decoding, from one Prometheus page or the difference of two.

In vLLM (vllm/v1/spec_decode/metrics.py) a draft that had n tokens accepted counts once at each of the
positions 0…n − 1: accepted at a position over drafts is the unconditional rate p_j. Its mean acceptance
length is 1 + accepted/drafts: the bonus token is added to what the counters hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from specprof.engines.metrics.measured import (
    MAX_COUNT,
    MeasuredAcceptance,
    bad_data,
    from_counts,
    from_mean_length,
)
from specprof.engines.metrics.models import chosen_model, model_of
from specprof.engines.metrics.prometheus_text import Labels, Sample, samples_named

PREFIX = "vllm:spec_decode_"

_DRAFTS = PREFIX + "num_drafts"
_DRAFT_TOKENS = PREFIX + "num_draft_tokens"
_ACCEPTED = PREFIX + "num_accepted_tokens"
_PER_POSITION = PREFIX + "num_accepted_tokens_per_pos"
_CREATED = _DRAFTS + "_created"
# vLLM names them without, prometheus_client shows them with, and other exporters do as they like
_COUNTERS = {
    spelling: name
    for name in (_DRAFTS, _DRAFT_TOKENS, _ACCEPTED, _PER_POSITION)
    for spelling in (name, name + "_total")
}
_TORN = 0.01
"""By how much the accepted tokens may differ from the sum over positions: a page is not read at once."""

Series = tuple[str, Labels]


@dataclass(frozen=True)
class _Page:
    counts: Mapping[Series, int]
    created: Mapping[Labels, float]
    """When an engine's counter of drafts began, seconds since 1970: a restart changes it."""


def read_vllm_page(
    text: str, where: str, *, before: str | None = None, where_before: str = "", model: str | None = None
) -> MeasuredAcceptance:
    """Rates of one model, summed over engines. Raises RunFileProblem, or UsageProblem for the model."""
    page = _page(text, where)
    counts: Mapping[Series, int] = page.counts
    notes = []
    if before is not None:
        counts = _difference(page, _page(before, where_before), where, where_before)
        notes.append(f"Counted between {where_before} and {where}.")
    model = chosen_model({model_of(labels) for _, labels in counts}, model, where)
    own = {series: count for series, count in counts.items() if model_of(series[1]) == model}
    engines = {dict(labels).get("engine", "") for _, labels in own}
    if len(engines) > 1:
        notes.append(f"{len(engines)} engines are summed.")
    return _measured(own, model, where, notes)


def _page(text: str, where: str) -> _Page:
    counts: dict[Series, int] = {}
    created: dict[Labels, float] = {}
    for sample in samples_named({*_COUNTERS, _CREATED}, text, where):
        if sample.name == _CREATED:
            created[sample.labels] = sample.value
            continue
        series = (_COUNTERS[sample.name], sample.labels)
        count = _count(sample, where)
        if counts.setdefault(series, count) != count:
            raise bad_data(where, f"{series[0]} is given with and without _total, and they differ")
    if not counts:
        raise bad_data(
            where,
            "a page without vLLM's counters of speculative decoding",
            "start vLLM with --speculative-config, send it requests, then save its /metrics",
        )
    return _Page(counts, created)


def _count(sample: Sample, where: str) -> int:
    if not 0 <= sample.value <= MAX_COUNT or not sample.value.is_integer():
        raise bad_data(f"{where}, line {sample.line}", f"{sample.name} is {sample.value:g}, not a count")
    return int(sample.value)


def _difference(after: _Page, before: _Page, where: str, where_before: str) -> dict[Series, int]:
    """What was counted in between, series by series: in a sum one engine's restart would go unseen."""
    for labels, began in before.created.items():
        if after.created.get(labels, began) != began:
            raise bad_data(
                where,
                f"the engine was restarted after {where_before}: its counters began anew",
                "save both pages from one server run",
            )
    for name, labels in before.counts:
        if (name, labels) not in after.counts:
            raise bad_data(
                where,
                f"{_shown(name, labels)} of {where_before} is no longer there",
                "save both pages from one server run",
            )
    counted = {}
    for series, count in after.counts.items():
        earlier = before.counts.get(series, 0)
        if count < earlier:
            raise bad_data(
                where,
                f"{_shown(*series)} went back from {earlier:,} to {count:,}",
                "either the engine was restarted in between, or the two pages are in the wrong order",
            )
        counted[series] = count - earlier
    return counted


def _measured(counts: Mapping[Series, int], model: str, where: str, notes: list[str]) -> MeasuredAcceptance:
    totals: Counter[str] = Counter()
    per_position: Counter[int] = Counter()
    for (name, labels), count in counts.items():
        totals[name] += count
        if name == _PER_POSITION:
            per_position[_position(labels, where)] += count
    names = {name for name, _ in counts}
    if _DRAFTS not in names:
        raise bad_data(where, f"{_DRAFTS} is missing", "save the whole page")
    drafts, accepted, draft_tokens = totals[_DRAFTS], totals[_ACCEPTED], totals[_DRAFT_TOKENS]
    if drafts == 0:
        raise bad_data(
            where, "no drafts were counted", "send requests, and save the page after they were answered"
        )
    source = f"vLLM metrics, {drafts:,} drafts" + (f", model {model}" if model else "")
    if not per_position:
        if _ACCEPTED not in names:
            raise bad_data(where, f"{_PER_POSITION} is missing", "save the whole page")
        length, rest = divmod(draft_tokens, drafts)
        notes.append("The page holds no counts per position.")
        return from_mean_length(
            where, source, 1 + accepted / drafts, None if rest or not length else length, notes, drafts
        )
    positions = sorted(per_position)
    if positions != list(range(len(positions))):
        missing = next(place for place, position in enumerate(positions) if place != position)
        raise bad_data(where, f"position {missing} is missing", "save the whole page")
    if _ACCEPTED in names and abs(totals[_PER_POSITION] - accepted) > _TORN * max(accepted, 100):
        raise bad_data(
            where,
            f"the positions sum to {totals[_PER_POSITION]:,} accepted tokens, the total says {accepted:,}",
            "save the whole page",
        )
    if _DRAFT_TOKENS in names and draft_tokens < drafts * len(positions):
        notes.append(
            f"A draft had {draft_tokens / drafts:.2f} tokens on average, not {len(positions)}: rates count "
            "shorter drafts as rejected beyond their end."
        )
    return from_counts(where, source, [per_position[position] for position in positions], drafts, notes)


def _position(labels: Labels, where: str) -> int:
    word = dict(labels).get("position", "")
    if not (word.isascii() and word.isdigit() and len(word) <= 6):
        raise bad_data(where, f"{_PER_POSITION} with the position '{word[:20]}'")
    return int(word)


def _shown(name: str, labels: Labels) -> str:
    told = ", ".join(f"{key} {value}" for key, value in labels)
    return f"{name} ({told})" if told else name
