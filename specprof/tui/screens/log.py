"""All notices of a run, to scroll through."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from specprof.run.record import NoticeRecord
from specprof.tui.look import look_of
from specprof.views.progress import NOTICE_ROLES
from specprof.views.quantities import duration


class LogScreen(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,l,q", "dismiss", "Close"),
        Binding("j", "scroll_lines(1)", show=False),
        Binding("k", "scroll_lines(-1)", show=False),
    ]

    def __init__(self, notices: tuple[NoticeRecord, ...]) -> None:
        super().__init__()
        self._notices = notices

    def compose(self) -> ComposeResult:
        look = look_of(self)
        text = Text()
        for notice in self._notices:
            text.append(f"{duration(notice.t_s):>12}  ", look.palette.style("muted"))
            role = NOTICE_ROLES[notice.level]
            text.append(look.glyphs.fit(notice.text) + "\n", look.palette.style(role))
        with VerticalScroll(id="log") as log:
            log.border_title = "Notices"
            log.border_subtitle = "Esc closes"
            yield Static(text if self._notices else Text("there are none"))

    def action_scroll_lines(self, lines: int) -> None:
        self.query_one("#log").scroll_relative(y=lines, animate=False)
