"""What of the CPU would spoil a measurement: other programs, its governor, what it may use of itself."""

from __future__ import annotations

from collections.abc import Iterator

from specprof.plan.memory import format_bytes
from specprof.telemetry.cpu import CpuFacts
from specprof.telemetry.cpu_health import CpuHealth
from specprof.telemetry.doctor.finding import Finding, unknown
from specprof.telemetry.doctor.memory import memory_finding

BUSY_PCT = 10.0
"""From here on other programs are worth a warning: they scatter what is measured."""
SWAPPED_SHARE = 0.01
"""Of the memory; less is what any system has put away for good."""


def cpu_findings(facts: CpuFacts, health: CpuHealth) -> Iterator[Finding]:
    """Everything about the CPU."""
    yield _others(health)
    yield _governor(health)
    yield _usable(facts)
    yield _quota(facts, health)
    yield _smt(health)
    yield memory_finding("cpu", facts.memory_bytes, facts.free_bytes, "the system does not tell")
    yield _swap(facts, health)


def _others(health: CpuHealth) -> Finding:
    check, share, load = "other programs", health.other_cpu_pct, health.load_average
    tail = "" if load is None else f"; load average {load:.2f} over the last minute, specprof included"
    if share is None:
        return unknown(
            check, f"other programs' share of the CPU{tail}", [health.missing.get("other_cpu_pct")]
        )
    words = f"other programs use {share:.0f} % of the CPU{tail}"
    if share >= BUSY_PCT:
        return Finding(check, "warning", words, "end them, or wait for them; see which in top", "top -o %CPU")
    return Finding(check, "good", words)


def _governor(health: CpuHealth) -> Finding:
    check = "governor"
    if health.governors is None:
        return unknown(check, "the frequency governor", [health.missing.get("governors")])
    if health.governors == ("performance",):
        return Finding(check, "good", "frequency governor: performance")
    words = f"frequency governor: {', '.join(health.governors)}; the frequency follows the load"
    remedy = "set it to performance for the measurement"
    return Finding(check, "warning", words, remedy, "sudo cpupower frequency-set -g performance")


def _usable(facts: CpuFacts) -> Finding:
    check = "threads"
    if facts.threads is None:
        return unknown(check, "how many threads may be used", [])
    cores = f", {_count(facts.cores_total, 'core')} in all" if facts.cores_total else ""
    if facts.threads_total is not None and facts.threads < facts.threads_total:
        words = f"{facts.threads} of {_count(facts.threads_total, 'thread')} may be used (affinity){cores}"
        return Finding(check, "good", f"{words}; compare with runs on as many only")
    return Finding(check, "good", f"all of {_count(facts.threads, 'thread')} may be used{cores}")


def _quota(facts: CpuFacts, health: CpuHealth) -> Finding:
    check, quota = "CPU quota", health.quota_cpus
    if quota is None:
        if reason := health.missing.get("quota_cpus"):
            return unknown(check, "whether a cgroup limits the CPU time", [reason])
        return Finding(check, "good", "no cgroup limits the CPU time")
    words = f"a cgroup limits the CPU time to {quota:g} CPUs"
    if facts.threads is not None and quota >= facts.threads:
        return Finding(check, "good", f"{words}, no fewer than there are threads")
    words += f" for {_count(facts.threads, 'thread')}" if facts.threads is not None else ""
    remedy = "lift the limit (docker run --cpus, systemd's CPUQuota), or use no more threads than it allows"
    return Finding(check, "bad", f"{words}: the process is stopped in every period that uses it up", remedy)


def _smt(health: CpuHealth) -> Finding:
    if health.smt is None:
        return unknown("SMT", "whether cores are shared by threads (SMT)", [health.missing.get("smt")])
    if not health.smt:
        return Finding("SMT", "good", "a thread per core, as far as the kernel is told (SMT is off)")
    words = "SMT is on: two threads share a core, so a program on the other one slows what is measured"
    remedy = "turn it off for a comparison (`on` undoes it)"
    return Finding("SMT", "warning", words, remedy, "echo off | sudo tee /sys/devices/system/cpu/smt/control")


def _swap(facts: CpuFacts, health: CpuHealth) -> Finding:
    used = health.swap_used_bytes
    if used is None:
        return unknown("swap", "how much is swapped out", [health.missing.get("swap_used_bytes")])
    words = f"{format_bytes(used)} are swapped out" if used else "nothing is swapped out"
    if facts.memory_bytes is not None and used > SWAPPED_SHARE * facts.memory_bytes:
        remedy = "close programs until there is room, then bring it back"
        return Finding(
            "swap", "warning", f"{words}: memory was short", remedy, "sudo swapoff -a && sudo swapon -a"
        )
    return Finding("swap", "good", words)


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
