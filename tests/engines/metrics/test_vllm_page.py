"""vLLM's counters: rates by position, over engines and models, and between two pages."""

from __future__ import annotations

import pytest

from specprof.errors import UsageProblem

from .pages import short, vllm_page


def test_rates_are_accepted_over_all_drafts(read):
    found = read(vllm_page((800, 500, 200), 1000))
    assert found.rates == (0.8, 0.5, 0.2)
    assert (found.drafts, found.accepted) == (1000, (800, 500, 200))
    # the mean acceptance length vLLM logs: 1 + accepted/drafts
    assert found.mean_length == pytest.approx(1 + 1500 / 1000)
    assert found.source == "vLLM metrics, 1,000 drafts, model meta-llama/Llama-3.1-8B"
    assert (found.table, found.fitted_alpha, found.notes) == ((), None, ())


@pytest.mark.parametrize("suffix", ["", "_total"])
def test_counters_are_known_with_and_without_total(read, suffix):
    assert read(vllm_page(suffix=suffix)).rates == (0.8, 0.5, 0.2)


def test_both_spellings_of_one_counter_count_once_and_must_agree(read, refusal):
    both = vllm_page(suffix="") + vllm_page(suffix="_total")
    assert read(both).drafts == 1000
    assert "with and without _total, and they differ" in refusal(
        vllm_page(suffix="") + vllm_page((801, 500, 200), suffix="_total")
    )


def test_engines_are_summed(read):
    found = read(vllm_page((800, 500), 1000, engine="0") + vllm_page((100, 10), 500, engine="1"))
    assert (found.drafts, found.accepted) == (1500, (900, 510))
    assert found.rates == pytest.approx((0.6, 0.34))
    assert found.notes == ("2 engines are summed.",)


def test_of_several_models_one_must_be_chosen(read, refusal):
    page = vllm_page((800, 500, 200), model="a") + vllm_page((300,), model="b")
    said = "now.txt tells of 2 models: a, b: choose one with specprof acceptance --model"
    assert refusal(page, error=UsageProblem) == said
    assert read(page, model="b").rates == (0.3,)
    assert read(page, model="b").source.endswith("model b")
    assert refusal(page, error=UsageProblem, model="c") == "now.txt tells of no model c: choose a, b"


def test_a_page_without_model_names_is_one_model(read, refusal):
    page = 'vllm:spec_decode_num_drafts 10\nvllm:spec_decode_num_accepted_tokens_per_pos{position="0"} 4\n'
    assert read(page).rates == (0.4,)
    assert read(page).source == "vLLM metrics, 10 drafts"
    assert refusal(page, error=UsageProblem, model="a") == "now.txt tells of no model a: it names none"


def test_two_pages_tell_what_was_counted_in_between(read):
    found = read(vllm_page((800, 500, 200), 1000), before=vllm_page((700, 480, 200), 800))
    assert (found.drafts, found.accepted) == (200, (100, 20, 0))
    assert found.rates == (0.5, 0.1, 0.0)
    assert len(found.notes) == 1
    assert "Counted between" in found.notes[0]


def test_an_engine_that_came_later_counts_from_zero(read):
    earlier = vllm_page((10, 5), 20)
    later = vllm_page((20, 10), 40) + vllm_page((6, 3), 10, engine="1")
    assert read(later, before=earlier).accepted == (16, 8)


def test_counters_that_went_back_are_refused(refusal):
    said = refusal(vllm_page((700, 480, 200), 800), before=vllm_page((800, 500, 200), 1000))
    assert said.startswith(
        "now.txt: vllm:spec_decode_num_drafts (engine 0, model_name meta-llama/Llama-3.1-8B)"
    )
    assert "went back from 1,000 to 800" in said
    assert "restarted" in said
    assert "wrong order" in said


def test_one_engines_restart_is_seen_though_the_sum_grows(refusal):
    earlier = vllm_page((10, 5), 20) + vllm_page((10, 5), 20, engine="1")
    later = vllm_page((900, 500), 1000) + vllm_page((4, 2), 10, engine="1")
    assert "engine 1" in refusal(later, before=earlier)


def test_a_restart_is_seen_though_its_counters_passed_the_old_ones(refusal):
    said = refusal(vllm_page((800, 500, 200), 1000, created=1.8e9), before=vllm_page((10, 5, 2), 20))
    assert "the engine was restarted after before.txt" in said


def test_an_engine_that_is_gone_is_refused(refusal):
    said = refusal(vllm_page(), before=vllm_page() + vllm_page(engine="1"))
    assert "(engine 1, model_name meta-llama/Llama-3.1-8B) of before.txt is no longer there" in said


def test_nothing_counted_in_between_is_refused(refusal):
    assert "no drafts were counted" in refusal(vllm_page(), before=vllm_page())


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (vllm_page((0, 0), 0), "no drafts were counted"),
        (vllm_page((300, 400), 1000), "the rate rises from 0.3 at position 0 to 0.4 at 1"),
        (vllm_page((1100, 400), 1000), "the rate at position 0 is 1.1"),
        (vllm_page().replace(' 800.0', ' NaN'), "is NaN, not a finite number"),
        (vllm_page().replace(' 800.0', ' +Inf'), "is +Inf, not a finite number"),
        (vllm_page().replace(' 800.0', ' 1e999'), "is 1e999, not a finite number"),
        (vllm_page().replace(' 800.0', ' 8_00'), "is 8_00, not a finite number"),
        (vllm_page().replace(" 800.0", " 1e300"), "is 1e+300, not a count"),
        (vllm_page().replace(" 800.0", " 800.5"), "is 800.5, not a count"),
        (vllm_page().replace(' 800.0', ' -800'), "is -800, not a count"),
        (vllm_page().replace('position="0"', 'position="x"'), "with the position 'x'"),
        (vllm_page().replace('position="0"', 'position=0'), "labels that cannot be read"),
        (vllm_page().replace('position="0"', 'position="0'), "not a line of a Prometheus page"),
        (vllm_page().replace('position="0"', 'position="0",position="1"'), "labels that cannot be read"),
        (vllm_page() + vllm_page((800, 499, 200)), "stands there twice"),
        (vllm_page(accepted=2000), "the positions sum to 1,500 accepted tokens, the total says 2,000"),
    ],
    ids=short,
)  # fmt: skip
def test_a_page_that_cannot_be_true_is_refused(refusal, page, said):
    assert said in refusal(page)


def test_a_missing_position_is_named(refusal):
    lines = [line for line in vllm_page().splitlines() if 'position="1"' not in line]
    assert refusal("\n".join(lines)) == "now.txt: position 1 is missing: save the whole page"


def test_a_page_read_while_it_changed_is_no_worse_for_it(read):
    assert read(vllm_page(accepted=1501)).rates == (0.8, 0.5, 0.2)


def test_shorter_drafts_are_spoken_of(read):
    found = read(vllm_page((800, 500, 200), 1000, draft_tokens=2500))
    assert found.rates == (0.8, 0.5, 0.2)
    assert found.notes[0].startswith("A draft had 2.50 tokens on average, not 3")


def test_without_counts_per_position_a_chain_is_fitted(read):
    lines = [line for line in vllm_page((800, 500), 1000).splitlines() if "per_pos" not in line]
    found = read("\n".join(lines))
    assert found.mean_length == pytest.approx(2.3)
    assert found.drafts == 1000
    # 1 + α + α² = 2.3
    alpha = (-1 + (1 + 4 * 1.3) ** 0.5) / 2
    assert found.fitted_alpha == pytest.approx(alpha)
    assert found.rates == pytest.approx((alpha, alpha**2))
    assert "fitted i.i.d. chain" in found.source


def test_the_format_is_read_as_it_is_written_down(read):
    # spaces, a time stamp, an exemplar, escapes and braces within a label, CRLF, a comma at the end
    page = (
        'vllm:spec_decode_num_drafts { model_name = "a,\\"}{\\\\" , engine="0", } 1.0e+1 1700000000000\r\n'
        'vllm:spec_decode_num_accepted_tokens_per_pos{engine="0",position="0",model_name="a,\\"}{\\\\"} '
        '7 # {trace_id="x"} 1 2\r\n'
    )
    found = read(page)
    assert (found.rates, found.source) == ((0.7,), 'vLLM metrics, 10 drafts, model a,"}{\\')


def test_a_page_without_speculation_says_what_to_do(refusal):
    said = refusal('# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running{engine="0"} 3.0\n')
    assert "without counters of speculative decoding" in said
    assert "start the engine with speculative decoding" in said


def test_escape_sequences_in_a_model_name_do_not_reach_the_terminal(read, refusal):
    name = "a\x1b]52;c;cm0=\x07\u202eb"
    assert read(vllm_page(model=name)).source.isprintable()
    refusal(vllm_page(model=name) + vllm_page(model="c"), error=UsageProblem)
    refusal(vllm_page(model=name), before=vllm_page((900, 500, 200), model=name))


def test_a_page_of_absurd_size_is_refused(refusal):
    line = 'vllm:spec_decode_num_drafts{engine="%s"} 1\n'
    assert "line 1: more than a page of an engine holds" in refusal(line % ("x" * (1 << 16)))
    page = "".join(line % engine for engine in range(100_001))
    assert "line 100001: more than a page of an engine holds" in refusal(page)
