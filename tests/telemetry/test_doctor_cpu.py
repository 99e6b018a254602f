"""What the doctor says of the CPU, what it goes by, and the whole in one sentence."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from specprof.run.telemetry import TelemetrySample
from specprof.telemetry.cpu import CpuFacts
from specprof.telemetry.cpu_health import CpuHealth, read_cpu_health
from specprof.telemetry.cpu_quota import Unreadable, cpu_quota
from specprof.telemetry.doctor.cpu import cpu_findings
from specprof.telemetry.doctor.diagnosis import Readings, diagnose
from specprof.telemetry.doctor.finding import Diagnosis, Finding
from specprof.telemetry.doctor.memory import default_need_bytes
from specprof.telemetry.probe import Probe, ProbedDevice
from specprof.telemetry.torch_build import TorchBuild

GIB = 1 << 30
FACTS = CpuFacts("A CPU", 8, 8, 8, 64 * GIB, 60 * GIB)
WELL = CpuHealth({}, 1.0, 0.2, ("performance",), None, False, 0)


def of(check: str, facts: CpuFacts = FACTS, **health: object) -> Finding:
    (found,) = (one for one in cpu_findings(facts, replace(WELL, **health)) if one.check == check)
    return found


def test_of_a_cpu_that_is_well_all_is_good():
    assert {finding.level for finding in cpu_findings(FACTS, WELL)} == {"good"}


def test_what_could_not_be_read_is_unknown_and_never_good():
    unread = CpuHealth({"quota_cpus": "so it is"})
    found = {one.check: one.level for one in cpu_findings(CpuFacts("A CPU"), unread)}
    assert set(found.values()) == {"unknown"}
    assert len(found) == 7


def test_other_programs_are_a_warning_from_a_tenth_of_the_cpu_on():
    assert of("other programs", other_cpu_pct=9.0).level == "good"
    found = of("other programs", other_cpu_pct=10.0, load_average=1.5)
    assert found.level == "warning"
    assert "load average 1.50" in found.text


def test_a_governor_that_follows_the_load_is_to_be_set_to_performance():
    found = of("governor", governors=("performance", "schedutil"))
    assert found.level == "warning"
    assert found.command == "sudo cpupower frequency-set -g performance"


def test_fewer_threads_than_there_are_is_said_and_spoils_nothing():
    found = of("threads", replace(FACTS, threads=4))
    assert found.level == "good"
    assert "4 of 8 threads" in found.text


def test_a_quota_below_the_threads_is_bad():
    assert of("CPU quota", quota_cpus=1.5).level == "bad"
    assert "1.5 CPUs for 8 threads" in of("CPU quota", quota_cpus=1.5).text
    assert of("CPU quota", quota_cpus=8.0).level == "good"


def test_smt_is_a_warning_with_its_command():
    assert of("SMT", smt=True).command == "echo off | sudo tee /sys/devices/system/cpu/smt/control"


def test_memory_is_held_against_the_default_run_and_swap_against_the_memory():
    smallest, _ = default_need_bytes("cpu")
    assert of("memory", replace(FACTS, free_bytes=smallest - 1)).level == "bad"
    assert of("swap", swap_used_bytes=64 * GIB // 100).level == "good"
    assert of("swap", swap_used_bytes=64 * GIB // 50).level == "warning"


def put(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_a_governor_is_read_for_the_threads_that_may_be_used_only(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1, 2})
    for thread, governor in enumerate(("ondemand", "performance", "performance")):
        put(tmp_path, f"sys/devices/system/cpu/cpu{thread}/cpufreq/scaling_governor", f"{governor}\n")
    assert read_cpu_health(root=tmp_path).governors == ("performance",)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    assert read_cpu_health(root=tmp_path).governors == ("ondemand", "performance")


@pytest.mark.parametrize(("text", "smt"), [("1\n", True), ("0\n", False)])
def test_smt_is_what_the_kernel_says(tmp_path, text, smt):
    put(tmp_path, "sys/devices/system/cpu/smt/active", text)
    assert read_cpu_health(root=tmp_path).smt is smt


def test_what_the_system_does_not_have_is_none_with_its_reason(tmp_path):
    found = read_cpu_health(root=tmp_path)
    for name in ("other_cpu_pct", "governors", "quota_cpus", "smt"):
        assert getattr(found, name) is None
        assert found.missing[name]


def test_the_share_of_others_is_the_samples_or_the_samplers_reason(tmp_path):
    sample = TelemetrySample(t_s=1.0, source="host", other_cpu_pct=12.0)
    assert read_cpu_health(sample, root=tmp_path).other_cpu_pct == 12.0
    blind = TelemetrySample(t_s=1.0, source="host")
    found = read_cpu_health(blind, {"other_cpu_pct": "hidden"}, root=tmp_path)
    assert found.missing["other_cpu_pct"] == "hidden"


def test_the_smallest_quota_on_the_way_up_counts_cgroup_v2(tmp_path):
    put(tmp_path, "proc/self/cgroup", "0::/a/b\n")
    put(tmp_path, "sys/fs/cgroup/a/b/cpu.max", "max 100000\n")
    assert cpu_quota(tmp_path) is None
    put(tmp_path, "sys/fs/cgroup/a/cpu.max", "150000 100000\n")
    assert cpu_quota(tmp_path) == 1.5
    put(tmp_path, "sys/fs/cgroup/cpu.max", "400000 100000\n")
    assert cpu_quota(tmp_path) == 1.5


def test_in_a_container_the_path_may_be_the_hosts_and_the_top_the_containers(tmp_path):
    put(tmp_path, "proc/self/cgroup", "0::/../../docker/1234\n")
    put(tmp_path, "sys/fs/cgroup/cpu.max", "50000 100000\n")
    assert cpu_quota(tmp_path) == 0.5


def test_a_quota_of_cgroup_v1(tmp_path):
    put(tmp_path, "proc/self/cgroup", "5:memory:/x\n4:cpu,cpuacct:/x\n0::/\n")
    put(tmp_path, "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us", "200000\n")
    put(tmp_path, "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us", "100000\n")
    put(tmp_path, "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n")
    assert cpu_quota(tmp_path) == 2.0


def test_without_cgroups_it_is_not_claimed_that_there_is_no_quota(tmp_path):
    with pytest.raises(Unreadable, match="/proc/self/cgroup"):
        cpu_quota(tmp_path)
    put(tmp_path, "proc/self/cgroup", "0::/\n")
    with pytest.raises(Unreadable, match="/sys/fs/cgroup"):
        cpu_quota(tmp_path)


@pytest.mark.parametrize(
    ("levels", "verdict", "level"),
    [
        (("good", "good"), "ready to measure", "good"),
        (("good", "unknown"), "ready to measure; 1 thing could not be read", "good"),
        (("warning", "good"), "1 thing may spoil a measurement", "warning"),
        (("bad", "bad", "good"), "2 things would spoil a measurement", "bad"),
        (
            ("bad", "warning", "warning", "unknown", "unknown"),
            "1 thing would spoil a measurement, 2 more may; 2 things could not be read",
            "bad",
        ),
    ],
)
def test_the_whole_is_one_sentence(levels, verdict, level):
    found = Diagnosis("cpu", "cpu", "A CPU", tuple(Finding("x", one, "x") for one in levels))
    assert (found.verdict, found.level) == (verdict, level)


def test_the_gpus_come_in_nvmls_order_with_their_device_and_the_cpu_last():
    gpus = (ProbedDevice(0, "GPU-00000000-1", "A"), ProbedDevice(1, "GPU-aaaaaaaa-2", "B"))
    environ = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "1,0"}
    read = Readings(Probe(True, devices=gpus), TorchBuild("2.8.0"), FACTS, WELL, environ)
    assert [(one.name, one.device) for one in diagnose(read)] == [
        ("A", "cuda:1"),
        ("B", "cuda:0"),
        ("A CPU", "cpu"),
    ]
    unsure = replace(read, environ={})
    assert [one.device for one in diagnose(unsure)] == [None, None, "cpu"]
    assert [one.device for one in diagnose(replace(read, probe=Probe(False)))] == ["cpu"]
