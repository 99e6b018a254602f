"""Documents whose every string is hostile, and what must not come out of them."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel
from run import decoded_run
from run.refined import RECORD as REFINED
from run.streams import Story, reduce_all
from run.test_drafts import with_drafts
from views.profiled_run import with_checks

from specprof.places import samples_folder
from specprof.plan.decoding_drafts import DecodingDrafts
from specprof.plan.drafter import Drafter
from specprof.plan.plan import Cell
from specprof.plan.presets import PRESETS
from specprof.run.journal import document_text
from specprof.run.record import RunRecord

HOSTILE = (
    "\x1b]52;c;aGFja2Vk\x07\x1b[2J\x1b]0;title\x07\x9b31m\x9d0;t\x9c\x90q\x9c\r\n\t"
    "\u202egnp.exe\u202c\u2066\u2069\u200e\u200b\u200d\u2060\ufeff\u2028\U000e0041\ud800\udfff"
    '[/x][@click=app.quit]click[/] [bold red]<script>alert(1)</script>" onload="alert(1)\' $(id) `id`;id'
)
REACHES_NO_TERMINAL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ue000-\uf8ff\U000e0000-\U000fffff]"
)
"""Control characters but tab and newline, bidi controls, zero-width ones, tags; half a pair is no UTF-8."""

Path = tuple[str, ...]
EACH, KEY, VALUE = "[]", "{key}", "{value}"


class StringField(NamedTuple):
    """One place of a run document that holds strings; `words` are all that it may hold, or None for any."""

    path: Path
    words: tuple[str, ...] | None

    def __str__(self) -> str:
        return ".".join(self.path)


def string_fields(model: type[BaseModel] = RunRecord, path: Path = ()) -> Iterator[StringField]:
    """Every one, as the models say, so that a new one is there by itself."""
    for name, field in model.model_fields.items():
        yield from _of_type(field.annotation, (*path, name))


def _of_type(kind: Any, path: Path) -> Iterator[StringField]:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        yield from _of_type(inner[0], path)
    elif origin in (typing.Union, types.UnionType):
        for one in inner:
            yield from _of_type(one, path)
    elif origin in (list, tuple):
        for one in inner:
            yield from _of_type(one, (*path, EACH))
    elif origin is dict:
        yield from _of_type(inner[0], (*path, KEY))
        yield from _of_type(inner[1], (*path, VALUE))
    elif origin is typing.Literal:
        yield StringField(path, inner)
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from string_fields(kind, path)
    elif kind is str:
        yield StringField(path, None)


def with_string(tree: Any, path: Path, text: str) -> bool:
    """Puts `text` at every place that `path` means. Whether there was one."""
    if tree is None:
        return False
    step, rest = path[0], path[1:]
    if step == EACH:
        if not rest:
            tree[:] = [text] * max(1, len(tree))
            return True
        found = [with_string(one, rest, text) for one in tree]
        return any(found)
    if step == KEY:
        tree[text] = "a reason"
        return True
    if step == VALUE:
        tree["a field"] = text
        return True
    if rest:
        if rest == (EACH,) and tree.get(step) is None:
            tree[step] = []
        return with_string(tree.get(step), rest, text)
    tree[step] = text
    return True


CHECKED = {"plan.device", "plan.drafter.text", "drafts.[].drafter", "reference.acceptance"}
"""Strings that mean something, so that another in one of them is refused."""
TOGETHER = {"plan.drafter.text", "drafts.[].drafter"}
"""Those that only have to be the same."""


def all_hostile(document: dict[str, Any], text: str = HOSTILE) -> dict[str, Any]:
    """The document with `text` wherever any text may stand."""
    for field in string_fields():
        if field.words is None and (str(field) not in CHECKED or str(field) in TOGETHER):
            with_string(document, field.path, text)
    return document


def documents() -> dict[str, dict[str, Any]]:
    """Runs and a published figure, which together hold every string that there can be."""
    story = Story(on_gpu=True, rounds=6, oom=(Cell(1, 512, 64),))
    record = with_checks(reduce_all(with_drafts(story, "tiny:3")).record())
    run = json.loads(document_text(record))
    run["notices"].append({"t_s": 0.1, "level": "warning", "text": "a notice"})
    run["analysis"] = {}
    refined = json.loads(document_text(REFINED))
    figure = json.loads((samples_folder() / "medusa-llama-7b-bs4.json").read_text())
    return {"run": run, "refined": refined, "figure": figure, "decoded": _decoded()}


def _decoded() -> dict[str, Any]:
    """A run that decodes, with a small Llama that drafts, and a setting that failed."""
    drafter = Drafter(text="tiny:3", kind="llama", depth=3, model=PRESETS["tiny"])
    the_plan = decoded_run.plan(verdict="greedy")
    validation = the_plan.validation.model_copy(
        update={"drafts": DecodingDrafts(text="tiny:3", kind="drafter", depth=3, drafter=drafter)}
    )
    the_plan = the_plan.model_copy(update={"validation": validation})
    document = json.loads(document_text(decoded_run.record(the_plan)))
    document["validation"][2] |= {"failed": "out of memory", "failed_at_s": 1.0}
    return document
