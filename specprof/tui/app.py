"""The app: its screens, its look, the run in progress, and how it ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.opened import Run
from specprof.analysis.section import published
from specprof.errors import SpecprofError
from specprof.session.outcome import Outcome
from specprof.session.starting import Start
from specprof.tui.commands import AppCommands
from specprof.tui.crash import keep_traceback
from specprof.tui.driver import AsciiDriver, TerminalDriver, WithoutColour
from specprof.tui.look import Look
from specprof.tui.sources import LiveSource
from specprof.tui.state.acceptance_choice import with_others
from specprof.tui.theming import DEFAULT_VARIABLES, textual_theme
from specprof.views.palette import PLAIN, Palette
from specprof.views.terminal import Surface
from specprof.views.themes import ThemeFiles, load_themes, remember_theme

THEME_POLL_S = 1.0

Opens = Callable[["SpecprofApp"], Screen[Any]]
"""Makes the first screen."""


class SpecprofApp(App[int]):
    """Shows one stream of events at a time; knows nothing of torch."""

    CSS_PATH = "specprof.tcss"
    TITLE = "specprof"
    COMMANDS: ClassVar = {AppCommands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "next_theme", show=False, tooltip="next theme, remembered"),
        Binding("question_mark", "help", "Help", key_display="?", tooltip="every key of this screen"),
        Binding("q", "leave", "Quit", tooltip="quit; a run in progress is asked about"),
        Binding("ctrl+p", "command_palette", show=False, tooltip="find a command or theme by its name"),
        Binding("ctrl+q", "leave", show=False, priority=True),
        Binding("ctrl+c", "interrupt", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
    ]

    def __init__(
        self,
        surface: Surface,
        palette: Palette,
        opens: Opens,
        *,
        ascii_only: bool = False,
        models: Sequence[AcceptanceModel] = (),
    ) -> None:
        super().__init__(driver_class=AsciiDriver if ascii_only else TerminalDriver)
        self.surface = surface
        self.models = with_others(models)
        """The acceptance models to choose from; curves start under the first."""
        self._opens = opens
        self._palettes: dict[str, Palette] = {}
        self._theme_files = ThemeFiles()
        self._without_colour: WithoutColour | None = None
        self._measuring: asyncio.Task[None] | None = None
        self.source: LiveSource | None = None
        """The run that is being measured, or was last."""
        self.outcome: Outcome | None = None
        self._results_to_come: Run | None = None
        self.farewell: list[str] = []
        """What is said on stderr once the terminal is as it was."""
        self._leaving: int | None = None
        self._failure_code = 0
        """Of a run that could not begin."""
        if not surface.colour:
            self._refuse_colour()
        self.look = self._look_in(palette)
        for name in list(self.available_themes):
            self.unregister_theme(name)
        self._add_palettes({palette.name: palette})
        self.theme = palette.name

    # Looks

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return DEFAULT_VARIABLES

    def _refuse_colour(self) -> None:
        """Textual makes colours grey where it finds NO_COLOR: none at all was asked for."""
        self.no_color = True
        self._without_colour = WithoutColour(())
        kept: list[LineFilter] = [one for one in self._filters if type(one).__name__ != "Monochrome"]
        self._filters = [*kept, self._without_colour]

    def _look_in(self, palette: Palette) -> Look:
        if self._without_colour is not None:
            self._without_colour.grounds = frozenset((palette.ground.lower(), palette.panel.lower()))
            return Look(PLAIN, self.surface.glyphs)
        return Look(palette, self.surface.glyphs, letters=True if self.surface.depth == "standard" else None)

    def _add_palettes(self, palettes: dict[str, Palette]) -> None:
        self._palettes.update(palettes)
        for palette in palettes.values():
            self.register_theme(textual_theme(palette))

    def load_all_themes(self) -> None:
        """Reads all theme files; a bad one is named and skipped."""
        found = load_themes()
        gone = set(self._palettes) - {palette.name for palette in found.loaded}
        self._add_palettes({palette.name: palette for palette in found.loaded})
        for name in gone - {self.theme}:
            self.unregister_theme(name)
            del self._palettes[name]
        for said in (*map(str, found.failed), *found.warnings):
            self.say(said, "warning")
        if self.theme in self._palettes:
            self._watch_theme(self.theme)

    def _watch_theme(self, theme_name: str) -> None:
        super()._watch_theme(theme_name)
        palette = self._palettes.get(theme_name)
        if palette is None:
            return
        look = self._look_in(palette)
        if look != self.look:
            self.look = look
            for screen in self.screen_stack if self.is_running else ():
                for widget in screen.query("*"):
                    widget.refresh()

    def choose_theme(self, name: str) -> None:
        """Shows a theme and remembers it."""
        self.theme = name
        remember_theme(name)

    @property
    def theme_names(self) -> list[str]:
        return sorted(self._palettes)

    def action_next_theme(self) -> None:
        names = self.theme_names
        name = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]
        self.choose_theme(name)
        self.say(f"theme {name}")

    # Start and end

    def on_mount(self) -> None:
        self.push_screen(self._opens(self))
        self.call_after_refresh(self.load_all_themes)
        self.set_interval(THEME_POLL_S, self._reload_edited_themes)

    def _reload_edited_themes(self) -> None:
        if self._theme_files.changed():
            self.load_all_themes()

    def say(self, words: str, severity: str = "information") -> None:
        """A short notice in the corner. Nothing in it is taken for markup."""
        level = severity if severity in ("information", "warning", "error") else "information"
        self.notify(self.look.glyphs.fit(words), severity=level, markup=False, timeout=4)  # type: ignore[arg-type]

    @property
    def measuring(self) -> bool:
        """Whether a run is in progress."""
        return self._measuring is not None and not self._measuring.done()

    def begin(self, start: Start, show: Callable[[LiveSource], None], failed: Callable[[str], None]) -> None:
        """Starts measuring. `show` gets the run once it is begun, `failed` a sentence where it cannot be."""
        self._measuring = asyncio.create_task(self._measure(start, show, failed))

    async def _measure(
        self, start: Start, show: Callable[[LiveSource], None], failed: Callable[[str], None]
    ) -> None:
        try:
            outcome = await self._recorded(start, show)
            again = start.on_cpu_instead(outcome)
            if again is not None:
                self.say(outcome.cpu_instead, "warning")
                outcome = await self._recorded(again, show)
        except SpecprofError as problem:
            if self._leaving is not None:
                self.exit(problem.exit_code)
            self.farewell.append(str(problem))
            self._failure_code = problem.exit_code
            failed(str(problem))
            return
        except Exception as error:  # a defect: textual must hear of it, or the app would wait for ever
            self._handle_exception(error)
            return
        self.outcome = outcome
        self.farewell = outcome.sentences()
        if self._leaving is not None or outcome.signal_code:
            self.exit(outcome.exit_code)
        elif outcome.record is None:
            failed("; ".join(outcome.sentences()))
        else:
            self.show_results(Run.of(outcome.record))

    async def _recorded(self, start: Start, show: Callable[[LiveSource], None]) -> Outcome:
        recording = await start.recording()
        self.source = LiveSource(recording)
        show(self.source)
        return await recording.run(lambda event: None, published)

    def show_results(self, run: Run) -> None:
        """The results of a run, in place of the screen that showed how it was measured.

        A question about the run is moot then and goes; help, log or palette that somebody reads stay, and
        the results come once they are closed.
        """
        from specprof.tui.screens.confirm import Confirm
        from specprof.tui.screens.results import ResultsScreen

        while isinstance(self.screen, Confirm):
            self.pop_screen()
        if self.screen.is_modal:
            self._results_to_come = run
        else:
            self._results_to_come = None
            self.switch_screen(ResultsScreen(run))

    def show_results_to_come(self) -> None:
        """The results that waited until what lay over them was closed."""
        if self._results_to_come is not None:
            self.show_results(self._results_to_come)

    @property
    def exit_code(self) -> int:
        return self.outcome.exit_code if self.outcome is not None else self._failure_code

    def action_leave(self) -> None:
        """Quits; where a run is in progress it asks first."""
        if not self.measuring:
            self.exit(self.exit_code)
            return
        from specprof.tui.screens.confirm import Confirm

        def answered(stop: bool | None) -> None:
            if stop:
                self.stop_and_leave()

        question = "A run is in progress. Stop it, keep what was measured, and quit?"
        self.push_screen(Confirm(question, yes="Stop and quit", no="Go on"), answered)

    def stop_and_leave(self) -> None:
        """Ends the run after its sample, then the app."""
        self._leaving = 0
        if self.source is not None and self.measuring:
            self.source.stop()
        else:
            self.exit(self.exit_code)

    def action_interrupt(self) -> None:
        """Ctrl-C: the terminal sends it as a key."""
        self.on_signal(signal.SIGINT)

    def on_signal(self, number: signal.Signals) -> None:
        """The first one ends the run after its sample and then the app; a second one at once."""
        self._leaving = 128 + number
        if self.source is not None and self.measuring:
            self.source.stopping = True
            self.source.recording.on_signal(number)
        else:
            if self._measuring is not None:
                self._measuring.cancel()
            self.exit(128 + number)

    def terminal_gone(self, *, goes_on: bool) -> None:
        """No key comes any more. Ends as by SIGHUP or, where that is ignored, when the run has ended."""
        if isinstance(self._driver, TerminalDriver):
            self._driver.exit_event.set()
        if not goes_on:
            self.on_signal(signal.SIGHUP)
        elif self.measuring:
            self._leaving = 0
        else:
            self.exit(self.exit_code)

    async def end_recording(self) -> None:
        """Whatever ended the app: the child is gone after this, and what was measured is published."""
        if self._measuring is not None and not self._measuring.done():
            self._measuring.cancel()
            await asyncio.wait([self._measuring], timeout=5.0)
            recording = self.source.recording if self.source is not None else None
            if recording is not None and recording.outcome is not None:
                self.outcome = recording.outcome
                self.farewell += recording.outcome.sentences()

    def _fatal_error(self) -> None:
        """An exception that nobody handled: kept in a file, said in one line, no traceback on the screen."""
        error = self._exception
        self.farewell.append(keep_traceback(error) if error is not None else "specprof failed")
        self._close_messages_no_wait()

    def action_help(self) -> None:
        from specprof.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))
