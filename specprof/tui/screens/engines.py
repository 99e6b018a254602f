"""What to paste into an engine, and why; it can be copied."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from specprof.tui.state.engine_settings import EngineNow, EngineSettings
from specprof.tui.widgets.engine_page import EnginePage, EnginePageNow
from specprof.tui.widgets.view_tabs import TabsNow, ViewTabs

SHORT = {"tensorrt-llm": "trt-llm", "transformers": "hf"}


class EnginesScreen(ModalScreen[None]):
    """One engine at a time, under the acceptance model that the results are shown under."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,e,q", "dismiss", "Close"),
        Binding("c,y", "copy", "Copy"),
        Binding("tab,right,l", "engine(1)", show=False, tooltip="next engine"),
        Binding("shift+tab,left,h", "engine(-1)", show=False, tooltip="engine before"),
        *(Binding(str(n), f"show({n - 1})", show=False) for n in range(1, 6)),
        Binding("j,down", "scroll_lines(1)", show=False),
        Binding("k,up", "scroll_lines(-1)", show=False),
    ]

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__()
        self._settings, self._at, self._copied = settings, 0, ""

    @property
    def _now(self) -> EngineNow:
        return self._settings.of(self._settings.names[self._at])

    def compose(self) -> ComposeResult:
        with Vertical(id="engines") as box:
            box.border_title = "Settings for your engine"
            yield ViewTabs(id="engine-names")
            yield EnginePage(id="engine-page")

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        names = self._settings.names
        tabs = TabsNow(tuple((name, SHORT.get(name, name)) for name in names), self._at)
        self.query_one(ViewTabs).show(tabs)
        self.query_one(EnginePage).show(EnginePageNow(self._now, self._settings.formula))
        hint = (
            "c copies  Tab next engine  Esc closes" if self._now.settings else "Tab next engine  Esc closes"
        )
        self.query_one("#engines").border_subtitle = Content(self._copied or hint)
        self._copied = ""

    def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        self.action_show(message.index)

    def action_show(self, index: int) -> None:
        if index < len(self._settings.names):
            self._at = index
            self.query_one(EnginePage).scroll_home(animate=False)
            self._show()

    def action_engine(self, step: int) -> None:
        self.action_show((self._at + step) % len(self._settings.names))

    def action_copy(self) -> None:
        """Through the terminal (OSC 52), so that it works over ssh too; whether it took it is not told."""
        settings = self._now.settings
        if settings is not None and settings.paste:
            self.app.copy_to_clipboard(settings.paste)
            self._copied = "sent to the terminal's clipboard"
            self._show()

    def action_scroll_lines(self, lines: int) -> None:
        self.query_one(EnginePage).scroll_lines(lines)
