"""The engines by name."""

from __future__ import annotations

from collections.abc import Callable

from specprof.analysis.opened import Run
from specprof.analysis.schedule import Schedule
from specprof.engines import llama_cpp, sglang, tensorrt_llm, transformers, vllm
from specprof.engines.decided import Decided, decide
from specprof.engines.settings import Asked, Settings
from specprof.errors import UsageProblem

ENGINES: dict[str, Callable[[Decided], Settings]] = {
    "vllm": vllm.settings,
    "sglang": sglang.settings,
    "tensorrt-llm": tensorrt_llm.settings,
    "llama.cpp": llama_cpp.settings,
    "transformers": transformers.settings,
}


def settings_for(engine: str, run: Run, schedule: Schedule, asked: Asked) -> Settings:
    """What to paste into an engine. Raises UsageProblem for what it cannot be told."""
    if engine not in ENGINES:
        raise UsageProblem(f"there is no engine {engine[:40]!a}", f"choose {', '.join(ENGINES)}")
    asked.check()
    return ENGINES[engine](decide(run, schedule, asked))
