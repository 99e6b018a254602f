"""What all screens share: the status line, the body, the footer, and the view for a tiny terminal."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget

from specprof.tui.kept_styles import forget_kept_styles
from specprof.tui.look import Look, look_of
from specprof.tui.widgets.keys_footer import KeysFooter
from specprof.tui.widgets.too_small import LEAST_HEIGHT, LEAST_WIDTH, TooSmall

WIDE = 100
TALL = 30

ROOMY = 72
"""Columns from which on seven keys stand in the footer with room between them."""


class Frame(Screen[Any]):
    """Classes by size: `-cramped` below what anything needs, `-narrow`, `-wide`; `-flat`, `-low`, `-tall`."""

    # textual declares them as instance variables
    HORIZONTAL_BREAKPOINTS = [(0, "-cramped"), (LEAST_WIDTH, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (LEAST_HEIGHT, "-short"), (20, "-low"), (TALL, "-tall")]  # noqa: RUF012

    PARTS: ClassVar[tuple[type[Widget], ...]] = ()
    """The kinds of widget that what its workers and timers do cannot do without."""

    def compose(self) -> ComposeResult:
        with Container(id="whole"):
            yield from self.compose_body()
        yield KeysFooter(show_command_palette=False)
        yield TooSmall()

    def on_unmount(self) -> None:
        forget_kept_styles()

    def on_resize(self, event: events.Resize) -> None:
        self.query_one(KeysFooter).compact = event.size.width < ROOMY

    def compose_body(self) -> ComposeResult:
        """The screen's own widgets, from the status line down."""
        raise NotImplementedError

    @property
    def stands(self) -> bool:
        """Whether it still has its parts: when it closes they go before its workers and timers do."""
        return all(self.query(kind) for kind in self.PARTS)

    @property
    def look(self) -> Look:
        return look_of(self)
