"""Acceptance from whatever an engine left: which format a file has, and its reader."""

from __future__ import annotations

import os
import re
from typing import Any, Literal, get_args

from specprof.engines.metrics import csv_table, profile, sglang_json, sglang_log, sglang_page, vllm_page
from specprof.engines.metrics.file_text import STDIN, shown_name, text_of
from specprof.engines.metrics.measured import MeasuredAcceptance, bad_data
from specprof.errors import RunFileProblem, UsageProblem
from specprof.run.sanitize import clean, clean_tree
from specprof.run.strict_json import parse

Kind = Literal["vllm-metrics", "sglang-metrics", "sglang-log", "sglang-json", "profile", "csv"]
KINDS: tuple[Kind, ...] = get_args(Kind)

# a log line may begin with a bracket too: [2026-07-01 10:00:00 TP0]
_JSON_START = re.compile(r'\s*+[\[{]\s*+(?:["\[{\]}]|\Z)')

MAX_LINES = 100_000

Path = str | os.PathLike[str]

_PAGES: tuple[Kind, ...] = ("vllm-metrics", "sglang-metrics")
_TEXTS: tuple[Kind, ...] = (*_PAGES, "sglang-log", "csv")


def read_acceptance(
    path: Path, *, before: Path | None = None, model: str | None = None, kind: str | None = None
) -> MeasuredAcceptance:
    """What a file tells of acceptance; `-` reads stdin. Its format is found by its content, or is `kind`.

    `before` is an earlier page of the same vLLM server: what was counted in between is read. `model` chooses
    among those of a page. Raises RunFileProblem for a file that cannot be read, trusted or understood, and
    UsageProblem for what cannot be asked of it.
    """
    if kind is not None and kind not in KINDS:
        raise UsageProblem(f"there is no kind of metrics {clean(kind, 40)}", f"choose {', '.join(KINDS)}")
    if before is not None and os.fspath(before) == os.fspath(path) == STDIN:
        raise UsageProblem("stdin cannot be both pages", "name a file for one of them")
    where, text = shown_name(path), text_of(path)
    found = kind or _plain_kind(text, where)
    documents = [] if found in _TEXTS else _documents(text, where)
    if found is None:
        found = "profile" if _is_profile(documents) else "sglang-json"
    if before is not None and found != "vllm-metrics":
        raise UsageProblem(
            f"{where} holds no counters to take a difference of", "--before goes with vLLM's metrics page"
        )
    if model is not None and found not in _PAGES:
        raise UsageProblem(f"{where} names no models to choose from", "--model goes with a metrics page")
    match found:
        case "vllm-metrics":
            return vllm_page.read_vllm_page(
                text,
                where,
                before=None if before is None else text_of(before),
                where_before="" if before is None else shown_name(before),
                model=model,
            )
        case "sglang-metrics":
            return sglang_page.read_sglang_page(text, where, model=model)
        case "sglang-log":
            return sglang_log.read_sglang_log(text, where)
        case "csv":
            return csv_table.read_csv(text, where)
        case "profile":
            if not (len(documents) == 1 and isinstance(documents[0][1], dict)):
                raise bad_data(where, "not one JSON object")
            return profile.read_profile(documents[0][1], where)
    return sglang_json.read_sglang_json(documents, where)


def _plain_kind(text: str, where: str) -> Kind | None:
    """The format of what is no JSON; None for JSON. Raises RunFileProblem, UsageProblem."""
    if _JSON_START.match(text):
        return None
    starts = f"\n{text}"
    vllm, sglang = (f"\n{page.PREFIX}" in starts for page in (vllm_page, sglang_page))
    if vllm and sglang:
        raise UsageProblem(
            f"{where} is a page of both vLLM and SGLang", f"choose with --kind {' or '.join(_PAGES)}"
        )
    if vllm or sglang:
        return "vllm-metrics" if vllm else "sglang-metrics"
    if sglang_log.MARK in text:
        return "sglang-log"
    if csv_table.is_csv(text):
        return "csv"
    if "\n# TYPE " in starts:
        raise bad_data(
            where,
            "a Prometheus page without counters of speculative decoding",
            "start the engine with speculative decoding, send it requests, then save the page",
        )
    raise bad_data(
        where,
        "none of the formats that are known",
        "give a metrics page or log of vLLM or SGLang, a JSON profile, or CSV with a header "
        "position,accepted,drafts",
    )


def _documents(text: str, where: str) -> list[tuple[str, Any]]:
    """One JSON document, or one a line, each with its place."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > MAX_LINES:
        raise bad_data(where, f"more than {MAX_LINES:,} lines of JSON", "name fewer of them")
    if len(lines) > 1:
        try:
            parse(lines[0][1], where)
        except RunFileProblem:
            pass  # its first line is no document, so it is one over several lines
        else:
            return [_document(line, f"{where}, line {number}") for number, line in lines]
    return [_document(text, where)]


def _document(text: str, where: str) -> tuple[str, Any]:
    try:
        return where, clean_tree(parse(text, where))
    except RunFileProblem as problem:
        said = str(problem)
        raise problem if said.startswith(where) else bad_data(where, said) from None


def _is_profile(documents: list[tuple[str, Any]]) -> bool:
    return len(documents) == 1 and profile.is_profile(documents[0][1])
