"""The keys of the runs screen."""

from __future__ import annotations

from textual.binding import Binding, BindingType

RUNS_KEYS: list[BindingType] = [
    Binding("enter", "open", "Open", key_display="Enter", tooltip="open its results"),
    Binding("v,space", "overlay", "Overlay", tooltip="lay it over the results this was opened from"),
    Binding("tab", "view", "View", key_display="Tab", tooltip="the preview alone, and back"),
    Binding("tab", "view_too", show=False),  # where Overlay has the place in the footer
    Binding("d,delete", "delete", "Delete", tooltip="delete it; asks first"),
    Binding("slash", "filter", "Filter", key_display="/", tooltip="show only what has these words"),
    Binding("slash", "filter_on", show=False),  # where All has the place
    Binding("escape", "all", "All", key_display="Esc", tooltip="show all again"),
    Binding("p", "play", show=False, tooltip="play it from its start"),
    Binding("r", "resume", show=False, tooltip="go on with an unfinished run"),
    Binding("s", "sort", show=False, tooltip="sort by date, name or speedup"),
    Binding("escape", "back", show=False, tooltip="back"),
    Binding("down,j", "move(1)", show=False, tooltip="next run"),
    Binding("up,k", "move(-1)", show=False, tooltip="run before"),
    Binding("pagedown", "page(1)", show=False),
    Binding("pageup", "page(-1)", show=False),
    Binding("home,g", "first", show=False, tooltip="first run"),
    Binding("end,G", "last", show=False, tooltip="last run"),
]
