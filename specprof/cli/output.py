"""What a run looks like on stdout: the report for people, the document for programs."""

from __future__ import annotations

import io
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from specprof.analysis.acceptance import PUBLISHED
from specprof.cli.streams import print_text
from specprof.run.journal import document_text

if TYPE_CHECKING:
    from specprof.analysis.opened import Run
    from specprof.run.record import RunRecord


def with_analysis(opened: Run) -> RunRecord:
    """The record with its derived section filled in, for people who read the JSON."""
    curves = opened.curves(PUBLISHED)
    section: dict[str, Any] = {
        "acceptance": {
            "name": PUBLISHED.name,
            "formula": PUBLISHED.formula,
            "parameters": PUBLISHED.parameters,
            "source": PUBLISHED.source,
        },
        "curves": [
            {
                "batch_size": curve.batch_size,
                "seq_len": curve.seq_len,
                "candidates": curve.candidates.tolist(),
                "speedup": curve.speedup.tolist(),
                "ci_low": curve.low.tolist(),
                "ci_high": curve.high.tolist(),
            }
            for curve in curves.curves
        ],
        "findings": [asdict(finding) for finding in opened.findings(PUBLISHED)],
    }
    return opened.record.model_copy(update={"analysis": section})


def print_document(opened: Run) -> None:
    """The run document on stdout."""
    print_text(document_text(with_analysis(opened)))


def print_run(opened: Run) -> None:
    """Table, curves and findings on stdout, as wide and colourful as it can carry."""
    from specprof.views.report import print_report
    from specprof.views.terminal import surface_of

    # drawn first, printed then: rich ends the whole program where a reader leaves
    drawn = io.StringIO()
    print_report(
        surface_of(sys.stdout),
        opened.record,
        opened.curves(PUBLISHED),
        PUBLISHED,
        opened.findings(PUBLISHED),
        opened.warnings,
        drawn,
    )
    print_text(drawn.getvalue())
