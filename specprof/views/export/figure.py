"""The curves as a figure for print: the only module that touches matplotlib, which is an optional extra.

Figures are objects of their own, drawn by matplotlib's Agg and SVG writers: pyplot's global state, and the
user's matplotlibrc, have no part in it. The same run gives the same bytes.
"""

from __future__ import annotations

import io
import logging
import math
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.opened import Run
from specprof.errors import EnvironmentProblem, UsageProblem
from specprof.version import __version__
from specprof.views.curves.figure import Figure, Series, speedup_figure
from specprof.views.curves.plot import SERIES, X_LABEL
from specprof.views.export.ink import Ink, published_ink
from specprof.views.glyphs import UNICODE
from specprof.views.lines import cut
from specprof.views.validity import VALIDITY_WORDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Sheet

Form = Literal["png", "svg"]

MOST_PANELS = 24
_DPI = 160
_PANEL_INCHES = 7.6, 5.4
_SMALL_PANEL_INCHES = 6.2, 4.6
_MOST_TICKS = 16
_CAPTION_WIDTH = 110
_MOST_LEGEND_LINES = 12
_DASHES = ("--", ":", "-.")


def figure_file(
    run: Run,
    models: Sequence[AcceptanceModel],
    batch_sizes: Sequence[int],
    form: Form,
    ink: Ink | None = None,
    columns: int | None = None,
) -> bytes:
    """PNG or SVG of the speedup curves: one panel for each batch size and acceptance model.

    Raises EnvironmentProblem where matplotlib is missing, UsageProblem where there is nothing to draw.
    """
    figures = [
        speedup_figure(run.curves(model), batch_size) for model in models for batch_size in batch_sizes
    ]
    figures = [figure for figure in figures if figure.series]
    if not figures:
        raise UsageProblem(
            "there is no speedup to draw", "export a run that measured K = 1 and another count"
        )
    if len(figures) > MOST_PANELS:
        raise UsageProblem(
            f"{len(figures)} figures are more than {MOST_PANELS}", "choose some with --batch-size"
        )
    with _matplotlib() as sheet_of:
        return _saved(_drawn(sheet_of, run, figures, ink or published_ink(), columns), form)


@contextmanager
def _matplotlib() -> Iterator[Any]:
    """matplotlib's Figure, under its own defaults. Raises EnvironmentProblem where it is missing."""
    try:
        import matplotlib
        from matplotlib.figure import Figure as sheet_of  # noqa: N813
    except ImportError:
        raise EnvironmentProblem(
            "figures are drawn by matplotlib, which is not installed", "pip install 'specprof[figures]'"
        ) from None
    settings = {
        key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")
    }
    # a $ in a model's title is a dollar
    settings |= {"text.parse_math": False, "svg.hashsalt": "specprof", "svg.fonttype": "path"}
    settings["axes.unicode_minus"] = True
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # a letter that the font lacks is drawn as a box: no reason to speak on stderr
        warnings.simplefilter("ignore")
        yield sheet_of


def _drawn(
    sheet_of: type[Sheet], run: Run, figures: Sequence[Figure], ink: Ink, columns: int | None
) -> Sheet:
    across = columns or math.ceil(math.sqrt(len(figures)))
    down = math.ceil(len(figures) / across)
    width, height = _PANEL_INCHES if len(figures) == 1 else _SMALL_PANEL_INCHES
    sheet = sheet_of(figsize=(across * width, down * height), dpi=_DPI, layout="constrained")
    sheet.patch.set_facecolor(ink.ground or "none")
    panels = sheet.subplots(down, across, squeeze=False).flatten()
    order = {length: index for index, length in enumerate(run.seq_lens)}
    for panel, figure in zip(panels, figures, strict=False):
        _draw(panel, figure, order, ink, formula=len({one.notes for one in figures}) > 1)
    for panel in panels[len(figures) :]:
        panel.set_axis_off()
    sheet.supxlabel(_caption(run, figures), fontsize=8, color=ink.muted, x=0.01, ha="left")
    return sheet


def _caption(run: Run, figures: Sequence[Figure]) -> str:
    """What must be known to read it, below the figure. The caveats stand above each panel."""
    parts: list[str] = []
    validity = run.record.validity
    if validity is not None and validity.verdict != "valid":
        said = f"{VALIDITY_WORDS[validity.verdict]}: {''.join(validity.reasons[:1])}"
        parts.append(cut(UNICODE.fit(said), _CAPTION_WIDTH, UNICODE.ellipsis))
    bars = "bars: error of reading the figure" if run.published else "bars: 95 % intervals of the median"
    if any(not bool(np.all(series.trusted)) for figure in figures for series in figure.series):
        parts.append("✕ invalid: not to be believed")
    formulas = list(dict.fromkeys(words for figure in figures for words in figure.notes))
    if len(formulas) == 1:
        parts += formulas
    environment = run.record.environment
    if environment is not None and not run.published:
        parts.append(f"{environment.device.name}, {run.record.plan.dtype}")
    return _wrapped([*parts, bars], _CAPTION_WIDTH)


def _wrapped(parts: Sequence[str], width: int) -> str:
    lines: list[str] = []
    for part in map(UNICODE.fit, parts):
        if lines and len(lines[-1]) + 3 + len(part) <= width:
            lines[-1] += f" · {part}"
        else:
            lines.append(part[: 2 * width])
    return "\n".join(lines)


def _draw(panel: Axes, figure: Figure, order: dict[int, int], ink: Ink, *, formula: bool) -> None:
    title = UNICODE.fit(figure.title)
    if formula:
        title += "\n" + UNICODE.fit(", ".join(figure.notes))
    panel.set_title(title, color=ink.text, pad=20 if figure.caveats else 6)
    panel.annotate(
        UNICODE.fit(", ".join(figure.caveats)),
        (0.5, 1.0),
        xycoords="axes fraction",
        xytext=(0, 6),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=9,
        color=ink.warn,
    )
    panel.set_xlabel(X_LABEL, color=ink.text)
    panel.set_ylabel(figure.label, color=ink.text)
    panel.patch.set_facecolor(ink.ground or "none")
    for spine in panel.spines.values():
        spine.set_color(ink.text)
    panel.tick_params(colors=ink.text)
    panel.grid(visible=True, color=ink.grid, alpha=0.25, linewidth=0.6)
    panel.set_axisbelow(True)
    if figure.reference is not None:
        panel.axhline(figure.reference, color=ink.muted, linewidth=0.8, zorder=1)
    for series in sorted(figure.series, key=lambda one: one.seq_len):
        _draw_series(panel, series, order[series.seq_len], ink)
    shown = sorted({int(k) for series in figure.series for k in series.candidates})
    if len(shown) <= _MOST_TICKS:
        panel.set_xticks(shown)
    many = len(figure.series) > _MOST_LEGEND_LINES
    legend = panel.legend(
        fontsize=6.5 if many else 8.5,
        ncols=2 if many else 1,
        handlelength=3,
        labelcolor=ink.text,
        facecolor=ink.legend_ground,
        framealpha=0.85,
    )
    legend.get_frame().set_edgecolor(ink.grid)


def _draw_series(panel: Axes, series: Series, index: int, ink: Ink) -> None:
    """Stars on a dashed line, a bar for each interval, crosses for what is not to be believed.

    Where there are more curves than colours, further dashes tell those of one colour apart.
    """
    counts, values, colour = series.candidates, series.values, ink.of_curve(index)
    dashes = _DASHES[index // len(ink.series) % len(_DASHES)]
    panel.plot(
        counts,
        np.where(series.trusted, values, np.nan),
        linestyle="none",
        marker="*",
        markersize=9,
        color=colour,
        zorder=4,
    )
    panel.plot(counts, values, linestyle=dashes, linewidth=1.4, color=colour, zorder=3)
    # what stands in the legend has both
    panel.plot(
        [],
        [],
        linestyle=dashes,
        linewidth=1.4,
        marker="*",
        markersize=9,
        color=colour,
        label=SERIES.format(series.seq_len),
    )
    errors = np.vstack([values - series.low, series.high - values])
    errors[~np.isfinite(errors)] = 0.0
    wide = np.flatnonzero(errors.sum(axis=0) > 0)
    if wide.size:
        panel.errorbar(
            counts[wide],
            values[wide],
            yerr=np.maximum(errors[:, wide], 0.0),
            fmt="none",
            color=colour,
            ecolor=colour,
            elinewidth=0.9,
            capsize=2.5,
            alpha=0.75,
            zorder=2,
        )
    spoilt = ~series.trusted
    if spoilt.any():
        panel.plot(
            counts[spoilt],
            values[spoilt],
            linestyle="none",
            marker="X",
            markersize=8,
            color=ink.bad,
            zorder=5,
        )


def _saved(sheet: Sheet, form: Form) -> bytes:
    made_by = f"specprof {__version__}"
    metadata = {"Software": made_by} if form == "png" else {"Creator": made_by, "Date": None}
    file = io.BytesIO()
    sheet.savefig(file, format=form, metadata=metadata)
    return file.getvalue()


def inline_svg(svg: bytes, label: str) -> str:
    """An SVG file as an element of a page: without prolog and metadata, as wide as its place.

    `label`, escaped already, says what it shows to those who do not see it.
    """
    text = svg.decode("utf-8")
    element = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], count=1, flags=re.DOTALL)
    head, _, rest = element.partition(">")
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{label}">{rest}'
