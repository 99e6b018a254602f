"""A run as CSV."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from analysis.synthetic import plan_of, record_of

from specprof.analysis.acceptance import PUBLISHED, Chain
from specprof.analysis.opened import Run, load
from specprof.plan.flops import step_flops
from specprof.plan.memory import step_bytes
from specprof.plan.plan import Cell
from specprof.run.cell_record import Interval
from specprof.views.export.csv_file import COLUMNS, csv_text

from .two_attentions import BYTES_PER_S, beside_ms, own_ms, two_attentions


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


def test_a_second_attention_has_its_times_and_what_it_costs_with_their_bounds():
    record = two_attentions()
    slower = record.cells[1].model_copy(
        update={"beside_over": Interval(median=1.5, ci_low=1.25, ci_high=1.75)}
    )
    record = record.model_copy(update={"cells": [record.cells[0], slower, *record.cells[2:]]})
    found = rows(Run.of(record))
    assert {(row["attention"], row["attention_beside"]) for row in found} == {("sdpa", "eager")}
    for row, cell in zip(found, record.plan.cells(), strict=True):
        assert float(row["beside_measured_ms"]) == pytest.approx(beside_ms(cell))
        assert float(row["beside_latency_ms"]) == pytest.approx(beside_ms(cell))
        assert float(row["beside_latency_ci_high_ms"]) == pytest.approx(beside_ms(cell))
        assert float(row["beside_measured_ci_low_ms"]) == pytest.approx(beside_ms(cell))
    assert float(found[0]["beside_over"]) == pytest.approx(
        beside_ms(Cell(1, 128, 1)) / own_ms(Cell(1, 128, 1))
    )
    assert [found[1][f"beside_over{end}"] for end in ("", "_ci_low", "_ci_high")] == ["1.5", "1.25", "1.75"]


def test_the_floor_and_its_limit_are_those_of_the_roofline():
    flops_per_s = 2e9  # so slow that many candidates are bound by their products
    record = two_attentions(flops_per_s)
    limits = set()
    for row, cell in zip(rows(Run.of(record)), record.plan.cells(), strict=True):
        times = {
            "bandwidth": 1e3 * step_bytes(record.plan, cell) / BYTES_PER_S,
            "products": 1e3 * step_flops(record.plan, cell) / flops_per_s,
        }
        assert float(row["floor_ms"]) == pytest.approx(max(times.values()))
        assert row["floor_limit"] == max(times, key=times.__getitem__)
        limits.add(row["floor_limit"])
    assert limits == {"bandwidth", "products"}


def test_a_floor_without_the_rate_of_products_says_that_it_is_of_bandwidth_alone():
    assert {row["floor_limit"] for row in rows(load("llama-7b-cpu-bs1"))} == {"bandwidth alone"}


def test_memory_has_what_was_predicted_beside_it():
    record = two_attentions()
    taken = record.cells[0].model_copy(update={"memory_bytes": 3000, "predicted_bytes": 4000})
    found = rows(Run.of(record.model_copy(update={"cells": [taken, *record.cells[1:]]})))
    assert (found[0]["memory_bytes"], found[0]["predicted_bytes"]) == ("3000", "4000")
    assert (found[1]["memory_bytes"], found[1]["predicted_bytes"]) == ("", "")


def test_what_a_run_does_not_have_is_empty():
    plain = Run.of(record_of(plan_of(candidates=(1, 16)), lambda cell: 10.0))
    further = [name for name in COLUMNS if name.startswith(("beside_", "floor_", "attention_beside"))]
    assert len(further) == 12
    assert {row[name] for row in rows(plain) for name in further} == {""}
    published = rows(load("medusa-llama-7b-bs4"))
    assert {row[name] for row in published for name in (*further, "attention")} == {""}
