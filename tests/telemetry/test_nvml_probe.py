"""The probe: what it finds, and that neither a refusing, a hanging nor a crashing NVML harms the asker."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time

import psutil
import pytest

from specprof.telemetry import probe as probing
from specprof.telemetry import processes as processes_module
from specprof.telemetry.probe import GpuProcess, Probe, probe

GIB = 1 << 30


@pytest.fixture
def ask(monkeypatch):
    """Probes in an environment."""

    def ask(environment: dict[str, str], timeout_s: float = 20.0) -> Probe:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return asyncio.run(probe(timeout_s))

    return ask


def test_the_gpus_are_listed_with_driver_and_memory(ask, fake_nvml):
    found = ask(fake_nvml())
    assert found.available
    assert (found.source, found.driver, found.cuda_driver_version) == ("fake", "570.00", "12.8")
    assert [(one.index, one.uuid, one.name) for one in found.devices] == [
        (0, "GPU-00000000-1111-2222-3333-444444444444", "Fake GPU A"),
        (1, "GPU-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "Fake GPU B"),
    ]
    assert [(one.memory_bytes, one.free_bytes) for one in found.devices] == [
        (80 * GIB, 77 * GIB),
        (24 * GIB, 21 * GIB),
    ]


def test_the_sm_clock_is_told_now_and_at_most(ask, fake_nvml):
    found = ask(fake_nvml()).devices[0]
    assert (found.sm_clock_mhz, found.max_sm_clock_mhz) == (1980, 2100)


@pytest.mark.parametrize(
    ("settings", "clocks"), [("forbidden_clocks", (None, None)), ("garbage", (1980, None))]
)
def test_a_clock_that_cannot_be_read_is_missing_and_the_rest_is_not(ask, fake_nvml, settings, clocks):
    found = ask(fake_nvml(settings)).devices[0]
    assert (found.sm_clock_mhz, found.max_sm_clock_mhz) == clocks
    assert found.name == "Fake GPU A"


def test_programs_on_a_gpu_are_listed_with_name_and_memory(ask, fake_nvml):
    found = ask(fake_nvml("foreign:7,4000000;drawing:9,7")).devices[0]
    assert found.processes == (
        GpuProcess(7, "trainer", GIB),
        GpuProcess(9, "trainer", GIB),
        GpuProcess(4000000, "trainer", GIB),
    )
    assert ask(fake_nvml()).devices[0].processes == ()


def test_programs_that_this_user_may_not_see_are_unknown_and_not_none(ask, fake_nvml):
    assert ask(fake_nvml("forbidden_processes;foreign:7")).devices[0].processes is None


def test_where_the_driver_tells_no_name_the_system_does(ask, fake_nvml, sleeper):
    pid = sleeper()
    found = ask(fake_nvml(f"nameless;foreign:{pid},4000000")).devices[0]
    names = {process.pid: process.name for process in found.processes}
    here = None if processes_module.in_pid_namespace() else "sleep"
    assert names == {pid: here, 4000000: None}


class _Driver:
    """A driver that tells no name."""

    class NVMLError(Exception):
        pass

    def nvmlSystemGetProcessName(self, pid: int) -> str:
        raise self.NVMLError


@pytest.mark.parametrize(("in_container", "name"), [(False, "sleep"), (True, None)])
def test_in_a_container_no_program_is_named_by_a_number_of_the_host(sleeper, monkeypatch, in_container, name):
    monkeypatch.setattr(processes_module, "in_pid_namespace", lambda: in_container)
    assert processes_module._name(_Driver(), sleeper()) == name


def test_a_name_reaches_nobody_with_its_control_characters():
    answer = {
        "index": 0,
        "uuid": "GPU-1",
        "name": "A\x1b]52;c;eA==\x07",
        "processes": [{"pid": 1, "name": "b\x9b2J"}],
    }
    found = probing._parsed(json.dumps({"available": True, "devices": [answer]}).encode())
    assert found.devices[0].name == "A]52;c;eA=="
    assert found.devices[0].processes == (GpuProcess(1, "b2J"),)


def test_without_the_library_the_remedy_is_to_install_the_driver(ask, no_nvml):
    found = ask(no_nvml)
    assert not found.available
    assert "libnvidia-ml.so.1" in found.reason
    assert "install the NVIDIA driver" in found.remedy


@pytest.mark.parametrize(
    ("settings", "reason", "remedy"),
    [
        ("mismatch", "different versions", "reboot"),
        ("not_loaded", "not loaded", "modprobe"),
        ("no_device", "finds no GPU", "nvidia-smi -L"),
    ],
)
def test_a_driver_that_refuses_is_unavailable_with_a_remedy(ask, fake_nvml, settings, reason, remedy):
    found = ask(fake_nvml(settings))
    assert not found.available
    assert reason in found.reason
    assert remedy in found.remedy
    assert found.devices == ()


def test_a_hanging_driver_is_given_up_and_its_probe_killed(ask, fake_nvml):
    before = time.monotonic()
    found = ask(fake_nvml("hang"), timeout_s=1.5)
    assert time.monotonic() - before < 3
    assert not found.available
    assert found.reason == "NVML did not answer within 1.5 s"
    assert "nvidia-smi" in found.remedy
    assert _probes_running() == []


def test_a_probe_that_is_cancelled_leaves_nothing_running(fake_nvml, monkeypatch):
    for name, value in fake_nvml("hang").items():
        monkeypatch.setenv(name, value)

    async def cancel() -> None:
        task = asyncio.create_task(probe())
        await asyncio.sleep(0.5)
        assert len(_probes_running()) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert _probes_running() == []


def _probes_running() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "--probe" in child.cmdline()
    ]


def test_a_crashing_driver_is_named_by_its_signal(ask, fake_nvml):
    found = ask(fake_nvml("abort"))
    assert not found.available
    assert "SIGABRT" in found.reason


def test_a_probe_that_cannot_start_is_unavailable(ask, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    found = ask({})
    assert not found.available
    assert "cannot start" in found.reason


@pytest.mark.parametrize(
    "answer", [b"", b"{", b"[" * 100_000, b"[1]", b'{"available": "perhaps"}', b"\xff\n\xfe"]
)
def test_an_unreadable_answer_is_unavailable(answer):
    found = probing._parsed(answer)
    assert not found.available
    assert "no readable answer" in found.reason


def test_what_a_driver_prints_before_the_answer_is_passed_over():
    assert probing._parsed(b'warning: so so\n{"available": true, "later_field": 1}\n').available


def test_the_probe_prints_one_object_where_pynvml_is_missing(tmp_path):
    (tmp_path / "pynvml.py").write_text("raise ImportError('no such package')")
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    script += "from specprof.telemetry.__main__ import main; sys.exit(main(['--probe']))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["available"] is False
    assert "nvidia-ml-py" in found["remedy"]


def test_importing_the_room_imports_neither_pynvml_nor_psutil():
    script = "import sys, specprof.telemetry, specprof.telemetry.probe; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"pynvml", "psutil"} & set(done.stdout.split())


@pytest.mark.gpu
def test_a_real_gpu_is_listed_with_plausible_memory():
    found = asyncio.run(probe())
    if not found.available:
        pytest.skip(f"no GPU here: {found.reason}")
    assert found.source == "nvml"
    assert all(0 < device.free_bytes <= device.memory_bytes for device in found.devices)
    assert all(0 < device.sm_clock_mhz <= device.max_sm_clock_mhz for device in found.devices)
