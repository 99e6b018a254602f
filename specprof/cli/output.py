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

    from rich.text import Text

    from specprof.analysis.acceptance import AcceptanceModel
    from specprof.analysis.opened import Run
    from specprof.views.terminal import Surface


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
    surface = look.surface(sys.stdout)
    print_report(
        surface,
        opened.record,
        opened.curves(models[0]),
        models[0],
        opened.findings(models[0]),
        opened.warnings,
        drawn,
        _side_by_side(opened, surface, models),
    )
    print_text(drawn.getvalue())


def _side_by_side(opened: Run, surface: Surface, models: Sequence[AcceptanceModel]) -> list[list[Text]]:
    """Each row's best K under every model, where there are several."""
    if len(models) < 2:
        return []
    from specprof.analysis.sensitivity import sensitivity
    from specprof.views.decision.sensitivity import sensitivity_lines

    compared = sensitivity(opened, models)
    return [sensitivity_lines(compared, surface.width, surface.palette(), surface.glyphs)]
