"""Recent runs on the plan: the list of saved runs, with a cursor only where the keys go to it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from specprof.tui.widgets.runs_list import RunsList


class RecentRuns(RunsList, can_focus=True):
    BORDER_TITLE = "Recent runs and samples"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.open", "Open", key_display="Enter"),
        Binding("down,j", "step(1)", show=False),
        Binding("up,k", "step(-1)", show=False),
        Binding("escape", "screen.leave", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id)
        self.can_focus = True
        self.set_classes(classes or "")

    @property
    def shows_cursor(self) -> bool:
        return self.has_focus

    def action_step(self, steps: int) -> None:
        """Beyond its first run the plan's fields begin again."""
        if steps < 0 and self.at_first:
            self.screen.focus_previous()
        else:
            self.move(steps)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()
