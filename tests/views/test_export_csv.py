"""A run as CSV."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from analysis.synthetic import plan_of, record_of

from specprof.analysis.acceptance import PUBLISHED, Chain
from specprof.analysis.opened import Run, load
from specprof.plan.plan import Cell
from specprof.views.export.csv_file import COLUMNS, csv_text


def rows(run: Run, *models, sizes=None) -> list[dict[str, str]]:
    text = csv_text(run, models or (PUBLISHED,), sizes or run.batch_sizes)
    return list(csv.DictReader(io.StringIO(text)))


def test_there_is_one_row_per_cell_with_the_numbers_of_the_run():
    run = load("llama-7b-cpu-bs1")
    found = rows(run)
    assert len(found) == 24
    for name, arrays in (
        ("latency_ms", run.latency_ms()),
        ("measured_ms", run.measured_ms()),
        ("speedup", run.speedup()),
    ):
        assert [float(row[name]) for row in found] == pytest.approx(arrays.median.ravel().tolist(), rel=1e-8)
    lows = [float(row["latency_ci_low_ms"]) for row in found]
    assert lows == pytest.approx(run.latency_ms().low.ravel().tolist(), rel=1e-8)
    ratios = [float(row["ratio_ci_high"]) for row in found]
    assert ratios == pytest.approx(run.ratio().high.ravel().tolist(), rel=1e-8)
    assert {row["latency_is_estimate"] for row in found} == {"true"}
    assert (found[9]["seq_len_tokens"], found[9]["candidates"]) == ("512", "16")
    assert found[9]["acceptance_formula"] == "1 + 0.477 ln K"
    assert float(found[9]["expected_tokens_per_step"]) == pytest.approx(1 + 0.477 * np.log(16))


def test_every_time_has_its_unit_in_its_name():
    for name in COLUMNS:
        if "latency" in name or "measured_ci" in name:
            assert name.endswith("_ms") or name == "latency_is_estimate"


def test_a_published_figure_has_speedups_and_no_latency():
    found = rows(load("medusa-llama-7b-bs4"))
    assert len(found) == 56
    assert found[2]["speedup"] == "2.48"
    assert (found[2]["speedup_ci_low"], found[2]["speedup_ci_high"]) == ("2.45", "2.51")
    assert {row["latency_ms"] for row in found} == {""}
    assert {row["bounds"] for row in found} == {"reading error"}
    assert {row["verdict"] for row in found} == {"published"}


def test_acceptance_models_give_a_row_each_and_batch_sizes_are_chosen():
    run = Run.of(
        record_of(plan_of(batch_sizes=(1, 4), candidates=(1, 16)), lambda cell: 10.0 + cell.candidates)
    )
    found = rows(run, PUBLISHED, Chain(), sizes=(4,))
    assert [(row["batch_size"], row["acceptance"].partition(":")[0]) for row in found] == [
        ("4", "log-fit"),
        ("4", "log-fit"),
        ("4", "chain"),
        ("4", "chain"),
    ]
    assert found[1]["speedup"] != found[3]["speedup"]


def test_a_failed_cell_is_a_row_with_its_reason_and_empty_numbers():
    plan = plan_of(candidates=(1, 16))
    run = Run.of(record_of(plan, lambda cell: 10.0, missing=[Cell(1, 128, 16)]))
    _, failed = rows(run)
    assert (failed["verdict"], failed["reasons"]) == ("oom", "out of memory")
    assert (failed["latency_ms"], failed["speedup"], failed["samples"]) == ("", "", "0")


@pytest.mark.parametrize("title", ["=HYPERLINK(A1)", "+1", "-2", "@SUM(A1)"])
def test_no_text_of_a_file_is_a_formula_to_a_spreadsheet(title):
    run = load("llama-7b-cpu-bs1")
    model = run.record.plan.model.model_copy(update={"title": title})
    plan = run.record.plan.model_copy(update={"model": model})
    found = rows(Run.of(run.record.model_copy(update={"plan": plan})))
    assert {row["model"] for row in found} == {f"'{title}"}
