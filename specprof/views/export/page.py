"""A run as one page of HTML that needs nothing else: no script, no request, every text of the run escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from specprof.analysis.acceptance import AcceptanceModel
from specprof.analysis.compare.differences import name_of
from specprof.analysis.findings.finding import Certainty
from specprof.analysis.opened import Run
from specprof.version import __version__
from specprof.views.export.escape import escaped
from specprof.views.export.facts import assumptions, caveats, environment_facts, plan_facts
from specprof.views.export.figure import figure_file, inline_svg
from specprof.views.export.ink import MOST_VARIABLES, as_variables, variable_ink
from specprof.views.export.page_breakdown import BARS_STYLE, COLOURS, breakdown_section
from specprof.views.export.page_style import style_sheet
from specprof.views.export.page_tables import cell_tables
from specprof.views.export.page_validation import validation_section

MOST_NOTICES = 50
_SIGNS: dict[Certainty, tuple[str, str]] = {
    "significant": ("●", "good"),
    "suggestive": ("◐", "warn"),
    "within noise": ("○", "muted"),
}
# names no host, so that the page asks for nothing, whatever a text in it looks like
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page_text(run: Run, models: Sequence[AcceptanceModel], batch_sizes: Sequence[int]) -> str:
    """The page. Raises EnvironmentProblem where matplotlib is missing.

    Figure, tables and findings stand once for each acceptance model.
    """
    title = escaped(f"{run.record.plan.model.title}: {name_of(run)}")
    parts = tuple(breakdown_section(run.record, batch_sizes))
    series = min(max(len(run.seq_lens), COLOURS if parts else 1), MOST_VARIABLES)
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title} - specprof</title>",
            f"<style>\n{style_sheet(series)}{BARS_STYLE if parts else ''}</style>",
            "</head>",
            "<body>",
            *_body(run, models, batch_sizes, series, parts),
            f'<p class="muted">Made by specprof {escaped(__version__)}.</p>',
            "</body>",
            "</html>",
            "",
        )
    )


def _body(
    run: Run, models: Sequence[AcceptanceModel], batch_sizes: Sequence[int], series: int, parts: Sequence[str]
) -> Iterator[str]:
    record = run.record
    kind = "a published figure" if run.published else record.status
    yield f"<h1>{escaped(record.plan.model.title)}</h1>"
    yield f'<p class="muted">{escaped(name_of(run))} · {escaped(record.created_at)} · {kind}</p>'
    for words in caveats(run):
        yield f'<p class="caveat">{escaped(words)}</p>'
    yield "<h2>Speedup</h2>"
    yield from _figure(run, models, batch_sizes, series)
    for model in models:
        if len(models) > 1:
            yield f"<h2>{escaped(model.text)}</h2>"
        yield from _findings(run, model, batch_sizes)
        for table in cell_tables(run, model, batch_sizes):
            yield "<h2>Cells</h2>"
            yield table
    yield from validation_section(record, batch_sizes)
    yield from parts
    yield "<h2>Assumptions</h2>"
    yield "<ul>"
    yield from (f"<li>{escaped(words)}</li>" for words in assumptions(run, models))
    yield "</ul>"
    yield "<h2>Plan</h2>"
    yield _facts_table(plan_facts(run))
    yield "<h2>Environment</h2>"
    yield _facts_table(environment_facts(run))
    yield from _notices(run)


def _figure(
    run: Run, models: Sequence[AcceptanceModel], batch_sizes: Sequence[int], series: int
) -> Iterator[str]:
    if not any(curve.batch_size in batch_sizes for model in models for curve in run.curves(model).curves):
        yield '<p class="caveat">There is no speedup to draw: no row has K = 1 and another count.</p>'
        return
    svg = figure_file(run, models, batch_sizes, "svg", variable_ink(series), columns=1)
    title = run.record.plan.model.title
    label = f"Speedup over the number of candidate tokens, {title}; its numbers are in the tables below"
    yield f"<figure>{as_variables(inline_svg(svg, escaped(label)))}</figure>"


def _findings(run: Run, model: AcceptanceModel, batch_sizes: Sequence[int]) -> Iterator[str]:
    found = [finding for finding in run.findings(model) if finding.batch_size in batch_sizes]
    if not found:
        return
    yield "<h2>Findings</h2>"
    yield '<ul class="findings">'
    for finding in found:
        sign, role = _SIGNS[finding.certainty]
        where = f"Batch {finding.batch_size}: " if len(batch_sizes) > 1 else ""
        basis = f'<br><span class="muted">{finding.certainty}; {escaped(finding.basis)}</span>'
        yield f'<li><span class="{role}">{sign}</span> {escaped(where + finding.text)}{basis}</li>'
    yield "</ul>"


def _facts_table(facts: Sequence[tuple[str, str]]) -> str:
    lines = [
        f'<tr><td class="words muted">{escaped(name)}</td><td class="words">{escaped(value)}</td></tr>'
        for name, value in facts
    ]
    return "\n".join(("<table>", *lines, "</table>"))


def _notices(run: Run) -> Iterator[str]:
    said = [("warning", words) for words in run.warnings]
    said += [(notice.level, notice.text) for notice in run.record.notices]
    said = list(dict.fromkeys(said))
    if not said:
        return
    yield "<h2>Notices</h2>"
    yield "<ul>"
    yield from (f"<li>{level}: {escaped(words)}</li>" for level, words in said[:MOST_NOTICES])
    if len(said) > MOST_NOTICES:
        yield f"<li>and {len(said) - MOST_NOTICES} more, see the run file</li>"
    yield "</ul>"
