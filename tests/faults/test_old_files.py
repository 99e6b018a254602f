"""Run files of every age: what a specprof once wrote is read for ever. See old/README.md."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.command import Command
from session.stage import Stage

from specprof.plan.plan import Cell
from specprof.run.journal import journal_path
from specprof.run.reading import load_record
from specprof.run.record import SCHEMA_VERSION, RunRecord
from specprof.version import __version__

OLD = Path(__file__).resolve().parent / "old"
AGES = ("first", "pauses", "drafts", "breakdown", "decoded")
FIRST_ROW = [Cell(1, 16, k) for k in (1, 4, 8)]


def test_every_schema_version_has_a_frozen_file():
    files = [*OLD.glob("*.json"), *OLD.glob("*.jsonl")]
    heads = [json.loads(path.read_text().splitlines()[0] if path.suffix == ".jsonl" else path.read_text())
             for path in files]  # fmt: skip
    assert {head["schema_version"] for head in heads} == set(range(1, SCHEMA_VERSION + 1))
    assert {path.name for path in files} == {
        "figure.json", *(f"{age}.json" for age in AGES), *(f"{age}-killed.jsonl" for age in AGES)
    }  # fmt: skip
    said = (OLD / "README.md").read_text()
    assert [path.name for path in files if path.name not in said] == []


@pytest.mark.parametrize("age", AGES)
def test_an_old_document_loads_with_all_that_it_says(age: str):
    path = OLD / f"{age}.json"
    loaded = load_record(path)
    assert (loaded.warnings, loaded.record.status) == ((), "complete")
    written = json.loads(path.read_text())
    now = loaded.record.model_dump(mode="json")
    # what was written then is what is read now, in the present version; analysis and validity are made anew
    for key in written.keys() - {"analysis", "validity", "schema_version"}:
        assert_holds(now[key], written[key], key)


def assert_holds(now: object, then: object, where: str) -> None:
    """`now` may have fields that were not thought of then, and nothing else that is different."""
    if isinstance(then, dict):
        assert isinstance(now, dict)
        for key, value in then.items():
            assert_holds(now[key], value, f"{where}.{key}")
    elif isinstance(then, list):
        assert isinstance(now, list)
        assert len(now) == len(then), where
        for index, (new, old) in enumerate(zip(now, then, strict=True)):
            assert_holds(new, old, f"{where}[{index}]")
    elif isinstance(then, float):
        assert now == pytest.approx(then, rel=1e-6), where
    else:
        assert now == then, where


@pytest.mark.parametrize("age", AGES)
def test_an_old_journal_of_a_killed_run_gives_what_was_finished(age: str):
    loaded = load_record(OLD / f"{age}-killed.jsonl")
    assert loaded.is_journal
    assert loaded.record.status == "partial"
    measured = {cell.cell: cell.measured_ms for cell in loaded.record.cells}
    assert all(measured[cell] for cell in FIRST_ROW)


@pytest.mark.parametrize("name", ["figure.json", *(f"{age}.json" for age in AGES)])
def test_an_old_document_is_shown_compared_and_decided_on(faked: Command, name: str):
    shown = faked("show", OLD / name)
    assert shown.code == 0
    assert "Traceback" not in shown.said
    compared = faked("compare", OLD / name, OLD / name)
    assert compared.code == 0
    assert "slower" not in compared.text
    assert faked("schedule", OLD / name).code == 0


def left_unfinished(output: Path, age: str, **here: str) -> RunRecord:
    """The old journal as that of `output`, begun by this version, on a machine that is as `here` says."""
    lines = (OLD / f"{age}-killed.jsonl").read_text().splitlines(keepends=True)
    header = json.loads(lines[0])
    lines[0] = json.dumps({**header, "specprof_version": __version__}) + "\n"
    for index, line in enumerate(lines):
        event = json.loads(line)
        if event["event"] == "environment":
            lines[index] = json.dumps({**event, "environment": {**event["environment"], **here}}) + "\n"
    journal_path(output).write_text("".join(lines))
    return load_record(journal_path(output)).record


@pytest.mark.parametrize("age", AGES)
def test_an_old_run_is_not_gone_on_with_on_another_machine(faked: Command, age: str):
    output = faked.home / "run.json"
    before = left_unfinished(output, age)
    done = faked("run", "--resume", "--output", output)
    assert done.code == 3
    assert "device was AMD EPYC, is Made-up CPU" in done.said
    assert load_record(journal_path(output)).record.cells == before.cells


@pytest.mark.parametrize("age", AGES)
def test_an_old_run_is_gone_on_with_where_it_was_begun(faked: Command, stage: Stage, age: str):
    output = faked.home / "run.json"
    before = left_unfinished(output, age, torch="made-up", transformers="made-up")
    assert before.environment is not None
    stage.device(before.environment.device.model_dump())
    done = faked("run", "--resume", "--output", output)
    assert done.code == 0, done.said
    after = load_record(output)
    assert (after.record.status, after.warnings) == ("complete", ())
    found = {cell.cell: cell.measured_ms for cell in after.record.cells}
    for cell in before.cells:
        if cell.measured_ms is not None:
            then = cell.measured_ms.samples
            measured = found[cell.cell]
            assert measured is not None
            assert measured.samples[: len(then)] == then
            assert len(measured.samples) > len(then)
