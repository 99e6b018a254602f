"""Metrics pages as engines serve them."""

from __future__ import annotations

from collections.abc import Sequence


def vllm_page(
    per_position: Sequence[int] = (800, 500, 200),
    drafts: int = 1000,
    *,
    draft_tokens: int | None = None,
    accepted: int | None = None,
    model: str = "meta-llama/Llama-3.1-8B",
    engine: str = "0",
    suffix: str = "_total",
    created: float | None = 1.7e9,
) -> str:
    """One engine's counters, as prometheus_client writes them."""
    labels = f'engine="{engine}",model_name="{model}"'
    name = "vllm:spec_decode_num_"
    lines = [
        f"# HELP {name}drafts_total Number of spec decoding drafts.",
        f"# TYPE {name}drafts_total counter",
        f"{name}drafts{suffix}{{{labels}}} {float(drafts)}",
    ]
    if created is not None:
        lines.append(f"{name}drafts_created{{{labels}}} {created!r}")
    tokens = drafts * len(per_position) if draft_tokens is None else draft_tokens
    lines.append(f"{name}draft_tokens{suffix}{{{labels}}} {float(tokens)}")
    total = sum(per_position) if accepted is None else accepted
    lines.append(f"{name}accepted_tokens{suffix}{{{labels}}} {float(total)}")
    lines += [
        f'{name}accepted_tokens_per_pos{suffix}{{{labels},position="{position}"}} {float(count)}'
        for position, count in enumerate(per_position)
    ]
    others = ['vllm:num_requests_running{engine="0"} 3.0', 'python_info{version="3.12"} 1.0']
    return "\n".join([*others, *lines]) + "\n"


def short(value: object) -> str:
    """A test's name for a page: what is refused is told by what is said of it."""
    return value if isinstance(value, str) and len(value) < 60 and "\n" not in value else "page"
