"""Opening runs by path and by a sample's name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import specprof
from specprof.analysis.opened import Run, load
from specprof.errors import RunFileProblem
from specprof.run.samples import resolve, sample_names

from .published_figure import FILE, NAME
from .synthetic import plan_of, record_of


def test_the_published_figure_is_among_the_samples() -> None:
    assert NAME in sample_names()


def test_every_sample_opens_without_a_warning_and_has_findings() -> None:
    for name in sample_names():
        run = load(name)
        assert run.warnings == ()
        assert run.findings()


def test_a_sample_opens_by_its_name_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    run = specprof.load(NAME)
    assert run.path == FILE
    assert run.speedup().median.shape == (1, 7, 8)


def test_a_run_file_opens_by_its_path_with_what_was_measured(tmp_path: Path) -> None:
    record = record_of(plan_of(seq_lens=(64, 128)), lambda cell: cell.candidates, noise=0.1)
    path = tmp_path / "mine.json"
    path.write_text(record.model_dump_json())
    run = load(path)
    assert run.path == path
    np.testing.assert_array_equal(run.latency_ms().median, Run.of(record).latency_ms().median)


def test_a_file_goes_before_a_sample_of_the_same_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / NAME).write_text("{}")
    assert resolve(NAME) == Path(NAME)
    assert resolve(f"./{NAME}") == Path(NAME)


def test_a_folder_does_not_hide_a_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / NAME).mkdir()
    assert resolve(NAME) == FILE


@pytest.mark.parametrize(
    "name", ["no-such-run", "../sample_results", f"x/{NAME}", f"../{NAME}", "", "a\x00b"]
)
def test_what_is_neither_file_nor_sample_is_named_with_the_samples(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunFileProblem) as caught:
        resolve(name)
    assert caught.value.exit_code == 4
    assert NAME in str(caught.value) or "is a folder" in str(caught.value)


def test_a_name_that_is_not_there_cannot_command_the_terminal() -> None:
    with pytest.raises(RunFileProblem) as caught:
        resolve("\x1b[2Jgone\nand more")
    assert str(caught.value).isprintable()


def test_a_name_too_long_for_the_file_system_is_a_bad_run_file() -> None:
    with pytest.raises(RunFileProblem):
        load("x" * 5000)
