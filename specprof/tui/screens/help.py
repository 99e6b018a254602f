"""Every key of the screen below, and of the app."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from specprof.tui.look import Look, look_of

_NAMES = {
    "question_mark": "?",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "slash": "/",
    "escape": "Esc",
    "space": "Space",
    "enter": "Enter",
    "tab": "Tab",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "home": "Home",
    "end": "End",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "full_stop": ".",
    "comma": ",",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}


def key_words(keys: str) -> str:
    """`ctrl+p` as `^p`, `question_mark` as `?`."""
    found = []
    for key in keys.split(","):
        if key.startswith("ctrl+"):
            found.append("^" + key.removeprefix("ctrl+"))
        elif key.startswith("shift+"):
            found.append("Shift-" + _NAMES.get(key.removeprefix("shift+"), key.removeprefix("shift+")))
        else:
            found.append(_NAMES.get(key, key))
    return " ".join(found)


class HelpScreen(ModalScreen[None]):
    """`HELP` of a screen is what stands above its keys; a binding is listed by its tooltip, else its name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close"),
        Binding("j", "scroll_lines(1)", show=False),
        Binding("k", "scroll_lines(-1)", show=False),
    ]

    def __init__(self, about: Screen[Any]) -> None:
        super().__init__()
        self._about = about

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as scroll:
            scroll.border_title = "Help"
            scroll.border_subtitle = "Esc closes"
            yield Static(self._text(look_of(self)))

    def _text(self, look: Look) -> Text:
        text = Text()
        about = str(getattr(self._about, "HELP", "")).strip()
        if about:
            text.append(look.glyphs.fit(" ".join(about.split())) + "\n\n", look.palette.style("text"))
        for keys, what in [*_listed(self._about), *_listed(self.app)]:
            text.append(f"{look.glyphs.fit(keys):>14}  ", look.palette.style("accent", bold=True))
            text.append(look.glyphs.fit(what) + "\n", look.palette.style("text"))
        return text

    def action_scroll_lines(self, lines: int) -> None:
        self.query_one("#help").scroll_relative(y=lines, animate=False)


def own_bindings(node: DOMNode) -> list[Binding]:
    """The bindings that a screen or the app has of specprof itself, those nearest to it first."""
    return [
        binding
        for cls in type(node).__mro__
        if cls.__module__.startswith("specprof.")
        for binding in cls.__dict__.get("BINDINGS", ())
        if isinstance(binding, Binding)
    ]


def _listed(node: DOMNode) -> list[tuple[str, str]]:
    """Keys and words of a node's bindings, those of one action together."""
    found: dict[str, tuple[list[str], str]] = {}
    for binding in own_bindings(node):
        words = binding.tooltip or binding.description
        if words:
            found.setdefault(binding.action, ([], words))[0].append(key_words(binding.key))
    return [(" ".join(dict.fromkeys(keys)), words) for keys, words in found.values()]
