"""Settings for engines, against rules written down from each engine's documentation, not from the code."""

import json
import shlex
from itertools import pairwise

import pytest
import yaml
from analysis.synthetic import plan_of, record_of

from specprof.analysis.acceptance import Chain, LogFit, Medusa, acceptance_from
from specprof.analysis.opened import Run
from specprof.analysis.schedule import schedule_of
from specprof.engines.registry import ENGINES, settings_for
from specprof.engines.settings import Asked, version_of
from specprof.errors import UsageProblem

COUNTS = (1, 4, 8, 16)
CHAIN = Chain(alpha=0.9)


def run_of(limits: dict[int, int], seq_lens=(64,)) -> Run:
    """Candidates are free up to a count that depends on the batch size, and cost in proportion beyond."""
    plan = plan_of(batch_sizes=tuple(limits), seq_lens=seq_lens, candidates=COUNTS)
    return Run.of(
        record_of(plan, lambda cell: 10.0 * max(1.0, cell.candidates / limits[cell.batch_size]) ** 3)
    )


FALLING = run_of({1: 16, 4: 8, 16: 4, 64: 1})
"""K = 16 at batch 1, 8 to batch 4, 4 to batch 16, none from 17 on."""
RISING = run_of({1: 4, 8: 16})
SINGLE = run_of({1: 8})
OFF = run_of({1: 1, 8: 1})


def settings(engine: str, run: Run = FALLING, acceptance=CHAIN, **asked):
    return settings_for(engine, run, schedule_of(run, acceptance), Asked(**asked))


def vllm_config(paste: str) -> dict:
    """What vLLM gets of it, checked by its rules for schedules (0.33)."""
    flag, text = shlex.split(paste)
    assert flag == "--speculative-config"
    config = json.loads(text)
    assert config["num_speculative_tokens"] >= 1
    ranges = config.get("num_speculative_tokens_per_batch_size", [[1, 1, 0]])
    assert all(isinstance(value, int) for one in ranges for value in one)
    assert ranges[0][0] == 1
    for first, last, k in ranges:
        assert first <= last
        assert 0 <= k <= config["num_speculative_tokens"]
    for (_, last, _), (first, _, _) in pairwise(ranges):
        assert first == last + 1
    rates = config.get("synthetic_acceptance_rates")
    if rates is not None:
        assert len(rates) == config["num_speculative_tokens"]
        assert all(0 <= rate <= 1 for rate in rates)
        assert rates == sorted(rates, reverse=True)
    return config


def vllm_drafts(config: dict, batch_size: int) -> int:
    """How vLLM reads its ranges: gaps and the tail carry the K before."""
    found = 0
    for first, _, k in config["num_speculative_tokens_per_batch_size"]:
        if batch_size >= first:
            found = k
    return found


def sglang_flags(paste: str) -> dict[str, str]:
    """SGLang's flags, checked by its rules: all three or none, topk 1 forces D = N + 1, D ≤ N · T + 1."""
    words = shlex.split(paste)
    flags, name = {}, ""
    for word in words:
        if word.startswith("--"):
            name = word.removeprefix("--")
            flags[name] = ""
        else:
            flags[name] = word
    steps, topk, tokens = (
        int(flags[f"speculative-{name}"]) for name in ("num-steps", "eagle-topk", "num-draft-tokens")
    )
    assert tokens == steps + 1 if topk == 1 else 1 < tokens <= steps * topk + 1
    return flags


def test_vllm_counts_drafts_and_takes_ranges():
    found = settings("vllm", draft_model="org/drafter")
    config = vllm_config(found.paste)
    assert config["method"] == "eagle3"
    assert config["model"] == "org/drafter"
    assert config["num_speculative_tokens"] == 15
    assert [vllm_drafts(config, b) for b in (1, 2, 4, 5, 16, 17, 64, 500)] == [15, 7, 7, 3, 3, 0, 0, 0]
    assert found.convention == (
        "vLLM counts drafts only: 15 num_speculative_tokens are 16 candidates of a verify step"
    )


def test_vllm_gets_a_single_k_without_a_schedule():
    for found in (settings("vllm", SINGLE), settings("vllm", batch_size=4)):
        config = vllm_config(found.paste)
        assert config["num_speculative_tokens"] == 7
        assert "num_speculative_tokens_per_batch_size" not in config


def test_vllm_ngram_has_no_model():
    config = vllm_config(settings("vllm", SINGLE, method="ngram").paste)
    assert "model" not in config


def test_vllm_replays_the_acceptance_model():
    config = vllm_config(settings("vllm", SINGLE, synthetic=True).paste)
    assert config["rejection_sample_method"] == "synthetic"
    assert config["synthetic_acceptance_rates"] == pytest.approx([0.9**j for j in range(1, 8)], abs=1e-6)
    fit = vllm_config(settings("vllm", SINGLE, LogFit(), synthetic=True).paste)
    assert 1 + sum(fit["synthetic_acceptance_rates"]) == pytest.approx(
        float(LogFit().expected_tokens(8)), abs=1e-5
    )
    # E(8) − E(7) > E(7) − E(6) here: no rates by position have that
    odd = acceptance_from("table:6=1.5/7=1.5/8=2.5")
    with pytest.raises(UsageProblem, match="cannot be replayed"):
        settings("vllm", SINGLE, odd, synthetic=True)


def test_sglang_counts_the_root():
    found = settings("sglang", SINGLE, draft_model="d")
    flags = sglang_flags(found.paste)
    assert flags["speculative-num-steps"] == "7"
    assert flags["speculative-num-draft-tokens"] == "8"
    assert flags["speculative-draft-model-path"] == "d"
    assert found.files == ()
    assert found.convention == "SGLang's draft tokens include the root: 8 of them are 8 candidates"


def test_sglang_s_schedule_is_a_file_of_lower_bounds():
    found = settings("sglang")
    assert "adaptive" not in found.paste  # it works without the file
    flags = sglang_flags(found.with_files.replace("{folder}", "/x"))
    ((name, content),) = found.files
    assert flags["speculative-adaptive-config"] == f"/x/{name}"
    schedule = json.loads(content)
    assert schedule == {
        "1": {"candidate_steps": [15]},
        "2": {"candidate_steps": [7]},
        "5": {"candidate_steps": [3]},
        "17": {"candidate_steps": [0]},
    }
    assert int(flags["speculative-num-steps"]) in [one["candidate_steps"][0] for one in schedule.values()]


def test_sglang_gets_the_box_of_a_tree():
    found = settings("sglang", SINGLE, Medusa())
    flags = sglang_flags(found.paste)
    # the greedy tree of 8 candidates: 3, 3 and 1 nodes deep
    assert (flags["speculative-num-steps"], flags["speculative-num-draft-tokens"]) == ("3", "8")
    assert flags["speculative-eagle-topk"] == "3"


def test_tensorrt_llm_takes_upper_bounds_since_1_3():
    config = yaml.safe_load(settings("tensorrt-llm").paste)["speculative_config"]
    assert config["max_draft_len"] == 15
    # above the last key nothing is drafted: the batches from 17 on need none
    assert config["draft_len_schedule"] == {1: 15, 4: 7, 16: 3}
    assert config["decoding_type"] == "Eagle3"


def test_tensorrt_llm_took_lower_bounds_before():
    config = yaml.safe_load(settings("tensorrt-llm", version="1.2.0").paste)["speculative_config"]
    assert config["draft_len_schedule"] == {1: 15, 2: 7, 5: 3, 17: 0}
    candidate = yaml.safe_load(settings("tensorrt-llm", version="1.3.0rc7").paste)["speculative_config"]
    assert candidate["draft_len_schedule"] == config["draft_len_schedule"]


@pytest.mark.parametrize("version", ["1.2", "1.3.0rc8", "1.3", None])
def test_tensorrt_llm_s_smallest_key_must_have_max_draft_len(version):
    # its validator: "draft_len_schedule[…] must equal max_draft_len because it is the smallest key"
    config = yaml.safe_load(settings("tensorrt-llm", version=version).paste)["speculative_config"]
    schedule = config["draft_len_schedule"]
    assert list(schedule) == sorted(schedule)
    assert schedule[min(schedule)] == config["max_draft_len"] == max(schedule.values())
    with pytest.raises(UsageProblem, match="no schedule with more drafts at a larger batch"):
        settings("tensorrt-llm", RISING, version=version)
    one = yaml.safe_load(settings("tensorrt-llm", RISING, version=version, batch_size=8).paste)
    assert one["speculative_config"]["max_draft_len"] == 15


def test_llama_cpp_drafts_a_chain_of_fixed_length():
    words = shlex.split(settings("llama.cpp", SINGLE, draft_model="d.gguf").paste)
    # without --spec-type a build since b9464 loads the draft model and does not use it
    assert words[:4] == ["--spec-type", "draft-simple", "--model-draft", "d.gguf"]
    assert words[4:] == ["--spec-draft-n-max", "7", "--spec-draft-n-min", "0", "--spec-draft-p-min", "0"]
    legacy = shlex.split(settings("llama.cpp", SINGLE, version="legacy").paste)
    assert legacy[2:4] == ["--draft-max", "7"]
    assert "no schedule by batch size" in " ".join(settings("llama.cpp").reasons)
    assert shlex.split(settings("llama.cpp", SINGLE, method="eagle3").paste)[1] == "draft-eagle3"
    assert shlex.split(settings("llama.cpp", SINGLE, version="b9464", draft_model="d.gguf").paste) == words
    assert shlex.split(settings("llama.cpp", SINGLE, version="b9016").paste)[2:] == words[4:]
    assert shlex.split(settings("llama.cpp", SINGLE, version="b8000").paste)[2] == "--draft-max"
    with pytest.raises(UsageProblem, match="version 'newest' is not known"):
        settings("llama.cpp", SINGLE, version="newest")


def test_llama_cpp_s_one_k_for_all_batch_sizes_is_what_is_said_and_pasted():
    schedule = schedule_of(FALLING, CHAIN)
    found = settings("llama.cpp")
    if schedule.one_for_all == 1:
        assert found.paste == ""
    else:
        assert shlex.split(found.paste)[5] == str(schedule.one_for_all - 1)
    assert found.convention.endswith(f"{schedule.one_for_all - 1} are {schedule.one_for_all} candidates")
    assert f"one K for all batch sizes is {schedule.one_for_all}" in " ".join(found.reasons)


def test_llama_cpp_s_batch_costs_are_per_token_and_begin_at_1():
    ((_, content),) = settings("llama.cpp", SINGLE).files
    (words,) = [line for line in content.splitlines() if line]
    name, _, value = shlex.split(words.removeprefix("export "))[0].partition("=")
    assert name == "GGML_BATCH_COSTS"
    costs = [float(cost) for cost in value.split(",")]
    # free up to 8 candidates, (16/8)³ = 8 times at 16; 12 lies halfway between: 4.5
    assert len(costs) == 16
    assert costs[:8] == pytest.approx([1 / n for n in range(1, 9)], rel=1e-3)
    assert (costs[11], costs[15]) == pytest.approx((4.5 / 12, 8 / 16), rel=1e-3)
    assert settings("llama.cpp", run_of({4: 8})).files == ()


def test_transformers_takes_batch_1():
    config = json.loads(settings("transformers").paste)
    assert config == {
        "num_assistant_tokens": 15,
        "num_assistant_tokens_schedule": "constant",
        "assistant_confidence_threshold": 0.0,
    }
    with pytest.raises(UsageProblem, match="holds no batch 1"):
        settings("transformers", run_of({4: 8}))


@pytest.mark.parametrize("engine", ENGINES)
def test_where_speculation_does_not_pay_nothing_is_pasted_and_the_reason_is_said(engine):
    found = settings(engine, OFF)
    assert found.paste == found.with_files == ""
    assert found.files == ()
    assert any("without" in reason or "leave" in reason for reason in found.reasons[:1])
    assert any("does not pay" in reason for reason in found.reasons)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_the_numbers_rest_on_is_said(engine):
    said = " ".join(settings(engine, SINGLE).reasons)
    assert "batch 1, seq_len 64" in said
    assert "E(K) = (1 − 0.9^K) / (1 − 0.9)" in said
    assert "drafting is taken to cost nothing" in said
    assert "does not describe a chain" not in said
    if engine != "sglang":
        assert "log-fit does not describe a chain" in " ".join(settings(engine, SINGLE, LogFit()).reasons)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"batch_size": 3}, "batch 3 was not measured: this run holds 1, 4, 16 and 64"),
        ({"seq_len": 65}, "seq_len 65 was not measured"),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_not_measured_is_said(engine, asked, says):
    with pytest.raises(UsageProblem, match=says):
        settings(engine, **asked)


def test_one_length_is_chosen_and_several_are_a_compromise():
    run = Run.of(
        record_of(
            plan_of(batch_sizes=(1,), seq_lens=(64, 128), candidates=COUNTS),
            lambda c: 10.0 * (2.5 if c.seq_len == 128 and c.candidates > 8 else 1.0),
        )
    )
    drafts = {
        seq_len: vllm_config(settings("vllm", run, seq_len=seq_len).paste)["num_speculative_tokens"]
        for seq_len in (64, 128, None)
    }
    assert (drafts[64], drafts[128]) == (15, 7)
    assert drafts[None] == 7  # 16 candidates lose more at 128 than 8 do at 64
    assert "over the sequence lengths" in " ".join(settings("vllm", run).reasons)
    assert "over the sequence lengths" not in " ".join(settings("vllm", run, seq_len=64).reasons)


def test_an_engine_that_there_is_not_is_said():
    with pytest.raises(UsageProblem, match=r"choose vllm, sglang, tensorrt-llm, llama\.cpp, transformers"):
        settings("ollama")


def test_versions():
    ascending = ["0.33", "v1.2.0", "1.3.0rc4", "1.3.0rc8", "1.3.0rc14", "1.3", "1.3.1", "1.10"]
    assert [version_of(one) for one in ascending] == sorted(version_of(one) for one in ascending)
    assert version_of("1.2.0rc6.post2") < version_of("1.2.0.post1")
    for odd in ("newest", "1.x", "", "1.2 3"):
        with pytest.raises(UsageProblem, match="is no version"):
            version_of(odd)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_version_that_is_none_is_refused(engine):
    with pytest.raises(UsageProblem, match="version"):
        settings(engine, SINGLE, version="newest")


def test_sglang_s_schedule_is_for_eagle_and_other_algorithms_are_named():
    assert settings("sglang", method="NEXTN").files
    standalone = settings("sglang", method="standalone")
    assert sglang_flags(standalone.paste)["speculative-algorithm"] == "STANDALONE"
    assert (standalone.files, standalone.with_files) == ((), "")
    with pytest.raises(UsageProblem, match="takes no count of steps"):
        settings("sglang", method="ngram")
