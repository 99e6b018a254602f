"""Everything that was recorded of a run, as facts in sections: what it ran, where, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from specprof.analysis.opened import Run
from specprof.plan.memory import format_bytes
from specprof.plan.model import ModelShape
from specprof.plan.plan import Plan
from specprof.plan.stopping import StoppingRule
from specprof.run.clock_verdict import INVALID_REASONS, WARN_REASONS
from specprof.run.environment import Device, Environment
from specprof.run.reading import shown_path
from specprof.run.record import Reference, RunRecord, Status
from specprof.run.telemetry import TelemetrySample, TelemetrySource
from specprof.views.execution import attention_words, check_words, mode_name, rates
from specprof.views.palette import Role
from specprof.views.progress import NOTICE_ROLES
from specprof.views.quantities import duration, percent
from specprof.views.validity import validity_role, validity_sentence

UNKNOWN = "not recorded"

STATUS_ROLES: dict[Status, Role] = {
    "complete": "good",
    "partial": "warn",
    "cancelled": "warn",
    "failed": "bad",
}
_SOURCES = {"host": "host", "nvml": "GPU (NVML)", "fake": "GPU (fake, for tests)"}
_READ = (
    ("utilization_pct", "utilisation", "%"),
    ("power_w", "power", "W"),
    ("temperature_c", "temperature", "°C"),
    ("sm_clock_mhz", "SM clock", "MHz"),
    ("memory_clock_mhz", "memory clock", "MHz"),
    ("other_cpu_pct", "other programs", "% of the CPU"),
)


class Fact(NamedTuple):
    """A name and its value. Without a name it is a sentence of its own."""

    name: str
    words: str
    role: Role = "text"


@dataclass(frozen=True)
class Section:
    title: str
    facts: tuple[Fact, ...]


def recorded(run: Run, notes: Sequence[str] = ()) -> tuple[Section, ...]:
    """All that the record says besides its cells. `notes` are said of it elsewhere, e.g. by its time line."""
    record = run.record
    sections = [
        ("Warnings and notices", _warnings(record, run.warnings, notes)),
        ("Published figure", _reference(record.reference)),
        ("Run", _run(run)),
        ("Model", _model(record.plan.model, run.published)),
        ("Plan", _plan(record)),
        ("Execution modes checked", _modes(record)),
        ("Stopping rule", _stopping(record.plan.stopping) if not run.published else ()),
        ("Device", _device(record.environment, run.published)),
        ("Software", _software(record.environment)),
        ("Telemetry", _telemetry(record) if not run.published else ()),
    ]
    found = ((title, tuple(facts)) for title, facts in sections)
    return tuple(Section(title, facts) for title, facts in found if facts)


def _warnings(record: RunRecord, warnings: Iterable[str], notes: Iterable[str]) -> Iterator[Fact]:
    said = dict.fromkeys([*warnings, *notes])
    yield from (Fact("", words, "warn") for words in said)
    yield from (Fact(duration(one.t_s), one.text, NOTICE_ROLES[one.level]) for one in record.notices)


def _reference(reference: Reference | None) -> Iterator[Fact]:
    if reference is None:
        return
    yield Fact("source", reference.provenance)
    yield Fact("acceptance", f"E(K) = {reference.acceptance}, contained in the published speedups")
    yield Fact("reading error", f"±{reference.reading_error:g} of each speedup")


def _run(run: Run) -> Iterator[Fact]:
    record = run.record
    if run.published:
        yield Fact("status", "published figure, not measured here", "accent")
    else:
        yield Fact("status", record.status, STATUS_ROLES[record.status])
        if record.validity is not None:
            yield Fact("validity", validity_sentence(record), validity_role(record))
        yield Fact("cells", _verdicts(run))
        ends = [cell.finished_at_s for cell in record.cells if cell.finished_at_s is not None]
        if ends:
            yield Fact("measured for", duration(max(ends)))
        yield from _pauses(record)
    yield Fact("created", record.created_at)
    yield Fact("run id", record.run_id)
    yield Fact("file", shown_path(run.path) if run.path is not None else "not in a file")
    yield Fact("specprof", record.specprof_version)
    yield Fact("schema", str(record.schema_version))


def _verdicts(run: Run) -> str:
    counts = Counter(verdict for verdict in run.verdicts().ravel().tolist() if verdict)
    total = sum(counts.values())
    words = ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in counts.most_common())
    return f"{total}: {words}"


def _pauses(record: RunRecord) -> Iterator[Fact]:
    if not record.pauses:
        return
    known = [pause.until_s - pause.t_s for pause in record.pauses if pause.until_s is not None]
    total = f", {duration(sum(known))} in all" if known else ""
    yield Fact("paused", f"{_counted(len(record.pauses), 'time')}{total}")


def _model(model: ModelShape, published: bool) -> Iterator[Fact]:
    yield Fact("model", model.title if model.title == model.name else f"{model.title} ({model.name})")
    depth = f"{model.layers_total}"
    if not model.full_depth:
        depth = f"{model.layers_measured} measured of {model.layers_total}: full depth is an estimate"
    yield Fact("layers", depth, "text" if model.full_depth else "warn")
    yield Fact("hidden size", f"{model.hidden_size}")
    yield Fact("intermediate size", f"{model.intermediate_size}")
    yield Fact("attention heads", f"{model.num_attention_heads} of {model.head_dim}")
    yield Fact("key-value heads", f"{model.num_key_value_heads}")
    yield Fact(
        "vocabulary", f"{model.vocab_size}" + (", embedding tied" if model.tie_word_embeddings else "")
    )
    yield Fact("parameters", _billions(model.parameters()))
    if model.positions_enforced:
        yield Fact("positions", f"{model.max_position_embeddings}")
    if model.checkpoint:
        weights = "its weights" if model.has_weights else "config only, random weights"
        yield Fact("checkpoint", f"{model.checkpoint} ({weights})")
    elif not published:
        yield Fact("weights", "random")


def _plan(record: RunRecord) -> Iterator[Fact]:
    plan = record.plan
    yield Fact("dtype", plan.dtype)
    if plan.workload == "full":
        yield Fact("attention", attention_words(plan))
    yield Fact("workload", plan.workload)
    yield Fact("execution", _execution(plan, record.execution))
    if plan.quantization is not None:
        yield Fact("quantization", plan.quantization)
    yield Fact("draft tree", plan.tree)
    yield Fact("batch sizes", _listed(plan.batch_sizes))
    yield Fact("seq_lens", _listed(plan.seq_lens))
    yield Fact("candidates", _listed(plan.candidates))
    if record.reference is None:
        yield Fact("seed", f"{plan.seed}")
    if record.weight_bytes is not None:
        yield Fact("weights", f"{format_bytes(record.weight_bytes)} on the device")
    if record.model_build_s is not None:
        yield Fact("model built in", f"{record.model_build_s:.1f} s")


def _execution(plan: Plan, came_to: str | None) -> str:
    return f"{plan.execution}: {came_to}" if came_to and came_to != plan.execution else plan.execution


def _modes(record: RunRecord) -> Iterator[Fact]:
    for check in record.checks:
        yield Fact(mode_name(check), check_words(check), "text" if check.dropped is None else "warn")
    for one in record.sdpa_backends:
        yield Fact(f"sdpa, {one.form}", f"{one.backend} ({one.operator})")


def _stopping(rule: StoppingRule) -> Iterator[Fact]:
    yield Fact("target", f"±{percent(rule.target_ci)} of the median, 95 % interval")
    yield Fact("samples", f"{rule.min_samples} to {rule.max_samples} a cell")
    yield Fact("time", f"at least {rule.min_time_s:g} s of samples a cell")
    budget = duration(rule.budget_s) if rule.budget_s is not None else "none"
    dropped = "; the longest seq_lens may be dropped" if rule.drop_rows else ""
    yield Fact("budget", budget + dropped)


def _device(environment: Environment | None, published: bool) -> Iterator[Fact]:
    if environment is None:
        yield Fact("device", UNKNOWN, "muted")
        return
    device = environment.device
    yield Fact("device", f"{device.name} ({device.kind})")
    if published:
        return
    yield _or_unknown("memory", format_bytes(device.memory_bytes) if device.memory_bytes else None)
    yield from _gpu(device, environment) if device.kind == "cuda" else _cpu(device, environment)
    for name, value in rates(device):
        yield Fact(name.removeprefix("streaming "), f"{value}, measured")


def _gpu(device: Device, environment: Environment) -> Iterator[Fact]:
    yield _or_unknown("SMs", device.sm_count)
    yield _or_unknown("compute capability", device.compute_capability)
    yield _or_unknown("L2 cache", format_bytes(device.l2_bytes) if device.l2_bytes else None)
    yield _or_unknown("uuid", device.uuid)
    yield _or_unknown("driver", environment.driver)
    yield _or_unknown("CUDA", environment.cuda)


def _cpu(device: Device, environment: Environment) -> Iterator[Fact]:
    yield _or_unknown("cores", device.cores)
    yield _or_unknown("threads", device.threads)
    yield _or_unknown("BLAS", environment.blas)


def _software(environment: Environment | None) -> Iterator[Fact]:
    if environment is not None:
        yield Fact("host", environment.host)
        yield Fact("system", environment.os)
        yield Fact("python", environment.python)
        yield Fact("torch", environment.torch)
        yield Fact("transformers", environment.transformers)
        if environment.torchao is not None:
            yield Fact("torchao", environment.torchao)


def _telemetry(record: RunRecord) -> Iterator[Fact]:
    if not record.telemetry_sources:
        yield Fact("", "no telemetry was recorded", "warn")
    for source in record.telemetry_sources:
        yield from _source(source, [one for one in record.telemetry if one.source == source.source])


def _source(source: TelemetrySource, readings: Sequence[TelemetrySample]) -> Iterator[Fact]:
    name = _SOURCES[source.source]
    if not source.available:
        remedy = f" ({source.remedy})" if source.remedy else ""
        yield Fact(name, f"not available: {source.reason or 'no reason is given'}{remedy}", "warn")
    else:
        yield Fact(name, _counted(len(readings), "reading"))
    for field, words, unit in _READ:
        values = [value for one in readings if (value := getattr(one, field)) is not None]
        if values:
            low, high = f"{min(values):.0f}", f"{max(values):.0f}"
            yield Fact(words, f"{low if low == high else f'{low} to {high}'} {unit}")
    yield from _throttling(readings)
    for field, reason in source.missing.items():
        yield Fact(field, f"not read: {reason}", "muted")


def _throttling(readings: Sequence[TelemetrySample]) -> Iterator[Fact]:
    """What held the clocks down, with the share of the readings in which it did."""
    told = [set(one.throttle_reasons) for one in readings if one.throttle_reasons is not None]
    if not told:
        return
    counts = Counter(reason for reasons in told for reason in reasons)
    for known, role in ((INVALID_REASONS, "bad"), (WARN_REASONS, "warn")):
        for reason, words in known.items():
            if counts[reason]:
                yield Fact("clocks", f"{words} in {percent(counts[reason] / len(told))} of readings", role)
    if not any(counts[reason] for reason in (*INVALID_REASONS, *WARN_REASONS)):
        yield Fact("clocks", "never held back")


def _or_unknown(name: str, value: object | None) -> Fact:
    return Fact(name, UNKNOWN, "muted") if value is None else Fact(name, f"{value}")


def _billions(count: int) -> str:
    if count >= 1e9:
        return f"{count / 1e9:.2f} billion"
    return f"{count / 1e6:.1f} million" if count >= 1e6 else f"{count}"


def _listed(values: Sequence[int], most: int = 12) -> str:
    if len(values) <= most:
        return ", ".join(map(str, values))
    shown = ", ".join(map(str, values[: most - 2]))
    return f"{shown}, … {values[-1]} ({len(values)} in all)"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
