"""The device at work: utilisation, memory, power, temperature, clocks, and what holds them down."""

from __future__ import annotations

from rich.text import Text

from specprof.tui.look import Piece
from specprof.tui.state.device import DeviceNow, Reading
from specprof.tui.widgets.drawn import Drawn
from specprof.views.sparkline import sparkline


class DevicePanel(Drawn[DeviceNow]):
    BORDER_TITLE = "Device"

    def nothing(self, width: int) -> list[Text]:
        return [self.look.line(("no reading yet", "muted"), width=width)]

    def lines(self, data: DeviceNow, width: int, height: int) -> list[Text]:
        found = [self.look.line((data.name or data.source, "text", True), width=width)]
        label = max((len(reading.name) for reading in data.readings), default=0)
        words = max((len(reading.now) for reading in data.readings), default=0)
        found += [self._line(reading, label, words, width) for reading in data.readings]
        if data.source == "GPU":
            found.append(self._limits(data, width))
        for sentence in data.missing:
            found += self.look.wrapped(sentence, "warn", width, max(1, height - len(found)))
        return found

    def _line(self, reading: Reading, label: int, words: int, width: int) -> Text:
        room = width - label - words - 2
        bars = sparkline(_fitted(reading.values, room), room, self.look.glyphs, reading.low, reading.high)
        return self.look.line(
            (f"{reading.name:<{label}} ", "muted"),
            (f"{reading.now:>{words}} ", "text"),
            (bars, "gauge"),
            width=width,
        )

    def _limits(self, data: DeviceNow, width: int) -> Text:
        if not data.limits:
            return self.look.line(("clocks are held down by nothing", "muted"), width=width)
        pieces: list[Piece] = [("clocks: ", "muted")]
        for index, (words, spoils) in enumerate(data.limits):
            pieces.append((", " if index else "", "muted"))
            pieces.append((words, "bad" if spoils else "muted" if words == "idle" else "warn"))
        return self.look.line(*pieces, width=width)


def _fitted(values: tuple[float | None, ...], width: int) -> list[float | None]:
    """At most `width` values over the same time: the highest of each share."""
    if width <= 0 or len(values) <= width:
        return list(values)
    found: list[float | None] = []
    for column in range(width):
        part = values[column * len(values) // width : (column + 1) * len(values) // width]
        found.append(max((value for value in part if value is not None), default=None))
    return found
