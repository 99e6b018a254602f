"""What a run looks like on stdout: the report for people, the document for programs."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from specprof.analysis.acceptance import PUBLISHED
from specprof.analysis.section import with_analysis
from specprof.cli.look_options import LookAsked
from specprof.cli.streams import print_text
from specprof.run.journal import document_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from specprof.analysis.acceptance import AcceptanceModel
    from specprof.analysis.opened import Run


def print_document(opened: Run, acceptance: AcceptanceModel = PUBLISHED) -> None:
    """The run document on stdout, its derived section under one acceptance model."""
    print_text(document_text(with_analysis(opened, acceptance)))


def print_run(opened: Run, look: LookAsked, models: Sequence[AcceptanceModel] = (PUBLISHED,)) -> None:
    """Table, curves and findings on stdout, as wide and colourful as it can carry.

    Under the first of the acceptance models; where there are several they stand side by side at the end.
    """
    from specprof.views.report import print_report

    # drawn first, printed then: rich ends the whole program where a reader leaves
    drawn = io.StringIO()
    print_report(
        look.surface(sys.stdout),
        opened.record,
        opened.curves(models[0]),
        models[0],
        opened.findings(models[0]),
        opened.warnings,
        drawn,
    )
    print_text(drawn.getvalue())
