"""What the doctor says of a GPU, finding by finding."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specprof.telemetry.doctor.finding import Finding
from specprof.telemetry.doctor.gpu import gpu_findings
from specprof.telemetry.doctor.memory import default_need_bytes
from specprof.telemetry.probe import GpuProcess, ProbedDevice

from .well import WELL

GIB = 1 << 30
UNSUPPORTED = "this GPU does not support it"
GPU = ProbedDevice(3, "GPU-0", "A", 80 * GIB, 79 * GIB, 345, 1980, (), WELL)


def of(check: str, gpu: ProbedDevice = GPU, **health: object) -> Finding:
    """The finding on `check` where the GPU's health is otherwise good."""
    (found,) = all_of(check, gpu, **health)
    return found


def all_of(check: str, gpu: ProbedDevice = GPU, **health: object) -> list[Finding]:
    sick = replace(gpu, health=replace(WELL, **health))
    return [finding for finding in gpu_findings(sick) if finding.check == check]


def test_of_a_gpu_that_is_well_nothing_is_bad_and_only_the_clock_lock_is_unknown():
    levels = {finding.check: finding.level for finding in gpu_findings(GPU)}
    assert {check for check, level in levels.items() if level != "good"} == {"clock lock"}
    assert len(levels) == 15


def test_a_low_clock_of_an_idle_gpu_is_no_fault():
    found = of("clocks")
    assert found.level == "good"
    assert found.text.startswith("SM clock 345 MHz now, 1980 MHz at most; the GPU is idle")
    assert of("clocks", replace(GPU, sm_clock_mhz=None)).level == "unknown"


@pytest.mark.parametrize(
    ("event", "level", "words"),
    [
        ("hw_slowdown", "bad", "hardware slowdown"),
        ("sw_thermal", "bad", "thermal slowdown (software)"),
        ("hw_thermal", "bad", "thermal slowdown (hardware)"),
        ("hw_power_brake", "bad", "power brake"),
        ("sw_power_cap", "warning", "power cap"),
        ("application_clocks", "warning", "application clocks"),
        ("sync_boost", "warning", "sync boost"),
        ("display_clocks", "warning", "display"),
    ],
)
def test_what_holds_the_clocks_down_now_is_named_with_a_remedy(event, level, words):
    found = of("clock events", clock_events=("gpu_idle", event))
    assert found.level == level
    assert words in found.text
    assert found.remedy


def test_several_that_hold_the_clocks_down_are_several_findings_and_an_unknown_one_is_shown_by_its_number():
    found = all_of("clock events", clock_events=("sw_power_cap", "hw_thermal", "bit_0x400"))
    assert [one.level for one in found] == ["warning", "bad", "warning"]
    assert "bit_0x400" in found[2].text
    (unread,) = all_of("clock events", clock_events=None, missing={"clock_events": "so it is"})
    assert (unread.level, unread.text) == (
        "unknown",
        "what holds the clocks down cannot be read: so it is",
    )


def test_application_clocks_below_the_maximum_are_to_be_reset_unless_they_are_the_default():
    found = of("application clocks", application_clock_mhz=1200)
    assert found.level == "warning"
    assert "1200 MHz, below the 1980 MHz" in found.text
    assert found.command == "sudo nvidia-smi -i 3 --reset-applications-clocks"
    default = of("application clocks", application_clock_mhz=1095, default_application_clock_mhz=1095)
    assert default.level == "good"


def test_whether_clocks_can_be_locked_goes_by_the_architecture():
    found = of("clock lock")
    assert found.command == "sudo nvidia-smi -i 3 --lock-gpu-clocks=MHZ,MHZ"
    assert "specprof itself changes no setting" in found.remedy
    assert of("clock lock", architecture=4).level == "warning"
    assert not of("clock lock", architecture=4).command
    assert of("clock lock", architecture=5).command


def test_a_power_limit_below_the_default_is_to_be_raised():
    found = of("power", power_limit_w=350.0)
    assert (found.level, found.command) == ("warning", "sudo nvidia-smi -i 3 -pl 700")
    assert found.text == "power limit 350 W, below the default of 700 W (700 W at most)"
    assert of("power").text == "power limit 700 W, the default (700 W at most)"
    assert of("power", default_power_limit_w=600.0).level == "good"
    assert of("power", default_power_limit_w=None).level == "unknown"


@pytest.mark.parametrize(
    ("health", "level"),
    [
        ({"temperature_c": 77.0}, "good"),
        ({"temperature_c": 78.0}, "warning"),
        ({"temperature_c": 87.0}, "bad"),
        ({"slowdown_temperature_c": None}, "unknown"),
        ({"temperature_c": None}, "unknown"),
        ({"slowdown_temperature_c": None, "margin_c": 9.0}, "warning"),
        ({"temperature_c": 87.0, "margin_c": 30.0}, "good"),
    ],
)
def test_the_temperature_is_held_against_the_slowdown(health, level):
    assert of("temperature", **health).level == level


def test_other_programs_are_named_with_pid_and_memory():
    crowd = tuple(GpuProcess(pid, "trainer", GIB) for pid in range(7, 13))
    found = of("processes", replace(GPU, processes=crowd))
    assert found.level == "warning"
    assert "trainer (pid 7, 1.0 GiB)" in found.text
    assert found.text.endswith("and 2 more")
    assert "a program (pid 9)" in of("processes", replace(GPU, processes=(GpuProcess(9),))).text
    assert of("processes", replace(GPU, processes=None)).level == "unknown"


def test_a_gpu_that_is_busy_with_nobody_listed_has_hidden_company():
    assert of("utilisation", utilization_pct=5.0).level == "good"
    found = of("utilisation", utilization_pct=90.0)
    assert found.level == "warning"
    assert "hidden" in found.text
    listed = of("utilisation", replace(GPU, processes=(GpuProcess(9),)), utilization_pct=90.0)
    assert "hidden" not in listed.text


def test_memory_is_held_against_what_the_default_run_needs():
    smallest, largest = default_need_bytes("cuda")
    assert 13 * GIB < smallest < largest < 79 * GIB  # 6.7e9 weights of 2 bytes are 12.6 GiB
    assert of("memory").level == "good"
    assert of("memory", replace(GPU, free_bytes=largest - 1)).level == "warning"
    assert of("memory", replace(GPU, free_bytes=smallest - 1)).level == "bad"
    assert of("memory", replace(GPU, free_bytes=None)).level == "unknown"


def test_a_display_that_is_drawn_is_a_warning_and_one_that_is_only_attached_is_none():
    assert of("display", display_active=True, display_attached=True).level == "warning"
    assert of("display", display_attached=True).level == "good"
    assert of("display", display_active=None).level == "unknown"


def test_persistence_mode_off_has_its_command():
    found = of("persistence", persistence=False)
    assert (found.level, found.command) == ("warning", "sudo nvidia-smi -i 3 -pm 1")


def test_ecc_on_or_off_is_said_and_a_change_that_waits_for_a_reboot_is_a_warning():
    assert of("ECC").text.startswith("ECC is on")
    off = of("ECC", ecc=False, ecc_pending=False)
    assert (off.level, off.text[:10]) == ("good", "ECC is off")
    found = of("ECC", ecc_pending=False)
    assert (found.level, found.command) == ("warning", "sudo nvidia-smi -i 3 -e 1")


def test_uncorrected_errors_are_bad():
    found = of("ECC errors", ecc_uncorrected=2)
    assert found.level == "bad"
    assert "2 uncorrected" in found.text


def test_mig_is_a_warning():
    found = of("MIG", mig=True)
    assert (found.level, found.command) == ("warning", "sudo nvidia-smi -i 3 -mig 0")


@pytest.mark.parametrize(
    ("mode", "processes", "level"),
    [
        ("prohibited", (), "bad"),
        ("exclusive_process", (), "good"),
        ("exclusive_process", (GpuProcess(9),), "bad"),
        ("default", (GpuProcess(9),), "good"),
        (None, (), "unknown"),
    ],
)
def test_a_compute_mode_that_keeps_a_run_away_is_bad(mode, processes, level):
    found = of("compute mode", replace(GPU, processes=processes), compute_mode=mode)
    assert found.level == level
    assert bool(found.command) == (level == "bad")


def test_what_a_gpu_does_not_have_is_no_gap_in_what_is_known():
    missing = dict.fromkeys(("ecc", "ecc_uncorrected", "mig"), UNSUPPORTED)
    health = replace(WELL, ecc=None, ecc_pending=None, ecc_uncorrected=None, mig=None, missing=missing)
    levels = {one.check: one.level for one in gpu_findings(replace(GPU, health=health))}
    assert {levels[check] for check in ("ECC", "ECC errors", "MIG")} == {"good"}


def test_what_could_not_be_read_is_unknown_and_never_good():
    unread = ProbedDevice(0, "GPU-0", "A")
    levels = {finding.level for finding in gpu_findings(unread)}
    assert levels == {"unknown"}
