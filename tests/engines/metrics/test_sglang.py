"""SGLang's log lines, gauges and JSON: its accept length counts the bonus token."""

from __future__ import annotations

import json

import pytest

from specprof.errors import UsageProblem

from .pages import short


def decode_line(length: str, rate: str | None = None, running: int | None = 1) -> str:
    told = "" if rate is None else f" accept rate: {rate},"
    return (
        f"[2026-07-01 10:00:00 TP0] Decode batch, #running-req: {running}, #token: 812, token usage: 0.01, "
        f"accept len: {length},{told} cuda graph: True, gen throughput (token/s): 210.31, #queue-req: 0\n"
    ).replace("#running-req: None, ", "")


ARGUMENTS = (
    "[2026-07-01 09:59:00] server_args=ServerArgs(model_path='x', speculative_algorithm='EAGLE3', "
    "speculative_num_steps=3, speculative_eagle_topk=1, speculative_num_draft_tokens=4, tp_size=1)\n"
)


def gauge(name: str, value: object, rank: int = 0, model: str = "glm") -> str:
    return f'sglang:spec_{name}{{dp_rank="{rank}",engine_type="unified",model_name="{model}"}} {value}\n'


# Log


def test_log_lines_count_as_their_running_requests_do(read):
    found = read(ARGUMENTS + decode_line("2.00", "0.33", running=3) + decode_line("3.00", "0.67", running=1))
    assert found.mean_length == pytest.approx((3 * 2 + 1 * 3) / 4)
    assert found.source == "SGLang log, 2 lines, fitted i.i.d. chain"
    assert found.notes[0] == "Mean of 2 decode lines, weighted by their running requests."
    assert (found.drafts, found.accepted) == (None, None)


def test_the_servers_arguments_say_how_long_the_chain_is(read):
    found = read(ARGUMENTS + decode_line("2.50"))
    alpha = found.fitted_alpha
    assert 1 + alpha + alpha**2 + alpha**3 == pytest.approx(2.5)
    assert found.rates == pytest.approx((alpha, alpha**2, alpha**3))
    assert "with 3 draft tokens a step" in found.notes[-1]


def test_draft_tokens_without_steps_count_the_root(read):
    found = read(ARGUMENTS.replace("speculative_num_steps=3, ", "") + decode_line("2.50"))
    assert len(found.rates) == 3


def test_a_tree_is_said_to_be_taken_for_a_chain(read):
    found = read(ARGUMENTS.replace("topk=1", "topk=4").replace("tokens=4", "tokens=8") + decode_line("2.50"))
    assert len(found.rates) == 3
    assert any("The drafts were trees (topk 4, depth 3)" in note for note in found.notes)


def test_without_arguments_the_accept_rates_say_it(read):
    # (2.34 − 1)/3 = 0.447, (1.86 − 1)/3 = 0.287
    found = read(decode_line("2.34", "0.45") + decode_line("1.86", "0.29"))
    assert len(found.rates) == 3
    assert any("(length − 1) / drafts" in note for note in found.notes)
    # formerly 2.34/4 = 0.585, 1.86/4 = 0.465
    found = read(decode_line("2.34", "0.58") + decode_line("1.86", "0.46"))
    assert len(found.rates) == 3
    assert any("before April 2026" in note for note in found.notes)
    found = read(decode_line("2.50", "0.50"))
    assert len(found.rates) == 3
    assert "An SGLang from before April 2026 would mean 4 by these figures." in found.notes


@pytest.mark.parametrize(
    "log",
    [
        decode_line("2.50"),
        ARGUMENTS.replace("speculative_num_steps", "speculative_adaptive=True, speculative_num_steps")
        + decode_line("2.50"),
        ARGUMENTS + ARGUMENTS.replace("steps=3", "steps=5") + decode_line("2.50"),
    ],
    ids=["nothing", "adaptive", "two servers"],
)
def test_where_nothing_says_it_alpha_is_a_lower_bound(read, log):
    found = read(log)
    assert found.fitted_alpha == pytest.approx(1 - 1 / 2.5)
    assert found.rates == ()
    assert "α is at least this" in found.notes[-1]


def test_lines_that_do_not_tell_their_requests_weigh_the_same(read):
    found = read(ARGUMENTS + decode_line("2.00", running=None) + decode_line("3.00", running=9))
    assert found.mean_length == pytest.approx(2.5)
    assert found.notes[0] == "Mean of 2 decode lines, weighted equally."


def test_odd_bytes_elsewhere_in_a_log_do_no_harm(read, tmp_path):
    from specprof.engines.metrics import read_acceptance

    path = tmp_path / "server.log"
    path.write_bytes(b"\xff\x00\x1b[31m prompt\n" + (ARGUMENTS + decode_line("2.50")).encode())
    assert read_acceptance(path).mean_length == 2.5


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (decode_line("nan"), "now.txt, line 1: accept len is nan, not a number"),
        (decode_line("2.1", "nan"), "line 1: accept rate is nan, not a number"),
        (decode_line("2.1") + decode_line("0.87"), "line 2: accept len is 0.87"),
        (decode_line("2.1", "1.10"), "accept rate is 1.1"),
        (decode_line("2000"), "a mean length of 2000 is more than 1024 drafts"),
        (ARGUMENTS.replace("steps=3", "steps=9999") + decode_line("2.5"), "9999 draft tokens a step"),
        (ARGUMENTS + decode_line("4.50"), "a mean length of 4.5 is more than 3 drafts and the bonus token"),
    ],
    ids=short,
)
def test_a_line_that_cannot_be_true_is_refused(refusal, log, said):
    assert said in refusal(log)


# Gauges


def test_gauges_are_averaged_over_ranks_and_idle_ones_left_out(read):
    page = (
        gauge("accept_length", 2.5) + gauge("accept_length", 2.0, rank=1) + gauge("accept_length", 0, rank=2)
    )
    page += gauge("accept_rate", 0.5) + gauge("accept_rate", 1 / 3, rank=1) + gauge("accept_rate", 0, rank=2)
    found = read(page)
    assert found.mean_length == pytest.approx(2.25)
    assert len(found.rates) == 3
    assert found.source == "SGLang metrics, 2 ranks, model glm, fitted i.i.d. chain"
    assert found.notes[0] == "The gauges hold the server's last log interval only."


def test_newer_servers_tell_their_steps(read):
    page = gauge("accept_length", 2.5) + gauge("num_steps", 2) + gauge("num_draft_tokens", 8)
    found = read(page)
    alpha = found.fitted_alpha
    assert 1 + alpha + alpha**2 == pytest.approx(2.5)


def test_of_several_models_on_a_page_one_must_be_chosen(read, refusal):
    page = gauge("accept_length", 2.5) + gauge("accept_length", 3.0, model="qwen")
    assert "tells of 2 models: glm, qwen" in refusal(page, error=UsageProblem)
    assert read(page, model="qwen").mean_length == 3.0


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (gauge("accept_length", 0), "sglang:spec_accept_length is 0: nothing was drafted"),
        (gauge("accept_length", 0.7), "line 1: sglang:spec_accept_length is 0.7"),
        (gauge("accept_length", "NaN"), "is NaN, not a finite number"),
        (gauge("accept_rate", 0.7), "sglang:spec_accept_length is missing"),
    ],
    ids=short,
)
def test_gauges_that_tell_nothing_are_refused(refusal, page, said):
    assert said in refusal(page)


def test_a_gauge_has_no_difference(refusal):
    page = gauge("accept_length", 2.5)
    assert "no counters to take a difference of" in refusal(page, before=page, error=UsageProblem)


# JSON


def lines(*entries: object) -> str:
    return "".join(json.dumps(entry) + "\n" for entry in entries)


def answer(**told: object) -> dict[str, object]:
    return {"text": "…", "meta_info": {"id": "1", "completion_tokens": 20, **told}}


@pytest.mark.parametrize("key", ["spec_correct_drafts_histogram", "spec_accept_histogram"])
def test_histograms_of_answers_give_every_position(read, key):
    # 4 + 1 steps accepted none, 2 one, 3 + 1 two, 0 three
    found = read(lines(answer(**{key: [4, 2, 3, 0]}), answer(**{key: [1, 0, 1]}), {"other": 1}))
    assert (found.drafts, found.accepted) == (11, (6, 4, 0))
    assert found.mean_length == pytest.approx(1 + 10 / 11)
    assert found.source == "SGLang answers, 2 requests, 11 drafts"


def test_both_names_of_the_histogram_in_one_answer_count_once(read):
    told = answer(spec_correct_drafts_histogram=[1, 3], spec_accept_histogram=[1, 3])
    assert read(json.dumps([told])).drafts == 4


def test_answers_of_the_chat_endpoint_are_read_too(read):
    told = {"choices": [{"message": {}, **answer(spec_correct_drafts_histogram=[1, 3])}]}
    assert read(json.dumps(told, indent=2)).rates == (0.75,)


def test_without_histograms_tokens_over_verify_steps_count(read):
    entries = [
        answer(completion_tokens=30, spec_verify_ct=10, spec_num_proposed_drafts=40),
        answer(completion_tokens=10, spec_verify_ct=10, spec_num_proposed_drafts=40),
    ]
    found = read(lines(*entries))
    assert found.mean_length == pytest.approx(40 / 20)
    assert len(found.rates) == 4


def test_benchmark_runs_are_weighted_by_their_steps(read):
    found = read(
        lines(
            {"backend": "sglang", "accept_length": 2.0, "total_output_tokens": 200},
            {"backend": "sglang", "accept_length": 3.0, "total_output_tokens": 900},
            {"backend": "sglang", "accept_length": None, "total_output_tokens": 900},
        )
    )
    # 100 + 300 steps yielded 1,100 tokens
    assert found.mean_length == pytest.approx(1100 / 400)
    assert found.notes[0] == "Mean of 2 runs, weighted by their verify steps."


def test_one_batch_runs_without_speculation_are_passed_over(read):
    found = read(lines({"run_name": "a", "acc_length": -1}, {"run_name": "b", "acc_length": 2.4}))
    assert found.mean_length == 2.4


def sweep(steps: int, top_k: int, tokens: int, length: float, batch: int = 1) -> dict[str, object]:
    told = {"batch_size": batch, "steps": steps, "topk": top_k, "num_draft_tokens": tokens}
    return {**told, "acc_length": length, "step_time": 0.01, "speed": 100.0}


def test_a_sweep_over_widths_is_a_table_of_candidates_with_the_root(read):
    found = read(
        lines(
            sweep(0, 0, 0, 1.0),
            sweep(3, 1, 4, 2.4),
            sweep(3, 1, 4, 2.6, batch=8),
            sweep(7, 1, 8, 2.9),
            sweep(3, 4, 8, 2.7),
        )
    )
    assert found.table == ((1, 1.0), (4, pytest.approx(2.5)), (8, 2.9))
    assert (found.rates, found.mean_length) == ((), 2.9)
    assert "Of several tree shapes" in found.notes[1]


def test_a_sweep_of_one_width_is_one_length(read):
    found = read(lines(sweep(3, 1, 4, 2.4), sweep(3, 1, 4, 2.6, batch=8)))
    alpha = found.fitted_alpha
    assert 1 + alpha + alpha**2 + alpha**3 == pytest.approx(2.5)


def test_server_info_is_read(read):
    told = {
        "speculative_num_steps": 2,
        "speculative_eagle_topk": 1,
        "speculative_num_draft_tokens": 3,
        "internal_states": [{"avg_spec_accept_length": 2.0}, {"avg_spec_accept_length": 2.2}],
    }
    found = read(json.dumps(told, indent=1))
    assert found.mean_length == pytest.approx(2.1)
    assert len(found.rates) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (lines({"a": 1}, {"b": 2}), "no figure of acceptance in this JSON"),
        (lines(answer(spec_verify_ct=0)), "no verify step was counted"),
        (lines(answer(spec_accept_histogram=[0, 0])), "no drafts were counted"),
        (lines(answer(spec_accept_histogram=[1, -1])), "spec_accept_histogram[1] is not a count"),
        (lines(answer(spec_accept_histogram={"1": 2})), "spec_accept_histogram is not a list"),
        (lines({"accept_length": 0.5}), "accept_length is 0.5"),
        (lines({"accept_length": True}), "accept_length is not a number"),
        ('{"accept_length": NaN}', "accept_length: NaN is not a number"),
        (lines({"internal_states": [{}]}), "avg_spec_accept_length is missing"),
        (lines({"accept_length": 2.0}) + '{"accept_length": 2', "now.txt, line 2: not JSON"),
        (lines(sweep(3, 1, 4, 9.0), sweep(1, 1, 2, 1.5)), "9 expected tokens of 4 candidates"),
    ],
    ids=short,
)
def test_json_that_tells_nothing_is_refused(refusal, text, said):
    assert said in refusal(text)
