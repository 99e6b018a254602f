"""What a process finds around it: memory, GPU, locale, home, clock."""

from __future__ import annotations

import re
import stat
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from app_on_pty.conftest import Specprof
from cli.command import SMALL, Command, Process, finish, wait_until
from on_pty.terminal import Terminal

from specprof.run.journal import journal_path
from specprof.run.reading import load_record
from specprof.run.record import RunRecord

from .places import obey_modes
from .preload import preload

RUN = ("run", *SMALL, "--device", "cpu")
SAMPLE = "medusa-llama-7b-bs4"
HOMES = ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
NOWHERE = dict.fromkeys(HOMES, "/proc/nowhere")
WITHOUT_UTF_8 = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
HOUR_S = 3600


def status_of(path: Path) -> str:
    loaded = load_record(path)
    assert loaded.warnings == ()
    return loaded.record.status


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """specprof with its real measuring child."""
    started = Command(tmp_path_factory.mktemp("home"))
    yield started
    started.end_all()


def refusal(command: Command, name: str, process: Process) -> str:
    """The one sentence of a run that the machine cannot do, which left no file of that name."""
    done = finish(process, 120)
    assert (done.code, done.out) == (3, b"")
    assert "Traceback" not in done.said
    assert not list(command.home.glob(f"{name}*"))
    (line,) = (line for line in done.said.splitlines() if line.startswith("specprof: "))
    return line


# Memory and GPU: each start imports torch, so they are all started at once


@pytest.fixture(scope="module")
def started(command: Command, fake_library: Path) -> dict[str, Process]:
    """Runs that this machine cannot do as they are asked for."""
    large = ("run", "--model", "llama-2-70b", "--layers", "all", "--device", "cpu", "--output", "large.json")
    gpu = ("run", *SMALL, "--device", "cuda", "--output", "gpu.json")
    default = ("run", *SMALL, "--budget", "3", "--target-ci", "50", "--output", "default.json")
    # this NVML lists GPUs that torch cannot use
    unusable = {"LD_LIBRARY_PATH": str(fake_library), "SPECPROF_FAKE_NVML": "old_driver"}
    return {
        "large": command.start(*large),
        "gpu": command.start(*gpu, CUDA_VISIBLE_DEVICES=""),
        "default": command.start(*default, **unusable),
    }


def test_row_15_a_model_larger_than_memory_is_refused_with_needed_against_free(
    command: Command, started: dict[str, Process]
):
    line = refusal(command, "large", started["large"])
    assert re.search(r"Llama 2 70B .* needs 25\d\.\d GiB .* has \d+\.\d GiB free", line)
    assert "--layers" in line


def test_row_27_a_gpu_that_is_not_there_is_refused_with_what_to_do(
    command: Command, started: dict[str, Process]
):
    line = refusal(command, "gpu", started["gpu"])
    assert "CUDA" in line
    assert "--device cpu" in line


def test_row_27_where_the_driver_is_too_old_for_torch_the_cpu_is_measured_and_it_is_said(
    command: Command, started: dict[str, Process]
):
    if Path("/dev/nvidiactl").exists():
        pytest.skip("this machine has a GPU whose driver is not too old")
    done = finish(started["default"], 120)
    assert done.code in (0, 1), done.said
    assert "this GPU cannot be used: " in done.said
    assert "measuring on the CPU instead" in done.said
    assert "Traceback" not in done.said
    record = load_record(command.home / "default.json").record
    assert record.status == "complete"
    assert record.environment.device.kind == "cpu"
    assert all(cell.latency_ms for cell in record.cells)


def test_row_27_without_a_gpu_the_cpu_is_the_default(faked: Command):
    assert faked("run", *SMALL, "--output", "run.json").code == 0
    record = load_record(faked.home / "run.json").record
    assert (record.plan.device, record.environment.device.kind) == ("cpu", "cpu")


def test_row_27_without_a_gpu_saved_runs_are_shown_and_replayed(specprof: Specprof, no_nvml: dict[str, str]):
    blind = {"LD_LIBRARY_PATH": no_nvml["LD_LIBRARY_PATH"], "CUDA_VISIBLE_DEVICES": ""}
    shown = specprof("show", SAMPLE, **blind)
    assert shown.wait_exit() == 0
    assert "Llama 7B, Batch Size" in shown.raw.decode()
    leave_results(specprof("replay", SAMPLE, **blind))


def leave_results(terminal: Terminal) -> None:
    terminal.wait_for("1 Speed")
    terminal.press("q")
    assert terminal.wait_exit() == 0
    terminal.assert_restored()


# Locale


def test_row_33_without_utf_8_the_report_is_ascii_and_the_file_readable(faked: Command):
    done = faked(*RUN, "--output", "run.json", **WITHOUT_UTF_8)
    assert done.code == 0
    assert done.out.isascii()
    assert done.err.isascii()
    assert b"Tiny Llama, Batch Size: 1" in done.out
    assert b"*" in done.out
    assert status_of(faked.home / "run.json") == "complete"


def test_row_33_without_utf_8_the_app_is_ascii_and_the_file_readable(specprof: Specprof):
    terminal = specprof.run(LANG=None, **WITHOUT_UTF_8)
    terminal.wait_for("1 Speed")
    terminal.wait_quiet(0.3)
    text = terminal.text()
    terminal.press("q")
    assert terminal.wait_exit() == 0
    assert terminal.raw.isascii()
    assert "--* seq_len" in text
    assert status_of(specprof.run_file) == "complete"


def test_row_33_without_utf_8_exported_files_are_utf_8_still(faked: Command):
    done = faked("export", SAMPLE, "--to", "html", "--output", "page.html", **WITHOUT_UTF_8)
    assert done.code == 0, done.said
    page = (faked.home / "page.html").read_bytes()
    assert not page.isascii()
    assert "×" in page.decode("utf-8")


def test_row_33_without_utf_8_a_name_in_other_letters_is_written_and_found(faked: Command):
    name = "Läufe-測.json"
    done = faked(*RUN, "--output", name, **WITHOUT_UTF_8)
    assert done.code == 0, done.said
    assert done.err.isascii()
    assert [path.name for path in faked.home.glob("*.json")] == [name]
    assert faked("show", name, **WITHOUT_UTF_8).code == 0


# Home


def test_row_34_without_a_home_an_explicit_output_works(faked: Command):
    done = faked(*RUN, "--output", "run.json", without=HOMES)
    assert done.code == 0
    assert status_of(faked.home / "run.json") == "complete"


def test_row_34_with_a_home_that_cannot_be_an_explicit_output_works(faked: Command):
    done = faked(*RUN, "--output", "run.json", **NOWHERE)
    assert done.code == 0
    assert status_of(faked.home / "run.json") == "complete"
    refused = faked(*RUN, **NOWHERE).refused(5)
    assert "cannot create the results folder /proc/nowhere/specprof/runs" in refused
    assert "--output" in refused


def test_row_34_with_a_home_that_takes_no_files_an_explicit_output_works(faked: Command, tmp_path: Path):
    home = tmp_path / "locked home"
    home.mkdir()
    home.chmod(stat.S_IRUSR | stat.S_IXUSR)
    locked = {**dict.fromkeys(HOMES, str(home)), "XDG_CONFIG_HOME": str(home / "config")}
    done = faked(*RUN, "--output", "run.json", preexec=obey_modes, **locked)
    assert done.code == 0, done.said
    assert status_of(faked.home / "run.json") == "complete"
    refused = faked(*RUN, preexec=obey_modes, **locked).refused(5)
    assert "cannot create the results folder" in refused
    assert "Permission denied" in refused
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("home", [None, "/proc/nowhere"], ids=["unset", "not there"])
def test_row_34_the_app_needs_no_home(specprof: Specprof, home: str | None):
    terminal = specprof.run(**dict.fromkeys(HOMES, home))
    terminal.wait_for("1 Speed")
    terminal.press("t")  # a choice that cannot be kept
    terminal.wait_quiet(0.3)
    leave_results(terminal)
    assert status_of(specprof.run_file) == "complete"


# Clock


def moments_of(record: RunRecord) -> list[float]:
    """All times of a run in the order in which they came, s from its beginning."""
    times = [notice.t_s for notice in record.notices]
    times += [one.t_s for one in record.telemetry]
    for cell in record.cells:
        times += [cell.started_at_s, cell.finished_at_s]
        assert cell.started_at_s <= cell.finished_at_s
        assert cell.measured_ms.sampled_at_s == sorted(cell.measured_ms.sampled_at_s)
        times += cell.measured_ms.sampled_at_s
    return times


def test_row_35_a_clock_that_steps_back_an_hour_changes_no_duration_of_a_real_run(
    command: Command, tmp_path: Path
):
    back = tmp_path / "an hour back"
    clock = {**preload("wall_clock", tmp_path), "SPECPROF_WALL_BACK": str(back)}
    output = command.home / "stepped.json"
    journal = journal_path(output)
    began, began_wall = time.monotonic(), time.time()
    never = ("--target-ci", "0.01", "--budget", "4", "--device", "cpu")
    process = command.start("run", *SMALL, *never, "--output", output, **clock)
    wait_until(lambda: journal.exists() and '"event":"sample"' in journal.read_text(), 120)
    back.touch()
    before = journal.read_text().count('"event":"sample"')
    done = finish(process, 120)
    took_s = time.monotonic() - began
    assert done.code in (0, 1), done.said
    loaded = load_record(output)
    assert loaded.warnings == ()  # times that go back would be one
    record = loaded.record
    assert record.status == "complete"
    times = moments_of(record)
    assert 0 <= min(times) < max(times) < took_s
    # samples from before the step and from after it
    assert 0 < before < sum(len(cell.measured_ms.samples) for cell in record.cells)
    assert all(0 < ms < took_s * 1e3 for cell in record.cells for ms in cell.measured_ms.samples)
    # a budget by the wall clock would have had another hour
    assert took_s < HOUR_S / 10
    created = datetime.fromisoformat(record.created_at).timestamp()
    assert abs(created - began_wall) < took_s + 1


def test_row_35_runs_before_and_after_the_step_have_names_of_their_own(faked: Command, tmp_path: Path):
    back = tmp_path / "an hour back"
    clock = {**preload("wall_clock", tmp_path), "SPECPROF_WALL_BACK": str(back), "shell": 'exec "$@"'}
    began = time.time()
    assert faked(*RUN, **clock).code == 0
    (first,) = faked.runs.iterdir()
    back.touch()
    assert faked(*RUN, **clock).code == 0
    (second,) = set(faked.runs.iterdir()) - {first}
    assert second.name < first.name
    created = [datetime.fromisoformat(load_record(path).record.created_at) for path in (first, second)]
    assert created[1].timestamp() < began - HOUR_S / 2 < created[0].timestamp()
    assert max(moments_of(load_record(second).record)) < HOUR_S / 2
    # the newest unfinished run is the one that was written last, whatever its name says
    for path, said in ((first, "first"), (second, "second")):
        document = path.read_text().replace('"status": "complete"', '"status": "partial"', 1)
        path.write_text(document.replace('"specprof_version": "', f'"specprof_version": "{said}-', 1))
    assert "begun by specprof second-" in faked("run", "--resume", **clock).refused(2)
