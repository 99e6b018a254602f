"""The fixtures of the suites that a fault goes through, and the table of what became of each row."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_on_pty.conftest import specprof
from cli.conftest import faked, stage, zygote
from run.conftest import document
from telemetry.conftest import fake_library, fake_nvml, no_nvml

from .table import Table

__all__ = ["document", "fake_library", "fake_nvml", "faked", "no_nvml", "specprof", "stage", "zygote"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fault-table", type=Path, help="write what became of each row of tests/faults to FILE")
    parser.addoption("--kills", type=int, default=2, help="kills of a real run that test_kill.py does")
    parser.addoption("--kill-seed", type=int, help="the seed of their moments, to have the same ones again")
    parser.addoption("--mutations", type=int, default=10_000, help="spoilt files that test_fuzz.py tries")


def pytest_configure(config: pytest.Config) -> None:
    # plain `pytest` comes to this folder after its options were read, and writes no table
    path = config.getoption("--fault-table", default=None)
    if path is not None and not hasattr(config, "workerinput"):  # one of several processes sees a part
        config.pluginmanager.register(Table(path))
