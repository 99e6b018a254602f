"""One field of the plan: its name, its value, and beside it what it is or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.message import Message
from textual.widget import Widget

from specprof.run.sanitize import clean
from specprof.tui.look import Look, look_of
from specprof.tui.state.line_edit import Line
from specprof.tui.state.plan_fields import Field
from specprof.views.lines import cut
from specprof.views.palette import Role

POINTER = 2
LABEL = 11
VALUE, WIDEST_VALUE = 26, 40
"""Columns of the value where there is room for words beside it."""

BESIDE = 32
"""Columns of these words, before the value gets more."""

ROOMY = 60
"""From this width on there is."""


@dataclass(frozen=True)
class Beside:
    """What stands beside the value."""

    default: str
    about: str
    fault: str = ""


class PlanField(Widget, can_focus=True):
    """`text` is empty where the default holds. A text or number is edited, a choice is stepped through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "screen.start", "Start", key_display="Enter"),
        Binding("escape", "screen.leave", "Leave", key_display="Esc"),
        Binding("left", "step(-1)", "Choose", key_display="← →"),
        Binding("right", "step(1)", show=False),
        Binding("left", "cursor(-1)", show=False),
        Binding("right", "cursor(1)", show=False),
        Binding("home,ctrl+a", "cursor(-9999)", show=False),
        Binding("end,ctrl+e", "cursor(9999)", show=False),
        Binding("backspace", "without('before')", show=False),
        Binding("delete", "without('behind')", show=False),
        Binding("ctrl+w", "without('word')", show=False),
        Binding("ctrl+u", "without('start')", show=False),
        Binding("ctrl+k", "without('end')", show=False),
        # the screen's own, which need no place in the footer here
        Binding("tab", "app.focus_next", show=False),
        Binding("slash", "screen.filter", show=False),
        Binding("o", "screen.runs", show=False),
    ]

    class Entered(Message):
        """The field has the focus, or no longer."""

    @dataclass
    class Edited(Message):
        """The text has changed by the user's hand."""

        field: Field

    def __init__(self, field: Field, text: str = "", *, classes: str | None = None) -> None:
        super().__init__(id=f"field-{field.name}", classes=classes)
        self.field = field
        self.choices = field.choices
        self._line = Line.of(text)
        self._chosen = False
        """The text is one that was stepped to: typing begins anew."""
        self.beside = Beside("", field.about)

    @property
    def text(self) -> str:
        return self._line.text

    @property
    def hint(self) -> str:
        """What is said of the value; of an empty text that is about to be edited, what it takes."""
        empty = self.field.kind == "text" and self.has_focus and not self.text
        return self.field.about if empty else self.beside.about

    def show(self, beside: Beside) -> None:
        if beside != self.beside:
            self.beside = beside
            self.refresh()

    def set_text(self, text: str) -> None:
        """Replaces the text, as if the user had chosen it."""
        self._chosen = True
        self._take(Line.of(text))

    def _take(self, line: Line) -> None:
        changed = line.text != self._line.text
        self._line = line
        self.refresh()
        if changed:
            self.post_message(self.Edited(self.field))
            self.refresh_bindings()

    # Choosing

    @property
    def steps(self) -> bool:
        """Whether ← and → step through choices: in a text only while it is none of the user's own."""
        return bool(self.choices) and (not self.text or self.text in self.choices)

    def action_step(self, by: int) -> None:
        """The next choice: where nothing is chosen the one beside the default, past the end the default."""
        if self.text:
            ring = ("", *self.choices)
            self.set_text(ring[(ring.index(self.text) + by) % len(ring)])
        elif self.beside.default in self.choices and len(self.choices) > 1:
            at = self.choices.index(self.beside.default)
            self.set_text(self.choices[(at + by) % len(self.choices)])
        else:
            self.set_text(self.choices[0 if by > 0 else -1])

    def _beginning_with(self, key: str) -> str | None:
        """The next choice that begins with `key`, or ends with it where that is a number."""
        at = self.choices.index(self.text) + 1 if self.text in self.choices else 0
        for choice in (*self.choices[at:], *self.choices[:at]):
            if choice.startswith(key) or (key.isdecimal() and choice.endswith(":" + key)):
                return choice
        return None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "step":
            return self.steps
        if action == "cursor":
            return not self.steps
        return True

    # Editing

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Only what the field can take: every other key is one of the screen's."""
        if character is None or not character.isprintable():
            return False
        if self.field.kind == "choice":
            return self._beginning_with(character.lower()) is not None
        return self.field.kind == "text" or character in self.field.characters

    def on_key(self, event: events.Key) -> None:
        key = event.character
        if key is None or not self.check_consume_key(event.key, key):
            return
        event.stop()
        event.prevent_default()
        if self.field.kind == "choice":
            choice = self._beginning_with(key.lower())
            if choice is not None:
                self.set_text(choice)
        else:
            self._type(key)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        words = clean(event.text.strip())
        if self.field.kind != "choice":
            self._type(words)
        elif words in self.choices:
            self.set_text(words)

    def _type(self, words: str) -> None:
        line = Line() if self._chosen else self._line
        self._chosen = False
        self._take(line.insert(words, self.field.most))

    def action_cursor(self, steps: int) -> None:
        self._take(self._line.move(steps))

    def action_without(self, what: str) -> None:
        if self._chosen or self.field.kind == "choice":
            self._chosen = False
            self._take(Line())
        else:
            self._take(getattr(self._line, f"without_{what}")())

    def on_click(self, event: events.Click) -> None:
        at = event.x - POINTER - LABEL - 2
        if self.steps and event.chain > 1:
            self.action_step(1)
        elif at >= 0 and not self.steps:
            self._take(self._line.to(at))

    def on_focus(self) -> None:
        self.app.cursor_position = self.content_region.offset + Offset(POINTER + LABEL + 2, 0)
        self.post_message(self.Entered())
        self.refresh()

    def on_blur(self) -> None:
        self._chosen = False
        self.post_message(self.Entered())
        self.refresh()

    # Drawing

    def render(self) -> RenderResult:
        look, width = look_of(self), self.content_size.width
        roomy = width >= ROOMY
        focused, fault = self.has_focus, self.beside.fault
        room = width - POINTER - LABEL - 1
        value = max(VALUE, min(WIDEST_VALUE, room - BESIDE)) if roomy else max(4, room)
        label = cut(look.glyphs.fit(self.field.label), LABEL, look.glyphs.ellipsis)
        pointer = "> " if look.glyphs.ascii else "▸ "
        line = look.line(
            (pointer if focused else "  ", "accent"),
            (f"{label:<{LABEL}} ", "accent" if focused else "muted", focused),
        )
        line.append_text(self._value(look, value - (0 if roomy else 2)))
        if roomy:
            words, role = (f"✕ {fault.removeprefix('wants ')}", "bad") if fault else (self.hint, "muted")
            line.append_text(look.line(("  ", "text"), (words, role), width=width - line.cell_len))
        elif fault:
            line.append_text(look.line((" ✕", "bad")))
        return line

    def _value(self, look: Look, width: int) -> Text:
        """The value on its own ground, a blank at either side."""
        palette = look.palette
        ground = Style()
        if palette.colour:
            ground = Style(bgcolor=palette.selection if self.has_focus else palette.panel)
        before, behind = ("‹", "›") if self.has_focus and self.steps else (" ", " ")
        room = width - 2
        role: Role = "bad" if self.beside.fault else "text"
        cursor = None
        if self.text and self.has_focus and not self.steps:
            words, cursor = self._line.window(room)
        elif self.text:
            words = cut(look.glyphs.fit(self.text), room, look.glyphs.ellipsis)
        else:
            role = "muted"
            default = look.glyphs.fit(self.beside.default)
            grey = palette.colour and not look.letters  # sixteen colours have no grey to tell it by
            words = cut(default if grey else f"({default})", room, look.glyphs.ellipsis)
            cursor = 0 if self.has_focus and not self.steps else None
        shown = Text(end="")
        shown.append(before, palette.style("text", bold=True) + ground)
        shown.append(words.ljust(room), palette.style(role) + ground)
        shown.append(" " * max(0, room - cell_len(words.ljust(room))), ground)
        shown.append(behind, palette.style("text", bold=True) + ground)
        if cursor is not None:
            shown.stylize(Style(reverse=True), cursor + 1, cursor + 2)
        return shown
