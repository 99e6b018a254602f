"""`specprof acceptance`: data on stdout, what is to be said on stderr."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from specprof.cli.acceptance import acceptance
from specprof.engines.metrics import read_acceptance
from specprof.errors import RunFileProblem

from .pages import vllm_page

app = typer.Typer(pretty_exceptions_enable=False)
app.command("acceptance")(acceptance)


def run(*arguments: object, stdin: str | None = None) -> tuple[str, str]:
    """stdout and stderr."""
    done = CliRunner().invoke(app, list(map(str, arguments)), input=stdin, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout, done.stderr


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.txt"
    path.write_text(vllm_page((81, 15), 263))
    return path


def test_positions_with_intervals_and_what_to_paste(page):
    out, said = run(page)
    assert out.splitlines() == [
        "position    rate  95 % interval",
        "       0  0.3080  0.2553-0.3662",
        "       1  0.0570  0.0349-0.0920",
        "mean length 1.3650",
        f"--acceptance positions:file={page}",
    ]
    assert said == "specprof: vLLM metrics, 263 drafts, model meta-llama/Llama-3.1-8B\n"


def test_a_path_with_a_space_can_be_pasted(tmp_path):
    path = tmp_path / "my table.csv"
    path.write_text("candidates,expected_tokens\n1,1\n8,2.04\n")
    out, _ = run(path)
    assert out.splitlines() == [
        "candidates   tokens",
        "         1   1.0000",
        "         8   2.0400",
        "mean length 2.0400",
        f"--acceptance 'table:file={path}'",
    ]


def test_a_fitted_chain_is_said_to_be_one(tmp_path):
    path = tmp_path / "server.log"
    path.write_text("Decode batch, #running-req: 1, accept len: 1.70\nspeculative_num_steps=1\n")
    out, said = run(path)
    assert out.splitlines() == [
        "position    rate",
        "       0  0.7000",
        "mean length 1.7000",
        "--acceptance chain:alpha=0.7",
    ]
    assert "Fitted i.i.d. chain: α = 0.7 gives the mean length 1.7 with 1 draft tokens a step." in said


def test_what_one_file_alone_does_not_tell_is_kept_as_json(page, tmp_path):
    earlier = tmp_path / "earlier.txt"
    earlier.write_text(vllm_page((11, 5), 63))
    out, said = run(page, "--before", earlier)
    assert out.endswith("--acceptance positions:file=acceptance.json\n")
    assert "save this command's output with --json as acceptance.json" in said
    out, said = run("-", stdin=page.read_text())
    assert out.endswith("--acceptance positions:file=acceptance.json\n")


@pytest.mark.parametrize(
    "text",
    [
        vllm_page((81, 15), 263),
        "position,rate\n0,0.8\n1,0.4\n",
        "candidates,expected_tokens\n1,1\n8,2.04\n",
        "accept len: 1.90\nspeculative_num_steps=2\n",
        "accept len: 1.90\n",
    ],
    ids=["counts", "rates", "table", "chain", "endless chain"],
)
def test_the_json_says_the_same_when_it_is_read_again(tmp_path, text):
    path, kept = tmp_path / "given", tmp_path / "acceptance.json"
    path.write_text(text)
    out, said = run(path, "--json")
    assert said == ""
    kept.write_text(out)
    first, again = read_acceptance(path), read_acceptance(kept)
    assert again.source == first.source
    assert again.rates == pytest.approx(first.rates)
    assert again.mean_length == pytest.approx(first.mean_length)
    assert (again.drafts, again.accepted, again.table) == (first.drafts, first.accepted, first.table)
    assert again.fitted_alpha == (first.fitted_alpha and pytest.approx(first.fitted_alpha))


def test_the_json_holds_intervals_and_the_option(page):
    document = json.loads(run(page, "--json")[0])
    assert document["acceptance"] == f"positions:file={page}"
    assert document["intervals_95"][0] == pytest.approx([0.2553, 0.3662], abs=5e-5)
    assert document["drafts"] == 263


def test_options_reach_the_reader(tmp_path):
    path = tmp_path / "page.txt"
    path.write_text(vllm_page(model="a") + vllm_page((30,), 100, model="b"))
    out, _ = run(path, "--model", "b", "--kind", "vllm-metrics")
    assert "0  0.3000" in out
    for option in (("--model", "b"), ("--kind", "vllm-metrics", "--model", "b")):
        assert run(path, *option)[0].endswith("--acceptance positions:file=acceptance.json\n")
    path.write_text("position,rate\n0,0.5\n")
    assert run(path, "--kind", "csv")[0].endswith("--acceptance positions:file=acceptance.json\n")


def test_a_bad_file_is_one_line_for_whoever_called(tmp_path):
    path = tmp_path / "page.txt"
    path.write_text(vllm_page((300, 400), 1000))
    with pytest.raises(RunFileProblem, match="the rate rises"):
        run(path)
