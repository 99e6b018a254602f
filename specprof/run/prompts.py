"""The user's prompts: a text file with one a line, or JSON lines with text or tokens."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from specprof.errors import RunFileProblem, UsageProblem
from specprof.run.regular_file import regular_bytes
from specprof.run.sanitize import clean
from specprof.run.strict_json import parse

MAX_FILE_BYTES = 16 << 20
MAX_PROMPTS = 10_000
_MARK = b"\xef\xbb\xbf"
_FORMS = 'name a .txt with one a line, or a .jsonl with {"prompt": "…"} or {"tokens": [1, 2]} a line'


class Prompt(BaseModel):
    """One prompt, as text or as the target's tokens."""

    model_config = ConfigDict(frozen=True)

    line: int = Field(ge=1, description="Where it stands in its file")
    text: str | None = None
    tokens: tuple[int, ...] | None = None


class Prompts(BaseModel):
    """A file of prompts. `name` is the file's, as it may be shown."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str
    prompts: tuple[Prompt, ...]

    @property
    def need_tokenizer(self) -> bool:
        return any(prompt.text is not None for prompt in self.prompts)


def read_prompts(path: str | os.PathLike[str]) -> Prompts:
    """All prompts of a file; blank lines are none. Raises UsageProblem for another kind of file, and
    RunFileProblem for one that cannot be read or understood."""
    where, kind = clean(os.fspath(path), 300), Path(path).suffix.lower()
    if kind not in (".txt", ".jsonl"):
        raise UsageProblem(f"{where} is no file of prompts by its name", _FORMS)
    data = regular_bytes(path, where, MAX_FILE_BYTES, irregular=_irregular, too_large=_too_large)
    try:
        text = data.removeprefix(_MARK).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RunFileProblem(f"{where}: not UTF-8 at byte {error.start}", "save it as UTF-8 text") from None
    found: list[Prompt] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        if len(found) == MAX_PROMPTS:
            raise RunFileProblem(f"{where}: more than {MAX_PROMPTS:,} prompts", "name fewer of them")
        found.append(
            Prompt(line=number, text=line)
            if kind == ".txt"
            else _of_json(line, number, f"{where}, line {number}")
        )
    if not found:
        raise RunFileProblem(f"{where}: there is no prompt in it", _FORMS)
    return Prompts(
        name=clean(Path(path).name, 300), sha256=hashlib.sha256(data).hexdigest(), prompts=tuple(found)
    )


def _of_json(line: str, number: int, where: str) -> Prompt:
    tree = parse(line, where)
    held = [key for key in ("prompt", "tokens") if isinstance(tree, dict) and key in tree]
    if len(held) != 1:
        raise RunFileProblem(
            f"{where}: not one of prompt and tokens", 'write {"prompt": "…"} or {"tokens": [1, 2]}'
        )
    value: Any = tree[held[0]]
    if held == ["prompt"]:
        if not isinstance(value, str) or not value:
            raise RunFileProblem(f"{where}: prompt is no text")
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise RunFileProblem(f"{where}: prompt holds half a surrogate pair, which is no text")
        return Prompt(line=number, text=value)
    if not isinstance(value, list) or not value or any(type(token) is not int for token in value):
        raise RunFileProblem(f"{where}: tokens is no list of whole numbers")
    return Prompt(line=number, tokens=tuple(value))


def _irregular(where: str) -> RunFileProblem:
    return RunFileProblem(f"{where}: not a regular file", _FORMS)


def _too_large(where: str) -> RunFileProblem:
    return RunFileProblem(f"{where}: larger than {MAX_FILE_BYTES >> 20} MB", "name fewer prompts")
