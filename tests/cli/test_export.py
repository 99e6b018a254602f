"""`specprof export`: where it writes, what it refuses, and what it needs for that."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from analysis.synthetic import plan_of, record_of

from specprof.cli.export import export
from specprof.run.journal import write_document

from .asked import Answer, ask

CPU, PUBLISHED = "llama-7b-cpu-bs1", "medusa-llama-7b-bs4"
BEGINS = {
    "csv": b"model,device,",
    "png": b"\x89PNG",
    "svg": b"<?xml",
    "html": b"<!DOCTYPE html>",
}


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def exported(*arguments: object) -> Answer:
    return ask(export, *arguments)


@pytest.mark.parametrize("form", BEGINS)
def test_a_file_of_the_runs_name_appears_in_this_folder(form, tmp_path):
    done = exported(PUBLISHED, "--to", form)
    assert (done.code, done.out, done.said) == (0, "", f"specprof: wrote {PUBLISHED}.{form}\n")
    assert [path.name for path in tmp_path.iterdir()] == [f"{PUBLISHED}.{form}"]  # and no temporary one
    assert (tmp_path / f"{PUBLISHED}.{form}").read_bytes().startswith(BEGINS[form])


def test_an_existing_file_is_replaced_with_force_only(tmp_path):
    there = tmp_path / "there.csv"
    there.write_text("mine")
    done = exported(CPU, "--to", "csv", "--output", there)
    assert done.code == 5
    assert "exists" in done.said
    assert "--force" in done.said
    assert there.read_text() == "mine"
    assert exported(CPU, "--to", "csv", "--output", there, "--force").code == 0
    assert there.read_text().startswith("model,")


@pytest.mark.parametrize("form", ["csv", "svg", "html"])
def test_a_dash_means_stdout(form, tmp_path):
    done = exported(CPU, "--to", form, "--output", "-")
    assert (done.code, done.said) == (0, "")
    assert done.out.encode().startswith(BEGINS[form])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    done = exported(CPU, "--to", "csv", "--output", tmp_path / "missing" / "x.csv")
    assert done.code == 5
    assert "does not exist" in done.said
    assert exported(CPU, "--to", "csv", "--output", tmp_path, "--force").code == 5  # a folder


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    done = exported(CPU, "--to", "csv")
    assert done.code == 5
    assert "No space left" in done.said
    assert list(tmp_path.iterdir()) == []


def test_without_matplotlib_figures_say_what_to_install_and_csv_works(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for form in ("png", "svg", "html"):
        done = exported(CPU, "--to", form)
        assert done.code == 3
        assert "specprof[figures]" in done.said
        assert done.said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    assert exported(CPU, "--to", "csv").code == 0


def test_batch_sizes_and_acceptance_models_are_chosen(tmp_path):
    plan = plan_of(batch_sizes=(1, 4), candidates=(1, 16))
    write_document(tmp_path / "run.json", record_of(plan, lambda cell: 10.0 + cell.candidates))
    models = ("--acceptance", "log-fit", "--acceptance", "chain:alpha=0.6")
    done = exported("run.json", "--to", "csv", "--output", "-", "--batch-size", "4", *models)
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert {row["batch_size"] for row in rows} == {"4"}
    assert [row["acceptance"][:5] for row in rows] == ["log-f", "log-f", "chain", "chain"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((CPU, "--to", "png", "--output", "-"), 2, "a PNG is not written to stdout"),
        ((CPU, "--to", "csv", "--output", ""), 5, "is a folder"),
        ((CPU, "--to", "csv", "--batch-size", "4"), 2, "this run has no batch size 4: it has 1"),
        ((CPU, "--to", "csv", "--batch-size", "x"), 2, "--batch-size wants whole numbers"),
        (("no-such-run", "--to", "csv"), 4, "there is no file or sample"),
        ((CPU, "--to", "csv", "--draft-cost", "measured"), 2, "this run measured no draft cost"),
    ],
)
def test_bad_input_is_one_line(arguments, code, words, tmp_path):
    done = exported(*arguments)
    assert (done.code, done.out) == (code, "")
    assert words in done.said
    assert done.said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_csv_needs_no_matplotlib_and_a_figure_no_pyplot():
    script = (
        "import sys\nfrom cli.asked import ask\nfrom specprof.cli.export import export\n"
        f"assert ask(export, {CPU!r}, '--to', 'csv', '--output', '-').code == 0\n"
        "print('matplotlib' in sys.modules, {'torch', 'textual'} & set(sys.modules))\n"
        f"assert ask(export, {CPU!r}, '--to', 'svg', '--output', '-').code == 0\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == ["False set()", "False"]
