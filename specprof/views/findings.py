"""Findings as short lines, each with a sign for how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from specprof.views.glyphs import Glyphs
from specprof.views.palette import Palette, Role

if TYPE_CHECKING:
    from specprof.analysis.findings import Certainty, Finding

CERTAINTY_ROLES: dict[Certainty, Role] = {
    "significant": "good",
    "suggestive": "warn",
    "within noise": "muted",
}


def certainty_signs(glyphs: Glyphs) -> dict[Certainty, str]:
    """The sign that stands before a finding of each certainty."""
    return {
        "significant": glyphs.significant,
        "suggestive": glyphs.suggestive,
        "within noise": glyphs.within_noise,
    }


def findings_view(findings: Sequence[Finding], acceptance: str, palette: Palette, glyphs: Glyphs) -> Group:
    """The findings in the order given, and below them what the signs mean and whose acceptance it is that
    speedups stand on. Empty where there are none."""
    if not findings:
        return Group()
    signs = certainty_signs(glyphs)
    grid = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    batch_sizes = {finding.batch_size for finding in findings}
    for finding in findings:
        sign = Text(signs[finding.certainty], palette.style(CERTAINTY_ROLES[finding.certainty]))
        where = f"batch {finding.batch_size}: " if len(batch_sizes) > 1 else ""
        grid.add_row(sign, Text(glyphs.fit(where + finding.text), palette.style("text")))
    used = {finding.certainty for finding in findings}
    key = [f"{sign} {certainty}" for certainty, sign in signs.items() if certainty in used]
    key.append(glyphs.fit(f"acceptance: {acceptance}"))
    parts: list[RenderableType] = [grid, Text("  ".join(key), palette.style("muted"))]
    return Group(*parts)
