"""What stands around the numbers of a run in a page: what it was measured on, what it takes for granted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.opened import Run
from specprof.views.quantities import duration, percent

_VERSIONS = ("host", "os", "python", "torch", "transformers", "cuda", "driver", "blas")
_GIB = 1 << 30


def caveats(run: Run) -> Iterator[str]:
    """What must be known to read it, the gravest first."""
    model, reference = run.record.plan.model, run.record.reference
    if reference is not None:
        yield f"A published figure, not measured here. {reference.provenance}"
    if run.estimated:
        words = f"Latency at full depth is an estimate: {model.layers_measured} of {model.layers_total} "
        yield words + "layers were measured."
    if run.record.status != "complete":
        yield f"This run is {run.record.status}: not all of its plan was measured."
    if any(source.source == "fake" for source in run.record.telemetry_sources):
        yield "The telemetry of this run is made up."


def assumptions(run: Run, models: Sequence[AcceptanceModel]) -> Iterator[str]:
    """What the speedups rest on, one sentence each."""
    cost = run.draft.formula
    yield (
        "speedup = E(K) / (T(K)/T(1) + D(K)/T(1)), K counting the root; D(K), what drafting costs: " + cost
        if cost
        else "speedup = E(K) / (T(K)/T(1)), K counting the root; drafting costs nothing"
    )
    for model in models:
        yield f"E(K) = {model.formula} ({model.name}: {model.source})"
    if run.record.reference is not None:
        yield f"Acceptance in the published speedups: {run.record.reference.acceptance}"
        yield f"± {run.record.reference.reading_error:g} is the error of reading each value off the figure"
        return
    yield "± is half the 95 % bootstrap interval of the median; T(K)/T(1) is paired within rounds"
    if run.estimated:
        yield "The layers of a Llama are alike: their time is taken as proportional to their number"
    if not run.record.plan.model.has_weights:
        yield "Weights are random: latency does not depend on their values"


def plan_facts(run: Run) -> list[tuple[str, str]]:
    record, plan = run.record, run.record.plan
    model, rule = plan.model, plan.stopping
    return [
        ("model", f"{model.title} ({model.name})"),
        (
            "shape",
            f"hidden {model.hidden_size}, intermediate {model.intermediate_size}, "
            f"{model.num_attention_heads} heads of {model.head_dim}, {model.num_key_value_heads} for keys "
            f"and values, vocabulary {model.vocab_size}",
        ),
        ("layers measured", f"{model.layers_measured} of {model.layers_total}"),
        ("dtype", plan.dtype),
        ("workload", plan.workload),
        ("attention", plan.attention if plan.workload == "full" else "-"),
        ("execution", record.execution or plan.execution),
        ("draft tree", plan.tree),
        ("batch sizes", ", ".join(map(str, plan.batch_sizes))),
        ("sequence lengths", ", ".join(map(str, plan.seq_lens))),
        ("candidates", ", ".join(map(str, plan.candidates))),
        ("target interval", f"±{percent(rule.target_ci)}"),
        ("budget", duration(rule.budget_s) if rule.budget_s else "none"),
        ("seed", str(plan.seed)),
        ("run id", record.run_id),
        ("specprof", record.specprof_version),
    ]


def environment_facts(run: Run) -> list[tuple[str, str]]:
    """What is known of it; a null is left out."""
    environment = run.record.environment
    if environment is None:
        return [("environment", "not recorded")]
    device = environment.device
    found = [("device", f"{device.name} ({device.kind})")]
    if device.memory_bytes is not None:
        found.append(("device memory", f"{device.memory_bytes / _GIB:.1f} GiB"))
    if device.stream_bytes_per_s is not None:
        found.append(("streaming bandwidth, measured", f"{device.stream_bytes_per_s / 1e9:.4g} GB/s"))
    pairs = [
        ("device id", device.uuid),
        ("compute capability", device.compute_capability),
        ("multiprocessors", device.sm_count),
        ("cores", device.cores),
        ("threads", device.threads),
        *((name, getattr(environment, name)) for name in _VERSIONS),
    ]
    return found + [(name, str(value)) for name, value in pairs if value is not None]
