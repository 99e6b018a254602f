"""Telemetry beside a live run: whatever becomes of it, the measuring goes on. Rows are FAULTS.md's."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from specprof.run import events as ev
from specprof.run.events import EventModel
from specprof.run.telemetry import TelemetrySource
from specprof.session import telemetry
from specprof.session.live import LiveSession

from .stage import Stage, is_alive

GPU = {"kind": "cuda", "name": "Made-up GPU", "uuid": "GPU-00000000-1111-2222-3333-444444444444"}


def nvml_sources(seen: list[EventModel]) -> list[TelemetrySource]:
    opened = [event.telemetry for event in seen if isinstance(event, ev.TelemetryOpened)]
    return [source for source in opened if source.source == "nvml"]


def instead_of_nvml(monkeypatch, tmp_path, script: str) -> None:
    """Has a shell script take the place of the telemetry's Python."""
    path = tmp_path / "telemetry.sh"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    monkeypatch.setattr(telemetry, "sys", SimpleNamespace(executable=str(path)))


def test_a_cpu_run_asks_no_gpu(stage: Stage):
    assert nvml_sources(stage.play()) == []


def test_a_gpu_that_nvml_does_not_know_is_said_with_its_reason_and_the_run_completes_row_17(stage: Stage):
    stage.device(GPU)
    stage.does((0, "sample 2", "pause"))
    session = stage.session()

    def go_on_when_opened(event: EventModel, _: LiveSession) -> None:
        if nvml_sources([event]):
            stage.goes_on()

    (source,) = nvml_sources(stage.play(session, go_on_when_opened))
    assert not source.available
    assert source.reason
    assert source.device_uuid == GPU["uuid"]
    assert session.reduction.status() == "complete"


def test_telemetry_that_crashes_leaves_a_gap_that_is_said_and_the_run_completes_row_22(
    stage: Stage, tmp_path, monkeypatch
):
    instead_of_nvml(monkeypatch, tmp_path, "kill -SEGV $$\n")
    stage.device(GPU)
    stage.does((0, "sample 2", "sleep 0.3"))
    session = stage.session()
    seen = stage.play(session)
    (notice,) = (event for event in seen if isinstance(event, ev.Notice))
    assert "SIGSEGV" in notice.text
    assert session.reduction.status() == "complete"


def test_telemetry_that_hangs_holds_up_nothing_and_is_not_left_behind_row_21(
    stage: Stage, tmp_path, monkeypatch
):
    instead_of_nvml(monkeypatch, tmp_path, f"echo $$ > {tmp_path}/pid\nexec sleep 60\n")
    stage.device(GPU)
    stage.does((0, "sample 2", "sleep 0.3"))
    session = stage.session()
    stage.play(session)
    assert session.reduction.status() == "complete"
    assert not is_alive(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("nonsense", ["head -c 3000000 /dev/zero", "echo '{}'", "echo hello"])
def test_nonsense_from_telemetry_is_left_out(stage: Stage, tmp_path, monkeypatch, nonsense):
    # the pipe's descriptor follows `--fd`, the third argument
    instead_of_nvml(monkeypatch, tmp_path, f'eval "{nonsense} >&$4"\n')
    stage.device(GPU)
    stage.does((0, "sample 2", "sleep 0.2"))
    session = stage.session()
    seen = stage.play(session)
    assert nvml_sources(seen) == []
    assert session.reduction.status() == "complete"


def test_a_child_started_again_is_watched_by_one_telemetry_only(stage: Stage, tmp_path, monkeypatch):
    instead_of_nvml(monkeypatch, tmp_path, f"echo $$ >> {tmp_path}/pids\nexec sleep 60\n")
    stage.device(GPU)
    stage.does((0, "sample 2", "kill"), (1, "sample 2", "sleep 0.3"))
    stage.play()
    assert len((tmp_path / "pids").read_text().split()) == 1


def test_a_child_started_again_is_no_foreign_process_to_the_telemetry(stage: Stage, tmp_path, monkeypatch):
    instead_of_nvml(monkeypatch, tmp_path, f'echo "$@" > {tmp_path}/arguments\n')
    stage.device(GPU)
    stage.does((0, "sample 2", "sleep 0.3"))
    stage.play()
    # without --own-pid the telemetry takes its parent and all that it starts for specprof's own
    assert "--own-pid" not in (tmp_path / "arguments").read_text()


def test_a_host_whose_counters_fail_does_not_stop_the_run(stage: Stage, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("no /proc")

    monkeypatch.setattr(telemetry.HostSampler, "sample", fail)
    session = stage.session()
    stage.play(session)
    assert session.reduction.status() == "complete"


def test_the_host_is_opened_once_and_read_at_its_rate(monkeypatch):
    monkeypatch.setattr(telemetry, "HOST_HZ", 10.0)
    seen: list[EventModel] = []

    async def put(event: EventModel) -> None:
        seen.append(event)

    async def watch() -> None:
        watching = asyncio.create_task(telemetry.watch_host(0.0, put))
        await asyncio.sleep(0.25)
        watching.cancel()

    asyncio.run(watch())
    assert isinstance(seen[0], ev.TelemetryOpened)
    assert [type(event) for event in seen[1:]] == [ev.TelemetryTaken] * 2
