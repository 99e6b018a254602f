"""Any file: its format is found by its content, and one that is none is refused in one line."""

from __future__ import annotations

import io
import os
import sys
import threading
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specprof.engines.metrics import KINDS, read_acceptance
from specprof.errors import RunFileProblem, SpecprofError, UsageProblem

from .pages import short, vllm_page


def refused(path: object, **options: object) -> str:
    with pytest.raises(RunFileProblem) as caught:
        read_acceptance(path, **options)  # type: ignore[arg-type]
    assert caught.value.exit_code == 4
    said = str(caught.value)
    assert said.isprintable()
    return said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b" \r\n\t\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "binary or UTF-16"),
        ("position,rate\n0,0.5\n".encode("utf-16"), "binary or UTF-16"),
        (b"position,rate\n0,\xe9\n", "not UTF-8 at byte 16"),
        (b"hello\n", "none of the formats that are known"),
        (b"# HELP x y\n# TYPE x counter\nx 1\n", "a Prometheus page without counters"),
        (b'{"position": 0', "not JSON"),
        (b"[" * 100_000, "nested deeper"),
        (b"{}\n" * 100_001, "more than 100,000 lines of JSON"),
        (b"{}", "no figure of acceptance"),
        (b"[1, 2]", "none of the formats that are known"),
        (b"[[1], [2]]", "no figure of acceptance"),
    ],
    ids=short,
)
def test_a_file_of_no_format_is_refused(tmp_path, data, said):
    path = tmp_path / "metrics"
    path.write_bytes(data)
    assert said in refused(path)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path, monkeypatch):
    path = tmp_path / "metrics"
    with path.open("wb") as file:
        file.truncate(10 << 30)
    opened = []
    monkeypatch.setattr(os, "open", opened.append)
    assert "larger than 16 MB" in refused(path)
    assert opened == []
    monkeypatch.undo()
    with path.open("wb") as file:
        file.truncate((16 << 20) + 1)
    assert "larger than 16 MB" in refused(path)


def test_what_is_no_file_is_refused(tmp_path):
    assert "No such file" in refused(tmp_path / "none")
    assert "not a regular file" in refused(tmp_path)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert "name a file, or - for stdin" in refused(fifo)
    assert "not a path" in refused("a\0b")
    assert "\x1b" not in refused("\x1b[31mred")


@pytest.mark.parametrize("part", [1, 2])
def test_stdin_is_read_for_a_dash(tmp_path, monkeypatch, part):
    earlier, later = vllm_page((10, 5), 20), vllm_page((20, 10), 40)
    path = tmp_path / "page"
    path.write_text(later if part == 1 else earlier)
    given = (earlier if part == 1 else later).encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(given)))
    found = read_acceptance(path, before="-") if part == 1 else read_acceptance("-", before=path)
    assert found.accepted == (10, 5)


def test_stdin_cannot_be_both_pages():
    with pytest.raises(UsageProblem, match="stdin cannot be both pages"):
        read_acceptance("-", before="-")


def test_endless_stdin_is_refused(monkeypatch):
    reading, writing = os.pipe()

    def pour() -> None:
        with open(writing, "wb") as file:
            file.write(b"x" * ((16 << 20) + 1))

    pouring = threading.Thread(target=pour)
    pouring.start()
    with open(reading, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert "stdin: larger than 16 MB" in refused("-")
    pouring.join(10)


def test_the_format_can_be_said(read, refusal):
    both = vllm_page() + 'sglang:spec_accept_length{model_name="glm"} 2.5\n'
    assert "choose with --kind vllm-metrics or sglang-metrics" in refusal(both, error=UsageProblem)
    assert read(both, kind="vllm-metrics").drafts == 1000
    assert read(both, kind="sglang-metrics").mean_length == 2.5
    assert "without vLLM's counters" in refusal("position,rate\n0,0.5\n", kind="vllm-metrics")
    assert "there is no kind of metrics x" in refusal("position,rate\n0,0.5\n", error=UsageProblem, kind="x")


def test_only_pages_have_models_and_only_counters_a_before(refusal):
    table = "position,rate\n0,0.5\n"
    assert "names no models" in refusal(table, error=UsageProblem, model="a")
    assert "--before goes with vLLM's metrics page" in refusal(table, before=table, error=UsageProblem)


def test_documents_one_a_line_and_one_over_lines_are_told_apart(read):
    assert read('{"accept_length":\n2.5}').mean_length == 2.5
    assert read('\n{"accept_length": 2.5}\n\n{"accept_length": 3.5}\n').mean_length == 3.0
    assert read('[{"accept_length": 2.5},\n{"accept_length": 3.5}]').mean_length == 3.0


PIECES = st.sampled_from(
    [
        *vllm_page((8, 5), 10).splitlines(keepends=True),
        'sglang:spec_accept_length{model_name="a"} 2.5\n',
        'sglang:spec_accept_rate{model_name="a"} 0.5\n',
        "position,rate\n", "candidates,expected_tokens\n", "0,0.5\n", "1,1\n", "2,9\n",
        "accept len: 2.5, accept rate: 0.5", "accept len: ", "#running-req: 0, ", "\n",
        '{"acceptance_rates": [0.5]}', '{"accept_length": 2}\n', '{"meta_info": {"spec_verify_ct": 1}}', "[",
        '{"acceptance_length_histogram": {"2": 1}}', '{"table": []}', '{"internal_states": 1}', "\x1b[31m",
    ]
)  # fmt: skip


@given(
    text=st.lists(PIECES | st.text(max_size=8), max_size=8).map("".join),
    kind=st.none() | st.sampled_from(KINDS),
)
def test_any_text_is_read_or_refused_in_one_line(tmp_path_factory, text, kind):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    try:
        found, said = read_acceptance(path, kind=kind), ""
    except SpecprofError as problem:
        found, said = None, str(problem)
    assert said.isprintable()
    if found is not None:
        assert found.mean_length >= 1
        assert list(found.rates) == sorted(found.rates, reverse=True)
        assert all(0 <= rate <= 1 for rate in found.rates)
        assert all(told.isprintable() for told in (found.source, *found.notes))
