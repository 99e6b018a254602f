"""PyTorch against the driver, and which --device a GPU is."""

from __future__ import annotations

import pytest

from specprof.telemetry.cuda_order import cuda_order
from specprof.telemetry.doctor.cuda import cuda_finding, device_name, torch_finding, visibility_finding
from specprof.telemetry.probe import Probe, ProbedDevice
from specprof.telemetry.torch_build import TorchBuild

A = ProbedDevice(0, "GPU-00000000-1111", "A")
B = ProbedDevice(1, "GPU-aaaaaaaa-2222", "B")
BY_SLOT = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
NONE = TorchBuild(installed=False, problem="PyTorch is not installed")


def driver(cuda: str | None) -> Probe:
    return Probe(True, driver="570.00", cuda_driver_version=cuda, devices=(A,))


@pytest.mark.parametrize(
    ("built", "runs", "level"),
    [
        ("12.8", "12.8", "good"),
        ("12.6", "12.8", "good"),
        ("12.8", "13.0", "good"),  # a driver runs what was built for an older CUDA
        ("11.8", "12.8", "good"),
        ("12.10", "12.9", "warning"),
        ("12.9", "12.8", "warning"),
        ("13.0", "12.8", "bad"),
        (None, "12.8", "bad"),
        ("12.8", None, "unknown"),
        ("twelve", "12.8", "unknown"),
    ],
)
def test_the_build_is_held_against_the_driver(built, runs, level):
    found = cuda_finding(TorchBuild("2.8.0", built), driver(runs))
    assert found.level == level
    assert bool(found.remedy) == (level in ("warning", "bad"))


def test_a_build_without_cuda_beside_a_gpu_is_to_be_replaced_by_one_that_the_driver_runs():
    found = cuda_finding(TorchBuild("2.8.0+cpu"), driver("12.8"))
    assert found.text == "PyTorch 2.8.0+cpu is built without CUDA and cannot use this GPU"
    assert found.remedy == "install a build for CUDA 12.8 or older"
    assert found.command == "pip install --force-reinstall torch"
    assert "for ROCm 6.4" in cuda_finding(TorchBuild("2.8.0", hip="6.4"), driver("12.8")).text


def test_where_torch_is_missing_nothing_can_be_measured_anywhere():
    for found in (cuda_finding(NONE, driver("12.8")), torch_finding(NONE)):
        assert found.level == "bad"
        assert found.command == "pip install torch"
    assert torch_finding(TorchBuild("2.8.0+cpu")).level == "good"
    assert torch_finding(TorchBuild(problem="x cannot be read")).level == "unknown"
    assert cuda_finding(TorchBuild("2.8.0", problem="x does not tell"), driver("12.8")).level == "unknown"


def test_one_gpu_is_cuda_0():
    order = cuda_order([A], {})
    assert (device_name(A, order), visibility_finding(A, order).level) == ("cuda:0", "good")


def test_a_hidden_gpu_is_bad_and_the_command_names_it():
    order = cuda_order([A, B], BY_SLOT | {"CUDA_VISIBLE_DEVICES": "1"})
    hidden = visibility_finding(A, order)
    assert device_name(A, order) is None
    assert hidden.level == "bad"
    assert "CUDA_VISIBLE_DEVICES=1" in hidden.text
    assert hidden.command == "export CUDA_VISIBLE_DEVICES=GPU-00000000-1111"


def test_a_gpu_that_cuda_numbers_otherwise_is_told_by_both_numbers():
    order = cuda_order([A, B], BY_SLOT | {"CUDA_VISIBLE_DEVICES": "1,0"})
    found = visibility_finding(B, order)
    assert found.level == "good"
    assert "--device cuda:0, although nvidia-smi calls it 1" in found.text


def test_of_several_gpus_it_is_not_claimed_which_is_which_while_cuda_numbers_by_speed():
    for environ, words in (
        ({}, "--device cuda:0 may be another GPU"),
        ({"CUDA_VISIBLE_DEVICES": "1"}, "CUDA_VISIBLE_DEVICES may hide it"),
    ):
        found = visibility_finding(A, cuda_order([A, B], environ))
        assert found.level == "warning"
        assert found.text.startswith(words)
        assert found.command == "export CUDA_DEVICE_ORDER=PCI_BUS_ID"
