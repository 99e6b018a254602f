"""The CPU's facts: its name as the run record has it, and memory that a container may really use."""

from __future__ import annotations

import os

import psutil

from specprof.telemetry import cpu
from specprof.telemetry.cpu import cpu_name, read_cpu


def test_this_machine_has_a_name_threads_and_memory():
    found = read_cpu()
    assert found.name
    assert found.threads == len(os.sched_getaffinity(0))
    assert found.memory_bytes == psutil.virtual_memory().total
    assert 0 < found.free_bytes < found.memory_bytes


def test_the_name_is_the_first_model_name_of_proc_cpuinfo(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nmodel name\t: AMD EPYC 7B13\nmodel name\t: other\n")
    assert cpu_name(str(info)) == "AMD EPYC 7B13"


def test_without_proc_cpuinfo_the_architecture_stands_for_the_name(tmp_path):
    assert cpu_name(str(tmp_path / "none"))


def test_a_containers_limit_counts_where_it_leaves_less_than_the_machine(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("4294967296\n")
    (tmp_path / "memory.current").write_text("1073741824\n")
    assert cpu._cgroup_free_bytes(str(tmp_path)) == 3 << 30
    (tmp_path / "memory.max").write_text("max\n")
    assert cpu._cgroup_free_bytes(str(tmp_path)) == 1 << 62
    assert cpu._cgroup_free_bytes(str(tmp_path / "none")) == 1 << 62
    monkeypatch.setattr(cpu, "_cgroup_free_bytes", lambda: 5)
    assert read_cpu().free_bytes == 5


def test_what_cannot_be_read_is_null_and_the_rest_is_told(monkeypatch):
    def unreadable() -> None:
        raise PermissionError("/proc/meminfo")

    monkeypatch.setattr(psutil, "virtual_memory", unreadable)
    found = read_cpu()
    assert (found.memory_bytes, found.free_bytes) == (None, None)
    assert found.name
