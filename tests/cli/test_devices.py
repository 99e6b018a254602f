"""`specprof devices`: the doctor asked, with NVML faked, refusing and missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from telemetry.fake_library import GPU_A, GPU_B, build_in

from .command import Command

WELL = "ecc_clean;utilization:0"
BY_SLOT = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


@pytest.fixture
def specprof(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    command = Command(home)
    yield command
    command.end_all()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {"LD_LIBRARY_PATH": str(build_in(tmp_path_factory.mktemp("nvml")))}


@pytest.fixture
def none(tmp_path: Path) -> dict[str, str]:
    """NVML cannot be loaded, on a machine with a GPU too."""
    (tmp_path / "libnvidia-ml.so.1").write_text("no library")
    return {"LD_LIBRARY_PATH": str(tmp_path)}


def test_without_nvml_that_is_said_with_the_remedy_and_then_the_cpu(specprof: Command, none):
    done = specprof("devices", COLUMNS="80", **none)
    assert (done.code, done.said) == (0, "")
    assert "no GPU can be read: the NVIDIA driver's library libnvidia-ml.so.1" in done.text
    assert "install the NVIDIA driver" in done.text
    assert "--device cpu" in done.text
    assert "other programs use" in done.text
    assert "\ncpu: " in done.text
    assert max(map(len, done.text.splitlines())) <= 80
    assert "\x1b" not in done.text


def test_each_gpu_is_told_with_its_device_and_that_it_is_made_up(specprof: Command, library):
    done = specprof("devices", COLUMNS="80", SPECPROF_FAKE_NVML=WELL, **BY_SLOT, **library)
    assert (done.code, done.said) == (0, "")
    first, _, second = done.text.partition("Fake GPU A")[2].partition("Fake GPU B")
    assert "--device cuda:0" in first
    assert GPU_A in first
    assert "--device cuda:1" in second
    assert "NVML is a test library here" in done.text
    assert "✓ persistence mode is on" in first


def test_what_would_spoil_a_measurement_is_told_with_what_to_type(specprof: Command, library):
    sick = f"{WELL};no_persistence;power_limit:300;events:0x20;foreign:7"
    done = specprof("devices", "--ascii", COLUMNS="80", SPECPROF_FAKE_NVML=sick, **BY_SLOT, **library)
    assert done.code == 0
    assert done.out.isascii()
    assert "! persistence mode is off" in done.text
    assert "\n    sudo nvidia-smi -i 0 -pm 1\n" in done.text
    assert "\n    sudo nvidia-smi -i 1 -pl 600\n" in done.text
    assert "x clocks held down now: thermal slowdown (software)" in done.text
    assert "trainer (pid 7, 1.0 GiB)" in done.text


def test_programs_get_json(specprof: Command, library):
    settings = f"{WELL};display;forbidden_clocks"
    environment = {"CUDA_VISIBLE_DEVICES": "1", **BY_SLOT, **library}
    done = specprof("devices", "--json", SPECPROF_FAKE_NVML=settings, **environment)
    assert (done.code, done.said) == (0, "")
    found = json.loads(done.text)
    assert found["nvml"]["source"] == "fake"
    assert (found["nvml"]["driver"], found["nvml"]["cuda_driver_version"]) == ("570.00", "12.8")
    assert [(one["kind"], one["device"], one["uuid"]) for one in found["devices"]] == [
        ("cuda", None, GPU_A),
        ("cuda", "cuda:0", GPU_B),
        ("cpu", "cpu", None),
    ]
    findings = {one["check"]: one for one in found["devices"][1]["findings"]}
    assert findings["display"]["level"] == "warning"
    assert findings["display"]["command"].startswith("sudo systemctl")
    assert findings["clocks"] == {
        "check": "clocks",
        "level": "unknown",
        "text": "the SM clock cannot be read",
        "remedy": None,
        "command": None,
    }
    assert found["torch"]["version"]


@pytest.mark.parametrize("settings", ["abort", "mismatch", "no_device", "lost_after:-1"])
def test_whatever_the_driver_does_the_cpu_is_told_and_the_code_is_0(specprof: Command, library, settings):
    done = specprof("devices", "--json", SPECPROF_FAKE_NVML=settings, **library)
    assert (done.code, done.said) == (0, "")
    found = json.loads(done.text)
    assert found["devices"][-1]["kind"] == "cpu"
    assert found["nvml"]["reason"] or found["devices"][0]["level"] != "good"


def test_a_theme_that_is_not_there_is_refused(specprof: Command):
    assert "there is no theme 'nonesuch'" in specprof("devices", "--theme", "nonesuch").refused(2)


def test_a_reader_of_one_line_leaves_no_noise_row_31(specprof: Command, none):
    done = specprof("devices", shell='"$@" | head -1; exit ${PIPESTATUS[0]}', **none)
    assert (done.code, done.said, done.text) == (0, "", "NVIDIA driver\n")


def test_the_driver_is_not_loaded_into_the_command_and_torch_is_not_imported(specprof: Command, none):
    script = (
        "import sys\n"
        "import specprof.__main__ as entry\n"
        "sys.argv = ['specprof', 'devices']\n"
        "try:\n    entry.main()\nexcept SystemExit:\n    pass\n"
        "print('IMPORTED', *{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=specprof.environment | none,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    imported = set(done.stdout.rpartition("IMPORTED ")[2].split())
    assert "psutil" in imported
    assert not imported & {"torch", "transformers", "textual", "plotext", "pynvml"}
