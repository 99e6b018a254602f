"""The live screen over a run that is being measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from specprof.session.starting import Start
from specprof.tui.screens.live import StreamScreen
from specprof.tui.sources import LiveSource

if TYPE_CHECKING:
    from specprof.tui.app import SpecprofApp


class LiveScreen(StreamScreen):
    """Starts the run when it opens; the app shows its results when it has ended."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "Pause", key_display="Space", tooltip="pause between rounds, and go on"),
        Binding("s", "stop", "Stop", tooltip="stop and keep what was measured"),
        Binding("escape", "stop", show=False),
        Binding("l", "log", "Log", tooltip="all notices"),
    ]
    waiting_words = "looking for a GPU"

    def __init__(self, start: Start, *, alone: bool) -> None:
        """`alone`: the app was opened for this run only, and ends with it where it cannot begin."""
        super().__init__()
        self._start, self._alone = start, alone

    def on_mount(self) -> None:
        super().on_mount()
        app = cast("SpecprofApp", self.app)
        app.begin(self._start, self._take, self._failed)

    def _take(self, source: LiveSource) -> None:
        self.source = source
        self.tick()

    def _failed(self, sentence: str) -> None:
        app = cast("SpecprofApp", self.app)
        if self._alone:
            app.exit(app.exit_code)
        else:
            while app.screen is not self and self in app.screen_stack:
                app.pop_screen()
            self.dismiss(sentence)
            app.say(sentence, "error")

    def action_pause(self) -> None:
        if isinstance(self.source, LiveSource) and not self.source.stopping:
            self.source.toggle_pause()
            self.tick()

    def action_stop(self) -> None:
        """Asks, and stops after the sample in progress. A second time it stops at once."""
        source = self.source
        if not isinstance(source, LiveSource) or source.ended:
            return
        if source.stopping:
            source.stop()
            return
        from specprof.tui.screens.confirm import Confirm

        def answered(stop: bool | None) -> None:
            if stop and not source.ended:
                source.stop()
                self.tick()

        question = "Stop this run? What was measured is kept, and --resume goes on with it."
        self.app.push_screen(Confirm(question, yes="Stop", no="Go on"), answered)
