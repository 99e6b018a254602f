"""Files of prompts: what is read, and what is refused with its line."""

from __future__ import annotations

import hashlib
import os

import pytest

from specprof.errors import RunFileProblem, UsageProblem
from specprof.run.prompts import MAX_FILE_BYTES, MAX_PROMPTS, read_prompts


def test_one_prompt_a_line_and_blank_lines_are_none(tmp_path):
    data = "\ufeffWrite a poem.\r\n\n  two spaces stay\n".encode()
    (path := tmp_path / "p.txt").write_bytes(data)
    read = read_prompts(path)
    assert [(one.line, one.text) for one in read.prompts] == [(1, "Write a poem."), (3, "  two spaces stay")]
    assert (read.name, read.sha256) == ("p.txt", hashlib.sha256(data).hexdigest())
    assert read.need_tokenizer


def test_text_or_tokens_a_json_line_and_other_keys_are_the_users_own(tmp_path):
    (path := tmp_path / "p.jsonl").write_text('{"prompt": "a\\nb", "id": 7}\n{"tokens": [1, 2]}\n')
    text, tokens = read_prompts(path).prompts
    assert (text.text, text.tokens) == ("a\nb", None)
    assert (tokens.text, tokens.tokens) == (None, (1, 2))


def test_tokens_alone_need_no_tokenizer(tmp_path):
    (path := tmp_path / "p.jsonl").write_text('{"tokens": [1]}')
    assert not read_prompts(path).need_tokenizer


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: not JSON"),
        ("[1]", "line 2: not one of prompt and tokens"),
        ('{"prompt": "a", "tokens": [1]}', "line 2: not one of"),
        ('{"text": "a"}', "line 2: not one of"),
        ('{"prompt": ""}', "line 2: prompt is no text"),
        ('{"prompt": 3}', "line 2: prompt is no text"),
        ('{"prompt": "\\ud800"}', "line 2: prompt holds half a surrogate"),
        ('{"tokens": []}', "line 2: tokens is no list"),
        ('{"tokens": [1, true]}', "line 2: tokens is no list"),
        ('{"tokens": [1.5]}', "line 2: tokens is no list"),
        ('{"tokens": [1e999]}', "line 2"),
        ('{"prompt": "a", "prompt": "b"}', "line 2: prompt: the key is given twice"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, said):
    (path := tmp_path / "p.jsonl").write_text(f'{{"tokens": [1]}}\n{line}\n')
    with pytest.raises(RunFileProblem, match=said):
        read_prompts(path)


@pytest.mark.parametrize("data", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_a_file_without_prompts_is_refused(tmp_path, data):
    (path := tmp_path / "p.txt").write_bytes(data)
    with pytest.raises(RunFileProblem, match="there is no prompt in it"):
        read_prompts(path)


def test_too_many_and_too_much_are_refused(tmp_path):
    (many := tmp_path / "many.txt").write_text("a\n" * (MAX_PROMPTS + 1))
    with pytest.raises(RunFileProblem, match="more than 10,000 prompts"):
        read_prompts(many)
    with open(large := tmp_path / "large.txt", "wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(RunFileProblem, match="larger than 16 MB"):
        read_prompts(large)


def test_what_is_no_file_of_text_is_refused(tmp_path):
    (path := tmp_path / "p.txt").write_bytes("päpp".encode("latin-1"))
    with pytest.raises(RunFileProblem, match="not UTF-8 at byte 1"):
        read_prompts(path)
    os.mkfifo(pipe := tmp_path / "pipe.txt")
    with pytest.raises(RunFileProblem, match="not a regular file"):
        read_prompts(pipe)
    with pytest.raises(RunFileProblem, match=r"cannot read .*No such file"):
        read_prompts(tmp_path / "gone.txt")
    with pytest.raises(UsageProblem, match="no file of prompts by its name"):
        read_prompts(tmp_path / "p.csv")
