"""Small programs for a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .terminal import Terminal

APP = """
from textual.app import App
from textual.screen import Screen
from textual.widgets import Static


class Empty(Screen):
    BINDINGS = [("f", "fill", "Fill")]

    def action_fill(self):
        self.mount(Static("filled at last " * 20))


class Small(App):
    SCREENS = {"empty": Empty}
    BINDINGS = [("q", "quit", "Quit"), ("e", "push_screen('empty')", "Empty")]

    def compose(self):
        yield Static("up and running, with words enough not to pass for an empty screen")
        yield Static(id="size")

    def on_resize(self, event):
        self.query_one("#size", Static).update(f"{event.size.width} columns, {event.size.height} rows")


Small().run()
"""


class Programs:
    """Starts programs on terminals of their own, and closes those."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._terminals: list[Terminal] = []

    def start(self, *arguments: str | Path, columns: int = 60, rows: int = 12, **options) -> Terminal:
        """A terminal with this program in it; `options` are Terminal's."""
        terminal = Terminal(arguments, columns=columns, rows=rows, cwd=self.folder, **options)
        self._terminals.append(terminal)
        return terminal

    def bash(self, script: str, **options) -> Terminal:
        return self.start("bash", "-c", script, **options)

    def python(self, script: str, **options) -> Terminal:
        (self.folder / "program.py").write_text(script)
        return self.start(sys.executable, "program.py", **options)

    def app(self, **options) -> Terminal:
        """A plain Textual app that is up and running."""
        terminal = self.python(APP, **options)
        terminal.wait_for("up and running")
        return terminal

    def close(self) -> None:
        for terminal in self._terminals:
            terminal.close()


@pytest.fixture
def programs(tmp_path: Path):
    started = Programs(tmp_path)
    yield started
    started.close()
