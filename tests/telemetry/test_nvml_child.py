"""The telemetry child with a fake NVML library: what it says, what it leaves null, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from specprof.telemetry import child as child_module

BARE_UUID_B = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
BARE_UUID_SLICE = "99999999-8888-7777-6666-555555555555"
GIB = 1 << 30


def test_every_field_is_read_in_the_units_of_its_name(start, fake_nvml):
    child = start(fake_nvml())
    source, sample = child.opened(), child.sample()
    assert source.available
    assert source.missing == {}
    assert sample.utilization_pct == 87
    assert sample.memory_used_bytes == 2 * GIB
    assert sample.power_w == 412.5
    assert sample.energy_j == 5082.5  # the second reading: one is taken when opening
    assert sample.temperature_c == 58
    assert (sample.sm_clock_mhz, sample.memory_clock_mhz) == (1980, 2619)
    assert sample.throttle_reasons == ["gpu_idle"]
    assert (sample.power_violation_s, sample.thermal_violation_s) == (2.0, 2.0)
    assert (sample.ecc_uncorrected, sample.ecc_corrected) == (7, 7)
    assert sample.foreign_pids == []


def test_a_faked_library_is_called_fake_everywhere(start, fake_nvml):
    child = start(fake_nvml())
    assert child.opened().source == "fake"
    assert child.sample().source == "fake"
    assert start(fake_nvml("mismatch")).opened().source == "fake"


def test_torch_writes_uuids_without_prefix_and_the_right_gpu_is_found(start, fake_nvml):
    assert start(fake_nvml(), uuid=BARE_UUID_B).opened().device_uuid == f"GPU-{BARE_UUID_B}"


def test_a_mig_slice_takes_clocks_from_its_gpu_and_claims_neither_its_power_nor_energy(start, fake_nvml):
    child = start(fake_nvml(), uuid=BARE_UUID_SLICE)
    source, sample = child.opened(), child.sample()
    assert source.device_uuid == f"MIG-{BARE_UUID_SLICE}"
    assert set(source.missing) == {"utilization_pct", "power_w", "energy_j", "ecc_corrected"}
    assert "whole GPU" in source.missing["power_w"]
    assert sample.sm_clock_mhz == 1980
    assert sample.throttle_reasons == ["gpu_idle"]
    assert (sample.utilization_pct, sample.power_w, sample.energy_j) == (None, None, None)
    assert sample.thermal_violation_s == 2.0  # of the GPU, as its clocks are
    assert (sample.ecc_uncorrected, sample.ecc_corrected) == (7, None)


def test_the_counters_are_cumulative_and_each_is_read_from_its_own(start, fake_nvml):
    settings = "power_violation:30000000;thermal_violation:500;ecc_uncorrected:1;ecc_corrected:20"
    child = start(fake_nvml(settings), "--hz", "50")
    child.opened()
    first, second = child.sample(), child.sample()  # the second and third reading: opening reads once
    assert (first.power_violation_s, second.power_violation_s) == (2.06, 2.09)
    assert (first.thermal_violation_s, second.thermal_violation_s) == (2.000001, 2.0000015)
    assert (first.ecc_uncorrected, second.ecc_uncorrected) == (9, 10)
    assert (first.ecc_corrected, second.ecc_corrected) == (47, 67)


def test_an_unknown_uuid_is_unavailable_with_a_remedy(start, fake_nvml):
    child = start(fake_nvml(), uuid="GPU-nowhere")
    source = child.opened()
    assert not source.available
    assert "GPU-nowhere" in source.reason
    assert "nvidia-smi -L" in source.remedy
    assert child.rest() == []
    assert child.process.wait(5) == 0


@pytest.mark.parametrize(
    ("settings", "reason", "remedy"),
    [("mismatch", "different versions", "reboot"), ("not_loaded", "not loaded", "modprobe")],
)
def test_a_driver_that_refuses_is_unavailable_with_a_remedy(start, fake_nvml, settings, reason, remedy):
    child = start(fake_nvml(settings))
    source = child.opened()
    assert not source.available
    assert reason in source.reason
    assert remedy in source.remedy
    assert child.process.wait(5) == 0


def test_without_the_library_it_is_unavailable_with_a_remedy(start, no_nvml):
    source = start(no_nvml).opened()
    assert not source.available
    assert source.source == "nvml"
    assert "libnvidia-ml.so.1" in source.reason
    assert "install the NVIDIA driver" in source.remedy


@pytest.mark.parametrize(
    ("settings", "fields", "reason"),
    [
        ("unsupported_power", ["power_w"], "does not support"),
        ("forbidden_clocks", ["sm_clock_mhz", "memory_clock_mhz"], "may not read"),
        ("no_violations", ["power_violation_s", "thermal_violation_s"], "this driver does not offer"),
        ("no_ecc", ["ecc_uncorrected", "ecc_corrected"], "does not support"),
    ],
)
def test_an_unreadable_field_is_null_and_its_reason_said_once(start, fake_nvml, settings, fields, reason):
    child = start(fake_nvml(settings), "--hz", "50")
    missing = child.opened().missing
    assert list(missing) == fields
    assert all(reason in text for text in missing.values())
    for _ in range(3):  # `sample` fails on anything but a sample, so nothing is said again
        sample = child.sample()
        assert all(getattr(sample, field) is None for field in fields)
        assert sample.temperature_c == 58


def test_a_field_lost_on_the_way_is_told_once(start, fake_nvml):
    child = start(fake_nvml("forbidden_power_after:2"), "--hz", "50")
    assert child.opened().missing == {}
    events = [child.next_event() for _ in range(6)]
    notices = [event for event in events if event.event == "notice"]
    assert [notice.level for notice in notices] == ["warning"]
    assert "power_w" in notices[0].text
    powers = [event.sample.power_w for event in events if event.event == "telemetry"]
    assert powers == [412.5, None, None, None, None]


def test_a_passing_error_is_null_that_time_only(start, fake_nvml):
    child = start(fake_nvml("flaky_temperature"), "--hz", "50")
    assert child.opened().missing == {}
    assert {child.sample().temperature_c for _ in range(4)} == {58, None}


def test_a_silent_sensor_is_null_and_not_four_billion(start, fake_nvml):
    child = start(fake_nvml("garbage"))
    assert child.opened().available
    sample = child.sample()
    assert (sample.utilization_pct, sample.power_w, sample.temperature_c) == (None, None, None)
    assert (sample.power_violation_s, sample.ecc_uncorrected) == (None, None)
    assert sample.sm_clock_mhz == 1980


def test_an_older_driver_is_read_through_its_older_entry_points(start, fake_nvml):
    child = start(fake_nvml("old_driver;thermal"))
    assert child.opened().missing == {}
    sample = child.sample()
    assert sample.memory_used_bytes == 3 * GIB
    assert sample.temperature_c == 61
    assert sample.throttle_reasons == ["hw_slowdown", "hw_thermal"]


def test_the_thermal_bit_is_named(start, fake_nvml):
    child = start(fake_nvml("thermal"))
    child.opened()
    assert "hw_thermal" in child.sample().throttle_reasons


def test_a_foreign_process_is_listed_and_our_own_are_not(start, fake_nvml, sleeper):
    ours, foreign = sleeper(), sleeper()
    child = start(fake_nvml(f"foreign:{ours},{foreign}"), "--own-pid", str(ours))
    child.opened()
    assert child.sample().foreign_pids == [foreign]


def test_descendants_of_the_parent_are_our_own(start, fake_nvml, sleeper):
    child = start(fake_nvml(f"foreign:{os.getpid()},{sleeper()},{os.getppid()}"))
    child.opened()
    assert child.sample().foreign_pids == [os.getppid()]


@pytest.mark.parametrize(
    ("settings", "how"), [("lost_after:3", "is lost"), ("reset_after:3", "needs a reset")]
)
def test_a_lost_gpu_is_said_and_ends_the_child_with_code_3(start, fake_nvml, settings, how):
    child = start(fake_nvml(settings), "--hz", "50")
    child.opened()
    *samples, notice, fatal = child.rest()
    assert len(samples) == 2
    assert notice.level == "error"
    assert how in notice.text
    assert (fatal.event, fatal.exit_code) == ("fatal", 3)
    assert how in fatal.what
    assert "reset it" in fatal.remedy
    assert "reboot" in fatal.remedy
    assert child.process.wait(5) == 3


def test_a_gpu_lost_before_the_first_reading_is_said_too(start, fake_nvml):
    child = start(fake_nvml("lost_after:-1"))
    assert not child.opened().available
    assert [event.event for event in child.rest()] == ["notice", "fatal"]
    assert child.process.wait(5) == 3


def test_a_crashing_driver_ends_the_child_by_signal_and_the_parent_sees_the_end(start, fake_nvml):
    child = start(fake_nvml("abort_after:3"), "--hz", "50")
    child.opened()
    assert [event.event for event in child.rest()] == ["telemetry", "telemetry"]
    assert child.process.wait(5) == -signal.SIGABRT


def test_samples_come_at_the_asked_rate_with_the_runs_time(start, fake_nvml):
    child = start(fake_nvml(), "--hz", "20")
    child.opened()
    times = [child.sample().t_s for _ in range(21)]
    assert times == sorted(times)
    assert times[-1] - times[0] == pytest.approx(1.0, abs=0.1)


def test_the_schedule_does_not_drift_and_leaves_out_what_it_missed(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(child_module.time, "monotonic", lambda: clock[0])
    schedule = child_module.ticks(hz=10)
    sampled_at = []
    for reading_takes_s in (0.03, 0.0, 0.25, 0.0, 0.0):
        clock[0] += next(schedule)
        sampled_at.append(round(clock[0] - 100, 6))
        clock[0] += reading_takes_s
    assert sampled_at == [0.1, 0.2, 0.3, 0.6, 0.7]


def test_ten_samples_a_second_cost_little(start, fake_nvml):
    child = start(fake_nvml(), "--hz", "10")
    child.opened()
    child.sample()
    before = psutil.Process(child.process.pid).cpu_times()
    for _ in range(20):
        child.sample()
    after = psutil.Process(child.process.pid).cpu_times()
    assert after.user + after.system - before.user - before.system <= 0.06  # 3 %; measured: under 1 %


def test_the_child_ends_within_a_second_when_the_pipe_closes(start, fake_nvml):
    child = start(fake_nvml(), "--hz", "0.1")
    child.opened()
    child.stop_listening()
    assert child.process.wait(1) == 0
    assert child.process.stdout.read() == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_child_inside_a_hanging_driver_call_too(start, fake_nvml, number):
    child = start(fake_nvml("hang_after:2"), "--hz", "50")
    child.opened()
    child.sample()
    time.sleep(0.1)
    child.process.send_signal(number)
    assert child.process.wait(1) == -number
    assert child.process.stdout.read() == b""


@pytest.mark.parametrize("settings", ["ok", "hang_after:2"])
def test_the_child_ends_within_a_second_when_its_parent_is_killed(fake_nvml, settings):
    # The reading end stays open here, so that only the parent's death can end the child.
    read_end, write_end = os.pipe()
    script = (
        "import subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'specprof.telemetry', '--fd', sys.argv[1], '--origin', '0',\n"
        "           '--uuid', 'GPU-00000000-1111-2222-3333-444444444444', '--hz', '50']\n"
        "child = subprocess.Popen(command, pass_fds=(int(sys.argv[1]),), start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(write_end)],
        env=fake_nvml(settings),
        pass_fds=(write_end,),
        stdout=subprocess.PIPE,
        text=True,
    )
    os.close(write_end)
    try:
        pid = int(parent.stdout.readline())
        assert os.read(read_end, 1), "the child did not start"
        time.sleep(0.2)
        assert _runs(pid)
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 1.0
        while _runs(pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not _runs(pid)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
        os.close(read_end)


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--fd", "99", "--uuid", "x", "--origin", "0"],
        ["--fd", "1", "--uuid", "x", "--origin", "0", "--hz", "0"],
    ],
)
def test_wrong_use_ends_with_code_2_and_no_traceback(arguments):
    done = subprocess.run(
        [sys.executable, "-m", "specprof.telemetry", *arguments], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
