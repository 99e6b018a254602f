"""SGLang's gauges of speculative decoding on a Prometheus page."""

from __future__ import annotations

from math import fsum

from specprof.engines.metrics.measured import MeasuredAcceptance, bad_data
from specprof.engines.metrics.models import chosen_model, model_of
from specprof.engines.metrics.prometheus_text import Sample, samples_named
from specprof.engines.metrics.sglang_figures import Speculation, fitted

PREFIX = "sglang:spec_"

_LENGTH = PREFIX + "accept_length"
_RATE = PREFIX + "accept_rate"
# newer servers tell these too
_STEPS = PREFIX + "num_steps"
_DRAFT_TOKENS = PREFIX + "num_draft_tokens"
_EXACT = 1e-6


def read_sglang_page(text: str, where: str, *, model: str | None = None) -> MeasuredAcceptance:
    """A fitted chain of one model's gauges, the mean over its ranks. Raises RunFileProblem, UsageProblem.

    A gauge holds the last log interval only, and nothing of how many steps were in it: ranks weigh the
    same, and idle ones (0) do not count.
    """
    samples = samples_named({_LENGTH, _RATE, _STEPS, _DRAFT_TOKENS}, text, where)
    lengths = [sample for sample in samples if sample.name == _LENGTH]
    if not lengths:
        raise bad_data(
            where, f"{_LENGTH} is missing", "save the whole page of a server with --enable-metrics"
        )
    model = chosen_model({model_of(sample.labels) for sample in lengths}, model, where)
    own = [sample for sample in samples if model_of(sample.labels) == model]
    busy = [sample for sample in own if sample.name == _LENGTH and sample.value != 0]
    if not busy:
        raise bad_data(
            where, f"{_LENGTH} is 0: nothing was drafted", "save the page while speculative requests run"
        )
    for sample in busy:
        if sample.value < 1:
            raise bad_data(
                f"{where}, line {sample.line}",
                f"{_LENGTH} is {sample.value:g}",
                "the bonus token counts, so it is 1 or more",
            )
    rates = {sample.labels: sample.value for sample in own if sample.name == _RATE}
    pairs = [(sample.value, rates[sample.labels]) for sample in busy if sample.labels in rates]
    ranks = f", {len(busy)} ranks" if len(busy) > 1 else ""
    return fitted(
        where,
        f"SGLang metrics{ranks}" + (f", model {model}" if model else ""),
        fsum(sample.value for sample in busy) / len(busy),
        pairs,
        _EXACT,
        Speculation(steps=_only(own, _STEPS), num_draft_tokens=_only(own, _DRAFT_TOKENS)),
        ["The gauges hold the server's last log interval only."],
    )


def _only(samples: list[Sample], name: str) -> int | None:
    """The value all ranks agree on, if any."""
    values = {sample.value for sample in samples if sample.name == name and sample.value > 0}
    value = values.pop() if len(values) == 1 else 0.0
    return int(value) if value.is_integer() and value else None
