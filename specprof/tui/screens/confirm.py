"""A question with two answers."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from specprof.tui.look import look_of


class Confirm(ModalScreen[bool]):
    """True for yes. Enter takes the answer in focus, which is no at first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n,escape,q", "answer(False)", show=False),
        Binding("left,right,h,l", "other", show=False),
    ]

    def __init__(self, question: str, *, yes: str, no: str) -> None:
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def compose(self) -> ComposeResult:
        fit = look_of(self).glyphs.fit
        with Vertical(id="dialog"):
            yield Static(Content(fit(self._question)), id="question", markup=False)
            with Horizontal(id="answers"):
                yield Button(Content(f"{fit(self._yes)} (y)"), id="yes", compact=True)
                yield Button(Content(f"{fit(self._no)} (n)"), id="no", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)

    def action_other(self) -> None:
        self.focus_next()
