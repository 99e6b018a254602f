"""The keys of the results screen."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from specprof.tui.state.result_views import VIEWS, key_of

RESULTS_KEYS: list[BindingType] = [
    Binding("tab", "cycle(1)", "View", key_display="Tab", tooltip="next view"),
    Binding("shift+tab", "cycle(-1)", show=False, tooltip="view before"),
    *(
        Binding(key_of(index), f"view({index})", show=False, tooltip=view.about)
        for index, view in enumerate(VIEWS)
    ),
    Binding("a", "model", "Model", tooltip="next acceptance model"),
    Binding("left_square_bracket", "parameter(-1)", show=False, tooltip="parameter before"),
    Binding("right_square_bracket", "parameter(1)", show=False, tooltip="next parameter of the model"),
    Binding("plus,equals_sign", "nudge(1)", show=False, tooltip="raise that parameter"),
    Binding("minus", "nudge(-1)", show=False, tooltip="lower that parameter"),
    Binding("left,h", "go('left')", show=False, tooltip="crosshair to the point on the left"),
    Binding("right,l", "go('right')", "Read", key_display="→", tooltip="crosshair to the point on the right"),
    Binding("up,k", "go('up')", show=False, tooltip="curve above; line or row before"),
    Binding("down,j", "go('down')", show=False, tooltip="curve below; next line or row"),
    Binding("pageup", "page(-1)", show=False, tooltip="page up in table and text"),
    Binding("pagedown", "page(1)", show=False, tooltip="page down in table and text"),
    Binding("home", "end(-1)", show=False, tooltip="first row or line"),
    Binding("end", "end(1)", show=False, tooltip="last row or line"),
    Binding("s", "sort", "Sort", tooltip="sort the table by the next column"),
    Binding("S", "reverse", show=False, tooltip="sort the other way round"),
    Binding("b", "batch", show=False, tooltip="next batch size, where there are several"),
    Binding("e", "engines", "Engine", tooltip="settings to paste into an inference engine"),
    Binding("o", "runs", "Runs", tooltip="saved runs: open one, or lay it over these curves"),
    Binding("x", "without_overlay", show=False, tooltip="take the second run away"),
    Binding("p", "play", show=False, tooltip="play this run from its start"),
    Binding("r", "plan", show=False, tooltip="plan a new run"),
    Binding("escape", "back", show=False, tooltip="take the crosshair away; go back"),
]
