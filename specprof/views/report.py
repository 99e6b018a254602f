"""A run on stdout: what it was, its table, its curves, its findings, and what to be wary of."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.curves import CurveSet
from specprof.analysis.validation.results import validation_results
from specprof.run.record import RunRecord, Status
from specprof.views.breakdown.lines import breakdown_lines
from specprof.views.curves.plot import MIN_HEIGHT, MIN_WIDTH, draw_curves
from specprof.views.drafts import draft_lines
from specprof.views.execution import attention_words, checked_words, dropped_modes
from specprof.views.findings import findings_view
from specprof.views.glyphs import Glyphs
from specprof.views.lines import join_facts
from specprof.views.palette import Palette, Role
from specprof.views.quantities import duration, percent
from specprof.views.sections import print_sections
from specprof.views.tables.results import MOST_BATCH_SIZES, result_tables
from specprof.views.terminal import Surface
from specprof.views.validation.lines import validation_lines
from specprof.views.validity import validity_lines

if TYPE_CHECKING:
    from specprof.analysis.findings import Finding

MOST_NOTICES = 20

_STATUS_ROLES: dict[Status, Role] = {
    "complete": "good",
    "partial": "warn",
    "cancelled": "warn",
    "failed": "bad",
}


def print_report(
    surface: Surface,
    record: RunRecord,
    curves: CurveSet,
    acceptance: AcceptanceModel,
    findings: Sequence[Finding],
    warnings: Iterable[str] = (),
    stream: IO[str] | None = None,
    more: Sequence[Sequence[RenderableType]] = (),
) -> None:
    """Prints the whole run, to stdout where no stream is given.

    `warnings` are the loader's; the run's own notices come from the record. `more` are sections behind all.
    """
    console, palette, glyphs = surface.console(stream or sys.stdout), surface.palette(), surface.glyphs
    width = surface.width
    sections: list[Sequence[RenderableType]] = [_head(record, width, palette, glyphs)]
    sections += [[table] for table in result_tables(record, acceptance, curves, width, palette, glyphs)]
    sections.append(draft_lines(record, width, palette, glyphs))
    seq_lens = record.plan.seq_lens
    drawn = curves.batch_sizes[:MOST_BATCH_SIZES]
    sections += [[_figure(surface, palette, curves, batch, seq_lens)] for batch in drawn]
    sections.append(breakdown_lines(record, width, palette, glyphs))
    sections.append(validation_lines(record, validation_results(record), width, palette, glyphs))
    if findings:
        sections.append([findings_view(findings, acceptance.text, palette, glyphs)])
    sections.append(_notices(record, warnings, palette, glyphs))
    print_sections(console, [*sections, *more])


def _figure(
    surface: Surface, palette: Palette, curves: CurveSet, batch_size: int, seq_lens: Sequence[int]
) -> Text:
    """The curves, or one line where there is no room for them."""
    glyphs = surface.glyphs
    height = plot_height(surface.width, surface.height)
    drawing = draw_curves(curves, batch_size, surface.width, height, palette, glyphs, seq_lens)
    if drawing is not None:
        return drawing.rich()
    words = f"(curves are drawn from {MIN_WIDTH} × {MIN_HEIGHT} characters on)"
    return Text(glyphs.fit(words), palette.style("muted"))


def plot_height(width: int, height: int) -> int:
    """Lines for a plot of `width` columns: a third of that, and no more than the terminal shows at once."""
    return min(max(24, width // 3), 40, max(MIN_HEIGHT, height - 1))


def _head(record: RunRecord, width: int, palette: Palette, glyphs: Glyphs) -> list[Text]:
    plan, environment = record.plan, record.environment
    if record.reference is not None:
        return [Text(glyphs.fit(f"{plan.model.title}: a published figure"), palette.style("text", bold=True))]
    where = ""
    if environment is not None:
        device = environment.device
        threads = f", {device.threads} threads" if device.kind == "cpu" and device.threads else ""
        where = f" on {device.name} ({device.kind}{threads})"
    title = Text(glyphs.fit(plan.model.title + where), palette.style("text", bold=True))
    title.append("  ").append(record.status, palette.style(_STATUS_ROLES[record.status]))
    facts = [
        plan.dtype,
        # the published block has products for attention, no implementation to choose
        *([f"attention {attention_words(plan)}"] if plan.workload == "full" else []),
        f"workload {plan.workload}",
        f"execution {record.execution or plan.execution}",
        *([f"quantized {plan.quantization}"] if plan.quantization is not None else []),
        *_depth_fact(record),
        f"target ±{percent(plan.stopping.target_ci)}",
        *([f"budget {duration(plan.stopping.budget_s)}"] if plan.stopping.budget_s else []),
        *([f"refined, {len(plan.added)} cells added"] if plan.refinement is not None else []),
        f"seed {plan.seed}",
        record.created_at,
        f"specprof {record.specprof_version}",
    ]
    told = validity_lines(record, width, palette, glyphs)
    lines = join_facts([glyphs.fit(fact) for fact in facts], width, glyphs.separator, glyphs.ellipsis)
    return [title, *told, *(Text(line, palette.style("muted")) for line in lines)]


def _depth_fact(record: RunRecord) -> list[str]:
    model = record.plan.model
    if model.full_depth:
        return [f"all {model.layers_total} layers"]
    return [f"{model.layers_measured} of {model.layers_total} layers"]


def _notices(record: RunRecord, warnings: Iterable[str], palette: Palette, glyphs: Glyphs) -> list[Text]:
    roles: dict[str, Role] = {"info": "muted", "warning": "warn", "error": "bad"}
    said = dict.fromkeys(
        [
            *(("warning", words) for words in (*warnings, *dropped_modes(record))),
            *((one.level, one.text) for one in record.notices),
            *(("info", words) for words in checked_words(record)),
        ]
    )
    found = [
        Text(glyphs.fit(f"{level}: {words}"), palette.style(roles[level]))
        for level, words in list(said)[:MOST_NOTICES]
    ]
    if len(said) > MOST_NOTICES:
        more = f"… and {len(said) - MOST_NOTICES} more, see --json"
        found.append(Text(glyphs.fit(more), palette.style("muted")))
    return found
