"""The drawn curves: what stands where, and that nothing covers a point."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from rich.cells import cell_len

from specprof.analysis.curves import CurveSet
from specprof.views.curves.drawing import Drawing
from specprof.views.curves.legend import Legend
from specprof.views.curves.plot import draw_curves
from specprof.views.glyphs import ASCII, UNICODE, Glyphs
from specprof.views.palette import PLAIN, Palette, load_palette

from .published_figure import CANDIDATES, PUBLISHED, SPEEDUP, curve, curve_set

DARK = load_palette("dark")
SIZES = [(80, 24), (100, 30), (120, 40), (60, 16), (200, 60)]
SATURATING = curve_set(
    *(
        curve(length, tuple(1 + a * float(np.log(k)) for k in CANDIDATES), error=0.1)
        for length, a in ((128, 0.4), (512, 0.35), (2048, 0.2))
    ),
    estimated=True,
)


def draw(
    curves: CurveSet = PUBLISHED,
    size: tuple[int, int] = (120, 40),
    palette: Palette = DARK,
    glyphs: Glyphs = UNICODE,
) -> Drawing:
    drawing = draw_curves(curves, 4, *size, palette, glyphs)
    assert drawing is not None
    return drawing


def text_of(drawing: Drawing) -> str:
    return "\n".join(drawing.plain())


@pytest.mark.parametrize("size", SIZES)
def test_it_fills_its_size_and_no_more(size: tuple[int, int]) -> None:
    drawing = draw(size=size)
    assert (drawing.width, drawing.height) == size
    assert len(drawing.plain()) == size[1]
    assert max(map(len, drawing.plain())) <= size[0]


@pytest.mark.parametrize("size", SIZES)
def test_title_labels_ticks_and_series_are_there(size: tuple[int, int]) -> None:
    shown = text_of(draw(size=size))
    words = ["Llama 7B, Batch Size: 4", "Number of Candidate Tokens", "Speedup (×)"]
    words += [f"seq_len {length}" for length in SPEEDUP]
    for word in words:
        assert word in shown
    axis = next(line for line in draw(size=size).plain() if re.fullmatch(r"[\s\d]+112\s*", line))
    assert axis.split() == [str(k) for k in CANDIDATES]


def test_the_published_words_stand_where_there_is_room() -> None:
    assert "Simulated Speedup @ seq_len 8192" in text_of(draw(size=(120, 40)))
    # else they are divided among the frame and the entries, or left out
    assert "╭ Simulated Speedup @ " in text_of(draw(size=(100, 30)))
    assert "Simulated" not in text_of(draw(size=(60, 16)))


def test_the_vertical_ticks_are_the_published_ones() -> None:
    labels = re.findall(r"^ *(\d\.\d)[┤┼]", text_of(draw()), re.MULTILINE)
    assert {"1.0", "1.2", "1.4", "1.6", "1.8", "2.0", "2.2", "2.4"} <= set(labels)


def tick_rows(drawing: Drawing) -> dict[float, int]:
    found = (re.match(r" *(\d\.\d+)[┤┼+]", line) for line in drawing.plain())
    return {float(match[1]): row for row, match in enumerate(found) if match}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("curves", [PUBLISHED, SATURATING], ids=["published", "saturating"])
def test_every_point_has_a_star_where_the_axes_say(curves: CurveSet, size: tuple[int, int]) -> None:
    drawing = draw(curves, size)
    rows = tick_rows(drawing)
    one, top = rows[1.0], max(rows)
    per_row = (top - 1.0) / (one - rows[top])
    bottom = next(line for line in drawing.plain() if "└" in line and "┬" in line)
    tick_columns = dict(
        zip(CANDIDATES, [i for i, character in enumerate(bottom) if character == "┬"], strict=True)
    )
    places = {(mark.seq_len, mark.candidates): (mark.row, mark.column) for mark in drawing.marks}
    assert len(places) == sum(one.size for one in curves.curves)
    for one_curve in curves.curves:
        for count, speedup in zip(one_curve.candidates.tolist(), one_curve.speedup.tolist(), strict=True):
            row, column = places[one_curve.seq_len, count]
            assert drawing.characters[row][column] == "★"
            assert column == tick_columns[count]
            assert abs((one - row) * per_row + 1.0 - speedup) <= per_row / 2 + 1e-9


@pytest.mark.parametrize(
    ("curves", "size", "palette"), list(product([PUBLISHED, SATURATING], SIZES, [DARK, PLAIN]))
)
def test_the_legend_covers_no_star(curves: CurveSet, size: tuple[int, int], palette: Palette) -> None:
    # each star of the drawing is a mark or one of the legend's keys: none is missing, none is covered
    drawing = draw(curves, size, palette)
    for mark in drawing.marks:
        assert drawing.characters[mark.row][mark.column] == "★"
    in_cells = {(mark.row, mark.column) for mark in drawing.marks}
    stars = sum(line.count("★") for line in drawing.characters)
    assert stars == len(in_cells) + len(curves.curves)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("curves", [PUBLISHED, SATURATING], ids=["published", "saturating"])
def test_a_legend_in_the_plot_hides_nothing(
    curves: CurveSet, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = draw(curves, size).plain()
    top = next((row for row, line in enumerate(lines) if "╭" in line), None)
    if top is None:
        return
    bottom = next(row for row, line in enumerate(lines) if "╰" in line)
    left, right = lines[top].index("╭"), lines[top].index("╮")
    monkeypatch.setattr(Legend, "write_framed", lambda *_: None)
    without = draw(curves, size).characters
    hidden = [cell for row in without[top : bottom + 1] for cell in row[left - 1 : right + 2]]
    assert set(hidden) == {" "}


def test_each_curve_has_a_colour_of_its_own() -> None:
    drawing = draw()
    by_length = {}
    for mark in drawing.marks:
        if mark.candidates == 48:
            by_length[mark.seq_len] = drawing.roles[mark.row][mark.column]
    assert len(set(by_length.values())) == 7
    assert by_length[128] == "series-1"
    colours = {span.style.color.name for span in drawing.rich().spans if span.style.color}
    assert set(DARK.series) <= colours


def test_colours_follow_the_plan_while_rows_are_still_missing() -> None:
    late = replace(PUBLISHED, curves=PUBLISHED.curves[-1:])
    drawing = draw_curves(late, 4, 120, 40, DARK, UNICODE, tuple(SPEEDUP))
    assert drawing is not None
    mark = drawing.marks[-1]
    assert drawing.roles[mark.row][mark.column] == "series-7"


@pytest.mark.parametrize("size", SIZES)
def test_without_colour_letters_tell_the_curves_apart(size: tuple[int, int]) -> None:
    drawing = draw(size=size, palette=PLAIN)
    shown = text_of(drawing)
    for index, length in enumerate(SPEEDUP):
        assert f"★{'abcdefg'[index]} " in shown
        assert re.search(rf"★{'abcdefg'[index]} (Simulated Speedup @ )?seq_len {length}\b", shown)
    assert not drawing.rich().spans or all(not span.style for span in drawing.rich().spans)
    mark = next(one for one in drawing.marks if (one.seq_len, one.candidates) == (8192, 112))
    assert "g" in drawing.characters[mark.row][mark.column + 1 : mark.column + 4]


def test_curves_beyond_the_palette_get_letters_in_colour_too() -> None:
    many = curve_set(*(curve(64 * i, (1.0, 1.0 + 0.1 * i), candidates=(1, 16)) for i in range(1, 9)))
    assert "★h " in text_of(draw(many))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("curves", [PUBLISHED, SATURATING], ids=["published", "saturating"])
def test_ascii_is_ascii(curves: CurveSet, size: tuple[int, int]) -> None:
    shown = text_of(draw(curves, size, PLAIN, ASCII))
    assert shown.isascii()
    assert "*a" in shown
    assert "Speedup (x)" in shown
    assert "--" in shown


@pytest.mark.parametrize(("palette", "glyphs"), [(DARK, UNICODE), (PLAIN, ASCII)])
def test_no_control_character_is_drawn(palette: Palette, glyphs: Glyphs) -> None:
    canary = "\x1b[31mred\x1b]52;c;AAAA\x07 [bold]b[/bold] [/x] \u202edeb\x9b\u200b"
    drawing = draw(replace(PUBLISHED, title=canary), palette=palette, glyphs=glyphs)
    shown = text_of(drawing)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", shown)
    assert "[bold]b[/bold] [/x]" in shown
    assert drawing.rich().plain.rstrip("\n") == shown


def test_a_title_is_spelled_out_in_ascii() -> None:
    drawing = draw(replace(PUBLISHED, title="Lläma 7×8"), palette=PLAIN, glyphs=ASCII)
    assert "Ll?ma 7x8, Batch Size: 4" in drawing.plain()[0]


def test_a_wide_or_long_title_stays_inside() -> None:
    drawing = draw(replace(PUBLISHED, title="漢" * 200), (80, 24))
    assert cell_len(drawing.plain()[0]) <= 80
    assert drawing.plain()[0].endswith("…")


def test_a_published_figure_and_an_estimate_say_so() -> None:
    assert "published figure (±0.03), not measured here" in text_of(draw(size=(80, 24)))
    assert "full depth estimated from a slice" in text_of(draw(SATURATING, (80, 24)))
    assert "E(K) = 1 + 0.477 ln K" in text_of(draw(size=(60, 16), curves=SATURATING))


def test_an_untrusted_point_is_marked() -> None:
    curves = curve_set(curve(128, (1.0, 2.0, 1.5), candidates=(1, 2, 3), untrusted=(2,)))
    drawing = draw(curves, (80, 24))
    signs = {mark.candidates: drawing.characters[mark.row][mark.column] for mark in drawing.marks}
    assert signs == {1: "★", 2: "✕", 3: "★"}
    assert "✕ invalid" in text_of(drawing)


def test_intervals_show_where_they_are_taller_than_their_points() -> None:
    # a row is 0.07 or less: ±0.1 reaches into the cells above and below, ±0.03 hides behind its star
    assert "│ 95 % interval" in text_of(draw(SATURATING))
    assert "95 % interval" not in text_of(draw(PUBLISHED))
    drawing = draw(SATURATING)
    mark = next(one for one in drawing.marks if (one.seq_len, one.candidates) == (2048, 112))
    assert drawing.characters[mark.row + 1][mark.column] == "│"
    assert drawing.characters[mark.row - 1][mark.column] == "│"


def test_the_line_at_one_runs_through_the_plot() -> None:
    drawing = draw(SATURATING, (80, 24))
    line = next(text for text in drawing.plain() if re.match(r"1\.0+┼", text))
    assert line.count("─") > 60
    assert line.endswith("┤")


@pytest.mark.parametrize("size", [(59, 16), (60, 15), (1, 1), (20, 5)])
def test_too_small_is_left_to_the_table(size: tuple[int, int]) -> None:
    assert draw_curves(PUBLISHED, 4, *size, DARK, UNICODE) is None


@pytest.mark.parametrize("size", SIZES)
def test_a_run_without_points_has_empty_axes(size: tuple[int, int]) -> None:
    drawing = draw(replace(PUBLISHED, curves=(), published=False), size)
    assert drawing.marks == ()
    assert "112" in text_of(drawing)


@pytest.mark.parametrize("size", SIZES)
def test_twenty_curves_fit_too(size: tuple[int, int]) -> None:
    many = curve_set(*(curve(64 * i, (1.0, 1.0 + 0.1 * i), candidates=(1, 16)) for i in range(1, 21)))
    assert "seq_len 64" in text_of(draw(many, size))


def test_infinite_intervals_and_a_single_point_are_drawn() -> None:
    wild = curve(128, (1.0, 2.0), candidates=(1, 16))
    wild.high[1] = np.inf
    assert "★" in text_of(draw(curve_set(wild), (80, 24)))
    assert "★" in text_of(draw(curve_set(curve(128, (1.0,), candidates=(1,))), (80, 24)))


def test_drawing_again_gives_the_same() -> None:
    first = draw(SATURATING)
    draw(PUBLISHED, (80, 24), PLAIN, ASCII)
    assert draw(SATURATING) == first


def test_runs_hold_the_whole_line() -> None:
    drawing = draw(size=(80, 24))
    for row in range(drawing.height):
        assert "".join(words for words, _ in drawing.runs(row)) == "".join(drawing.characters[row])
