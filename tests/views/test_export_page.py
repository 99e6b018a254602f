"""A run as one page of HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from analysis.synthetic import plan_of, record_of

from specprof.analysis.acceptance import PUBLISHED, Chain
from specprof.analysis.opened import Run, load
from specprof.plan.plan import Cell
from specprof.run.validity import Validity
from specprof.views.export.page import page_text

from .two_attentions import beside_ms, own_ms, two_attentions

VOID = {"meta", "link", "img", "br", "input", "hr"}


class Page(HTMLParser):
    """Its text, its tags with their attributes, and whether they are closed as they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


def page(run: Run, *models) -> tuple[str, Page]:
    text = page_text(run, models or (PUBLISHED,), run.batch_sizes)
    return text, Page(text)


@pytest.fixture(scope="module")
def cpu() -> tuple[str, Page]:
    return page(load("llama-7b-cpu-bs1"))


def test_it_asks_for_nothing_from_anywhere(cpu):
    text, shown = cpu
    links = [
        value
        for _, attributes in shown.tags
        for name, value in attributes.items()
        if name in ("src", "href", "xlink:href")
    ]
    assert links
    assert all(link.startswith("#") for link in links)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in shown.tags}
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    policy = [a["content"] for tag, a in shown.tags if tag == "meta" and a.get("http-equiv")]
    assert policy[0].startswith("default-src 'none'")


def test_it_holds_figure_table_findings_assumptions_and_environment(cpu):
    _, shown = cpu
    run = load("llama-7b-cpu-bs1")
    assert [tag for tag, _ in shown.tags].count("svg") == 1
    for finding in run.findings():
        assert finding.text in shown.text
    assert "Latency at full depth is an estimate: 2 of 32 layers were measured." in shown.text
    assert "E(K) = 1 + 0.477 ln K" in shown.text
    assert "Medusa, arXiv 2401.10774" in shown.text
    assert run.record.environment.torch in shown.text
    assert "AMD EPYC (cpu)" in shown.text
    rows = [tag for tag, attributes in shown.tags if tag == "tr"]
    assert len(rows) > 24
    assert "1031" in shown.text  # latency of the first cell, ms


def test_every_colour_of_the_figure_is_a_variable_that_both_themes_set(cpu):
    text, _ = cpu
    style, figure = (
        text[text.index("<style>") : text.index("</style>")],
        text[text.index("<svg") : text.index("</svg>")],
    )
    assert not re.search(r"(fill|stroke): #", figure)
    used = set(re.findall(r"var\((--[a-z0-9-]+)\)", text))
    assert {"--series-1", "--series-3", "--text", "--ground"} <= used
    light, dark = re.findall(r":root \{([^}]*)\}", style)[:2]
    for theme in (light, dark):
        assert used <= set(re.findall(r"(--[a-z0-9-]+):", theme))
    assert light != dark
    assert "prefers-color-scheme: dark" in style


def test_text_from_a_file_is_escaped_and_clean():
    run = load("llama-7b-cpu-bs1")
    evil = "<script>alert(1)</script>\"'&\x1b[31m"
    plan = run.record.plan
    record = run.record.model_copy(
        update={
            "plan": plan.model_copy(update={"model": plan.model.model_copy(update={"title": evil})}),
            "environment": run.record.environment.model_copy(update={"host": evil}),
            "cells": [cell.model_copy(update={"reasons": [evil]}) for cell in run.record.cells],
            "run_id": evil,
        }
    )
    text, shown = page(Run(record, warnings=(evil,)))
    assert "script" not in {tag for tag, _ in shown.tags}
    assert "<script" not in text
    assert "\x1b" not in text
    assert "<script>alert(1)</script>" in shown.text


def test_each_acceptance_model_has_its_findings_and_its_table():
    run = Run.of(
        record_of(plan_of(batch_sizes=(1, 4), candidates=(1, 16)), lambda cell: 10.0 + cell.candidates)
    )
    _, shown = page(run, PUBLISHED, Chain())
    assert [tag for tag, _ in shown.tags].count("caption") == 4
    assert [tag for tag, _ in shown.tags].count("svg") == 1
    assert Chain().text in shown.text


def test_that_a_run_is_not_valid_stands_before_its_figure():
    run = load("llama-7b-cpu-bs1")
    why = Validity(verdict="invalid", reasons=["telemetry is fake"])
    _, shown = page(Run.of(run.record.model_copy(update={"validity": why})))
    assert 0 < shown.text.index("NOT VALID: telemetry is fake.") < shown.text.index("Speedup")
    assert shown.text.count("NOT VALID: telemetry is fake.") == 1


def test_a_published_figure_says_that_it_was_not_measured_here():
    _, shown = page(load("medusa-llama-7b-bs4"))
    assert "A published figure, not measured here." in shown.text
    assert "error of reading each value" in shown.text


def test_a_run_without_speedups_is_still_a_page():
    plan = plan_of(candidates=(1, 16))
    run = Run.of(record_of(plan, lambda cell: 10.0, missing=plan.cells()))
    _, shown = page(run)
    assert "There is no speedup to draw" in shown.text
    assert "out of memory" in shown.text


def test_floor_and_second_attention_are_columns_that_the_assumptions_explain():
    text, shown = page(Run.of(two_attentions()))
    over = f"{beside_ms(Cell(1, 128, 16)) / own_ms(Cell(1, 128, 16)):.3f}"
    for words in ('<th scope="col">T/floor</th>', '<th scope="col">eager/sdpa</th>', f"<td>{over}</td>"):
        assert words in text
    assert "T/floor: time over its bytes at the measured bandwidth; the rate of" in shown.text
    assert "eager/sdpa: T(K) under attention eager over T(K) under sdpa" in shown.text


def test_every_line_of_the_cells_has_as_many_fields_as_its_head():
    for run in (Run.of(two_attentions()), load("llama-7b-cpu-bs1"), load("medusa-llama-7b-bs4")):
        text, _ = page(run)
        table = text[text.index("<h2>Cells</h2>") : text.index("<h2>Assumptions</h2>")]
        heads = table.count("<th ")
        assert {line.count("<td") for line in table.split("\n") if line.startswith("<tr")} == {heads}


def test_a_page_of_neither_has_no_column_of_them():
    run = Run.of(record_of(plan_of(candidates=(1, 16)), lambda cell: 10.0))
    for one in (run, load("medusa-llama-7b-bs4")):
        _, shown = page(one)
        assert "T/floor" not in shown.text
        assert "/sdpa" not in shown.text
