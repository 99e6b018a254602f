"""What decoding came to, as CSV and in the page."""

from __future__ import annotations

import csv
import io
import re

import pytest
from run.decoded_run import plan, record

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.opened import Run, load
from specprof.analysis.validation.peers import peer_results
from specprof.analysis.validation.results import validation_results
from specprof.errors import UsageProblem
from specprof.plan.validation import Setting
from specprof.views.export.page import page_text
from specprof.views.export.validation_csv import COLUMNS, validation_csv_text

PEERS = record(plan(peer=True))


def rows(the_record, sizes=(1,)) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(validation_csv_text(Run.of(the_record), sizes))))


def test_there_is_a_row_of_each_setting_with_the_numbers_of_the_run():
    found = rows(PEERS)
    results = validation_results(PEERS)
    assert [(one["setting"], one["candidates"]) for one in found] == [
        ("", "1"), ("chain:alpha=0.5", "4"), ("tree", "4"),
    ]  # fmt: skip
    for row, result in zip(found[1:], results, strict=True):
        for name, estimate in (
            ("simulated_speedup", result.simulated),
            ("predicted_speedup", result.predicted),
            ("real_speedup", result.real),
            ("real_over_predicted_less_1", result.error),
        ):
            read = [float(row[name + end]) for end in ("", "_ci_low", "_ci_high")]
            assert read == pytest.approx(list(estimate), rel=1e-8)
        parts = [float(row[name]) for name in COLUMNS if name.startswith("log_part_")]
        assert parts == pytest.approx(list(result.gap), rel=1e-6)
        assert float(row["tokens_per_step"]) == pytest.approx(result.realised)


def test_the_row_of_plain_decoding_says_how_transformers_compares():
    (peer,) = peer_results(PEERS)
    plain, chain, _ = rows(PEERS)
    assert float(plain["specprof_over_transformers"]) == pytest.approx(peer.ratio.mean)
    assert float(plain["transformers_per_token_ci_high_ms"]) == pytest.approx(peer.peer_ms.high)
    assert (plain["real_speedup"], chain["specprof_over_transformers"]) == ("", "")
    assert [one["setting"] for one in rows(record())] == ["chain:alpha=0.5", "tree"]


def test_other_batch_sizes_are_left_out():
    assert rows(PEERS, (4,)) == []


def test_a_run_that_did_not_decode_has_no_such_table():
    with pytest.raises(UsageProblem, match="did not decode"):
        validation_csv_text(load("medusa-llama-7b-bs4"), (4,))


def test_a_name_is_no_formula_for_a_spreadsheet_and_no_markup_in_the_page():
    settings = (Setting(name="=<b>1</b>", parents=(-1, 0, 1, 2), chances=(1.0, 0.5, 0.5, 0.5)),)
    asked = plan()
    named = asked.model_copy(
        update={"validation": asked.validation.model_copy(update={"settings": settings})}
    )
    the_record = record().model_copy(
        update={"plan": named, "validation": [one for one in record().validation if one.setting != 1]}
    )
    assert rows(the_record)[0]["setting"] == "'=<b>1</b>"
    page = page_text(Run.of(the_record), (PUBLISHED,), (1,))
    assert "=&lt;b&gt;1&lt;/b&gt;" in page
    assert "<b>" not in page


def test_the_page_has_the_tables_and_what_is_said_of_them():
    page = page_text(Run.of(PEERS), (PUBLISHED,), (1,))
    text = re.sub(r"<[^>]+>", " ", page)
    assert "Simulated against real decoding" in text
    assert "2 of 2 settings lie within 5.0 % of the prediction" in text
    assert "Beside transformers&#x27; own generate" in text
    assert page.count("<caption>") >= 4
    assert "Simulated against real" not in page_text(Run.of(PEERS), (PUBLISHED,), (4,)).split("<h2>")[-1]


def test_a_page_of_a_run_that_did_not_decode_says_nothing_of_it():
    assert "Simulated against real" not in page_text(load("medusa-llama-7b-bs4"), (PUBLISHED,), (4,))
