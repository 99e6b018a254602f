"""All that was recorded of a run, as facts."""

from __future__ import annotations

from views.measured_run import environment, plan, record

from specprof.analysis.opened import Run, load
from specprof.run.environment import Device
from specprof.run.record import NoticeRecord, PauseRecord
from specprof.run.telemetry import TelemetrySample, TelemetrySource
from specprof.tui.state.recorded import UNKNOWN, recorded


def facts_of(run: Run, section: str, notes=()) -> dict[str, str]:
    found = {one.title: one for one in recorded(run, notes)}
    return {fact.name: fact.words for fact in found[section].facts}


def test_the_plan_its_stopping_rule_and_the_software_are_said_as_they_were():
    run = Run.of(record())
    assert facts_of(run, "Plan")["seq_lens"] == "128, 512, 2048"
    assert facts_of(run, "Plan")["seed"] == "0"
    assert facts_of(run, "Stopping rule")["target"] == "±5.0 % of the median, 95 % interval"
    assert facts_of(run, "Stopping rule")["budget"] == "none"
    assert facts_of(run, "Software")["torch"] == "2.6.0"
    assert facts_of(run, "Model")["layers"] == "2 measured of 32: full depth is an estimate"
    # 32 · (4 · 4096² + 3 · 4096 · 11008 + 2 · 4096) + 2 · 32000 · 4096 + 4096 weights
    assert facts_of(run, "Model")["parameters"] == "6.74 billion"


def test_cells_are_counted_by_their_verdict():
    run = Run.of(record(plan(seq_lens=(128, 512, 2048)), oom_from=580, not_run=2048))
    words = facts_of(run, "Run")["cells"]
    assert words.startswith("24: ")
    assert "3 oom" in words
    assert "8 not run" in words


def test_warnings_notices_and_notes_stand_first():
    made = record().model_copy(
        update={"notices": [NoticeRecord(t_s=90, level="warning", text="seq_len 2048 dropped")]}
    )
    first = recorded(Run(made, ("statistics differ",)), ("the clock went back",))[0]
    assert [(fact.name, fact.words, fact.role) for fact in first.facts] == [
        ("", "statistics differ", "warn"),
        ("", "the clock went back", "warn"),
        ("1 min 30 s", "seq_len 2048 dropped", "warn"),
    ]


def test_what_a_gpu_did_not_tell_is_said_to_be_missing():
    gpu = Device(kind="cuda", name="Some GPU", sm_count=108)
    made = record().model_copy(
        update={"environment": environment().model_copy(update={"device": gpu, "driver": "570.1"})}
    )
    facts = facts_of(Run.of(made), "Device")
    assert facts["device"] == "Some GPU (cuda)"
    assert facts["SMs"] == "108"
    assert facts["driver"] == "570.1"
    assert facts["compute capability"] == UNKNOWN
    assert "cores" not in facts


def test_telemetry_says_what_was_read_what_was_not_and_what_held_the_clocks_down():
    def reading(t_s: float, clock: float, reasons: list[str]) -> TelemetrySample:
        return TelemetrySample(t_s=t_s, source="nvml", sm_clock_mhz=clock, throttle_reasons=reasons)

    made = record().model_copy(
        update={
            "telemetry_sources": [
                TelemetrySource(source="host", available=False, reason="psutil failed", remedy="install it"),
                TelemetrySource(source="nvml", available=True, missing={"power_w": "not supported"}),
            ],
            "telemetry": [reading(1, 1410, []), reading(2, 1200, ["sw_thermal"]), reading(3, 1410, []),
                          reading(4, 1410, [])],
        }
    )  # fmt: skip
    facts = facts_of(Run.of(made), "Telemetry")
    assert facts["host"] == "not available: psutil failed (install it)"
    assert facts["GPU (NVML)"] == "4 readings"
    assert facts["SM clock"] == "1200 to 1410 MHz"
    assert facts["clocks"] == "thermal slowdown (software) in 25.0 % of readings"
    assert facts["power_w"] == "not read: not supported"


def test_pauses_are_counted_and_added_up():
    made = record().model_copy(
        update={"pauses": [PauseRecord(t_s=10, until_s=70), PauseRecord(t_s=90, until_s=100)]}
    )
    assert facts_of(Run.of(made), "Run")["paused"] == "2 times, 1 min 10 s in all"


def test_a_published_figure_says_where_it_is_from_and_nothing_that_nobody_measured():
    sections = {one.title for one in recorded(load("medusa-llama-7b-bs4"))}
    assert {"Published figure", "Model", "Device"} <= sections
    assert not {"Stopping rule", "Telemetry"} & sections
    facts = facts_of(load("medusa-llama-7b-bs4"), "Published figure")
    assert facts["acceptance"] == "E(K) = 1 + 0.477 ln K, contained in the published speedups"
    assert facts["reading error"] == "±0.03 of each speedup"
