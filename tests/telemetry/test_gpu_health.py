"""How a GPU is set, as the probe's child reads it: every field, or the reason why not."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace

import pytest

from specprof.telemetry.probe import GpuHealth, probe

from .well import WELL


@pytest.fixture
def health(monkeypatch, fake_nvml):
    """The first GPU's health, with NVML so set."""

    def health(settings: str = "ok") -> GpuHealth:
        for name, value in fake_nvml(settings).items():
            monkeypatch.setenv(name, value)
        found = asyncio.run(probe(20.0, health=True)).devices[0].health
        assert found is not None
        return found

    return health


def test_limits_modes_and_settings_are_read(health):
    assert health("ecc_clean") == replace(
        WELL,
        missing={"margin_c": "this driver does not offer it"},
        application_clock_mhz=2100,
        default_application_clock_mhz=2100,
        power_limit_w=600.0,
        default_power_limit_w=600.0,
        temperature_c=58.0,
        utilization_pct=87.0,
    )


def test_each_setting_is_read_where_it_is_another(health):
    found = health(
        "events:0x24;application_clock:1200;power_limit:300;hot;display;no_persistence;ecc_pending_off;mig;"
        "compute:3;utilization:5"
    )
    assert found.clock_events == ("sw_power_cap", "sw_thermal")
    assert (found.application_clock_mhz, found.default_application_clock_mhz) == (1200, 2100)
    assert (found.power_limit_w, found.slowdown_temperature_c, found.utilization_pct) == (300.0, 62.0, 5.0)
    assert (found.display_active, found.display_attached, found.persistence) == (True, True, False)
    assert (found.ecc, found.ecc_pending, found.ecc_uncorrected, found.mig) == (True, False, 7, True)
    assert found.compute_mode == "exclusive_process"


_ASKED_BESIDE = {"clock_events", "temperature_c", "utilization_pct", "ecc_uncorrected", "margin_c", "missing"}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("no_health", "this GPU does not support it"),
        ("forbidden_health", "this user may not read it"),
    ],
)
def test_what_the_driver_refuses_is_none_with_the_reason(health, settings, reason):
    found = health(settings)
    refused = {field.name for field in fields(GpuHealth)} - _ASKED_BESIDE
    assert len(refused) >= 13
    assert {name: (getattr(found, name), found.missing.get(name)) for name in refused} == dict.fromkeys(
        refused, (None, reason)
    )


def test_a_number_that_can_be_none_is_no_reading(health):
    found = health("garbage")
    for name in ("power_limit_w", "application_clock_mhz", "temperature_c", "persistence", "compute_mode"):
        assert getattr(found, name) is None
        assert "can be none" in found.missing[name]


def test_nobody_reads_it_who_does_not_ask(monkeypatch, fake_nvml):
    for name, value in fake_nvml().items():
        monkeypatch.setenv(name, value)
    found = asyncio.run(probe(20.0))
    assert found.available
    assert [gpu.health for gpu in found.devices] == [None, None]


@pytest.mark.gpu
def test_a_real_gpu_tells_its_power_limit_and_temperature():
    found = asyncio.run(probe(30.0, health=True))
    if not found.available:
        pytest.skip(f"no GPU here: {found.reason}")
    for gpu in found.devices:
        assert gpu.health is not None
        assert gpu.health.temperature_c is not None
        assert 0 < gpu.health.temperature_c < 120
