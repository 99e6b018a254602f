"""The device's memory is streamed, and no number is made up where it cannot be."""

from __future__ import annotations

import torch

from specprof.measure import bandwidth, environment


def test_streaming_lies_between_what_no_memory_and_what_every_memory_does():
    found = bandwidth.stream_bytes_per_s(torch.device("cpu"))
    assert 1e8 < found < 1e14


def test_the_environment_holds_it():
    assert environment.read_environment(torch.device("cpu")).device.stream_bytes_per_s > 0


def test_without_memory_for_the_buffer_nothing_is_said(monkeypatch):
    monkeypatch.setitem(bandwidth.BUFFER_BYTES, "cpu", 1 << 60)
    assert bandwidth.stream_bytes_per_s(torch.device("cpu")) is None
