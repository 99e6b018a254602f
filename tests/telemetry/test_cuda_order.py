"""Which GPU is cuda:N: CUDA's own order, an environment variable's, or none that is known."""

from __future__ import annotations

import pytest

from specprof.telemetry.cuda_order import cuda_order
from specprof.telemetry.probe import ProbedDevice

A = ProbedDevice(0, "GPU-00000000-1111", "A")
B = ProbedDevice(1, "GPU-aaaaaaaa-2222", "B")
BY_SLOT = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


def gpus(order):
    return [device.gpu for device in order.devices]


def test_one_gpu_is_cuda_0_for_certain():
    order = cuda_order([A], {})
    assert order.known
    assert order.note == ""
    assert order.find("cuda") == order.find("cuda:0")
    assert order.find("cuda").gpu == A
    assert order.find("cuda:1") is None


def test_of_two_it_is_not_known_which_is_first_unless_cuda_counts_by_slot():
    order = cuda_order([A, B], {})
    assert not order.known
    assert "CUDA_DEVICE_ORDER=PCI_BUS_ID" in order.note
    assert "CUDA_DEVICE_ORDER=PCI_BUS_ID" in order.short
    assert cuda_order([A, B], BY_SLOT).known


def test_a_reversed_list_reverses_the_numbers():
    order = cuda_order([A, B], BY_SLOT | {"CUDA_VISIBLE_DEVICES": "1,0"})
    assert gpus(order) == [B, A]
    assert order.known
    assert order.note == "CUDA_VISIBLE_DEVICES=1,0 is in force"


def test_numbers_in_a_list_are_of_no_known_gpu_where_cuda_counts_by_speed():
    assert not cuda_order([A, B], {"CUDA_VISIBLE_DEVICES": "1"}).known


def test_uuids_name_gpus_for_certain_shortened_ones_too():
    order = cuda_order([A, B], {"CUDA_VISIBLE_DEVICES": "GPU-aaaa,GPU-00000000-1111"})
    assert gpus(order) == [B, A]
    assert order.known
    assert [device.name for device in order.devices] == ["cuda:0", "cuda:1"]


@pytest.mark.parametrize(
    "hidden", ["", "-1", "none", "2", "0,0", "GPU-ffff", "GPU-00000000-1111,GPU-00000000-1111"]
)
def test_what_names_no_gpu_hides_all(hidden):
    order = cuda_order([A, B], {"CUDA_VISIBLE_DEVICES": hidden})
    assert order.devices == ()
    assert order.note == f"CUDA_VISIBLE_DEVICES={hidden} hides every GPU"


def test_a_list_ends_at_its_first_entry_that_is_none():
    assert gpus(cuda_order([A, B], BY_SLOT | {"CUDA_VISIBLE_DEVICES": "1,7,0"})) == [B]
    assert gpus(cuda_order([A, B], {"CUDA_VISIBLE_DEVICES": "GPU-aaaa,GPU-ffff,GPU-0000"})) == [B]


def test_a_mig_slice_is_visible_and_none_of_the_listed_gpus():
    order = cuda_order([A], {"CUDA_VISIBLE_DEVICES": "MIG-9999-8888"})
    assert gpus(order) == [None]
    assert order.devices[0].uuid == "MIG-9999-8888"


def test_without_a_gpu_the_variable_hides_nothing():
    assert cuda_order([], {"CUDA_VISIBLE_DEVICES": "0"}).note == ""


def test_what_the_variable_holds_reaches_the_screen_clean():
    note = cuda_order([A, B], {"CUDA_VISIBLE_DEVICES": "\x1b]0;x\x07"}).note
    assert note == "CUDA_VISIBLE_DEVICES=]0;x hides every GPU"
