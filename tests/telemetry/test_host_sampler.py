"""The host's samples: shares by hand, and other programs' CPU told from specprof's own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from specprof.telemetry import host, process_tree
from specprof.telemetry.host import CpuReading, HostSampler, cpu_shares
from specprof.telemetry.process_tree import ProcessTree

BUSY = "while True: pass"


def test_shares_are_parts_of_all_cores():
    # 4 cores for 1 s: 3 s busy, 1 s of them ours.
    shares = cpu_shares(CpuReading(100, 50), CpuReading(104, 53, own_s=21, own_before_s=20))
    assert shares.utilization_pct == 75
    assert shares.other_pct == 50
    assert shares.excess_s == 0


def test_own_time_beyond_the_busy_time_is_taken_off_the_next_interval():
    first = cpu_shares(CpuReading(0, 0), CpuReading(1, 0.25, own_s=0.3125, own_before_s=0))
    assert first.other_pct == 0
    assert first.excess_s == -0.0625
    second = cpu_shares(
        CpuReading(1, 0.25), CpuReading(2, 0.5, own_s=0.5, own_before_s=0.3125), first.excess_s
    )
    assert second.other_pct == 0
    assert second.excess_s == 0


def test_an_excess_beyond_clock_ticks_is_not_carried_on():
    assert cpu_shares(CpuReading(0, 0), CpuReading(1, 0.25, own_s=9, own_before_s=0)).excess_s == -0.1


def test_no_time_passed_gives_no_shares():
    reading = CpuReading(100, 50, 1, 1)
    assert cpu_shares(reading, reading).utilization_pct is None


@pytest.mark.parametrize("own", [(None, None), (5, 6)])
def test_unknown_or_falling_own_time_leaves_only_the_utilisation(own):
    shares = cpu_shares(CpuReading(0, 0), CpuReading(2, 1, *own))
    assert shares.utilization_pct == 50
    assert shares.other_pct is None


def test_the_first_sample_primes_and_the_next_is_sane():
    sampler = HostSampler()
    first = sampler.sample(0.0)
    assert first.source == "host"
    assert (first.utilization_pct, first.other_cpu_pct) == (None, None)
    time.sleep(0.3)
    second = sampler.sample(0.3)
    assert 0 <= second.other_cpu_pct <= second.utilization_pct <= 100
    assert 0 < second.memory_used_bytes < psutil.virtual_memory().total
    assert (second.sm_clock_mhz, second.power_w) == (None, None)
    assert sampler.source().missing == {}


def _seconds_beside(busy_pid: int, sampler: HostSampler) -> tuple[float, float, float]:
    """CPU seconds used at the same time by the busy process, by other programs, and by all, at 10 Hz."""
    other_s = all_s = 0.0
    sampler.sample(0.0)
    start = before = time.monotonic()
    start_s = _cpu_seconds(busy_pid)
    while (used_s := _cpu_seconds(busy_pid) - start_s) < 1.0:
        assert before - start < 60, "this machine is too busy for the test"
        time.sleep(0.1)
        now = time.monotonic()
        sample = sampler.sample(now - start)
        capacity_s = (now - before) * psutil.cpu_count() / 100
        other_s += (sample.other_cpu_pct or 0.0) * capacity_s
        all_s += (sample.utilization_pct or 0.0) * capacity_s
        before = now
    return used_s, other_s, all_s


def _cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def test_a_busy_foreign_program_is_counted():
    # Started by a shell that ends at once, so that it is nobody's child here.
    command = ["sh", "-c", 'setsid "$0" -c "$1" >/dev/null 2>&1 & echo $!', sys.executable, BUSY]
    pid = int(subprocess.run(command, capture_output=True, check=True).stdout)
    try:
        used_s, other_s, _ = _seconds_beside(pid, HostSampler())
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert other_s > 0.7 * used_s


@pytest.mark.parametrize("told", [True, False], ids=["told its pid", "found as a descendant"])
@pytest.mark.parametrize("started", ["before", "during"])
def test_a_busy_child_of_our_own_is_not_counted(told, started):
    children: list[subprocess.Popen[bytes]] = []
    sampler = HostSampler(lambda: [child.pid for child in children] if told else [])
    if started == "during":
        sampler.sample(0.0)
    children.append(subprocess.Popen([sys.executable, "-c", BUSY]))
    try:
        if not told:
            time.sleep(0.6)  # a newcomer is found within half a second
        used_s, other_s, all_s = _seconds_beside(children[0].pid, sampler)
    finally:
        children[0].kill()
        children[0].wait()
    assert all_s - other_s > 0.7 * used_s


def test_what_a_child_used_stays_in_the_sum_after_its_end():
    tree = ProcessTree([os.getpid()])
    start_s, _ = tree.cpu_seconds()
    script = "import time\nwhile time.process_time() < 0.5: pass"
    subprocess.run([sys.executable, "-c", script], check=True)
    _, end_s = tree.cpu_seconds()
    assert end_s - start_s >= 0.45


def test_pids_that_do_not_exist_are_passed_over():
    sampler = HostSampler(lambda: [2**22 + 1, os.getpid()])
    sampler.sample(0.0)
    time.sleep(0.1)
    assert sampler.sample(0.1).other_cpu_pct is not None
    assert sampler.source().missing == {}


def _denied(*_: object) -> None:
    raise psutil.AccessDenied(1)


@pytest.mark.parametrize(
    ("module", "function", "fields"),
    [
        (host.psutil, "cpu_times", {"utilization_pct", "other_cpu_pct"}),
        (host.psutil, "virtual_memory", {"memory_used_bytes"}),
        (process_tree.psutil, "pids", {"other_cpu_pct"}),
    ],
)
def test_what_cannot_be_read_is_null_with_a_reason(monkeypatch, module, function, fields):
    monkeypatch.setattr(module, function, _denied)
    sampler = HostSampler()
    sampler.sample(0.0)
    time.sleep(0.1)
    sample = sampler.sample(0.1)
    assert set(sampler.source().missing) == fields
    assert all(getattr(sample, field) is None for field in fields)
    readable = {"utilization_pct", "other_cpu_pct", "memory_used_bytes"} - fields
    assert all(getattr(sample, field) is not None for field in readable)


def test_cpu_times_that_stand_still_are_missing_not_zero(monkeypatch):
    frozen = psutil.cpu_times()
    monkeypatch.setattr(host.psutil, "cpu_times", lambda: frozen)
    sampler = HostSampler()
    for t_s in (0.0, 1.0, 3.0):
        assert sampler.sample(t_s).utilization_pct is None
    assert "stand still" in sampler.source().missing["utilization_pct"]


def test_a_sample_costs_about_a_millisecond():
    sampler = HostSampler()
    sampler.sample(0.0)
    before = time.process_time()
    for i in range(30):
        time.sleep(0.02)
        sampler.sample(0.02 * i)
    assert (time.process_time() - before) / 30 < 0.003  # measured: 0.7 ms
