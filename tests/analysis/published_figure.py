"""The published figure as a run record: how `sample_results/medusa-llama-7b-bs4.json` was made.

The values are read off the appendix's figure for batch size 4 (Medusa, arXiv 2401.10774), good to about
±0.03. Write the file anew, from the top of the checkout, with

    python -m tests.analysis.published_figure
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from specprof.plan.plan import Plan
from specprof.plan.presets import PRESETS
from specprof.plan.stopping import StoppingRule
from specprof.run.environment import Device, Environment
from specprof.run.record import Reference, RunRecord

NAME = "medusa-llama-7b-bs4"
FILE = Path(__file__).resolve().parents[2] / "sample_results" / f"{NAME}.json"
UNKNOWN = "not published"

CANDIDATES = (1, 16, 32, 48, 64, 80, 96, 112)
SPEEDUP = {
    128: (1.0, 2.38, 2.48, 2.40, 2.36, 1.68, 1.72, 1.60),
    256: (1.0, 2.34, 2.44, 2.36, 2.32, 1.66, 1.70, 1.58),
    512: (1.0, 2.27, 2.37, 2.28, 2.24, 1.62, 1.66, 1.54),
    1024: (1.0, 2.14, 2.24, 2.16, 2.13, 1.56, 1.59, 1.48),
    2048: (1.0, 1.96, 2.06, 1.99, 1.96, 1.45, 1.48, 1.38),
    4096: (1.0, 1.70, 1.78, 1.72, 1.68, 1.28, 1.29, 1.21),
    8192: (1.0, 1.30, 1.36, 1.34, 1.31, 1.04, 1.04, 0.98),
}
PROVENANCE = (
    "Estimated from the published figure (Medusa, arXiv 2401.10774, appendix; A100-80GB-PCIe; latency of a "
    "simplified Llama-7B block, acceptance 0.477 log K). Values read off a plot: good to about 0.03."
)


def record() -> RunRecord:
    """The figure as a complete run without cells. The stopping rule is a placeholder: none is published."""
    return RunRecord(
        run_id=NAME,
        created_at="2024-01-19T00:00:00Z",  # the paper's submission
        status="complete",
        specprof_version="0.1.0",
        environment=Environment(
            host=UNKNOWN,
            os=UNKNOWN,
            python=UNKNOWN,
            torch=UNKNOWN,
            transformers=UNKNOWN,
            device=Device(kind="cuda", name="A100-80GB-PCIe"),
        ),
        plan=Plan(
            model=PRESETS["llama-7b"],
            dtype="float16",
            device="cuda",
            attention="eager",
            execution="eager",
            workload="paper-block",
            batch_sizes=(4,),
            seq_lens=tuple(SPEEDUP),
            candidates=CANDIDATES,
            stopping=StoppingRule(target_ci=0.01),
        ),
        reference=Reference(
            provenance=PROVENANCE,
            acceptance="1 + 0.477 ln K",
            reading_error=0.03,
            speedup=[list(row) for row in SPEEDUP.values()],
        ),
    )


def text() -> str:
    """The document as JSON, one line per row of numbers."""
    indented = json.dumps(record().model_dump(mode="json"), indent=2, ensure_ascii=True)
    return re.sub(r"\[[\d.,\s]+\]", lambda found: " ".join(found[0].split()), indented) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
