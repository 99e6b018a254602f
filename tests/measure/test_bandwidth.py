"""The device's memory is streamed, and no number is made up where it cannot be."""

from __future__ import annotations

from importlib.metadata import version

import torch

from specprof.measure import bandwidth, environment

from .conftest import small_plan


def test_streaming_lies_between_what_no_memory_and_what_every_memory_does():
    found = bandwidth.stream_bytes_per_s(torch.device("cpu"))
    assert 1e8 < found < 1e14


def test_the_fastest_way_to_stream_counts(monkeypatch):
    rates = {"sum": 3e9, "product": 5e9, "copy": 4e9}
    monkeypatch.setattr(bandwidth, "stream_rates", lambda device: rates)
    assert bandwidth.stream_bytes_per_s(torch.device("cpu")) == 5e9


def test_each_way_reads_the_whole_buffer():
    """None of them is a few times faster than another, as one that leaves out a part would be."""
    rates = bandwidth.stream_rates(torch.device("cpu"))
    assert set(rates) == {"sum", "product", "copy"}
    assert max(rates.values()) < 8 * min(rates.values())


def test_the_environment_holds_it():
    found = environment.read_environment(small_plan(), torch.device("cpu"))
    assert found.device.stream_bytes_per_s > 0
    assert found.torchao is None


def test_what_quantises_the_weights_is_among_the_versions():
    plan = small_plan().model_copy(update={"quantization": "int8"})
    found = environment.read_environment(plan, torch.device("cpu"))
    assert found.torchao == version("torchao")


def test_without_memory_for_the_buffer_nothing_is_said(monkeypatch):
    monkeypatch.setitem(bandwidth.BUFFER_BYTES, "cpu", 1 << 60)
    assert bandwidth.stream_bytes_per_s(torch.device("cpu")) is None
