"""The loader against published figures, whole ones and such as do not fit their plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from specprof.plan.plan import Cell
from specprof.run.journal import document_text
from specprof.run.record import RunRecord

from .run_files import RECORD, load, refusal


def published(speedup: list[list[float]]) -> dict[str, Any]:
    record = RECORD.model_copy(update={"cells": [], "telemetry": [], "telemetry_sources": [], "notices": []})
    document = json.loads(document_text(RunRecord.model_validate(record.model_dump())))
    document["reference"] = {"provenance": "a figure", "acceptance": "1 + 0.477 ln K", "reading_error": 0.03,
                             "speedup": speedup}  # fmt: skip
    return document


def test_a_published_figure_is_returned_as_it_is(tmp_path: Path) -> None:
    loaded = load(tmp_path, published([[1.0, 2.0, 1.5], [1.0, 1.9, 1.4]]))
    assert loaded.record.reference.speedup == [[1.0, 2.0, 1.5], [1.0, 1.9, 1.4]]
    assert loaded.record.status == "complete"
    assert loaded.warnings == ()


def test_a_published_figure_that_does_not_fit_its_plan_is_refused(tmp_path: Path) -> None:
    said = refusal(tmp_path, published([[1.0, 2.0, 1.5]]))
    assert said == "run.json: reference.speedup: 1 rows for 2 sequence lengths"
    said = refusal(tmp_path, published([[1.0, 2.0, 1.5], [1.0, 2.0]]))
    assert said == "run.json: reference.speedup[1]: 2 values for 3 candidate counts"
    document = published([[1.0, 2.0, 1.5], [1.0, 1.9, 1.4]])
    document["plan"]["batch_sizes"] = [1, 2]
    assert refusal(tmp_path, document) == "run.json: plan.batch_sizes: a published figure has one"
    document = published([[1.0, 2.0, 1.5], [1.0, 1.9, 1.4]])
    document["cells"] = [{**Cell(1, 128, 1)._asdict(), "verdict": "valid"}]
    assert refusal(tmp_path, document) == "run.json: cells: a published figure has none"
    document = published([[1.0, 2.0, 1.5], [1.0, 1.9, 1.4]])
    document["telemetry"] = [sample.model_dump(mode="json") for sample in RECORD.telemetry[:1]]
    assert refusal(tmp_path, document) == "run.json: telemetry: a published figure has none"


def test_a_published_figure_has_no_drafts_and_nothing_decoded(tmp_path: Path) -> None:
    """A draft pass of a row that is not in the plan went through, and `tree` fell over it."""
    document = published([[1.0, 2.0, 1.5], [1.0, 1.9, 1.4]])
    where = {"batch_size": 9, "seq_len": 9}
    document["drafts"] = [{"drafter": "eagle:5", "kind": "eagle", "depth": 5, "width": 10, **where,
                           "verdict": "failed"}]  # fmt: skip
    assert refusal(tmp_path, document) == "run.json: drafts: a published figure has none"
    document["drafts"] = []
    document["validation"] = [{**where, "setting": None}]
    assert refusal(tmp_path, document) == "run.json: validation: a published figure has none"
