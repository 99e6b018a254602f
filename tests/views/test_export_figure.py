"""The curves as PNG and SVG."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree

import matplotlib
import pytest
from analysis.synthetic import plan_of, record_of, with_verdict

from specprof.analysis.acceptance import PUBLISHED, Chain
from specprof.analysis.opened import Run, load
from specprof.errors import EnvironmentProblem, UsageProblem
from specprof.plan.plan import Cell
from specprof.run.validity import Validity
from specprof.views.export.figure import figure_file


def svg(run: Run, *models, sizes=None) -> str:
    return figure_file(run, models or (PUBLISHED,), sizes or run.batch_sizes, "svg").decode()


def words(text: str) -> list[str]:
    """What is written in the figure: matplotlib names the words of each group of outlines."""
    return [found.replace("&gt;", ">") for found in re.findall(r"<!-- (.*?) -->", text, re.DOTALL)]


def with_title(title: str) -> Run:
    run = load("llama-7b-cpu-bs1")
    model = run.record.plan.model.model_copy(update={"title": title})
    plan = run.record.plan.model_copy(update={"model": model})
    return Run.of(run.record.model_copy(update={"plan": plan}))


def test_the_published_figure_has_its_title_axes_and_legend():
    text = svg(load("medusa-llama-7b-bs4"))
    found = words(text)
    assert found.count("Llama 7B, Batch Size: 4") == 1
    assert "Number of Candidate Tokens" in found
    assert "Speedup (×)" in found
    lengths = [128, 256, 512, 1024, 2048, 4096, 8192]
    assert [one for one in found if one.startswith("Simulated")] == [
        f"Simulated Speedup @ seq_len {length}" for length in lengths
    ]
    assert [one for one in found if one.isdecimal()] == ["1", "16", "32", "48", "64", "80", "96", "112"]
    assert any("not measured here" in one for one in found)
    assert "stroke-dasharray" in text  # dashed


def test_an_estimate_says_so_in_the_figure():
    assert "full depth estimated from a slice" in words(svg(load("llama-7b-cpu-bs1")))


def test_a_run_that_is_not_valid_says_so_in_the_figure():
    run = load("llama-7b-cpu-bs1")
    assert "VALID" not in " ".join(words(svg(run)))
    why = Validity(verdict="invalid", reasons=["telemetry is fake", "x" * 300])
    found = " ".join(words(svg(Run.of(run.record.model_copy(update={"validity": why})))))
    assert "NOT VALID: telemetry is fake" in found


def test_the_same_run_gives_the_same_bytes_and_no_date():
    run = load("llama-7b-cpu-bs1")
    for form in ("svg", "png"):
        first = figure_file(run, (PUBLISHED,), run.batch_sizes, form)
        assert first == figure_file(run, (PUBLISHED,), run.batch_sizes, form)
    assert "<dc:date>" not in svg(run)


def test_a_png_is_a_png():
    run = load("medusa-llama-7b-bs4")
    data = figure_file(run, (PUBLISHED,), run.batch_sizes, "png")
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    assert width > 1000
    assert height > 700


def test_there_is_a_panel_for_each_batch_size_and_model():
    run = Run.of(
        record_of(plan_of(batch_sizes=(1, 4), candidates=(1, 16)), lambda cell: 10.0 + cell.candidates)
    )
    found = words(svg(run, PUBLISHED, Chain()))
    titles = [one for one in found if "Batch Size" in one]
    assert sum("Batch Size: 1" in one for one in titles) == 2
    assert sum("Batch Size: 4" in one for one in titles) == 2
    assert len([one for one in words(svg(run, sizes=(4,))) if "Batch Size" in one]) == 1


def test_what_is_invalid_is_crossed_out_and_said():
    run = Run.of(record_of(plan_of(candidates=(1, 16)), lambda cell: 10.0 + cell.candidates))
    spoilt = Run.of(with_verdict(run.record, [Cell(1, 128, 16)], "invalid"))
    assert any("invalid" in one for one in words(svg(spoilt)))
    assert not any("invalid" in one for one in words(svg(run)))


@pytest.mark.parametrize("title", ["$\\frac$", "<script>--></svg>", "模型", "\x1b[31m & <b>"])
def test_a_title_from_a_file_is_text_and_the_figure_well_formed(title):
    text = svg(with_title(title))
    root = ElementTree.fromstring(text)
    assert not [one for one in root.iter() if one.tag.endswith("script")]
    assert "\x1b" not in text


def test_the_users_matplotlib_settings_have_no_part_in_it_and_are_left_alone():
    run = load("llama-7b-cpu-bs1")
    plain = svg(run)
    with matplotlib.rc_context({"lines.linewidth": 9.0, "axes.facecolor": "red", "font.size": 30}):
        before = dict(matplotlib.rcParams)
        assert svg(run) == plain
        assert dict(matplotlib.rcParams) == before


def test_without_matplotlib_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(EnvironmentProblem) as missing:
        svg(load("medusa-llama-7b-bs4"))
    assert "pip install 'specprof[figures]'" in str(missing.value)
    assert missing.value.exit_code == 3


def test_a_run_without_a_speedup_has_no_figure():
    plan = plan_of(candidates=(1, 16))
    run = Run.of(record_of(plan, lambda cell: 10.0, missing=plan.cells()))
    with pytest.raises(UsageProblem, match="no speedup to draw"):
        svg(run)
