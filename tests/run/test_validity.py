"""Whether a run is to be believed, and the sentences that say why not."""

from __future__ import annotations

import json
import re

import pytest

from specprof.plan.plan import Cell, Row
from specprof.plan.stopping import StoppingRule
from specprof.run import events as ev
from specprof.run.cell_record import CellRecord, Interval
from specprof.run.journal import document_text
from specprof.run.reading import load_record
from specprof.run.reason_kinds import kind_of
from specprof.run.statistics import Estimate
from specprof.run.telemetry import TelemetrySample, TelemetrySource
from specprof.run.validity import Validity, validity_of
from specprof.run.verdict import judge

from .streams import STORIES, Story, build_record, build_stream, reduce_all

TIMED = Interval(median=10.0, ci_low=9.9, ci_high=10.1)
FAKE = TelemetrySource(source="fake", available=True)
NO_NVML = TelemetrySource(source="nvml", available=False, reason="the NVIDIA driver is not loaded")
HOST = TelemetrySource(source="host", available=True)


def cells(*told: tuple[str, list[str]]) -> list[CellRecord]:
    """Cells with these verdicts and reasons; those with a result have one."""
    return [
        CellRecord(
            batch_size=1,
            seq_len=128,
            candidates=number,
            verdict=verdict,
            reasons=reasons,
            latency_ms=TIMED if verdict in ("valid", "warn", "invalid", "unverified") else None,
        )
        for number, (verdict, reasons) in enumerate(told, start=1)
    ]


GOOD = ("valid", [])
NOISY = ("warn", ["noisy: interquartile range 20% of the median"])
HOT = ("invalid", ["thermal slowdown (hardware)", "noisy: interquartile range 20% of the median"])


def judged(*told: tuple[str, list[str]], status: str = "complete", sources=(HOST,)) -> tuple[str, list[str]]:
    found = validity_of(status, cells(*told), sources)
    return found.verdict, found.reasons


def test_a_complete_run_of_good_cells_is_valid_without_a_reason():
    assert judged(GOOD, GOOD) == ("valid", [])


def test_cells_that_warn_are_good_and_counted_by_what_they_warn_of():
    assert judged(GOOD, NOISY) == ("valid", ["1 cell warns: noisy"])
    assert judged(NOISY, NOISY) == ("valid", ["2 cells warn: noisy"])
    wide = ("warn", ["interval ±8.0% is wider than the ±5.0% asked for", *NOISY[1]])
    assert judged(NOISY, wide, NOISY)[1] == ["3 cells warn: noisy (3), interval wider than asked for (1)"]


def test_one_invalid_cell_makes_the_run_invalid_and_is_counted_with_what_spoilt_it():
    assert judged(GOOD, HOT, GOOD, HOT) == ("invalid", ["2 of 4 cells invalid: thermal slowdown (hardware)"])


def test_failed_cells_and_those_out_of_memory_make_it_invalid():
    died = ("failed", ["the measuring child died (signal 9, SIGKILL)"])
    assert judged(GOOD, died) == ("invalid", ["1 of 2 cells failed: the measuring child died"])
    assert judged(GOOD, ("oom", ["out of memory: tried 2.0 GiB"])) == (
        "invalid",
        ["1 of 2 cells out of memory"],
    )


def test_cells_given_up_beforehand_spoil_nothing_and_are_said():
    given_up = ("not_run", ["predicted not to fit: it needs 99.0 GiB, 80.0 GiB free"])
    assert judged(GOOD, given_up) == ("valid", ["1 of 2 cells not run: predicted not to fit"])


def test_a_run_of_which_nothing_was_measured_is_not_valid():
    given_up = ("not_run", ["predicted not to fit: it needs 99.0 GiB, 80.0 GiB free"])
    assert judged(given_up)[0] == "invalid"
    assert judged(given_up)[1][0] == "no cell was measured"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("partial", "the run did not come to its end"),
        ("cancelled", "the run was cancelled"),
        ("failed", "the run failed"),
    ],
)
def test_a_run_that_did_not_end_is_unfinished_with_what_it_has(status, said):
    not_reached = ("not_run", ["not reached"])
    assert judged(GOOD, GOOD, not_reached, status=status) == (
        "unfinished",
        [f"{said}: 2 of 3 cells measured"],
    )


def test_an_unfinished_run_with_an_invalid_cell_is_invalid_and_both_are_said():
    verdict, reasons = judged(HOT, ("not_run", ["not reached"]), status="cancelled")
    assert verdict == "invalid"
    assert reasons == [
        "1 of 2 cells invalid: thermal slowdown (hardware)",
        "the run was cancelled: 1 of 2 cells measured",
    ]


UNSEEN = ("unverified", ["no telemetry of the GPU's clocks"])


def test_a_gpu_that_nvml_never_saw_leaves_the_run_unverified_with_nvmls_reason():
    assert judged(UNSEEN, UNSEEN) == ("unverified", ["no telemetry of the GPU's clocks"])
    assert judged(UNSEEN, UNSEEN, sources=(HOST, NO_NVML))[1] == [
        "no telemetry of the GPU's clocks: the NVIDIA driver is not loaded"
    ]


def test_one_cell_that_nobody_saw_leaves_the_run_unverified():
    assert judged(GOOD, UNSEEN, GOOD) == (
        "unverified",
        ["1 of 3 cells unverified: no telemetry of the GPU's clocks"],
    )


def test_fake_telemetry_is_never_valid_however_good_the_cells():
    assert judged(GOOD, GOOD, sources=(HOST, FAKE)) == ("invalid", ["telemetry is fake"])


def test_many_kinds_of_reasons_stay_one_short_sentence():
    told = [("warn", [f"{letter} is wrong"]) for letter in "abcde"]
    assert judged(*told[:4])[1] == [
        "4 cells warn: a is wrong (1), b is wrong (1), c is wrong (1), d is wrong (1)"
    ]
    assert judged(*told)[1] == ["5 cells warn: a is wrong (1), b is wrong (1), c is wrong (1), 2 more kinds"]


def test_every_reason_that_a_cell_can_have_has_a_kind_without_numbers():
    def reading(t_s: float, grown: int) -> TelemetrySample:
        return TelemetrySample(
            t_s=t_s,
            source="nvml",
            throttle_reasons=["hw_slowdown", "sw_thermal", "hw_thermal", "hw_power_brake", "sync_boost",
                              "sw_power_cap", "application_clocks"],
            foreign_pids=[7],
            sm_clock_mhz=2000 - 100 * grown,
            power_violation_s=grown,
            thermal_violation_s=grown / 1e6,
            ecc_uncorrected=grown,
            ecc_corrected=grown,
        )  # fmt: skip

    found = judge(
        samples=[9.0, 11.0, 9.0],
        latency=Estimate(10.0, 8.0, 12.0),
        stop_reason="interrupted",
        rule=StoppingRule(target_ci=0.05),
        on_gpu=True,
        telemetry=[*(reading(0.1 * n, n) for n in range(6)),
                   TelemetrySample(t_s=1, source="host", other_cpu_pct=50.0)],
        sampled_at_s=[0.1, 0.2, 5.0],
        suspended_rounds=[3],
    )  # fmt: skip
    kinds = [kind_of(reason) for reason in found.reasons]
    assert len(kinds) == len(set(kinds)) >= 17
    assert not [kind for kind in kinds if re.search(r"\d|%|±", kind)]


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("complete", "valid"),
        ("complete on a GPU", "valid"),
        ("a row dropped", "valid"),
        ("predicted not to fit", "valid"),
        ("out of memory", "invalid"),
        ("child killed", "invalid"),
        ("cancelled", "unfinished"),
        ("the GPU lost", "unfinished"),
    ],
)
def test_a_record_carries_the_validity_of_its_run(name, verdict):
    assert build_record(STORIES[name]).validity.verdict == verdict


def test_a_gpu_run_without_telemetry_is_unverified():
    assert build_record(Story(on_gpu=True, telemetry=False)).validity.verdict == "unverified"


def test_a_faked_run_is_recorded_as_not_valid():
    events = [
        ev.TelemetryOpened(telemetry=FAKE) if isinstance(event, ev.TelemetryOpened) else event
        for event in build_stream(Story(on_gpu=True))
    ]
    assert reduce_all(events).record().validity.reasons[0] == "telemetry is fake"


# What a file says of it


def loaded(tmp_path, **changed):
    record = build_record(Story(candidates=(1, 16), drop_after_first_round=(Row(1, 512),)))
    document = json.loads(document_text(record)) | changed
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document))
    return record, load_record(path)


def test_a_validity_that_the_cells_do_not_give_is_recomputed_and_said(tmp_path):
    forged = Validity(verdict="unverified", reasons=["trust me"]).model_dump()
    record, found = loaded(tmp_path, validity=forged)
    assert found.record.validity == record.validity
    assert found.record.validity.verdict == "valid"
    assert found.warnings == ("stored validity unverified, but its cells make it valid: recomputed",)


def test_a_file_from_before_has_no_validity_and_is_given_one_without_a_word(tmp_path):
    record, found = loaded(tmp_path, validity=None)
    assert found.record.validity == record.validity
    assert found.warnings == ()


def test_the_cell_that_spoils_a_run_is_found_in_its_record():
    record = build_record(Story(oom=(Cell(1, 512, 64),)))
    assert record.validity.reasons[0] == "1 of 6 cells out of memory"
