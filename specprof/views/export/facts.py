"""What stands around the numbers of a run in a page: what it was measured on, what it takes for granted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.floor import floors_of
from specprof.analysis.opened import Run
from specprof.run.environment import VERSIONS
from specprof.views.execution import attention_words, check_words, dropped_modes, mode_name, rates
from specprof.views.floor import FLOOR, floor_note
from specprof.views.quantities import duration, percent
from specprof.views.tables.extras import beside_name, beside_note
from specprof.views.validity import validity_sentence

_GIB = 1 << 30


def caveats(run: Run) -> Iterator[str]:
    """What must be known to read it, the gravest first."""
    model, reference = run.record.plan.model, run.record.reference
    if reference is not None:
        yield f"A published figure, not measured here. {reference.provenance}"
    if run.record.validity is not None and run.record.validity.verdict != "valid":
        yield f"{validity_sentence(run.record)}."
    if run.estimated:
        words = f"Latency at full depth is an estimate: {model.layers_measured} of {model.layers_total} "
        yield words + "layers were measured."
    if run.record.status != "complete" and run.record.validity is None:  # its validity says that
        yield f"This run is {run.record.status}: not all of its plan was measured."
    if any(source.source == "fake" for source in run.record.telemetry_sources):
        yield "The telemetry of this run is made up."
    for words in dropped_modes(run.record):
        yield f"{words[0].upper()}{words[1:]}."


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
    floors = floors_of(run.record, {})
    if floors is not None:
        yield f"{FLOOR}: {floor_note(floors)}"
    if run.record.plan.attention_beside is not None:
        yield f"{beside_name(run.record.plan)}: {beside_note(run.record.plan)}"
    yield "± is half the 95 % bootstrap interval of the median; T(K)/T(1) is paired within rounds"
    if run.estimated:
        yield "The layers of a Llama are alike: their time is taken as proportional to their number"
    if not run.record.plan.model.has_weights:
        yield "Weights are random: latency does not depend on their values"


def plan_facts(run: Run) -> list[tuple[str, str]]:
    """What was asked for. That a run is not valid is no fact of its plan: it stands among the caveats."""
    record, plan = run.record, run.record.plan
    valid = record.validity is not None and record.validity.verdict == "valid"
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
        ("attention", attention_words(plan) if plan.workload == "full" else "-"),
        ("execution", record.execution or plan.execution),
        *([("quantization", plan.quantization)] if plan.quantization is not None else []),
        *((f"checked: {mode_name(check)}", check_words(check)) for check in record.checks),
        *((f"sdpa, {one.form}", f"{one.backend} ({one.operator})") for one in record.sdpa_backends),
        ("draft tree", plan.tree),
        ("batch sizes", ", ".join(map(str, plan.batch_sizes))),
        ("sequence lengths", ", ".join(map(str, plan.seq_lens))),
        ("candidates", ", ".join(map(str, plan.candidates))),
        ("target interval", f"±{percent(rule.target_ci)}"),
        ("budget", duration(rule.budget_s) if rule.budget_s else "none"),
        ("seed", str(plan.seed)),
        *([("validity", validity_sentence(record))] if valid else []),
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
    found += [(f"{name}, measured", value) for name, value in rates(device)]
    pairs = [
        ("device id", device.uuid),
        ("compute capability", device.compute_capability),
        ("multiprocessors", device.sm_count),
        ("cores", device.cores),
        ("threads", device.threads),
        *((name, getattr(environment, name)) for name in VERSIONS),
    ]
    return found + [(name, str(value)) for name, value in pairs if value is not None]
