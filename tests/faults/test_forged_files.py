"""Run files that say something else than they hold, or what no run file says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from cli.command import Command
from run.run_files import COMPLETE, HEADER_END, JOURNAL, RECORD, load, refusal
from run.streams import Story, build_record, journal_bytes

from specprof.run import events as ev
from specprof.run.journal import document_text

# Rows 40 and 41


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" + "0" * 400, "true", '"3"', "null", "-1"])
def test_row_40_what_is_no_number_is_refused_with_the_json_path(
    tmp_path: Path, document: dict[str, Any], number: str
) -> None:
    document["cells"][3]["measured_ms"]["median"] = "here"
    text = json.dumps(document).replace('"here"', number)
    assert refusal(tmp_path, text).startswith("run.json: cells[3].measured_ms.median: ")


@pytest.mark.parametrize("number", ["NaN", "1e999", "true", '"3"', "0", "-1.5"])
def test_row_40_what_is_no_number_is_refused_in_a_journal_too(tmp_path: Path, number: str) -> None:
    place = '"batch_size":1,"seq_len":128,"candidates":1'
    line = f'{{"event":"sample",{place},"round":0,"measured_ms":{number}}}\n'
    said = refusal(tmp_path, JOURNAL[:HEADER_END] + line.encode() + JOURNAL[HEADER_END:])
    assert "line 2: " in said
    assert "measured_ms: " in said


def test_row_41_repeated_keys_and_an_abyss_are_refused(tmp_path: Path, document: dict[str, Any]) -> None:
    text = document_text(RECORD)
    assert refusal(tmp_path, text.replace('"seed"', '"dtype"')) == (
        "run.json: plan.dtype: the key is given twice"
    )
    document["plan"]["x"] = "here"
    abyss = json.dumps(document).replace('"here"', "[" * 100_000 + "]" * 100_000)
    assert "nested deeper than 64 levels" in refusal(tmp_path, abyss)
    line = '{"event":"notice","level":"info","text":' + "[" * 100_000 + "]" * 100_000 + "}\n"
    said = refusal(tmp_path, JOURNAL[:HEADER_END] + line.encode() + JOURNAL[HEADER_END:])
    assert said.startswith("run.json: line 2: nested deeper than 64 levels")


# Row 44


def test_row_44_a_newer_document_is_refused_with_both_versions(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    document |= {"schema_version": 7, "specprof_version": "9.1\x1b[31m", "cells": "of another form"}
    assert refusal(tmp_path, document) == (
        "run.json: written by specprof 9.1[31m with schema version 7; this specprof reads up to version 2: "
        "update specprof"
    )


def test_row_44_a_newer_journal_is_refused_with_both_versions(tmp_path: Path) -> None:
    newer = JOURNAL.replace(b'"schema_version":2', b'"schema_version":3', 1)
    said = refusal(tmp_path, newer.replace(b'"specprof_version":"0.1.0"', b'"specprof_version":"0.2.0"'))
    assert "written by specprof 0.2.0 with schema version 3; this specprof reads up to version 2" in said


def test_row_44_unknown_fields_are_ignored(tmp_path: Path, document: dict[str, Any]) -> None:
    for place in (document, document["plan"], document["cells"][0], document["telemetry"][0]):
        place["from_the_future"] = {"a": [1]}
    assert load(tmp_path, document).record == RECORD
    line = JOURNAL.replace(b'"event":"run_started"', b'"event":"run_started","from_the_future":[1]')
    assert load(tmp_path, line).record == RECORD


# Row 46


def warnings_of(folder: Path, document: dict[str, Any]) -> tuple[str, ...]:
    """The warnings at loading; whatever the file said, the statistics are the samples' own."""
    loaded = load(folder, document)
    found = {cell.cell: cell for cell in loaded.record.cells}
    for cell in RECORD.cells:
        if found[cell.cell].measured_ms is not None:
            assert found[cell.cell] == cell
    return loaded.warnings


def test_row_46_a_forged_statistic_is_recomputed_and_named(tmp_path: Path, document: dict[str, Any]) -> None:
    document["cells"][4]["latency_ms"]["median"] *= 1.0001
    median = RECORD.cells[4].latency_ms.median
    said = f"stored latency_ms median {median * 1.0001:.6g} ms, samples give {median:.6g} ms"
    assert warnings_of(tmp_path, document) == (f"cells[4]: {said}: recomputed",)


def test_row_46_a_last_digit_is_no_disagreement(tmp_path: Path, document: dict[str, Any]) -> None:
    document["cells"][4]["latency_ms"]["median"] *= 1 + 1e-9
    assert warnings_of(tmp_path, document) == ()


def test_row_46_impossible_statistics_are_marked(tmp_path: Path, document: dict[str, Any]) -> None:
    document["cells"][1]["ratio"] = {"median": 3.0, "ci_low": 5.0, "ci_high": 4.0}
    assert warnings_of(tmp_path, document) == (
        "cells[1]: stored ratio is impossible, 5 ≤ 3 ≤ 4 does not hold: recomputed",
    )


def test_row_46_a_forged_verdict_is_judged_again(tmp_path: Path, document: dict[str, Any]) -> None:
    document["cells"][2]["verdict"] = "invalid"
    document["cells"][2]["estimated"] = True
    document["cells"][3]["ratio"] = None
    assert warnings_of(tmp_path, document) == (
        "cells[2]: stored verdict invalid, its samples give valid: recomputed",
        "cells[2]: stored estimated True, the plan says False: corrected",
        "cells[3]: ratio is missing: computed from the samples",
    )


def test_row_46_a_forged_order_is_that_of_the_samples_again(tmp_path: Path, document: dict[str, Any]) -> None:
    document["cells"][2]["order"] = 7
    document["cells"][3]["started_at_s"] = 0.5
    said = "does not follow from when the samples were taken: recomputed"
    assert warnings_of(tmp_path, document) == (
        f"cells[2]: stored order {said}",
        f"cells[3]: stored started_at_s {said}",
    )


def test_row_46_a_changed_sample_shows_in_what_follows_from_it(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    document["cells"][0]["measured_ms"]["samples"] = [50.0] * 12
    loaded = load(tmp_path, document)
    assert loaded.record.cells[0].latency_ms.median == 50.0
    assert loaded.record.cells[1].ratio != RECORD.cells[1].ratio
    assert {warning.partition(":")[0] for warning in loaded.warnings} == {"cells[0]", "cells[1]", "cells[2]"}


def test_row_46_statistics_without_samples_are_dropped(tmp_path: Path, document: dict[str, Any]) -> None:
    document["cells"][5]["measured_ms"] = None
    loaded = load(tmp_path, document)
    assert loaded.record.cells[5].verdict == "not_run"
    assert loaded.record.cells[5].latency_ms is None
    assert loaded.record.status == "partial"
    assert "cells[5]: stored latency_ms has no samples behind it: dropped" in loaded.warnings
    assert "stored status complete, but its cells make it partial" in loaded.warnings


def test_row_46_missing_cells_are_counted_and_taken_as_not_run(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    del document["cells"][4:]
    assert warnings_of(tmp_path, document) == (
        "2 of the plan's 6 cells are missing: taken as not run",
        "stored status complete, but its cells make it partial",
    )


def test_row_46_many_disagreements_are_summed_up(tmp_path: Path) -> None:
    document = json.loads(document_text(build_record(Story(seq_lens=tuple(range(100, 110))))))
    for cell in document["cells"]:
        cell["latency_ms"]["ci_high"] *= 2
    warnings = load(tmp_path, document).warnings
    assert len(warnings) == 21
    assert warnings[-1] == "… and 10 more statistics of the file do not follow from its samples"


def test_row_46_what_was_forged_is_shown_beside_the_result(faked: Command, document: dict[str, Any]) -> None:
    document["cells"][4]["latency_ms"]["median"] *= 1.0001
    del document["cells"][5]
    (faked.home / "run.json").write_text(json.dumps(document))
    done = faked("show", "run.json")
    assert done.code == 0
    said = " ".join(done.text.split())
    assert "warning: cells[4]: stored latency_ms median" in said
    assert "warning: 1 of the plan's 6 cells are missing: taken as not run" in said


def spoilt_cells(document: dict[str, Any], fault: str) -> dict[str, Any]:
    cells = document["cells"]
    measured = cells[1]["measured_ms"]
    if fault == "twice":
        cells.append(copy.deepcopy(cells[1]))
    elif fault == "stranger":
        cells[1]["candidates"] = 17
    elif fault == "head":
        cells[1]["head_ms"] = {**copy.deepcopy(measured), "rounds": list(range(1, 13))}
    elif fault == "no samples":
        cells[1]["measured_ms"] |= {"samples": [], "rounds": [], "sampled_at_s": []}
    elif fault == "zero":
        measured["samples"][4] = 0
    else:
        measured[fault].pop()
    return document


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("twice", "cells[6]: batch 1, seq_len 128, 16 candidates is there twice"),
        ("stranger", "cells[1]: batch 1, seq_len 128, 17 candidates is not in the plan"),
        ("samples", "cells[1].measured_ms.rounds: 12 values for 11 samples"),
        ("rounds", "cells[1].measured_ms.rounds: 11 values for 12 samples"),
        ("sampled_at_s", "cells[1].measured_ms.sampled_at_s: 11 values for 12 samples"),
        ("head", "cells[1].head_ms.rounds: not those of measured_ms"),
        ("no samples", "cells[1].measured_ms.samples: empty"),
        ("zero", "cells[1].measured_ms.samples[4]: a step cannot take 0 ms"),
    ],
)
def test_row_46_cells_that_cannot_be_computed_with_are_refused(
    tmp_path: Path, document: dict[str, Any], fault: str, said: str
) -> None:
    assert refusal(tmp_path, spoilt_cells(document, fault)) == f"run.json: {said}"


def test_row_46_absurd_samples_are_refused_and_not_warned_about_by_numpy(
    tmp_path: Path, document: dict[str, Any], recwarn: pytest.WarningsRecorder
) -> None:
    document["cells"][0]["measured_ms"]["samples"] = [5e-324] * 12
    document["cells"][1]["measured_ms"]["samples"] = [1e12] * 12
    assert refusal(tmp_path, document).startswith("run.json: cells[1]: computed: median: ")
    assert not recwarn.list


@pytest.mark.parametrize("count", [0, 5, 7])
def test_row_46_a_wrong_count_at_the_end_of_a_journal_is_marked(tmp_path: Path, count: int) -> None:
    loaded = load(tmp_path, journal_bytes([*COMPLETE[:-1], ev.RunEnded(cells_finished=count)]))
    assert loaded.record == RECORD
    assert loaded.warnings == (f"the journal's end counts {count} finished cells, but it holds 6",)


def test_row_46_a_journal_without_its_end_is_partial(tmp_path: Path) -> None:
    loaded = load(tmp_path, journal_bytes(COMPLETE[:-1]))
    assert loaded.record.validity.verdict == "unfinished"
    changed = {"status": "partial", "validity": loaded.record.validity}
    assert loaded.record == RECORD.model_copy(update=changed)
    assert loaded.warnings == ("the run did not reach its end: 6 of 6 cells were finished",)
