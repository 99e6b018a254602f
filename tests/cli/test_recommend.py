"""`specprof recommend` and `specprof tree`: what to paste on stdout, why on stderr."""

import json
import shlex

import pytest
import yaml
from analysis.synthetic import plan_of, record_of

from specprof.cli.recommend import recommend
from specprof.cli.tree import tree
from specprof.engines.registry import ENGINES
from specprof.run.journal import document_text

from .asked import ask

FIGURE = "medusa-llama-7b-bs4"
CPU = "llama-7b-cpu-bs1"
CHAIN = ("--acceptance", "chain:alpha=0.9")


def test_stdout_is_what_to_paste_and_nothing_else():
    answer = ask(recommend, FIGURE, "--engine", "vllm", *CHAIN, "--draft-model", "org/x y")
    assert answer.code == 0
    flag, text = shlex.split(answer.out)
    assert flag == "--speculative-config"
    assert json.loads(text)["model"] == "org/x y"
    assert "vLLM counts drafts only" in answer.said
    assert "read off a published figure" in answer.said


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != "transformers"])
def test_every_engine_answers_for_a_run(engine):
    answer = ask(recommend, FIGURE, "--engine", engine)
    assert (answer.code, bool(answer.out.strip())) == (0, True)


def test_transformers_answers_for_batch_1_from_a_file_of_measured_acceptance(tmp_path):
    rates = tmp_path / "acceptance.csv"
    rates.write_text("position,rate\n" + "".join(f"{j},{0.95 ** (j + 1)}\n" for j in range(15)))
    answer = ask(recommend, CPU, "--engine", "transformers", "--acceptance", f"positions:file={rates}")
    assert answer.code == 0
    # only 16 candidates lie within what was measured of acceptance
    assert json.loads(answer.out)["num_assistant_tokens"] == 15
    assert "measured on a CPU" in answer.said


def test_all_engines_say_what_holds_for_each_once():
    answer = ask(recommend, CPU, "--all", *CHAIN)
    assert answer.code == 0
    for engine in ENGINES:
        assert f"# {engine}\n" in answer.out
    assert answer.said.count("measured on a CPU") == 1
    documents = json.loads(ask(recommend, FIGURE, "--all", "--json").out)
    assert list(documents) == list(ENGINES)
    assert "holds no batch 1" in documents["transformers"]["problem"]
    assert yaml.safe_load(documents["tensorrt-llm"]["paste"])["speculative_config"]["max_draft_len"] == 31


def test_json_holds_settings_and_reasons():
    document = json.loads(ask(recommend, FIGURE, "--engine", "sglang", "--json").out)
    assert document["engine"] == "sglang"
    assert document["paste"].startswith("--speculative-algorithm EAGLE3 ")
    assert document["convention"]
    assert document["reasons"]


def test_where_speculation_is_to_stay_off_stdout_is_empty():
    answer = ask(recommend, CPU, "--engine", "vllm", "--acceptance", "chain:alpha=0.1")
    assert (answer.code, answer.out) == (0, "")
    assert "start vLLM without --speculative-config" in answer.said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "say which engine"),
        (("--engine", "vllm", "--all"), "say which engine"),
        (("--engine", "ollama"), "there is no engine 'ollama'"),
        (("--all", "--version", "1"), "--version belongs to one engine"),
        (("--engine", "tensorrt-llm", "--version", "new"), "is no version"),
        (("--engine", "vllm", "--batch-size", "3"), "batch 3 was not measured"),
        (("--all", "--batch-size", "3"), "batch 3 was not measured"),
        (("--engine", "vllm", "--seq-len", "3"), "seq_len 3 was not measured"),
        (("--engine", "vllm", "--acceptance", "guess"), "there is no acceptance model"),
        (("--engine", "vllm", *CHAIN, "--acceptance", "log-fit"), "takes one --acceptance"),
        (("--engine", "llama.cpp", "--method", ""), "--method '' cannot be written"),
        (
            ("--engine", "sglang", "--draft-model", "a\x1b[31m"),
            "--draft-model 'a\\x1b[31m' cannot be written",
        ),
        (("--all", "--draft-model", " "), "--draft-model ' ' cannot be written"),
        (("--engine", "vllm", "--version", ""), "--version '' cannot be written"),
        (("--engine", "vllm", "--draft-cost", "much"), "is not a fraction of a target step"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_line(arguments, says):
    answer = ask(recommend, FIGURE, *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.said
    assert answer.said.count("\n") == 1


def test_the_files_that_settings_name_are_written_where_the_paste_says(tmp_path):
    plan = plan_of(batch_sizes=(1, 8), seq_lens=(64,), candidates=(1, 4, 8))
    record = record_of(plan, lambda cell: 10.0 * (1 if cell.candidates * cell.batch_size <= 32 else 3))
    run = tmp_path / "run.json"
    run.write_text(document_text(record))
    folder = tmp_path / "my settings"
    folder.mkdir()
    answer = ask(recommend, run, "--engine", "sglang", *CHAIN, "--output", folder)
    assert answer.code == 0, answer.said
    words = shlex.split(answer.out)  # a folder with a space in it stays one word
    named = words[words.index("--speculative-adaptive-config") + 1]
    with open(named) as file:
        assert json.load(file) == {"1": {"candidate_steps": [7]}, "2": {"candidate_steps": [3]}}


# Trees


def test_a_tree_is_printed_as_medusa_choices():
    answer = ask(tree, FIGURE, "--seq-len", "1024")
    choices = json.loads(answer.out)
    assert len(choices) == 15  # 16 candidates: the root is not in it
    assert [0] in choices
    assert all(choice[:-1] in choices or len(choice) == 1 for choice in choices)
    assert "16 candidates, depth 3, E = 2.21" in answer.said
    assert answer.said.count("seq_len 1024, greedy") == answer.said.count("seq_len 1024, programme") == 1


def test_the_forms_count_in_their_own_ways():
    eagle = json.loads(ask(tree, FIGURE, "--form", "eagle").out)
    # EAGLE takes the root off total_token, and drafts once before the loop that depth counts
    assert eagle == {"total_token": 16, "depth": 2, "top_k": 5}
    sglang = ask(tree, FIGURE, "--form", "sglang").out
    assert sglang == (
        "--speculative-num-steps 3 --speculative-eagle-topk 5 --speculative-num-draft-tokens 16\n"
    )


def test_drafting_that_costs_much_makes_the_programme_s_tree_shallower():
    free = json.loads(ask(tree, FIGURE, "--json", "--seq-len", "128").out)[1]
    dear = json.loads(ask(tree, FIGURE, "--json", "--seq-len", "128", "--draft-cost", "0.4").out)[1]
    assert free["method"] == dear["method"] == "programme"
    assert dear["depth"] < free["depth"]


def test_own_heads_are_read_and_a_bad_file_is_said(tmp_path):
    path = tmp_path / "heads.json"
    path.write_text("[[0.9, 0.95], [0.8]]")
    answer = ask(tree, FIGURE, "--accuracies", path, "--json", "--seq-len", "128")
    assert json.loads(answer.out)[0]["depth"] == 2
    # two guesses and one behind each fill 5 places, and the smallest step that was measured has 16
    (row, _) = json.loads(answer.out)
    assert (row["candidates"], row["timed_candidates"]) == (5, 16)
    assert "on the time of 16: the heads guess no more" in ask(tree, FIGURE, "--accuracies", path).said
    assert "on the time of" not in ask(tree, FIGURE).said
    path.write_text('{"heads": {"a": [[0.9]], "b": [[0.8]]}}')
    for arguments, says in (((), "holds accuracies of a, b: choose one with --model"),
                            (("--model", "c"), "holds no accuracies of 'c': choose a, b")):  # fmt: skip
        answer = ask(tree, FIGURE, "--accuracies", path, *arguments)
        assert (answer.code, answer.out) == (2, "")
        assert says in answer.said
    path.write_text("[[2]]")
    assert ask(tree, FIGURE, "--accuracies", path).code == 4
    assert "there are 5 heads, not 6" in ask(tree, FIGURE, "--heads", "6").said
    assert "has no trusted result" in ask(tree, FIGURE, "--batch-size", "9").said


def test_engines_that_draft_once_per_depth_get_the_tree_that_was_charged_for_it():
    words = FIGURE, "--seq-len", "128", "--draft-cost", "0.4"
    greedy, programme = json.loads(ask(tree, *words, "--json").out)
    assert greedy["eagle"] != programme["eagle"]
    assert json.loads(ask(tree, *words, "--form", "eagle").out) == programme["eagle"]
    assert json.loads(ask(tree, *words, "--form", "medusa").out) == greedy["medusa_choices"]


def test_where_no_tree_pays_the_root_alone_is_printed():
    answer = ask(tree, CPU)
    assert json.loads(answer.out) == []
    assert "no tree pays" in answer.said


def test_two_rounds_show_no_tree_to_be_faster(tmp_path):
    run = tmp_path / "run.json"
    run.write_text(document_text(record_of(plan_of(candidates=(1, 16)), lambda c: 10.0, rounds=2)))
    assert {row["clearly_faster"] for row in json.loads(ask(tree, run, "--json").out)} == {False}


def test_lengths_are_weighed_against_each_other_only_where_they_want_different_counts(tmp_path):
    run = tmp_path / "run.json"
    for free, said in ((lambda c: 16 // c.batch_size, 0), (lambda c: 16 if c.seq_len == 64 else 4, 1)):
        plan = plan_of(batch_sizes=(1, 4), seq_lens=(64, 512), candidates=(1, 4, 16))
        run.write_text(document_text(record_of(plan, lambda c: 10.0 * max(1, c.candidates / free(c)))))  # noqa: B023
        answer = ask(recommend, run, "--engine", "vllm", *CHAIN)
        assert answer.said.count("the K that loses least on average is taken") == said


def test_sglang_says_what_its_flags_lose_without_the_schedule(tmp_path):
    run = tmp_path / "run.json"
    plan = plan_of(batch_sizes=(1, 8), candidates=(1, 8, 16))
    run.write_text(
        document_text(record_of(plan, lambda c: 10.0 * max(1.0, c.candidates * c.batch_size / 16) ** 2))
    )
    said = ask(recommend, run, "--engine", "sglang", *CHAIN).said
    assert "without it the largest K is drafted at every batch size, though one K for all batch sizes" in said


def test_a_tree_says_what_drafting_is_taken_to_cost():
    assert "; drafting is taken to cost nothing\n" in ask(tree, FIGURE).said
    dear = ask(tree, FIGURE, "--draft-cost", "0.2").said.splitlines()[0]
    assert "0.2" in dear
    assert "nothing" not in dear


@pytest.mark.parametrize("command", [(tree,), (recommend, "--engine", "vllm", *CHAIN)])
def test_what_was_doubtful_about_the_file_is_said(command, tmp_path):
    run = tmp_path / "run.json"
    document = json.loads(document_text(record_of(plan_of(candidates=(1, 4, 8)), lambda cell: 10.0)))
    document["cells"].pop()
    run.write_text(json.dumps(document))
    called, *arguments = command
    answer = ask(called, run, *arguments)
    assert answer.code == 0
    assert "of the plan's" in answer.said
    assert "missing" in answer.said


@pytest.mark.parametrize("form", ["eagle", "sglang"])
def test_where_no_tree_pays_no_engine_gets_settings_that_it_cannot_run(form):
    answer = ask(tree, CPU, "--form", form)
    assert (answer.code, answer.out) == (0, "")
    assert "nothing on stdout: no tree pays at batch 1, seq_len 128" in answer.said
    rows = json.loads(ask(tree, CPU, "--json").out)
    assert {row[form] for row in rows} == {None}


def test_a_tree_that_may_be_slower_says_so(tmp_path):
    run = tmp_path / "run.json"
    # 16 candidates yield 2.21 tokens and take twice as long: 1.1x, in noise that hides it
    record = record_of(plan_of(candidates=(1, 16)), lambda c: 10.0 if c.candidates == 1 else 20.0,
                       noise=0.3, rounds=20)  # fmt: skip
    run.write_text(document_text(record))
    rows = json.loads(ask(tree, run, "--json").out)
    assert [row["clearly_faster"] for row in rows] == [row["speedup"]["low"] > 1 for row in rows]
    unsure = [row for row in rows if not row["clearly_faster"]]
    assert unsure
    assert ask(tree, run).said.count("not clearly faster than plain decoding") == len(unsure)
    assert "not clearly faster" not in ask(tree, FIGURE).said


def test_a_run_of_plain_decoding_alone_has_no_tree_to_choose(tmp_path):
    run = tmp_path / "run.json"
    run.write_text(document_text(record_of(plan_of(candidates=(1,)), lambda cell: 10.0)))
    for answer in (ask(tree, run), ask(recommend, run, "--engine", "vllm")):
        assert (answer.code, answer.out) == (2, "")
        assert "no row of this run has a trusted result beyond one candidate" in answer.said


def test_a_folder_that_nothing_is_written_to_is_said(tmp_path):
    answer = ask(recommend, FIGURE, "--engine", "vllm", "--output", tmp_path / "new")
    assert answer.code == 0
    assert f"nothing was written to {tmp_path / 'new'}" in answer.said
    assert not (tmp_path / "new").exists()


def test_files_are_not_replaced_unless_that_is_asked_for(tmp_path):
    run = tmp_path / "run.json"
    plan = plan_of(batch_sizes=(1, 8), candidates=(1, 8, 16))
    record = record_of(plan, lambda c: 10.0 * max(1.0, c.candidates * c.batch_size / 16) ** 2)
    run.write_text(document_text(record))
    folder = tmp_path / "made on the way"
    arguments = (run, "--engine", "sglang", *CHAIN, "--output", folder)
    answer = ask(recommend, *arguments)
    assert answer.code == 0
    (path,) = folder.iterdir()
    words = shlex.split(answer.out)
    assert words[words.index("--speculative-adaptive-config") + 1] == str(path)
    assert json.loads(path.read_text())["1"] == {"candidate_steps": [15]}
    again = ask(recommend, *arguments)
    assert (again.code, again.out) == (5, "")
    assert "exists: choose another --output, or --force to replace it" in again.said
    assert ask(recommend, *arguments, "--force").code == 0
    (tmp_path / "file").write_text("")
    assert ask(recommend, run, "--engine", "sglang", *CHAIN, "--output", tmp_path / "file" / "x").code == 5


def test_synthetic_acceptance_is_vllm_s():
    assert "--synthetic is vLLM's" in ask(recommend, FIGURE, "--engine", "sglang", "--synthetic").said
