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
    from specprof.analysis.opened import Run


def print_document(opened: Run) -> None:
    """The run document on stdout."""
    print_text(document_text(with_analysis(opened)))


def print_run(opened: Run, look: LookAsked) -> None:
    """Table, curves and findings on stdout, as wide and colourful as it can carry."""
    from specprof.views.report import print_report

    # drawn first, printed then: rich ends the whole program where a reader leaves
    drawn = io.StringIO()
    print_report(
        look.surface(sys.stdout),
        opened.record,
        opened.curves(PUBLISHED),
        PUBLISHED,
        opened.findings(PUBLISHED),
        opened.warnings,
        drawn,
    )
    print_text(drawn.getvalue())
