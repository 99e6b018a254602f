"""Rows 17 to 26 of FAULTS.md in a whole session: a fake measuring child on a "GPU", and the real telemetry
child with a fake NVML library beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from cli import with_fake_child
from cli.command import SMALL
from session.stage import HEADER, PLAN, Stage, is_alive

from specprof.run import events as ev
from specprof.run.events import EventModel
from specprof.run.reading import load_record
from specprof.run.record import RunRecord
from specprof.session import telemetry
from specprof.session.live import LiveSession

UUID_A = "GPU-00000000-1111-2222-3333-444444444444"
BARE_UUID_B = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
BARE_UUID_SLICE = "99999999-8888-7777-6666-555555555555"

GPU_HEADER = HEADER.model_copy(update={"plan": PLAN.model_copy(update={"device": "cuda"})})


class GpuRun:
    """A run on a made-up GPU whose telemetry is read from NVML as it is set up."""

    def __init__(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stage = stage
        self.patch = monkeypatch
        self.seen: list[EventModel] = []
        self.record: RunRecord | None = None
        self.device()

    def nvml(self, environment: dict[str, str]) -> None:
        for name in ("LD_LIBRARY_PATH", "SPECPROF_FAKE_NVML"):
            if name in environment:
                self.patch.setenv(name, environment[name])

    def device(self, uuid: str = UUID_A) -> None:
        self.stage.device({"kind": "cuda", "name": "Made-up GPU", "uuid": uuid})

    def play(self, until: Callable[[GpuRun], bool] | None = None, at: str = "sample 5") -> RunRecord:
        """Plays the run. Its child pauses `at` a moment, or as its deeds say, until something was seen."""
        if until is not None and at:
            self.stage.does((0, at, "pause"))

        def look(event: EventModel, _: LiveSession) -> None:
            self.seen.append(event)
            if until is not None and until(self):
                self.stage.goes_on()

        session = self.stage.session()
        session._header = GPU_HEADER
        self.stage.play(session, look, within_s=40)
        self.record = session.reduction.record()
        return self.record

    def of(self, kind: type[EventModel]) -> list:
        return [event for event in self.seen if isinstance(event, kind)]

    def notices(self) -> list[str]:
        return [event.text for event in self.of(ev.Notice)]

    def gpu_source(self):
        (found,) = [one.telemetry for one in self.of(ev.TelemetryOpened) if one.telemetry.source != "host"]
        return found

    def readings(self) -> list:
        return [event.sample for event in self.of(ev.TelemetryTaken) if event.sample.source != "host"]

    def measured(self) -> list:
        assert self.record is not None
        return [cell for cell in self.record.cells if cell.latency_ms is not None]


@pytest.fixture
def gpu(tmp_path, monkeypatch) -> GpuRun:
    return GpuRun(Stage(tmp_path), monkeypatch)


def opened(run: GpuRun) -> bool:
    return any(one.telemetry.source != "host" for one in run.of(ev.TelemetryOpened))


def read(count: int) -> Callable[[GpuRun], bool]:
    return lambda run: len(run.readings()) >= count


def noticed(words: str) -> Callable[[GpuRun], bool]:
    return lambda run: any(words in text for text in run.notices())


def test_row_17_without_nvml_the_run_completes_unverified_and_the_remedy_is_shown(gpu, no_nvml):
    gpu.nvml(no_nvml)
    record = gpu.play(until=opened)
    assert record.status == "complete"
    assert {cell.verdict for cell in record.cells} == {"unverified"}
    assert record.validity.verdict == "unverified"
    assert "libnvidia-ml.so.1" in record.validity.reasons[0]
    assert "install the NVIDIA driver" in gpu.gpu_source().remedy


def test_row_18_with_a_version_mismatch_the_run_completes_unverified_and_the_remedy_is_shown(gpu, fake_nvml):
    gpu.nvml(fake_nvml("mismatch"))
    record = gpu.play(until=opened)
    assert record.status == "complete"
    assert {cell.verdict for cell in record.cells} == {"unverified"}
    assert "different versions" in gpu.gpu_source().reason
    assert "reboot" in gpu.gpu_source().remedy
    assert "no telemetry of the GPU's clocks" in " ".join(record.validity.reasons)
    assert record.validity.verdict == "invalid"  # the mismatch itself is a fake's


@pytest.mark.parametrize(
    ("settings", "how"), [("lost_after:8", "is lost"), ("reset_after:8", "needs a reset")]
)
def test_row_19_a_lost_gpu_stops_the_run_keeps_what_was_measured_and_ends_with_code_3(
    gpu, fake_nvml, settings, how
):
    gpu.nvml(fake_nvml(settings))
    gpu.stage.does((0, "sample 14", "wait"))  # in the second row, until it is asked to stop
    record = gpu.play()
    (fatal,) = gpu.of(ev.Fatal)
    assert gpu.seen[-1] is fatal
    assert fatal.exit_code == 3
    assert how in fatal.what
    assert "reset it" in fatal.remedy
    assert "reboot" in fatal.remedy
    assert [event.level for event in gpu.of(ev.Notice)] == ["error"]
    assert "SIGINT" in gpu.stage.log()
    assert record.status == "failed"
    assert [len(cell.measured_ms.samples) for cell in gpu.measured()] == [4, 4, 4, 1, 1]
    assert "the run failed: 5 of 6 cells measured" in record.validity.reasons


def test_row_19_the_command_saves_what_was_measured_says_the_remedy_and_exits_with_3(
    gpu, fake_nvml, tmp_path
):
    gpu.stage.does((0, "sample 14", "wait"))
    script = Path(with_fake_child.__file__)
    command = [sys.executable, str(script), str(gpu.stage.folder), "run", *SMALL, "--device", "cpu"]
    done = subprocess.run(
        [*command, "--output", "run.json"],
        cwd=tmp_path,
        env=fake_nvml("lost_after:8") | {"XDG_DATA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "is lost (NVML code 15): reset it" in done.stderr.splitlines()[-1]
    assert "NOT VALID: telemetry is fake; the run failed: 5 of 6 cells measured" in done.stdout
    loaded = load_record(tmp_path / "run.json")
    assert loaded.record.status == "failed"
    assert loaded.warnings == ()
    assert sum(cell.latency_ms is not None for cell in loaded.record.cells) == 5
    gpu.stage.check_nobody_is_left()


def test_row_19_a_child_that_hangs_with_its_gpu_is_killed_and_not_started_again(gpu, fake_nvml):
    gpu.nvml(fake_nvml("lost_after:8"))
    gpu.stage.does((0, "sample 14", "deaf SIGINT SIGTERM"))
    gpu.patch.setattr("specprof.session.child.KILL_AFTER_S", 0.1)
    gpu.patch.setattr("specprof.session.live.TERM_AFTER_S", 0.1)
    record = gpu.play()
    assert len(gpu.stage.pids()) == 1
    assert gpu.of(ev.ChildLost) == []
    assert [event.exit_code for event in gpu.of(ev.Fatal)] == [3]
    assert record.status == "failed"


def test_row_19_a_gpu_lost_when_all_is_measured_does_not_fail_the_run(gpu, fake_nvml):
    gpu.nvml(fake_nvml("lost_after:8"))
    gpu.stage.does((0, "end", "wait"))  # until it is asked to stop
    record = gpu.play()
    assert "SIGINT" in gpu.stage.log()
    assert gpu.of(ev.Fatal) == []
    assert record.status == "complete"


def test_row_20_errors_of_nvml_in_the_run_are_a_gap_in_one_field_that_is_said(gpu, fake_nvml):
    gpu.nvml(fake_nvml("forbidden_power_after:4;flaky_temperature"))
    record = gpu.play(until=read(8))
    assert record.status == "complete"
    powers = [one.power_w for one in gpu.readings()]
    assert powers[:3] == [412.5] * 3
    assert set(powers[3:]) == {None}
    assert {one.temperature_c for one in gpu.readings()} == {58, None}
    assert [text for text in gpu.notices() if "power_w" in text] == gpu.notices()
    assert len(gpu.notices()) == 1


def test_row_21_nvml_that_hangs_is_a_gap_said_once_and_measuring_goes_on(gpu, fake_nvml):
    gpu.nvml(fake_nvml("hang_after:5"))
    gpu.patch.setattr(telemetry, "SILENCE_S", 0.4)
    # longer than the silence that is said: nothing more is said of it
    record = gpu.play(until=lambda run: noticed("said nothing")(run) and run.seen[-1].t_s > gap_s(run) + 1.5)
    assert len(gpu.notices()) == 1
    assert record.status == "complete"
    assert len(gpu.readings()) == 4
    # what was measured before the host's next reading came was measured meanwhile: the session is live
    assert [one for one in gpu.of(ev.TelemetryTaken) if one.sample.source == "host" and one.t_s > gap_s(gpu)]


def gap_s(run: GpuRun) -> float:
    return run.of(ev.Notice)[0].t_s


def test_row_21_cells_measured_while_nvml_hangs_are_unverified_and_not_valid(gpu, fake_nvml):
    gpu.nvml(fake_nvml("hang_after:5"))
    gpu.patch.setattr(telemetry, "SILENCE_S", 0.4)
    # NVML hangs after the fourth reading; the second row is measured long after that
    gpu.stage.does((0, "sample 5", "pause"), (0, "row", "sleep 2.5"))
    record = gpu.play(until=read(3), at="")
    first_row, second_row = record.cells[:3], record.cells[3:]
    assert {cell.verdict for cell in second_row} == {"unverified"}
    assert "unverified" not in {cell.verdict for cell in first_row}
    assert "3 of 6 cells unverified: no telemetry of the GPU's clocks" in record.validity.reasons


def test_row_21_nvml_that_comes_back_is_said_too(gpu, fake_nvml):
    gpu.nvml(fake_nvml("slow_after:5"))
    gpu.patch.setattr(telemetry, "SILENCE_S", 0.4)
    record = gpu.play(until=lambda run: noticed("speaks again")(run) and read(8)(run))
    silent, again = gpu.notices()
    assert "said nothing" in silent
    assert "speaks again after" in again
    assert record.status == "complete"


def test_row_21_nvml_that_hangs_when_it_is_opened_is_said_and_nothing_is_left_behind(gpu, fake_nvml):
    gpu.nvml(fake_nvml("hang"))
    gpu.patch.setattr(telemetry, "OPENING_S", 1.0)
    record = gpu.play(until=noticed("said nothing"))
    assert record.status == "complete"
    assert record.validity.verdict == "unverified"
    assert telemetry_children() == []


def telemetry_children() -> list[int]:
    """Processes below this one that read NVML; one that is dead but not yet fetched has no command line."""
    below = psutil.Process().children(recursive=True)
    return [one.pid for one in below if is_alive(one.pid) and "specprof.telemetry" in one.cmdline()]


def test_row_22_telemetry_that_crashes_is_started_again_once_and_readings_go_on(gpu, fake_nvml, tmp_path):
    gpu.nvml(fake_nvml(f"abort_once_after:5:{tmp_path}/aborted"))
    gpu.patch.setattr(telemetry, "RESTART_AFTER_S", 0.1)
    record = gpu.play(until=read(10))
    (said,) = gpu.notices()
    assert "died (SIGABRT)" in said
    assert "started again" in said
    assert record.status == "complete"
    assert len([one for one in record.telemetry_sources if one.source == "fake"]) == 1


def test_row_22_telemetry_that_crashes_twice_stays_off_and_the_run_completes(gpu, fake_nvml):
    gpu.nvml(fake_nvml("abort_after:5"))
    gpu.patch.setattr(telemetry, "RESTART_AFTER_S", 0.1)
    record = gpu.play(until=noticed("died again"))
    first, second = gpu.notices()
    assert "started again" in first
    assert "its readings end here" in second
    assert len(gpu.readings()) == 8  # four of each
    assert record.status == "complete"


def test_row_23_the_thermal_bit_makes_the_cell_invalid_and_the_reason_is_shown(gpu, fake_nvml):
    gpu.nvml(fake_nvml("thermal"))
    record = gpu.play(until=read(3))
    (first, *_) = record.cells
    assert first.verdict == "invalid"
    assert "thermal slowdown (hardware)" in first.reasons
    assert "3 of 6 cells invalid" in " ".join(record.validity.reasons)


def test_row_23_thermal_violations_between_two_readings_are_not_missed(gpu, fake_nvml):
    gpu.nvml(fake_nvml("thermal_violation:1000000"))
    first = gpu.play(until=read(5)).cells[0]
    assert first.verdict == "invalid"
    assert first.reasons[0].startswith("thermal limits held the clocks down for ")


def test_row_24_another_process_on_the_gpu_is_a_warning_with_its_pid(gpu, fake_nvml):
    gpu.nvml(fake_nvml(f"foreign:{os.getppid()}"))
    first = gpu.play(until=read(3)).cells[0]
    assert first.verdict == "warn"
    assert f"another process on the GPU (pid {os.getppid()})" in first.reasons


@pytest.mark.parametrize(
    ("bare", "found"), [(BARE_UUID_B, f"GPU-{BARE_UUID_B}"), (BARE_UUID_SLICE, f"MIG-{BARE_UUID_SLICE}")]
)
def test_row_25_the_telemetry_is_that_of_the_uuid_which_is_measured_whatever_its_index(
    gpu, fake_nvml, bare, found
):
    gpu.device(bare)  # as torch writes it, of what is cuda:0 under CUDA_VISIBLE_DEVICES
    gpu.nvml(fake_nvml())
    record = gpu.play(until=read(3))
    assert gpu.gpu_source().device_uuid == found
    assert record.status == "complete"


def test_row_26_of_two_unlike_gpus_the_one_that_is_measured_is_read(gpu, fake_nvml):
    gpu.device(BARE_UUID_B)
    gpu.nvml(fake_nvml("cooling:10"))
    gpu.play(until=read(3))
    # the second GPU's clock does not fall; the first one's does
    assert {one.sm_clock_mhz for one in gpu.readings()} == {1980}
