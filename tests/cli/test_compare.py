"""`specprof compare`: what it prints, what it refuses, and when it fails a build."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from analysis.synthetic import plan_of, record_of

from specprof.cli.compare import compare
from specprof.plan.plan import Cell
from specprof.run.journal import write_document

from .asked import Answer, ask

PLAN = plan_of(seq_lens=(128, 512), candidates=(1, 16, 64))
CPU, PUBLISHED = "llama-7b-cpu-bs1", "medusa-llama-7b-bs4"


def compared(*arguments: object) -> Answer:
    return ask(compare, *arguments)


@pytest.fixture
def saved(tmp_path: Path):
    """Writes a run in which cells of some candidate counts take longer by a factor; returns its path."""

    def save(name: str, slower: dict[int, float] | None = None, plan=PLAN, seed: int = 1, **how) -> Path:
        factors = slower or {}
        record = record_of(
            plan,
            lambda cell: (10 + cell.candidates / 8) * factors.get(cell.candidates, 1.0),
            noise=0.01,
            seed=seed,
            **{"rounds": 20, **how},
        )
        path = tmp_path / f"{name}.json"
        write_document(path, record.model_copy(update={"run_id": name}))
        return path

    return save


def test_what_changed_is_printed_and_by_default_nothing_fails(saved):
    done = compared(saved("before"), saved("after", {64: 1.2}, seed=2))
    assert (done.code, done.said) == (0, "")
    assert "2 of 6 cells changed, 2 slower in B" in done.out


def test_more_than_the_limit_with_the_whole_interval_fails_and_says_which_cells(saved):
    before, after = saved("before"), saved("after", {64: 1.2}, seed=2)
    done = compared(before, after, "--fail-above", "5")
    assert done.code == 1
    said = sorted(line.split(": ")[2] for line in done.said.splitlines())
    assert said == [f"batch 1, seq_len {length}, 64 candidates" for length in (128, 512)]
    assert "slower by more than 5 %" in done.said
    assert compared(before, after, "--fail-above", "25").code == 0
    assert compared(after, before, "--fail-above", "5").code == 0  # faster


def test_a_cell_that_the_baseline_measured_and_this_run_could_not_fails_too(saved):
    done = compared(saved("before"), saved("after", seed=2, missing=[Cell(1, 512, 64)]), "--fail-above", "50")
    assert done.code == 1
    assert "batch 1, seq_len 512, 64 candidates: oom" in done.said


def test_a_gate_that_could_judge_nothing_does_not_open():
    done = compared(CPU, PUBLISHED, "--fail-above", "5")
    assert done.code == 2
    assert "--fail-above needs latencies" in done.said


def test_a_gate_closes_where_no_cell_has_rounds_enough(saved):
    few = saved("few", seed=2, rounds=2)
    done = compared(saved("before"), few, "--fail-above", "5")
    assert done.code == 2
    assert "--fail-above can judge no cell" in done.said


def test_json_is_one_document_with_every_cell(saved):
    done = compared(saved("before"), saved("after", {16: 1.5}, seed=2), saved("third", seed=3), "--json")
    document = json.loads(done.out)
    assert document["base"]["name"] == "before"
    assert [one["run"]["name"] for one in document["comparisons"]] == ["after", "third"]
    first, second = document["comparisons"]
    assert len(first["cells"]) == 6
    cell = next(one for one in first["cells"] if (one["seq_len"], one["candidates"]) == (512, 16))
    assert cell["latency_ratio"]["median"] == pytest.approx(1.5, rel=0.02)
    assert (
        cell["latency_ratio"]["ci_low"] < cell["latency_ratio"]["median"] < cell["latency_ratio"]["ci_high"]
    )
    assert cell["latency_ratio"]["certainty"] == "significant"
    assert cell["speedup_ratio"]["median"] == pytest.approx(1 / cell["overhead_ratio"]["median"])
    assert first["latency_cells"]["significant"] == 2
    assert first["latency_cells"]["outside_by_chance"] == pytest.approx(0.3)
    assert second["latency_cells"]["significant"] == 0


def test_json_says_what_failed_the_gate(saved):
    done = compared(saved("before"), saved("after", {16: 1.5}, seed=2), "--json", "--fail-above", "10")
    assert done.code == 1
    failed = json.loads(done.out)["comparisons"][0]["failed"]
    assert sorted(cell["seq_len"] for cell in failed["slower"]) == [128, 512]
    assert failed["lost"] == []


def test_json_of_a_published_figure_holds_shapes():
    (one,) = json.loads(compared(CPU, PUBLISHED, "--json").out)["comparisons"]
    assert one["by"] == "shape"
    (shape,) = one["shapes"]
    assert (shape["base_batch_size"], shape["batch_size"], shape["matched_by"]) == (1, 4, "seq_len")
    assert shape["cliffs"] == [[64, 80]]
    assert shape["base_cliffs"] == []
    assert [curve["seq_len"] for curve in shape["curves"]] == [128, 512, 2048]


def test_what_is_not_comparable_is_refused_in_one_line_and_compared_when_forced(saved):
    before, other = saved("before"), saved("other", plan=PLAN.model_copy(update={"dtype": "bfloat16"}))
    done = compared(before, other)
    assert (done.code, done.out) == (2, "")
    assert done.said.count("\n") == 1
    assert "before and other are not comparable: dtype float32 against bfloat16" in done.said
    forced = compared(before, other, "--force")
    assert forced.code == 0
    assert "compared with --force" in forced.out
    assert json.loads(compared(before, other, "--force", "--json").out)["comparisons"][0]["forced"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((CPU,), 2, "nothing to compare with"),
        ((CPU,) * 27, 2, "27 runs are more than 26"),
        ((CPU, "no-such-run"), 4, "there is no file or sample 'no-such-run'"),
        ((CPU, CPU, "--fail-above", "-1"), 2, "--fail-above -1 is not a percentage"),
        ((CPU, CPU, "--fail-above", "nan"), 2, "--fail-above nan is not a percentage"),
        ((CPU, CPU, "--acceptance", "none"), 2, "there is no acceptance model"),
        ((CPU, CPU, "--acceptance", "chain", "--acceptance", "log-fit"), 2, "takes one --acceptance"),
    ],
)
def test_bad_input_is_one_line(arguments, code, words):
    done = compared(*arguments)
    assert (done.code, done.out) == (code, "")
    assert words in done.said
    assert done.said.count("\n") == 1


def test_it_imports_neither_textual_nor_torch_nor_matplotlib():
    script = (
        "import sys\nfrom cli.asked import ask\nfrom specprof.cli.compare import compare\n"
        f"assert ask(compare, {CPU!r}, {CPU!r}).code == 0\n"
        "print({'textual', 'torch', 'matplotlib', 'transformers'} & set(sys.modules))"
    )
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tests, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "set()"
