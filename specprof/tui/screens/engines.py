"""What to paste into an engine, and why; it can be copied."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from specprof.tui.look import Look, look_of
from specprof.tui.state.engine_settings import EngineNow, EngineSettings
from specprof.tui.widgets.view_tabs import TabsNow, ViewTabs
from specprof.views.palette import Role

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
        with VerticalScroll(id="engines") as scroll:
            scroll.border_title = "Settings for your engine"
            yield ViewTabs(id="engine-names")
            yield Static(id="engine-text")

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        names = self._settings.names
        self.query_one(ViewTabs).show(
            TabsNow(tuple((name, SHORT.get(name, name)) for name in names), self._at)
        )
        now, look = self._now, look_of(self)
        self.query_one("#engine-text", Static).update(_text(now, self._settings.acceptance.formula, look))
        hint = "c copies  Tab next engine  Esc closes" if now.settings else "Tab next engine  Esc closes"
        self.query_one("#engines").border_subtitle = Content(self._copied or hint)
        self._copied = ""

    def on_view_tabs_chosen(self, message: ViewTabs.Chosen) -> None:
        self.action_show(message.index)

    def action_show(self, index: int) -> None:
        if index < len(self._settings.names):
            self._at = index
            self.query_one("#engines").scroll_home(animate=False)
            self._show()

    def action_engine(self, step: int) -> None:
        self.action_show((self._at + step) % len(self._settings.names))

    def action_copy(self) -> None:
        """Through the terminal (OSC 52), so that it works over ssh too; whether it took it is not told."""
        settings = self._now.settings
        if settings is not None:
            self.app.copy_to_clipboard(settings.paste)
            self._copied = "sent to the terminal's clipboard"
            self._show()

    def action_scroll_lines(self, lines: int) -> None:
        self.query_one("#engines").scroll_relative(y=lines, animate=False)


def _text(now: EngineNow, formula: str, look: Look) -> Text:
    text, palette, fit = Text(), look.palette, look.glyphs.fit

    def say(words: str, role: Role = "text", *, bold: bool = False) -> None:
        text.append(fit(words) + "\n", palette.style(role, bold=bold))

    say("")
    if now.settings is None:
        say(now.problem, "warn")
        return text
    settings = now.settings
    say(settings.paste.rstrip("\n"), "accent", bold=True)
    for name, content in settings.files:
        say(f"\n{name}", "muted")
        say(content.rstrip("\n"), "accent")
    say("")
    say(settings.convention)
    say(f"{settings.engine}, {settings.version}; E(K) = {formula}", "muted")
    say("")
    for reason in settings.reasons:
        say(f"- {reason}")
    return text
