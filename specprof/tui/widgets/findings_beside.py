"""The findings of a run that has ended, beside its curves: as many as there is room for."""

from __future__ import annotations

from rich.text import Text

from specprof.analysis.findings import Finding
from specprof.tui.widgets.said_panels import FindingsPanel


class FindingsBeside(FindingsPanel):
    def nothing(self, width: int) -> list[Text]:
        return [self.look.line(("being computed", "muted"), width=width)]

    def lines(self, data: tuple[Finding, ...], width: int, height: int) -> list[Text]:
        if not data:
            return self.look.wrapped("none: too few points were measured", "muted", width, 2)
        return super().lines(data, width, height)
