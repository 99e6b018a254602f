"""What decoding came to as CSV: one row per setting, and one for plain decoding, at each row of the grid."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from specprof.analysis.opened import Run
from specprof.analysis.validation.peers import PeerResult, peer_results
from specprof.analysis.validation.results import Gap, Result, validation_results
from specprof.errors import UsageProblem
from specprof.plan.plan import Row
from specprof.plan.validation import Setting
from specprof.views.export.csv_fields import interval, number, words

_CI = ("", "_ci_low", "_ci_high")

COLUMNS = (
    "model",
    "device",
    "dtype",
    "attention",
    "execution",
    "layers",
    "batch_size",
    "seq_len_tokens",
    "candidates",
    "setting",
    "drafts",
    "rounds",
    "tokens",
    "tokens_per_step",
    "tokens_per_step_standard_error",
    "tokens_per_step_asked",
    *(f"simulated_speedup{end}" for end in _CI),
    *(f"predicted_speedup{end}" for end in _CI),
    *(f"real_speedup{end}" for end in _CI),
    *(f"real_over_predicted_less_1{end}" for end in _CI),
    *(f"log_part_{name}" for name in Gap._fields),
    "plain_steps_share",
    "spread_rows",
    "tokens_unlike_greedy",
    "suspended_blocks",
    *(f"specprof_per_token{end}_ms" for end in _CI),
    *(f"transformers_per_token{end}_ms" for end in _CI),
    *(f"specprof_over_transformers{end}" for end in _CI),
    "transformers_tokens_per_step",
)


def validation_csv_text(run: Run, batch_sizes: Sequence[int]) -> str:
    """Header and rows, each ending with a newline. An empty field is a value that there is not.

    Raises UsageProblem for a run that was not to decode.
    """
    record = run.record
    if record.plan.validation is None:
        raise UsageProblem("this run did not decode", "export one of specprof validate")
    results = {(one.row, one.setting): one for one in validation_results(record)}
    peers = {(one.row, one.setting): one for one in peer_results(record)}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in record.plan.rows():
        if row.batch_size not in batch_sizes:
            continue
        for setting in (None, *record.plan.validation.settings):
            result = results.get((row, setting)) if setting is not None else None
            peer = peers.get((row, setting))
            if result is not None or peer is not None:
                writer.writerow(_fields(run, row, setting, result, peer))
    return text.getvalue()


def _fields(
    run: Run, row: Row, setting: Setting | None, result: Result | None, peer: PeerResult | None
) -> list[str]:
    record = run.record
    plan, validation = record.plan, record.plan.validation
    assert validation is not None
    return [
        words(plan.model.title),
        words(record.environment.device.name) if record.environment else "",
        plan.dtype,
        plan.attention,
        record.execution or plan.execution,
        str(plan.model.layers_measured),
        str(row.batch_size),
        str(row.seq_len),
        str(setting.candidates if setting else 1),
        words(setting.name) if setting else "",
        words(validation.drafts.text),
        *_decoded(result, setting),
        *_beside(peer),
    ]


def _decoded(result: Result | None, setting: Setting | None) -> Iterator[str]:
    if result is None:
        # rounds … suspended_blocks
        yield from [""] * (COLUMNS.index("suspended_blocks") + 1 - COLUMNS.index("rounds"))
        return
    asked = setting.expected_tokens() if setting else None
    yield from (str(result.rounds), str(result.tokens), number(result.realised))
    yield from (number(result.realised_error), "" if asked is None else number(asked))
    for estimate in (result.simulated, result.predicted, result.real, result.error):
        yield from interval(estimate)
    yield from map(number, result.gap)
    yield from (number(result.plain_share), number(result.spread_rows))
    yield "" if result.unequal is None else str(result.unequal)
    yield str(result.suspended)


def _beside(peer: PeerResult | None) -> Iterator[str]:
    for estimate in (peer.own_ms, peer.peer_ms, peer.ratio) if peer else (None, None, None):
        yield from interval(estimate)
    yield number(peer.peer_tokens_per_step) if peer else ""
